"""Reports: asked for, followed while they are made, fetched, ended."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from etpp.base.encoding import parse_time
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.console import forms
from etpp.console.visit import HEADERS, CheckedForm, MemberVisit, Visit
from etpp.db import Transaction
from etpp.reports.asked import TYPES, JobsOf, NewReport, start
from etpp.reports.jobs import Job
from etpp.reports.make import ALL
from etpp.reports.model import FORMATS, KINDS, PAPERS
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import Offices, Roster

router = APIRouter()
FIELDS = {
    "office_unknown": "office_id",
    "employee_unknown": "person",
    "report_nobody": "person",
    "report_one_person": "person",
    "month_wrong": "month",
}
"""Beside which field a refusal stands."""
FOLLOW_S = 3
"""How often a page that waits asks again."""


@router.get("/reports")
async def everything(visit: MemberVisit, jobs: JobsOf) -> Response:
    return await _page(visit, jobs, {}, {})


@router.post("/reports")
async def ask(visit: MemberVisit, values: CheckedForm, jobs: JobsOf) -> Response:
    person = "".join(values.get("person", "").split())
    try:
        given = {name: values.get(name, "") for name in ("kind", "office_id", "month", "format", "paper")}
        known = await visit.server.read(lambda tx: _who(tx, person)) if person else None
        new = forms.read(NewReport, given | {"language": visit.texts.code, "person_id": known})
        job = await start(new, visit.server, jobs)
    except (Conflict, NotFound, Problem) as error:
        status = 429 if isinstance(error, Problem) and error.name == "too-many-requests" else 409
        return await _page(visit, jobs, values, forms.faults(visit.texts, error, FIELDS), status)
    return visit.go(f"/reports/{job.job_id}")


@router.get("/reports/{job_id}")
async def one(visit: MemberVisit, job_id: str, jobs: JobsOf) -> Response:
    job = await run_in_threadpool(jobs.get, _id(job_id))
    names = await visit.server.read(_names)
    return visit.page("reports/progress.html", {"job": _shown(visit, job, names), "follow_s": FOLLOW_S})


@router.get("/reports/{job_id}/file")
async def file(visit: MemberVisit, job_id: str, jobs: JobsOf) -> Response:  # noqa: ARG001
    job = await run_in_threadpool(jobs.get, _id(job_id))
    path = await run_in_threadpool(jobs.file, job.job_id)
    name = f"{job.kind}-{job.office_id}-{job.month}.{job.format}"
    return FileResponse(path, media_type=TYPES[job.format], filename=name, headers=HEADERS)


@router.post("/reports/{job_id}/end")
async def end(visit: MemberVisit, values: CheckedForm, job_id: str, jobs: JobsOf) -> Response:  # noqa: ARG001
    await run_in_threadpool(jobs.cancel, _id(job_id))
    await visit.server.write(lambda tx: None)  # that somebody ended it is recorded  # noqa: ARG005
    return visit.go("/reports", "report_ended")


async def _page(
    visit: Visit, jobs: JobsOf, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200
) -> Response:
    mine = visit.offices("operator", "head")
    names = await visit.server.read(_names)
    every = await run_in_threadpool(jobs.every)
    texts = visit.texts
    offices = sorted(
        ((office, name) for office, name in names.items() if mine is None or office in mine), key=lambda each: each[1]
    )
    first = [(ALL, texts.report_all)] if mine is None else []
    now = visit.server.now().astimezone(ZoneInfo(REGENCY_ZONE))
    shown = {
        "jobs": [_shown(visit, each, names) for each in every if mine is None or each.office_id in mine],
        "kinds": [(each, texts.of("report", each)) for each in KINDS],
        "formats": [(each, each.upper()) for each in FORMATS],
        "papers": [(each, each) for each in PAPERS],
        "offices": first + offices,
        **forms.typed({"month": f"{now:%Y-%m}", "paper": "F4", **values}, wrong),
    }
    return visit.page("reports/reports.html", shown, status)


def _who(tx: Transaction, person: str) -> str:
    """Of whom nobody knows what was typed: no report is of that, in the words for whoever is elsewhere."""
    try:
        return Roster(tx).who(person)
    except NotFound:
        return person[:64]


def _names(tx: Transaction) -> dict[str, str]:
    return {each.office_id: each.name for each in Offices(tx).all()}


def _shown(visit: Visit, job: Job, names: Mapping[str, str]) -> dict[str, object]:
    texts = visit.texts
    asked = parse_time(job.asked).astimezone(ZoneInfo(REGENCY_ZONE))
    return {
        "job_id": job.job_id,
        "kind": texts.of("report", job.kind),
        "office": texts.report_all if job.office_id == ALL else names.get(job.office_id, job.office_id),
        "month": job.month,
        "format": job.format.upper(),
        "state": job.state,
        "state_text": texts.of("report_state", job.state),
        "asked": texts.moment(asked),
        "done": job.done,
        "of": job.of,
        "stage": texts.of("report_stage", job.stage),
    }


def _id(said: str) -> str:
    """Raises NotFound for what is no id: it becomes part of a path."""
    try:
        return str(uuid.UUID(said))
    except ValueError as error:
        raise NotFound("there is no such report", key="file_gone") from error
