"""The way into the administrator's calls: who asks, whether they may, a limit, and only then is anything read.

A script sends the administrator's token; a page sends the cookie of its log-in, and the session's CSRF token in a
header when it changes something. Whose office a request is about is looked up for accounts alone: the token is of the
regency.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.parse
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etpp.accounts.context import Doorkeeper
from etpp.accounts.rules import Place, Rule, could, nameless
from etpp.accounts.scopes import allowed
from etpp.base import problems
from etpp.base.errors import Problem, StoreUnavailable
from etpp.base.throttle import network_of
from etpp.console.model import Session
from etpp.serving.acting import TOKEN, Act, Actor
from etpp.serving.private import require_private

MAX_BODY_BYTES = 256 * 1024
"""Of an administrator's call; a calendar of ten years of periods and holidays takes 40 KB."""
CSRF_HEADER = "x-csrf-token"
_UNKEPT = {b"cache-control": b"no-store", b"x-content-type-options": b"nosniff"}
_LISTS = frozenset({"accept"})
"""Names that may stand several times in an address; no rule looks at them."""


def _let_in(request: Request) -> None:
    if "etpp.actor" not in request.scope:
        raise Problem("unauthorized", "nobody has looked at who asks")


ADMIN = [Depends(_let_in)]
"""Of every router below the gate: without a gate before it, it answers nothing."""


class AdminGate:
    """Stands before all that lies below `path`: the framework reads a route's body before it asks who sends it."""

    def __init__(
        self, app: ASGIApp, path: str, keeper: Doorkeeper, larger: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """`larger`: the bytes of a body at the paths that take more than MAX_BODY_BYTES."""
        self._app = app
        self._path = path + "/"
        self._keeper = keeper
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._path):
            await self._app(scope, receive, send)
            return
        send = _unkept(send)
        try:
            receive = await self._admit(scope, receive)
        except Problem as problem:
            await problems.response(problem)(scope, receive, send)
            return
        except HTTPException as error:  # of the body, which is read before the app that would turn it into an answer
            await problems.response(Problem("too-large", error.detail))(scope, receive, send)
            return
        except StoreUnavailable as error:
            await problems.response(problems.unavailable(error))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive) -> Receive:
        """What the app is to read. Raises Problem, StoreUnavailable."""
        request, headers = Request(scope), Headers(scope=scope)
        require_private(request)
        session = await self._session(request, headers)
        actor = TOKEN if session is None else session.actor
        changes = scope["method"] not in ("GET", "HEAD")
        if session is not None and changes:
            _check_csrf(session, headers)
        found = self._keeper.table.find(scope["method"], scope["path"])
        if found is None:
            known = self._keeper.table.methods(scope["path"])
            raise Problem("method-not-allowed" if known else "not-found", "nothing is declared here")
        template, rule, path = found
        limit = self._larger.get(scope["path"], MAX_BODY_BYTES)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > limit:
            raise Problem("too-large", f"a body has at most {limit} bytes")
        if session is not None and nameless(actor, rule):
            raise nobody_said_who()
        if session is not None and not could(actor, rule):
            raise _forbidden()
        query = _query(scope)
        is_json = headers.get("content-type", "").split(";")[0].strip().lower() == "application/json"
        body = _Body(receive, limit)
        asked: Any = await body.parsed() if changes and is_json else None
        said = {"path": path, "query": query, "body": asked if isinstance(asked, dict) else {}}
        if session is not None:
            in_body = any(place is not None and place.part == "body" for place in (rule.of, rule.acts, rule.own))
            if (in_body or rule.forbidden) and not isinstance(asked, dict):
                raise Problem("malformed", "the body must be a JSON object, with Content-Type application/json")
            await self._restrict(actor, rule, said)
            if rule.acts is not None:
                self._act_as_oneself(scope, actor, rule, said)
                if isinstance(asked, dict):
                    body.replace(asked)
        scope["etpp.actor"] = actor
        if changes:
            office_id = next((said[part].get("office_id") for part in said if said[part].get("office_id")), None)
            act = Act(
                actor,
                f"{scope['method']} {template}",
                {**path, **query},
                office_id if isinstance(office_id, str) else None,
                network_of(request.client.host) if request.client else "",
            )
            act.asked = asked if is_json else body.digest
            scope["etpp.act"] = act
        return body.receive

    async def _session(self, request: Request, headers: Headers) -> Session | None:
        """None for the administrator's token. Raises Problem for neither."""
        if "authorization" in headers:
            scheme, _, token = headers["authorization"][:200].partition(" ")
            if scheme.lower() == "bearer" and self._keeper.secrets.is_token(token.strip()):
                return None
        else:
            session = await run_in_threadpool(self._keeper.session_of, request)
            if session is not None and not session.duty:
                return session
        raise Problem("unauthorized", "send `Authorization: Bearer` with the token of the file admin-token, or log in")

    async def _restrict(self, actor: Actor, rule: Rule, said: Mapping[str, Mapping[str, Any]]) -> None:
        if any(said["body"].get(name) for name in rule.forbidden):
            raise Problem("forbidden", "a log-in speaks for one person: the second one has to decide themselves")
        if not await run_in_threadpool(allowed, self._keeper, actor, rule, said):
            raise _forbidden()

    @staticmethod
    def _act_as_oneself(scope: Scope, actor: Actor, rule: Rule, said: dict[str, dict[str, Any]]) -> None:
        """Whoever is logged in acts as themselves: what names the acting person may be left out, or be right."""
        place = cast(Place, rule.acts)
        where = said[place.part]
        if where.get(place.name, actor.said) != actor.said:
            raise Problem("forbidden", f"{place.name}: nobody acts as somebody else; leave it out")
        where[place.name] = actor.said
        if place.part == "query":
            scope["query_string"] = urllib.parse.urlencode(where).encode("ascii")


