"""A month in service: which days are somebody's, by whose hours, and which weeks and letters belong to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from etpp.absence.catalogue import read_catalogue
from etpp.allowance.facts import MonthFacts
from etpp.allowance.model import Month
from etpp.allowance.service import Service, serve
from etpp.calendar.model import Hours, WorkPeriod
from etpp.presence.model import ManualEntry, OfficeReports, Punch
from etpp.roster.assignments import Assignment, Career
from tests.unit.etpp.absence.letters import decision, letter
from tests.unit.etpp.allowance.months import (
    BANDS,
    DISCIPLINE,
    LONG_AGO,
    OCTOBER,
    assignment,
    duty,
    made,
    october,
    punches,
    regency,
)
from tests.unit.etpp.calendar.calendars import FLEXIBLE, NIGHT, REGENCY_HOURS, local
from tests.unit.etpp.presence.presences import correction

NOVEMBER = Month(2026, 11)
ONE = dt.timedelta(days=1)
FLEXIBLE_HOURS = replace(REGENCY_HOURS, days=dict.fromkeys(range(5), FLEXIBLE))
SIX_DAYS = WorkPeriod("six", "puskesmas", LONG_AGO, None, {day: Hours(dt.time(7), dt.time(13)) for day in range(6)})
WHOLE, SHORT = ("07:30", "16:00"), ("09:00", "16:00")


def day(number: int) -> dt.date:
    return dt.date(2026, 10, number)


def served(facts: MonthFacts, policy: Any = BANDS) -> Service:
    found = serve(facts, policy)
    assert found is not None
    return found


def flexible(
    month: Month,
    short: dict[str, tuple[str, str]],
    places: tuple[Assignment, ...] = (),
    until: str = "2026-12-20 00:00",
) -> Service:
    return served(flexible_facts(month, short, places, until))


def flexible_facts(
    month: Month,
    short: dict[str, tuple[str, str]],
    places: tuple[Assignment, ...] = (),
    until: str = "2026-12-20 00:00",
) -> MonthFacts:
    """Every working day about the month 7 h 30 long, but for those that are named."""
    shared = regency(periods=(FLEXIBLE_HOURS,))
    reports = {"kominfo": OfficeReports("kominfo", LONG_AGO, local(until))}
    dates = [month.first + n * ONE for n in range(-7, 38)]
    times = {date: short.get(date.isoformat(), WHOLE) for date in dates if date.weekday() < 5}
    career = Career("ani", places or [assignment()])
    return MonthFacts(month, career, replace(shared, reports=reports), punches(times))


@pytest.mark.parametrize(
    ("month", "short", "faults"),
    [
        (OCTOBER, "2026-09-25", []),  # the week before
        (OCTOBER, "2026-09-29", [("2026-10-02", 90)]),  # its week ends on Sunday 4 October, and so does its fault
        (OCTOBER, "2026-10-01", [("2026-10-02", 90)]),
        (OCTOBER, "2026-10-23", [("2026-10-23", 90)]),
        (OCTOBER, "2026-10-27", []),  # its week ends on Sunday 1 November
        (NOVEMBER, "2026-10-27", [("2026-10-30", 90)]),  # and is November's, which begins on that Sunday
        (NOVEMBER, "2026-10-23", []),
        (NOVEMBER, "2026-11-27", [("2026-11-27", 90)]),
        (NOVEMBER, "2026-11-30", []),
        (Month(2026, 5), "2026-05-27", [("2026-05-29", 90)]),  # May ends on a Sunday
        (Month(2026, 6), "2026-05-27", []),
    ],
)
def test_a_short_week_belongs_to_the_month_of_its_sunday(
    month: Month, short: str, faults: list[tuple[str, int]]
) -> None:
    found = flexible(month, {short: ("09:00", "16:00")})
    assert [(str(f.date), f.minutes) for f in found.faults if f.kind == "short_week"] == faults
    assert [each.date for each in found.days] == list(month.dates())


@pytest.mark.parametrize(
    ("month", "date", "counts"),
    [
        (OCTOBER, "2026-09-29", True),  # its week ends on Sunday 4 October: September may be closed despite it
        (OCTOBER, "2026-09-25", False),
        (NOVEMBER, "2026-10-27", True),
        (Month(2026, 6), "2026-05-29", False),  # May ends on a Sunday
    ],
)
def test_a_month_is_open_for_the_days_of_its_first_week_that_lie_in_the_month_before(
    month: Month, date: str, counts: bool
) -> None:
    """What is decided of them makes a short week of this month's or none."""
    late, about = local(f"{date} 09:00"), dt.date.fromisoformat(date)
    asked = correction(date=about, at_utc=local(f"{date} 07:30"), proposed_utc=local(f"{about + ONE} 08:00"))
    doubtful = Punch("x", late, local(f"{date} 08:50"), local(f"{date} 09:10"), uncertain=True, office_id="kominfo")
    changes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"corrections": (asked,)}, f"correction:{asked.correction_id}"),
        ({"punches": (doubtful, *punches({about: ["16:00"]}))}, "review:x"),
    )
    for changed, named in changes:
        facts = flexible_facts(month, {date: SHORT})
        others = tuple(each for each in facts.punches if not each.event_id.startswith(date))
        if "punches" in changed:
            changed["punches"] = (*others, *changed["punches"])
        found = served(replace(facts, **changed))
        assert (named in found.open) is counts
        # Of somebody whose week is not summed, though another office's are.
        elsewhere = replace(FLEXIBLE_HOURS, period_id="flexible", scope="puskesmas")
        fixed = replace(facts.regency, calendar=regency(periods=(REGENCY_HOURS, elsewhere)).calendar)
        assert named not in served(replace(facts, regency=fixed, **changed)).open


