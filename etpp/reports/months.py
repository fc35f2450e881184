"""An office's month as reports show it: statements, judged days and who the people are, read in one transaction.

A closed month is read as it was closed, an open one as it is known now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from etpp.allowance import gather
from etpp.allowance import month as reckoning
from etpp.allowance.adjust import Adjustment
from etpp.allowance.closing import Closing
from etpp.allowance.facts import MonthFacts, Regency
from etpp.allowance.model import Month, Policy, Statement
from etpp.allowance.month import State
from etpp.allowance.owed import gathered
from etpp.allowance.seal import statement_of
from etpp.allowance.service import Service, serve
from etpp.allowance.store import Closings, Policies
from etpp.base.errors import Conflict, NotFound
from etpp.base.money import ZERO
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.assignments import Assignment
from etpp.roster.model import Employee
from etpp.roster.store import Roster

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PersonMonth:
    """One person of the office's month. `post`: the one held last in it."""

    employee: Employee
    post: Assignment
    facts: MonthFacts
    service: Service
    statement: Statement


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody of whom the month has nothing but adjustments of earlier ones."""

    employee: Employee
    post: Assignment | None


@dataclass(frozen=True, slots=True)
class OfficeMonth:
    """`people`: in the order of a payment list, the highest class first. `hash`: of the list as sealed or reckoned."""

    office_id: str
    name: str
    month: Month
    zone: ZoneInfo
    state: State
    policy: Policy
    closing: Closing | None
    hash: str
    people: tuple[PersonMonth, ...]
    gone: tuple[Gone, ...]
    adjustments: tuple[Adjustment, ...]
    total: Decimal
    names: Mapping[str, str]
    """Of people who are named in the facts, by their ids."""

    @property
    def closed(self) -> bool:
        return self.closing is not None

    def adjusted(self, person_id: str) -> Decimal:
        """What later facts of earlier months add to a person's pay, or take off it."""
        return sum((each.amount for each in self.adjustments if each.person_id == person_id), ZERO)

    def name_of(self, person_id: str) -> str:
        """Who an id is; whoever is not of the roster wrote under a name of their own."""
        return self.names.get(person_id, person_id)


def office_month(
    tx: Transaction, office_id: str, month: Month, now: dt.datetime, shared: Regency | None = None
) -> OfficeMonth:
    """`shared`: what all offices' open months share as it is known now, for whoever reads several (`gather.regency`).
    Raises NotFound, and Conflict for facts that contradict one another."""
    office = register.office(tx, office_id)
    where = reckoning.standing(tx, office_id, month, now)
    closing = where.closed
    if closing is None:
        shared = shared or gather.regency(tx, month, now)
        facts = gathered(tx, office_id, month, shared)
        found = reckoning.reckon(tx, office_id, month, now, shared=shared, people=facts)
        policy, known = found.policy, None
        statements = {each.person_id: each for each in found.statements}
        adjustments, total, sealed_hash = found.adjustments, found.total, found.hash
    else:
        kept = Policies(tx).get(closing.policy_sha256)
        if kept is None:
            raise NotFound(f"the policy of {month} is not kept here", key="policy_lost")
        policy, known = kept, closing.as_of_utc
        shared = gather.regency(tx, month, known, known, closing.reports)
        documents = Closings(tx).documents(office_id, month)
        statements = {person: statement_of(each) for person, each in documents.items()}
        adjustments, total, sealed_hash = closing.sealed.adjustments, closing.sealed.total, closing.sealed.hash
        facts = gathered(tx, office_id, month, shared, known)
    roster = Roster(tx, known)
    employees = roster.employees(sorted(_named(facts) | {each.person_id for each in adjustments}))
    people = []
    for each in facts:
        person_id = each.career.person_id
        service = served(each, policy)
        if service is not None and person_id in statements:
            who = employees.get(person_id) or _nobody(person_id)
            people.append(PersonMonth(who, service.last, each, service, statements[person_id]))
    here = {each.employee.person_id for each in people}
    if set(statements) - here:
        raise Conflict(
            f"{month} of {office_id}: people of the list are not in the roster; run `etpp audit verify`",
            key="list_contradicts",
        )
    gone = [
        Gone(employees.get(person) or _nobody(person), next(reversed(roster.career(person).all), None))
        for person in dict.fromkeys(a.person_id for a in adjustments if a.person_id not in here)
    ]
    return OfficeMonth(
        office_id,
        office.name,
        month,
        shared.calendar.zone(office_id),
        where.state,
        policy,
        closing,
        sealed_hash,
        tuple(sorted(people, key=lambda p: (-p.post.job_class, p.employee.name.casefold(), p.employee.person_id))),
        tuple(sorted(gone, key=lambda g: (g.employee.name.casefold(), g.employee.person_id))),
        adjustments,
        total,
        {person: each.name for person, each in employees.items()},
    )


def _named(facts: Iterable[MonthFacts]) -> set[str]:
    """Whose names a report of these months may say: theirs, and of who wrote something down or decided on it."""
    found: set[str] = set()
    for each in facts:
        found.add(each.career.person_id)
        found |= {entry.entered_by for entry in each.manual_entries}
        found |= {entry.confirmed_by for entry in each.manual_entries if entry.confirmed_by is not None}
        found |= {correction.proposed_by for correction in each.corrections}
        found |= {decision.by for decision in each.correction_decisions}
    return found


def served(facts: MonthFacts, policy: Policy) -> Service | None:
    """Raises Conflict for a calendar or a career that contradicts itself."""
    try:
        return serve(facts, policy)
    except ValueError as error:  # PlanError, CareerError: each names what is wrong
        raise Conflict(str(error), key="list_contradicts") from error


def _nobody(person_id: str) -> Employee:
    """Whose name was forgotten."""
    return Employee(person_id, "", None)
