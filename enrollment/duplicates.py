"""Is this face enrolled already, under another NIP? One-to-many over the gallery and the enrolments that still wait."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from enrollment.templates import centre
from kiosk.model import Descriptor, Event, GallerySnapshot, ModelId, Nip, PersonId
from kiosk.model.recognisers import recognised
from kiosk.scores.likeness import Rule, nearest
from kiosk.wire import decode_descriptor


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A person who is enrolled. A person may be known twice: from the gallery, and from an enrolment on its way.

    `certain` is False for an enrolment that the server has and BKPP may yet refuse, and for a face that the recogniser
    of the office does not know: the face counts, but its NIP may be enrolled again.
    """

    nip: Nip = field(repr=False)
    templates: tuple[Descriptor, ...]
    certain: bool = True


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
        """The person whose face is most like this one, but for those `ignored`; None when nobody is known."""
        if not self._people:
            return None
        found = nearest(
            np.stack(list(templates)),
            np.stack(self._centres),
            [len(person.templates) for person in self._people],
            [person.nip for person in self._people],
            rule,
            ignored,
        )
        return None if found is None else Likeness(self._people[found.row].nip, found.distance, found.same)


def in_gallery(snapshot: GallerySnapshot, model_id: ModelId) -> list[Known]:
    """The people of the gallery who have templates of this model."""
    templates: dict[PersonId, list[Descriptor]] = {}
    for template in snapshot.templates:
        if template.model_id == model_id:
            templates.setdefault(template.person_id, []).append(template.descriptor)
    good = recognised(snapshot)
    return [
        Known(snapshot.people[person_id].nip, tuple(descriptors), certain=person_id in good)
        for person_id, descriptors in templates.items()
        if person_id in snapshot.people
    ]


def in_event(event: Event, model_id: ModelId) -> Known | None:
    """The person of an enrolment event; None when it is of another kind or another model."""
    detail: Any = event.body.get("enrolment")
    if event.kind != "enrolment" or detail["model_id"] != model_id:
        return None
    return Known(Nip(detail["nip"]), tuple(decode_descriptor(text) for text in detail["templates"]))
