"""The officer's thread: PINs, the journal, enrolments that end well, badly, or are given up."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from argon2 import PasswordHasher

from kiosk.errors import DiskFull, EnrolmentRefused, StateError
from kiosk.machine.tries import FREE_TRIES, Tries
from kiosk.model import Fault, Frame, Nip, Officer, PersonId, Refused
from kiosk.ports import FrameSource, Look, Written
from kiosk.terminal import officer
from kiosk.terminal.capture import Latest
from kiosk.terminal.desk import MOST_REFUSED, UNEXPECTED, Carried, Desk, Means
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.officer import (
    Admit,
    Admitted,
    Carry,
    Checked,
    CheckPin,
    Done,
    Enrol,
    Enrollable,
    Note,
    Progress,
    Withdraw,
)
from tests.unit.kiosk.journal.fake_outbox import FakeOutbox
from tests.unit.kiosk.machine.fake_clock import FakeClock

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RATNA = Officer("o-1", "Ratna", CHEAP.hash("482913"), frozenset({"enrol"}), PersonId("p-1"))
TONO = Officer("o-2", "Tono", CHEAP.hash("730155"), frozenset({"maintain"}))
LET_IN = Checked("o-1", "Ratna", may=frozenset({"enrol"}))
ANI = Enrollable(Nip("198503152010011004"), "Ani Contohwati")
WITHIN_S = 30.0


class Strange(Exception):
    """What nobody has thought of, with the words of a file's path."""


STRANGE = Strange("/foto/Ani Contohwati.jpg")


class FakeEnrolment:
    """`ports.Enrolment`: reads frames until there were `frames`; writes one event, at the very end. `breaks` in this
    one of its methods."""

    breaks = ""

    def __init__(self, outbox: FakeOutbox, frames: int = 2, refuses: str = "") -> None:
        self._outbox, self._frames, self._refuses = outbox, frames, refuses
        self.admitted: list[tuple[str, bool]] = []
        self.despite: Nip | None = None
        self.closed = 0
        self.written = 0

    def admit(self, nip: Nip, name: str, *, replacing: bool, despite: Nip | None = None) -> None:
        if self.breaks == "admit":
            raise STRANGE
        if self._refuses == "admit":
            raise EnrolmentRefused("nip_age", "too old")
        self.admitted.append((nip, replacing))
        self.despite = despite

    def enrol(self, officer: str, signature: bytes, frames: FrameSource, watch: Callable[[Look], None]) -> Written:
        for number in range(self._frames):
            frames.read()
            watch(Look("front", (number + 1) / self._frames))
        if self.breaks == "enrol":
            raise STRANGE
        if self._refuses == "enrol":
            refused = EnrolmentRefused("face_known", "known")
            refused.like = "2005012001"
            raise refused
        if self._outbox.failure is not None:
            raise self._outbox.failure
        self.written += 1
        return Written(3)

    def close(self) -> None:
        self.closed += 1
        if self.breaks == "close":
            raise STRANGE


