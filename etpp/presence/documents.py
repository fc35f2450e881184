"""Corrections, reviews, manual entries and discipline as the administrator's calls and the commands show them."""

from __future__ import annotations

from pydantic import BaseModel

from etpp.base.encoding import format_time
from etpp.presence import corrections, manual, reviews, year
from etpp.presence.corrections import CorrectionState
from etpp.presence.model import ManualEntry, Part


class CorrectionShown(BaseModel):
    correction_id: str
    person_id: str
    date: str
    part: Part
    at_utc: str | None
    reason: str
    occasion_id: str
    letter_id: str
    state: CorrectionState
    proposed_by: str
    proposed_utc: str
    decided_by: str | None
    decided_utc: str | None


class CorrectionsShown(BaseModel):
    """`after` leads to the next page; None on the last. So do those of the other lists."""

    corrections: list[CorrectionShown]
    after: str | None


class ReviewShown(BaseModel):
    event_id: str
    office_id: str
    person_id: str
    utc: str
    earliest_utc: str
    latest_utc: str
    decided_as_utc: str | None
    decided_by: str | None


class ReviewsShown(BaseModel):
    reviews: list[ReviewShown]
    after: str | None


class ManualShown(BaseModel):
    entry_id: str
    person_id: str
    office_id: str
    at_utc: str
    reason: str
    entered_by: str
    entered_utc: str
    confirmed_by: str | None


class ManualsShown(BaseModel):
    manual: list[ManualShown]
    after: str | None


class ByHandShown(BaseModel):
    """`decided_by`: who confirmed or decided; empty of what waits."""

    office_id: str
    decided_by: str
    manual: int
    corrections: int


class CountsShown(BaseModel):
    counts: list[ByHandShown]


class StepShown(BaseModel):
    """A step reached on a day: what must be done (`key`) by whom."""

    date: str
    days: int
    consecutive: bool
    key: str
    who: str


class DisciplineShown(BaseModel):
    person_id: str
    office_id: str
    unexcused: int
    longest_run: int
    reached: list[StepShown]


class DisciplinesShown(BaseModel):
    discipline: list[DisciplineShown]
    after: str | None


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
