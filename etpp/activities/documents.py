"""Activities as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from etpp.activities.importing import Imported
from etpp.activities.model import Answer, Entry, Item, Standing, Weight
from etpp.activities.service import MonthOf
from etpp.base.encoding import format_time
from etpp.base.money import ZERO, plain


def answers_json(answers: Sequence[Answer]) -> dict[str, Any]:
    return {
        "done": sum(answer.outcome == "done" for answer in answers),
        "entries": [
            {"entry_id": each.entry_id, "outcome": each.outcome, "faults": list(each.faults)} for each in answers
        ],
    }


def entry_json(entry: Entry) -> dict[str, Any]:
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


def standing_json(standing: Standing) -> dict[str, Any]:
    """`points`: as entered and as recognised; they differ where a verdict or a ceiling cut them."""
    judged = standing.judged
    steps = [
        {"step": each.step, "by": each.by, "at_utc": format_time(each.at_utc), "reason": each.reason}
        for each in standing.steps
    ]
    return {
        **entry_json(standing.entry),
        "verdict": judged.verdict,
        "points": {"entered": plain(judged.entered), "recognised": plain(judged.recognised)},
        "steps": steps,
    }


def month_json(month: MonthOf, after: str, limit: int) -> dict[str, Any]:
    """The month's points by day, whole, and a page of its entries; `next` to go on after."""
    days = month.ledger.days
    keys = [f"{each.entry.date}:{each.entry.entry_id}" for each in month.standings]
    start = next((n for n, key in enumerate(keys) if key > after), len(keys))
    page = month.standings[start : start + limit]
    return {
        "points": {
            "entered": plain(sum((day.entered for day in days), start=ZERO)),
            "recognised": plain(sum((day.recognised for day in days), start=ZERO)),
        },
        "days": [
            {"date": day.date.isoformat(), "entered": plain(day.entered), "recognised": plain(day.recognised)}
            for day in days
        ],
        "undecided": len(month.ledger.undecided),
        "entries": [standing_json(each) for each in page],
        "next": keys[start + limit - 1] if start + limit < len(keys) else None,
    }


def item_json(item: Item, weights: Iterable[Weight]) -> dict[str, Any]:
    return {
        "item_id": item.item_id,
        "name": item.name,
        "unit": item.unit,
        "first": item.first.isoformat(),
        "last": None if item.last is None else item.last.isoformat(),
        "most_a_day": None if item.most_a_day is None else plain(item.most_a_day),
        "weights": [
            {
                "points": plain(weight.points),
                "first": weight.first.isoformat(),
                "last": None if weight.last is None else weight.last.isoformat(),
                "post_id": weight.post_id,
                "job_class": weight.job_class,
            }
            for weight in weights
        ],
    }


def imported_json(found: Imported) -> dict[str, Any]:
    """What a table changes, and its faults, a row each."""
    return {
        "recorded": found.recorded,
        "changes": [
            {
                "line": each.line,
                "change": each.what,
                "of": "item" if isinstance(each.fact, Item) else "weight",
                "item_id": each.fact.item_id,
                "first": each.fact.first.isoformat(),
                "last": None if each.fact.last is None else each.fact.last.isoformat(),
            }
            for each in found.plan.changes
            if each.what != "same"
        ],
        "same": sum(each.what == "same" for each in found.plan.changes),
        "faults": [{"line": each.line, "says": each.says} for each in found.plan.faults],
    }
