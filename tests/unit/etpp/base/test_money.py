"""Exact decimals: one quotient, one rounding, one text."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from etpp.base.money import EXACT, Exact, Rounding, plain, read_toml, rounded

ONE = Decimal(1)


@pytest.mark.parametrize(
    ("numerator", "denominator", "unit", "mode", "expected"),
    [
        ("5", "2", "1", "half_up", "3"),  # a half goes up
        ("5", "2", "1", "half_even", "2"),  # or to the even neighbour
        ("5", "2", "1", "down", "2"),
        ("4.1", "2", "1", "up", "3"),
        ("1", "3", "1", "half_up", "0"),
        ("149", "1", "100", "half_up", "100"),  # to whole hundreds
        ("150", "1", "100", "half_up", "200"),
        ("1", "8", "0.01", "half_up", "0.13"),  # to sen
        ("-5", "2", "1", "down", "-3"),  # down is towards less
        ("0", "0", "1", "half_up", "0"),  # nothing of nothing
    ],
)
def test_rounding(numerator: str, denominator: str, unit: str, mode: Rounding, expected: str) -> None:
    assert rounded(Decimal(numerator), Decimal(denominator), Decimal(unit), mode) == Decimal(expected)


def test_a_quotient_has_sixty_digits() -> None:
    assert EXACT.divide(ONE, Decimal(3)) == Decimal("0." + "3" * 60)


def test_something_of_nothing_is_an_error() -> None:
    with pytest.raises(ArithmeticError):
        rounded(ONE, Decimal(0), ONE, "half_up")


@given(st.integers(-(10**14), 10**14), st.integers(1, 10**12))
def test_rounding_agrees_with_fractions(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    top, bottom = Decimal(numerator), Decimal(denominator)
    assert rounded(top, bottom, ONE, "down") == floor(exact)
    assert rounded(top, bottom, ONE, "up") == ceil(exact)
    assert rounded(top, bottom, ONE, "half_even") == round(exact)


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.50", "1.5"), ("1E+3", "1000"), ("100", "100"), ("-0", "0"), ("0.00", "0"), ("1E-3", "0.001"), ("-2.0", "-2")],
)
def test_equal_amounts_have_one_text(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


def test_toml_has_no_floats() -> None:
    assert read_toml("a = 0.1")["a"] == Decimal("0.1")


class Row(BaseModel):
    model_config = ConfigDict(strict=True)
    a: Exact


@pytest.mark.parametrize(("written", "number"), [("1", "1"), ("-2", "-2"), ("0.1", "0.1"), ("1e3", "1000")])
def test_numbers_of_a_file(written: str, number: str) -> None:
    found = Row.model_validate(read_toml(f"a = {written}")).a
    assert isinstance(found, Decimal)
    assert found == Decimal(number)


@pytest.mark.parametrize("written", ["true", '"1"', "inf", "-inf", "nan", "2026-01-01", "[1]"])
def test_what_is_no_number_of_a_file(written: str) -> None:
    with pytest.raises(ValidationError):
        Row.model_validate(read_toml(f"a = {written}"))
