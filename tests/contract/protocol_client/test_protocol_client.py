"""docs/protocol.md suffices: a client that was written from it alone speaks with the real server over real HTTP."""

from __future__ import annotations

import ast
import base64
import datetime as dt
import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etpp.books.audit import verify_events
from tests.contract.etpp.running import NIP, OFFICE, Running, running
from tests.contract.etpp.terminals.test_keys import keys
from tests.contract.protocol_client import chain
from tests.contract.protocol_client.canonical import b64url, canonical, from_b64url, sha256
from tests.contract.protocol_client.chain import Chain
from tests.contract.protocol_client.link import Link, NoAnswer, Problem, sign
from tests.contract.protocol_client.terminal import Terminal, Untrusted, signed_head

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden"
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
OTHER_NIP = "197001011995031002"


@pytest.fixture
def etpp(tmp_path: Path) -> Iterator[Running]:
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state", approve="auto") as server:
        yield server


def provisioned(etpp: Running) -> Terminal:
    terminal = Terminal(Link(etpp.url))
    terminal.provision(etpp.admin("POST", f"offices/{OFFICE}/codes")["code"])
    return terminal


@pytest.fixture
def terminal(etpp: Running) -> Terminal:
    return provisioned(etpp)


def face(seed: int) -> list[float]:
    numbers = [((seed * 31 + i * 37) % 211) / 211 - 0.5 for i in range(128)]
    length = sum(x * x for x in numbers) ** 0.5
    return [x / length for x in numbers]


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- written from the document alone


def test_the_client_knows_nothing_but_the_standard_library_cryptography_and_requests() -> None:
    allowed = {*sys.stdlib_module_names, "cryptography", "requests"}
    files = [path for path in HERE.glob("*.py") if not path.name.startswith("test_")]
    assert len(files) >= 4
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            else:
                continue
            for name in names:
                own = name.startswith("tests.contract.protocol_client.") and "test_" not in name
                assert own or name.partition(".")[0] in allowed, f"{path.name} imports {name}"


@pytest.mark.parametrize("request_", golden("signatures")["requests"], ids=lambda each: each["url"][-20:])
def test_it_signs_as_the_golden_requests(request_: Any) -> None:
    seeds = golden("keys")
    given = request_["headers"]
    key_id = re.findall(r'keyid="([^"]+)"', given["Signature-Input"])[0]
    created, nonce = re.findall(r'created=(\d+).*nonce="(\d+)"', given["Signature-Input"])[0]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seeds["device_seed_hex"]))
    body = request_["body_base64"] and base64.b64decode(request_["body_base64"])
    target = "/" + request_["url"].split("/", 3)[3]
    packed = "Content-Encoding" in given
    host = given["Host"]
    assert sign(key, key_id, nonce, int(created), request_["method"], host, target, body, packed) == given


def test_it_signs_a_link_of_its_chain_as_the_golden_one() -> None:
    (example,) = golden("signatures")["heads"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(golden("keys")["device_seed_hex"]))
    link = example["signed"]
    assert signed_head(key, {"device_id": example["device_id"], **link}) == link


@pytest.mark.parametrize("case", golden("base64url"), ids=lambda case: repr(case["given"]))
def test_it_takes_one_spelling_of_bytes(case: Any) -> None:
    if case["hex"] is None:
        with pytest.raises(ValueError):  # noqa: PT011 - b64decode's own is one
            from_b64url(case["given"])
    else:
        assert from_b64url(case["given"]).hex() == case["hex"]


@pytest.mark.parametrize("name", ["presence", "attack", "enrolment", "enrolment_more", "unknown_member"])
def test_it_hashes_as_the_golden_events(name: str) -> None:
    event = golden(f"event_{name}")
    assert sha256({member: value for member, value in event.items() if member != "hash"}) == event["hash"]


