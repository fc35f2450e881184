"""One person's day, and days, judged from presences, plan, letters and corrections. Pure.

The first presence of a day is its arrival and the last, if another, its departure, whatever the screens said; a first
one after the end of work is a departure without an arrival. Each day is judged from its own presences alone.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from etpp.absence.model import Excusable
from etpp.absence.rules import Cover
from etpp.calendar.model import MINUTES_A_DAY, DayPlan, OccasionPlan, Work
from etpp.presence.decided import DayCorrections
from etpp.presence.model import Excused, Fault, FaultKind, JudgedDay, Mark, OfficeReports, Punch, Status

ONE_MINUTE = dt.timedelta(minutes=1)
NO_CORRECTIONS: DayCorrections = MappingProxyType({})


def judge_days(
    plans: Iterable[tuple[dt.date, DayPlan | None]],
    punches: Sequence[Punch],
    cover: Cover,
    corrections: Mapping[dt.date, DayCorrections],
    reports: Mapping[str, OfficeReports],
) -> tuple[JudgedDay, ...]:
    """Successive days of one person. `punches` as `decided.settle` gives them; each belongs to one day at most."""
    days: list[JudgedDay] = []
    doubtful = [punch for punch in punches if punch.uncertain]
    at, count = 0, len(punches)
    for date, plan in plans:
        if plan is None:
            days.append(JudgedDay(date, "", "outside", works=False))
            continue
        while at < count and punches[at].utc < plan.from_utc:
            at += 1
        first = at
        while at < count and punches[at].utc < plan.until_utc:
            at += 1
        report = reports.get(plan.office_id)
        if report is None or report.first_day is None or date < report.first_day:
            days.append(JudgedDay(date, plan.office_id, "outside", works=plan.work is not None))
            continue
        if plan.work is None and first == at and not plan.occasions and not doubtful:
            days.append(JudgedDay(date, plan.office_id, "day_off", works=False))
            continue
        touching = [punch for punch in doubtful if _touches(punch, plan)] if doubtful else ()
        today = corrections.get(date, NO_CORRECTIONS) if corrections else NO_CORRECTIONS
        if at - first > 1 and not (cover or today or doubtful) and _in_time(plan, punches[first:at]):
            came, went = punches[first], punches[at - 1]
            arrival = Mark(came.utc, "event:" + came.event_id)
            departure = Mark(went.utc, "event:" + went.event_id)
            days.append(JudgedDay(date, plan.office_id, "present", plan.work is not None, arrival, departure))
            continue
        days.append(judge_day(plan, punches[first:at], cover, today, report.reported_utc, touching))
    return tuple(days)


def judge_day(
    plan: DayPlan,
    punches: Sequence[Punch],
    cover: Cover,
    corrections: DayCorrections,
    reported_utc: dt.datetime | None,
    touching: Sequence[Punch] = (),
) -> JudgedDay:
    """One day. `punches` lie in the plan's window, by time; `touching` are uncertain and may lie in it.

    `reported_utc` is the moment up to which every terminal has reported: a late arrival counts once it has passed the
    arrival (an earlier presence may still come), all that is missing once it has passed the day's window.
    """
    return _Day(plan, punches, cover, corrections, reported_utc, touching).judged()


def short_weeks(days: Iterable[JudgedDay]) -> tuple[Fault, ...]:
    """Weeks from Monday in which flexible hours were not worked in full, each on its last day that counts.

    A day without an arrival or a departure has a fault of its own and counts neither way; a week is judged when
    nothing of it waits for a terminal.
    """
    weeks: dict[tuple[int, int], list[JudgedDay]] = defaultdict(list)
    for day in days:
        weeks[day.date.isocalendar()[:2]].append(day)
    found = []
    for week in weeks.values():
        counted = [d for d in week if d.worked_minutes is not None]
        short = sum((d.need_minutes or 0) - (d.worked_minutes or 0) for d in counted)
        if short > 0 and not any(day.waiting for day in week):
            marks = [mark for day in counted for mark in (day.arrival, day.departure) if mark is not None]
            found.append(Fault("short_week", counted[-1].date, short, tuple(mark.because for mark in marks)))
    return tuple(found)


class _Day:
    """One day while it is being judged."""

    __slots__ = (
        "complete",
        "corrections",
        "cover",
        "excused",
        "faults",
        "plan",
        "punches",
        "reported_utc",
        "touching",
        "waiting",
    )

    def __init__(
        self,
        plan: DayPlan,
        punches: Sequence[Punch],
        cover: Cover,
        corrections: DayCorrections,
        reported_utc: dt.datetime | None,
        touching: Sequence[Punch],
    ) -> None:
        self.plan = plan
        self.punches = punches
        self.cover = cover
        self.corrections = corrections
        self.touching = touching
        self.reported_utc = reported_utc
        self.complete = reported_utc is not None and reported_utc >= plan.until_utc
        self.faults: list[Fault] = []
        self.excused: list[Excused] = []
        self.waiting = False

    def judged(self) -> JudgedDay:
        plan, work, corrections = self.plan, self.plan.work, self.corrections
        arrival, departure = self._marks()
        whole_day = self.cover.whole_day(work.start_utc, work.end_utc) if work is not None and self.cover else None
        worked: int | None = None
        status: Status
        if work is None:
            status = "day_off"
        elif ("day", "") in corrections:
            status = "present"
        elif arrival is None and departure is None:
            status = self._nobody_seen(work)
        else:
            status = "present"
            self._judge_arrival(work, arrival)
            self._judge_departure(work, departure)
            if work.need_minutes is not None and arrival is not None and departure is not None:
                worked = self._worked(work, arrival, departure)
                self.waiting = self.waiting or not self.complete  # a later departure may still come
        if plan.occasions and (work is None or arrival is not None or departure is not None):
            for occasion in plan.occasions:
                self._judge_occasion(occasion, work)
        elsewhere, by_hand, review = [], [], [punch.event_id for punch in self.touching] if self.touching else []
        for punch in self.punches:
            if punch.office_id != plan.office_id:
                elsewhere.append(punch.event_id)
            if punch.manual:
                by_hand.append(punch.event_id)
            if punch.uncertain:
                review.append(punch.event_id)
        return JudgedDay(
            plan.date,
            plan.office_id,
            status,
            work is not None,
            arrival,
            departure,
            tuple(self.faults),
            tuple(self.excused),
            whole_day,
            tuple(sorted(review)) if review else (),
            self.waiting,
            tuple(elsewhere),
            tuple(by_hand),
            worked,
            None if work is None else work.need_minutes,
        )

    def _marks(self) -> tuple[Mark | None, Mark | None]:
        """Arrival and departure. Of an uncertain presence the end of its interval that is better for the person."""
        punches, work = self.punches, self.plan.work
        arrival = departure = None
        if punches:
            first, last = punches[0], punches[-1]
            over = work is not None and first.utc >= work.end_utc
            if not over:
                at = first.earliest_utc if first.uncertain else first.utc
                arrival = Mark(at, "event:" + first.event_id, first.uncertain, first.manual)
            if over or last is not first:
                at = last.latest_utc if last.uncertain else last.utc
                departure = Mark(at, "event:" + last.event_id, last.uncertain, last.manual)
        if self.corrections and work is not None:
            arrival = self._corrected("arrival", work.arrive_by_utc) or arrival
            departure = self._corrected("departure", work.leave_from_utc) or departure
        return arrival, departure

    def _corrected(self, part: Literal["arrival", "departure"], in_time: dt.datetime) -> Mark | None:
        correction = self.corrections.get((part, ""))
        if correction is None:
            return None
        return Mark(correction.at_utc or in_time, f"correction:{correction.correction_id}")

    def _judge_arrival(self, work: Work, arrival: Mark | None) -> None:
        due = work.arrive_by_utc
        if arrival is None:
            self._missing("missing_arrival", "late", due, due + ONE_MINUTE)
        elif arrival.at_utc > due:
            seen = self.reported_utc is not None and self.reported_utc >= arrival.at_utc
            known = seen or not arrival.because.startswith("event:")
            self._off("late", due, arrival.at_utc, work.grace_late_minutes, arrival, known=known)

    def _judge_departure(self, work: Work, departure: Mark | None) -> None:
        due = work.leave_from_utc
        if departure is None:
            self._missing("missing_departure", "early", due - ONE_MINUTE, due)
        elif departure.at_utc < due:
            known = self.complete or not departure.because.startswith("event:")
            self._off("early", departure.at_utc, due, work.grace_early_minutes, departure, known=known)

    def _off(
        self,
        kind: Literal["late", "early"],
        start: dt.datetime,
        end: dt.datetime,
        grace: int,
        mark: Mark,
        *,
        known: bool,
    ) -> None:
        # Whole minutes: 07:30:59 is 07:30 to everybody who reads a clock.
        minutes = whole_minutes(end - start)
        if minutes <= grace:
            return
        because: tuple[str, ...] = (mark.because,)
        if self.cover:
            left, letters = self.cover.uncovered(kind, start, end)
            minutes = whole_minutes(left)
            because = (mark.because, *[f"letter:{each}" for each in letters])
        if minutes <= grace:
            self.excused.append(Excused(kind, self.plan.date, because))
        elif not known:
            self.waiting = True
        else:
            self.faults.append(Fault(kind, self.plan.date, minutes, because))

    def _missing(self, kind: FaultKind, excusable: Excusable, start: dt.datetime, end: dt.datetime) -> None:
        """Nobody was seen at the moment at which a presence is asked for."""
        letters = self.cover.covering(excusable, start, end)
        if letters:
            self.excused.append(Excused(kind, self.plan.date, tuple(f"letter:{each}" for each in letters)))
        elif not self.complete:
            self.waiting = True
        else:
            self.faults.append(Fault(kind, self.plan.date, 0, self._planned()))

    def _nobody_seen(self, work: Work) -> Status:
        """A day without a presence: excused at the two moments at which one is asked for, at one, or at neither."""
        came, went = work.arrive_by_utc, work.leave_from_utc
        for_arrival = self.cover.covering("absence", came, came + ONE_MINUTE)
        for_departure = self.cover.covering("absence", went - ONE_MINUTE, went)
        if for_arrival or for_departure:
            letters = dict.fromkeys((*for_arrival, *for_departure))
            self.excused.append(Excused("absent", self.plan.date, tuple(f"letter:{each}" for each in letters)))
        if for_arrival and for_departure:
            return "excused"
        if not self.complete:
            self.waiting = True
            return "not_reported"
        if self.touching:
            self.waiting = True
            return "unclear"
        kind: FaultKind = "missing_departure" if for_arrival else "missing_arrival" if for_departure else "absent"
        self.faults.append(Fault(kind, self.plan.date, 0, self._planned()))
        return "absent" if kind == "absent" else "excused"

    def _judge_occasion(self, occasion: OccasionPlan, work: Work | None) -> None:
        first, until = occasion.first_utc, occasion.until_utc
        if ("occasion", occasion.occasion_id) in self.corrections or ("day", "") in self.corrections:
            return
        if any(_may_lie_in(punch, first, until) for punch in (*self.punches, *self.touching)):
            return
        if work is not None and work.start_utc < until:
            first = max(first, work.start_utc)  # a letter for the hours of work excuses an apel that begins before them
        letters = self.cover.covering("occasion", first, until)
        if letters:
            self.excused.append(Excused("occasion", self.plan.date, tuple(f"letter:{each}" for each in letters)))
        elif self.reported_utc is None or self.reported_utc < until:
            self.waiting = True
        else:
            because = (f"calendar:{occasion.occasion_id}",)
            self.faults.append(Fault("occasion", self.plan.date, 0, because))

    def _worked(self, work: Work, arrival: Mark, departure: Mark) -> int:
        """Minutes of flexible hours. What letters excuse is work too, up to what the day needs."""
        start = max(arrival.at_utc, work.start_utc)
        end = max(min(departure.at_utc, work.end_utc), start)
        present = end - start
        before, _ = self.cover.uncovered("late", work.start_utc, start)
        after, _ = self.cover.uncovered("early", end, work.end_utc)
        with_letters = work.end_utc - work.start_utc - before - after
        minutes = max(whole_minutes(present) - work.break_minutes, 0)
        credited = whole_minutes(with_letters) - work.break_minutes
        return max(minutes, min(credited, work.need_minutes or 0))

    def _planned(self) -> tuple[str, ...]:
        work = self.plan.work
        return (f"calendar:{work.source}",) if work is not None else ()


def whole_minutes(span: dt.timedelta) -> int:
    """Rounded down, as `span // ONE_MINUTE`, in half of its time."""
    return span.days * MINUTES_A_DAY + span.seconds // 60


def _in_time(plan: DayPlan, punches: Sequence[Punch]) -> bool:
    """Whether a day is one of the many on which there is nothing to judge: seen in time at both ends, by machines of
    the own office, with nothing else asked for."""
    work, office_id = plan.work, plan.office_id
    if work is None or work.need_minutes is not None or plan.occasions:
        return False
    for punch in punches:
        if punch.office_id != office_id or punch.manual:
            return False
    return punches[0].utc <= work.arrive_by_utc and punches[-1].utc >= work.leave_from_utc


def _touches(punch: Punch, plan: DayPlan) -> bool:
    """Whether an uncertain presence of another day may have happened on this one."""
    if plan.from_utc <= punch.utc < plan.until_utc:
        return False
    return punch.earliest_utc < plan.until_utc and punch.latest_utc >= plan.from_utc


def _may_lie_in(punch: Punch, first: dt.datetime, until: dt.datetime) -> bool:
    if punch.uncertain:
        return punch.earliest_utc < until and punch.latest_utc >= first
    return first <= punch.utc < until
