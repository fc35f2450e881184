"""What the pages of the officer's area are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kiosk.model import Sighting, TerminalStatus
from kiosk.ports import Told
from kiosk.terminal.officer import Act, Area
from kiosk.ui import letters, wording
from kiosk.ui.catalogue import Catalogue
from kiosk.ui.officer.people import People
from kiosk.ui.officer.sheet import Choice
from kiosk.ui.viewstate import Icon


@dataclass(frozen=True, slots=True)
class Scene:
    """What a sheet is made from besides the area: everybody of the office, and what else the terminal knows."""

    people: People
    status: TerminalStatus
    consent: Told
    recognise_name: Callable[[Sighting], str] = lambda _sighting: ""
    judged: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class At:
    area: Area
    scene: Scene
    now_s: float
    catalogue: Catalogue

    def text(self, key: str, **fields: object) -> str:
        return self.catalogue.text(f"officer.{key}", **fields)

    def said(self, told: Told) -> str:
        """In the screen's language, or in one of those that there are."""
        return told.get(self.catalogue.language) or told.get("id") or told.get("en", "")


def leave(at: At) -> Choice:
    return Choice(Act.LEAVE, at.text("leave"))


def back(at: At) -> Choice:
    return Choice(Act.BACK, at.text("back"), icon=Icon.LEFT)


def person_name(at: At) -> str:
    person = at.area.person
    return "" if person is None else letters.legible(person.name) or wording.masked_nip(person.nip)
