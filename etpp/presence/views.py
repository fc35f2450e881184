"""What the day's pages show, as plain values: everything is computed here, so that templates only place it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from etpp.console.listing import Cell, Column, Listing, Tone, Value
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
    reported: dt.datetime | None
    people: int
    counts: Mapping[str, int]
    late: int
    state: str


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


_TONES: Mapping[str, Tone] = {"complete": "good", "incomplete": "warn"}


def overview(day: dt.date) -> Listing[OfficeLine]:
    """The overview's table; each office leads to its page of the same day."""

    def counted(status: str) -> Column[OfficeLine]:
        return Column(status, status, lambda line: line.counts.get(status, 0), kind="number")

    def office(line: OfficeLine, texts: Texts) -> Cell:  # noqa: ARG001
        return Cell(line.name, href=f"/offices/{line.office_id}?date={day.isoformat()}")

    def late(line: OfficeLine, texts: Texts) -> Cell:  # noqa: ARG001
        return Cell(str(line.late), tone="late" if line.late else "")

    def reported(line: OfficeLine, texts: Texts) -> Cell:
        return Cell(texts.never if line.reported is None else texts.moment(line.reported))

    def state(line: OfficeLine, texts: Texts) -> Cell:
        return Cell(texts.say(line.state), tone=_TONES.get(line.state, ""), chip=True)

    return Listing(
        f"kehadiran-{day.isoformat()}",
        (
            Column("office", "office", lambda line: line.name, show=office, kind="name", finds=True),
            Column("people", "people", lambda line: line.people, kind="number"),
            counted("present"),
            Column("late", "late", lambda line: line.late, show=late, kind="number"),
            *(counted(status) for status in ("not_reported", "absent", "unclear")),
            Column("reported", "reported_through", lambda line: line.reported, show=reported, kind="time"),
            Column("state", "status", lambda line: line.state, state, _said, kind="state", chooses=True),
        ),
        by="office",
    )


def _said(value: Value, texts: Texts) -> str:
    return texts.say(str(value))


def office_line(summary: Summary) -> OfficeLine:
    return OfficeLine(
        office_id=summary.office_id,
        name=summary.name,
        working=summary.working,
        complete=summary.complete,
        reported=None if summary.reported_utc is None else summary.reported_utc.astimezone(summary.zone),
        people=summary.people,
        counts=summary.counts,
        late=summary.late,
        state="day_off_today" if not summary.working else "complete" if summary.complete else "incomplete",
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
