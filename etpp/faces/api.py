"""Administrator: the approval of enrolments, the erasure of a face, and which recogniser counts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from etpp.accounts.gate import ADMIN
from etpp.db import Transaction
from etpp.faces import approval, choice, erasure, renewal
from etpp.faces.asked import By, Chosen, Consented, Switched, TakenBack
from etpp.faces.documents import bulk_json, enrolment_json, recognisers_json, renewal_json, standing_json
from etpp.faces.model import EnrolmentState, RenewalConsent
from etpp.faces.store import Enrolments
from etpp.roster import register
from etpp.roster.documents import person_json
from etpp.roster.store import Roster
from etpp.serving.acting import TOKEN
from etpp.serving.context import Server, ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["faces"])

BY = "admin-api"
"""Who decided, when a script with the administrator's token did."""


def _by(server: Server) -> str:
    act = server.act
    return BY if act is None or act.actor is TOKEN else act.actor.name


@router.put("/offices/{office_id}/renewal", summary="Whether terminals of an office offer templates of a model")
async def switch_renewal(office_id: str, switched: Switched, server: ServerOf) -> dict[str, Any]:
    now = server.now()

    def work(tx: Transaction) -> dict[str, Any]:
        renewal.switch(tx, office_id, switched.model_id, Roster(tx).actor(switched.by), now)
        return renewal_json(renewal.progress(tx, office_id))

    return await server.change(work)


@router.post("/offices/{office_id}/renewal/consents", summary="Who has consented to templates of a further model")
async def consent(office_id: str, said: Consented, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    given = RenewalConsent("", said.model_id, said.given_utc, said.text_id, said.officer)

    def work(tx: Transaction) -> dict[str, Any]:
        return {"people": renewal.consent(tx, office_id, said.people, given, Roster(tx).actor(said.by), now)}

    return await server.change(work)


@router.post("/offices/{office_id}/renewal/consents/withdraw", summary="Who does not consent any more")
async def take_back(office_id: str, said: TakenBack, server: ServerOf) -> dict[str, Any]:
    now = server.now()

    def work(tx: Transaction) -> dict[str, Any]:
        by = Roster(tx).actor(said.by)
        return {"people": renewal.take_back(tx, office_id, said.people, said.model_id, by, now)}

    return await server.change(work)


@router.post("/offices/{office_id}/renewal/approve", summary="Approve all offers of an office that have no mark")
async def approve_renewals(office_id: str, said: By, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    reviews = await server.read(lambda tx: renewal.reviews(tx, office_id))

    def work(tx: Transaction) -> dict[str, Any]:
        return bulk_json(renewal.approve_all(tx, office_id, reviews, Roster(tx).actor(said.by), now))

    return await server.change(work)


@router.get("/recognisers", summary="Which recogniser counts in each office, whose templates there are, who decided")
async def recognisers(server: ServerOf) -> dict[str, Any]:
    return await server.read(recognisers_json)


@router.put("/recogniser", summary="Which recogniser counts where nothing is said of the office")
async def choose_default(chosen: Chosen, server: ServerOf) -> dict[str, Any]:
    return await _choose(server, None, chosen)


@router.put("/offices/{office_id}/recogniser", summary="Which recogniser counts in an office")
async def choose(office_id: str, chosen: Chosen, server: ServerOf) -> dict[str, Any]:
    return await _choose(server, office_id, chosen)


async def _choose(server: Server, office_id: str | None, chosen: Chosen) -> dict[str, Any]:
    now = server.now()

    def work(tx: Transaction) -> dict[str, Any]:
        by = Roster(tx).actor(chosen.by)
        changed = choice.choose(tx, office_id, chosen.model_id, by, now, despite=chosen.despite)
        return {"changed": [standing_json(each) for each in changed]}

    return await server.change(work)


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
