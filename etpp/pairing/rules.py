"""When a terminal's code holds, what a PIN may be, and how long a wrong one keeps the door shut. Pure."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import Literal

GOOD_FOR = dt.timedelta(seconds=180)
SKEW = dt.timedelta(seconds=30)
"""By how much a terminal's clock may differ from the server's."""
REMEMBERED = dt.timedelta(minutes=10)
"""For how long a used code is known: longer than one can be good for."""
CODE_LASTS = dt.timedelta(hours=24)
MOST_PHONES = 3
PIN_DIGITS = 6
MOST_FAILURES = 10
"""Wrong PINs, after which a phone has to be connected anew: ten of a million."""
_FREE = 3
_FIRST_WAIT = dt.timedelta(seconds=30)
PinFault = Literal["form", "easy"]
_PIN = re.compile(rf"[0-9]{{{PIN_DIGITS}}}")


_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
_BROWSERS = {"EdgA": "Edge", "Edg": "Edge", "SamsungBrowser": "Samsung Internet", "OPR": "Opera", "FxiOS": "Firefox"}
_BROWSERS |= {"Firefox": "Firefox", "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari"}


def known_as(agent: str) -> str:
    """What a phone's owner knows it by, of what its browser calls itself; that, where nobody has heard of it."""
    system = next((each for each in _SYSTEMS if each in agent), "")
    browser = next((name for mark, name in _BROWSERS.items() if mark + "/" in agent), "")
    return " · ".join(filter(None, (browser, system))) or agent or "–"


def in_time(made_utc: dt.datetime, now: dt.datetime) -> bool:
    return made_utc - SKEW <= now <= made_utc + GOOD_FOR + SKEW


def wait_after(failures: int) -> dt.timedelta | None:
    """From the third wrong PIN on half a minute, each time twice as long; None: none."""
    return None if failures < _FREE else _FIRST_WAIT * 2 ** (failures - _FREE)


def pin_fault(pin: str, nip: str | None) -> PinFault | None:
    """What is wrong with a PIN; None for a good one.

    What a finder of the phone tries first: one digit, a row, two in turn, the birth date, the end of the NIP.
    """
    if _PIN.fullmatch(pin) is None:
        return "form"
    digits = [int(each) for each in pin]
    steps = {(after - before) % 10 for before, after in itertools.pairwise(digits)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        return "easy"
    if len(set(pin)) <= 2 or pin[:3] == pin[3:]:
        return "easy"
    return "easy" if nip is not None and pin in _of_nip(nip) else None


def _of_nip(nip: str) -> set[str]:
    year, month, day = nip[:4], nip[4:6], nip[6:8]
    return {day + month + year[2:], year[2:] + month + day, month + day + year[2:], nip[-6:], nip[:6]}
