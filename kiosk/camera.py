"""Where frames come from: the Pi's camera, a webcam, or a replayed clip. Each class is a `ports.FrameSource`.

Every source is used by one thread only, gives RGB uint8 frames, and raises CameraError when it cannot go on; open()
then tries again. `open_camera` chooses a source by the words of the configuration, and sets its pictures upright.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.errors import CameraError
from kiosk.model import Frame, RgbImage
from kiosk.ports import FrameSource
from kiosk.replay import ReplayCamera, scale_to_fit
from kiosk.webcams import listed, number_of, webcams

_log = logging.getLogger(__name__)

NO_CAMERA = (
    "no camera was found. Connect the Pi's camera or a webcam and check the cable and the permission of /dev/video* "
    "(group `video`), or play a clip with `--camera replay:PATH`."
)


class CameraSettings(Protocol):
    """The table [camera] of the configuration, as far as a camera is opened by it."""

    @property
    def source(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def fps(self) -> float: ...
    @property
    def timeout_s(self) -> float: ...
    @property
    def rotation(self) -> int: ...
    @property
    def mirror(self) -> bool: ...


def configured_camera(settings: CameraSettings, *, source: str = "", once: bool = False) -> FrameSource:
    """`open_camera` with all that the settings say of the camera, or of another `source` mounted like it."""
    return open_camera(
        source or settings.source,
        settings.width,
        settings.height,
        settings.fps,
        settings.timeout_s,
        rotation=settings.rotation,
        mirror=settings.mirror,
        once=once,
    )


def open_camera(
    source: str,
    width: int,
    height: int,
    fps: float,
    timeout_s: float,
    *,
    rotation: int = 0,
    mirror: bool = False,
    once: bool = False,
) -> FrameSource:
    """An opened camera by its configured name: "auto", "pi", "v4l:N", "v4l:/dev/v4l/by-id/NAME" (or by-path), or
    "replay:PATH[#t=START,END]".

    "auto" is the Pi's camera, else the first webcam. `width` and `height` are the camera's own; its pictures are then
    turned clockwise by `rotation` degrees (0, 90, 180, 270), then, with `mirror`, right and left are exchanged. With
    `once` a replay is played one time, no frame missed, as fast as it is read, and ends with ReplayEnded. Raises
    CameraError that says what to do.
    """
    camera = _open_source(source, width, height, fps, timeout_s, once)
    return UprightCamera(camera, rotation, mirror) if rotation or mirror else camera


def _open_source(source: str, width: int, height: int, fps: float, timeout_s: float, once: bool) -> FrameSource:
    kind, _, rest = source.partition(":")
    camera: FrameSource
    if kind == "auto":
        return _open_first(width, height, fps, timeout_s)
    if kind == "pi":
        camera = PiCamera(width, height, fps, timeout_s)
    elif kind == "v4l" and (rest.isdecimal() or rest.startswith("/dev/v4l/by-")):
        camera = WebCamera(int(rest) if rest.isdecimal() else Path(rest), width, height, fps, timeout_s)
    elif kind == "replay" and rest:
        path, start_s, end_s = _media_fragment(rest)
        camera = ReplayCamera(path, width, height, fps, start_s=start_s, end_s=end_s, loop=not once, paced=not once)
    else:
        raise CameraError(
            f"there is no camera {source!r}. Use auto, pi, v4l:N, v4l:/dev/v4l/by-id/NAME or replay:PATH."
        )
    camera.open()
    return camera


def _open_first(width: int, height: int, fps: float, timeout_s: float) -> FrameSource:
    found = webcams()
    candidates: list[FrameSource] = [PiCamera(width, height, fps, timeout_s)]
    candidates += [WebCamera(webcam.number, width, height, fps, timeout_s) for webcam in found]
    for camera in candidates:
        try:
            camera.open()
        except CameraError as error:
            _log.info("%s is not available: %s", camera.name, error)
            continue
        return camera
    raise CameraError(f"{NO_CAMERA} {listed(found)}" if found else NO_CAMERA)


_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def turned(rgb: RgbImage, rotation: int, mirror: bool = False) -> RgbImage:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees, then with right and left exchanged; contiguous."""
    if rotation:
        rgb = np.asarray(cv2.rotate(rgb, _TURNS[rotation]), dtype=np.uint8)
    return np.asarray(cv2.flip(rgb, 1), dtype=np.uint8) if mirror else rgb


