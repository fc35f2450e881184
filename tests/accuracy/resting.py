"""`nice python tests/accuracy/resting.py [--people N]`: what does it cost that a face at whose place hardly anything
changes is taken to be there (`RESTING` of kiosk/face/tracking.py), on pictures that the limit was not chosen on?

It was chosen on clips of which most people talk and turn. Here are others. *Drawn*: photographs of LFW that move
sideways at a known speed, to and fro, with a sensor's noise and light that flickers; where the face is, is known. How
far beside its own usual place is the box of a frame that was taken to be there, and of one that was looked at? And how
often is a face said to be there in the first and in the second frame after it went, its surroundings still there?
*Filmed*: NUAA's living people, frames that are 50 ms and more apart, heads that move; there the box that was kept is
held against the one that a look at the same frame would have given, and two looks in a row against each other. The
same for dlib's descriptor, of both.

Faces: KIOSK_FACES, YuNet: KIOSK_MODELS, as engine_figures.py has them. One core, some minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
import scenes
from engine_figures import CACHE, FACES, MODELS, photos

from kiosk.face.descriptor import open_fast_describer
from kiosk.face.detector import Detector, Found, HogDetector, YunetDetector
from kiosk.face.engine import Engine
from kiosk.face.tracking import Follower
from kiosk.machine.model_files import YUNET
from kiosk.measure.clips import find_clips, frames
from kiosk.measure.rates import interval
from kiosk.measure.starts import BORDER, _bordered
from kiosk.model import Box, RgbImage

FRAMES = 24
SPEEDS = (0.0, 0.01, 0.02, 0.04)
"""Face widths a frame. At 15 frames a second the last is a face of 15 cm that moves by 9 cm a second."""

NOISE = 2.0
FLICKER = 0.01
SEED = 2031


class Looking:
    """The detector, which notes whether it was asked about the frame at hand."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.looked = False

    def __getattr__(self, name: str) -> int:
        return int(getattr(self._detector, name))

    def search(self, frame_rgb: RgbImage, longest_px: int) -> list[Found]:
        self.looked = True
        return self._detector.search(frame_rgb, longest_px)

    def refine(self, frame_rgb: RgbImage, near: Box) -> Found | None:
        self.looked = True
        return self._detector.refine(frame_rgb, near)


@dataclass
class Tally:
    """In face widths. `kept`: of frames that were not looked at, `looked`: of the others."""

    kept: list[float] = field(default_factory=list)
    looked: list[float] = field(default_factory=list)

    def line(self) -> str:
        frames_ = len(self.kept) + len(self.looked)
        return f"{len(self.kept) / frames_:.0%} of {frames_} frames | {_spread(self.kept)} | {_spread(self.looked)}"


def _spread(of: Sequence[float]) -> str:
    return "-" if len(of) < 20 else "{:.3f}, {:.3f}, {:.3f}".format(*np.quantile(of, (0.5, 0.95, 1)))


def middle(box: Box) -> float:
    return (box.left + box.right) / 2


def lit(picture: RgbImage, rng: np.random.Generator) -> RgbImage:
    seen = picture * (1 + rng.normal(0, FLICKER)) + rng.normal(0, NOISE, picture.shape)
    return np.asarray(np.clip(seen, 0, 255), dtype=np.uint8)


def walk(photo: RgbImage, speed: float, seed: int) -> Iterator[tuple[RgbImage, float]]:
    """The frames of a photograph that moves to and fro, and where its face is across."""
    rng, at, way = np.random.default_rng([SEED, seed]), 320.0, 1
    for _ in range(FRAMES):
        scene = scenes.place(photo, scenes.USUAL_PX, np.random.default_rng(seed), left_px=at)
        yield lit(scene.rgb, rng), at
        way = -way if abs(at + way * speed * scenes.USUAL_PX - 320) > 60 else way
        at += way * speed * scenes.USUAL_PX


