"""Offices and people as values: frozen, typed, independent of the database and of HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from etpp.base.encoding import Json

OfficeKind = Literal["office", "opd", "uptd", "school", "unit"]
"""`office`: nobody has said what it is."""


TOLD_FORM = 1
"""The form in which terminals are told when people work; one more whenever something is said that was not before. 1:
hours over midnight, the whole of flexible hours, occasions, rosters, and when the hours are not somebody's."""


@dataclass(frozen=True, slots=True)
class Office:
    """`calendar` is the JSON of docs/protocol.md; `gallery_version` grows with every change of people or calendar."""

    office_id: str
    name: str
    calendar: Json
    gallery_version: int


@dataclass(frozen=True, slots=True)
class Person:
    """A person as an office's terminals know them. `changed_version` is the gallery version that brought the present
    templates; `erased_version` the one that removed the person from the terminals (None while enrolled). `employee_id`:
    who it is in the whole regency."""

    office_id: str
    person_id: str
    employee_id: str
    nip: str | None = field(repr=False)
    name: str | None = field(repr=False)
    changed_version: int
    erased_version: int | None = None
    templates: int = 0


@dataclass(frozen=True, slots=True)
class Employee:
    """A person in the whole regency: what pay calls `person_id`. `other_id`: of contract staff without a NIP."""

    person_id: str
    name: str = field(repr=False)
    nip: str | None = field(repr=False)
    other_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OfficePlace:
    """Where an office stands in the regency's tree, and in which time zone."""

    office_id: str
    parent_id: str | None
    kind: OfficeKind
    timezone: str


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Who an enrolled person is, and nothing else."""

    employee_id: str
    nip: str
    name: str
