"""The day of all offices, and of one."""

from __future__ import annotations

from fastapi import APIRouter, Response

from etpp.console.visit import MemberVisit
from etpp.db import Transaction
from etpp.presence import daybook, views
from etpp.roster.hours import HoursBroken
from etpp.roster.store import Offices

router = APIRouter()


@router.get("/")
async def overview(visit: MemberVisit, date: str = "") -> Response:
    day, now = daybook.asked_day(date), visit.server.now()

    def look(tx: Transaction) -> tuple[list[daybook.DayBook], list[HoursBroken]]:
        books: list[daybook.DayBook] = []
        broken: list[HoursBroken] = []
        for office in Offices(tx).all():
            try:
                books.append(daybook.open_day(tx, office.office_id, day, now))
            except HoursBroken as error:
                broken.append(error)
        return books, broken

    books, broken = await visit.server.read(look)
    shown = day or (books[0].day if books else now.date())
    return visit.page(
        "presence/overview.html",
        {
            "offices": [views.office_day(book, visit.texts) for book in books],
            "broken": [visit.texts.refusal(each) for each in broken],
            "date": shown,
            "date_text": visit.texts.date(shown),
            "is_today": day is None,
        },
    )


@router.get("/offices/{office_id}")
async def office(visit: MemberVisit, office_id: str, date: str = "") -> Response:
    day, now = daybook.asked_day(date), visit.server.now()
    book = await visit.server.read(lambda tx: daybook.open_day(tx, office_id, day, now))
    return visit.page(
        "presence/day.html",
        {
            "office": views.office_day(book, visit.texts),
            "date": book.day,
            "is_today": book.day == book.calendar.day_of(now),
        },
    )
