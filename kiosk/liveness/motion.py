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

import cmath
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

FLAT, HEAD, BENT = 9, 11, 13
"""How much of `_design` is fitted for a flat thing, for a head, and for something bent that has a head's depth."""

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
        before, after = self._last[rows, columns], grey[rows, columns]
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
    rise = np.minimum(np.maximum((v + 0.1) / 0.5, 0), 1) * np.exp(-((np.maximum(v - 0.45, 0) / 0.1) ** 2))
    return np.asarray(0.75 * np.sqrt(np.maximum(shell, 0.02)) + 0.2 * rise * np.exp(-((u / 0.13) ** 2)))


def measure(start: Floats, now: Floats, seeded: int, quiet: float = QUIET) -> Relief | None:
    """Split the movement of points from `start` to `now`, both (n, 2) in the reference's face coordinates.

    Against a flat thing; and against one bent about its upright or about its level axis, which moves like a homography
    and a square. The smallest turn and nod of the three count, so that bent paper has none either. Where turn and nod
    are below `quiet` and nothing was squeezed, the bent ones are left out.
    None when the points do not determine it.
    """
    u, v = start.T
    design = _design(start, now)
    fitted = _fit(design[:HEAD])
    if fitted is None:
        return None
    plain, weights, error = fitted
    a, b, _, c, d = plain[:5].tolist()
    # [[a, b], [c, d]] takes z to turning * z + shearing * conjugate(z): longest where the two agree in direction.
    turning, shearing = complex(a + d, c - b) / 2, complex(a - d, b + c) / 2
    scale = math.sqrt(abs(a * d - b * c))
    if scale < MIN_SHRINK:
        return None
    longest = abs(turning) + abs(shearing)
    squeeze = longest / max(scale * scale / longest, 1e-6)
    upright = cmath.rect(1 / scale, -cmath.phase(turning))
    homography = _fit(design[:FLAT], weights, rounds=0)
    if homography is None:
        return None
    reliefs, errors = [upright * complex(*plain[8:10])], [error]
    if max(abs(reliefs[0].real), abs(reliefs[0].imag)) >= quiet or squeeze >= FLAT_SQUEEZE[0]:
        for axis in (u, v):
            design[HEAD, 0] = design[HEAD + 1, 1] = axis * axis
            bent = _fit(design, weights, rounds=2)
            if bent is None:
                return None
            reliefs.append(upright * complex(*bent[0][8:10]))
            errors.append(bent[2])
    return Relief(
        turn=_smallest([relief.real for relief in reliefs]),
        nod=_smallest([relief.imag for relief in reliefs]),
        error=max(errors) / scale,
        squeeze=squeeze,
        misfit=_median_root(_squares(design[:FLAT], homography[0])),
        points=len(u),
        kept=len(u) / seeded,
    )


def _design(start: Floats, now: Floats) -> Floats:
    """(BENT, 2, n): where the points are along and across, then what a unit of each unknown adds to that.

    First the eight of a homography, x (1 + g u + h v) = a u + b v + c, and likewise for y; then how far the points move
    in proportion to the depth of a head. The last two, in proportion to what bends, are for the caller to fill in.
    """
    (u, v), xy = start.T, now.T
    design = np.zeros((BENT, 2, len(start)))
    design[0] = xy
    design[1, 0] = design[4, 1] = u
    design[2, 0] = design[5, 1] = v
    design[3, 0] = design[6, 1] = 1
    design[7], design[8] = -xy * u, -xy * v
    design[9, 0] = design[10, 1] = head_depth(u, v)
    return design


def _fit(design: Floats, weights: Floats | None = None, *, rounds: int = 4) -> tuple[Floats, Floats, float] | None:
    """Least squares: the unknowns, the points' weights, the standard error of unknown 8 (0 where there is none).

    Robust: a point far from the fit (a lost one, a finger) loses its weight, in so many `rounds`; fewer are enough from
    another fit's weights, none takes those as they are.
    """
    unknowns, points = len(design) - 1, design.shape[2]
    rows = design.reshape(len(design), -1)
    weights = np.ones(points) if weights is None else weights
    for _ in range(max(1, rounds)):
        products = (design * weights).reshape(rows.shape) @ rows.T
        normal = products[1:, 1:]
        solved, fit = cv2.solve(normal, products[1:, :1])  # with so few unknowns in a third of NumPy's time
        if not solved:
            return None
        squares = _squares(design, fit[:, 0])
        if rounds:
            limit = max(2 * _median_root(squares), 1e-4) ** 2
            weights = limit / np.maximum(squares, limit)
    freedom = 2 * float(weights.sum()) - unknowns
    condition, inverse = cv2.invert(normal, flags=cv2.DECOMP_EIG)  # the smallest eigenvalue as a share of the largest
    if condition * MAX_CONDITION < 1 or freedom <= 0:
        return None
    error = math.sqrt(float(weights @ squares) / freedom * inverse[8, 8]) if unknowns > 8 else 0.0
    return np.asarray(fit[:, 0], dtype=np.float64), weights, error


def _squares(design: Floats, fit: Floats) -> Floats:
    """Squared distance of each point from where the fit has it."""
    rows = design.reshape(len(design), -1)
    across, down = (rows[0] - fit @ rows[1:]).reshape(2, -1)
    return np.asarray(across * across + down * down)


def _median_root(squares: Floats) -> float:
    """The median of the square roots of at least two numbers, in a sixth of np.median's time: up to nine are asked for
    with every frame."""
    ordered, middle = np.sort(squares), len(squares) // 2
    upper = math.sqrt(ordered[middle])
    return upper if len(squares) % 2 else (math.sqrt(ordered[middle - 1]) + upper) / 2


def _smallest(values: list[float]) -> float:
    """The one nearest to zero; zero when they do not even agree on the side."""
    return 0.0 if min(values) < 0 < max(values) else min(values, key=abs)


def _around(points: Points, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a picture of that shape that lie within REACH_PX of the points; never empty. They begin where
    the pyramid's pixels do, so that points are followed as in the whole picture, at a third of the work."""
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
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
