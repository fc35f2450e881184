"""A policy in sentences, for whoever has to sign it: everything that its file says, and nothing else. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from etpp.allowance.model import POINTS, Deduction, PointsRule, Policy
from etpp.base.money import plain
from etpp.console.texts import Texts, texts

FAULTS = ("late", "early", "missing_arrival", "missing_departure", "absent", "occasion", "short_week")
"""In the order in which they are named."""


def explain(policy: Policy, words: Texts | None = None) -> Iterator[str]:
    """One sentence a line, in the order in which a month is reckoned. `words`: in English without them, as commands
    speak."""
    return _Told(words or texts("en")).policy(policy)


class _Told:
    def __init__(self, words: Texts) -> None:
        self._words = words

    def policy(self, policy: Policy) -> Iterator[str]:
        say = self._words.say
        until = "" if policy.last is None else say("policy_until", last=self._date(policy.last))
        yield say(
            "policy_force",
            title=policy.title,
            policy=policy.policy_id,
            first=self._date(policy.first),
            until=until,
            source=policy.source,
        )
        bases = (say("policy_base_one", job=job, amount=self._n(amount)) for job, amount in sorted(policy.base.items()))
        yield say("policy_base", bases=", ".join(bases))
        if policy.acting_percent:
            yield say("policy_acting", percent=self._n(policy.acting_percent))
        for component in policy.components:
            measure = say(f"policy_measure_{component.measure}")
            yield say("policy_component", name=component.key, share=self._n(component.share), measure=measure)
        if policy.points is not None:
            yield from self._points(policy.points)
        for deduction in policy.deductions:
            yield self._deduction(deduction)
        for source, percent in sorted(policy.caps.items()):
            yield say("policy_cap", percent=self._n(percent), source=self._source(source))
        if policy.paid_share:
            yield say("policy_paid_share")
        for trigger in policy.lose_all:
            yield say(
                "policy_lose_all", name=trigger.key, more_than=trigger.more_than, faults=self._faults(trigger.faults)
            )
        for tax in policy.taxes:
            ranks = (
                say("policy_ranks_other")
                if tax.ranks is None
                else say("policy_ranks", ranks=", ".join(sorted(tax.ranks)))
            )
            yield say(
                "policy_tax",
                status=self._words.say(f"policy_status_{tax.status}"),
                ranks=ranks,
                percent=self._n(tax.percent),
            )
        for premium in policy.premiums:
            yield say("policy_premium", name=premium.key, percent=self._n(premium.percent))
        if policy.correction_days is not None:
            yield say("policy_corrections", n=policy.correction_days)
        mode = say(f"policy_mode_{policy.rounding_mode}")
        yield say("policy_rounding", unit=self._n(policy.rounding_unit), mode=mode)

    def _points(self, rule: PointsRule) -> Iterator[str]:
        say = self._words.say
        day = say("policy_points_day", points=self._n(rule.day))
        month = "" if rule.month is None else say("policy_points_month", points=self._n(rule.month))
        asked = {"days": day, "month": month, "lower": say("policy_points_lower", day=day, month=month)}[rule.target]
        steps = ", ".join(say("policy_step", pays=self._n(pays), at=self._n(at)) for at, pays in rule.steps)
        below = say(f"policy_below_{rule.below}", steps=steps)
        yield say("policy_points", asked=asked, below=below)
        yield say(f"policy_given_{rule.given}")
        if rule.points_off:
            yield say("policy_points_off")
        if not rule.absent_days_count:
            yield say("policy_absent_days")
        terms = rule.terms
        if terms.day_ceiling is not None:
            yield say("policy_day_ceiling", points=self._n(terms.day_ceiling))
        if terms.entry_days is not None:
            yield say("policy_entry_days", n=terms.entry_days)
        if terms.verify_days is not None:
            becomes = say("policy_neglect_accepted" if terms.neglect == "accepted" else "policy_neglect_lost")
            yield say("policy_verify_days", n=terms.verify_days, becomes=becomes)
        if terms.note_characters:
            yield say("policy_note", characters=terms.note_characters)

    def _deduction(self, deduction: Deduction) -> str:
        say = self._words.say
        unit = "%" if deduction.unit == "percent" else say("policy_unit_points")
        if deduction.each is not None:
            cost = f"{self._n(deduction.each)} {unit}"
        elif deduction.per_minute is not None:
            cost = say("policy_per_minute", amount=self._n(deduction.per_minute), unit=unit)
        else:
            cost = ", ".join(
                say("policy_band_open", amount=self._n(band.amount), unit=unit, first=band.first)
                if band.last is None
                else say("policy_band", amount=self._n(band.amount), unit=unit, first=band.first, last=band.last)
                for band in deduction.bands
            )
        free = say("policy_free", free=deduction.free) if deduction.free else ""
        faults = self._faults(deduction.faults)
        return say(
            "policy_deduction",
            name=deduction.key,
            faults=faults,
            cost=cost,
            source=self._source(deduction.source),
            free=free,
        )

    def _source(self, source: str) -> str:
        """A component by its key, or the points."""
        return self._words.say("policy_unit_points") if source == POINTS else source

    def _faults(self, kinds: frozenset[str]) -> str:
        return ", ".join(self._words.say(f"policy_fault_{kind}") for kind in FAULTS if kind in kinds)

    def _n(self, value: Decimal | int) -> str:
        """As a reader writes it; in English as the policy's file does, whole and without separators."""
        return plain(Decimal(value)) if self._words.code == "en" else self._words.figure(value)

    def _date(self, day: dt.date) -> str:
        return day.isoformat() if self._words.code == "en" else self._words.date(day)
