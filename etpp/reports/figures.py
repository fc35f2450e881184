"""What charts show: the allowance by component, arrivals over the morning, lateness by week. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from etpp.base.money import ZERO
from etpp.reports.model import Chart, Series
from etpp.reports.months import OfficeMonth, PersonMonth
from etpp.reports.nominative import amount, line_keys, line_name
from etpp.reports.texts import Words

QUARTER = 15
FIRST, LAST = 5 * 60, 11 * 60
"""Minutes of the day between which arrivals are drawn; what lies outside counts at the edge."""


def components(say: Words, people: Sequence[PersonMonth], months: Iterable[OfficeMonth]) -> Chart:
    """Components, deductions, tax and premiums, and what is left."""
    statements = [each.statement for each in people]
    keys: dict[str, None] = {}
    for found in months:
        first, off, last = line_keys(found.policy, statements)
        keys.update(dict.fromkeys((*first, *off, *last)))
    labels = [*(line_name(say, key) for key in keys), say.net]
    values = [sum((amount(each, key) for each in statements), ZERO) for key in keys]
    net = sum((each.net for each in statements), ZERO)
    series = Series(say.amount, (*values, net), "plain")
    return Chart("bars", say.chart_components, say.line, tuple(labels), (series,), "rupiah")


def arrivals(say: Words, months: Sequence[OfficeMonth]) -> Chart:
    """How many came in each quarter of an hour, in time and late."""
    counted: dict[bool, Counter[int]] = {False: Counter(), True: Counter()}
    for found in months:
        for person in found.people:
            for day in person.service.days:
                if day.arrival is None or not day.works:
                    continue
                at = day.arrival.at_utc.astimezone(found.zone)
                minute = min(max(at.hour * 60 + at.minute, FIRST), LAST)
                counted[any(fault.kind == "late" for fault in day.faults)][minute // QUARTER * QUARTER] += 1
    seen = {*counted[False], *counted[True]}
    quarters = range(min(seen), max(seen) + QUARTER, QUARTER) if seen else range(0)
    labels = tuple(say.time(dt.datetime.combine(dt.date.min, dt.time(n // 60, n % 60))) for n in quarters)
    series = (
        Series(say.in_time, tuple(Decimal(counted[False][n]) for n in quarters), "good"),
        Series(say.late, tuple(Decimal(counted[True][n]) for n in quarters), "late"),
    )
    return Chart("columns", say.chart_arrivals, say.from_time, labels, series, "count")


def lateness(say: Words, months: Sequence[OfficeMonth]) -> Chart:
    """Late arrivals and early departures by week, Monday to Sunday."""
    counted: dict[str, Counter[dt.date]] = {"late": Counter(), "early": Counter()}
    mondays: dict[dt.date, None] = {}
    for found in months:
        for date in found.month.dates():
            mondays[date - dt.timedelta(days=date.weekday())] = None
        for person in found.people:
            for fault in person.service.faults:
                if fault.kind in counted:
                    counted[fault.kind][fault.date - dt.timedelta(days=fault.date.weekday())] += 1
    month = months[0].month
    labels = []
    for monday in mondays:
        first, last = max(monday, month.first), min(monday + dt.timedelta(days=6), month.last)
        labels.append(f"{first.day}–{last.day} {say.month_name(first)}" if first != last else say.plain_date(first))
    series = (
        Series(say.late, tuple(Decimal(counted["late"][each]) for each in mondays), "late"),
        Series(say.early, tuple(Decimal(counted["early"][each]) for each in mondays), "away"),
    )
    return Chart("columns", say.chart_lateness, say.week, tuple(labels), series, "count")
