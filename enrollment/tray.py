"""Pictures in place of a camera: a tray onto which they are dropped one by one, and the enrolment that takes them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from enrollment import photos, quality, views
from enrollment.capture import Pose
from enrollment.desk import at_camera
from enrollment.looking import Anew, Taken
from enrollment.refusal import Refusal
from enrollment.registrar import Sitting, Warn
from enrollment.station import Station
from kiosk.config import EnrolmentSettings
from kiosk.model import Frame
from kiosk.ports import FrameSource, Look, Pictured
from kiosk.terminal.desk import Abandoned

PATIENCE_S = 900.0
"""Without a picture for so long, the enrolment ends: it holds the terminal's lock of enrolments."""

MOST = 40
"""Pictures of one person that are looked at. A folder of a whole school is no person's."""

_WAKE_S = 0.25


class PicturesCame(Anew):
    """Somebody has dropped pictures while the camera was looking, also for the last time: they are meant."""


class Dropped:
    """`kiosk.ports.Tray`. `abandon` is set when the enrolment has been given up."""

    def __init__(self, abandon: threading.Event, patience_s: float = PATIENCE_S) -> None:
        self._abandon = abandon
        self._patience_s = patience_s
        self._paths: queue.Queue[Path] = queue.Queue()
        self._finished = threading.Event()

    def put(self, path: Path) -> None:
        self._paths.put(path)

    def clear(self) -> None:
        self._finished.clear()
        while True:
            try:
                self._paths.get_nowait()
            except queue.Empty:
                return

    def finish(self) -> None:
        self._finished.set()

    def waiting(self) -> bool:
        """Whether there is a picture that nobody has taken."""
        return not self._paths.empty()

    def next(self) -> Path | None:
        """Wait for the next one; None when there are no more. Raises Abandoned; Refusal no_pictures when nobody has
        dropped one for long."""
        end_s = time.monotonic() + self._patience_s
        while time.monotonic() < end_s:
            if self._abandon.is_set():
                raise Abandoned
            try:
                return self._paths.get(timeout=_WAKE_S)
            except queue.Empty:
                if self._finished.is_set():
                    self._finished.clear()
                    return None
        raise Refusal("no_pictures")


class UntilPictures:
    """A `FrameSource` that ends when a picture is dropped."""

    def __init__(self, camera: FrameSource, tray: Dropped) -> None:
        self._camera = camera
        self._tray = tray
        self.name = camera.name

    def open(self) -> None:
        self._camera.open()

    def read(self) -> Frame:
        """Raises PicturesCame, and what the camera raises."""
        if self._tray.waiting():
            raise PicturesCame
        return self._camera.read()

    def close(self) -> None:
        self._camera.close()


@dataclass(frozen=True, slots=True)
class AtWindow:
    """Where the looks come from in a window: `enrollment.desk.Take`. The camera, if `camera` says that there is one,
    until the first picture is dropped; from then on pictures alone."""

    tray: Dropped
    camera: Callable[[], bool]

    def __call__(
        self, station: Station, settings: EnrolmentSettings, frames: FrameSource, watch: Callable[[Look], None]
    ) -> Taken:
        """Raises Refusal, CameraError, Abandoned."""
        camera = self.camera()
        if camera and not self.tray.waiting():
            try:
                return at_camera(station, settings, UntilPictures(frames, self.tray), watch)
            except PicturesCame:
                pass
        return self._pictures(station, settings, watch, camera)

    def _pictures(
        self, station: Station, settings: EnrolmentSettings, watch: Callable[[Look], None], camera: bool
    ) -> Taken:
        album = photos.Album(station.engine, quality.limits(settings))
        needed, spread = settings.min_templates, settings.spread
        number = 0

        def tell(wrong: Refusal | None = None) -> None:
            watch(_stands(album, needed, spread, camera, number, wrong))

        tell()
        while (given := self.tray.next()) is not None or not views.enough(album.shots, needed, spread):
            if given is None:
                continue  # nothing is stored before there is enough
            try:
                paths = photos.find([given])
            except Refusal as refusal:
                number += 1
                tell(refusal)
                continue
            for path in paths:
                number += 1
                try:
                    if number > MOST:
                        raise Refusal("pictures_too_many", most=MOST)
                    album.add(path, number)
                    tell()
                except Refusal as refusal:
                    tell(refusal)
        found = views.apart(album.shots, needed, spread)
        probe = found.probe
        turned = views.poses(album.shots) & {Pose.LEFT, Pose.RIGHT}
        warnings = () if turned else (Warn("no_turned_view"),)
        sitting = Sitting(found.kept, needed, one_sitting=False, warnings=warnings)
        return Taken(sitting, None if probe is None else lambda: [probe.descriptor])


def _stands(album: photos.Album, needed: int, spread: float, camera: bool, number: int, wrong: Refusal | None) -> Look:
    shots = album.shots
    good, asked = views.differing(shots, spread), needed + 1
    stands = Pictured(
        good=good,
        needed=asked,
        enough=views.enough(shots, needed, spread),
        camera=camera,
        number=number,
        wrong={} if wrong is None else wrong.told(),
    )
    return Look(views.missing(shots, needed, spread), min(1.0, good / asked), pictures=stands)
