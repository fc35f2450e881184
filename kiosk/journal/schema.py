"""The journal's tables, how they came to be, and what SQLite's errors mean for a terminal."""

from __future__ import annotations

import errno
import sqlite3

from kiosk.errors import DiskFault, DiskForbidden, DiskFull, DiskReadOnly, OutboxError

APPLICATION_ID = 0x50524553  # "PRES", in the file's header: `file` and a forensic reader can tell whose it is

CHAIN_SHIFT = 40
"""An event's row id is `chain_no << CHAIN_SHIFT | seq`: unique, in order, and without an index of its own."""

LAST_SEQ = (1 << CHAIN_SHIFT) - 1
LAST_CHAIN_NO = (1 << 63 - CHAIN_SHIFT) - 2
"""The row ids of the chain after it still are SQLite's integers: ranges end there."""

MIGRATIONS: tuple[str, ...] = (
    """
    -- One row a hash chain. `state`: open (events are appended), closed (salvaged from a damaged journal, or another
    -- terminal's), broken (the server refused it: kept for an audit). `acked_seq`: the server holds all up to here.
    -- `reissued`: this chain begins with the events of a broken one that the server did not acknowledge.
    CREATE TABLE chains (
      chain_no INTEGER PRIMARY KEY,
      chain_id TEXT NOT NULL UNIQUE,
      device_id TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'broken')),
      acked_seq INTEGER NOT NULL DEFAULT 0,
      carried TEXT,
      reissued INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    -- One row an event, never deleted. `body`: its canonical JSON, NULL once thinned. `time`: where it lies in true
    -- time, of a carried event only. `problem`: why the server refused it.
    CREATE TABLE events (
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      person_id TEXT,
      hash BLOB NOT NULL,
      body BLOB,
      time TEXT,
      problem TEXT
    ) STRICT;
    CREATE INDEX events_person ON events (person_id, id) WHERE person_id IS NOT NULL;
    CREATE INDEX events_parked ON events (id) WHERE problem IS NOT NULL;

    -- Boots in the order in which they happened.
    CREATE TABLE boots (
      boot_no INTEGER PRIMARY KEY,
      boot_id TEXT NOT NULL UNIQUE,
      last_monotonic_ms INTEGER NOT NULL
    ) STRICT;

    -- At most one anchor for each ten minutes of a boot, the one with the shortest round trip.
    CREATE TABLE anchors (
      boot_no INTEGER NOT NULL,
      source TEXT NOT NULL CHECK (source IN ('server', 'ntp')),
      slot INTEGER NOT NULL,
      monotonic_ms INTEGER NOT NULL,
      utc TEXT NOT NULL,
      round_trip_ms INTEGER NOT NULL,
      PRIMARY KEY (boot_no, source, slot)
    ) STRICT, WITHOUT ROWID;

    -- Up to which event a chain was acknowledged by the end of a day: what the audit period counts from.
    CREATE TABLE acks (
      chain_no INTEGER NOT NULL,
      day TEXT NOT NULL,
      through_seq INTEGER NOT NULL,
      PRIMARY KEY (chain_no, day)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    """,
)
"""Each entry leads from the schema version before it (its index) to the next. Once released it is never edited."""


class JournalDamaged(OutboxError):
    """The database cannot be read as one. Handled by setting it aside; seen outside only when that fails too."""


class JournalDoubtful(DiskFault):
    """A sign of damage that is no proof: the database is examined."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema forward in one transaction. Raises OutboxError for a journal of a newer program."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == len(MIGRATIONS):
        return
    if version > len(MIGRATIONS):
        raise OutboxError("the journal was written by a newer version of this program. Install that version again.")
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it between the look and the lock.
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for step in MIGRATIONS[version:]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> list[str]:
    """executescript() would commit the open transaction, so the statements go one by one."""
    statements, rest = [], ""
    for part in script.split(";"):
        rest += part + ";"
        if sqlite3.complete_statement(rest):
            if rest.strip(" \n;"):
                statements.append(rest)
            rest = ""
    return statements


SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What Python's sqlite3 raises: also the second, for a message that quotes damaged bytes."""

FOREIGN_ERRORS = (*SQLITE_ERRORS, OSError)
"""What `translate` takes."""

_UNREADABLE = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
"""A sector that the card does not give any more: the rest is saved into new ones."""


_DOUBTFUL = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH}
"""What statements that are right meet only in a database that is not."""


def translate(error: sqlite3.Error | UnicodeDecodeError | OSError) -> OutboxError:
    """The terminal's exception for one of SQLite's or of the file system's."""
    if isinstance(error, OSError):
        return _translate_os(error)
    if isinstance(error, UnicodeDecodeError):
        return JournalDamaged("the journal is damaged: its text is none.")
    return _translate_sqlite(error)


def _translate_sqlite(error: sqlite3.Error) -> OutboxError:
    """https://sqlite.org/rescode.html"""
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if code is None and isinstance(error, sqlite3.OperationalError):
        return JournalDamaged("the journal is damaged: its text is none.")  # Python's own, for bytes that are not UTF-8
    if code in _UNREADABLE:
        return JournalDamaged("a part of the journal cannot be read. Save the events, and replace the card soon.")
    if primary in _DOUBTFUL:
        return JournalDoubtful(f"the journal gave an answer that it cannot give ({error.sqlite_errorname}).")
    match primary:
        case sqlite3.SQLITE_FULL:
            return DiskFull("the disk is full: the event was not recorded. Free some space.")
        case sqlite3.SQLITE_READONLY:
            return DiskReadOnly("the disk is read-only: the event was not recorded. Check the card (`dmesg`).")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return JournalDamaged("the journal is damaged. Run `kiosk events verify`, and replace the card soon.")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return DiskFault("the journal was locked for too long. Look for another program that has it open.")
        case _:
            name = getattr(error, "sqlite_errorname", None) or type(error).__name__
            return DiskFault(
                f"the journal cannot be used ({name}). Check the card (`dmesg`), and replace it if need be."
            )


def _translate_os(error: OSError) -> OutboxError:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return DiskFull("the disk is full: the journal cannot be written. Free some space.")
        case errno.EROFS:
            return DiskReadOnly("the disk is read-only: the journal cannot be written. Check the card (`dmesg`).")
        case errno.EACCES | errno.EPERM:
            return DiskForbidden("this user may not write the journal. Run as the terminal's user.")
        case _:
            return DiskFault(f"the journal cannot be used ({error.strerror}). Check the card (`dmesg`).")
