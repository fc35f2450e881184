"""Tables brought to the console: chosen, looked at, taken or thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from etpp.accounts.gate import nobody_said_who
from etpp.base import sheets
from etpp.base.asked import month as month_asked
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.console import forms
from etpp.console.visit import CheckedForm, Files, MemberVisit, Visit
from etpp.db import Transaction
from etpp.imports import views
from etpp.imports.keeping import Brought, Kept
from etpp.imports.kinds import KINDS, Given, Kind
from etpp.imports.model import Preview

router = APIRouter()

FILES: Mapping[str, int] = {"/console/imports": sheets.MAX_BYTES}
"""Forms that bring a file, and the bytes that it may have."""
FIELDS = {
    "sheet_unreadable": "file",
    "sheet_long": "file",
    "file_large": "file",
    "imports_busy": "",
    "month_wrong": "month",
}
"""Beside which field a refusal stands."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_FAULTS = 200
"""Lines with a fault that are named at once: whoever has put these right brings the table again."""


def _kept(request: Request) -> Kept:
    return cast(Kept, request.app.state.imports)


KeptOf = Annotated[Kept, Depends(_kept)]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that waits for a decision, read."""

    brought: Brought
    kind: Kind
    rows: list[sheets.Row]

    def given(self, visit: Visit, *, partial: bool, take: bool = False) -> Given:
        return Given(visit.actor.said, visit.server.now(), self.brought.month, partial, take)


@router.get("/imports")
async def start(visit: MemberVisit, kind: str = "people") -> Response:
    return _start(visit, {"kind": kind}, {})


@router.post("/imports")
async def bring(visit: MemberVisit, values: CheckedForm, files: Files, kept: KeptOf) -> Response:
    """Read once before it is kept: what is no table is refused at once, and never stored."""
    now = visit.server.now()
    try:
        kind = KINDS.get(values.get("kind", ""))
        if kind is None:
            raise forms.Wrong({"kind": "empty"})
        content = files.get("file", b"")
        if not content:
            raise forms.Wrong({"file": "empty"})
        month = values.get("month", "") if kind.by_month else ""
        month_asked(month)
        rows = await run_in_threadpool(sheets.asked, content, kind.columns)
        if len(rows) > kind.most:
            raise Conflict(f"such a table has at most {kind.most} rows: split it", key="sheet_long", most=kind.most)
        brought = await run_in_threadpool(kept.keep, kind.key, month, _owner(visit), content, now)
        await visit.server.write(lambda tx: None)  # that somebody brought it is recorded  # noqa: ARG005
    except (Conflict, NotFound, Problem) as error:
        status = 429 if isinstance(error, Problem) and error.name == "too-many-requests" else 409
        return _start(visit, values, forms.faults(visit.texts, error, FIELDS), status)
    return visit.go(f"/imports/{brought.import_id}")


@router.get("/imports/templates/{kind}")
async def template(visit: MemberVisit, kind: str, csv: str = "") -> Response:
    """An empty table with the headings of a kind, to be filled in."""
    known = KINDS.get(kind)
    if known is None:
        raise NotFound("there is no such kind of table", key="import_kind_unknown")
    headings = [each.heading for each in known.columns]
    if csv:
        content, media_type, ending = sheets.write_csv(headings, ()), "text/csv; charset=utf-8", "csv"
    else:
        content, media_type, ending = await run_in_threadpool(sheets.write_xlsx, headings, ()), XLSX, "xlsx"
    name = f"{visit.texts.say('imports_template_file')}-{visit.texts.say(f'imports_{known.key}_file')}.{ending}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/imports/{import_id}")
async def look(visit: MemberVisit, import_id: str, kept: KeptOf, partial: str = "") -> Response:
    table = await _table(visit, import_id, kept)
    given = table.given(visit, partial=bool(partial))
    found = await visit.server.read(lambda tx: table.kind.run(tx, table.rows, given, visit.texts))
    return await _page(visit, table, found, bool(partial))


@router.post("/imports/{import_id}")
async def take(visit: MemberVisit, values: CheckedForm, import_id: str, kept: KeptOf) -> Response:
    """Planned anew on what is recorded now. With faults nothing is taken, but for the lines without one when so asked;
    what came of it is shown, and the table is gone."""
    table, partial, server = await _table(visit, import_id, kept), values.get("partial") == "yes", visit.server
    if table.kind.two and visit.actor.unlinked:
        raise nobody_said_who()
    given = table.given(visit, partial=partial, take=True)

    def work(tx: Transaction) -> Preview:
        made = table.kind.run(tx, table.rows, given, visit.texts)
        if made.done and server.act is not None:
            changed = [each for each in made.lines if each.change != "unchanged"]
            server.act.note(
                [{"about": each.about, "was": each.was} for each in changed],
                [{"about": each.about, "change": each.change, "becomes": each.becomes} for each in changed],
            )
        return made

    done = await server.change(work)
    if not done.done:
        return await _page(visit, table, done, partial, 409)
    await run_in_threadpool(kept.forget, table.brought.import_id)
    return visit.go(f"/imports?kind={table.kind.key}", "import_done")


@router.post("/imports/{import_id}/discard")
async def discard(visit: MemberVisit, values: CheckedForm, import_id: str, kept: KeptOf) -> Response:  # noqa: ARG001
    brought, _ = await run_in_threadpool(kept.get, import_id, _owner(visit), visit.server.now())
    await visit.server.write(lambda tx: None)  # that it was thrown away is recorded  # noqa: ARG005
    await run_in_threadpool(kept.forget, brought.import_id)
    return visit.go(f"/imports?kind={brought.kind}", "import_discarded")


async def _table(visit: Visit, import_id: str, kept: Kept) -> _Table:
    """Raises NotFound."""
    brought, content = await run_in_threadpool(kept.get, import_id, _owner(visit), visit.server.now())
    kind = KINDS[brought.kind]
    return _Table(brought, kind, await run_in_threadpool(sheets.asked, content, kind.columns))


async def _page(visit: Visit, table: _Table, found: Preview, partial: bool, status: int = 200) -> Response:
    texts = visit.texts
    faults = views.faults(texts, found.faults)
    values = {
        "import_id": table.brought.import_id,
        "title": texts.say(f"imports_{table.kind.key}"),
        "rows": len(table.rows),
        "changing": found.changing,
        "same": len(found.lines) - found.changing,
        "bad_lines": len({line for line, _ in faults}),
        "faults": faults[:MOST_FAULTS],
        "more": max(0, len(faults) - MOST_FAULTS),
        "partial": partial,
    }
    asked = views.LINES.asked(visit, partial="yes" if partial else "")
    if status != 200:
        listing = views.LINES.table(texts, asked, found.lines)
        return visit.page("imports/preview.html", {**values, "listing": listing}, status)
    return await views.LINES.answer(visit, asked, found.lines, "imports/preview.html", values)


def _start(visit: Visit, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200) -> Response:
    texts = visit.texts
    kinds = [
        {
            "key": each.key,
            "title": texts.say(f"imports_{each.key}"),
            "what": texts.say(f"imports_{each.key}_what"),
            "needed": [_heading(column) for column in each.columns if column.required],
            "also": [_heading(column) for column in each.columns if not column.required],
            "example": each.example,
        }
        for each in KINDS.values()
    ]
    typed = {"kind": "people", "month": f"{visit.server.now():%Y-%m}", **values}
    shown = {"kinds": kinds, "choices": [(each["key"], each["title"]) for each in kinds]}
    return visit.page("imports/imports.html", {**shown, **forms.typed(typed, wrong)}, status)


def _owner(visit: Visit) -> str:
    return visit.actor.account_id or visit.actor.name


def _heading(column: sheets.Column) -> str:
    """The heading that is written, and one that is read as well."""
    return column.name if not column.aliases else f"{column.name} ({column.aliases[0]})"
