"""The NIP: what it says, and what it cannot say."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment import nip as nips
from enrollment.refusal import Refusal
from kiosk.errors import EnrolmentRefused

TODAY = dt.date(2026, 11, 24)


def reason(text: str, today: dt.date = TODAY) -> str:
    with pytest.raises(Refusal) as refused:
        nips.parse(text, today)
    assert refused.value.exit_code == EnrolmentRefused.exit_code == 65
    return refused.value.reason


def test_its_parts() -> None:
    parts = nips.parse("198503152010011004", TODAY)
    assert parts.nip == "198503152010011004"
    assert (parts.born, parts.appointed) == (dt.date(1985, 3, 15), dt.date(2010, 1, 1))
    assert (parts.kind, parts.sex, parts.sequence) == ("pns", "male", 4)


def test_contract_staff_have_their_contract_in_place_of_the_month() -> None:
    parts = nips.parse("200012312024212001", TODAY)
    assert (parts.kind, parts.appointed, parts.sex) == ("pppk", dt.date(2024, 1, 1), "female")


def test_the_groups_of_a_card_may_be_kept() -> None:
    assert nips.parse(" 19850315 201001 1 004 ", TODAY).nip == "198503152010011004"


CASES = json.loads((Path(__file__).parents[2] / "golden" / "nips.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["why"])
def test_the_rule_that_both_sides_have(case: dict[str, str | None]) -> None:
    assert case["given"] is not None
    today = dt.date.fromisoformat(CASES["today"])
    if case["canonical"] is None:
        assert reason(case["given"], today).startswith("nip_")
    else:
        assert nips.parse(case["given"], today).nip == case["canonical"]
        assert nips.parse(case["canonical"], today).nip == case["canonical"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1985031520100110O4", "pada tempat ke-17 ada O (U+004F LATIN CAPITAL LETTER O)"),
        ("19850315 201001 1 0O4", "pada tempat ke-17 ada O (U+004F LATIN CAPITAL LETTER O)"),
        ("19850315201001100\uff14", "pada tempat ke-18 ada \uff14 (U+FF14 FULLWIDTH DIGIT FOUR)"),
        ("\u202e198503152010011004", "pada tempat ke-1 ada U+202E RIGHT-TO-LEFT OVERRIDE."),
        ("198503152010011004\x1b", "pada tempat ke-19 ada U+001B."),
        ("19850315201001100", "yang diterima 17 angka"),
        ("", "yang diterima 0 angka"),
    ],
)
def test_what_is_no_nip_is_told_by_what_stands_there(text: str, found: str) -> None:
    with pytest.raises(Refusal) as refused:
        nips.parse(text, TODAY)
    assert found in refused.value.say("id")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "nip_format"),
        ("19850315201001100", "nip_format"),
        ("1985031520100110044", "nip_format"),
        ("19850315201001100x", "nip_format"),
        ("١٩٨٥٠٣١٥٢٠١٠٠١١٠٠٤", "nip_format"),
        ("1.98503E+17", "nip_spreadsheet"),
        ("1,98503E+17", "nip_spreadsheet"),
        ("198502302010011004", "nip_birth_date"),
        ("198513152010011004", "nip_birth_date"),
        ("000003152010011004", "nip_birth_date"),
        ("188503152010011004", "nip_birth_date"),
        ("198503152010131004", "nip_appointment"),
        ("198503152010001004", "nip_appointment"),
        ("198503152010201004", "nip_appointment"),
        ("198503152026121004", "nip_appointment"),
        ("198503152010013004", "nip_sex"),
        ("198503152010010004", "nip_sex"),
        ("198503152010011000", "nip_sequence"),
        ("199503152010011004", "nip_age"),
        ("198503151985031004", "nip_age"),
        ("195503151980031004", "nip_age"),
        ("193503152010031004", "nip_age"),
    ],
)
def test_what_cannot_be_is_refused_with_its_own_reason(text: str, expected: str) -> None:
    assert reason(text) == expected


def test_the_eighteenth_birthday_may_fall_into_the_month_of_appointment() -> None:
    assert nips.parse("198503152003031004", TODAY)
    assert nips.parse("198503312003031004", TODAY)
    assert reason("198503152003021004") == "nip_age"


def test_a_clock_that_was_never_set_judges_no_age() -> None:
    assert nips.parse("198503152010011004", dt.date(1970, 1, 1))


def test_shown_in_public_it_hides_the_birth_date() -> None:
    assert nips.masked("198503152010011004") == "••••••••2010011004"
    assert nips.masked("\ufeff19850315 201001 1 004") == "••••••••2010011004"


@pytest.mark.parametrize(
    "text",
    ["15031985", "9850315201001100", "1985031520100110O4", "x198503152010011004", "'198503152010011004", "1" * 40],
)
def test_of_what_is_no_nip_nothing_is_shown(text: str) -> None:
    """A digit too many, and the birth day stands where the last ten digits of a NIP do."""
    assert set(nips.masked(text)) == {"•"}
    assert len(nips.masked(text)) <= nips.LENGTH


@given(st.text(max_size=40))
def test_never_more_than_the_last_ten_digits_of_a_nip(text: str) -> None:
    shown = nips.masked(text).lstrip("•")
    assert shown == "" or (len(shown) == 10 and len(nips.compact(text)) == nips.LENGTH)


@given(st.text(max_size=24))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parts = nips.parse(text, TODAY)
    except Refusal:
        return
    assert len(parts.nip) == nips.LENGTH
    assert parts.born < parts.appointed <= TODAY


@given(
    born=st.dates(dt.date(1961, 1, 1), dt.date(2000, 12, 31)),
    years=st.integers(19, 30),
    month=st.integers(1, 12),
    sex=st.sampled_from("12"),
    sequence=st.integers(1, 999),
)
def test_a_nip_that_can_be_comes_back_as_it_was(born: dt.date, years: int, month: int, sex: str, sequence: int) -> None:
    text = f"{born:%Y%m%d}{born.year + years:04}{month:02}{sex}{sequence:03}"
    today = dt.date(2031, 1, 1)
    parts = nips.parse(text, today)
    assert (parts.nip, parts.born, parts.appointed.month, parts.sequence) == (text, born, month, sequence)
