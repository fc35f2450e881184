"""Looking into the journal: listing it, checking its chain, taking out what a broken terminal still holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kiosk import wire
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.rows import ContentDamaged, in_order, legible, row_id, seq_of
from kiosk.model import EventKind
from kiosk.wire import Json

PAGE = 500
"""Rows read at a time: the lock is not held for a whole journal of years."""

EventState = Literal["waiting", "acknowledged", "parked", "set_aside", "thinned"]
"""`set_aside`: of another terminal's chain, nothing of which the server will have as it was brought."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as `kiosk events list` shows it. `body` is None when it was thinned or is damaged."""

    chain_id: str
    seq: int
    kind: str
    hash: str
    state: EventState
    body: Json | None
    damaged: bool
    problem: Json | None
    fixed_time: Json | None


@dataclass(frozen=True, slots=True)
class ChainInfo:
    chain_no: int
    chain_id: str
    device_id: str
    state: str
    acked_seq: int
    carried: Json | None

    @property
    def set_aside(self) -> bool:
        return self.carried is not None and self.state == "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the chain at one place."""

    chain_id: str
    seq: int
    what: str


@dataclass(slots=True)
class Tally:
    """How much of the journal `verify` could look into. Of `checked` events the content was compared with the hash.
    Thinned ones have none: the event after it names the hash of a `linked` one, and nothing here says of an `unlinked`
    one that its hash is the one that was recorded."""

    checked: int = 0
    linked: int = 0
    unlinked: int = 0
    unreadable: int = 0

    @property
    def events(self) -> int:
        return self.checked + self.linked + self.unlinked + self.unreadable


class JournalAudit:
    """Reads only. Raises OutboxError."""

    def __init__(self, outbox: SqliteOutbox) -> None:
        self._db = outbox.db
        self._sealer = outbox.sealer

    def chains(self) -> list[ChainInfo]:
        def read(connection: sqlite3.Connection) -> list[ChainInfo]:
            rows = connection.execute(
                "SELECT chain_no, chain_id, device_id, state, acked_seq, carried FROM chains ORDER BY chain_no"
            )
            return [
                ChainInfo(chain_no, chain_id, device_id, state, acked_seq, legible(carried))
                for chain_no, chain_id, device_id, state, acked_seq, carried in rows
            ]

        return self._db.query(read)

    def rows(self, chain: ChainInfo, after_seq: int = 0, kind: EventKind | None = None) -> Iterator[Row]:
        """The chain's events in order: all, or those of one kind."""
        while True:
            page = self._page(chain, after_seq, kind)
            if not page:
                return
            yield from page
            after_seq = page[-1].seq

    def bounds(self, chain: ChainInfo, after_seq: int) -> tuple[int, int, str] | None:
        """First and last sequence number that are held after one, and the last one's hash."""

        def read(connection: sqlite3.Connection) -> tuple[int, int, str] | None:
            held = "SELECT {} FROM events WHERE id > ? AND id < ?"
            inside = (row_id(chain.chain_no, after_seq), row_id(chain.chain_no + 1, 0))
            first, last = connection.execute(held.format("min(id), max(id)"), inside).fetchone()
            if last is None:
                return None
            (hash_hex,) = connection.execute("SELECT lower(hex(hash)) FROM events WHERE id = ?", (last,)).fetchone()
            return seq_of(first), seq_of(last), hash_hex

        return self._db.query(read)

    def verify(self, tally: Tally | None = None) -> Iterator[Finding]:
        """All that is wrong with the chains: a hash, a link, a gap, a content that cannot be read. What was looked at
        is added to `tally`."""
        tally = Tally() if tally is None else tally
        for chain in self.chains():
            expected, before, thinned = 1, wire.NO_HASH, False
            for row in self.rows(chain):
                if thinned and row.body is not None and row.body.get("prev_hash") == before:
                    tally.unlinked, tally.linked = tally.unlinked - 1, tally.linked + 1
                tally.checked += row.body is not None
                tally.unreadable += row.damaged
                thinned = row.body is None and not row.damaged
                tally.unlinked += thinned
                if chain.carried is not None and expected == 1:
                    expected, before = row.seq, str((row.body or {}).get("prev_hash", before))
                if row.seq != expected:
                    yield Finding(chain.chain_id, expected, f"{row.seq - expected} events are missing")
                elif row.body is not None and row.body.get("prev_hash") != before:
                    yield Finding(chain.chain_id, row.seq, "it does not follow the event before it")
                if row.damaged:
                    yield Finding(chain.chain_id, row.seq, "its content cannot be read")
                elif row.body is not None and wire.digest(row.body) != row.hash:
                    yield Finding(chain.chain_id, row.seq, "its content is not what was recorded")
                elif row.body is not None and not _in_place(row.body, chain, row.seq):
                    yield Finding(chain.chain_id, row.seq, "it was recorded at another place")
                expected, before = row.seq + 1, row.hash

    def _page(self, chain: ChainInfo, after_seq: int, kind: EventKind | None) -> list[Row]:
        def read(connection: sqlite3.Connection) -> list[Row]:
            rows = connection.execute(
                "SELECT id, kind, lower(hex(hash)), body, problem, time FROM events "
                "WHERE id > ?1 AND id < ?2 AND (?3 IS NULL OR kind = ?3) ORDER BY id LIMIT ?4",
                (row_id(chain.chain_no, after_seq), row_id(chain.chain_no + 1, 0), kind, PAGE),
            )
            return [self._row(chain, *row) for row in in_order(rows.fetchall())]

        return self._db.query(read)

    def _row(
        self,
        chain: ChainInfo,
        event_row: int,
        kind: str,
        hash_hex: str,
        stored: bytes | None,
        problem: str | None,
        fixed_time: str | None,
    ) -> Row:
        seq, body, damaged = seq_of(event_row), None, False
        if stored is not None:
            try:
                body = self._sealer.open(stored)
            except ContentDamaged:
                damaged = True
        state: EventState = "acknowledged" if seq <= chain.acked_seq else "waiting"
        if chain.set_aside:
            state = "set_aside"
        elif problem is not None:
            state = "parked"
        elif stored is None:
            state = "thinned"
        return Row(
            chain_id=chain.chain_id,
            seq=seq,
            kind=kind,
            hash=hash_hex,
            state=state,
            body=body,
            damaged=damaged,
            problem=legible(problem),
            fixed_time=legible(fixed_time),
        )


def _in_place(body: Json, chain: ChainInfo, seq: int) -> bool:
    found = (body.get("device_id"), body.get("chain_id"), body.get("seq"))
    return found == (chain.device_id, chain.chain_id, seq)
