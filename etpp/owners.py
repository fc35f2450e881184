"""Whose things are: of which office, and which person's, what a route names is. For the doors, which know no room.

What is not there is nobody's. A person is of the office where they serve on this day, and of those whose terminals know
the face. A correction is of the office of its day, and a letter of those of its time: who has moved on is not judged by
the new office for what was before, and the old one learns nothing of what comes after.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import reduce
from zoneinfo import ZoneInfo

from etpp.absence.store import LETTERS
from etpp.accounts.context import Scopes
from etpp.accounts.rules import Whose
from etpp.base.errors import NotFound
from etpp.db import Transaction
from etpp.presence.store import CORRECTIONS, MANUAL_ENTRIES
from etpp.reports.jobs import Jobs
from etpp.roster.assignments import CareerError
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import PLACES, Offices, Roster
from etpp.terminals.store import Devices

NOBODYS = Whose()
_ZONE = ZoneInfo(REGENCY_ZONE)
_MOMENT = dt.timedelta(minutes=1)


def scopes(jobs: Jobs, now: Callable[[], dt.datetime]) -> Scopes:
    def person(tx: Transaction, said: str) -> Whose:
        return of_person(tx, said, now())

    def serving(tx: Transaction, said: str) -> Whose:
        return of_serving(tx, said, now())

    def correction(tx: Transaction, correction_id: str) -> Whose:
        found = CORRECTIONS.one(tx, correction_id)
        return NOBODYS if found is None else of_day(tx, found.person_id, found.date, now())

    def letter(tx: Transaction, letter_id: str) -> Whose:
        """Of an office when it is for people of that office alone."""
        found = LETTERS.one(tx, letter_id)
        if found is None or not found.person_ids:
            return NOBODYS
        first, last = (at.astimezone(_ZONE).date() for at in (found.first_utc, found.until_utc - _MOMENT))
        offices = (_within(tx, each, first, last) or person(tx, each).offices for each in found.person_ids)
        return Whose(reduce(frozenset.intersection, offices))

    def job(tx: Transaction, job_id: str) -> Whose:  # noqa: ARG001 - a job is a file
        try:
            return Whose(frozenset({jobs.get(job_id).office_id}))
        except NotFound:
            return NOBODYS

    return {
        "office_id": _office,
        "person_id": person,
        "person": person,
        "serving": serving,
        "device_id": _device,
        "correction_id": correction,
        "entry_id": _manual_entry,
        "letter_id": letter,
        "job_id": job,
    }


def of_person(tx: Transaction, said: str, now: dt.datetime) -> Whose:
    roster = Roster(tx)
    person_id = roster.with_number(said) or said
    if roster.employee(person_id) is None:
        return NOBODYS
    offices = roster.offices_that_know(person_id)
    today = now.astimezone(_ZONE).date()
    try:
        post = roster.career(person_id).on(today)
    except CareerError:  # what contradicts itself is BKPP's to put right
        return Whose(frozenset(), person_id)
    if post is None:
        return Whose(offices, person_id)
    return Whose(frozenset({*offices, post.office_id}), person_id, _leading(roster, post.superior_id, person_id, today))


def of_serving(tx: Transaction, said: str, now: dt.datetime) -> Whose:
    """As `of_person`, but of the one office where they serve, or served last: those whose terminals merely know the
    face learn nothing of what a guest is paid."""
    whose = of_person(tx, said, now)
    if whose.person_id is None:
        return NOBODYS
    try:
        office_id = Roster(tx).career(whose.person_id).office_near(now.astimezone(_ZONE).date())
    except CareerError:
        return Whose(frozenset(), whose.person_id)
    return Whose(frozenset({office_id}), whose.person_id, whose.led_by)


def of_day(tx: Transaction, person_id: str, date: dt.date, now: dt.datetime) -> Whose:
    """What a person did on a date: of the office of that date and whoever was above, and of the person."""
    roster = Roster(tx)
    try:
        post = roster.career(person_id).on(date)
    except CareerError:
        return Whose(frozenset(), person_id)
    if post is None:
        return of_person(tx, person_id, now)
    today = now.astimezone(_ZONE).date()
    return Whose(frozenset({post.office_id}), person_id, _leading(roster, post.superior_id, person_id, today))


def _within(tx: Transaction, person_id: str, first: dt.date, last: dt.date) -> frozenset[str]:
    try:
        return frozenset(post.office_id for post in Roster(tx).career(person_id).within(first, last))
    except CareerError:
        return frozenset()


def _leading(roster: Roster, superior_id: str | None, person_id: str, today: dt.date) -> frozenset[str]:
    """As `may_decide`: the superior and whoever deputises on this day, never the person."""
    if superior_id is None:
        return frozenset()
    deputies = (d for d in roster.deputies(superior_id) if d.first <= today and (d.last is None or today <= d.last))
    return frozenset({superior_id, *(each.deputy_id for each in deputies)} - {person_id})


def below(tx: Transaction, offices: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Of each of these offices, those below it in the tree, however deep."""
    parents = {place.office_id: place.parent_id for place in PLACES.find(tx)}
    found: dict[str, set[str]] = {office: set() for office in offices}
    for office in parents:
        seen, above = {office}, parents.get(office)
        while above is not None and above not in seen:  # a circle is what `etpp check` tells of
            if above in found:
                found[above].add(office)
            seen.add(above)
            above = parents.get(above)
    return {office: frozenset(lower) for office, lower in found.items()}


def employee(tx: Transaction, said: str) -> str:
    """Raises NotFound."""
    return Roster(tx).who(said)


def office_names(tx: Transaction) -> Mapping[str, str]:
    return {each.office_id: each.name for each in Offices(tx).all()}


def _office(tx: Transaction, office_id: str) -> Whose:  # noqa: ARG001 - a role at an office that is none is none
    return Whose(frozenset({office_id}))


def _device(tx: Transaction, device_id: str) -> Whose:
    found = Devices(tx).get(device_id)
    return NOBODYS if found is None else Whose(frozenset({found.office_id}))


def _manual_entry(tx: Transaction, entry_id: str) -> Whose:
    found = MANUAL_ENTRIES.one(tx, entry_id)
    if found is None:
        return NOBODYS
    date = found.at_utc.astimezone(_ZONE).date()
    return Whose(frozenset({found.office_id}) | _within(tx, found.person_id, date, date))
