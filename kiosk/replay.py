"""A clip or a folder of pictures played like a camera."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from kiosk.errors import CameraError
from kiosk.model import Frame, RgbImage

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})

_FALLEN_BEHIND_S = 1.0


class ReplayEnded(CameraError):
    """A clip that does not loop has been played to its end."""


class ReplayCamera:
    """Plays a video in its own time, or a folder of pictures one by one at `fps`, and begins again at the end.

    Like a camera it gives at most `fps` frames a second and always the newest: a reader that was slow misses frames.
    With `paced=False` it gives the same frames, none missed, as fast as they are read; `t_s` then grows by a frame's
    duration. Frames are scaled to fit into width x height, keeping their shape.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        fps: float,
        *,
        start_s: float = 0.0,
        end_s: float | None = None,
        loop: bool = True,
        paced: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path = path
        self._size = (width, height)
        self._fps = fps
        self._part_s = (start_s, end_s)
        self._loop = loop
        self._paced = paced
        self._monotonic = monotonic
        self._sleep = sleep
        self._clip: _Clip | None = None
        self._start_t_s = 0.0
        self._tick = -1
        self._shown = -1

    @property
    def name(self) -> str:
        return "replay"

    @property
    def rate(self) -> float:
        """Frames a second that it gives. 0 before open()."""
        return min(self._fps, self._clip.fps) if self._clip else 0.0

    def open(self) -> None:
        self.close()
        clip: _Clip = (
            _Pictures(self._path, self._fps, *self._part_s)
            if self._path.is_dir()
            else _Video(self._path, *self._part_s)
        )
        self._clip = clip
        self._start_t_s = self._monotonic()
        self._tick = self._shown = -1

    def read(self) -> Frame:
        """The frame that is due. Raises CameraError when it cannot be read, ReplayEnded at the end of a single play."""
        if self._clip is None:
            raise CameraError("the replay is not open.")
        rate = self.rate
        self._tick += 1
        if self._paced:
            self._wait(rate)
        due = int(self._tick * self._clip.fps / rate + 1e-6)
        picture = self._advance(self._clip, due - self._shown)
        self._shown = due
        return Frame(scale_to_fit(picture, *self._size), self._tick, self._start_t_s + self._tick / rate)

    def _wait(self, rate: float) -> None:
        now = self._monotonic() - self._start_t_s
        late_s = now - self._tick / rate
        if late_s > _FALLEN_BEHIND_S:  # the reader paused: go on from here, rather than race through what it missed
            self._start_t_s += late_s
        elif late_s > 0:
            self._tick = max(self._tick, int(now * rate + 1e-6))
        else:
            self._sleep(-late_s)

    def _advance(self, clip: _Clip, steps: int) -> RgbImage:
        """Go `steps` pictures on and give the last of them."""
        for _ in range(steps - 1):
            if not clip.skip():
                self._begin_again(clip)
                clip.skip()
        picture = clip.next()
        if picture is None:
            self._begin_again(clip)
            picture = clip.next()
        if picture is None:
            raise CameraError(f"{self._path} cannot be read any more.")
        return picture

    def _begin_again(self, clip: _Clip) -> None:
        if not self._loop:
            raise ReplayEnded("the clip has been played to its end.")
        clip.rewind()

    def close(self) -> None:
        clip, self._clip = self._clip, None
        if clip is not None:
            clip.close()


def read_picture(path: Path) -> RgbImage | None:
    """(height, width, 3) uint8 BGR; None when the file cannot be read or is no picture."""
    try:
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error):  # cv2.error: more pixels than OpenCV takes
        return None
    return None if picture is None else np.asarray(picture, dtype=np.uint8)


def scale_to_fit(bgr: RgbImage, width: int, height: int, *, enlarge: bool = True) -> RgbImage:
    """A BGR picture as RGB, scaled to fit into width x height with its shape kept."""
    have_height, have_width = bgr.shape[:2]
    scale = min(width / have_width, height / have_height)
    if scale < 1 or (scale > 1 and enlarge):
        size = (max(1, round(have_width * scale)), max(1, round(have_height * scale)))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


class _Clip(Protocol):
    fps: float

    def next(self) -> RgbImage | None:
        """The next picture, BGR; None at the end."""

    def skip(self) -> bool:
        """Pass over one picture; False at the end."""

    def rewind(self) -> None: ...

    def close(self) -> None: ...


class _Video:
    """The part of a video between two times. Raises CameraError when there is no picture in it."""

    def __init__(self, path: Path, start_s: float, end_s: float | None) -> None:
        self._path = path
        self._position = 0
        self._capture = self._open()
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = rate if 0.1 <= rate <= 240 else 25.0  # some containers say 0 or 90000
        self._first = round(start_s * self.fps)
        self._end = round(end_s * self.fps) if end_s is not None else 1 << 62
        self.rewind()
        if not self.skip():
            raise CameraError(
                f"{path} holds no picture between {start_s:g} s and {end_s or 'its end'}. Choose another part."
            )
        self.rewind()

    def _open(self) -> Any:
        if not self._path.is_file():
            raise CameraError(f"{self._path} does not exist. Give a video or a folder of pictures.")
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise CameraError(f"{self._path} is not a video that can be played. Convert it, for instance to H.264.")
        return capture

    def rewind(self) -> None:
        self.close()
        self._capture = self._open()  # seeking is not exact in every container, and some (GIF) cannot
        self._position = 0
        while self._position < self._first and self._capture.grab():
            self._position += 1

    def skip(self) -> bool:
        if self._position >= self._end or not self._capture.grab():
            return False
        self._position += 1
        return True

    def next(self) -> RgbImage | None:
        if not self.skip():
            return None
        good, bgr = self._capture.retrieve()
        return bgr if good else None

    def close(self) -> None:
        self._capture.release()


class _Pictures:
    """The pictures of a folder in the order of their names. Raises CameraError when there is none that can be read."""

    def __init__(self, folder: Path, fps: float, start_s: float, end_s: float | None) -> None:
        self.fps = fps
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
        self._paths = paths[round(start_s * fps) : None if end_s is None else round(end_s * fps)]
        self._position = 0
        if self.next() is None:
            raise CameraError(f"{folder} holds no picture that can be read ({', '.join(sorted(PICTURES))}).")
        self.rewind()

    def next(self) -> RgbImage | None:
        while self._position < len(self._paths):
            picture = read_picture(self._paths[self._position])
            self._position += 1
            if picture is not None:  # a picture that is damaged is passed over
                return picture
        return None

    def skip(self) -> bool:
        if self._position >= len(self._paths):
            return False
        self._position += 1
        return True

    def rewind(self) -> None:
        self._position = 0

    def close(self) -> None:
        """Nothing is held open."""
