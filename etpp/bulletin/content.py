"""A bulletin's content out of the rooms, as docs/protocol.md has it: the same facts make the same JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from etpp.absence.rules import in_force
from etpp.absence.store import kinds, letters_within, said_of
from etpp.activities.model import EntryTerms
from etpp.allowance import gather
from etpp.allowance.facts import MonthFacts, Regency
from etpp.allowance.model import Month
from etpp.allowance.points import recognised
from etpp.allowance.service import Service
from etpp.base.clock import days_utc
from etpp.base.encoding import format_time
from etpp.base.errors import Conflict
from etpp.base.money import ZERO
from etpp.base.texts import shown
from etpp.bulletin import store
from etpp.bulletin.model import MOST_DAYS, MOST_ENDED, MOST_NOTICES, MOST_OFFICERS, Duty
from etpp.bulletin.store import Officers
from etpp.db import Transaction
from etpp.faces.choice import FaceState, face_states
from etpp.pairing.store import Phones
from etpp.reports.months import served
from etpp.reports.presence import kind_name
from etpp.reports.texts import words
from etpp.roster.assignments import CareerError
from etpp.roster.hours import zone
from etpp.roster.model import Office, Person
from etpp.roster.store import People, Roster

LABEL, LONGEST = 100, 200
"""Characters of a letter's label or number, and of a name: what is longer is cut."""
DUTIES: tuple[Duty, ...] = ("enrol", "maintain")
ONE_DAY = dt.timedelta(days=1)
PHONE_TOLD = dt.timedelta(days=7)
"""For so long a person is told at the terminal that a phone was connected: whoever is on leave for a week hears of it
from BKPP, and who comes every day is not told for ever."""

Json = dict[str, Any]


def standing(tx: Transaction, office: Office, now: dt.datetime) -> Json:
    """All but the months."""
    office_id = office.office_id
    local = zone(office)
    today = now.astimezone(local).date()
    faces = {each.employee_id: each for each in People(tx).everyone(office_id) if each.templates}
    policy = store.policy_of(tx, office_id)
    pins = store.pins_of(tx, sorted(faces)) if policy.policy == "alone" else {}
    return {
        "awaiting": _awaiting(tx, office_id, today, faces),
        "officers": [
            {
                "officer_id": each.officer_id,
                "name": shown(each.name)[:LONGEST],
                "pin_hash": each.pin_hash,
                "may": [duty for duty in DUTIES if duty in each.may],
                **({"person_id": faces[each.employee_id].person_id} if each.employee_id in faces else {}),
            }
            for each in Officers(tx).find(office_id)[:MOST_OFFICERS]
        ],
        "letters": _letters(tx, office_id, today, local, faces),
        "notices": [
            {
                "notice_id": each.notice_id,
                "text": {"id": each.text_id} | ({"en": each.text_en} if each.text_en else {}),
                "from_utc": format_time(each.from_utc),
                "until_utc": format_time(each.until_utc),
            }
            for each in store.notices_for(tx, office_id, now)[:MOST_NOTICES]
        ],
        "phones": _phones(tx, faces, now),
        "nip_pin": {
            "policy": policy.policy,
            "per_month": policy.per_month,
            "pins": [
                {"person_id": faces[employee].person_id, "pin_hash": pin} for employee, pin in sorted(pins.items())
            ],
        },
        **_local_use(tx, office_id, now),
    }


def _local_use(tx: Transaction, office_id: str, now: dt.datetime) -> Json:
    """Nothing where it is not allowed, and where more has ended than a terminal can be told."""
    days = store.local_use_of(tx, office_id)
    if not days:
        return {}
    # What came before that is too old for every terminal: it was made before it came.
    ended = store.ended(tx, office_id, now - MOST_DAYS * ONE_DAY - ONE_DAY)
    return {} if len(ended) > MOST_ENDED else {"local_use": {"days": days, "ended": ended}}


def through(office: Office, now: dt.datetime) -> dt.date:
    """The last day that a month counts: yesterday. On the first of a month it is the month before."""
    return now.astimezone(zone(office)).date() - ONE_DAY


def shared(tx: Transaction, day: dt.date, now: dt.datetime) -> tuple[Month, Regency]:
    """What all offices' months have in common. Raises Conflict where recorded facts contradict one another."""
    month = Month(day.year, day.month)
    return month, gather.regency(tx, month, now)


