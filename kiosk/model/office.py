"""The office: its working hours, its people, their templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

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
class WorkDay:
    """Local start and end of work. `grace_…_minutes`: so many minutes late or early are on time; one more, and all of
    them count."""

    start: dt.time
    end: dt.time
    grace_late_minutes: int = 0
    grace_early_minutes: int = 0


@dataclass(frozen=True, slots=True)
class WorkPeriod:
    """Working hours that hold from `first` to `last` (inclusive; None: until replaced). 0 = Monday."""

    first: dt.date
    last: dt.date | None
    days: Mapping[int, WorkDay]
    late_percent: float
    early_percent: float


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """An office's working hours as dated data. Of several periods that hold on a day, the last counts."""

    timezone: str
    periods: tuple[WorkPeriod, ...]
    holidays: frozenset[dt.date] = frozenset()


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

    `renewals`: of whom templates of a further model are asked for.
    """

    version: int
    office: Office | None
    people: Mapping[PersonId, Person] = field(repr=False)
    templates: tuple[Template, ...] = field(repr=False)
    fetched_utc: dt.datetime | None = None
    renewals: Mapping[PersonId, Renewal] = field(default_factory=dict, repr=False)


EMPTY_GALLERY = GallerySnapshot(version=0, office=None, people={}, templates=())
