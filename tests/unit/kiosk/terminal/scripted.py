"""Parts of the recognition side that follow a script: they implement the ports and do nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from kiosk.errors import CameraError
from kiosk.model import (
    DLIB_RESNET_V1,
    LIVENESS_OFF,
    Descriptor,
    Face,
    Frame,
    LivenessVerdict,
    Match,
    ModelId,
    PersonId,
    RgbImage,
)
from tests.unit.kiosk import factories


class ScriptedCamera:
    """Plays its frames; an exception in the list is raised instead of a frame."""

    name = "scripted"

    def __init__(self, script: Iterable[Frame | CameraError]) -> None:
        self._script: Iterator[Frame | CameraError] = iter(script)
        self.opened = 0
        self.closed = 0

    def open(self) -> None:
        self.opened += 1

    def read(self) -> Frame:
        what = next(self._script)
        if isinstance(what, CameraError):
            raise what
        return what

    def close(self) -> None:
        self.closed += 1


def descriptor(axis: int, length: float = 1.0) -> Descriptor:
    """A unit vector: two axes are 1.41 apart, further than any two frames of one person."""
    vector = np.zeros(128, np.float32)
    vector[axis] = length
    return vector


class ScriptedEngine:
    """Shows `faces_now` in every frame and describes each with `descriptor_now`."""

    def __init__(self) -> None:
        self.faces_now: list[Face] = [factories.face()]
        self.descriptor_now = descriptor(0)
        self.described = 0
        self.more: dict[ModelId, Descriptor] = {}

    @property
    def model_id(self) -> ModelId:
        return DLIB_RESNET_V1

    def faces(self, frame_rgb: RgbImage) -> list[Face]:
        return self.faces_now

    def describe(self, frame_rgb: RgbImage, face: Face, looks: int = 1, after: int = 0) -> Descriptor:
        self.described += looks - after
        return self.descriptor_now

    def describe_more(self, frame_rgb: RgbImage, face: Face) -> dict[ModelId, Descriptor]:
        return self.more


class ScriptedMatcher:
    """Everybody is `person_id`, or one of the `look_alikes`."""

    def __init__(self, person_id: str | None = "p-1", look_alikes: tuple[PersonId, ...] = ()) -> None:
        self.person_id = person_id
        self.look_alikes = look_alikes
        self.model_id = DLIB_RESNET_V1

    def identify(self, descriptors: Sequence[Descriptor]) -> Match:
        return factories.match(self.person_id, len(descriptors), look_alikes=self.look_alikes)


class ScriptedLiveness:
    def __init__(self) -> None:
        self.verdict: LivenessVerdict = LIVENESS_OFF
        self.resets = 0
        self.updates = 0
        self.asks: list[bool] = []
        self.good: list[bool] = []

    def reset(self) -> None:
        self.resets += 1

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
        self.updates += 1
        self.asks.append(ask)
        self.good.append(good)
        return self.verdict


def no_time() -> float:
    return 0.0


Timer = Callable[[], float]
