"""Problem documents (RFC 9457): the protocol's table of problems, and what turns exceptions into them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from etpp.base.errors import Conflict, NotFound, Problem, StoreUnavailable

log = logging.getLogger(__name__)

PROTOCOL = 1
HEADER = "Presensi-Protocol"
MEDIA_TYPE = "application/problem+json"
RETRY_S = 5
"""When to come again after the database could not be used."""

_TABLE: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read"),
    "protocol-version": (400, "The protocol version is not spoken here"),
    "signature-invalid": (401, "The signature does not hold"),
    "replayed-request": (401, "The request was seen before"),
    "code-unknown": (403, "The provisioning code is not valid"),
    "device-revoked": (403, "The terminal was revoked"),
    "device-unknown": (404, "The terminal is not known"),
    "carried-refused": (403, "The carried events are not vouched for"),
    "sequence-gap": (409, "Events are missing"),
    "chain-broken": (409, "The chain does not follow its head"),
    "too-large": (413, "The request is too large"),
    "too-many-requests": (429, "Too many requests"),
    "unavailable": (503, "The server cannot store anything now"),
    # Of rejected events; the status is what a request of its own would have got.
    "event-invalid": (422, "The event breaks the protocol"),
    "hash-wrong": (422, "The hash is not that of the event"),
    "person-unknown": (422, "The person is not known"),
    "event-id-reused": (422, "The event id belongs to another event"),
    "event-unproven": (422, "Nobody vouches for the event"),
    # Of a link that is said to be signed; the events count all the same.
    "head-invalid": (422, "A signed link of the chain does not hold"),
    # Never sent: how the books name what a terminal no longer holds.
    "events-missing": (422, "Events are missing for ever"),
    # Of the administrator's calls, which are not part of the terminal's protocol.
    "unauthorized": (401, "The administrator's token is missing or wrong"),
    "forbidden": (403, "This account may not do that"),
    "not-found": (404, "There is no such thing"),
    "conflict": (409, "It cannot be done as things are"),
    "method-not-allowed": (405, "The method is not allowed here"),
    "internal": (500, "The server failed"),
}


def document(name: str, detail: str, members: Mapping[str, object] | None = None) -> dict[str, Any]:
    """The JSON of a problem."""
    status, title = _TABLE[name]
    return {
        "type": f"urn:presensi:problem:{name}",
        "title": title,
        "status": status,
        "detail": detail,
        **(members or {}),
    }


def response(problem: Problem) -> JSONResponse:
    body = document(problem.name, problem.detail, problem.members)
    headers = {HEADER: str(PROTOCOL), "X-Content-Type-Options": "nosniff"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if problem.name == "unauthorized":
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, body["status"], headers, MEDIA_TYPE)


def unavailable(error: StoreUnavailable) -> Problem:
    """What is said of a database that cannot be used now; the reason goes to the log."""
    log.warning("store unavailable: %s", error)
    return Problem("unavailable", "nothing was stored; send it again", retry_after_s=RETRY_S)


async def gone(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Of whoever hung up in the middle of a body, an everyday matter on a bad line and no fault of the server's."""
    return Response(status_code=400)


def install(app: FastAPI) -> None:
    """Every failure of the app becomes a problem document, the unforeseen ones too."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> JSONResponse:  # noqa: ARG001
        return response(error)

    @app.exception_handler(StoreUnavailable)
    async def _unavailable(request: Request, error: StoreUnavailable) -> JSONResponse:  # noqa: ARG001
        return response(unavailable(error))

    @app.exception_handler(NotFound)
    async def _not_found(request: Request, error: NotFound) -> JSONResponse:  # noqa: ARG001
        return response(Problem("not-found", str(error)))

    @app.exception_handler(Conflict)
    async def _conflict(request: Request, error: Conflict) -> JSONResponse:  # noqa: ARG001
        return response(Problem("conflict", str(error)))

    app.add_exception_handler(ClientDisconnect, gone)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:  # noqa: ARG001
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return response(Problem("malformed", f"{where[:200]}: {first['msg']}"))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:  # noqa: ARG001
        name = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}.get(error.status_code, "malformed")
        return response(Problem(name, str(error.detail)))

    @app.exception_handler(Exception)
    async def _internal(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
        # Starlette logs the traceback itself; parameters of SQL are kept out of it by the engine.
        return response(Problem("internal", "this is a fault of the server's; its log says more"))
