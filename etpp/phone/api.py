"""The phone's own calls, few and small: each shows one person's own, or files it.

What the administrator's calls do for an employee already (activities and their steps) the phone asks of those. Of an
answer that has not changed only that is said (ETag); no cache keeps any, the phone has a place of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from etpp.absence import letters
from etpp.absence.context import CabinetOf
from etpp.absence.documents import DocumentShown, document_shown
from etpp.accounts import session
from etpp.accounts.gate import ADMIN
from etpp.allowance.gather import correction_days
from etpp.allowance.model import Month
from etpp.base import bounds
from etpp.base.asked import Who
from etpp.base.encoding import format_time
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.base.throttle import Throttle
from etpp.console.texts import Language, texts
from etpp.db import Transaction
from etpp.objections.documents import ObjectionShown, objection_shown
from etpp.phone import filing, reading, verifying
from etpp.phone.asked import OwnCorrection, OwnLetter, OwnObjection
from etpp.phone.documents import CatalogueOnPhone, Filed, MonthOnPhone, Today, WaitingList
from etpp.serving.context import Server, ServerOf

PREFIX = "/phone/api"

MonthText = Annotated[str, Path(pattern=r"^(19[89]\d|2\d{3})-(0[1-9]|1[0-2])$", examples=["2026-11"])]
CLOCK = "Presensi-Time"
"""The server's time in every answer: a phone whose clock is wrong knows which day it is."""
DOCUMENTS = f"{PREFIX}/documents"
MAX_PHOTOGRAPH_BYTES = 3 * 1024 * 1024
"""Of a photograph as the phone sends it, made smaller: one of 1,600 pixels has about 400 KB."""
PHOTOGRAPHS_A_DAY = 20
"""Of one person: papers of several pages, tried a few times. What is beyond fills a disk."""
A_DAY_S = 86_400.0


def routes(photographs: Throttle) -> APIRouter:
    """`photographs`: by person, how many files a day."""
    router = APIRouter(prefix=PREFIX, dependencies=ADMIN)

    @router.get("/today", response_model=Today)
    async def show_today(by: Who, request: Request, server: ServerOf, lang: Language = "id") -> Response:
        now, csrf = server.now(), session.csrf_of(request.cookies.get(session.COOKIE, ""))

        def look(tx: Transaction) -> Today:
            return reading.today(tx, by, csrf, lang, now, verifying.number(tx, by, now))

        return _answer(request, server, await server.read(look))

    @router.get("/catalogue", response_model=CatalogueOnPhone)
    async def show_catalogue(by: Who, request: Request, server: ServerOf, lang: Language = "id") -> Response:
        now = server.now()
        return _answer(request, server, await server.read(lambda tx: reading.catalogue(tx, by, lang, now)))

    @router.get("/months/{month}", response_model=MonthOnPhone)
    async def show_month(
        by: Who, month: MonthText, request: Request, server: ServerOf, lang: Language = "id"
    ) -> Response:
        asked, now = Month.of(month), server.now()
        return _answer(request, server, await server.read(lambda tx: reading.month(tx, by, asked, lang, now)))

    @router.get("/waiting", response_model=WaitingList)
    async def show_waiting(by: Who, request: Request, server: ServerOf, lang: Language = "id") -> Response:
        now = server.now()
        with _in_words(lang):
            return _answer(request, server, await server.read(lambda tx: verifying.waiting(tx, by, now)))

    @router.post("/corrections", status_code=201)
    async def file_correction(own: OwnCorrection, server: ServerOf, lang: Language = "id") -> Filed:
        now = server.now()
        with _in_words(lang):
            made = await server.write(lambda tx: filing.correction(tx, own, correction_days, now))
        return Filed(kind="correction", id=made.correction_id, state="proposed", part=made.part)

    @router.post("/letters", status_code=201)
    async def file_letter(own: OwnLetter, server: ServerOf, lang: Language = "id") -> Filed:
        now = server.now()
        with _in_words(lang):
            made = await server.write(lambda tx: filing.letter(tx, own, now))
        return Filed(kind="letter", id=made.letter_id, state="submitted")

    @router.post("/documents", status_code=201)
    async def bring_photograph(
        by: Who, request: Request, cabinet: CabinetOf, server: ServerOf, lang: Language = "id"
    ) -> DocumentShown:
        """The body is the file: a picture or a PDF, whatever it is called. The same file twice is one."""
        photographs.reserve(by)
        content, now = await request.body(), server.now()
        with _in_words(lang):
            space = letters.Space(server.database.read, bounds.OWN_FILES_BYTES)
            kept = await run_in_threadpool(
                lambda: letters.keep_document(server.begin, cabinet, content, by, now, space)
            )
        return document_shown(kept)

    @router.post("/objections", status_code=201)
    async def file_objection(own: OwnObjection, server: ServerOf, lang: Language = "id") -> ObjectionShown:
        now = server.now()
        with _in_words(lang):
            return objection_shown(await server.write(lambda tx: filing.objection(tx, own, now)))

    return router


@contextmanager
def _in_words(language: Language) -> Iterator[None]:
    """A refusal as the person reads it, and not as a program's log has it. `key`: what the program knows it by."""
    try:
        yield
    except (Conflict, NotFound) as error:
        name = "not-found" if isinstance(error, NotFound) else "conflict"
        raise Problem(name, texts(language).refusal(error), members={"key": error.key or ""}) from error


def _answer(request: Request, server: Server, shown: BaseModel) -> Response:
    """With the hash of the answer as its name; the time is no part of it."""
    content = shown.model_dump_json().encode()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        CLOCK: format_time(server.now()),
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)
