"""Motion evidence: did what moved have the depth of a head, or was it flat? Needs no model.

Two views of a flat thing (a print, a screen) are related by one homography, whatever the hand that holds it does. Two
views of a turned head are not: the nose moves against the cheeks. The five landmarks cannot tell the two apart, because
the eye corners lie on one line: a photograph that is tilted about its diagonal moves its nose along the eye line just
as a turned head does (by 0.12 eye distances at 30 degrees, docs/accuracy.md). So many points of the face are followed
from a reference frame on, and their movement is fitted as

    a homography  +  (turn, nod) x the depth of an average head at that point

which is exact for a rigid head seen from some distance ("plane and parallax"). Whatever a flat thing does ends up in
the homography and leaves turn and nod at zero; turning a head by an angle gives its sine. Paper that is bent has a
depth too, but without the ridge of a nose: see `measure`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.model import Face, RgbImage

WORKING_SCALE_PX = 64.0
"""Outer eye distance in the picture that is followed; larger faces are shrunk to it, which bounds the work."""

MIN_SCALE_PX = 24.0
"""Smaller faces are not followed: a quarter of a pixel of error would be 1 % of the eye distance."""

PYRAMID = 3
"""Halvings of the picture in which the points are first looked for."""

MAX_POINTS = 120
MIN_POINTS = 20

MAX_BACK_ERROR_PX = 0.7
"""A point that does not come back to where it started, followed forwards and backwards, is lost."""

FLAT_SQUEEZE = (1.15, 1.6)
"""A picture turned by 30 degrees is squeezed by the lower factor in one direction; beyond the upper, tracking fails."""

FLAT_MISFIT = 0.05
FLAT_ERROR = 0.025
FLAT_RELIEF = 0.08
"""Flat: misfit of the homography per unit of (squeeze - 1), error and relief all at most this.

