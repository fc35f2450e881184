"""Models that fail in a frame: told on the screen, opened anew, and the thread goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from demo.faces import astronaut
from kiosk.errors import ModelError
from kiosk.face import open_engine
from kiosk.model import Face, Fault, Frame, ModelId, PersonId, RgbImage, Sighting
from kiosk.ports import FaceEngine, FaceMatcher
from kiosk.terminal.capture import Latest
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.recognise import Recogniser
from kiosk.terminal.recognition import Recognition
from kiosk.terminal.renewal import Sampling
from tests.unit.kiosk import factories
from tests.unit.kiosk.terminal.scripted import ScriptedEngine, ScriptedLiveness, ScriptedMatcher, no_time

FAILED = frozenset({Fault.RECOGNISER_FAILED})
BROKEN = ModelError("broken")


class FailingEngine(ScriptedEngine):
    def faces(self, frame_rgb: RgbImage) -> list[Face]:
        raise BROKEN


class Rig:
    """A recognition that opens `engines` one after the other (an exception is raised) and sees `frame` all the time."""

    def __init__(self, engines: list[FaceEngine | ModelError], frame: Frame | None = None) -> None:
        self.engines = iter(engines)
        self.opened_with: list[tuple[FaceMatcher, int]] = []
        self.more: list[tuple[ModelId, ...]] = []
        self.faults, self.latest, self.stop = FaultBoard(), Latest(), threading.Event()
        self.history: list[frozenset[Fault]] = []
        self.sightings: list[Sighting] = []
        self.frame = frame or factories.frame()
        self.matcher = ScriptedMatcher()
        self.alive = 0
        self.wanted = 1
        self.recognition = Recognition(
            self.open,
            self.matcher,
            self.latest,
            self.faults,
            self.sighted,
            no_time,
            retry_s=0.001,
            retry_ceiling_s=0.002,
        )

    def open(self, matcher: FaceMatcher, more: Sequence[ModelId], tracks: int) -> Recogniser:
        self.history.append(self.faults.current())
        self.more.append(tuple(more))
        self.opened_with.append((matcher, tracks))
        engine = next(self.engines)
        if isinstance(engine, ModelError):
            raise engine
        self._show()
        return Recogniser(engine, matcher, ScriptedLiveness(), lambda _: None, 4, looks=1, tracks=tracks)

    def _show(self) -> None:
        self.frame = replace(self.frame, seq=self.frame.seq + 1)
        self.latest.put(self.frame)

    def sighted(self, sighting: Sighting, stage_ms: dict[str, float]) -> None:
        self.sightings.append(sighting)
        if len(self.sightings) == self.wanted:
            self.stop.set()
        else:
            self._show()

    def run(self) -> None:
        def alive() -> None:
            self.alive += 1

        self.recognition.run(self.stop, alive)


def test_an_engine_that_fails_in_a_frame_is_told_and_opened_anew() -> None:
    rig = Rig([FailingEngine(), BROKEN, ScriptedEngine()])
    rig.run()
    assert rig.history == [frozenset(), FAILED, FAILED]
    assert rig.faults.current() == frozenset(), "a frame that was seen ends the fault"
    assert len(rig.sightings) == 1


def test_no_track_has_the_number_of_one_that_was_before_the_failure() -> None:
    """The encounter would take the next person for the one who is done."""

    class Dying(ScriptedEngine):
        def describe(self, frame_rgb: RgbImage, face: Face, looks: int = 1, after: int = 0) -> np.ndarray:
            raise BROKEN

    rig = Rig([Dying(), ScriptedEngine()])
    rig.run()
    assert rig.sightings[0].track == 2


def test_a_gallery_that_came_meanwhile_is_the_one_that_is_searched() -> None:
    rig = Rig([ScriptedEngine()])
    other = ScriptedMatcher("p-2")
    rig.recognition.use(other)
    rig.recognition.restart()
    rig.run()
    match = rig.sightings[0].match
    assert match is not None
    assert match.person_id == "p-2"


def meanwhile(rig: Rig, act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread's turn, once, while a frame is waited for."""
    wait, acts = rig.latest.newer_than, iter([act])

    def newer_than(seq: int, timeout_s: float) -> Frame | None:
        next(acts, lambda: None)()
        return wait(seq, timeout_s)

    monkeypatch.setattr(rig.latest, "newer_than", newer_than)


