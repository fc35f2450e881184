"""The server's keys change under running terminals: against the rough server, and with both sides as processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.gallery import TinyGallery
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from tests.integration.office import ROOT, Office, office, sync_process
from tests.integration.rough_server import RoughServer
from tests.integration.syncing import Terminal, golden, golden_server, provisioned, until

BOTH = golden("heartbeat_server_keys")["answer"]["server_keys"]
ALONE = golden("heartbeat_server_key_retired")["answer"]["server_keys"]


@pytest.fixture
def server() -> Iterator[RoughServer]:
    with golden_server() as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, server: RoughServer) -> Iterator[Terminal]:
    with provisioned(tmp_path, server) as terminal:
        yield terminal


def named(server: RoughServer, serial: int) -> None:
    server.expect(lambda: server.heartbeats[-1:] != [] and server.heartbeats[-1]["server_keys_serial"] == serial, "it")


def test_a_terminal_follows_and_names_what_it_holds(terminal: Terminal, server: RoughServer) -> None:
    people = golden("gallery_full")["answer"]["payload"]["people"]
    with terminal.syncing(heartbeat_s=0.05):
        named(server, 0)
        server.server_keys = BOTH
        named(server, BOTH["serial"])
        server.push(*people)
        until(lambda: terminal.gallery().load().version == 1, "a gallery that the old key signed")
        server.server_keys = ALONE
        named(server, ALONE["serial"])
        server.push(*people)
        count = len(server.requests)
        server.expect(
            lambda: sum(request.path.endswith("/gallery") for request in server.requests[count:]) > 2, "more polls"
        )
        assert terminal.gallery().load().version == 1, "what the retired key signs is refused"
        seed = golden("keys")["next_server_seed_hex"]
        server.key_id = golden("keys")["next_server_key_id"]
        server.signing_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
        until(lambda: terminal.gallery().load().version == 2, "a gallery that the new key signed")
    assert Identity.load(terminal.folder.identity_dir).server_keys_serial == ALONE["serial"]


@pytest.mark.parametrize(
    "statement",
    [
        "keys",
        [],
        {},
        5,
        {"serial": 10**30},
        {**BOTH, "keys": []},
        {**BOTH, "serial": BOTH["serial"] + 1},
        ALONE,  # signed by a key that this terminal has not been told of
        {**BOTH, "keys": [[[[[[]]]]]]},
    ],
    ids=str,
)
def test_a_statement_that_is_none_holds_nothing_up(terminal: Terminal, server: RoughServer, statement: Any) -> None:
    server.server_keys = statement
    terminal.record(3)
    with terminal.syncing(heartbeat_s=0.05):
        server.expect(terminal.delivered(3), "the events")
        count = len(server.heartbeats)
        server.expect(lambda: len(server.heartbeats) > count + 2, "more heartbeats")
        server.server_keys = BOTH
        named(server, BOTH["serial"])


def test_a_disk_that_is_full_for_a_while_takes_them_later(
    terminal: Terminal, server: RoughServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.server_keys = BOTH

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, terminal.syncing(heartbeat_s=0.05):
        named(server, BOTH["serial"])  # the counter has its block
        patch.setattr("kiosk.machine.identity.atomic_write", full)
        server.server_keys = ALONE
        count = len(server.heartbeats)
        server.expect(lambda: len(server.heartbeats) > count + 3, "heartbeats go on")
        assert server.heartbeats[-1]["server_keys_serial"] == BOTH["serial"]
        patch.undo()
        named(server, ALONE["serial"])


def test_a_disk_that_takes_no_counter_does_not_look_like_a_revocation(
    terminal: Terminal, server: RoughServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.record(3)
    refused: list[object] = []

    def full(*arguments: object) -> None:
        refused.append(arguments)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("kiosk.machine.nonce.atomic_write", full)
        with terminal.syncing() as outcome:
            until(lambda: len(refused) > 3, "it is tried again")
            assert "error" not in outcome
            assert not terminal.folder.read_status().revoked
            patch.undo()
            server.expect(terminal.delivered(3), "the events, once there is room")


# ---------------------------------------------------------------- both sides as processes


def keys(place: Office, *words: str, check: bool = True) -> Any:
    asked = [sys.executable, "-m", "etpp", "--state", str(place.folder), "keys", *words, "--json"]
    ended = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, check=check)
    return json.loads(ended.stdout) if ended.returncode == 0 else ended.stderr


def names(folder: StateFolder) -> set[str]:
    cache = TinyGallery(folder.gallery_path, Identity.load(folder.identity_dir).storage_key)
    return {person.name for person in cache.load().people.values()}


def held(folder: StateFolder) -> list[str]:
    return list(Identity.load(folder.identity_dir).provisioning.server_keys.keys)


def test_a_key_is_replaced_while_both_sides_are_killed(tmp_path: Path) -> None:
    with office(tmp_path / "etpp") as place:
        folder, other = place.terminal(tmp_path / "terminal"), place.terminal(tmp_path / "other")
        (old,) = [each["key_id"] for each in keys(place, "list")["keys"]]
        place.person("198503152010011021", "Sebelum")
        with sync_process(folder), sync_process(other):
            until(lambda: "Sebelum" in names(folder), "a gallery that the old key signed", 30)

        new = keys(place, "rotate")["key_id"]
        assert "2 terminals" in keys(place, "retire", old, check=False)
        with sync_process(folder) as process:
            until(lambda: Identity.load(folder.identity_dir).server_keys_serial > 0, "both keys", 30)
            process.kill()  # before it could name them, or after
            process.wait()
        place.kill(signal.SIGKILL)
        place.start()
        with sync_process(folder):
            until(lambda: len(keys(place, "list")["behind"]) == 1, "one of two has named them", 30)
        assert "1 terminals" in keys(place, "retire", old, check=False)

        # The key was stolen: it is given up although one terminal was off, and that one follows on its own.
        assert keys(place, "retire", old, "--force")["behind"] == [Identity.load(other.identity_dir).device_id]
        place.person("198503152010011022", "Sesudah")
        with sync_process(folder), sync_process(other):
            for each in (folder, other):
                until(lambda each=each: "Sesudah" in names(each), "a gallery that the new key signed", 30)
            for each in (folder, other):
                until(lambda each=each: held(each) == [new], "the new key alone", 30)
            # What they hold now is named with the next heartbeat.
            until(lambda: keys(place, "list")["behind"] == [], "both have named it", 30)
