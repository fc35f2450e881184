"""The way into the administrator's calls: the bearer token first, then a limit, and only then is anything read."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etpp.accounts.context import SecretsOf
from etpp.base import problems
from etpp.base.errors import Problem
from etpp.serving.private import require_private

MAX_BODY_BYTES = 256 * 1024
"""Of an administrator's call; a calendar of ten years of periods and holidays takes 40 KB."""


def _admin(secrets: SecretsOf, authorization: Annotated[str, Header(max_length=200)] = "") -> None:
    _check(authorization, secrets.admin_token)


ADMIN = [Depends(require_private), Depends(_admin)]


class AdminGate:
    """Stands before all that lies below `path`: the framework reads a route's body before it asks who sends it."""

    def __init__(
        self, app: ASGIApp, path: str, admin_token: str, larger: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """`larger`: the bytes of a body at the paths that take more than MAX_BODY_BYTES."""
        self._app = app
        self._path = path + "/"
        self._admin_token = admin_token
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._path):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._larger.get(scope["path"], MAX_BODY_BYTES)
        try:
            require_private(Request(scope))
            _check(headers.get("authorization", "")[:200], self._admin_token)
            length = headers.get("content-length", "0")
            if not length.isdecimal() or int(length[:20]) > limit:
                raise Problem("too-large", f"a body has at most {limit} bytes")
        except Problem as problem:
            await problems.response(problem)(scope, receive, send)
            return
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413, f"a body has at most {limit} bytes")
            return message

        await self._app(scope, bounded, send)


def _check(authorization: str, admin_token: str) -> None:
    scheme, _, token = authorization.partition(" ")
    right = hmac.compare_digest(token.strip().encode(), admin_token.encode())
    if scheme.lower() != "bearer" or not right:
        raise Problem("unauthorized", "send `Authorization: Bearer` with the token of the file admin-token")
