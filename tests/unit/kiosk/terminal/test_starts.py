"""What was gathered before a new start counts for nothing after it, however the threads meet.

The recognition thread is played step by step. At every point where it calls one of its parts, another thread may come
in between: the screen's (pump, a touch, digits), the clerk's, the housekeeper's (another gallery), the camera's and the
disk's (a fault comes or goes), or time passes. Each descriptor is numbered, and a match says which it was made of, so
a step of the encounter shows what it was decided on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kiosk.errors import ModelError
from kiosk.model import (
    DLIB_RESNET_V1,
    EMPTY_GALLERY,
    Descriptor,
    Face,
    Fault,
    Liveness,
    LivenessVerdict,
    Match,
    ModelId,
    PersonId,
    RgbImage,
)
from kiosk.terminal import encounter as enc
from kiosk.terminal.capture import Latest
from kiosk.terminal.clerk import Clerk, Office
from kiosk.terminal.encounter import Button, Phase
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.recognise import Recogniser
from kiosk.terminal.recognition import Recognition
from kiosk.terminal.running import Terminal
from kiosk.terminal.trace import Trace
from tests.unit.kiosk import factories
from tests.unit.kiosk.factories import SETTINGS
from tests.unit.kiosk.journal.fake_outbox import FakeOutbox
from tests.unit.kiosk.machine.fake_clock import FakeClock
from tests.unit.kiosk.terminal.scripted import ScriptedEngine, ScriptedLiveness

HASTY = replace(
    SETTINGS,
    min_frames=1,
    max_frames=2,
    confirm_s=0.2,
    result_s=0.2,
    refused_pause_s=0.1,
    leave_s=0.5,
    nip_pad_s=0.5,
    identify_s=1.0,
)
"""So that every phase is reached, and left, within few steps."""

PLACES = (factories.face(), factories.face(left=420))
PEOPLE = {PersonId(p): factories.person(p, nip=f"19800101200501100{p[-1]}") for p in ("p-1", "p-2")}
GALLERIES: tuple[tuple[str | None, tuple[PersonId, ...]], ...] = (
    ("p-1", ()),
    ("p-2", ()),
    (None, ()),
    (None, tuple(PEOPLE)),
    ("p-3", ()),  # who has left the office
)

STEP = 1e-4
"""Descriptors of one face, told apart by this much: far below any distance that means another person."""


@dataclass
class World:
    """All parts but the disk, the camera and the models are real. `between` is called wherever threads may meet."""

    actions: Iterator[str]

    def __post_init__(self) -> None:
        self.looked_at = 0
        """The number of the frame being looked at, and of its descriptor."""
        self.started_at = 0
        """Descriptors up to this number were made before the latest start, or of a frame that was looked at before."""
        self.galleries = 0
        self.broken = False
        self.over = False
        self.engine, self.liveness = NumberedEngine(self), ScriptedLiveness()
        self.clock, self.faults, self.latest, self.outbox = FakeClock(), FaultBoard(), Latest(), FakeOutbox()
        self.recognition = Recognition(
            lambda matcher, _more, tracks: Recogniser(
                self.engine, matcher, self.liveness, lambda _: None, HASTY.max_frames, looks=1, tracks=tracks
            ),
            NumberedMatcher(self, 0, *GALLERIES[0]),
            self.latest,
            self.faults,
            self.sighted,
            self.clock.monotonic_s,
        )
        self.recognition.open()
        self.terminal = Watched(
            self,
            settings=HASTY,
            clock=self.clock,
            faults=self.faults,
            trace=Trace(None),
            restart_recognition=self.restart,
            latest_start=lambda: self.recognition.start,
        )
        self.clerk = Clerk(self.outbox, self.clock, self.faults, DLIB_RESNET_V1, self.terminal.reply)
        self.clerk.office = Office(replace(EMPTY_GALLERY, people=PEOPLE))
        self.terminal.employ(self.clerk)

    def play(self) -> None:
        """Look at frames until the script has ended, and once more at the screen."""
        while not self.over:
            self.between()
            self.clock.advance(0.03)
            self.latest.put(factories.frame(self.clock.monotonic_s(), seq=self.looked_at + 1))
            try:
                self.recognition.look()
            except ModelError as error:
                self.recognition.failed(error)
                self.between()
                self.recognition.open()
                self.started()
        self.terminal.pump()

    def between(self) -> None:
        """Another thread's turn."""
        action = next(self.actions, None)
        if action is None:
            self.over = True
            return
        if action.startswith("gallery"):
            self.use(int(action[-1]))
        elif action.startswith("place"):
            self.engine.faces_now = [PLACES[int(action[-1])]] if action[-1] != "n" else []
        elif action in LIVES:
            self.liveness.verdict = LivenessVerdict(Liveness(action), 0.5, "scripted")
        elif action == "break":
            self.broken = True
        elif action == "wait":
            self.clock.advance(0.3)
        elif action == "clerk":
            self.clerk.stop()
            self.clerk.run()
        elif action == "digits":
            self.terminal.type_nip("1")
        elif action == "pump":
            self.terminal.pump()
        elif action in FAULTS:
            fault = Fault(action)
            self.faults.set(fault, fault not in self.faults.current())
        elif action != "nothing":
            self.terminal.press(Button(action))

    def sighted(self, sighting: object, stage_ms: dict[str, float]) -> None:
        self.between()
        self.terminal.sighted(enc.Saw(sighting), stage_ms)  # type: ignore[arg-type]
        self.between()

    def use(self, number: int) -> None:
        self.galleries += 1
        self.recognition.use(NumberedMatcher(self, self.galleries, *GALLERIES[number]))
        self.started()

    def restart(self) -> None:
        self.recognition.restart()
        self.started()

    def started(self) -> None:
        self.started_at = self.looked_at


