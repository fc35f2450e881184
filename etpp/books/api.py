"""Administrator: the events in the books."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from etpp.accounts.gate import ADMIN
from etpp.base.encoding import MAX_INTEGER
from etpp.books import intake
from etpp.books.documents import link_json
from etpp.books.model import Link, LinkStatus
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.roster import register
from etpp.serving.context import ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["books"])


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

    def look(tx: Transaction) -> tuple[int, list[Link]]:
        if office_id is not None:
            register.office(tx, office_id)
        books = Books(tx)
        return books.count(office_id, status, kind), books.search(office_id, status, kind, limit, offset)

    count, found = await server.read(look)
    return {"count": count, "events": [link_json(link) for link in found]}


@router.post("/offices/{office_id}/events/{event_id}/accept")
async def accept(office_id: str, event_id: str, server: ServerOf) -> dict[str, Any]:
    """A presence that was rejected as `person-unknown`, once its person is known."""
    now = server.now()
    return link_json(await server.write(lambda tx: intake.reconsider(tx, office_id, event_id, now)))
