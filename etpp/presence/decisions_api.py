"""Administrator: corrections, uncertain times, manual entries, discipline."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from etpp.accounts.gate import ADMIN
from etpp.base import asked
from etpp.base.describe import may
from etpp.base.errors import Problem
from etpp.db import Transaction
from etpp.presence import corrections, manual, reviews
from etpp.presence.asked import By, NewCorrection, NewManualEntry, NewTimeDecision
from etpp.presence.corrections import CorrectionDays, CorrectionState
from etpp.presence.documents import (
    CorrectionShown,
    CorrectionsShown,
    CountsShown,
    DisciplinesShown,
    ManualShown,
    ManualsShown,
    ReviewShown,
    ReviewsShown,
    by_hand_shown,
    correction_shown,
    discipline_shown,
    manual_shown,
    recorded,
    review_shown,
)
from etpp.presence.manual import ManualState
from etpp.presence.year import disciplined
from etpp.roster.hours import month_bounds
from etpp.serving.context import ServerOf

Year = Annotated[int, Field(ge=1971, le=8999)]


def routes(correction_days: CorrectionDays) -> APIRouter:
    """`correction_days`: what the policy of a day's month says, which lies in a room above this one."""
    router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["presence"])
    _corrections(router, correction_days)
    _reviews(router)
    _manual(router)

    @router.get("/discipline", summary="Who was unexcused in a year, and who must act", responses=may("not-found"))
    async def list_discipline(
        office_id: str, year: Year, server: ServerOf, after: asked.After = "", limit: asked.Limit = 100
    ) -> DisciplinesShown:
        """Who of an office was unexcused in a year, by id, and which steps were reached."""
        now = server.now()
        everybody = await server.read(lambda tx: disciplined(tx, office_id, year, correction_days, now))
        found = [each for each in everybody if each.person_id > after][:limit]
        last = found[-1].person_id if len(found) == limit else None
        return DisciplinesShown(discipline=[discipline_shown(each) for each in found], after=last)

    return router


def _corrections(router: APIRouter, correction_days: CorrectionDays) -> None:
    @router.post(
        "/corrections", status_code=201, summary="Propose what a day should have been", responses=may("not-found")
    )
    async def propose_correction(new: NewCorrection, server: ServerOf) -> CorrectionShown:
        now = server.now()

        def work(tx: Transaction) -> CorrectionShown:
            made = corrections.propose(tx, new, correction_days, now)
            return correction_shown(corrections.standings(tx, [made])[0])

        return await server.write(work)

    @router.get(
        "/corrections", summary="Corrections of an office, a person or a month, by id", responses=may("not-found")
    )
    async def list_corrections(
        server: ServerOf,
        office_id: str | None = None,
        person: str | None = None,
        state: CorrectionState | None = None,
        month: str = "",
        after: asked.After = "",
        limit: asked.Limit = 100,
    ) -> CorrectionsShown:
        """By id. `month`: of its days."""
        first, last = asked.month(month) or (None, None)

        def work(tx: Transaction) -> CorrectionsShown:
            found = corrections.page(
                tx,
                office_id=office_id,
                person=person,
                state=state,
                first=first,
                last=last,
                after=after,
                limit=limit,
            )
            more = found[-1].correction.correction_id if len(found) == limit else None
            return CorrectionsShown(corrections=[correction_shown(each) for each in found], after=more)

        return await server.read(work)

    @router.post("/corrections/{correction_id}/approve", summary="Approve a correction of somebody else's day")
    async def approve_correction(correction_id: str, said: By, server: ServerOf) -> CorrectionShown:
        now = server.now()
        decided = await server.write(
            lambda tx: corrections.decide(tx, correction_id, True, said.by, now), recorded(correction_id)
        )
        return correction_shown(decided)

    @router.post("/corrections/{correction_id}/refuse", summary="Refuse a correction of somebody else's day")
    async def refuse_correction(correction_id: str, said: By, server: ServerOf) -> CorrectionShown:
        now = server.now()
        decided = await server.write(
            lambda tx: corrections.decide(tx, correction_id, False, said.by, now), recorded(correction_id)
        )
        return correction_shown(decided)


def _reviews(router: APIRouter) -> None:
    @router.get("/reviews", summary="Presences of uncertain time in a month", responses=may("not-found"))
    async def list_reviews(
        month: str,
        server: ServerOf,
        office_id: str | None = None,
        decided: bool = False,
        after: asked.After = "",
        limit: asked.Limit = 100,
    ) -> ReviewsShown:
        """Presences of uncertain time that may have happened in a month, by event; `decided`: also those that somebody
        has decided on."""
        start, end = month_bounds(month)
        if start is None or end is None:
            raise Problem("malformed", "month: must be a month such as 2026-11")

        def work(tx: Transaction) -> ReviewsShown:
            found = reviews.reviews(tx, office_id, start, end, decided=decided, after=after, limit=limit)
            more = found[-1].presence.event_id if len(found) == limit else None
            return ReviewsShown(reviews=[review_shown(each) for each in found], after=more)

        return await server.read(work)

    @router.post("/reviews", summary="Decide when an uncertain presence happened", responses=may("not-found"))
    async def decide_time(new: NewTimeDecision, server: ServerOf) -> ReviewShown:
        """When an uncertain presence happened."""
        now = server.now()
        return review_shown(await server.write(lambda tx: reviews.decide(tx, new, now)))


def _manual(router: APIRouter) -> None:
    @router.post(
        "/manual-entries",
        status_code=201,
        summary="Write down a presence that no terminal saw",
        responses=may("not-found"),
    )
    async def add_manual_entry(new: NewManualEntry, server: ServerOf) -> ManualShown:
        now = server.now()
        return manual_shown(await server.write(lambda tx: manual.enter(tx, new, now)))

    @router.post("/manual-entries/{entry_id}/confirm", summary="A second person confirms a manual entry")
    async def confirm_manual_entry(entry_id: str, said: By, server: ServerOf) -> ManualShown:
        now = server.now()
        return manual_shown(await server.write(lambda tx: manual.confirm(tx, entry_id, said.by, now)))

    @router.post("/manual-entries/{entry_id}/withdraw", summary="Take a manual entry back")
    async def withdraw_manual_entry(entry_id: str, said: By, server: ServerOf) -> ManualShown:
        now = server.now()
        return manual_shown(await server.write(lambda tx: manual.withdraw(tx, entry_id, said.by, now)))

    @router.get("/manual-entries", summary="Manual entries of an office or a month, by id", responses=may("not-found"))
    async def list_manual_entries(
        server: ServerOf,
        office_id: str | None = None,
        state: ManualState | None = None,
        month: str = "",
        after: asked.After = "",
        limit: asked.Limit = 100,
    ) -> ManualsShown:
        """By id."""
        start, end = month_bounds(month)

        def work(tx: Transaction) -> ManualsShown:
            found = manual.page(tx, office_id=office_id, state=state, start=start, end=end, after=after, limit=limit)
            more = found[-1].entry_id if len(found) == limit else None
            return ManualsShown(manual=[manual_shown(each) for each in found], after=more)

        return await server.read(work)

    @router.get(
        "/manual-entries/counts",
        summary="How much rests on manual entries and corrections, and whose",
        responses=may("not-found", "malformed"),
    )
    async def count_manual_entries(server: ServerOf, office_id: str | None = None, month: str = "") -> CountsShown:
        """Manual entries and corrections, by office and by who decided on them."""
        found = await server.read(lambda tx: manual.by_hand(tx, office_id, month))
        return CountsShown(counts=[by_hand_shown(each) for each in found])
