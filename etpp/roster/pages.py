"""People: found in the whole roster, and those of an office."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from etpp.base.errors import Conflict
from etpp.base.texts import NAME_LENGTH
from etpp.console.listing import Asked, Listing, Rows
from etpp.console.texts import Texts
from etpp.console.visit import CheckedForm, MemberVisit, Visit
from etpp.db import Transaction
from etpp.roster import finding, register, views
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.model import Person
from etpp.roster.nip import grouped
from etpp.roster.store import Offices

FaceStates = Callable[[Transaction, str], Mapping[str, str]]
"""(office id) -> by person id, what face the office has of whom: `known`, `other`, `unusable`; handed in, for faces lie
above the roster (decision 40)."""

ErasedThrough = Callable[[Transaction, str], Sequence[int]]
"""(office id) -> up to which gallery version each of the office's terminals in use has erased people."""


def routes(erased_through: ErasedThrough, face_states: FaceStates) -> APIRouter:
    router = APIRouter()

    @router.get("/people")
    async def search(visit: MemberVisit) -> Response:
        now = visit.server.now()
        actor = None if visit.session is None else visit.session.actor
        reach = frozenset[str]() if actor is None else actor.offices("bkpp", "inspector", "operator", "head")

        def look(tx: Transaction) -> tuple[Listing[views.PersonFound], Asked, Rows[views.PersonFound]]:
            names = {
                each.office_id: each.name for each in Offices(tx).all() if reach is None or each.office_id in reach
            }
            listing = views.people_found(names)
            asked = listing.asked(visit)
            chosen = asked.chosen.get("office")
            within = reach if chosen is None else {chosen} if reach is None or chosen in reach else frozenset[str]()
            today = now.astimezone(ZoneInfo(REGENCY_ZONE)).date()
            by: finding.By = "nip" if asked.sort == "nip" else "name"
            found, total = finding.find(tx, asked.words, within, today, by, asked.descending, asked.first, asked.count)
            rows = [views.PersonFound.of(each) for each in found]
            return listing, asked, Rows(rows, total, {"office": sorted(names, key=names.__getitem__)})

        listing, asked, rows = await visit.server.read(look)
        return await listing.answer(visit, asked, rows, "roster/search.html")

    @router.get("/offices/{office_id}/people")
    async def people(visit: MemberVisit, office_id: str) -> Response:
        def look(tx: Transaction) -> dict[str, object]:
            everyone = register.everyone(tx, office_id, include_erased=True)
            done, faces = erased_through(tx, office_id), face_states(tx, office_id)
            return {
                "office": register.office(tx, office_id),
                "people": [
                    {
                        "person_id": person.person_id,
                        "employee_id": person.employee_id,
                        "name": person.name or visit.texts.forgotten,
                        "nip": grouped(person.nip),
                        "templates": person.templates,
                        "face": faces.get(person.person_id, "none"),
                        "erasure": _erasure(person.erased_version, done, visit.texts),
                    }
                    for person in everyone
                ],
            }

        return visit.page("roster/people.html", await visit.server.read(look))

    @router.get("/offices/{office_id}/people/{person_id}/rename")
    async def rename_form(visit: MemberVisit, office_id: str, person_id: str) -> Response:
        person = await visit.server.read(lambda tx: register.person(tx, office_id, person_id))
        return _rename_page(visit, person, person.name or "")

    @router.post("/offices/{office_id}/people/{person_id}/rename")
    async def rename(visit: MemberVisit, values: CheckedForm, office_id: str, person_id: str) -> Response:
        now, name = visit.server.now(), values.get("name", "")
        try:
            await visit.server.change(
                lambda tx: register.rename_person(tx, office_id, person_id, name, now, visit.server.actor)
            )
        except Conflict as error:  # what was typed stays, to be put right
            person = await visit.server.read(lambda tx: register.person(tx, office_id, person_id))
            return _rename_page(visit, person, name, visit.texts.refusal(error), 409)
        return visit.go(f"/offices/{office_id}/people")

    return router


def _rename_page(visit: Visit, person: Person, name: str, error: str = "", status: int = 200) -> Response:
    values = {"person": person, "nip": grouped(person.nip), "name": name, "error": error, "longest": NAME_LENGTH}
    return visit.page("roster/rename.html", values, status)


def _erasure(erased_version: int | None, erased_through: Sequence[int], texts: Texts) -> str | None:
    """How far the erasure of a person has come on the office's terminals; None when there is none."""
    if erased_version is None:
        return None
    done = sum(1 for version in erased_through if version >= erased_version)
    if done == len(erased_through):
        return texts.erased_everywhere
    return texts.say("erased_partly", done=done, all=len(erased_through))
