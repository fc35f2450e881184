"""Activities: what a life of steps comes to, what counts of a day, what cannot be submitted."""

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

from etpp.activities.model import Entry, EntryStep, EntryTerms, Ledger
from etpp.activities.rules import check_entry, entry_verdict, recognise
from tests.unit.etpp.activities.entries import CATALOGUE, DAY, entry, step, verified
from tests.unit.etpp.calendar.calendars import local

ZONE = ZoneInfo("Asia/Jakarta")
MONTH_END = local("2026-12-01 00:00")
NO_TERMS = EntryTerms()
LOST = EntryTerms(entry_days=2, verify_days=3, neglect="lost")
ACCEPTED = replace(LOST, neglect="accepted")
ENTRY_ONLY, VERIFY_ONLY = replace(LOST, verify_days=None), replace(LOST, entry_days=None)

SUBMITTED = step("submitted", "2026-11-24 15:00")
VERIFIED = step("verified", "2026-11-25 09:00")
RETURNED = step("returned", "2026-11-25 10:00")
AGAIN = step("submitted", "2026-11-25 11:00")
VERIFIED_AGAIN = step("verified", "2026-11-25 12:00")
WITHDRAWN = step("withdrawn", "2026-11-25 13:00")


def deadline(date: dt.date, days: int) -> dt.datetime:
    """Every day is a working day here."""
    return local(f"{date + dt.timedelta(days=days + 1)} 00:00")


def clerk(date: dt.date) -> tuple[str, int] | None:
    return "clerk", 7


def judge(
    entries: list[Entry], steps: list[EntryStep], terms: EntryTerms = NO_TERMS, at: dt.datetime = MONTH_END
) -> Ledger:
    return recognise(entries, steps, CATALOGUE, terms, clerk, deadline, ZONE, at)


