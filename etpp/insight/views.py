"""What a person's page shows, as plain values: everything is computed here, so that the template only places it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from etpp.console.texts import Texts
from etpp.insight.dossier import Dossier
from etpp.insight.drawn import Drawn
from etpp.reports.model import ColumnKind, Mark, Sentence, Table
from etpp.reports.sentences import Sentences
from etpp.reports.statement import amounts, days
from etpp.reports.svg import svg
from etpp.reports.texts import Words
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.nip import grouped
from etpp.terminals.model import Reached

_TONES = {"good": "good", "late": "warn", "bad": "bad", "away": "", "off": "", "doubt": "warn", "plain": ""}
_LETTER_TONES = {"submitted": "warn", "approved": "good", "refused": "bad", "revoked": ""}
_ENTRY_TONES = {"recognised": "good", "waiting": "warn", "returned": "bad", "late": "bad", "overlap": "bad"}


@dataclass(frozen=True)
class Node:
    """One reason, with what it follows from."""

    text: str
    parts: Sequence[Node]


def tree(sentences: Iterable[Sentence]) -> list[Node]:
    """Sentences by their levels: each below the last one of a lower level."""
    roots: list[Node] = []
    open_nodes: list[tuple[int, list[Node]]] = [(-1, roots)]
    for sentence in sentences:
        while open_nodes[-1][0] >= sentence.level:
            open_nodes.pop()
        parts: list[Node] = []
        open_nodes[-1][1].append(Node(sentence.text, parts))
        open_nodes.append((sentence.level, parts))
    return roots


def person(dossier: Dossier, texts: Texts, say: Words, pay: bool) -> dict[str, Any]:
    """`pay`: whether amounts are shown to who asks."""
    who, own = dossier.employee, dossier.month
    month = None if own is None else own.office
    zone = ZoneInfo(REGENCY_ZONE) if month is None else month.zone
    return {
        "person_id": who.person_id,
        "name": who.name or texts.forgotten,
        "number": grouped(who.nip) if who.nip else who.other_id or "",
        "office_id": dossier.office_id,
        "office": dossier.offices.get(dossier.office_id or "", texts.no_office),
        "posts": _posts(dossier, say),
        "faces": _faces(dossier, texts, zone),
        "waiting": dossier.waiting,
        "month": str(dossier.asked),
        "month_text": say.month(dossier.asked.first),
        "before": str(dossier.asked.before()),
        "after": str(dossier.asked.following) if dossier.asked.last < dossier.today else "",
        "broken": dossier.broken,
        "days": None if month is None else _table(days(say, month, month.people[0]), say),
        "without_face": [
            f"{texts.moment(each.time.utc.astimezone(zone))}: {texts.of('known_by', each.method or '')}"
            for each in dossier.without_face
            if each.time is not None
        ],
        "pay": None if month is None or not pay else _pay(dossier, say),
        "letters": _letters(dossier, texts, say, zone),
        "entries": _entries(dossier, texts, say),
        "points": say.number(sum((day.recognised for day in dossier.activities.ledger.days), start=0)),
        "discipline": _discipline(dossier, say),
    }


def pictures(found: Drawn, say: Words) -> dict[str, Any]:
    """Each with its figures as a table."""
    return {
        "office_id": found.office_id,
        "office": found.office,
        "month": str(found.asked),
        "month_text": say.month(found.asked.first),
        "before": str(found.asked.before()),
        "after": str(found.asked.following),
        "broken": found.broken,
        "charts": [
            {
                "title": chart.title,
                "picture": Markup(svg(chart, say.rupiah if chart.unit == "rupiah" else say.number)),
                "table": _table(chart.figures, say),
            }
            for chart in found.charts
        ],
    }


def _posts(dossier: Dossier, say: Words) -> list[dict[str, str]]:
    rows = [
        {
            "period": _period(each.first, each.last, say),
            "post": each.post_id or "–",
            "office": dossier.offices.get(each.office_id, each.office_id),
            "rank": " · ".join(part for part in (each.rank, each.status.upper()) if part),
            "job_class": str(each.job_class) if each.job_class else "–",
            "superior": dossier.people.get(each.superior_id or "", "–"),
            "superior_id": each.superior_id or "",
        }
        for each in dossier.posts
    ]
    rows += [
        {
            "period": _period(each.first, each.last, say),
            "post": f"Plt. {each.post_id}",
            "office": "",
            "rank": "",
            "job_class": str(each.job_class),
            "superior": "",
            "superior_id": "",
        }
        for each in dossier.actings
    ]
    return rows


def _faces(dossier: Dossier, texts: Texts, zone: ZoneInfo) -> list[dict[str, str]]:
    """Where terminals know the face, and since when; of the face itself nothing."""
    return [
        {
            "office_id": each.office_id,
            "office": dossier.offices.get(each.office_id, each.office_id),
            "state": texts.insight_face_erased
            if each.erased_version is not None
            else texts.say(f"insight_face_{state}"),
            "tone": "" if each.erased_version is not None else "good" if state == "known" else "warn",
            "reached": _reached(reached, texts, zone) if each.erased_version is not None or each.templates else "",
            "erased": each.person_id if each.erased_version is not None else "",
        }
        for each, reached, state in dossier.faces
    ]


def _reached(reached: Reached, texts: Texts, zone: ZoneInfo) -> str:
    """On how many terminals, and since when."""
    if not reached.of:
        return texts.insight_face_no_terminal
    values: dict[str, object] = {"done": reached.count, "all": reached.of}
    if reached.since_utc is None:
        return texts.say("insight_face_some", **values)
    key = "insight_face_all" if reached.count == reached.of else "insight_face_some_since"
    return texts.say(key, when=texts.moment(reached.since_utc.astimezone(zone)), **values)


def _letters(dossier: Dossier, texts: Texts, say: Words, zone: ZoneInfo) -> list[dict[str, str]]:
    return [
        {
            "number": each.letter.number,
            "kind": say.of("kinds", each.letter.kind_id),
            "period": f"{say.moment(each.letter.first_utc.astimezone(zone))} – "
            f"{say.moment(each.letter.until_utc.astimezone(zone))}",
            "state": texts.say(f"insight_letter_{each.state}"),
            "tone": _LETTER_TONES[each.state],
            "reason": "" if each.decision is None else each.decision.reason,
        }
        for each in dossier.letters
    ]


def _entries(dossier: Dossier, texts: Texts, say: Words) -> list[dict[str, str]]:
    return [
        {
            "date": say.plain_date(each.entry.date),
            "item": dossier.items.get(each.entry.item_id, each.entry.item_id),
            "note": each.entry.note,
            "points": say.number(each.judged.recognised),
            "entered": say.number(each.judged.entered),
            "state": texts.say(f"insight_entry_{each.judged.verdict}"),
            "tone": _ENTRY_TONES.get(each.judged.verdict, ""),
            "reason": each.steps[-1].reason if each.steps else "",
        }
        for each in dossier.activities.standings
    ]


def _pay(dossier: Dossier, say: Words) -> dict[str, Any]:
    own = dossier.month
    if own is None or not own.reckoned:
        return {}
    month, mine = own.office, own.person
    why = Sentences(say, month, mine)
    return {
        "closed": month.closed,
        "state": say.of("states", month.state),
        "policy": month.policy.title,
        "net": say.rupiah(mine.statement.net + month.adjusted(mine.employee.person_id)),
        "amounts": _table(amounts(say, month, mine), say),
        "tree": tree(why.all()),
        "by_hand": [each.text for each in why.by_hand()],
        "open": [each.text for each in why.open()],
    }


def _discipline(dossier: Dossier, say: Words) -> dict[str, Any] | None:
    found = dossier.discipline
    if found is None:
        return None
    return {
        "year": dossier.asked.year,
        "unexcused": found.unexcused,
        "longest": found.longest_run,
        "reached": [
            f"{say.plain_date(day)}: {say.of('discipline_steps', step.key)} ({say.of('discipline_who', step.who)})"
            for day, step in found.reached
        ],
    }


def _table(table: Table, say: Words) -> dict[str, Any]:
    """A report's table as the console places it: headings, and rows of (class, label, text, tone)."""
    rows = []
    for n, row in enumerate(table.rows):
        cells = []
        for column, cell in zip(table.columns, row, strict=True):
            kind = "n" if column.kind in ("count", "points", "rupiah") else ""
            if isinstance(cell, Mark):
                cells.append((kind, column.title, cell.text, _TONES[cell.tone], True))
            else:
                cells.append((kind, column.title, _text(cell, column.kind, say), "", False))
        rows.append((n in table.strong, cells))
    return {"headings": [(column.title, column.kind) for column in table.columns], "rows": rows, "note": table.note}


def _text(cell: str | int | Decimal | dt.date | None, kind: ColumnKind, say: Words) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, dt.date):
        return say.plain_date(cell)
    return say.rupiah(cell) if kind == "rupiah" else say.number(cell)


def _period(first: dt.date, last: dt.date | None, say: Words) -> str:
    return f"{say.plain_date(first)} – {'…' if last is None else say.plain_date(last)}"
