"""Writes what the screen shows as PNG files: how a terminal without a display is looked at.

The pictures show faces and names, so only the terminal's own user can read them, and a new run removes the old ones.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from kiosk.machine.lacks import Lost
from kiosk.terminal.encounter import Phase

_MOST = 1000
"""After this many numbered pictures only the newest of each screen is kept up: a terminal may run for years."""


class Pictures:
    """`010-idle.png`, `020-identifying.png`, … in the order of time, and `idle.png` for the newest of each screen. A
    folder that cannot be written ends the pictures and nothing else: `lost` is told."""

    def __init__(self, folder: Path, lost: Lost) -> None:
        self._folder = folder
        self._lost = lost
        self._number = 0
        self._ended = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for screen in (*(phase.value for phase in Phase), "officer-*"):
                for old in (*folder.glob(f"{screen}.png"), *folder.glob(f"[0-9]*-{screen}.png")):
                    old.unlink(missing_ok=True)
        except OSError as error:
            self._end(error)

    def write(self, screen: str, rgba: bytes, size_px: tuple[int, int]) -> None:
        """`rgba` as OpenGL gives it: four bytes a pixel, the lowest row first."""
        if self._ended:
            return
        picture = Image.frombytes("RGBA", size_px, rgba).convert("RGB").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        try:
            latest = self._folder / f"{screen}.png"
            self._save(picture, latest)
            if self._number < _MOST:
                self._number += 1
                self._save(picture, self._folder / f"{self._number * 10:03d}-{screen}.png")
        except OSError as error:
            self._end(error)

    def _end(self, error: OSError) -> None:
        self._ended = True
        self._lost(f"{self._folder}: cannot be written ({error.strerror}). Check --screens, its folder and the disk.")

    @staticmethod
    def _save(picture: Image.Image, path: Path) -> None:
        """Whoever looks while it is written sees the old picture, not half of the new one."""
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        picture.save(part, format="PNG", compress_level=3)
        part.replace(path)
