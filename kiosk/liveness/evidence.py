"""The evidence of the passive models over one encounter: scores of many frames, joined into an opinion."""

from __future__ import annotations

import enum
import math

import numpy as np
import numpy.typing as npt

from kiosk.liveness.models import PassiveModels
from kiosk.liveness.passive import sharpness
from kiosk.liveness.wide import LIMIT
from kiosk.model import Box, RgbImage

MIN_BOX_PX = 60
"""Smaller faces are not scored: shrunk to 40 px, prints begin to pass."""

MIN_SHARPNESS = 0.02
"""Nor are blurred ones: prints out of focus (sigma 1.5 px of a 107 px face) begin to pass.

Variance of the Laplacian over the variance of the brightness, at 100 px: free of the light's strength and contrast.
"""

ACCEPT = 1.0
"""Median score that accepts where the model of the face is alone. Over 8 frames, no print came above -1.3 (977 windows
of 82 sequences)."""

ACCEPT_QUARTILE = 0.0
"""And three frames in four must be on the living side: a few lucky frames among bad ones are not enough."""

HOPELESS = -1.0
"""A median below this will not rise to ACCEPT: no use to wait for more frames."""

LEAST_MEAN = 2.0
LEAST_EACH = -1.0
"""With the wide models: median of the mean of all three, their crops shrunk to the frame, that accepts; and the median
of each, the wide ones in both forms.

Chosen on clips of telephones, screens and prints that are not here (11 attacks, 26 living people: docs/accuracy.md,
"What was tuned on what"); no clip of an attack in the evaluation faces shows enough of what surrounds the face.
"""

HOPELESS_EACH = -4.0
"""A median of any of them below this will not rise to LEAST_EACH."""

MAX_WIDTH = 0.37
"""Of the face, as a share of the frame: 2.7 face widths of the picture are in view. A nearer face fills the wide crops
itself, and a telephone held so close passes again: its surroundings are not known."""

NEAR_S = 2.0
"""So long somebody who stands nearer is told to step back; who does not is in doubt."""

MIN_FRAMES = 8
MAX_FRAMES = 15
"""So many frames at the least, and at the most, are joined. The model of the face alone has no more than these."""

WINDOW_STEP = 2
"""With the wide models 8, 10, 12 or 14 frames are judged, of which as many were seen in a mirror as not. In an odd
number one of the two looks would have the majority, and what is held still be judged by the kinder one."""

SAMPLE_S = 0.06
"""Frames closer together than this show the same picture, noise included; scoring both would only feign certainty."""

PATIENCE_S = 2.5
"""Seconds after the first frame that was not too near, good or not, when doubt is declared.

With the wide models the newest frames are judged anew with each further one, until then: a frame's score of the face
has a deviation of 1 to 2, and eight of them can be unlucky. No window is another question than a start at its first
frame, or at the one before it, has: of every start of the attacks that were measured none was accepted (decision 109).
"""


class Opinion(enum.Enum):
    """What the passive scores say so far."""

    GATHERING = "gathering"
    UNSURE = "unsure"
    """There were frames enough for an opinion, and they do not accept; the next ones may."""
    NEAR = "near"
    """Nothing yet, for what surrounds the face is not seen (MAX_WIDTH)."""
    LIVE = "live"
    DOUBT = "doubt"