def months(tx: Transaction, office: Office, day: dt.date, month: Month, regency: Regency) -> list[Json]:
    """Each person's month up to and with a day, of those whose month it is and whose face the office's terminals know.

    Raises Conflict where recorded facts contradict one another.
    """
    faces = {each.employee_id: each.person_id for each in People(tx).everyone(office.office_id) if each.templates}
    policy, _ = gather.policy_of(tx, month)
    terms = EntryTerms() if policy.points is None else policy.points.terms
    try:
        people = gather.office_month(tx, office.office_id, month, regency)
    except CareerError as error:
        raise Conflict(str(error), key="list_contradicts") from error
    found = []
    for facts in people:
        face = faces.get(facts.career.person_id)
        service = None if face is None else served(facts, policy)
        if face is None or service is None:
            continue
        minutes: Mapping[str, list[int]] = {"late": [], "early": []}
        for fault in service.faults:
            if fault.kind in minutes and fault.date <= day:
                minutes[fault.kind].append(fault.minutes)
        present = sum(1 for each in service.days if each.date <= day and each.works and each.status == "present")
        found.append(
            {
                "person_id": face,
                "month": str(month),
                "through": day.isoformat(),
                "present_days": present,
                "late_count": len(minutes["late"]),
                "late_minutes": sum(minutes["late"]),
                "early_count": len(minutes["early"]),
                "early_minutes": sum(minutes["early"]),
                **({} if policy.points is None else _points(facts, service, terms)),
            }
        )
    return sorted(found, key=lambda each: str(each["person_id"]))


def _points(facts: MonthFacts, service: Service, terms: EntryTerms) -> Json:
    try:
        by_day, _ = recognised(facts, service, terms)
    except ValueError as error:
        raise Conflict(str(error), key="list_contradicts") from error
    return {
        "points_entered": _number(sum((each.entered for each in by_day.values()), ZERO)),
        "points_recognised": _number(sum((each.recognised for each in by_day.values()), ZERO)),
    }


def _number(value: Decimal) -> int | float:
    """With two decimals at most; a whole one as an integer, as which it comes back from its canonical form."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else float(rounded)


def _awaiting(tx: Transaction, office_id: str, today: dt.date, faces: Mapping[str, Person]) -> list[Json]:
    """Who belongs to the office and is not recognised there: without a face, or with one for another recogniser."""
    held = face_states(tx, office_id)
    has = {employee: held.get(face.person_id, "none") for employee, face in faces.items()}
    known = {employee for employee, face in has.items() if face == "known"}
    here = sorted({each.person_id for each in Roster(tx).assignments(today, today, office_id)} - known)
    states = store.enrolment_states(tx, office_id)
    found = []
    for each in Roster(tx).employees(here).values():
        if each.nip is None or not each.name:
            continue  # an enrolment names a NIP; and whoever was forgotten is not enrolled
        said = _said_of(states.get(each.nip, ""), has.get(each.person_id, "none"))
        found.append({"nip": each.nip, "name": shown(each.name)[:LONGEST]} | ({"state": said} if said else {}))
    return sorted(found, key=lambda one: (one["name"].casefold(), one["nip"]))


def _said_of(enrolment: str, face: FaceState) -> str | None:
    """That an enrolment waits says the most; that the last one was refused, of whom there is not even a face."""
    if enrolment == "pending":
        return "waiting"
    if face == "other":
        return "other-recogniser"
    return "refused" if enrolment == "rejected" else None


def _letters(
    tx: Transaction, office_id: str, today: dt.date, local: ZoneInfo, faces: Mapping[str, Person]
) -> list[Json]:
    """In force at some moment from the beginning of today to the end of tomorrow."""
    start, end = days_utc(today, today + ONE_DAY, local)
    written = letters_within(tx, office_id=office_id, zone=local, start=start, end=end)
    if not written:
        return []
    numbers = {each.letter_id: each.number for each in written}
    said, catalogue = said_of(tx, numbers), kinds(tx)
    indonesian, english = words("id"), words("en")
    found = []
    for employee, face in sorted(faces.items()):
        for each in in_force(employee, written, *said, catalogue, local):
            kind = each.kind
            found.append(
                {
                    "person_id": face.person_id,
                    "label": {
                        "id": _label(kind_name(indonesian, kind.kind_id, kind)),
                        "en": _label(kind_name(english, kind.kind_id, kind)),
                    },
                    "number": shown(numbers[each.letter_id])[:LABEL],
                    "from_utc": format_time(each.first_utc),
                    "until_utc": format_time(each.until_utc),
                    "excuses": sorted(kind.excuses),
                }
            )
    return found


def _phones(tx: Transaction, faces: Mapping[str, Person], now: dt.datetime) -> list[Json]:
    """Of each person the newest phone that is let in, by whichever code it was connected."""
    newest = Phones(tx).newest(now - PHONE_TOLD)
    return [
        {
            "person_id": faces[employee].person_id,
            "connected_utc": format_time(connected),
            "until_utc": format_time(connected + PHONE_TOLD),
        }
        for employee, connected in sorted(newest.items())
        if employee in faces
    ]


def _label(name: str) -> str:
    """As it stands at the beginning of a line."""
    return shown(name[:1].upper() + name[1:])[:LABEL]
