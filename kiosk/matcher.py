"""Descriptors of one encounter -> Match: one-to-many search in which a stranger is refused.

    score(person) = 0.6 (crowd - typical crowd) - distance(mean of the frames, mean of the person's templates)

*crowd* is the distance at which the person's nearest strangers lie, from the cohort numbers: a person who looks like
many others must be met more closely. So an ordinary person's score is simply minus the distance. Each choice in this
formula has its experiment in docs/accuracy.md.

Recognisers that are compared by the angle between descriptors (`Recogniser.score`) have no crowd; their distance is the
chord between the unit vectors, sqrt(2 - 2 cos), which orders as the angle does, so all the rest is the same.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from kiosk.errors import GalleryError, ModelError
from kiosk.model import DLIB_RESNET_V1, Descriptor, GallerySnapshot, Match, ModelId, PersonId, Template
from kiosk.model.recognisers import RECOGNISERS, Recogniser
from kiosk.scores.cohort import numbers_of_scores, pair_scores
from kiosk.scores.nearest import Centroids, axes
from kiosk.scores.threshold import Normalisation, ThresholdTable, packaged_table

_log = logging.getLogger(__name__)

LARGEST_NORM = 1e3
"""Descriptors have a norm near 1.4; that of 1e19 has no square in float32, and what is no number compares wrongly."""

CROWD_WEIGHT = 0.6
"""How much of a crowd's nearness is asked back from a match; the crowd is an estimate, so not all of it."""

CROWD_DEVIATIONS = 2.5
"""The crowd's edge lies so many deviations above the mean of the nearest tenth: about the nearest in 300."""

CROWD_TYPICAL = 0.56
"""Median crowd of people in LFW: with it the score is minus the distance."""

NEIGHBOUR = 0.04
"""A person whose nearest colleague misses the threshold by less than this must be met that much more closely than the
colleague's own templates are: who resembles one of two who resemble each other often resembles both."""

WINDOW = 0.05
"""In a large gallery people who miss the threshold by more than this are not looked at more closely."""

WORST = -2.0
"""A score that nothing undercuts by much: what is said when there was nothing to compare."""

CROWD_RANGE = (0.34, 0.68)
"""The crowds of 99.8 % of people in LFW. Numbers beyond are cut to it: a wrong number opens no door."""

OWN_COHORT_PEOPLE = 40
"""A gallery of at least as many people serves as cohort for templates that came without numbers; below 30 it harms."""

OWN_COHORT_TEMPLATES = 2048
"""… by a sample of so many, which bounds the time: a hundred thousand templates then take 3 s."""

FRAME_SPREAD_WEIGHT = 0.65
"""How much of the frames' mean squared distance from their mean is added to the squared distance to a person.

The mean of several frames lies nearer to everybody, strangers too, and the more so the more the frames differ: from
those of different days by much, from those of one second hardly. With this weight one threshold gives the same FPIR for
one photo and for means of two and three. A threshold for each number of photos instead refuses twice as many employees
in real sequences, whose frames are alike (docs/accuracy.md, "Frames of one encounter"). Where angles are compared all
of it is added, which makes the score that of the frames' mean cosine: with less, the FPIR rises with the photos.
"""

_BLOCK = 1024

Alike = tuple[PersonId, ...]
Reason = Literal["accepted", "below_threshold", "margin_too_small", "gallery_empty"]


