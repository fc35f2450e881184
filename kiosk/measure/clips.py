"""Clips to be judged: where they are, what their paths say they show, and their frames as a camera would give them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from kiosk.errors import CameraError
from kiosk.model import Frame
from kiosk.replay import PICTURES, ReplayCamera, ReplayEnded, read_picture, scale_to_fit

VIDEOS = frozenset({".avi", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mpeg", ".ogv", ".webm", ".wmv"})

SIZE = (640, 480)
FPS = 15.0
"""Frames are scaled and thinned out to what the terminal's camera gives (default.toml [camera])."""

Label = Literal["live", "attack"]

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
        "telephone",
        "telephones",
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

KINDS = {
    "print": frozenset({"print", "prints", "printed", "photo", "photos", "paper"}),
    "screen": frozenset({"screen", "screens", "display", "monitor", "tablet", "replay"}),
    "phone": frozenset({"phone", "phones", "telephone", "telephones"}),
    "mask": frozenset({"mask", "masks"}),
    "cutout": frozenset({"cutout"}),
}
"""Words of a path that say what an attack was made with."""


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


def kind_of(path: Path) -> str:
    """What an attack was made with, by the same words, the deepest first: a name of KINDS, or "attack" where they do
    not say."""
    folders = path.parts[:-1] if path.suffix else path.parts
    for part in [path.stem, *reversed(folders)]:
        words = set(re.split(r"[^a-z]+", part.lower()))
        for kind, names in KINDS.items():
            if words & names:
                return kind
    return "attack"


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


def _is_clip(path: Path) -> bool:
    return path.suffix.lower() in VIDEOS | PICTURES
