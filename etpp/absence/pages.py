"""Letters: the list, one with its paper, a new one, and what BKPP decides of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from etpp.absence import letters, views
from etpp.absence.asked import LetterBack, LetterFile, LetterVerdict, NewLetter
from etpp.absence.cabinet import Cabinet
from etpp.absence.content import MAX_BYTES
from etpp.absence.context import CabinetOf
from etpp.absence.documents import recorded
from etpp.absence.model import Document, Letter
from etpp.absence.store import Documents
from etpp.base import bounds
from etpp.base.errors import Conflict, EtppError, NotFound
from etpp.console import forms
from etpp.console.visit import CheckedForm, Files, MemberVisit, Visit
from etpp.db import Transaction
from etpp.roster.hours import REGENCY_ZONE, month_or_this, zone
from etpp.roster.store import Offices

router = APIRouter()

FILES: Mapping[str, int] = {
    "/console/letters": MAX_BYTES,
    "/console/letters/{letter_id}/document": MAX_BYTES,
}
"""Forms that bring a file, and the bytes that it may have."""
FIELDS = {
    "letter_nobody": "people",
    "letter_person_twice": "people",
    "letter_person_elsewhere": "people",
    "employee_unknown": "people",
    "letter_backwards": "until",
    "letter_minutes": "until",
    "letter_long": "until",
    "letter_kind_unknown": "kind_id",
    "letter_document_missing": "file",
    "file_large": "file",
    "file_kind": "file",
    "files_many": "file",
    "letter_many": "people",
    "office_unknown": "office_id",
}
"""Beside which field a refusal stands."""
_NAMES = {"first_utc": "first", "until_utc": "until", "document_sha256": "file"}
PAPER = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""A stranger's file is shown as what it is, in nobody's name, or saved."""


@router.get("/letters")
async def everything(visit: MemberVisit, month: str = "") -> Response:
    shown = month_or_this(month, visit.server.now())
    mine = visit.offices("operator", "head")
    found = await visit.server.read(lambda tx: views.lines(tx, mine, shown))
    waiting = sum(each.state == "submitted" for each in found)
    asked = views.LETTERS.asked(visit, month=shown)
    return await views.LETTERS.answer(
        visit,
        asked,
        found,
        "absence/letters.html",
        {"month": shown, "waiting": waiting, "none": visit.texts.letters_none},
    )


@router.get("/letters/new")
async def new_form(visit: MemberVisit) -> Response:
    return await _form(visit, {}, {})


@router.post("/letters")
async def submit(visit: MemberVisit, values: CheckedForm, files: Files, cabinet: CabinetOf) -> Response:
    now, by, typed = visit.server.now(), visit.actor.said, dict(values)
    office_id = values.get("office_id") or None
    try:
        local = await visit.server.read(lambda tx: _zone(tx, office_id))
        if files.get("file"):
            content = files["file"]
            kept = await run_in_threadpool(lambda: _keep(visit, cabinet, content, by, now))
            typed["document_sha256"] = kept.sha256
        new = _read(typed, local, by, office_id)
        made: Letter = await visit.server.write(lambda tx: letters.submit(tx, new, now))
    except (Conflict, NotFound) as error:
        return await _form(visit, typed, _faults(visit, error), 409)
    return visit.go(f"/letters/{made.letter_id}", "letter_submitted")


@router.get("/letters/{letter_id}")
async def one(visit: MemberVisit, letter_id: str) -> Response:
    return await _letter(visit, letter_id, {}, {})


@router.get("/letters/{letter_id}/document")
async def document(visit: MemberVisit, letter_id: str, cabinet: CabinetOf, save: str = "") -> Response:
    """A picture for the letter's page, or (a PDF always) to be saved."""

    def look(tx: Transaction) -> tuple[str, str] | None:
        sha256 = letters.look(tx, letter_id).letter.document_sha256
        known = None if sha256 is None else Documents(tx).get(sha256)
        return None if known is None else (known.sha256, known.media_type)

    known = await visit.server.read(look)
    if known is None:
        raise NotFound("the letter has no document", key="document_unknown")
    sha256, media_type = known
    content = await run_in_threadpool(lambda: cabinet.read(sha256))
    kind, _, ending = media_type.partition("/")
    how = "inline" if kind == "image" and not save else "attachment"
    headers = PAPER | {"Content-Disposition": f'{how}; filename="surat-{sha256[:12]}.{ending}"'}
    return Response(content, media_type=media_type, headers=headers)


@router.post("/letters/{letter_id}/document")
async def attach(visit: MemberVisit, values: CheckedForm, files: Files, letter_id: str, cabinet: CabinetOf) -> Response:
    now, by = visit.server.now(), visit.actor.said
    try:
        if not files.get("file"):
            raise forms.Wrong({"file": "empty"})
        content = files["file"]
        kept = await run_in_threadpool(lambda: _keep(visit, cabinet, content, by, now))
        file = forms.read(LetterFile, {"by": by, "document_sha256": kept.sha256})
        await visit.server.write(
            lambda tx: letters.attach(tx, letter_id, file.document_sha256, file.by, now), recorded(letter_id)
        )
    except (Conflict, NotFound) as error:
        return await _letter(visit, letter_id, values, _faults(visit, error), 409)
    return visit.go(f"/letters/{letter_id}", "letter_attached")


