"""Corrections of a person's day: proposed by one person, decided by another, never by the one concerned.

What the rules (`decided.check_correction`, `judge`) would leave without effect is refused: a day off, a day of no
office, an occasion that did not take place, a time of another day, something that is still to come.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from etpp.absence.store import LETTERS
from etpp.base import bounds
from etpp.base.clock import month_of
from etpp.base.errors import Conflict, NotFound
from etpp.base.paging import filled
from etpp.calendar.model import DayPlan, PlanError
from etpp.db import Transaction, hold_each
from etpp.presence import store
from etpp.presence.asked import NewCorrection
from etpp.presence.daybook import office_reports
from etpp.presence.decided import CorrectionFault, check_correction, last_decision
from etpp.presence.model import Correction, CorrectionDecision
from etpp.roster import register
from etpp.roster.assignments import Career, CareerError
from etpp.roster.hours import regency_calendar
from etpp.roster.store import Roster

CorrectionDays = Callable[[Transaction, dt.date], int | None]
"""For how many working days after a day the policy of its month lets corrections be proposed; None: for ever."""
CorrectionState = Literal["proposed", "approved", "refused"]

_FAULTS: Mapping[CorrectionFault, Callable[[], Conflict]] = {
    "future": lambda: Conflict("a correction is never for something that is still to come", key="correction_future"),
    "too_late": lambda: Conflict(
        "the time in which this day could be corrected is over: the policy sets it", key="correction_late"
    ),
    "no_occasion": lambda: Conflict(
        "an occasion is named by its id, and nothing else has one", key="correction_occasion"
    ),
    "no_time": lambda: Conflict("only an arrival or a departure has a time", key="correction_no_time"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A correction, and the decision on it that counts."""

    correction: Correction
    state: CorrectionState
    decision: CorrectionDecision | None


def propose(
    tx: Transaction, new: NewCorrection, days: CorrectionDays, now: dt.datetime, correction_id: str | None = None
) -> Correction:
    """`correction_id`: that the person's own device made. Raises Conflict for what would not count, NotFound for whom
    nobody knows."""
    roster = Roster(tx)
    person, by = roster.who(new.person), roster.actor(new.proposed_by)
    correction = Correction(
        correction_id or str(uuid.uuid4()),
        person,
        new.date,
        new.part,
        new.at_utc,
        new.reason,
        by,
        now,
        new.occasion_id,
        new.letter_id,
    )
    try:
        calendar, career = regency_calendar(tx), roster.career(person)
        plan = calendar.person_plan(career, new.date)
        if plan is None:
            raise Conflict("the person belongs to no office on this day", key="belongs_nowhere")
        office_id = month_office(career, new.date)
        faults = check_correction(
            correction, calendar.zone(office_id), partial(calendar.due, career), days(tx, new.date)
        )
    except (PlanError, CareerError) as error:
        raise Conflict(f"calendar and roster must be put right first: {error}", key="calendar_contradicts") from error
    if faults:
        raise _FAULTS[faults[0]]()
    reports = office_reports(tx, register.office(tx, plan.office_id), new.date)
    if reports.first_day is None or new.date < reports.first_day:
        raise Conflict("nobody is judged on this day: the office had no terminal yet", key="day_unjudged")
    _refuse_without_effect(correction, plan, now)
    letter = LETTERS.one(tx, new.letter_id) if new.letter_id else None
    if new.letter_id and (letter is None or person not in letter.person_ids):
        raise NotFound("there is no such letter for this person", key="letter_not_for")
    hold_each(tx, "corrections of", [person])
    if store.undecided_of(tx, person) >= bounds.CORRECTIONS:
        n = bounds.CORRECTIONS
        raise Conflict(f"{n} corrections of the person's days wait for a decision already", key="correction_many", n=n)
    store.CORRECTIONS.add(tx, [correction], by, now)
    return correction


