"""How often does a recording pass the challenge by chance? Counts for docs/accuracy.md.

    python tests/accuracy/replay_chance.py [--trials N]

A recording is a programme of movements that knows nothing of what is asked; it is held so that it comes closer whenever
that is asked (a hand can do so). Everything else is in its favour: perfect picture, no flatness, no passive model.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable, Iterator

from kiosk.liveness.challenge import ChallengeRun, Pose, Progress
from kiosk.liveness.motion import Relief
from kiosk.model import Challenge

FPS = 15
MOVES = ((25.0, 0.0), (-25.0, 0.0), (0.0, 20.0))
"""Yaw and pitch in degrees of a turn to the left, a turn to the right and a nod."""

Angles = tuple[float, float]
Programme = Callable[[random.Random], Iterator[Angles]]


def move(kind: Angles, seconds: float = 1.2) -> Iterator[Angles]:
    """There and back."""
    for i in range(round(seconds * FPS)):
        share = min(1.0, 2.5 * math.sin(math.pi * i / (seconds * FPS)))
        yield kind[0] * share, kind[1] * share


def rest(seconds: float) -> Iterator[Angles]:
    for _ in range(round(seconds * FPS)):
        yield 0.0, 0.0


def in_turn(chance: random.Random) -> Iterator[Angles]:
    """Left, right, nod, over and over, with a second of rest between: what a forger would record."""
    start = chance.randrange(3)
    yield from rest(chance.random())
    while True:
        yield from move(MOVES[start % 3])
        yield from rest(1.0)
        start += 1


def at_random(chance: random.Random) -> Iterator[Angles]:
    """A random movement after a random rest of 0.3 to 2 s."""
    while True:
        yield from rest(0.3 + 1.7 * chance.random())
        yield from move(MOVES[chance.randrange(3)])


def swinging(chance: random.Random) -> Iterator[Angles]:
    """Left and right without a stop, as people do who look about."""
    period = 1.5 + 2 * chance.random()
    i = chance.randrange(100)
    while True:
        yield 25 * math.sin(2 * math.pi * i / FPS / period), 0.0
        i += 1


def talking(chance: random.Random) -> Iterator[Angles]:
    """Somebody who talks and nods now and then."""
    while True:
        yield from rest(0.5 + 4 * chance.random())
        yield from move((0.0, 14 + 8 * chance.random()), 0.8)


PROGRAMMES: dict[str, Programme] = {f.__name__: f for f in (in_turn, at_random, swinging, talking)}


def present(programme: Programme, movements: int, seed: int, seconds: float) -> tuple[bool, bool]:
    """(passed the first sequence, passed within `seconds`)."""
    chance = random.Random(seed)
    run = ChallengeRun(random.Random(seed + 10**6), 5.0, movements)
    first, scale = True, 80.0
    angles = programme(chance)
    reference: tuple[float, Angles] | None = None
    for i in range(round(seconds * FPS)):
        yaw, pitch = next(angles)
        scale += 2.0 if run.asked is Challenge.COME_CLOSER else (80.0 - scale) * 0.05
        t_s = i / FPS
        yaw += chance.gauss(0, 0.5)
        pose = Pose(t_s, 0.45 * math.sin(math.radians(yaw)), 0.5 + 0.3 * math.sin(math.radians(pitch)), scale, 320, 240)
        relief = None
        if reference is not None and reference[0] == run.asked_s:
            turn, nod = (math.sin(math.radians(a - b)) for a, b in zip((yaw, pitch), reference[1], strict=True))
            relief = Relief(turn, nod, 0.01, 1.0, 0.01, 80, 1.0)
        progress = run.update(pose, relief)
        if progress is Progress.PASSED:
            return first, True
        if progress in {Progress.WRONG, Progress.TIMED_OUT, Progress.BROKEN}:
            first = False
        if progress is Progress.ASKED and run.asked_s == t_s:
            reference = (t_s, (yaw, pitch))
    return False, False


def interval(hits: int, total: int) -> str:
    middle = (hits + 1.92) / (total + 3.84)
    half = 1.96 * math.sqrt(hits * (total - hits) / total + 0.96) / (total + 3.84)
    return f"{100 * hits / total:5.1f} % ({100 * max(0.0, middle - half):.1f} to {100 * (middle + half):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=3000)
    trials = parser.parse_args().trials
    for movements in (1, 2, 3, 4):
        for name, programme in PROGRAMMES.items():
            results = [present(programme, movements, seed, 30.0) for seed in range(trials)]
            first, ever = (sum(r[i] for r in results) for i in (0, 1))
            what = f"{movements} movements  {name:10}"
            print(f"{what} first sequence {interval(first, trials)}   in 30 s {interval(ever, trials)}")


if __name__ == "__main__":
    main()
