"""Pictures from files: found, read the right way up, and turned into shots."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from enrollment import quality
from enrollment.refusal import Refusal
from enrollment.templates import Shot
from kiosk.face.looks import describe_looks
from kiosk.face.quality import Limits
from kiosk.model import Quality, RgbImage
from kiosk.ports import FaceEngine

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})

MAX_PIXELS = 50_000_000
"""Larger pictures are refused before they are unpacked: a terminal has little memory, and no telephone makes them."""

MAX_SIDE_PX = 1280
"""Larger pictures are scaled down: the detector's time grows with the area, and a face needs no more."""


@dataclass(frozen=True, slots=True)
class PictureReport:
    """What one picture is worth. `faces` is how many were found; `reason` is None when it is good."""

    number: int
    faces: int
    quality: Quality | None
    reason: str | None


def find(paths: Iterable[Path]) -> list[Path]:
    """The files themselves and, of folders, the pictures in them by name; none twice. Raises Refusal no_pictures."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
            found.update(dict.fromkeys(inside))
        else:
            found[path] = None
    if not found:
        raise Refusal("no_pictures")
    return list(found)


def read(path: Path) -> RgbImage:
    """(height, width, 3) uint8 RGB, turned as the camera was held, at most MAX_SIDE_PX wide or high.

    Raises Refusal picture_unreadable.
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # importing face_recognition sets it for the whole process
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise Refusal("picture_unreadable")
                picture.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))  # lets a JPEG be decoded small
                upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise Refusal("picture_unreadable") from error
    except Image.DecompressionBombWarning as error:
        raise Refusal("picture_unreadable") from error
    upright.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS)
    return np.asarray(upright)


def report(engine: FaceEngine, paths: Sequence[Path], bounds: Limits) -> list[PictureReport]:
    """Judge each picture and describe none."""
    reports = []
    for number, path in enumerate(paths, start=1):
        try:
            rgb = read(path)
        except Refusal as refusal:
            reports.append(PictureReport(number, 0, None, refusal.reason))
            continue
        faces = engine.faces(rgb)
        verdict = quality.assess(faces, bounds)
        measured = verdict.face.quality if verdict.face else None
        reports.append(PictureReport(number, len(faces), measured, verdict.reason))
    return reports


@dataclass(frozen=True, slots=True)
class Gathered:
    """Shots of the good pictures, how many different pictures there were, and (number, reason) of those passed over."""

    shots: tuple[Shot, ...]
    pictures: int
    skipped: tuple[tuple[int, str], ...]


def gather(engine: FaceEngine, paths: Sequence[Path], bounds: Limits) -> Gathered:
    """Describe the good pictures. One that shows two people, or cannot be read, is refused: it was meant to count.

    Raises Refusal several_faces, picture_unreadable, or, when no picture is good, the first one's reason.
    """
    shots: list[Shot] = []
    skipped: list[tuple[int, str]] = []
    seen: set[bytes] = set()
    for number, path in enumerate(paths, start=1):
        try:
            rgb = read(path)
        except Refusal as refusal:
            raise Refusal(refusal.reason, picture=number) from refusal
        pixels = hashlib.sha256(rgb.tobytes()).digest()
        if pixels in seen:
            continue
        seen.add(pixels)
        verdict = quality.assess(engine.faces(rgb), bounds)
        if verdict.reason == "several_faces":
            raise Refusal("several_faces", picture=number)
        if verdict.face is None or verdict.reason is not None:
            skipped.append((number, verdict.reason or "no_face"))
            continue
        shots.append(Shot(describe_looks(engine, rgb, verdict.face), verdict.face.quality, number))
    if not shots:
        number, reason = skipped[0]
        raise Refusal(reason, picture=number)
    return Gathered(tuple(shots), len(seen), tuple(skipped))
