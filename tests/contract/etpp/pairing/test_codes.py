"""Which codes let a phone in, on both databases: each once, in its time, of the terminal's own key and people."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etpp.accounts.store import Accounts
from etpp.ledger.store import Ledger
from etpp.pairing import service, wire
from etpp.pairing.store import Phones
from etpp.serving.acting import Grant
from tests.contract.etpp.client import b64url, public_bytes
from tests.contract.etpp.pairing.scene import PIN, Scene, scene_of
from tests.contract.etpp.running import OFFICE, Running, csrf_of, running_on

pytestmark = pytest.mark.long_on_postgresql

GOLDEN: Any = json.loads((Path(__file__).parents[3] / "golden" / "phone_codes.json").read_text(encoding="utf-8"))
ELSEWHERE = "dinas-lain"


@pytest.fixture(scope="module")
def etpp(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("phones")
    with running_on(database, folder) as started:
        yield started


NUMBERS = iter(range(1, 900))


@pytest.fixture
def scene(etpp: Running) -> Scene:
    """A person of their own."""
    etpp.server.guesses._debts.clear()
    return scene_of(etpp, f"198503152010011{next(NUMBERS):03d}")


def last(scene: Scene, action: str) -> dict[str, str]:
    with scene.etpp.database.read() as tx:
        found = Ledger(tx).search(action, limit=1)
    return dict(found[0].said.subject) if found else {}


def test_a_phone_is_connected_and_logs_in_again(scene: Scene) -> None:
    phone = scene.handset()
    page = phone.opens(scene.code())
    assert page.url.endswith("/console/m/connect")
    assert "Sri Lestari" in page.text
    answer = phone.sends("/m/connect/pin", page.text, pin=PIN, repeated=PIN)
    assert answer.status_code == 200
    assert phone.is_in
    assert last(scene, "phone.connected")["device_id"] == scene.terminal.device_id
    assert phone.logs_in().status_code == 200
    assert phone.is_in
    assert last(scene, "phone.log_in")


def test_the_short_address_leads_to_the_page_and_is_open_to_all(scene: Scene) -> None:
    answer = scene.handset().browser.get(f"{scene.etpp.url}/m/", allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["Location"]) == (307, "/console/m")


@pytest.mark.parametrize(("seconds_ago", "good"), [(-30, True), (-31, False), (0, True), (210, True), (211, False)])
def test_a_code_is_good_for_three_minutes_and_what_clocks_differ_by(scene: Scene, seconds_ago: int, good: bool) -> None:
    answer = scene.handset().opens(scene.code(seconds_ago))
    assert (answer.status_code == 200) is good
    assert good or "tiga menit" in answer.text


def test_a_code_is_good_once_and_who_comes_second_is_told_what_to_do(scene: Scene) -> None:
    code = scene.code()
    assert scene.handset().connects(code).status_code == 200
    second = scene.handset()
    answer = second.opens(code)
    assert answer.status_code == 403
    assert "pindai kode baru" in answer.text
    assert not second.is_in
    assert last(scene, "phone.refused") == {"device_id": scene.terminal.device_id}


def test_of_two_at_once_one_gets_in(scene: Scene) -> None:
    code, begin = scene.code(), threading.Barrier(4)
    outcomes: list[int] = []

    def scan() -> None:
        phone = scene.handset()
        begin.wait(30)
        outcomes.append(phone.opens(code).status_code)

    threads = [threading.Thread(target=scan) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sorted(outcomes) == [200, 403, 403, 403]


def test_two_codes_of_one_person_at_once_make_one_account(scene: Scene) -> None:
    begin = threading.Barrier(2)
    outcomes: list[int] = []

    def scan(code: str) -> None:
        phone = scene.handset()
        begin.wait(30)
        outcomes.append(phone.opens(code).status_code)

    threads = [threading.Thread(target=scan, args=(scene.code(),)) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert set(outcomes) <= {200, 503}
    assert 200 in outcomes
    with scene.etpp.database.read() as tx:
        mine = [each for each in Accounts(tx).all() if each.person_id == scene.person_id]
    assert len(mine) == 1


def test_a_code_that_somebody_has_changed_is_none(scene: Scene) -> None:
    code = scene.code()
    for at in range(0, 112, 9):
        raw = bytearray(wire._decoded(code) or b"")
        raw[at] ^= 1
        scene.etpp.server.guesses._debts.clear()
        answer = scene.handset().opens(b64url(bytes(raw)))
        assert answer.status_code == 403
        assert "bukan kode dari terminal" in answer.text
    assert scene.handset().opens(code).status_code == 200


def test_another_key_signs_for_nobody(scene: Scene) -> None:
    assert scene.handset().opens(scene.code(key=Ed25519PrivateKey.generate())).status_code == 403


def test_another_offices_terminal_knows_nobody_here(scene: Scene) -> None:
    scene.etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"}, expect=(200, 201, 409))
    stranger = scene.etpp.terminal(ELSEWHERE)
    answer = scene.handset().opens(stranger.phone_code(scene.face, scene.etpp.clock.now))
    assert answer.status_code == 403
    assert "Sri Lestari" not in answer.text


def test_a_terminals_code_for_another_terminal_is_none(scene: Scene) -> None:
    other = scene.etpp.terminal()
    forged = other.phone_code(scene.face, scene.etpp.clock.now, key=scene.terminal.key)
    assert scene.handset().opens(forged).status_code == 403


def test_a_revoked_terminal_lets_nobody_in(scene: Scene) -> None:
    code = scene.code()
    scene.etpp.admin("POST", f"devices/{scene.terminal.device_id}/revoke")
    answer = scene.handset().opens(code)
    assert answer.status_code == 403
    assert "dicabut" in answer.text


def test_somebody_who_was_erased_is_let_in_no_more(scene: Scene) -> None:
    code = scene.code()
    scene.etpp.admin("DELETE", f"offices/{OFFICE}/people/{scene.face}")
    assert scene.handset().opens(code).status_code == 403


def test_somebody_who_has_moved_is_let_in_by_the_new_office_alone(scene: Scene) -> None:
    from etpp.roster import moving

    scene.etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"}, expect=(200, 201, 409))
    scene.etpp.clock.now += dt.timedelta(days=1)
    now = scene.etpp.clock.now
    with scene.etpp.database.begin() as tx:
        moving.move(tx, scene.person_id, ELSEWHERE, now.date(), "bkpp", now)
    answer = scene.handset().opens(scene.code())
    assert answer.status_code == 403
    assert "tidak lagi mengenal" in answer.text


def test_a_key_that_was_replaced_still_signs_for_what_was_made_before(scene: Scene) -> None:
    code, old = scene.code(), scene.terminal.key
    new = Ed25519PrivateKey.generate()
    rotation = {
        "public_key": b64url(public_bytes(new)),
        "proof": b64url(new.sign(scene.terminal.device_id.encode())),
    }
    document = {
        "software": "t",
        "wall_utc": "2026-11-24T00:00:00.000Z",
        "boot_id": "b",
        "monotonic_ms": 1,
        "clock_state": "synchronised",
        "queue": {"waiting": 0, "parked": 0},
        "gallery_version": 0,
        "erased_through": 0,
        "camera": "ok",
        "temperature_c": None,
        "disk_free_bytes": 1,
        "faults": [],
        "counters": {},
        "parked": [],
    }
    assert scene.terminal.post("heartbeat", document | {"rotate_key": rotation}).status_code == 200
    scene.etpp.clock.now += dt.timedelta(seconds=60)
    assert scene.terminal.post("heartbeat", document, key=new).status_code == 200
    scene.etpp.clock.now += dt.timedelta(seconds=1)
    assert scene.handset().opens(code).status_code == 200, "made before the key was replaced"
    assert scene.handset().opens(scene.code(key=old)).status_code == 403
    assert scene.handset().opens(scene.code(key=new)).status_code == 200


def test_used_codes_are_forgotten_when_they_can_be_good_no_more(scene: Scene) -> None:
    from sqlalchemy import func, select

    from etpp.db.phone_tables import phone_nonces

    for _ in range(3):
        scene.handset().opens(scene.code())
    scene.etpp.clock.now += dt.timedelta(minutes=11)
    scene.handset().opens(scene.code())
    with scene.etpp.database.read() as tx:
        assert tx.execute(select(func.count()).select_from(phone_nonces)).scalar_one() == 1


def test_a_code_of_bkpps_lets_in_once_and_the_next_takes_its_place(scene: Scene) -> None:
    bkpp = scene.etpp.log_in(scene.etpp.member(f"b-{next(NUMBERS)}", Grant("bkpp")))
    where = f"{scene.etpp.url}/console/people/{scene.person_id}/phones"
    codes = []
    for _ in range(2):
        csrf = csrf_of(bkpp.get(where, timeout=60).text)
        page = bkpp.post(f"{where}/code", data={"csrf": csrf}, timeout=60).text
        codes.append(page.split('class="code">')[1].split("<")[0])
    assert scene.handset().opens(codes[0], "bkpp").status_code == 403
    phone = scene.handset()
    typed = codes[1].lower().replace("-", " ").replace("o", "0")
    assert phone.opens(typed, "bkpp").url.endswith("/connect")
    assert scene.handset().opens(codes[1], "bkpp").status_code == 403
    log = last(scene, "POST /console/people/{person_id}/phones/code")
    assert log == {"person_id": scene.person_id}


def test_a_code_of_bkpps_is_good_for_a_day(scene: Scene) -> None:
    now = scene.etpp.clock.now
    with scene.etpp.database.begin() as tx:
        code = service.give_code(tx, scene.person_id, now)
    scene.etpp.clock.now += dt.timedelta(hours=24, seconds=1)
    assert scene.handset().opens(code, "bkpp").status_code == 403


def test_guesses_are_slowed_down_whatever_they_are_of(scene: Scene) -> None:
    """NIPs, codes of BKPP's, noise: one answer, and a limit for an address."""
    answers = [scene.handset().opens(f"GUESS{n:05d}", "bkpp") for n in range(25)]
    assert {each.status_code for each in answers} == {403, 429}
    assert answers[-1].status_code == 429
    scene.etpp.server.guesses._debts.clear()
    texts = {scene.handset().opens(said).text for said in ("198503152010011007", "x", b64url(bytes(112)))}
    assert len(texts) == 1


