"""The search of a large gallery against `face_recognition.face_distance`, in one process; and its memory.

    OMP_NUM_THREADS=1 .venv/bin/python tests/bench/bench_matcher.py [--templates 100000] [--json]

People are made of numbers with the variances of real descriptors along their axes (rounded below; they fall as in LFW).
`face_distance` gives distances only; the matcher's time includes the decision and the search for look-alikes. Times are
the least of many runs, which a busy machine disturbs the least.
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from collections.abc import Callable

import face_recognition
import numpy as np

from kiosk.matcher import Matcher
from kiosk.model import PersonId, Template

SHARES = {16: 0.57, 32: 0.77, 48: 0.90, 64: 0.97, 128: 1.0}
"""Of the variance of LFW's descriptors the first so many axes hold this share."""

SPREAD = 0.59
"""Root of the mean squared distance of a descriptor from the mean of all, on LFW."""


def people(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 128) float32 with those variances, in a random direction."""
    variances = np.empty(128)
    before, held = 0, 0.0
    for axes, share in SHARES.items():
        variances[before:axes] = (share - held) / (axes - before)
        before, held = axes, share
    turn, _ = np.linalg.qr(rng.normal(size=(128, 128)))
    vectors = rng.normal(size=(count, 128)) * np.sqrt(variances) * SPREAD
    return (vectors @ turn + rng.normal(size=128) * 0.1).astype(np.float32)


def least_ms(work: Callable[[], object], runs: int) -> float:
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def measure(count: int, runs: int) -> dict[str, float]:
    rng = np.random.default_rng(1)
    vectors = people(count, rng)
    templates = [
        Template("t", PersonId(f"{row:07d}"), vector, cohort_mean=-0.64, cohort_sd=0.032)
        for row, vector in enumerate(vectors)
    ]
    tracemalloc.start()
    started = time.perf_counter()
    matcher = Matcher(templates)
    made_s = time.perf_counter() - started
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    figures = {"templates": count, "made_s": made_s}
    figures |= {"memory_ratio": held / vectors.nbytes, "memory_peak_ratio": peak / vectors.nbytes}
    doubles = vectors.astype(np.float64)
    probes = {
        "enrolled": (vectors[7] + rng.normal(scale=0.02, size=128)).astype(np.float32),
        "stranger": people(1, np.random.default_rng(2))[0],
    }
    for who, probe in probes.items():
        ours = least_ms(lambda probe=probe: matcher.identify([probe]), runs)
        figures |= {
            f"{who}_ms": ours,
            f"{who}_speedup_float64": least_ms(lambda p=probe: face_recognition.face_distance(doubles, p), runs) / ours,
            f"{who}_speedup_float32": least_ms(lambda p=probe: face_recognition.face_distance(vectors, p), runs) / ours,
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--templates", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.templates, options.runs)
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        for name, figure in figures.items():
            print(f"{name:28} {figure:.3g}")


if __name__ == "__main__":
    main()
