"""The office: its people and their templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from kiosk.model.bulletin import NOTHING_TOLD, Bulletin
from kiosk.model.hours import WorkCalendar
from kiosk.model.people import Person, PersonId
from kiosk.model.seeing import DLIB_RESNET_V1, Descriptor, ModelId


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One enrolled descriptor of a person.

    `cohort_mean`, `cohort_sd`: this template's scores against a large cohort of other people, computed by
    the server; None when the gallery came without them.
    """

    template_id: str
    person_id: PersonId
    descriptor: Descriptor
    model_id: ModelId = DLIB_RESNET_V1
    cohort_mean: float | None = None
    cohort_sd: float | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """`recogniser`: whose templates count at this office's terminals."""

    office_id: str
    name: str
    calendar: WorkCalendar
    recogniser: ModelId = DLIB_RESNET_V1


@dataclass(frozen=True, slots=True)
class Renewal:
    """That the server asks for templates of a further model of a person, and the consent that permits it."""

    model_id: ModelId
    consent_utc: dt.datetime
    consent_text_id: str
    officer: str = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class GallerySnapshot:
    """All that a terminal knows of its office: read from the cache in one piece, replaced in one piece.

    `renewals`: of whom templates of a further model are asked for. `bulletin`: what the server tells besides.
    `waiting`: whom this terminal alone knows, by an enrolment that waits (`kiosk.journal.waiting`); `former`: under
    which id it knew somebody so who is one of the office's people by now.
    """

    version: int
    office: Office | None
    people: Mapping[PersonId, Person] = field(repr=False)
    templates: tuple[Template, ...] = field(repr=False)
    fetched_utc: dt.datetime | None = None
    renewals: Mapping[PersonId, Renewal] = field(default_factory=dict, repr=False)
    bulletin: Bulletin = field(default=NOTHING_TOLD, repr=False)
    waiting: frozenset[PersonId] = frozenset()
    former: Mapping[PersonId, PersonId] = field(default_factory=dict, repr=False)

    def without_vectors(self) -> GallerySnapshot:
        """Of whom there are templates, and of which model, but not their numbers, which a matcher refuses then.

        They are 8 MB of a thousand people with three templates of two models each, and a matcher has made its own.
        """
        return replace(self, templates=tuple(replace(each, descriptor=_LEFT_OUT) for each in self.templates))


_LEFT_OUT: Descriptor = np.empty(0, dtype=np.float32)

EMPTY_GALLERY = GallerySnapshot(version=0, office=None, people={}, templates=())
