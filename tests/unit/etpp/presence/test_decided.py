"""What people decided about presences: times, manual entries, corrections; and who may not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from etpp.presence.decided import check_correction, corrections_in_force, manual_counts, settle
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry, TimeDecision
from tests.unit.etpp.calendar.calendars import local
from tests.unit.etpp.presence.presences import TUESDAY, correction, decided, punch

ZONE = ZoneInfo("Asia/Jakarta")
MANUAL = ManualEntry(
    "m", "ani", local("2026-11-24 07:20"), "kominfo", "terminal rusak", "tu", local("2026-11-24 08:00"), "boss"
)


def deadline(date: dt.date, days: int) -> dt.datetime:
    return local(f"{date + dt.timedelta(days=days + 1)} 00:00")


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ({}, True),  # written by one, confirmed by another
        ({"confirmed_by": None}, False),  # by one alone
        ({"confirmed_by": "tu"}, False),  # by one twice
        ({"entered_by": "ani"}, False),  # written by the person concerned
        ({"confirmed_by": "ani"}, False),  # confirmed by the person concerned
        ({"at_utc": local("2026-11-24 08:01")}, False),  # ahead of its time
        ({"at_utc": local("2026-11-24 08:00")}, True),
    ],
)
def test_a_manual_entry_takes_two_people(changed: dict[str, Any], counts: bool) -> None:
    assert manual_counts(replace(MANUAL, **changed)) is counts
    found = settle("ani", [], [], [replace(MANUAL, **changed)])
    assert [each.manual for each in found] == ([True] if counts else [])


def test_somebody_elses_manual_entry_is_not_mine() -> None:
    assert settle("budi", [], [], [MANUAL]) == ()


def test_each_event_counts_once_and_in_its_time() -> None:
    late, early = punch("16:00", "b"), punch("07:00", "a")
    assert [each.event_id for each in settle("ani", [late, early, late])] == ["a", "b"]


@pytest.mark.parametrize(
    ("decisions", "at"),
    [
        ([("boss", "08:00", "10:00")], "08:00"),
        ([("boss", "08:00", "10:00"), ("head", "08:30", "11:00")], "08:30"),  # the later decision
        ([("ani", "07:00", "10:00")], None),  # not by the person concerned
        ([("boss", "08:00", "10:00"), ("ani", "07:00", "11:00")], "08:00"),
    ],
)
def test_an_uncertain_time_is_decided(decisions: list[tuple[str, str, str]], at: str | None) -> None:
    rows = [
        TimeDecision(f"{by}-{when}", "e", local(f"{TUESDAY} {utc}"), by, local(f"2026-11-25 {when}"))
        for by, utc, when in decisions
    ]
    uncertain = punch("09:00", "e", plus_minus=120)
    for order in permutations(rows):
        (found,) = settle("ani", [uncertain], order)
        assert found.uncertain is (at is None)
        assert found.utc == (uncertain.utc if at is None else local(f"{TUESDAY} {at}"))


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({}, ()),
        ({"date": TUESDAY + dt.timedelta(days=2)}, ("future",)),  # of a day to come
        ({"date": TUESDAY + dt.timedelta(days=1)}, ()),  # of today
        ({"at_utc": local("2026-11-25 08:00")}, ()),  # of this moment
        ({"at_utc": local("2026-11-25 08:01")}, ("future",)),  # of a moment to come
        ({"proposed_utc": local("2026-11-28 00:01")}, ("too_late",)),  # after three working days
        ({"proposed_utc": local("2026-11-28 00:00")}, ()),
        ({"part": "occasion"}, ("no_occasion",)),
        ({"occasion_id": "apel"}, ("no_occasion",)),
        ({"part": "day", "at_utc": local("2026-11-24 08:00")}, ("no_time",)),
    ],
)
def test_what_speaks_against_a_correction(changed: dict[str, Any], faults: tuple[str, ...]) -> None:
    assert check_correction(replace(correction(), **changed), ZONE, deadline, 3) == faults


@pytest.mark.parametrize(
    ("decisions", "in_force", "undecided"),
    [
        ([], False, True),  # nobody has decided
        ([decided()], True, False),
        ([decided(approved=False)], False, False),
        ([decided(by="ani")], False, True),  # not by the person concerned
        ([decided(by="tu")], False, True),  # not by the one who proposed it
        ([decided(), decided(approved=False, at="2026-11-26 09:00")], False, False),  # the later decision
        ([decided(approved=False), decided(at="2026-11-26 09:00")], True, False),
        ([decided("other")], False, True),
    ],
)
def test_a_correction_is_decided_by_somebody_else(
    decisions: list[CorrectionDecision], in_force: bool, undecided: bool
) -> None:
    asked = correction(proposed_by="tu")
    for order in permutations(decisions):
        found, waiting = corrections_in_force("ani", [asked], order, ZONE, deadline)
        assert (TUESDAY in found, waiting) == (in_force, ("c",) if undecided else ())


def test_of_two_corrections_of_one_part_the_one_decided_later_counts() -> None:
    rows: list[Correction] = [correction(at="08:00", correction_id="a"), correction(at="07:00", correction_id="b")]
    decisions = [decided("a", at="2026-11-26 09:00"), decided("b")]
    for order in permutations(rows):
        found, _ = corrections_in_force("ani", order, decisions, ZONE, deadline)
        assert found[TUESDAY]["arrival", ""].correction_id == "a"
        found, _ = corrections_in_force("ani", order, [decided("b"), decided("a")], ZONE, deadline)
        assert found[TUESDAY]["arrival", ""].correction_id == "b", "in one moment by their ids"


def test_a_correction_that_does_not_count_is_in_nobodys_way() -> None:
    too_late = correction(correction_id="late", proposed_utc=local("2026-12-25 08:00"))
    waiting, refused = correction(correction_id="waits"), correction(correction_id="refused")
    decisions = [decided("late"), decided("refused", approved=False), decided("c")]
    for order in permutations([too_late, waiting, refused, correction(at="08:00")]):
        found, undecided = corrections_in_force("ani", order, decisions, ZONE, deadline, 3)
        assert found == {TUESDAY: {("arrival", ""): correction(at="08:00")}}
        assert undecided == ("waits",)


def test_a_correction_that_came_too_late_or_is_anothers_does_not_count() -> None:
    asked = correction(proposed_utc=local("2026-12-25 08:00"))
    assert corrections_in_force("ani", [asked], [decided()], ZONE, deadline, 3) == ({}, ())
    assert corrections_in_force("budi", [correction()], [decided()], ZONE, deadline) == ({}, ())
