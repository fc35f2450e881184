"""Administrator: the approval of enrolments, and the erasure of a face."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from etpp.accounts.gate import ADMIN
from etpp.db import Transaction
from etpp.faces import approval, erasure
from etpp.faces.documents import enrolment_json
from etpp.faces.model import EnrolmentState
from etpp.faces.store import Enrolments
from etpp.roster import register
from etpp.roster.documents import person_json
from etpp.serving.acting import TOKEN
from etpp.serving.context import Server, ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["faces"])

BY = "admin-api"
"""Who decided, when a script with the administrator's token did."""


def _by(server: Server) -> str:
    act = server.act
    return BY if act is None or act.actor is TOKEN else act.actor.name


@router.delete("/offices/{office_id}/people/{person_id}")
async def erase(office_id: str, person_id: str, server: ServerOf, forget: bool = False) -> dict[str, Any]:
    now = server.now()
    version = await server.change(lambda tx: erasure.erase_person(tx, office_id, person_id, now, forget))
    return {"gallery_version": version}


@router.get("/enrolments")
async def enrolments(
    server: ServerOf, state: EnrolmentState | None = None, office_id: str | None = None
) -> dict[str, Any]:
    def look(tx: Transaction) -> list[dict[str, Any]]:
        if office_id is not None:
            register.office(tx, office_id)
        found = Enrolments(tx).search(state, office_id)
        marks = approval.marks(tx, found)
        return [enrolment_json(each, marks.get((each.office_id, each.event_id), ())) for each in found]

    return {"enrolments": await server.read(look)}


@router.post("/offices/{office_id}/enrolments/{event_id}/approve")
async def approve(
    office_id: str, event_id: str, server: ServerOf, accept: Annotated[list[str] | None, Query()] = None
) -> dict[str, Any]:
    """`accept`: the key of each mark that is approved knowingly."""
    now = server.now()
    reviewed = await server.read(lambda tx: approval.review(tx, office_id, event_id))
    return person_json(
        await server.change(
            lambda tx: approval.approve(tx, office_id, event_id, reviewed, _by(server), now, accept or ())
        )
    )


@router.post("/offices/{office_id}/enrolments/{event_id}/reject")
async def reject(office_id: str, event_id: str, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    await server.write(lambda tx: approval.reject(tx, office_id, event_id, _by(server), now))
    return {"state": "rejected"}
