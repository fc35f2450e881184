"""Whom a change of the calendar reaches: people who serve at the offices, and months that were closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from etpp.allowance.store import Closings
from etpp.db import Transaction
from etpp.roster.store import Offices, Roster


class Reach:
    """What the calendar's pages are handed (`calendar.views.Reach`)."""

    def offices(self, tx: Transaction) -> Mapping[str, str]:
        return {each.office_id: each.name for each in Offices(tx).all()}

    def people(self, tx: Transaction, offices: Sequence[str], first: dt.date, last: dt.date) -> int:
        wanted = set(offices)
        return len({post.person_id for post in Roster(tx).assignments(first, last) if post.office_id in wanted})

    def closed(self, tx: Transaction, offices: Sequence[str], first: dt.date, last: dt.date) -> list[dt.date]:
        wanted = set(offices)
        found = {month.first for office, month in Closings(tx).months() if office in wanted}
        return sorted(each for each in found if first.replace(day=1) <= each <= last)
