"""An office's month on its way: reckoned, checked by the office, closed by BKPP, paid.

What is closed never changes. What becomes known later is paid, or taken back, with a later month: as adjustments.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from etpp.absence.store import keep_kinds
from etpp.allowance import gather
from etpp.allowance.adjust import Adjustment
from etpp.allowance.closing import Closing, Earlier
from etpp.allowance.facts import MonthFacts, Regency
from etpp.allowance.model import Month, MonthStep, Policy, PolicyUse, Statement
from etpp.allowance.owed import earlier, gathered, later, statements, statements_of
from etpp.allowance.seal import (
    Despite,
    SealError,
    Written,
    document_hash,
    open_matters,
    seal,
    write,
)
from etpp.allowance.store import STEPS, USES, Closings, Policies
from etpp.base.errors import Conflict, NotFound
from etpp.base.money import ZERO, plain
from etpp.db import Transaction, closing, pay_tables, recording
from etpp.presence.model import OfficeReports
from etpp.roster import register
from etpp.roster.assignments import CareerError
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
            f"{len(matters)} matters are open: {', '.join(matters[:20])}{' …' if len(matters) > 20 else ''}",
            key="month_open",
            n=len(matters),
        )


@dataclass(frozen=True, slots=True)
class Reckoned:
    """An office's month as today's facts give it. `hash`: of the list, for whoever checks it."""

    office_id: str
    month: Month
    policy: Policy
    policy_text: str
    written: tuple[Written, ...]
    adjustments: tuple[Adjustment, ...]
    reports: tuple[OfficeReports, ...]
    earlier: Earlier
    as_of_utc: dt.datetime

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(each.statement for each in self.written)

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
                "statements": [[each.statement.person_id, each.hash] for each in self.written],
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
    tx: Transaction,
    office_id: str,
    month: Month,
    as_of_utc: dt.datetime,
    known_utc: dt.datetime | None = None,
    shared: Regency | None = None,
    people: Sequence[MonthFacts] | None = None,
) -> Reckoned:
    """By what is known now, or was at `known_utc`. `shared`: the month's, and `people`: everybody's facts, where they
    were gathered already. Raises NotFound, and Conflict for a class without a base and for facts that contradict one
    another."""
    register.office(tx, office_id)
    policy, text = gather.policy_of(tx, month, known_utc)
    asked: dict[Month, tuple[OfficeReports, ...]] = {}
    if shared is not None:
        asked[month] = tuple(shared.reports.values())

    def reports(of: Month) -> tuple[OfficeReports, ...]:
        if of not in asked:
            asked[of] = tuple(gather.reports_now(tx, of))
        return asked[of]

    if shared is None:
        shared = gather.regency(tx, month, as_of_utc, known_utc, reports(month))
    if people is None:
        people = gathered(tx, office_id, month, shared, known_utc)
    found = statements_of(people, policy)
    more = later(tx, office_id, month, found, shared, reports, known_utc)
    kept = earlier(more, month, asked)
    written = tuple(write(each) for each in found)
    return Reckoned(office_id, month, policy, text, written, more.adjustments, asked[month], kept, as_of_utc)


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
        raise Conflict(
            f"{month} is {where.state}: a list is checked when the month is over and before it is closed",
            key="month_not_to_check",
        )
    by, as_of_utc = Roster(tx).actor(by), recording(tx, now)
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
    by = Roster(tx).actor(by)
    if despite is not None:  # a NIP and an id may be one person's
        first, second = (Roster(tx).actor(each) for each in despite.decided_by)
        despite = Despite(despite.open, (first, second))
    where = standing(tx, office_id, month, now)
    if where.closed is not None:
        raise Conflict(f"{month} of {office_id} is closed already", key="month_closed")
    if where.state == "open":
        raise Conflict(f"{month} is not over", key="month_running")
    last = Closings(tx).last(office_id)
    if last is not None and last.sealed.month.following != month:
        raise Conflict(
            f"after {last.sealed.month} the office's next month to be closed is {last.sealed.month.following}",
            key="month_order",
            month=last.sealed.month.following,
        )
    found = reckon(tx, office_id, month, as_of_utc, as_of_utc)
    named = () if despite is None else despite.open
    if set(found.open) - set(named):
        raise MonthOpen(sorted(set(found.open) - set(named)))
    if where.checked is None or where.checked.hash != found.hash:
        raise Conflict(
            "nobody of the office has checked the list as it stands now: check it first", key="month_unchecked"
        )
    if where.checked.by == by:
        raise Conflict("whoever checked the list does not close the month", key="month_same_person")
    try:
        previous = None if last is None else last.sealed
        sealed = seal(office_id, month, found.written, previous, despite, found.adjustments)
    except SealError as error:
        raise Conflict(str(error), key="month_unsealed") from error
    Policies(tx).keep(found.policy, found.policy_text, now)
    keep_kinds(tx, by, now)
    signature = signer.sign_bytes(signed_form(office_id, month, sealed.hash))
    made = Closing(sealed, as_of_utc, found.policy.sha256, found.reports, found.earlier, signer.key_id, signature, by)
    Closings(tx).add(made, {each.statement.person_id: each.document for each in found.written})
    return made


def pay(tx: Transaction, office_id: str, month: Month, by: str, now: dt.datetime) -> MonthStep:
    """The closed list was paid. Raises Conflict."""
    Closings(tx).lock(office_id, month)
    where = standing(tx, office_id, month, now)
    if where.closed is None or where.paid is not None:
        raise Conflict(f"{month} is {where.state}: a month is paid once, after it was closed", key="month_not_to_pay")
    by = Roster(tx).actor(by)
    step = MonthStep(str(uuid.uuid4()), office_id, str(month), "paid", where.closed.sealed.hash, by, now)
    STEPS.add(tx, [step], by, now)
    return step


def person_month(tx: Transaction, person_id: str, month: Month, now: dt.datetime) -> tuple[Statement, bool]:
    """One person's statement, and whether it is of a closed month. Raises NotFound, and Conflict for posts that
    contradict one another."""
    try:
        served = Roster(tx).career(person_id).within(month.first, month.last)
    except CareerError as error:
        raise Conflict(f"the month cannot be reckoned: {error}", key="list_contradicts") from error
    home = served[-1].office_id if served else None
    kept = {office: closed for (office, _), closed in Closings(tx).statements(month, [person_id]).items()}
    if home in kept or (kept and home is None):
        return kept.get(home or "") or next(iter(kept.values())), True
    if home is None:
        raise NotFound("this person belonged to no office in that month", key="belongs_nowhere")
    policy, _ = gather.policy_of(tx, month)
    shared = gather.regency(tx, month, now)
    found = statements(tx, home, month, shared, policy, only=[person_id])
    if not found:
        raise NotFound("this person belonged to no office in that month", key="belongs_nowhere")
    return found[0], False


def use_policy(tx: Transaction, policy: Policy, text: str, use: PolicyUse, by: str, now: dt.datetime) -> None:
    """Decide that the regency pays by a policy. Raises Conflict: outside of what the policy itself says, in the middle
    of a month, and for months that are closed, which keep the policy that they were closed by."""
    if use.first.day != 1 or (use.last is not None and (use.last + ONE_DAY).day != 1):
        raise Conflict(
            "a policy holds for whole months: from the first day of one to the last day of one",
            key="policy_whole_months",
        )
    if use.last is not None and use.last < use.first:
        raise Conflict("the last day lies before the first", key="period_backwards")
    over = policy.last is not None and (use.last is None or use.last > policy.last)
    if use.first < policy.first or over:
        raise Conflict(
            f"the policy {policy.policy_id} itself holds from {policy.first} to {policy.last or 'further'}",
            key="policy_outside",
        )
    recording(tx, now)  # waits for a closing that is under way, which pays by what it has found
    closed = [month for _, month in Closings(tx).months() if month.last >= use.first]
    if [month for month in closed if use.last is None or month.first <= use.last]:
        raise Conflict(
            "a month of that time is closed already; a policy is decided for months to come", key="policy_too_late"
        )
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
        raise NotFound(f"the policy of {sealed.month} is not kept here", key="policy_lost")
    shared = gather.regency(tx, sealed.month, known, known, closed.reports)
    found = statements(tx, sealed.office_id, sealed.month, shared, policy, known)
    named = closed.earlier is not None and closed.earlier.decisions
    more = later(tx, sealed.office_id, sealed.month, found, shared, closed.reports_of, known, decisions=named)
    return found, more.adjustments


def _steps(tx: Transaction, office_id: str, month: Month) -> list[MonthStep]:
    table = pay_tables.month_steps
    return STEPS.find(tx, table.c.office_id == office_id, table.c.month == str(month), order="recorded")
