"""Run a condition's rounds through the terminal's own matcher, and through what most projects use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kiosk.matcher import Matcher
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.protocol import Round, Rows
from kiosk.measure.identification.statistics import Attempts
from kiosk.model import PersonId, Template
from kiosk.scores.cohort import cohort_numbers_many
from kiosk.scores.threshold import Normalisation, ThresholdTable

Search = Callable[[Rows], npt.NDArray[np.float64]]
"""Photos of one attempt -> (enrolled,) scores, higher is more alike."""

Method = Callable[[Collection, Round], Search]

NOBODY = 1 << 30
"""More people than any gallery has: the limit that switches the gallery's own cohort off."""


@dataclass(frozen=True)
class Presensi:
    """The terminal's matcher. `normalisation`: with cohort numbers from the round's cohort, as a server computes them;
    without, as for a gallery that came without; or with none and no own cohort either. A recogniser that is compared by
    angle knows the last one alone."""

    normalisation: Normalisation = "cohort"
    table: ThresholdTable | None = None

    def __call__(self, collection: Collection, drawn: Round) -> Search:
        matcher = self.matcher(collection, drawn)
        places = np.array([int(person) for person in matcher.people], dtype=np.intp)

        def search(rows: Rows) -> npt.NDArray[np.float64]:
            scores = np.full(len(drawn.people), -np.inf)
            if len(places):
                scores[places] = matcher.scores(list(collection.described[rows]))
            return scores

        return search

    def matcher(self, collection: Collection, drawn: Round, fpir: float = 0.003, margin: float = 0.0) -> Matcher:
        """A matcher of the round's gallery. A person's id is the place in it, six digits."""
        rows = [row[collection.acquired[row]] for row in drawn.gallery]
        flat = np.concatenate(rows)
        numbers: list[tuple[float | None, float | None]] = [(None, None)] * len(flat)
        cohort = drawn.cohort[collection.acquired[drawn.cohort]]
        if self.normalisation == "cohort" and len(flat) and len(cohort) > 1:
            means, sds = cohort_numbers_many(collection.described[flat], collection.described[cohort])
            numbers = list(zip(means.tolist(), sds.tolist(), strict=True))
        owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        templates = [
            Template(f"{row}", PersonId(f"{owner:06d}"), collection.described[row], collection.model_id, mean, sd)
            for row, owner, (mean, sd) in zip(flat, owners, numbers, strict=True)
        ]
        least = NOBODY if self.normalisation == "none" else None
        model_id = collection.model_id
        return Matcher(templates, fpir, margin, self.table, model_id=model_id, own_cohort_people=least)


def face_recognition_method(collection: Collection, drawn: Round) -> Search:
    """`face_recognition`'s way: minus the smallest distance to any of the person's templates."""
    rows = [row[collection.acquired[row]] for row in drawn.gallery]
    enrolled = np.array([bool(len(row)) for row in rows])
    starts = np.cumsum([0, *(len(row) for row in rows)])[:-1][enrolled]
    templates = collection.plain[np.concatenate(rows)]

    def search(probe: Rows) -> npt.NDArray[np.float64]:
        distances = np.linalg.norm(templates - collection.plain[probe].mean(axis=0), axis=1)
        scores = np.full(len(rows), -np.inf)
        if len(starts):
            scores[enrolled] = -np.minimum.reduceat(distances, starts)
        return scores

    return search


def attempts(collection: Collection, drawn: Iterable[Round], method: Method) -> Attempts:
    """Everybody's attempt in every round. A photo without a face is left out; an attempt with no other is missed."""
    mated, wrong, mated_people, nonmated, nonmated_people = [], [], [], [], []
    for one in drawn:
        search = method(collection, one)
        for place, rows in enumerate(one.probes):
            scores = _scores(search, rows, collection, len(one.people))
            best = int(scores.argmax())
            mated.append(scores[best] if best == place else -np.inf)
            wrong.append(scores[best] if best != place else -np.inf)
        nonmated += [_scores(search, rows, collection, len(one.people)).max() for rows in one.strangers]
        mated_people.append(one.people)
        nonmated_people.append(one.stranger_people)
    return Attempts(
        np.array(mated),
        np.array(wrong),
        np.concatenate(mated_people),
        np.array(nonmated),
        np.concatenate(nonmated_people),
    )


def _scores(search: Search, rows: Rows, collection: Collection, people: int) -> npt.NDArray[np.float64]:
    usable = rows[collection.acquired[rows]]
    return search(usable) if len(usable) else np.full(people, -np.inf)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What the terminal did at its threshold and margin, attempt by attempt (booleans).

    `missed`, `wrong`, `asked` of enrolled people: not identified as themselves, identified as somebody else, sent to
    the NIP pad; one who ends there among those to be told apart is not missed. `accepted` of strangers, whose they are
    says `nonmated_people`: reached the threshold with somebody.
    """

    missed: npt.NDArray[np.bool_]
    wrong: npt.NDArray[np.bool_]
    asked: npt.NDArray[np.bool_]
    accepted: npt.NDArray[np.bool_]
    nonmated_people: Rows


@dataclass(frozen=True)
class Decided:
    """The same as shares of the attempts."""

    fpir: float
    fnir: float
    misidentified: float
    asked_for_nip: float


def outcomes(
    collection: Collection, drawn: Iterable[Round], method: Presensi, *, fpir: float, margin: float
) -> Outcomes:
    """Let the matcher decide every attempt."""
    missed, wrong, asked, accepted, people = [], [], [], [], []
    for one in drawn:
        matcher = method.matcher(collection, one, fpir, margin)
        for place, rows in enumerate(one.probes):
            usable = rows[collection.acquired[rows]]
            match = matcher.identify(list(collection.described[usable]))
            right = PersonId(f"{place:06d}")
            named = match.look_alikes or ((match.person_id,) if match.person_id else ())
            missed.append(right not in named)
            wrong.append(match.person_id not in (None, right) and not match.look_alikes)
            asked.append(bool(match.look_alikes))
        for rows in one.strangers:
            match = matcher.identify(list(collection.described[rows[collection.acquired[rows]]]))
            accepted.append(match.score >= match.threshold)
        people.append(one.stranger_people)
    return Outcomes(np.array(missed), np.array(wrong), np.array(asked), np.array(accepted), np.concatenate(people))


def decisions(
    collection: Collection, drawn: Iterable[Round], method: Presensi, *, fpir: float, margin: float
) -> Decided:
    found = outcomes(collection, drawn, method, fpir=fpir, margin=margin)
    shares = (found.accepted, found.missed, found.wrong, found.asked)
    return Decided(*(float(np.mean(share)) for share in shares))
