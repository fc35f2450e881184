"""Saving what can be read from a damaged journal.

Two ways, and both are taken: through SQLite, row by row, stepping over what it cannot read; and past SQLite, by
looking for events in the raw bytes of the database and of its write-ahead log: each says itself to which chain and
where in it it belongs.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any

from kiosk import wire
from kiosk.errors import OutboxError
from kiosk.journal.db import open_database, open_read_only
from kiosk.journal.rows import Sealer, chain_no_of, row_id, seq_of
from kiosk.journal.schema import CHAIN_SHIFT, LAST_SEQ, SQLITE_ERRORS
from kiosk.machine.durable import fsync_folder
from kiosk.model import is_count
from kiosk.ports import UtcNow

log = logging.getLogger(__name__)

# A canonical event starts with its first member by name and ends with its last one (RFC 8785 sorts them).
_EVENT = re.compile(
    rb'\{"(?:attack":\{|boot_id":")[^\x00]{1,200000}?"wall_utc":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\}', re.DOTALL
)

_TEXT_OR_NONE = str | None
_EVENT_ROW = (int, str, str, bytes | None, _TEXT_OR_NONE, _TEXT_OR_NONE)

_WINDOW_BYTES = 8 << 20
_OVERLAP_BYTES = 256 << 10  # longer than any event, so that none is cut in two by the windows' edges
_SECTOR_BYTES = 4096


@dataclass(slots=True)
class _Chain:
    """A chain's columns. All but the device id stay as they are here when the table cannot be read."""

    device_id: str
    state: str = "closed"
    acked_seq: int = 0
    carried: str | None = None
    reissued: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """One event: its row's columns. `stored` is the body as it was on disk; None, and no `prev_hash`: thinned.

    `vouched`: its row had the hash of its content.
    """

    kind: str
    hash: str
    vouched: bool = True
    device_id: str | None = None
    person_id: str | None = None
    prev_hash: str | None = None
    stored: bytes | None = None
    time: str | None = None
    problem: str | None = None


@dataclass(slots=True)
class _Wreck:
    """All that could be read. `chains` and `events` by chain id, in the order of finding."""

    chains: dict[str, _Chain] = field(default_factory=dict)
    events: dict[str, dict[int, _Found]] = field(default_factory=dict)
    boots: list[tuple[str, int]] = field(default_factory=list)
    anchors: list[tuple[str, str, int, int, str, int]] = field(default_factory=list)
    acks: list[tuple[str, str, int]] = field(default_factory=list)
    counters: list[tuple[str, int]] = field(default_factory=list)

    def drop_forged(self) -> None:
        """Leave out an event that its successor does not point back to, or that nobody vouches for, not even its row:
        its content is not what was recorded."""
        for chain_id, events in self.events.items():
            for seq in sorted(events, reverse=True):
                before = None if seq + 1 not in events else events[seq + 1].prev_hash
                if not (events[seq].vouched if before is None else before == events[seq].hash):
                    del events[seq]
            for found in events.values():
                if found.device_id is not None:
                    self.chains.setdefault(chain_id, _Chain(found.device_id))


