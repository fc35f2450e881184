"""What the server asks of its store. `etpp.store` implements it on SQL; the contract tests say what must hold.

A transaction is all or nothing, and what it wrote is durable when the `with` block has been left. Every key includes
the office, so that the tables can be distributed by it. Methods MUST raise StoreUnavailable when the database is
locked, full or gone, and nothing of the database library's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from etpp.model import (
    ChainHead,
    Code,
    Device,
    Enrolment,
    EnrolmentState,
    Identity,
    Json,
    Link,
    LinkStatus,
    Office,
    Person,
    PresenceRow,
    Template,
)


class Offices(Protocol):
    def add(self, office: Office, now: dt.datetime) -> None:
        """MUST raise Conflict when the office exists."""

    def get(self, office_id: str) -> Office | None: ...

    def all(self) -> list[Office]:
        """In order of their ids."""

    def set_calendar(self, office_id: str, name: str, calendar: Json) -> None: ...

    def bump(self, office_id: str, now: dt.datetime, at_least: int = 0) -> int:
        """Lock the office and raise its gallery version by one (or to `at_least`); the new version."""

    def issued_utc(self, office_id: str, version: int) -> dt.datetime | None:
        """When this gallery version was made, or None when it never was."""

    def call_attention(self, office_id: str) -> None:
        """Raise a counter that wakes the office's waiting terminals although the gallery is the same."""

    def marks(self) -> Mapping[str, tuple[int, int]]:
        """office_id -> (gallery version, attention counter), for all offices in one cheap query."""

    def note_cohort(self, office_id: str, now: dt.datetime) -> None:
        """The cohort numbers of the office's templates are up to date."""

    def cohort_utc(self) -> dt.datetime | None:
        """Since when every office's numbers were last up to date: the oldest, counted from the office's making at the
        latest; None without offices."""


class People(Protocol):
    def add(self, person: Person) -> None:
        """MUST raise Conflict when an enrolled person of the office has the NIP."""

    def get(self, office_id: str, person_id: str) -> Person | None: ...

    def by_nip(self, office_id: str, nip: str) -> Person | None:
        """The enrolled (not erased) person with this NIP."""

    def everyone(self, office_id: str, include_erased: bool = False) -> list[Person]:
        """In order of their names."""

    def enrolled(self) -> Mapping[tuple[str, str], Identity]:
        """(office_id, person_id) -> who it is; the whole regency, without those who are erased."""

    def known(self, office_id: str, person_ids: Sequence[str]) -> set[str]:
        """Those of the ids that the office has, erased people included: their earlier presences still count."""

    def update(self, office_id: str, person_id: str, name: str, version: int) -> None: ...

    def erase(self, office_id: str, person_id: str, version: int, forget: bool) -> None:
        """Delete all face data of the person, in the enrolments too; with `forget`, name and NIP as well."""

    def replace_templates(self, office_id: str, person_id: str, templates: Sequence[Template]) -> None: ...

    def templates(self, office_id: str, changed_after: int = 0) -> list[Template]:
        """Of enrolled people whose `changed_version` is above; in order of their ids."""

    def with_templates(self) -> int:
        """How many people of the whole regency have a face."""

    def changed(self, office_id: str, after: int) -> tuple[list[Person], list[str]]:
        """Enrolled people changed after a version, and the ids of those erased after it; in order of their ids."""

    def cohort(self, model_id: str) -> list[tuple[str, str, Template]]:
        """(office_id, person_id, template) of the whole regency, for the cohort numbers."""

    def set_cohort(
        self, office_id: str, person_id: str, version: int, numbers: Mapping[str, tuple[float, float]]
    ) -> None:
        """template_id -> (mean, sd), and the person counts as changed in that version."""


class Enrolments(Protocol):
    def add(self, enrolment: Enrolment) -> None: ...

    def get(self, office_id: str, event_id: str, lock: bool = False) -> Enrolment | None: ...

    def search(self, state: EnrolmentState | None = None, office_id: str | None = None) -> list[Enrolment]:
        """Oldest first."""

    def decide(self, enrolment: Enrolment, state: EnrolmentState, now: dt.datetime, by: str) -> None:
        """Its face data MUST be deleted: approved, it lives on in the templates of `enrolment.person_id`."""


class Devices(Protocol):
    def add_code(self, code: Code, now: dt.datetime) -> None: ...

    def code(self, code_hash: str) -> Code | None:
        """Locked for this transaction."""

    def use_code(self, code: Code, device_id: str, public_key: bytes, now: dt.datetime) -> None: ...

    def add(self, device: Device) -> None: ...

    def get(self, device_id: str, lock: bool = False) -> Device | None: ...

    def all(self, office_id: str | None = None) -> list[Device]: ...

    def set_nonce(self, device: Device, highest: int, window: int, now: dt.datetime) -> None:
        """Also notes that the terminal was seen."""

    def set_keys(self, device: Device, public_key: bytes, next_key: bytes | None) -> None: ...

    def set_heartbeat(
        self, device: Device, heartbeat: Json, software: str, gallery_version: int, erased_through: int
    ) -> None: ...

    def revoke(self, device: Device, now: dt.datetime) -> None: ...

    def write_off(self, device: Device, now: dt.datetime) -> None:
        """BKPP knows that a revoked terminal has nothing more to report."""


class Books(Protocol):
    def lock_chain(self, office_id: str, device_id: str, chain_id: str, now: dt.datetime) -> ChainHead:
        """The head, locked so that two batches of one chain follow each other; seq 0 and ZERO_HASH when new."""

    def set_head(self, office_id: str, head: ChainHead) -> None: ...

    def note_broken(self, office_id: str, device_id: str, chain_id: str, now: dt.datetime) -> None:
        """Somebody must look at this chain: what the terminal sent contradicts the books."""

    def newest_head(self, office_id: str, device_id: str) -> ChainHead | None:
        """Of the chain that was begun last."""

    def heads(self, office_id: str) -> list[ChainHead]: ...

    def links(self, office_id: str, device_id: str, chain_id: str, first: int, last: int) -> dict[int, Link]:
        """seq -> link, for those between and including."""

    def accepted_ids(self, office_id: str, event_ids: Sequence[str]) -> set[str]: ...

    def add_links(self, links: Sequence[Link]) -> None: ...

    def set_status(self, link: Link, status: LinkStatus, problem: Json | None) -> None:
        """For a rejected event that BKPP accepts after all."""

    def link(self, office_id: str, event_id: str) -> Link | None:
        """The event with this id; the accepted one if there are several."""

    def presences(self, office_id: str, start: dt.datetime, end: dt.datetime) -> list[PresenceRow]:
        """Accepted presences that happened in [start, end), and those of uncertain time that may have; by time."""

    def search(
        self, office_id: str | None, status: LinkStatus | None, kind: str | None, limit: int, offset: int
    ) -> list[Link]:
        """Newest received first."""

    def count(self, office_id: str | None, status: LinkStatus | None, kind: str | None) -> int: ...


class Transaction(Protocol):
    @property
    def offices(self) -> Offices: ...
    @property
    def people(self) -> People: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def devices(self) -> Devices: ...
    @property
    def books(self) -> Books: ...


class Store(Protocol):
    def begin(self) -> AbstractContextManager[Transaction]:
        """A transaction that writes. MUST be durable when left, or leave no trace when an exception ends it."""

    def read(self) -> AbstractContextManager[Transaction]:
        """A consistent view; writing in it is an error of the caller's."""

    def migrate(self) -> None:
        """Bring the tables to this version of the software."""

    def close(self) -> None: ...
