"""An office's month on its way: reckoned, checked by the office, closed by BKPP, paid.

What is closed never changes. What becomes known later is paid, or taken back, with a later month: as adjustments.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from etpp.allowance import gather
from etpp.allowance.adjust import Adjustment, adjustments, in_order
from etpp.allowance.facts import Regency
from etpp.allowance.model import Month, MonthStep, Policy, PolicyUse, Statement
from etpp.allowance.seal import (
    Despite,
    SealError,
    document_hash,
    open_matters,
    seal,
    statement_document,
    statement_hash,
    statement_of,
)
from etpp.allowance.statement import statement
from etpp.allowance.store import STEPS, USES, Closing, Closings, Policies, Touched, touched
from etpp.base.errors import Conflict, NotFound
from etpp.base.money import ZERO, plain
from etpp.db import Transaction, closing, pay_tables, recording
from etpp.presence.model import OfficeReports
from etpp.roster import register
from etpp.roster.hours import zone
from etpp.roster.store import Roster
from etpp.terminals.signing import GallerySigner

State = Literal["open", "reckoned", "checked", "closed", "paid"]
"""`open`: the month is not over. `reckoned`: it is, and nobody has checked the list as it stands."""


ONE_DAY = dt.timedelta(days=1)
SHOWN = 20
"""Open matters that an error names."""


class MonthOpen(Conflict):
    """A month cannot be closed while these matters are open."""

    def __init__(self, matters: Sequence[str]) -> None:
        self.matters = tuple(matters)
        super().__init__(
            f"{len(matters)} matters are open: {', '.join(matters[:20])}{' …' if len(matters) > 20 else ''}"
        )


@dataclass(frozen=True, slots=True)
class Reckoned:
    """An office's month as today's facts give it. `hash`: of the list, for whoever checks it."""

    office_id: str
    month: Month
    policy: Policy
    policy_text: str
    statements: tuple[Statement, ...]
    adjustments: tuple[Adjustment, ...]
    reports: tuple[OfficeReports, ...]
    as_of_utc: dt.datetime

    @property
    def total(self) -> Decimal:
        return sum((s.net for s in self.statements), ZERO) + sum((a.amount for a in self.adjustments), ZERO)

    @property
    def open(self) -> tuple[str, ...]:
        """What keeps the month from being closed."""
        return open_matters(self.statements)

    @property
    def hash(self) -> str:
        return document_hash(
            {
                "statements": [[s.person_id, statement_hash(s)] for s in self.statements],
                "adjustments": [[a.person_id, str(a.month), a.key, plain(a.amount)] for a in self.adjustments],
            }
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an office's month is, and who said so."""

    state: State
    checked: MonthStep | None
    closed: Closing | None
    paid: MonthStep | None


def reckon(
    tx: Transaction, office_id: str, month: Month, as_of_utc: dt.datetime, known_utc: dt.datetime | None = None
) -> Reckoned:
    """By what is known now, or was at `known_utc`. Raises NotFound, and Conflict for a class without a base and for
    facts that contradict one another."""
    register.office(tx, office_id)
    policy, text = gather.policy_of(tx, month, known_utc)
    reports = tuple(gather.reports_now(tx, month))
    shared = gather.regency(tx, month, as_of_utc, known_utc, reports)
    found = _statements(tx, office_id, month, shared, policy, known_utc)
    late = _adjustments(tx, office_id, month, reports, as_of_utc, known_utc)
    return Reckoned(office_id, month, policy, text, found, late, reports, as_of_utc)


def names(tx: Transaction, found: Reckoned) -> dict[str, str]:
    """Of those on the list, by id."""
    on_it = [each.person_id for each in found.statements]
    return {person: employee.name for person, employee in Roster(tx).employees(on_it).items()}


def standing(tx: Transaction, office_id: str, month: Month, now: dt.datetime) -> Standing:
    """Without reckoning: whether the list is still the one that was checked is asked when the month is closed."""
    office = register.office(tx, office_id)
    steps = _steps(tx, office_id, month)
    closed = Closings(tx).get(office_id, month)
    checked = next((step for step in reversed(steps) if step.step == "checked"), None)
    paid = next((step for step in reversed(steps) if step.step == "paid"), None)
    state: State = "reckoned" if now.astimezone(zone(office)).date() > month.last else "open"
    if checked is not None:
        state = "checked"
    if closed is not None:
        state = "paid" if paid is not None else "closed"
    return Standing(state, checked, closed, paid)


def check(tx: Transaction, office_id: str, month: Month, by: str, now: dt.datetime) -> Reckoned:
    """The office says that the list is right as it stands. Raises Conflict before the month is over, and after it was
    closed."""
    where = standing(tx, office_id, month, now)
    if where.state in ("open", "closed", "paid"):
        raise Conflict(f"{month} is {where.state}: a list is checked when the month is over and before it is closed")
    as_of_utc = recording(tx, now)
    found = reckon(tx, office_id, month, as_of_utc, as_of_utc)
    step = MonthStep(str(uuid.uuid4()), office_id, str(month), "checked", found.hash, by, now)
    STEPS.add(tx, [step], by, now)
    return found


