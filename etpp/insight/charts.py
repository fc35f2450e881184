"""An office's month in pictures: who came when, how late, what the allowance is made of, how terminals fared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from etpp.allowance import gather
from etpp.allowance.model import POINTS, Line, Month
from etpp.base.errors import Conflict, NotFound
from etpp.base.money import ZERO
from etpp.db import Transaction
from etpp.reports.figures import arrivals, components, lateness
from etpp.reports.model import Chart, Series, Tone
from etpp.reports.months import OfficeMonth, office_month
from etpp.reports.texts import Words
from etpp.roster import register
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import PLACES
from etpp.terminals.model import Device
from etpp.terminals.store import Devices

UNITS = 40
"""Offices below one whose points are shown beside its own."""
_TONES: tuple[tuple[str, Tone], ...] = (("unknown", "doubt"), ("attack_refused", "bad"), ("refused_by_person", "away"))


@dataclass(frozen=True, slots=True)
class Figures:
    """`month`: None where it cannot be reckoned. `units`: it and the offices directly below it, those that can be
    reckoned. `devices`: terminals of the office that are not revoked and have reported."""

    office_id: str
    office: str
    asked: Month
    month: OfficeMonth | None
    units: tuple[OfficeMonth, ...]
    devices: tuple[Device, ...]


def figures(tx: Transaction, office_id: str, month: Month | None, now: dt.datetime) -> Figures:
    """`month`: None for this one. Raises NotFound for an office that there is not."""
    office = register.office(tx, office_id)
    asked = month or this_month(now)
    below = sorted(place.office_id for place in PLACES.find(tx) if place.parent_id == office_id)
    found = _reckoned(tx, (office_id, *below[:UNITS]), asked, now)
    return Figures(
        office_id,
        office.name,
        asked,
        found[office_id],
        tuple(each for each in found.values() if each is not None and each.people),
        terminals(tx, office_id),
    )


def terminals(tx: Transaction, office_id: str) -> tuple[Device, ...]:
    """Those of the office that are not revoked and have reported."""
    mine = (each for each in Devices(tx).all() if each.office_id == office_id)
    return tuple(each for each in mine if each.revoked_utc is None and each.heartbeat)


def this_month(now: dt.datetime) -> Month:
    today = now.astimezone(ZoneInfo(REGENCY_ZONE)).date()
    return Month(today.year, today.month)


def _reckoned(tx: Transaction, offices: Iterable[str], month: Month, now: dt.datetime) -> dict[str, OfficeMonth | None]:
    """None for those that cannot be reckoned. What all of them share is read once."""
    try:
        shared = gather.regency(tx, month, now)
    except Conflict:
        return dict.fromkeys(offices)
    found: dict[str, OfficeMonth | None] = {}
    for office_id in offices:
        try:
            found[office_id] = office_month(tx, office_id, month, now, shared)
        except (Conflict, NotFound):
            found[office_id] = None
    return found


def charts(found: Figures, say: Words, pay: bool) -> list[Chart]:
    """Of the month, and of its terminals. `pay`: whether amounts are for this reader."""
    return [*of_month(found, say, pay), *of_terminals(found.devices, say)]


def of_month(found: Figures, say: Words, pay: bool) -> list[Chart]:
    """What is reckoned for it."""
    made: list[Chart] = []
    if found.month is not None and found.month.people:
        made += [arrivals(say, [found.month]), lateness(say, [found.month])]
    if found.units:
        made.append(points(say, found.units))
    if found.month is not None and found.month.people and pay:
        made.append(components(say, found.month.people, [found.month]))
    return made


def of_terminals(devices: Sequence[Device], say: Words) -> list[Chart]:
    """What they have told last."""
    return [refusals(say, devices)] if devices else []


def points(say: Words, units: Sequence[OfficeMonth]) -> Chart:
    """Points that count, on an average of a unit's people."""
    values = []
    for unit in units:
        each = [_points(person.statement.lines) for person in unit.people]
        values.append((sum(each, ZERO) / len(each)).quantize(Decimal(1)))
    series = Series(say.points_a_person, tuple(values), "plain")
    return Chart("bars", say.chart_points, say.unit, tuple(unit.name for unit in units), (series,), "count")


def refusals(say: Words, devices: Iterable[Device]) -> Chart:
    """Faces that a terminal did not know, took for a picture, or was told that they are somebody else's."""
    counted = [(each.device_id[:8], _counters(each)) for each in devices]
    series = tuple(
        Series(say.of("attempts", what), tuple(Decimal(count.get(what, 0)) for _, count in counted), tone)
        for what, tone in _TONES
    )
    return Chart("columns", say.chart_refusals, say.terminal, tuple(name for name, _ in counted), series, "count")


def _counters(device: Device) -> Mapping[str, int]:
    beat: Mapping[str, Any] = device.heartbeat or {}
    found: Mapping[str, int] = beat.get("counters", {})
    return found


def _points(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in _all(lines) if line.key == POINTS and line.unit == "points"), ZERO)


def _all(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        yield line
        if line.key != POINTS or line.unit != "points":
            yield from _all(line.parts)
