"""The audit log, searched and exported."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from etpp.base.errors import Problem
from etpp.console.visit import HEADERS, MemberVisit
from etpp.db import Database, Transaction
from etpp.ledger.model import Entry, Said
from etpp.ledger.reading import lines
from etpp.ledger.store import Ledger

router = APIRouter()

SHOWN = 100
_PIECE = 64 * 1024


@router.get("/audit")
async def audit_page(visit: MemberVisit, query: str = "", actor: str = "", before: str = "") -> Response:
    if before and not (before.isdecimal() and len(before) < 16):
        raise Problem("malformed", "before: must be a number")
    until = int(before) if before else None
    query, actor = query[:100].strip(), actor[:64].strip()

    def look(tx: Transaction) -> tuple[list[Entry], tuple[int, str]]:
        return Ledger(tx).search(query, actor, until, SHOWN + 1), Ledger(tx).head()

    found, head = await visit.server.read(look)
    shown = found[:SHOWN]
    values = {
        "entries": [
            {
                "seq": each.seq,
                "at": visit.texts.moment(each.at_utc),
                "actor": each.said.actor,
                "action": visit.texts.of("action", each.said.action),
                "subject": list(each.said.subject.items()),
                "office_id": each.said.office_id or "",
                "address": each.said.address,
                "before": _json(each.said.before),
                "after": _json(each.said.after),
                "hash": each.hash[:12],
            }
            for each in shown
        ],
        "query": query,
        "actor": actor,
        "older": shown[-1].seq if len(found) > SHOWN else None,
        "head": head,
    }
    return visit.page("accounts/audit.html", values)


@router.get("/audit/export")
async def export(visit: MemberVisit) -> Response:
    """All of it, a line each, with the hashes by which anybody can follow it. That it was taken is recorded, and
    is the last line."""
    server, now = visit.server, visit.server.now()
    session = visit.session
    said = Said("" if session is None else session.actor.name, "audit.export", {})
    await server.write(lambda tx: Ledger(tx).append(said, now))
    name = f"audit-{now:%Y%m%dT%H%M%SZ}.jsonl"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    written = await run_in_threadpool(_written, server.database)
    return StreamingResponse(_pieces(written), media_type="application/x-ndjson", headers=headers)


def _written(database: Database) -> BinaryIO:
    """All of the log in a file of no name: whatever goes wrong does so before the first byte is sent."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        for line in lines(database):
            file.write(line.encode())
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=1)
