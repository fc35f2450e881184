"""The journal's database file: opened, shared by threads and processes, set aside when it is damaged.

`kiosk run`, `kiosk sync`, `enroll` and `kiosk events` use one file at the same time. SQLite orders their transactions;
a lock file beside it (flock) orders them against the one thing that SQLite cannot: replacing a damaged file under the
feet of the others. Every transaction holds the lock shared, and looks first whether the path still leads to the file
that it has open.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote

from kiosk.errors import DiskFault, OutboxError
from kiosk.journal.schema import FOREIGN_ERRORS, JournalDamaged, JournalDoubtful, migrate, translate
from kiosk.machine.durable import fsync_folder
from kiosk.ports import UtcNow
from kiosk.wire import WireError

log = logging.getLogger(__name__)

T = TypeVar("T")

BUSY_TIMEOUT_S = 30.0
"""A month of events moved to a new chain takes some seconds; everything else takes milliseconds."""


class Salvage(Protocol):
    """What knows the journal's content."""

    def __call__(self, damaged: Path, text: Path, building: Path) -> None:
        """Read what can be read, write it to a text file and into a new database, which is created.

        MUST NOT fail for damage, only for a disk that cannot be written.
        """

    def overlooked(self, connection: sqlite3.Connection, content: bytes) -> bool:
        """Whether a write-ahead log with this content holds what was committed and what SQLite does not see."""


