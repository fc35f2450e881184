"""The journal as `kiosk sync` sees it: what waits for the server, and what the server said.

There is one cursor a chain, `acked_seq`: the server holds all events up to it. The server's word moves it forward (an
answer) or back (a sequence gap: it was restored from a backup), so nothing has to be marked on the events themselves,
and an acknowledgement of five hundred events is one small write.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from kiosk import wire
from kiosk.journal import upkeep
from kiosk.journal.outbox import (
    SqliteOutbox,
    newest_moments,
    note_lives,
    open_chain,
    read_anchors,
    see_boot,
    seen_alive,
)
from kiosk.journal.rows import ContentDamaged, in_order, legible, row_id, seq_of
from kiosk.journal.upkeep import ANCHOR_SLOT_MS
from kiosk.link.ports import AnchorSource, ChainState, Claim, Entry, Parked
from kiosk.machine.timeline import Boot, Timeline
from kiosk.model import Anchor, Event, Moment, QueueState, is_count
from kiosk.wire import Json, Link

ENTRY_OVERHEAD_BYTES = 300
"""What an event's hash, time and commas add to its body on the wire."""


_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class JournalQueue:
    """The sync side of a SqliteOutbox: `link.ports.EventQueue`. One `kiosk sync` at a time."""

    def __init__(self, outbox: SqliteOutbox) -> None:
        self._outbox = outbox
        self._db = outbox.db
        self._anchors: dict[str, tuple[tuple[Anchor, ...], tuple[Anchor, ...]]] = {}

    # ------------------------------------------------------------ events out

    def claim(self, *, limit: int, max_bytes: int) -> Claim | None:
        return self._db.query(lambda connection: self._claim(connection, limit, max_bytes))

    def acknowledge(self, chain_id: str, through_seq: int, utc: dt.datetime, parked: Mapping[int, Json]) -> None:

        def write(connection: sqlite3.Connection) -> None:
            chain_no = _chain_no(connection, chain_id)
            if chain_no is None:
                return
            connection.execute(
                "UPDATE chains SET acked_seq = max(acked_seq, ?) WHERE chain_no = ?", (through_seq, chain_no)
            )
            connection.execute(
                "INSERT INTO acks VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
                "SET through_seq = max(through_seq, excluded.through_seq)",
                (chain_no, utc.date().isoformat(), through_seq),
            )
            for seq, problem in parked.items():
                text = wire.canonical(problem).decode()
                connection.execute("UPDATE events SET problem = ? WHERE id = ?", (text, row_id(chain_no, seq)))

        self._db.transact(write)

    def rewind(self, chain_id: str, expected_seq: int) -> None:

        def write(connection: sqlite3.Connection) -> None:
            chain_no = _chain_no(connection, chain_id)
            if chain_no is None:
                return
            connection.execute(
                "UPDATE chains SET acked_seq = min(acked_seq, ?) WHERE chain_no = ?",
                (max(0, expected_seq - 1), chain_no),
            )
            connection.execute(
                "UPDATE events SET problem = NULL WHERE problem IS NOT NULL AND id >= ? AND id < ?",
                (row_id(chain_no, expected_seq), row_id(chain_no + 1, 0)),
            )

        self._db.transact(write)

    def break_chain(self, chain_id: str) -> bool:
        def write(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                "SELECT chain_no, state, acked_seq, reissued FROM chains WHERE chain_id = ?", (chain_id,)
            ).fetchone()
            if row is None:
                return False
            chain_no, state, acked_seq, reissued = row
            if reissued and not acked_seq:
                return False
            connection.execute("UPDATE chains SET state = 'broken' WHERE chain_no = ?", (chain_no,))
            new_no, new_id = open_chain(connection, self._outbox.device_id)
            if state == "open":
                connection.execute("UPDATE chains SET reissued = 1 WHERE chain_no = ?", (new_no,))
            self._reissue(connection, chain_no, acked_seq, new_no, new_id)
            return True

        return self._db.transact(write)

    def set_aside(self, chain_id: str, problem: Json) -> None:

        def write(connection: sqlite3.Connection) -> None:
            row = connection.execute(
                "SELECT chain_no, acked_seq, carried FROM chains WHERE chain_id = ?", (chain_id,)
            ).fetchone()
            if row is None:
                return
            chain_no, acked_seq, carried = row
            first_seq = (legible(carried) or {}).get("first_seq", acked_seq + 1)
            begun = min(acked_seq, first_seq - 1)
            connection.execute(
                "UPDATE chains SET state = 'broken', acked_seq = ? WHERE chain_no = ?", (begun, chain_no)
            )
            # On one of its events, so that the heartbeat has one line of it.
            connection.execute(
                "UPDATE events SET problem = ?1 WHERE id = "
                "(SELECT min(id) FROM events WHERE id > ?2 AND id < ?3 AND body IS NOT NULL)",
                (wire.canonical(problem).decode(), row_id(chain_no, begun), row_id(chain_no + 1, 0)),
            )

        self._db.transact(write)

    def chain_state(self) -> ChainState:

        def read(connection: sqlite3.Connection) -> ChainState:
            chain_no, chain_id = open_chain(connection, self._outbox.device_id)
            (acked_seq,) = connection.execute("SELECT acked_seq FROM chains WHERE chain_no = ?", (chain_no,)).fetchone()
            return ChainState(chain_id, acked_seq)

        return self._db.transact(read)

    def hash_at(self, chain_id: str, seq: int) -> str | None:

        def read(connection: sqlite3.Connection) -> str | None:
            chain_no = _chain_no(connection, chain_id)
            return None if chain_no is None else _hash(connection, row_id(chain_no, seq))

        return self._db.query(read)

    def queue_state(self) -> QueueState:
        return self._outbox.queue_state()

    def parked(self, limit: int) -> list[Parked]:

        def read(connection: sqlite3.Connection) -> list[Parked]:
            rows = connection.execute(
                "SELECT body, problem FROM events WHERE problem IS NOT NULL ORDER BY id DESC LIMIT ?", (limit,)
            )
            return [Parked(_event_id(body), legible(problem) or {}) for body, problem in rows if body is not None]

        return self._db.query(read)

    def counters(self) -> dict[str, int]:
        rows = self._db.query(lambda connection: connection.execute("SELECT name, value FROM counters").fetchall())
        return {name: value for name, value in rows if is_count(name, value)}

    def changes(self) -> int:
        return self._db.query(lambda connection: int(connection.execute("PRAGMA data_version").fetchone()[0]))

    # ------------------------------------------------------------ time

    def add_anchor(self, anchor: Anchor, source: AnchorSource = "server") -> bool:
        slot = anchor.monotonic_ms // ANCHOR_SLOT_MS[source]

        def better(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                "SELECT round_trip_ms FROM anchors JOIN boots USING (boot_no) "
                "WHERE boot_id = ? AND source = ? AND slot = ?",
                (anchor.boot_id, source, slot),
            ).fetchone()
            # A tenth shorter is not worth a write to the card.
            return row is None or anchor.round_trip_ms < 0.9 * row[0]

        def write(connection: sqlite3.Connection) -> None:
            see_boot(connection, anchor.boot_id, self._outbox.sealer)
            seen_alive(connection, anchor.boot_id, anchor.monotonic_ms)
            connection.execute(
                "INSERT OR REPLACE INTO anchors SELECT boot_no, ?2, ?3, ?4, ?5, ?6 FROM boots WHERE boot_id = ?1",
                (
                    anchor.boot_id,
                    source,
                    slot,
                    anchor.monotonic_ms,
                    wire.format_utc(anchor.server_utc),
                    anchor.round_trip_ms,
                ),
            )

        if not self._db.query(better):
            return False
        self._db.transact(write)
        self._anchors.clear()
        return True

    def timeline(self, now: Moment) -> Timeline:

        def read(connection: sqlite3.Connection) -> Timeline:
            boots = []
            alive = newest_moments(connection, self._outbox.sealer)
            alive[now.boot_id] = max(alive.get(now.boot_id, 0), now.monotonic_ms)
            for boot_id, last_ms in connection.execute("SELECT boot_id, last_monotonic_ms FROM boots ORDER BY boot_no"):
                last = max(last_ms, alive.get(boot_id, 0))
                boots.append(Boot(boot_id, last, *self._anchors_of(connection, boot_id)))
            if now.boot_id not in {boot.boot_id for boot in boots}:
                boots.append(Boot(now.boot_id, now.monotonic_ms))
            return Timeline(boots)

        return self._db.query(read)

    def _anchors_of(
        self, connection: sqlite3.Connection, boot_id: str
    ) -> tuple[tuple[Anchor, ...], tuple[Anchor, ...]]:
        """Of both sources. Kept between batches: only this process adds any."""
        if boot_id not in self._anchors:
            server, ntp = (tuple(read_anchors(connection, boot_id, source)) for source in ("server", "ntp"))
            self._anchors[boot_id] = server, ntp
        return self._anchors[boot_id]

    # ------------------------------------------------------------ upkeep

    def thin(self, before: dt.date) -> int:
        def write(connection: sqlite3.Connection) -> int:
            note_lives(connection, self._outbox.sealer)
            return upkeep.thin(connection, before)

        thinned = self._db.transact(write)
        self._anchors.clear()
        return thinned

    def erase_enrolments(self, acknowledged_before: dt.date | None = None, spared: Collection[str] = ()) -> int:
        def write(connection: sqlite3.Connection) -> int:
            note_lives(connection, self._outbox.sealer)
            return upkeep.erase_enrolments(connection, acknowledged_before, spared)

        erased = self._db.transact(write)
        if erased:
            # Their pages are overwritten (secure_delete), and the log that still has the old ones is emptied.
            self._db.query(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
        return erased

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database while nobody waits for it."""
        self._db.query(lambda connection: connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone())

    # ------------------------------------------------------------ inside

    def _claim(self, connection: sqlite3.Connection, limit: int, max_bytes: int) -> Claim | None:
        claim: Claim | None = None
        chains = connection.execute(
            # Another identity's chain goes only with that identity's word for it.
            "SELECT chain_no, chain_id, acked_seq, carried FROM chains "
            "WHERE state <> 'broken' AND (device_id = ? OR carried IS NOT NULL) ORDER BY chain_no",
            (self._outbox.device_id,),
        ).fetchall()
        for chain_no, chain_id, acked_seq, carried in chains:
            rows = _rows(connection, chain_no, acked_seq, limit + 1 if claim is None else 1)
            if not rows:
                continue
            if claim is not None:
                return replace(claim, next_moment=self._next_moment(connection, chain_no, acked_seq))
            entries = self._entries(rows, chain_id, acked_seq, _hash(connection, row_id(chain_no, acked_seq)))
            taken = tuple(_take(entries, limit, max_bytes))
            claim = Claim(chain_id, taken, None if carried is None else wire.loads(carried), None)
            if _rows(connection, chain_no, taken[-1].last_seq, 1):
                return replace(claim, next_moment=self._next_moment(connection, chain_no, taken[-1].last_seq))
        return claim

    def _entries(
        self, rows: Iterable[Row], chain_id: str, acked_seq: int, acked_hash: str | None
    ) -> Iterator[tuple[Entry, int]]:
        """What the rows after `acked_seq` are on the wire, and its size: events, and links over what is not held."""
        expected, before = acked_seq + 1, wire.NO_HASH if acked_seq == 0 else acked_hash
        gap: tuple[int, str | None] | None = None
        lost = False
        for row, hash_hex, stored, fixed_time in rows:
            seq, event = seq_of(row), self._open(stored, hash_hex)
            if event is None or seq > expected:
                gap = gap or (expected, before)
                lost = lost or seq > expected or stored is not None
            expected, before = seq + 1, hash_hex
            if event is None:
                continue
            if gap is not None:
                yield _link(chain_id, gap, seq - 1, str(event.body["prev_hash"]), lost=lost), ENTRY_OVERHEAD_BYTES
                gap, lost = None, False
            # A sealed body is about a third longer than the open one, which is near enough for a limit.
            yield Entry(event, legible(fixed_time) or None), len(stored or b"") + ENTRY_OVERHEAD_BYTES
        if gap is not None and before is not None:
            yield _link(chain_id, gap, expected - 1, before, lost=lost), ENTRY_OVERHEAD_BYTES

    def _reissue(self, connection: sqlite3.Connection, chain_no: int, acked_seq: int, new_no: int, new_id: str) -> None:
        """Link the unacknowledged events of one chain into another; what is in it already stays before them."""
        last = connection.execute(
            "SELECT id, lower(hex(hash)) FROM events WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1",
            (row_id(new_no, 0), row_id(new_no + 1, 0)),
        ).fetchone()
        seq, prev_hash = (0, wire.NO_HASH) if last is None else (seq_of(last[0]), last[1])
        bounds = (row_id(chain_no, acked_seq), row_id(chain_no + 1, 0))
        rows = connection.execute(
            "SELECT kind, person_id, body, lower(hex(hash)) FROM events WHERE id > ? AND id < ? ORDER BY id", bounds
        ).fetchall()
        for kind, person_id, stored, hash_hex in rows:
            event = self._open(stored, hash_hex)
            if event is None:
                continue
            seq += 1
            body = {**event.body, "chain_id": new_id, "seq": seq, "prev_hash": prev_hash}
            prev_hash = wire.digest(body)
            connection.execute(
                "INSERT INTO events (id, kind, person_id, hash, body) VALUES (?, ?, ?, ?, ?)",
                (row_id(new_no, seq), kind, person_id, bytes.fromhex(prev_hash), self._outbox.sealer.seal(body)),
            )

    def _open(self, stored: bytes | None, hash_hex: str) -> Event | None:
        """None when it was thinned or is damaged. A damaged one stays on disk for `kiosk events verify`."""
        if stored is None:
            return None
        try:
            return self._outbox.sealer.event(stored, hash_hex)
        except ContentDamaged:
            return None

    def _next_moment(self, connection: sqlite3.Connection, chain_no: int, after_seq: int) -> Moment | None:
        """Of the first event after this one that is still whole."""
        for _, hash_hex, stored, _ in _select(connection, chain_no, after_seq, -1):
            event = self._open(stored, hash_hex)
            if event is not None:
                return event.moment
        return None


Row = tuple[int, str, bytes | None, str | None]
"""Row id, hash in hex, stored body, fixed time."""


def _rows(connection: sqlite3.Connection, chain_no: int, after_seq: int, limit: int) -> list[Row]:
    return in_order(_select(connection, chain_no, after_seq, limit).fetchall())


def _select(connection: sqlite3.Connection, chain_no: int, after_seq: int, limit: int) -> sqlite3.Cursor:
    return connection.execute(
        "SELECT id, lower(hex(hash)), body, time FROM events WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
        (row_id(chain_no, after_seq), row_id(chain_no + 1, 0), limit),
    )


def _hash(connection: sqlite3.Connection, event_row: int) -> str | None:
    row = connection.execute("SELECT lower(hex(hash)) FROM events WHERE id = ?", (event_row,)).fetchone()
    return None if row is None else str(row[0])


def _event_id(stored: bytes | str) -> str:
    found = str((legible(stored) or {}).get("event_id", ""))
    return found if _ID.fullmatch(found) else "damaged"


def _chain_no(connection: sqlite3.Connection, chain_id: str) -> int | None:
    row = connection.execute("SELECT chain_no FROM chains WHERE chain_id = ?", (chain_id,)).fetchone()
    return None if row is None else int(row[0])


def _link(chain_id: str, gap: tuple[int, str | None], last_seq: int, hash_hex: str, *, lost: bool) -> Entry:
    first_seq, prev_hash = gap
    return Entry(Link(chain_id, first_seq, last_seq, prev_hash, hash_hex, "lost" if lost else "thinned"))


def _take(entries: Iterable[tuple[Entry, int]], limit: int, max_bytes: int) -> Iterator[Entry]:
    total = 0
    for n, (entry, size) in enumerate(entries):
        total += size
        if n and (n >= limit or total > max_bytes):
            return
        yield entry
