"""Hours without a sound."""

from __future__ import annotations

import datetime as dt

import pytest

from kiosk.machine.quiet import QuietVoice, quiet


@pytest.mark.parametrize(
    ("hours", "local", "is_quiet"),
    [
        ("", "03:00", False),
        ("21:00-05:30", "20:59", False),
        ("21:00-05:30", "21:00", True),
        ("21:00-05:30", "00:00", True),
        ("21:00-05:30", "05:29", True),
        ("21:00-05:30", "05:30", False),
        ("12:00-13:00", "12:00", True),
        ("12:00-13:00", "13:00", False),
        ("12:00-13:00", "11:59", False),
    ],
)
def test_quiet_hours_begin_and_end_and_may_reach_past_midnight(hours: str, local: str, is_quiet: bool) -> None:
    assert quiet(hours, dt.time.fromisoformat(local)) is is_quiet


class Heard:
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def close(self) -> None:
        self.said.append("closed")


def test_a_voice_keeps_silent_in_them_and_is_closed_all_the_same() -> None:
    heard, silent = Heard(), [True]
    voice = QuietVoice(heard, lambda: silent[0])
    voice.say("Datang")
    silent[0] = False
    voice.say("Pulang")
    voice.close()
    assert heard.said == ["Pulang", "closed"]
