"""Administrator: reports that are made beside the server's work, asked after, fetched, cancelled."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from etpp.accounts.gate import ADMIN
from etpp.allowance.model import Month
from etpp.base.describe import file_of, may
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.console.texts import Language
from etpp.db import Transaction
from etpp.reports.jobs import Job, Jobs
from etpp.reports.make import ALL, Asked
from etpp.reports.model import Format, Kind, Paper
from etpp.roster import register
from etpp.roster.store import Roster
from etpp.serving.context import ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["reports"])

_TYPES: dict[str, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _jobs(request: Request) -> Jobs:
    return cast(Jobs, request.app.state.reports)


JobsOf = Annotated[Jobs, Depends(_jobs)]


class NewReport(BaseModel):
    """`office_id`: an office, or `all`. `person_id`: of a statement, of one person alone."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    office_id: str = Field(max_length=63)
    month: str = Field(max_length=7)
    format: Format
    language: Language = "id"
    paper: Paper = "F4"
    person_id: str | None = Field(default=None, max_length=64)


class Ended(BaseModel):
    """The job that is no more."""

    job_id: str
    state: Literal["cancelled"]


@router.post(
    "/reports", status_code=202, summary="Start making a report", responses=may("not-found", "too-many-requests")
)
async def start_report(new: NewReport, server: ServerOf, jobs: JobsOf) -> Job:
    try:
        month = Month.of(new.month)
    except ValueError as error:
        raise Problem("malformed", f"month: {error}") from error
    if new.person_id is not None and new.kind != "statement":
        raise Conflict("only a statement is of one person")

    def look(tx: Transaction) -> None:
        if new.office_id != ALL:
            register.office(tx, new.office_id)
        if new.person_id is not None and Roster(tx).employee(new.person_id) is None:
            raise NotFound("there is no such person in the roster")

    await server.write(look)  # who took which figures out is recorded
    asked = Asked(new.kind, new.office_id, month, new.format, new.language, new.paper, new.person_id)
    return await run_in_threadpool(jobs.start, asked, server.now())


@router.get("/reports/{job_id}", summary="How far a report is")
async def get_report(job_id: uuid.UUID, jobs: JobsOf) -> Job:
    return await run_in_threadpool(jobs.get, str(job_id))


@router.get(
    "/reports/{job_id}/file",
    summary="A finished report",
    response_class=FileResponse,
    responses=file_of(*_TYPES.values()) | may("conflict"),
)
async def get_report_file(job_id: uuid.UUID, jobs: JobsOf) -> FileResponse:
    job = await run_in_threadpool(jobs.get, str(job_id))
    path = await run_in_threadpool(jobs.file, str(job_id))
    name = f"{job.kind}-{job.office_id}-{job.month}.{job.format}"
    return FileResponse(path, media_type=_TYPES[job.format], filename=name, headers={"Cache-Control": "no-store"})


@router.delete("/reports/{job_id}", summary="End a report, or forget it when it is done")
async def cancel_report(job_id: uuid.UUID, jobs: JobsOf) -> Ended:
    job = await run_in_threadpool(jobs.cancel, str(job_id))
    return Ended(job_id=job.job_id, state="cancelled")
