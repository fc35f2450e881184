"""A day judged: minutes, what is missing, letters, corrections, doubt, and what the terminals have not said yet."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.absence.rules import Cover
from etpp.calendar.model import DayPlan, Occasion
from etpp.calendar.plan import Calendar, day_plan
from etpp.presence.decided import DayCorrections
from etpp.presence.judge import judge_day, judge_days, short_weeks, whole_minutes
from etpp.presence.model import Correction, JudgedDay, OfficeReports, Punch
from tests.unit.etpp.absence.letters import excuse
from tests.unit.etpp.calendar.calendars import (
    FLEXIBLE,
    NIGHT,
    REGENCY_HOURS,
    USUAL,
    Member,
    calendar_facts,
    local,
)
from tests.unit.etpp.presence.presences import TUESDAY, correction, punch

ANI = Member()
NEXT_DAY = local("2026-11-25 00:00")
NEXT_MONTH = local("2026-12-01 00:00")
APEL = Occasion("apel", None, "Apel", dt.date(2026, 1, 1), None, (dt.time(7, 15), dt.time(7, 45)))
NOON = Occasion("noon", None, "Absen siang", dt.date(2026, 1, 1), None, (dt.time(12), dt.time(13)))


def plan(date: dt.date = TUESDAY, **facts: Any) -> DayPlan:
    found = day_plan(Calendar(calendar_facts(**facts)), ANI, date)
    assert found is not None
    return found


PLAN = plan()
GRACE = plan(periods=(replace(REGENCY_HOURS, days={1: replace(USUAL, grace_late_minutes=15, grace_early_minutes=5)}),))
FLEX = plan(periods=(replace(REGENCY_HOURS, days=dict.fromkeys(range(5), FLEXIBLE)),))
SATURDAY = plan(dt.date(2026, 11, 28))


def judged(
    *punches: Punch,
    on: DayPlan = PLAN,
    letters: Any = (),
    corrections: Any = (),
    reported: dt.datetime | None = NEXT_DAY,
    touching: Any = (),
) -> JudgedDay:
    in_force: DayCorrections = {(each.part, each.occasion_id): each for each in corrections}
    return judge_day(on, sorted(punches, key=lambda p: p.utc), Cover(letters), in_force, reported, touching)


def faults(day: JudgedDay) -> list[tuple[str, int]]:
    return [(fault.kind, fault.minutes) for fault in day.faults]


@pytest.mark.parametrize(
    ("times", "on", "expected"),
    [
        (["07:20", "16:05"], PLAN, []),  # in time
        (["07:30", "16:00"], PLAN, []),  # to the minute
        (["07:30:59", "16:00"], PLAN, []),  # seconds do not count
        (["07:31", "16:00"], PLAN, [("late", 1)]),
        (["07:30", "15:59:30"], PLAN, []),  # half a minute early is no minute
        (["07:30", "15:59"], PLAN, [("early", 1)]),
        (["09:00", "12:00"], PLAN, [("late", 90), ("early", 240)]),
        (["07:20", "08:00", "12:00", "16:10"], PLAN, []),  # first and last count
        (["07:20"], PLAN, [("missing_departure", 0)]),  # a forgotten departure
        (["09:00"], PLAN, [("late", 90), ("missing_departure", 0)]),
        (["16:00"], PLAN, [("missing_arrival", 0)]),  # after work: a departure without an arrival
        (["15:59"], PLAN, [("late", 509), ("missing_departure", 0)]),  # a minute before its end: an arrival
        (["16:00", "18:00"], PLAN, [("missing_arrival", 0)]),
        ([], PLAN, [("absent", 0)]),
        (["07:45", "15:55"], GRACE, []),  # the last minute of grace
        (["07:46", "15:54"], GRACE, [("late", 16), ("early", 6)]),  # one more, and all of them count
        (["09:00", "15:00"], FLEX, []),  # the core
        (["09:01", "14:58"], FLEX, [("late", 1), ("early", 2)]),
        ([], SATURDAY, []),  # nobody is absent on a day off
        (["09:00"], SATURDAY, []),  # nor late
    ],
)
def test_faults_of_a_day(times: list[str], on: DayPlan, expected: list[tuple[str, int]]) -> None:
    punches = [punch(f"{on.date} {time}") for time in times]
    assert faults(judged(*punches, on=on)) == expected


def test_nothing_carries_over_from_arrival_to_departure() -> None:
    """A public program kept the minutes of arrival in a variable that departure and apel read again."""
    on = plan(occasions=(NOON,))
    day = judged(punch("09:00"), punch("12:30"), punch("16:30"), on=on)
    assert faults(day) == [("late", 90)]
    assert day.departure is not None
    assert day.departure.because == "event:2026-11-24 16:30"


def test_a_fault_names_what_it_follows_from() -> None:
    day = judged(
        punch("07:40", "e1"),
        punch("15:00", "e2"),
        letters=[excuse("2026-11-24 07:30", "2026-11-24 07:35", letter_id="L")],
    )
    assert [fault.because for fault in day.faults] == [("event:e1", "letter:L"), ("event:e2",)]
    assert [fault.because for fault in judged().faults] == [("calendar:hours",)]


WHOLE = ("2026-11-24 07:30", "2026-11-24 16:00")
MORNING = ("2026-11-24 07:30", "2026-11-24 12:00")
AFTERNOON = ("2026-11-24 12:00", "2026-11-24 16:00")
MIDDAY = ("2026-11-24 10:00", "2026-11-24 12:00")


@pytest.mark.parametrize(
    ("times", "spans", "kind", "expected", "status"),
    [
        ([], [WHOLE], "cuti-tahunan", [], "excused"),  # leave
        ([], [MORNING, AFTERNOON], "dinas-luar", [], "excused"),  # two letters make a day
        ([], [MORNING], "dinas-luar", [("missing_departure", 0)], "excused"),  # back at noon, and nobody saw it
        ([], [AFTERNOON], "dinas-luar", [("missing_arrival", 0)], "excused"),
        ([], [MIDDAY], "dinas-luar", [("absent", 0)], "absent"),  # in the middle of a day of absence
        ([], [WHOLE], "izin-terlambat", [("absent", 0)], "absent"),  # a permit to come late is no leave
        (["09:00", "16:00"], [MORNING], "dinas-luar", [], "present"),  # the letter covers the moment
        (["12:00", "16:00"], [MORNING], "dinas-luar", [], "present"),  # to its last minute
        (["12:20", "16:00"], [MORNING], "dinas-luar", [("late", 20)], "present"),  # what it does not cover counts
        (["09:00", "16:00"], [("2026-11-24 07:30", "2026-11-24 08:59")], "dinas-luar", [("late", 1)], "present"),
        (["09:00", "16:00"], [MORNING], "izin-terlambat", [], "present"),
        (["09:00", "16:00"], [MORNING], "izin-pulang", [("late", 90)], "present"),  # the wrong permit
        (["07:20", "13:00"], [AFTERNOON], "dinas-luar", [], "present"),
        (["07:20", "11:40"], [AFTERNOON], "dinas-luar", [("early", 20)], "present"),
        (["07:20"], [AFTERNOON], "dinas-luar", [], "present"),  # gone on duty, not back before the end
        (["07:20"], [MORNING], "dinas-luar", [("missing_departure", 0)], "present"),
        (["16:05"], [MORNING], "dinas-luar", [], "present"),  # straight to duty in the morning
        (["16:05"], [AFTERNOON], "dinas-luar", [("missing_arrival", 0)], "present"),
        (["16:05"], [("2026-11-24 07:30", "2026-11-24 07:31")], "dinas-luar", [], "present"),  # the minute itself
        (["07:20"], [("2026-11-24 15:59", "2026-11-24 16:00")], "dinas-luar", [], "present"),
    ],
)
def test_what_letters_excuse(
    times: list[str], spans: list[tuple[str, str]], kind: str, expected: list[tuple[str, int]], status: str
) -> None:
    letters = [excuse(first, until, kind) for first, until in spans]
    day = judged(*map(punch, times), letters=letters)
    assert (faults(day), day.status) == (expected, status)


@pytest.mark.parametrize(
    ("spans", "on", "kind"),
    [
        ([WHOLE], PLAN, "dinas-luar"),
        ([MORNING, AFTERNOON], PLAN, "dinas-luar"),
        ([MORNING], PLAN, None),
        ([], PLAN, None),
        ([("2026-11-28 00:00", "2026-11-29 00:00")], SATURDAY, None),  # there is no work that it covers
    ],
)
def test_the_kind_of_letter_that_covers_a_day_is_known(
    spans: list[tuple[str, str]], on: DayPlan, kind: str | None
) -> None:
    whole_day = judged(on=on, letters=[excuse(*span) for span in spans], reported=NEXT_MONTH).whole_day
    assert (None if whole_day is None else whole_day[0].kind_id) == kind


def test_a_letter_excuses_an_occasion_that_ends_when_work_begins() -> None:
    on = plan(occasions=(replace(APEL, window=(dt.time(7), dt.time(7, 30))),))
    punches = [punch("07:30"), punch("16:00")]
    assert faults(judged(*punches, on=on, letters=[excuse("2026-11-24 07:00", "2026-11-24 07:30")])) == []
    assert faults(judged(*punches, on=on, letters=[excuse("2026-11-24 07:30", "2026-11-24 16:00")])) == [
        ("occasion", 0)
    ]


@pytest.mark.parametrize(
    ("times", "on", "spans", "excused"),
    [
        (["07:45", "15:55"], GRACE, [], []),  # within the grace there is nothing to excuse
        (["07:30:59", "15:59:30"], PLAN, [], []),
        ([], PLAN, [], []),
        ([], PLAN, [MORNING], ["absent"]),
        ([], PLAN, [AFTERNOON], ["absent"]),
        ([], PLAN, [MORNING, AFTERNOON], ["absent"]),
        (["09:00", "15:00"], PLAN, [WHOLE], ["late", "early"]),
    ],
)
def test_what_letters_were_needed_for(
    times: list[str], on: DayPlan, spans: list[tuple[str, str]], excused: list[str]
) -> None:
    day = judged(*map(punch, times), on=on, letters=[excuse(*span) for span in spans])
    assert [each.kind for each in day.excused] == excused


def test_grace_counts_from_where_the_letter_ends() -> None:
    letters = [excuse("2026-11-24 07:30", "2026-11-24 09:00")]
    assert faults(judged(punch("09:15"), punch("16:00"), on=GRACE, letters=letters)) == []
    assert faults(judged(punch("09:16"), punch("16:00"), on=GRACE, letters=letters)) == [("late", 16)]


def test_what_was_excused_is_told() -> None:
    day = judged(punch("09:00"), punch("16:00"), letters=[excuse(*MORNING, letter_id="L")])
    assert [(each.kind, each.because) for each in day.excused] == [("late", ("event:2026-11-24 09:00", "letter:L"))]


@pytest.mark.parametrize(
    ("times", "spans", "missed"),
    [
        (["07:15", "16:00"], [], False),  # at its beginning
        (["07:44:59", "16:00"], [], False),
        (["07:14:59", "16:00"], [], True),  # before it
        (["07:45", "16:00"], [], True),  # after it
        (["07:10", "07:20", "16:00"], [], False),  # neither first nor last
        (["07:50", "16:00"], [("2026-11-24 07:15", "2026-11-24 07:45")], False),  # a letter for all of it
        (["07:50", "16:00"], [("2026-11-24 07:15", "2026-11-24 07:44")], True),  # a minute short
        (["07:50", "16:00"], [WHOLE], False),  # a letter for the hours of work, which begin within it
        (["07:50"], [], True),  # of whom only the arrival was seen
        (["16:05"], [], True),
        ([], [], False),  # who is absent is absent, and not missing from the apel besides
        ([], [WHOLE], False),
    ],
)
def test_an_occasion_is_missed(times: list[str], spans: list[tuple[str, str]], missed: bool) -> None:
    letters = [excuse(first, until) for first, until in spans]
    day = judged(*map(punch, times), on=plan(occasions=(APEL,)), letters=letters)
    assert (("occasion", 0) in faults(day)) is missed


def test_an_occasion_on_a_day_off_is_missed_by_whoever_is_not_seen() -> None:
    on = plan(dt.date(2026, 11, 28), occasions=(replace(APEL, on_days_off=True),))
    day = judged(on=on, reported=local("2026-11-29 00:00"))
    assert (faults(day), day.status) == ([("occasion", 0)], "day_off")
    assert faults(judged(punch("2026-11-28 07:20"), on=on)) == []


@pytest.mark.parametrize(
    ("times", "reported", "expected", "status", "waiting"),
    [
        ([], None, [], "not_reported", True),  # a terminal has never reported
        ([], "2026-11-24 23:59", [], "not_reported", True),  # it may still hold a presence of this day
        ([], "2026-11-25 00:00", [("absent", 0)], "absent", False),
        (["07:20"], "2026-11-24 15:00", [], "present", True),  # the departure may come
        (["07:20"], "2026-11-25 00:00", [("missing_departure", 0)], "present", False),
        (["09:00", "16:05"], "2026-11-24 08:00", [], "present", True),  # an earlier arrival may come
        (["09:00", "16:05"], "2026-11-24 09:00", [("late", 90)], "present", False),
        (["07:20", "15:00"], "2026-11-24 16:00", [], "present", True),  # a later departure may come
        (["07:20", "16:05"], None, [], "present", False),  # nothing more is asked for
        (["16:05"], "2026-11-24 17:00", [], "present", True),  # the arrival may come
    ],
)
def test_nobody_is_blamed_before_the_terminals_have_reported(
    times: list[str], reported: str | None, expected: list[tuple[str, int]], status: str, waiting: bool
) -> None:
    day = judged(*map(punch, times), reported=None if reported is None else local(reported))
    assert (faults(day), day.status, day.waiting) == (expected, status, waiting)


def test_an_occasion_waits_for_the_terminals_too() -> None:
    on = plan(occasions=(APEL,))
    assert judged(punch("07:10"), punch("16:00"), on=on, reported=local("2026-11-24 07:44")).waiting
    assert faults(judged(punch("07:10"), punch("16:00"), on=on, reported=local("2026-11-24 07:45"))) == [
        ("occasion", 0)
    ]


@pytest.mark.parametrize(
    ("punches", "expected", "review"),
    [
        # half past seven lies in the interval: doubt is for the person, and somebody must decide
        ([punch("08:00", "e", plus_minus=45), punch("16:00")], [], ("e",)),
        # late at the best: by the fewest minutes
        ([punch("08:00", "e", plus_minus=10), punch("16:00")], [("late", 20)], ("e",)),
        ([punch("07:20"), punch("15:30", "e", plus_minus=10)], [("early", 20)], ("e",)),
        ([punch("07:20"), punch("15:30", "e", plus_minus=30)], [], ("e",)),
        # one between arrival and departure may be either of them
        ([punch("07:20"), punch("12:00", "e", plus_minus=300), punch("16:00")], [], ("e",)),
    ],
)
def test_uncertain_times_go_to_review(punches: list[Punch], expected: list[Any], review: tuple[str, ...]) -> None:
    day = judged(*punches)
    assert (faults(day), day.review) == (expected, review)


def test_an_uncertain_presence_may_have_been_at_the_apel() -> None:
    on = plan(occasions=(APEL,))
    assert faults(judged(punch("07:10", plus_minus=5), punch("16:00"), on=on)) == []
    assert faults(judged(punch("07:10", plus_minus=4), punch("16:00"), on=on)) == [("occasion", 0)]
    assert ("occasion", 0) in faults(
        judged(punch("07:50", plus_minus=5), punch("16:00"), on=on)
    )  # over at a quarter to
    assert ("occasion", 0) not in faults(judged(punch("07:50", plus_minus=6), punch("16:00"), on=on))


def test_a_presence_that_may_lie_in_the_day_makes_it_unclear_instead_of_absent() -> None:
    near = punch("2026-11-25 02:00", "e", plus_minus=180)
    day = judged(touching=[near])
    assert (day.status, day.waiting, day.review, faults(day)) == ("unclear", True, ("e",), [])


@pytest.mark.parametrize(
    ("times", "corrections", "expected"),
    [
        (["09:00", "16:00"], [correction("arrival")], []),  # he was in time
        (["09:00", "16:00"], [correction("arrival", "07:40")], [("late", 10)]),  # he was there at twenty to eight
        (["07:20"], [correction("departure")], []),  # a forgotten departure
        (["07:20"], [correction("departure", "15:00")], [("early", 60)]),
        ([], [correction("arrival")], [("missing_departure", 0)]),  # one of the two
        ([], [correction("arrival"), correction("departure")], []),
        ([], [correction("day")], []),  # the whole day
        (["09:00", "12:00"], [correction("day")], []),
        (["16:05"], [correction("arrival", "07:30")], []),
    ],
)
def test_corrections(times: list[str], corrections: list[Correction], expected: list[tuple[str, int]]) -> None:
    day = judged(*map(punch, times), corrections=corrections)
    assert (faults(day), day.status) == (expected, "present")


def test_a_correction_gives_nobody_work_on_a_day_off() -> None:
    day = judged(on=SATURDAY, corrections=[correction("arrival"), correction("departure")])
    assert (day.status, day.arrival, day.departure, faults(day)) == ("day_off", None, None, [])


def test_a_correction_of_an_occasion() -> None:
    on = plan(occasions=(APEL,))
    attended = correction("occasion", occasion_id="apel")
    assert faults(judged(punch("07:10"), punch("16:00"), on=on, corrections=[attended])) == []
    other = correction("occasion", occasion_id="other")
    assert faults(judged(punch("07:10"), punch("16:00"), on=on, corrections=[other])) == [("occasion", 0)]
    assert faults(judged(on=on, corrections=[correction("day")])) == []


def test_a_correction_does_not_wait_for_terminals() -> None:
    marks = [correction("arrival", "08:00"), correction("departure", "15:00")]
    day = judged(corrections=marks, reported=None)
    assert (faults(day), day.waiting) == ([("late", 30), ("early", 60)], False)
    assert [fault.because for fault in day.faults] == [("correction:c",), ("correction:c",)]


def test_manual_entries_and_other_offices_are_named() -> None:
    by_hand = replace(punch("07:20", "m"), manual=True)
    day = judged(by_hand, punch("12:00", "x", office_id=None), punch("16:00", "y", office_id="dinkes"))
    assert day.manual == ("m",)
    assert day.elsewhere == ("x", "y")
    assert day.arrival is not None
    assert day.arrival.manual
    assert faults(day) == []


REPORTS = {"kominfo": OfficeReports("kominfo", dt.date(2026, 11, 10), local("2026-12-01 00:00"))}
CALENDAR = Calendar(calendar_facts())


def month(member: Member, punches: list[Punch], reports: dict[str, OfficeReports] = REPORTS) -> tuple[JudgedDay, ...]:
    dates = [dt.date(2026, 11, 1) + n * dt.timedelta(days=1) for n in range(30)]
    return judge_days([(d, day_plan(CALENDAR, member, d)) for d in dates], punches, Cover(()), {}, reports)


def test_nobody_is_absent_before_joining_after_leaving_or_before_the_first_terminal() -> None:
    member = Member(first=dt.date(2026, 11, 5), last=dt.date(2026, 11, 20))
    absent = [day.date.day for day in month(member, []) if day.status == "absent"]
    assert absent == [10, 11, 12, 13, 16, 17, 18, 19, 20]
    outside = [day for day in month(member, []) if day.status == "outside"]
    assert [day.date.day for day in outside] == [*range(1, 10), *range(21, 31)]
    # What the office works before its first terminal is work; what lies before joining and after leaving is none.
    assert [day.date.day for day in outside if day.works] == [5, 6, 9]


@pytest.mark.parametrize("reports", [{}, {"kominfo": OfficeReports("kominfo", None, None)}])
def test_an_office_without_a_terminal_blames_nobody(reports: dict[str, OfficeReports]) -> None:
    assert {day.status for day in month(ANI, [], reports)} == {"outside"}


IN_TIME = ["07:30", "16:00"]


@pytest.mark.parametrize(
    ("punches", "on", "letters", "corrections"),
    [
        ([], PLAN, [], []),
        ([*map(punch, IN_TIME)], PLAN, [], []),  # to the minute
        ([*map(punch, ["07:20", "12:00", "16:05"])], PLAN, [], []),
        ([*map(punch, ["07:31", "16:00"])], PLAN, [], []),
        ([*map(punch, ["07:30:59", "16:00"])], PLAN, [], []),
        ([*map(punch, ["07:30", "15:59"])], PLAN, [], []),
        ([punch("07:20")], PLAN, [], []),
        ([punch("16:00")], PLAN, [], []),
        ([*map(punch, ["16:00", "16:30"])], PLAN, [], []),
        ([punch("07:20", office_id="dinkes"), punch("16:00")], PLAN, [], []),
        ([punch("07:20"), punch("16:00", office_id=None)], PLAN, [], []),
        ([punch("07:20", office_id="dinkes"), punch("16:00", office_id="dinkes")], PLAN, [], []),
        ([replace(punch("07:20"), manual=True), punch("16:00")], PLAN, [], []),
        ([punch("2026-11-23 10:00"), punch("07:20"), punch("16:00")], PLAN, [], []),  # one before all days asked for
        ([punch("2026-11-24 00:00", "e", plus_minus=5), punch("16:00")], PLAN, [], []),
        ([punch("07:20"), punch("12:00", "e", plus_minus=5), punch("16:00")], PLAN, [], []),
        ([*map(punch, IN_TIME)], PLAN, [excuse(*WHOLE)], []),
        ([*map(punch, IN_TIME)], PLAN, [], [correction("arrival", "08:00")]),
        ([*map(punch, ["07:50", "16:00"])], plan(occasions=(APEL,)), [], []),
        ([*map(punch, ["07:20", "16:00"])], plan(occasions=(NOON,)), [], []),
        ([*map(punch, ["08:00", "16:00"])], FLEX, [], []),
        ([*map(punch, ["07:40", "15:58"])], GRACE, [], []),
        ([], SATURDAY, [], []),
        ([*map(punch, ["2026-11-28 08:00", "2026-11-28 09:00"])], SATURDAY, [], []),
        ([], plan(dt.date(2026, 11, 28), occasions=(replace(APEL, on_days_off=True),)), [], []),
    ],
)
def test_a_day_among_others_is_judged_as_by_itself(
    punches: list[Punch], on: DayPlan, letters: Any, corrections: Any
) -> None:
    """Days with nothing to judge are passed over quickly: that changes nothing of what is known of them."""
    own = [each for each in punches if on.from_utc <= each.utc]
    day = judged(*own, on=on, letters=letters, corrections=corrections, reported=NEXT_MONTH)
    by_date = {on.date: {(each.part, each.occasion_id): each for each in corrections}} if corrections else {}
    other = replace(on, date=on.date - dt.timedelta(days=7), from_utc=on.from_utc - WEEK, until_utc=on.until_utc - WEEK)
    found = judge_days([(other.date, other), (on.date, on)], punches, Cover(letters), by_date, REPORTS)
    assert found[1] == day


WEEK = dt.timedelta(days=7)


@pytest.mark.parametrize(
    ("at", "plus_minus", "status"),
    [
        ("2026-11-25 00:30", 31, "unclear"),
        ("2026-11-25 00:30", 30, "absent"),  # midnight is the next day's
        ("2026-11-25 00:00", 1, "unclear"),  # the next day's, and perhaps this one's
        ("2026-11-23 23:30", 30, "unclear"),
        ("2026-11-23 23:30", 29, "absent"),
    ],
)
def test_doubt_reaches_into_a_day_as_far_as_its_interval(at: str, plus_minus: int, status: str) -> None:
    (found,) = judge_days([(TUESDAY, PLAN)], [punch(at, "e", plus_minus=plus_minus)], Cover(()), {}, REPORTS)
    assert (found.status, found.review) == (status, ("e",) if status == "unclear" else ())


def test_doubt_reaches_into_a_day_off_too() -> None:
    doubtful = punch("2026-11-29 00:30", "e", plus_minus=60)
    (found,) = judge_days([(SATURDAY.date, SATURDAY)], [doubtful], Cover(()), {}, REPORTS)
    assert found.review == ("e",)


@pytest.mark.parametrize(("at", "days"), [("2026-11-24 23:59:59", {24}), ("2026-11-25 00:00", {25})])
def test_midnight_is_the_next_days(at: str, days: set[int]) -> None:
    assert {day.date.day for day in month(ANI, [punch(at)]) if day.arrival or day.departure} == days


@pytest.mark.parametrize(
    ("span", "minutes"),
    [
        (dt.timedelta(seconds=59), 0),
        (dt.timedelta(minutes=1), 1),
        (dt.timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999), 1439),
        (dt.timedelta(days=1), 1440),
        (dt.timedelta(days=2, seconds=119), 2881),
        (dt.timedelta(seconds=-1), -1),
    ],
)
def test_minutes_are_whole_and_rounded_down(span: dt.timedelta, minutes: int) -> None:
    assert whole_minutes(span) == minutes


def test_each_presence_belongs_to_its_own_day() -> None:
    times = ["11-23 07:20", "11-23 16:01", "11-24 07:20", "11-25 16:01", "11-29 10:00"]
    days = {d.date.day: d for d in month(ANI, [punch(f"2026-{time}") for time in times])}
    assert faults(days[23]) == []
    assert faults(days[24]) == [("missing_departure", 0)]
    assert faults(days[25]) == [("missing_arrival", 0)]
    assert days[29].status == "day_off"
    assert days[29].arrival is not None


def test_a_presence_whose_time_is_uncertain_touches_the_days_about_it() -> None:
    days = {d.date.day: d for d in month(ANI, [punch("2026-11-24 00:30", "e", plus_minus=120)])}
    assert days[23].status == "unclear"
    assert days[24].review == ("e",)
    assert days[25].status == "absent"


def test_a_night_shift_ends_in_the_morning() -> None:
    night = plan(periods=(replace(REGENCY_HOURS, days={1: NIGHT}),))
    assert faults(judged(punch("20:50"), punch("2026-11-25 07:05"), on=night, reported=local("2026-11-26 00:00"))) == []
    day = judged(punch("21:10"), punch("2026-11-25 06:30"), on=night, reported=local("2026-11-26 00:00"))
    assert faults(day) == [("late", 10), ("early", 30)]


FLEXIBLE_WEEK = Calendar(calendar_facts(periods=(replace(REGENCY_HOURS, days=dict.fromkeys(range(5), FLEXIBLE)),)))


@pytest.mark.parametrize(
    ("spans", "letters", "short"),
    [
        ([("07:30", "16:00")] * 5, [], 0),  # 37 h 30
        ([("07:30", "16:00")] * 4 + [("09:00", "16:30")], [], 60),  # an hour short on Friday
        ([("07:30", "17:00"), ("09:00", "16:30"), *[("07:30", "16:00")] * 3], [], 0),  # made up for on Monday
        ([("05:00", "16:00"), ("09:00", "16:00"), *[("07:30", "16:00")] * 3], [], 30),  # nobody works before the window
        ([("07:30", "16:00"), None, *[("07:30", "16:00")] * 3], [], 0),  # an absence is its own fault
        (
            [("07:30", "16:00")] * 4 + [("09:00", "15:00")],
            [excuse("2026-11-27 15:00", "2026-11-27 16:30", "izin-pulang")],
            60,  # ninety minutes of the two and a half hours are excused
        ),
        (
            [("07:30", "16:00")] * 4 + [("09:00", "15:00")],
            [excuse("2026-11-27 00:00", "2026-11-28 00:00")],
            0,  # a letter for the day is a day's work and no more
        ),
        ([("07:30", "15:30")] * 4 + [("09:00", "15:00")], [excuse("2026-11-27 00:00", "2026-11-28 00:00")], 120),
        ([("07:30", "16:00")] * 4 + [("07:30", "15:59")], [], 1),
        ([("07:30", "16:00")] * 4 + [("09:00", "09:30")], [], 450),  # less than the break is nothing
    ],
)
def test_flexible_hours_are_summed_over_the_week(spans: list[Any], letters: Any, short: int) -> None:
    monday = dt.date(2026, 11, 23)
    dates = [monday + n * dt.timedelta(days=1) for n in range(7)]
    punches = [punch(f"{date} {at}") for date, span in zip(dates, spans, strict=False) if span for at in span]
    plans = [(date, day_plan(FLEXIBLE_WEEK, ANI, date)) for date in dates]
    found = short_weeks(judge_days(plans, punches, Cover(letters), {}, REPORTS))
    assert [(fault.date.day, fault.minutes) for fault in found] == ([(27, short)] if short else [])
    early = {"kominfo": replace(REPORTS["kominfo"], reported_utc=local("2026-11-27 20:00"))}
    assert short_weeks(judge_days(plans, punches, Cover(letters), {}, early)) == ()


def test_each_week_is_reckoned_by_itself() -> None:
    """An hour more in one week makes up for none in the next."""
    dates = [dt.date(2026, 11, 16) + n * dt.timedelta(days=1) for n in range(14)]
    left = {dt.date(2026, 11, 16): "17:00", dt.date(2026, 11, 25): "15:00"}
    times = [f"{date} {at}" for date in dates if date.weekday() < 5 for at in ("07:30", left.get(date, "16:00"))]
    plans = [(date, day_plan(FLEXIBLE_WEEK, ANI, date)) for date in dates]
    (fault,) = short_weeks(judge_days(plans, [punch(at) for at in times], Cover(()), {}, REPORTS))
    assert (fault.date, fault.minutes) == (dt.date(2026, 11, 27), 60)
    assert fault.because == tuple(f"event:{at}" for at in times[10:])


KINDS = st.sampled_from(["dinas-luar", "cuti-sakit", "izin-terlambat", "izin-pulang", "tanpa-alasan"])
HOURS = st.integers(0, 23)
WORST = {"late": 1, "early": 1, "missing_arrival": 1, "missing_departure": 1, "absent": 2, "occasion": 0}


@given(st.lists(st.integers(6 * 60, 18 * 60), max_size=3), st.lists(st.tuples(KINDS, HOURS, HOURS), max_size=4))
def test_a_further_letter_never_adds_to_what_is_held_against_somebody(
    minutes: list[int], spans: list[tuple[str, int, int]]
) -> None:
    on = plan(occasions=(APEL, NOON))
    punches = [punch(f"{m // 60:02}:{m % 60:02}", str(i)) for i, m in enumerate(minutes)]
    letters = [excuse(f"{TUESDAY} {a:02}:00", f"{TUESDAY} {b:02}:30", kind) for kind, a, b in spans if a <= b]
    before = judged(*punches, on=on, letters=sorted(letters[1:], key=lambda e: e.first_utc))
    after = judged(*punches, on=on, letters=sorted(letters, key=lambda e: e.first_utc))
    assert sum(WORST[f.kind] for f in after.faults) <= sum(WORST[f.kind] for f in before.faults)
    assert sum(f.minutes for f in after.faults) <= sum(f.minutes for f in before.faults)
