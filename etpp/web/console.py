"""The console's app: who may see it, and what all its pages (`etpp.web.pages`, `etpp.web.actions`) share."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from typing import Annotated, Any

import jinja2
from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from etpp.context import Server
from etpp.errors import Conflict, NotFound, Problem, StoreUnavailable
from etpp.web import session
from etpp.web.texts import LANGUAGES, Language, Texts, texts

PREFIX = "/console"
LANGUAGE_COOKIE = "etpp_language"
MAX_FORM_BYTES = 16 * 1024

_HEADERS = {
    # No script at all: what an attacker writes into a name stays text.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_templates = jinja2.Environment(
    loader=jinja2.FunctionLoader(
        lambda name: resources.files("etpp.web").joinpath(f"templates/{name}").read_text(encoding="utf-8")
    ),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class LogInFirst(Exception):
    """There is no valid session: the browser is sent to the log-in page."""


@dataclass(frozen=True)
class Visit:
    """One request of the console: in which language, and by whom."""

    request: Request
    server: Server
    texts: Texts
    session: session.Session | None

    def page(self, template: str, values: Mapping[str, Any], status: int = 200) -> Response:
        """A page from a template, with the headers that all have."""
        # The page that a form led to cannot be loaded again; what switches the language goes to the start instead.
        path = self.request.url.path if self.request.method == "GET" else PREFIX + "/"
        html = _templates.get_template(template).render(
            t=self.texts,
            session=self.session,
            here=path.removeprefix(PREFIX),
            here_query=path + ("?" + self.request.url.query if self.request.url.query else ""),
            prefix=PREFIX,
            **values,
        )
        return HTMLResponse(html, status, _HEADERS)

    def go(self, path: str) -> Response:
        return RedirectResponse(PREFIX + path, 303, _HEADERS)


def language_of(request: Request) -> Language:
    wanted = request.cookies.get(LANGUAGE_COOKIE)
    return next((language for language in LANGUAGES if language == wanted), LANGUAGES[0])


def session_key(server: Server) -> bytes:
    return server.state.session_key_now()


def _visit(request: Request) -> Visit:
    server: Server = request.app.state.server
    cookie = request.cookies.get(session.COOKIE, "")
    found = session.read(session_key(server), cookie, server.now()) if cookie else None
    return Visit(request, server, texts(language_of(request)), found)


def _member(visit: Annotated[Visit, Depends(_visit)]) -> Visit:
    if visit.session is None:
        raise LogInFirst
    return visit


AnyVisit = Annotated[Visit, Depends(_visit)]
MemberVisit = Annotated[Visit, Depends(_member)]


async def form(request: Request) -> Mapping[str, str]:
    """A submitted form, in bounded memory. Raises Problem."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise Problem("too-large", "the form is too large")
    try:
        return dict(urllib.parse.parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise Problem("malformed", "the form cannot be read") from None


async def _checked_form(visit: MemberVisit) -> Mapping[str, str]:
    values = await form(visit.request)
    if visit.session is None or not session.same(values.get("csrf", ""), visit.session.csrf):
        raise Problem("signature-invalid", "the form is not of this session; go back and load the page again")
    return values


CheckedForm = Annotated[Mapping[str, str], Depends(_checked_form)]
"""The form of a member whose CSRF token is right."""


def install(app: FastAPI) -> None:
    """Mount the console under /console."""
    from etpp.web import actions, pages

    console = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    console.state.server = app.state.server
    console.include_router(pages.router)
    console.include_router(actions.router)

    @console.exception_handler(LogInFirst)
    async def _log_in(request: Request, error: LogInFirst) -> Response:  # noqa: ARG001
        return RedirectResponse(f"{PREFIX}/login", 303, _HEADERS)

    async def message(request: Request, error: Exception) -> Response:
        status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 400
        if isinstance(error, StoreUnavailable):
            status = 503
        text = error.detail if isinstance(error, Problem) else str(error)
        return _visit(request).page("message.html", {"text": text}, status)

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        return _visit(request).page("message.html", {"text": HTTPStatus(status).phrase}, status)

    console.add_exception_handler(HTTPException, http)
    for kind in (NotFound, Conflict, StoreUnavailable, Problem):
        console.add_exception_handler(kind, message)
    app.mount(PREFIX, console)
