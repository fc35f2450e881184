"""The journal of events: the port that `kiosk run` appends to, over SQLite.

The file is shared with `kiosk sync` (`journal.queue`) and `kiosk events` (`journal.audit`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from kiosk import wire
from kiosk.errors import OutboxError
from kiosk.journal import own
from kiosk.journal.db import JournalDb, open_read_only
from kiosk.journal.rows import ContentDamaged, Sealer, chain_no_of, legible, row_id, seq_of
from kiosk.journal.salvage import Salvager
from kiosk.journal.schema import CHAIN_SHIFT, FOREIGN_ERRORS, LAST_CHAIN_NO, LAST_SEQ, JournalDamaged
from kiosk.model import (
    MAX_COUNT,
    Anchor,
    DeviceId,
    Direction,
    Draft,
    Event,
    EventKind,
    Fault,
    LastPresence,
    Moment,
    PersonId,
    QueueState,
    Refused,
)
from kiosk.ports import UtcNow

CLOCK_ANCHORS = 20
"""Over three hours' worth: the clock drifts further from an older one than a round trip is long."""


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def uuid7(utc: dt.datetime) -> str:
    """RFC 9562, 5.7: 48 bits of milliseconds, then random bits, so that ids sort roughly by time."""
    ms = max(0, int(utc.timestamp() * 1000)) & (1 << 48) - 1
    random = int.from_bytes(os.urandom(10), "big")
    value = ms << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return str(uuid.UUID(int=value))