def close(
    tx: Transaction,
    signer: GallerySigner,
    office_id: str,
    month: Month,
    by: str,
    now: dt.datetime,
    despite: Despite | None = None,
) -> Closing:
    """Freeze the office's statements, chained to the months before and signed. Nothing is recorded meanwhile.

    Raises MonthOpen while something is open that `despite` does not name, and Conflict: a month before it is not
    closed, it is closed already, nobody has checked the list as it stands, or whoever checked it closes it.
    """
    as_of_utc = closing(tx, now)
    where = standing(tx, office_id, month, now)
    if where.closed is not None:
        raise Conflict(f"{month} of {office_id} is closed already")
    if where.state == "open":
        raise Conflict(f"{month} is not over")
    last = Closings(tx).last(office_id)
    if last is not None and last.sealed.month.following != month:
        raise Conflict(
            f"after {last.sealed.month} the office's next month to be closed is {last.sealed.month.following}"
        )
    found = reckon(tx, office_id, month, as_of_utc, as_of_utc)
    named = () if despite is None else despite.open
    if set(found.open) - set(named):
        raise MonthOpen(sorted(set(found.open) - set(named)))
    if where.checked is None or where.checked.hash != found.hash:
        raise Conflict("nobody of the office has checked the list as it stands now: check it first")
    if where.checked.by == by:
        raise Conflict("whoever checked the list does not close the month")
    try:
        previous = None if last is None else last.sealed
        sealed = seal(office_id, month, found.statements, previous, despite, found.adjustments)
    except SealError as error:
        raise Conflict(str(error)) from error
    Policies(tx).keep(found.policy, found.policy_text, now)
    signature = signer.sign_bytes(signed_form(office_id, month, sealed.hash))
    made = Closing(sealed, as_of_utc, found.policy.sha256, found.reports, signer.key_id, signature, by)
    Closings(tx).add(made, {s.person_id: statement_document(s) for s in found.statements})
    return made


def pay(tx: Transaction, office_id: str, month: Month, by: str, now: dt.datetime) -> MonthStep:
    """The closed list was paid. Raises Conflict."""
    where = standing(tx, office_id, month, now)
    if where.closed is None or where.paid is not None:
        raise Conflict(f"{month} is {where.state}: a month is paid once, after it was closed")
    step = MonthStep(str(uuid.uuid4()), office_id, str(month), "paid", where.closed.sealed.hash, by, now)
    STEPS.add(tx, [step], by, now)
    return step


def person_month(tx: Transaction, person_id: str, month: Month, now: dt.datetime) -> tuple[Statement, bool]:
    """One person's statement, and whether it is of a closed month. Raises NotFound."""
    served = Roster(tx).career(person_id).within(month.first, month.last)
    closed = {at: found for at, found in Closings(tx).statements_of(person_id).items() if at[1] == month}
    if closed:
        return next(iter(closed.values())), True
    if not served:
        raise NotFound("this person belonged to no office in that month")
    policy, _ = gather.policy_of(tx, month)
    shared = gather.regency(tx, month, now)
    found = _statements(tx, served[-1].office_id, month, shared, policy, only=[person_id])
    if not found:
        raise NotFound("this person belonged to no office in that month")
    return found[0], False


def use_policy(tx: Transaction, policy: Policy, text: str, use: PolicyUse, by: str, now: dt.datetime) -> None:
    """Decide that the regency pays by a policy. Raises Conflict: outside of what the policy itself says, in the middle
    of a month, and for months that are closed, which keep the policy that they were closed by."""
    if use.first.day != 1 or (use.last is not None and (use.last + ONE_DAY).day != 1):
        raise Conflict("a policy holds for whole months: from the first day of one to the last day of one")
    if use.last is not None and use.last < use.first:
        raise Conflict("the last day lies before the first")
    over = policy.last is not None and (use.last is None or use.last > policy.last)
    if use.first < policy.first or over:
        raise Conflict(f"the policy {policy.policy_id} itself holds from {policy.first} to {policy.last or 'further'}")
    closed = [month for _, month in Closings(tx).months() if month.last >= use.first]
    if [month for month in closed if use.last is None or month.first <= use.last]:
        raise Conflict("a month of that time is closed already; a policy is decided for months to come")
    Policies(tx).keep(policy, text, now)
    USES.add(tx, [use], by, now)


def signed_form(office_id: str, month: Month, sealed_hash: str) -> bytes:
    """What the server's key signs of a closed month."""
    return f"presensi-month {office_id} {month} {sealed_hash}".encode("ascii")


