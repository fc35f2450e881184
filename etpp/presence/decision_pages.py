"""Corrections, uncertain times and manual entries: what waits first, a new one, and the decision by another person."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable, Mapping
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from etpp.base.errors import Conflict, NotFound
from etpp.console import forms
from etpp.console.visit import CheckedForm, MemberVisit, Visit
from etpp.db import Transaction
from etpp.presence import corrections, decision_views, manual, reviews
from etpp.presence.asked import By, NewCorrection, NewManualEntry, NewTimeDecision
from etpp.presence.corrections import CorrectionDays
from etpp.presence.documents import recorded
from etpp.roster import register
from etpp.roster.hours import REGENCY_ZONE, month_or_this, zone
from etpp.roster.store import Offices, Roster

FIELDS = {
    "employee_unknown": "person",
    "belongs_nowhere": "person",
    "day_unjudged": "date",
    "day_without_work": "date",
    "correction_future": "date",
    "correction_late": "date",
    "correction_occasion": "occasion_id",
    "occasion_none": "occasion_id",
    "correction_no_time": "at",
    "time_other_day": "at",
    "time_future": "at",
    "manual_own": "person",
    "manual_elsewhere": "office_id",
    "review_outside": "at",
    "office_unknown": "office_id",
}
"""Beside which field a refusal stands."""
PARTS = ("arrival", "departure", "day", "occasion")
MONTH = re.compile(r"[2-8]\d{3}-(0[1-9]|1[0-2])")


def routes(correction_days: CorrectionDays) -> APIRouter:
    """`correction_days`: what the policy of a day's month says, which lies in a room above this one."""
    router = APIRouter()
    _corrections(router, correction_days)
    _reviews(router)
    _manual(router)

    @router.get("/discipline")
    async def discipline(visit: MemberVisit, office_id: str = "", year: str = "") -> Response:
        now = visit.server.now()
        mine = visit.offices("operator", "head")
        asked_year = int(year) if re.fullmatch(r"[2-8]\d{3}", year) else now.astimezone(ZoneInfo(REGENCY_ZONE)).year

        def look(tx: Transaction) -> tuple[list[tuple[str, str]], str, list[decision_views.DisciplineLine]]:
            offices = _offices(tx, mine)
            wanted = next((each for each, _ in offices if each == office_id), offices[0][0] if offices else "")
            found = decision_views.discipline_lines(tx, wanted, asked_year, correction_days, now) if wanted else []
            return offices, wanted, found

        offices, wanted, found = await visit.server.read(look)
        listing = decision_views.DISCIPLINE
        asked = listing.asked(visit, office_id=wanted, year=str(asked_year))
        values = {"offices": offices, "office_id": wanted, "year": asked_year}
        return await listing.answer(visit, asked, found, "presence/discipline.html", values)

    return router


def _corrections(router: APIRouter, correction_days: CorrectionDays) -> None:
    async def _form(visit: Visit, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200) -> Response:
        parts = [(each, visit.texts.of("part", each)) for each in PARTS]
        return visit.page("presence/correction.html", {"parts": parts, **forms.typed(values, wrong)}, status)

    @router.get("/corrections")
    async def list_corrections(visit: MemberVisit, month: str = "") -> Response:
        shown, mine, me = month_or_this(month, visit.server.now()), visit.offices("operator", "head"), visit.actor.said
        found = await visit.server.read(lambda tx: decision_views.correction_lines(tx, mine, shown, me))
        listing = decision_views.CORRECTIONS
        asked = listing.asked(visit, month=shown)
        return await listing.answer(visit, asked, found, "presence/corrections.html", {"month": shown})

    @router.get("/corrections/new")
    async def correction_form(visit: MemberVisit, person: str = "", date: str = "") -> Response:
        return await _form(visit, {"person": person[:64], "date": date[:10]}, {})

    @router.post("/corrections")
    async def propose(visit: MemberVisit, values: CheckedForm) -> Response:
        now = visit.server.now()
        person = "".join(values.get("person", "").split())

        def work(tx: Transaction) -> str:
            at = values.get("at", "")
            day = forms.day("date", values.get("date", ""))
            moment = forms.moment("at", f"{day}T{at}", _zone_of(tx, person, day)) if at else None
            given = {name: values.get(name, "") for name in ("date", "part", "reason", "occasion_id", "letter_id")}
            new = forms.read(
                NewCorrection, given | {"person": person, "proposed_by": visit.actor.said, "at_utc": moment}
            )
            return corrections.propose(tx, new, correction_days, now).date.isoformat()

        try:
            date = await visit.server.write(work)
        except (Conflict, NotFound) as error:
            return await _form(visit, values, forms.faults(visit.texts, error, FIELDS), 409)
        return visit.go(f"/corrections?month={date[:7]}", "correction_proposed")

    def decides(approved: bool) -> Callable[..., Awaitable[Response]]:
        async def decide(visit: MemberVisit, values: CheckedForm, correction_id: str) -> Response:  # noqa: ARG001
            now, said = visit.server.now(), By(by=visit.actor.said)
            done = await visit.server.write(
                lambda tx: corrections.decide(tx, correction_id, approved, said.by, now), recorded(correction_id)
            )
            month = f"{done.correction.date:%Y-%m}"
            return visit.go(f"/corrections?month={month}", f"correction_{done.state}")

        return decide

    router.post("/corrections/{correction_id}/approve")(decides(True))
    router.post("/corrections/{correction_id}/refuse")(decides(False))