@pytest.mark.parametrize("name", ["gallery_full", "gallery_delta", "gallery_recognisers"])
def test_it_takes_the_golden_galleries(name: str) -> None:
    gallery = golden(name)["answer"]
    terminal = Terminal(Link("http://127.0.0.1", key_id=gallery["manifest"]["device_id"]))
    terminal.server_keys = server_keys()
    terminal.version = gallery["manifest"]["base_version"] or 0
    terminal._apply(gallery, terminal.version)
    assert terminal.version == gallery["manifest"]["version"]
    gallery["payload"]["office"]["name"] = "another"
    terminal.version = 0
    with pytest.raises(Untrusted):
        terminal._apply(gallery, gallery["manifest"]["base_version"] or 0)


def test_it_learns_the_golden_keys_of_the_server_in_two_steps() -> None:
    terminal = Terminal(Link("http://127.0.0.1"))
    terminal.server_keys = server_keys()
    (first,) = terminal.server_keys
    terminal.learn(golden("heartbeat_server_keys")["answer"]["server_keys"])
    assert len(terminal.server_keys) == 2
    terminal.learn(golden("heartbeat_server_key_retired")["answer"]["server_keys"])
    assert len(terminal.server_keys) == 1
    with pytest.raises(Untrusted):
        terminal.learn(golden("heartbeat_server_keys")["answer"]["server_keys"])
    assert first not in terminal.server_keys


def server_keys() -> dict[str, str]:
    return {key["key_id"]: key["public_key"] for key in golden("provision")["answer"]["server_keys"]}


