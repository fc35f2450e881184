"""Administrator: the day's presence."""

from __future__ import annotations

from fastapi import APIRouter

from etpp.accounts.gate import ADMIN
from etpp.base.describe import may
from etpp.presence import daybook
from etpp.presence.documents import DayBookShown, day_book_shown
from etpp.serving.context import ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["presence"])


@router.get("/presence", summary="Who came and went in an office on a day", responses=may("not-found"))
async def show_presence(office_id: str, server: ServerOf, date: str = "") -> DayBookShown:
    """Today in the office's own time zone by default."""
    day, now = daybook.asked_day(date), server.now()
    return await server.read(lambda tx: day_book_shown(daybook.open_day(tx, office_id, day, now)))
