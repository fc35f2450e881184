"""Which statements of the server's keys a terminal believes, and what is left of them when the power is cut."""

from __future__ import annotations

import copy
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk import wire
from kiosk.errors import StateError
from kiosk.machine.identity import Identity, candidate, parse_provisioning
from kiosk.model import DeviceId
from kiosk.wire.gallery import open_gallery
from kiosk.wire.keys import ServerKeys, open_statement, provisioned_keys

ROOT = Path(__file__).parents[4]
GOLDEN = ROOT / "tests" / "golden"
URL = "http://127.0.0.1:8765"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


KEYS = golden("keys")
OLD, NEW = KEYS["server_key_id"], KEYS["next_server_key_id"]
SEEDS = {OLD: KEYS["server_seed_hex"], NEW: KEYS["next_server_seed_hex"], "thief": "77" * 32}
BOTH = golden("heartbeat_server_keys")["answer"]["server_keys"]
ALONE = golden("heartbeat_server_key_retired")["answer"]["server_keys"]


def private(key_id: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SEEDS[key_id]))


def signed(statement: wire.Json, by: str) -> wire.Json:
    body = {name: value for name, value in statement.items() if name != "signature"} | {"key_id": by}
    return {**body, "signature": wire.b64url(private(by).sign(wire.canonical(body)))}


def believes(identity: Identity) -> set[str]:
    return {key_id for key_id in SEEDS if identity.verify_server(key_id, private(key_id).sign(b"gallery"), b"gallery")}


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    candidate(tmp_path).adopt(parse_provisioning(golden("provision")["answer"], URL, ""))
    return Identity.load(tmp_path)


def test_from_the_old_key_over_both_to_the_new_one(identity: Identity, tmp_path: Path) -> None:
    assert (believes(identity), identity.server_keys_serial) == ({OLD}, 0)
    assert identity.take_server_keys(BOTH)
    assert (believes(identity), identity.server_keys_serial) == ({OLD, NEW}, BOTH["serial"])
    assert identity.take_server_keys(ALONE)
    for each in (identity, Identity.load(tmp_path)):
        assert (believes(each), each.server_keys_serial) == ({NEW}, ALONE["serial"])
    assert (tmp_path / "provisioning.json").stat().st_mode & 0o777 == 0o600


def test_a_statement_that_was_taken_already_changes_nothing(identity: Identity, tmp_path: Path) -> None:
    identity.take_server_keys(BOTH)
    before = (tmp_path / "provisioning.json").stat().st_ino
    assert not identity.take_server_keys(BOTH)
    assert (tmp_path / "provisioning.json").stat().st_ino == before


def test_the_servers_address_stays_as_it_was_recorded(tmp_path: Path, identity: Identity) -> None:
    Identity.load(tmp_path, server_url="https://elsewhere").take_server_keys(BOTH)
    again = Identity.load(tmp_path)
    assert again.server_url == URL
    assert again.provisioning == Identity.load(tmp_path).provisioning
    assert again.device_id == identity.device_id


def test_a_gallery_that_a_retired_key_signed_is_refused(identity: Identity) -> None:
    answer = golden("gallery_full")["answer"]

    def opened() -> None:
        open_gallery(answer, device_id=DeviceId(KEYS["device_id"]), current_version=0, verify=identity.verify_server)

    opened()
    identity.take_server_keys(BOTH)
    opened()
    identity.take_server_keys(ALONE)
    with pytest.raises(wire.WireError, match="signed"):
        opened()


def test_a_terminal_that_is_provisioned_after_a_change_takes_no_statement_from_before(tmp_path: Path) -> None:
    answer = {**golden("provision")["answer"], "server_keys_serial": ALONE["serial"]}
    candidate(tmp_path).adopt(parse_provisioning(answer, URL, ""))
    identity = Identity.load(tmp_path)
    assert identity.server_keys_serial == ALONE["serial"]
    with pytest.raises(wire.WireError, match="older"):
        identity.take_server_keys(BOTH)  # genuine, and signed by a key that is held


