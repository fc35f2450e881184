"""Enrolments that wait and that were decided; the erasure of a face."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Response

from etpp.base.asked import asked
from etpp.base.errors import Conflict, NotFound
from etpp.console.listing import PER_PAGE, Listing, Rows
from etpp.console.texts import Texts
from etpp.console.visit import CheckedForm, MemberVisit, Visit
from etpp.db import Transaction
from etpp.faces import approval, erasure
from etpp.faces.asked import Wish
from etpp.faces.marks import Mark, MarksOpen
from etpp.faces.model import Enrolment
from etpp.faces.store import Enrolments
from etpp.roster.hours import zone
from etpp.roster.model import Office, Person
from etpp.roster.nip import grouped
from etpp.roster.store import Offices, People

MOST_TIMES = 6
"""Of the presences that rest on one: who has more of them is looked at on their own page."""


Line = dict[str, object]
PENDING: Listing[Line] = Listing("perekaman", ())
DECIDED: Listing[Line] = Listing("perekaman-diputus", (), prefix="d-")
"""The pages alone: in which order they come, and what stands in a row, the page says itself."""


def routes(hanging: approval.Hanging) -> APIRouter:
    router = APIRouter()

    @router.get("/enrolments")
    async def enrolments(visit: MemberVisit) -> Response:
        asked, before = PENDING.asked(visit), DECIDED.asked(visit)

        def look(tx: Transaction) -> dict[str, object]:
            offices = {each.office_id: each for each in Offices(tx).all()}
            texts = visit.texts

            def common(enrolment: Enrolment) -> dict[str, object]:
                local = zone(offices[enrolment.office_id])
                return {
                    "office": offices[enrolment.office_id].name,
                    "name": enrolment.name or texts.forgotten,
                    "nip": grouped(enrolment.nip),
                    "received": texts.moment(enrolment.received_utc.astimezone(local)),
                }

            found = Enrolments(tx).search("pending", first=asked.first, limit=PER_PAGE)
            marks, held = approval.marks(tx, found), hanging(tx, [each.event_id for each in found])

            def waits(enrolment: Enrolment) -> dict[str, object]:
                key = enrolment.office_id, enrolment.event_id
                local = zone(offices[enrolment.office_id])
                return common(enrolment) | {
                    "office_id": enrolment.office_id,
                    "event_id": enrolment.event_id,
                    "samples": len(enrolment.descriptors),
                    "effect": _effect(tx, enrolment, texts),
                    "officer": enrolment.consent["officer"],
                    "consent": enrolment.consent["text_id"],
                    # Base64 of a PNG (books.wire): for those alone who decide, while they decide.
                    "signature": enrolment.consent.get("signature", ""),
                    "marks": [_told(mark, offices[mark.office_id], texts) for mark in marks.get(key, ())],
                    "held": len(held.get(key, ())),
                    "times": _times(held.get(key, ()), local, texts),
                }

            def is_over(enrolment: Enrolment) -> dict[str, object]:
                return common(enrolment) | {
                    "state": enrolment.state,
                    "by": enrolment.decided_by or "",
                    "despite": [texts.say(f"approved_{mark['kind']}") for mark in enrolment.marks],
                }

            waiting = Rows([waits(each) for each in found], Enrolments(tx).count_waiting())
            over = [is_over(each) for each in Enrolments(tx).decided(before.first, PER_PAGE)]
            decided = Rows(over, Enrolments(tx).count_decided())
            return {
                "pending": PENDING.table(texts, asked, waiting),
                "decided": DECIDED.table(texts, before, decided),
            }

        return visit.page("faces/enrolments.html", await visit.server.read(look))

    @router.get("/enrolments/{office_id}/{event_id}/approve")
    async def approve_question(visit: MemberVisit, office_id: str, event_id: str) -> Response:
        """For an enrolment with marks, each of which is a question of its own, and for one on which presences rest."""

        def look(tx: Transaction) -> tuple[str, list[dict[str, object]], int, str]:
            enrolment = approval.pending(tx, office_id, event_id)
            offices = {each.office_id: each for each in Offices(tx).all()}
            marks = approval.marks(tx, [enrolment]).get((office_id, event_id), ())
            told = [_told(mark, offices[mark.office_id], visit.texts) for mark in marks]
            held = hanging(tx, [event_id]).get((office_id, event_id), ())
            times = _times(held, zone(offices[office_id]), visit.texts)
            return enrolment.name or visit.texts.forgotten, told, len(held), times

        name, marks, held, times = await visit.server.read(look)
        if not marks and not held:
            return visit.go("/enrolments")
        question = visit.texts.say("approve_question", name=name)
        said = {"question": question, "marks": marks, "held": held, "times": times}
        return visit.page("faces/approve.html", said)

    @router.post("/enrolments/{office_id}/{event_id}/approve")
    async def approve(visit: MemberVisit, values: CheckedForm, office_id: str, event_id: str) -> Response:
        now = visit.server.now()
        accepted = [name.removeprefix("accept:") for name in values if name.startswith("accept:")]
        reviewed, held = await visit.server.read(
            lambda tx: (approval.review(tx, office_id, event_id), hanging(tx, [event_id]))
        )
        if len(held.get((office_id, event_id), ())) > _count(values.get("held", "")):
            return visit.go(f"/enrolments/{office_id}/{event_id}/approve")  # more hangs on it than the page had said
        try:
            await visit.server.change(
                lambda tx: approval.approve(tx, office_id, event_id, reviewed, visit.user, now, accepted)
            )
        except MarksOpen:  # also when one came up after the page was loaded
            return visit.go(f"/enrolments/{office_id}/{event_id}/approve")
        return visit.go("/enrolments")

    @router.get("/enrolments/{office_id}/{event_id}/reject")
    async def reject_question(visit: MemberVisit, office_id: str, event_id: str) -> Response:
        enrolment, held = await visit.server.read(
            lambda tx: (approval.pending(tx, office_id, event_id), hanging(tx, [event_id]))
        )
        question = visit.texts.say("reject_question", name=enrolment.name or visit.texts.forgotten)
        count = len(held.get((office_id, event_id), ()))
        what = visit.texts.reject_what if not count else visit.texts.say("reject_what_held", n=count)
        return visit.confirm(question, what, visit.texts.reject, "/enrolments")

    @router.post("/enrolments/{office_id}/{event_id}/reject")
    async def reject(visit: MemberVisit, values: CheckedForm, office_id: str, event_id: str) -> Response:  # noqa: ARG001
        now = visit.server.now()
        await visit.server.write(lambda tx: approval.reject(tx, office_id, event_id, visit.user, now))
        return visit.go("/enrolments")

    @router.get("/offices/{office_id}/people/{person_id}/erase")
    async def erase_question(visit: MemberVisit, office_id: str, person_id: str) -> Response:
        return await _erase_page(visit, office_id, person_id)

    @router.post("/offices/{office_id}/people/{person_id}/erase")
    async def erase(visit: MemberVisit, values: CheckedForm, office_id: str, person_id: str) -> Response:
        now = visit.server.now()
        forget = values.get("forget") == "yes"
        try:
            said = asked(Wish, asked_by=values.get("asked_by", ""))
        except Conflict:
            return await _erase_page(visit, office_id, person_id, visit.texts.erase_asked_missing, values)

        def work(tx: Transaction) -> None:
            erasure.erase_person(tx, office_id, person_id, now, forget, asked_by=said.asked_by, done_by=visit.user)

        await visit.server.change(work)
        return visit.go(f"/erasures/{office_id}/{person_id}")

    return router


async def _erase_page(
    visit: Visit, office_id: str, person_id: str, wrong: str = "", typed: Mapping[str, str] | None = None
) -> Response:
    person = await visit.server.read(lambda tx: _person(tx, office_id, person_id))
    return visit.confirm(
        visit.texts.say("erase_question", name=person.name or visit.texts.forgotten),
        visit.texts.erase_what,
        visit.texts.erase,
        f"/offices/{office_id}/people",
        ("forget", visit.texts.erase_forget),
        written=("asked_by", visit.texts.erase_asked_by),
        wrong=wrong,
        typed=typed,
    )


def _times(moments: Sequence[dt.datetime], local: dt.tzinfo, texts: Texts) -> str:
    """The first few of them."""
    told = [texts.moment(each.astimezone(local)) for each in moments[:MOST_TIMES]]
    return ", ".join([*told, "…"] if len(moments) > MOST_TIMES else told)


def _count(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else 0


def _effect(tx: Transaction, enrolment: Enrolment, texts: Texts) -> str:
    """What an approval would do: BKPP should not replace a colleague's face unaware."""
    if enrolment.renewal is not None:
        return texts.say("enrolment_renews", model=str(enrolment.renewal["model_id"]))
    person = None if enrolment.nip is None else People(tx).by_nip(enrolment.office_id, enrolment.nip)
    if person is None:
        return texts.enrolment_new
    return texts.enrolment_replaces if person.templates else texts.enrolment_first


def _told(mark: Mark, office: Office, texts: Texts) -> dict[str, object]:
    """What does not fit, in words, and whom one has to look at."""
    return {
        "key": mark.key,
        "what": texts.say(f"mark_{mark.kind}", name=mark.name),
        "answer": texts.say(f"answer_{mark.kind}"),
        "nip": grouped(mark.nip),
        "office": office.name,
        "waits": mark.waits,
    }


def _person(tx: Transaction, office_id: str, person_id: str) -> Person:
    person = People(tx).get(office_id, person_id)
    if person is None:
        raise NotFound("there is no such person in this office", key="person_unknown")
    return person
