"""The server's keys: each change is whole, signed by a key from before, and gives up what was retired."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from etpp.base.errors import Conflict, NotFound, StateError
from etpp.terminals.keyring import MAX_IN_USE, KeyRing, Ring
from etpp.terminals.signing import GallerySigner

NOW = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)
SERIAL = int(NOW.timestamp())
GOLDEN = Path(__file__).parents[3] / "golden"


def key(seed: str) -> GallerySigner:
    return GallerySigner(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)))


@pytest.fixture
def ring() -> Ring:
    return Ring((key("aa" * 32),))


def signed_by(statement: Any, signer: GallerySigner) -> bool:
    body = {name: value for name, value in statement.items() if name != "signature"}
    raw = base64.urlsafe_b64decode(statement["signature"] + "==")
    try:
        Ed25519PublicKey.from_public_bytes(signer.public_key).verify(raw, rfc8785.dumps(body))
    except InvalidSignature:
        return False
    return bool(statement["key_id"] == signer.key_id)


def ids(ring: Ring) -> list[str]:
    return [each.key_id for each in ring.signers]


# ---------------------------------------------------------------- what a change is


def test_a_new_key_is_announced_by_the_old_one_which_goes_on_signing(ring: Ring) -> None:
    changed = ring.with_new_key(NOW)
    (statement,) = changed.statements
    assert signed_by(statement, ring.signer)
    assert [each["key_id"] for each in statement["keys"]] == ids(changed)
    assert statement["serial"] == changed.serial == SERIAL
    assert changed.signer is ring.signer
    assert len(changed.signers) == 2


def test_a_retirement_is_signed_by_a_key_that_stays(ring: Ring) -> None:
    both = ring.with_new_key(NOW)
    alone = both.without(ring.signer.key_id, NOW)
    assert ids(alone) == [both.signers[1].key_id]
    assert signed_by(alone.statements[-1], both.signers[1])
    assert alone.signer is both.signers[1]


def test_the_newest_can_be_given_up_and_the_old_one_stays(ring: Ring) -> None:
    both = ring.with_new_key(NOW)
    alone = both.without(both.signers[1].key_id, NOW)
    assert ids(alone) == ids(ring)
    assert signed_by(alone.statements[-1], ring.signer)


def test_serials_only_rise_whatever_the_clock_says(ring: Ring) -> None:
    both = ring.with_new_key(NOW)
    assert both.without(ring.signer.key_id, NOW - dt.timedelta(days=9000)).serial == SERIAL + 1
    assert both.without(ring.signer.key_id, NOW + dt.timedelta(seconds=90)).serial == SERIAL + 90


def test_the_last_key_stays_and_there_are_not_too_many(ring: Ring) -> None:
    with pytest.raises(Conflict, match="only key"):
        ring.without(ring.signer.key_id, NOW)
    with pytest.raises(NotFound):
        ring.without("unknown", NOW)
    for _ in range(MAX_IN_USE - 1):
        ring = ring.with_new_key(NOW)
    with pytest.raises(Conflict, match="retire"):
        ring.with_new_key(NOW)


def test_who_is_behind_is_led_on_statement_by_statement(ring: Ring) -> None:
    both = ring.with_new_key(NOW)
    alone = both.without(ring.signer.key_id, NOW)
    again = alone.with_new_key(NOW)
    serial, held = 0, {ring.signer.key_id}
    for expected in again.statements:
        statement = again.after(serial)
        assert statement == expected
        assert statement is not None
        assert statement["key_id"] in held, "signed by a key that the terminal holds"
        serial, held = statement["serial"], {each["key_id"] for each in statement["keys"]}
        assert again.held(serial) == held
    assert again.after(serial) is None
    assert again.after(None) is None, "a terminal that names no serial would not understand it"
    assert again.held(0) == {ring.signer.key_id}


@pytest.mark.parametrize("serial", [None, 5, SERIAL - 1, 2**53])
def test_nothing_is_known_of_a_terminal_with_a_serial_that_was_never_given(ring: Ring, serial: int | None) -> None:
    assert ring.with_new_key(NOW).held(serial) == frozenset()


def test_the_golden_statements_are_as_the_server_makes_them() -> None:
    keys = json.loads((GOLDEN / "keys.json").read_text(encoding="utf-8"))
    for name, seed in (("heartbeat_server_keys", "server_seed"), ("heartbeat_server_key_retired", "next_server_seed")):
        statement = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["answer"]["server_keys"]
        body = {member: value for member, value in statement.items() if member != "signature"}
        assert key(keys[f"{seed}_hex"]).sign(body) == statement["signature"]
    made = Ring((key(keys["server_seed_hex"]),)).with_new_key(NOW).statements[0]
    assert made.keys() == statement.keys()


# ---------------------------------------------------------------- its file


def test_it_is_kept_for_its_owner_only_and_read_again(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "gallery-key")
    first = ring.now().signer.key_id
    with ring.changing() as now:
        ring.keep(now.with_new_key(NOW))
    again = KeyRing(tmp_path / "gallery-key").now()
    assert ids(again)[0] == first
    assert again.statements == ring.now().statements
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave a file that the server's user cannot read")
def test_changed_by_root_it_stays_the_server_users(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    ring = KeyRing(tmp_path / "gallery-key")
    with ring.changing() as now:
        ring.keep(now.with_new_key(NOW))
    assert (tmp_path / "gallery-key").stat().st_uid == 12345


def test_a_key_from_before_there_were_statements_is_read(tmp_path: Path) -> None:
    (tmp_path / "gallery-key").write_text("ab" * 32 + "\n")
    assert KeyRing(tmp_path / "gallery-key").now().signer.key_id == key("ab" * 32).key_id


def test_a_running_server_sees_what_the_command_line_changed(tmp_path: Path) -> None:
    serving, command = KeyRing(tmp_path / "gallery-key"), KeyRing(tmp_path / "gallery-key")
    with command.changing() as now:
        command.keep(now.with_new_key(NOW))
    assert ids(serving.now()) == ids(command.now())
    assert serving.now() is serving.now(), "and reads the file no more often than it changes"


def test_a_running_server_survives_a_file_that_breaks_under_it(tmp_path: Path) -> None:
    serving = KeyRing(tmp_path / "gallery-key")
    before = serving.now().signer.key_id
    for content in ("{", '{"seeds": [], "statements": []}', '{"seeds": ["ab"], "statements": []}', ""):
        (tmp_path / "gallery-key").write_text(content)
        assert serving.now().signer.key_id == before
        with pytest.raises(StateError, match="backup"):
            KeyRing(tmp_path / "gallery-key")
    (tmp_path / "gallery-key").unlink()
    assert serving.now().signer.key_id == before


def test_a_retired_key_is_in_no_file(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "gallery-key")
    old = ring.now().signer
    (tmp_path / ".gallery-key.4711").write_text(old.seed.hex())  # left by a change that was killed
    with ring.changing() as now:
        both = now.with_new_key(NOW)
        ring.keep(both)
    with ring.changing() as now:
        ring.keep(now.without(old.key_id, NOW))
    assert old.seed.hex() not in "".join(path.read_text() for path in tmp_path.iterdir())


CUT = """
import datetime as dt, os, sys
from pathlib import Path
from etpp.terminals.keyring import KeyRing
from tests.killing import KilledAt

