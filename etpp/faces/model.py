"""Faces as values: what a terminal recognises somebody by, and what waits to become that. All times are aware UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from etpp.base.encoding import Json
from etpp.db.tables import DLIB_RESNET_V1

EnrolmentState = Literal["pending", "approved", "rejected"]


WordState = Literal["waiting", "approved", "refused", "withdrawn"]
"""What became of an enrolment. `withdrawn`: the consent was taken back at the terminal before anybody decided."""


@dataclass(frozen=True, slots=True)
class EnrolmentWord:
    """What became of an enrolment, as a fact; of several words the last counts, and after one that is not `waiting`
    there is none. `person_id`: the employee; empty while its NIP is nobody's, and of one that was refused then."""

    event_id: str
    office_id: str
    device_id: str
    person_id: str
    state: WordState


@dataclass(frozen=True, slots=True)
class Template:
    """`descriptor`: little-endian float32, as many as its recogniser gives (`etpp.faces.recognisers`)."""

    template_id: str
    person_id: str
    model_id: str
    descriptor: bytes = field(repr=False)
    cohort_mean: float | None = None
    cohort_sd: float | None = None


@dataclass(frozen=True, slots=True)
class RecogniserChoice:
    """BKPP's word on whose templates count in an office; or, with `face_tables.REGENCY`, where nothing is said."""

    office_id: str
    model_id: str


@dataclass(frozen=True, slots=True)
class Renewing:
    """An office in which faces get templates of a further model as their people come, with their consent."""

    office_id: str
    model_id: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """That somebody's face was taken away. `asked_by`: at whose wish, as it was written down ("" where nobody wrote it:
    somebody moved to another office, for one); `done_by`: whose log-in; `version`: the gallery that tells terminals;
    `templates`: how many there were; `forgotten`: name and NIP went as well."""

    office_id: str
    person_id: str
    erased_utc: dt.datetime
    employee_id: str
    version: int
    asked_by: str
    done_by: str
    templates: int
    forgotten: bool


@dataclass(frozen=True, slots=True)
class RenewalConsent:
    """That somebody agreed to templates of this model, to which text and before whom."""

    employee_id: str
    model_id: str
    given_utc: dt.datetime
    text_id: str
    officer: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RenewalOffer:
    """That a terminal has offered them."""

    employee_id: str
    model_id: str
    offered_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """Who said it, and when. `office_id` None: of the regency; `model_id` None: the word was taken back."""

    office_id: str | None
    model_id: str | None
    utc: dt.datetime
    by: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many people of an office have a face, and how many of them have templates of each model."""

    faces: int
    people: Mapping[str, int]

    def unrecognised(self, counts: str) -> int:
        """How many of them the terminals do not recognise, where this model counts: by dlib's do those where nobody has
        templates of it."""
        return self.faces - (self.people.get(counts, 0) or self.people.get(DLIB_RESNET_V1, 0))


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Templates that wait for BKPP's approval, or did. The personal members are None once the person is erased.

    `descriptors` are of `model_id`; `more`: the same pictures by further recognisers, by model. `renewal`: of one that
    a terminal offers for a further model alone, what speaks for it: `model_id`, `person_id`, `presence`, `match`,
    `liveness`, and once it was decided how near the faces were (`agreement`).
    `marks`: what did not fit, and whom, when this one was approved all the same (`etpp.faces.marks`).
    """

    office_id: str
    event_id: str
    device_id: str
    nip: str | None = field(repr=False)
    name: str | None = field(repr=False)
    model_id: str
    descriptors: Sequence[bytes] = field(repr=False)
    more: Mapping[str, Sequence[bytes]] = field(repr=False)
    qualities: Sequence[Json] = field(repr=False)
    consent: Json = field(repr=False)
    state: EnrolmentState
    received_utc: dt.datetime
    decided_utc: dt.datetime | None = None
    decided_by: str | None = None
    person_id: str | None = None
    marks: Sequence[Json] = ()
    renewal: Json | None = None

    @property
    def faces(self) -> Mapping[str, Sequence[bytes]]:
        """The descriptors of every model; empty once it was decided."""
        return {self.model_id: self.descriptors, **self.more} if self.descriptors else {}
