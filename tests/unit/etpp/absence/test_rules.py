"""Letters: which are in force, what they excuse to the minute, what is paid of a long absence."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.absence.model import Excuse, LetterDecision, LetterRevocation, PaidFrom
from etpp.absence.rules import (
    Cover,
    check_letter,
    day_number,
    days_of_kind,
    in_force,
    letter_state,
    overlapping,
    paid_percent,
)
from tests.unit.etpp.absence.letters import CATALOGUE, DAY, decision, excuse, letter
from tests.unit.etpp.calendar.calendars import local

ZONE = ZoneInfo("Asia/Jakarta")
LETTER = letter("2026-11-24 07:30", "2026-11-24 16:00", letter_id="L")
REVOKED = LetterRevocation("R", "L", "boss", local("2026-11-25 08:00"), "batal")


@pytest.mark.parametrize(
    ("decisions", "revocations", "state"),
    [
        ([], [], "submitted"),  # nobody has decided
        ([decision("L")], [], "approved"),
        ([decision("L", False)], [], "refused"),
        ([decision("L", False), decision("L", at="2026-11-22 08:00")], [], "approved"),  # the later decision
        ([decision("L"), decision("L", False, at="2026-11-22 08:00")], [], "refused"),  # the later decision
        ([decision("L", by="ani")], [], "submitted"),  # nobody approves the own letter
        ([decision("L", False), decision("L", by="ani", at="2026-11-23 08:00")], [], "refused"),  # nor overrules it
        ([decision("other")], [], "submitted"),  # another letter's
        ([decision("L")], [REVOKED], "revoked"),
        ([decision("L"), decision("L", at="2026-11-30 08:00")], [REVOKED], "revoked"),  # for good
        ([], [replace(REVOKED, letter_id="other")], "submitted"),  # another letter's
    ],
)
def test_the_state_of_a_letter(
    decisions: list[LetterDecision], revocations: list[LetterRevocation], state: str
) -> None:
    for order in permutations(decisions):
        assert letter_state(LETTER, order, revocations) == state


def test_two_decisions_of_one_moment_are_told_apart_by_their_ids() -> None:
    both = [decision("L", True, by="a"), decision("L", False, by="b")]
    assert letter_state(LETTER, both, []) == letter_state(LETTER, both[::-1], []) == "refused"


@pytest.mark.parametrize(
    ("changed", "decisions", "overlaps"),
    [
        ({}, [], True),  # the same time, and nobody has decided
        ({}, [decision("O")], True),
        ({}, [decision("O", False)], False),  # a refused one covers nothing
        ({"until_utc": LETTER.first_utc}, [], False),  # ends where it begins
        ({"until_utc": LETTER.first_utc + dt.timedelta(minutes=1)}, [], True),  # a minute later
        ({"first_utc": LETTER.until_utc}, [], False),  # begins where it ends
        ({"first_utc": LETTER.until_utc - dt.timedelta(minutes=1)}, [], True),
        ({"person_ids": ("budi",)}, [], False),  # for somebody else
        ({"person_ids": ("budi", "ani")}, [], True),  # for one of its people
        ({"letter_id": "L"}, [], False),  # itself
    ],
)
def test_letters_overlap_that_are_for_one_person_and_one_moment(
    changed: dict[str, Any], decisions: list[LetterDecision], overlaps: bool
) -> None:
    earlier = {
        "first_utc": LETTER.first_utc - dt.timedelta(days=1),
        "until_utc": LETTER.until_utc + dt.timedelta(days=1),
    }
    other = replace(LETTER, **{"letter_id": "O", **earlier, **changed})
    assert overlapping(LETTER, [other], decisions, []) == ((other.letter_id,) if overlaps else ())
    revoked = [replace(REVOKED, letter_id="O")]
    assert overlapping(LETTER, [other], decisions, revoked) == ()


def test_only_approved_letters_of_the_person_are_in_force_once() -> None:
    mine = letter("2026-11-24 07:30", "2026-11-24 16:00", letter_id="mine", person_ids=("budi", "ani"))
    other = letter("2026-11-24 07:30", "2026-11-24 16:00", letter_id="other", person_ids=("budi",))
    early = letter("2026-11-23 07:30", "2026-11-23 16:00", letter_id="early")
    waiting = letter("2026-11-24 07:30", "2026-11-24 16:00", letter_id="waiting")
    decisions = [decision(each) for each in ("mine", "other", "early")]
    found = in_force("ani", [mine, mine, other, early, waiting], decisions, [], CATALOGUE, ZONE)
    assert [each.letter_id for each in found] == ["early", "mine"]


def test_the_kind_is_the_one_of_the_letters_first_local_day() -> None:
    # 00:30 in Jakarta is still the day before in UTC, on which the kind did not hold yet.
    begins = letter("2019-05-01 00:30", "2019-05-01 16:00", letter_id="first")
    before = letter("2019-04-30 23:30", "2019-05-01 16:00", letter_id="before")
    found = in_force("ani", [begins, before], [decision("first"), decision("before")], [], CATALOGUE, ZONE)
    assert [each.letter_id for each in found] == ["first"]


@pytest.mark.parametrize(
    ("spans", "minutes"),
    [
        ([], 90),  # nothing excuses 07:30 to 09:00
        ([("07:30", "09:00")], 0),  # exactly
        ([("07:00", "16:00")], 0),  # more than enough
        ([("07:30", "08:59")], 1),  # a minute is left at the end
        ([("07:31", "09:00")], 1),  # and one at the beginning
        ([("07:30", "08:00"), ("08:00", "09:00")], 0),  # one after the other
        ([("07:30", "08:01"), ("08:00", "09:00")], 0),  # overlapping by a minute
        ([("07:30", "08:00"), ("08:01", "09:00")], 1),  # a minute between them
        ([("07:30", "09:00"), ("07:40", "07:50")], 0),  # one within the other
        ([("07:40", "07:50"), ("08:00", "08:10")], 70),  # two pieces
        ([("09:00", "12:00")], 90),  # begins when it is over
        ([("06:00", "07:30")], 90),  # ended before
    ],
)
def test_what_letters_leave_of_a_late_arrival(spans: list[tuple[str, str]], minutes: int) -> None:
    cover = Cover([excuse(f"2026-11-24 {first}", f"2026-11-24 {until}") for first, until in sorted(spans)])
    start, end = local("2026-11-24 07:30"), local("2026-11-24 09:00")
    left, used = cover.uncovered("late", start, end)
    assert left == dt.timedelta(minutes=minutes)
    assert bool(used) is (minutes < 90)
    assert bool(cover.covering("late", start, end)) is (minutes == 0)


@pytest.mark.parametrize(
    ("kind", "excused"),
    [
        ("dinas-luar", {"late", "early", "absence", "occasion"}),  # duty excuses everything
        ("izin-terlambat", {"late", "occasion"}),  # a permit to come late excuses no early departure
        ("izin-pulang", {"early", "occasion"}),  # and the other way round
        ("tanpa-alasan", set()),  # without a reason
    ],
)
def test_a_kind_excuses_only_what_it_names(kind: str, excused: set[str]) -> None:
    cover = Cover([excuse("2026-11-24 00:00", "2026-11-25 00:00", kind)])
    start, end = local("2026-11-24 07:30"), local("2026-11-24 09:00")
    names: list[Any] = ["late", "early", "absence", "occasion"]
    assert {name for name in names if cover.covering(name, start, end)} == excused


def test_no_time_needs_no_letter() -> None:
    cover = Cover([excuse("2026-11-24 00:00", "2026-11-25 00:00")])
    at, before = local("2026-11-24 07:30"), local("2026-11-24 07:00")
    assert cover.uncovered("late", at, at) == cover.uncovered("late", at, before) == (dt.timedelta(), ())


def test_the_whole_day_is_covered_by_one_kind_or_by_none() -> None:
    start, end = local("2026-11-24 07:30"), local("2026-11-24 16:00")
    morning = excuse("2026-11-24 07:30", "2026-11-24 12:00", letter_id="a")
    afternoon = excuse("2026-11-24 12:00", "2026-11-24 16:00", letter_id="b")
    sick = excuse("2026-11-24 12:00", "2026-11-24 16:00", "cuti-sakit", letter_id="c")
    assert Cover([morning]).whole_day(start, end) is None
    assert Cover([morning, sick]).whole_day(start, end) is None
    found = Cover([morning, afternoon]).whole_day(start, end)
    assert found is not None
    assert (found[0].kind_id, found[1]) == ("dinas-luar", ("a", "b"))


def test_of_two_kinds_that_cover_a_day_the_better_counts() -> None:
    start, end = local("2026-11-24 07:30"), local("2026-11-24 16:00")
    both = [excuse("2026-11-24 07:30", "2026-11-24 16:00", kind, kind) for kind in ("cuti-sakit", "dinas-luar")]
    for order in (both, both[::-1]):
        found = Cover(order).whole_day(start, end)
        assert found is not None
        assert found[0].kind_id == "dinas-luar"


def test_of_two_kinds_with_the_same_points_the_one_that_takes_less_off_counts() -> None:
    start, end = local("2026-11-24 07:30"), local("2026-11-24 16:00")
    besar, lain = (excuse("2026-11-24 07:30", "2026-11-24 16:00", kind) for kind in ("cuti-besar", "tempat-lain"))
    for besar_off, lain_off in ((0, 240), (240, 0)):
        both = [(besar, besar_off), (lain, lain_off)]
        kinds = [replace(e.kind, points_given=Decimal(60), points_off=Decimal(off)) for e, off in both]
        best = Cover([replace(besar, kind=kinds[0]), replace(lain, kind=kinds[1])]).whole_day(start, end)
        assert best is not None
        assert best[0].points_off == 0


@pytest.mark.parametrize(
    ("first", "until"),
    [
        ("2026-11-24 16:00", "2026-11-24 18:00"),  # begins when the day's work is over
        ("2026-11-25 07:30", "2026-11-25 16:00"),  # on another day
        ("2026-11-24 06:30", "2026-11-24 07:30"),  # ended when it began
    ],
)
def test_the_kind_of_a_day_is_as_it_was_dated_for_the_letter_of_that_day(first: str, until: str) -> None:
    covers = excuse("2026-11-23 07:30", "2026-11-24 16:00", letter_id="old")
    later = excuse(first, until, letter_id="new")
    dated = replace(later, kind=replace(later.kind, first=DAY, points_given=Decimal(100)))
    found = Cover([covers, dated]).whole_day(local("2026-11-24 07:30"), local("2026-11-24 16:00"))
    assert found == (covers.kind, ("old",))


def test_a_permit_to_come_late_is_no_leave() -> None:
    permit = excuse("2026-11-24 07:30", "2026-11-24 16:00", "izin-terlambat")
    assert Cover([permit]).whole_day(local("2026-11-24 07:30"), local("2026-11-24 16:00")) is None


SICK = "cuti-sakit"


@pytest.mark.parametrize(
    ("spans", "number"),
    [
        ([], 0),  # no letter
        ([("11-24", "11-25")], 1),  # the first day
        ([("11-20", "11-25")], 5),  # calendar days count
        ([("11-20", "11-24")], 0),  # ended the evening before
        ([("11-25", "11-26")], 0),  # begins tomorrow
        ([("11-20", "11-23"), ("11-23", "11-26")], 5),  # an extension goes on counting
        ([("11-20", "11-22"), ("11-23", "11-26")], 2),  # a day between them begins anew
        ([("11-20", "11-30"), ("11-21", "11-22")], 5),  # one within the other
    ],
)
def test_days_of_an_absence_are_counted_through_its_extensions(spans: list[tuple[str, str]], number: int) -> None:
    excuses = [excuse(f"2026-{a} 00:00", f"2026-{b} 00:00", SICK) for a, b in spans]
    for order in permutations(excuses):
        assert day_number([*order, excuse("2026-11-01 00:00", "2026-11-30 00:00")], SICK, DAY, ZONE) == number


@pytest.mark.parametrize(("day", "percent"), [(0, 100), (1, 100), (11, 100), (12, 50), (40, 50)])
def test_the_paid_share_goes_by_the_day(day: int, percent: int) -> None:
    kind = CATALOGUE.on(SICK, DAY)
    assert kind is not None
    assert paid_percent(kind, day) == percent


def test_nothing_is_paid_during_great_leave() -> None:
    kind = CATALOGUE.on("cuti-besar", DAY)
    assert kind is not None
    assert kind.paid == (PaidFrom(1, Decimal(0)),)
    assert paid_percent(kind, 1) == 0


def test_days_of_a_year_count_once() -> None:
    spans = [("2025-12-30", "2026-01-03"), ("2026-01-02", "2026-01-05")]
    excuses = [excuse(f"{a} 00:00", f"{b} 00:00", "cuti-tahunan") for a, b in spans]
    assert days_of_kind(excuses, "cuti-tahunan", 2025, ZONE) == 2
    assert days_of_kind(excuses, "cuti-tahunan", 2026, ZONE) == 4
    assert days_of_kind(excuses, SICK, 2026, ZONE) == 0
    until = {"2026-11-25 00:00": 1, "2026-11-25 00:01": 2}  # a minute of the next day is a day more
    for end, days in until.items():
        assert days_of_kind([excuse("2026-11-24 07:30", end, SICK)], SICK, 2026, ZONE) == days


HELD = {"ani": [excuse("2026-01-01 00:00", "2026-01-24 00:00", "cuti-tahunan")]}  # 23 of 24 days


@pytest.mark.parametrize(
    ("changed", "held", "faults"),
    [
        ({}, {}, ()),  # a good one
        ({"person_ids": ()}, {}, ("nobody",)),
        ({"person_ids": ("ani", "ani")}, {}, ("person_twice",)),
        ({"person_ids": ("ani", "stranger")}, {}, ("person_elsewhere",)),  # somebody of another office
        ({"until_utc": LETTER.first_utc}, {}, ("period",)),  # no time at all
        ({"until_utc": LETTER.first_utc - dt.timedelta(days=1)}, {}, ("period",)),  # ends before it begins
        ({"until_utc": LETTER.until_utc + dt.timedelta(seconds=1)}, {}, ("whole_minutes",)),
        ({"first_utc": LETTER.first_utc + dt.timedelta(microseconds=1)}, {}, ("whole_minutes",)),
        ({"kind_id": "liburan"}, {}, ("kind_unknown",)),
        ({"document_sha256": None}, {}, ("document_missing",)),
        ({"document_sha256": None, "kind_id": "izin-terlambat"}, {}, ()),  # a permit needs none
        ({"kind_id": "cuti-tahunan"}, HELD, ()),  # the twenty-fourth day
        ({"kind_id": "cuti-tahunan", "until_utc": local("2026-11-25 16:00")}, HELD, ("maximum",)),  # the twenty-fifth
        ({"kind_id": "cuti-tahunan", "person_ids": ("budi",), "until_utc": local("2026-11-25 16:00")}, HELD, ()),
    ],
)
def test_what_speaks_against_a_letter(
    changed: dict[str, Any], held: dict[str, list[Excuse]], faults: tuple[str, ...]
) -> None:
    asked = replace(LETTER, **changed)
    assert check_letter(asked, CATALOGUE, ZONE, lambda person: person != "stranger", held) == faults


MINUTES = st.integers(0, 600)


@given(st.lists(st.tuples(MINUTES, MINUTES).filter(lambda span: span[0] < span[1]), max_size=6), MINUTES, MINUTES)
def test_minutes_left_are_those_in_no_letter(spans: list[tuple[int, int]], a: int, b: int) -> None:
    zero = local("2026-11-24 06:00")
    minute = dt.timedelta(minutes=1)
    start, end = min(a, b), max(a, b)
    sick = CATALOGUE.on(SICK, DAY)
    assert sick is not None
    excuses = [Excuse(f"{i}", sick, zero + x * minute, zero + y * minute) for i, (x, y) in enumerate(sorted(spans))]
    left, _ = Cover(excuses).uncovered("late", zero + start * minute, zero + end * minute)
    assert left == minute * sum(not any(x <= m < y for x, y in spans) for m in range(start, end))
