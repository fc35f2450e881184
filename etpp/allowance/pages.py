"""The month's way from its list to its payment; scores, sanctions, and policies with a trial."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal, InvalidOperation

from fastapi import APIRouter, Response

from etpp.allowance import desk, sanctions, views
from etpp.allowance import month as months
from etpp.allowance.asked import Act, NewPolicyUse, NewSanction, NewScore, month_named
from etpp.allowance.model import Month
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.console import forms
from etpp.console.visit import CheckedForm, Files, MemberVisit, Visit
from etpp.db import Transaction
from etpp.roster.store import Offices, Roster
from etpp.terminals.context import TerminalsOf

router = APIRouter()

POLICY_BYTES = 200_000
FILES: Mapping[str, int] = {"/console/policies": POLICY_BYTES, "/console/policies/trial": POLICY_BYTES}
"""Forms that bring a file, and the bytes that it may have."""
FIELDS = {
    "period_backwards": "last",
    "employee_unknown": "person",
    "policy_wrong": "text",
    "policy_id_used": "text",
    "policy_whole_months": "first",
    "policy_outside": "first",
    "policy_too_late": "first",
    "office_unknown": "office_id",
    "month_wrong": "month",
}
"""Beside which field a refusal stands."""


@router.get("/months")
async def list_months(visit: MemberVisit, month: str = "") -> Response:
    now, asked_month = visit.server.now(), _listed(visit, month)
    mine = visit.offices("operator", "head")
    found = await visit.server.read(lambda tx: views.month_lines(tx, mine, asked_month, now, visit.texts))
    asked = views.MONTHS.asked(visit, month=str(asked_month))
    values = {"month": str(asked_month), "month_text": visit.texts.month_of(asked_month.first)}
    return await views.MONTHS.answer(visit, asked, found, "allowance/months.html", values)


@router.get("/offices/{office_id}/months/{month}")
async def one_month(visit: MemberVisit, office_id: str, month: str) -> Response:
    return await _one(visit, office_id, month)


@router.post("/offices/{office_id}/months/{month}/check")
async def check(visit: MemberVisit, values: CheckedForm, office_id: str, month: str) -> Response:  # noqa: ARG001
    return await _step(visit, office_id, month, months.check, "month_checked")


@router.get("/offices/{office_id}/months/{month}/close")
async def close_question(visit: MemberVisit, office_id: str, month: str) -> Response:
    return await _question(visit, office_id, month, "close")


@router.post("/offices/{office_id}/months/{month}/close")
async def close(
    visit: MemberVisit,
    values: CheckedForm,  # noqa: ARG001
    office_id: str,
    month: str,
    terminals: TerminalsOf,
) -> Response:
    signer = terminals.keys.now().signer
    return await _step(visit, office_id, month, lambda tx, *what: months.close(tx, signer, *what), "month_closed")


@router.get("/offices/{office_id}/months/{month}/pay")
async def pay_question(visit: MemberVisit, office_id: str, month: str) -> Response:
    return await _question(visit, office_id, month, "pay")


@router.post("/offices/{office_id}/months/{month}/pay")
async def pay(visit: MemberVisit, values: CheckedForm, office_id: str, month: str) -> Response:  # noqa: ARG001
    return await _step(visit, office_id, month, months.pay, "month_paid")


@router.get("/scores")
async def list_scores(visit: MemberVisit, month: str = "") -> Response:
    return await _scores(visit, _listed(visit, month), {}, {})


@router.post("/scores")
async def add_score(visit: MemberVisit, values: CheckedForm) -> Response:
    now = visit.server.now()
    month = views.last_month(now)
    try:
        month = _month(visit, values.get("month", ""))
        given = {
            "by": visit.actor.said,
            "office_id": values.get("office_id", ""),
            "month": values.get("month", ""),
            "percent": _decimal("percent", values.get("percent", "")),
        }
        new = forms.read(NewScore, given)
        await visit.server.write(lambda tx: desk.score(tx, new, now))
    except (Conflict, NotFound, Problem) as error:
        return await _scores(visit, month, values, forms.faults(visit.texts, error, FIELDS), 409)
    return visit.go(f"/scores?month={month}", "score_entered")


@router.get("/sanctions")
async def list_sanctions(visit: MemberVisit) -> Response:
    return await _sanctions(visit, {}, {})


@router.post("/sanctions")
async def add_sanction(visit: MemberVisit, values: CheckedForm) -> Response:
    now = visit.server.now()

    def work(tx: Transaction) -> None:
        given = {
            "by": visit.actor.said,
            "percent": _decimal("percent", values.get("percent", "")),
            "first": forms.day("first", values.get("first", "")),
            "last": forms.day("last", values.get("last", "")),
            "document": values.get("document", ""),
            "person_id": Roster(tx).who("".join(values.get("person", "").split())),
        }
        desk.sanction(tx, forms.read(NewSanction, given), now)

    try:
        await visit.server.write(work)
    except (Conflict, NotFound) as error:
        return await _sanctions(visit, values, forms.faults(visit.texts, error, FIELDS), 409)
    return visit.go("/sanctions", "sanction_entered")


@router.get("/sanctions/{sanction_id}/withdraw")
async def withdraw_question(visit: MemberVisit, sanction_id: str) -> Response:  # noqa: ARG001
    texts = visit.texts
    return visit.confirm(
        texts.sanction_withdraw_question, texts.sanction_withdraw_what, texts.withdraw_it, "/sanctions"
    )


@router.post("/sanctions/{sanction_id}/withdraw")
async def withdraw_sanction(visit: MemberVisit, values: CheckedForm, sanction_id: str) -> Response:  # noqa: ARG001
    now, act = visit.server.now(), Act(by=visit.actor.said)
    await visit.server.write(lambda tx: sanctions.take_back(tx, sanction_id, act.by, now))
    return visit.go("/sanctions", "sanction_withdrawn")


@router.get("/policies")
async def listpolicies_page(visit: MemberVisit) -> Response:
    return await policies_page(visit, {}, {})


@router.post("/policies/trial")
async def try_policy(visit: MemberVisit, values: CheckedForm, files: Files) -> Response:
    """What a month would have paid by it: read, shown, and nothing recorded but that somebody looked."""
    typed = with_text(values, files)
    try:
        return await _trial(visit, typed, visit.server.write)
    except (Conflict, NotFound, Problem) as error:
        return await policies_page(visit, typed, forms.faults(visit.texts, error, FIELDS), 409)


@router.post("/policies")
async def use_policy(visit: MemberVisit, values: CheckedForm, files: Files) -> Response:
    now, typed = visit.server.now(), with_text(values, files)
    try:
        given = {
            "by": visit.actor.said,
            "text": typed["text"],
            "first": forms.day("first", values.get("first", "")),
            "last": forms.day("last", values["last"]) if values.get("last") else None,
        }
        new = forms.read(NewPolicyUse, given)
        await visit.server.write(lambda tx: desk.use_policy(tx, new, now))
    except (Conflict, NotFound) as error:
        wrong = forms.faults(visit.texts, error, FIELDS)
        try:
            return await _trial(visit, typed, visit.server.read, wrong, 409)
        except (Conflict, NotFound, Problem):  # the text is no policy, which is said beside it
            return await policies_page(visit, typed, wrong, 409)
    return visit.go("/policies", "policy_used")


async def _trial(
    visit: Visit,
    typed: Mapping[str, str],
    run: Callable[[Callable[[Transaction], dict[str, object]]], Awaitable[dict[str, object]]],
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """`run`: the server's `write`, where the trial is the act that the log has; its `read` beside a refusal, of which
    nothing happened. Raises Conflict and NotFound."""
    now, month = visit.server.now(), _month(visit, typed.get("month", ""))

    def work(tx: Transaction) -> dict[str, object]:
        policy = desk.policy_of(typed["text"])
        return views.trial(tx, typed.get("office_id", ""), month, policy, now, visit.texts)

    found = await run(work)
    return visit.page("allowance/trial.html", {"trial": found, **forms.typed(typed, wrong or {})}, status)


async def _step(
    visit: Visit,
    office_id: str,
    month: str,
    take: Callable[[Transaction, str, Month, str, dt.datetime], object],
    done: str,
) -> Response:
    """The month's page after the step, or as it is with what stands against it."""
    asked, now, act = _named(month), visit.server.now(), Act(by=visit.actor.said)
    try:
        await visit.server.write(lambda tx: take(tx, office_id, asked, act.by, now))
    except Conflict as error:
        return await _one(visit, office_id, month, visit.texts.refusal(error))
    return visit.go(f"/offices/{office_id}/months/{month}", done)


