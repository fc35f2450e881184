"""Is this face enrolled already, under another NIP? One-to-many over the gallery and the enrolments that still wait."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from enrollment.templates import centre, distance, threshold
from kiosk.model import Descriptor, Event, GallerySnapshot, ModelId, Nip
from kiosk.wire import decode_descriptor

FEWEST_OTHERS = 3
MOST_OTHERS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A person who is enrolled. A person may be known twice: from the gallery, and from an enrolment on its way.

    `certain` is False for an enrolment that the server has and BKPP may yet refuse: its face counts, but its NIP may be
    enrolled again.
    """

    nip: Nip = field(repr=False)
    templates: tuple[Descriptor, ...]
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """When a face is that of somebody known. `distance` of mean descriptors at most, for MANY templates and more; and
    at most `ratio` times the distance to the other people who are nearest.

    The ratio is what makes the rule hold in any office: where people look alike to the network, and where many are
    known, everybody is near to somebody, but only the same person is much nearer than the next ones
    (docs/enrolment.md).
    """

    distance: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """The person most like a face. `distance` 0: identical; `same`: by the rule it is their face."""

    nip: Nip = field(repr=False)
    distance: float
    same: bool


class KnownFaces:
    """All people against whom an enrolment is checked. Grows with each one that is accepted."""

    def __init__(self, people: Iterable[Known] = ()) -> None:
        self._people: list[Known] = []
        self._centres: list[Descriptor] = []
        for person in people:
            self.add(person)

    def add(self, person: Known) -> None:
        if person.templates:
            self._people.append(person)
            self._centres.append(centre(person.templates))

    def __contains__(self, nip: object) -> bool:
        """Whether the NIP is enrolled."""
        return any(person.nip == nip and person.certain for person in self._people)

    def templates_of(self, nip: Nip) -> list[tuple[Descriptor, ...]]:
        """What is known of one person, the newest last."""
        return [person.templates for person in self._people if person.nip == nip]

    def most_alike(self, templates: Sequence[Descriptor], rule: Rule, ignored: Collection[Nip] = ()) -> Likeness | None:
        """The person whose face is most like this one, but for those `ignored`; None when nobody is known.

        Means are compared with means: nearer to the truth than the nearest pair of templates.
        """
        ours = centre(templates)
        nearest: dict[Nip, tuple[float, int]] = {}
        for person, theirs in zip(self._people, self._centres, strict=True):
            found = (distance(ours, theirs), len(person.templates))
            if person.nip not in ignored and found < nearest.get(person.nip, (math.inf, 0)):
                nearest[person.nip] = found
        if not nearest:
            return None
        nip = min(nearest, key=lambda known: nearest[known])
        gap, count = nearest.pop(nip)
        near = gap <= threshold(rule.distance, len(templates), count)
        return Likeness(nip, gap, near and _stands_out(gap, [other for other, _ in nearest.values()], rule.ratio))


def _stands_out(gap: float, others: list[float], ratio: float) -> bool:
    """Whether `gap` is far below the mean of the nearest tenth of the others, of FEWEST_OTHERS at least.

    Several, because one or two of them may be twins or the same face once more.
    """
    if len(others) < FEWEST_OTHERS:
        return True
    count = min(MOST_OTHERS, max(FEWEST_OTHERS, len(others) // 10))
    return gap <= ratio * sum(sorted(others)[:count]) / count


def in_gallery(snapshot: GallerySnapshot, model_id: ModelId) -> list[Known]:
    """The people of the gallery who have templates of this model."""
    templates: dict[Nip, list[Descriptor]] = {}
    for template in snapshot.templates:
        person = snapshot.people.get(template.person_id)
        if person is not None and template.model_id == model_id:
            templates.setdefault(person.nip, []).append(template.descriptor)
    return [Known(nip, tuple(descriptors)) for nip, descriptors in templates.items()]


def in_event(event: Event, model_id: ModelId) -> Known | None:
    """The person of an enrolment event; None when it is of another kind or another model."""
    detail: Any = event.body.get("enrolment")
    if event.kind != "enrolment" or detail["model_id"] != model_id:
        return None
    return Known(Nip(detail["nip"]), tuple(decode_descriptor(text) for text in detail["templates"]))
