"""What is done from the console: logging in and out, and every change. Each change is a form with a CSRF token."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping

import segno
from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from etpp import approval, intake, roster, terminals
from etpp.errors import FaceKnown, NotFound, Problem
from etpp.model import Office, Person
from etpp.ports import Transaction
from etpp.tpp import WorkCalendar
from etpp.web import session, views
from etpp.web.console import LANGUAGE_COOKIE, PREFIX, AnyVisit, CheckedForm, MemberVisit, form, session_key
from etpp.web.texts import LANGUAGES

router = APIRouter()


@router.get("/login")
async def log_in_page(visit: AnyVisit) -> Response:
    return visit.page("login.html", {"error": None})


@router.post("/login")
async def log_in(visit: AnyVisit) -> Response:
    server = visit.server
    values = await form(visit.request)
    address = "console " + (visit.request.client.host if visit.request.client else "")
    try:
        server.guesses.check(address)
    except Problem:
        return visit.page("login.html", {"error": visit.texts.log_in_wait}, 429)
    user = values.get("user", "")
    # A tenth of a second of scrypt: not on the event loop.
    if not await run_in_threadpool(server.state.check_password, user, values.get("password", "")):
        server.guesses.failed(address)
        return visit.page("login.html", {"error": visit.texts.log_in_wrong}, 403)
    answer = visit.go("/")
    answer.set_cookie(
        session.COOKIE,
        session.issue(session_key(server), user, server.now()),
        max_age=int(session.LIFETIME.total_seconds()),
        path=PREFIX,
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/logout")
async def log_out(visit: MemberVisit, values: CheckedForm) -> Response:  # noqa: ARG001
    answer = visit.go("/login")
    answer.delete_cookie(session.COOKIE, path=PREFIX)
    return answer


@router.get("/language")
async def language(visit: AnyVisit, to: str, back: str = "/") -> Response:
    path = back.removeprefix(PREFIX)
    # Only a path of the console: "//elsewhere" and "/\elsewhere" would be another server's address.
    answer = visit.go(path if path.startswith("/") and path[1:2] not in ("/", "\\") else "/")
    if to in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, to, max_age=365 * 86400, path=PREFIX, samesite="strict", httponly=True)
    return answer


@router.get("/enrolments/{office_id}/{event_id}/approve")
async def approve_question(visit: MemberVisit, office_id: str, event_id: str) -> Response:
    """For an enrolment whose face is another NIP's too."""

    def look(tx: Transaction) -> tuple[str, approval.Alike | None, Office | None]:
        alike = approval.review(tx, office_id, event_id).alike
        enrolment = tx.enrolments.get(office_id, event_id)
        name = (enrolment.name if enrolment is not None else None) or visit.texts.forgotten
        return name, alike, None if alike is None else roster.office(tx, alike.office_id)

    name, alike, office = await visit.server.read(look)
    if alike is None or office is None:
        return visit.go("/enrolments")
    other = visit.texts.say("alike_whom", name=alike.name, nip=views.grouped(alike.nip), office=office.name)
    return _confirm(
        visit,
        visit.texts.say("approve_question", name=name),
        f"{other} {visit.texts.approve_what}",
        visit.texts.approve_despite,
        "/enrolments",
        hidden={"despite": alike.reference},
    )


@router.post("/enrolments/{office_id}/{event_id}/approve")
async def approve(visit: MemberVisit, values: CheckedForm, office_id: str, event_id: str) -> Response:
    now = visit.server.now()
    reviewed = await visit.server.read(lambda tx: approval.review(tx, office_id, event_id))
    try:
        await visit.server.change(
            lambda tx: approval.approve(tx, office_id, event_id, reviewed, _user(visit), now, values.get("despite"))
        )
    except FaceKnown:  # also when the likeness came up after the page was loaded
        return visit.go(f"/enrolments/{office_id}/{event_id}/approve")
    return visit.go("/enrolments")


@router.post("/enrolments/{office_id}/{event_id}/reject")
async def reject(visit: MemberVisit, values: CheckedForm, office_id: str, event_id: str) -> Response:  # noqa: ARG001
    now = visit.server.now()
    await visit.server.write(lambda tx: approval.reject(tx, office_id, event_id, _user(visit), now))
    return visit.go("/enrolments")


