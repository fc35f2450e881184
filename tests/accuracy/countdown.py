"""How sure is sure enough for the short countdown and for one look? Chosen on one half of people, told on the other.

    OMP_NUM_THREADS=1 nice .venv/bin/python -m tests.accuracy.countdown DESCRIPTORS

DESCRIPTORS: what `kiosk evaluate DIR --descriptors FILE` keeps of LFW, of any recogniser. As many of a half as there
can be, 420 at the most, are enrolled with up to three photos and show one, described by all looks and by the first one;
the others are cohort and strangers. Told of each distance beyond what the terminal asks for (score above the threshold,
margin to the next): the share of the enrolled who are sure by it, and of the strangers and of the enrolled who would be
under somebody else's name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kiosk.matcher import Matcher
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Presensi
from kiosk.measure.identification.protocol import Condition, eligible, rounds
from kiosk.measure.identification.report import LARGEST, PRODUCT_FPIR, PRODUCT_MARGIN
from kiosk.measure.identification.table import normalisations
from kiosk.model import PersonId
from kiosk.model.recognisers import RECOGNISERS, Score

SEED, ROUNDS = 23, 20
SCORES: Mapping[Score, tuple[float, ...]] = {
    "distance": (0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10),
    "cosine": (0.0, 0.02, 0.04, 0.06, 0.08, 0.10, 0.12, 0.16, 0.20),
}
MARGINS = (0.04, 0.06, 0.08, 0.10)

Descriptors = npt.NDArray[np.float32]
"""(photos, length)."""

Attempts = npt.NDArray[np.float64]
"""(attempts, 2) of the score above the threshold and of the margin, of those who were accepted; -inf of others."""


def shown(half: Collection) -> Iterator[tuple[Matcher, npt.NDArray[np.intp], PersonId | None]]:
    """A gallery, photos with a face that somebody shows to it, and who of the enrolled that is; None: a stranger."""
    method = Presensi(normalisations(half.model_id)[0])
    for one in rounds(half, Condition(min(LARGEST, eligible(half, 2))), ROUNDS, SEED):
        matcher = method.matcher(half, one, PRODUCT_FPIR, PRODUCT_MARGIN)
        for place, rows in enumerate([*one.probes, *one.strangers]):
            who = PersonId(f"{place:06d}") if place < len(one.probes) else None
            yield matcher, rows[half.acquired[rows]], who


def attempts(half: Collection, shown_as: Descriptors) -> tuple[Attempts, Attempts, Attempts]:
    """Of the enrolled under their own name, of the enrolled under another's, of strangers. `shown_as`: what describes
    the photos that are shown."""
    own, others, strangers = [], [], []
    for matcher, rows, who in shown(half):
        match = matcher.identify(list(shown_as[rows]))
        decided = match.person_id is not None and not match.look_alikes
        row = (match.score - match.threshold, match.margin) if decided else (-np.inf, -np.inf)
        if who is None:
            strangers.append(row)
        else:
            right = match.person_id == who
            own.append(row if right or not decided else (-np.inf, -np.inf))
            others.append((-np.inf, -np.inf) if right else row)
    return np.array(own), np.array(others), np.array(strangers)


def main() -> None:
    whole = Collection.load(Path(sys.argv[1]))
    for which, what in ((1, "chosen on"), (2, "told on")):
        half = whole.part(which, 2)
        for looks, shown_as in (("all looks", half.described), ("one look", half.plain)):
            tell(f"{what} {half.people} people, {looks}", SCORES[RECOGNISERS[half.model_id].score], half, shown_as)


def tell(title: str, scores: Sequence[float], half: Collection, shown_as: Descriptors) -> None:
    own, others, strangers = attempts(half, shown_as)
    print(f"{title}: {len(own)} attempts of enrolled people, {len(strangers)} of strangers")
    print("  above the threshold  margin  sure, of the enrolled  under another's name  strangers")
    for score in scores:
        for margin in MARGINS:
            sure = [(rows >= (score, margin)).all(axis=1) for rows in (own, others, strangers)]
            print(
                f"  {score:19.2f}  {margin:6.2f}  {sure[0].mean():21.2%}"
                f"  {sure[1].sum():9} {sure[1].mean():10.4%}  {sure[2].sum():4} {sure[2].mean():8.4%}"
            )


if __name__ == "__main__":
    main()
