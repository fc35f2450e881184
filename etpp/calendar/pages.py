"""A month of an office, or of the regency, as a calendar; what BKPP changes in it, shown before it holds."""

from __future__ import annotations

import datetime as dt
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from fastapi import APIRouter, Response

from etpp.base.asked import month as month_asked
from etpp.base.errors import Conflict, NotFound
from etpp.calendar import desk, looking, views
from etpp.calendar.asked import Changes
from etpp.calendar.decide import Around, decide, preview
from etpp.calendar.model import PlanError
from etpp.calendar.plan import Calendar
from etpp.calendar.recorded import recorded
from etpp.console import forms
from etpp.console.visit import CheckedForm, MemberVisit, Visit
from etpp.db import Transaction

T = TypeVar("T")

FORM: tuple[str, ...] = (
    *("what", "office_id", "first", "until", "name", "start", "end", "break", "window_from", "window_until"),
    *("on_days_off", "for_shifts", "kind", "fact"),
    *desk.WEEK,
)
"""What a change is made of, and the preview hands on."""


class _ReachesClosed(Exception):
    """A change would reach a closed month of which the visitor does not know."""


def routes(around: Around, reach: views.Reach) -> APIRouter:
    router = APIRouter()

    @router.get("/calendar")
    async def month(visit: MemberVisit, office_id: str = "", month: str = "", day: str = "") -> Response:
        values = {"office_id": office_id, "first": day}
        return await _month(visit, around, reach, values, {}, month)

    @router.get("/calendar/preview")
    async def look_first(visit: MemberVisit) -> Response:
        """What a change would come to: nothing is recorded."""
        return await _preview(visit, around, reach, _form(visit.request.query_params))

    @router.post("/calendar")
    async def change(visit: MemberVisit, values: CheckedForm) -> Response:
        """What reaches a month that was closed and that nobody was shown as closed is shown first: also where one press
        would have done, and where it was closed since."""
        now, typed, seen = visit.server.now(), _form(values), frozenset(values.get("closed", "").split())

        def work(tx: Transaction) -> None:
            made = _changes(tx, visit, around, typed)
            reached = views.effect(tx, preview(tx, made, around, now), reach, now).closed
            if not seen.issuperset(f"{each:%Y-%m}" for each in reached):
                raise _ReachesClosed
            decide(tx, made, around, now)

        try:
            await visit.server.change(
                lambda tx: _named(lambda: work(tx)),
                recorded(lambda tx: _changes(tx, visit, around, typed), around, now),
            )
        except _ReachesClosed:
            return await _preview(visit, around, reach, typed)
        except (Conflict, NotFound) as error:
            return await _month(visit, around, reach, typed, forms.faults(visit.texts, error, {}), "", 409)
        return visit.go(_page_of(typed), "calendar_decided")

    return router


async def _month(
    visit: Visit,
    around: Around,
    reach: views.Reach,
    values: Mapping[str, str],
    wrong: Mapping[str, str],
    asked: str,
    status: int = 200,
) -> Response:
    office_id, now = values.get("office_id", ""), visit.server.now()
    chosen, span = _date(values.get("first", "")), month_asked(asked)

    def look(tx: Transaction) -> dict[str, Any]:
        seen = views.Seen(tx, around, reach, office_id, now, visit.texts)
        asked_for = chosen or (seen.today if wrong else None)  # what was typed is shown again, whatever it was
        first = span[0] if span is not None else (asked_for or seen.today).replace(day=1)
        day = asked_for if asked_for is not None and asked_for.replace(day=1) == first else None
        return {
            "calendar": seen.month(first),
            "chosen": None if day is None else seen.day(day),
            "week": seen.week(first),
        }

    found = await visit.server.read(lambda tx: _named(lambda: look(tx)))
    typed = {"until": values.get("first", ""), "what": "off", "break": "60"}
    if values.get("what") != "week":
        typed |= {each["field"] + "_" + part: each[part] for each in found["week"]["days"] for part in desk.WEEK_PARTS}
    typed |= {name: each for name, each in values.items() if each}
    return visit.page("calendar/month.html", {**found, **forms.typed(typed, wrong)}, status)


async def _preview(visit: Visit, around: Around, reach: views.Reach, typed: Mapping[str, str]) -> Response:
    now = visit.server.now()

    def look(tx: Transaction) -> dict[str, Any]:
        tried = preview(tx, _changes(tx, visit, around, typed), around, now)
        names = reach.offices(tx)
        return {**views.preview(tx, tried, reach, now, visit.texts), "names": names}

    try:
        found = await visit.server.read(lambda tx: _named(lambda: look(tx)))
    except (Conflict, NotFound) as error:
        return await _month(visit, around, reach, typed, forms.faults(visit.texts, error, {}), "", 409)
    names = found.pop("names")
    office_id = typed.get("office_id", "")
    shown = {
        "change": found,
        "title": visit.texts.say(f"calendar_do_{desk.what_of(typed)}", name=typed.get("name", "")),
        "office": names.get(office_id, office_id) if office_id else visit.texts.calendar_regency,
        "hidden": {name: typed[name] for name in FORM if typed.get(name)},
        "back": _page_of(typed),
    }
    return visit.page("calendar/preview.html", shown)


def _changes(tx: Transaction, visit: Visit, around: Around, typed: Mapping[str, str]) -> Changes:
    """Raises Wrong and NotFound."""
    scope = typed.get("office_id") or None
    if desk.what_of(typed) == "week":
        facts = looking.with_regency(around.facts(tx, ()))
        office_id = scope or looking.REGENCY
        if office_id not in facts.parents:
            raise NotFound("there is no such office", key="office_unknown", office=office_id)
        return desk.week_of(typed, visit.actor.said, facts, Calendar(facts).lineage(office_id))
    held = {each.date: each.name for each in around.facts(tx, ()).special_days if each.scope in (None, scope)}
    return desk.changes_of(typed, visit.actor.said, held)


def _named(work: Callable[[], T]) -> T:
    """What the plan finds to contradict itself is said to whoever asks. Raises Conflict."""
    try:
        return work()
    except PlanError as error:
        raise Conflict(str(error), key="calendar_contradicts") from error


def _form(values: Mapping[str, str]) -> dict[str, str]:
    return {name: values.get(name, "")[:300] for name in FORM}


def _page_of(typed: Mapping[str, str]) -> str:
    """The month in which the change is seen, with the day."""
    date = _date(typed.get("first", ""))
    asked = {"office_id": typed.get("office_id", ""), "month": "" if date is None else f"{date:%Y-%m}"}
    return "/calendar?" + urllib.parse.urlencode({name: each for name, each in asked.items() if each})


def _date(text: str) -> dt.date | None:
    """None for what is no date: the page is shown without one."""
    try:
        found = dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return found if found is not None and 1990 <= found.year <= 2076 else None
