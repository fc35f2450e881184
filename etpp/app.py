"""The composition root of the web application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import cache, partial
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etpp import owners
from etpp.absence import api as absence_api
from etpp.absence import pages as absence_pages
from etpp.absence.cabinet import Cabinet
from etpp.accounts import log_pages, own_pages, people_pages
from etpp.accounts import pages as accounts_pages
from etpp.accounts.context import Doorkeeper
from etpp.accounts.gate import AdminGate
from etpp.accounts.guard import guard, offers
from etpp.accounts.session import COOKIE
from etpp.accounts.table import TABLE
from etpp.activities import api as activities_api
from etpp.allowance import api as allowance_api
from etpp.allowance import pages as allowance_pages
from etpp.allowance.gather import correction_days, entry_terms
from etpp.allowance.reach import Reach
from etpp.base import problems, sheets
from etpp.base.openapi import administration, document
from etpp.base.throttle import Throttle
from etpp.books import api as books_api
from etpp.books import events, resting
from etpp.books import pages as books_pages
from etpp.books import wire as books_wire
from etpp.books.model import ChainHead
from etpp.books.store import Books
from etpp.bulletin import pages as bulletin_pages
from etpp.bulletin import telling
from etpp.calendar import api as calendar_api
from etpp.calendar import pages as calendar_pages
from etpp.consents import pages as consents_pages
from etpp.consents import service as consents
from etpp.console import shell
from etpp.console.visit import PREFIX
from etpp.db import Database, Transaction
from etpp.erasures import pages as erasures_pages
from etpp.faces import api as faces_api
from etpp.faces import moving
from etpp.faces import pages as faces_pages
from etpp.faces.choice import face_states
from etpp.faces.store import Enrolments
from etpp.imports import pages as imports_pages
from etpp.imports.keeping import Kept
from etpp.insight import pages as insight_pages
from etpp.insight.drawn import Pictures
from etpp.inspection import pages as inspection_pages
from etpp.objections import api as objections_api
from etpp.objections import pages as objections_pages
from etpp.objections import store as objections
from etpp.pairing import pages as pairing_pages
from etpp.pairing import people_pages as phones_pages
from etpp.phone import api as phone_api
from etpp.phone import pages as phone_pages
from etpp.phone import shell as phone_shell
from etpp.presence import api as presence_api
from etpp.presence import decision_pages, decisions_api
from etpp.presence import pages as presence_pages
from etpp.presence.pulse import Pulse
from etpp.presence.summaries import Summaries
from etpp.reports import api as reports_api
from etpp.reports import pages as reports_pages
from etpp.reports.jobs import Jobs
from etpp.roster import api as roster_api
from etpp.roster import lists as lists_api
from etpp.roster import pages as roster_pages
from etpp.roster import register
from etpp.roster.plans import Around
from etpp.serving.context import Server, Settings
from etpp.state import State
from etpp.terminals import api as terminals_api
from etpp.terminals import download, heartbeat, provision
from etpp.terminals import pages as terminals_pages
from etpp.terminals import wire as terminals_wire
from etpp.terminals.context import Terminals
from etpp.terminals.gallery import GalleryMaker
from etpp.terminals.model import Device
from etpp.terminals.store import Devices
from etpp.terminals.watch import GalleryWatch
from etpp.trial import pages as trial_pages

ADMINISTRATION = (
    roster_api.router,
    lists_api.routes(moving.follow),
    faces_api.router,
    faces_api.listed(resting.hanging),
    terminals_api.router,
    books_api.router,
    presence_api.router,
    absence_api.router,
    decisions_api.routes(correction_days),
    activities_api.routes(entry_terms),
    calendar_api.routes(Around()),
    allowance_api.router,
    objections_api.router,
    reports_api.router,
)
"""The administrator's calls, which are not part of the terminals' protocol."""
UPLOADS = {
    **absence_api.LARGER,
    activities_api.IMPORT: sheets.MAX_BYTES,
    calendar_api.IMPORT: sheets.MAX_BYTES,
    lists_api.IMPORT: sheets.MAX_BYTES,
    phone_api.DOCUMENTS: phone_api.MAX_PHOTOGRAPH_BYTES,
}
"""The calls whose bodies are files, and the bytes that they may have."""
FORMS_WITH_FILES = {**absence_pages.FILES, **allowance_pages.FILES, **imports_pages.FILES, **trial_pages.FILES}
"""The pages' forms that bring files, and the bytes that those may have together."""
CODE_FAILURES_PER_MINUTE = 20
ACCOUNT_FAILURES_PER_MINUTE = 200
"""Ten addresses' worth: guessing from many is slowed down, and no single one can lock BKPP out."""


