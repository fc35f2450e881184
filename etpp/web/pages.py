"""The console's pages that only show."""

from __future__ import annotations

import datetime as dt
from importlib import resources

from fastapi import APIRouter, Response

from etpp import approval, daybook, roster
from etpp.cohort import overdue_since
from etpp.errors import Problem
from etpp.model import Enrolment, Link
from etpp.ports import Transaction
from etpp.tpp import WorkCalendar
from etpp.web import views
from etpp.web.console import MemberVisit
from etpp.web.texts import Texts

router = APIRouter()

SHOWN = 200
"""Rejected events and decided enrolments on one page, newest first."""


@router.get("/style.css")
async def style() -> Response:
    text = resources.files("etpp.web").joinpath("static/style.css").read_text(encoding="utf-8")
    return Response(text, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


@router.get("/")
async def overview(visit: MemberVisit, date: str = "") -> Response:
    day, now = _day(date), visit.server.now()

    def look(tx: Transaction) -> list[daybook.DayBook]:
        return [daybook.open_day(tx, office.office_id, day, now) for office in tx.offices.all()]

    books = await visit.server.read(look)
    shown = day or (books[0].day if books else now.date())
    return visit.page(
        "overview.html",
        {
            "offices": [views.office_day(book, visit.texts) for book in books],
            "date": shown,
            "date_text": visit.texts.date(shown),
            "is_today": day is None,
        },
    )


@router.get("/offices/{office_id}")
async def office(visit: MemberVisit, office_id: str, date: str = "") -> Response:
    day, now = _day(date), visit.server.now()
    book = await visit.server.read(lambda tx: daybook.open_day(tx, office_id, day, now))
    return visit.page(
        "day.html",
        {
            "office": views.office_day(book, visit.texts),
            "date": book.day,
            "is_today": book.day == book.calendar.day_of(now),
        },
    )


@router.get("/offices/{office_id}/people")
async def people(visit: MemberVisit, office_id: str) -> Response:
    def look(tx: Transaction) -> dict[str, object]:
        devices = tx.devices.all(office_id)
        everyone = tx.people.everyone(office_id, include_erased=True)
        return {
            "office": roster.office(tx, office_id),
            "people": [
                {
                    "person_id": person.person_id,
                    "name": person.name or visit.texts.forgotten,
                    "nip": views.grouped(person.nip),
                    "templates": person.templates,
                    "erasure": None if person.erased_version is None else views.erasure(person, devices, visit.texts),
                }
                for person in everyone
            ],
        }

    return visit.page("people.html", await visit.server.read(look))


@router.get("/terminals")
async def terminals(visit: MemberVisit) -> Response:
    now = visit.server.now()

    def look(tx: Transaction) -> dict[str, object]:
        since = overdue_since(tx, now)
        return {
            "terminals": views.terminals(tx, visit.texts, now),
            "offices": tx.offices.all(),
            "cohort_overdue": ""
            if since is None
            else visit.texts.say("cohort_overdue", when=visit.texts.ago(now - since)),
        }

    return visit.page("terminals.html", await visit.server.read(look))


@router.get("/enrolments")
async def enrolments(visit: MemberVisit) -> Response:
    def look(tx: Transaction) -> dict[str, list[dict[str, object]]]:
        offices = {each.office_id: each for each in tx.offices.all()}
        rows: dict[str, list[dict[str, object]]] = {"pending": [], "decided": []}
        found = tx.enrolments.search()
        alike = approval.alike(tx, found)
        for enrolment in found:
            other = alike.get((enrolment.office_id, enrolment.event_id))
            zone = WorkCalendar(offices[enrolment.office_id].calendar).timezone
            pending = enrolment.state == "pending"
            rows["pending" if pending else "decided"].append(
                {
                    "office_id": enrolment.office_id,
                    "office": offices[enrolment.office_id].name,
                    "event_id": enrolment.event_id,
                    "name": enrolment.name or visit.texts.forgotten,
                    "nip": views.grouped(enrolment.nip),
                    "samples": len(enrolment.descriptors),
                    "effect": _effect(tx, enrolment, visit.texts) if pending else "",
                    "officer": enrolment.consent["officer"],
                    "consent": enrolment.consent["text_id"],
                    "received": visit.texts.moment(enrolment.received_utc.astimezone(zone)),
                    "state": enrolment.state,
                    "by": enrolment.decided_by or "",
                    "despite": enrolment.despite is not None,
                    "alike": None if other is None else views.alike(other, offices[other.office_id]),
                }
            )
        rows["decided"] = rows["decided"][::-1][:SHOWN]
        return rows

    return visit.page("enrolments.html", await visit.server.read(look))


@router.get("/events")
async def events(visit: MemberVisit) -> Response:
    def look(tx: Transaction) -> dict[str, object]:
        offices = {each.office_id: each for each in tx.offices.all()}
        links: list[Link] = tx.books.search(None, "rejected", None, SHOWN, 0)
        devices = tx.devices.all()
        names = {
            person.person_id: person.name or ""
            for office_id in {link.office_id for link in links}
            for person in tx.people.everyone(office_id, include_erased=True)
        }
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
                {"office": each.name, "terminal": head.device_id[:8], "chain": head.chain_id, "seq": head.seq}
                for each in offices.values()
                for head in tx.books.heads(each.office_id)
                if head.broken_utc is not None
            ],
        }

    return visit.page("events.html", await visit.server.read(look))


def _effect(tx: Transaction, enrolment: Enrolment, texts: Texts) -> str:
    """What an approval would do: BKPP should not replace a colleague's face unaware."""
    person = None if enrolment.nip is None else tx.people.by_nip(enrolment.office_id, enrolment.nip)
    if person is None:
        return texts.enrolment_new
    return texts.enrolment_replaces if person.templates else texts.enrolment_first


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = dt.date.min
    if not 1970 < day.year < 9000:
        raise Problem("malformed", "date: must be a day such as 2026-11-24")
    return day
