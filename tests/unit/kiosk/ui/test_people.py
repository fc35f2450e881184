"""The officer's list of people: what it finds, and how often it looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from kiosk.model import EMPTY_GALLERY, Awaiting, Bulletin, GallerySnapshot, Nip, Quality, Sighting, TerminalStatus
from kiosk.terminal.attending import Attending
from kiosk.terminal.officer import Act
from kiosk.terminal.running import EMPTY_QUEUE
from kiosk.ui import catalogue, letters
from kiosk.ui.officer.source import AreaSource
from kiosk.ui.officer.view import ROWS
from kiosk.ui.viewstate import BLANK
from tests.unit.kiosk.factories import moment
from tests.unit.kiosk.machine.fake_clock import FakeClock

TEXTS = catalogue.load("id")
STATUS = TerminalStatus(moment().wall_utc, "Dinas Contoh", 0, None, EMPTY_QUEUE, True)
NAMES = [f"Contoh {chr(97 + number)}" for number in range(20)]


def office(*names: str) -> GallerySnapshot:
    awaiting = tuple(Awaiting(Nip(f"{number:018}"), name, "none") for number, name in enumerate(names))
    return replace(EMPTY_GALLERY, bulletin=Bulletin(awaiting=awaiting))


class Held:
    """`kiosk.terminal.attending.Held` with an office that may change."""

    def __init__(self) -> None:
        self.snapshot = office(*NAMES)
        self.sighting = Sighting(0.0, 0, 1)

    def hold(self) -> bool:
        return True

    def release(self, as_before: bool = False) -> None:
        pass

    def moved(self) -> None:
        pass


def no_shares(_quality: Quality) -> Mapping[str, float]:
    return {}


class Rig:
    def __init__(self) -> None:
        self.held, clock = Held(), FakeClock()
        self.attending = Attending(self.held, clock)
        self.source = AreaSource(self.attending, dict, no_shares)
        self.attending.enter("Ratna")

    def names(self) -> list[str]:
        """Those on the screen now."""
        self.source.pump(BLANK, STATUS, 60.0, TEXTS)
        sheet = self.source.sheet()
        assert sheet is not None
        return [row.name for row in sheet.rows]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each name was read."""
    legible, read = letters.legible, Counter[str]()

    def counted(text: str) -> str:
        read[text] += 1
        return legible(text)

    monkeypatch.setattr(letters, "legible", counted)
    return read


def test_the_list_is_looked_through_once_and_not_with_each_picture(read: Counter[str]) -> None:
    rig = Rig()
    for _ in range(30):
        assert rig.names() == NAMES[:ROWS]
    assert {read[name] for name in NAMES[ROWS:]} == {1}


def types(rig: Rig) -> list[str]:
    rig.source.touch(Act.LETTER, "q")
    return ["Contoh q"]


def turns(rig: Rig) -> list[str]:
    rig.source.touch(Act.TURN, str(ROWS))
    return NAMES[ROWS : 2 * ROWS]


def is_told_of_others(rig: Rig) -> list[str]:
    rig.held.snapshot = office("Ani", "Budi")
    return ["Ani", "Budi"]


CHANGES = [types, turns, is_told_of_others]


@pytest.mark.parametrize("change", CHANGES, ids=[each.__name__ for each in CHANGES])
def test_what_is_asked_anew_is_looked_for_anew(change: Callable[[Rig], list[str]]) -> None:
    rig = Rig()
    assert rig.names() == NAMES[:ROWS]
    assert change(rig) == rig.names()
