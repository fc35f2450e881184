"""Descriptors of one encounter -> Match: one-to-many search in which a stranger is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from kiosk.cohort import SD_FLOOR
from kiosk.errors import GalleryError
from kiosk.model import DLIB_RESNET_V1, Descriptor, GallerySnapshot, Match, ModelId, PersonId, Template

LENGTH = 128

_Z_THRESHOLD = 4.0
_RAW_THRESHOLD = -0.40


class Matcher:
    """A searchable gallery. Immutable after construction; safe to use from several threads.

    Raises GalleryError for a template of another model, of a wrong length, or with NaN.
    """

    def __init__(
        self,
        gallery: GallerySnapshot | Iterable[Template],
        *,
        fpir: float = 0.003,
        margin: float = 0.25,
        model_id: ModelId = DLIB_RESNET_V1,
    ) -> None:
        templates = list(gallery.templates if isinstance(gallery, GallerySnapshot) else gallery)
        templates.sort(key=lambda template: template.person_id)
        self._fpir = fpir
        self._margin = margin
        self._vectors = np.empty((len(templates), LENGTH), dtype=np.float32)
        self._people: list[PersonId] = []
        firsts: list[int] = []
        for row, template in enumerate(templates):
            _check(template, model_id)
            self._vectors[row] = template.descriptor
            if not self._people or self._people[-1] != template.person_id:
                self._people.append(template.person_id)
                firsts.append(row)
        self._firsts = np.array(firsts, dtype=np.intp)
        self._squares = np.einsum("ij,ij->i", self._vectors, self._vectors)
        self._normalised = bool(templates) and all(t.cohort_mean is not None and t.cohort_sd for t in templates)
        if self._normalised:
            self._mean = np.array([t.cohort_mean for t in templates], dtype=np.float32)
            self._sd = np.maximum(np.array([t.cohort_sd for t in templates], dtype=np.float32), SD_FLOOR)
            self._threshold = _Z_THRESHOLD
        else:
            self._mean = np.zeros(len(templates), dtype=np.float32)
            self._sd = np.ones(len(templates), dtype=np.float32)
            self._threshold = _RAW_THRESHOLD

    def identify(self, descriptors: Sequence[Descriptor]) -> Match:
        """Join all descriptors of one encounter into one decision. Raises ValueError for an unusable descriptor."""
        frames = len(descriptors)
        if not self._people:
            return Match(None, 0.0, 0.0, self._threshold, frames, "gallery_empty")
        if not frames:
            return Match(None, 0.0, 0.0, self._threshold, 0, "below_threshold")
        scores = self._scores(np.mean([_checked(d) for d in descriptors], axis=0, dtype=np.float32))
        best = int(np.argmax(scores))
        score = float(scores[best])
        scores[best] = -np.inf
        second = int(np.argmax(scores)) if len(scores) > 1 else None
        margin = score - float(scores[second]) if second is not None else abs(score)
        if score < self._threshold:
            return Match(None, score, margin, self._threshold, frames, "below_threshold")
        if second is not None and margin < self._margin:
            pair = (self._people[best], self._people[second])
            return Match(None, score, margin, self._threshold, frames, "margin_too_small", pair)
        return Match(self._people[best], score, margin, self._threshold, frames, "accepted")

    def _scores(self, probe: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(people,) best normalised score of each person's templates."""
        squares = self._squares + probe @ probe - 2.0 * (self._vectors @ probe)
        scores = (-np.sqrt(np.maximum(squares, 0.0)) - self._mean) / self._sd
        best: npt.NDArray[np.float32] = np.maximum.reduceat(scores, self._firsts)
        return best


def _checked(descriptor: Descriptor) -> npt.NDArray[np.float32]:
    array = np.asarray(descriptor, dtype=np.float32)
    if array.shape != (LENGTH,) or not np.isfinite(array).all():
        raise ValueError(f"a descriptor must be {LENGTH} finite numbers")
    return array


def _check(template: Template, model_id: ModelId) -> None:
    if template.model_id != model_id:
        raise GalleryError(
            f"the gallery holds templates of the model {template.model_id}, this terminal uses {model_id}. "
            "Enrol again, or let the server send templates of this model."
        )
    vector = np.asarray(template.descriptor)
    if vector.shape != (LENGTH,) or not np.isfinite(vector).all():
        raise GalleryError(
            f"a template in the gallery is not {LENGTH} finite numbers. Fetch the gallery again: `kiosk sync --full`."
        )
