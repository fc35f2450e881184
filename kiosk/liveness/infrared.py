"""A second camera's opinion: the face must be in the infrared picture too.

Screens give no infrared light and are dark in it, most prints fade, and a mask of cloth loses what is printed on it. So
whoever is alive by the other evidence is so only once the face has been found, at the same place, by a camera that sees
infrared alone. What it does not find refuses nobody: sunlight blinds it too. Then nothing is recorded, the person is
told after a while that it takes too long, and the paper list remains.
"""

from __future__ import annotations

import cv2

from kiosk.errors import ModelError
from kiosk.face.detector import Detector, surroundings
from kiosk.model import Box, Face, LivenessVerdict, RgbImage
from kiosk.model import Liveness as State
from kiosk.ports import LivenessDetector

LOOK_EVERY_S = 0.2
"""Some cameras light every other picture only: looks at this distance meet both kinds."""

LOOKS_NEEDED = 3
"""So many looks must have found the face, the latest one not longer ago than RECENT_S."""

RECENT_S = 1.0

AROUND = 1.0
"""The two lenses are centimetres apart: so many widths of the face around its place are searched, which lets a face at
arm's length be shifted by its own width."""

CROP_PX = 300
"""Longer side of what is searched: three faces wide, so that the face has 100 pixels."""

SIZES = (0.6, 1.7)
"""A find is the same face when it is so many times as wide as in the other picture."""

UNSEEN = "infrared_unseen"


class InfraredWitness:
    """A LivenessDetector that lets no LIVE of `evidence` pass before the infrared camera has seen the face. One thread.

    `detector` finds faces in infrared pictures, which are grey with three equal channels.
    """

    def __init__(self, evidence: LivenessDetector, detector: Detector) -> None:
        self._evidence = evidence
        self._detector = detector
        self.reset()

    def reset(self) -> None:
        self._evidence.reset()
        self._seen = 0
        self._seen_s = self._looked_s = -1e9
        self._granted = False

    def update(
        self,
        frame_rgb: RgbImage,
        face: Face,
        t_s: float,
        *,
        ask: bool = True,
        good: bool = True,
        infrared: RgbImage | None = None,
    ) -> LivenessVerdict:
        """As the evidence has it; PENDING, reason `infrared_unseen`, instead of LIVE while the face was not found. A
        frame that is not `good` is no look: the face in it may be another's.

        Raises as the evidence does, and ModelError when the detector fails.
        """
        if good and not self._granted and infrared is not None and t_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = t_s
            if self._sees(infrared, face.box_px, frame_rgb.shape):
                self._seen, self._seen_s = self._seen + 1, t_s
        verdict = self._evidence.update(frame_rgb, face, t_s, ask=ask, good=good)
        if verdict.state is not State.LIVE or self._granted:
            return verdict
        self._granted = self._seen >= LOOKS_NEEDED and t_s - self._seen_s <= RECENT_S
        return verdict if self._granted else LivenessVerdict(State.PENDING, verdict.score, UNSEEN)

    def _sees(self, infrared: RgbImage, box: Box, shape: tuple[int, ...]) -> bool:
        """Whether there is a face where the other camera has one; the two pictures may differ in size."""
        across, down = infrared.shape[1] / shape[1], infrared.shape[0] / shape[0]
        here = Box(round(box.left * across), round(box.top * down), round(box.right * across), round(box.bottom * down))
        part, _, _ = surroundings(infrared, here, AROUND)
        if part is None:
            return False
        try:
            faces = self._detector.search(part, CROP_PX)
        except (RuntimeError, cv2.error) as error:  # dlib's and OpenCV's
            raise ModelError(f"the face detector failed ({type(error).__name__}).") from error
        least, most = (size * here.width for size in SIZES)
        return any(least <= found.box.width <= most for found in faces)
