"""What comes before every page and form of the console: who asks, whether they may, and whether the form is theirs."""

from __future__ import annotations

import hashlib
import hmac
import urllib.parse
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from etpp.accounts import session
from etpp.accounts.context import Doorkeeper, KeeperOf
from etpp.accounts.gate import nobody_said_who
from etpp.accounts.rules import Whose, could, may, nameless
from etpp.accounts.scopes import allowed
from etpp.base.errors import Problem
from etpp.base.throttle import network_of
from etpp.console.visit import PREFIX, GoFirst, form, form_with_files, visit_of
from etpp.serving.acting import Act, Actor

_HOMES = ("/terminals", "/phone", "/phones", "/account")
"""Where the start leads for whom the overview is not: the first of these."""


async def guard(request: Request, keeper: KeeperOf) -> None:
    """Raises GoFirst for who has to log in, Problem `forbidden` for who may not."""
    found = keeper.table.find(request.method, request.scope["path"])
    if found is None:
        raise HTTPException(404)
    template, rule, path = found
    if request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise _foreign_form()  # the log-in's too, which has no token: nobody is logged in as somebody else unawares
    if rule.open == "anybody":
        return
    posted = request.method == "POST"
    if rule.open in ("second", "connect"):
        if await run_in_threadpool(keeper.half_of, request, rule.open) is None:
            raise GoFirst("/m" if rule.open == "connect" else "/login")
        if posted:
            await _own_form(request, session.csrf_of(request.cookies[session.COOKIE]))
        return
    who = (await run_in_threadpool(visit_of, request)).session
    if who is None:
        raise GoFirst(_log_in_for(request))
    if who.duty and rule.open != "member":
        raise GoFirst("/account/totp" if who.duty == "factor" else "/account")
    if nameless(who.actor, rule):
        raise nobody_said_who()
    if not could(who.actor, rule):
        if template == PREFIX + "/":
            raise GoFirst(next(home for home in _HOMES if offers(keeper, who.actor, "GET", PREFIX + home)))
        raise _forbidden()
    most = request.app.state.forms_with_files.get(template, 0)
    values = await _own_form(request, who.csrf, most) if posted else {}
    said = {"path": path, "query": dict(request.query_params), "form": values}
    if not await run_in_threadpool(allowed, keeper, who.actor, rule, said):
        raise _forbidden()
    if posted:
        address = network_of(request.client.host) if request.client else ""
        office_id = path.get("office_id") or values.get("office_id") or None
        request.scope["etpp.act"] = Act(
            who.actor, f"POST {template}", path, office_id, address, asked=_asked(request, values)
        )


def offers(keeper: Doorkeeper, actor: Actor, method: str, path: str) -> bool:
    """Whether a page shows the way to another: the office in its address is looked at, and nothing else is."""
    found = keeper.table.find(method, path)
    if found is None:
        return False
    _, rule, named = found
    if "office_id" in named:
        return may(actor, rule, Whose(frozenset({named["office_id"]})))
    return could(actor, rule)


async def _own_form(request: Request, csrf: str, most: int = 0) -> Mapping[str, str]:
    """`most`: the bytes of the files that it may bring; none where it is 0."""
    values, files = await form_with_files(request, most) if most else (await form(request), {})
    # In constant time: the answer must not tell how much of a guess was right.
    if not hmac.compare_digest(values.get("csrf", "").encode(), csrf.encode()):
        raise _foreign_form()
    request.scope["etpp.form"], request.scope["etpp.files"] = values, files
    return values


def _asked(request: Request, values: Mapping[str, str]) -> dict[str, Any]:
    """What the form said, for the audit log: of a file what it was."""
    files: Mapping[str, bytes] = request.scope["etpp.files"]
    said = {name: {"sha256": hashlib.sha256(file).hexdigest(), "bytes": len(file)} for name, file in files.items()}
    return {**values, **said}


def _foreign_form() -> Problem:
    text = "the form is not of this session; go back and load the page again"
    return Problem("signature-invalid", text, key="form_foreign")


def _log_in_for(request: Request) -> str:
    """The log-in, and after it the page that was wanted; for a phone that was let in its own."""
    wanted = request.scope["path"].removeprefix(PREFIX)
    if wanted == "/phone" and session.PHONE_COOKIE in request.cookies:
        return "/m"
    if request.method != "GET" or wanted in ("", "/"):
        return "/login"
    if request.url.query:
        wanted += f"?{request.url.query}"
    return "/login?" + urllib.parse.urlencode({"next": wanted})


def _forbidden() -> Problem:
    return Problem("forbidden", "this account may not do that, or not for this office", key="forbidden")
