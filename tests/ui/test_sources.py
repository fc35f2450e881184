"""The running terminal as the screen sees it."""

from __future__ import annotations

import threading

import numpy as np

from kiosk.model import DLIB_RESNET_V1, Fault, Frame, PersonId
from kiosk.terminal import encounter as enc
from kiosk.terminal.capture import Latest
from kiosk.terminal.clerk import Clerk
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.running import Terminal
from kiosk.terminal.trace import Trace
from kiosk.ui import catalogue
from kiosk.ui.sources import LiveSource
from kiosk.ui.viewstate import ViewState
from tests.unit.kiosk.factories import SETTINGS, assessment, match, person, sighting
from tests.unit.kiosk.journal.fake_outbox import FakeOutbox
from tests.unit.kiosk.machine.fake_clock import FakeClock


class Rig:
    def __init__(self) -> None:
        self.clock, self.faults, self.latest, self.stop = FakeClock(), FaultBoard(), Latest(), threading.Event()
        self.shown: list[ViewState] = []
        self.pats = 0
        self.terminal = Terminal(
            settings=SETTINGS,
            clock=self.clock,
            faults=self.faults,
            trace=Trace(None),
            restart_recognition=lambda: None,
            office_name="Dinas Contoh",
        )
        self.terminal.employ(Clerk(FakeOutbox(), self.clock, self.faults, DLIB_RESNET_V1, self.terminal.reply))
        self.source = LiveSource(
            self.terminal,
            self.latest,
            catalogue.load("id"),
            stop=self.stop,
            shown=self.shown.append,
            alive=self.pat,
        )

    def pat(self) -> None:
        self.pats += 1


def test_a_pump_steps_the_terminal_and_tells_what_is_shown() -> None:
    rig = Rig()
    rig.faults.set(Fault.DISK_FULL, True)
    shown = rig.source.pump()
    assert shown.phase is enc.Phase.FAULT
    assert rig.shown == [shown]
    assert rig.pats == 1


def test_the_office_is_named_before_any_gallery_has_come() -> None:
    assert Rig().source.pump().office == "Dinas Contoh"


def test_touches_reach_the_encounter() -> None:
    rig = Rig()
    twins = match(
        None, reason="margin_too_small", frames=SETTINGS.max_frames, look_alikes=(PersonId("p-1"), PersonId("p-2"))
    )
    rig.terminal.sighted(enc.Saw(sighting(60.0, match=twins)), {})
    assert rig.source.pump().phase is enc.Phase.NIP_PAD
    rig.source.type_nip("1001")
    assert rig.source.pump().phase is enc.Phase.ENQUIRING
    rig.terminal.reply(enc.Answered(enc.Prospect(person(), assessment(), None)))
    assert rig.source.pump().phase is enc.Phase.CONFIRM
    rig.source.press(enc.Button.NOT_ME)
    assert rig.source.pump().phase is enc.Phase.REFUSED_BY_PERSON


def test_the_newest_frame_is_the_mirrors() -> None:
    rig = Rig()
    assert rig.source.frame() is None
    frame = Frame(np.zeros((2, 2, 3), np.uint8), seq=1, t_s=0.0)
    rig.latest.put(frame)
    assert rig.source.frame() is frame


def test_it_stops_when_the_threads_do() -> None:
    rig = Rig()
    assert not rig.source.stopping()
    rig.stop.set()
    assert rig.source.stopping()