class SqliteOutbox:
    """The outbox on disk. Thread-safe, and safe beside other processes on the same file.

    `key` (32 bytes) seals enrolments; without it an enrolment is refused. Every method raises OutboxError (DiskFull,
    DiskReadOnly, DiskFault). A damaged database is set aside whole and recording goes on in a new one; `faults()`
    says so.
    """

    def __init__(
        self,
        path: Path,
        device_id: DeviceId,
        *,
        key: bytes | None = None,
        utc_now: UtcNow = utc_now,
        new_event_id: Callable[[dt.datetime], str] = uuid7,
    ) -> None:
        self.path = path
        self.device_id = device_id
        self.sealer = Sealer(key)
        self.db = JournalDb(path, salvage=Salvager(self.sealer, utc_now), utc_now=utc_now)
        self._new_event_id = new_event_id

    def open(self) -> SqliteOutbox:
        """Make the database when there is none, and prove that it can be read and written."""
        self.db.query(lambda connection: check_chains(connection, self.sealer))
        self.db.transact(lambda connection: open_chain(connection, self.device_id))
        return self

    def close(self) -> None:
        self.db.close()

    # ------------------------------------------------------------ the port

    def append(self, draft: Draft, moment: Moment) -> Event:
        return self.db.transact(lambda connection: self._append(connection, draft, moment))

    def presences(self, person_id: PersonId, since_utc: dt.datetime) -> list[LastPresence]:
        def read(connection: sqlite3.Connection) -> list[LastPresence]:
            found: list[LastPresence] = []
            for stored, digest in connection.execute(
                "SELECT body, hash FROM events WHERE person_id = ? ORDER BY id DESC", (person_id,)
            ):
                # One event whose content is damaged must not keep the person from recording ever again.
                with contextlib.suppress(ContentDamaged):
                    event = self.sealer.event(stored, digest.hex())
                    detail = wire.member(event.body, "presence", dict)
                    method = detail.get("method", "face")
                    if found and event.moment.wall_utc < since_utc:
                        break
                    found.append(LastPresence(Direction(detail["direction"]), event.moment, method))
                    if event.moment.wall_utc < since_utc:
                        break
            return found

        return self.db.query(read)

    def own_enrolments(self, since_utc: dt.datetime) -> list[Event]:
        if self.faults():
            return []
        return self.db.query(lambda connection: own.enrolments(connection, self.sealer, self.device_id, since_utc))

    def queue_state(self) -> QueueState:
        return self.db.query(self._queue_state)

    def refused(self, limit: int) -> list[Refused]:

        def read(connection: sqlite3.Connection) -> list[tuple[str, bytes | None, str]]:
            newest = "SELECT kind, body, problem FROM events WHERE problem IS NOT NULL ORDER BY id DESC LIMIT ?"
            return connection.execute(newest, (limit,)).fetchall()

        return [_refused(*row) for row in self.db.query(read)]

    def count(self, what: str) -> None:
        def add(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO counters VALUES (?1, 1) ON CONFLICT DO UPDATE "
                "SET value = CASE WHEN value BETWEEN 0 AND ?2 - 1 THEN value + 1 ELSE 1 END",
                (what, MAX_COUNT),
            )

        self.db.transact(add)

    # ------------------------------------------------------------ for the clock and the screen

    def anchors(self, boot_id: str) -> list[Anchor]:
        """The boot's newest meetings with the server, for SystemClock: older ones tell it nothing more."""
        return self.db.query(lambda connection: read_anchors(connection, boot_id, "server", limit=CLOCK_ANCHORS))

    def faults(self) -> frozenset[Fault]:
        """JOURNAL_DAMAGED until a technician has taken the set-aside database out of the folder."""
        damaged = any(self.path.parent.glob(f"{self.path.stem}-damaged-*.sqlite"))
        return frozenset({Fault.JOURNAL_DAMAGED}) if damaged else frozenset()

    # ------------------------------------------------------------ for `enroll`

    def enrolments(self) -> list[tuple[Event, bool]]:
        """The enrolments whose content is still held, oldest first, and whether each still waits for the server.

        Left out are those that the server refused, and those whose content is damaged: `kiosk events verify` tells of
        them.
        """

        def read(connection: sqlite3.Connection) -> list[tuple[bytes, bytes, bool]]:
            rows = connection.execute(
                "SELECT e.body, e.hash, e.id & ? > c.acked_seq "
                "FROM events e JOIN chains c ON c.chain_no = e.id >> ? "
                "WHERE e.kind = 'enrolment' AND e.problem IS NULL AND e.body IS NOT NULL ORDER BY e.id",
                ((1 << CHAIN_SHIFT) - 1, CHAIN_SHIFT),
            )
            return [(body, digest, bool(waits)) for body, digest, waits in rows]

        found = []
        for stored, digest, waits in self.db.query(read):
            with contextlib.suppress(ContentDamaged):
                found.append((self.sealer.event(stored, digest.hex()), waits))
        return found

    # ------------------------------------------------------------ inside

    def _append(self, connection: sqlite3.Connection, draft: Draft, moment: Moment) -> Event:
        chain_no, chain_id = open_chain(connection, self.device_id)
        last = connection.execute(
            "SELECT id, hash FROM events WHERE id < ? ORDER BY id DESC LIMIT 1", (row_id(chain_no + 1, 0),)
        ).fetchone()
        seq, prev_hash = 1, wire.NO_HASH
        if last is not None and last[0] >> CHAIN_SHIFT == chain_no:
            seq, prev_hash = seq_of(last[0]) + 1, last[1].hex()
        else:
            check_chains(connection, self.sealer)  # or it has events, under the number that it had before
        body = wire.event_body(
            draft,
            moment,
            event_id=self._new_event_id(moment.wall_utc),
            device_id=self.device_id,
            chain_id=chain_id,
            seq=seq,
            prev_hash=prev_hash,
        )
        try:
            canonical = wire.event_text(body)
            event = wire.event_of(body, wire.digest_of(canonical))
        except wire.WireError as error:
            raise OutboxError(f"the event cannot be written down: {error}.") from error
        stored = self.sealer.seal(body, canonical)
        see_boot(connection, moment.boot_id, self.sealer)  # while the boot before still has the newest event
        connection.execute(
            "INSERT INTO events (id, kind, person_id, hash, body) VALUES (?, ?, ?, ?, ?)",
            (row_id(chain_no, seq), event.kind, event.person_id, bytes.fromhex(event.hash), stored),
        )
        return event

    def _queue_state(self, connection: sqlite3.Connection) -> QueueState:
        check_chains(connection, self.sealer)
        waiting = parked = 0
        oldest: dt.datetime | None = None
        chains = connection.execute("SELECT chain_no, state, acked_seq FROM chains ORDER BY chain_no").fetchall()
        for chain_no, state, acked_seq in chains:
            unsent = "SELECT {} FROM events WHERE id > ? AND id < ?"
            bounds = (row_id(chain_no, acked_seq), row_id(chain_no + 1, 0))
            (last,) = connection.execute(unsent.format("max(id)"), bounds).fetchone()
            if last is None:
                continue
            if state == "broken":
                continue  # its events went on in another chain
            waiting += seq_of(last) - acked_seq
            if oldest is None:
                (body,) = connection.execute(unsent.format("body") + " ORDER BY id LIMIT 1", bounds).fetchone()
                with contextlib.suppress(wire.WireError):
                    oldest = None if body is None else wire.parse_utc(wire.loads(body).get("wall_utc"))
        (refused,) = connection.execute("SELECT count(*) FROM events WHERE problem IS NOT NULL").fetchone()
        (set_aside,) = connection.execute(
            "SELECT count(*) FROM chains WHERE state = 'broken' AND carried IS NOT NULL"
        ).fetchone()
        return QueueState(waiting, parked + refused, oldest, set_aside)


