"""Administrator: months, statements, policies, scores, sanctions, and whether closed months still hold."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from etpp.accounts.gate import ADMIN
from etpp.allowance import month as months
from etpp.allowance import sanctions
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
from etpp.allowance.model import Month, OfficeScore, PolicyUse, Sanction
from etpp.allowance.policy import PolicyError, read_policy
from etpp.allowance.seal import Despite
from etpp.allowance.store import SCORES, USES, Policies, sanctions_after
from etpp.base import texts
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
Who = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(texts.plain)]
"""Who says so: whoever holds the administrator's token names the person, a log-in is one."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Act(_Asked):
    by: Who


class CloseMonth(Act):
    """`despite`: open matters, as the list names them, that `by` and `second` decide to pass over."""

    despite: list[str] = Field(default=[], max_length=10_000)
    second: Who | None = None


class NewScore(Act):
    office_id: str
    month: str = Field(pattern=r"^(19[89]\d|2\d{3})-(0[1-9]|1[0-2])$")
    percent: Decimal = Field(ge=0, le=100, max_digits=7, decimal_places=4)


class NewSanction(Act):
    person_id: str = Field(max_length=64)
    percent: Decimal = Field(gt=0, le=100, max_digits=7, decimal_places=4)
    first: dt.date
    last: dt.date
    document: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(texts.plain)]


class NewPolicyUse(Act):
    """`text`: a policy's TOML, whole."""

    text: str = Field(max_length=200_000)
    first: dt.date
    last: dt.date | None = None


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
    score = OfficeScore(str(uuid.uuid4()), new.office_id, Month.of(new.month), new.percent, now)

    def decide(tx: Transaction) -> None:
        register.office(tx, new.office_id)
        SCORES.add(tx, [score], Roster(tx).actor(new.by), now)

    await server.write(decide)
    return score_shown(score)


@router.get("/sanctions", summary="Sanctions in force")
async def list_sanctions(server: ServerOf, after: After = "", limit: Limit = MOST_ROWS) -> SanctionsShown:
    found = await server.read(lambda tx: sanctions_after(tx, after, limit))
    last = found[-1].sanction_id if len(found) == limit else None
    return SanctionsShown(sanctions=[sanction_shown(each) for each in found], after=last)


@router.post(
    "/sanctions", status_code=201, summary="Somebody loses so many per cent, by a document", responses=may("not-found")
)
async def add_sanction(new: NewSanction, server: ServerOf) -> SanctionShown:
    if new.last < new.first:
        raise Conflict("the last day lies before the first")
    made = Sanction(str(uuid.uuid4()), new.person_id, new.percent, new.first, new.last, new.document)

    await server.write(lambda tx: sanctions.enter(tx, made, new.by, server.now()))
    return sanction_shown(made)


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
    try:
        policy = read_policy(new.text)
    except PolicyError as error:
        raise Conflict(str(error)) from error
    use = PolicyUse(str(uuid.uuid4()), policy.sha256, new.first, new.last)
    await server.write(lambda tx: months.use_policy(tx, policy, new.text, use, new.by, server.now()))
    return policy_shown(policy, use)
