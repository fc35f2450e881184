"""Activities as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from etpp.activities.importing import Imported
from etpp.activities.model import Answer, Entry, EntryFault, Item, Outcome, Standing, Step, Verdict, Weight
from etpp.activities.service import MonthOf
from etpp.base.encoding import format_time
from etpp.base.money import ZERO, plain
from etpp.base.shown import Amount, Day, FaultShown, Moment, Sha256, Shown


class EntryAnswerShown(Shown):
    """What became of one entry; `faults`: why it was refused."""

    entry_id: str
    outcome: Outcome
    faults: list[EntryFault | Literal["late"]]


class AnswersShown(Shown):
    """`done`: how many were recorded now."""

    done: int
    entries: list[EntryAnswerShown]


class EntryShown(Shown):
    """An activity as its author entered it."""

    entry_id: str
    person_id: str
    date: Day
    item_id: str
    quantity: Amount
    note: str
    start_utc: Moment | None
    end_utc: Moment | None
    evidence_sha256: Sha256 | None
    entered_utc: Moment


class EntryStepShown(Shown):
    """What somebody did with an entry."""

    step: Step
    by: str
    at_utc: Moment
    reason: str


class PointsShown(Shown):
    """As entered and as recognised; they differ where a verdict or a ceiling cut them."""

    entered: Amount
    recognised: Amount


class JudgedEntryShown(EntryShown):
    """An entry as it stands."""

    verdict: Verdict
    points: PointsShown
    steps: list[EntryStepShown]


class DayPointsShown(Shown):
    """A day's points, after its ceilings."""

    date: Day
    entered: Amount
    recognised: Amount


class ActivityMonthShown(Shown):
    """The month's points by day, whole, and a page of its entries; `next` leads to the following one."""

    points: PointsShown
    days: list[DayPointsShown]
    undecided: int
    entries: list[JudgedEntryShown]
    next: str | None


class WaitingShown(Shown):
    """`waiting`: how many there are in all; `next` leads to the following page, None: the last."""

    waiting: int
    entries: list[EntryShown]
    next: str | None


class WeightShown(Shown):
    """The points of one unit, of a post or a class or, with neither, of everybody."""

    points: Amount
    first: Day
    last: Day | None
    post_id: str | None
    job_class: int | None


class ItemShown(Shown):
    """A kind of activity; `most_a_day`: of its quantity."""

    item_id: str
    name: str
    unit: str
    first: Day
    last: Day | None
    most_a_day: Amount | None
    weights: list[WeightShown]


class CatalogueShown(Shown):
    """`next` leads to the following page, None: the last."""

    items: list[ItemShown]
    next: str | None


class CatalogueChangeShown(Shown):
    """What one line of a table does to an item or a weight."""

    line: int
    change: Literal["new", "changed", "ended"]
    of: Literal["item", "weight"]
    item_id: str
    first: Day
    last: Day | None


class CatalogueImportShown(Shown):
    """What a table changes, and its faults, a row each; `same`: how many lines change nothing."""

    recorded: bool
    changes: list[CatalogueChangeShown]
    same: int
    faults: list[FaultShown]


def answers_shown(answers: Sequence[Answer]) -> AnswersShown:
    return AnswersShown(
        done=sum(answer.outcome == "done" for answer in answers),
        entries=[
            EntryAnswerShown(entry_id=each.entry_id, outcome=each.outcome, faults=list(each.faults)) for each in answers
        ],
    )


def entry_shown(entry: Entry) -> EntryShown:
    return EntryShown(**_entry(entry))


def judged_shown(standing: Standing) -> JudgedEntryShown:
    judged = standing.judged
    return JudgedEntryShown(
        **_entry(standing.entry),
        verdict=judged.verdict,
        points=PointsShown(entered=plain(judged.entered), recognised=plain(judged.recognised)),
        steps=[
            EntryStepShown(step=each.step, by=each.by, at_utc=format_time(each.at_utc), reason=each.reason)
            for each in standing.steps
        ],
    )


def month_shown(month: MonthOf, after: str, limit: int) -> ActivityMonthShown:
    days = month.ledger.days
    keys = [f"{each.entry.date}:{each.entry.entry_id}" for each in month.standings]
    start = next((n for n, key in enumerate(keys) if key > after), len(keys))
    page = month.standings[start : start + limit]
    return ActivityMonthShown(
        points=PointsShown(
            entered=plain(sum((day.entered for day in days), start=ZERO)),
            recognised=plain(sum((day.recognised for day in days), start=ZERO)),
        ),
        days=[
            DayPointsShown(date=day.date.isoformat(), entered=plain(day.entered), recognised=plain(day.recognised))
            for day in days
        ],
        undecided=len(month.ledger.undecided),
        entries=[judged_shown(each) for each in page],
        next=keys[start + limit - 1] if start + limit < len(keys) else None,
    )


def item_shown(item: Item, weights: Iterable[Weight]) -> ItemShown:
    return ItemShown(
        item_id=item.item_id,
        name=item.name,
        unit=item.unit,
        first=item.first.isoformat(),
        last=None if item.last is None else item.last.isoformat(),
        most_a_day=None if item.most_a_day is None else plain(item.most_a_day),
        weights=[
            WeightShown(
                points=plain(weight.points),
                first=weight.first.isoformat(),
                last=None if weight.last is None else weight.last.isoformat(),
                post_id=weight.post_id,
                job_class=weight.job_class,
            )
            for weight in weights
        ],
    )


def imported_shown(found: Imported) -> CatalogueImportShown:
    return CatalogueImportShown(
        recorded=found.recorded,
        changes=[
            CatalogueChangeShown(
                line=each.line,
                change=each.what,
                of="item" if isinstance(each.fact, Item) else "weight",
                item_id=each.fact.item_id,
                first=each.fact.first.isoformat(),
                last=None if each.fact.last is None else each.fact.last.isoformat(),
            )
            for each in found.plan.changes
            if each.what != "same"
        ],
        same=sum(each.what == "same" for each in found.plan.changes),
        faults=[FaultShown(line=each.line, says=each.says) for each in found.plan.faults],
    )


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "entry_id": entry.entry_id,
        "person_id": entry.person_id,
        "date": entry.date.isoformat(),
        "item_id": entry.item_id,
        "quantity": plain(entry.quantity),
        "note": entry.note,
        "start_utc": None if entry.start_utc is None else format_time(entry.start_utc),
        "end_utc": None if entry.end_utc is None else format_time(entry.end_utc),
        "evidence_sha256": entry.evidence_sha256,
        "entered_utc": format_time(entry.entered_utc),
    }
