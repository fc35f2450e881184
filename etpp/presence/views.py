"""What the day's pages show, as plain values: everything is computed here, so that templates only place it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from etpp.console.listing import Cell, Column, Listing, Tone, Value
from etpp.console.texts import Texts
from etpp.db import Transaction
from etpp.presence import daybook
from etpp.presence.rules import Day, Mark
from etpp.presence.summaries import Summary, summarise
from etpp.roster.model import Person
from etpp.roster.nip import masked
from etpp.roster.store import Offices
from etpp.terminals.store import Devices
from etpp.terminals.views import state_of


@dataclass(frozen=True)
class MarkView:
    time: str
    minutes_off: int
    certainty: str
    doubt: bool
    terminal: str


@dataclass(frozen=True)
class PersonDay:
    """`certainties`: how certain the times are -> whether that is a reason for doubt; each once."""

    employee_id: str
    name: str
    nip: str
    stand: str
    arrival: MarkView | None
    departure: MarkView | None
    terminals: str
    certainties: Mapping[str, bool]
    notes: Sequence[str]
    """Letters, corrections, hours of one's own."""


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


@dataclass(frozen=True)
class TerminalLine:
    """A terminal on the overview. `silent_s`: how long nothing came of it; None: never."""

    office_id: str
    office: str
    short_id: str
    state: str
    seen: str
    silent_s: int | None


_TERMINAL_TONES: Mapping[str, Tone] = {"active": "good", "silent": "bad", "revoked": "warn"}


def terminal_lines(tx: Transaction, now: dt.datetime, texts: Texts) -> list[TerminalLine]:
    """Of the whole regency, without those that were written off."""
    names = {each.office_id: each.name for each in Offices(tx).all()}
    found = []
    for each in Devices(tx).all():
        if each.written_off_utc is None:
            silent = None if each.last_seen_utc is None else now - each.last_seen_utc
            seen = texts.never if silent is None else texts.ago(silent)
            silent_s = None if silent is None else int(silent.total_seconds())
            state = state_of(each, now)
            found.append(TerminalLine(each.office_id, names[each.office_id], each.device_id[:8], state, seen, silent_s))
    return found


def _terminal_name(line: TerminalLine, texts: Texts) -> Cell:  # noqa: ARG001
    return Cell(line.office, small=line.short_id, href=f"/offices/{line.office_id}")


def _terminal_state(line: TerminalLine, texts: Texts) -> Cell:
    return Cell(texts.say(line.state), tone=_TERMINAL_TONES[line.state], chip=True)


TERMINALS: Listing[TerminalLine] = Listing(
    "terminal",
    (
        Column("office", "office", lambda line: line.office, show=_terminal_name, kind="name", finds=True),
        Column("state", "status", lambda line: line.state, _terminal_state, lambda v, t: t.say(str(v)), chooses=True),
        Column("seen", "last_seen", lambda line: line.silent_s, show=lambda line, _: Cell(line.seen), kind="time"),
    ),
    by="-state",
    prefix="t_",
)
"""Those of which nothing is heard come first."""

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
            *(counted(status) for status in ("letter", "not_yet", "not_reported", "absent", "unclear")),
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
        people=[_person_day(book, person, day, texts) for person, day in book.people],
    )


def _reported(summary: Summary, texts: Texts) -> str:
    reported = summary.reported_utc
    return texts.never if reported is None else texts.moment(reported.astimezone(summary.zone))


def _person_day(book: daybook.DayBook, person: Person, day: Day, texts: Texts) -> PersonDay:
    zone, note = book.calendar.timezone, book.notes[person.employee_id]
    arrival = _mark(day.arrival, zone, texts)
    departure = _mark(day.departure, zone, texts)
    marks = [mark for mark in (arrival, departure) if mark is not None]
    notes = [texts.say("day_letter", kind=kind.name) for kind in note.letters]
    if note.corrected:
        notes.append(texts.day_corrected)
    if note.held:
        notes.append(texts.say("day_held", n=note.held))
    if note.shift is not None:
        ends = [moment.astimezone(zone) for moment in (note.shift.start_utc, note.shift.end_utc)]
        notes.append(texts.say("day_shift", hours=f"{texts.time(ends[0])}–{texts.time(ends[1])}"))
    return PersonDay(
        employee_id=person.employee_id,
        name=person.name or texts.forgotten,
        nip=masked(person.nip),
        stand=note.stand,
        arrival=arrival,
        departure=departure,
        terminals=", ".join(dict.fromkeys(mark.terminal for mark in marks if mark.terminal)),
        certainties={mark.certainty: mark.doubt for mark in marks},
        notes=notes,
    )