class UprightCamera:
    """A camera that is mounted turned, or that gives mirrored pictures: nobody behind it sees anything of that."""

    def __init__(self, camera: FrameSource, rotation: int, mirror: bool) -> None:
        self._camera = camera
        self._rotation = rotation
        self._mirror = mirror

    @property
    def name(self) -> str:
        return self._camera.name

    def open(self) -> None:
        self._camera.open()

    def read(self) -> Frame:
        frame = self._camera.read()
        return replace(frame, rgb=turned(frame.rgb, self._rotation, self._mirror))

    def close(self) -> None:
        self._camera.close()


def _media_fragment(text: str) -> tuple[Path, float, float | None]:
    """Path, start and end in seconds of "PATH#t=START,END" (W3C Media Fragments, 4.2.1; either may be left out)."""
    found = re.fullmatch(r"(.+)#t=(?:npt:)?(\d+(?:\.\d*)?)?(?:,(\d+(?:\.\d*)?))?", text)
    if found is None:
        return Path(text).expanduser(), 0.0, None
    start_s = float(found[2] or 0.0)
    end_s = None if found[3] is None else float(found[3])
    if end_s is not None and end_s <= start_s:
        raise CameraError(
            f"the part #t={found[2] or ''},{found[3]} of the clip is empty. Give START before END, in seconds."
        )
    return Path(found[1]).expanduser(), start_s, end_s


class PiCamera:
    """The Raspberry Pi's own camera, through picamera2 (the system's package python3-picamera2)."""

    def __init__(self, width: int, height: int, fps: float, timeout_s: float) -> None:
        self._size = (width, height)
        self._fps = fps
        self._timeout_s = timeout_s
        self._camera: Any = None
        self._convert = _converter("BGR888", width, height)
        self._seq = 0

    @property
    def name(self) -> str:
        return "pi camera"

    def open(self) -> None:
        self.close()
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            raise CameraError(
                "the Pi's camera needs picamera2. On Raspberry Pi OS: `sudo apt install python3-picamera2`, and a "
                "virtual environment made with --system-site-packages."
            ) from error
        # picamera2 lists USB cameras too; those are WebCamera's.
        number = next((c["Num"] for c in Picamera2.global_camera_info() if "/usb" not in c["Id"]), None)
        if number is None:
            raise CameraError(
                "no camera is connected to the Pi. Check the ribbon cable and `rpicam-hello --list-cameras`."
            )
        try:
            self._camera = Picamera2(number)
            configuration = self._camera.create_video_configuration(
                main={"size": self._size, "format": "BGR888"}, controls={"FrameDurationLimits": self._durations_us()}
            )
            self._camera.configure(configuration)
            # libcamera may give another format or size than was asked for, and says which.
            given = self._camera.camera_configuration()["main"]
            self._convert = _converter(given["format"], *given["size"])
            self._camera.start()
        except CameraError:
            self.close()
            raise
        except (RuntimeError, OSError, IndexError, ValueError) as error:
            self.close()
            raise CameraError(
                f"the Pi's camera does not start ({error}). `sudo fuser /dev/video*` tells who else has it."
            ) from error

    def read(self) -> Frame:
        if self._camera is None:
            raise CameraError("the Pi's camera is not open.")
        try:
            # picamera2 keeps only the newest completed request, so that a slow reader never sees an old picture.
            request = self._camera.capture_request(wait=self._timeout_s)
            try:
                picture = request.make_array("main")
            finally:
                request.release()
        except (TimeoutError, RuntimeError, OSError) as error:
            self._abandon()
            raise CameraError("the Pi's camera gives no picture any more. Check the ribbon cable.") from error
        self._seq += 1
        return Frame(self._convert(picture), self._seq, time.monotonic())

    def _durations_us(self) -> tuple[int, int]:
        """Shortest and longest of a frame: as asked, and twice that, for a sensor that needs more light."""
        shortest = round(1e6 / self._fps)
        return shortest, 2 * shortest

    def _abandon(self) -> None:
        """Close a camera that no longer answers: its waiting jobs would keep close() from returning."""
        with contextlib.suppress(RuntimeError, AttributeError):  # older picamera2 has no such method
            self._camera.cancel_all_and_flush()
        self.close()

    def close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            try:
                camera.close()
            except (RuntimeError, OSError) as error:
                _log.warning("the Pi's camera did not close cleanly: %s", error)