class Matcher:
    """A searchable gallery. Immutable once made; may be used by several threads.

    `fpir`: the largest share of strangers that may be identified as somebody. `margin`: by how much the best person
    must beat the second, in units of score. `table`: turns `fpir` into a score; None: the packaged one.
    `own_cohort_people`: so large must a gallery be to serve as its own cohort (None: OWN_COHORT_PEOPLE).

    Raises GalleryError for a template of another model, of a wrong length, or with NaN; ModelError for a table of
    another model.
    """

    def __init__(
        self,
        gallery: GallerySnapshot | Iterable[Template],
        fpir: float = 0.003,
        margin: float = 0.04,
        table: ThresholdTable | None = None,
        *,
        model_id: ModelId = DLIB_RESNET_V1,
        own_cohort_people: int | None = None,
    ) -> None:
        if not 0.0 < fpir < 1.0:
            raise ValueError("fpir must lie between 0 and 1")
        self._fpir, self._margin = fpir, margin
        self._own_cohort_people = OWN_COHORT_PEOPLE if own_cohort_people is None else own_cohort_people
        self._table = table or packaged_table(model_id)
        self._table.check_model(model_id)
        self._recogniser = RECOGNISERS[model_id]
        given = gallery.templates if isinstance(gallery, GallerySnapshot) else gallery
        templates = sorted(given, key=lambda template: template.person_id)
        self._people: list[PersonId] = []
        owners = np.empty(len(templates), dtype=np.intp)
        for row, template in enumerate(templates):
            _check(template, self._recogniser)
            if not self._people or self._people[-1] != template.person_id:
                self._people.append(template.person_id)
            owners[row] = len(self._people) - 1
        self.normalisation: Normalisation = "none"
        if templates:
            self._fill(templates, owners)
        self.threshold = self._threshold(self.normalisation)

    def _fill(self, templates: Sequence[Template], owners: npt.NDArray[np.intp]) -> None:
        sample, sample_owners = _sample(templates, owners)
        by_angle = self._recogniser.score == "cosine"
        own = not by_angle and len(self._people) >= self._own_cohort_people
        edges = np.array([math.nan if by_angle else _edge(template) for template in templates], dtype=np.float32)
        unnumbered = np.isnan(edges)
        self._centroids = Centroids(len(self._people), axes(sample))
        for start in range(0, len(templates), _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, len(templates)))
            vectors = _stacked(templates[start : start + _BLOCK])
            if by_angle:
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            self._centroids.add(vectors, owners[rows])
            own_rows = rows[unnumbered[rows]]
            if own and len(own_rows):
                edges[own_rows] = _own_edges(vectors[unnumbered[rows]], owners[own_rows], sample, sample_owners)
        spread = self._centroids.finish(unit=by_angle)
        self._bias = _bias(edges, owners, spread)
        self._make_stricter(np.bincount(owners, unnumbered) > 0, "gallery" if own else "none")

    def _make_stricter(self, without: npt.NDArray[np.bool_], fallback: Normalisation) -> None:
        """Hold the people `without` cohort numbers to the threshold of their own normalisation, if others have some."""
        self.normalisation = fallback if without.all() else "cohort"
        if self.normalisation == "cohort" and without.any():
            self._bias[without] -= self._threshold(fallback) - self._threshold("cohort")
            _log.warning("%d of %d people came without cohort numbers", np.count_nonzero(without), len(without))

    def _threshold(self, normalisation: Normalisation) -> float:
        return self._table.score(self._fpir, len(self._people), normalisation)

    @property
    def model_id(self) -> ModelId:
        """Whose descriptors it compares."""
        return self._recogniser.model_id

    @property
    def people(self) -> Sequence[PersonId]:
        """Everybody enrolled, in the order of `scores`."""
        return self._people

    def scores(self, descriptors: Sequence[Descriptor]) -> npt.NDArray[np.float32]:
        """(people,) score of each person, WORST without descriptors. Raises ModelError as `identify` does."""
        if not self._people or not len(descriptors):
            return np.full(len(self._people), WORST, dtype=np.float32)
        probe, further = _joined(descriptors, self._recogniser)
        return self._centroids.scores(self._centroids.turn(probe), self._bias, further)

    def identify(self, descriptors: Sequence[Descriptor]) -> Match:
        """Join all descriptors of one encounter (one person's face over several frames) into one decision.

        Raises ModelError when a descriptor is not as many finite numbers as the recogniser gives: the engine is another
        one, or broken.
        """
        frames, threshold = len(descriptors), self.threshold

        def outcome(score: float, margin: float, reason: Reason, *who: PersonId, alike: Alike = ()) -> Match:
            person_id = who[0] if who else None
            return Match(person_id, score, margin, threshold, frames, reason, alike, self.model_id)

        if not frames or not self._people:
            return outcome(WORST, 0.0, "below_threshold" if self._people else "gallery_empty")
        best, score, margin, close = self._best(descriptors)
        if score < threshold:
            return outcome(score, margin, "below_threshold")
        threshold, alike = self._own_bar(best)
        if score < threshold:
            return outcome(score, margin, "below_threshold")
        if close:
            return outcome(score, margin, "margin_too_small", alike=tuple(self._people[row] for row in (best, *close)))
        return outcome(score, margin, "accepted", self._people[best], alike=alike)

    def _best(self, descriptors: Sequence[Descriptor]) -> tuple[int, float, float, list[int]]:
        """Row and score of the best person, margin to the second, rows of all who come closer to it than the margin.

        Exact for a person near the threshold or above it. In a gallery too large to look at everybody (nearest.py), a
        stranger's score is that of the most promising person, and a margin without a second is the least it can be.
        """
        limit = self.threshold - max(WINDOW, self._margin)
        probe, further = _joined(descriptors, self._recogniser)
        rows, scores = self._centroids.reaching(self._centroids.turn(probe), self._bias, limit, further)
        first = int(scores.argmax())
        best, score = int(rows[first]), float(scores[first])
        if len(rows) == 1:
            return best, score, max(0.0, score - (WORST if len(self._people) == 1 else limit)), []
        scores[first] = -np.inf
        close = np.flatnonzero(scores > score - self._margin)
        close = rows[close[np.argsort(-scores[close], kind="stable")]]
        return best, score, score - float(scores.max()), close.tolist()

    def look_alike_pairs(self) -> list[tuple[PersonId, PersonId]]:
        """Everybody who needs the NIP pad, in pairs. Time grows with the square of the gallery."""
        pairs = set()
        for row, person_id in enumerate(self._people):
            for other in self._own_bar(row)[1][1:]:
                pairs.add((min(person_id, other), max(person_id, other)))
        return sorted(pairs)

    def _own_bar(self, row: int) -> tuple[float, Alike]:
        """What the person in `row` must be met with, and that person with all look-alikes (empty without such).

        Look-alikes are those whose mean template would be identified as that person, or the other way round: half of
        all mistaken identities are between such people ("Look-alikes" in the document). They type their NIP. One who
        comes near to that, by NEIGHBOUR, raises the person's threshold instead.
        """
        bias = np.maximum(self._bias, self._bias[row])
        nearly = self.threshold - NEIGHBOUR
        rows, scores = self._centroids.reaching(self._centroids.turned(row), bias, nearly)
        near = (scores >= nearly) & (rows != row)
        rows, scores = rows[near], scores[near]
        same = scores >= self.threshold
        if same.any():
            return self.threshold, (self._people[row], *(self._people[other] for other in rows[same]))
        return max(self.threshold, float(scores.max(initial=WORST)) + NEIGHBOUR), ()


