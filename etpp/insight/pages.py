"""A person's page."""

from __future__ import annotations

from fastapi import APIRouter, Response

from etpp.allowance.model import Month
from etpp.base.errors import Problem
from etpp.console.visit import MemberVisit
from etpp.insight import dossier, views
from etpp.reports.texts import words

router = APIRouter()


@router.get("/people/{person_id}")
async def person(visit: MemberVisit, person_id: str, month: str = "", year: str = "") -> Response:
    asked, now = asked_month(month), visit.server.now()
    found = await visit.server.read(lambda tx: dossier.open_dossier(tx, person_id, asked, now, bool(year)))
    offices = {each for each in (found.office_id, *(post.office_id for post in found.posts[:1])) if each}
    pay = any(visit.shows(each, "head") for each in offices) or visit.shows("")
    shown = views.person(found, visit.texts, words(visit.texts.code), pay)
    return visit.page("insight/person.html", {"person": shown})


def asked_month(text: str) -> Month | None:
    """The month that somebody asks for; None for an empty text. Raises Problem `malformed`."""
    if not text:
        return None
    try:
        return Month.of(text)
    except ValueError:
        raise Problem("malformed", "month: must be a month such as 2026-11", key="month_wrong") from None