@router.get("/offices/{office_id}/people/{person_id}/erase")
async def erase_question(visit: MemberVisit, office_id: str, person_id: str) -> Response:
    person = await visit.server.read(lambda tx: _person(tx, office_id, person_id))
    name = person.name or visit.texts.forgotten
    forget = ("forget", visit.texts.erase_forget)
    question = visit.texts.say("erase_question", name=name)
    back = f"/offices/{office_id}/people"
    return _confirm(visit, question, visit.texts.erase_what, visit.texts.erase, back, forget)


@router.post("/offices/{office_id}/people/{person_id}/erase")
async def erase(visit: MemberVisit, values: CheckedForm, office_id: str, person_id: str) -> Response:
    now = visit.server.now()
    forget = values.get("forget") == "yes"
    await visit.server.change(lambda tx: roster.erase_person(tx, office_id, person_id, now, forget))
    return visit.go(f"/offices/{office_id}/people")


@router.get("/terminals/{device_id}/revoke")
async def revoke_question(visit: MemberVisit, device_id: str) -> Response:
    question = visit.texts.say("revoke_question", id=device_id[:8])
    return _confirm(visit, question, visit.texts.revoke_what, visit.texts.revoke, "/terminals")


@router.post("/terminals/{device_id}/revoke")
async def revoke(visit: MemberVisit, values: CheckedForm, device_id: str) -> Response:  # noqa: ARG001
    now = visit.server.now()
    await visit.server.change(lambda tx: terminals.revoke(tx, device_id, now))
    return visit.go("/terminals")


@router.get("/terminals/{device_id}/write-off")
async def write_off_question(visit: MemberVisit, device_id: str) -> Response:
    question = visit.texts.say("write_off_question", id=device_id[:8])
    return _confirm(visit, question, visit.texts.write_off_what, visit.texts.write_off, "/terminals")


@router.post("/terminals/{device_id}/write-off")
async def write_off(visit: MemberVisit, values: CheckedForm, device_id: str) -> Response:  # noqa: ARG001
    now = visit.server.now()
    await visit.server.write(lambda tx: terminals.write_off(tx, device_id, now))
    return visit.go("/terminals")


@router.post("/codes")
async def code(visit: MemberVisit, values: CheckedForm) -> Response:
    now = visit.server.now()
    office_id = values.get("office_id", "")

    def make(tx: Transaction) -> tuple[str, str, Office]:
        text, expires = terminals.new_code(tx, office_id, now)
        office = roster.office(tx, office_id)
        return text, visit.texts.moment(expires.astimezone(WorkCalendar(office.calendar).timezone)), office

    text, until, office = await visit.server.write(make)
    url = str(visit.request.base_url).removesuffix(f"{PREFIX}/").rstrip("/")
    uri = "presensi:provision?" + urllib.parse.urlencode({"server": url, "code": text})
    qr = segno.make(uri, error="m").svg_data_uri(scale=6)
    return visit.page("code.html", {"code": text, "until": until, "office": office, "url": url, "qr": qr})


@router.post("/events/{office_id}/{event_id}/accept")
async def accept(visit: MemberVisit, values: CheckedForm, office_id: str, event_id: str) -> Response:  # noqa: ARG001
    await visit.server.write(lambda tx: intake.reconsider(tx, office_id, event_id))
    return visit.go("/events")


def _confirm(
    visit: MemberVisit,
    question: str,
    text: str,
    button: str,
    back: str,
    option: tuple[str, str] | None = None,
    hidden: Mapping[str, str] | None = None,
) -> Response:
    """A page that asks once more; its form goes to the same address, with what is `hidden` in it."""
    values = {"question": question, "text": text, "button": button, "back": back, "option": option, "hidden": hidden}
    return visit.page("confirm.html", values)


def _person(tx: Transaction, office_id: str, person_id: str) -> Person:
    person = tx.people.get(office_id, person_id)
    if person is None:
        raise NotFound("there is no such person in this office")
    return person


def _user(visit: MemberVisit) -> str:
    return visit.session.user if visit.session is not None else ""
