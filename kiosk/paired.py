"""The terminal's camera, with a second one beside it that sees infrared alone where one is configured."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from kiosk.camera import CameraSettings, configured_camera
from kiosk.errors import CameraError
from kiosk.model import Frame
from kiosk.ports import FrameSource


class PairedSettings(CameraSettings, Protocol):
    @property
    def infrared(self) -> str: ...


def terminal_camera(settings: PairedSettings) -> FrameSource:
    """The camera at which presences are recorded: with the infrared one where there is one. Raises CameraError."""
    colour = configured_camera(settings)
    if not settings.infrared:
        return colour
    try:
        return PairedCamera(colour, configured_camera(settings, source=settings.infrared))
    except CameraError as error:
        colour.close()
        raise CameraError(f"infrared camera: {error}") from error


class PairedCamera:
    """A camera, and beside it one that sees infrared alone: each frame with the newest of the other's pictures.

    Both count: without the second one nobody could be recorded, so its loss is the loss of the camera.
    """

    def __init__(self, colour: FrameSource, infrared: FrameSource) -> None:
        """Both opened, or to be opened by open()."""
        self._colour = colour
        self._infrared = infrared

    @property
    def name(self) -> str:
        return f"{self._colour.name} with infrared {self._infrared.name}"

    def open(self) -> None:
        self._colour.open()
        try:
            self._infrared.open()
        except CameraError as error:
            self._colour.close()
            raise CameraError(f"infrared camera: {error}") from error

    def read(self) -> Frame:
        frame = self._colour.read()
        try:
            seen = self._infrared.read()
        except CameraError as error:
            self.close()
            raise CameraError(f"infrared camera: {error}") from error
        return replace(frame, infrared=seen.rgb)

    def close(self) -> None:
        self._colour.close()
        self._infrared.close()
