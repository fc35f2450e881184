"""What the pages of months, scores, sanctions and policies show, as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from etpp.allowance import gather
from etpp.allowance import month as months
from etpp.allowance.adjust import Adjustment
from etpp.allowance.explain import explain
from etpp.allowance.facts import latest_scores
from etpp.allowance.model import Month, MonthStep, Policy
from etpp.allowance.month import Reckoned, Standing
from etpp.allowance.owed import ListGaps, gathered, statements_of
from etpp.allowance.store import SANCTIONS, SCORES, USES, Closings, Policies
from etpp.base.errors import EtppError
from etpp.base.money import ZERO
from etpp.console.listing import Cell, Column, Listing, Tone, Value, state_column
from etpp.console.texts import Texts
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.named import Named, named
from etpp.roster.store import Offices

ZONE = ZoneInfo(REGENCY_ZONE)
TONES: Mapping[str, Tone] = {"open": "", "reckoned": "warn", "checked": "warn", "closed": "good", "paid": "good"}
MOST_CHANGES = 20
"""People whose amount a trial changes most."""


@dataclass(frozen=True)
class MonthLine:
    office_id: str
    month: str
    office: str
    state: str
    checked: str
    closed: str
    total: Decimal | None


@dataclass(frozen=True)
class PersonLine:
    person_id: str
    name: str
    number: str
    gross: Decimal
    net: Decimal
    open: int


@dataclass(frozen=True)
class ScoreLine:
    office_id: str
    office: str
    percent: Decimal | None


@dataclass(frozen=True)
class SanctionLine:
    sanction_id: str
    name: str
    number: str
    percent: Decimal
    first: dt.date
    last: dt.date
    document: str


@dataclass(frozen=True)
class Obstacle:
    """One kind of matter that keeps a month open. `ways`: where each of them is removed, as (words, path or "")."""

    kind: str
    ways: Sequence[tuple[str, str]]


def _rupiah(value: Value, texts: Texts) -> str:
    return "" if not isinstance(value, int | Decimal) else texts.figure(value)


def _office(line: MonthLine, _: Texts) -> Cell:
    return Cell(line.office, href=f"/offices/{line.office_id}/months/{line.month}")


MONTHS: Listing[MonthLine] = Listing(
    "bulan",
    (
        Column("office", "office", lambda line: line.office, show=_office, kind="name", finds=True),
        state_column("month_state", lambda line: line.state, TONES),
        Column("checked", "month_checked_by", lambda line: line.checked),
        Column("closed", "month_closed_by", lambda line: line.closed),
        Column("total", "total_rupiah", lambda line: line.total, says=_rupiah, kind="number"),
    ),
    by="office",
)
PEOPLE: Listing[PersonLine] = Listing(
    "daftar-tpp",
    (
        Column(
            "person",
            "name",
            lambda line: line.name,
            show=lambda line, texts: Cell(line.name or texts.forgotten, small=line.number),
            kind="name",
            finds=True,
        ),
        Column("gross", "gross_rupiah", lambda line: line.gross, says=_rupiah, kind="number"),
        Column("net", "net_rupiah", lambda line: line.net, says=_rupiah, kind="number"),
        Column("open", "open_matters", lambda line: line.open, kind="number"),
        Column("nip", "nip", lambda line: line.number, finds=True, shows=False),
    ),
    by="person",
)
SCORES_LIST: Listing[ScoreLine] = Listing(
    "nilai-kinerja",
    (
        Column("office", "office", lambda line: line.office, kind="name", finds=True),
        Column("percent", "score_percent", lambda line: line.percent, says=_rupiah, kind="number"),
    ),
    by="office",
)
SANCTIONS_LIST: Listing[SanctionLine] = Listing(
    "sanksi",
    (
        Column(
            "person",
            "name",
            lambda line: line.name,
            show=lambda line, texts: Cell(line.name or texts.forgotten, small=line.number),
            kind="name",
            finds=True,
        ),
        Column("percent", "sanction_percent", lambda line: line.percent, says=_rupiah, kind="number"),
        Column("first", "first_day", lambda line: line.first),
        Column("last", "last_day", lambda line: line.last),
        Column("document", "sanction_document", lambda line: line.document, finds=True, kind="reason"),
        Column("nip", "nip", lambda line: line.number, finds=True, shows=False),
    ),
    by="-first",
)


def month_lines(
    tx: Transaction, offices: Collection[str] | None, month: Month, now: dt.datetime, texts: Texts
) -> list[MonthLine]:
    shown = [each for each in Offices(tx).all() if offices is None or each.office_id in offices]
    standings = {each.office_id: months.standing(tx, each.office_id, month, now) for each in shown}
    known = named(tx, (), [by for each in standings.values() for by in _actors(each)])
    return [
        MonthLine(
            each.office_id,
            str(month),
            each.name,
            standings[each.office_id].state,
            _step(standings[each.office_id].checked, known, texts),
            _closed_by(standings[each.office_id], known),
            None if (closed := standings[each.office_id].closed) is None else closed.sealed.total,
        )
        for each in shown
    ]


def month_page(tx: Transaction, office_id: str, month: Month, now: dt.datetime, texts: Texts) -> dict[str, object]:
    """An office's month: where it is, its list, what keeps it open, and what a later month will put right of it."""
    office = register.office(tx, office_id)
    where = months.standing(tx, office_id, month, now)
    broken, found = "", None
    gaps: list[str] = []
    try:
        found = months.reckon(tx, office_id, month, now)
    except EtppError as error:  # a month whose facts contradict each other is shown with the reason
        broken = texts.refusal(error)
        if isinstance(error, ListGaps):
            gaps = [person for person, _ in error.gaps]
    people = [] if found is None else [each.person_id for each in found.statements]
    coming = [] if where.closed is None else _coming(tx, office_id, month, now)
    known = named(tx, [*people, *gaps, *(each.person_id for each in coming)], _actors(where))
    closed = where.closed
    return {
        "office_id": office_id,
        "office": office.name,
        "month": str(month),
        "month_text": texts.month_of(month.first),
        "state": where.state,
        "state_text": texts.of("month_state", where.state),
        "tone": TONES[where.state],
        "broken": broken,
        "gaps": [(known.name(person) or texts.forgotten, known.number(person)) for person in gaps[:MOST_CHANGES]],
        "checked": _step(where.checked, known, texts),
        "checked_holds": where.checked is not None and found is not None and where.checked.hash == found.hash,
        "closed": _closed_by(where, known),
        "closed_total": "" if closed is None else texts.figure(closed.sealed.total),
        "despite": [] if closed is None or closed.sealed.despite is None else list(closed.sealed.despite.open),
        "paid": _step(where.paid, known, texts),
        "total": "" if found is None else texts.figure(found.total),
        "policy": "" if found is None else found.policy.title,
        "obstacles": [] if found is None or closed is not None else obstacles(found, texts),
        "adjustments": [] if found is None else _adjustments(found, known, texts),
        "coming": [
            (known.name(each.person_id) or texts.forgotten, each.rule, texts.figure(each.amount)) for each in coming
        ],
        "lines": []
        if found is None
        else [
            PersonLine(s.person_id, known.name(s.person_id), known.number(s.person_id), s.gross, s.net, len(s.open))
            for s in found.statements
        ],
    }