def test_a_new_identity_forgets_the_statements_of_the_old_one(identity: Identity, tmp_path: Path) -> None:
    identity.take_server_keys(BOTH)
    candidate(tmp_path).adopt(parse_provisioning(golden("provision")["answer"], URL, ""))
    assert (believes(Identity.load(tmp_path)), Identity.load(tmp_path).server_keys_serial) == ({OLD}, 0)


# ---------------------------------------------------------------- attacks

EMPTY: list[wire.Json] = []
KEY = BOTH["keys"][0]
FORGED: dict[str, Any] = {
    "signed by a stranger": signed(BOTH, "thief"),
    "signed by the key that it brings": signed({**BOTH, "keys": [BOTH["keys"][1]]}, NEW),
    "a stranger under a known name": {**signed(BOTH, "thief"), "key_id": OLD},
    "changed after it was signed": {**BOTH, "serial": BOTH["serial"] + 1},
    "with one more key": {**BOTH, "keys": [*BOTH["keys"], {"key_id": "thief", "public_key": KEY["public_key"]}]},
    "no signature": {name: value for name, value in BOTH.items() if name != "signature"},
    "no base64": {**BOTH, "signature": "%%%"},
    "no key": signed({**BOTH, "keys": EMPTY}, OLD),
    "a short key": signed({**BOTH, "keys": [KEY, {"key_id": NEW, "public_key": wire.b64url(bytes(31))}]}, OLD),
    "a long key": signed({**BOTH, "keys": [{"key_id": NEW, "public_key": wire.b64url(bytes(33))}]}, OLD),
    "a key id twice": signed({**BOTH, "keys": [KEY, KEY]}, OLD),
    "a key without an id": signed({**BOTH, "keys": [{**KEY, "key_id": ""}]}, OLD),
    "a key id that is a book": signed({**BOTH, "keys": [{**KEY, "key_id": "x" * 65}]}, OLD),
    "too many keys": signed({**BOTH, "keys": [{**KEY, "key_id": str(n)} for n in range(17)]}, OLD),
    "keys of another kind": signed({**BOTH, "keys": ["x"]}, OLD),
    "a serial below": signed({**BOTH, "serial": -1}, OLD),
    "a serial of text": signed({**BOTH, "serial": "9"}, OLD),
    "a serial that is true": signed({**BOTH, "serial": True}, OLD),
    "a serial beyond all": {**BOTH, "serial": 2**53},
    "nothing": {},
    "a manifest": golden("gallery_full")["answer"]["manifest"],
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_or_broken_statement_changes_nothing(identity: Identity, tmp_path: Path, what: str) -> None:
    before = (tmp_path / "provisioning.json").read_bytes()
    with pytest.raises(wire.WireError):
        identity.take_server_keys(copy.deepcopy(FORGED[what]))
    assert (believes(identity), identity.server_keys_serial) == ({OLD}, 0)
    assert (tmp_path / "provisioning.json").read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [BOTH, signed({**BOTH, "serial": ALONE["serial"] + 1}, OLD), signed({**BOTH, "serial": 2**53 - 1}, OLD)],
    ids=["replayed", "signed by the retired key", "as far ahead as can be"],
)
def test_after_a_retirement_the_old_key_is_worth_nothing(identity: Identity, statement: wire.Json) -> None:
    identity.take_server_keys(BOTH)
    identity.take_server_keys(ALONE)
    with pytest.raises(wire.WireError):
        identity.take_server_keys(statement)
    assert (believes(identity), identity.server_keys_serial) == ({NEW}, ALONE["serial"])


HELD = ServerKeys(0, {OLD: bytes(32)})


def stated(**change: Any) -> ServerKeys | None:
    """What a statement with these members brings, signed by whoever may."""
    return open_statement({**BOTH, **change}, HELD, lambda key_id, signature, content: True)


@pytest.mark.parametrize(("serial", "believed"), [(-1, False), (0, True), (1, True), (2**53 - 1, True), (2**53, False)])
def test_a_serial_is_a_number_that_json_keeps(serial: int, believed: bool) -> None:
    answer = {**golden("provision")["answer"], "server_keys_serial": serial}
    if not believed:
        with pytest.raises(wire.WireError, match="out of range"):
            provisioned_keys(answer)
        return
    assert provisioned_keys(answer).serial == serial


