"""Saving what can be read from a damaged journal.

Two ways, and both are taken: through SQLite, row by row, stepping over what it cannot read; and past SQLite, by
looking for events in the raw bytes of the database and of its write-ahead log: each says itself to which chain and
where in it it belongs.
"""

from __future__ import annotations

import contextlib
import logging
import mmap
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kiosk import wire
from kiosk.durable import fsync_folder
from kiosk.errors import OutboxError
from kiosk.journal_db import open_database
from kiosk.journal_rows import Sealer, row_id

log = logging.getLogger(__name__)

# A canonical event starts with its first member by name and ends with its last one (RFC 8785 sorts them).
_EVENT = re.compile(
    rb'\{"(?:attack":\{|boot_id":")[^\x00]{1,200000}?"wall_utc":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\}', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class _Found:
    """One event: its row's columns. `stored` is the body as it was on disk."""

    kind: str
    person_id: str | None
    prev_hash: str
    hash: str
    stored: bytes
    problem: str | None


@dataclass(slots=True)
class _Wreck:
    """All that could be read. `chains`: device id and acknowledged sequence number, in the order of finding."""

    chains: dict[str, tuple[str, int]] = field(default_factory=dict)
    events: dict[str, dict[int, _Found]] = field(default_factory=dict)
    boots: list[tuple[str, int]] = field(default_factory=list)
    anchors: list[tuple[str, str, int, int, str, int]] = field(default_factory=list)

    def drop_forged(self) -> None:
        """Leave out an event that its successor does not point back to: its content is not what was recorded."""
        for events in self.events.values():
            for seq in sorted(events, reverse=True):
                successor = events.get(seq + 1)
                if successor is not None and successor.prev_hash != events[seq].hash:
                    del events[seq]


@dataclass(frozen=True, slots=True)
class Salvager:
    """The outbox's `journal_db.Salvage`."""

    sealer: Sealer

    def __call__(self, damaged: Path, text: Path, building: Path) -> None:
        wreck = _Wreck()
        self._through_sqlite(damaged, wreck)
        self._through_bytes(damaged, wreck)
        wreck.drop_forged()
        log.warning("%d events were saved from the damaged journal", sum(map(len, wreck.events.values())))
        _write_text(text, wreck)
        _write_database(building, wreck)

    def _through_sqlite(self, damaged: Path, wreck: _Wreck) -> None:
        with contextlib.suppress(sqlite3.Error), contextlib.closing(_read_only(damaged)) as connection:
            for chain_id, device_id, acked_seq in _rows(
                connection, "SELECT chain_id, device_id, acked_seq FROM chains ORDER BY chain_no"
            ):
                wreck.chains[chain_id] = (device_id, acked_seq)
            wreck.boots += _rows(connection, "SELECT boot_id, last_monotonic_ms FROM boots ORDER BY boot_no")
            wreck.anchors += _rows(
                connection,
                "SELECT boot_id, source, slot, monotonic_ms, utc, round_trip_ms "
                "FROM anchors JOIN boots USING (boot_no)",
            )
            for hash_hex, stored, problem in _walk(connection):
                self._keep(wreck, stored, problem, hash_hex)

    def _through_bytes(self, damaged: Path, wreck: _Wreck) -> None:
        for path in (damaged, Path(f"{damaged}-wal")):
            if not path.exists() or not path.stat().st_size:
                continue
            with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                for match in _EVENT.finditer(content):
                    self._keep(wreck, match.group(), None, None)

    def _keep(self, wreck: _Wreck, stored: bytes, problem: str | None, expected_hash: str | None) -> None:
        try:
            body = self.sealer.open(stored)
            hash_hex = wire.digest(body)
            event = wire.event_of(body, hash_hex)
            device_id = wire.member(body, "device_id", str)
        except (OutboxError, wire.WireError):
            return
        if expected_hash not in {None, hash_hex}:
            return
        wreck.chains.setdefault(event.chain_id, (device_id, 0))
        prev_hash = wire.member(body, "prev_hash", str)
        found = _Found(event.kind, event.person_id, prev_hash, hash_hex, stored, problem)
        wreck.events.setdefault(event.chain_id, {}).setdefault(event.seq, found)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)


def _rows(connection: sqlite3.Connection, statement: str) -> list[Any]:
    """What the statement gives until it meets the damage."""
    rows = []
    with contextlib.suppress(sqlite3.Error):
        for row in connection.execute(statement):
            rows.append(row)  # one by one: what came before the damage counts
    return rows


def _walk(connection: sqlite3.Connection) -> Iterator[tuple[str, bytes, str | None]]:
    """All event rows that SQLite can reach, stepping over pages that it cannot, in strides that double."""
    last, stride = -1, 1
    while True:
        try:
            row = connection.execute(
                "SELECT id, lower(hex(hash)), body, problem FROM events WHERE id > ? ORDER BY id LIMIT 1", (last,)
            ).fetchone()
        except sqlite3.Error:
            if stride > 1 << 50:
                return
            last, stride = last + stride, stride * 2
            continue
        if row is None:
            return
        last, stride = row[0], 1
        if row[2] is not None:
            yield row[1], row[2], row[3]


def _write_text(path: Path, wreck: _Wreck) -> None:
    """One stored event a line, as it was on disk: an enrolment stays sealed."""
    with path.open("wb") as stream:
        path.chmod(0o600)
        for events in wreck.events.values():
            for _, found in sorted(events.items()):
                stream.write(found.stored + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def _write_database(path: Path, wreck: _Wreck) -> None:
    """A new journal whose closed chains are the old ones, so that the rest of them still reaches the server."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with contextlib.closing(open_database(path)) as connection:
        connection.execute("BEGIN")
        for chain_no, (chain_id, (device_id, acked_seq)) in enumerate(wreck.chains.items(), start=1):
            events = wreck.events.get(chain_id, {})
            connection.execute(
                "INSERT INTO chains (chain_no, chain_id, device_id, state, acked_seq) VALUES (?, ?, ?, 'closed', ?)",
                (chain_no, chain_id, device_id, acked_seq),
            )
            connection.executemany(
                "INSERT INTO events (id, kind, person_id, hash, body, problem) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (row_id(chain_no, seq), e.kind, e.person_id, bytes.fromhex(e.hash), e.stored, e.problem)
                    for seq, e in sorted(events.items())
                ),
            )
        boots = dict(wreck.boots)
        for events in wreck.events.values():
            for _, found in sorted(events.items()):
                moment = wire.moment_of(wire.loads(found.stored))
                boots[moment.boot_id] = max(boots.get(moment.boot_id, 0), moment.monotonic_ms)
        connection.executemany("INSERT INTO boots (boot_id, last_monotonic_ms) VALUES (?, ?)", boots.items())
        connection.executemany(
            "INSERT INTO anchors SELECT boot_no, ?2, ?3, ?4, ?5, ?6 FROM boots WHERE boot_id = ?1", wreck.anchors
        )
        connection.execute("COMMIT")
        # One file, nothing beside it: it is about to be renamed.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    fsync_folder(path.parent)
