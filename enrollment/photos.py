"""Pictures from files: found, read the right way up, and turned into shots."""

from __future__ import annotations

import contextlib
import hashlib
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from enrollment import quality, turn
from enrollment.refusal import Refusal
from enrollment.templates import Shot
from kiosk.errors import ModelError
from kiosk.face.looks import LOOKS
from kiosk.face.quality import Limits
from kiosk.model import Face, Quality, RgbImage
from kiosk.ports import FaceEngine

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp"})

UNREAD_SUFFIXES = frozenset({".heic", ".heif", ".avif"})
"""What telephones write besides, and what is not read here. It was meant to count, so it is not passed over."""

FORMATS = ("PNG", "WEBP", "BMP", "GIF", "TIFF")
"""What Pillow may take a file for that is no JPEG. It knows many more, some of which start other programs."""

MAX_PIXELS = 50_000_000
"""Of what has to be unpacked at once. Larger pictures are refused before: a terminal has little memory."""

MAX_JPEG_PIXELS = 250_000_000
"""Of a JPEG, which is unpacked row by row at an eighth to the whole of its size: telephones make 200 million."""

MAX_SIDE_PX = 1280
"""Larger pictures are scaled down: the detector's time grows with the area, and a face needs no more."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_KINDS = (
    (rb"....ftyp(heic|heix|hevc|hevx|heim|heis|mif1|msf1)", "HEIC"),
    (rb"....ftyp(avif|avis)", "AVIF"),
    (rb"....ftyp", "video"),
    (rb"\xff\x0a|....JXL ", "JPEG XL"),
    (rb"....jP  |\xff\x4f\xff\x51", "JPEG 2000"),
    (rb"%PDF-", "PDF"),
    (rb"%!PS", "PostScript"),
    (rb"PK\x03\x04", "ZIP, DOCX"),
    (rb"\x00\x05\x16\x07", "AppleDouble"),
    (rb"8BPS", "Photoshop"),
    (rb"\s*<", "HTML, SVG"),
)
"""How files of other kinds begin that come where pictures should be."""


@dataclass(frozen=True, slots=True)
class PictureReport:
    """What one picture is worth. `faces` is how many were found; `refusal` is None when it is good."""

    number: int
    faces: int
    quality: Quality | None
    refusal: Refusal | None

    @property
    def reason(self) -> str | None:
        return None if self.refusal is None else self.refusal.reason


def find(paths: Iterable[Path]) -> list[Path]:
    """The files themselves and, of folders, the pictures in them by name; none twice. Raises Refusal no_pictures."""
    found: dict[Path, None] = {}
    for path in paths:
        try:
            inside = _pictures(path) if path.is_dir() else [path]
        except OSError as error:
            raise Refusal("no_pictures") from error
        found.update(dict.fromkeys(inside))
    if not found:
        raise Refusal("no_pictures")
    return list(found)


def _pictures(folder: Path) -> list[Path]:
    """Without what other systems hide in it: `._1.jpg` of macOS holds no picture, `.trashed-1.jpg` is a deleted one."""
    names = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file())
    pictures = [path for path in names if path.suffix.lower() in SUFFIXES]
    converted = {path.stem for path in pictures}
    unread = [path for path in names if path.suffix.lower() in UNREAD_SUFFIXES and path.stem not in converted]
    return sorted([*pictures, *unread])


def read(path: Path) -> RgbImage:
    """(height, width, 3) uint8 RGB, turned as the camera was held, at most MAX_SIDE_PX wide or high.

    Raises Refusal picture_unreadable, picture_unsupported.
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # importing face_recognition sets it for the whole process
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities in what is not used
            with _opened(path) as picture:
                upright = _upright(picture)
    except Refusal:
        raise
    except UnidentifiedImageError as error:
        raise _refused(path) from error
    except Exception as error:
        # Not a list of exceptions: a broken file leads a parser to whatever its bytes happen to say.
        raise Refusal("picture_unreadable") from error
    return np.asarray(upright)


def _opened(path: Path) -> Image.Image:
    """A JPEG as the one that it is: the pictures that may lie behind the first, and their table, are not looked at."""
    with path.open("rb") as stream:
        is_jpeg = stream.read(3) == b"\xff\xd8\xff"
    return JpegImageFile(path) if is_jpeg else Image.open(path, formats=FORMATS)


def _upright(picture: Image.Image) -> Image.Image:
    if isinstance(picture, JpegImageFile):
        # Of a progressive one all parts are needed at once, at whatever size it is wanted.
        if picture.width * picture.height > (MAX_PIXELS if picture.info.get("progressive") else MAX_JPEG_PIXELS):
            raise Refusal("picture_unreadable")
        picture.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))
    if picture.width * picture.height > MAX_PIXELS:
        raise Refusal("picture_unreadable")
    rgb = _rgb(picture)
    rgb.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS)
    # A TIFF has been turned by now. What a PNG says stands behind its pixels.
    held = turn.UPRIGHT if picture.format == "TIFF" else turn.of(_exif(picture), picture.info.get("xmp"))
    return rgb.transpose(_TURNS[held]) if held in _TURNS else rgb