@dataclass(frozen=True, slots=True)
class Salvager:
    """The outbox's `journal.db.Salvage`."""

    sealer: Sealer
    utc_now: UtcNow

    def __call__(self, damaged: Path, text: Path, building: Path) -> None:
        wreck = _Wreck()
        if damaged.stat().st_size:  # SQLite would remove the log of an empty database
            self._through_sqlite(damaged, wreck)
        self._through_bytes(damaged, wreck)
        wreck.drop_forged()
        log.warning("%d events were saved from the damaged journal", sum(map(len, wreck.events.values())))
        _write_text(text, wreck)
        _write_database(building, wreck, self.utc_now().date().isoformat())

    def overlooked(self, connection: sqlite3.Connection, content: bytes) -> bool:
        last = dict(
            _rows(
                connection,
                f"SELECT chain_id, coalesce(max(e.id), 0) & ((1 << {CHAIN_SHIFT}) - 1) FROM chains LEFT JOIN events e "
                f"ON e.id BETWEEN chain_no << {CHAIN_SHIFT} AND (chain_no + 1) << {CHAIN_SHIFT} GROUP BY chain_id",
                (str, int),
            )
        )
        for stored, row_hash in _texts(content):
            with contextlib.suppress(wire.WireError, OutboxError):
                event = self.sealer.event(stored, row_hash)
                # The next one may be a commit that the power cut short: nobody was told of it. The one after that was
                # begun when the next one was on disk.
                if event.seq > last.get(event.chain_id, 0) + 1:
                    return True
        return False

    def _through_sqlite(self, damaged: Path, wreck: _Wreck) -> None:
        with contextlib.suppress(*SQLITE_ERRORS), contextlib.closing(open_read_only(damaged)) as connection:
            chains = _rows(
                connection,
                "SELECT chain_no, chain_id, device_id, state, acked_seq, carried, reissued FROM chains "
                "ORDER BY chain_no",
                (int, str, str, str, int, _TEXT_OR_NONE, int),
            )
            wreck.boots += _rows(
                connection, "SELECT boot_id, last_monotonic_ms FROM boots ORDER BY boot_no", (str, int)
            )
            wreck.anchors += _rows(
                connection,
                "SELECT boot_id, source, slot, monotonic_ms, utc, round_trip_ms "
                "FROM anchors JOIN boots USING (boot_no)",
                (str, str, int, int, str, int),
            )
            wreck.acks += _rows(
                connection,
                "SELECT chain_id, day, through_seq FROM acks JOIN chains USING (chain_no)",
                (str, str, int),
            )
            wreck.counters += [
                row for row in _rows(connection, "SELECT name, value FROM counters", (str, int)) if is_count(*row)
            ]
            said: dict[int, Counter[str]] = defaultdict(Counter)
            thinned: list[tuple[int, _Found]] = []
            for event_row, kind, hash_hex, stored, time, problem in _walk(connection):
                if stored is None:
                    thinned.append((event_row, _Found(kind, hash_hex)))
                elif (chain_id := self._keep(wreck, stored, hash_hex, time, problem)) is not None:
                    said[chain_no_of(event_row)][chain_id] += 1
            names = _take_chains(wreck, chains, {number: ids.most_common(1)[0][0] for number, ids in said.items()})
            for event_row, found in thinned:
                if (name := names.get(chain_no_of(event_row))) is not None:
                    wreck.events.setdefault(name, {}).setdefault(seq_of(event_row), found)

    def _through_bytes(self, damaged: Path, wreck: _Wreck) -> None:
        known = {found.stored for events in wreck.events.values() for found in events.values()}
        for path in (damaged, Path(f"{damaged}-wal")):
            if path.exists():
                for window in _windows(path):
                    for stored, row_hash in _texts(window):
                        if stored not in known:
                            self._keep(wreck, stored, row_hash)

    def _keep(
        self, wreck: _Wreck, stored: bytes, row_hash: str, time: str | None = None, problem: str | None = None
    ) -> str | None:
        """The id of its chain, when its row vouches for it."""
        try:
            body = self.sealer.open(stored)
            event = wire.event_of(body, self.sealer.digest(stored, body))
            device_id = wire.member(body, "device_id", str)
            prev_hash = wire.member(body, "prev_hash", str)
        except (OutboxError, wire.WireError):
            return None
        if not 0 < event.seq <= LAST_SEQ:
            return None
        events = wreck.events.setdefault(event.chain_id, {})
        vouched = event.hash == row_hash
        held = events.get(event.seq)
        name = event.chain_id if vouched else None
        if held is not None and (held.vouched or not vouched):
            return name  # or it was thinned, or erased on purpose: it does not come back from an old page
        events[event.seq] = _Found(
            event.kind, event.hash, vouched, device_id, event.person_id, prev_hash, stored, _json(time), _json(problem)
        )
        return name


def _take_chains(
    wreck: _Wreck, rows: Sequence[tuple[int, str, str, str, int, str | None, int]], said: Mapping[int, str]
) -> dict[int, str]:
    """Take the rows of `chains` into the wreck; the number under which each chain's events lie, and its id.

    `said`: what the events under a number say that their chain is. A row's number and its id may be what is damaged.
    """
    lies_under = {chain_id: number for number, chain_id in said.items()}
    listed = {row[1] for row in rows}
    names: dict[int, str] = {}
    for chain_no, listed_id, device_id, state, acked_seq, carried, reissued in rows:
        chain_id = listed_id
        if chain_id not in lies_under and said.get(chain_no, chain_id) not in listed:
            chain_id = said[chain_no]
        wreck.chains[chain_id] = _Chain(
            device_id,
            "broken" if state == "broken" else "closed",
            acked_seq if 0 <= acked_seq <= LAST_SEQ else 0,
            _json(carried),
            reissued,
        )
        number = lies_under.get(chain_id, chain_no)
        if said.get(number, chain_id) == chain_id:
            names.setdefault(number, chain_id)
    return names


def _texts(content: bytes) -> Iterator[tuple[bytes, str]]:
    """What reads as an event, and in hex the 32 bytes before it, which in its row are its hash.

    They are not, where a page that is half old and half new joins the texts of two events.
    """
    for match in _EVENT.finditer(content):
        yield match.group(), content[max(0, match.start() - 32) : match.start()].hex()


def _rows(connection: sqlite3.Connection, statement: str, kinds: Sequence[type | UnionType]) -> list[Any]:
    """What the statement gives until it meets the damage, without rows whose values are of other types."""
    rows = []
    with contextlib.suppress(*SQLITE_ERRORS):
        for row in connection.execute(statement):  # one by one: what came before the damage counts
            if all(map(isinstance, row, kinds)):
                rows.append(row)
    return rows


