from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.errors import StateError
from kiosk.machine.durable import atomic_write
from kiosk.machine.state import STATUS_MAX_AGE_MS, StateFolder, SyncStatus, read_status
from tests.unit.kiosk.machine.fake_clock import START, FakeClock

HOLDER = """
import sys, time
from pathlib import Path
from kiosk.machine.state import StateFolder
with StateFolder(Path(sys.argv[1])).lock("run"):
    print("held", flush=True)
    time.sleep(60)
"""
CLOCK = FakeClock()
STATUS = SyncStatus(
    connected=True,
    last_contact_utc=START,
    gallery_version=7,
    gallery_confirmed_utc=START - dt.timedelta(minutes=1),
    faults=("disk_full",),
    boot_id=CLOCK.boot_id,
    monotonic_ms=CLOCK.ms,
)


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "a" / "b").open()
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert list(folder.path.iterdir()) == []


LANGUAGES = ("id", "en", "jv")


def test_a_language_that_was_chosen_holds_until_the_settings_are_changed(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    assert folder.language("id", LANGUAGES) == "id"
    folder.keep_language("jv", "id")
    assert StateFolder(tmp_path).language("id", LANGUAGES) == "jv"
    assert folder.language("en", LANGUAGES) == "en", "a technician has decided since"
    assert folder.language("id", ("id", "en")) == "id", "this program does not know it"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'"jv"', b"\xff\x00", b'{"language": ["jv"]}', b"[" * 9999]
)
def test_a_language_that_cannot_be_read_is_that_of_the_settings(tmp_path: Path, content: bytes) -> None:
    folder = StateFolder(tmp_path)
    folder.language_path.write_bytes(content)
    assert folder.language("id", LANGUAGES) == "id"
    folder.keep_language("en", "id")
    assert folder.language("id", LANGUAGES) == "en"


def test_a_language_that_cannot_be_kept_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="disk"):
        StateFolder(tmp_path / "missing").keep_language("en", "id")


def test_a_file_in_its_place_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StateError, match="--state"):
        StateFolder(tmp_path / "state").open()


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    child = os.fork()
    if child == 0:  # as somebody who is not root: root may write anywhere
        said = ""
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            StateFolder(tmp_path).open()
        except StateError as error:
            said = str(error)
        os._exit(0 if "may not write" in said and "--state" in said else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize(
    ("name", "refused"),
    [("outbox.sqlite", True), ("run.lock", True), ("identity/device.key", True), ("lost+found", False)],
)
def test_a_file_of_root_that_the_terminal_needs_is_refused_by_name(tmp_path: Path, name: str, refused: bool) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file that another user may not read")
    state = tmp_path / "state"
    (state / "identity").mkdir(parents=True)
    for folder in (state, state / "identity"):
        os.chown(folder, 65534, 65534)
    (state / name).touch(mode=0o600)
    said = os.memfd_create("said")
    child = os.fork()
    if child == 0:
        os.chdir(state)  # the folders above are root's alone
        os.setuid(65534)
        try:
            StateFolder(Path()).open()
        except StateError as error:
            os.write(said, str(error).encode())
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.lseek(said, 0, os.SEEK_SET)
    message = os.read(said, 1000).decode()
    assert message.startswith(f"{name}: this user may not write here") if refused else message == ""


def test_a_read_only_file_system_is_refused() -> None:
    # /proc takes no file from anybody, root included.
    with pytest.raises(StateError):
        StateFolder(Path("/proc")).open()


def test_one_process_a_name(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path).open()
    with folder.lock("run"), folder.lock("sync"):
        with pytest.raises(StateError, match="another `kiosk run`"), StateFolder(tmp_path).lock("run"):
            pass
        with pytest.raises(StateError, match="another `kiosk sync`"), StateFolder(tmp_path).lock("sync"):
            pass
    with folder.lock("run"):
        pass


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(StateError), StateFolder(tmp_path).lock("run"):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with StateFolder(tmp_path).lock("run"):
        pass


def test_the_status_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.write_status(STATUS)
    assert folder.read_status() == STATUS
    assert folder.read_status(CLOCK.now()) == STATUS


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"connected": true}', b"\0" * 300])
def test_a_status_that_cannot_be_read_is_that_of_a_terminal_without_contact(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "status.json").write_bytes(content)
    assert read_status(tmp_path / "status.json") == SyncStatus()


@pytest.mark.parametrize(
    ("boot_id", "age_ms"),
    [("another boot", 0), (CLOCK.boot_id, STATUS_MAX_AGE_MS + 1)],
)
def test_a_sync_that_died_is_not_connected(tmp_path: Path, boot_id: str, age_ms: int) -> None:
    folder = StateFolder(tmp_path)
    folder.write_status(STATUS)
    moment = replace(CLOCK.now(), boot_id=boot_id, monotonic_ms=CLOCK.ms + age_ms)
    assert folder.read_status(moment) == replace(STATUS, connected=False)


def test_what_run_tells_sync(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    assert folder.read_terminal() == ("unknown", ())
    folder.write_terminal("lost", ["camera_lost", "disk_full"], {"lamps": "GPIO busy"})
    assert folder.read_terminal() == ("lost", ("camera_lost", "disk_full"))
    assert folder.read_lacks() == {"lamps": "GPIO busy"}
    folder.terminal_path.write_text('{"camera": "on fire", "faults": []}')
    assert folder.read_terminal() == ("unknown", ())
    assert folder.read_lacks() == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"7",
        b'{"camera": [], "faults": [], "lacks": []}',
        b'{"camera": {}, "faults": 1, "lacks": "x"}',
        b"[" * 100_000,
    ],
)
def test_a_file_of_another_process_that_is_damaged_says_nothing(tmp_path: Path, content: bytes) -> None:
    folder = StateFolder(tmp_path)
    folder.terminal_path.write_bytes(content)
    folder.status_path.write_bytes(content)
    assert folder.read_terminal() == ("unknown", ())
    assert folder.read_lacks() == {}
    assert folder.read_status() == SyncStatus()


@pytest.mark.parametrize(
    ("member", "value"),
    [("gallery_version", "1e999"), ("last_contact_utc", '"0001-01-01T00:00:00+07:00"'), ("monotonic_ms", "[]")],
)
def test_a_status_with_one_impossible_value_says_nothing(tmp_path: Path, member: str, value: str) -> None:
    folder = StateFolder(tmp_path)
    folder.write_status(STATUS)
    whole = json.loads(folder.status_path.read_text())
    folder.status_path.write_text(json.dumps({**whole, member: "HERE"}).replace('"HERE"', value))
    assert folder.read_status() == SyncStatus()


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"old")

    def no_fsync(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", no_fsync)
    with pytest.raises(OSError, match="Input/output"):
        atomic_write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_temporary_file_of_a_power_cut_does_not_stay(tmp_path: Path) -> None:
    (tmp_path / ".file.new").write_bytes(b"somebody's face")
    atomic_write(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
