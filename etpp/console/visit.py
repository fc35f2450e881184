"""One request of the console: in which language and by whom, its page from a template, its form."""

from __future__ import annotations

import asyncio
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
from etpp.console.multipart import boundary_of, parts
from etpp.console.navigation import menu
from etpp.console.texts import LANGUAGES, Language, Texts, texts
from etpp.serving.acting import Actor, Role
from etpp.serving.context import Server, server_of

PREFIX = "/console"
LANGUAGE_COOKIE = "etpp_language"
MAX_FORM_BYTES = 16 * 1024
FILE_S = 120.0
"""A form with a file may take longer: ten megabytes over an office's line."""
FORM_S = 30.0
"""Within which a form must be there: anybody may send half of one to the log-in, to hold a connection."""

DONE = frozenset(
    {
        "letter_submitted",
        "letter_attached",
        "letter_approved",
        "letter_refused",
        "letter_revoked",
        "correction_proposed",
        "correction_approved",
        "correction_refused",
        "review_decided",
        "manual_entered",
        "manual_confirmed",
        "manual_withdrawn",
        "month_checked",
        "month_closed",
        "month_paid",
        "report_ended",
        "sanction_entered",
        "sanction_withdrawn",
        "score_entered",
        "policy_used",
        "trial_ended",
        "calendar_decided",
        "import_done",
        "import_discarded",
        "officer_revoked",
        "notice_added",
        "notice_withdrawn",
        "nip_pin_decided",
        "consent_answered",
        "local_use_decided",
    }
)
"""What a page can say was done, after the form that did it: keys of the texts' table `done`."""

HEADERS = {
    # No script at all: what an attacker writes into a name stays text.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SCRIPTED = HEADERS | {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; script-src 'self'",
}
"""Of the few pages with a script: a file of our own origin, nothing inline."""
LIVE = HEADERS | {
    "Content-Security-Policy": SCRIPTED["Content-Security-Policy"] + "; connect-src 'self'",
}
"""Of pages that follow what happens: their script asks this server."""


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


class GoFirst(Exception):
    """Something has to be done before: the browser is sent to a page of the console, to log in for instance."""

    def __init__(self, path: str = "/login") -> None:
        super().__init__(path)
        self.path = path


def own_path(said: str) -> str:
    """A path of the console that somebody's address names, below PREFIX; the start for every other: "//elsewhere" and
    "/\\elsewhere" would be another server's address."""
    path = said.removeprefix(PREFIX)
    plain = all(" " < each < "\x7f" for each in path)
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") and plain else "/"