def create_app(database: Database, state: State, settings: Settings | None = None) -> FastAPI:
    """The server on a database whose tables are there already (`Database.migrate`). The caller closes the database."""
    settings = settings or Settings()
    watch = GalleryWatch(database, settings.poll_s)
    galleries = GalleryMaker(lambda: state.keys.now().signer, telling.told)
    teller = telling.Teller(database, settings.now, watch.look_now)
    jobs = Jobs(state.folder / "reports", database.url)
    bundles = Jobs(
        state.folder / "bundles", database.url, "etpp.bundle.worker", {"keys": str(state.folder / "gallery-key")}
    )
    trials = Jobs(state.folder / "trials", database.url, "etpp.trial.worker")
    tables = Kept(state.folder / "imports")
    pulse = Pulse(database, partial(asyncio.sleep, settings.poll_s), lambda: watch.ended)
    guesses = Throttle(CODE_FAILURES_PER_MINUTE, 60.0, settings.monotonic_s)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001
        running = [asyncio.create_task(watch.run()), asyncio.create_task(jobs.keep_tidy(settings.now))]
        running += [asyncio.create_task(each.keep_tidy(settings.now)) for each in (bundles, trials, tables)]
        if settings.tell_s is not None:
            running.append(asyncio.create_task(teller.run(settings.tell_s)))
        yield
        jobs.stop()
        bundles.stop()
        trials.stop()
        for each in running:
            each.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await each

    app = FastAPI(
        title="e-TPP", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, routes=[*_lasting_calls()]
    )
    server = Server(
        database,
        settings,
        wake=watch.look_now,
        send_away=watch.end,
        guesses=guesses,
        account_guesses=Throttle(ACCOUNT_FAILURES_PER_MINUTE, 60.0, settings.monotonic_s),
    )
    keeper = Doorkeeper(server, state.secrets, TABLE, owners.scopes(jobs, settings.now), owners.below)
    app.state.server = server
    app.state.keeper = keeper
    app.state.offers = partial(offers, keeper)
    app.state.terminals = Terminals(state.keys, galleries, watch)
    app.state.cabinet = Cabinet(state.folder)
    app.state.reports = jobs
    app.state.imports = tables
    app.state.forms_with_files = FORMS_WITH_FILES
    for path in ("/v1/admin", phone_api.PREFIX):
        app.add_middleware(AdminGate, path=path, keeper=keeper, larger=UPLOADS)
    app.add_middleware(_ProtocolHeader)
    problems.install(app)
    photographs = Throttle(phone_api.PHOTOGRAPHS_A_DAY, phone_api.A_DAY_S, settings.monotonic_s)
    app.include_router(phone_api.routes(photographs), include_in_schema=False)
    pages = (
        presence_pages.routes(Summaries(), pulse, _tasks),
        inspection_pages.routes(bundles, lambda: state.keys.now().known),
        insight_pages.routes(Pictures()),
        trial_pages.routes(trials),
    )
    app.mount(PREFIX, shell.build(app.state, [*_lasting_pages(), *shell.guarded(pages, guard)]))
    app.openapi = lambda: document(app, (*terminals_wire.CALLS, *books_wire.CALLS))  # type: ignore[method-assign]
    return app


@cache
def _lasting_calls() -> Sequence[BaseRoute]:
    """The routes that are the same in every app of a process. What FastAPI works out at a route's first request, a
    tenth of a second for all, is worked out once: tests make thousands of apps."""
    found = APIRouter()
    for router in (
        provision.router,
        events.router,
        download.router,
        heartbeat.routes(_newest_head),
        pairing_pages.outside,
    ):
        found.include_router(router)
    for router in (*ADMINISTRATION, phone_shell.router):
        found.include_router(router, include_in_schema=False)
    return found.routes


@cache
def _lasting_pages() -> Sequence[BaseRoute]:
    pages = (
        shell.router,
        accounts_pages.router,
        own_pages.router,
        people_pages.routes(owners.employee, register.office, owners.office_names),
        log_pages.router,
        pairing_pages.router,
        phones_pages.router,
        roster_pages.routes(_erased_through, face_states),
        faces_pages.routes(resting.hanging),
        terminals_pages.router,
        books_pages.router,
        absence_pages.router,
        calendar_pages.routes(Around(), Reach()),
        allowance_pages.router,
        reports_pages.router,
        decision_pages.routes(correction_days),
        objections_pages.router,
        phone_pages.router,
        erasures_pages.router,
        consents_pages.router,
        imports_pages.router,
        bulletin_pages.router,
    )
    return shell.guarded(pages, guard)


def administration_document() -> dict[str, Any]:
    """OpenAPI 3.1 of the administrator's calls. Each has the roles that may with its ways in (OpenAPI 3.1, "Security
    Requirement Object": for other schemes than OAuth's the list is of roles)."""
    found = administration(ADMINISTRATION)
    found["components"]["securitySchemes"] |= {
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    }
    found["security"].append({"session": [], "csrf": []})
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            roles = sorted(TABLE.rules[f"{method.upper()} {path}"].roles)
            csrf: dict[str, list[str]] = {} if method == "get" else {"csrf": []}
            operation["security"] = [{"token": ["bkpp"]}, {"session": roles, **csrf}]
    return found


def _newest_head(tx: Transaction, device: Device) -> ChainHead | None:
    return Books(tx).newest_head(device.office_id, device.device_id)


def _erased_through(tx: Transaction, office_id: str) -> Sequence[int]:
    return Devices(tx).erased_through(office_id)


def _tasks(tx: Transaction) -> Sequence[presence_pages.Task]:
    """What nobody is reminded of by a day or a month."""
    return (
        presence_pages.Task("/enrolments", "tasks_enrolments", Enrolments(tx).count_waiting()),
        presence_pages.Task("/consents", "tasks_consents", len(consents.waiting(tx))),
        presence_pages.Task("/objections", "tasks_objections", objections.count_waiting(tx)),
    )


class _ProtocolHeader:
    """Every answer under /v1 carries the protocol's version: a terminal trusts no answer without it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                name = problems.HEADER.lower().encode()
                headers = [pair for pair in message["headers"] if pair[0].lower() != name]
                message = {**message, "headers": [*headers, (name, str(problems.PROTOCOL).encode())]}
            await send(message)

        wrap = scope["type"] == "http" and scope["path"].startswith("/v1/")
        await self._app(scope, receive, send_with_header if wrap else send)
