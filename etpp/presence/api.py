"""Administrator: the day's presence."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from etpp.accounts.gate import ADMIN
from etpp.presence import daybook
from etpp.serving.context import ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["presence"])


@router.get("/presence")
async def presence(office_id: str, server: ServerOf, date: str = "") -> dict[str, Any]:
    """Today in the office's own time zone by default."""
    day, now = daybook.asked_day(date), server.now()
    return daybook.as_json(await server.read(lambda tx: daybook.open_day(tx, office_id, day, now)))
