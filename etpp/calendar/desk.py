"""What a form of the month's page decides, as the changes that calls and commands make too. Pure."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

from etpp.base import sheets
from etpp.base.errors import NotFound
from etpp.calendar.asked import Changes
from etpp.calendar.documents import period_shown
from etpp.calendar.model import CalendarFacts, Hours, PlanError
from etpp.calendar.proposals import RAMADAN_HOURS, propose_days_off, propose_ramadan
from etpp.calendar.rules import WEEKDAYS
from etpp.calendar.week import begin, usual_on
from etpp.console import forms

What = Literal["off", "hours", "occasion", "week", "withdraw", "day", "year", "ramadan"]
"""`off`, `hours`, `occasion`: of a day or a span of them; `week`: the usual hours from a day on; `withdraw`: something
decided; `day`, `year`, `ramadan`: a proposal is taken as it is."""
TAKEN: frozenset[str] = frozenset({"day", "year", "ramadan"})
LONGEST_SPAN = 62
"""Days that are decided at once."""
_WITHDRAWN = ("special_days", "occasions", "periods")
WEEK_PARTS = ("start", "end", "break")
WEEK = tuple(f"{day}_{part}" for day in WEEKDAYS for part in WEEK_PARTS)
"""The fields of a week's form."""
_OCCASIONS = uuid.UUID("7a0c3f5e-2f0f-4d0e-9a57-6c1c6f0b8d21")
_ONE_DAY = dt.timedelta(days=1)


def what_of(values: Mapping[str, str]) -> What:
    """Raises Wrong."""
    known: dict[str, What] = {each: each for each in get_args(What)}
    found = known.get(values.get("what", ""))
    if found is None:
        raise forms.Wrong({"what": "empty"})
    return found


def changes_of(values: Mapping[str, str], by: str, taken_names: Mapping[dt.date, str]) -> Changes:
    """`taken_names`: days off that hold for the scope already, which no proposal makes anew. Raises Wrong, and NotFound
    for a proposal that there is not."""
    what, scope = what_of(values), values.get("office_id") or None
    if what == "withdraw":
        kind, fact = values.get("kind", ""), values.get("fact", "")
        if kind not in _WITHDRAWN:
            raise forms.Wrong({"": "wrong"})
        return forms.read(Changes, {"by": by, "withdrawn": {kind: [fact]}})
    if what in TAKEN:
        return forms.read(Changes, {"by": by, **_proposed(what, scope, values, taken_names)})
    first = forms.day("first", values.get("first", ""))
    until = forms.day("until", values["until"]) if values.get("until") else first
    if until < first:
        raise forms.Wrong({"until": "backwards"})
    name = values.get("name", "").strip()
    if not name:
        raise forms.Wrong({"name": "empty"})
    if what == "occasion":
        window = [_clock(values, "window_from"), _clock(values, "window_until")]
        if window[1] <= window[0]:
            raise forms.Wrong({"window_until": "backwards"})
        occasion = {
            "scope": scope,
            "name": name,
            "first": first,
            "last": until,
            "window": window,
            "on_days_off": values.get("on_days_off") == "yes",
            "for_shifts": values.get("for_shifts") == "yes",
        }
        return forms.read(Changes, {"by": by, "occasions": [{"occasion_id": _made_of(occasion), **occasion}]})
    if (until - first).days >= LONGEST_SPAN:
        raise forms.Wrong({"until": "span"})
    hours = None if what == "off" else _hours(values)
    days = [first + n * _ONE_DAY for n in range((until - first).days + 1)]
    special = [{"scope": scope, "date": day, "name": name, "hours": hours} for day in days]
    return forms.read(Changes, {"by": by, "special_days": special})


def week_of(values: Mapping[str, str], by: str, facts: CalendarFacts, lineage: Sequence[str | None]) -> Changes:
    """Another usual week from a day on; a weekday without hours is off. What the form does not ask for (grace, a core
    of flexible hours) stays as it is on that weekday. Raises Wrong."""
    scope, first = values.get("office_id") or None, forms.day("first", values.get("first", ""))
    held = usual_on(facts, lineage, first)
    days: dict[int, Hours] = {}
    wrong: dict[str, str] = {}
    for number, name in enumerate(WEEKDAYS):
        start, end, minutes = (f"{name}_{part}" for part in WEEK_PARTS)
        if not values.get(start, "").strip() and not values.get(end, "").strip():
            continue
        try:
            said = _hours(values, start, end, minutes)
            before = None if held is None else held.days.get(number)
            days[number] = replace(before, **said) if before is not None else Hours(**said)
        except forms.Wrong as error:
            wrong |= error.fields
        except PlanError:
            wrong[minutes] = "wrong"
    if not days and not wrong:
        wrong[f"{WEEKDAYS[0]}_start"] = "empty"
    if wrong:
        raise forms.Wrong(wrong)
    periods = [period_shown(each).model_dump(mode="json") for each in begin(facts, scope, first, days)]
    return forms.read(Changes, {"by": by, "periods": periods})


def _proposed(
    what: What, scope: str | None, values: Mapping[str, str], held: Mapping[dt.date, str]
) -> dict[str, list[dict[str, Any]]]:
    day = forms.day("first", values.get("first", ""))
    if what == "ramadan":
        span = next((each for each in propose_ramadan(day.year) if each[0] == day), None)
        if span is None:
            raise NotFound("there is no such proposal", key="calendar_no_proposal")
        period = {"scope": scope, "first": span[0], "last": span[1], "season": "ramadan", "days": RAMADAN_HOURS}
        return {"periods": [period]}
    proposals = [each for each in propose_days_off(day.year) if each.date not in held]
    wanted = [each for each in proposals if what == "year" or each.date == day]
    if not wanted:
        raise NotFound("there is no such proposal", key="calendar_no_proposal")
    return {"special_days": [{"scope": scope, "date": each.date, "name": each.name} for each in wanted]}


def _made_of(occasion: Mapping[str, object]) -> str:
    """An id: the same form sent twice is one occasion, and two that begin at one minute are two."""
    return str(uuid.uuid5(_OCCASIONS, json.dumps(occasion, default=str, sort_keys=True)))


def _hours(values: Mapping[str, str], start: str = "start", end: str = "end", pause: str = "break") -> dict[str, Any]:
    minutes = values.get(pause, "").strip() or "0"
    if not (minutes.isascii() and minutes.isdecimal() and len(minutes) < 4):
        raise forms.Wrong({pause: "number"})
    return {"start": _clock(values, start), "end": _clock(values, end), "break_minutes": int(minutes)}


def _clock(values: Mapping[str, str], field: str) -> dt.time:
    """A local time to the minute, as browsers send it."""
    text = values.get(field, "").strip()
    try:
        return sheets.time(text)
    except ValueError:
        raise forms.Wrong({field: "clock" if text else "empty"}) from None
