"""Scores of the frame at hand, kept: encounters that begin at every frame look at the same ones again and again."""

from __future__ import annotations

from typing import Generic, TypeVar

from kiosk.liveness import PassiveModels
from kiosk.liveness.models import Look
from kiosk.model import Box, RgbImage

T = TypeVar("T")


def remembered(models: PassiveModels) -> PassiveModels:
    """The same models, which look at a frame once, and once in a mirror, however many ask one after the other."""
    near = _Remembered(models.near.score)
    wide = None if models.wide is None else _Remembered(models.wide.score)
    return PassiveModels(near, wide)


class _Remembered(Generic[T]):
    def __init__(self, look: Look[T]) -> None:
        self._look = look
        self._of: tuple[RgbImage, Box] | None = None
        self._kept: dict[bool, T] = {}

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> T:
        """As the model's. The frame is known by its identity: it is held here, so that no other can have the same."""
        if self._of is None or self._of[0] is not frame_rgb or self._of[1] != box:
            self._kept = {}
            self._of = (frame_rgb, box)
        if flipped not in self._kept:
            self._kept[flipped] = self._look(frame_rgb, box, flipped=flipped)
        return self._kept[flipped]
