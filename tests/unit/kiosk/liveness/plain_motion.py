"""`motion.measure` as it reads in a textbook: every matrix written out, NumPy's own linear algebra, nothing saved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kiosk.liveness.motion import FLAT_SQUEEZE, MAX_CONDITION, MIN_SHRINK, QUIET, Relief, head_depth

Floats = npt.NDArray[np.float64]


def measure(start: Floats, now: Floats, seeded: int, quiet: float = QUIET) -> Relief | None:
    (u, v), (x, y) = start.T, now.T
    zero, one = np.zeros_like(u), np.ones_like(u)
    target = np.concatenate([x, y])
    flat = np.concatenate(
        [
            np.stack([u, v, one, zero, zero, zero, -x * u, -x * v], axis=1),
            np.stack([zero, zero, zero, u, v, one, -y * u, -y * v], axis=1),
        ]
    )
    head = np.concatenate([flat, both_ways(head_depth(u, v))], axis=1)
    fitted = fit(head, target, np.ones(len(u)), 4)
    if fitted is None:
        return None
    unknowns, weights, error = fitted
    affine = unknowns[[0, 1, 3, 4]].reshape(2, 2)
    longest, shortest = np.linalg.svd(affine, compute_uv=False)
    scale = np.sqrt(longest * shortest)
    if scale < MIN_SHRINK:
        return None
    squeeze = longest / max(shortest, 1e-6)
    roll = np.arctan2(affine[1, 0] - affine[0, 1], affine[0, 0] + affine[1, 1])
    upright = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]]) / scale
    homography = fit(flat, target, weights, 0)
    if homography is None:
        return None
    reliefs, errors = [upright @ unknowns[8:10]], [error]
    if np.abs(reliefs[0]).max() >= quiet or squeeze >= FLAT_SQUEEZE[0]:
        for bend in (u**2, v**2):
            bent = fit(np.concatenate([head, both_ways(bend)], axis=1), target, weights, 2)
            if bent is None:
                return None
            reliefs.append(upright @ bent[0][8:10])
            errors.append(bent[2])
    turn, nod = (0.0 if min(each) < 0 < max(each) else min(each, key=abs) for each in np.array(reliefs).T)
    misfit = np.median(distances(flat, homography[0], target))
    return Relief(turn, nod, max(errors) / scale, squeeze, misfit, len(u), len(u) / seeded)


def both_ways(shape: Floats) -> Floats:
    zero = np.zeros_like(shape)
    return np.concatenate([np.stack([shape, zero], axis=1), np.stack([zero, shape], axis=1)])


def fit(rows: Floats, target: Floats, weights: Floats, rounds: int) -> tuple[Floats, Floats, float] | None:
    for _ in range(max(1, rounds)):
        weighted = np.diag(np.concatenate([weights, weights])) @ rows
        normal = rows.T @ weighted
        try:
            unknowns = np.linalg.solve(normal, weighted.T @ target)
        except np.linalg.LinAlgError:
            return None
        distance = distances(rows, unknowns, target)
        if rounds:
            limit = max(2 * np.median(distance), 1e-4)
            weights = np.minimum(1.0, limit / np.maximum(distance, 1e-9)) ** 2
    spread = np.linalg.eigvalsh(normal)
    freedom = 2 * weights.sum() - rows.shape[1]
    if spread[-1] > MAX_CONDITION * spread[0] or freedom <= 0:
        return None
    variance = (weights * distance**2).sum() / freedom
    error = np.sqrt(variance * np.linalg.inv(normal)[8, 8]) if rows.shape[1] > 8 else 0.0
    return unknowns, weights, error


def distances(rows: Floats, unknowns: Floats, target: Floats) -> Floats:
    return np.asarray(np.hypot(*(rows @ unknowns - target).reshape(2, -1)))
