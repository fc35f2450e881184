"""Offices and people as values: frozen, typed, independent of the database and of HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field

from etpp.base.encoding import Json


@dataclass(frozen=True, slots=True)
class Office:
    """`calendar` is the JSON of docs/protocol.md; `gallery_version` grows with every change of people or calendar."""

    office_id: str
    name: str
    calendar: Json
    gallery_version: int


@dataclass(frozen=True, slots=True)
class Person:
    """`changed_version` is the gallery version that brought the present templates; `erased_version` the one that
    removed the person from the terminals (None while enrolled)."""

    office_id: str
    person_id: str
    nip: str | None = field(repr=False)
    name: str | None = field(repr=False)
    changed_version: int
    erased_version: int | None = None
    templates: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Who an enrolled person is, and nothing else."""

    nip: str
    name: str
