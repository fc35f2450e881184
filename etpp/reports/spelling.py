"""An amount in words, as it stands under a payment list. Pure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from etpp.console.texts import Language

_ID = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas"]
_EN = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_EN_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ID_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (10**3, "ribu"))
_EN_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"))


def in_words(amount: Decimal, language: Language) -> str:
    """Whole rupiah: dua juta seratus ribu rupiah; two million one hundred thousand rupiah."""
    whole = int(abs(amount))
    spelt = _indonesian(whole) if language == "id" else _english(whole)
    return f"{'minus ' if amount < 0 else ''}{spelt} rupiah"


def _indonesian(n: int) -> str:
    if n < 12:
        return _ID[n]
    if n < 20:
        return f"{_ID[n - 10]} belas"
    if n < 100:
        return _joined(f"{_ID[n // 10]} puluh", n % 10, _indonesian)
    if n < 200:
        return _joined("seratus", n - 100, _indonesian)
    if n < 1000:
        return _joined(f"{_ID[n // 100]} ratus", n % 100, _indonesian)
    if n < 2000:
        return _joined("seribu", n - 1000, _indonesian)
    size, name = next(scale for scale in _ID_SCALES if n >= scale[0])
    return _joined(f"{_indonesian(n // size)} {name}", n % size, _indonesian)


def _english(n: int) -> str:
    if n < 20:
        return _EN[n]
    if n < 100:
        return _EN_TENS[n // 10] + (f"-{_EN[n % 10]}" if n % 10 else "")
    if n < 1000:
        return _joined(f"{_EN[n // 100]} hundred", n % 100, _english)
    size, name = next(scale for scale in _EN_SCALES if n >= scale[0])
    return _joined(f"{_english(n // size)} {name}", n % size, _english)


def _joined(head: str, rest: int, spell: Callable[[int], str]) -> str:
    return f"{head} {spell(rest)}" if rest else head
