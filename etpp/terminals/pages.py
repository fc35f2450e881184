"""The terminals as BKPP sees them, and what it does with them."""

from __future__ import annotations

import datetime as dt
import urllib.parse

import segno
from fastapi import APIRouter, Response

from etpp.console.texts import Texts
from etpp.console.visit import PREFIX, CheckedForm, MemberVisit
from etpp.db import Transaction
from etpp.faces.cohort import overdue_since
from etpp.roster import register
from etpp.roster.hours import zone
from etpp.roster.model import Office
from etpp.roster.store import Offices
from etpp.terminals import life, views
from etpp.terminals.store import Devices

router = APIRouter()


@router.get("/terminals")
async def terminals(visit: MemberVisit) -> Response:
    now = visit.server.now()

    def shown(office_id: str) -> bool:
        return visit.shows(office_id, "technician")

    def look(tx: Transaction) -> dict[str, object]:
        since = overdue_since(tx, now)
        return {
            "terminals": [each for each in views.terminals(tx, visit.texts, now) if shown(each.office_id)],
            "offices": [each for each in Offices(tx).all() if shown(each.office_id)],
            "codes": [each for each in _codes(tx, visit.texts, now) if shown(each["office_id"])],
            "recognisers": views.recognisers(tx) if visit.may("GET", "/enrolments") else [],
            "cohort_overdue": ""
            if since is None
            else visit.texts.say("cohort_overdue", when=visit.texts.ago(now - since)),
        }

    return visit.page("terminals/terminals.html", await visit.server.read(look), live=True)


@router.get("/terminals/{device_id}/revoke")
async def revoke_question(visit: MemberVisit, device_id: str) -> Response:
    question = visit.texts.say("revoke_question", id=device_id[:8])
    return visit.confirm(question, visit.texts.revoke_what, visit.texts.revoke, "/terminals")


@router.post("/terminals/{device_id}/revoke")
async def revoke(visit: MemberVisit, values: CheckedForm, device_id: str) -> Response:  # noqa: ARG001
    now = visit.server.now()
    await visit.server.change(lambda tx: life.revoke(tx, device_id, now))
    return visit.go("/terminals")


@router.get("/terminals/{device_id}/write-off")
async def write_off_question(visit: MemberVisit, device_id: str) -> Response:
    question = visit.texts.say("write_off_question", id=device_id[:8])
    return visit.confirm(question, visit.texts.write_off_what, visit.texts.write_off, "/terminals")


@router.post("/terminals/{device_id}/write-off")
async def write_off(visit: MemberVisit, values: CheckedForm, device_id: str) -> Response:  # noqa: ARG001
    now = visit.server.now()
    await visit.server.write(lambda tx: life.write_off(tx, device_id, now))
    return visit.go("/terminals")


@router.get("/offices/{office_id}/codes/withdraw")
async def withdraw_question(visit: MemberVisit, office_id: str) -> Response:
    office = await visit.server.read(lambda tx: register.office(tx, office_id))
    question = visit.texts.say("withdraw_question", office=office.name)
    return visit.confirm(question, visit.texts.withdraw_what, visit.texts.withdraw, "/terminals")


@router.post("/offices/{office_id}/codes/withdraw")
async def withdraw(visit: MemberVisit, values: CheckedForm, office_id: str) -> Response:  # noqa: ARG001
    now = visit.server.now()
    await visit.server.write(lambda tx: life.withdraw_codes(tx, office_id, now))
    return visit.go("/terminals")


@router.post("/codes")
async def code(visit: MemberVisit, values: CheckedForm) -> Response:
    now = visit.server.now()
    office_id = values.get("office_id", "")

    def make(tx: Transaction) -> tuple[str, str, Office]:
        text, expires = life.new_code(tx, office_id, now)
        office = register.office(tx, office_id)
        return text, visit.texts.moment(expires.astimezone(zone(office))), office

    text, until, office = await visit.server.write(make)
    url = str(visit.request.base_url).removesuffix(f"{PREFIX}/").rstrip("/")
    uri = "presensi:provision?" + urllib.parse.urlencode({"server": url, "code": text})
    qr = segno.make(uri, error="m").svg_data_uri(scale=6)
    return visit.page("terminals/code.html", {"code": text, "until": until, "office": office, "url": url, "qr": qr})


def _codes(tx: Transaction, texts: Texts, now: dt.datetime) -> list[dict[str, str]]:
    """The codes that are good now, without themselves: only who was given one knows it."""
    offices = {office.office_id: office for office in Offices(tx).all()}
    return [
        {
            "office_id": code.office_id,
            "office": offices[code.office_id].name,
            "until": texts.moment(code.expires_utc.astimezone(zone(offices[code.office_id]))),
        }
        for code in Devices(tx).open_codes(now)
    ]
