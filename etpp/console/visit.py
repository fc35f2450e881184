"""One request of the console: in which language and by whom, its page from a template, its form."""

from __future__ import annotations

import asyncio
import hmac
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Annotated, Any

import jinja2
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from etpp.base.errors import Problem, StoreUnavailable
from etpp.base.texts import shown
from etpp.console.model import Session
from etpp.console.texts import LANGUAGES, Language, Texts, texts
from etpp.serving.context import Server

PREFIX = "/console"
LANGUAGE_COOKIE = "etpp_language"
MAX_FORM_BYTES = 16 * 1024
FORM_S = 30.0
"""Within which a form must be there: anybody may send half of one to the log-in, to hold a connection."""

HEADERS = {
    # No script at all: what an attacker writes into a name stays text.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def _source(name: str) -> str:
    """A template by its room and file: "console/base.html"."""
    room, _, file = name.partition("/")
    return resources.files(f"etpp.{room}").joinpath("templates", file).read_text(encoding="utf-8")


def _shown(value: Any) -> Any:
    """What is put into a page: nothing in it turns the direction of what stands around it, or hides."""
    return shown(value) if type(value) is str else value


_templates = jinja2.Environment(
    loader=jinja2.FunctionLoader(_source),
    autoescape=True,
    finalize=_shown,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class LogInFirst(Exception):
    """There is no valid session: the browser is sent to the log-in page."""


@dataclass(frozen=True)
class Visit:
    """`session` is None for somebody who has not logged in."""

    request: Request
    server: Server
    texts: Texts
    session: Session | None

    @property
    def user(self) -> str:
        return self.session.user if self.session is not None else ""

    def page(self, template: str, values: Mapping[str, Any], status: int = 200) -> Response:
        """A page from a room's template, with the headers that all have."""
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
        return HTMLResponse(html, status, HEADERS)

    def confirm(
        self,
        question: str,
        text: str,
        button: str,
        back: str,
        option: tuple[str, str] | None = None,
        hidden: Mapping[str, str] | None = None,
    ) -> Response:
        """A page that asks once more; its form goes to the same address, with what is `hidden` in it."""
        values = {"question": question, "text": text, "button": button, "back": back, "option": option}
        return self.page("console/confirm.html", values | {"hidden": hidden})

    def go(self, path: str) -> Response:
        return RedirectResponse(PREFIX + path, 303, HEADERS)


def visit_of(request: Request) -> Visit:
    """Whose it is, the accounts say: `app.state.session_of`."""
    return _visit(request, request.app.state.session_of(request))


async def visit_of_failed(request: Request) -> Visit:
    """For the page that says why a request failed: nobody's when even that cannot be looked up."""
    try:
        return await run_in_threadpool(visit_of, request)
    except StoreUnavailable:
        return _visit(request, None)


def _visit(request: Request, session: Session | None) -> Visit:
    return Visit(request, request.app.state.server, texts(_language_of(request)), session)


def _language_of(request: Request) -> Language:
    wanted = request.cookies.get(LANGUAGE_COOKIE)
    return next((language for language in LANGUAGES if language == wanted), LANGUAGES[0])


AnyVisit = Annotated[Visit, Depends(visit_of)]


def _member(visit: AnyVisit) -> Visit:
    if visit.session is None:
        raise LogInFirst
    return visit


MemberVisit = Annotated[Visit, Depends(_member)]


async def form(request: Request) -> Mapping[str, str]:
    """A submitted form, in bounded memory. Raises Problem."""
    body = b""
    try:
        async with asyncio.timeout(FORM_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_FORM_BYTES:
                    raise Problem("too-large", "the form is too large", key="form_too_large")
    except TimeoutError:
        raise Problem("too-large", f"the form did not arrive within {FORM_S:.0f} seconds", key="form_late") from None
    try:
        return dict(urllib.parse.parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise Problem("malformed", "the form cannot be read", key="form_unreadable") from None


async def _checked_form(visit: MemberVisit) -> Mapping[str, str]:
    values = await form(visit.request)
    right = "" if visit.session is None else visit.session.csrf
    # In constant time: the answer must not tell how much of a guess was right.
    if visit.session is None or not hmac.compare_digest(values.get("csrf", "").encode(), right.encode()):
        text = "the form is not of this session; go back and load the page again"
        raise Problem("signature-invalid", text, key="form_foreign")
    return values


CheckedForm = Annotated[Mapping[str, str], Depends(_checked_form)]
"""The form of a member whose CSRF token is right."""