class Rig:
    def __init__(self, folder: Path) -> None:
        self.outbox, self.clock, self.faults, self.latest = FakeOutbox(), FakeClock(), FaultBoard(), Latest()
        self.replies: queue.SimpleQueue[officer.Input] = queue.SimpleQueue()
        self.enrolment = FakeEnrolment(self.outbox)
        self.rested: list[bool] = []
        self.strange: set[str] = set()
        self.kept: list[str] = []
        self.disk_error: StateError | None = None
        self.told: list[str] = []
        self.used: set[Nip] = set()
        self.officers: tuple[Officer, ...] = (RATNA, TONO)
        self.tries = Tries(folder / "tries.json")
        self.desk = Desk(
            Means(
                outbox=self.outbox,
                clock=self.clock,
                faults=self.faults,
                latest=self.latest,
                tries=self.tries,
                officers=lambda: self.officers,
                enrolment=lambda: self.enrolment,
                rest=self._rest,
                keep=self._keep,
                carry={"sync": lambda: (True, "officer.done.sync", {}), "export": self._export},
                enrolled=lambda: self.told.append("enrolled"),
                waits=self._waits,
            ),
            self.replies.put,
        )
        self.thread = threading.Thread(target=self.desk.run)
        self.thread.start()
        self._seq = 0

    def _rest(self, on: bool) -> None:
        self.rested.append(on)
        if on and "rest" in self.strange:
            raise STRANGE

    def _export(self) -> Carried:
        raise STRANGE

    def _waits(self, nip: Nip) -> bool:
        if "waits" in self.strange:
            raise STRANGE
        return nip in self.used

    def _keep(self, language: str) -> None:
        if self.disk_error is not None:
            raise self.disk_error
        self.kept.append(language)

    def ask(self, effect: officer.Effect) -> officer.Input:
        self.desk.order(effect)
        return self.replies.get(timeout=WITHIN_S)

    def frame(self) -> None:
        self._seq += 1
        self.latest.put(Frame(np.zeros((2, 2, 3), np.uint8), self._seq, float(self._seq)))

    def until(self, kind: type[officer.Input]) -> officer.Input:
        """Frames come until there is such a reply."""
        while True:
            self.frame()
            reply = self.replies.get(timeout=WITHIN_S)
            if isinstance(reply, kind):
                return reply

    def end(self) -> None:
        self.desk.stop()
        self.thread.join(WITHIN_S)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.end()
    assert not rig.thread.is_alive()


def test_a_pin_says_whose_it_is(rig: Rig) -> None:
    assert rig.ask(CheckPin("730155")) == Checked("o-2", "Tono", may=frozenset({"maintain"}))
    assert rig.tries.left("pin") == FREE_TRIES


def test_with_a_face_only_that_officers_pin_is_right(rig: Rig) -> None:
    assert rig.ask(CheckPin("730155", PersonId("p-1"))) == Checked(why="pin_wrong", left=2, by_face=True)
    assert rig.ask(CheckPin("482913", PersonId("p-1"))) == replace(LET_IN, by_face=True)
    assert rig.ask(CheckPin("482913", PersonId("p-9"))) == Checked(why="face_unknown", left=3, by_face=True)


def test_wrong_pins_lock_also_the_right_one_out_until_the_pause_is_over(rig: Rig) -> None:
    whys = [rig.ask(CheckPin("111111")) for _ in range(FREE_TRIES)]
    assert [why.why for why in whys if isinstance(why, Checked)] == ["pin_wrong", "pin_wrong", "pin_locked_now"]
    assert rig.ask(CheckPin("482913")) == Checked(wait_s=30.0, why="pin_locked")
    rig.clock.advance(30)
    assert rig.ask(CheckPin("482913")) == LET_IN


def test_who_is_locked_out_by_others_comes_in_with_the_own_face(rig: Rig) -> None:
    for _ in range(FREE_TRIES):
        rig.ask(CheckPin("111111"))
    assert rig.ask(CheckPin("482913", PersonId("p-1"))) == replace(LET_IN, by_face=True)


def test_without_officers_no_pin_is_right_and_none_is_counted(rig: Rig) -> None:
    rig.officers = ()
    assert rig.ask(CheckPin("482913")) == Checked(why="no_officers", left=FREE_TRIES)


def test_uses_are_occurrences_in_the_journal(rig: Rig) -> None:
    rig.desk.order(Note("officer-in", "o-1"))
    rig.desk.order(Note("officer-did", "o-1", "consent-refused", PersonId("p-2")))
    rig.desk.order(Note("officer-did", "", "consent-refused", officer="Ratna"))
    rig.ask(officer.Withdraw("", PersonId("p-2"), "Ratna"))
    bodies = [event.body["occurrence"] for event in rig.outbox.events]
    assert bodies == [
        {"what": "officer-in", "officer_id": "o-1"},
        {"what": "officer-did", "officer_id": "o-1", "person_ids": ["p-2"], "detail": "consent-refused"},
        {"what": "officer-did", "officer": "Ratna", "detail": "consent-refused"},
        {"what": "officer-did", "officer": "Ratna", "person_ids": ["p-2"], "detail": "consent-withdrawn"},
    ]


