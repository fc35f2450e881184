"""A policy's TOML, read and held to its own sense: shares sum, bands follow one another, every class has a base."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from etpp.activities.model import EntryTerms
from etpp.allowance.model import (
    ALLOWANCE,
    CEILING,
    POINTS,
    Band,
    Component,
    Deduction,
    LoseAll,
    Measure,
    PointsRule,
    Policy,
    Premium,
    Tax,
)
from etpp.base.money import HUNDRED, ZERO, Exact, Rounding, read_toml
from etpp.presence.model import FaultKind
from etpp.roster.assignments import Status

DELIVERED = ("kulon-progo-2019", "bands-2012", "discipline-30-70", "points-by-day")
"""The policies that come with the program; the first is the default."""

BY_MINUTES: frozenset[FaultKind] = frozenset({"late", "early", "short_week"})


class PolicyError(ValueError):
    """A policy cannot be used; the message names the member and what is wrong with it."""


def delivered(policy_id: str) -> Policy:
    return read_policy(delivered_text(policy_id))


def delivered_text(policy_id: str) -> str:
    return (resources.files("etpp.allowance") / "policies" / f"{policy_id}.toml").read_text(encoding="utf-8")


def read_policy(text: str) -> Policy:
    """Raises PolicyError."""
    try:
        document = _Document.model_validate(read_toml(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise PolicyError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise PolicyError(f"no TOML: {error}") from error
    policy = _policy(document, hashlib.sha256(text.encode()).hexdigest())
    _refuse_nonsense(policy)
    return policy


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Days = Annotated[int, Field(ge=0, le=3_660)]
Minutes = Annotated[int, Field(ge=0, le=100_000)]
"""More than there are in two months."""
JobClass = Annotated[int, Field(ge=0, le=999)]


class _Component(_Strict):
    key: str = Field(pattern=r"^[a-z0-9-]{1,30}$")
    share: Exact = Field(gt=0)
    measure: Measure


class _Band(_Strict):
    first: Annotated[int, Field(le=100_000)]
    last: Annotated[int, Field(le=100_000)] | None = None
    amount: Exact = Field(ge=0)


class _Deduction(_Strict):
    key: str = Field(pattern=r"^[a-z0-9-]{1,30}$")
    faults: list[FaultKind] = Field(min_length=1)
    source: str
    unit: Literal["percent", "points"] = "percent"
    each: Exact | None = Field(default=None, ge=0)
    per_minute: Exact | None = Field(default=None, ge=0)
    bands: list[_Band] = []
    free: Minutes = 0


class _LoseAll(_Strict):
    key: str = Field(pattern=r"^[a-z0-9-]{1,30}$")
    faults: list[FaultKind] = Field(min_length=1)
    more_than: Days


class _Step(_Strict):
    at_least: Exact = Field(ge=0, lt=100)
    pays: Exact = Field(ge=0, le=100)


class _Entries(_Strict):
    entry_days: Days | None = None
    verify_days: Days | None = None
    neglect: Literal["accepted", "lost"] = "accepted"
    note_characters: Annotated[int, Field(ge=0, le=10_000)] = 0
    day_ceiling: Exact | None = Field(default=None, gt=0)


class _Points(_Strict):
    day: Exact = Field(gt=0)
    month: Exact | None = Field(default=None, gt=0)
    target: Literal["days", "month", "lower"]
    given: Literal["none", "better", "instead"]
    absent_days_count: bool
    points_off: bool = False
    below: Literal["in_proportion", "nothing", "steps"]
    steps: list[_Step] = []
    entries: _Entries = _Entries()


class _Tax(_Strict):
    status: Status
    ranks: list[str] | None = None
    percent: Exact = Field(ge=0, le=100)


class _Premium(_Strict):
    key: str = Field(pattern=r"^[a-z0-9-]{1,30}$")
    percent: Exact = Field(ge=0, le=100)


class _Base(_Strict):
    classes: list[JobClass] = Field(min_length=1)
    by_class: dict[str, Exact]
    acting_percent: Exact = Field(default=ZERO, ge=0, le=100)


class _Rounding(_Strict):
    unit: Exact = Field(gt=0)
    mode: Rounding


class _Document(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    title: str = Field(min_length=1)
    source: str = Field(min_length=1)
    first: dt.date
    last: dt.date | None = None
    paid_share: bool = False
    correction_days: Days | None = None
    base: _Base
    component: list[_Component]
    points: _Points | None = None
    deduction: list[_Deduction] = []
    caps: dict[str, Exact] = {}
    lose_all: list[_LoseAll] = []
    tax: list[_Tax] = Field(min_length=1)
    premium: list[_Premium] = []
    rounding: _Rounding


def _policy(document: _Document, sha256: str) -> Policy:
    base: dict[int, Exact] = {}
    for text, amount in document.base.by_class.items():
        if not (text.isascii() and text.isdecimal() and len(text) <= 3):
            raise PolicyError(f"base.by_class: {text[:40]} is no job class")
        if int(text) in base:
            raise PolicyError(f"base.by_class: class {int(text)} has two bases")
        if amount < 0:
            raise PolicyError(f"base.by_class: class {text}: the base is negative")
        base[int(text)] = amount
    missing = [job_class for job_class in document.base.classes if job_class not in base]
    if missing:
        raise PolicyError(f"base.by_class: class {missing[0]} has no base")
    points = document.points
    taxes = [Tax(row.status, None if row.ranks is None else frozenset(row.ranks), row.percent) for row in document.tax]
    return Policy(
        document.id,
        document.title,
        document.source,
        document.first,
        document.last,
        sha256,
        base,
        document.base.acting_percent,
        tuple(Component(row.key, row.share, row.measure) for row in document.component),
        None if points is None else _points(points),
        tuple(_deduction(row) for row in document.deduction),
        document.caps,
        tuple(LoseAll(row.key, frozenset(row.faults), row.more_than) for row in document.lose_all),
        document.paid_share,
        tuple(taxes),
        tuple(Premium(row.key, row.percent) for row in document.premium),
        document.correction_days,
        document.rounding.unit,
        document.rounding.mode,
    )


def _points(row: _Points) -> PointsRule:
    entries = row.entries
    if row.target != "days" and row.month is None:
        raise PolicyError(f"points: the target {row.target} needs the points of a month")
    steps = tuple((step.at_least, step.pays) for step in row.steps)
    if bool(steps) != (row.below == "steps"):
        raise PolicyError("points: steps are given where below is steps, and nowhere else")
    if steps != tuple(sorted(set(steps))) or [p for _, p in steps] != sorted(p for _, p in steps):
        raise PolicyError("points.steps: both figures ascend")
    return PointsRule(
        row.day,
        row.month,
        row.target,
        row.given,
        row.absent_days_count,
        row.points_off,
        row.below,
        steps,
        EntryTerms(
            entries.entry_days, entries.verify_days, entries.neglect, entries.note_characters, entries.day_ceiling
        ),
    )


def _deduction(row: _Deduction) -> Deduction:
    where = f"deduction {row.key}"
    if (row.each is not None) + (row.per_minute is not None) + bool(row.bands) != 1:
        raise PolicyError(f"{where}: it has one of each, per_minute and bands")
    faults = frozenset(row.faults)
    if row.each is None and not faults <= BY_MINUTES:
        raise PolicyError(f"{where}: {', '.join(sorted(faults - BY_MINUTES))} has no minutes")
    if row.unit == "points" and row.source not in (POINTS, CEILING):
        raise PolicyError(f"{where}: points can be taken off {POINTS} and {CEILING} only")
    if row.unit == "percent" and row.source == CEILING:
        raise PolicyError(f"{where}: only points can be taken off the {CEILING}")
    bands = tuple(Band(band.first, band.last, band.amount) for band in row.bands)
    _refuse_bands(where, bands)
    return Deduction(row.key, faults, row.source, row.unit, row.each, row.per_minute, bands, row.free)


def _refuse_bands(where: str, bands: Sequence[Band]) -> None:
    expected: int | None = 1
    for band in bands:
        if expected is None or band.first < expected:
            raise PolicyError(f"{where}: bands overlap at {band.first} minutes")
        if band.first > expected:
            raise PolicyError(f"{where}: no band for {expected} to {band.first - 1} minutes")
        if band.last is not None and band.last < band.first:
            raise PolicyError(f"{where}: the band from {band.first} minutes ends before it begins")
        expected = None if band.last is None else band.last + 1
    if bands and expected is not None:
        raise PolicyError(f"{where}: no band for {expected} minutes and more")


def _refuse_nonsense(policy: Policy) -> None:
    if policy.last is not None and policy.last < policy.first:
        raise PolicyError("last: the policy ends before it begins")
    shares = sum((component.share for component in policy.components), ZERO)
    if shares != HUNDRED:
        raise PolicyError(f"component: the shares sum to {shares}, not to 100")
    components = [component.key for component in policy.components]
    keys = [*components, *(d.key for d in policy.deductions), *(p.key for p in policy.premiums)]
    keys += [trigger.key for trigger in policy.lose_all]
    twice = sorted({key for key in keys if keys.count(key) > 1} | ({POINTS, CEILING, ALLOWANCE} & set(keys)))
    if twice:
        raise PolicyError(f"key {twice[0]}: it is used twice, or has a meaning of its own")
    needs_points = [c.key for c in policy.components if c.measure == "points"]
    needs_points += [d.key for d in policy.deductions if d.source in (POINTS, CEILING)]
    if needs_points and policy.points is None:
        raise PolicyError(f"{needs_points[0]}: it needs the table points")
    if policy.points is not None and not needs_points:
        raise PolicyError("points: nothing of the policy uses them")
    for deduction in policy.deductions:
        if deduction.source not in (POINTS, CEILING, ALLOWANCE, *components):
            raise PolicyError(f"deduction {deduction.key}: there is no component {deduction.source}")
    for source, percent in policy.caps.items():
        if source not in (POINTS, ALLOWANCE, *components):
            raise PolicyError(f"caps: there is no component {source}")
        if not ZERO <= percent <= HUNDRED:
            raise PolicyError(f"caps.{source}: a cap lies between 0 and 100 per cent")
    for position, tax in enumerate(policy.taxes):
        for earlier in policy.taxes[:position]:
            same = earlier.ranks is None or (tax.ranks is not None and bool(tax.ranks & earlier.ranks))
            if tax.status == earlier.status and same:
                raise PolicyError(f"tax: two rates for the same ranks of {tax.status}")
