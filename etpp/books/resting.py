"""Presences that rest on an enrolment: of people whom a terminal knew before BKPP had approved their face.

The events never change, and neither do the enrolments' words: what a presence counts for follows from both, as they
were known at a moment, in whichever order they came.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from etpp.books.model import EventTime, PresenceOf
from etpp.db import Transaction
from etpp.db.face_tables import enrolment_words
from etpp.db.tables import events
from etpp.faces.model import EnrolmentWord
from etpp.faces.store import WORDS
from etpp.roster.store import ever_assigned

RestingState = Literal["approved", "waiting", "refused", "withdrawn", "missing", "elsewhere"]
"""`approved` alone counts. `missing`: the books have no such enrolment, or not yet; `elsewhere`: another terminal made
it, and only its own may rest anything on it."""

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Resting:
    """One presence, and what it counts for. `person_id`: the employee whom the enrolment names; empty while that is
    nobody of the roster, and where the enrolment says nothing about this presence."""

    event_id: str
    office_id: str
    device_id: str
    enrolment_id: str
    time: EventTime
    received_utc: dt.datetime
    person_id: str
    state: RestingState

    @property
    def presence(self) -> PresenceOf:
        return PresenceOf(self.event_id, self.office_id, self.time)


def standing(device_id: str, word: EnrolmentWord | None) -> tuple[RestingState, str]:
    """What a presence of a terminal counts for by the last word on its enrolment, and whose it is. Pure."""
    if word is None:
        return "missing", ""
    if word.device_id != device_id:
        return "elsewhere", ""
    return word.state, word.person_id


def of_office(
    tx: Transaction, office_id: str | None, start: dt.datetime, end: dt.datetime, known_utc: dt.datetime | None = None
) -> list[Resting]:
    """An office's (None: everybody's) that happened in [start, end), or may have; by time."""
    here = () if office_id is None else (events.c.office_id == office_id,)
    return _found(tx, known_utc, *here, _within(start, end))


def of_people(
    tx: Transaction,
    office_id: str,
    start: dt.datetime,
    end: dt.datetime,
    known_utc: dt.datetime | None = None,
    only: Sequence[str] | None = None,
) -> dict[str, list[Resting]]:
    """employee -> theirs, at any office, of everybody who was ever assigned to this one (or `only` of these)."""
    words = enrolment_words.c
    named = sa.exists().where(
        words.office_id == events.c.office_id,
        words.event_id == events.c.enrolment_id,
        words.person_id.in_(ever_assigned(office_id, only)),
    )
    found: dict[str, list[Resting]] = defaultdict(list)
    for each in _found(tx, known_utc, named, _within(start, end)):
        if each.person_id:
            found[each.person_id].append(each)
    return found


def of_enrolments(tx: Transaction, event_ids: Sequence[str]) -> dict[tuple[str, str], list[Resting]]:
    """(office, enrolment) -> what rests on it, by time."""
    found: dict[tuple[str, str], list[Resting]] = defaultdict(list)
    for page in (event_ids[at : at + _PAGE] for at in range(0, len(event_ids), _PAGE)):
        for each in _found(tx, None, events.c.enrolment_id.in_(page)):
            found[each.office_id, each.enrolment_id].append(each)
    return found


def hanging(tx: Transaction, event_ids: Sequence[str]) -> dict[tuple[str, str], list[dt.datetime]]:
    """(office, enrolment) -> when the presences were that rest on it, by time; those of its own terminal."""
    found = of_enrolments(tx, event_ids)
    return {key: [each.time.utc for each in mine if each.state != "elsewhere"] for key, mine in found.items()}


def one(tx: Transaction, office_id: str, event_id: str) -> Resting | None:
    """The presence with this id, if it rests on an enrolment."""
    found = _found(tx, None, events.c.office_id == office_id, events.c.event_id == event_id)
    return found[0] if found else None


def newest(tx: Transaction, limit: int) -> list[Resting]:
    """Of all offices, those that came last first."""
    return sorted(_found(tx, None, limit=limit), key=lambda each: (each.received_utc, each.event_id), reverse=True)


def _within(start: dt.datetime, end: dt.datetime) -> sa.ColumnElement[bool]:
    c = events.c
    perhaps = sa.and_(c.time_state == "uncertain", c.earliest_utc < end, c.latest_utc >= start)
    return sa.or_(sa.and_(c.utc >= start, c.utc < end), perhaps)


def _found(
    tx: Transaction, known_utc: dt.datetime | None, *conditions: sa.ColumnElement[bool], limit: int | None = None
) -> list[Resting]:
    c = events.c
    query = sa.select(
        c.event_id,
        c.office_id,
        c.device_id,
        c.enrolment_id,
        c.utc,
        c.earliest_utc,
        c.latest_utc,
        c.time_state,
        c.received_utc,
    ).where(c.enrolment_id.is_not(None), c.status == "accepted", c.kind == "presence", *conditions)
    if known_utc is not None:
        query = query.where(c.received_utc <= known_utc)
    if limit is not None:
        query = query.order_by(c.received_utc.desc(), c.event_id).limit(limit)
    rows = tx.execute(query).all()
    said = _words(tx, {row.enrolment_id for row in rows}, known_utc)
    found = [_resting(row, said.get((row.office_id, row.enrolment_id))) for row in rows]
    return sorted(found, key=lambda each: (each.time.utc, each.event_id))


def _resting(row: Any, word: EnrolmentWord | None) -> Resting:
    state, person_id = standing(row.device_id, word)
    time = EventTime(row.utc, row.earliest_utc, row.latest_utc, row.time_state)
    at = row.event_id, row.office_id, row.device_id, row.enrolment_id
    return Resting(*at, time, row.received_utc, person_id, state)


def _words(
    tx: Transaction, event_ids: Iterable[str], known_utc: dt.datetime | None
) -> dict[tuple[str, str], EnrolmentWord]:
    """(office, enrolment) -> the last that was said of it."""
    found: dict[tuple[str, str], EnrolmentWord] = {}
    ids = sorted(event_ids)
    for page in (ids[at : at + _PAGE] for at in range(0, len(ids), _PAGE)):
        for word in WORDS.find(tx, enrolment_words.c.event_id.in_(page), known_utc=known_utc):
            found[word.office_id, word.event_id] = word
    return found
