"""The console's app around the pages that the rooms bring."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from importlib import resources
from typing import cast

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute

from etpp.base.errors import Conflict, EtppError, NotFound, Problem, StoreUnavailable
from etpp.base.problems import RETRY_S, gone
from etpp.console.texts import LANGUAGES
from etpp.console.visit import HEADERS, LANGUAGE_COOKIE, PREFIX, AnyVisit, GoFirst, own_path, visit_of_failed

log = logging.getLogger(__name__)

router = APIRouter()


@router.get("/style.css")
async def style() -> Response:
    return _static("style.css", "text/css")


@router.get("/live.js")
async def live_script() -> Response:
    return _static("live.js", "text/javascript")


@router.get("/passkeys.js")
async def passkeys_script() -> Response:
    return _static("passkeys.js", "text/javascript")


@router.get("/phone.js")
async def phone_script() -> Response:
    return _static("phone.js", "text/javascript")


def _static(name: str, media_type: str) -> Response:
    text = resources.files("etpp.console").joinpath("static", name).read_text(encoding="utf-8")
    headers = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type=media_type, headers=headers)


@router.get("/language")
async def language(visit: AnyVisit, to: str, back: str = "/") -> Response:
    answer = visit.go(own_path(back))
    if to in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, to, max_age=365 * 86400, path=PREFIX, samesite="strict", httponly=True)
    return answer


_WORDS = {404: "http_not_found", 405: "http_not_found", 413: "http_too_large"}
"""Of the framework's own refusals: what a person can do about each."""


def guarded(pages: Iterable[APIRouter], guard: Callable[..., Awaitable[None]]) -> Sequence[BaseRoute]:
    """The pages' routes; `guard` comes before every page and form and says who may."""
    found = APIRouter(dependencies=[Depends(guard)])
    for each in pages:
        found.include_router(each)
    return found.routes


def build(state: State, routes: Sequence[BaseRoute]) -> FastAPI:
    """The app to be mounted at PREFIX, of guarded routes. It shares the server's `state`, in which `keeper` says who a
    request is."""
    console = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, routes=[*routes])
    console.state = state

    @console.exception_handler(GoFirst)
    async def _go_first(request: Request, error: GoFirst) -> Response:  # noqa: ARG001
        return RedirectResponse(PREFIX + error.path, 303, HEADERS)

    async def message(request: Request, error: Exception) -> Response:
        status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 400
        if isinstance(error, Problem):
            status = {"forbidden": 403, "too-many-requests": 429}.get(error.name, status)
        visit = await visit_of_failed(request)
        text = visit.texts.refusal(cast(EtppError, error))
        return visit.page("console/message.html", {"text": text}, status)

    async def unavailable(request: Request, error: Exception) -> Response:
        log.warning("store unavailable: %s", error)
        visit = await visit_of_failed(request)
        answer = visit.page("console/message.html", {"text": visit.texts.http_unavailable}, 503)
        answer.headers["Retry-After"] = str(RETRY_S)
        return answer

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        visit = await visit_of_failed(request)
        text = visit.texts.say(_WORDS[status]) if status in _WORDS else visit.texts.of("refused", "cannot")
        return visit.page("console/message.html", {"text": text}, status)

    async def failed(request: Request, error: Exception) -> Response:  # noqa: ARG001
        visit = await visit_of_failed(request)
        return visit.page("console/message.html", {"text": visit.texts.http_failed}, 500)

    console.add_exception_handler(HTTPException, http)
    console.add_exception_handler(RequestValidationError, http)
    console.add_exception_handler(StoreUnavailable, unavailable)
    console.add_exception_handler(ClientDisconnect, gone)
    console.add_exception_handler(Exception, failed)
    for kind in (NotFound, Conflict, Problem):
        console.add_exception_handler(kind, message)
    return console
