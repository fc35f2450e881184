"""Writes what the screen shows as PNG files: how a terminal without a display is looked at.

The pictures show faces and names, so only the terminal's own user can read them, and a new run removes the old ones.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from kiosk.errors import StateError
from kiosk.terminal.encounter import Phase

_MOST = 500
"""After this many numbered pictures only the newest of each screen is kept up: a terminal may run for years."""


class Pictures:
    """`010-idle.png`, `020-identifying.png`, … in the order of time, and `idle.png` for the newest of each screen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for screen in (phase.value for phase in Phase):
                for old in (folder / f"{screen}.png", *folder.glob(f"[0-9]*-{screen}.png")):
                    old.unlink(missing_ok=True)
        except OSError as error:
            raise StateError(f"{folder}: the screens cannot be written there ({error.strerror})") from error

    def write(self, screen: str, rgba: bytes, size_px: tuple[int, int]) -> None:
        """`rgba` as OpenGL gives it: four bytes a pixel, the lowest row first. Raises StateError."""
        picture = Image.frombytes("RGBA", size_px, rgba).convert("RGB").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        try:
            latest = self._folder / f"{screen}.png"
            self._save(picture, latest)
            if self._number < _MOST:
                self._number += 1
                self._save(picture, self._folder / f"{self._number * 10:03d}-{screen}.png")
        except OSError as error:
            raise StateError(f"{self._folder}: a screen cannot be written ({error.strerror})") from error

    @staticmethod
    def _save(picture: Image.Image, path: Path) -> None:
        """Whoever looks while it is written sees the old picture, not half of the new one."""
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        picture.save(part, format="PNG", compress_level=3)
        part.replace(path)
