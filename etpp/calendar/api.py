"""Administrator: hours, days off, occasions, shifts and rosters, as decided facts; and what a year could look like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from etpp.accounts.gate import ADMIN
from etpp.base import sheets
from etpp.base.asked import MOST_ROWS, Date, Limit, Who, month
from etpp.base.describe import TAKES_FILE, may
from etpp.base.errors import Conflict
from etpp.calendar import importing, sheet
from etpp.calendar.asked import Changes
from etpp.calendar.decide import Around, decide
from etpp.calendar.documents import (
    CalendarShown,
    DayPlansShown,
    DecidedShown,
    ProposalsShown,
    RosterImportShown,
    RosterShown,
    calendar_shown,
    decided_shown,
    imported_shown,
    plan_shown,
    proposals_shown,
    roster_shown,
)
from etpp.calendar.model import PlanError, RosterDay
from etpp.calendar.plan import Calendar
from etpp.calendar.proposals import propose_days_off, propose_ramadan
from etpp.calendar.recorded import recorded
from etpp.calendar.store import roster_days
from etpp.db import Transaction
from etpp.serving.context import ServerOf

T = TypeVar("T")
IMPORT = "/v1/admin/calendar/roster"
"""Takes a table of up to `sheets.MAX_BYTES`."""
LONGEST_LOOK = 366
"""Days of an office that are shown at once."""

Year = Annotated[int, Query(ge=1990, le=2076)]
"""hijridate knows Ramadan up to 2076."""
After = Annotated[str, Query(max_length=80)]


def routes(around: Around) -> APIRouter:
    router = APIRouter(prefix="/v1/admin/calendar", dependencies=ADMIN, tags=["calendar"])

    @router.get("", summary="What was decided for the regency, or for an office and what lies above it")
    async def show_calendar(server: ServerOf, year: Year, office_id: str | None = None) -> CalendarShown:
        def look(tx: Transaction) -> CalendarShown:
            facts = around.facts(tx, ())
            return calendar_shown(facts, (None,) if office_id is None else Calendar(facts).lineage(office_id), year)

        return await server.read(named(look))

    @router.get("/days", summary="An office's days between two dates")
    async def show_calendar_days(server: ServerOf, office_id: str, first: Date, last: Date) -> DayPlansShown:
        if not 0 <= (last - first).days < LONGEST_LOOK:
            raise Conflict(f"first and last are less than {LONGEST_LOOK} days apart")

        def look(tx: Transaction) -> DayPlansShown:
            plans, _ = Calendar(around.facts(tx, ())).office_days(office_id, first, last)
            return DayPlansShown(days=[plan_shown(plan) for _, plan in plans])

        return await server.read(named(look))

    @router.get("/proposals", summary="Days off and Ramadan as they are expected: nothing holds before it is decided")
    async def propose_calendar(year: Year) -> ProposalsShown:
        return await run_in_threadpool(lambda: proposals_shown(propose_days_off(year), propose_ramadan(year)))

    @router.post("", summary="Decide: all of it holds, or nothing is recorded", responses=may("not-found"))
    async def decide_calendar(changes: Changes, server: ServerOf) -> DecidedShown:
        now = server.now()
        look = recorded(lambda tx: changes, around, now)  # noqa: ARG005
        return decided_shown(await server.change(lambda tx: decide(tx, changes, around, now), look))

    @router.get("/roster", summary="Who has which shift between two dates", responses=may("not-found"))
    async def list_shifts(
        server: ServerOf,
        first: Date,
        last: Date,
        person: Who | None = None,
        after: After = "",
        limit: Limit = MOST_ROWS,
    ) -> RosterShown:
        def look(tx: Transaction) -> list[RosterDay]:
            whose = None if person is None else around.who(tx, person)
            return roster_days(tx, first, last, whose, after, limit + 1)

        found = await server.read(look)
        return RosterShown(
            roster=[roster_shown(day) for day in found[:limit]],
            next=found[limit - 1].roster_id if len(found) > limit else None,
        )

    @router.post(
        "/roster",
        summary="A roster out of a table: CSV, XLSX or XLS",
        openapi_extra=TAKES_FILE,
    )
    async def import_shifts(
        request: Request,
        server: ServerOf,
        by: Who,
        month_: Annotated[str, Query(alias="month")] = "",
        dry_run: bool = False,
        partial: bool = False,
    ) -> RosterImportShown:
        content, now, span = await request.body(), server.now(), month(month_)
        rows = await run_in_threadpool(sheets.asked, content, sheet.COLUMNS)
        done = await server.change(
            lambda tx: importing.take(tx, rows, around, by, now, span, dry_run=dry_run, partial=partial)
        )
        return imported_shown(done.decided, done.faults, done.done)

    return router


def named(look: Callable[[Transaction], T]) -> Callable[[Transaction], T]:
    """A date for which nobody has decided hours, or an office that is none, is said to whoever asks."""

    def work(tx: Transaction) -> T:
        try:
            return look(tx)
        except PlanError as error:
            raise Conflict(str(error)) from error

    return work