@pytest.mark.parametrize(
    ("steps", "terms", "verdict"),
    [
        ([], NO_TERMS, "draft"),  # nobody submitted it
        ([SUBMITTED], NO_TERMS, "waiting"),  # without a deadline it waits
        ([SUBMITTED, VERIFIED], NO_TERMS, "recognised"),
        ([VERIFIED], NO_TERMS, "draft"),  # verified what was not submitted
        ([SUBMITTED, replace(VERIFIED, by="ani")], NO_TERMS, "waiting"),  # a verification by oneself
        ([SUBMITTED, replace(RETURNED, by="ani")], NO_TERMS, "waiting"),  # nor a return
        ([SUBMITTED, replace(VERIFIED, by="ani"), VERIFIED_AGAIN], NO_TERMS, "recognised"),  # then by the superior
        (
            [SUBMITTED, replace(VERIFIED, at_utc=SUBMITTED.at_utc)],
            NO_TERMS,
            "recognised",
        ),  # in one moment, by their ids
        ([replace(SUBMITTED, by="boss"), VERIFIED], NO_TERMS, "draft"),  # submitted by somebody else
        ([SUBMITTED, RETURNED], NO_TERMS, "returned"),
        ([SUBMITTED, RETURNED, VERIFIED_AGAIN], NO_TERMS, "returned"),  # not submitted again
        ([SUBMITTED, RETURNED, AGAIN], NO_TERMS, "waiting"),
        ([SUBMITTED, RETURNED, AGAIN, VERIFIED_AGAIN], NO_TERMS, "recognised"),
        ([SUBMITTED, VERIFIED, RETURNED], NO_TERMS, "returned"),  # the superior thinks again
        ([SUBMITTED, VERIFIED, AGAIN], NO_TERMS, "recognised"),  # submitting what is verified
        ([SUBMITTED, WITHDRAWN], NO_TERMS, "withdrawn"),
        ([WITHDRAWN], NO_TERMS, "withdrawn"),  # a draft
        ([SUBMITTED, VERIFIED, WITHDRAWN], NO_TERMS, "recognised"),  # too late
        ([SUBMITTED, replace(WITHDRAWN, by="boss")], NO_TERMS, "waiting"),  # not the author's
        ([SUBMITTED, RETURNED, WITHDRAWN], NO_TERMS, "withdrawn"),
        ([WITHDRAWN, step("verified", "2026-11-26 09:00")], NO_TERMS, "withdrawn"),  # never submitted
        # in one moment, and the other way round by their ids: verified before it was submitted
        ([replace(SUBMITTED, step_id="z"), replace(VERIFIED, at_utc=SUBMITTED.at_utc)], NO_TERMS, "waiting"),
        # one deadline without the other
        ([step("submitted", "2026-11-27 00:01"), step("verified", "2026-11-27 09:00")], ENTRY_ONLY, "late"),
        ([SUBMITTED, step("verified", "2026-12-24 09:00")], ENTRY_ONLY, "recognised"),
        ([SUBMITTED, step("verified", "2026-11-28 00:01")], VERIFY_ONLY, "neglected"),
        ([step("submitted", "2026-11-29 00:01"), step("verified", "2026-11-29 09:00")], VERIFY_ONLY, "recognised"),
        # deadlines: two days for entry, three for verification
        ([step("submitted", "2026-11-26 23:59"), step("verified", "2026-11-27 09:00")], LOST, "recognised"),  # in time
        (
            [step("submitted", "2026-11-27 00:00"), step("verified", "2026-11-27 09:00")],
            LOST,
            "recognised",
        ),  # at its end
        ([step("submitted", "2026-11-27 00:01"), step("verified", "2026-11-27 09:00")], LOST, "late"),  # a minute over
        ([SUBMITTED], LOST, "neglected"),  # nobody verified it
        ([SUBMITTED], ACCEPTED, "recognised"),  # accepted by itself
        ([SUBMITTED, step("verified", "2026-11-27 23:59")], LOST, "recognised"),  # the last minute
        ([SUBMITTED, step("verified", "2026-11-28 00:00")], LOST, "recognised"),  # at its end
        ([SUBMITTED, step("verified", "2026-11-28 00:01")], LOST, "neglected"),  # after it
        ([SUBMITTED, step("returned", "2026-11-28 00:01")], ACCEPTED, "recognised"),  # accepted before it was returned
        ([SUBMITTED, RETURNED], LOST, "returned"),
        ([SUBMITTED, RETURNED, step("submitted", "2026-11-28 15:00")], ACCEPTED, "waiting"),  # a time of its own
        (
            # 01:00 in Jakarta is the evening before in UTC: the day of submission is the local one
            [step("submitted", "2026-11-25 01:00"), step("verified", "2026-11-28 23:00")],
            LOST,
            "recognised",
        ),
    ],
)
def test_what_became_of_an_entry(steps: list[EntryStep], terms: EntryTerms, verdict: str) -> None:
    for order in permutations(steps):
        assert entry_verdict(entry(), order, terms, deadline, ZONE, MONTH_END) == verdict


def test_before_its_time_has_passed_an_entry_waits() -> None:
    last = deadline(DAY, 3)
    assert entry_verdict(entry(), [SUBMITTED], LOST, deadline, ZONE, last) == "waiting"
    assert entry_verdict(entry(), [SUBMITTED], LOST, deadline, ZONE, last + dt.timedelta(seconds=1)) == "neglected"


@pytest.mark.parametrize(
    ("entries", "entered", "recognised", "verdicts"),
    [
        ([entry(quantity=3)], "37.5", "37.5", ["recognised"]),  # weight times quantity
        ([entry(quantity="0.1")], "1.25", "1.25", ["recognised"]),  # exact
        ([entry("a"), entry("b")], "25", "25", ["recognised"] * 2),  # two of a kind
        ([entry("a"), entry("a")], "12.5", "12.5", ["recognised"]),  # sent twice counts once
        ([entry(quantity=30)], "375", "300", ["recognised"]),  # the day's ceiling
        ([entry(quantity=24)], "300", "300", ["recognised"]),  # exactly
        ([entry("a", item_id="visit", quantity=2)], "200", "200", ["recognised"]),  # exactly the item's ceiling
        ([entry("a", item_id="visit", quantity=3)], "300", "200", ["over_item"]),  # the item's ceiling: two a day
        (  # over two entries
            [entry("a", item_id="visit"), entry("b", item_id="visit", quantity=2)],
            "300",
            "200",
            ["recognised", "over_item"],
        ),
        (  # none is left
            [entry("a", item_id="visit", quantity=2), entry("b", item_id="visit")],
            "300",
            "200",
            ["recognised", "over_item"],
        ),
        ([entry(item_id="old")], "0", "0", ["no_weight"]),  # no longer in the catalogue
        ([entry(item_id="unpaid")], "0", "0", ["no_weight"]),  # without a weight
        ([entry(item_id="unheard-of")], "0", "0", ["no_weight"]),
        ([entry("a", item_id="old"), entry("b")], "12.5", "12.5", ["no_weight", "recognised"]),
    ],
)
def test_points_of_a_day(entries: list[Entry], entered: str, recognised: str, verdicts: list[str]) -> None:
    steps = [each for one in ("e", "a", "b") for each in verified(one)]
    for order in permutations(entries):
        ledger = judge(list(order), steps, EntryTerms(day_ceiling=Decimal(300)))
        (day,) = ledger.days
        assert (day.entered, day.recognised) == (Decimal(entered), Decimal(recognised))
        assert [each.verdict for each in ledger.judged] == verdicts


