"""Administrator: the list of employees in and out, and deputies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from etpp.accounts.gate import ADMIN
from etpp.base import sheets
from etpp.base.asked import Asked, Date, Who
from etpp.base.describe import TAKES_FILE, file_of, may
from etpp.db import Transaction
from etpp.roster import deputies, export, imports, listing
from etpp.roster.documents import DeputyShown, EmployeesImportShown, deputy_shown, imported_shown, noted
from etpp.roster.store import Roster
from etpp.serving.context import ServerOf

IMPORT = "/v1/admin/roster/imports"
"""Takes a table of up to `sheets.MAX_BYTES`."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Follow = Callable[[Transaction, Iterable[tuple[str, str]], dt.datetime], None]
"""Takes the faces of people, (person, office) each, to where a list has moved them."""


class NewDeputy(Asked):
    """Both named by a NIP, another number or an id; `last` null: until further notice."""

    by: Who
    superior: Who
    deputy: Who
    first: Date
    last: Date | None = None


def routes(follow: Follow) -> APIRouter:
    router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["roster"])

    @router.post(
        "/roster/imports",
        summary="Employees and posts out of a table: CSV, XLSX or XLS",
        openapi_extra=TAKES_FILE,
    )
    async def import_employees(
        request: Request, server: ServerOf, by: Who, dry_run: bool = False, skip_bad: bool = False
    ) -> EmployeesImportShown:
        content, now = await request.body(), server.now()
        rows = await run_in_threadpool(sheets.asked, content, listing.COLUMNS)
        if dry_run:
            return await server.read(lambda tx: imported_shown(imports.plan(tx, rows, now, skip_bad), done=False))

        def work(tx: Transaction) -> EmployeesImportShown:
            made, done = imports.take(tx, rows, Roster(tx).actor(by), now, skip_bad)
            if done:
                follow(tx, made.moved, now)
                if server.act is not None:
                    server.act.note(*noted(made))
            return imported_shown(made, done)

        return await server.change(work)

    @router.get(
        "/roster.xlsx",
        summary="The list of employees, as it is imported",
        response_class=Response,
        responses=file_of(XLSX),
    )
    async def export_employees(server: ServerOf) -> Response:
        rows = [listing.cells(each) for each in await server.read(export.posts)]
        headings = [column.name for column in listing.COLUMNS]
        return Response(await run_in_threadpool(sheets.write_xlsx, headings, rows), media_type=XLSX)

    @router.post(
        "/deputies",
        status_code=201,
        summary="Who decides in a superior's place from a date to a date",
        responses=may("not-found"),
    )
    async def add_deputy(new: NewDeputy, server: ServerOf) -> DeputyShown:
        now = server.now()

        def work(tx: Transaction) -> DeputyShown:
            by = Roster(tx).actor(new.by)
            return deputy_shown(deputies.add(tx, new.superior, new.deputy, new.first, new.last, by, now))

        return await server.write(work)

    return router
