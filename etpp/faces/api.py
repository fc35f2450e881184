"""Administrator: the approval of enrolments, the erasure of a face, and which recogniser counts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from etpp.accounts.gate import ADMIN
from etpp.base.asked import MOST_ROWS, After, Limit
from etpp.base.describe import may
from etpp.db import Transaction
from etpp.faces import approval, choice, erasure, renewal
from etpp.faces.asked import BulkApproval, Chosen, Consented, Switched, TakenBack, wish_of
from etpp.faces.documents import (
    BulkApprovalShown,
    ChangedRecognisersShown,
    ConsentsShown,
    EnrolmentsShown,
    ErasedShown,
    RecognisersShown,
    RejectedShown,
    RenewalShown,
    bulk_shown,
    enrolment_shown,
    recogniser_shown,
    recognisers_shown,
    renewal_shown,
)
from etpp.faces.model import EnrolmentState, RenewalConsent
from etpp.faces.store import Enrolments
from etpp.roster import register
from etpp.roster.documents import PersonShown, person_shown
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
async def switch_renewal(office_id: str, switched: Switched, server: ServerOf) -> RenewalShown:
    now = server.now()

    def work(tx: Transaction) -> RenewalShown:
        renewal.switch(tx, office_id, switched.model_id, Roster(tx).actor(switched.by), now)
        return renewal_shown(renewal.progress(tx, office_id))

    return await server.change(work)


@router.post("/offices/{office_id}/renewal/consents", summary="Who has consented to templates of a further model")
async def add_renewal_consents(office_id: str, said: Consented, server: ServerOf) -> ConsentsShown:
    now = server.now()
    given = RenewalConsent("", said.model_id, said.given_utc, said.text_id, said.officer)

    def work(tx: Transaction) -> ConsentsShown:
        return ConsentsShown(people=renewal.consent(tx, office_id, said.people, given, Roster(tx).actor(said.by), now))

    return await server.change(work)


@router.post("/offices/{office_id}/renewal/consents/withdraw", summary="Who does not consent any more")
async def withdraw_renewal_consents(office_id: str, said: TakenBack, server: ServerOf) -> ConsentsShown:
    now = server.now()

    def work(tx: Transaction) -> ConsentsShown:
        by = Roster(tx).actor(said.by)
        return ConsentsShown(people=renewal.take_back(tx, office_id, said.people, said.model_id, by, now))

    return await server.change(work)


@router.post("/offices/{office_id}/renewal/approve", summary="Approve all offers of an office that have no mark")
async def approve_renewals(office_id: str, said: BulkApproval, server: ServerOf) -> BulkApprovalShown:
    now = server.now()
    reviews = await server.read(lambda tx: renewal.reviews(tx, office_id))

    def work(tx: Transaction) -> BulkApprovalShown:
        return bulk_shown(renewal.approve_all(tx, office_id, reviews, Roster(tx).actor(said.by), now))

    return await server.change(work)


@router.get("/recognisers", summary="Which recogniser counts in each office, whose templates there are, who decided")
async def list_recognisers(server: ServerOf) -> RecognisersShown:
    return await server.read(recognisers_shown)


@router.put("/recogniser", summary="Which recogniser counts where nothing is said of the office")
async def choose_regency_recogniser(chosen: Chosen, server: ServerOf) -> ChangedRecognisersShown:
    return await _choose(server, None, chosen)


@router.put("/offices/{office_id}/recogniser", summary="Which recogniser counts in an office")
async def choose_office_recogniser(office_id: str, chosen: Chosen, server: ServerOf) -> ChangedRecognisersShown:
    return await _choose(server, office_id, chosen)


async def _choose(server: Server, office_id: str | None, chosen: Chosen) -> ChangedRecognisersShown:
    now = server.now()

    def work(tx: Transaction) -> ChangedRecognisersShown:
        by = Roster(tx).actor(chosen.by)
        changed = choice.choose(tx, office_id, chosen.model_id, by, now, despite=chosen.despite)
        return ChangedRecognisersShown(changed=[recogniser_shown(each) for each in changed])

    return await server.change(work)


@router.delete("/offices/{office_id}/people/{person_id}", summary="Erase a face from an office's terminals")
async def erase_face(
    office_id: str,
    person_id: str,
    server: ServerOf,
    forget: bool = False,
    asked_by: Annotated[str, Query(max_length=200)] = "",
) -> ErasedShown:
    """`asked_by`: at whose wish, for the proof."""
    now, said = server.now(), wish_of(asked_by)
    by = register.OPERATOR if server.act is None else server.act.actor.name

    def work(tx: Transaction) -> int:
        return erasure.erase_person(tx, office_id, person_id, now, forget, asked_by=said, done_by=by)

    version = await server.change(work)
    return ErasedShown(gallery_version=version)


@router.post(
    "/offices/{office_id}/enrolments/{event_id}/approve", summary="Approve an enrolment: the terminals learn the face"
)
async def approve_enrolment(
    office_id: str, event_id: str, server: ServerOf, accept: Annotated[list[str] | None, Query()] = None
) -> PersonShown:
    """`accept`: the key of each mark that is approved knowingly."""
    now = server.now()
    reviewed = await server.read(lambda tx: approval.review(tx, office_id, event_id))
    return person_shown(
        await server.change(
            lambda tx: approval.approve(tx, office_id, event_id, reviewed, _by(server), now, accept or ())
        )
    )


@router.post("/offices/{office_id}/enrolments/{event_id}/reject", summary="Reject an enrolment: its face data is gone")
async def reject_enrolment(office_id: str, event_id: str, server: ServerOf) -> RejectedShown:
    now = server.now()
    await server.write(lambda tx: approval.reject(tx, office_id, event_id, _by(server), now))
    return RejectedShown(state="rejected")


def listed(hanging: approval.Hanging) -> APIRouter:
    """The list of enrolments by itself: what rests on one is known above faces."""
    router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["faces"])

    @router.get("/enrolments", summary="Enrolments, and what does not fit them", responses=may("not-found"))
    async def list_enrolments(
        server: ServerOf,
        state: EnrolmentState | None = None,
        office_id: str | None = None,
        after: After = "",
        limit: Limit = MOST_ROWS,
    ) -> EnrolmentsShown:
        """`after`: the last `event_id` of the page before."""

        def look(tx: Transaction) -> EnrolmentsShown:
            if office_id is not None:
                register.office(tx, office_id)
            found = Enrolments(tx).search(state, office_id, after=after, limit=limit)
            marks = approval.marks(tx, found)
            held = hanging(tx, [each.event_id for each in found if each.state == "pending"])
            keys = [(each.office_id, each.event_id) for each in found]
            shown = [
                enrolment_shown(each, marks.get(key, ()), len(held.get(key, ())))
                for key, each in zip(keys, found, strict=True)
            ]
            return EnrolmentsShown(enrolments=shown, after=found[-1].event_id if len(found) == limit else None)

        return await server.read(look)

    return router
