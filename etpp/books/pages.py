"""What does not count: rejected events, what terminals hold back, chains that broke."""

from __future__ import annotations

from fastapi import APIRouter, Response

from etpp.books import intake, resting, views
from etpp.books.model import Link
from etpp.books.store import Books
from etpp.console.visit import CheckedForm, MemberVisit
from etpp.db import Transaction
from etpp.faces.store import Enrolments
from etpp.roster.store import Offices, People, Roster
from etpp.terminals.store import Devices

router = APIRouter()

SHOWN = 200
"""Rejected events on the page, newest first."""


@router.get("/events")
async def events(visit: MemberVisit) -> Response:
    def look(tx: Transaction) -> dict[str, object]:
        offices = {each.office_id: each for each in Offices(tx).all()}
        links: list[Link] = Books(tx).search(None, "rejected", None, SHOWN, 0)
        devices = Devices(tx).all()
        names = People(tx).names({(link.office_id, link.person_id) for link in links if link.person_id})
        return {
            "rejected": [
                views.rejected(link, offices[link.office_id], names, visit.texts)
                for link in links
                if not (link.problem or {}).get("reissued")  # counted already, from the chain that broke
            ],
            "parked": [
                row for device in devices for row in views.parked(device, offices[device.office_id], visit.texts)
            ],
            "broken": [
                {
                    "office": offices[office_id].name,
                    "terminal": head.device_id[:8],
                    "chain": head.chain_id,
                    "seq": head.seq,
                }
                for office_id, heads in sorted(Books(tx).every_head().items())
                for head in heads
                if head.broken_utc is not None
            ],
        }

    return visit.page("books/events.html", await visit.server.read(look))


@router.get("/signals")
async def signals(visit: MemberVisit) -> Response:
    """What nobody of the office, no employee and no terminal is shown."""

    def look(tx: Transaction) -> list[views.Signal]:
        offices = {each.office_id: each for each in Offices(tx).all()}
        links: list[Link] = Books(tx).flagged(views.SIGNALS_SHOWN)
        names = People(tx).names({(link.office_id, who) for link in links for who in views.whom(link)})
        return [views.signal(link, offices[link.office_id], names) for link in links]

    found = await visit.server.read(look)
    return await views.SIGNALS.answer(visit, views.SIGNALS.asked(visit), found, "books/signals.html", {})


@router.get("/events/resting")
async def resting_presences(visit: MemberVisit) -> Response:
    """Of people whose face waited, or waits, for BKPP: what counts for nothing yet, or never, and why."""

    def look(tx: Transaction) -> list[views.RestingLine]:
        offices = {each.office_id: each for each in Offices(tx).all()}
        found = resting.newest(tx, views.RESTING_SHOWN)
        names = Roster(tx).employees(sorted({each.person_id for each in found if each.person_id}))
        lines = []
        for each in found:
            rests = each.state not in ("missing", "elsewhere")
            enrolment = Enrolments(tx).get(each.office_id, each.enrolment_id) if rests else None
            known = names.get(each.person_id)
            person = (known.name if known else None) or (enrolment.name if enrolment else None) or ""
            lines.append(views.resting_line(each, offices[each.office_id], enrolment, person))
        return lines

    found = await visit.server.read(look)
    return await views.RESTING.answer(visit, views.RESTING.asked(visit), found, "books/resting.html", {})


@router.post("/events/{office_id}/{event_id}/accept")
async def accept(visit: MemberVisit, values: CheckedForm, office_id: str, event_id: str) -> Response:  # noqa: ARG001
    now = visit.server.now()
    await visit.server.write(lambda tx: intake.reconsider(tx, office_id, event_id, now))
    return visit.go("/events")
