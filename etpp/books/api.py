"""Administrator: the events in the books."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from etpp.accounts.gate import ADMIN
from etpp.base.describe import may
from etpp.base.encoding import MAX_INTEGER
from etpp.books import intake
from etpp.books.documents import EventShown, EventsShown, event_shown
from etpp.books.model import LinkStatus
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.roster import register
from etpp.serving.context import ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["books"])


@router.get("/events", summary="Events in the books, newest received first", responses=may("not-found"))
async def list_events(
    server: ServerOf,
    office_id: str | None = None,
    status: LinkStatus | None = None,
    kind: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    offset: Annotated[int, Query(ge=0, le=MAX_INTEGER)] = 0,
) -> EventsShown:
    """With the number of all that match."""

    def look(tx: Transaction) -> EventsShown:
        if office_id is not None:
            register.office(tx, office_id)
        books = Books(tx)
        count = books.count(office_id, status, kind)
        return EventsShown(
            count=count, events=[event_shown(link) for link in books.search(office_id, status, kind, limit, offset)]
        )

    return await server.read(look)


@router.post("/offices/{office_id}/events/{event_id}/accept", summary="Accept a presence whose person is known now")
async def accept_event(office_id: str, event_id: str, server: ServerOf) -> EventShown:
    """A presence that was rejected as `person-unknown`, once its person is known."""
    now = server.now()
    return event_shown(await server.write(lambda tx: intake.reconsider(tx, office_id, event_id, now)))