def drawn(make: Callable[[], Detector], pictures: Sequence[RgbImage]) -> None:
    for speed in SPEEDS:
        tally, gone = Tally(), [0, 0]
        for seed, photo in enumerate(pictures):
            detector = Looking(make())
            follower = Follower(detector)
            beside: list[tuple[bool, float]] = []
            for frame, at in walk(photo, speed, seed):
                detector.looked = False
                found = follower.find(frame)
                if found:
                    nearest = min((middle(each.box) - at for each in found), key=abs)
                    beside.append((detector.looked, nearest / scenes.USUAL_PX))
            usual = float(np.median([off for _, off in beside])) if beside else 0.0
            for looked, off in beside:
                (tally.looked if looked else tally.kept).append(abs(off - usual))
            rng = np.random.default_rng([SEED, seed, 1])
            empty = np.asarray(cv2.resize(cv2.GaussianBlur(photo, (0, 0), 30), (640, 480)), dtype=np.uint8)
            for number in range(2):
                gone[number] += bool(follower.find(lit(empty, rng)))
        shares = ", ".join(f"{number} of {len(pictures)} ({_percent(number, len(pictures))})" for number in gone)
        print(f"| {speed:g} | {tally.line()} | {shares} |", flush=True)


def _percent(hits: int, of: int) -> str:
    low, high = interval(hits, of) or (0.0, 1.0)
    return f"{low:.1%}-{high:.1%}"


def filmed(make: Callable[[], Detector], describing: Describing) -> None:
    """Of the living of NUAA: how far the kept box is from a look at the same frame, and two looks from one another."""
    tally, faces = Tally(), Tally()
    for clip in find_clips(FACES / "pad" / "nuaa" / "live"):
        shadow, detector = make(), Looking(make())
        follower = Follower(detector)
        before: tuple[float, npt.NDArray[np.float32]] | None = None
        for each in frames(clip):
            rgb = np.ascontiguousarray(_bordered(each.rgb, BORDER))
            detector.looked = False
            found = follower.find(rgb)
            if not found:
                before = None
                continue
            box = found[0].box
            look = shadow.refine(rgb, box)
            if look is None:
                continue
            fresh = describing.of(rgb, look)
            if not detector.looked:
                tally.kept.append(abs(middle(box) - middle(look.box)) / look.box.width)
                faces.kept.append(float(np.linalg.norm(describing.of(rgb, found[0]) - fresh)))
            elif before is not None:
                tally.looked.append(abs(before[0] - middle(look.box)) / look.box.width)
                faces.looked.append(float(np.linalg.norm(before[1] - fresh)))
            before = middle(look.box), fresh
    print(f"| box | {tally.line()} |\n| descriptor | {faces.line()} |", flush=True)


class Given:
    """Finds what it was given."""

    def __init__(self) -> None:
        self.found: Found | None = None

    def find(self, frame_rgb: RgbImage) -> list[Found]:
        return [] if self.found is None else [self.found]


class Describing:
    """dlib's descriptors of faces in given boxes."""

    def __init__(self) -> None:
        self._given = Given()
        self._engine = Engine(self._given, open_fast_describer(CACHE))

    def of(self, rgb: RgbImage, found: Found) -> npt.NDArray[np.float32]:
        self._given.found = found
        return self._engine.describe(rgb, self._engine.faces(rgb)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=40)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    ways: dict[str, Callable[[], Detector]] = {"HOG": HogDetector}
    if (MODELS / YUNET.file_name).exists():
        ways["YuNet"] = lambda: YunetDetector(MODELS / YUNET.file_name)
    describing = Describing()
    pictures = [scenes.load(path) for path in photos(options.people)]
    for name, make in ways.items():
        print(f"{name}, drawn: widths a frame | taken to be there | its box beside: p50, p95, most | looked at | gone")
        drawn(make, pictures)
        print(f"{name}, filmed: | taken to be there | from a look at the same frame | two looks in a row")
        filmed(make, describing)


if __name__ == "__main__":
    main()