async def _one(visit: Visit, office_id: str, month: str, fault: str = "") -> Response:
    asked, now = _named(month), visit.server.now()
    found = await visit.server.read(lambda tx: views.month_page(tx, office_id, asked, now, visit.texts))
    lines: list[views.PersonLine] = found.pop("lines")  # type: ignore[assignment]
    values = {"month": found, "fault": fault}
    wanted = views.PEOPLE.asked(visit)
    status = 409 if fault else 200
    return await views.PEOPLE.answer(visit, wanted, lines, "allowance/month.html", values, status=status)


async def _question(visit: Visit, office_id: str, month: str, what: str) -> Response:
    asked, texts = _named(month), visit.texts
    office = await visit.server.read(lambda tx: Offices(tx).get(office_id))
    if office is None:
        raise NotFound("there is no such office", key="office_unknown", office=office_id)
    question = texts.say(f"month_{what}_question", month=texts.month_of(asked.first), office=office.name)
    back = f"/offices/{office_id}/months/{month}"
    return visit.confirm(question, texts.say(f"month_{what}_what"), texts.say(f"month_{what}"), back)


async def _scores(
    visit: Visit, month: Month, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200
) -> Response:
    found = await visit.server.read(lambda tx: views.score_lines(tx, month))
    offices = [(each.office_id, each.office) for each in sorted(found, key=lambda line: line.office)]
    shown = {
        "month": str(month),
        "month_text": visit.texts.month_of(month.first),
        "offices": offices,
        "missing": sum(each.percent is None for each in found),
        **forms.typed(values, wrong),
    }
    asked = views.SCORES_LIST.asked(visit, month=str(month))
    return await views.SCORES_LIST.answer(visit, asked, found, "allowance/scores.html", shown, status=status)


