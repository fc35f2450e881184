"""What a civil servant's number (NIP) may be; `tests/golden/nips.json` has the cases for both sides.

Perka BKN 22/2007: birth date YYYYMMDD, month of appointment YYYYMM, sex 1 or 2, sequence of three; no check digit.
Contract staff (PPPK) have "2" and the contract's number 1..9 in place of the month of appointment.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from etpp.base import texts

YOUNGEST_AT_APPOINTMENT = 18
"""PP 11/2017 art. 23 and PP 49/2018 art. 16: whoever applies is 18 or older."""

OLDEST_IN_SERVICE = 70
"""The highest pension age of an ASN: a professor's (UU 14/2005 art. 67)."""

_TRUSTED_SINCE = dt.date(2024, 1, 1)
"""An earlier day is that of a terminal's clock which was never set: no age is judged by it."""

_BETWEEN = re.compile("[ .\\-\u2010-\u2015\u2212]")
_FURTHEST_EAST, _FURTHEST_WEST = dt.timedelta(hours=14), dt.timedelta(hours=12)


def compact(text: str) -> str:
    """The text without what may stand between the groups of a NIP: spaces, dots, dashes, invisible marks."""
    return _BETWEEN.sub("", texts.without_marks(text))


def check(digits: str) -> str:
    """The 18 digits themselves, as far as they can be judged without knowing the day. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{18}", digits):
        raise ValueError("must have 18 digits")
    born, appointed = _dates(digits)
    if digits[14] not in "12":
        raise ValueError("the 15th digit must be 1 or 2")
    if digits[15:] == "000":
        raise ValueError("the last three digits must not be 000")
    # Of contract staff only the year is known, of others the month: the birthday counts when it lies in it.
    month = 12 if of_contract(digits) else appointed.month
    last_day = appointed.replace(month=month, day=calendar.monthrange(appointed.year, month)[1])
    if _age(born, last_day) < YOUNGEST_AT_APPOINTMENT or _age(born, appointed) >= OLDEST_IN_SERVICE:
        raise ValueError("the dates of birth and of appointment do not fit together")
    return digits


def check_at(digits: str, earliest_utc: dt.datetime, latest_utc: dt.datetime) -> str:
    """As `check`, and whether the bearer was in service between two moments, wherever on earth that was.

    Raises ValueError.
    """
    born, appointed = _dates(check(digits))
    first, last = (earliest_utc - _FURTHEST_WEST).date(), (latest_utc + _FURTHEST_EAST).date()
    if last >= _TRUSTED_SINCE and appointed > last:
        raise ValueError("the month of appointment has not come yet")
    if first >= _TRUSTED_SINCE and _age(born, first) > OLDEST_IN_SERVICE:
        raise ValueError(f"its bearer would be older than {OLDEST_IN_SERVICE}")
    return digits


def of_contract(digits: str) -> bool:
    """Whether the NIP is one of contract staff (PPPK)."""
    return digits[12] == "2" and digits[13] != "0"


def _dates(digits: str) -> tuple[dt.date, dt.date]:
    """Born on, and the first day of the month of appointment (of contract staff: of the year)."""
    try:
        born = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError as error:
        raise ValueError("the first eight digits must be a date of birth") from error
    if born.year < 1900:
        raise ValueError("the first eight digits must be a date of birth")
    try:
        appointed = dt.date(int(digits[8:12]), 1 if of_contract(digits) else int(digits[12:14]), 1)
    except ValueError as error:
        raise ValueError("the month of appointment is none") from error
    return born, appointed


def _age(born: dt.date, on: dt.date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