def test_entered_and_recognised_stay_apart() -> None:
    ledger = judge([entry("a"), entry("b")], [*verified("a"), step("submitted", "2026-11-24 15:05", entry_id="b")])
    (day,) = ledger.days
    assert (day.entered, day.recognised) == (Decimal(25), Decimal("12.5"))
    assert day.entry_ids == ("a",)
    assert ledger.undecided == ("b",)


def timed(entry_id: str, start: str, end: str, entered: str = "15:00") -> Entry:
    at = {"start_utc": local(f"{DAY} {start}"), "end_utc": local(f"{DAY} {end}")}
    return entry(entry_id, entered_utc=local(f"{DAY} {entered}"), **at)


@pytest.mark.parametrize(
    ("entries", "recognised"),
    [
        ([timed("a", "08:00", "09:00"), timed("b", "09:00", "10:00")], {"a", "b"}),  # one after the other
        ([timed("a", "08:00", "09:01"), timed("b", "09:00", "10:00")], {"a"}),  # a minute together
        ([timed("a", "08:00", "09:01", "16:00"), timed("b", "09:00", "10:00")], {"b"}),  # the one entered first
        ([timed("a", "08:00", "12:00"), timed("b", "09:00", "10:00")], {"a"}),  # one within the other
        ([timed("a", "08:00", "09:00"), entry("b")], {"a", "b"}),  # one without times
        (
            [
                timed("a", "08:00", "10:00"),
                timed("b", "09:00", "11:00", "15:01"),
                timed("c", "10:00", "11:00", "15:02"),
            ],
            {"a", "c"},  # what was not recognised is in nobody's way
        ),
    ],
)
def test_no_minute_counts_twice(entries: list[Entry], recognised: set[str]) -> None:
    steps = [each for one in entries for each in verified(one.entry_id)]
    for order in permutations(entries):
        ledger = judge(list(order), steps)
        assert {each.entry_id for each in ledger.judged if each.verdict == "recognised"} == recognised


def test_an_entry_that_does_not_count_is_in_nobodys_way() -> None:
    drafted, counted = timed("a", "08:00", "10:00"), timed("b", "09:00", "10:00", "15:01")
    assert [each.verdict for each in judge([drafted, counted], verified("b")).judged] == ["draft", "recognised"]


@pytest.mark.parametrize(
    ("post", "job_class", "item", "date", "points"),
    [
        ("clerk", 7, "letter", DAY, "12.5"),  # everybody's
        ("clerk", 9, "letter", DAY, "20"),  # the class's
        ("head", 9, "letter", DAY, "30"),  # the post's goes before the class's
        ("clerk", 7, "visit", dt.date(2026, 11, 30), "100"),  # the last day of the old weight
        ("clerk", 7, "visit", dt.date(2026, 12, 1), "90"),  # the first of the new
    ],
)
def test_weights_by_post_class_and_date(post: str, job_class: int, item: str, date: dt.date, points: str) -> None:
    worth = CATALOGUE.worth(item, date, post, job_class)
    assert worth is not None
    assert worth[0] == Decimal(points)


