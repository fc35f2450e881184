"""What the terminal's parts promise each other. Adapters implement these; tests run one suite on each and its fake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from kiosk.model import (
    Descriptor,
    Draft,
    Event,
    Face,
    Fault,
    Frame,
    GallerySnapshot,
    Hint,
    LastPresence,
    LivenessVerdict,
    Match,
    ModelId,
    Moment,
    Nip,
    PersonId,
    QueueState,
    Refused,
    RgbImage,
)


class FrameSource(Protocol):
    """A camera. Used by one thread only."""

    def open(self) -> None:
        """Make ready. MUST raise CameraError when there is no camera; MAY be called again after close()."""

    def read(self) -> Frame:
        """Block for the next frame, newest first. MUST raise CameraError when the camera is lost."""

    def close(self) -> None:
        """Free the device. MUST be harmless when not open."""

    @property
    def name(self) -> str:
        """For the log and for `kiosk doctor`: kind and device, never a path with a person's name."""


class FaceEngine(Protocol):
    """Finds and describes faces. Used by the recognition thread only; MUST be free of state between frames
    but for what makes the next search cheaper (a tracked face)."""

    @property
    def model_id(self) -> ModelId:
        """The descriptor's model; templates of another model cannot be compared."""

    def faces(self, frame_rgb: RgbImage) -> list[Face]:
        """All faces, nearest (largest) first; empty for a frame without any, of whatever size or content."""

    def describe(self, frame_rgb: RgbImage, face: Face, looks: int = 1, after: int = 0) -> Descriptor:
        """(length,) float32 of the face in the frame it was found in: the mean over so many looks at it, or over as
        many as the model has, without the first `after` of them."""

    def describe_more(self, frame_rgb: RgbImage, face: Face) -> Mapping[ModelId, Descriptor]:
        """The same face by each further recogniser that the engine was opened with, all their looks; often by none."""


class FaceMatcher(Protocol):
    """One-to-many search over a gallery."""

    @property
    def model_id(self) -> ModelId:
        """Whose descriptors it compares: the engine's must be the same."""

    def identify(self, descriptors: Sequence[Descriptor]) -> Match:
        """Join all descriptors of one encounter (one person's face over several frames) into one decision."""


class LivenessDetector(Protocol):
    """Presentation attack detection, evidence joined over one encounter."""

    def reset(self) -> None:
        """Another face is at the camera: forget the evidence and draw a new challenge."""

    def update(
        self,
        frame_rgb: RgbImage,
        face: Face,
        t_s: float,
        *,
        ask: bool = True,
        good: bool = True,
        infrared: RgbImage | None = None,
    ) -> LivenessVerdict:
        """Add one frame's evidence. `t_s` monotonic seconds, never going back within an encounter. MUST NOT begin a
        challenge while `ask` is False: the screen does not show it. `good` False: whose face it is cannot be told by
        this frame. It MUST NOT speak for life, but for going on with a movement that was asked in a good one.
        `infrared`: as in Frame."""


class Clock(Protocol):
    """Time, injected everywhere. Thread-safe."""

    def monotonic_s(self) -> float:
        """Seconds, never jumping, the same clock as `Frame.t_s`."""

    def now(self) -> Moment:
        """This instant, with all that is known of its truth."""


class Outbox(Protocol):
    """The journal of events. Thread-safe; `kiosk run` appends, `kiosk sync` claims and acknowledges."""

    def append(self, draft: Draft, moment: Moment) -> Event:
        """Give the draft its place in the chain. MUST be on disk, fsynced, when it returns; MUST raise
        OutboxError (DiskFull, DiskReadOnly, DiskFault) when it is not, leaving the chain as it was."""

    def presences(self, person_id: PersonId, since_utc: dt.datetime) -> Sequence[LastPresence]:
        """This person's presences that this terminal knows of, newest first: the newest whenever it was, and those
        before it as far back as their wall clock says `since_utc` or later without a break."""

    def enrolments(self) -> Sequence[tuple[Event, bool]]:
        """The enrolments whose content is still held, oldest first, and whether each still waits for the server."""

    def own_enrolments(self, since_utc: dt.datetime) -> Sequence[Event]:
        """This very terminal's made since then, of each NIP the newest, that nobody has withdrawn, as far as the
        journal can be read without a gap from there on; none while a journal was set aside."""

    def queue_state(self) -> QueueState:
        """How many events wait and how many are parked."""

    def refused(self, limit: int) -> Sequence[Refused]:
        """The newest events that the server refused, those first that were made last."""

    def count(self, what: str) -> None:
        """Add one to a named counter (for instance "refused_by_person"), reported with the heartbeat."""

    def faults(self) -> frozenset[Fault]:
        """JOURNAL_DAMAGED while a journal that was set aside waits for a technician."""


