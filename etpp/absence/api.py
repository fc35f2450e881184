"""Administrator: letters, their files, and the kinds of absence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from etpp.absence import kinds, letters
from etpp.absence.asked import LetterBack, LetterFile, LetterVerdict, NewKinds, NewLetter
from etpp.absence.content import MAX_BYTES, MediaType
from etpp.absence.context import CabinetOf
from etpp.absence.documents import (
    DocumentShown,
    KindsShown,
    LetterShown,
    LettersShown,
    document_shown,
    letter_shown,
    letters_shown,
    recorded,
)
from etpp.absence.model import LetterState
from etpp.absence.store import Documents
from etpp.accounts.gate import ADMIN
from etpp.base import asked, bounds
from etpp.base.describe import TAKES_FILE, file_of, may
from etpp.base.errors import NotFound
from etpp.base.shapes import Hash
from etpp.db import Transaction
from etpp.roster.hours import month_bounds
from etpp.serving.acting import TOKEN
from etpp.serving.context import ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["absence"])

LARGER: Mapping[str, int] = {"/v1/admin/documents": MAX_BYTES}
"""Bodies that may be larger than an administrator's usual ones."""


@router.post("/documents", status_code=201, openapi_extra=TAKES_FILE, summary="Bring the file of a letter")
async def add_document(by: asked.Who, request: Request, cabinet: CabinetOf, server: ServerOf) -> DocumentShown:
    """The body is the file: a PDF, JPEG, PNG or WebP, whatever its Content-Type says. The same file twice is one."""
    content, now = await request.body(), server.now()
    space = letters.Space(server.database.read, bounds.OFFICE_FILES_BYTES) if server.actor is not TOKEN else None
    kept = await run_in_threadpool(lambda: letters.keep_document(server.begin, cabinet, content, by, now, space))
    return document_shown(kept)


@router.get(
    "/documents/{sha256}",
    response_class=Response,
    responses=file_of(*get_args(MediaType)),
    summary="A letter's file, as it came",
)
async def get_document(sha256: Hash, cabinet: CabinetOf, server: ServerOf) -> Response:
    """The file as it came, to be saved and not to be shown as anything but what it is."""
    known = await server.read(lambda tx: Documents(tx).get(sha256))
    if known is None:
        raise NotFound("there is no such document")
    content = await run_in_threadpool(lambda: cabinet.read(sha256))
    name = f"{sha256}.{known.media_type.partition('/')[2]}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=known.media_type, headers=headers)


@router.post("/letters", status_code=201, summary="Submit a letter of assignment or leave", responses=may("not-found"))
async def submit_letter(new: NewLetter, server: ServerOf) -> LetterShown:
    now = server.now()

    def work(tx: Transaction) -> LetterShown:
        letter = letters.submit(tx, new, now)
        return letter_shown(letters.look(tx, letter.letter_id), letters.marks(tx, letter))

    return await server.write(work)


@router.get("/letters", summary="Letters of an office, a person or a month, by id", responses=may("not-found"))
async def list_letters(
    server: ServerOf,
    office_id: str | None = None,
    person: str | None = None,
    state: LetterState | None = None,
    month: str = "",
    after_the_fact: bool = False,
    after: asked.After = "",
    limit: asked.Limit = 100,
) -> LettersShown:
    """By id. `month`: that hold on one of its days; `after_the_fact`: submitted when they had begun."""
    start, end = month_bounds(month)

    def work(tx: Transaction) -> LettersShown:
        found = letters.page(
            tx,
            office_id=office_id,
            person=person,
            state=state,
            start=start,
            end=end,
            after_the_fact=after_the_fact,
            after=after,
            limit=limit,
        )
        return letters_shown(found, limit)

    return await server.read(work)


@router.get("/letters/{letter_id}", summary="One letter, and what an approver should look at")
async def show_letter(letter_id: str, server: ServerOf) -> LetterShown:
    def work(tx: Transaction) -> LetterShown:
        found = letters.look(tx, letter_id)
        return letter_shown(found, letters.marks(tx, found.letter))

    return await server.read(work)


@router.post("/letters/{letter_id}/document", summary="Give a letter its file")
async def attach_document(letter_id: str, file: LetterFile, server: ServerOf) -> LetterShown:
    now = server.now()

    def work(tx: Transaction) -> LetterShown:
        letters.attach(tx, letter_id, file.document_sha256, file.by, now)
        return letter_shown(letters.look(tx, letter_id))

    return await server.write(work, recorded(letter_id))


@router.post("/letters/{letter_id}/approve", summary="Approve a letter: from now on it excuses")
async def approve_letter(letter_id: str, verdict: LetterVerdict, server: ServerOf) -> LetterShown:
    return await _decide(letter_id, True, verdict, server)


@router.post("/letters/{letter_id}/refuse", summary="Refuse a letter, with the reason")
async def refuse_letter(letter_id: str, verdict: LetterVerdict, server: ServerOf) -> LetterShown:
    return await _decide(letter_id, False, verdict, server)


@router.post("/letters/{letter_id}/revoke", summary="Take a letter back, with the reason")
async def revoke_letter(letter_id: str, back: LetterBack, server: ServerOf) -> LetterShown:
    now = server.now()
    return letter_shown(
        await server.write(lambda tx: letters.revoke(tx, letter_id, back.by, back.reason, now), recorded(letter_id))
    )


@router.get("/kinds", summary="The kinds of absence in force")
async def show_kinds(server: ServerOf) -> KindsShown:
    """The catalogue of kinds in force."""
    return KindsShown(text=await server.read(kinds.kinds_in_force))


@router.put("/kinds", summary="Decide the kinds of absence")
async def set_kinds(new: NewKinds, server: ServerOf) -> KindsShown:
    now = server.now()
    await server.write(lambda tx: kinds.set_kinds(tx, new.text, new.by, now))
    return KindsShown(text=new.text)


async def _decide(letter_id: str, approved: bool, verdict: LetterVerdict, server: ServerOf) -> LetterShown:
    now = server.now()
    decided = await server.write(
        lambda tx: letters.decide(tx, letter_id, approved, verdict.by, verdict.reason, now), recorded(letter_id)
    )
    return letter_shown(decided)
