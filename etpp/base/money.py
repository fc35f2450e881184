"""Exact decimals: read from data, divided once, rounded where a rule says so. No float comes near pay."""

from __future__ import annotations

import decimal
import tomllib
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

EXACT = decimal.Context(
    prec=60,
    rounding=decimal.ROUND_HALF_EVEN,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow, decimal.FloatOperation],
)
"""Sums and products of pay are exact in 60 digits; a quotient's sixtieth digit cannot turn the rounding of a rupiah."""

MOST_DIGITS, MOST_DECIMALS = 12, 12
"""Of a number that a clerk's document brings. A regency pays some 10^11 rupiah a month; the product of an amount and
two percents is still exact in EXACT's 60 digits."""

ZERO = Decimal(0)
HUNDRED = Decimal(100)

Rounding = Literal["half_up", "half_even", "down", "up"]

_MODES: dict[Rounding, str] = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "down": decimal.ROUND_FLOOR,
    "up": decimal.ROUND_CEILING,
}


def rounded(numerator: Decimal, denominator: Decimal, unit: Decimal, mode: Rounding) -> Decimal:
    """`numerator / denominator` to a whole number of `unit`, without an exponent. 0 / 0 is 0: nothing of nothing."""
    if not denominator and not numerator:
        return ZERO
    whole = EXACT.divide(numerator, EXACT.multiply(denominator, unit)).to_integral_value(_MODES[mode])
    return EXACT.multiply(whole, unit)


def plain(value: Decimal) -> str:
    """The shortest text of a decimal, without an exponent and trailing zeros: equal amounts have one text."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _exact(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        _, digits, exponent = value.as_tuple()
        if value and (value.adjusted() >= MOST_DIGITS or len(digits) > MOST_DIGITS + MOST_DECIMALS):
            raise ValueError(f"a number has at most {MOST_DIGITS} digits before the point")
        if isinstance(exponent, int) and exponent < -MOST_DECIMALS:
            raise ValueError(f"a number has at most {MOST_DECIMALS} digits after the point")
    return value


Exact = Annotated[Decimal, BeforeValidator(_exact)]
"""A number of a TOML file that `read_toml` has read, in a strict model: 1 and 1.5, neither text nor infinity, and none
that leaves no room for a sum or for a page."""


def read_toml(text: str) -> dict[str, Any]:
    """A TOML document whose numbers with a point are exact decimals. Raises ValueError with line and column."""
    return tomllib.loads(text, parse_float=Decimal)