Photographs turned in simulation: misfit up to 0.035, error up to 0.02. The living clips, every frame against each of
the 30 before it: of 353 pairs squeezed without relief the lowest misfit is 0.064 and the lowest error 0.032, and no
pair is low in both (error 0.24 and misfit 0.2 there).
"""

QUIET = 0.07
"""Turn and nod below which nothing is ever made of a movement: less than any limit on them, in the challenge too (there
the lowest is HOME_SHARE of NOD, 0.072). Bent paper can only make them smaller, so without a squeeze it is not reckoned.
"""

REACH_PX = 64
"""What is seen of the picture around the points that are followed, in working pixels: an eye distance. A face that goes
further from one frame to the next has jumped (kiosk/liveness/challenge.py, JUMP)."""

RIM_PX = 12
"""Around the ellipse in which points are looked for: how good one is depends on its neighbours."""

MIN_SHRINK = 0.05
MAX_CONDITION = 1e12
"""Beyond these the points have collapsed or do not determine what is asked of them."""

Floats = npt.NDArray[np.float64]
Points = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Relief:
    """How the face has moved since the reference frame. Lengths are in outer eye distances.

    `turn`, `nod`: sine of the angle by which a head's relief has turned; `turn` > 0 towards the picture's right (the
    person's own left), `nod` > 0 downwards. `error`: their standard error. `squeeze` >= 1: how much more the picture
    shrank in one direction than across it. `misfit`: median distance of the points from the best homography.
    `points`: how many are still followed; `kept`: their share of those that were seeded.
    """

    turn: float
    nod: float
    error: float
    squeeze: float
    misfit: float
    points: int
    kept: float

    @property
    def flat(self) -> bool:
        """Whether this is the movement of a picture turned in space: squeezed, and certainly without any depth."""
        low, high = FLAT_SQUEEZE
        return (
            low <= self.squeeze <= high
            and self.misfit <= FLAT_MISFIT * (self.squeeze - 1)
            and self.error <= FLAT_ERROR
            and max(abs(self.turn), abs(self.nod)) <= FLAT_RELIEF
        )


class DepthTracker:
    """Follows the texture of one face from a reference frame on. One thread; about 2 ms a frame on one x86 core."""

    def __init__(self, frame_rgb: RgbImage, face: Face) -> None:
        marks = face.landmarks_px.astype(np.float64)
        across = marks[0] - marks[2]
        scale_px = float(np.hypot(across[0], across[1]))
        self._zoom = min(1.0, WORKING_SCALE_PX / max(scale_px, 1.0))
        self._scale_px = scale_px * self._zoom
        self._last = self._grey(frame_rgb)
        along = across / max(scale_px, 1.0)
        self._axes = np.array([along, [-along[1], along[0]]])
        self._origin = marks[:4].mean(axis=0) * self._zoom
        self._now = self._corners() if self._scale_px >= MIN_SCALE_PX else np.empty((0, 2), np.float32)
        self._start = self._in_face(self._now)
        self._seeded = len(self._now)

    def update(self, frame_rgb: RgbImage, quiet: float = QUIET) -> Relief | None:
        """Follow into the next frame; `quiet` as in `measure`. None when too few points are left (or were there) to say
        anything."""
        grey = self._grey(frame_rgb)
        if grey.shape != self._last.shape or len(self._now) < MIN_POINTS:
            self._now = self._now[:0]  # a gap cannot be bridged: stay lost
            return None
        rows, columns = _around(self._now, grey.shape)
        corner = np.array([columns.start, rows.start], dtype=np.float32)
        before, after = np.ascontiguousarray(self._last[rows, columns]), np.ascontiguousarray(grey[rows, columns])
        here = self._now - corner
        forth, found = _follow(before, after, here)
        back, found_back = _follow(after, before, forth)
        keep = found & found_back & (np.hypot(*(back - here).T) < MAX_BACK_ERROR_PX)
        self._start, self._now, self._last = self._start[keep], forth[keep] + corner, grey
        if len(self._now) < MIN_POINTS:
            return None
        return measure(self._start, self._in_face(self._now), self._seeded, quiet)

    def _in_face(self, points: Points) -> Floats:
        """Pixels of the working picture as (u, v): along and below the reference's eye line, in eye distances."""
        return np.asarray((points - self._origin) @ self._axes.T / max(self._scale_px, 1.0), dtype=np.float64)

    def _grey(self, frame_rgb: RgbImage) -> Grey:
        grey: Grey = cv2.cvtColor(np.ascontiguousarray(frame_rgb), cv2.COLOR_RGB2GRAY)
        if self._zoom == 1.0:
            return grey
        size = (max(1, round(grey.shape[1] * self._zoom)), max(1, round(grey.shape[0] * self._zoom)))
        # Down to a half two neighbours on each side see every pixel, in a tenth of the time.
        method = cv2.INTER_LINEAR if self._zoom >= 0.5 else cv2.INTER_AREA
        return np.asarray(cv2.resize(grey, size, interpolation=method), dtype=np.uint8)

    def _corners(self) -> Points:
        """Points worth following, inside an ellipse from brows to chin that leaves hair and background out.

        Only what lies around it is looked at: the same points for an eighth of the work.
        """
        x, y = self._origin + 0.3 * self._scale_px * self._axes[1]
        size = (1.44 * self._scale_px, 1.7 * self._scale_px)
        reach = math.ceil(max(size) / 2) + RIM_PX
        height, width = self._last.shape
        left, top = max(0, int(x) - reach), max(0, int(y) - reach)
        part = self._last[top : min(height, int(y) + reach), left : min(width, int(x) + reach)]
        if not part.size:
            return np.empty((0, 2), np.float32)
        mask = np.zeros(part.shape, np.uint8)
        tilt_deg = float(np.degrees(np.arctan2(self._axes[0, 1], self._axes[0, 0])))
        cv2.ellipse(mask, ((float(x) - left, float(y) - top), size, tilt_deg), 255, -1)
        gap = max(2.0, self._scale_px / 14)
        corners = cv2.goodFeaturesToTrack(part, MAX_POINTS, 0.01, gap, mask=mask, blockSize=5)
        if corners is None:
            return np.empty((0, 2), np.float32)
        return np.asarray(corners[:, 0] + (left, top), dtype=np.float32)


def head_depth(u: Floats, v: Floats) -> Floats:
    """Depth of an average face towards the camera at (u, v) from the middle of the eyes, all in outer eye distances.

    A shell with the ridge of a nose on it. Only its coarse shape matters: real turns of the head, which are not shaped
    like it exactly, measure 0.3 to 0.5 where bent paper measures 0.04 (docs/accuracy.md).
    """
    shell = 1 - (u / 0.85) ** 2 - ((v - 0.25) / 1.2) ** 2
    rise = np.clip((v + 0.1) / 0.5, 0, 1) * np.exp(-((np.clip(v - 0.45, 0, None) / 0.1) ** 2))
    return np.asarray(0.75 * np.sqrt(np.clip(shell, 0.02, 1)) + 0.2 * rise * np.exp(-((u / 0.13) ** 2)))


def measure(start: Floats, now: Floats, seeded: int, quiet: float = QUIET) -> Relief | None:
    """Split the movement of points from `start` to `now`, both (n, 2) in the reference's face coordinates.

    Against a flat thing; and against one bent about its upright or about its level axis, which moves like a homography
    and a square. The smallest turn and nod of the three count, so that bent paper has none either. Where turn and nod
    are below `quiet` and nothing was squeezed, the bent ones are left out.
    None when the points do not determine it.
    """
    u, v = start.T
    depth = head_depth(u, v)
    flat = _rows(start, now)
    target = now.T.ravel()
    head = np.concatenate([flat, _both(depth)], axis=1)
    fitted = _fit(head, target)
    if fitted is None:
        return None
    plain, weight, error = fitted
    affine = plain[[0, 1, 3, 4]].reshape(2, 2)
    shrink = np.linalg.svd(affine, compute_uv=False)
    scale = float(np.sqrt(shrink[0] * shrink[1]))
    if scale < MIN_SHRINK:
        return None
    squeeze = float(shrink[0] / max(float(shrink[1]), 1e-6))
    roll = np.arctan2(affine[1, 0] - affine[0, 1], affine[0, 0] + affine[1, 1])
    upright = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]]) / scale
    homography = _fit(flat, target, weight, rounds=0)
    if homography is None:
        return None
    fits = [(plain, error)]
    turn, nod = upright @ plain[8:10]
    if max(abs(turn), abs(nod)) >= quiet or squeeze >= FLAT_SQUEEZE[0]:
        for bend in (u * u, v * v):
            bent = _fit(np.concatenate([head, _both(bend)], axis=1), target, weight, rounds=2)
            if bent is None:
                return None
            fits.append((bent[0], bent[2]))
    turns, nods = np.array([upright @ fit[8:10] for fit, _ in fits]).T
    return Relief(
        turn=_smallest(turns),
        nod=_smallest(nods),
        error=max(error for _, error in fits) / scale,
        squeeze=squeeze,
        misfit=_median(_distances(flat, homography[0], target)),
        points=len(u),
        kept=len(u) / seeded,
    )