def test_a_recogniser_that_is_exchanged_while_a_frame_is_waited_for_sees_it_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the old one's matcher finds would be marked as of the new start."""
    former, another = ScriptedEngine(), ScriptedMatcher("p-2")
    another.model_id = ModelId("fp-112")
    rig = Rig([former, ScriptedEngine()])
    meanwhile(rig, lambda: rig.recognition.use(another), monkeypatch)
    rig.run()
    found = rig.sightings[0]
    assert former.described == 0
    assert (found.start, found.match and found.match.person_id) == (rig.recognition.start, "p-2")


@pytest.mark.parametrize("what", ["use", "restart"])
def test_a_start_while_a_frame_is_waited_for_is_that_of_the_frame(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    rig = Rig([ScriptedEngine()])
    begins = {"use": lambda: rig.recognition.use(ScriptedMatcher("p-2")), "restart": rig.recognition.restart}
    meanwhile(rig, begins[what], monkeypatch)
    rig.run()
    found = rig.sightings[0]
    assert (found.start, found.match and found.match.person_id) == (2, "p-2" if what == "use" else "p-1")


@pytest.mark.parametrize("part", ["describer", "detector"])
def test_the_real_engine_that_breaks_while_it_runs_is_replaced(tmp_path: Path, part: str) -> None:
    photo = cv2.cvtColor(cv2.imread(str(astronaut())), cv2.COLOR_BGR2RGB)
    broken, sound = (open_engine("fast", cache_dir=tmp_path) for _ in range(2))
    _break(broken, part)
    rig = Rig([broken, sound], Frame(np.ascontiguousarray(photo), 0.0, 0))
    rig.run()
    assert rig.history == [frozenset(), FAILED]
    assert rig.faults.current() == frozenset()
    assert rig.sightings[0].match is not None, "described by the second one"


def test_a_gallery_of_another_recogniser_opens_that_one() -> None:
    rig = Rig([ScriptedEngine(), ScriptedEngine()])
    rig.run()
    other = ScriptedMatcher("p-2")
    other.model_id = ModelId("fp-112")
    rig.recognition.use(other)
    rig.stop.clear()
    rig.wanted = 2
    rig.run()
    assert [matcher for matcher, _ in rig.opened_with] == [rig.matcher, other]
    match = rig.sightings[-1].match
    assert match is not None
    assert match.person_id == "p-2"
    assert rig.sightings[-1].track > rig.sightings[0].track


def _break(engine: object, part: str) -> None:
    """onnxruntime and dlib are given what they refuse, as memory gone bad might."""
    describer, finder = engine._describer, engine._finder  # type: ignore[attr-defined]
    if part == "describer":
        session = describer._network._session
        describer._network._session = _Refusing(lambda: session.run(None, {"chips": np.zeros((1, 2), np.float32)}))
    else:
        finder.find = lambda _: cv2.cvtColor(np.zeros((2, 2), np.uint8), cv2.COLOR_RGB2GRAY)


class _Refusing:
    def __init__(self, fail: Callable[[], object]) -> None:
        self._fail = fail

    def run(self, *_: object) -> object:
        return self._fail()


def test_a_gallery_that_asks_for_renewals_opens_the_models_for_them() -> None:
    rig = Rig([ScriptedEngine(), ScriptedEngine()])
    rig.run()
    fp = ModelId("fp-112")
    rig.recognition.use(rig.matcher, Sampling(frozenset({PersonId("p-1")}), (fp,)))
    rig.stop.clear()
    rig.wanted = 2
    rig.run()
    assert rig.more == [(), (fp,)]
    assert len(rig.sightings[-1].samples) == 1
    # Another gallery that asks for the same of others opens nothing anew.
    rig.recognition.use(rig.matcher, Sampling(frozenset({PersonId("p-2")}), (fp,)))
    rig._show()
    assert rig.recognition.look()
    assert (len(rig.more), rig.sightings[-1].samples) == (2, ())
