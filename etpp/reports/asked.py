"""What a report is asked for with, by the calls and the pages, and how its making begins."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from etpp.allowance.asked import month_named
from etpp.allowance.model import Month
from etpp.allowance.store import Closings
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.console.texts import Language
from etpp.db import Transaction
from etpp.reports.jobs import Job, Jobs
from etpp.reports.make import ALL, Asked
from etpp.reports.model import Format, Kind, Paper
from etpp.roster import register
from etpp.roster.assignments import CareerError
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
        if new.person_id is not None:
            lists = _paid_by(tx, new.person_id, month)
            if not lists or new.office_id not in {ALL, *lists}:
                # The same for whom nobody knows: an office's clerk learns nothing of people elsewhere.
                raise NotFound("nobody asked for belongs to the office in that month", key="report_nobody")

    await server.write(look)  # who took which figures out is recorded
    asked = Asked(new.kind, new.office_id, month, new.format, new.language, new.paper, new.person_id)
    return await run_in_threadpool(jobs.start, asked, server.now())


def _paid_by(tx: Transaction, person_id: str, month: Month) -> set[str]:
    """On which offices' lists of the month somebody stands: the one where they served last in it, and those that have
    closed it with them."""
    closed = {office_id for office_id, _ in Closings(tx).statements(month, [person_id])}
    try:
        served = Roster(tx).career(person_id).within(month.first, month.last)
    except CareerError:
        return closed
    return closed | {each.office_id for each in served[-1:]}
