"""Officers of terminals with their PINs, notices, and NIP and PIN in place of a face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from etpp.base.errors import Conflict, NotFound
from etpp.bulletin import service, views
from etpp.bulletin.asked import NewLocalUse, NewNotice, NewOfficer, NewPolicy, NoticeText
from etpp.console import forms
from etpp.console.visit import CheckedForm, MemberVisit, Visit
from etpp.db import Transaction
from etpp.roster.hours import REGENCY_ZONE, zone
from etpp.roster.store import Offices

router = APIRouter()

FIELDS = {
    "office_unknown": "office_id",
    "employee_unknown": "person",
    "officer_nameless": "name",
    "officer_known": "person",
    "notice_over": "until",
    "nip_pin_never": "per_month",
}
"""Beside which field a refusal stands."""
_LOCAL = {"office_unknown": "local_office"}
"""The page has a second choice of offices."""


@router.get("/officers")
async def officers(visit: MemberVisit) -> Response:
    return await _officers(visit, {}, {})


@router.post("/officers")
async def add_officer(visit: MemberVisit, values: CheckedForm) -> Response:
    """The PIN stands on the page that answers, and nowhere afterwards."""
    now, said = visit.server.now(), values.get("person", "").strip()
    try:
        given: dict[str, Any] = {
            "office_id": values.get("office_id", ""),
            "name": values.get("name", "").strip(),
            "person": said or None,
            "may": frozenset(duty for duty in ("enrol", "maintain") if values.get(duty)),
            "by": visit.actor.said,
        }
        new = forms.read(NewOfficer, given)
        birth = (await visit.server.read(lambda tx: service.person_of(tx, said)))[2] if said else None
        pin, pin_hash = await run_in_threadpool(service.new_pin, birth)
        own = visit.offices_to_act("bkpp") is not None  # an operator: of the own office's people alone
        made = await visit.server.change(lambda tx: service.add_officer(tx, new, pin_hash, now, own_alone=own))
    except (Conflict, NotFound) as error:
        return await _officers(visit, values, forms.faults(visit.texts, error, FIELDS), 409)
    return await _officers(visit, {}, {}, made=(made.name, pin))


@router.post("/offices/{office_id}/officers/{officer_id}/revoke")
async def revoke_officer(visit: MemberVisit, values: CheckedForm, office_id: str, officer_id: str) -> Response:  # noqa: ARG001
    now, by = visit.server.now(), visit.actor.said
    await visit.server.change(lambda tx: service.revoke_officer(tx, officer_id, by, now, office_id))
    return visit.go("/officers", "officer_revoked")


@router.get("/notices")
async def notices(visit: MemberVisit) -> Response:
    return await _notices(visit, {}, {})


@router.post("/notices")
async def add_notice(visit: MemberVisit, values: CheckedForm) -> Response:
    now, office_id = visit.server.now(), values.get("office_id") or None
    try:
        local = await visit.server.read(lambda tx: _zone(tx, office_id))
        given: dict[str, Any] = {
            "office_id": office_id,
            "text_id": values.get("text_id", "").strip(),
            "text_en": values.get("text_en", "").strip(),
            "by": visit.actor.said,
        }
        start = forms.moment("first", values.get("first", ""), local)
        end = forms.moment("until", values.get("until", ""), local)
        text = forms.read(NoticeText, given)
        made = NewNotice(**text.model_dump(), from_utc=start, until_utc=end)
        await visit.server.change(lambda tx: service.add_notice(tx, made, now))
    except (Conflict, NotFound) as error:
        return await _notices(visit, values, forms.faults(visit.texts, error, FIELDS), 409)
    return visit.go("/notices", "notice_added")


@router.post("/offices/{office_id}/notices/{notice_id}/withdraw")
async def withdraw_notice(visit: MemberVisit, values: CheckedForm, office_id: str, notice_id: str) -> Response:  # noqa: ARG001
    now, by = visit.server.now(), visit.actor.said
    await visit.server.change(lambda tx: service.withdraw_notice(tx, notice_id, by, now, office_id))
    return visit.go("/notices", "notice_withdrawn")


@router.get("/nip-pin")
async def nip_pin(visit: MemberVisit) -> Response:
    return await _nip_pin(visit, {}, {})


@router.post("/nip-pin")
async def set_policy(visit: MemberVisit, values: CheckedForm) -> Response:
    now, typed = visit.server.now(), values.get("per_month", "").strip() or "0"
    try:
        given: dict[str, Any] = {
            "office_id": values.get("office_id") or None,
            "policy": values.get("policy", ""),
            "per_month": int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else -1,
            "by": visit.actor.said,
        }
        new = forms.read(NewPolicy, given)
        await visit.server.change(lambda tx: service.set_policy(tx, new, now))
    except (Conflict, NotFound) as error:
        return await _nip_pin(visit, values, forms.faults(visit.texts, error, FIELDS), 409)
    return visit.go("/nip-pin", "nip_pin_decided")


@router.post("/local-use")
async def set_local_use(visit: MemberVisit, values: CheckedForm) -> Response:
    now, typed = visit.server.now(), values.get("days", "").strip()
    try:
        given: dict[str, Any] = {
            "office_id": values.get("local_office") or None,
            "days": int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 3 else -1,
            "by": visit.actor.said,
        }
        new = forms.read(NewLocalUse, given)
        await visit.server.change(lambda tx: service.set_local_use(tx, new, now))
    except (Conflict, NotFound) as error:
        return await _nip_pin(visit, values, forms.faults(visit.texts, error, FIELDS | _LOCAL), 409)
    return visit.go("/nip-pin", "local_use_decided")


@router.post("/nip-pin/give")
async def give_pin(visit: MemberVisit, values: CheckedForm) -> Response:
    """As of an officer, the PIN stands on the page that answers alone."""
    now, by, said = visit.server.now(), visit.actor.said, values.get("person", "").strip()
    try:
        employee, name, birth = await visit.server.read(lambda tx: service.person_of(tx, said))
        pin, pin_hash = await run_in_threadpool(service.new_pin, birth)
        await visit.server.change(lambda tx: service.set_pin(tx, employee, pin_hash, by, now))
    except NotFound as error:
        return await _nip_pin(visit, values, forms.faults(visit.texts, error, FIELDS), 409)
    return await _nip_pin(visit, {}, {}, made=(name or visit.texts.forgotten, pin))


@router.get("/fading")
async def fading(visit: MemberVisit) -> Response:
    mine, now = visit.offices("operator", "head"), visit.server.now()
    found = await visit.server.read(lambda tx: views.fading_lines(tx, mine, now))
    return await views.FADING.answer(visit, views.FADING.asked(visit), found, "bulletin/fading.html", {})


async def _officers(
    visit: Visit,
    values: Mapping[str, str],
    wrong: Mapping[str, str],
    status: int = 200,
    made: tuple[str, str] | None = None,
) -> Response:
    mine = visit.offices("operator", "head")
    found = await visit.server.read(lambda tx: views.officer_lines(tx, mine))
    asked = views.OFFICERS.asked(visit)
    shown = {"made": made, "offices": await _offices(visit), **forms.typed(values, wrong)}
    return await views.OFFICERS.answer(visit, asked, found, "bulletin/officers.html", shown, status=status)


async def _notices(visit: Visit, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200) -> Response:
    mine, now = visit.offices("operator", "head"), visit.server.now()
    found = await visit.server.read(lambda tx: views.notice_lines(tx, mine, now, visit.texts))
    asked = views.NOTICES_LIST.asked(visit)
    regency = visit.offices_to_act("bkpp", "operator") is None
    shown = {"offices": await _offices(visit), "regency": regency, **forms.typed(values, wrong)}
    return await views.NOTICES_LIST.answer(visit, asked, found, "bulletin/notices.html", shown, status=status)


async def _nip_pin(
    visit: Visit,
    values: Mapping[str, str],
    wrong: Mapping[str, str],
    status: int = 200,
    made: tuple[str, str] | None = None,
) -> Response:
    mine = visit.offices("operator", "head")
    found = await visit.server.read(lambda tx: views.policy_lines(tx, mine))
    asked = views.POLICIES_LIST.asked(visit)
    policies = [(each, visit.texts.of("nip_pin", each)) for each in ("off", "with-officer", "alone")]
    shown = {"made": made, "policies": policies, "offices": await _offices(visit), **forms.typed(values, wrong)}
    return await views.POLICIES_LIST.answer(visit, asked, found, "bulletin/nip_pin.html", shown, status=status)


async def _offices(visit: Visit) -> list[tuple[str, str]]:
    """Those for which the visitor may act, by name."""
    mine = visit.offices_to_act("bkpp", "operator")
    every = await visit.server.read(lambda tx: Offices(tx).all())
    return sorted(((e.office_id, e.name) for e in every if mine is None or e.office_id in mine), key=lambda e: e[1])


def _zone(tx: Transaction, office_id: str | None) -> ZoneInfo:
    office = None if office_id is None else Offices(tx).get(office_id)
    return ZoneInfo(REGENCY_ZONE) if office is None else zone(office)