class PassiveEvidence:
    """The scores of one encounter, joined. Frames too small, too blurred or too close in time are passed over.

    With the wide models only frames that show the surroundings of the face decide (MAX_WIDTH), and it is the newest
    that do: who looked away or was blurred at first is judged by what is seen then, for as long as PATIENCE_S lasts.

    Then every second frame that is looked at is shown to all three in a mirror: to a network that is another look at
    the same face, and the chance of one look asks many of the living (decision 126). Which frames they are follows from
    their number, so nobody at the camera chooses them. Where the model of the face is alone the mirror asked more of
    the living: it sees none.
    """

    def __init__(self, models: PassiveModels) -> None:
        self._models = models
        self._near: list[float] = []
        self._wide: list[npt.NDArray[np.float64]] = []
        self._lit: list[float] = []
        self._first_s: float | None = None
        self._near_since_s: float | None = None
        self._last_s = -math.inf

    @property
    def median(self) -> float | None:
        """How alive it looks, all models together: the median score of the face, or, of the newest MAX_FRAMES frames,
        that of the mean of all three."""
        if not self._near:
            return None
        return _mean(np.array(self._wide[-MAX_FRAMES:])) if self._wide else float(np.median(self._near))

    @property
    def lowest(self) -> float | None:
        """The lowest median of any model."""
        if not self._near:
            return None
        medians = [float(np.median(self._near)), *(np.median(self._wide, axis=0) if self._wide else ())]
        return float(min(medians))

    @property
    def lit(self) -> float | None:
        """The median of the highest score of any model, of frames in good light only; None before there were MIN_FRAMES
        such frames. Of the living in good light 1 % are below -3 with the model of the face alone, none with all."""
        return float(np.median(self._lit)) if len(self._lit) >= MIN_FRAMES else None

    def add(self, frame_rgb: RgbImage, box: Box, t_s: float, *, lit: bool = True) -> Opinion:
        """One more frame; `lit`: the light on the face is good. Raises ModelError."""
        near = self._models.wide is not None and box.width > MAX_WIDTH * frame_rgb.shape[1]
        if near and self._near_since_s is None:
            self._near_since_s = t_s
        elif not near:
            self._near_since_s = None
            self._first_s = t_s if self._first_s is None else self._first_s
        # Of near frames as many as say how long a challenge has to be; more would change nothing.
        wanted = not near or len(self._near) < MIN_FRAMES
        if wanted and t_s - self._last_s >= SAMPLE_S and _usable(frame_rgb, box):
            self._look(frame_rgb, box, lit, wide=not near)
            self._last_s = t_s
            if not near and self._accepted():
                return Opinion.LIVE
        if self._hopeless() or (self._first_s is not None and t_s - self._first_s > PATIENCE_S):
            return Opinion.DOUBT
        if self._near_since_s is None:
            return Opinion.UNSURE if len(self._wide) >= MIN_FRAMES else Opinion.GATHERING
        return Opinion.DOUBT if t_s - self._near_since_s > NEAR_S else Opinion.NEAR

    def _look(self, frame_rgb: RgbImage, box: Box, lit: bool, *, wide: bool) -> None:
        flipped = self._models.wide is not None and len(self._near) % 2 == 1
        near = self._models.near.score(frame_rgb, box, flipped=flipped)
        self._near.append(near)
        scores = [near]
        if self._models.wide is not None and wide:
            scores += self._models.wide.score(frame_rgb, box, flipped=flipped)
            self._wide.append(np.clip(scores, -LIMIT, LIMIT))
        if lit:
            self._lit.append(max(scores))

    def _accepted(self) -> bool:
        if self._models.wide is not None:
            lengths = range(MIN_FRAMES, min(len(self._wide), MAX_FRAMES) + 1, WINDOW_STEP)
            return any(_alive(np.array(self._wide[-length:])) for length in lengths)
        if len(self._near) < MIN_FRAMES:
            return False
        quartile, median = np.quantile(self._near, (0.25, 0.5))
        return bool(median >= ACCEPT and quartile >= ACCEPT_QUARTILE)

    def _hopeless(self) -> bool:
        """Whether further frames would be of no use."""
        if self._models.wide is None:
            frames = len(self._near)
            return frames >= MAX_FRAMES or (frames >= MIN_FRAMES and float(np.median(self._near)) < HOPELESS)
        newest = self._wide[-MAX_FRAMES:]
        return len(newest) >= MIN_FRAMES and float(np.median(newest, axis=0).min()) < HOPELESS_EACH


def _alive(scores: npt.NDArray[np.float64]) -> bool:
    """Whether all three accept these frames, (n, 5): scores of the face, the wide models shrunk, then mirrored."""
    return _mean(scores) >= LEAST_MEAN and float(np.median(scores, axis=0).min()) >= LEAST_EACH


def _mean(scores: npt.NDArray[np.float64]) -> float:
    """The median over the frames of the mean of all three, the wide crops shrunk."""
    return float(np.median(scores[:, :3].mean(axis=1)))


def _usable(frame_rgb: RgbImage, box: Box) -> bool:
    return max(box.width, box.height) >= MIN_BOX_PX and sharpness(frame_rgb, box) >= MIN_SHARPNESS
