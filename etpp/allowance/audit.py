"""Whether closed months are what they were: signed, chained, and reckoned again from facts that terminals have signed.

Reads only. What it finds wrong it names; it mends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from etpp.allowance import gather
from etpp.allowance.by_hand import of_month
from etpp.allowance.closing import Closing
from etpp.allowance.model import Month, Statement
from etpp.allowance.month import again, signed_form
from etpp.allowance.seal import broken_at, document_hash, statement_hash, statement_of
from etpp.allowance.store import Closings
from etpp.base.errors import Conflict, NotFound
from etpp.books.audit import Broken, verify_events
from etpp.books.store import Books
from etpp.db import Transaction

What = Literal["chain", "signature", "statement", "again", "adjustments", "event", "terminal", "time"]
"""The last two: what a terminal has signed, and the time that its clock showed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold."""

    what: What
    person_id: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Audited:
    """One closed month. `events`: presences looked at; `signed`: those under a signature of their terminal;
    `unsigned`: (terminal, presences) of terminals that did not sign their chains yet; `otherwise`: where signed ones
    have another time in the books than their terminal showed, which is no finding. `manual`, `corrections`: (person,
    manual entry or correction) of figures that rest on one."""

    office_id: str
    month: Month
    statements: int
    events: int
    signed: int
    unsigned: tuple[tuple[str, int], ...]
    otherwise: tuple[str, ...]
    manual: tuple[tuple[str, str], ...]
    corrections: tuple[tuple[str, str], ...]
    despite: tuple[str, ...]
    findings: tuple[Finding, ...]


def verify(tx: Transaction, office_id: str, keys: Mapping[str, bytes], month: Month | None = None) -> Iterator[Audited]:
    """Each of an office's closed months, or one. `keys`: the server's public keys by id, former ones too."""
    closed = Closings(tx).of_office(office_id)
    broken = broken_at([each.sealed for each in closed])
    for position, each in enumerate(closed):
        if month is not None and each.sealed.month != month:
            continue
        findings = []
        if broken is not None and position >= broken:
            findings.append(Finding("chain", None, "the month does not follow from the ones before it"))
        findings += _signed(each, keys)
        yield _month(tx, each, closed[:position], keys, findings)


def _signed(closed: Closing, keys: Mapping[str, bytes]) -> list[Finding]:
    key = keys.get(closed.key_id)
    if key is None:
        return [Finding("signature", None, f"the key {closed.key_id} is not known here")]
    sealed = closed.sealed
    try:
        form = signed_form(sealed.office_id, sealed.month, sealed.hash)
        Ed25519PublicKey.from_public_bytes(key).verify(closed.signature, form)
    except InvalidSignature:
        return [Finding("signature", None, "the signature is not the server's over this month")]
    return []


def _month(
    tx: Transaction,
    closed: Closing,
    before: Sequence[Closing],
    keys: Mapping[str, bytes],
    findings: list[Finding],
) -> Audited:
    sealed = closed.sealed
    documents = Closings(tx).documents(sealed.office_id, sealed.month)
    hashes = {each.person_id: each.hash for each in sealed.statements}
    kept: list[Statement] = []
    for person, document in documents.items():
        if document_hash(document) != hashes.get(person):
            findings.append(Finding("statement", person, "the statement is not the one that was sealed"))
        else:
            kept.append(statement_of(document))
    findings += _again(tx, closed, hashes)
    first, last = gather.window(sealed.month)
    seen = Books(tx).punches(sealed.office_id, first, last, closed.as_of_utc)
    events = [each.event_id for person in hashes for each in seen.get(person, ())]
    verified = verify_events(tx, sealed.office_id, events, keys)
    findings += [Finding("event", None, f"{each} is not in the books") for each in verified.missing]
    findings += [Finding(each.what, None, _told(each)) for each in verified.broken]
    hands = of_month(tx, closed, before)
    manual = hands.manual | {(s.person_id, each) for s in kept for each in s.manual}
    despite = () if sealed.despite is None else sealed.despite.open
    return Audited(
        sealed.office_id,
        sealed.month,
        len(hashes),
        len(events),
        verified.signed,
        tuple(sorted(verified.unsigned.items())),
        tuple(_told(each) for each in verified.otherwise),
        tuple(sorted(manual)),
        tuple(sorted(hands.corrections)),
        tuple(despite),
        tuple(findings),
    )


def _again(tx: Transaction, closed: Closing, hashes: Mapping[str, str]) -> list[Finding]:
    try:
        statements, adjusted = again(tx, closed)
    except (Conflict, NotFound) as error:
        return [Finding("again", None, f"the month cannot be reckoned again: {error}")]
    found = []
    anew = {s.person_id: statement_hash(s) for s in statements}
    for person in sorted({*anew, *hashes}):
        if anew.get(person) != hashes.get(person):
            found.append(Finding("again", person, "today's facts of that time give another statement"))
    if adjusted != closed.sealed.adjustments:
        found.append(Finding("adjustments", None, "today's facts of that time give other adjustments"))
    return found


def _told(broken: Broken) -> str:
    first, last = broken.first_seq, broken.last_seq
    numbers = f"number {first}" if first == last else f"numbers {first} to {last}"
    return f"terminal {broken.device_id}, chain {broken.chain_id}, {numbers}: {broken.why}"
