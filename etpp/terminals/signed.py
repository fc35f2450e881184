"""The way into the terminal's calls: protocol version, signature, replay, revocation, and only then the body."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from etpp.base import bodies, encoding, shapes
from etpp.base.errors import Problem
from etpp.base.problems import HEADER, PROTOCOL
from etpp.serving.context import Server, ServerOf
from etpp.terminals import life, signing
from etpp.terminals.model import Device


@dataclass(frozen=True)
class SignedRequest:
    """A request of a known terminal, verified and not seen before. Its body has not been read."""

    device: Device
    request: Request

    async def json(self, limit: int = shapes.MAX_BODY_BYTES) -> dict[str, Any]:
        return await json_body(self.request, limit)


async def json_body(request: Request, limit: int) -> dict[str, Any]:
    """The body as a JSON object, compared with its signed digest."""
    data = await bodies.read(request.stream(), request.headers, limit)
    return await run_in_threadpool(encoding.parse_json, data)


def require_version(request: Request) -> None:
    if request.headers.get(HEADER) != str(PROTOCOL):
        raise Problem("protocol-version", f"{HEADER} must be {PROTOCOL}", members={"supported": [PROTOCOL]})


def message_of(request: Request) -> signing.Message:
    """The request as RFC 9421 sees it: path and query as they were sent, the authority of the Host header."""
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope["query_string"]
    target = path.decode("latin-1") + ("?" + query.decode("latin-1") if query else "")
    url = f"{request.url.scheme}://{request.headers.get('host', '')}{target}"
    return signing.Message(request.method, url, _Headers(request))


async def _signed(device_id: str, request: Request, server: ServerOf) -> SignedRequest:
    require_version(request)
    message = message_of(request)
    device = await run_in_threadpool(_admit, server, message, device_id, "content-encoding" in request.headers)
    return SignedRequest(device, request)


Signed = Annotated[SignedRequest, Depends(_signed)]


def _admit(server: Server, message: signing.Message, device_id: str, has_encoding: bool) -> Device:
    with server.database.read() as tx:

        def keys_of(key_id: str) -> Sequence[bytes]:
            if key_id != device_id:
                raise Problem("signature-invalid", "the request is about another terminal than the one that signed it")
            return life.keys_of(tx, key_id)

        verified = signing.verify(message, keys_of, message.method != "GET", has_encoding)
    with server.database.begin() as tx:
        return life.admit(tx, device_id, verified.key, verified.nonce, server.now())


class _Headers:
    def __init__(self, request: Request) -> None:
        self._items = request.headers.items()

    def items(self) -> Iterable[tuple[str, str]]:
        return self._items
