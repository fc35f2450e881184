"""The day's presence, corrections, reviews, manual entries and discipline as the calls and the commands show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etpp.base.encoding import format_time
from etpp.base.shown import Day, Moment, Shown
from etpp.books.model import TimeState
from etpp.calendar.rules import WorkCalendar
from etpp.db import Transaction
from etpp.presence import corrections, manual, reviews, year
from etpp.presence.corrections import CorrectionState
from etpp.presence.daybook import DayBook
from etpp.presence.model import ManualEntry, Part
from etpp.presence.rules import DayStatus, Mark


class MarkShown(Shown):
    """An arrival or a departure; `local`: `utc` in the office's own time zone; `minutes_off`: late or early."""

    event_id: str
    device_id: str
    utc: Moment
    local: str
    earliest_utc: Moment
    latest_utc: Moment
    time_state: TimeState
    manual: bool
    minutes_off: int
    points_percent: float


class PresentShown(Shown):
    """One person's day; `person_id` is empty of somebody who has no face in the office."""

    person_id: str
    nip: str | None
    name: str | None
    status: DayStatus
    arrival: MarkShown | None
    departure: MarkShown | None


class ShiftShown(Shown):
    """When work begins and ends."""

    start: Moment
    end: Moment


class DayBookShown(Shown):
    """A day of an office; `complete`: everything that happened in its shift is known."""

    office_id: str
    name: str
    date: Day
    timezone: str
    shift: ShiftShown | None
    reported_through: Moment | None
    complete: bool
    people: list[PresentShown]


class CorrectionShown(Shown):
    """What a part of a day should have been, and what became of it."""

    correction_id: str
    person_id: str
    date: Day
    part: Part
    at_utc: Moment | None
    reason: str
    occasion_id: str
    letter_id: str
    state: CorrectionState
    proposed_by: str
    proposed_utc: Moment
    decided_by: str | None
    decided_utc: Moment | None


class CorrectionsShown(Shown):
    """`after` leads to the next page; None on the last. So do those of the other lists."""

    corrections: list[CorrectionShown]
    after: str | None


class ReviewShown(Shown):
    """A presence of uncertain time, and what was decided."""

    event_id: str
    office_id: str
    person_id: str
    utc: Moment
    earliest_utc: Moment
    latest_utc: Moment
    decided_as_utc: Moment | None
    decided_by: str | None


class ReviewsShown(Shown):
    """By the event's id, which begins with its time."""

    reviews: list[ReviewShown]
    after: str | None


class ManualShown(Shown):
    """A presence that somebody wrote down; it counts when another one has confirmed it."""

    entry_id: str
    person_id: str
    office_id: str
    at_utc: Moment
    reason: str
    entered_by: str
    entered_utc: Moment
    confirmed_by: str | None


class ManualsShown(Shown):
    """By id."""

    manual: list[ManualShown]
    after: str | None


class ByHandShown(Shown):
    """`decided_by`: who confirmed or decided; empty of what waits."""

    office_id: str
    decided_by: str
    manual: int
    corrections: int


class CountsShown(Shown):
    """By office and by who decided."""

    counts: list[ByHandShown]


class StepShown(Shown):
    """A step reached on a day: what must be done (`key`) by whom."""

    date: Day
    days: int
    consecutive: bool
    key: str
    who: str


class DisciplineShown(Shown):
    """Somebody's unexcused days of a year, and the steps that they reached."""

    person_id: str
    office_id: str
    unexcused: int
    longest_run: int
    reached: list[StepShown]


class DisciplinesShown(Shown):
    """By person."""

    discipline: list[DisciplineShown]
    after: str | None


def day_book_shown(book: DayBook) -> DayBookShown:
    shift = book.work
    return DayBookShown(
        office_id=book.office.office_id,
        name=book.office.name,
        date=book.day.isoformat(),
        timezone=book.calendar.timezone.key,
        shift=shift and ShiftShown(start=format_time(shift.start_utc), end=format_time(shift.end_utc)),
        reported_through=book.reported_utc and format_time(book.reported_utc),
        complete=book.complete,
        people=[
            PresentShown(
                person_id=person.person_id,
                nip=person.nip,
                name=person.name,
                status=day.status,
                arrival=_mark(day.arrival, book.calendar),
                departure=_mark(day.departure, book.calendar),
            )
            for person, day in book.people
        ],
    )


def correction_shown(standing: corrections.Standing) -> CorrectionShown:
    correction, decision = standing.correction, standing.decision
    return CorrectionShown(
        correction_id=correction.correction_id,
        person_id=correction.person_id,
        date=correction.date.isoformat(),
        part=correction.part,
        at_utc=correction.at_utc and format_time(correction.at_utc),
        reason=correction.reason,
        occasion_id=correction.occasion_id,
        letter_id=correction.letter_id,
        state=standing.state,
        proposed_by=correction.proposed_by,
        proposed_utc=format_time(correction.proposed_utc),
        decided_by=decision and decision.by,
        decided_utc=decision and format_time(decision.decided_utc),
    )


def review_shown(review: reviews.Review) -> ReviewShown:
    time, decision = review.presence.time, review.decision
    return ReviewShown(
        event_id=review.presence.event_id,
        office_id=review.presence.office_id,
        person_id=review.person_id,
        utc=format_time(time.utc),
        earliest_utc=format_time(time.earliest_utc),
        latest_utc=format_time(time.latest_utc),
        decided_as_utc=decision and format_time(decision.utc),
        decided_by=decision and decision.by,
    )


def manual_shown(entry: ManualEntry) -> ManualShown:
    return ManualShown(
        entry_id=entry.entry_id,
        person_id=entry.person_id,
        office_id=entry.office_id,
        at_utc=format_time(entry.at_utc),
        reason=entry.reason,
        entered_by=entry.entered_by,
        entered_utc=format_time(entry.entered_utc),
        confirmed_by=entry.confirmed_by,
    )


def by_hand_shown(counted: manual.ByHand) -> ByHandShown:
    return ByHandShown(
        office_id=counted.office_id,
        decided_by=counted.decided_by,
        manual=counted.manual,
        corrections=counted.corrections,
    )


def discipline_shown(counted: year.Counted) -> DisciplineShown:
    counters = counted.counters
    return DisciplineShown(
        person_id=counted.person_id,
        office_id=counted.office_id,
        unexcused=counters.unexcused,
        longest_run=counters.longest_run,
        reached=[
            StepShown(date=date.isoformat(), days=step.days, consecutive=step.consecutive, key=step.key, who=step.who)
            for date, step in counters.reached
        ],
    )


def _mark(mark: Mark | None, calendar: WorkCalendar) -> MarkShown | None:
    if mark is None:
        return None
    time = mark.presence.time
    return MarkShown(
        event_id=mark.presence.event_id,
        device_id=mark.presence.device_id,
        utc=format_time(time.utc),
        local=time.utc.astimezone(calendar.timezone).isoformat(timespec="seconds"),
        earliest_utc=format_time(time.earliest_utc),
        latest_utc=format_time(time.latest_utc),
        time_state=time.state,
        manual=mark.presence.manual,
        minutes_off=mark.minutes_off,
        points_percent=mark.points_percent,
    )


def recorded(correction_id: str) -> Callable[[Transaction], Any]:
    """What the audit log has of a correction, before and after it is decided."""
    return lambda tx: correction_shown(corrections.look(tx, correction_id)).model_dump(mode="json")
