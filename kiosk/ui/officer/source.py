"""What feeds the officer's screens: the area of the running terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from kiosk.model import Quality, Sighting, TerminalStatus
from kiosk.ports import Told
from kiosk.terminal.attending import Attending
from kiosk.terminal.officer import Act, Page
from kiosk.ui import letters, wording
from kiosk.ui.catalogue import Catalogue
from kiosk.ui.officer import view
from kiosk.ui.officer.people import People
from kiosk.ui.officer.scene import Scene
from kiosk.ui.officer.sheet import Sheet
from kiosk.ui.viewstate import Lamp, Speech, ViewState

LAMP_S = 2.0
"""How long the sound test shows one of the lamps."""


class AreaSource:
    """The `OfficerSource` of the running terminal. `shares`: how far a face comes to what is asked of a picture, by
    what can be changed."""

    def __init__(
        self, attending: Attending, consent: Callable[[], Told], shares: Callable[[Quality], Mapping[str, float]]
    ) -> None:
        self._attending = attending
        self._consent = consent()
        self._shares = shares
        self._sheet: Sheet | None = None
        self._people = People(())

    def pump(self, shown: ViewState, status: TerminalStatus, now_s: float, catalogue: Catalogue) -> ViewState:
        """Take in what has happened; `shown`, as it is to be heard and seen on the lamps meanwhile."""
        self._attending.pump(now_s)
        area = self._attending.area
        if not area.open:
            self._sheet = None
            return shown
        everybody = self._attending.people()
        if self._people.everybody is not everybody:
            self._people = People(everybody)
        quality = area.sighting.quality
        scene = Scene(
            people=self._people,
            status=status,
            consent=self._consent,
            recognise_name=self._name,
            judged={} if quality is None else self._shares(quality),
        )
        self._sheet = view.sheet(area, scene, now_s, catalogue)
        tested = area.page is Page.SOUND and area.lamp != Lamp.IDLE.value and now_s - area.since_s < LAMP_S
        speech = Speech(f"officer.{area.since_s}", catalogue.text("officer.sound.spoken")) if tested else None
        return replace(shown, lamp=Lamp(area.lamp) if tested else Lamp.IDLE, speech=speech)

    def sheet(self) -> Sheet | None:
        return self._sheet

    def corner(self, down: bool) -> None:
        self._attending.corner(down)

    def touch(self, act: Act, value: str) -> None:
        self._attending.touch(act, value)

    def sign(self, picture: bytes) -> None:
        self._attending.sign(picture)

    def drop(self, path: Path) -> None:
        self._attending.drop(path)

    def _name(self, sighting: Sighting) -> str:
        who = sighting.match.person_id if sighting.match is not None else None
        found = None if who is None else self._people.known(who)
        return "" if found is None else letters.legible(found.name) or wording.masked_nip(found.nip)
