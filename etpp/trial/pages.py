"""A policy tried on a month of the whole regency: asked for, followed, looked at, and from there taken into force."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from etpp.allowance import desk
from etpp.allowance import pages as allowance_pages
from etpp.allowance.asked import month_named
from etpp.allowance.explain import explain
from etpp.allowance.model import Month
from etpp.allowance.views import last_month
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.console import forms
from etpp.console.listing import Cell, Column, Listing
from etpp.console.texts import Texts
from etpp.console.visit import CheckedForm, Files, MemberVisit
from etpp.db import Transaction
from etpp.reports.jobs import Job, Jobs
from etpp.roster.named import Named, named
from etpp.roster.store import Offices
from etpp.trial.making import Asked, Sums, Tried

FILES: Mapping[str, int] = {"/console/policies/trials": allowance_pages.POLICY_BYTES}
"""Forms that bring a file, and the bytes that it may have."""
FOLLOW_S = 3
"""How often a page that waits asks again."""


@dataclass(frozen=True, slots=True)
class Line:
    person_id: str
    name: str
    number: str
    office: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        return self.after - self.before


def _person(line: Line, texts: Texts) -> Cell:
    return Cell(line.name or texts.forgotten, small=line.number, href=f"/people/{line.person_id}")


LINES: Listing[Line] = Listing(
    "uji-kebijakan",
    (
        Column("person", "name", lambda line: line.name, show=_person, kind="name", finds=True),
        Column("office", "office", lambda line: line.office, chooses=True),
        Column("before", "trial_before", lambda line: line.before, kind="number"),
        Column("after", "trial_after", lambda line: line.after, kind="number"),
        Column("change", "difference_rupiah", lambda line: line.change, kind="number"),
    ),
)


def routes(trials: Jobs) -> APIRouter:
    router = APIRouter()

    @router.post("/policies/trials")
    async def start(visit: MemberVisit, values: CheckedForm, files: Files) -> Response:
        typed = allowance_pages.with_text(values, files)
        try:
            desk.policy_of(typed["text"])
            month = month_named(typed.get("month", "")) or last_month(visit.server.now())
            await visit.server.write(lambda tx: None)  # that somebody looked is recorded  # noqa: ARG005
            job = await run_in_threadpool(trials.start, Asked(typed["text"], month), visit.server.now())
        except (Conflict, Problem) as error:
            status = 429 if isinstance(error, Problem) and error.name == "too-many-requests" else 409
            wrong = forms.faults(visit.texts, error, allowance_pages.FIELDS)
            return await allowance_pages.policies_page(visit, typed, wrong, status)
        return visit.go(f"/policies/trials/{job.job_id}")

    @router.get("/policies/trials/{trial_id}")
    async def one(visit: MemberVisit, trial_id: str) -> Response:
        job = await run_in_threadpool(trials.get, _id(trial_id))
        if job.state != "done":
            return visit.page("trial/progress.html", {"job": job, "follow_s": FOLLOW_S})
        found = await run_in_threadpool(_read, trials, job)
        lines, values = await visit.server.read(lambda tx: _shown(tx, found, job, visit.texts))
        return await LINES.answer(visit, LINES.asked(visit), lines, "trial/result.html", values)

    @router.post("/policies/trials/{trial_id}/end")
    async def end(visit: MemberVisit, values: CheckedForm, trial_id: str) -> Response:  # noqa: ARG001
        await run_in_threadpool(trials.cancel, _id(trial_id))
        await visit.server.write(lambda tx: None)  # that somebody ended it is recorded  # noqa: ARG005
        return visit.go("/policies", "trial_ended")

    return router


def _read(trials: Jobs, job: Job) -> Tried:
    return Tried.model_validate_json(trials.content(job.job_id))


def _shown(tx: Transaction, found: Tried, job: Job, texts: Texts) -> tuple[list[Line], dict[str, Any]]:
    offices = {each.office_id: each.name for each in Offices(tx).all()}
    known: Named = named(tx, [each.person_id for each in found.differences])
    lines = [
        Line(
            each.person_id,
            known.name(each.person_id),
            known.number(each.person_id),
            offices.get(each.office_id, each.office_id),
            each.before,
            each.after,
        )
        for each in found.differences
    ]
    month = Month.of(found.month)
    values = {
        "job_id": job.job_id,
        "title": found.title,
        "about": texts.say("trial_month", month=texts.month_of(month.first), held=found.held),
        "whole": _sums(found.whole, "", texts),
        "offices": [_sums(each, offices.get(each.key, each.key), texts) for each in found.offices],
        "classes": [_sums(each, _class(each.key, texts), texts) for each in found.classes],
        "left_out": [offices.get(each, each) for each in found.left_out],
        "sentences": list(explain(desk.policy_of(found.text), texts)),
        **forms.typed({"text": found.text, "month": found.month}),
    }
    return lines, values


def _class(key: str, texts: Texts) -> str:
    return texts.trial_class_unknown if key == "0" else texts.say("trial_class", number=key)


def _sums(sums: Sums, name: str, texts: Texts) -> dict[str, Any]:
    return {
        "name": name,
        "people": sums.people,
        "more": sums.more,
        "less": sums.less,
        "before": texts.figure(sums.before),
        "after": texts.figure(sums.after),
        "change": texts.figure(sums.after - sums.before),
        "loses": sums.after < sums.before,
    }


def _id(said: str) -> str:
    """Raises NotFound for what is no id: it becomes part of a path."""
    try:
        return str(uuid.UUID(said))
    except ValueError as error:
        raise NotFound("there is no such trial", key="file_gone") from error
