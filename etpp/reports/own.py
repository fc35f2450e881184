"""One person's own month as reports show an office's: read in one transaction, for that person alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from etpp.allowance import gather
from etpp.allowance import month as reckoning
from etpp.allowance.facts import MonthFacts
from etpp.allowance.model import Line, Month, Policy, Statement
from etpp.allowance.statement import PolicyGap, statement
from etpp.allowance.store import Closings, Policies
from etpp.base.errors import Conflict, NotFound
from etpp.base.money import HUNDRED, ZERO
from etpp.db import Transaction
from etpp.presence.daybook import office_reports
from etpp.reports.months import OfficeMonth, PersonMonth, served
from etpp.roster import register
from etpp.roster.assignments import CareerError
from etpp.roster.store import Offices, Roster


@dataclass(frozen=True, slots=True)
class OwnMonth:
    """`office`: with this one person on its list. `reckoned`: whether the policy has what the person's post asks for;
    without it the statement is empty, and the days are there all the same."""

    office: OfficeMonth
    person: PersonMonth
    reckoned: bool

    def whole(self, line: Line) -> Decimal | None:
        """What a component would have paid in full; None of every other line."""
        shares = {each.key: each.share for each in self.office.policy.components}
        if line.key not in shares:
            return None
        statement = self.person.statement
        bases = [(part, part.parts[0].amount) for part in line.parts if part.key.startswith("base:") and part.parts]
        days = sum((base.amount * n for base, n in bases), ZERO)
        return days / max(statement.working_days, 1) * shares[line.key] / HUNDRED

    @property
    def percent(self) -> Decimal | None:
        """What is paid before tax, of what would have been paid in full."""
        full = sum((whole for line in self.person.statement.lines if (whole := self.whole(line)) is not None), ZERO)
        return (self.person.statement.gross * HUNDRED / full).quantize(Decimal("0.1")).normalize() if full else None


def own_month(tx: Transaction, person_id: str, month: Month, now: dt.datetime) -> OwnMonth | None:
    """A closed month as it was closed, also by an office that the person has left since; an open one as it is known
    now. None for somebody who belonged to no office in it. Raises NotFound for whom nobody knows, and Conflict for
    facts that contradict one another, or that the policy has nothing for."""
    employee = Roster(tx).employee(person_id)
    if employee is None:
        raise NotFound("nobody in the roster has this id", key="employee_unknown")
    try:
        career = Roster(tx).career(person_id)
    except CareerError as error:
        raise Conflict(str(error)) from error
    places = career.within(month.first, month.last)
    if not places:
        return None
    kept = {office: found for (office, _), found in Closings(tx).statements(month, [person_id]).items()}
    home = places[-1].office_id if places[-1].office_id in kept or not kept else next(iter(kept))
    where = reckoning.standing(tx, home, month, now)
    closing = where.closed if home in kept else None
    if closing is None:
        policy, known = gather.policy_of(tx, month)[0], None
        # Where the person served, and not the whole regency: thousands ask for their own day every morning.
        offices = [register.office(tx, each) for each in dict.fromkeys(place.office_id for place in places)]
        reports = tuple(office_reports(tx, each, month.first, gather.window(month)[1]) for each in offices)
    else:
        found = Policies(tx).get(closing.policy_sha256)
        if found is None:
            raise NotFound(f"the policy of {month} is not kept here", key="policy_lost")
        policy, known, reports = found, closing.as_of_utc, closing.reports
    shared = gather.regency(tx, month, known or now, known, reports)
    facts = gather.office_month(tx, home, month, shared, known, only=[person_id])
    service = served(facts[0], policy) if facts else None
    if service is None:
        return None
    reckoned, mine = (True, kept[home]) if closing is not None else _reckoned(facts[0], policy)
    office = Offices(tx).get(home)
    person = PersonMonth(employee, service.last, facts[0], service, mine)
    adjustments = () if closing is None else closing.sealed.adjustments
    return OwnMonth(
        OfficeMonth(
            home,
            home if office is None else office.name,
            month,
            shared.calendar.zone(home),
            # Who came to a closed month's office afterwards is not on its list: reckoned, and neither closed nor paid.
            where.state if closing is not None or where.closed is None else "reckoned",
            policy,
            closing,
            "",
            (person,),
            (),
            tuple(each for each in adjustments if each.person_id == person_id),
            mine.net,
            {person_id: employee.name},
        ),
        person,
        reckoned,
    )


def _reckoned(facts: MonthFacts, policy: Policy) -> tuple[bool, Statement]:
    """Raises Conflict for a calendar that contradicts itself."""
    try:
        made = statement(facts, policy)
    except PolicyGap:
        made = None
    except ValueError as error:
        raise Conflict(str(error)) from error
    if made is not None:
        return True, made
    served_last = facts.career.within(facts.month.first, facts.month.last)[-1]
    nothing = Statement(
        person_id=facts.career.person_id,
        office_id=served_last.office_id,
        month=facts.month,
        policy_id=policy.policy_id,
        policy_sha256=policy.sha256,
        working_days=0,
        entitled_days=0,
        gross=ZERO,
        net=ZERO,
        lines=(),
        open=(),
        manual=(),
    )
    return False, nothing
