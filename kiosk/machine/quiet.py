"""Hours in which the terminal makes no sound. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from kiosk.ports import Voice


def quiet(hours: str, local: dt.time) -> bool:
    """Whether a local time lies in hours such as "21:00-05:30", which may reach past midnight; "" has none."""
    if not hours:
        return False
    first, last = (dt.time.fromisoformat(each) for each in hours.split("-"))
    return first <= local < last if first <= last else local >= first or local < last


class QuietVoice:
    """A voice that keeps silent while `is_quiet`."""

    def __init__(self, voice: Voice, is_quiet: Callable[[], bool]) -> None:
        self._voice, self._is_quiet = voice, is_quiet

    def say(self, text: str) -> None:
        if not self._is_quiet():
            self._voice.say(text)

    def close(self) -> None:
        self._voice.close()
