"""An inspector's pages: from an office's month down to the event, the lists, and the file for elsewhere. Read-only."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from etpp.allowance import month as months
from etpp.allowance.asked import month_named
from etpp.allowance.explain import explain
from etpp.allowance.model import Month
from etpp.allowance.policy import DELIVERED, delivered_text, read_policy
from etpp.allowance.seal import statement_hash
from etpp.allowance.store import Closings, Policies
from etpp.allowance.views import last_month
from etpp.base.errors import NotFound, Problem
from etpp.bundle.making import Asked
from etpp.console.visit import HEADERS, CheckedForm, MemberVisit
from etpp.db import Transaction
from etpp.inspection import facts, views
from etpp.inspection.hunts import hunt
from etpp.inspection.model import KEYS, MOST, Key
from etpp.reports.jobs import Jobs
from etpp.reports.texts import words
from etpp.roster import register
from etpp.roster.hours import REGENCY_ZONE, zone
from etpp.roster.named import named
from etpp.roster.store import Offices, Roster

ServerKeys = Callable[[], Mapping[str, bytes]]
"""The server's public keys by id, former ones too."""


def routes(bundles: Jobs, server_keys: ServerKeys) -> APIRouter:
    router = APIRouter()
    regency = ZoneInfo(REGENCY_ZONE)

    @router.get("/inspection")
    async def start(visit: MemberVisit, office_id: str = "", month: str = "") -> Response:
        asked = _month(month, visit.server.now())

        def look(tx: Transaction) -> dict[str, Any]:
            offices = Offices(tx).all()
            closed = Closings(tx).months()
            return {
                "offices": offices,
                "office_id": office_id,
                "month": str(asked),
                "keys": KEYS,
                "closed": sorted({str(of) for at, of in closed if at == office_id}, reverse=True),
            }

        return visit.page("inspection/start.html", await visit.server.read(look))

    @router.get("/inspection/months/{office_id}/{month}")
    async def list_of(visit: MemberVisit, office_id: str, month: str) -> Response:
        asked, say = _month(month), words(visit.texts.code)

        def look(tx: Transaction) -> dict[str, Any]:
            office = register.office(tx, office_id)
            where = months.standing(tx, office_id, asked, visit.server.now())
            closed = where.closed
            rows, adjusted = [], []
            despite = None if closed is None else closed.sealed.despite
            deciders = () if despite is None else despite.decided_by
            acted = named(tx, [], deciders if closed is None else (closed.closed_by, *deciders))
            if closed is not None:
                people = [each.person_id for each in closed.sealed.statements]
                people += [each.person_id for each in closed.sealed.adjustments]
                known = Roster(tx).employees(people)
                names = {who: each.name for who, each in known.items()}
                rows = [
                    views.Paid(
                        each.person_id,
                        names.get(each.person_id, visit.texts.forgotten),
                        (known[each.person_id].nip or "") if each.person_id in known else "",
                        each.net,
                        each.hash,
                        str(asked),
                    )
                    for each in closed.sealed.statements
                ]
                adjusted = [
                    {
                        "name": names.get(each.person_id, visit.texts.forgotten),
                        "month": str(each.month),
                        "person_id": each.person_id,
                        "line": each.key,
                        "amount": say.rupiah(each.amount),
                        "because": [views.ref(ref, visit.texts) for ref in each.because[:6]],
                    }
                    for each in closed.sealed.adjustments
                ]
            return {
                "office": office,
                "month": str(asked),
                "state": where.state,
                "rows": rows,
                "adjusted": adjusted,
                "closed": None
                if closed is None
                else {
                    "total": say.rupiah(closed.sealed.total),
                    "hash": closed.sealed.hash,
                    "prev_hash": closed.sealed.prev_hash,
                    "key_id": closed.key_id,
                    "at": visit.texts.moment(closed.as_of_utc.astimezone(zone(office))),
                    "by": acted.who(closed.closed_by),
                    "despite": () if despite is None else despite.open,
                    "decided_by": [acted.who(each) for each in deciders],
                },
            }

        values = await visit.server.read(look)
        wanted = views.PAID.asked(visit)
        return await views.PAID.answer(visit, wanted, values["rows"], "inspection/month.html", values)

    @router.get("/inspection/statements/{person_id}/{month}")
    async def statement(visit: MemberVisit, person_id: str, month: str) -> Response:
        asked, say, now = _month(month), words(visit.texts.code), visit.server.now()

        def look(tx: Transaction) -> dict[str, Any]:
            employee = Roster(tx).employee(person_id)
            if employee is None:
                raise NotFound("nobody in the roster has this id", key="employee_unknown")
            found, closed = months.person_month(tx, person_id, asked, now)
            return {
                "name": views.person(employee.name, employee.nip),
                "person_id": person_id,
                "month": str(asked),
                "office": register.office(tx, found.office_id),
                "closed": closed,
                "hash": statement_hash(found),
                "net": say.rupiah(found.net),
                "gross": say.rupiah(found.gross),
                "days": (found.entitled_days, found.working_days),
                "policy_id": found.policy_id,
                "policy": found.policy_sha256,
                "lines": views.tree(found.lines, found, visit.texts),
                "manual": [views.ref(f"event:{each}", visit.texts) for each in found.manual],
                "open": [views.matter(each, visit.texts) for each in found.open],
            }

        return visit.page("inspection/statement.html", await visit.server.read(look))

    @router.get("/inspection/events/{event_id}")
    async def event(visit: MemberVisit, event_id: str) -> Response:
        def look(tx: Transaction) -> tuple[str, dict[str, Any]]:
            found = facts.proof(tx, event_id, server_keys())
            if found is None:
                told = facts.fact(tx, "manual", event_id)
                return "inspection/fact.html", _told(told, regency, visit)
            office = register.office(tx, found.link.office_id)
            return "inspection/event.html", {"event": views.proof(found, zone(office), visit.texts), "office": office}

        return visit.page(*await visit.server.read(look))

    @router.get("/inspection/facts/{kind}/{fact_id}")
    async def one_fact(visit: MemberVisit, kind: str, fact_id: str) -> Response:
        told = await visit.server.read(lambda tx: facts.fact(tx, kind, fact_id))
        return visit.page("inspection/fact.html", _told(told, regency, visit))

    @router.get("/inspection/policies/{sha256}")
    async def policy(visit: MemberVisit, sha256: str, rule: str = "") -> Response:
        def look(tx: Transaction) -> str | None:
            kept = Policies(tx).text(sha256)
            if kept is None:
                delivered = (delivered_text(name) for name in DELIVERED)
                return next((text for text in delivered if read_policy(text).sha256 == sha256), None)
            return kept

        text = await visit.server.read(look)
        if text is None:
            raise NotFound("there is no such policy", key="fact_unknown")
        found = read_policy(text)
        sentences = list(explain(found, visit.texts))
        values = {
            "policy": found,
            "rule": rule[:64],
            "of_rule": [each for each in sentences if rule and each.startswith(f"{rule}:")],
            "sentences": sentences,
            "text": text,
        }
        return visit.page("inspection/policy.html", values)

    @router.get("/inspection/lists/{key}")
    async def listed(visit: MemberVisit, key: str, office_id: str, month: str = "") -> Response:
        if key not in KEYS:
            raise NotFound("there is no such list", key="fact_unknown")
        known: Key = key
        asked = _month(month, visit.server.now())

        def look(tx: Transaction) -> dict[str, Any]:
            office = register.office(tx, office_id)
            found = hunt(tx, known, office_id, asked, zone(office))
            shown = found[:MOST]
            people = {each for hit in shown for each in (*hit.who, *hit.by.split(", "))}
            names = {who: each.name for who, each in Roster(tx).employees(sorted(people)).items()}
            names |= {each.office_id: each.name for each in Offices(tx).all()} if known == "two_places" else {}
            return {
                "key": known,
                "office": office,
                "month": str(asked),
                "hits": [views.hit(hit, names, zone(office), visit.texts) for hit in shown],
                "cut": len(found) > MOST,
            }

        values = await visit.server.read(look)
        wanted = views.LINES.asked(visit, office_id=office_id, month=str(asked))
        return await views.LINES.answer(visit, wanted, values["hits"], "inspection/list.html", values)

    @router.post("/inspection/bundles")
    async def start_bundle(visit: MemberVisit, values: CheckedForm) -> Response:
        office_id, asked = values.get("office_id", ""), _month(values.get("month", ""))

        def look(tx: Transaction) -> None:
            register.office(tx, office_id)
            if Closings(tx).get(office_id, asked) is None:
                raise NotFound("the month is not closed", key="month_not_closed")

        await visit.server.write(look)  # who took which figures out is recorded
        job = await run_in_threadpool(bundles.start, Asked(office_id, asked, visit.user), visit.server.now())
        return visit.go(f"/inspection/bundles/{job.job_id}")

    @router.get("/inspection/bundles/{bundle_id}")
    async def bundle(visit: MemberVisit, bundle_id: uuid.UUID) -> Response:
        job = await run_in_threadpool(bundles.get, str(bundle_id))
        percent = 100 if job.state == "done" else job.done * 100 // job.of if job.of else 0
        return visit.page("inspection/bundle.html", {"job": job, "percent": percent})

    @router.get("/inspection/bundles/{bundle_id}/file")
    async def bundle_file(visit: MemberVisit, bundle_id: uuid.UUID) -> Response:  # noqa: ARG001
        job = await run_in_threadpool(bundles.get, str(bundle_id))
        path = await run_in_threadpool(bundles.file, str(bundle_id))
        name = f"presensi-{job.office_id}-{job.month}.zip"
        return FileResponse(path, media_type="application/zip", filename=name, headers=HEADERS)

    return router


def _told(told: facts.Told, regency: ZoneInfo, visit: MemberVisit) -> dict[str, Any]:
    return {"kind": told.kind, "fact_id": told.fact_id, "rows": views.told(told, regency, visit.texts)}


def _month(text: str, now: dt.datetime | None = None) -> Month:
    """The one before this where none is named. Raises Problem."""
    found = month_named(text)
    if found is not None:
        return found
    if now is None:
        raise Problem("malformed", "month: must be a month such as 2026-11", key="month_wrong")
    return last_month(now)
