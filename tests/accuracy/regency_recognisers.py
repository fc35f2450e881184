"""As regency.py, for a further recogniser: how often the server takes two NIPs for one face, or misses one.

    nice .venv/bin/python -m tests.accuracy.regency_recognisers MODEL [--faces DIR] [--models DIR] [--cache FILE]

MODEL is fp-112 or w600k-112. Everybody of LFW is on file with up to three photographs. Describing takes some minutes on
one core, the table one or two; FILE keeps the descriptors (biometric data: delete it).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from etpp.faces.recognisers import RECOGNISERS
from kiosk.face import open_engine
from kiosk.measure.identification.collection import Collection, collect
from kiosk.model import ModelId
from kiosk.scores.likeness import Rule, nearest
from tests.accuracy.duplicates import Rate
from tests.accuracy.regency import MOST_ON_FILE

Vectors = npt.NDArray[np.float32]
SHARED = Path(__file__).parents[2].parent / "shared"


def measure(people: Sequence[Vectors], rule: Rule, ours: int, theirs: int) -> tuple[Rate, Rate]:
    """Missed and flagged: a newcomer with `ours` photographs, who has `theirs` on file under another NIP, or none."""
    owners = list(range(len(people)))
    means = np.stack([rule.mean(photographs[:MOST_ON_FILE]) for photographs in people])
    counts = [min(MOST_ON_FILE, len(photographs)) for photographs in people]
    missed = again = alarms = new = 0
    for who, photographs in enumerate(people):
        twice = len(photographs) >= ours + theirs
        mine = photographs[theirs : theirs + ours] if twice else photographs[:ours]
        if len(mine) < ours:
            continue
        found = nearest(mine, means, counts, owners, rule, {who})
        new, alarms = new + 1, alarms + (found is not None and found.same)
        if twice:
            on_file, of = means.copy(), list(counts)
            on_file[who], of[who] = rule.mean(photographs[:theirs]), theirs
            found = nearest(mine, on_file, of, owners, rule)
            again, missed = again + 1, missed + (found is None or not found.same or found.row != who)
    return Rate(missed, again), Rate(alarms, new)


def descriptors(model_id: ModelId, faces: Path, models: Path, cache: Path | None) -> list[Vectors]:
    if cache is not None and cache.exists():
        found = Collection.load(cache)
    else:
        found = collect(faces / "lfw", open_engine("fast", models_dir=models, follow=False, model_id=model_id))
        if cache is not None:
            found.save(cache)
    rows = [[row for row in own if found.acquired[row]] for own in found.photos()]
    return [found.described[own] for own in rows if own]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", choices=[name for name, each in RECOGNISERS.items() if not each.numbered])
    parser.add_argument("--faces", type=Path, default=Path(os.environ.get("KIOSK_FACES") or SHARED / "faces"))
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("KIOSK_MODELS") or SHARED / "models"))
    parser.add_argument("--cache", type=Path)
    arguments = parser.parse_args()
    people = descriptors(ModelId(arguments.model), arguments.faces, arguments.models, arguments.cache)
    rule = RECOGNISERS[arguments.model].rule
    print(f"{arguments.model}, {len(people)} people: at most {rule.distance:.2f} and {rule.ratio:.2f} of the next\n")
    print("| photographs | same person missed | newcomer flagged |\n|---|---|---|")
    for ours, theirs in ((3, 3), (2, 2), (1, 3), (1, 1)):
        missed, flagged = measure(people, rule, ours, theirs)
        print(f"| {ours} new, {theirs} on file | {missed} | {flagged} |", flush=True)


if __name__ == "__main__":
    main()
