"""What one person may have lying in the server: beyond it each way is refused in words that say what to do, nothing is
lost, and whoever may not do it at all hears that first."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from etpp.absence.content import MAX_BYTES
from etpp.activities.model import Entry
from etpp.activities.store import ENTRIES
from etpp.base import bounds
from etpp.db import pay_tables
from etpp.phone.api import MAX_PHOTOGRAPH_BYTES
from etpp.serving.acting import Grant
from tests.contract.etpp.pairing.scene import Handset, scene_of
from tests.contract.etpp.phone.scene import TODAY, Phones, phones
from tests.contract.etpp.phone.test_calls import CORRECTION, LETTER, Caller
from tests.contract.etpp.running import OFFICE, csrf_of, running_on
from tests.unit.etpp.absence.files import pdf


@pytest.fixture(scope="module")
def office(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    folder: Path = tmp_path_factory.mktemp("bounds")
    with running_on(database, folder) as etpp:
        yield phones(etpp)


@pytest.fixture(scope="module")
def budi(office: Phones) -> Caller:
    return Caller.of(office, office.budi)


@pytest.fixture(scope="module")
def sri(office: Phones) -> Caller:
    return Caller.of(office, office.sri)


def refused(answer: requests.Response, key: str, *said: str) -> None:
    """In Indonesian, with what to do."""
    problem = answer.json()
    assert (answer.status_code, problem["key"]) == (409, key), answer.text
    for each in said:
        assert each in problem["detail"], problem["detail"]


def rows(office: Phones, table: sa.Table) -> int:
    with office.etpp.database.read() as tx:
        return tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_month_of_honest_use_has_room() -> None:
    days = 31
    assert days * 4 <= bounds.CORRECTIONS  # arrival, departure, two occasions, on each day
    assert days * 2 <= bounds.MANUAL_ENTRIES
    assert days * 100 <= bounds.ENTRIES
    assert days <= min(bounds.LETTERS, bounds.OBJECTIONS, bounds.PHONES)
    assert days * MAX_PHOTOGRAPH_BYTES <= bounds.OWN_FILES_BYTES
    assert 200 * MAX_BYTES <= bounds.OFFICE_FILES_BYTES


# ---------------------------------------------------------------- what waits for somebody


def test_corrections_that_nobody_has_decided_on(office: Phones, budi: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "CORRECTIONS", 2)
    sent = {**CORRECTION, "filing_id": str(uuid.uuid4())}
    first = budi.post("corrections", sent)
    assert first.status_code == 201
    assert budi.post("corrections", CORRECTION).status_code == 201
    before = rows(office, pay_tables.corrections)
    refused(budi.post("corrections", CORRECTION), "correction_many", "Sudah 2 usulan", "Minta kepala kantor")
    assert budi.post("corrections", sent).json() == first.json()  # what is here already is said to be
    # An operator's are counted with the person's own; who may not is told that, and nothing of how many there are.
    operator = Caller.of(office, office.etpp.member("tata-usaha", Grant("operator", OFFICE)))
    asked = {**CORRECTION, "person": office.scene.budi}
    assert operator.post("/v1/admin/corrections", asked).status_code == 409
    stranger = Caller.of(office, office.etpp.member("lain", Grant("operator", "elsewhere")))
    assert stranger.post("/v1/admin/corrections", asked).status_code == 403
    assert operator.post("/v1/admin/corrections", {**asked, "person": office.scene.sri}).status_code == 201
    assert rows(office, pay_tables.corrections) == before + 1
    # A decision makes room.
    decided = office.etpp.admin("POST", f"corrections/{first.json()['id']}/refuse", {"by": "kepala"})
    assert decided["state"] == "refused"
    assert budi.post("corrections", CORRECTION).status_code == 201


def test_of_many_corrections_at_once_no_more_come_through(office: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    rahmat = Caller.of(office, office.boss)
    monkeypatch.setattr(bounds, "CORRECTIONS", 1)
    token = {"Authorization": f"Bearer {office.etpp.state.secrets.admin_token}"}
    asked = {**CORRECTION, "person": "kepala-bidang", "proposed_by": "tu"}

    def send(_: int) -> int:
        url = f"{rahmat.url}/v1/admin/corrections"
        return requests.post(url, json=asked, headers=token, timeout=60).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(send, range(6))) == [200 + 1] + [409] * 5


def test_a_decision_that_is_turned_round_and_round(
    office: Phones, sri: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "DECISIONS", 2)
    made = sri.post("corrections", CORRECTION).json()["id"]
    admin = office.etpp.admin
    admin("POST", f"corrections/{made}/approve", {"by": "kepala"})
    admin("POST", f"corrections/{made}/refuse", {"by": "kepala"})
    admin("POST", f"corrections/{made}/approve", {"by": "kepala"}, expect=409)
    assert sri.post("corrections", CORRECTION).status_code == 201  # the way that the words name


def test_letters_that_nobody_has_decided_on(office: Phones, budi: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LETTERS", 1)
    first = budi.post("letters", {**LETTER, "number": "800/1"})
    assert first.status_code == 201
    refused(budi.post("letters", {**LETTER, "number": "800/2"}), "letter_many", "Sudah 1 surat", "Minta BKPP")
    # One of many people's is for each of them.
    both = {**LETTER, "people": [office.scene.sri, office.scene.budi], "submitted_by": "tu", "office_id": OFFICE}
    office.etpp.admin("POST", "letters", both, expect=409)
    office.etpp.admin("POST", "letters", {**both, "people": [office.scene.sri]})
    office.etpp.admin("POST", f"letters/{first.json()['id']}/refuse", {"by": "bkpp", "reason": "salah tanggal"})
    assert budi.post("letters", {**LETTER, "number": "800/2"}).status_code == 201


def test_objections_that_wait_in_all_months(office: Phones, budi: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "OBJECTIONS", 2)
    asked = {"month": "2026-11", "about": "line:individual", "reason": "poin saya lebih banyak"}
    first = budi.post("objections", asked).json()["objection_id"]
    assert budi.post("objections", {**asked, "month": "2026-10", "about": "day:2026-10-05"}).status_code == 201
    third = {**asked, "month": "2026-12", "about": f"day:{TODAY}"}
    refused(budi.post("objections", third), "objections_many", "Sudah 2 keberatan", "Tunggu jawaban")
    said = {"by": "bkpp", "upheld": False, "answer": "Poin dihitung sesuai batas."}
    office.etpp.admin("POST", f"objections/{first}/answer", said)
    assert budi.post("objections", third).status_code == 201


# ---------------------------------------------------------------- what nobody decides on


def test_presences_by_hand_also_those_that_were_taken_back(office: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MANUAL_ENTRIES", 2)
    admin = office.etpp.admin
    asked = {
        "person": office.scene.budi,
        "office_id": OFFICE,
        "at_utc": "2026-12-02T00:25:00.000Z",
        "reason": "listrik padam",
        "entered_by": "tu",
    }
    for _ in range(2):
        made = admin("POST", "manual-entries", asked)
        admin("POST", f"manual-entries/{made['entry_id']}/withdraw", {"by": "kepala"})
    admin("POST", "manual-entries", asked, expect=409)
    admin("POST", "manual-entries", {**asked, "person": office.scene.sri})


def entry(**more: Any) -> dict[str, Any]:
    said = {"entry_id": str(uuid.uuid4()), "date": TODAY, "item_id": "arsip", "quantity": "1", "note": "menata arsip"}
    return {**said, **more}


def test_activities_of_one_day_and_the_same_one_again(
    office: Phones, sri: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "ENTRIES_A_DAY", 3)

    def enter(*entries: dict[str, Any], submit: bool = True) -> list[tuple[str, list[str]]]:
        answer = sri.post("/v1/admin/activities/entries", {"entries": list(entries), "submit": submit})
        return [(each["outcome"], each["faults"]) for each in answer.json()["entries"]]

    sent = [entry() for _ in range(4)]
    assert enter(*sent) == [("done", [])] * 3 + [("refused", ["too_many"])]
    assert enter(*sent) == [("known", [])] * 3 + [("refused", ["too_many"])]
    taken = {"entry_ids": [each["entry_id"] for each in sent[:3]]}
    assert sri.post("/v1/admin/activities/entries/withdraw", taken).status_code == 200
    assert enter(entry(), submit=False) == [("refused", ["too_many"])]  # rows are rows, whatever became of them
    assert enter(entry(date="2026-12-01"), submit=False) == [("done", [])]


def test_activities_of_a_month(office: Phones, sri: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    now = office.etpp.clock.now
    old = now - bounds.WINDOW
    with office.etpp.database.begin() as tx:
        made = [
            Entry(f"old-{n}", office.scene.sri, dt.date(2026, 10, 20), "arsip", Decimal(1), "lama", old)
            for n in range(3)
        ]
        ENTRIES.add(tx, made, office.scene.sri, old)
        table = pay_tables.entries
        mine = table.c.person_id == office.scene.sri, table.c.entered_utc > old
        held = tx.execute(sa.select(sa.func.count()).select_from(table).where(*mine)).scalar_one()
    monkeypatch.setattr(bounds, "ENTRIES", held + 1)
    days = ("2026-11-30", "2026-12-02")
    answer = sri.post("/v1/admin/activities/entries", {"entries": [entry(date=day) for day in days]}).json()
    assert [each["faults"] for each in answer["entries"]] == [[], ["too_many"]]


def test_an_activity_that_goes_to_and_fro_may_still_be_taken_back(
    office: Phones, sri: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = entry(date="2026-12-02")
    boss = Caller.of(office, office.boss)

    def steps(caller: Caller, kind: str, **more: Any) -> Any:
        asked = {"entry_ids": [one["entry_id"]], **more}
        (answer,) = caller.post(f"/v1/admin/activities/entries/{kind}", asked).json()["entries"]
        return answer["outcome"], answer["faults"]

    assert sri.post("/v1/admin/activities/entries", {"entries": [one], "submit": True}).status_code == 200
    assert steps(boss, "return", reason="lengkapi") == ("done", [])
    monkeypatch.setattr(bounds, "DECISIONS", 2)
    assert steps(sri, "submit") == ("refused", ["too_often"])
    assert steps(sri, "withdraw") == ("done", [])


# ---------------------------------------------------------------- files


def test_the_bytes_of_files_that_a_phone_brings(office: Phones, sri: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = pdf(b"satu"), pdf(b"dua")
    monkeypatch.setattr(bounds, "OWN_FILES_BYTES", len(first) + len(second) - 1)
    kept = sri.post("documents", first)
    assert kept.status_code == 201
    before = files(office)
    refused(sri.post("documents", second), "files_many", "31 hari", "lebih kecil")
    assert files(office) == before  # not even a file that nobody knows
    assert sri.post("documents", first).json() == kept.json()
    monkeypatch.setattr(bounds, "OWN_FILES_BYTES", len(first) + len(second))
    assert sri.post("documents", second).status_code == 201


def test_the_bytes_of_files_that_an_office_brings(office: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = Caller.of(office, office.etpp.member("arsiparis", Grant("operator", OFFICE)))
    monkeypatch.setattr(bounds, "OFFICE_FILES_BYTES", 10)
    answer = operator.post("/v1/admin/documents", pdf(b"kantor"))
    assert answer.status_code == 409
    page = operator.browser.get(f"{operator.url}/console/letters/new", timeout=60).text
    form = {"csrf": csrf_of(page), "number": "800/77", "people": office.scene.sri, "office_id": OFFICE}
    shown = operator.browser.post(
        f"{operator.url}/console/letters", data=form, files={"file": ("a.pdf", pdf(b"kantor"))}, timeout=60
    )
    assert shown.status_code == 409
    assert "Kirim lagi nanti" in shown.text
    assert "800/77" in shown.text  # what was typed stays
    assert office.etpp.send_file(pdf(b"skrip")).status_code == 201  # a script of BKPP's is nobody who is logged in


def files(office: Phones) -> list[str]:
    return sorted(each.name for each in (office.etpp.state.folder / "documents").rglob("*") if each.is_file())


# ---------------------------------------------------------------- phones and passkeys


def test_phones_that_a_terminal_connects(office: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = scene_of(office.etpp, nip="198703202011012003")
    monkeypatch.setattr(bounds, "PHONES", 2)
    for _ in range(2):
        assert scene.handset().connects(scene.code()).url.endswith("/phone/")
    page = Handset(office.etpp).opens(scene.code())
    assert page.status_code == 403
    assert "Sudah 2 kali ponsel disambungkan" in page.text
    assert "Minta kode dari BKPP" in page.text
    bkpp = office.etpp.log_in(office.etpp.bkpp)
    token = csrf_of(bkpp.get(f"{office.etpp.url}/console/people/{scene.person_id}/phones", timeout=60).text)
    path = f"{office.etpp.url}/console/people/{scene.person_id}/phones/code"
    given = re.findall(r"[A-Z2-7]{5}-[A-Z2-7]{5}", bkpp.post(path, data={"csrf": token}, timeout=60).text)
    assert Handset(office.etpp).opens(given[0], way="bkpp").url.endswith("/m/connect")
