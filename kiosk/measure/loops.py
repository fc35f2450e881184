"""The ways from frame to name that `kiosk bench` compares: this terminal's, and two of `face_recognition`.

They take turns, a round of all frames each, so that whatever else the machine does meets all of them alike: the ratios
stay meaningful where the milliseconds do not. Before each round a side sees a second of frames that do not count, as a
terminal sees them all day: a virtual machine may take away memory that was not touched for half a second, and then the
first frame after another side's turn costs as much as ten that follow (docs/accuracy.md, "Speed").
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.model import Frame, PersonId, RgbImage
from kiosk.terminal.recognise import Recogniser

KNOWN = PersonId("the person in the clip")
WARM = 16
"""Frames before each round that do not count: a second. Even, so that the every-other-frame loop keeps its rhythm."""

FRAME_S = 1 / 15


@dataclass
class Side:
    """What one way of doing it took. Times in seconds, of all `frames`. `piece`: see Loop."""

    name: str
    piece: int = 1
    frames: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    frame_cpu_s: list[list[float]] = field(default_factory=list)
    """Of each round, of each of its frames."""
    recognised: int = 0
    decision_wall_s: list[float] = field(default_factory=list)
    decision_cpu_s: list[float] = field(default_factory=list)

    @property
    def round_cpu_s(self) -> list[float]:
        return [sum(frames) for frames in self.frame_cpu_s]

    @property
    def undisturbed_cpu_s(self) -> float:
        """A round's, each piece of it at the least that it took in any round: what else the machine's host did for
        seconds or minutes is not in it (docs/decisions/0130)."""
        if not self.frame_cpu_s:
            return 0.0
        rounds = np.array(self.frame_cpu_s)
        return float(np.add.reduceat(rounds, range(0, rounds.shape[1], self.piece), axis=1).min(axis=0).sum())

    @property
    def fps(self) -> float:
        return self.frames / self.wall_s

    def row(self) -> dict[str, object]:
        return {
            "side": self.name,
            "fps": self.fps,
            "ms_per_frame": self.wall_s / self.frames * 1e3,
            "cpu_ms_per_frame": self.cpu_s / self.frames * 1e3,
            "undisturbed_cpu_ms_per_frame": self.undisturbed_cpu_s / self.frames * len(self.frame_cpu_s) * 1e3,
            "recognised_frames": self.recognised / self.frames,
            "decision_ms_p50": median_ms(self.decision_wall_s),
            "decision_cpu_ms_p50": median_ms(self.decision_cpu_s),
            "decisions_cpu_ms": [1e3 * cpu_s for cpu_s in self.decision_cpu_s],
        }


class Loop:
    """One way from frame to name. `see` tells whether the known person has been recognised in this frame.

    `piece`: so many frames that the work of one is that of any other round's, and about a quarter of a second.
    """

    name = ""
    piece = 1

    def begin(self) -> None:
        """Somebody new stands there."""

    def see(self, bgr: RgbImage, number: int) -> bool:
        raise NotImplementedError


class PresensiLoop(Loop):
    """What the terminal runs on each frame: search or follow, quality, descriptor, match, liveness evidence."""

    name = "presensi"
    piece = 40  # five searches of the whole picture, as many looks at whoever stands there, and the decision

    def __init__(self, recogniser: Recogniser, min_frames: int) -> None:
        self._recogniser = recogniser
        self._min_frames = min_frames

    def begin(self) -> None:
        self._recogniser.restart()

    def see(self, bgr: RgbImage, number: int) -> bool:
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        sighting = self._recogniser.see(
            Frame(np.asarray(rgb, dtype=np.uint8), number, number * FRAME_S), time.perf_counter
        )
        match = sighting.match
        return match is not None and match.person_id == KNOWN and match.frames >= self._min_frames


class PlainLoop(Loop):
    """`face_recognition`'s first webcam example: every frame in full size, each face compared with all known ones."""

    name = "face_recognition, every frame"

    def __init__(self, known: list[npt.NDArray[np.float64]], names: list[str]) -> None:
        import face_recognition  # 150 MB of models: only for the comparison

        self._api: Any = face_recognition
        self._known = known
        self._names = names

    def see(self, bgr: RgbImage, number: int) -> bool:  # noqa: ARG002
        return self._name(np.ascontiguousarray(bgr[:, :, ::-1]))

    def _name(self, rgb: RgbImage) -> bool:
        places = self._api.face_locations(rgb)
        recognised = False
        for encoding in self._api.face_encodings(rgb, places):
            same = self._api.compare_faces(self._known, encoding)
            distances = self._api.face_distance(self._known, encoding)
            best = int(np.argmin(distances))
            recognised |= bool(same[best]) and self._names[best] == KNOWN
        return recognised