@pytest.mark.parametrize(("count", "believed"), [(0, False), (1, True), (16, True), (17, False)])
def test_there_are_one_to_sixteen_keys(count: int, believed: bool) -> None:
    keys = [{**KEY, "key_id": str(n)} for n in range(count)]
    if not believed:
        with pytest.raises(wire.WireError, match="1 to 16 keys"):
            stated(keys=keys)
        return
    found = stated(keys=keys)
    assert found is not None
    assert list(found.keys) == [str(n) for n in range(count)]


@pytest.mark.parametrize(("length", "believed"), [(0, False), (1, True), (64, True), (65, False)])
def test_a_key_id_has_up_to_64_characters(length: int, believed: bool) -> None:
    keys = [{**KEY, "key_id": "x" * length}]
    if not believed:
        with pytest.raises(wire.WireError, match="empty, too long"):
            stated(keys=keys)
        return
    assert stated(keys=keys) is not None


@pytest.mark.parametrize("length", [31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    with pytest.raises(wire.WireError, match="not 32 bytes"):
        stated(keys=[{"key_id": NEW, "public_key": wire.b64url(bytes(length))}])


def test_the_same_serial_brings_nothing_and_a_lower_one_is_refused() -> None:
    at_nine = ServerKeys(9, HELD.keys)
    for serial, outcome in ((9, None), (10, 10)):
        found = open_statement({**BOTH, "serial": serial}, at_nine, lambda key_id, signature, content: True)
        assert (found and found.serial) == outcome
    with pytest.raises(wire.WireError, match="older"):
        open_statement({**BOTH, "serial": 8}, at_nine, lambda key_id, signature, content: True)


@pytest.mark.parametrize(
    ("member", "serial"), [({}, 0), ({"server_keys_serial": None}, 0), ({"server_keys_serial": 7}, 7)]
)
def test_the_serial_of_provisioning_is_0_before_any_statement(member: wire.Json, serial: int) -> None:
    data = {name: value for name, value in golden("provision")["answer"].items() if name != "server_keys_serial"}
    assert provisioned_keys({**data, **member}).serial == serial


def test_an_older_statement_is_refused(identity: Identity) -> None:
    identity.take_server_keys(BOTH)
    with pytest.raises(wire.WireError, match="older"):
        identity.take_server_keys(signed({**BOTH, "serial": BOTH["serial"] - 1}, OLD))


# ---------------------------------------------------------------- faults


def test_keys_that_cannot_be_stored_are_not_used(
    identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kiosk.machine.durable.os.fsync", full)
    with pytest.raises(StateError, match="No space"):
        identity.take_server_keys(BOTH)
    assert (believes(identity), identity.server_keys_serial) == ({OLD}, 0)
    monkeypatch.undo()
    assert identity.take_server_keys(BOTH)
    assert believes(Identity.load(tmp_path)) == {OLD, NEW}


CUT = """
import json, os, sys
from pathlib import Path
from kiosk.machine.identity import Identity
from tests.killing import KilledAt

identity = Identity.load(Path(sys.argv[1]))
statement = json.load(sys.stdin)
counted = KilledAt(int(sys.argv[2]))

os.open, os.fsync, Path.replace = counted(os.open), counted(os.fsync), counted(Path.replace)
identity.take_server_keys(statement)
"""


def test_killed_at_any_step_it_has_the_old_keys_or_the_new(identity: Identity, tmp_path: Path) -> None:
    record = tmp_path / "provisioning.json"
    content = record.read_bytes()
    taken: list[bool] = []
    for step in range(1, 20):
        record.write_bytes(content)
        words = [sys.executable, "-c", CUT, str(tmp_path), str(step)]
        ended = subprocess.run(words, input=json.dumps(BOTH), text=True, cwd=ROOT, check=False)
        after = Identity.load(tmp_path)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
        taken.append(after.server_keys_serial == BOTH["serial"])
        assert believes(after) == ({OLD, NEW} if taken[-1] else {OLD})
        assert after.take_server_keys(BOTH) is not taken[-1], "and takes it again from the next heartbeat"
    assert (taken[0], taken[-1]) == (False, True), "cuts before and after the one step that counts were met"
    assert identity.device_id == after.device_id