def _converter(pixel_format: str, width: int, height: int) -> Callable[[npt.NDArray[np.uint8]], RgbImage]:
    """From a stream's array (its rows may be wider than the picture) to a contiguous RGB frame.

    libcamera names the last byte first: "BGR888" arrives as R, G, B (picamera2 manual, appendix A).
    """
    match pixel_format:
        case "BGR888" | "XBGR8888":
            return lambda array: np.ascontiguousarray(array[:, :width, :3])
        case "RGB888" | "XRGB8888":
            return lambda array: np.ascontiguousarray(array[:, :width, 2::-1])
        case "NV12" | "YUV420":
            code = cv2.COLOR_YUV2RGB_NV12 if pixel_format == "NV12" else cv2.COLOR_YUV2RGB_I420
            rows = height * 3 // 2
            return lambda array: np.ascontiguousarray(cv2.cvtColor(array[:rows], code)[:, :width])
        case _:
            raise CameraError(f"the Pi's camera gives pictures as {pixel_format}, which is not understood.")


class WebCamera:
    """A USB camera through OpenCV and Video4Linux: /dev/videoN by its number, or by a link of udev, which is followed
    anew at each opening since the number may be another one today.

    A thread of its own empties the driver's queue, so that read() gives the newest picture however slow its caller is,
    and so that a camera which hangs in the driver costs `timeout_s` and not the driver's ten seconds.
    """

    def __init__(
        self,
        device: int | Path,
        width: int,
        height: int,
        fps: float,
        timeout_s: float,
        *,
        open_device: Callable[[int], Any] = lambda number: cv2.VideoCapture(number, cv2.CAP_V4L2),
    ) -> None:
        self._device = device
        self._size = (width, height)
        self._fps = fps
        self._timeout_s = timeout_s
        self._open_device = open_device
        self._pump: _Pump | None = None
        self._seq = 0

    @property
    def name(self) -> str:
        return f"webcam {self._device if isinstance(self._device, int) else self._device.name}"

    def open(self) -> None:
        self.close()
        number = self._device if isinstance(self._device, int) else number_of(self._device)
        device = self._open_device(number)
        if not device.isOpened():
            device.release()
            raise CameraError(
                f"{self.name} (/dev/video{number}) cannot be opened. Check that it is connected, that this user is in "
                f"the group `video`, and that no other program uses it. {listed(webcams())}"
            )
        # MJPEG: uncompressed pictures of two cameras do not fit through one USB 2 bus.
        device.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        device.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
        device.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        device.set(cv2.CAP_PROP_FPS, self._fps)
        self._pump = _Pump(device, self.name)

    def read(self) -> Frame:
        if self._pump is None:
            raise CameraError(f"{self.name} is not open.")
        picture = self._pump.newest(self._timeout_s)
        if picture is None:
            self.close()
            raise CameraError(f"{self.name} gives no picture any more. Check its plug.")
        bgr, t_s = picture
        self._seq += 1
        return Frame(scale_to_fit(bgr, *self._size, enlarge=False), self._seq, t_s)

    def close(self) -> None:
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.stop()


class _Pump:
    """Reads a device in a thread and keeps the newest picture only."""

    def __init__(self, device: Any, name: str) -> None:
        self._device = device
        self._condition = threading.Condition()
        self._newest: tuple[RgbImage, float] | None = None
        self._ended = False
        self._stop = False
        self._thread = threading.Thread(target=self._run, name=f"pump of {name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop:
                good, bgr = self._device.read()
                t_s = time.monotonic()
                if not good:
                    break
                with self._condition:
                    self._newest = (bgr, t_s)
                    self._condition.notify()
        except cv2.error as error:
            _log.warning("the webcam's driver failed: %s", error)
        finally:
            self._device.release()
            with self._condition:
                self._ended = True
                self._condition.notify()

    def newest(self, timeout_s: float) -> tuple[RgbImage, float] | None:
        """The next picture not yet given, BGR, with its monotonic seconds; None when the device ended or hangs."""
        with self._condition:
            self._condition.wait_for(lambda: self._newest is not None or self._ended, timeout_s)
            picture, self._newest = self._newest, None
        return picture

    def stop(self) -> None:
        """End the thread. One that hangs in the driver is left behind: it ends when the driver lets go."""
        self._stop = True
        self._thread.join(timeout=1.0)
