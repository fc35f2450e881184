"""Objections as the calls show them."""

from __future__ import annotations

from etpp.base.encoding import format_time
from etpp.base.shown import Moment, MonthText, Shown
from etpp.objections.model import ObjectionState, Standing


class ObjectionShown(Shown):
    """`about`: `day:` and a date, or `line:` and the key of a statement's line."""

    objection_id: str
    person_id: str
    office_id: str
    month: MonthText
    about: str
    reason: str
    filed_utc: Moment
    state: ObjectionState
    answer: str | None
    answered_by: str | None
    answered_utc: Moment | None


class ObjectionsShown(Shown):
    """By id. `after` leads to the next page; None on the last."""

    objections: list[ObjectionShown]
    after: str | None


def objection_shown(each: Standing) -> ObjectionShown:
    objection, answer = each.objection, each.answer
    return ObjectionShown(
        objection_id=objection.objection_id,
        person_id=objection.person_id,
        office_id=objection.office_id,
        month=objection.month,
        about=objection.about,
        reason=objection.reason,
        filed_utc=format_time(objection.filed_utc),
        state=each.state,
        answer=None if answer is None else answer.answer,
        answered_by=None if answer is None else answer.by,
        answered_utc=None if answer is None else format_time(answer.answered_utc),
    )