ring = KeyRing(Path(sys.argv[1]))
counted = KilledAt(int(sys.argv[2]))

os.open, os.fsync, Path.replace = counted(os.open), counted(os.fsync), counted(Path.replace)
with ring.changing() as now:
    key_id = sys.argv[3]
    at = dt.datetime.now(dt.UTC)
    ring.keep(now.without(key_id, at) if key_id else now.with_new_key(at))
"""


@pytest.mark.parametrize("what", ["rotate", "retire"])
def test_killed_at_any_step_it_is_as_before_or_as_after(tmp_path: Path, what: str) -> None:
    ring = KeyRing(tmp_path / "gallery-key")
    if what == "retire":
        with ring.changing() as now:
            ring.keep(now.with_new_key(NOW))
    before, content = ring.now(), (tmp_path / "gallery-key").read_bytes()
    changed: list[bool] = []
    for step in range(1, 30):
        path = tmp_path / str(step) / "gallery-key"
        path.parent.mkdir()
        path.write_bytes(content)
        words = [str(path), str(step), before.signer.key_id if what == "retire" else ""]
        ended = subprocess.run([sys.executable, "-c", CUT, *words], cwd=GOLDEN.parents[1], check=False)
        after = KeyRing(path)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
        changed.append(len(after.now().statements) > len(before.statements))
        if changed[-1]:
            assert [each["key_id"] for each in after.now().statements[-1]["keys"]] == ids(after.now())
        else:
            assert ids(after.now()) == ids(before)
        with after.changing() as now:  # what was killed is not in the way of the next change
            after.keep(now.with_new_key(NOW))
        assert {file.name for file in path.parent.iterdir()} == {"gallery-key"}
    assert (changed[0], changed[-1]) == (False, True), "cuts before and after the one step that counts were met"
    assert changed == sorted(changed)