class JournalDb:
    """One connection, one thread at a time. Everything raises OutboxError."""

    def __init__(self, path: Path, *, salvage: Salvage, utc_now: UtcNow) -> None:
        self.path = path
        self._salvage = salvage
        self._utc_now = utc_now
        self._thread_lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._lock_fd: int | None = None

    def close(self) -> None:
        with self._thread_lock:
            if self._connection is not None:
                # SQLite removes the log by its name, unless the database has been moved away: not while it is moved.
                with contextlib.suppress(OSError), self._flock(fcntl.LOCK_SH):
                    self._disconnect()
            if self._lock_fd is not None:
                os.close(self._lock_fd)
                self._lock_fd = None

    def query(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """The result of an operation that changes nothing."""
        return self._mended(self._query, operation)

    def transact(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """The result of an operation in one transaction: on disk, fsynced, when this returns; undone when it raises.

        The operation MUST be repeatable: it runs again in the new database when the old one turns out to be damaged.
        """
        return self._mended(self._transact, operation)

    # ------------------------------------------------------------ inside

    def _mended(
        self,
        run: Callable[[Callable[[sqlite3.Connection], T]], T],
        operation: Callable[[sqlite3.Connection], T],
    ) -> T:
        with self._thread_lock:
            try:
                return run(operation)
            except JournalDamaged:
                pass
            except (JournalDoubtful, WireError, TypeError, ValueError, AttributeError, OverflowError) as error:
                # A page in another one's place gives values that no row was written with.
                if self._whole():
                    if isinstance(error, OutboxError):
                        raise
                    raise DiskFault("the journal holds a value that it cannot hold. Save the events.") from error
            log.error("the journal is damaged; it is set aside whole and a new one is started")
            self._set_aside()
            return run(operation)

    def _whole(self) -> bool:
        """SQLite's own examination of the database: minutes for years of events, seconds as a rule."""
        try:
            found = self._query(lambda connection: connection.execute("PRAGMA integrity_check(1)").fetchone())
        except JournalDamaged:
            return False
        return bool(found == ("ok",))

    def _query(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        # Somebody waits for this: a context manager for the lock and one for the errors cost more than both do.
        try:
            if self._connection is None and self._beside("recovered").exists():
                with self._flock(fcntl.LOCK_EX):
                    self._finish_recovery()
            descriptor = self._lock_file()
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            try:
                if self._connection is not None and self._stale():
                    self._disconnect()
                return operation(self._connection or self._connect())
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
        except FOREIGN_ERRORS as error:
            raise translate(error) from error

    def _transact(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        def run(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = operation(connection)
                connection.execute("COMMIT")
            except BaseException:
                # A COMMIT that failed (ENOSPC, EIO) may have left the transaction open. A ROLLBACK that fails too has
                # nothing to add to the first error; the connection is then given up, which undoes it as well.
                if connection.in_transaction:
                    with contextlib.suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                if connection.in_transaction:
                    self._disconnect()
                raise
            return result

        return self._query(run)

    def _set_aside(self) -> None:
        """Put the damaged database aside whole, save what can be read, and leave a new one in its place.

        Safe against a power cut at every step: the salvage is complete under its own name before the damaged database
        loses its own, and `_finish_recovery` ends what was begun.
        """
        with _translated(), self._flock(fcntl.LOCK_EX):
            if self._stale():
                self._disconnect()  # another process was faster
                return
            self._disconnect()
            stamp = self._utc_now().strftime("%Y%m%dT%H%M%SZ")
            aside = _free_name(self.path.with_name(f"{self.path.stem}-damaged-{stamp}.sqlite"))
            text = aside.with_name(aside.name.replace("-damaged-", "-salvaged-")).with_suffix(".jsonl")
            building = self._beside("building")
            try:
                for suffix in ("-wal", ""):
                    source = Path(f"{self.path}{suffix}")
                    if source.exists():
                        os.link(source, f"{aside}{suffix}")
                fsync_folder(self.path.parent)
                _unlink(building)
                self._salvage(aside, text, building)
                building.rename(self._beside("recovered"))
                fsync_folder(self.path.parent)
            except (OSError, sqlite3.Error):
                # No room for a new one: the damaged one keeps its name, and the next attempt starts afresh.
                _unlink(aside, text, building)
                raise
            self._finish_recovery()

    def _connect(self) -> sqlite3.Connection:
        # Made here with its mode, and not by SQLite with the umask's. A file that exists is not opened: closing it
        # would drop the locks of every other connection of this process (https://sqlite.org/howtocorrupt.html, 2.2).
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            fsync_folder(self.path.parent)
        self._inode = self.path.stat().st_ino
        self._check_log()
        self._connection = open_database(self.path)
        return self._connection

    def _check_log(self) -> None:
        """SQLite takes a log to end at its first damaged frame, and removes that of an empty database: neither must
        go unnoticed. Raises JournalDamaged."""
        try:
            content = Path(f"{self.path}-wal").read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise JournalDamaged("the journal's log cannot be read") from error
        if content and not self.path.stat().st_size:
            raise JournalDamaged("the journal is empty, but its log is not")
        if content:
            # Whoever can write would remove the log when closing.
            with contextlib.closing(open_read_only(self.path)) as connection:
                if self._salvage.overlooked(connection, content):
                    raise JournalDamaged("the journal's log is damaged")

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _stale(self) -> bool:
        try:
            return self.path.stat().st_ino != self._inode
        except FileNotFoundError:
            return True

    def _lock_file(self) -> int:
        if self._lock_fd is None:
            self._lock_fd = os.open(self._beside("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._lock_fd

    @contextlib.contextmanager
    def _flock(self, operation: int) -> Iterator[None]:
        """Never nested: a flock belongs to the open file and is not counted. Raises OSError."""
        descriptor = self._lock_file()
        fcntl.flock(descriptor, operation)
        try:
            yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{suffix}")

    def _finish_recovery(self) -> None:
        """Put a complete salvage in the journal's place. Only under the exclusive lock; repeatable."""
        recovered = self._beside("recovered")
        if not recovered.exists():
            return
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        recovered.replace(self.path)
        fsync_folder(self.path.parent)


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that changes neither the database nor its log. Raises sqlite3.Error."""
    name = f"file:{quote(str(path))}?mode=ro"
    return sqlite3.connect(name, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)


def open_database(path: Path) -> sqlite3.Connection:
    """A connection with the pragmas that make a commit durable, the schema brought forward. Raises sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        # FULL: the write-ahead log is fsynced with every commit. NORMAL would lose the last ones in a power cut.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except FOREIGN_ERRORS as error:
        raise translate(error) from error


def _free_name(path: Path) -> Path:
    """`path`, or the first of `path` with -2, -3 … that does not exist: a wrong clock may give a stamp twice."""
    candidate, n = path, 1
    while candidate.exists():
        n += 1
        candidate = path.with_stem(f"{path.stem}-{n}")
    return candidate


def _unlink(*databases: Path) -> None:
    for path in databases:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
