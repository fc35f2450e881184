"""A person's page, and an office's month in pictures."""

from __future__ import annotations

from fastapi import APIRouter, Response

from etpp.allowance.asked import month_named
from etpp.console.visit import MemberVisit
from etpp.insight import dossier, views
from etpp.insight.drawn import Pictures
from etpp.reports.texts import words


def routes(pictures: Pictures) -> APIRouter:
    router = APIRouter()

    @router.get("/people/{person_id}")
    async def person(visit: MemberVisit, person_id: str, month: str = "", year: str = "") -> Response:
        asked, now = month_named(month), visit.server.now()
        found = await visit.server.read(lambda tx: dossier.open_dossier(tx, person_id, asked, now, bool(year)))
        pay = visit.shows(found.paid_by or "", "head")
        shown = views.person(found, visit.texts, words(visit.texts.code), pay)
        return visit.page("insight/person.html", {"person": shown})

    @router.get("/offices/{office_id}/charts")
    async def office_charts(visit: MemberVisit, office_id: str, month: str = "") -> Response:
        asked, now = month_named(month), visit.server.now()
        say, pay = words(visit.texts.code), visit.shows(office_id, "head")
        found = await visit.server.read(lambda tx: pictures.of(tx, office_id, asked, now, say, pay))
        return visit.page("insight/charts.html", {"shown": views.pictures(found, say)})

    return router
