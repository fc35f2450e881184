"""The civil servant's number (NIP, 18 digits): parsed, and checked for what cannot be.

The one rule for it: `tests/golden/nips.json` has its cases for both sides.

Perka BKN 22/2007: birth date YYYYMMDD, month of appointment YYYYMM, sex 1 or 2, sequence of three; no check digit.
Contract staff (PPPK, who are ASN too) have the same length, but "2" and the contract's number 1..9 in place of the
month of appointment: 2024 21 is the first contract, from 2024.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Literal

from enrollment import characters
from enrollment.catalogue import Phrase
from enrollment.refusal import Refusal
from kiosk.model import Nip

LENGTH = 18

_DIGITS = frozenset("0123456789")
"""Not `str.isdigit`: other scripts have digits too, which look alike and are other characters to the server."""

_BETWEEN = re.compile("[ .\\-\u2010-\u2015\u2212]")

YOUNGEST_AT_APPOINTMENT = 18
"""PP 11/2017 art. 23 and PP 49/2018 art. 16: whoever applies is 18 or older."""

OLDEST_IN_SERVICE = 70
"""The highest pension age of an ASN: a professor's (UU 14/2005 art. 67). Others leave at 58 to 65."""

_TRUSTED_SINCE = dt.date(2024, 1, 1)
"""A clock that shows an earlier day was never set (a Pi without network starts in the past): no age is judged by it."""


@dataclass(frozen=True, slots=True)
class NipParts:
    """What a NIP says of its bearer. `appointed` is the first day of the month, for PPPK of the year."""

    nip: Nip = field(repr=False)
    born: dt.date = field(repr=False)
    appointed: dt.date
    kind: Literal["pns", "pppk"]
    sex: Literal["male", "female"]
    sequence: int


def parse(text: str, today: dt.date) -> NipParts:
    """The NIP in `text`, in which spaces, dots, hyphens and marks that cannot be seen may stand between the digits.

    Raises Refusal: nip_format, nip_spreadsheet, nip_birth_date, nip_appointment, nip_sex, nip_sequence, nip_age.
    """
    digits = compact(text)
    if re.fullmatch(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]+", characters.seen(text)):
        raise Refusal("nip_spreadsheet")
    for place, character in enumerate(digits, start=1):
        if character not in _DIGITS:
            values = {"place": place, "character": characters.named(character)}
            raise Refusal("nip_format", found=Phrase("nip_character", values))
    if len(digits) != LENGTH:
        raise Refusal("nip_format", found=Phrase("nip_length", {"length": len(digits)}))
    born = _date(digits[0:4], digits[4:6], digits[6:8])
    if born is None or born.year < 1900:
        raise Refusal("nip_birth_date")
    kind: Literal["pns", "pppk"] = "pppk" if digits[12] == "2" and digits[13] != "0" else "pns"
    appointed = _date(digits[8:12], "01" if kind == "pppk" else digits[12:14], "01")
    if appointed is None:
        raise Refusal("nip_appointment")
    if digits[14] not in "12":
        raise Refusal("nip_sex")
    sequence = int(digits[15:18])
    if sequence == 0:
        raise Refusal("nip_sequence")
    _check_ages(born, appointed, kind, today)
    return NipParts(Nip(digits), born, appointed, kind, "male" if digits[14] == "1" else "female", sequence)


def compact(text: str) -> str:
    """The text without what may stand between the groups of a NIP: spaces, dots, dashes, invisible marks."""
    return _BETWEEN.sub("", characters.seen(text))


def masked(text: str) -> str:
    """The NIP as it may be shown in public: the birth date hidden. Of what is none, where the date may lie anywhere,
    nothing is shown."""
    digits = compact(text)
    if len(digits) == LENGTH and all(digit in _DIGITS for digit in digits):
        return "•" * 8 + digits[8:]
    return "•" * min(len(digits), LENGTH)


def _date(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _check_ages(born: dt.date, appointed: dt.date, kind: str, today: dt.date) -> None:
    # Of a PPPK only the year is known, of others the month: the birthday counts when it lies in it.
    month = 12 if kind == "pppk" else appointed.month
    last_day = appointed.replace(month=month, day=calendar.monthrange(appointed.year, month)[1])
    if _age(born, last_day) < YOUNGEST_AT_APPOINTMENT or _age(born, appointed) >= OLDEST_IN_SERVICE:
        raise Refusal("nip_age")
    if today >= _TRUSTED_SINCE:
        if appointed > today:
            raise Refusal("nip_appointment")
        if _age(born, today) > OLDEST_IN_SERVICE:
            raise Refusal("nip_age")


def _age(born: dt.date, on: dt.date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