def test_a_week_of_another_month_is_held_against_nobody_who_was_not_paid_for_it() -> None:
    short = {"2026-10-27": ("09:00", "16:00")}
    before = assignment(assignment_id="a0", last=dt.date(2026, 10, 31), entitled=False)
    since = assignment(first=dt.date(2026, 11, 1))
    assert flexible(NOVEMBER, short, (before, since)).faults == ()
    assert flexible(NOVEMBER, short, (since,)).faults == ()


@pytest.mark.parametrize("number", [1, 30])
def test_the_months_first_and_last_working_day_are_judged(number: int) -> None:
    found = served(october({f"{number:02}": ["08:00", "16:40"]}))
    assert [(fault.kind, fault.date) for fault in found.faults] == [("late", day(number))]


def test_days_before_joining_and_after_leaving_are_reckoned_by_the_nearest_office() -> None:
    """1 and 2 October by kominfo's five days; the Saturday between, and 26 to 31 October, by the six of puskesmas."""
    places = [
        assignment(first=day(5), last=day(16)),
        assignment(assignment_id="a2", office_id="puskesmas", first=day(19), last=day(24)),
    ]
    found = served(october(assignments=places, shared=regency(periods=(REGENCY_HOURS, SIX_DAYS))))
    assert found.working_days == 2 + 10 + 1 + 6 + 6
    assert len(found.entitled) == 10 + 6


def test_who_has_no_right_to_the_allowance_all_month_is_paid_nothing() -> None:
    facts = october(assignments=[assignment(entitled=False)])
    assert served(facts).segments == ()
    assert (made(facts, BANDS).working_days, made(facts, BANDS).gross) == (22, 0)


@pytest.mark.parametrize(
    ("joined", "fault"), [(LONG_AGO, []), (day(1), []), (day(2), [])], ids=["stays", "joins on the 1st", "on the 2nd"]
)
def test_joining_does_not_change_how_a_day_is_judged(joined: dt.date, fault: list[str]) -> None:
    assert [each.kind for each in served(october(assignments=[assignment(first=joined)])).faults] == fault


