"""What the journal need not keep for ever, within one transaction each."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Collection, Mapping

from kiosk.journal.rows import legible, row_id
from kiosk.journal.schema import CHAIN_SHIFT
from kiosk.link.ports import AnchorSource

ANCHOR_SLOT_MS: Mapping[AnchorSource, int] = {"server": 600_000, "ntp": 6 * 3_600_000}
"""One anchor is kept for each of these: the clock drifts by less than half of an anchor's usual error within it."""

_SLOTS_A_DAY = 24 * 3_600_000 // ANCHOR_SLOT_MS["server"]


def thin(connection: sqlite3.Connection, before: dt.date) -> int:
    """Reduce events that were answered before that day to their place in the chain; how many.

    What was refused goes too: it has been in every heartbeat since, and the server has it.
    """
    thinned = 0
    for first, last in _acknowledged(connection, before.isoformat()):
        thinned += connection.execute(
            "UPDATE events SET body = NULL, person_id = NULL, time = NULL, problem = NULL "
            "WHERE id BETWEEN ? AND ? AND body IS NOT NULL",
            (first, last),
        ).rowcount
    connection.execute("DELETE FROM acks WHERE day < ?", (before.isoformat(),))
    _thin_anchors(connection)
    return thinned


def erase_enrolments(
    connection: sqlite3.Connection, acknowledged_before: dt.date | None, spared: Collection[str] = ()
) -> int:
    """Erase the faces in enrolments that the server has answered; how many. `spared`: the ids of those that stay.

    What was refused goes too: the server has it, and shows it to BKPP.
    """
    day = "9999-12-31" if acknowledged_before is None else acknowledged_before.isoformat()
    erased = 0
    for first, last in _acknowledged(connection, day):
        rows = connection.execute(
            "SELECT id, body FROM events WHERE id BETWEEN ? AND ? AND kind = 'enrolment' AND body IS NOT NULL",
            (first, last),
        ).fetchall()
        gone = [(row,) for row, body in rows if (legible(body) or {}).get("event_id") not in spared]
        connection.executemany("UPDATE events SET body = NULL WHERE id = ?", gone)
        erased += len(gone)
    return erased


def _acknowledged(connection: sqlite3.Connection, before_day: str) -> list[tuple[int, int]]:
    """First and last row id, per chain, of what was acknowledged before a day and is not being sent again."""
    rows = connection.execute(
        "SELECT chain_no, min(acked_seq, max(through_seq)) FROM acks JOIN chains USING (chain_no) "
        # Carried events count only when all of them have arrived: until then the server may want them again.
        "WHERE day < ? AND (carried IS NULL OR NOT json_valid(carried) OR acked_seq >= carried ->> 'last_seq') "
        "GROUP BY chain_no",
        (before_day,),
    )
    return [(row_id(chain_no, 0), row_id(chain_no, through_seq)) for chain_no, through_seq in rows]


def _thin_anchors(connection: sqlite3.Connection) -> None:
    """One anchor a day is enough of times when all that was recorded has been sent; a boot keeps its first ones."""
    (waiting,) = connection.execute(
        "SELECT count(*) FROM chains c WHERE state <> 'broken' AND EXISTS (SELECT 1 FROM events "
        "WHERE id > (c.chain_no << ?1 | c.acked_seq) AND id < (c.chain_no + 1) << ?1)",
        (CHAIN_SHIFT,),
    ).fetchone()
    if waiting:
        return
    of_its_boot = "FROM anchors b WHERE b.boot_no = anchors.boot_no AND b.source = 'server'"
    connection.execute(
        "DELETE FROM anchors WHERE source = 'server' AND slot % ?1 <> 0 "
        f"AND slot <> (SELECT min(slot) {of_its_boot}) AND slot < (SELECT max(slot) {of_its_boot}) - ?1",
        (_SLOTS_A_DAY,),
    )
