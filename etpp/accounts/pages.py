"""The console's log-in and log-out."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from fastapi import APIRouter, Request, Response

from etpp.accounts import session
from etpp.accounts.context import SecretsOf, secrets_of
from etpp.accounts.store import EndedSessions
from etpp.base.errors import Problem
from etpp.base.throttle import network_of
from etpp.console.model import Session
from etpp.console.visit import PREFIX, AnyVisit, CheckedForm, MemberVisit, form
from etpp.serving.context import Server
from etpp.serving.private import is_private

router = APIRouter()

MAX_USER = 100

_PRIVATE = "the log-in is taken over HTTPS only: ask by https://, or on the server itself"

_CHECKERS = ThreadPoolExecutor(2, thread_name_prefix="password")
"""A tenth of a second and 32 MiB of scrypt for each password: neither on the event loop nor in the threads of all other
requests, which forty guesses at once would fill."""


@router.get("/login")
async def log_in_page(visit: AnyVisit) -> Response:
    if not is_private(visit.request):
        raise Problem("unauthorized", _PRIVATE, key="log_in_private")
    return visit.page("accounts/login.html", {"error": None})


@router.post("/login")
async def log_in(visit: AnyVisit, secrets: SecretsOf) -> Response:
    if not is_private(visit.request):
        raise Problem("unauthorized", _PRIVATE, key="log_in_private")
    server = visit.server
    values = await form(visit.request)
    user, address = values.get("user", ""), visit.request.client.host if visit.request.client else ""
    guess, account = f"console {network_of(address)}", user[:MAX_USER]
    try:
        server.guesses.reserve(guess)
        server.account_guesses.reserve(account)
    except Problem:
        return visit.page("accounts/login.html", {"error": visit.texts.log_in_wait}, 429)
    check = partial(secrets.check_password, user, values.get("password", ""))
    if not await asyncio.get_running_loop().run_in_executor(_CHECKERS, check):
        return visit.page("accounts/login.html", {"error": visit.texts.log_in_wrong}, 403)
    server.guesses.forgive(guess)
    server.account_guesses.forgive(account)
    answer = visit.go("/")
    answer.set_cookie(
        session.COOKIE,
        session.issue(secrets.session_key_now(), user, server.now()),
        max_age=int(session.LIFETIME.total_seconds()),
        path=PREFIX,
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/logout")
async def log_out(visit: MemberVisit, values: CheckedForm) -> Response:  # noqa: ARG001
    if visit.session is not None:
        ended, until, now = visit.session.session_id, visit.session.expires_utc, visit.server.now()
        await visit.server.write(lambda tx: EndedSessions(tx).add(ended, until, now))
    answer = visit.go("/login")
    answer.delete_cookie(session.COOKIE, path=PREFIX)
    return answer


def session_of(request: Request) -> Session | None:
    """Who a request of the console is, by its cookie; None also for a log-in that was ended. Reads the database."""
    cookie = request.cookies.get(session.COOKIE, "")
    server: Server = request.app.state.server
    found = session.read(secrets_of(request).session_key_now(), cookie, server.now()) if cookie else None
    if found is None:
        return None
    with server.database.read() as tx:
        return None if EndedSessions(tx).has(found.session_id) else found