@dataclass(frozen=True)
class Visit:
    """`session` is None for somebody who has not logged in."""

    request: Request
    texts: Texts
    session: Session | None

    @property
    def server(self) -> Server:
        """With what this request does, so that what it writes is recorded."""
        return server_of(self.request)

    @property
    def user(self) -> str:
        return self.session.user if self.session is not None else ""

    @property
    def actor(self) -> Actor:
        """Raises GoFirst for somebody who has not logged in."""
        if self.session is None:
            raise GoFirst
        return self.session.actor

    def offices(self, *roles: Role) -> frozenset[str] | None:
        """The offices whose things a list shows; None: all, for BKPP and the inspector."""
        return self.actor.offices("bkpp", "inspector", *roles)

    def offices_to_act(self, *roles: Role) -> frozenset[str] | None:
        """The offices for which somebody may do what needs one of these roles; None: the whole regency."""
        return self.actor.offices(*roles)

    def may(self, method: str, path: str) -> bool:
        """Whether it is worth showing a link or a button: a path of the console."""
        session = self.session
        return session is not None and bool(self.request.app.state.offers(session.actor, method, PREFIX + path))

    def shows(self, office_id: str, *roles: Role) -> bool:
        """Whether a list shows this office's things: with one of these roles there, or with BKPP's or the
        inspector's."""
        offices = None if self.session is None else self.session.actor.offices("bkpp", "inspector", *roles)
        return self.session is not None and (offices is None or office_id in offices)

    def page(
        self, template: str, values: Mapping[str, Any], status: int = 200, script: bool = False, live: bool = False
    ) -> Response:
        """A page from a room's template, with the headers that all have. `script`: it loads one of our own; `live`:
        the one that follows what happens."""
        # The page that a form led to cannot be loaded again; what switches the language goes to the start instead.
        path = self.request.url.path if self.request.method == "GET" else PREFIX + "/"
        here = path.removeprefix(PREFIX)
        html = _templates.get_template(template).render(
            t=self.texts,
            session=self.session,
            here=here,
            done=self.done,
            menu=[] if self.session is None else menu(self.may, here),
            here_query=path + ("?" + self.request.url.query if self.request.url.query else ""),
            prefix=PREFIX,
            may=self.may,
            live=live,
            **values,
        )
        return HTMLResponse(html, status, LIVE if live else SCRIPTED if script else HEADERS)

    def confirm(
        self,
        question: str,
        text: str,
        button: str,
        back: str,
        option: tuple[str, str] | None = None,
        hidden: Mapping[str, str] | None = None,
        written: tuple[str, str] | None = None,
        wrong: str = "",
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        """A page that asks once more; its form goes to the same address, with what is `hidden` in it. `written`: name
        and label of a text without which it is not done; `wrong`: what was wrong with it the last time, when `typed`
        stood in its fields."""
        values = {"question": question, "text": text, "button": button, "back": back, "option": option}
        return self.page(
            "console/confirm.html",
            values | {"hidden": hidden, "written": written, "wrong": wrong, "typed": typed or {}},
            409 if wrong else 200,
        )

    def go(self, path: str, done: str = "") -> Response:
        """`done`: what was done, for the page that follows to say: `done_…` of the texts."""
        said = ("&" if "?" in path else "?") + urllib.parse.urlencode({"done": done}) if done else ""
        return RedirectResponse(PREFIX + path + said, 303, HEADERS)

    @property
    def done(self) -> str:
        """The sentence that the address asks for, one of our own; "" for anything else."""
        asked = self.request.query_params.get("done", "")
        return self.texts.of("done", asked) if asked in DONE else ""


def visit_of(request: Request) -> Visit:
    """Whose it is, the accounts say: `app.state.keeper`, once a request. Reads the database."""
    known: Visit | None = request.scope.get("etpp.visit")
    if known is None:
        known = request.scope["etpp.visit"] = _visit(request, request.app.state.keeper.session_of(request))
    return known


async def visit_of_failed(request: Request) -> Visit:
    """For the page that says why a request failed: nobody's when even that cannot be looked up."""
    try:
        return await run_in_threadpool(visit_of, request)
    except StoreUnavailable:
        return _visit(request, None)


def _visit(request: Request, session: Session | None) -> Visit:
    return Visit(request, texts(_language_of(request)), session)


def _language_of(request: Request) -> Language:
    wanted = request.cookies.get(LANGUAGE_COOKIE)
    return next((language for language in LANGUAGES if language == wanted), LANGUAGES[0])


AnyVisit = Annotated[Visit, Depends(visit_of)]


def _member(visit: AnyVisit) -> Visit:
    if visit.session is None:
        raise GoFirst
    return visit


MemberVisit = Annotated[Visit, Depends(_member)]


async def form(request: Request) -> Mapping[str, str]:
    """A submitted form, in bounded memory. Raises Problem."""
    body = await _body(request, MAX_FORM_BYTES, FORM_S)
    try:
        return dict(urllib.parse.parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise _unreadable() from None


async def form_with_files(request: Request, most: int) -> tuple[Mapping[str, str], Mapping[str, bytes]]:
    """Fields, and files of `most` bytes together; a form without a file may also come as others do. Raises Problem."""
    boundary = boundary_of(request.headers.get("content-type", ""))
    if boundary is None:
        return await form(request), {}
    body = await _body(request, most + MAX_FORM_BYTES, FILE_S)
    try:
        return await run_in_threadpool(parts, body, boundary)
    except ValueError:
        raise _unreadable() from None


async def _body(request: Request, most: int, within_s: float) -> bytes:
    chunks, size = [], 0
    try:
        async with asyncio.timeout(within_s):
            async for chunk in request.stream():
                chunks.append(chunk)
                size += len(chunk)
                if size > most:
                    raise Problem("too-large", "the form is too large", key="form_too_large")
    except TimeoutError:
        raise Problem("too-large", f"the form did not arrive within {within_s:.0f} seconds", key="form_late") from None
    return b"".join(chunks)


def _unreadable() -> Problem:
    return Problem("malformed", "the form cannot be read", key="form_unreadable")


def _checked_form(request: Request) -> Mapping[str, str]:
    """The guard has read it, and has looked whose it is."""
    values: Mapping[str, str] | None = request.scope.get("etpp.form")
    if values is None:
        raise Problem("unauthorized", "nobody has looked at this form", key="form_foreign")
    return values


CheckedForm = Annotated[Mapping[str, str], Depends(_checked_form)]
"""The form of a member whose CSRF token is right."""


def _files(request: Request) -> Mapping[str, bytes]:
    found: Mapping[str, bytes] = request.scope.get("etpp.files", {})
    return found


Files = Annotated[Mapping[str, bytes], Depends(_files)]
"""The files of a checked form, by field; empty where none was chosen."""
