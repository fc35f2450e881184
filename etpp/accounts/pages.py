"""The console's log-in, its second step, and log-out."""

from __future__ import annotations

import urllib.parse

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from etpp.accounts import door, passkeys, session
from etpp.accounts.context import KeeperOf
from etpp.accounts.door import Guest, Let
from etpp.accounts.model import Account, LogIn
from etpp.accounts.store import Accounts, Factors, Sessions
from etpp.base.errors import Problem
from etpp.console.visit import AnyVisit, CheckedForm, GoFirst, MemberVisit, Visit, form, own_path
from etpp.db import Transaction
from etpp.serving.private import is_private

router = APIRouter()

LOGIN_LENGTH = 64
"""Characters of a log-in name that are shown once more."""
_PRIVATE = "the log-in is taken over HTTPS only: ask by https://, or on the server itself"


def guest_of(visit: Visit) -> Guest:
    client = visit.request.client
    return Guest(client.host if client else "", visit.request.headers.get("user-agent", ""))


def site_of(visit: Visit) -> passkeys.Site:
    url = visit.request.base_url
    return passkeys.Site(f"{url.scheme}://{url.netloc}")


@router.get("/login")
async def log_in_page(visit: AnyVisit, next: str = "/") -> Response:  # noqa: A002 - the address's own word
    require_private(visit)
    return _log_in_page(visit, None, own_path(next))


@router.post("/login")
async def log_in(visit: AnyVisit) -> Response:
    require_private(visit)
    values = await form(visit.request)
    after = own_path(values.get("next", "/"))
    login, password = values.get("user", ""), values.get("password", "")
    let = await door.by_password(visit.server, login, password, guest_of(visit))
    if not isinstance(let, Let):
        text, status = (visit.texts.log_in_wait, 429) if let == "wait" else (visit.texts.log_in_wrong, 403)
        return _log_in_page(visit, text, after, status, login)
    if let.stage == "second":
        return _with_cookie(visit, visit.go("/login/second" + _query(after)), let)
    return _with_cookie(visit, visit.go(after), let)


@router.get("/login/second")
async def second_page(visit: AnyVisit, keeper: KeeperOf, next: str = "/") -> Response:  # noqa: A002
    return await _second_page(visit, keeper, own_path(next), None)


@router.post("/login/second")
async def second(visit: AnyVisit, values: CheckedForm, keeper: KeeperOf) -> Response:
    proof = door.by_code(keeper.secrets, values.get("code", "")[:40], visit.server.now())
    return await _finish(visit, keeper, proof, own_path(values.get("next", "/")))


@router.post("/login/passkey")
async def second_by_passkey(visit: AnyVisit, values: CheckedForm, keeper: KeeperOf) -> Response:
    answer, site = values.get("answer", ""), site_of(visit)

    def proof(tx: Transaction, account: Account, half: LogIn) -> bool:
        passkey = Factors(tx).passkey(passkeys.credential_of(answer))
        if passkey is None or passkey.account_id != account.account_id or half.pending is None:
            return False
        Sessions(tx).expect(half.session_id, None)  # a challenge is answered once
        count = passkeys.signs(site, passkey, answer, half.pending)
        if count is not None:
            Factors(tx).count_sign(passkey.credential_id, count)
        return count is not None

    return await _finish(visit, keeper, proof, own_path(values.get("next", "/")))


@router.post("/logout")
async def log_out(visit: MemberVisit, values: CheckedForm) -> Response:  # noqa: ARG001
    who = visit.session
    if who is not None:
        account_id, session_id = str(who.actor.account_id), who.session_id
        await visit.server.write(lambda tx: Sessions(tx).end(account_id, session_id))
    answer = visit.go("/login")
    answer.delete_cookie(session.COOKIE, path="/")
    return answer


async def _finish(visit: Visit, keeper: KeeperOf, proof: door.Proof, after: str) -> Response:
    token = visit.request.cookies[session.COOKIE]
    let = await door.by_second(visit.server, token, proof, guest_of(visit))
    if isinstance(let, Let):
        return _with_cookie(visit, visit.go(after), let)
    text, status = (visit.texts.log_in_wait, 429) if let == "wait" else (visit.texts.second_wrong, 403)
    return await _second_page(visit, keeper, after, text, status)


def _log_in_page(visit: Visit, error: str | None, after: str, status: int = 200, login: str = "") -> Response:
    """`login`: what was typed, whether there is such an account or not."""
    return visit.page("accounts/login.html", {"error": error, "next": after, "login": login[:LOGIN_LENGTH]}, status)


async def _second_page(visit: Visit, keeper: KeeperOf, after: str, error: str | None, status: int = 200) -> Response:
    half = await run_in_threadpool(keeper.half_of, visit.request, "second")
    if half is None:
        raise GoFirst
    site = site_of(visit)

    def ask(tx: Transaction) -> tuple[Account, str]:
        account = Accounts(tx).get(half.account_id)
        known = Factors(tx).passkeys(account.account_id)
        if not known:
            return account, ""
        options, challenge = passkeys.ask(site, known)
        Sessions(tx).expect(half.session_id, challenge)
        return account, options

    account, options = await visit.server.write(ask)
    values = {
        "error": error,
        "next": after,
        "csrf": session.csrf_of(visit.request.cookies[session.COOKIE]),
        "totp": account.totp_sealed is not None,
        "options": options,
    }
    return visit.page("accounts/second.html", values, status, script=bool(options))


def _query(after: str) -> str:
    return "" if after == "/" else "?" + urllib.parse.urlencode({"next": after})


def _with_cookie(visit: Visit, answer: Response, let: Let) -> Response:
    """Always a new token: one that somebody has put into the browser before is nobody's session."""
    answer.set_cookie(
        session.COOKIE,
        let.token,
        max_age=int(let.lasts.total_seconds()),
        path="/",
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


def require_private(visit: Visit) -> None:
    if not is_private(visit.request):
        raise Problem("unauthorized", _PRIVATE, key="log_in_private")
