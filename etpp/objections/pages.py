"""The objections' page: what waits for an answer, and what was answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from etpp.base.errors import Conflict
from etpp.console import forms
from etpp.console.visit import CheckedForm, MemberVisit, Visit
from etpp.db import Transaction
from etpp.objections import service, store
from etpp.objections.asked import NewAnswer
from etpp.objections.model import Standing
from etpp.reports.nominative import line_name
from etpp.reports.texts import words
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import Offices, Roster

router = APIRouter()
SHOWN = 50


@dataclass(frozen=True, slots=True)
class _Typed:
    """An answer that was not taken, and why not."""

    objection_id: str
    answer: str
    wrong: str


@router.get("/objections")
async def objections(visit: MemberVisit, answered: str = "", after: str = "") -> Response:
    return await _page(visit, answered == "1", after[:64])


async def _page(visit: Visit, done: bool, after: str, typed: _Typed | None = None) -> Response:
    """`typed`: an answer that was refused; its objection stands first, whatever became of it."""

    def look(tx: Transaction) -> list[dict[str, object]]:
        found = store.page(tx, waiting=not done, after=after, limit=SHOWN + 1)
        if typed is not None:
            one = store.OBJECTIONS.one(tx, typed.objection_id)
            others = [each for each in found if each.objection.objection_id != typed.objection_id]
            found = [*store.standings(tx, [] if one is None else [one]), *others]
        people = Roster(tx).employees(sorted({each.objection.person_id for each in found}))
        offices = {each.office_id: each.name for each in Offices(tx).all()}
        return [
            _shown(
                visit,
                each,
                people[each.objection.person_id].name if each.objection.person_id in people else "",
                offices.get(each.objection.office_id, each.objection.office_id),
            )
            for each in found
        ]

    found = await visit.server.read(look)
    more = str(found[SHOWN - 1]["objection_id"]) if len(found) > SHOWN else ""
    values = {"objections": found[:SHOWN], "answered": done, "more": more, "typed": typed}
    return visit.page("objections/objections.html", values, 200 if typed is None else 409)


@router.post("/objections/{objection_id}/answer")
async def answer(objection_id: str, visit: MemberVisit, values: CheckedForm) -> Response:
    now, answer = visit.server.now(), values.get("answer", "")
    given = {"by": visit.actor.said, "upheld": values.get("upheld") == "yes", "answer": answer}
    try:
        said = forms.read(NewAnswer, given)
        await visit.server.write(lambda tx: service.answer(tx, objection_id, said, now))
    except Conflict as error:
        wrong = " ".join(forms.faults(visit.texts, error, {}).values())
        return await _page(visit, False, "", _Typed(objection_id, answer, wrong))
    return visit.go("/objections")


def _shown(visit: Visit, each: Standing, name: str, office: str) -> dict[str, object]:
    objection, texts = each.objection, visit.texts
    zone = ZoneInfo(REGENCY_ZONE)
    kind, _, what = objection.about.partition(":")
    say = words(texts.code)
    month = say.month(dt.date.fromisoformat(f"{objection.month}-01"))
    return {
        "objection_id": objection.objection_id,
        "name": name,
        "office": office,
        "month": month,
        "about": texts.date(dt.date.fromisoformat(what)) if kind == "day" else f"{line_name(say, what)}, {month}",
        "reason": objection.reason,
        "filed": texts.moment(objection.filed_utc.astimezone(zone)),
        "state": each.state,
        "answer": "" if each.answer is None else each.answer.answer,
        "answered": "" if each.answer is None else texts.moment(each.answer.answered_utc.astimezone(zone)),
    }
