"""Administrator: months, statements, policies, scores, sanctions, and whether closed months still hold."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from etpp.accounts.gate import ADMIN
from etpp.allowance import desk, sanctions
from etpp.allowance import month as months
from etpp.allowance.asked import Act, CloseMonth, NewPolicyUse, NewSanction, NewScore
from etpp.allowance.audit import verify
from etpp.allowance.documents import (
    AuditedShown,
    CheckedShown,
    ClosingShown,
    MonthShown,
    PaidShown,
    PersonMonthShown,
    PoliciesShown,
    PolicyShown,
    SanctionShown,
    SanctionsShown,
    ScoreShown,
    StandingShown,
    StandingsShown,
    audited_shown,
    checked_shown,
    closing_shown,
    month_shown,
    paid_shown,
    person_month_shown,
    policy_shown,
    reckoned_shown,
    sanction_shown,
    score_shown,
    standing_shown,
)
from etpp.allowance.model import Month
from etpp.allowance.seal import Despite
from etpp.allowance.store import USES, Policies, sanctions_after
from etpp.base.asked import MOST_ROWS, After, Limit
from etpp.base.describe import may
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.store import Offices, Roster
from etpp.serving.context import ServerOf
from etpp.terminals.context import TerminalsOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["allowance"])

MonthText = Annotated[str, Path(pattern=r"^(19[89]\d|2\d{3})-(0[1-9]|1[0-2])$", examples=["2026-11"])]


@router.get("/months/{month}", summary="Where every office's month is", responses=may("conflict"))
async def list_months(month: MonthText, server: ServerOf) -> StandingsShown:
    asked, now = Month.of(month), server.now()

    def look(tx: Transaction) -> list[StandingShown]:
        offices = Offices(tx).all()
        return [
            standing_shown(each.office_id, asked, months.standing(tx, each.office_id, asked, now)) for each in offices
        ]

    return StandingsShown(months=await server.read(look))


@router.get("/offices/{office_id}/months/{month}", summary="An office's list as the facts stand now")
async def show_month(office_id: str, month: MonthText, server: ServerOf) -> MonthShown:
    asked, now = Month.of(month), server.now()

    def look(tx: Transaction) -> MonthShown:
        found = months.reckon(tx, office_id, asked, now)
        where = standing_shown(office_id, asked, months.standing(tx, office_id, asked, now))
        return month_shown(where, reckoned_shown(found, months.names(tx, found)))

    return await server.read(look)


@router.post("/offices/{office_id}/months/{month}/check", summary="The office says that the list is right")
async def check_month(office_id: str, month: MonthText, act: Act, server: ServerOf) -> CheckedShown:
    asked, now = Month.of(month), server.now()
    return checked_shown(await server.write(lambda tx: months.check(tx, office_id, asked, act.by, now)))


@router.post("/offices/{office_id}/months/{month}/close", summary="BKPP freezes and signs the month")
async def close_month(
    office_id: str, month: MonthText, act: CloseMonth, server: ServerOf, terminals: TerminalsOf
) -> ClosingShown:
    asked, now, signer = Month.of(month), server.now(), terminals.keys.now().signer
    if bool(act.despite) != (act.second is not None):
        raise Conflict("despite and second go together: passing over an open matter takes two people")
    over = None if act.second is None else Despite(tuple(act.despite), (act.by, act.second))
    return closing_shown(await server.write(lambda tx: months.close(tx, signer, office_id, asked, act.by, now, over)))


@router.post("/offices/{office_id}/months/{month}/pay", summary="The closed list was paid")
async def pay_month(office_id: str, month: MonthText, act: Act, server: ServerOf) -> PaidShown:
    asked, now = Month.of(month), server.now()
    return paid_shown(await server.write(lambda tx: months.pay(tx, office_id, asked, act.by, now)))


@router.get("/offices/{office_id}/months/{month}/audit", summary="Whether a closed month still holds")
async def audit_month(office_id: str, month: MonthText, server: ServerOf, terminals: TerminalsOf) -> AuditedShown:
    asked, keys = Month.of(month), terminals.keys.now().known

    def look(tx: Transaction) -> AuditedShown:
        register.office(tx, office_id)
        for audited in verify(tx, office_id, keys, asked):
            return audited_shown(audited)
        raise NotFound("this month is not closed")

    return await server.read(look)


@router.get("/employees/{person_id}/statements/{month}", summary="One person's month, unfolded")
async def show_statement(person_id: str, month: MonthText, server: ServerOf) -> PersonMonthShown:
    asked, now = Month.of(month), server.now()

    def look(tx: Transaction) -> PersonMonthShown:
        employee = Roster(tx).employee(person_id)
        if employee is None:
            raise NotFound("nobody in the roster has this id")
        found, closed = months.person_month(tx, person_id, asked, now)
        return person_month_shown(employee.name, closed, found)

    return await server.read(look)


@router.post("/scores", status_code=201, summary="Decide an office's score of a month", responses=may("not-found"))
async def add_score(new: NewScore, server: ServerOf) -> ScoreShown:
    now = server.now()
    return score_shown(await server.write(lambda tx: desk.score(tx, new, now)))


@router.get("/sanctions", summary="Sanctions in force")
async def list_sanctions(server: ServerOf, after: After = "", limit: Limit = MOST_ROWS) -> SanctionsShown:
    found = await server.read(lambda tx: sanctions_after(tx, after, limit))
    last = found[-1].sanction_id if len(found) == limit else None
    return SanctionsShown(sanctions=[sanction_shown(each) for each in found], after=last)


@router.post(
    "/sanctions", status_code=201, summary="Somebody loses so many per cent, by a document", responses=may("not-found")
)
async def add_sanction(new: NewSanction, server: ServerOf) -> SanctionShown:
    now = server.now()
    return sanction_shown(await server.write(lambda tx: desk.sanction(tx, new, now)))


@router.post("/sanctions/{sanction_id}/withdraw", summary="A sanction is taken back")
async def withdraw_sanction(sanction_id: str, act: Act, server: ServerOf) -> SanctionShown:
    now = server.now()
    return sanction_shown(await server.write(lambda tx: sanctions.take_back(tx, sanction_id, act.by, now)))


@router.get("/policies", summary="By which policy the regency pays when")
async def list_policies(server: ServerOf) -> PoliciesShown:
    def look(tx: Transaction) -> list[PolicyShown]:
        kept = Policies(tx)
        found = []
        for use in USES.find(tx, order="recorded"):
            policy = kept.get(use.sha256)
            if policy is not None:
                found.append(policy_shown(policy, use))
        return found

    return PoliciesShown(policies=await server.read(look))


@router.post("/policies", status_code=201, summary="Pay by a policy from a month on")
async def use_policy(new: NewPolicyUse, server: ServerOf) -> PolicyShown:
    now = server.now()
    policy, use = await server.write(lambda tx: desk.use_policy(tx, new, now))
    return policy_shown(policy, use)