def test_what_was_refused_is_looked_up_and_a_journal_that_cannot_be_read_says_so(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.outbox.refusals = [Refused("presence", None, "person-unknown")] * (MOST_REFUSED + 1)
    assert rig.ask(officer.Inquire()) == officer.Listed(tuple(rig.outbox.refusals[:MOST_REFUSED]))

    def unreadable(_limit: int) -> list[Refused]:
        raise DiskFull("full")

    monkeypatch.setattr(rig.outbox, "refused", unreadable)
    assert rig.ask(officer.Inquire()) == officer.Listed(None)
    assert Fault.DISK_FULL in rig.faults.current()


def test_a_language_is_kept_and_a_disk_that_refuses_it_ends_nothing(rig: Rig) -> None:
    rig.desk.order(officer.Speak("jv"))
    rig.ask(Carry("sync"))
    assert rig.kept == ["jv"]
    rig.disk_error = StateError("full")
    rig.desk.order(officer.Speak("en"))
    assert rig.ask(Carry("sync")) == Done(True, key="officer.done.sync")


def test_a_withdrawal_is_told_when_it_is_on_the_disk(rig: Rig) -> None:
    assert rig.ask(officer.Withdraw("o-1", PersonId("p-2"))) == Done(True, key="officer.done.withdrawn")
    rig.outbox.failure = DiskFull("full")
    assert rig.ask(officer.Withdraw("o-1", PersonId("p-2"))) == Done(False, key="officer.done.disk")
    assert Fault.DISK_FULL in rig.faults.current()


def test_an_enrolment_rests_recognition_for_its_time_and_tells_each_frame(rig: Rig) -> None:
    assert rig.ask(Admit(ANI, replacing=False)) == Admitted()
    rig.desk.order(Enrol("Ratna", b"png"))
    assert rig.until(Progress) == Progress(Look("front", 0.5))
    done = rig.until(Done)
    assert done == Done(True, (), "officer.done.enrolled", {"templates": 3})
    assert (rig.rested, rig.enrolment.closed) == ([True, False], 1)


def test_the_officer_is_told_whether_the_person_can_use_the_terminal_already(rig: Rig) -> None:
    rig.used = {ANI.nip}
    rig.ask(Admit(ANI, replacing=False))
    rig.desk.order(Enrol("Ratna", b"png"))
    assert rig.until(Done) == Done(True, (), "officer.done.enrolled_used", {"templates": 3})
    assert rig.told == ["enrolled"]
    assert rig.ask(Withdraw("o-1", PersonId("e-1"))) == Done(True, key="officer.done.withdrawn")
    assert rig.told == ["enrolled", "enrolled"]


@pytest.mark.parametrize("when", ["admit", "enrol"])
def test_a_refusal_is_told_in_words_and_gives_all_back(rig: Rig, when: str) -> None:
    rig.enrolment = FakeEnrolment(rig.outbox, refuses=when)
    rig.desk.order(Admit(ANI, replacing=False))
    rig.desk.order(Enrol("Ratna", b"png"))
    done = rig.until(Done)
    assert isinstance(done, Done)
    assert (done.good, [told["en"] for told in done.said]) == (False, ["too old" if when == "admit" else "known"])
    assert done.like == ("" if when == "admit" else "2005012001")
    assert rig.enrolment.closed
    assert rig.enrolment.written == 0


def test_whom_the_face_may_be_like_is_handed_on(rig: Rig) -> None:
    rig.ask(Admit(ANI, replacing=False, despite=Nip("197911192005012001")))
    assert rig.enrolment.despite == "197911192005012001"
    rig.ask(Admit(ANI, replacing=False))
    assert rig.enrolment.despite is None


def test_who_goes_back_in_the_midst_of_it_leaves_nothing_and_may_begin_anew(rig: Rig) -> None:
    rig.enrolment = FakeEnrolment(rig.outbox, frames=10_000)
    rig.ask(Admit(ANI, replacing=False))
    rig.desk.order(Enrol("Ratna", b"png"))
    rig.until(Progress)
    rig.desk.order(officer.Stop())
    assert rig.ask(Carry("sync")) == Done(True, key="officer.done.sync")
    assert (rig.enrolment.written, rig.enrolment.closed, rig.rested) == (0, 1, [True, False])
    rig.enrolment = FakeEnrolment(rig.outbox)
    assert rig.ask(Admit(ANI, replacing=True)) == Admitted()
    rig.desk.order(Enrol("Ratna", b"png"))
    rig.until(Done)
    assert rig.enrolment.written == 1


def test_a_disk_that_takes_nothing_is_said(rig: Rig) -> None:
    rig.ask(Admit(ANI, replacing=False))
    rig.outbox.failure = DiskFull("full")
    rig.desk.order(Enrol("Ratna", b"png"))
    assert rig.until(Done) == Done(False, key="officer.done.disk")
    assert Fault.DISK_FULL in rig.faults.current()


# ---------------------------------------------------------------- what nobody has thought of


def fails_to_admit(rig: Rig) -> None:
    rig.enrolment.breaks = "admit"
    rig.desk.order(Admit(ANI, replacing=False))


def fails_to_enrol(rig: Rig) -> None:
    rig.enrolment.breaks = "enrol"
    rig.ask(Admit(ANI, replacing=False))
    rig.desk.order(Enrol("Ratna", b"png"))


def fails_to_rest(rig: Rig) -> None:
    rig.strange = {"rest"}
    rig.ask(Admit(ANI, replacing=False))
    rig.desk.order(Enrol("Ratna", b"png"))


def fails_to_export(rig: Rig) -> None:
    rig.desk.order(Carry("export"))


FAILS = [fails_to_admit, fails_to_enrol, fails_to_rest, fails_to_export]


@pytest.mark.parametrize("fails", FAILS, ids=[each.__name__ for each in FAILS])
def test_what_fails_for_an_unknown_reason_says_so_and_the_next_one_is_enrolled(
    rig: Rig, caplog: pytest.LogCaptureFixture, fails: Callable[[Rig], None]
) -> None:
    fails(rig)
    assert rig.until(Done) == Done(False, key=UNEXPECTED)
    assert "Strange" in caplog.text
    assert "Ani Contohwati" not in caplog.text
    rig.strange, rig.enrolment = set(), FakeEnrolment(rig.outbox)
    assert rig.ask(Admit(ANI, replacing=False)) == Admitted()
    rig.desk.order(Enrol("Ratna", b"png"))
    assert rig.until(Done) == Done(True, (), "officer.done.enrolled", {"templates": 3})
    assert (rig.enrolment.written, rig.enrolment.closed) == (1, 1)
    assert not rig.rested or rig.rested[-1] is False


def test_a_pin_and_a_list_that_cannot_be_looked_at_are_answered(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def strange(*_args: object) -> None:
        raise STRANGE

    with monkeypatch.context() as broken:
        broken.setattr(rig.tries, "wait_s", strange)
        broken.setattr(rig.outbox, "refused", strange)
        assert rig.ask(CheckPin("482913")) == Checked(why="failed")
        assert rig.ask(CheckPin("482913", PersonId("p-1"))) == Checked(why="failed", by_face=True)
        assert rig.ask(officer.Inquire()) == officer.Listed(None)
    assert rig.ask(CheckPin("482913")) == LET_IN


def test_an_enrolment_that_cannot_be_closed_is_given_up_all_the_same(rig: Rig) -> None:
    rig.enrolment.breaks = "close"
    rig.ask(Admit(ANI, replacing=False))
    rig.desk.order(officer.Stop())
    rig.enrolment = FakeEnrolment(rig.outbox)
    assert rig.ask(Admit(ANI, replacing=False)) == Admitted(), "what was given up is not given up for ever"


@pytest.mark.parametrize("after", ["waits", "close"])
def test_who_is_enrolled_is_told_so_whatever_fails_after_it(rig: Rig, after: str) -> None:
    rig.strange, rig.enrolment.breaks = {after}, after
    rig.ask(Admit(ANI, replacing=False))
    rig.desk.order(Enrol("Ratna", b"png"))
    assert rig.until(Done) == Done(True, (), "officer.done.enrolled", {"templates": 3})


def test_the_thread_ends_though_a_capture_waits_for_frames(rig: Rig) -> None:
    rig.ask(Admit(ANI, replacing=False))
    rig.desk.order(Enrol("Ratna", b"png"))  # the fixture's end must not hang
