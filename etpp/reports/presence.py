"""The month's presence of an office: a person a row, a day a column, and what it adds up to. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from etpp.absence.model import Kind
from etpp.presence.model import Fault, JudgedDay
from etpp.reports import common
from etpp.reports.figures import arrivals, lateness
from etpp.reports.model import Cell, Column, Mark, Section, Table, Tone
from etpp.reports.months import OfficeMonth, PersonMonth
from etpp.reports.texts import Words

MANUAL, CORRECTED, LETTER = "*", "^", "'"
"""After a day's letter: it rests on a manual entry, on a correction, on a letter for a part of the day."""

_FAULTS = (("late", "T"), ("early", "P"), ("missing_arrival", "M"), ("missing_departure", "K"), ("occasion", "U"))
_STATUSES: dict[str, tuple[str, Tone]] = {
    "outside": ("–", "off"),
    "day_off": ("L", "off"),
    "not_reported": ("…", "doubt"),
    "unclear": ("?", "doubt"),
    "absent": ("A", "bad"),
}


def presence(say: Words, found: OfficeMonth) -> Section:
    kinds = dict.fromkeys(
        kind for person in found.people for day in person.service.days if (kind := kind_of(day, person)) is not None
    )
    columns = [
        Column(say.no, "count", 7),
        Column(say.name, "text", 40),
        Column(say.nip, "id", 31),
        *(Column(f"{day.day}\n{say.weekday(day)}", "mark", 5.6) for day in found.month.dates()),
        Column(say.days_present, "count", 9, sums=True),
        Column(say.times, "count", 8, say.late, sums=True),
        Column(say.minutes, "count", 10, say.late, sums=True),
        Column(say.times, "count", 8, say.early, sums=True),
        Column(say.minutes, "count", 10, say.early, sums=True),
        Column(say.not_seen, "count", 9, sums=True),
        Column(say.absent, "count", 9, sums=True),
        *(Column(code(say, kind), "count", 8, say.letters, sums=True) for kind in kinds),
        Column(say.manual, "count", 11, sums=True),
    ]
    rows = [(n, *_row(say, found, each, list(kinds))) for n, each in enumerate(found.people, start=1)]
    table = Table(tuple(columns), tuple(rows), foot=say.sum, note=_legend(say, found, list(kinds)), empty=say.nobody)
    charts = [arrivals(say, [found]), lateness(say, [found])] if found.people else []
    return common.section(say, say.title_presence, found, [table, *charts])


def mark(say: Words, day: JudgedDay, person: PersonMonth) -> Mark:
    """A day's verdict in letters; every one of them stands in the legend."""
    flags = MANUAL if day.manual else ""
    if any(each is not None and each.because.startswith("correction:") for each in (day.arrival, day.departure)):
        flags = CORRECTED + flags
    if day.status in _STATUSES:
        letter, tone = _STATUSES[day.status]
        if day.review:
            letter, tone = letter.rstrip("?") + "?", "doubt"
        return Mark(letter + flags, tone)
    if day.status == "excused":
        kind = kind_of(day, person)
        return Mark((code(say, kind) if kind else "S") + flags, "away")
    kinds = {fault.kind for fault in day.faults}
    letter = "".join(letter for kind, letter in _FAULTS if kind in kinds) or "H"
    flags = (LETTER if day.excused else "") + flags
    if day.review or day.waiting:
        return Mark(letter + "?" + flags, "doubt")
    return Mark(letter + flags, "late" if kinds else "good")


def kind_of(day: JudgedDay, person: PersonMonth) -> str | None:
    """The kind of letter that somebody was away by."""
    if day.status != "excused":
        return None
    if day.whole_day is not None:
        return day.whole_day[0].kind_id
    letters = {each.removeprefix("letter:") for excused in day.excused for each in excused.because}
    return next((each.kind.kind_id for each in person.service.excuses if each.letter_id in letters), None)


def code(say: Words, kind_id: str) -> str:
    """A kind's letters; of one that the catalogue does not know, its first ones."""
    known = say.of("kind_codes", kind_id)
    return known if known != kind_id else "".join(part[:1] for part in kind_id.split("-")).upper()[:3]


def fault_name(say: Words, fault: Fault) -> str:
    """With its minutes, where it has any."""
    what = say.of("faults", fault.kind)
    return say.say("by_minutes", what=what, minutes=fault.minutes) if fault.minutes else what


def kind_name(say: Words, kind_id: str, kind: Kind | None) -> str:
    """A kind in the reader's language; one that the catalogue does not know by the name that the regency gave it."""
    known = say.of("kinds", kind_id)
    return kind.name if known == kind_id and kind is not None else known


def _row(say: Words, found: OfficeMonth, person: PersonMonth, kinds: list[str]) -> tuple[Cell, ...]:
    days = {day.date: day for day in person.service.days}
    faults = Counter(fault.kind for fault in person.service.faults)
    minutes: dict[str, int] = {}
    for fault in person.service.faults:
        minutes[fault.kind] = minutes.get(fault.kind, 0) + fault.minutes
    away = Counter(kind_of(day, person) for day in days.values())
    return (
        common.name(say, person),
        common.number(person),
        *(_day(say, days.get(date), person) for date in found.month.dates()),
        sum(1 for day in days.values() if day.status == "present" and day.works),
        faults["late"],
        minutes.get("late", 0),
        faults["early"],
        minutes.get("early", 0),
        faults["missing_arrival"] + faults["missing_departure"],
        faults["absent"],
        *(away[kind] for kind in kinds),
        sum(len(day.manual) for day in days.values()),
    )


def _day(say: Words, day: JudgedDay | None, person: PersonMonth) -> Mark:
    return Mark("–", "off") if day is None else mark(say, day, person)


def _legend(say: Words, found: OfficeMonth, kinds: list[str]) -> str:
    known = {each.kind.kind_id: each.kind for person in found.people for each in person.service.excuses}
    names = (f"; {code(say, kind)} {kind_name(say, kind, known.get(kind))}" for kind in kinds)
    return say.legend + "".join(names) + "."


def clock(say: Words, moment: dt.datetime | None, found: OfficeMonth) -> str:
    """A local time, or a dash."""
    return "–" if moment is None else say.time(moment.astimezone(found.zone))
