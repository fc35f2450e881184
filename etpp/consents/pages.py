"""Consents that were taken back or not given: what waits for BKPP, what was answered, and the answer."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Response

from etpp.base.errors import Conflict
from etpp.bulletin.store import Officers
from etpp.consents import service, store, views
from etpp.consents.asked import Otherwise
from etpp.consents.model import Standing
from etpp.console import forms
from etpp.console.visit import CheckedForm, MemberVisit, Visit
from etpp.db import Transaction
from etpp.roster.store import Offices

router = APIRouter()


@router.get("/consents")
async def consents(visit: MemberVisit) -> Response:
    def look(tx: Transaction) -> list[views.ConsentLine]:
        offices = {each.office_id: each for each in Offices(tx).all()}
        found = store.standings(tx, [*store.unanswered(tx), *store.answered(tx, views.SHOWN)])
        officers = {each.officer_id: each.name for each in Officers(tx).find(revoked=True)}
        lines = [views.line(each, offices[each.wish.office_id], officers) for each in found]
        return sorted(lines, key=lambda line: line.state != "open")  # what waits, the oldest first

    asked = views.CONSENTS.asked(visit)
    return await views.CONSENTS.answer(visit, asked, await visit.server.read(look), "consents/consents.html")


@router.get("/consents/{office_id}/{event_id}")
async def consent(visit: MemberVisit, office_id: str, event_id: str) -> Response:
    return await _page(visit, office_id, event_id, {}, {})


@router.post("/consents/{office_id}/{event_id}/erase")
async def erase(visit: MemberVisit, values: CheckedForm, office_id: str, event_id: str) -> Response:  # noqa: ARG001
    now = visit.server.now()

    def work(tx: Transaction) -> Standing:
        shown, found, _ = _look(tx, office_id, event_id)
        wish = views.asked_by(shown, visit.texts)
        return service.erase(tx, found.wish.office_id, found.wish.event_id, wish, visit.actor.said, now)

    try:
        found = await visit.server.change(work)
    except Conflict as error:
        return await _page(visit, office_id, event_id, {}, forms.faults(visit.texts, error, {}))
    gone = next((face for face in found.faces if face.templates), None)
    return visit.go("/consents" if gone is None else f"/erasures/{gone.office_id}/{gone.person_id}")


@router.post("/consents/{office_id}/{event_id}/otherwise")
async def otherwise(visit: MemberVisit, values: CheckedForm, office_id: str, event_id: str) -> Response:
    now = visit.server.now()
    try:
        said = forms.read(Otherwise, {"reason": values.get("reason", "")})
        await visit.server.write(
            lambda tx: service.otherwise(tx, office_id, event_id, said.reason, visit.actor.said, now)
        )
    except Conflict as error:
        return await _page(visit, office_id, event_id, values, forms.faults(visit.texts, error, {}))
    return visit.go("/consents", "consent_answered")


def _look(tx: Transaction, office_id: str, event_id: str) -> tuple[views.ConsentLine, Standing, Mapping[str, str]]:
    found = service.standing(tx, office_id, event_id)
    offices = {each.office_id: each for each in Offices(tx).all()}
    officers = {each.officer_id: each.name for each in Officers(tx).find(office_id, revoked=True)}
    return views.line(found, offices[office_id], officers), found, {key: each.name for key, each in offices.items()}


async def _page(
    visit: Visit, office_id: str, event_id: str, typed: Mapping[str, str], wrong: Mapping[str, str]
) -> Response:
    shown, found, names = await visit.server.read(lambda tx: _look(tx, office_id, event_id))
    values = {"consent": views.one(found, shown, names, visit.texts), **forms.typed(typed, wrong)}
    return visit.page("consents/consent.html", values, 409 if wrong else 200)
