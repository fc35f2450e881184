"""The day of all offices, and of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from etpp.console.visit import HEADERS, MemberVisit
from etpp.db import Transaction
from etpp.presence import daybook, views
from etpp.presence.pulse import Pulse
from etpp.presence.summaries import Summaries, Summary
from etpp.roster.hours import REGENCY_ZONE, OfficeBroken


class Task(NamedTuple):
    """What waits for somebody's decision: the page where it is made, the text that says so with `n`, and how many."""

    path: str
    text: str
    waiting: int


def routes(summaries: Summaries, pulse: Pulse, tasks: Callable[[Transaction], Sequence[Task]]) -> APIRouter:
    """`tasks`: of rooms above this one; who may not see such a page is told of none."""
    router = APIRouter()

    @router.get("/live")
    async def live(visit: MemberVisit, seen: str = "") -> Response:  # noqa: ARG001 - the guard has looked who it is
        """When something happened that the followers have not `seen`, or after a while without."""
        return JSONResponse({"pulse": await pulse.after(seen[:100])}, headers=HEADERS)

    @router.get("/")
    async def overview(visit: MemberVisit, date: str = "") -> Response:
        day, now = daybook.asked_day(date), visit.server.now()

        regency = visit.offices() is None

        def look(
            tx: Transaction,
        ) -> tuple[list[Summary], list[OfficeBroken], list[views.TerminalLine], Sequence[Task]]:
            return *summaries.of(tx, day, now), views.terminal_lines(tx, now, visit.texts), tasks(tx) if regency else ()

        everybody, all_broken, every_terminal, waiting = await visit.server.read(look)
        offices = [each for each in everybody if visit.shows(each.office_id, "operator", "head")]
        broken = [each for each in all_broken if visit.shows(each.office_id, "operator", "head")]
        terminals = [each for each in every_terminal if visit.shows(each.office_id, "operator", "head")]
        shown = day or (offices[0].day if offices else now.astimezone(ZoneInfo(REGENCY_ZONE)).date())
        asked = views.TERMINALS.asked(visit, date=date)
        if asked.export:
            return await views.TERMINALS.answer(visit, asked, terminals, "presence/overview.html")
        listing = views.overview(shown)
        return await listing.answer(
            visit,
            listing.asked(visit, date=date),
            [views.office_line(each) for each in offices],
            "presence/overview.html",
            {
                "tasks": [(each.path, visit.texts.say(each.text, n=each.waiting)) for each in waiting if each.waiting],
                "broken": [visit.texts.refusal(each) for each in broken],
                "date": shown,
                "date_text": visit.texts.date(shown),
                "is_today": day is None,
                "terminals": views.TERMINALS.table(visit.texts, asked, terminals),
            },
            live=day is None,
        )

    @router.get("/offices/{office_id}")
    async def office(visit: MemberVisit, office_id: str, date: str = "") -> Response:
        day, now = daybook.asked_day(date), visit.server.now()
        book = await visit.server.read(lambda tx: daybook.open_day(tx, office_id, day, now))
        shown = views.office_day(book, visit.texts)
        listing = views.people_of(office_id, book.day, shown.working)
        return await listing.answer(
            visit,
            listing.asked(visit, date=date),
            shown.people,
            "presence/day.html",
            {"office": shown, "date": book.day},
            live=book.day == book.calendar.day_of(now),
        )

    return router