def _rgb(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits is scaled: Pillow would cut off all above 255, which is nearly everything."""
    if picture.mode in ("I", "F"):
        raise Refusal("picture_unsupported", kind="32 bit")
    if picture.mode.startswith("I;16"):
        levels = np.asarray(picture).astype(np.uint16)
        return Image.fromarray((levels // 257).astype(np.uint8)).convert("RGB")
    return picture.convert("RGB")


def _exif(picture: Image.Image) -> object:
    """The block of EXIF, which some programs keep in a PNG as text: a line feed, a name, a length, and hex digits."""
    text = picture.info.get("Raw profile type exif")
    if "exif" not in picture.info and isinstance(text, str):
        with contextlib.suppress(ValueError):
            return bytes.fromhex("".join(text.split()[2:]))
    return picture.info.get("exif")


def _refused(path: Path) -> Refusal:
    """What is no picture of ours, by the kind that it is."""
    with contextlib.suppress(OSError), path.open("rb") as stream:
        head = stream.read(64)
        for pattern, kind in _KINDS:
            if re.match(pattern, head, re.DOTALL):
                return Refusal("picture_unsupported", kind=kind)
    return Refusal("picture_unreadable")


def _faces(engine: FaceEngine, rgb: RgbImage) -> list[Face]:
    """Raises Refusal engine_failed: a picture on which the networks fail is one person's, not everybody's."""
    try:
        return engine.faces(rgb)
    except (ModelError, ValueError) as error:
        raise Refusal("engine_failed") from error


def _shot(engine: FaceEngine, rgb: RgbImage, face: Face, number: int) -> Shot:
    """Raises Refusal engine_failed."""
    try:
        return Shot(engine.describe(rgb, face, LOOKS), face.quality, number, engine.describe_more(rgb, face))
    except (ModelError, ValueError) as error:
        raise Refusal("engine_failed") from error


def report(engine: FaceEngine, paths: Sequence[Path], bounds: Limits) -> list[PictureReport]:
    """Judge each picture and describe none."""
    reports = []
    for number, path in enumerate(paths, start=1):
        try:
            faces = _faces(engine, read(path))
        except Refusal as refusal:
            reports.append(PictureReport(number, 0, None, refusal))
            continue
        verdict = quality.assess(faces, bounds)
        measured = verdict.face.quality if verdict.face else None
        refusal_or_none = None if verdict.reason is None else Refusal(verdict.reason)
        reports.append(PictureReport(number, len(faces), measured, refusal_or_none))
    return reports


_PASSED_OVER = frozenset(quality.REASONS.values()) - {"several_faces"} | {"no_face"}
"""Why a picture among others does not count, though it was read. One of two people was meant to count."""


class Album:
    """The good pictures of one person, as they come."""

    def __init__(self, engine: FaceEngine, bounds: Limits) -> None:
        self._engine = engine
        self._bounds = bounds
        self._seen: set[bytes] = set()
        self._apart: set[bytes] = set()
        self.shots: list[Shot] = []

    @property
    def pictures(self) -> int:
        """Different ones, good or not."""
        return len(self._seen)

    def set_apart(self, path: Path) -> None:
        """It is none of these pictures, under whatever name it lies among them. Raises as `read`."""
        self._apart.add(_pixels(read(path)))

    def add(self, path: Path, number: int) -> None:
        """Describe the picture if it is good. Raises Refusal with what is wrong with it: picture_twice, no_face,
        several_faces, engine_failed, picture_unreadable, picture_unsupported, and what `quality.assess` finds."""
        rgb = read(path)
        pixels = _pixels(rgb)
        if pixels in self._seen | self._apart:
            raise Refusal("picture_twice")
        self._seen.add(pixels)
        verdict = quality.assess(_faces(self._engine, rgb), self._bounds)
        if verdict.face is None or verdict.reason is not None:
            raise Refusal(verdict.reason or "no_face")
        self.shots.append(_shot(self._engine, rgb, verdict.face, number))


@dataclass(frozen=True, slots=True)
class Gathered:
    """Shots of the good pictures, how many different pictures there were, and (number, reason) of those passed over."""

    shots: tuple[Shot, ...]
    pictures: int
    skipped: tuple[tuple[int, str], ...]


def _pixels(rgb: RgbImage) -> bytes:
    return hashlib.sha256(rgb.tobytes()).digest()


def gather(engine: FaceEngine, paths: Sequence[Path], bounds: Limits, apart: Path | None = None) -> Gathered:
    """Describe the good pictures. One that shows two people, or cannot be read, is refused: it was meant to count.
    `apart`: a picture that is none of them, also where it is given among them.

    Raises Refusal several_faces, picture_unreadable, picture_unsupported, engine_failed, or, when no picture is good,
    the first one's reason; no_pictures when there is none but the one set apart.
    """
    album = Album(engine, bounds)
    if apart is not None:
        album.set_apart(apart)
    skipped: list[tuple[int, str]] = []
    for number, path in enumerate(paths, start=1):
        try:
            album.add(path, number)
        except Refusal as refusal:
            if refusal.reason == "picture_twice":
                continue
            if refusal.reason not in _PASSED_OVER:
                raise Refusal(refusal.reason, **refusal.details, picture=number) from refusal
            skipped.append((number, refusal.reason))
    if not album.pictures:
        raise Refusal("no_pictures")
    if not album.shots:
        number, reason = skipped[0]
        raise Refusal(reason, picture=number)
    return Gathered(tuple(album.shots), album.pictures, tuple(skipped))