def obstacles(found: Reckoned, texts: Texts) -> list[Obstacle]:
    """What keeps the month from being closed, by kind, each with the page where it is removed."""
    office, month = found.office_id, str(found.month)
    kinds: dict[str, list[tuple[str, str]]] = {}
    for matter in found.open:
        kind, _, key = matter.partition(":")
        path = {
            "letter": f"/letters/{key}",
            "review": f"/reviews/{office}/{key}",
            "correction": f"/corrections?month={month}&state=proposed",
            "manual": f"/manual-entries?month={month}",
            "face": "/enrolments",
            "waiting": f"/offices/{office}?date={key}",
            "score": f"/scores?month={month}",
        }.get(kind, "")
        words = texts.date(dt.date.fromisoformat(key)) if kind == "waiting" else texts.of("obstacle_one", kind)
        kinds.setdefault(kind, []).append((words, path))
    return [Obstacle(texts.of("obstacle", kind), ways) for kind, ways in kinds.items()]


def score_lines(tx: Transaction, month: Month) -> list[ScoreLine]:
    latest = latest_scores(SCORES.find(tx))
    found = []
    for each in Offices(tx).all():
        score = latest.get((each.office_id, month))
        found.append(ScoreLine(each.office_id, each.name, None if score is None else score.percent))
    return found


