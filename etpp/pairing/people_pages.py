"""The list of phones: one's own, and a person's as BKPP sees it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from etpp.accounts.store import Accounts
from etpp.base.errors import NotFound
from etpp.console.visit import CheckedForm, GoFirst, MemberVisit, Visit
from etpp.db import Transaction
from etpp.pairing import service
from etpp.pairing.model import Phone
from etpp.pairing.store import Phones
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import Roster

router = APIRouter()


@router.get("/phones")
async def own(visit: MemberVisit) -> Response:
    account_id = _own_account(visit)
    found = await visit.server.read(lambda tx: Phones(tx).of_account(account_id, ended=True))
    values = {"phones": [_shown(each, visit) for each in found], "person": None, "name": "", "code": None}
    return visit.page("pairing/phones.html", values)


@router.post("/phones/{phone_id}/end")
async def end_own(visit: MemberVisit, values: CheckedForm, phone_id: str) -> Response:  # noqa: ARG001
    """The log-in that asks goes on; all others of the account end."""
    account_id, now = _own_account(visit), visit.server.now()
    session_id = "" if visit.session is None else visit.session.session_id

    def end(tx: Transaction) -> None:
        phone = Phones(tx).get(phone_id)
        if phone is None or phone.account_id != account_id or phone.ended_utc is not None:
            raise NotFound("there is no such phone", key="phone_unknown")
        service.end(tx, [phone], "person", now, keep_session=session_id)

    await visit.server.write(end)
    return visit.go("/phones")


@router.get("/people/{person_id}/phones")
async def of_person(visit: MemberVisit, person_id: str) -> Response:
    return await _person_page(visit, person_id)


@router.post("/people/{person_id}/phones/code")
async def give_code(visit: MemberVisit, values: CheckedForm, person_id: str) -> Response:  # noqa: ARG001
    now = visit.server.now()
    code = await visit.server.write(lambda tx: service.give_code(tx, person_id, now))
    return await _person_page(visit, person_id, code)


@router.post("/people/{person_id}/phones/{phone_id}/end")
async def end(visit: MemberVisit, values: CheckedForm, person_id: str, phone_id: str) -> Response:  # noqa: ARG001
    now = visit.server.now()

    def work(tx: Transaction) -> None:
        phone = Phones(tx).get(phone_id)
        if phone is None or phone.person_id != person_id or phone.ended_utc is not None:
            raise NotFound("there is no such phone", key="phone_unknown")
        service.end(tx, [phone], "bkpp", now)

    await visit.server.write(work)
    return visit.go(f"/people/{person_id}/phones")


async def _person_page(visit: Visit, person_id: str, code: str | None = None) -> Response:
    def look(tx: Transaction) -> dict[str, object]:
        employee = Roster(tx).employee(person_id)
        if employee is None:
            raise NotFound("nobody in the roster has this id", key="employee_unknown")
        account = Accounts(tx).by_login(service.login_of(person_id))
        return {
            "phones": [_shown(each, visit) for each in Phones(tx).of_person(person_id)],
            "person": person_id,
            "name": employee.name or visit.texts.forgotten,
            "account": None if account is None else account.account_id,
        }

    return visit.page("pairing/phones.html", {**await visit.server.read(look), "code": code})


def _shown(phone: Phone, visit: Visit) -> dict[str, object]:
    def moment(at: dt.datetime | None) -> str:
        return "" if at is None else visit.texts.moment(at.astimezone(ZoneInfo(REGENCY_ZONE)))

    return {
        "id": phone.phone_id,
        "agent": phone.agent,
        "since": moment(phone.created_utc),
        "used": moment(phone.used_utc),
        "way": visit.texts.passkey if phone.credential_id is not None else "PIN",
        "terminal": "" if phone.device_id is None else phone.device_id[:8],
        "ended": "" if phone.ended_by is None else visit.texts.of("phone_ended", phone.ended_by),
        "ended_at": moment(phone.ended_utc),
    }


def _own_account(visit: Visit) -> str:
    if visit.session is None:
        raise GoFirst
    return str(visit.session.actor.account_id)
