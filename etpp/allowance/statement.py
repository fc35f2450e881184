"""One person's month in rupiah: a tree of lines, each with its rule and the facts that it follows from. Pure.

Components are earned, faults deducted, shares of long absences and sanctions taken off, then tax and premiums. Each
amount in rupiah is one exact quotient, rounded once as the policy says, and later ones start from the rounded amounts:
so the lines of a statement, and the statements of a list, add up to the rupiah.
"""

from __future__ import annotations

import decimal
from decimal import Decimal

from etpp.absence.rules import day_number, paid_percent
from etpp.allowance.charges import Charge, charges, losing
from etpp.allowance.facts import MonthFacts
from etpp.allowance.model import ALLOWANCE, Component, Line, Policy, Statement
from etpp.allowance.points import Achieved, achieve
from etpp.allowance.service import Segment, Service, serve
from etpp.base.money import EXACT, HUNDRED, ZERO, rounded
from etpp.roster.assignments import Assignment


class PolicyGap(ValueError):
    """A policy does not say what a person's facts ask for: no base for a class, no tax for a rank."""


def statement(facts: MonthFacts, policy: Policy) -> Statement | None:
    """The month of one person; None for somebody who belonged to no office in it. Raises PolicyGap and PlanError."""
    with decimal.localcontext(EXACT):
        service = serve(facts, policy)
        return None if service is None else _Reckoning(facts, policy, service).statement()


