"""The console's way to the phone page: where a log-in leads whom the console has no page for."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

router = APIRouter()


@router.get("/phone")
async def to_the_phone() -> Response:
    return RedirectResponse("/phone/", 303)
