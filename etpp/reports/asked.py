"""What a report is asked for with, by the calls and the pages, and how its making begins."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from etpp.allowance.asked import month_named
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.console.texts import Language
from etpp.db import Transaction
from etpp.reports.jobs import Job, Jobs
from etpp.reports.make import ALL, Asked
from etpp.reports.model import Format, Kind, Paper
from etpp.roster import register
from etpp.roster.store import Roster
from etpp.serving.context import Server

TYPES: dict[str, str] = {
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


async def start(new: NewReport, server: Server, jobs: Jobs) -> Job:
    """Raises Problem, Conflict and NotFound."""
    month = month_named(new.month)
    if month is None:
        raise Problem("malformed", "month: must be a month such as 2026-11", key="month_wrong")
    if new.person_id is not None and new.kind != "statement":
        raise Conflict("only a statement is of one person", key="report_one_person")

    def look(tx: Transaction) -> None:
        if new.office_id != ALL:
            register.office(tx, new.office_id)
        if new.person_id is not None and Roster(tx).employee(new.person_id) is None:
            raise NotFound("there is no such person in the roster", key="employee_unknown")

    await server.write(look)  # who took which figures out is recorded
    asked = Asked(new.kind, new.office_id, month, new.format, new.language, new.paper, new.person_id)
    return await run_in_threadpool(jobs.start, asked, server.now())
