"""A statement's canonical hash, and the chain of an office's closed months. Pure: signing and keeping are elsewhere.

Hashes are SHA-256 over RFC 8785 JSON, as those of events. Amounts are texts without an exponent and without trailing
zeros, so that equal statements have equal hashes wherever they are made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from etpp.allowance.adjust import Adjustment, in_order
from etpp.allowance.model import Line, Month, Statement
from etpp.base.errors import Conflict
from etpp.base.money import ZERO, plain

NO_MONTH = "0" * 64
"""`prev_hash` of an office's first closed month."""


class SealError(ValueError):
    """A month cannot be sealed as asked; the message says why, without a name."""


@dataclass(frozen=True, slots=True)
class Despite:
    """What was still open when a month was sealed all the same, and the two people who took that decision."""

    open: tuple[str, ...]
    decided_by: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """A statement as it is hashed and kept. `hash`: of `document`, which is made once for list, seal and table."""

    statement: Statement
    document: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class SealedStatement:
    person_id: str
    hash: str
    net: Decimal


@dataclass(frozen=True, slots=True)
class SealedMonth:
    """One office's closed month, by person. `adjustments` are paid, or taken back, with it: of months before it, and of
    this one where another office had paid somebody. `total`: of both. `hash` covers everything else, `prev_hash` the
    months before it."""

    office_id: str
    month: Month
    statements: tuple[SealedStatement, ...]
    adjustments: tuple[Adjustment, ...]
    total: Decimal
    despite: Despite | None
    prev_hash: str
    hash: str


def statement_document(statement: Statement) -> dict[str, Any]:
    """The statement as JSON values; `statement_hash` is over these."""
    return {
        "person_id": statement.person_id,
        "office_id": statement.office_id,
        "month": str(statement.month),
        "policy_id": statement.policy_id,
        "policy_sha256": statement.policy_sha256,
        "working_days": statement.working_days,
        "entitled_days": statement.entitled_days,
        "gross": plain(statement.gross),
        "net": plain(statement.net),
        "lines": [_line(line) for line in statement.lines],
        "open": list(statement.open),
        "manual": list(statement.manual),
    }


def statement_of(document: Mapping[str, Any]) -> Statement:
    """The statement that `statement_document` was made of."""
    amounts = {name: Decimal(document[name]) for name in ("gross", "net")}
    lists = {name: tuple(document[name]) for name in ("open", "manual")}
    month = Month.of(document["month"])
    lines = tuple(_line_of(line) for line in document["lines"])
    return Statement(**{**document, **amounts, **lists, "month": month, "lines": lines})


def opened(document: Mapping[str, Any], office_id: str, person_id: str, month: Month, sealed: str) -> Statement:
    """A kept statement under the hash that it was `sealed` with. Raises Conflict for one that is another: nothing is
    paid by what somebody has changed since."""
    found = statement_of(document)
    said = found.office_id, found.person_id, found.month, document_hash(document)
    if said != (office_id, person_id, month, sealed):
        raise Conflict(
            f"a closed statement of {month} at {office_id} is not what was sealed: run `etpp audit verify`",
            key="pay_not_sealed",
            office=office_id,
            month=month,
        )
    return found


def write(statement: Statement) -> Written:
    document = statement_document(statement)
    return Written(statement, document, document_hash(document))


def statement_hash(statement: Statement) -> str:
    return write(statement).hash