class _Reckoning:
    """One statement while it is being made: lines, and what is left of the allowance."""

    def __init__(self, facts: MonthFacts, policy: Policy, service: Service) -> None:
        self.facts = facts
        self.policy = policy
        self.service = service
        self.open = list(service.open)
        self.lines: list[Line] = []
        self.left = ZERO

    def statement(self) -> Statement:
        facts, policy, service = self.facts, self.policy, self.service
        costs = charges(service.faults, service.excused, policy)
        achieved = achieve(facts, service, policy, costs)
        if achieved is not None:
            self.open += [f"entry:{each}" for each in achieved.undecided]
        for component in policy.components:
            self._component(component, achieved, costs.get(component.key))
        self._charge(costs.get(ALLOWANCE), ALLOWANCE, self.left)
        self._paid_share()
        self._sanctions()
        self._lose_all()
        gross = self.left
        self._taxes(gross)
        return Statement(
            facts.career.person_id,
            service.last.office_id,
            facts.month,
            policy.policy_id,
            policy.sha256,
            service.working_days,
            len(service.entitled),
            gross,
            self.left,
            tuple(self.lines),
            tuple(dict.fromkeys(self.open)),
            service.manual,
        )

    def _component(self, component: Component, achieved: Achieved | None, charge: Charge | None) -> None:
        """Base of the posts held, by their working days, times the share, times what the measure says."""
        rule = self.policy.rule(component.key)
        earned, whole = Decimal(1), Decimal(1)
        parts: tuple[Line, ...] = ()
        if component.measure == "points" and achieved is not None:
            earned, whole, parts = achieved.earned, achieved.target, achieved.lines
        base = ZERO
        bases = []
        scores: dict[str, Line] = {}
        for segment in self.service.segments:
            amount, line = self._base(segment)
            if component.measure == "office_score":
                score = self._score(segment.assignment.office_id)
                amount = amount * score.amount / HUNDRED
                scores[score.key] = score
            base += amount
            bases.append(line)
        # In a month without a working day, or without a target, there is nothing to share either: 0 of 0 is 0.
        amount = self._round(base * component.share * earned, HUNDRED * self.service.working_days * whole)
        self._add(Line(component.key, amount, "rupiah", rule, parts=(*bases, *scores.values(), *parts)))
        self._charge(charge, component.key, amount)

    def _base(self, segment: Segment) -> tuple[Decimal, Line]:
        """A segment's base times its days, and the line that shows it."""
        job_class = segment.assignment.job_class if segment.acting is None else segment.acting.job_class
        base = self.policy.base.get(job_class)
        if base is None:
            raise PolicyGap(f"policy {self.policy.policy_id}: class {job_class} has no base")
        rule = self.policy.rule("base")
        because = (f"assignment:{segment.assignment.assignment_id}",)
        if segment.acting is not None:
            base = base * self.policy.acting_percent / HUNDRED
            because = (f"acting:{segment.acting.acting_id}",)
        days = Line("days", Decimal(segment.days), "days", rule)
        return base * segment.days, Line(f"base:{job_class}", base, "rupiah", rule, because, (days,))

    def _score(self, office_id: str) -> Line:
        """The office's score. While nobody has decided it nothing is taken off, and the month stays open."""
        rule = self.policy.rule("office-score")
        score = self.facts.regency.scores.get((office_id, self.facts.month))
        if score is None:
            self.open.append(f"score:{office_id}")
            return Line(f"score:{office_id}", HUNDRED, "percent", rule)
        return Line(f"score:{office_id}", score.percent, "percent", rule, (f"score:{score.score_id}",))

    def _charge(self, charge: Charge | None, source: str, amount: Decimal) -> None:
        if charge is not None:
            off = self._round(amount * charge.percent, HUNDRED)
            percent = Line("percent", charge.percent, "percent", self.policy.rule("caps"))
            rule = self.policy.rule("deduction")
            self._add(Line(f"deduction:{source}", -off, "rupiah", rule, parts=(percent, *charge.lines)))

    def _paid_share(self) -> None:
        """What is not paid of days that letters cover, by the day's number in its absence."""
        service, paid_for = self.service, set(self.service.entitled)
        if not self.policy.paid_share or not service.excuses:
            return
        rule = self.policy.rule("paid-share")
        zone = self.facts.regency.calendar.zone(service.last.office_id)
        parts = []
        for day in service.days:
            if day.whole_day is None or day.date not in paid_for:
                continue
            kind, letters = day.whole_day
            unpaid = HUNDRED - paid_percent(kind, day_number(service.excuses, kind.kind_id, day.date, zone))
            if unpaid:
                because = tuple(f"letter:{each}" for each in letters)
                parts.append(Line(f"day:{day.date}", unpaid, "percent", rule, because))
        if parts:
            unpaid = sum((part.amount for part in parts), ZERO)
            off = self._round(self.left * unpaid, HUNDRED * len(service.entitled))
            self._add(Line("paid-share", -off, "rupiah", rule, parts=tuple(parts)))

    def _sanctions(self) -> None:
        """Percent of the allowance by working days; several at once are added, up to all of it."""
        mine = [s for s in self.facts.sanctions if s.person_id == self.facts.career.person_id]
        if not mine:
            return
        rule = self.policy.rule("sanction")
        total = ZERO
        for date in self.service.entitled:
            total += min(sum((s.percent for s in mine if s.first <= date <= s.last), ZERO), HUNDRED)
        if total:
            off = self._round(self.left * total, HUNDRED * len(self.service.entitled))
            month = self.facts.month
            parts = tuple(
                Line(s.document, s.percent, "percent", rule, (f"sanction:{s.sanction_id}",))
                for s in sorted(mine, key=lambda s: (s.first, s.sanction_id))
                if s.first <= month.last and s.last >= month.first
            )
            self._add(Line("sanction", -off, "rupiah", rule, parts=parts))

    def _lose_all(self) -> None:
        lost = losing(self.service.faults, self.policy)
        if lost is not None:
            trigger, faults = lost
            because = tuple(dict.fromkeys(each for fault in faults for each in fault.because))
            self._add(Line(trigger.key, -self.left, "rupiah", self.policy.rule(trigger.key), because))

    def _taxes(self, gross: Decimal) -> None:
        # Of somebody in no post that is paid for, rank and status may not be known, and nothing is taxed.
        percent = _tax_percent(self.policy, self.service.last) if self.service.entitled else ZERO
        rule = self.policy.rule("tax")
        because = (f"assignment:{self.service.last.assignment_id}",)
        rate = Line("percent", percent, "percent", rule)
        self._add(Line("tax", -self._round(gross * percent, HUNDRED), "rupiah", rule, because, (rate,)))
        for premium in self.policy.premiums:
            rule = self.policy.rule(premium.key)
            rate = Line("percent", premium.percent, "percent", rule)
            off = self._round(gross * premium.percent, HUNDRED)
            self._add(Line(premium.key, -off, "rupiah", rule, parts=(rate,)))

    def _add(self, line: Line) -> None:
        self.lines.append(line)
        self.left += line.amount

    def _round(self, numerator: Decimal, denominator: Decimal) -> Decimal:
        return rounded(numerator, denominator, self.policy.rounding_unit, self.policy.rounding_mode)


def _tax_percent(policy: Policy, assignment: Assignment) -> Decimal:
    """By status and golongan: `III/c` is III."""
    rank = assignment.rank.partition("/")[0]
    for tax in policy.taxes:
        if tax.status == assignment.status and (tax.ranks is None or rank in tax.ranks):
            return tax.percent
    raise PolicyGap(f"policy {policy.policy_id}: no tax for rank {rank or 'none'} of {assignment.status}")
