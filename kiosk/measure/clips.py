"""Clips judged as the terminal would judge them: the measurement behind `kiosk pad` (ISO/IEC 30107-3 in miniature).

Nobody in a recording hears a challenge, so no movement in it counts as an answer: a clip ends as `live` (accepted
without a challenge), `attack` (refused), or `challenge` (would be asked).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from kiosk.errors import CameraError
from kiosk.liveness import Liveness
from kiosk.model import Face, Frame, LivenessVerdict, RgbImage
from kiosk.model import Liveness as State
from kiosk.ports import FaceEngine
from kiosk.replay import PICTURES, ReplayCamera, ReplayEnded, read_picture, scale_to_fit

VIDEOS = frozenset({".avi", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mpeg", ".ogv", ".webm", ".wmv"})

SIZE = (640, 480)
FPS = 15.0
"""Frames are scaled and thinned out to what the terminal's camera gives (default.toml [camera])."""

BORDER = 0.3
"""A clip in which no face is found is tried again with so much of its reflection around it: tight crops need it."""

SAME_FACE = 1.0
GAP_S = 0.6
"""A face further away than its own width, or unseen for longer, begins another encounter, as in the terminal."""

Label = Literal["live", "attack"]
Verdict = Literal["live", "challenge", "attack"]

LIVE_FOLDERS = frozenset({"live", "real", "genuine", "bonafide", "bona-fide", "bona_fide", "client"})
ATTACK_FOLDERS = frozenset(
    {
        "attack",
        "attacks",
        "spoof",
        "fake",
        "print",
        "prints",
        "printed",
        "photo",
        "photos",
        "paper",
        "screen",
        "screens",
        "display",
        "monitor",
        "phone",
        "phones",
        "tablet",
        "replay",
        "mask",
        "masks",
        "cutout",
        "imposter",
        "impostor",
    }
)
LIVE_WORDS = frozenset({"live", "real", "genuine", "bonafide"})
ATTACK_WORDS = frozenset({"attack", "spoof", "fake", "print", "screen", "replay", "imposter", "impostor"})

VERDICTS: dict[State, Verdict] = {State.LIVE: "live", State.CHALLENGE: "challenge", State.ATTACK: "attack"}


@dataclass(frozen=True, slots=True)
class ClipResult:
    """`score` 0..1 as in LivenessVerdict; None without a usable face. `verdict` None: the clip cannot be read."""

    path: str
    label: Label | None
    verdict: Verdict | None
    score: float | None
    reason: str
    frames: int
    faces: int


def label_of(path: Path) -> Label | None:
    """What the path says the clip shows: the deepest folder that is named in LIVE_FOLDERS or ATTACK_FOLDERS, else the
    words of the file's name (LIVE_WORDS, ATTACK_WORDS; an attack word wins). Only the path as given is looked at."""
    folders = path.parts[:-1] if path.suffix else path.parts
    for part in reversed([part.lower() for part in folders]):
        if part in LIVE_FOLDERS:
            return "live"
        if part in ATTACK_FOLDERS:
            return "attack"
    words = set(re.split(r"[^a-z]+", path.stem.lower()))
    if words & ATTACK_WORDS:
        return "attack"
    return "live" if words & LIVE_WORDS else None


def find_clips(path: Path) -> Iterator[Path]:
    """The clips at a path: itself, or, for a folder without pictures, those below it in order.

    A folder of pictures is one sequence, unless its pictures carry labels of their own: then each is a clip.
    Raises CameraError when there is nothing.
    """
    if not path.exists():
        raise CameraError(f"{path} does not exist. Give videos, pictures or folders of them.")
    if path.is_file():
        yield path
        return
    found = False
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise CameraError(
            f"{path} cannot be read ({error.strerror}). Give videos, pictures or folders of them."
        ) from error
    pictures = [entry for entry in entries if entry.suffix.lower() in PICTURES]
    if pictures and all(label_of(Path(picture.name)) for picture in pictures):
        yield from pictures
        found = True
    elif pictures:
        yield path
        found = True
    for entry in entries:
        if entry.is_dir() and any(_is_clip(file) for file in entry.rglob("*")):
            yield from find_clips(entry)
            found = True
        elif entry.suffix.lower() in VIDEOS:
            yield entry
            found = True
    if not found:
        raise CameraError(f"{path} holds no video and no picture. Give videos, pictures or folders of them.")


def judge(path: Path, engine: FaceEngine, liveness: Liveness) -> ClipResult:
    """Play one clip to its first decision, or to its end. `liveness` must have been made with `ask=False`."""
    label = label_of(path)
    try:
        result = _play(path, engine, liveness, 0.0)
        if result.faces == 0:
            result = _play(path, engine, liveness, BORDER)
    except CameraError:
        return ClipResult(str(path), label, None, None, "unreadable", 0, 0)
    return result


def _play(path: Path, engine: FaceEngine, liveness: Liveness, border: float) -> ClipResult:
    last: LivenessVerdict | None = None
    shown = faces = 0
    seen: tuple[Face, float] | None = None
    liveness.reset()
    for frame in frames(path):
        shown += 1
        rgb = _bordered(frame.rgb, border)
        found = engine.faces(rgb)
        if not found:
            continue
        faces += 1
        if seen is not None and (frame.t_s - seen[1] > GAP_S or _far(seen[0], found[0])):
            liveness.reset()
        seen = (found[0], frame.t_s)
        verdict = liveness.update(rgb, found[0], frame.t_s)
        if last is None or verdict.state is not State.PENDING or last.state is State.PENDING:
            last = verdict
        if last.state in {State.LIVE, State.ATTACK}:
            break
    label = label_of(path)
    if last is None:
        return ClipResult(str(path), label, "challenge", None, "no_face", shown, 0)
    if last.state is State.PENDING:
        return ClipResult(str(path), label, "challenge", last.score, "too_few_frames", shown, faces)
    return ClipResult(str(path), label, VERDICTS[last.state], last.score, last.reason, shown, faces)


def frames(path: Path) -> Iterator[Frame]:
    """The frames of a clip as the terminal's camera would give them, in SIZE and at FPS. Raises CameraError."""
    if path.suffix.lower() in PICTURES:
        picture = read_picture(path)
        if picture is None:
            raise CameraError(f"{path} is not a picture that can be read.")
        yield Frame(scale_to_fit(picture, *SIZE), 0, 0.0)
        return
    camera = ReplayCamera(path, *SIZE, FPS, loop=False, paced=False, monotonic=lambda: 0.0)
    camera.open()
    try:
        while True:
            yield camera.read()
    except ReplayEnded:
        return
    finally:
        camera.close()


def _bordered(rgb: RgbImage, border: float) -> RgbImage:
    if border == 0:
        return rgb
    y, x = (min(round(border * side), side - 1) for side in rgb.shape[:2])
    return np.asarray(cv2.copyMakeBorder(rgb, y, y, x, x, cv2.BORDER_REFLECT_101), dtype=np.uint8)


def _far(before: Face, now: Face) -> bool:
    a, b = before.box_px, now.box_px
    shift = abs((a.left + a.right) - (b.left + b.right)) + abs((a.top + a.bottom) - (b.top + b.bottom))
    return shift / 2 > SAME_FACE * a.width


def _is_clip(path: Path) -> bool:
    return path.suffix.lower() in VIDEOS | PICTURES


def share(results: Iterable[ClipResult], label: Label, verdict: Verdict) -> tuple[int, int]:
    """How many of the readable clips with this label got this verdict, and how many there are."""
    mine = [result for result in results if result.label == label and result.verdict is not None]
    return sum(result.verdict == verdict for result in mine), len(mine)
