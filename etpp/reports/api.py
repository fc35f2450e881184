"""Administrator: reports that are made beside the server's work, asked after, fetched, cancelled."""

from __future__ import annotations

import uuid
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from etpp.accounts.gate import ADMIN
from etpp.base.describe import file_of, may
from etpp.reports.asked import TYPES, JobsOf, NewReport, start
from etpp.reports.jobs import Job
from etpp.serving.context import ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["reports"])


class Ended(BaseModel):
    """The job that is no more."""

    job_id: str
    state: Literal["cancelled"]


@router.post(
    "/reports", status_code=202, summary="Start making a report", responses=may("not-found", "too-many-requests")
)
async def start_report(new: NewReport, server: ServerOf, jobs: JobsOf) -> Job:
    return await start(new, server, jobs)


@router.get("/reports/{job_id}", summary="How far a report is")
async def get_report(job_id: uuid.UUID, jobs: JobsOf) -> Job:
    return await run_in_threadpool(jobs.get, str(job_id))


@router.get(
    "/reports/{job_id}/file",
    summary="A finished report",
    response_class=FileResponse,
    responses=file_of(*TYPES.values()) | may("conflict"),
)
async def get_report_file(job_id: uuid.UUID, jobs: JobsOf) -> FileResponse:
    job = await run_in_threadpool(jobs.get, str(job_id))
    path = await run_in_threadpool(jobs.file, str(job_id))
    name = f"{job.kind}-{job.office_id}-{job.month}.{job.format}"
    return FileResponse(path, media_type=TYPES[job.format], filename=name, headers={"Cache-Control": "no-store"})


@router.delete("/reports/{job_id}", summary="End a report, or forget it when it is done")
async def cancel_report(job_id: uuid.UUID, jobs: JobsOf) -> Ended:
    job = await run_in_threadpool(jobs.cancel, str(job_id))
    return Ended(job_id=job.job_id, state="cancelled")
