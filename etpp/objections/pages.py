"""The objections' page: what waits for an answer, and what was answered."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from etpp.base.asked import asked
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


@router.get("/objections")
async def objections(visit: MemberVisit, answered: str = "", after: str = "") -> Response:
    done = answered == "1"

    def look(tx: Transaction) -> list[dict[str, object]]:
        found = store.page(tx, waiting=not done, after=after[:64], limit=SHOWN + 1)
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
    return visit.page("objections/objections.html", {"objections": found[:SHOWN], "answered": done, "more": more})


@router.post("/objections/{objection_id}/answer")
async def answer(objection_id: str, visit: MemberVisit, values: CheckedForm) -> Response:
    by = "" if visit.session is None else visit.session.actor.said
    said = asked(NewAnswer, by=by, upheld=values.get("upheld") == "yes", answer=values.get("answer", ""))
    now = visit.server.now()
    await visit.server.write(lambda tx: service.answer(tx, objection_id, said, now))
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
