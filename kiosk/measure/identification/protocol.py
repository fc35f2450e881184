"""Who is enrolled, who is a stranger, who is the cohort: always different people, drawn anew in every round.

Of the folder's people a round enrols `enrolled` at random out of those with enough photos. Of each it enrols up to
`enrol_photos` photos and keeps `probe_photos` others for one attempt. Everybody else is dealt in turn, in order of how
many photos there are, to the cohort (all photos) and to the strangers (`probe_photos` photos for one attempt each).
The seed fixes all draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kiosk.measure.identification.collection import Collection

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Condition:
    """What a round looks like. `min_photos`: only people with as many can be enrolled."""

    enrolled: int
    enrol_photos: int = 3
    probe_photos: int = 1
    min_photos: int = 2


@dataclass(frozen=True, eq=False)
class Round:
    """Rows of the collection's photos. `gallery` and `probes` have one entry an enrolled person, in the same order;
    `people` says who that is; `strangers` and `stranger_people` likewise; `cohort` is flat."""

    people: Rows
    gallery: list[Rows]
    probes: list[Rows]
    stranger_people: Rows
    strangers: list[Rows]
    cohort: Rows


def eligible(collection: Collection, min_photos: int) -> int:
    """How many people have as many photos."""
    return sum(len(photos) >= min_photos for photos in collection.photos())


def rounds(collection: Collection, condition: Condition, count: int, seed: int) -> Iterator[Round]:
    """`count` independent draws. Raises ValueError when the folder has too few people."""
    photos = collection.photos()
    sizes = np.array([len(rows) for rows in photos])
    enough = np.flatnonzero(sizes >= max(condition.min_photos, condition.probe_photos + 1))
    if len(enough) < condition.enrolled or len(photos) - condition.enrolled < 4:
        raise ValueError(f"{len(enough)} people have enough photos; {condition.enrolled} and others are needed")
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        enrolled = rng.permutation(enough)[: condition.enrolled]
        shuffled = {person: rng.permutation(photos[person]) for person in range(len(photos))}
        others = rng.permutation(np.setdiff1d(np.arange(len(photos)), enrolled))
        others = others[np.argsort(-sizes[others], kind="stable")]
        cohort, strangers = others[0::2], others[1::2]
        strangers = strangers[sizes[strangers] >= condition.probe_photos]
        yield Round(
            enrolled,
            [_enrol(shuffled[person], condition) for person in enrolled],
            [shuffled[person][-condition.probe_photos :] for person in enrolled],
            strangers,
            [shuffled[person][: condition.probe_photos] for person in strangers],
            np.concatenate([photos[person] for person in cohort]),
        )


def _enrol(photos: Rows, condition: Condition) -> Rows:
    return photos[: min(condition.enrol_photos, len(photos) - condition.probe_photos)]