@pytest.mark.parametrize(
    ("number", "text"),
    [  # RFC 8785, appendix B
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-1.7976931348623157e308, "-1.7976931348623157e+308"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (1e21, "1e+21"),
        (333333333.3333332, "333333333.3333332"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"),
    ],
)
def test_it_writes_numbers_as_rfc_8785(number: float, text: str) -> None:
    assert canonical(number) == text.encode()


# ---------------------------------------------------------------- a terminal's life


def life(etpp_url: str, terminal: Terminal, person_id: str, now: dt.datetime) -> None:
    """What every terminal does on its first day, whatever stands in between."""
    assert terminal.fetch()
    assert person_id in terminal.people
    for number in range(3):
        terminal.chain.add("presence", chain.presence(person_id, margin=None if number else 1.5), now)
    terminal.send(now, packed=False)
    terminal.chain.add("attack", chain.attack(), now)
    terminal.send(now)
    assert (terminal.acknowledged, terminal.parked, terminal.refused_heads) == (4, {}, [])
    head = terminal.heartbeat(now)["head"]
    assert (head["seq"], head["hash"]) == (4, terminal.chain.events[-1]["hash"])
    # Absent, and not merely silent: nothing to send is sent too.
    terminal.send(now)


def test_a_terminals_first_day(etpp: Running, terminal: Terminal) -> None:
    life(etpp.url, terminal, etpp.person(), etpp.clock())
    assert len(etpp.events(f"device_id={terminal.device_id}")) == 4


@pytest.mark.parametrize("signs", [True, False])
def test_an_audit_tells_what_it_signed_from_what_it_did_not(etpp: Running, terminal: Terminal, signs: bool) -> None:
    person, now = etpp.person(), etpp.clock()
    terminal.signs = signs
    terminal.chain.add("presence", chain.presence(person), now)
    terminal.chain.add("enrolment", chain.enrolment(NIP, "Sri Lestari", OFFICE, now, face(1)), now)
    terminal.chain.add("presence", chain.presence(person), now)
    terminal.send(now)
    assert terminal.refused_heads == []
    presences = [event["event_id"] for event in terminal.chain.events if event["kind"] == "presence"]
    with etpp.database.read() as tx:
        found = verify_events(tx, OFFICE, presences, etpp.state.keys.now().known)
    assert (found.signed, sum(found.unsigned.values())) == ((2, 0) if signs else (0, 2))
    assert (found.broken, found.missing) == ([], [])


def test_an_enrolment_comes_back_in_the_gallery(etpp: Running, terminal: Terminal) -> None:
    now = etpp.clock()
    terminal.chain.add("enrolment", chain.enrolment(NIP, "Sri Lestari", OFFICE, now, face(1)), now)
    terminal.send(now)
    assert terminal.parked == {}
    assert terminal.fetch()
    (person,) = terminal.people.values()
    assert (person["nip"], len(person["templates"])) == (NIP, 1)


def test_a_long_poll_ends_with_what_is_new(etpp: Running, terminal: Terminal) -> None:
    terminal.fetch()
    before = terminal.version
    assert not terminal.fetch()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(terminal.fetch, wait_s=50)
        while etpp.watch.waiting == 0:
            assert not waiting.done()
        person_id = etpp.person()
        assert waiting.result(60)
    assert terminal.version > before
    assert person_id in terminal.people


def test_a_cut_download_goes_on_where_it_stopped(etpp: Running, terminal: Terminal) -> None:
    for number in range(1, 21):
        etpp.person(f"198503152010011{number:03d}", "Sri Lestari")
    assert terminal.fetch(cut_after=700)
    assert len(terminal.people) == 20
    assert terminal.is_unchanged(since=0)
    etpp.person(OTHER_NIP, "Budi")
    assert terminal.etag
    assert terminal.fetch()  # a delta
    assert len(terminal.people) == 21
    assert terminal.fetch(since=0)


def test_the_same_bytes_are_one_devices(etpp: Running, terminal: Terminal) -> None:
    etpp.person()
    other = provisioned(etpp)
    assert terminal.fetch()
    assert other.fetch()
    first = terminal.etag
    terminal.fetch(since=0)
    assert terminal.etag == first
    assert other.etag != first
    assert other.is_unchanged(since=0)
    other.etag = first
    assert not other.is_unchanged(since=0)


def test_a_key_is_changed_and_a_lost_answer_costs_nothing(etpp: Running, terminal: Terminal) -> None:
    old, new = terminal.link.key, Ed25519PrivateKey.generate()
    assert terminal.heartbeat(etpp.clock(), new)["key_rotated"]
    terminal.link.key = old  # as if the answer had been lost
    terminal.heartbeat(etpp.clock())
    terminal.link.key = new
    terminal.heartbeat(etpp.clock())
    terminal.link.key = old
    assert refusal(lambda: terminal.heartbeat(etpp.clock())) == "signature-invalid"


def test_the_servers_keys_are_learned_in_two_steps(etpp: Running, terminal: Terminal) -> None:
    etpp.person()
    (first,) = terminal.server_keys
    keys(etpp, "rotate")
    terminal.heartbeat(etpp.clock())
    assert len(terminal.server_keys) == 2
    terminal.heartbeat(etpp.clock())  # names the serial
    keys(etpp, "retire", first)
    terminal.heartbeat(etpp.clock())
    assert first not in terminal.server_keys
    assert terminal.fetch()


def test_another_terminals_events_are_carried_with_its_statement(etpp: Running, terminal: Terminal) -> None:
    person_id, now = etpp.person(), etpp.clock()
    broken = provisioned(etpp)
    for _ in range(5):
        broken.chain.add("presence", chain.presence(person_id), now)
    statement, items = broken.export(1, 5)
    terminal.carry(statement, items, now, at_once=2)
    assert len(etpp.events(f"device_id={broken.device_id}")) == 5
    terminal.carry(statement, items, now)
    assert len(etpp.events(f"device_id={broken.device_id}")) == 5
    assert terminal.parked == {}


def test_what_a_replaced_key_signed_stays_good(etpp: Running, terminal: Terminal) -> None:
    person_id, now = etpp.person(), etpp.clock()
    broken = provisioned(etpp)
    early = now - dt.timedelta(minutes=10)
    broken.chain.add("presence", chain.presence(person_id), early)
    statement, items = broken.export(1, 1)
    broken.heartbeat(now, Ed25519PrivateKey.generate())
    broken.heartbeat(now)  # signed by the new key: the old one is replaced
    terminal.carry(statement, items, now)
    assert terminal.parked == {}
    old_key = terminal.link.key
    terminal.chain.add("presence", chain.presence(person_id), now + dt.timedelta(minutes=10))
    late, late_items = terminal.export(1, 1)
    terminal.heartbeat(now, Ed25519PrivateKey.generate())
    terminal.heartbeat(now)
    assert terminal.link.key is not old_key
    other = provisioned(etpp)
    other.carry(late, late_items, now)
    assert [problem["type"] for problem in other.parked.values()] == ["urn:presensi:problem:event-unproven"]


# ---------------------------------------------------------------- every problem, for real


def refusal(ask: Callable[[], object]) -> str:
    """The name of the problem that the server answers with."""
    with pytest.raises(Problem) as caught:
        ask()
    problem = caught.value
    assert problem.members["status"] == problem.status
    assert {"type", "title", "detail"} <= problem.members.keys()
    assert (problem.retry_after_s is not None) == (problem.status in (429, 503))
    return problem.name


def table() -> dict[str, int]:
    """The problems of docs/protocol.md and their statuses."""
    rows = re.findall(r"^\| (`[^|]+`) \| (\d{3}) \|", PROTOCOL.split("## Problems")[1], re.MULTILINE)
    return {name: int(status) for names, status in rows for name in re.findall(r"`([a-z-]+)`", names)}


def malformed(it: Trouble) -> object:
    return it.terminal.link.post(f"/v1/devices/{it.terminal.device_id}/heartbeat", {"software": "x"})


def another_version(it: Trouble) -> object:
    path = f"/v1/devices/{it.terminal.device_id}/gallery?since=0&wait_s=0"
    return it.terminal.link.call("GET", path, headers={"Presensi-Protocol": "2"})


def wrong_key(it: Trouble) -> object:
    it.terminal.link.key = Ed25519PrivateKey.generate()
    return it.terminal.heartbeat(it.now)


def seen_counter(it: Trouble) -> object:
    it.terminal.heartbeat(it.now)
    it.terminal.link.nonce = 0
    return it.terminal.link._once("GET", f"/v1/devices/{it.terminal.device_id}/gallery", None, False)


def wrong_code(it: Trouble) -> object:
    return Terminal(Link(it.etpp.url)).provision("AAAA-AAAA-AAAA")


def guessed_codes(it: Trouble) -> object:
    for _ in range(20):
        assert refusal(lambda: wrong_code(it)) == "code-unknown"
    return wrong_code(it)


def revoked(it: Trouble) -> object:
    it.etpp.admin("POST", f"devices/{it.terminal.device_id}/revoke")
    return it.terminal.heartbeat(it.now)


def never_provisioned(it: Trouble) -> object:
    return Terminal(Link(it.etpp.url, key_id="018f2c5e-0000-7000-8000-00000000ffff")).heartbeat(it.now)


def forged_statement(it: Trouble) -> object:
    other = provisioned(it.etpp)
    other.chain.add("attack", chain.attack(), it.now)
    statement, items = other.export(1, 1)
    return it.terminal.carry(statement | {"signature": b64url(bytes(64))}, items, it.now)


def gap(it: Trouble) -> object:
    for _ in range(2):
        it.terminal.chain.add("attack", chain.attack(), it.now)
    return it.terminal._send(it.terminal.chain.items(2, 2), it.now, False)


def fork(it: Trouble) -> object:
    it.terminal.chain.add("attack", chain.attack(), it.now)
    it.terminal.send(it.now)
    restored = Chain(it.terminal.device_id, it.terminal.chain.chain_id)
    restored.add("attack", chain.attack(), it.now)
    return it.terminal._send(restored.items(1, 1), it.now, False)


def too_many(it: Trouble) -> object:
    for _ in range(501):
        it.terminal.chain.add("attack", chain.attack(), it.now)
    return it.terminal._send(it.terminal.chain.items(1, 501), it.now, True)


def failing(error: Exception) -> Callable[[Trouble], object]:
    def ask(it: Trouble) -> object:
        def fail(*_: Any) -> None:
            raise error

        engine = it.etpp.database.engine
        sa.event.listen(engine, "do_execute", fail)
        try:
            return it.terminal.heartbeat(it.now)
        finally:
            sa.event.remove(engine, "do_execute", fail)

    return ask


def elsewhere(it: Trouble) -> object:
    return it.terminal.link.call("GET", f"/v1/devices/{it.terminal.device_id}/photographs")


def wrong_method(it: Trouble) -> object:
    return it.terminal.link.call("DELETE", f"/v1/devices/{it.terminal.device_id}/events", b"{}")


class Trouble:
    def __init__(self, etpp: Running, terminal: Terminal) -> None:
        self.etpp, self.terminal, self.now = etpp, terminal, etpp.clock()


REACHED: dict[str, Callable[[Trouble], object]] = {
    "malformed": malformed,
    "protocol-version": another_version,
    "signature-invalid": wrong_key,
    "replayed-request": seen_counter,
    "code-unknown": wrong_code,
    "device-revoked": revoked,
    "device-unknown": never_provisioned,
    "carried-refused": forged_statement,
    "sequence-gap": gap,
    "chain-broken": fork,
    "too-large": too_many,
    "too-many-requests": guessed_codes,
    "unavailable": failing(sqlite3.OperationalError("database is locked")),
}
OUTSIDE: dict[str, tuple[int, Callable[[Trouble], object]]] = {
    "not-found": (404, elsewhere),
    "method-not-allowed": (405, wrong_method),
    "internal": (500, failing(RuntimeError("a fault of the program"))),
}


def test_every_problem_of_the_table_is_reached() -> None:
    assert table().keys() == REACHED.keys()
    for name, (status, _) in OUTSIDE.items():
        assert f"`{name}` ({status}" in PROTOCOL


@pytest.mark.parametrize("name", REACHED)
def test_a_problem_of_the_table(etpp: Running, terminal: Terminal, name: str) -> None:
    with pytest.raises(Problem) as caught:
        REACHED[name](Trouble(etpp, terminal))
    problem = caught.value
    assert (problem.name, problem.status) == (name, table()[name])
    assert problem.members["status"] == problem.status
    assert problem.later == (problem.status in (429, 503))
    assert (problem.retry_after_s is not None) == problem.later
    member = {"protocol-version": "supported", "replayed-request": "highest_nonce"}
    member |= dict.fromkeys(("sequence-gap", "chain-broken"), "expected_seq")
    assert name not in member or member[name] in problem.members


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_problem_outside_the_table(etpp: Running, terminal: Terminal, name: str) -> None:
    status, ask = OUTSIDE[name]
    with pytest.raises(Problem) as caught:
        ask(Trouble(etpp, terminal))
    assert (caught.value.name, caught.value.status) == (name, status)
    assert caught.value.later == (status >= 500)


def test_a_page_that_is_no_servers_is_no_answer(etpp: Running) -> None:
    with pytest.raises(NoAnswer):
        Link(etpp.url, key_id="x").call("GET", "/console/login")


def test_what_the_client_mends_by_itself(etpp: Running, terminal: Terminal) -> None:
    person_id, now = etpp.person(), etpp.clock()
    for _ in range(600):
        terminal.chain.add("presence", chain.presence(person_id), now)
    terminal.send(now, at_once=600)  # too-large: halved
    assert terminal.acknowledged == 600
    terminal.link.nonce = 0  # replayed-request: raised
    terminal.chain.add("attack", chain.attack(), now)
    terminal.chain.add("attack", chain.attack(), now)
    terminal.acknowledged = 601  # sequence-gap: sent from where the server asks
    terminal.send(now)
    assert len(etpp.events(f"device_id={terminal.device_id}&limit=1000")) == 602
    revoked_ = Trouble(etpp, terminal)
    with pytest.raises(Problem):
        revoked(revoked_)
    assert terminal.stopped


def test_a_terminal_from_an_old_copy_of_its_card_begins_a_new_chain(etpp: Running, terminal: Terminal) -> None:
    person_id, now = etpp.person(), etpp.clock()
    terminal.chain.add("presence", chain.presence(person_id), now)
    terminal.send(now)
    terminal.chain.events.pop()
    terminal.chain.times.pop()
    terminal.acknowledged = 0
    kept = terminal.chain.add("presence", chain.presence(person_id, "departure"), now)
    terminal.send(now)
    (old,) = terminal.old_chains
    assert terminal.chain.chain_id != old.chain_id
    assert terminal.chain.events[0]["event_id"] == kept["event_id"]
    assert terminal.parked == {}
    assert len(etpp.events(f"device_id={terminal.device_id}")) == 2


def test_every_reason_to_reject_an_event(etpp: Running, terminal: Terminal) -> None:
    person_id, now = etpp.person(), etpp.clock()
    first = terminal.chain.add("presence", chain.presence(person_id), now)
    terminal.chain.add("presence", chain.presence("018f2c5e-0000-7000-8000-00000000ffff"), now)
    terminal.chain.add("presence", chain.presence(person_id) | {"direction": "sideways"}, now)
    terminal.chain.add("attack", chain.attack(), now, event_id=first["event_id"])
    wrong = terminal.chain.add("attack", chain.attack(), now)
    wrong["monotonic_ms"] += 1
    terminal.send(now)
    names = [terminal.parked[event["event_id"]]["type"].rpartition(":")[2] for event in terminal.chain.events[1:]]
    assert names == ["person-unknown", "event-invalid", "event-id-reused", "hash-wrong"]
    assert terminal.acknowledged == 5


def test_what_a_server_said_of_a_parked_event_has_a_limit(etpp: Running, terminal: Terminal) -> None:
    document = {"type": "urn:presensi:problem:event-invalid", "title": "t", "status": 422, "detail": ""}
    room = 4096 - len(canonical(document))
    terminal.parked["018f2c5e-0000-7000-8000-00000000e001"] = document | {"detail": "x" * room}
    terminal.heartbeat(etpp.clock())
    terminal.parked["018f2c5e-0000-7000-8000-00000000e001"] = document | {"detail": "x" * (room + 1)}
    assert refusal(lambda: terminal.heartbeat(etpp.clock())) == "malformed"


# ---------------------------------------------------------------- questions that the document must answer


@pytest.mark.parametrize("nonce", ["0", "00", "01", "+1", "1.0", " 1", "1 ", "1e1", "0x1", str(2**53), "9" * 17, ""])
def test_a_nonce_has_one_form(etpp: Running, terminal: Terminal, nonce: str) -> None:
    path = f"/v1/devices/{terminal.device_id}/gallery?since=0&wait_s=0"
    headers = sign(terminal.link.key, terminal.device_id, nonce, 1, "GET", terminal.link.authority, path, None)
    answer = requests.get(etpp.url + path, headers=headers, timeout=60)
    assert answer.json()["type"] == "urn:presensi:problem:signature-invalid"


def test_the_last_counter_is_taken_only_near_the_others(etpp: Running, terminal: Terminal) -> None:
    path = f"/v1/devices/{terminal.device_id}/gallery?since=0&wait_s=0"
    headers = sign(terminal.link.key, terminal.device_id, str(2**53 - 1), 1, "GET", terminal.link.authority, path, None)
    answer = requests.get(etpp.url + path, headers=headers, timeout=60)
    assert answer.json()["type"] == "urn:presensi:problem:replayed-request"


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://etpp.example.go.id", "etpp.example.go.id"),
        ("https://ETPP.example.go.id:443", "etpp.example.go.id"),
        ("http://127.0.0.1:80", "127.0.0.1"),
        ("https://etpp.example.go.id:8443", "etpp.example.go.id:8443"),
        ("http://[::1]:8765", "[::1]:8765"),
    ],
)
def test_the_authority_is_lower_case_and_has_no_usual_port(url: str, authority: str) -> None:
    assert Link(url).authority == authority
