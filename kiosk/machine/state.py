"""The state folder: what `kiosk run` and `kiosk sync` share, and the little status file between them.

The folder is the only thing that the two processes have in common. Each takes its own lock in it, so that a second
terminal, or a second sync, on the same folder is refused instead of quietly doubling events.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import json
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from kiosk.errors import StateError, StateInUse
from kiosk.machine import small_file
from kiosk.machine.durable import atomic_write
from kiosk.model import Moment

STATUS_MAX_AGE_MS = 180_000
"""A status older than this says nothing about now: `kiosk sync` writes at least every minute."""

LockName = Literal["run", "sync", "enroll"]
CameraState = Literal["ok", "lost", "absent", "unknown"]


class StateFolder:
    """Paths and locks of one terminal's state. Nothing is created before `open()`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def outbox_path(self) -> Path:
        return self.path / "outbox.sqlite"

    @property
    def gallery_path(self) -> Path:
        return self.path / "gallery.tinydb"

    @property
    def gallery_part_path(self) -> Path:
        return self.path / "gallery.part"

    @property
    def identity_dir(self) -> Path:
        return self.path / "identity"

    @property
    def status_path(self) -> Path:
        return self.path / "status.json"

    @property
    def tries_path(self) -> Path:
        """Wrong PINs in a row at the officer's area."""
        return self.path / "tries.json"

    @property
    def claims_path(self) -> Path:
        """Wrong PINs in a row in place of a face."""
        return self.path / "claims.json"

    @property
    def send_path(self) -> Path:
        """Touched when an officer wants the events sent now."""
        return self.path / "send.now"

    @property
    def language_path(self) -> Path:
        """Which language an officer has chosen for the screen."""
        return self.path / "language.json"

    @property
    def terminal_path(self) -> Path:
        return self.path / "terminal.json"

    def open(self) -> StateFolder:
        """Make the folder (mode 0700) when it is missing and prove that it can be written, and that no file which the
        terminal needs is another user's: root's, after a command that root ran. Raises StateError."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A file that is written and removed is the only honest test: permission bits say nothing about a
            # read-only file system, a full disk or root.
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"presensi")
                probe.flush()
                os.fsync(probe.fileno())
            for path, use in self._needed():
                if path.exists() and not os.access(path, use):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        except OSError as error:
            raise StateError(f"{error.filename or self.path}: {_advice(error)}") from error
        return self

    def _needed(self) -> Iterator[tuple[Path, int]]:
        """What this user must be able to use where it exists; other files may lie beside it (`lost+found`, a copy)."""
        for path in (self.outbox_path, *self.path.glob(f"{self.outbox_path.name}-*"), *self.path.glob("*.lock")):
            yield path, os.R_OK | os.W_OK
        yield self.identity_dir, os.R_OK | os.W_OK | os.X_OK
        for name in ("provisioning.json", "device.key", "storage.key"):
            yield self.identity_dir / name, os.R_OK

    @contextlib.contextmanager
    def lock(self, name: LockName) -> Iterator[None]:
        """Hold the folder for one `kiosk run`, one `kiosk sync` or one `enroll`. Raises StateInUse when another has it.

        A flock belongs to the open file, so the kernel frees it however the process ends.
        """
        path = self.path / f"{name}.lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateError(f"{path}: {_advice(error)}") from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                program = name if name == "enroll" else f"kiosk {name}"
                raise StateInUse(
                    f"{self.path}: another `{program}` is already using this state folder. "
                    "Stop it first, or give this one its own folder with --state."
                ) from error
            yield
        finally:
            os.close(descriptor)

    def ask_to_send(self) -> None:
        """`kiosk sync` shall not wait for its next try. Raises StateError."""
        try:
            self.send_path.touch(mode=0o600)
        except OSError as error:
            raise StateError(f"{self.send_path}: {_advice(error)}") from error

    def asked_to_send(self) -> bytes:
        """Changes with each `ask_to_send`."""
        try:
            return str(self.send_path.stat().st_mtime_ns).encode()
        except OSError:
            return b""

    def keep_language(self, language: str, configured: str) -> None:
        """The screen's language from now on, chosen while the settings named another. On the disk when it returns.
        Raises StateError."""
        try:
            atomic_write(self.language_path, json.dumps({"language": language, "configured": configured}).encode())
        except OSError as error:
            raise StateError(f"{self.language_path}: {_advice(error)}") from error

    def language(self, configured: str, known: Collection[str]) -> str:
        """The one that was chosen; the settings' where none was, nothing legible was kept, the program does not know
        it, or the settings have been changed since: then a technician has decided later."""

        def chosen(kept: Any) -> str:
            language, instead_of = kept["language"], kept["configured"]
            return language if language in known and instead_of == configured else configured

        return small_file.read(self.language_path, chosen, configured)

    def read_status(self, moment: Moment | None = None) -> SyncStatus:
        return read_status(self.status_path, moment)

    def write_terminal(self, camera: CameraState, faults: Iterable[str], lacks: Mapping[str, str]) -> None:
        """What `kiosk run` tells `kiosk sync` for the heartbeat; and `lacks`, the optional parts that it goes without
        and why, for `kiosk doctor`. Raises StateError."""
        self._write(self.terminal_path, {"camera": camera, "faults": sorted(faults), "lacks": dict(lacks)})

    def read_terminal(self) -> tuple[CameraState, tuple[str, ...]]:
        """What was last written; ("unknown", ()) when nothing legible was."""

        def said(data: Any) -> tuple[CameraState, tuple[str, ...]]:
            camera = data["camera"]
            faults = tuple(str(fault) for fault in data["faults"])
            return camera if camera in {"ok", "lost", "absent"} else "unknown", faults

        nothing: tuple[CameraState, tuple[str, ...]] = ("unknown", ())
        return small_file.read(self.terminal_path, said, nothing)

    def read_lacks(self) -> dict[str, str]:
        """What was last written; {} when nothing legible was."""

        def lacks(data: Any) -> dict[str, str]:
            return {str(part): str(why) for part, why in data["lacks"].items()}

        return small_file.read(self.terminal_path, lacks, {})

    def write_status(self, status: SyncStatus) -> None:
        """Replace the status atomically. Not fsynced: it is rewritten every minute, and a torn one is forgiven."""
        self._write(self.status_path, status.as_json())

    @staticmethod
    def _write(path: Path, data: dict[str, object]) -> None:
        try:
            atomic_write(path, json.dumps(data).encode(), durable=False)
        except OSError as error:
            raise StateError(f"{path}: {_advice(error)}") from error


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """What `kiosk sync` tells `kiosk run`. `faults` are values of model.Fault."""

    connected: bool = False
    last_contact_utc: dt.datetime | None = None
    gallery_version: int = 0
    gallery_confirmed_utc: dt.datetime | None = None
    revoked: bool = False
    faults: tuple[str, ...] = ()
    boot_id: str = ""
    monotonic_ms: int = 0

    def as_json(self) -> dict[str, object]:
        data = asdict(self)
        for key in ("last_contact_utc", "gallery_confirmed_utc"):
            value = data[key]
            data[key] = value.isoformat() if value else None
        return data


def read_status(path: Path, moment: Moment | None = None) -> SyncStatus:
    """The last status written. A missing or torn file is the status of a terminal that never met its server.

    With `moment`, `connected` is False when the status is from another boot or too old: a sync that died says nothing.
    """
    status = small_file.read(path, _status, SyncStatus())
    if moment is not None and status.connected:
        age_ms = moment.monotonic_ms - status.monotonic_ms
        if status.boot_id != moment.boot_id or not -1000 <= age_ms <= STATUS_MAX_AGE_MS:
            return replace(status, connected=False)
    return status


def _status(data: Any) -> SyncStatus:
    return SyncStatus(
        connected=bool(data["connected"]),
        last_contact_utc=_time(data["last_contact_utc"]),
        gallery_version=int(data["gallery_version"]),
        gallery_confirmed_utc=_time(data["gallery_confirmed_utc"]),
        revoked=bool(data["revoked"]),
        faults=tuple(str(fault) for fault in data["faults"]),
        boot_id=str(data["boot_id"]),
        monotonic_ms=int(data["monotonic_ms"]),
    )


def _time(value: object) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(str(value)).astimezone(dt.UTC)


def _advice(error: OSError) -> str:
    match error.errno:
        case errno.EROFS:
            return "the file system is read-only. Check the card (`dmesg`), then remount it or replace it."
        case errno.ENOSPC | errno.EDQUOT:
            return "the disk is full. Free some space, then start again."
        case errno.EACCES | errno.EPERM:
            return "this user may not write here. Run as the terminal's user, or give another folder with --state."
        case errno.EEXIST | errno.ENOTDIR:
            return "is not a folder. Give another one with --state."
        case _:
            return f"cannot be used ({error.strerror}). Check the path and the disk, or give another with --state."
