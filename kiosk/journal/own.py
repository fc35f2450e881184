"""The enrolments of this very terminal that it may still rest something on, out of the journal's rows."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence

from kiosk import wire
from kiosk.journal import waiting
from kiosk.journal.rows import ContentDamaged, Sealer, legible, row_id, seq_of
from kiosk.model import ClockState, DeviceId, Event

WITHDRAWN = "consent-withdrawn"
"""What an officer did, by `detail` of an occurrence."""

LOOKED_AT = 256
"""Of so many rows one says by its time how far back the look has come."""

Row = tuple[int, str, bytes, str | None, bytes | None]
"""Row id, kind, hash, problem, and the body of an enrolment, an occurrence or a row that is looked at."""


def enrolments(
    connection: sqlite3.Connection, sealer: Sealer, device_id: DeviceId, since_utc: dt.datetime
) -> list[Event]:
    """Of each NIP the newest made after about `since_utc` that nobody has withdrawn; oldest first.

    The look goes back from the newest event. It ends where a number is missing or an occurrence cannot be read: what is
    older may have been withdrawn there. Raises OutboxError without the key.
    """
    events: list[Event] = []
    withdrawn: set[str] = set()
    parked: set[str] = set()
    for _, kind, digest, problem, stored in _backwards(connection, device_id, since_utc):
        if stored is None or kind not in ("enrolment", "occurrence"):
            continue  # another kind, or answered and erased
        try:
            event = sealer.event(stored, digest.hex())
        except ContentDamaged:
            break
        if kind == "occurrence":
            withdrawn |= set(withdrawn_by(event))
        elif event.event_id not in {each.event_id for each in events}:  # else it came again in a new chain
            events.append(event)
            if legible(problem) is not None:
                parked.add(event.event_id)
    return waiting.newest(reversed(events), withdrawn, parked)


def withdrawn_by(event: Event) -> Sequence[str]:
    """Whose consent an occurrence takes back: ids of people, or of enrolments that wait."""
    said = event.body.get("occurrence")
    if not isinstance(said, dict) or said.get("detail") != WITHDRAWN:
        return ()
    return [str(each) for each in said.get("person_ids", [])]


def _backwards(connection: sqlite3.Connection, device_id: DeviceId, since_utc: dt.datetime) -> Iterator[Row]:
    """The terminal's own rows, chain by chain, as far as no number is missing."""
    chains = connection.execute("SELECT chain_no FROM chains WHERE device_id = ? ORDER BY chain_no DESC", (device_id,))
    for (chain_no,) in chains.fetchall():
        rows = connection.execute(
            "SELECT id, kind, hash, problem, "
            "CASE WHEN kind IN ('enrolment', 'occurrence') OR id % ?1 = 0 THEN body END "
            "FROM events WHERE id > ?2 AND id < ?3 ORDER BY id DESC",
            (LOOKED_AT, row_id(chain_no, 0), row_id(chain_no + 1, 0)),
        )
        after = None
        for row in rows:
            if (after is not None and seq_of(row[0]) != after - 1) or _is_old(row, since_utc):
                return
            after = seq_of(row[0])
            yield row
        if after not in (None, 1):
            return


def _is_old(row: Row, since_utc: dt.datetime) -> bool:
    """By a clock that was in step; a damaged row says nothing."""
    if row[0] % LOOKED_AT or row[4] is None:
        return False
    body = legible(row[4]) or {}
    try:
        moment = wire.parse_utc(body.get("wall_utc"))
    except wire.WireError:
        return False
    return body.get("clock_state") == ClockState.SYNCHRONISED.value and moment < since_utc
