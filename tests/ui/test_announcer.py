"""Voice and lamps follow the screen, each new thing once."""

from __future__ import annotations

from dataclasses import replace

from kiosk.ui.announcer import Announcer
from kiosk.ui.viewstate import BLANK, Lamp, Layout, Speech


class Ears:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)

    def close(self) -> None:
        """Nothing to close."""


class Eyes:
    """`ports.Indicators` that remembers what was lit."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def idle(self) -> None:
        self.seen.append("idle")

    def busy(self) -> None:
        self.seen.append("busy")

    def success(self) -> None:
        self.seen.append("success")

    def refusal(self) -> None:
        self.seen.append("refusal")

    def fault(self) -> None:
        self.seen.append("fault")

    def close(self) -> None:
        """Nothing to close."""


def test_each_new_thing_is_said_once_and_a_repetition_after_silence_again() -> None:
    ears = Ears()
    announcer = Announcer(ears, Eyes())
    hello, bye = Speech("hello", "Selamat pagi"), Speech("bye", "Tercatat")
    for speech in (None, hello, hello, bye, None, bye):
        announcer.announce(replace(BLANK, speech=speech))
    assert ears.heard == ["Selamat pagi", "Tercatat", "Tercatat"]


def test_each_lamp_is_lit_by_its_own_name_when_it_changes() -> None:
    eyes = Eyes()
    announcer = Announcer(Ears(), eyes)
    for lamp in (*Lamp, Lamp.FAULT, Lamp.IDLE):
        announcer.announce(replace(BLANK, lamp=lamp))
    assert eyes.seen == [*(lamp.value for lamp in Lamp), "idle"]


def test_the_panel_is_dark_with_the_screen_and_lit_by_the_first_face() -> None:
    told: list[bool] = []
    announcer = Announcer(Ears(), Eyes(), told.append)
    for layout in (Layout.IDLE, Layout.STANDBY, Layout.STANDBY, Layout.LIVE):
        announcer.announce(replace(BLANK, layout=layout))
    assert told == [False, True, True, False]