class QuarterLoop(PlainLoop):
    """Its faster example: every other frame, a quarter of the width and height; the frame between keeps the names."""

    name = "face_recognition, every other frame, quarter size"
    piece = 4

    def __init__(self, known: list[npt.NDArray[np.float64]], names: list[str]) -> None:
        super().__init__(known, names)
        self._latest = False

    def begin(self) -> None:
        self._latest = False

    def see(self, bgr: RgbImage, number: int) -> bool:
        if number % 2 == 0:
            small = cv2.resize(bgr, (0, 0), fx=0.25, fy=0.25)
            self._latest = self._name(np.ascontiguousarray(small[:, :, ::-1]))
        return self._latest


def run_loops(loops: Sequence[Loop], frames: Sequence[RgbImage], rounds: int) -> list[Side]:
    """Each loop over all frames `rounds` times; each round is a new person's stay, decided at the first recognition."""
    sides = [Side(loop.name, loop.piece) for loop in loops]
    for round_number in range(rounds):
        number = round_number * (len(frames) + WARM)
        for index in _rotated(len(loops), round_number):
            _warm(loops[index], frames, number)
            _stay(loops[index], sides[index], frames, number + WARM)
    return sides


def _warm(loop: Loop, frames: Sequence[RgbImage], first: int) -> None:
    for offset in range(WARM):
        loop.see(frames[(offset - WARM) % len(frames)], first + offset)


def _stay(loop: Loop, side: Side, frames: Sequence[RgbImage], first: int) -> None:
    loop.begin()
    waited_wall_s = waited_cpu_s = 0.0
    taken: list[float] = []
    decided = False
    for number, bgr in enumerate(frames, first):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        recognised = loop.see(bgr, number)
        waited_wall_s += time.perf_counter() - wall_s
        taken.append(time.process_time() - cpu_s)
        waited_cpu_s += taken[-1]
        side.recognised += recognised
        if recognised and not decided:
            decided = True
            side.decision_wall_s.append(waited_wall_s)
            side.decision_cpu_s.append(waited_cpu_s)
    side.frames += len(frames)
    side.wall_s += waited_wall_s
    side.cpu_s += waited_cpu_s
    side.frame_cpu_s.append(taken)


def times_faster(ours: Side, theirs: Side) -> float | None:
    """By CPU time, undisturbed; None where nothing was measured."""
    return theirs.undisturbed_cpu_s / ours.undisturbed_cpu_s if ours.undisturbed_cpu_s else None


def times_faster_by_rounds(ours: Side, theirs: Side) -> list[float]:
    """By CPU time, round by round: how much what else the machine does makes of it."""
    return [their_s / our_s for their_s, our_s in zip(theirs.round_cpu_s, ours.round_cpu_s, strict=True)]


def _rotated(count: int, by: int) -> list[int]:
    return [(index + by) % count for index in range(count)]


def median_ms(seconds: Sequence[float]) -> float | None:
    """None when there is nothing to take the median of: nobody was recognised."""
    return float(np.median(seconds)) * 1e3 if seconds else None
