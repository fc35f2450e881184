"""`python -m tests.accuracy.renewal DESCRIPTORS --bkpp DLIBS`: would a terminal offer a wrong person's templates?

And how often a right one's, by how much more than a presence a renewal asks for.

DESCRIPTORS: a file of `kiosk evaluate DIR --model MODEL --descriptors FILE` (biometric data: delete them). A *wrong*
offer is one of somebody who was taken for another: a stranger to the gallery, or an enrolled person. In each half of
the people (as `kiosk evaluate --part`), in each round, half of them are the cohort and the others are both enrolled,
with up to three photos, and shown, to a gallery with them and to one without. The packaged table is of the first half,
so the limits are chosen there and reported on the second. *Agree*: by BKPP's own rule and dlib's descriptors (`--bkpp`)
the pictures shown are of the face on file. *Again*: by the server's own comparison (`etpp.faces.doubt`) and the same
descriptors they are that person's beyond doubt, so that the offer would have no mark. Liveness is left out: everybody
lives.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from etpp.faces.doubt import beyond_doubt
from etpp.faces.recognisers import DLIB
from kiosk.matcher import Matcher
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Presensi
from kiosk.measure.identification.protocol import Round, Rows
from kiosk.measure.identification.table import normalisations
from kiosk.measure.rates import interval
from kiosk.model import PersonId
from kiosk.scores.likeness import threshold as allowed

ENROL_PHOTOS = 3
PACKAGED_FPIR, PACKAGED_MARGIN = 0.003, 0.04
SCORES = (0.0, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2)
MARGINS = (0.04, 0.08)


SURE = {"match": {"score": 1.0, "threshold": 0.0}, "liveness": {"state": "live"}}
"""What the terminal says of it: here its word counts for nothing."""

NOBODY = np.full(DLIB.length, 9.0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody was identified. `person` was shown; `right`: it was him; `above` the threshold, `margin` to the next."""

    person: int
    right: bool
    above: float
    margin: float
    agrees: bool
    again: bool

    def offered(self, score: float, margin: float) -> bool:
        return self.above >= score and self.margin >= margin


@dataclass(frozen=True)
class Attempts:
    """Of `people`, `mine` attempts with the person enrolled and `strange` without; `named` as somebody, one person."""

    people: int
    mine: int
    strange: int
    named: Sequence[Named]

    def right(self, score: float, margin: float) -> str:
        offers = sum(each.right and each.offered(score, margin) for each in self.named)
        return f"{offers / self.mine:.1%}"

    def kept(self, score: float, margin: float) -> str:
        """Of the right people's offers those that the server would make too."""
        offers = [each for each in self.named if each.right and each.offered(score, margin)]
        return f"{sum(each.again for each in offers) / max(1, len(offers)):.1%}"

    def wrong(self, score: float, margin: float) -> list[Named]:
        return [each for each in self.named if not each.right and each.offered(score, margin)]


def attempts(half: Collection, bkpp: Collection, shown: int, rounds: int, seed: int, fpir: float) -> Attempts:
    photos = [rows[half.acquired[rows]] for rows in half.photos()]
    method = Presensi(normalisations(half.model_id)[0])
    who: set[int] = set()
    mine = strange = 0
    named: list[Named] = []
    for number in range(rounds):
        rng = np.random.default_rng([seed, number])
        order = rng.permutation(np.flatnonzero([len(rows) > 0 for rows in photos]))
        cohort, others = order[: len(order) // 2], order[len(order) // 2 :]
        shuffled = [rng.permutation(rows) for rows in photos]
        enrolled = {person: _enrolled(shuffled[person], shown) for person in others}
        flat = np.concatenate([photos[person] for person in cohort])
        drawn = Round(others, list(enrolled.values()), [], others, [], flat)
        matcher = method.matcher(half, drawn, fpir, PACKAGED_MARGIN)
        for place, person in enumerate(others.tolist()):
            if len(photos[person]) < shown:
                continue
            who.add(person)
            probe = shuffled[person][-shown:]
            if len(photos[person]) > shown:
                mine += 1
                named += _named(half, bkpp, matcher, probe, person, drawn)
            strange += 1
            scores = matcher.scores(list(half.described[probe]))
            scores[matcher.people.index(PersonId(f"{place:06d}"))] = -np.inf
            if scores.max() >= matcher.threshold - 0.001:
                rest = Round(
                    np.delete(others, place),
                    [rows for each, rows in enrolled.items() if each != person],
                    [],
                    others,
                    [],
                    flat,
                )
                named += _named(half, bkpp, method.matcher(half, rest, fpir, PACKAGED_MARGIN), probe, person, rest)
    return Attempts(len(who), mine, strange, named)


def _enrolled(rows: Rows, shown: int) -> Rows:
    """Of somebody with too few photos all: he is shown to nobody who knows him."""
    return rows[: min(ENROL_PHOTOS, max(1, len(rows) - shown))]


def _named(
    half: Collection, bkpp: Collection, matcher: Matcher, probe: Rows, person: int, drawn: Round
) -> Iterator[Named]:
    match = matcher.identify(list(half.described[probe]))
    if match.person_id is None or match.look_alikes:
        return
    place = int(match.person_id)
    rule = DLIB.rule
    new, old = (bkpp.described[rows[bkpp.acquired[rows]]] for rows in (probe, drawn.gallery[place]))
    agrees = again = len(new) > 0 < len(old)
    if agrees:
        gap = float(np.linalg.norm(rule.mean(new) - rule.mean(old)))
        agrees = gap <= allowed(rule.distance, len(new), len(old), rule.noise)
        faces = [bkpp.described[rows[bkpp.acquired[rows]]] for rows in drawn.gallery]
        means = np.stack([rule.mean(face) if len(face) else NOBODY for face in faces])
        again = beyond_doubt(new, means, [max(1, len(face)) for face in faces], place, SURE)
    right = int(drawn.people[place]) == person
    yield Named(person, right, match.score - match.threshold, match.margin, agrees, again)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("descriptors", type=Path)
    parser.add_argument("--bkpp", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fpir", type=float, default=PACKAGED_FPIR)
    options = parser.parse_args()
    whole, bkpp = Collection.load(options.descriptors), Collection.load(options.bkpp)
    for which, shown in product((1, 2), (1, 2, 3)):
        half = whole.part(which, 2)
        found = attempts(half, bkpp.part(which, 2), shown, options.rounds, options.seed, options.fpir)
        print(
            f"\n{whole.model_id}, FPIR {options.fpir:.1%} asked, half {which}, {shown} shown: "
            f"{found.people} people, {found.mine} attempts of enrolled people, {found.strange} of strangers",
            flush=True,
        )
        for score, margin in product(SCORES, MARGINS):
            wrong = found.wrong(score, margin)
            people = len({each.person for each in wrong})
            bounds = interval(people, found.people) or (0.0, 1.0)
            print(
                f"  {score:.2f} above, margin {margin:.2f}: right {found.right(score, margin)}, again"
                f" {found.kept(score, margin)} of these, wrong {len(wrong)} ({people} people, at most {bounds[1]:.2%}),"
                f" of them {sum(each.agrees for each in wrong)} agree, {sum(each.again for each in wrong)} again",
                flush=True,
            )


if __name__ == "__main__":
    main()
