"""Who serves at an office on which days, as a question inside of others: its lists show what concerns it, and no more.

`ever_assigned` is for reckoning, which needs whatever a person brought along. A list is read by people: what the next
office does about somebody, the office that they have left does not learn.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from etpp.db import Transaction, pay_tables
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import ASSIGNMENTS

Day = sa.ColumnElement[dt.date]

_MINUTE = dt.timedelta(minutes=1)


def serving(office_id: str, person: sa.ColumnElement[str], first: Day, last: Day) -> sa.ColumnElement[bool]:
    """Whether a person serves at the office on one of the days from `first` to `last`, as the roster is now."""
    assigned = pay_tables.assignments
    held = sa.select(assigned.c.fact_no).where(
        assigned.c.office_id == office_id,
        assigned.c.person_id == person,
        assigned.c.first <= last,
        sa.or_(assigned.c.last.is_(None), assigned.c.last >= first),
        *ASSIGNMENTS.counting(),
    )
    return held.correlate_except(assigned).exists()


def local_days(
    tx: Transaction, first: sa.ColumnElement[dt.datetime], until: sa.ColumnElement[dt.datetime], zone: ZoneInfo | None
) -> tuple[Day, Day]:
    """The local days that a time from `first` up to `until` begins and ends on. `zone`: the office's (None: the
    regency's); by its distance from UTC, which in Indonesia is the same all year."""
    offset = dt.datetime(2026, 1, 1, tzinfo=zone or ZoneInfo(REGENCY_ZONE)).utcoffset() or dt.timedelta()

    def day(moment: sa.ColumnElement[dt.datetime], after: dt.timedelta) -> Day:
        if tx.dialect.name == "sqlite":
            return sa.func.date(moment, f"{after // _MINUTE:+d} minutes", type_=sa.Date())
        return sa.cast(sa.func.timezone("UTC", moment, type_=sa.DateTime()) + after, sa.Date())

    return day(first, offset), day(until, offset - _MINUTE)