@pytest.mark.parametrize("good", GOLDEN["good"], ids=lambda good: good["person_id"])
def test_the_golden_codes_are_read(good: Any) -> None:
    found = wire.parse(good["link"].split("#")[1])
    assert found is not None
    assert (found.device_id, found.person_id) == (good["device_id"], good["person_id"])
    assert found.made_utc == dt.datetime.fromisoformat(good["made_utc"])
    assert (found.nonce.hex(), found.signed.hex()) == (good["nonce_hex"], good["signed_hex"])


@pytest.mark.parametrize("name", GOLDEN["unreadable"])
def test_what_is_no_code_is_none(name: str) -> None:
    assert wire.parse(GOLDEN["unreadable"][name]) is None


@pytest.mark.parametrize("name", GOLDEN["forged"])
def test_a_forged_golden_code_is_read_and_its_signature_does_not_hold(name: str) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as Key

    from etpp.terminals.signing import verify_text

    seed = json.loads((Path(__file__).parents[3] / "golden" / "keys.json").read_text(encoding="utf-8"))
    public = public_bytes(Key.from_private_bytes(bytes.fromhex(seed["device_seed_hex"])))
    whole = wire.parse(GOLDEN["good"][0]["link"].split("#")[1])
    found = wire.parse(GOLDEN["forged"][name])
    assert whole is not None
    assert found is not None
    assert verify_text(public, whole.signature, whole.signed)
    assert not verify_text(public, found.signature, found.signed)


def test_no_phone_opens_another_account_of_the_person(scene: Scene) -> None:
    """Whoever is BKPP and an employee has two accounts: a phone is the employee's."""
    scene.etpp.member(f"bkpp-{next(NUMBERS)}", Grant("bkpp"), person_id=scene.person_id)
    phone = scene.handset()
    phone.connects(scene.code())
    answer = phone.browser.get(f"{scene.etpp.url}/console/accounts", timeout=60)
    assert answer.status_code == 403
    with scene.etpp.database.read() as tx:
        account = Accounts(tx).by_login(service.login_of(scene.person_id))
        assert account is not None
        assert account.grants == (Grant("employee"),)
        assert len(Phones(tx).of_account(account.account_id)) == 1