def test_a_night_in_the_office_before_ends_on_the_months_first_day() -> None:
    """Its departure at five past seven is not the next office's arrival: the line lies at a quarter past."""
    nights = WorkPeriod("nights", "dinkes", LONG_AGO, None, dict.fromkeys(range(7), NIGHT))
    shared = regency(periods=(REGENCY_HOURS, nights))
    places = [assignment(assignment_id="a0", office_id="dinkes", last=dt.date(2026, 9, 30)), assignment(first=day(1))]
    times = {day(1): ["07:05", "16:40"]}
    for moved, kinds in ((places, ["missing_arrival"]), ([assignment()], [])):
        facts = MonthFacts(OCTOBER, Career("ani", moved), shared, punches(times))
        assert [f.kind for f in served(facts).faults if f.date == day(1)] == kinds


def test_an_early_shift_in_the_office_after_begins_on_the_months_last_evening() -> None:
    dawn = Hours(dt.time(0), dt.time(8))
    shared = regency(
        periods=(REGENCY_HOURS, WorkPeriod("dawn", "dinkes", LONG_AGO, None, dict.fromkeys(range(7), dawn)))
    )
    after = assignment(assignment_id="a2", office_id="dinkes", first=dt.date(2026, 11, 1))
    times = {day(31): ["23:00"]}
    for moved, seen in (([assignment(last=day(31)), after], False), ([assignment()], True)):
        facts = MonthFacts(OCTOBER, Career("ani", moved), shared, punches(times))
        assert (served(facts).days[-1].arrival is not None) is seen


MOVED = [assignment(last=day(18)), assignment(assignment_id="a2", office_id="puskesmas", first=day(19))]


def test_the_last_offices_clock_says_on_which_day_a_letter_begins() -> None:
    """22:30 in Jakarta is half past midnight in Jayapura, on the first day of the kind."""
    kinds = read_catalogue(
        '[[kind]]\nid = "dinas-luar"\nname = "Dinas"\nfirst = 2026-10-06\nexcuses = ["late"]\nmay_enter = true\n'
    )
    shared = replace(regency(timezones={"puskesmas": "Asia/Jayapura"}), kinds=kinds)
    letter = duty("05 22:30", "06 16:00")
    assert [e.letter_id for e in served(october(letters=[letter], assignments=MOVED, shared=shared)).excuses] == ["L"]
    assert served(october(letters=[letter], assignments=MOVED[:1], shared=shared)).excuses == ()


def test_the_working_days_of_the_days_own_office_say_until_when_a_correction_can_be_proposed() -> None:
    """Five working days after Monday 5 October: the Saturday where there are six in a week, else the next Monday. Who
    moves to such an office afterwards loses nothing that was in time."""
    shared = regency(periods=(REGENCY_HOURS, SIX_DAYS))
    asked = correction(date=day(5), proposed_utc=local("2026-10-12 08:00"))
    six = [assignment(office_id="puskesmas", last=day(5)), assignment(assignment_id="a2", first=day(6))]
    for places, open_ in ((MOVED, ("correction:c",)), (MOVED[:1], ("correction:c",)), (six, ())):
        facts = october(assignments=places, shared=shared, corrections=(asked,))
        assert served(facts, DISCIPLINE).open == open_


SICK_UNTIL_THE_FIFTH = duty("01 00:00", "06 00:00", "cuti-sakit", "approved")


@pytest.mark.parametrize(
    ("first", "until", "kind", "waits"),
    [
        ("2026-10-05 07:30", "2026-10-05 09:00", "izin-terlambat", True),  # a morning of the month
        ("2026-10-30 15:00", "2026-11-02 00:00", "dinas-luar", True),  # over its end
        ("2027-06-01 07:30", "2027-06-01 09:30", "izin-terlambat", False),  # filed long ahead
        ("2026-11-01 00:00", "2026-11-02 00:00", "cuti-tahunan", False),  # from its end on
        ("2026-10-31 23:59", "2026-11-02 00:00", "cuti-tahunan", True),  # from the minute before
        ("2026-09-14 00:00", "2026-10-01 00:00", "cuti-tahunan", False),  # until its beginning, paid alike every day
        ("2026-09-14 00:00", "2026-10-01 00:00", "cuti-sakit", True),  # what is paid falls on an absence's 12th day
        ("2026-09-14 00:00", "2026-09-30 00:00", "cuti-sakit", False),  # a day between the two: another absence
        ("2025-03-01 00:00", "2025-03-03 00:00", "izin-terlambat", False),  # forgotten long ago
    ],
)
def test_a_letter_keeps_open_what_it_could_change(first: str, until: str, kind: str, waits: bool) -> None:
    """Ani is sick from the 1st to the 5th by a letter that is approved."""
    asked = letter(first, until, kind, "L")
    decided = decision("approved")
    found = served(october(letters=[SICK_UNTIL_THE_FIFTH, asked], letter_decisions=(decided,)))
    assert found.open == (("letter:L",) if waits else ())