@router.post("/letters/{letter_id}/approve")
async def approve(visit: MemberVisit, values: CheckedForm, letter_id: str) -> Response:
    now = visit.server.now()
    try:
        said = forms.read(LetterVerdict, {"by": visit.actor.said, "reason": values.get("note", "")})
        await visit.server.write(
            lambda tx: letters.decide(tx, letter_id, True, said.by, said.reason, now), recorded(letter_id)
        )
    except (Conflict, NotFound) as error:
        return await _letter(visit, letter_id, values, _faults(visit, error, {"reason": "note"}), 409)
    return visit.go(f"/letters/{letter_id}", "letter_approved")


@router.post("/letters/{letter_id}/refuse")
async def refuse(visit: MemberVisit, values: CheckedForm, letter_id: str) -> Response:
    now = visit.server.now()
    try:
        said = forms.read(LetterBack, {"by": visit.actor.said, "reason": values.get("reason", "")})
        await visit.server.write(
            lambda tx: letters.decide(tx, letter_id, False, said.by, said.reason, now), recorded(letter_id)
        )
    except (Conflict, NotFound) as error:
        return await _letter(visit, letter_id, values, _faults(visit, error), 409)
    return visit.go(f"/letters/{letter_id}", "letter_refused")


@router.get("/letters/{letter_id}/revoke")
async def revoke_question(visit: MemberVisit, letter_id: str) -> Response:
    return await _revoke(visit, letter_id, {}, {})


@router.post("/letters/{letter_id}/revoke")
async def revoke(visit: MemberVisit, values: CheckedForm, letter_id: str) -> Response:
    now = visit.server.now()
    try:
        said = forms.read(LetterBack, {"by": visit.actor.said, "reason": values.get("reason", "")})
        await visit.server.write(
            lambda tx: letters.revoke(tx, letter_id, said.by, said.reason, now), recorded(letter_id)
        )
    except (Conflict, NotFound) as error:
        return await _revoke(visit, letter_id, values, _faults(visit, error), 409)
    return visit.go(f"/letters/{letter_id}", "letter_revoked")


def _keep(visit: Visit, cabinet: Cabinet, content: bytes, by: str, now: dt.datetime) -> Document:
    """The form's file, which says itself who brought it. It is not the act yet: the log has that when it is done, and
    nothing when it is refused."""
    space = letters.Space(visit.server.database.read, bounds.OFFICE_FILES_BYTES)
    return letters.keep_document(visit.server.database.begin, cabinet, content, by, now, space)


def _read(typed: Mapping[str, str], local: ZoneInfo, by: str, office_id: str | None) -> NewLetter:
    """Raises Wrong with everything that is wrong, not the first alone."""
    wrong: dict[str, str] = {}
    moments = {}
    for field in ("first", "until"):
        try:
            moments[f"{field}_utc"] = forms.moment(field, typed.get(field, ""), local)
        except forms.Wrong as error:
            wrong |= error.fields
    people = ["".join(each.split()) for each in re.split(r"[\n,;]", typed.get("people", "")) if each.strip()]
    given = {
        "kind_id": typed.get("kind_id", ""),
        "number": typed.get("number", ""),
        "date": typed.get("date", ""),
        "issuer": typed.get("issuer", ""),
        "people": people,
        **moments,
        "submitted_by": by,
        "office_id": office_id,
        "document_sha256": typed.get("document_sha256") or None,
    }
    try:
        new = forms.read(NewLetter, given)
    except forms.Wrong as error:
        raise forms.Wrong({_NAMES.get(field, field): key for field, key in error.fields.items()} | wrong) from None
    if not people:
        raise forms.Wrong({"people": "empty"})
    return new


async def _form(visit: Visit, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200) -> Response:
    mine = visit.offices_to_act("bkpp", "operator", "head")
    today = visit.server.now().astimezone(ZoneInfo(REGENCY_ZONE)).date()

    def look(tx: Transaction) -> dict[str, object]:
        offices = [(each.office_id, each.name) for each in Offices(tx).all() if mine is None or each.office_id in mine]
        return {"offices": sorted(offices, key=lambda each: each[1]), "kinds": views.kinds_to_choose(tx, today)}

    shown = await visit.server.read(look)
    shown |= {"regency": mine is None, **forms.typed(values, wrong)}
    return visit.page("absence/new.html", shown, status)


async def _letter(
    visit: Visit, letter_id: str, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200
) -> Response:
    found = await visit.server.read(lambda tx: views.letter(tx, letter_id, visit.texts))
    return visit.page("absence/letter.html", {"letter": found, **forms.typed(values, wrong)}, status)


async def _revoke(
    visit: Visit, letter_id: str, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200
) -> Response:
    found = await visit.server.read(lambda tx: views.letter(tx, letter_id, visit.texts))
    return visit.page("absence/revoke.html", {"letter": found, **forms.typed(values, wrong)}, status)


def _faults(visit: Visit, error: EtppError, renamed: Mapping[str, str] | None = None) -> dict[str, str]:
    found = forms.faults(visit.texts, error, FIELDS)
    return {(renamed or {}).get(field, field): text for field, text in found.items()}


def _zone(tx: Transaction, office_id: str | None) -> ZoneInfo:
    office = None if office_id is None else Offices(tx).get(office_id)
    return ZoneInfo(REGENCY_ZONE) if office is None else zone(office)