class Gallery(Protocol):
    """The cache of people and templates. `kiosk sync` replaces it, `kiosk run` reads it."""

    damaged: bool
    """Whether the last load() found the newest file damaged and gave what there was besides."""

    def load(self) -> GallerySnapshot:
        """The last good snapshot. MUST raise GalleryError when none can be read."""

    def changed(self) -> bool:
        """Whether load() would now give another snapshot than it last gave. Cheap: called every second."""


Told = Mapping[str, str]
"""One sentence for people, by language: Indonesian ("id") and English ("en") at least."""


@dataclass(frozen=True, slots=True)
class Pictured:
    """How an enrolment from pictures stands: good ones so far, how many it takes, whether these may be enrolled,
    whether there is a camera besides, and what is wrong with the newest picture, the `number`-th; nothing: good."""

    good: int
    needed: int
    enough: bool
    camera: bool
    number: int = 0
    wrong: Told = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Look:
    """One frame of a capture. `pose` that is wanted: "front", "left", "right", and "verify" at the end; `done` 0..1 of
    it; what keeps the frame from being used: `hint`, or `nobody` before the camera. `box`: as in Sighting. `pictures`:
    it comes from these, and `pose` may be "more" or "nothing" too."""

    pose: str
    done: float
    hint: Hint | None = None
    nobody: bool = False
    box: tuple[float, float, float, float] | None = None
    pictures: Pictured | None = None


class Tray(Protocol):
    """Where pictures lie that are dropped into the window, until an enrolment takes them. Thread-safe."""

    def put(self, path: Path) -> None:
        """One more, or a folder of them."""

    def clear(self) -> None:
        """They are nobody's any more."""

    def finish(self) -> None:
        """There are no more: those that were good are to be enrolled."""


@dataclass(frozen=True, slots=True)
class Written:
    """An enrolment that is on disk: how many templates, and what the officer should know of it."""

    templates: int
    notes: tuple[Told, ...] = ()


class Enrolment(Protocol):
    """One person's enrolment, a step a call, in one thread. Each step MUST leave nothing behind when it raises: all is
    written down in one piece, at the end of `enrol`. EnrolmentRefused says for people why it ends."""

    def admit(self, nip: Nip, name: str, *, replacing: bool, despite: Nip | None = None) -> None:
        """Check all that needs no face, and make ready; the face may be like that of `despite`, whom the officer has
        named. MUST raise EnrolmentRefused for who cannot be enrolled."""

    def enrol(self, officer: str, signature: bytes, frames: FrameSource, watch: Callable[[Look], None]) -> Written:
        """Capture, compare, verify and append. `frames` may end it by raising whatever it likes."""

    def close(self) -> None:
        """Give everything back. MUST be harmless at any time."""


class Voice(Protocol):
    def say(self, text: str) -> None:
        """Speak without blocking; a later text replaces one that still waits."""

    def close(self) -> None:
        """Fall silent, in mid-word if need be."""


class Indicators(Protocol):
    """Lamps and buzzer at the terminal's front."""

    def idle(self) -> None: ...

    def busy(self) -> None: ...

    def success(self) -> None: ...

    def refusal(self) -> None: ...

    def fault(self) -> None: ...

    def close(self) -> None: ...


class Randomness(Protocol):
    """What chooses challenges and jitter."""

    def random(self) -> float: ...

    def randrange(self, stop: int, /) -> int: ...


class UtcNow(Protocol):
    def __call__(self) -> dt.datetime: ...
