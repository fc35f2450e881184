"""An office's people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import APIRouter, Response

from etpp.console.texts import Texts
from etpp.console.visit import MemberVisit
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.nip import grouped
from etpp.roster.store import People

ErasedThrough = Callable[[Transaction, str], Sequence[int]]
"""(office id) -> up to which gallery version each of the office's terminals in use has erased people."""


def routes(erased_through: ErasedThrough) -> APIRouter:
    router = APIRouter()

    @router.get("/offices/{office_id}/people")
    async def people(visit: MemberVisit, office_id: str) -> Response:
        def look(tx: Transaction) -> dict[str, object]:
            done = erased_through(tx, office_id)
            everyone = People(tx).everyone(office_id, include_erased=True)
            return {
                "office": register.office(tx, office_id),
                "people": [
                    {
                        "person_id": person.person_id,
                        "name": person.name or visit.texts.forgotten,
                        "nip": grouped(person.nip),
                        "templates": person.templates,
                        "erasure": _erasure(person.erased_version, done, visit.texts),
                    }
                    for person in everyone
                ],
            }

        return visit.page("roster/people.html", await visit.server.read(look))

    return router


def _erasure(erased_version: int | None, erased_through: Sequence[int], texts: Texts) -> str | None:
    """How far the erasure of a person has come on the office's terminals; None when there is none."""
    if erased_version is None:
        return None
    done = sum(1 for version in erased_through if version >= erased_version)
    if done == len(erased_through):
        return texts.erased_everywhere
    return texts.say("erased_partly", done=done, all=len(erased_through))
