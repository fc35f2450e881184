"""An office's calendar of docs/protocol.md as the dated facts that pay reads. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from etpp.calendar.model import Hours, SpecialDay, WorkPeriod
from etpp.calendar.rules import WEEKDAYS

ONE_DAY = dt.timedelta(days=1)


def periods_of(office_id: str, calendar: Mapping[str, Any]) -> list[WorkPeriod]:
    """The document's periods without overlaps: of several that hold on a day, the last counts. Its occasions are facts
    of their own, which only a decision makes.

    The calendar is one that `rules.check_new` lets through.
    """
    read = [
        (dt.date.fromisoformat(p["first"]), None if p["last"] is None else dt.date.fromisoformat(p["last"]), _hours(p))
        for p in calendar["periods"]
    ]
    starts = sorted({first for first, _, _ in read} | {last + ONE_DAY for _, last, _ in read if last is not None})
    found = []
    for place, start in enumerate(starts):
        following = starts[place + 1] if place + 1 < len(starts) else None
        holding = [days for first, last, days in read if first <= start and (last is None or start <= last)]
        if holding:
            last = None if following is None else following - ONE_DAY
            found.append(WorkPeriod(f"{office_id}:{start}", office_id, start, last, holding[-1]))
    return found


def holidays_of(office_id: str, calendar: Mapping[str, Any], decided_utc: dt.datetime) -> list[SpecialDay]:
    days = sorted({dt.date.fromisoformat(day) for day in calendar["holidays"]})
    return [SpecialDay(f"{office_id}:{day}", office_id, day, None, "", decided_utc) for day in days]


def _hours(period: Mapping[str, Any]) -> dict[int, Hours]:
    found = {}
    for name, span in (*period["days"].items(), *period.get("nights", {}).items()):
        late, early = period.get("grace", {}).get(name, (0, 0))
        flexible, times = period.get("flexible", {}).get(name), _times(span)
        if flexible is None:
            found[WEEKDAYS.index(name)] = Hours(*times, grace_late_minutes=late, grace_early_minutes=early)
        else:
            whole, pause = _times(flexible["hours"]), flexible.get("break_minutes", 0)
            found[WEEKDAYS.index(name)] = Hours(*whole, pause, late, early, times, flexible["need_minutes"])
    return found


def _times(span: Sequence[str]) -> tuple[dt.time, dt.time]:
    return dt.time.fromisoformat(span[0]), dt.time.fromisoformat(span[1])