def _reviews(router: APIRouter) -> None:
    async def _page(
        visit: Visit,
        office_id: str,
        event_id: str,
        values: Mapping[str, str],
        wrong: Mapping[str, str],
        status: int = 200,
    ) -> Response:
        found = await visit.server.read(lambda tx: decision_views.review(tx, office_id, event_id, visit.texts))
        return visit.page("presence/review.html", {"review": found, **forms.typed(values, wrong)}, status)

    @router.get("/reviews")
    async def list_reviews(visit: MemberVisit, month: str = "") -> Response:
        shown, mine, me = month_or_this(month, visit.server.now()), visit.offices("operator", "head"), visit.actor.said
        found = await visit.server.read(lambda tx: decision_views.review_lines(tx, mine, shown, visit.texts, me))
        listing = decision_views.REVIEWS
        asked = listing.asked(visit, month=shown)
        return await listing.answer(visit, asked, found, "presence/reviews.html", {"month": shown})

    @router.get("/reviews/{office_id}/{event_id}")
    async def one_review(visit: MemberVisit, office_id: str, event_id: str) -> Response:
        return await _page(visit, office_id, event_id, {}, {})

    @router.post("/reviews/{office_id}/{event_id}")
    async def decide_time(visit: MemberVisit, values: CheckedForm, office_id: str, event_id: str) -> Response:
        now = visit.server.now()

        def work(tx: Transaction) -> str:
            local = zone(register.office(tx, office_id))
            at = forms.moment("at", values.get("at", ""), local)
            given = {"office_id": office_id, "event_id": event_id, "utc": at, "by": visit.actor.said}
            reviews.decide(tx, forms.read(NewTimeDecision, given), now)
            return f"{at.astimezone(local):%Y-%m}"

        try:
            month = await visit.server.write(work)
        except (Conflict, NotFound) as error:
            wrong = forms.faults(visit.texts, error, FIELDS)
            return await _page(visit, office_id, event_id, values, wrong, 409)
        return visit.go(f"/reviews?month={month}", "review_decided")


def _manual(router: APIRouter) -> None:
    async def _form(visit: Visit, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200) -> Response:
        mine = visit.offices_to_act("bkpp", "operator", "head")
        offices = await visit.server.read(lambda tx: _offices(tx, mine))
        return visit.page("presence/manual_new.html", {"offices": offices, **forms.typed(values, wrong)}, status)

    @router.get("/manual-entries")
    async def list_manual(visit: MemberVisit, month: str = "") -> Response:
        shown, mine, me = month_or_this(month, visit.server.now()), visit.offices("operator", "head"), visit.actor.said

        def look(tx: Transaction) -> tuple[list[decision_views.Line], list[decision_views.CountLine]]:
            return decision_views.manual_lines(tx, mine, shown, me), decision_views.counts(tx, mine, shown)

        found, counted = await visit.server.read(look)
        listing = decision_views.MANUAL
        counts = decision_views.COUNTS
        of_counts = counts.asked(visit, month=shown)
        if of_counts.export:
            return await counts.answer(visit, of_counts, counted, "presence/manual.html")
        values = {"month": shown, "counts": counts.table(visit.texts, of_counts, counted)}
        asked = listing.asked(visit, month=shown)
        return await listing.answer(visit, asked, found, "presence/manual.html", values)

    @router.get("/manual-entries/new")
    async def manual_form(visit: MemberVisit) -> Response:
        return await _form(visit, {}, {})

    @router.post("/manual-entries")
    async def enter(visit: MemberVisit, values: CheckedForm) -> Response:
        now, office_id = visit.server.now(), values.get("office_id", "")

        def work(tx: Transaction) -> str:
            local = zone(register.office(tx, office_id))
            at = forms.moment("at", values.get("at", ""), local)
            given = {
                "person": "".join(values.get("person", "").split()),
                "office_id": office_id,
                "at_utc": at,
                "reason": values.get("reason", ""),
                "entered_by": visit.actor.said,
            }
            manual.enter(tx, forms.read(NewManualEntry, given), now)
            return f"{at.astimezone(local):%Y-%m}"

        try:
            month = await visit.server.write(work)
        except (Conflict, NotFound) as error:
            return await _form(visit, values, forms.faults(visit.texts, error, FIELDS), 409)
        return visit.go(f"/manual-entries?month={month}", "manual_entered")

    @router.post("/manual-entries/{entry_id}/confirm")
    async def confirm(visit: MemberVisit, values: CheckedForm, entry_id: str) -> Response:  # noqa: ARG001
        now, said = visit.server.now(), By(by=visit.actor.said)
        entry = await visit.server.write(lambda tx: manual.confirm(tx, entry_id, said.by, now))
        return visit.go(f"/manual-entries?month={entry.at_utc:%Y-%m}", "manual_confirmed")

    @router.post("/manual-entries/{entry_id}/withdraw")
    async def withdraw(visit: MemberVisit, values: CheckedForm, entry_id: str) -> Response:  # noqa: ARG001
        now, said = visit.server.now(), By(by=visit.actor.said)
        entry = await visit.server.write(lambda tx: manual.withdraw(tx, entry_id, said.by, now))
        return visit.go(f"/manual-entries?month={entry.at_utc:%Y-%m}", "manual_withdrawn")


def _offices(tx: Transaction, mine: frozenset[str] | None) -> list[tuple[str, str]]:
    found = [(each.office_id, each.name) for each in Offices(tx).all() if mine is None or each.office_id in mine]
    return sorted(found, key=lambda each: each[1])


def _zone_of(tx: Transaction, said: str, day: dt.date) -> ZoneInfo:
    """Where the person serves on that day. Raises NotFound."""
    roster = Roster(tx)
    office_id = roster.career(roster.who(said)).office_on(day)
    return ZoneInfo(REGENCY_ZONE) if office_id is None else zone(register.office(tx, office_id))