def recorder_of(path: Path) -> DeviceId | None:
    """The device id under which the journal's own events were last recorded, for whoever does not know it any more.

    Reads alone; None where there is no journal, or none that says so.
    """
    with contextlib.suppress(*FOREIGN_ERRORS), contextlib.closing(open_read_only(path)) as connection:
        row = connection.execute(
            "SELECT device_id FROM chains WHERE carried IS NULL ORDER BY state = 'open' DESC, chain_no DESC LIMIT 1"
        ).fetchone()
        return None if row is None else DeviceId(str(row[0]))
    return None


def _refused(kind: str, stored: bytes | None, problem: str) -> Refused:
    """What stands in the open part of a body, which says nothing of anybody."""
    made: dt.datetime | None = None
    with contextlib.suppress(wire.WireError, TypeError):
        made = None if stored is None else wire.parse_utc(wire.loads(stored).get("wall_utc"))
    known = next((each for each in get_args(EventKind) if each == kind), None)
    return Refused(known, made, wire.problem_name(legible(problem) or {}))


# ---------------------------------------------------------------- statements that several parts need


def check_chains(connection: sqlite3.Connection, sealer: Sealer) -> None:
    """Raise JournalDamaged where events and chains do not belong together.

    Events are looked for by the number of their chain alone: those of a number that no chain has, or one of another
    name, would never be sent, and nobody would miss them. Looks at each chain's newest event and at its first unsent
    one.
    """
    chains = {}
    for chain_no, chain_id, device_id, acked_seq in connection.execute(
        "SELECT chain_no, chain_id, device_id, acked_seq FROM chains"
    ):
        if not (0 < chain_no <= LAST_CHAIN_NO and 0 <= acked_seq <= LAST_SEQ):
            raise JournalDamaged("the journal has a chain with a number that none can have")
        chains[chain_no] = acked_seq, (chain_id, device_id)
    before = row_id(-LAST_CHAIN_NO, 0)
    while row := connection.execute("SELECT id FROM events WHERE id > ? ORDER BY id LIMIT 1", (before,)).fetchone():
        number = chain_no_of(row[0])
        if number not in chains or row[0] <= before:  # a tree out of order leads back
            raise JournalDamaged("the journal has events that belong to no chain")
        acked_seq, named = chains[number]
        before = row_id(number, LAST_SEQ)
        for first, order in ((row_id(number, acked_seq) + 1, "ASC"), (row_id(number, 0), "DESC")):
            if _recorder(connection, first, before, order, sealer) not in (None, named):
                raise JournalDamaged("the journal has events of a chain with another name")