def sanction_lines(tx: Transaction) -> list[SanctionLine]:
    """Those that were not withdrawn."""
    found = SANCTIONS.find(tx)
    known = named(tx, [each.person_id for each in found])
    return [
        SanctionLine(
            each.sanction_id,
            known.name(each.person_id),
            known.number(each.person_id),
            each.percent,
            each.first,
            each.last,
            each.document,
        )
        for each in found
    ]


def policies(tx: Transaction, today: dt.date, texts: Texts) -> dict[str, object]:
    """What is paid by now, in sentences, and every decision, the latest first."""
    now, text = gather.policy_of(tx, Month(today.year, today.month))
    kept = Policies(tx)
    uses = [
        {
            "title": policy.title,
            "policy_id": policy.policy_id,
            "first": texts.date(use.first),
            "last": "" if use.last is None else texts.date(use.last),
        }
        for use in reversed(USES.find(tx, order="recorded"))
        if (policy := kept.get(use.sha256)) is not None
    ]
    return {"title": now.title, "sentences": list(explain(now, texts)), "uses": uses, "text": text}


def trial(
    tx: Transaction, office_id: str, month: Month, policy: Policy, now: dt.datetime, texts: Texts
) -> dict[str, object]:
    """What a past month of an office would have come to by another policy: nothing is recorded."""
    held, _ = gather.policy_of(tx, month)
    shared = gather.regency(tx, month, now)
    people = gathered(tx, office_id, month, shared)
    was = {each.person_id: each.net for each in statements_of(people, held)}
    will = {each.person_id: each.net for each in statements_of(people, policy)}
    known = named(tx, was)
    changes = sorted(
        ((will.get(person, ZERO) - net, person) for person, net in was.items()), key=lambda each: -abs(each[0])
    )
    before, after = sum(was.values(), ZERO), sum(will.values(), ZERO)
    return {
        "office": register.office(tx, office_id).name,
        "month": texts.month_of(month.first),
        "held": held.title,
        "before": texts.figure(before),
        "after": texts.figure(after),
        "difference": texts.figure(after - before),
        "people": len(was),
        "more": sum(change > 0 for change, _ in changes),
        "less": sum(change < 0 for change, _ in changes),
        "changes": [
            {
                "name": known.name(person) or texts.forgotten,
                "number": known.number(person),
                "before": texts.figure(was[person]),
                "after": texts.figure(will.get(person, ZERO)),
                "change": texts.figure(change),
                "loses": change < 0,
            }
            for change, person in changes[:MOST_CHANGES]
            if change
        ],
        "sentences": list(explain(policy, texts)),
        "title": policy.title,
    }


def _coming(tx: Transaction, office_id: str, month: Month, now: dt.datetime) -> list[Adjustment]:
    """What became known of a closed month and is in no closed list yet: the next list to be closed will have it."""
    last = Closings(tx).last(office_id)
    if last is None:
        return []
    try:
        found = months.reckon(tx, office_id, last.sealed.month.following, now)
    except EtppError:  # the next month cannot be reckoned yet, and says so on its own page
        return []
    return [each for each in found.adjustments if each.month == month]


def _adjustments(found: Reckoned, known: Named, texts: Texts) -> list[tuple[str, str, str]]:
    return [
        (known.name(each.person_id) or texts.forgotten, texts.month_of(each.month.first), texts.figure(each.amount))
        for each in found.adjustments
    ]


def _actors(where: Standing) -> list[str]:
    steps = [each.by for each in (where.checked, where.paid) if each is not None]
    return steps + ([] if where.closed is None else [where.closed.closed_by])


def _step(step: MonthStep | None, known: Named, texts: Texts) -> str:
    if step is None:
        return ""
    return texts.say("by_at", by=known.who(step.by), at=texts.moment(step.at_utc.astimezone(ZONE)))


def _closed_by(where: Standing, known: Named) -> str:
    return "" if where.closed is None else known.who(where.closed.closed_by)


def last_month(now: dt.datetime, office_zone: ZoneInfo = ZONE) -> Month:
    """The last one that is over."""
    today = now.astimezone(office_zone)
    return Month(today.year, today.month).before()