def decide(tx: Transaction, correction_id: str, approved: bool, by: str, now: dt.datetime) -> Standing:
    """A later decision takes the place of an earlier one."""
    correction = store.locked_correction(tx, correction_id)
    if correction is None:
        raise NotFound("there is no such correction", key="correction_unknown")
    actor = Roster(tx).actor(by)
    if actor == correction.person_id:
        raise Conflict("nobody decides on a correction of the own day: let another one decide", key="correction_own")
    if actor == correction.proposed_by:
        raise Conflict(
            "whoever proposed a correction does not decide on it: let another one decide", key="correction_proposer"
        )
    standing = standings(tx, [correction])[0]
    verdict: CorrectionState = "approved" if approved else "refused"
    if standing.state == verdict:
        raise Conflict(f"the correction is {verdict} already", key="correction_decided")
    if len(store.decisions_on(tx, [correction_id])) >= bounds.DECISIONS:
        n = bounds.DECISIONS
        raise Conflict(f"it was decided {n} times already: propose a new correction", key="decisions_many", n=n)
    at = after_all(now, store.decided_for(tx, correction.person_id, correction.date))
    decision = CorrectionDecision(str(uuid.uuid4()), correction_id, approved, actor, at)
    store.CORRECTION_DECISIONS.add(tx, [decision], actor, now)
    return standings(tx, [correction])[0]


def look(tx: Transaction, correction_id: str) -> Standing:
    """Raises NotFound."""
    found = store.CORRECTIONS.one(tx, correction_id)
    if found is None:
        raise NotFound("there is no such correction", key="correction_unknown")
    return standings(tx, [found])[0]


def standings(tx: Transaction, corrections: Sequence[Correction]) -> list[Standing]:
    """In their order."""
    decisions = store.decisions_on(tx, [each.correction_id for each in corrections])
    found = []
    for correction in corrections:
        last = last_decision(correction, decisions)
        state: CorrectionState = "proposed" if last is None else "approved" if last.approved else "refused"
        found.append(Standing(correction, state, last))
    return found


def page(
    tx: Transaction,
    *,
    office_id: str | None,
    person: str | None,
    state: CorrectionState | None,
    first: dt.date | None,
    last: dt.date | None,
    after: str,
    limit: int,
) -> list[Standing]:
    """By id, those after one, no more than `limit`; of days from `first` to `last`."""
    if office_id is not None:
        register.office(tx, office_id)
    person_id = None if person is None else Roster(tx).who(person)

    def read(after: str) -> list[Correction]:
        return store.corrections_within(
            tx, office_id=office_id, person_id=person_id, first=first, last=last, after=after, limit=limit
        )

    def shown(rows: Sequence[Correction]) -> list[Standing]:
        return [each for each in standings(tx, rows) if state is None or each.state == state]

    return filled(read, shown, lambda row: row.correction_id, after, limit)


def month_office(career: Career, date: dt.date) -> str:
    """The office that a day's month is reckoned at: the last one in it. Of a day on which there is one."""
    return career.within(*month_of(date))[-1].office_id


def after_all(now: dt.datetime, moments: Sequence[dt.datetime]) -> dt.datetime:
    """Now, or just after the last of these: a decision by a server whose clock is behind is still the latest one."""
    return max(now, *(moment + dt.timedelta(microseconds=1) for moment in moments)) if moments else now


def _refuse_without_effect(correction: Correction, plan: DayPlan, now: dt.datetime) -> None:
    work = plan.work
    if correction.part == "occasion":
        windows = [each.until_utc for each in plan.occasions if each.occasion_id == correction.occasion_id]
        if not windows:
            raise Conflict("there was no such occasion for the person on this day", key="occasion_none")
        over = windows[0]
    elif work is None:
        raise Conflict("the person had no work on this day", key="day_without_work")
    else:
        over = {"arrival": work.arrive_by_utc, "departure": work.leave_from_utc}.get(correction.part, work.end_utc)
    at = correction.at_utc
    if at is not None and not plan.from_utc <= at < plan.until_utc:
        raise Conflict("the time lies outside of the day", key="time_other_day")
    if at is None and over > now:
        raise _FAULTS["future"]()