def _rows(start: Floats, now: Floats) -> Floats:
    """x (1 + g u + h v) = a u + b v + c, and likewise for y: a homography, linear in its eight unknowns."""
    (u, v), (x, y) = start.T, now.T
    zero, one = np.zeros_like(u), np.ones_like(u)
    return np.concatenate(
        [
            np.stack([u, v, one, zero, zero, zero, -x * u, -x * v], axis=1),
            np.stack([zero, zero, zero, u, v, one, -y * u, -y * v], axis=1),
        ]
    )


def _both(shape: Floats) -> Floats:
    """Two more unknowns: how far, along and across, the points move in proportion to `shape`."""
    zero = np.zeros_like(shape)
    return np.concatenate([np.stack([shape, zero], axis=1), np.stack([zero, shape], axis=1)])


def _fit(
    rows: Floats, target: Floats, weight: Floats | None = None, *, rounds: int = 4
) -> tuple[Floats, Floats, float] | None:
    """Least squares: the unknowns, the points' weights, the standard error of unknown 8 (0 where there is none).

    Robust: a point far from the fit (a lost one, a finger) loses its weight, in so many `rounds`; fewer are enough from
    another fit's weights, none takes those as they are.
    """
    weights = np.ones(len(target) // 2) if weight is None else weight
    for _ in range(max(1, rounds)):
        weighted = rows * np.concatenate([weights, weights])[:, np.newaxis]
        normal = weighted.T @ rows
        try:
            fit: Floats = np.asarray(np.linalg.solve(normal, weighted.T @ target), dtype=np.float64)
        except np.linalg.LinAlgError:
            return None
        distance = _distances(rows, fit, target)
        if rounds:
            limit = max(2 * _median(distance), 1e-4)
            weights = np.minimum(1.0, limit / np.maximum(distance, 1e-9)) ** 2
    spread = np.linalg.eigvalsh(normal)
    freedom = 2 * float(weights.sum()) - rows.shape[1]
    if spread[-1] > MAX_CONDITION * spread[0] or freedom <= 0:
        return None
    variance = float(weights @ distance**2) / freedom
    error = float(np.sqrt(variance * np.linalg.inv(normal)[8, 8])) if rows.shape[1] > 8 else 0.0
    return fit, weights, error


def _distances(rows: Floats, fit: Floats, target: Floats) -> Floats:
    return np.asarray(np.hypot(*(rows @ fit - target).reshape(2, -1)))


def _median(values: Floats) -> float:
    """np.median of at least two numbers, in a sixth of its time: thirteen are asked for with every frame."""
    middle = len(values) // 2
    parted = np.partition(values, (middle - 1, middle))
    return float(parted[middle] if len(values) % 2 else (parted[middle - 1] + parted[middle]) / 2)


def _smallest(values: Floats) -> float:
    """The one nearest to zero; zero when they do not even agree on the side."""
    if values.min() < 0 < values.max():
        return 0.0
    return float(values[np.argmin(np.abs(values))])


def _around(points: Points, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a picture of that shape that lie within REACH_PX of the points; never empty. They begin where
    the pyramid's pixels do, so that points are followed as in the whole picture, at a third of the work."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    grid = 2**PYRAMID
    spans = []
    for first, last, limit in ((top, bottom, shape[0]), (left, right, shape[1])):
        start = max(0, min(int(first) - REACH_PX, limit - 1)) // grid * grid
        spans.append(slice(start, max(start + 1, min(limit, math.ceil(last) + REACH_PX))))
    return spans[0], spans[1]


def _follow(before: Grey, after: Grey, points: Points) -> tuple[Points, npt.NDArray[np.bool_]]:
    """Where the points are in the next picture, and which of them were found (pyramidal Lucas-Kanade)."""
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        points,
        np.empty_like(points),
        winSize=(15, 15),
        maxLevel=PYRAMID,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.03),
        minEigThreshold=1e-4,
    )
    return np.asarray(moved, dtype=np.float32), np.asarray(found[:, 0] == 1)
