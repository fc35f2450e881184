"""What the day's pages show, as plain values: everything is computed here, so that templates only place it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from etpp.console.texts import Texts
from etpp.presence import daybook
from etpp.presence.rules import Day, Mark
from etpp.presence.summaries import Summary, summarise
from etpp.roster.model import Person
from etpp.roster.nip import masked


@dataclass(frozen=True)
class MarkView:
    time: str
    minutes_off: int
    certainty: str
    doubt: bool
    terminal: str


@dataclass(frozen=True)
class PersonDay:
    name: str
    nip: str
    status: str
    arrival: MarkView | None
    departure: MarkView | None
    terminals: str
    certainties: Mapping[str, bool]
    """How certain the times are -> whether that is a reason for doubt; each once."""


@dataclass(frozen=True)
class OfficeLine:
    """One office's line in the overview."""

    office_id: str
    name: str
    working: bool
    complete: bool
    reported: str
    people: int
    counts: Mapping[str, int]
    late: int


@dataclass(frozen=True)
class OfficeDay:
    """One office's own page."""

    office_id: str
    name: str
    date: str
    hours: str
    working: bool
    reported: str
    counts: Mapping[str, int]
    late: int
    people: Sequence[PersonDay]


def office_line(summary: Summary, texts: Texts) -> OfficeLine:
    return OfficeLine(
        office_id=summary.office_id,
        name=summary.name,
        working=summary.working,
        complete=summary.complete,
        reported=_reported(summary, texts),
        people=summary.people,
        counts=summary.counts,
        late=summary.late,
    )


def office_day(book: daybook.DayBook, texts: Texts) -> OfficeDay:
    zone, summary = book.calendar.timezone, summarise(book)
    work = book.work
    hours = ""
    if work is not None:
        ends = [moment.astimezone(zone) for moment in (work.start_utc, work.end_utc)]
        hours = f"{texts.time(ends[0])}–{texts.time(ends[1])} {ends[0].tzname()}"
    return OfficeDay(
        office_id=summary.office_id,
        name=summary.name,
        date=texts.date(book.day),
        hours=hours,
        working=summary.working,
        reported=_reported(summary, texts),
        counts=summary.counts,
        late=summary.late,
        people=[_person_day(person, day, zone, texts) for person, day in book.people],
    )


def _reported(summary: Summary, texts: Texts) -> str:
    reported = summary.reported_utc
    return texts.never if reported is None else texts.moment(reported.astimezone(summary.zone))


def _person_day(person: Person, day: Day, zone: ZoneInfo, texts: Texts) -> PersonDay:
    arrival = _mark(day.arrival, zone, texts)
    departure = _mark(day.departure, zone, texts)
    marks = [mark for mark in (arrival, departure) if mark is not None]
    return PersonDay(
        name=person.name or texts.forgotten,
        nip=masked(person.nip),
        status=day.status,
        arrival=arrival,
        departure=departure,
        terminals=", ".join(dict.fromkeys(mark.terminal for mark in marks if mark.terminal)),
        certainties={mark.certainty: mark.doubt for mark in marks},
    )


def _mark(mark: Mark | None, zone: ZoneInfo, texts: Texts) -> MarkView | None:
    if mark is None:
        return None
    time = mark.presence.time
    certainty = texts.say("time_manual" if mark.presence.manual else f"time_{time.state}")
    if time.state == "uncertain":
        first, last = time.earliest_utc.astimezone(zone), time.latest_utc.astimezone(zone)
        show = texts.time if first.date() == last.date() else texts.moment
        certainty += f" ({show(first)}–{show(last)})"
    return MarkView(
        time=texts.time(time.utc.astimezone(zone)),
        minutes_off=mark.minutes_off,
        certainty=certainty,
        doubt=mark.presence.manual or time.state == "uncertain",
        terminal=mark.presence.device_id[:8],
    )
