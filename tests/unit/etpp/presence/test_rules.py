"""The day's book: the calendar's rules, held to the golden file of the terminal's screen, and who is absent when."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.books.model import EventTime, PresenceRow, TimeState
from etpp.calendar.model import DayPlan
from etpp.calendar.plan import ONE_DAY, Calendar
from etpp.calendar.rules import WorkCalendar
from etpp.presence.rules import Day, judge_day
from tests.hours import OFFICE, Member, facts_of

GOLDEN = json.loads((Path(__file__).parents[3] / "golden" / "schedule.json").read_text(encoding="utf-8"))
RATES = WorkCalendar(GOLDEN["calendar"])
TUESDAY = dt.date(2026, 11, 24)


def plan_of(day: dt.date, roster: str = "", **change: Any) -> DayPlan:
    facts = facts_of(GOLDEN["calendar"] | change, GOLDEN["rosters"].get(roster))
    calendar = Calendar(facts)
    found = calendar.person_plan(Member(), day) if calendar.decided(OFFICE, day) else calendar.free_day(OFFICE, day)
    assert found is not None
    return found


PLAN = plan_of(TUESDAY)
START, END = PLAN.from_utc, PLAN.until_utc
JAKARTA = ZoneInfo("Asia/Jakarta")
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)


def presence(
    utc: dt.datetime, spread: dt.timedelta = dt.timedelta(), state: TimeState = "trusted", event_id: str = ""
) -> PresenceRow:
    return PresenceRow(
        "person", "device", event_id or utc.isoformat(), EventTime(utc, utc - spread, utc + spread, state)
    )


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["why"])
def test_the_books_say_what_the_screen_said(case: dict[str, Any]) -> None:
    at = dt.datetime.fromisoformat(case["at_utc"])
    before = [dt.datetime.fromisoformat(case["before_utc"])] if case["before_utc"] else []
    local = at.astimezone(JAKARTA).date()
    plans = [plan_of(local + n * ONE_DAY, case.get("roster", "")) for n in (-1, 0, 1)]
    (plan,) = (each for each in plans if each.from_utc <= at < each.until_utc)
    day = judge_day([presence(utc) for utc in (*before, at)], plan, RATES.percents(plan.date), None)
    mark = day.arrival if case["direction"] == "arrival" else day.departure
    assert mark is not None
    assert mark.presence.time.utc == at
    assert (mark.minutes_off, mark.points_percent) == (case["minutes_off"], case["points_percent"])
    assert (plan.work is not None) is case["working_day"]
    if "occasions" in case:
        assert [o.name for o in plan.occasions if o.first_utc <= at < o.until_utc] == case["occasions"]


@given(st.lists(st.integers(0, 24 * 60 - 1), min_size=1, max_size=6))
def test_first_and_last_count_whatever_the_order_of_arrival(minutes: list[int]) -> None:
    rows = [presence(START + m * MINUTE, event_id=str(i)) for i, m in enumerate(minutes)]
    day = judge_day(rows, PLAN, RATES.percents(TUESDAY), None)
    assert day == judge_day(rows[::-1], PLAN, RATES.percents(TUESDAY), None)
    assert day.status == "present"
    if day.arrival is not None:
        assert day.arrival.presence.time.utc == START + min(minutes) * MINUTE
    if day.departure is not None:
        assert day.departure.presence.time.utc == START + max(minutes) * MINUTE
    # A presence gives at least one mark, two give two unless the first was after work.
    assert day.arrival is not None or day.departure is not None


@given(st.integers(-3000, 3000))
def test_absent_only_when_all_have_reported_past_the_end(minutes: int) -> None:
    end = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
    day = judge_day([], PLAN, RATES.percents(TUESDAY), end + minutes * MINUTE)
    assert day == Day("absent" if minutes >= 0 else "not_reported")


def test_nothing_reported_at_all() -> None:
    assert judge_day([], PLAN, RATES.percents(TUESDAY), None).status == "not_reported"


def test_a_day_off_has_no_absentees() -> None:
    assert judge_day([], plan_of(dt.date(2026, 11, 28)), (1.0, 1.0), None).status == "day_off"


@pytest.mark.parametrize(
    ("estimate", "spread", "status"),
    [
        (END + 2 * HOUR, 3 * HOUR, "unclear"),
        (END + 4 * HOUR, 3 * HOUR, "absent"),
        (END + HOUR, HOUR, "absent"),  # it begins with the next day
        (END + HOUR, HOUR + SECOND, "unclear"),
        (START - HOUR, HOUR, "unclear"),  # it ends with this day's first moment
        (START - HOUR, HOUR - SECOND, "absent"),
    ],
)
def test_an_uncertain_time_that_may_lie_in_the_day(estimate: dt.datetime, spread: dt.timedelta, status: str) -> None:
    assert judge_day([presence(estimate, spread, "uncertain")], PLAN, RATES.percents(TUESDAY), END).status == status


@pytest.mark.parametrize(
    ("moment", "status"),
    [(START - SECOND, "absent"), (START, "present"), (END - SECOND, "present"), (END, "absent")],
)
def test_a_day_begins_with_its_first_moment_and_ends_before_the_next(moment: dt.datetime, status: str) -> None:
    assert judge_day([presence(moment)], PLAN, RATES.percents(TUESDAY), END).status == status


def test_the_local_day_is_the_offices() -> None:
    papua = WorkCalendar(GOLDEN["calendar"] | {"timezone": "Asia/Jayapura"})
    moment = dt.datetime(2026, 11, 24, 16, 0, tzinfo=dt.UTC)  # 23.00 WIB, 01.00 WIT
    assert (RATES.day_of(moment), papua.day_of(moment)) == (TUESDAY, dt.date(2026, 11, 25))
    there = plan_of(TUESDAY, timezone="Asia/Jayapura")
    assert judge_day([presence(moment)], there, RATES.percents(TUESDAY), None).status == "not_reported"
