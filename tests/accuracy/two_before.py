"""Two faces side by side: who is meant, by the boxes and by the eyes? `python -m tests.accuracy.two_before FACES`.

Photographs of LFW in one picture, the right one `share` times as large as the left one by the distance of their eyes,
FRAMES frames that drift and grow a little, through the terminal's own search. Told are, of the frames with both, those
in which each rule leaves it open who is meant, and of the pairs those of which three frames in a row did not: then
somebody is named, in the last column the one who stands farther back.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from kiosk.face import open_engine
from kiosk.model import Face, RgbImage
from kiosk.ports import FaceEngine
from kiosk.terminal.recognise import RIVAL_KEPT_S, RIVAL_SHARE

FRAMES, FPS, NAMED = 14, 15, 3
EYES_PX = 52.0
BOXES = 0.8
"""The rule before: a second box at least so wide."""
SHARES = (1.0, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6)


class Shown(NamedTuple):
    picture: RgbImage
    face: Face


class Seen(NamedTuple):
    """Of one frame: whether both are found, and whether the first is the farther one."""

    both: bool
    boxes: bool
    eyes: bool
    farther: bool


def scene(
    pair: tuple[Shown, Shown], share: float, drift: tuple[float, float, float], noise: np.random.Generator
) -> RgbImage:
    wall = np.full((480, 640, 3), 110, np.int16)
    across, down, grown = drift
    for shown, size, half in ((pair[0], grown, 0), (pair[1], grown * share, 320)):
        scale = EYES_PX * size / shown.face.quality.eye_distance_px
        picture = cv2.resize(shown.picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        middle = shown.face.landmarks_px.mean(axis=0) * scale
        move = np.array([[1, 0, 160 + across - middle[0]], [0, 1, 240 + down - middle[1]]], np.float32)
        wall[:, half : half + 320] = cv2.warpAffine(picture, move, (320, 480), borderValue=(110, 110, 110))
    return np.asarray(np.clip(wall + noise.integers(-3, 4, wall.shape), 0, 255), np.uint8)


def people(folder: Path, engine: FaceEngine) -> list[Shown]:
    """The first photograph of every 37th of LFW's people, if it shows one face that looks at the camera."""
    found = []
    for each in [sorted(one.glob("*.jpg"))[0] for one in sorted((folder / "lfw").iterdir())[::37]][:40]:
        picture = np.asarray(cv2.cvtColor(cv2.imread(str(each)), cv2.COLOR_BGR2RGB), np.uint8)
        faces = engine.faces(picture)
        if len(faces) == 1 and abs(faces[0].quality.yaw) < 0.35:
            found.append(Shown(picture, faces[0]))
    return found


def watched(engine: FaceEngine, pair: tuple[Shown, Shown], share: float, random: np.random.Generator) -> list[Seen]:
    engine.faces(np.full((480, 640, 3), 110, np.uint8))  # another scene than the one before
    across, down, grown, seen = 0.0, 0.0, 1.0, []
    for _ in range(FRAMES):
        across, down, grown = (
            across + random.normal(0, 2),
            down + random.normal(0, 2),
            grown * (1 + random.normal(0, 0.01)),
        )
        first, *others = engine.faces(scene(pair, share, (across, down, grown), random))
        boxes = any(other.box_px.width >= BOXES * first.box_px.width for other in others)
        eyes = any(o.quality.eye_distance_px >= RIVAL_SHARE * first.quality.eye_distance_px for o in others)
        seen.append(Seen(bool(others), boxes, eyes, bool(others) and first.box_px.left > 320))
    return seen


def named(seen: list[Seen], open_: list[bool]) -> tuple[bool, bool]:
    """Whether NAMED frames in a row leave nothing open, and whether the farther one is first in such a row."""
    rows = [range(start, start + NAMED) for start in range(len(seen) - NAMED + 1)]
    free = [row for row in rows if not any(open_[n] for n in row)]
    return bool(free), any(all(seen[n].farther for n in row) for row in free)


def kept(flags: list[bool]) -> list[bool]:
    """As the terminal does it: for RIVAL_KEPT_S more."""
    frames = round(RIVAL_KEPT_S * FPS)
    return [any(flags[max(0, n - frames + 1) : n + 1]) for n in range(len(flags))]


def main() -> None:
    shown = people(Path(sys.argv[1]), open_engine("auto", follow=False))
    pairs = list(pairwise(shown))[:24:2]
    engine, random = open_engine("auto"), np.random.default_rng(3)
    print(
        f"{len(pairs)} pairs; frames with both that leave it open by boxes / eyes; pairs named, of them the farther one"
    )
    for share in SHARES:
        seen = [watched(engine, pair, share, random) for pair in pairs]
        both = [frame for each in seen for frame in each if frame.both]
        rules = {
            "boxes": [named(each, [frame.boxes for frame in each]) for each in seen],
            "eyes, kept": [named(each, kept([frame.eyes for frame in each])) for each in seen],
        }
        told = "; ".join(
            f"{rule} {sum(n for n, _ in found)}, {sum(f for _, f in found)}" for rule, found in rules.items()
        )
        shares = (sum(getattr(frame, rule) for frame in both) / len(both) for rule in ("boxes", "eyes"))
        print(f"{share:.2f}: {' / '.join(f'{each:.3f}' for each in shares)}; {told}")


if __name__ == "__main__":
    main()