def comparable(templates: Iterable[Template], model_id: ModelId) -> list[Template]:
    """Those of one recogniser that can be compared. One that cannot is left out, and named in the log: of a server that
    takes it for a face, or of a sitting whose engine was broken, nobody else has to go unknown."""
    found = [template for template in templates if template.model_id == model_id]
    good = [template for template in found if _usable(template.descriptor, RECOGNISERS[model_id])]
    if len(good) < len(found):
        _log.warning(
            "%d templates of %s are left out: they are no faces' descriptors", len(found) - len(good), model_id
        )
    return good


def _joined(descriptors: Sequence[Descriptor], recogniser: Recogniser) -> tuple[npt.NDArray[np.float32], float]:
    """(length,) the mean of the frames, and what to add to squared distances from it for their difference."""
    for descriptor in descriptors:
        if not _usable(descriptor, recogniser):
            raise ModelError(
                f"a face descriptor is not {recogniser.length} finite numbers: it is of another model, or the engine "
                "is broken. `kiosk doctor` checks the engine."
            )
    frames = np.asarray(descriptors, dtype=np.float32)
    if recogniser.score == "cosine":
        frames = frames / np.linalg.norm(frames, axis=1, keepdims=True)
    mean: npt.NDArray[np.float32] = frames.mean(axis=0)
    weight = FRAME_SPREAD_WEIGHT if recogniser.score == "distance" else 1.0
    return mean, weight * float(np.square(frames - mean).sum() / len(frames))