def _recorder(
    connection: sqlite3.Connection, first: int, last: int, order: str, sealer: Sealer
) -> tuple[object, object] | None:
    """Chain and device id as one of the first three of these rows says; None when none of them can be read."""
    for stored, digest in connection.execute(
        f"SELECT body, hash FROM events WHERE id BETWEEN ? AND ? ORDER BY id {order} LIMIT 3", (first, last)
    ):
        if stored is not None:
            with contextlib.suppress(OutboxError):  # a damaged one, or an enrolment whose key is gone
                event = sealer.event(stored, digest.hex())
                return event.chain_id, event.body.get("device_id")
    return None


def open_chain(connection: sqlite3.Connection, device_id: DeviceId) -> tuple[int, str]:
    """The chain that events are appended to, made when there is none: number and id.

    A terminal that was provisioned anew has another device id; its old chain is closed and a new one begun.
    """
    row = connection.execute("SELECT chain_no, chain_id, device_id FROM chains WHERE state = 'open'").fetchone()
    if row is not None and row[2] == device_id:
        if not 0 < row[0] <= LAST_CHAIN_NO:
            raise JournalDamaged("the journal has a chain with a number that none can have")
        return row[0], row[1]
    connection.execute("UPDATE chains SET state = 'closed' WHERE state = 'open'")
    chain_id = str(uuid.uuid4())
    cursor = connection.execute(
        "INSERT INTO chains (chain_id, device_id, state) VALUES (?, ?, 'open')", (chain_id, device_id)
    )
    return cursor.lastrowid or 0, chain_id


def see_boot(connection: sqlite3.Connection, boot_id: str, sealer: Sealer) -> None:
    """Note a boot that is new here, and how long those before it were seen alive.

    Once a boot, and not with every event: a page less to write to the card.
    """
    if connection.execute(
        "INSERT OR IGNORE INTO boots (boot_id, last_monotonic_ms) VALUES (?, 0)", (boot_id,)
    ).rowcount:
        note_lives(connection, sealer)


def seen_alive(connection: sqlite3.Connection, boot_id: str, monotonic_ms: int) -> None:
    connection.execute(
        "UPDATE boots SET last_monotonic_ms = max(last_monotonic_ms, ?) WHERE boot_id = ?", (monotonic_ms, boot_id)
    )


def note_lives(connection: sqlite3.Connection, sealer: Sealer) -> None:
    """Keep what the newest events tell of their boots. Before they are newest no more, or lose their content."""
    for boot_id, monotonic_ms in newest_moments(connection, sealer).items():
        seen_alive(connection, boot_id, monotonic_ms)


def newest_moments(connection: sqlite3.Connection, sealer: Sealer) -> dict[str, int]:
    """Boot id and monotonic ms of each chain's newest event: what `boots` has not been told of yet."""
    newest: dict[str, int] = {}
    for stored, digest in connection.execute(
        "SELECT body, hash FROM chains JOIN events "
        "ON id = (SELECT max(id) FROM events WHERE id > chain_no << ?1 AND id < (chain_no + 1) << ?1)",
        (CHAIN_SHIFT,),
    ):
        if stored is not None:
            with contextlib.suppress(OutboxError):  # a damaged one, or an enrolment whose key is gone
                moment = sealer.event(stored, digest.hex()).moment
                newest[moment.boot_id] = max(newest.get(moment.boot_id, 0), moment.monotonic_ms)
    return newest


def read_anchors(connection: sqlite3.Connection, boot_id: str, source: str, limit: int = -1) -> list[Anchor]:
    """Newest first."""
    rows = connection.execute(
        "SELECT a.monotonic_ms, a.utc, a.round_trip_ms FROM anchors a JOIN boots b USING (boot_no) "
        "WHERE b.boot_id = ? AND a.source = ? ORDER BY a.slot DESC LIMIT ?",
        (boot_id, source, limit),
    )
    anchors = []
    for m, utc, round_trip_ms in rows:
        with contextlib.suppress(wire.WireError):  # a damaged one
            anchors.append(Anchor(boot_id, m, wire.parse_utc(utc), round_trip_ms))
    return anchors