_STANDS: Mapping[str, Tone] = {"present": "good", "absent": "bad", "unclear": "warn", "not_yet": "warn"}


def people_of(office_id: str, day: dt.date, working: bool) -> Listing[PersonDay]:
    """The table of an office's day."""

    def name(row: PersonDay, texts: Texts) -> Cell:  # noqa: ARG001
        return Cell(row.name, row.nip, f"/people/{row.employee_id}?month={day:%Y-%m}")

    def state(row: PersonDay, texts: Texts) -> Sequence[Cell]:
        return [Cell(texts.say(row.stand), "\n".join(row.notes), tone=_STANDS.get(row.stand, ""), chip=True)]

    def off(mark: MarkView | None, texts: Texts) -> Cell:
        if mark is None or not working:
            return Cell("")
        if mark.minutes_off:
            return Cell(texts.say("minutes", n=mark.minutes_off), tone="late")
        return Cell(texts.on_time)

    def certain(row: PersonDay, texts: Texts) -> Sequence[Cell]:  # noqa: ARG001
        return [Cell(text, tone="doubt" if doubt else "") for text, doubt in row.certainties.items()]

    def clock(mark: MarkView | None) -> str | None:
        return None if mark is None else mark.time

    def minutes(mark: MarkView | None) -> int | None:
        return None if mark is None else mark.minutes_off

    return Listing(
        f"kehadiran-{office_id}-{day.isoformat()}",
        (
            Column("name", "name", lambda row: row.name, show=name, kind="name", finds=True),
            Column("state", "status", lambda row: row.stand, state, _said, kind="state", chooses=True),
            Column("arrival", "arrival", lambda row: clock(row.arrival), says=_dash, kind="time"),
            Column(
                "late", "late_by", lambda row: minutes(row.arrival), lambda row, t: off(row.arrival, t), kind="time"
            ),
            Column("departure", "departure", lambda row: clock(row.departure), says=_dash, kind="time"),
            Column(
                "early",
                "early_by",
                lambda row: minutes(row.departure),
                lambda row, t: off(row.departure, t),
                kind="time",
            ),
            Column("terminal", "terminal", lambda row: row.terminals),
            Column("certainty", "time_certainty", lambda row: ", ".join(row.certainties), show=certain, sorts=False),
            Column("notes", "day_notes", lambda row: "; ".join(row.notes), shows=False),
        ),
        by="name",
    )


def _dash(value: Value, texts: Texts) -> str:  # noqa: ARG001
    return "–" if value is None else str(value)


def _mark(mark: Mark | None, zone: ZoneInfo, texts: Texts) -> MarkView | None:
    if mark is None:
        return None
    time = mark.presence.time
    certainty = texts.say("time_manual" if mark.presence.manual else f"time_{time.state}")
    if mark.presence.method is not None:
        certainty = f"{texts.of('known_by', mark.presence.method)}, {certainty}"
    if time.state == "uncertain":
        first, last = time.earliest_utc.astimezone(zone), time.latest_utc.astimezone(zone)
        show = texts.time if first.date() == last.date() else texts.moment
        certainty += f" ({show(first)}–{show(last)})"
    return MarkView(
        time=texts.time(time.utc.astimezone(zone)),
        minutes_off=mark.minutes_off,
        certainty=certainty,
        doubt=mark.presence.manual or mark.presence.method is not None or time.state == "uncertain",
        terminal=mark.presence.device_id[:8],
    )
