"""A folder of photos per person -> descriptors.

    DIR/<person>/<photo or clip>

Of several faces in a photo the one nearest to its centre is the person's. A clip counts as one photo: the mean over
frames spread evenly over it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.errors import ConfigError, GalleryError
from kiosk.face.looks import LOOKS
from kiosk.measure.identification.label_errors import is_wrong
from kiosk.model import DLIB_RESNET_V1, Face, ModelId, RgbImage
from kiosk.ports import FaceEngine
from kiosk.replay import PICTURES, read_picture

CLIPS = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".gif"})
CLIP_FRAMES = 5

_OTHER_SCALES = (1.5, 0.8)
"""A photo in which no face is found is searched again in these sizes, then mirrored: a terminal sees a person in many
frames, a photo has one chance. On LFW that leaves 0.2 % of the photos without a face, of 0.9 %."""

Progress = Callable[[int, int], None]
"""(photos done, photos in all)"""


@dataclass(frozen=True, eq=False)
class Collection:
    """What is known of a folder: no names, no pictures.

    `owners` (photos,) numbers the people from 0, ascending; `plain` (photos, length) float32 are the descriptors of one
    look (dlib's as `face_recognition` gives them), `described` those that the terminal uses (the mean of several
    looks); a row of NaN is a photo without a face. All are of `model_id`. `folder` is a digest of which people's
    folders there were, so that a table made from some of them is not checked on the same; `label_errors` counts the
    photos that were left out for a wrong name.
    """

    owners: npt.NDArray[np.intp]
    plain: npt.NDArray[np.float32]
    described: npt.NDArray[np.float32]
    folder: str = ""
    label_errors: int = 0
    model_id: ModelId = DLIB_RESNET_V1

    @property
    def people(self) -> int:
        return int(self.owners[-1]) + 1 if len(self.owners) else 0

    @property
    def acquired(self) -> npt.NDArray[np.bool_]:
        """(photos,) whether a face was found."""
        return np.isfinite(self.plain[:, 0])

    def photos(self) -> list[npt.NDArray[np.intp]]:
        """The rows of each person."""
        return np.split(np.arange(len(self.owners)), np.flatnonzero(np.diff(self.owners)) + 1)

    def part(self, which: int, parts: int) -> Collection:
        """The people `which`, `which` + `parts` … (counted from 1), as a collection of their own."""
        return self._of(self.owners % parts == which - 1)

    def without(self, which: int, parts: int) -> Collection:
        """Everybody but the people of that part."""
        return self._of(self.owners % parts != which - 1)

    def _of(self, mine: npt.NDArray[np.bool_]) -> Collection:
        numbers = np.unique(self.owners[mine], return_inverse=True)[1].astype(np.intp)
        return dataclasses.replace(self, owners=numbers, plain=self.plain[mine], described=self.described[mine])

    def save(self, path: Path) -> None:
        """Keep the descriptors for another run. They are biometric data: treat the file as such. Raises ConfigError."""
        try:
            with path.open("wb") as file:
                np.savez(
                    file,
                    owners=self.owners,
                    plain=self.plain,
                    described=self.described,
                    folder=self.folder,
                    label_errors=self.label_errors,
                    model_id=self.model_id,
                )
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written ({error.strerror}).") from error

    @classmethod
    def load(cls, path: Path) -> Collection:
        """Raises GalleryError when the file was not written by `save`."""
        try:
            # Opened here: of a damaged archive np.load would leave its own file open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return cls(
                    arrays["owners"].astype(np.intp),
                    arrays["plain"],
                    arrays["described"],
                    str(arrays["folder"]),
                    int(arrays["label_errors"]),
                    ModelId(str(arrays["model_id"])),
                )
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise GalleryError(f"{path}: holds no descriptors of `kiosk evaluate`. Delete it and run again.") from error


def collect(folder: Path, engine: FaceEngine, progress: Progress | None = None) -> Collection:
    """Describe all photos and clips below `folder`. Raises GalleryError when there are none, or none can be listed."""
    try:
        folders = sorted(person for person in folder.iterdir() if person.is_dir())
        listed = [_files(person) for person in folders]
    except OSError as error:  # its own text would name a person
        raise GalleryError(f"{folder}: a folder in it cannot be read ({error.strerror}).") from None
    people = [kept for files in listed if (kept := [path for path in files if not is_wrong(path)])]
    if not people:
        raise GalleryError(f"{folder}: holds no folder of photos per person (DIR/<person>/<photo>.jpg).")
    total = sum(len(files) for files in people)
    owners = np.repeat(np.arange(len(people)), [len(files) for files in people])
    found: list[npt.NDArray[np.float32] | None] = []
    for path in (path for files in people for path in files):
        each = [both for picture in _pictures(path) if (both := _describe(engine, picture)) is not None]
        found.append(np.mean(each, axis=0, dtype=np.float32) if each else None)
        if progress is not None:
            progress(len(found), total)
    length = next((len(both[0]) for both in found if both is not None), 1)
    nothing = np.full((2, length), np.nan, dtype=np.float32)
    rows = np.stack([nothing if both is None else both for both in found])
    digest = hashlib.sha256("\n".join(person.name for person in folders).encode("utf-8", "surrogateescape"))
    left_out = sum(len(files) for files in listed) - total
    return Collection(
        owners.astype(np.intp), rows[:, 0], rows[:, 1], digest.hexdigest()[:16], left_out, engine.model_id
    )


def _files(person: Path) -> list[Path]:
    return sorted(path for path in person.iterdir() if path.suffix.lower() in PICTURES | CLIPS)


def _describe(engine: FaceEngine, picture: RgbImage) -> npt.NDArray[np.float32] | None:
    """(2, length): the descriptor of one look, and that of all; None without a face."""
    for tried in _tries(picture):
        face = _central(engine.faces(tried), tried)
        if face is not None:
            return np.stack([engine.describe(tried, face), engine.describe(tried, face, LOOKS)])
    return None


def _tries(picture: RgbImage) -> Iterator[RgbImage]:
    yield picture
    for scale in _OTHER_SCALES:
        yield np.asarray(cv2.resize(picture, None, fx=scale, fy=scale), dtype=np.uint8)
    yield np.ascontiguousarray(picture[:, ::-1])


def _central(faces: list[Face], picture: RgbImage) -> Face | None:
    height, width = picture.shape[:2]

    def off_centre(face: Face) -> float:
        box = face.box_px
        return float(np.hypot(box.left + box.right - width, box.top + box.bottom - height))

    return min(faces, key=off_centre, default=None)


def _pictures(path: Path) -> Iterator[RgbImage]:
    """The pictures of one file, RGB; none when it cannot be read, which then counts as a failure to acquire."""
    if path.suffix.lower() in PICTURES:
        bgr = read_picture(path)
        if bgr is not None:
            yield np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        return
    frames = _clip(path)
    for index in np.unique(np.linspace(0, len(frames) - 1, CLIP_FRAMES).astype(int)) if frames else ():
        yield np.asarray(cv2.cvtColor(frames[index], cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _clip(path: Path) -> list[RgbImage]:
    """All frames, BGR: containers lie about how many they hold, so they are counted by reading."""
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (read := capture.read())[0]:
        frames.append(read[1])
    capture.release()
    return frames
