"""A policy in sentences, for whoever has to sign it: everything that its file says, and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from etpp.allowance.model import Deduction, PointsRule, Policy
from etpp.base.money import plain

MEASURES = {
    "full": "earned in full",
    "points": "earned by points",
    "office_score": "earned by the office's score",
}
FAULTS = {
    "late": "a late arrival",
    "early": "an early departure",
    "missing_arrival": "nobody seen arriving",
    "missing_departure": "nobody seen leaving",
    "absent": "a day of unexcused absence",
    "occasion": "a missed occasion",
    "short_week": "a short week of flexible hours",
}
GIVEN = {
    "none": "Days covered by letters give nothing of their own.",
    "better": "Days covered by letters give their kind's points where the activities are not more.",
    "instead": "Days covered by letters give their kind's points in place of activities.",
}
MODES = {"half_up": "a half goes up", "half_even": "a half goes to the even one", "down": "down", "up": "up"}


def explain(policy: Policy) -> Iterator[str]:
    """One sentence a line, in the order in which a month is reckoned."""
    until = "" if policy.last is None else f" to {policy.last}"
    yield f"{policy.title} ({policy.policy_id}), in force from {policy.first}{until}. Source: {policy.source}."
    bases = ", ".join(f"class {job_class}: {plain(amount)}" for job_class, amount in sorted(policy.base.items()))
    yield f"Base in rupiah a month: {bases}."
    if policy.acting_percent:
        yield f"An acting post pays {plain(policy.acting_percent)} % of its base more."
    for component in policy.components:
        yield f"{component.key}: {plain(component.share)} % of the base, {MEASURES[component.measure]}."
    if policy.points is not None:
        yield from _points(policy.points)
    for deduction in policy.deductions:
        yield _deduction(deduction)
    for source, percent in sorted(policy.caps.items()):
        yield f"No more than {plain(percent)} % is taken off {source}."
    if policy.paid_share:
        yield "Days covered by letters are paid by the share that their kind says for the day of the absence."
    for trigger in policy.lose_all:
        yield f"{trigger.key}: nothing is paid for more than {trigger.more_than} of {_faults(trigger.faults)}."
    for tax in policy.taxes:
        ranks = "all other ranks" if tax.ranks is None else f"rank {', '.join(sorted(tax.ranks))}"
        yield f"Tax of {tax.status}, {ranks}: {plain(tax.percent)} % of the gross amount."
    for premium in policy.premiums:
        yield f"{premium.key}: {plain(premium.percent)} % of the gross amount."
    if policy.correction_days is not None:
        yield f"Corrections can be proposed for {policy.correction_days} working days."
    yield f"Each line is rounded to {plain(policy.rounding_unit)} rupiah: {MODES[policy.rounding_mode]}."


def _points(rule: PointsRule) -> Iterator[str]:
    day = f"{plain(rule.day)} points for each working day"
    month = "" if rule.month is None else f"{plain(rule.month)} points a month"
    asked = {"days": day, "month": month, "lower": f"{day}, and no more than {month}"}[rule.target]
    below = {
        "in_proportion": "less pays in proportion",
        "nothing": "less pays nothing",
        "steps": "less pays "
        + ", ".join(f"{plain(pays)} % from {plain(at)} % of them" for at, pays in rule.steps)
        + ", and nothing below",
    }[rule.below]
    yield f"Points: a month asks for {asked}; {below}."
    yield GIVEN[rule.given]
    if rule.points_off:
        yield "Days covered by letters lower the ceiling as their kind says."
    if not rule.absent_days_count:
        yield "Activities of a day of unexcused absence are not recognised."
    terms = rule.terms
    if terms.day_ceiling is not None:
        yield f"No more than {plain(terms.day_ceiling)} points count in a day."
    if terms.entry_days is not None:
        yield f"Activities are submitted within {terms.entry_days} working days."
    if terms.verify_days is not None:
        becomes = "accepted" if terms.neglect == "accepted" else "lost"
        yield f"They are verified within {terms.verify_days} working days; after that they are {becomes}."
    if terms.note_characters:
        yield f"Their note has at least {terms.note_characters} characters."


def _deduction(deduction: Deduction) -> str:
    unit = "%" if deduction.unit == "percent" else "points"
    if deduction.each is not None:
        cost = f"{plain(deduction.each)} {unit}"
    elif deduction.per_minute is not None:
        cost = f"{plain(deduction.per_minute)} {unit} a minute"
    else:
        cost = ", ".join(
            f"{plain(band.amount)} {unit} for {band.first} minutes and more"
            if band.last is None
            else f"{plain(band.amount)} {unit} for {band.first} to {band.last} minutes"
            for band in deduction.bands
        )
    free = f"; the first {deduction.free} of a month are free" if deduction.free else ""
    return f"{deduction.key}: {_faults(deduction.faults)}: {cost} off {deduction.source}{free}."


def _faults(kinds: frozenset[str]) -> str:
    return ", ".join(FAULTS[kind] for kind in FAULTS if kind in kinds)