def _unkept(send: Send) -> Send:
    """No browser or proxy keeps what is told of people, or takes it for something else than it says it is."""

    async def unkept(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [pair for pair in message["headers"] if pair[0].lower() not in _UNKEPT]
            message = {**message, "headers": [*headers, *_UNKEPT.items()]}
        await send(message)

    return unkept


class _Body:
    """A body in bounded memory, read once and handed on."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._whole: bytes | None = None
        self._read = 0
        self._sha256 = hashlib.sha256()
        self.digest: dict[str, Any] = {}
        """Of a file: what it was, once the app has read it."""

    async def parsed(self) -> Any:
        """The JSON in it; None for what is none, which the route refuses with its reason."""
        whole = b""
        while True:
            message = await self._bounded()
            if message["type"] != "http.request":
                raise Problem("malformed", "the body was cut off")
            whole += message.get("body", b"")
            if not message.get("more_body", False):
                break
        self._whole = whole
        try:
            return json.loads(whole)
        except (ValueError, RecursionError):
            return None

    def replace(self, document: dict[str, Any]) -> None:
        self._whole = json.dumps(document).encode()

    async def receive(self) -> Message:
        if self._whole is not None:
            whole, self._whole = self._whole, None
            return {"type": "http.request", "body": whole, "more_body": False}
        return await self._bounded()

    async def _bounded(self) -> Message:
        message = await self._receive()
        chunk = message.get("body", b"")
        self._read += len(chunk)
        if self._read > self._limit:
            raise HTTPException(413, f"a body has at most {self._limit} bytes")
        self._sha256.update(chunk)
        if chunk:
            self.digest |= {"sha256": self._sha256.hexdigest(), "bytes": self._read}
        return message


def _query(scope: Scope) -> dict[str, str]:
    """Each name once: of two the rule would see one and the route the other."""
    pairs = urllib.parse.parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    names = [name for name, _ in pairs if name not in _LISTS]
    if len(set(names)) < len(names):
        raise Problem("malformed", "a name stands twice in the address")
    return dict(pairs)


def _check_csrf(session: Session, headers: Headers) -> None:
    if not hmac.compare_digest(headers.get(CSRF_HEADER, "").encode(), session.csrf.encode()):
        raise Problem("forbidden", "send the log-in's token as X-CSRF-Token")


def nobody_said_who() -> Problem:
    text = "nobody has said yet whose account this is: it may read; BKPP names the employee under Accounts"
    return Problem("forbidden", text, key="account_unlinked")


def _forbidden() -> Problem:
    return Problem("forbidden", "this account may not do that, or not for this office")
