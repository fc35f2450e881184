"""Administrator: the day's presence, and the events behind it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query

from etpp import daybook, intake
from etpp.api.admin import ADMIN
from etpp.context import ServerOf
from etpp.encoding import MAX_INTEGER
from etpp.forms import link_json
from etpp.model import LinkStatus

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, include_in_schema=False)


@router.get("/presence")
async def presence(office_id: str, server: ServerOf, date: dt.date | None = None) -> dict[str, Any]:
    """Today in the office's own time zone by default."""
    now = server.now()
    return daybook.as_json(await server.read(lambda tx: daybook.open_day(tx, office_id, date, now)))


@router.get("/events")
async def events(
    server: ServerOf,
    office_id: str | None = None,
    status: LinkStatus | None = None,
    kind: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    offset: Annotated[int, Query(ge=0, le=MAX_INTEGER)] = 0,
) -> dict[str, Any]:
    """Newest received first, with the number of all that match."""
    count = await server.read(lambda tx: tx.books.count(office_id, status, kind))
    found = await server.read(lambda tx: tx.books.search(office_id, status, kind, limit, offset))
    return {"count": count, "events": [link_json(link) for link in found]}


@router.post("/offices/{office_id}/events/{event_id}/accept")
async def accept(office_id: str, event_id: str, server: ServerOf) -> dict[str, Any]:
    """A presence that was rejected as `person-unknown`, once its person is known."""
    return link_json(await server.write(lambda tx: intake.reconsider(tx, office_id, event_id)))