def again(tx: Transaction, closed: Closing) -> tuple[tuple[Statement, ...], tuple[Adjustment, ...]]:
    """A closed month reckoned once more from what was known when it was closed. Raises NotFound without its policy."""
    sealed, known = closed.sealed, closed.as_of_utc
    policy = Policies(tx).get(closed.policy_sha256)
    if policy is None:
        raise NotFound(f"the policy of {sealed.month} is not kept here")
    shared = gather.regency(tx, sealed.month, known, known, closed.reports)
    found = _statements(tx, sealed.office_id, sealed.month, shared, policy, known_utc=known)
    return found, _adjustments(tx, sealed.office_id, sealed.month, closed.reports, known, known)


def _statements(
    tx: Transaction,
    office_id: str,
    month: Month,
    shared: Regency,
    policy: Policy,
    known_utc: dt.datetime | None = None,
    only: Sequence[str] | None = None,
) -> tuple[Statement, ...]:
    people = gather.office_month(tx, office_id, month, shared, known_utc, only)
    made, gaps = [], []
    for facts in people:
        try:
            made.append(statement(facts, policy))
        except ValueError as error:  # PolicyGap, PlanError: each names what is missing
            gaps.append(f"{facts.career.person_id}: {error}")
    if gaps:
        more = f" (and {len(gaps) - SHOWN} more)" if len(gaps) > SHOWN else ""
        raise Conflict(f"the list cannot be reckoned: {'; '.join(gaps[:SHOWN])}{more}")
    return tuple(sorted((each for each in made if each is not None), key=lambda s: s.person_id))


def _adjustments(
    tx: Transaction,
    office_id: str,
    month: Month,
    reports: Iterable[OfficeReports],
    as_of_utc: dt.datetime,
    known_utc: dt.datetime | None = None,
) -> tuple[Adjustment, ...]:
    """What later facts change of the months that the office has closed before, less what was paid of it already."""
    closed = [each for each in Closings(tx).of_office(office_id) if each.sealed.month.first < month.first]
    found: list[Adjustment] = []
    for each in closed:
        since = touched(tx, each.as_of_utc, known_utc)
        people = {*_named(since, each.sealed.month), *_left_open(tx, each)}
        if not people:
            continue
        only = None if None in people else sorted(person for person in people if person is not None)
        found += _differences(tx, each, closed, only, reports, as_of_utc, known_utc)
    return in_order(found)


def _differences(
    tx: Transaction,
    of: Closing,
    closed: Sequence[Closing],
    only: Sequence[str] | None,
    reports: Iterable[OfficeReports],
    as_of_utc: dt.datetime,
    known_utc: dt.datetime | None,
) -> list[Adjustment]:
    office_id, month = of.sealed.office_id, of.sealed.month
    policy = Policies(tx).get(of.policy_sha256)
    if policy is None:
        raise NotFound(f"the policy of {month} is not kept here")
    shared = gather.regency(tx, month, as_of_utc, known_utc, reports)
    anew = {s.person_id: s for s in _statements(tx, office_id, month, shared, policy, known_utc, only)}
    documents = Closings(tx).documents(office_id, month)
    before = {person: statement_of(each) for person, each in documents.items() if only is None or person in only}
    paid: dict[tuple[str, str], Adjustment] = {}
    for earlier in closed:
        for each in earlier.sealed.adjustments:
            if each.month == month:
                before_it = paid.get((each.person_id, each.key))
                amount = each.amount + (ZERO if before_it is None else before_it.amount)
                paid[each.person_id, each.key] = replace(each, amount=amount)
    found = []
    for person in sorted({*anew, *before}):
        for each in adjustments(*_both(before.get(person), anew.get(person))):
            known = paid.pop((person, each.key), None)
            found.append(each if known is None else replace(each, amount=each.amount - known.amount))
        # What was adjusted before and is as it was at the closing again: by the same rule, and the same facts.
        found += [replace(each, amount=-each.amount) for (who, _), each in paid.items() if who == person]
    return [each for each in found if each.amount]


def _both(before: Statement | None, anew: Statement | None) -> tuple[Statement, Statement]:
    """Whoever was missing on one side is there with nothing."""
    known = before or anew
    if known is None:
        raise ValueError("a statement on neither side")
    nothing = replace(known, gross=ZERO, net=ZERO, lines=(), open=(), manual=())
    return before or nothing, anew or nothing


def _named(since: Iterable[Touched], month: Month) -> Collection[str | None]:
    """Whose statement of a month something may change; None in it: everybody's."""
    first, last = month.first - gather.BEFORE, month.last + gather.AFTER
    return {each.person_id for each in since if each.first <= last and (each.last is None or each.last >= first)}


def _left_open(tx: Transaction, closed: Closing) -> Collection[str]:
    """Whose statement was closed with something open: a terminal's report and a deadline that passes settle it without
    a fact of theirs."""
    if closed.sealed.despite is None:
        return ()
    documents = Closings(tx).documents(closed.sealed.office_id, closed.sealed.month)
    return {person for person, document in documents.items() if document["open"]}


def _steps(tx: Transaction, office_id: str, month: Month) -> list[MonthStep]:
    table = pay_tables.month_steps
    return STEPS.find(tx, table.c.office_id == office_id, table.c.month == str(month), order="recorded")
