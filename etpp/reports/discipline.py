"""The list of discipline (PP 94/2021): whose unexcused days of the year ask somebody to act. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etpp.presence.discipline import delivered_steps, discipline
from etpp.presence.model import JudgedDay
from etpp.reports import common
from etpp.reports.model import Cell, Column, Section, Table
from etpp.reports.months import OfficeMonth
from etpp.reports.texts import Words

SHOWN = 12
"""Dates that a row names; more are counted."""


def discipline_list(say: Words, found: OfficeMonth, days: Mapping[str, Sequence[JudgedDay]]) -> Section:
    """People with at least one unexcused day this year. `days` as `presence.year.judged_year` gives them.

    It warns, by what is known today, also of a closed month; nothing is taken off anybody's pay by it.
    """
    steps = delivered_steps()
    rows: list[tuple[Cell, ...]] = []
    for person in found.people:
        mine = days.get(person.employee.person_id, ())
        counted = discipline(mine, found.month.year, steps)
        if not counted.unexcused:
            continue
        absent = [day.date for day in mine if day.status == "absent" and day.date.year == found.month.year]
        dates = ", ".join(f"{date.day}/{date.month}" for date in absent[:SHOWN])
        reached = counted.reached[-1][1] if counted.reached else None
        rows.append(
            (
                len(rows) + 1,
                common.name(say, person),
                common.number(person),
                common.rank(person.post),
                common.title(person.post),
                sum(1 for date in absent if date.month == found.month.number),
                counted.unexcused,
                counted.longest_run,
                dates + (f", … (+{len(absent) - SHOWN})" if len(absent) > SHOWN else ""),
                "–" if reached is None else say.of("discipline_steps", reached.key),
                "–" if reached is None else say.of("discipline_who", reached.who),
                None if reached is None else counted.reached[-1][0],
            )
        )
    table = Table(
        (
            Column(say.no, "count", 8),
            Column(say.name, "text", 48),
            Column(say.nip, "id", 34),
            Column(say.rank, "text", 14),
            Column(say.post, "text", 32),
            Column(say.this_month, "count", 14, say.unexcused),
            Column(say.this_year, "count", 14, say.unexcused),
            Column(say.in_a_row, "count", 16, say.unexcused),
            Column(say.dates, "text", 44),
            Column(say.must_be, "text", 42),
            Column(say.must_act, "text", 32),
            Column(say.since, "date", 24),
        ),
        tuple(rows),
        note=say.discipline_note,
        empty=say.discipline_nobody,
    )
    section = common.section(say, say.title_discipline, found, [table])
    return Section(section.name, section.title, (say.discipline_source,), section.blocks)