def _json(text: str | None) -> str | None:
    """The text if it still is a JSON object."""
    with contextlib.suppress(wire.WireError):
        if text is not None and wire.loads(text):
            return text
    return None


def _walk(
    connection: sqlite3.Connection,
) -> Iterator[tuple[int, str, str, bytes | None, str | None, str | None]]:
    """All event rows that SQLite can reach, stepping over pages that it cannot, in strides that double."""
    last, stride = -1, 1
    while stride < 1 << 50:
        row = None
        with contextlib.suppress(*SQLITE_ERRORS):
            row = connection.execute(
                "SELECT id, kind, lower(hex(hash)), body, time, problem FROM events WHERE id > ? ORDER BY id LIMIT 1",
                (last,),
            ).fetchone()
            if row is None:
                return
        if row is None or row[0] <= last:  # a tree out of order leads back, for ever
            last, stride = last + stride, stride * 2
            continue
        last, stride = row[0], 1
        if all(map(isinstance, row, _EVENT_ROW)):
            yield row


def _windows(path: Path) -> Iterator[bytes]:
    """The file's bytes in overlapping pieces; zeros where the disk gives none."""
    with path.open("rb") as stream:
        before = b""
        for start in range(0, path.stat().st_size, _WINDOW_BYTES):
            window = before + _piece(stream.fileno(), start)
            yield window
            before = window[-_OVERLAP_BYTES:]


def _piece(descriptor: int, start: int) -> bytes:
    try:
        return os.pread(descriptor, _WINDOW_BYTES, start)
    except OSError:
        return b"".join(_sector(descriptor, offset) for offset in range(start, start + _WINDOW_BYTES, _SECTOR_BYTES))


def _sector(descriptor: int, offset: int) -> bytes:
    try:
        return os.pread(descriptor, _SECTOR_BYTES, offset)
    except OSError:
        return bytes(_SECTOR_BYTES)


def _write_text(path: Path, wreck: _Wreck) -> None:
    """One stored event a line, as it was on disk: an enrolment stays sealed."""
    with path.open("wb") as stream:
        path.chmod(0o600)
        for events in wreck.events.values():
            for _, found in sorted(events.items()):
                if found.stored is not None:
                    stream.write(found.stored + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def _write_database(path: Path, wreck: _Wreck, today: str) -> None:
    """A new journal whose closed chains are the old ones, so that the rest of them still reaches the server."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with contextlib.closing(open_database(path)) as connection:
        connection.execute("BEGIN")
        for chain_no, (chain_id, chain) in enumerate(wreck.chains.items(), start=1):
            events = sorted(wreck.events.get(chain_id, {}).items())
            # Their own word goes before the table's.
            device_id = next((e.device_id for _, e in reversed(events) if e.device_id is not None), chain.device_id)
            connection.execute(
                "INSERT OR IGNORE INTO chains VALUES (?, ?, ?, ?, ?, ?, ?)",
                (chain_no, chain_id, device_id, chain.state, chain.acked_seq, chain.carried, chain.reissued),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (row_id(chain_no, seq), e.kind, e.person_id, bytes.fromhex(e.hash), e.stored, e.time, e.problem)
                    for seq, e in events
                ),
            )
        _write_acks(connection, wreck, today)
        connection.executemany("INSERT OR IGNORE INTO counters VALUES (?, ?)", wreck.counters)
        connection.executemany(
            "INSERT OR IGNORE INTO boots (boot_id, last_monotonic_ms) VALUES (?, ?)", _boots(wreck).items()
        )
        connection.executemany(
            "INSERT OR IGNORE INTO anchors SELECT boot_no, ?2, ?3, ?4, ?5, ?6 FROM boots WHERE boot_id = ?1",
            wreck.anchors,
        )
        connection.execute("COMMIT")
        # One file, nothing beside it: it is about to be renamed.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    fsync_folder(path.parent)


def _write_acks(connection: sqlite3.Connection, wreck: _Wreck, today: str) -> None:
    """When what was acknowledged. What that is not known of counts as today's, so that it is thinned in its time."""
    connection.executemany(
        "INSERT OR IGNORE INTO acks SELECT chain_no, ?2, ?3 FROM chains WHERE chain_id = ?1", wreck.acks
    )
    connection.execute(
        "INSERT OR IGNORE INTO acks SELECT chain_no, ?, acked_seq FROM chains WHERE acked_seq > "
        "(SELECT coalesce(max(through_seq), 0) FROM acks a WHERE a.chain_no = chains.chain_no)",
        (today,),
    )


def _boots(wreck: _Wreck) -> dict[str, int]:
    """Each boot's last sign of life, in the order of finding."""
    boots = dict(wreck.boots)
    for events in wreck.events.values():
        for _, found in sorted(events.items()):
            if found.stored is not None:
                moment = wire.moment_of(wire.loads(found.stored))
                boots[moment.boot_id] = max(boots.get(moment.boot_id, 0), moment.monotonic_ms)
    return boots