ANEW = {(Phase.NIP_PAD, Phase.IDLE)}
"""Besides the end of a fault, and a gallery or models that are new: nobody has typed on the pad."""

LIVES = frozenset(state.value for state in Liveness)
FAULTS = frozenset({Fault.DISK_FULL.value, Fault.CAMERA_LOST.value, Fault.DEVICE_REVOKED.value})


class NumberedEngine(ScriptedEngine):
    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def faces(self, frame_rgb: RgbImage) -> list[Face]:
        self.world.looked_at += 1
        self.world.between()
        return self.faces_now

    def describe(self, frame_rgb: RgbImage, face: Face, looks: int = 1, after: int = 0) -> Descriptor:
        self.world.between()
        if self.world.broken:
            self.world.broken = False
            raise ModelError("broken")
        numbered = np.zeros(128, np.float32)
        numbered[:2] = 1.0, self.world.looked_at * STEP
        return numbered


@dataclass
class NumberedMatcher:
    """`score` is the oldest descriptor's number, `margin` the newest's, `threshold` the gallery's."""

    world: World
    number: int
    person_id: str | None
    look_alikes: tuple[PersonId, ...]
    model_id: ModelId = DLIB_RESNET_V1

    def identify(self, descriptors: Sequence[Descriptor]) -> Match:
        self.world.between()
        numbers = [round(float(d[1]) / STEP) for d in descriptors]
        return factories.match(
            self.person_id,
            len(descriptors),
            look_alikes=self.look_alikes,
            score=min(numbers),
            margin=max(numbers),
            threshold=self.number,
        )


class Watched(Terminal):
    """Keeps every step of the encounter, and checks it."""

    def __init__(self, world: World, **parts: object) -> None:
        super().__init__(**parts)  # type: ignore[arg-type]
        self.world = world
        self.decided_on = 0
        self.results: list[Phase] = []
        self.reached: set[Phase] = set()

    def _step(self, what: enc.Input, now_s: float) -> None:
        started_at, galleries, before = self.world.started_at, self.world.galleries, self.encounter
        super()._step(what, now_s)
        after = self.encounter
        if isinstance(what, enc.Saw) and after is not before and what.sighting.match is not None:
            seen = what.sighting.match
            changed = (before.phase, before.match, before.prospect) != (after.phase, after.match, after.prospect)
            assert not changed or after.match is None or seen.score > started_at, "made of what was seen before a start"
            assert not changed or after.match is None or seen.threshold == galleries, "found in another gallery"
        if (before.phase, after.phase) in ANEW or (before.phase is Phase.FAULT and after.phase is not Phase.FAULT):
            self.world.started()
        self.reached.add(after.phase)
        if after.phase is before.phase or after.phase not in enc.RESULTS:
            return
        self.results.append(after.phase)
        if after.match is not None and after.phase not in {Phase.RECORDED, Phase.NOT_RECORDED}:
            assert after.match.score > self.decided_on, "this face had its result already"
        if after.match is not None:
            self.decided_on = round(after.match.margin)


LOOK = ["nothing"] * 6
"""A frame that is described, and whose sighting is handed on, with nobody in between."""

FAILURE = ["nothing", "break", "nothing", "nothing"]
"""A frame in which the models fail."""

actions = st.one_of(
    st.just("nothing"),
    st.just("pump"),
    st.just("pump"),
    st.just("clerk"),
    st.just("wait"),
    st.sampled_from(
        [
            *(f"gallery{number}" for number in range(len(GALLERIES))),
            *("place0", "place1", "placen", "break", "digits"),
            *LIVES,
            *FAULTS,
            *(button.value for button in Button),
        ]
    ),
)


@example(["gallery3", *LOOK, *LOOK, "pump", "wait", *LOOK, "wait", "pump", *LOOK, "pump"])  # nobody types on the pad
@example(["gallery2", *LOOK, *FAILURE, *LOOK, "pump"])  # other models, and nobody has seen the fault
@settings(max_examples=400, deadline=None)
@given(st.lists(actions, max_size=150))
def test_nothing_gathered_before_a_start_counts_after_it(script: list[str]) -> None:
    World(iter(script)).play()


@settings(max_examples=200, deadline=None)
@given(st.lists(actions, max_size=150))
def test_each_result_is_counted_once(script: list[str]) -> None:
    world = World(iter(script))
    world.play()
    world.clerk.stop()
    world.clerk.run()
    counted = {
        Phase.UNKNOWN: "unknown",
        Phase.NOT_IN_TIME: "not_in_time",
        Phase.ATTACK_REFUSED: "attack_refused",
        Phase.REFUSED_BY_PERSON: "refused_by_person",
        Phase.ALREADY_RECORDED: "already_recorded",
    }
    for phase, counter in counted.items():
        assert world.outbox.counters[counter] == world.terminal.results.count(phase)
    recorded = [event for event in world.outbox.events if event.kind == "presence"]
    assert world.terminal.results.count(Phase.RECORDED) <= len(recorded)