def _usable(descriptor: Descriptor, recogniser: Recogniser) -> bool:
    """False for another shape, NaN, infinity, numbers so large that they are as bad as infinity, and no direction."""
    if np.shape(descriptor) != (recogniser.length,) or not np.abs(descriptor).max() < LARGEST_NORM:
        return False
    return recogniser.score == "distance" or bool(np.abs(descriptor).max() > 1 / LARGEST_NORM)


def _check(template: Template, recogniser: Recogniser) -> None:
    if template.model_id != recogniser.model_id:
        raise GalleryError(
            f"the gallery holds templates of the model {template.model_id}, this terminal uses {recogniser.model_id}. "
            "Enrol again, or let the server send templates of this model."
        )
    if not _usable(template.descriptor, recogniser):
        raise GalleryError(
            f"a template in the gallery is not {recogniser.length} finite numbers. Fetch the gallery again."
        )
    numbers = (template.cohort_mean, template.cohort_sd)
    if any(number is not None and not math.isfinite(number) for number in numbers):
        raise GalleryError("a template's cohort numbers are not finite. Compute them again: `etpp cohort`.")


def _edge(template: Template) -> float:
    """Distance of the crowd's edge from the template, NaN when it came without cohort numbers."""
    if template.cohort_mean is None or template.cohort_sd is None:
        return math.nan
    return -template.cohort_mean - CROWD_DEVIATIONS * template.cohort_sd


def _sample(
    templates: Sequence[Template], owners: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    """At most OWN_COHORT_TEMPLATES templates, evenly spread over the people, and whose they are."""
    rows = np.unique(np.linspace(0, len(templates) - 1, OWN_COHORT_TEMPLATES).astype(np.intp))
    return _stacked([templates[row] for row in rows.tolist()]), owners[rows]


def _stacked(templates: Sequence[Template]) -> npt.NDArray[np.float32]:
    return np.stack([template.descriptor for template in templates]).astype(np.float32, copy=False)


def _own_edges(
    vectors: npt.NDArray[np.float32],
    owners: npt.NDArray[np.intp],
    sample: npt.NDArray[np.float32],
    sample_owners: npt.NDArray[np.intp],
) -> npt.NDArray[np.float32]:
    """(n,) crowd edges of templates against the gallery's other people."""
    scores = pair_scores(vectors, sample)
    scores[owners[:, None] == sample_owners] = -np.inf
    most = int(np.unique(sample_owners, return_counts=True)[1].max())
    mean, sd = numbers_of_scores(scores, len(sample) - most)
    edges: npt.NDArray[np.float32] = -mean - CROWD_DEVIATIONS * sd
    return edges


def _bias(
    edges: npt.NDArray[np.float32], owners: npt.NDArray[np.intp], spread: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(people,) what is added to minus the distance of the person's mean template.

    The mean of several templates lies nearer to everybody than each of them does, by their spread: for squared
    distances that is exact, so the crowd's edge is corrected by it.
    """
    squares = np.bincount(owners, np.square(np.maximum(edges, 0.0))) / np.bincount(owners)
    crowd = np.clip(np.sqrt(np.maximum(squares - spread, 0.0)), *CROWD_RANGE)
    return np.where(np.isnan(crowd), 0.0, CROWD_WEIGHT * (crowd - CROWD_TYPICAL)).astype(np.float32)