def document_hash(document: Mapping[str, Any]) -> str:
    """For texts and whole numbers under ASCII keys the standard library writes what RFC 8785 asks for, and faster."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def open_matters(statements: Iterable[Statement]) -> tuple[str, ...]:
    """What keeps a month with these statements open, each once, in order."""
    return tuple(sorted({each for s in statements for each in s.open}))


def seal(
    office_id: str,
    month: Month,
    statements: Iterable[Written],
    previous: SealedMonth | None,
    despite: Despite | None = None,
    adjustments: Iterable[Adjustment] = (),
) -> SealedMonth:
    """Closes an office's month after `previous`. Raises SealError.

    Refused while something of a statement is open, unless `despite` names exactly that and two people have decided it.
    """
    written = sorted(statements, key=lambda each: each.statement.person_id)
    mine = [each.statement for each in written]
    if any(s.office_id != office_id or s.month != month for s in mine):
        raise SealError("a statement is of another office or month")
    if len({s.person_id for s in mine}) < len(mine):
        raise SealError("a person has two statements")
    if previous is not None and (previous.office_id != office_id or previous.month.following != month):
        raise SealError(f"{month} does not follow what was closed before")
    paid = in_order(adjustments)
    on_it = {s.person_id for s in mine}
    if any(a.month > month or (a.month == month and a.person_id not in on_it) for a in paid):
        raise SealError("an adjustment is of a month before, or of this one for who is on its list")
    _refuse_open(set(open_matters(mine)), despite)
    sealed = tuple(SealedStatement(s.statement.person_id, s.hash, s.statement.net) for s in written)
    total = _total(sealed, paid)
    prev_hash = NO_MONTH if previous is None else previous.hash
    return SealedMonth(
        office_id,
        month,
        sealed,
        paid,
        total,
        despite,
        prev_hash,
        _month_hash(office_id, month, sealed, paid, total, despite, prev_hash),
    )


def broken_at(months: Sequence[SealedMonth]) -> int | None:
    """The position of the first month of an office that does not follow from the ones before it; None if all do."""
    prev_hash, expected = NO_MONTH, months[0].month if months else None
    for position, sealed in enumerate(months):
        total = _total(sealed.statements, sealed.adjustments)
        whole = _month_hash(
            sealed.office_id,
            sealed.month,
            sealed.statements,
            sealed.adjustments,
            total,
            sealed.despite,
            sealed.prev_hash,
        )
        if (sealed.hash, sealed.prev_hash, sealed.month) != (whole, prev_hash, expected) or sealed.total != total:
            return position
        if sealed.office_id != months[0].office_id:
            return position
        prev_hash, expected = sealed.hash, sealed.month.following
    return None


def _refuse_open(found: set[str], despite: Despite | None) -> None:
    named = set() if despite is None else set(despite.open)
    if found != named:
        raise SealError(f"{len(found - named)} matters are open, {len(named - found)} are named that are not")
    if despite is not None and len(set(despite.decided_by)) < 2:
        raise SealError("a month with open matters takes the decision of two people")


def _month_hash(
    office_id: str,
    month: Month,
    statements: tuple[SealedStatement, ...],
    adjustments: tuple[Adjustment, ...],
    total: Decimal,
    despite: Despite | None,
    prev_hash: str,
) -> str:
    return document_hash(
        {
            "office_id": office_id,
            "month": str(month),
            "statements": [[s.person_id, s.hash, plain(s.net)] for s in statements],
            "adjustments": [
                [a.person_id, str(a.month), a.key, plain(a.amount), a.rule, list(a.because)] for a in adjustments
            ],
            "total": plain(total),
            "despite": None
            if despite is None
            else {"open": sorted(despite.open), "decided_by": sorted(despite.decided_by)},
            "prev_hash": prev_hash,
        }
    )


def _line(line: Line) -> dict[str, Any]:
    return {
        "key": line.key,
        "amount": plain(line.amount),
        "unit": line.unit,
        "rule": line.rule,
        "because": list(line.because),
        "parts": [_line(part) for part in line.parts],
    }


def _line_of(document: Mapping[str, Any]) -> Line:
    return Line(
        document["key"],
        Decimal(document["amount"]),
        document["unit"],
        document["rule"],
        tuple(document["because"]),
        tuple(_line_of(part) for part in document["parts"]),
    )


def _total(statements: tuple[SealedStatement, ...], adjustments: tuple[Adjustment, ...]) -> Decimal:
    return sum((s.net for s in statements), ZERO) + sum((a.amount for a in adjustments), ZERO)