def test_nobody_gathers_points_outside_of_the_service() -> None:
    ledger = recognise([entry()], verified(), CATALOGUE, NO_TERMS, lambda date: None, deadline, ZONE, MONTH_END)
    assert [each.verdict for each in ledger.judged] == ["no_weight"]


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({}, ()),  # a good one
        ({"quantity": Decimal(0)}, ("quantity",)),
        ({"quantity": Decimal(-1)}, ("quantity",)),
        ({"quantity": Decimal(10) ** 12}, ("quantity",)),
        ({"quantity": Decimal(100_000)}, ()),  # the most
        ({"quantity": Decimal("100000.01")}, ("quantity",)),
        ({"quantity": Decimal("0.0001")}, ()),  # the finest
        ({"quantity": Decimal("0.00001")}, ("quantity",)),
        ({"quantity": Decimal("1e-999999")}, ("quantity",)),  # a text of a million characters
        ({"quantity": Decimal("NaN")}, ("quantity",)),
        ({"quantity": Decimal("Infinity")}, ("quantity",)),
        ({"date": DAY + dt.timedelta(days=1)}, ("future",)),  # an activity of tomorrow
        ({"note": "  rapat             "}, ("note_short",)),  # spaces do not fill twenty characters
        ({"item_id": "old"}, ("item_unknown",)),
        ({"item_id": "unpaid"}, ("no_weight",)),
        ({"start_utc": local("2026-11-24 08:00")}, ("times",)),  # a start without an end
        ({"end_utc": local("2026-11-24 08:00")}, ("times",)),
        ({"start_utc": local("2026-11-24 08:00"), "end_utc": local("2026-11-24 08:00")}, ("times",)),
        ({"start_utc": local("2026-11-23 08:00"), "end_utc": local("2026-11-23 09:00")}, ("times_elsewhere",)),
        ({"start_utc": local("2026-11-24 10:59"), "end_utc": local("2026-11-24 12:00")}, ("overlap",)),
        ({"start_utc": local("2026-11-24 11:00"), "end_utc": local("2026-11-24 12:00")}, ()),  # begins at its end
        ({"start_utc": local("2026-11-24 09:00"), "end_utc": local("2026-11-24 10:00")}, ()),  # ends at its beginning
    ],
)
def test_what_speaks_against_an_entry(changed: dict[str, Any], faults: tuple[str, ...]) -> None:
    asked = replace(entry(), **changed)
    others = [timed("other", "10:00", "11:00"), replace(asked, quantity=Decimal(1))]
    terms = EntryTerms(note_characters=20)
    assert check_entry(asked, others, CATALOGUE, terms, clerk, ZONE, DAY, may_enter=True) == faults


def test_a_letter_can_close_a_day_for_entries() -> None:
    assert check_entry(entry(), [], CATALOGUE, NO_TERMS, clerk, ZONE, DAY, may_enter=False) == ("day_closed",)
    nobody = check_entry(entry(), [], CATALOGUE, NO_TERMS, lambda date: None, ZONE, DAY, may_enter=True)
    assert nobody == ("no_weight",)


@given(st.data())
def test_the_order_of_facts_changes_nothing(data: st.DataObject) -> None:
    ids = "abcd"
    spans = st.one_of(
        st.none(), st.tuples(st.integers(8, 11), st.integers(12, 15)).map(lambda s: (f"{s[0]:02}:00", f"{s[1]:02}:00"))
    )
    entries = []
    for one in ids:
        span = data.draw(spans)
        entries.append(entry(one, data.draw(st.integers(1, 3)), item_id="visit") if span is None else timed(one, *span))
    kinds = st.sampled_from(["submitted", "verified", "returned", "withdrawn"])
    moments = st.integers(0, 20)
    rows = data.draw(st.lists(st.tuples(st.sampled_from(ids), kinds, moments), max_size=12, unique=True))
    steps = [step(kind, f"2026-11-24 {m:02}:00", entry_id=one) for one, kind, m in rows]
    first = judge(entries, steps, ACCEPTED)
    assert judge(data.draw(st.permutations(entries)), data.draw(st.permutations(steps)), ACCEPTED) == first
    doubled = judge(entries * 2, steps * 2, ACCEPTED)
    assert doubled == first
