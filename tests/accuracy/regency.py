"""How often the server takes two NIPs of a regency for one face, or misses one. Prints the table of docs/etpp.md.

    nice .venv/bin/python -m tests.accuracy.regency [--faces DIR] [--cache FILE]

DIR and FILE as for duplicates.py, which describes the faces when FILE is not there. Takes a minute then.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from etpp.faces.recognisers import DLIB
from kiosk import config
from kiosk.scores.likeness import Rule, nearest
from tests.accuracy import duplicates
from tests.accuracy.duplicates import EAST_ASIAN, SEED, Rate

SIZES = (100, 420, 800)
MOST_ON_FILE = 3
"""Photographs of each person on file, as many as there are up to this: most of LFW's people have one or two."""

FULL_SIZE = 5_000
CROWD = 10

Vectors = npt.NDArray[np.float32]
People = Mapping[str, Vectors]


@dataclass(frozen=True)
class File:
    """The people on file; a size below their number is drawn anew for each newcomer."""

    names: Sequence[str]
    means: Vectors
    counts: Sequence[int]

    def but(self, name: str, size: int, rng: np.random.Generator) -> File:
        others = [i for i, each in enumerate(self.names) if each != name]
        return self.only([others[i] for i in rng.permutation(len(others))[:size]])

    def also(self, name: str, photographs: Vectors) -> File:
        mean = photographs.mean(axis=0)[None, :]
        return File([*self.names, name], np.concatenate([self.means, mean]), [*self.counts, len(photographs)])

    def only(self, rows: Sequence[int]) -> File:
        return File([self.names[i] for i in rows], self.means[rows], [self.counts[i] for i in rows])

    def same(self, photographs: Vectors, rule: Rule) -> bool:
        found = nearest(photographs, self.means, self.counts, self.names, rule)
        return found is not None and found.same


def on_file(people: People) -> File:
    kept = {name: photographs[:MOST_ON_FILE] for name, photographs in people.items()}
    return File(list(kept), np.stack([each.mean(axis=0) for each in kept.values()]), [len(e) for e in kept.values()])


def measure(people: People, who: Sequence[str], rule: Rule, counts: tuple[int, int], size: int) -> tuple[Rate, Rate]:
    """Missed and flagged. `counts`: photographs of the newcomer, and of the same person on file under another NIP."""
    ours, theirs = counts
    rng = np.random.default_rng(SEED)
    regency = on_file(people)
    missed = again = alarms = new = 0
    for name in who:
        photographs = people[name]
        twice = len(photographs) >= ours + theirs
        mine = photographs[theirs : theirs + ours] if twice else photographs[:ours]
        if len(mine) < ours:
            continue
        others = regency.but(name, size, rng)
        new, alarms = new + 1, alarms + others.same(mine, rule)
        if twice:
            again, missed = again + 1, missed + (not others.also(name, photographs[:theirs]).same(mine, rule))
    return Rate(missed, again), Rate(alarms, new)


def crowd(people: People, size: int) -> float:
    """The mean distance of three photographs' mean to the nearest people of a regency of `size`."""
    rng = np.random.default_rng(SEED)
    regency = on_file(people)
    found = []
    for name, photographs in people.items():
        if len(photographs) >= MOST_ON_FILE:
            others = regency.but(name, size, rng)
            gaps = np.linalg.norm(others.means - photographs[:MOST_ON_FILE].mean(axis=0), axis=1)
            found.append(float(np.sort(gaps)[:CROWD].mean()))
    return float(np.mean(found))


def descriptors(faces: Path, cache: Path) -> People:
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        duplicates.load(faces, cache, config.load())
    photographs = json.loads(cache.read_text())[0]
    return {name: np.array([shot["d"] for shot in shots], np.float32) for name, shots in photographs.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = os.environ.get("KIOSK_FACES") or str(Path(__file__).parents[2].parent / "shared" / "faces")
    parser.add_argument("--faces", type=Path, default=Path(default))
    parser.add_argument("--cache", type=Path, default=Path("out/duplicates.json"))
    arguments = parser.parse_args()
    people = descriptors(arguments.faces, arguments.cache)
    everybody, full = list(people), len(people) - 1
    east_asian = [name for name in EAST_ASIAN.split() if name in people]
    settings = config.load().enrolment
    terminal = Rule(settings.duplicate_distance, settings.duplicate_ratio)
    sizes = [*SIZES, full]
    crowds = [crowd(people, size) for size in sizes]
    slope = float(np.polyfit(np.log(sizes[1:]), np.log(crowds[1:]), 1)[0])
    nearer = (FULL_SIZE / full) ** slope
    print("nearest people:", ", ".join(f"{c:.3f} of {s}" for s, c in zip(sizes, crowds, strict=True)))
    print(f"of {FULL_SIZE} by the same law: {crowds[-1] * nearer:.3f}\n")
    print(
        "| people | photographs | rule | regency | same person missed | newcomer flagged |\n|---|---|---|---|---|---|"
    )

    def row(what: str, who: Sequence[str], rule: Rule, counts: tuple[int, int], size: int) -> None:
        missed, flagged = measure(people, who, rule, counts, size)
        said = f"{rule.distance:.2f}, {rule.ratio:.2f}" if rule.ratio < math.inf else f"{rule.distance:.2f} alone"
        print(f"| {what} | {counts[0]} new, {counts[1]} on file | {said} | {size} | {missed} | {flagged} |")

    for counts in ((1, 1), (1, 3), (2, 2), (3, 3)):
        for size in sizes:
            row("LFW", everybody, DLIB.rule, counts, size)
        row("LFW", everybody, terminal, counts, full)
        row("LFW", everybody, Rule(0.39, math.inf), counts, full)
        # Among more people the ratio asks for a smaller distance; who is missed follows from it.
        missed, _ = measure(people, everybody, Rule(DLIB.rule.distance, DLIB.rule.ratio * nearer), counts, full)
        print(f"| LFW | {counts[0]} new, {counts[1]} on file | worked out | {FULL_SIZE} | {missed} | |")
    for counts in ((1, 1), (2, 2), (3, 3)):
        row("East Asian", east_asian, DLIB.rule, counts, full)
        row("East Asian", east_asian, Rule(0.39, math.inf), counts, full)


if __name__ == "__main__":
    main()
