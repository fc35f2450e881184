"""The passive models that are installed, opened: the one of the face, and the two of its surroundings beside it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from kiosk.errors import ModelError
from kiosk.liveness.passive import PassiveModel
from kiosk.liveness.wide import WideModels, WideScores
from kiosk.machine.lacks import Lost
from kiosk.machine.model_files import PAD_MINIFAS, PAD_WIDE, ModelStore
from kiosk.model import Box, RgbImage

log = logging.getLogger(__name__)

_LOST = partial(log.warning, "no passive model: %s")

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Look(Protocol[T_co]):
    """What is asked of a model: something about the face in `box`; `flipped`: as seen in a mirror."""

    def __call__(self, frame_rgb: RgbImage, box: Box, /, *, flipped: bool = False) -> T_co: ...


class Scorer(Protocol):
    """The model of the face."""

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> float:
        """As PassiveModel.score."""


class WideScorer(Protocol):
    """The models of its surroundings."""

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> WideScores:
        """As WideModels.score."""


@dataclass(frozen=True, slots=True)
class PassiveModels:
    """`wide` None: not installed, the face alone is looked at."""

    near: Scorer
    wide: WideScorer | None = None


def open_models(store: ModelStore, lost: Lost = _LOST) -> PassiveModels | None:
    """What is installed; None without the model of the face. A file that cannot be used (another SHA-256, unreadable)
    counts as not installed, and `lost` is told: an optional file must not keep a terminal from starting."""
    try:
        path = store.find(PAD_MINIFAS)
        near = None if path is None else PassiveModel(path)
    except ModelError as error:
        lost(f"{error} Everybody is asked for a movement.")
        return None
    if near is None:
        return None
    try:
        paths = [store.find(file) for file in PAD_WIDE]
        found = [each for each in paths if each is not None]
        return PassiveModels(near, WideModels(found[0], found[1]) if len(found) == len(PAD_WIDE) else None)
    except ModelError as error:
        lost(f"{error} Only the face itself is looked at.")
        return PassiveModels(near)
