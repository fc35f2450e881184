"""Administrator: the catalogue of activities, entries, and what is done with them.

A log-in acts as its own employee; a script with the token names who acts. The rules of who may decide hold for both.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from etpp.accounts.gate import ADMIN
from etpp.activities import importing, service, sheet
from etpp.activities.asked import NewEntries, Return, StepOf, VerifyAll
from etpp.activities.desk import Terms
from etpp.activities.documents import (
    ActivityMonthShown,
    AnswersShown,
    CatalogueImportShown,
    CatalogueShown,
    WaitingShown,
    answers_shown,
    entry_shown,
    imported_shown,
    item_shown,
    month_shown,
)
from etpp.activities.model import Answer, Entry, Step
from etpp.activities.store import ITEMS, WEIGHTS
from etpp.base import sheets
from etpp.base.asked import MOST_ROWS, Date, Limit, Who, month
from etpp.base.describe import TAKES_FILE, file_of, may
from etpp.base.errors import Problem
from etpp.db import Transaction
from etpp.roster.store import Roster
from etpp.serving.context import ServerOf

IMPORT = "/v1/admin/activities/catalogue"
"""Takes a table of up to `sheets.MAX_BYTES`."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
After = Annotated[str, Query(max_length=80)]
"""A date and an id: `next` of the page before."""


def routes(terms: Terms) -> APIRouter:
    """`terms`: what the policy of a date says of entries."""
    router = APIRouter(prefix="/v1/admin/activities", dependencies=ADMIN, tags=["activities"])

    @router.get("/catalogue", summary="The items with their weights, by id")
    async def show_catalogue(server: ServerOf, after: After = "", limit: Limit = MOST_ROWS) -> CatalogueShown:
        items, weights = await server.read(lambda tx: (ITEMS.find(tx), WEIGHTS.find(tx)))
        keys = [f"{item.item_id}:{item.first}" for item in items]
        page = [(key, item) for key, item in zip(keys, items, strict=True) if key > after]
        return CatalogueShown(
            items=[item_shown(i, (w for w in weights if w.item_id == i.item_id)) for _, i in page[:limit]],
            next=page[limit - 1][0] if len(page) > limit else None,
        )

    @router.get(
        "/catalogue.xlsx",
        summary="The catalogue as a table, as it is imported",
        response_class=Response,
        responses=file_of(XLSX),
    )
    async def export_catalogue(server: ServerOf) -> Response:
        rows = await server.read(importing.table)
        content = await run_in_threadpool(sheets.write_xlsx, sheet.headings(), rows)
        return Response(content, media_type=XLSX)

    @router.post(
        "/catalogue",
        summary="The catalogue out of a table: CSV, XLSX or XLS",
        openapi_extra=TAKES_FILE,
    )
    async def import_catalogue(
        request: Request, server: ServerOf, by: Who, dry_run: bool = False, partial: bool = False
    ) -> CatalogueImportShown:
        content, now = await request.body(), server.now()
        rows = await run_in_threadpool(sheets.asked, content, sheet.COLUMNS)

        def take(tx: Transaction) -> importing.Imported:
            who = Roster(tx).actor(by)
            return importing.take(tx, rows, who, now, dry_run=dry_run, partial=partial)

        return imported_shown(await server.write(take))

    @router.post("/entries", summary="One author's entries, each answered for itself", responses=may("not-found"))
    async def enter_activities(new: NewEntries, server: ServerOf) -> AnswersShown:
        now = server.now()

        def work(tx: Transaction) -> list[Answer]:
            author = Roster(tx).who(new.by)
            entries = [each.of(author, now) for each in new.entries]
            return service.enter(tx, author, entries, terms, now, submit=new.submit)

        return answers_shown(await server.write(work))

    async def step(kind: Step, asked: StepOf, server: ServerOf, reason: str = "") -> AnswersShown:
        now = server.now()

        def work(tx: Transaction) -> list[Answer]:
            return service.take(tx, kind, Roster(tx).who(asked.by), asked.entry_ids, terms, now, reason)

        return answers_shown(await server.write(work))

    @router.post(
        "/entries/submit", summary="Their author submits drafts, or what was returned", responses=may("not-found")
    )
    async def submit_activities(asked: StepOf, server: ServerOf) -> AnswersShown:
        return await step("submitted", asked, server)

    @router.post(
        "/entries/withdraw", summary="Their author takes entries back that are not verified", responses=may("not-found")
    )
    async def withdraw_activities(asked: StepOf, server: ServerOf) -> AnswersShown:
        return await step("withdrawn", asked, server)

    @router.post("/entries/verify", summary="The superior or a deputy verifies entries", responses=may("not-found"))
    async def verify_activities(asked: StepOf, server: ServerOf) -> AnswersShown:
        return await step("verified", asked, server)

    @router.post(
        "/entries/return", summary="The superior or a deputy returns entries with a reason", responses=may("not-found")
    )
    async def return_activities(asked: Return, server: ServerOf) -> AnswersShown:
        return await step("returned", asked, server, asked.reason)

    @router.post(
        "/entries/verify-all",
        summary="The superior or a deputy verifies all that waits between two dates",
        responses=may("not-found"),
    )
    async def verify_all_activities(asked: VerifyAll, server: ServerOf) -> AnswersShown:
        now = server.now()

        def work(tx: Transaction) -> list[Answer]:
            return service.verify_all(tx, Roster(tx).who(asked.by), asked.first, asked.last, terms, now)

        return answers_shown(await server.write(work))

    @router.get(
        "/entries",
        summary="One person's month: entries, verdicts, points entered and recognised",
        responses=may("not-found"),
    )
    async def show_activities(
        server: ServerOf,
        person: Who,
        month_: Annotated[str, Query(alias="month", examples=["2026-11"])],
        after: After = "",
        limit: Limit = MOST_ROWS,
    ) -> ActivityMonthShown:
        span, now = _whole(month_), server.now()

        def look(tx: Transaction) -> ActivityMonthShown:
            return month_shown(service.month_of(tx, Roster(tx).who(person), *span, terms, now), after, limit)

        return await server.read(look)

    @router.get("/waiting", summary="What somebody may verify between two dates", responses=may("not-found"))
    async def list_waiting_activities(
        server: ServerOf, by: Who, first: Date, last: Date, after: After = "", limit: Limit = MOST_ROWS
    ) -> WaitingShown:
        now = server.now()

        def look(tx: Transaction) -> list[Entry]:
            return service.waiting(tx, Roster(tx).who(by), first, last, terms, now)

        found = await server.read(look)
        page = [entry for entry in found if f"{entry.date}:{entry.entry_id}" > after]
        last_shown = page[limit - 1] if len(page) > limit else None
        return WaitingShown(
            waiting=len(found),
            entries=[entry_shown(entry) for entry in page[:limit]],
            next=None if last_shown is None else f"{last_shown.date}:{last_shown.entry_id}",
        )

    return router


def _whole(text: str) -> tuple[dt.date, dt.date]:
    span = month(text)
    if span is None:
        raise Problem("malformed", "month: must be a month such as 2026-11")
    return span
