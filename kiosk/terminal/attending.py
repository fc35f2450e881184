"""The officer's area of the running terminal: feeds `terminal.officer`, and hands its orders to the desk.

As `terminal.running` does for the encounter; while the area is open, that is held and records nobody.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from kiosk.journal.waiting import approved
from kiosk.model import EMPTY_GALLERY, GallerySnapshot, Person, Sighting
from kiosk.model.recognisers import recognised
from kiosk.ports import Clock, Tray
from kiosk.terminal import officer
from kiosk.terminal.desk import Desk
from kiosk.terminal.officer import Enrollable, State

PRESS_S = 5.0
"""So long a finger lies in the corner before the area opens: nobody does that by accident."""
TAP_S = 1.0
"""A finger that leaves sooner has not come for the area."""


class Held(Protocol):
    """What is held while the area is open: the running terminal, or nothing where there is none."""

    @property
    def snapshot(self) -> GallerySnapshot:
        """Who is in the office."""

    @property
    def sighting(self) -> Sighting:
        """The newest."""

    def hold(self) -> bool:
        """Record nobody from now on, if nobody's presence is at stake; whether it is so."""

    def release(self, as_before: bool = False) -> None:
        """Go on. Whoever stands there has come for the area and is left alone, unless all shall be `as_before`."""

    def moved(self) -> None:
        """Somebody is there."""


class NoTray:
    """A terminal has none: nothing is dropped onto its screen."""

    def put(self, path: Path) -> None:
        pass

    def clear(self) -> None:
        pass

    def finish(self) -> None:
        pass


class Attending:
    """Steps the area. All methods but `reply` belong to the screen's thread."""

    def __init__(self, terminal: Held, clock: Clock, tray: Tray | None = None) -> None:
        self.area = officer.CLOSED
        self._terminal = terminal
        self._clock = clock
        self._tray: Tray = tray or NoTray()
        self.speak: Callable[[str], None] = lambda _language: None
        """Changes the screen's language."""
        self._desk: Desk | None = None
        self._inbox: queue.SimpleQueue[officer.Input] = queue.SimpleQueue()
        self._finger = False
        self._pressed_s: float | None = None
        self._people: tuple[GallerySnapshot, tuple[Enrollable, ...]] = (EMPTY_GALLERY, ())

    def employ(self, desk: Desk) -> None:
        self._desk = desk

    def reply(self, what: officer.Input) -> None:
        """From the desk's thread."""
        self._inbox.put(what)

    def corner(self, down: bool) -> None:
        """A finger has come into the corner, or has left it. While it lies there nobody is recorded: the officer whose
        hand it is must not become a presence."""
        self._finger = down and not self.area.open
        self._press(self._clock.monotonic_s())

    def _press(self, now_s: float) -> None:
        """The time begins when nobody's presence is at stake any more, if the finger is still there then."""
        if self._finger and self._pressed_s is None and self._terminal.hold():
            self._pressed_s = now_s
        elif not self._finger and self._pressed_s is not None:
            tapped = now_s - self._pressed_s < TAP_S
            self._pressed_s = None
            self._terminal.release(as_before=tapped)

    def pump(self, now_s: float) -> None:
        """Take in all that has happened."""
        self._press(now_s)
        if self._pressed_s is not None and now_s - self._pressed_s >= PRESS_S:
            self._finger, self._pressed_s = False, None
            self._step(officer.Opened(), now_s)
        while True:
            try:
                self._step(self._inbox.get_nowait(), now_s)
            except queue.Empty:
                break
        if self.area.open or self._pressed_s is not None:
            self._terminal.moved()  # whoever types a PIN is somebody: the screen must not go dark under the finger
        if self.area.officer_id and not self._still():
            self._step(officer.Dismissed(), now_s)
        if self.area.open:
            self._step(officer.Looked(self._terminal.sighting), now_s)
            self._step(officer.Tick(), now_s)

    def _still(self) -> bool:
        """Whether whoever is in may do all that the area offers: a PIN is revoked in earnest, and duties change."""
        area = self.area
        return any(
            each.officer_id == area.officer_id and each.may == area.may
            for each in self._terminal.snapshot.bulletin.officers
        )

    def touch(self, act: officer.Act, value: str) -> None:
        now_s = self._clock.monotonic_s()
        if act is officer.Act.CHOOSE:
            found = next((each for each in self.people() if each.nip == value), None)
            if found is not None:
                self.area = officer.choose(self.area, found, now_s)
                self._tray.clear()
            return
        self._step(officer.Touched(act, value), now_s)

    def open(self) -> None:
        """Ask for the PIN, where there is no corner to press."""
        self._step(officer.Opened(), self._clock.monotonic_s())

    def enter(self, name: str) -> None:
        """Let in an officer whom the command names, into a window."""
        self.area = officer.entered(name, self._clock.monotonic_s())

    def drop(self, path: Path) -> None:
        """A picture was dropped into the window."""
        self._step(officer.Dropped(path), self._clock.monotonic_s())

    def sign(self, picture: bytes) -> None:
        self._step(officer.Signed(picture), self._clock.monotonic_s())

    def people(self) -> tuple[Enrollable, ...]:
        """Everybody of the office, by name; made once for each gallery."""
        snapshot = self._terminal.snapshot
        if self._people[0] is not snapshot:
            self._people = (snapshot, everybody(snapshot))
        return self._people[1]

    def _step(self, what: officer.Input, now_s: float) -> None:
        before, held = self.area.open, self.area.held
        self.area, effects = officer.step(self.area, what, now_s)
        for effect in effects:
            if isinstance(effect, officer.Speak):
                self.speak(effect.language)
            if isinstance(effect, officer.Take):
                self._tray.put(effect.path)
            elif isinstance(effect, officer.Store):
                self._tray.finish()
            elif self._desk is not None:
                self._desk.order(effect)
        if held and not self.area.held:
            self._tray.clear()
        if before and not self.area.open:
            self._terminal.release()


def everybody(snapshot: GallerySnapshot) -> tuple[Enrollable, ...]:
    """Of the office, by name: whom its terminals know by face, and whom the server says that they do not."""
    bulletin = snapshot.bulletin
    told = {each.nip: each.state for each in bulletin.awaiting}
    faces = {template.person_id for template in snapshot.templates}
    good = recognised(approved(snapshot))

    def state(person: Person) -> State:
        if person.person_id in snapshot.waiting:
            return "waiting"
        if person.person_id in good:
            return "enrolled"
        said = told.get(person.nip, "none")
        return "other" if said == "none" and person.person_id in faces else said

    known = {
        person.nip: Enrollable(
            person.nip, person.name, person.person_id, state(person), person.person_id in bulletin.renew
        )
        for person in snapshot.people.values()
    }
    awaiting = {each.nip: Enrollable(each.nip, each.name, None, each.state) for each in bulletin.awaiting}
    return tuple(sorted({**awaiting, **known}.values(), key=lambda each: (each.name.casefold(), each.nip)))