def test_a_letter_for_the_morning_after_keeps_a_last_night_open() -> None:
    nights = WorkPeriod("nights", "kominfo", LONG_AGO, None, dict.fromkeys(range(7), NIGHT))
    shared = regency(periods=(nights,))
    for until, waits in (("2026-11-01 06:00", True), ("2026-11-01 23:00", True)):
        asked = letter("2026-11-01 05:00", until, "izin-pulang", "L")
        facts = MonthFacts(OCTOBER, Career("ani", [assignment()]), shared, letters=(asked,))
        assert ("letter:L" in served(facts).open) is waits
    later = letter("2026-11-01 08:00", "2026-11-01 23:00", "izin-pulang", "L")
    assert "letter:L" not in served(MonthFacts(OCTOBER, Career("ani", [assignment()]), shared, letters=(later,))).open


@pytest.mark.parametrize(
    ("at", "entered", "by", "confirmed", "waits"),
    [
        ("2026-10-05 07:25", "2026-10-05 18:00", "tu", None, True),  # nobody has confirmed it
        ("2026-10-05 07:25", "2026-10-05 18:00", "tu", "boss", False),  # it counts
        ("2026-10-05 07:25", "2026-10-05 18:00", "ani", None, False),  # her own: nobody's word would make it count
        ("2026-10-05 18:01", "2026-10-05 18:00", "tu", None, False),  # written ahead of its time: likewise
        ("2026-11-02 07:25", "2026-11-02 18:00", "tu", None, False),  # of the next month
    ],
)
def test_a_manual_entry_keeps_open_what_it_could_change(
    at: str, entered: str, by: str, confirmed: str | None, waits: bool
) -> None:
    entry = ManualEntry("m", "ani", local(at), "kominfo", "rusak", by, local(entered), confirmed)
    assert served(october(manual_entries=(entry,))).open == (("manual:m",) if waits else ())


@pytest.mark.parametrize(
    ("at", "about_h", "waits"),
    [
        ("2026-10-05 07:25", 0, True),  # it would be the day's arrival
        ("2026-10-31 23:59", 0, True),  # the last moment of the month
        ("2026-11-01 00:00", 0, False),  # of the next month
        ("2026-09-30 23:59", 0, False),  # of the month before
        ("2026-11-01 01:00", 2, True),  # nobody knows: it may have been in October
        ("2026-11-02 01:00", 2, False),  # whenever it was, not in October
    ],
)
def test_a_presence_whose_face_waits_keeps_its_month_open_and_counts_for_nothing(
    at: str, about_h: int, waits: bool
) -> None:
    utc, about = local(at), dt.timedelta(hours=about_h)
    held = Punch("p", utc, utc - about, utc + about, bool(about_h), "kominfo")
    found, without = served(october(held=(held,))), served(october())
    assert found.open == (("face:p",) if waits else ())
    assert (found.days, found.faults) == (without.days, without.faults)


def test_a_letter_leaves_the_month_open_while_it_is_mine_and_undecided() -> None:
    mine = duty("05 07:30", "05 09:00")
    others = replace(mine, letter_id="other", person_ids=("budi",))
    assert served(october(letters=[mine])).open == ()
    assert served(october(letters=[others], letter_decisions=())).open == ()
    assert served(october(letters=[mine, others], letter_decisions=())).open == ("letter:L",)