async def _sanctions(visit: Visit, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200) -> Response:
    found = await visit.server.read(views.sanction_lines)
    shown = forms.typed(values, wrong)
    asked = views.SANCTIONS_LIST.asked(visit)
    return await views.SANCTIONS_LIST.answer(visit, asked, found, "allowance/sanctions.html", shown, status=status)


async def policies_page(
    visit: Visit, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200
) -> Response:
    """What is paid by, with the form of a trial, and what is wrong with it."""
    now = visit.server.now()

    def look(tx: Transaction) -> dict[str, object]:
        offices = sorted(((each.office_id, each.name) for each in Offices(tx).all()), key=lambda each: each[1])
        return {**views.policies(tx, now.astimezone(views.ZONE).date(), visit.texts), "offices": offices}

    found = await visit.server.read(look)
    typed = {"month": str(views.last_month(now)), "text": str(found["text"]), **values}
    return visit.page("allowance/policies.html", {**found, **forms.typed(typed, wrong)}, status)


def with_text(values: Mapping[str, str], files: Mapping[str, bytes]) -> dict[str, str]:
    """A policy's text is typed, or brought as a file, which goes before it."""
    typed = {**values, "text": values.get("text", "").replace("\r\n", "\n")}
    if files.get("file"):
        typed["text"] = files["file"].decode("utf-8", "replace").replace("\r\n", "\n")
    return typed


def _decimal(field: str, text: str) -> Decimal:
    """A number with a comma or a point. Raises Wrong."""
    try:
        found = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        raise forms.Wrong({field: "number" if text.strip() else "empty"}) from None
    if not found.is_finite():
        raise forms.Wrong({field: "number"})
    return found


def _month(visit: Visit, text: str) -> Month:
    """The month that is asked for, or the last one that is over. Raises Problem."""
    return month_named(text) or views.last_month(visit.server.now())


def _listed(visit: Visit, text: str) -> Month:
    """As `_month`, of a list's address: of what is no month too."""
    try:
        return _month(visit, text)
    except Problem:
        return views.last_month(visit.server.now())


def _named(text: str) -> Month:
    """Raises Problem."""
    found = month_named(text)
    if found is None:
        raise Problem("malformed", "month: must be a month such as 2026-11", key="month_wrong")
    return found
