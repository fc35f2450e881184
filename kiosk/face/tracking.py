"""Follows faces from frame to frame, so that the whole picture need not be searched every time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.face.detector import Detector, Found
from kiosk.model import Box, RgbImage

SEARCH_EVERY = 8
"""Frames until the whole picture is searched again: at 15 frames a second a newcomer is seen within half a second."""

NEWCOMER = 0.75
"""While somebody is followed, only faces at least this wide as theirs are searched for: who stands farther back does
not come into question (the recogniser's RIVAL_SHARE, of the distance of the eyes, is larger), and a coarser picture is
enough for the search."""

NEARLY = 1.05
"""A picture that was searched need not be searched again at up to this much more: all who are NEWCOMER * NEARLY as wide
as whom it showed were found in it, and RIVAL_SHARE is still larger."""

RESTING = 6.0
"""Mean change of the picture's luma at a face's place since it was found below which it is taken to be there still, for
one frame: HOG's boxes jump by a tenth of the face between two looks anyhow, and its landmarks are looked for anew."""

CUT = 18.0
"""Mean change of the picture's luma (0..255) that makes it another scene: all that was known is dropped.

Frames of one camera change by 1 to 7, photographs of different people by 30 and more (docs/accuracy.md, "Following").
"""

STILL = 6.0
"""Largest change of any 1/32 x 1/24 of the picture when nothing moved: the noise of a dim sensor makes 2."""


@dataclass
class _Followed:
    box: Box
    score: float
    unsure_frames: int = 0
    looked: bool = True
    """Whether it was found in the frame before this one, and not only taken to be there."""


class Follower:
    """Gives the faces of each frame of a stream. One thread only.

    Its memory makes the search cheaper: another scene, another frame size, or SEARCH_EVERY frames start it anew. Who is
    farther away than somebody it has just lost is told of a frame later.
    """

    def __init__(self, detector: Detector, *, follow: bool = True) -> None:
        """`follow` False: no memory, each frame is searched thoroughly."""
        self._detector = detector
        self._follow_faces = follow
        self._followed: list[_Followed] = []
        self._since_search = 0
        self._seen: npt.NDArray[np.float32] | None = None  # the frame before, tiny
        self._searched: npt.NDArray[np.float32] | None = None  # the frame of the latest search; None: search the next
        self._shape: tuple[int, ...] = ()

    def find(self, frame_rgb: RgbImage) -> list[Found]:
        """All faces of the frame, in no order. `frame_rgb`: contiguous (height, width, 3) uint8."""
        if not self._follow_faces:
            return self._detector.search(frame_rgb, self._detector.thorough_px)
        tiny = miniature(frame_rgb)
        if self._seen is None or frame_rgb.shape != self._shape or float(np.abs(tiny - self._seen).mean()) > CUT:
            found = self._anew(frame_rgb)
            self._begin(found, tiny)
        elif self._followed:
            found = self._follow(frame_rgb, tiny)
        else:
            found = self._wait_for_somebody(frame_rgb, tiny)
        self._seen, self._shape = tiny, frame_rgb.shape
        return found

    def _anew(self, frame: RgbImage) -> list[Found]:
        """Who is in a scene that nothing is known of."""
        return self._nearest(frame, self._detector.thorough_px)

    def _nearest(self, frame: RgbImage, last_px: int) -> list[Found]:
        """The nearest and who else is about as near; `last_px`: longer side in which the picture is searched when there
        seems to be nobody. Where somebody is found, only others as near come into question (NEWCOMER), and the picture
        need not be searched for smaller ones: so the first search is for all who are as near as anybody whom a glance
        would find."""
        first_px = min(round(self._detector.glance_px / NEWCOMER), self._detector.search_px)
        found = self._detector.search(frame, first_px)
        if not found:
            return [] if last_px <= first_px else self._detector.search(frame, last_px)
        longest_px = self._enough_px(frame, NEWCOMER * max(face.box.width for face in found))
        return found if longest_px <= NEARLY * first_px else self._detector.search(frame, longest_px)

    def _begin(self, found: list[Found], tiny: npt.NDArray[np.float32]) -> None:
        self._followed = [_Followed(face.box, face.score) for face in found]
        self._searched = tiny
        self._since_search = 0

    def _follow(self, frame: RgbImage, tiny: npt.NDArray[np.float32]) -> list[Found]:
        self._since_search += 1
        if self._since_search >= SEARCH_EVERY:
            found = self._search(frame, min(NEWCOMER * followed.box.width for followed in self._followed))
            self._followed = [  # whom the search has found is not looked for again
                followed for followed in self._followed if not any(_overlap(followed.box, new.box) for new in found)
            ]
            kept = self._refined(frame, tiny)
        else:
            kept = self._refined(frame, tiny)
            if len(kept) == len(self._followed):
                self._followed = [followed for followed, _ in kept]
                return [face for _, face in kept]
            nearest = min((face.box.width for _, face in kept), default=None)
            if nearest is None:
                found = self._lost(frame, max(followed.box.width for followed in self._followed))
            else:
                found = self._search(frame, NEWCOMER * nearest)
        kept = [(followed, face) for followed, face in kept if not any(_overlap(face.box, new.box) for new in found)]
        self._begin(found, tiny)
        self._followed += [followed for followed, _ in kept]
        if not self._followed:
            self._searched = None  # the next frame is searched for whoever is farther away
        return found + [face for _, face in kept]

    def _lost(self, frame: RgbImage, width: int) -> list[Found]:
        """Who is as near as those who are seen no more, the widest of `width`: it is hardly ever anybody else, and a
        head that has turned for a moment is back in the next frame."""
        return self._nearest(frame, self._enough_px(frame, NEWCOMER * width))

    def _search(self, frame: RgbImage, least_face_px: float) -> list[Found]:
        """Faces of at least `least_face_px` in the frame."""
        return self._detector.search(frame, self._enough_px(frame, least_face_px))

    def _enough_px(self, frame: RgbImage, least_face_px: float) -> int:
        """How large the picture has to be for the detector to find faces of `least_face_px`."""
        detector = self._detector
        enough = round(max(frame.shape[:2]) * detector.least_face_px / least_face_px)
        return max(detector.glance_px, min(detector.search_px, int(enough)))

    def _refined(self, frame: RgbImage, tiny: npt.NDArray[np.float32]) -> list[tuple[_Followed, Found]]:
        kept: list[tuple[_Followed, Found]] = []
        for followed in self._followed:
            if followed.looked and not followed.unsure_frames and self._rests(followed.box, frame, tiny):
                if any(_overlap(followed.box, other.box) for _, other in kept):
                    continue  # another one has been followed to the same face
                kept.append((replace(followed, looked=False), Found(followed.box, followed.score)))
                continue
            face = self._detector.refine(frame, followed.box)
            if face is None or any(_overlap(face.box, other.box) for _, other in kept):
                continue
            unsure = 0 if face.sure else followed.unsure_frames + 1
            if unsure <= SEARCH_EVERY:
                # A turned head scores low: it stays as credible as it was when it was last surely a face.
                score = face.score if face.sure else followed.score
                kept.append((_Followed(face.box, score, unsure), face._replace(score=score)))
        return kept

    def _rests(self, box: Box, frame: RgbImage, tiny: npt.NDArray[np.float32]) -> bool:
        """Whether hardly anything has changed within the box since the frame before."""
        if self._seen is None:
            return False
        rows, columns = _part(box.top, box.bottom, frame.shape[0], 24), _part(box.left, box.right, frame.shape[1], 32)
        return float(np.abs(tiny[rows, columns] - self._seen[rows, columns]).mean()) < RESTING

    def _wait_for_somebody(self, frame: RgbImage, tiny: npt.NDArray[np.float32]) -> list[Found]:
        self._since_search += 1
        unmoved = self._searched is not None and float(np.abs(tiny - self._searched).max()) < STILL
        if unmoved and self._since_search < SEARCH_EVERY:
            return []
        found = self._detector.search(frame, self._detector.glance_px)
        if not found and self._detector.search_px > self._detector.glance_px:
            found = self._detector.search(frame, self._detector.search_px)
        self._begin(found, tiny)
        return found


def miniature(frame: RgbImage) -> npt.NDArray[np.float32]:
    """Luma of 32 x 24 parts of the frame."""
    step = max(1, min(frame.shape[:2]) // 120)  # a sample of the pixels tells as much
    height, width = frame.shape[0] // step, frame.shape[1] // step
    sample = cv2.resize(frame, (width, height), interpolation=cv2.INTER_NEAREST)  # half the time of slicing
    small = cv2.resize(sample, (32, 24), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.float32)


def _part(first: int, last: int, length: int, parts: int) -> slice:
    """Which of so many parts of a side the pixels first … last lie in: one at least."""
    start = min(max(first * parts // length, 0), parts - 1)
    return slice(start, max(start + 1, -(-last * parts // length)))


def _overlap(a: Box, b: Box) -> bool:
    """Whether the two are boxes of one face: their common area is over 0.3 of the smaller."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    # Without the first condition two boxes that are apart both ways would have something in common.
    return width > 0 and width * height > 0.3 * min(a.width * a.height, b.width * b.height)
