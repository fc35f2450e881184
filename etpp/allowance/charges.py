"""What the faults of a month cost: each by its rule, in percent or points, summed by what they are taken from. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from etpp.allowance.model import Deduction, Line, LoseAll, Policy
from etpp.base.money import HUNDRED, ZERO
from etpp.presence.model import Excused, Fault


@dataclass(frozen=True, slots=True)
class Charge:
    """What is taken from one source: `percent` of it under the source's cap, `points` off it, and a line for each
    fault, also for those that cost nothing because they were free or a letter excused them."""

    percent: Decimal
    points: Decimal
    lines: tuple[Line, ...]


NOTHING = Charge(ZERO, ZERO, ())


def charges(faults: Sequence[Fault], excused: Sequence[Excused], policy: Policy) -> Mapping[str, Charge]:
    """By source. `faults`: by date; the first ones of a deduction are its free ones."""
    if not faults and not excused:
        return {}
    percent: dict[str, Decimal] = {}
    points: dict[str, Decimal] = {}
    lines: dict[str, list[Line]] = {}
    for deduction in policy.deductions:
        rule = policy.rule(deduction.key)
        met = 0
        for fault in faults:
            if fault.kind not in deduction.faults:
                continue
            met += 1
            cost = ZERO if met <= deduction.free else cost_of(fault, deduction)
            total = percent if deduction.unit == "percent" else points
            total[deduction.source] = total.get(deduction.source, ZERO) + cost
            line = Line(
                f"{fault.kind}:{fault.date.isoformat()}",
                cost,
                deduction.unit,
                rule,
                fault.because,
                _minutes(fault, rule),
            )
            lines.setdefault(deduction.source, []).append(line)
        for each in excused:
            if each.kind in deduction.faults:
                key = f"excused:{each.kind}:{each.date.isoformat()}"
                line = Line(key, ZERO, deduction.unit, rule, each.because)
                lines.setdefault(deduction.source, []).append(line)
    return {
        source: Charge(
            min(percent.get(source, ZERO), policy.caps.get(source, HUNDRED)), points.get(source, ZERO), tuple(found)
        )
        for source, found in lines.items()
    }


def cost_of(fault: Fault, deduction: Deduction) -> Decimal:
    """One fault's price; each band has both its ends, so every minute lies in one band and in one only."""
    if deduction.each is not None:
        return deduction.each
    if deduction.per_minute is not None:
        return deduction.per_minute * fault.minutes
    return next(
        (band.amount for band in deduction.bands if band.first <= fault.minutes <= (band.last or fault.minutes)), ZERO
    )


def losing(faults: Iterable[Fault], policy: Policy) -> tuple[LoseAll, tuple[Fault, ...]] | None:
    """The first trigger that loses all, and the faults that pulled it."""
    if not policy.lose_all:
        return None
    faults = tuple(faults)
    met = Counter(fault.kind for fault in faults)
    for trigger in policy.lose_all:
        if sum(met[kind] for kind in trigger.faults) > trigger.more_than:
            return trigger, tuple(fault for fault in faults if fault.kind in trigger.faults)
    return None


def _minutes(fault: Fault, rule: str) -> tuple[Line, ...]:
    return (Line("minutes", Decimal(fault.minutes), "minutes", rule),) if fault.minutes else ()
