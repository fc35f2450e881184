"""Administrator: the list of employees in and out, and deputies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from etpp.accounts.gate import ADMIN
from etpp.base import sheets
from etpp.base.asked import Asked, Date, Who
from etpp.db import Transaction
from etpp.roster import deputies, export, imports, listing
from etpp.roster.documents import deputy_json, imported_json
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
        openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
    )
    async def import_roster(
        request: Request, server: ServerOf, by: Who, dry_run: bool = False, skip_bad: bool = False
    ) -> dict[str, Any]:
        content, now = await request.body(), server.now()
        rows = await run_in_threadpool(sheets.asked, content, listing.COLUMNS)
        if dry_run:
            return imported_json(await server.read(lambda tx: imports.plan(tx, rows, now, skip_bad)), done=False)

        def work(tx: Transaction) -> dict[str, Any]:
            made, done = imports.take(tx, rows, Roster(tx).actor(by), now, skip_bad)
            if done:
                follow(tx, made.moved, now)
            return imported_json(made, done)

        return await server.change(work)

    @router.get("/roster.xlsx", summary="The list of employees, as it is imported", response_class=Response)
    async def export_roster(server: ServerOf) -> Response:
        rows = [listing.cells(each) for each in await server.read(export.posts)]
        headings = [column.name for column in listing.COLUMNS]
        return Response(await run_in_threadpool(sheets.write_xlsx, headings, rows), media_type=XLSX)

    @router.post("/deputies", status_code=201, summary="Who decides in a superior's place from a date to a date")
    async def add_deputy(new: NewDeputy, server: ServerOf) -> dict[str, Any]:
        now = server.now()

        def work(tx: Transaction) -> dict[str, Any]:
            by = Roster(tx).actor(new.by)
            return deputy_json(deputies.add(tx, new.superior, new.deputy, new.first, new.last, by, now))

        return await server.write(work)

    return router
