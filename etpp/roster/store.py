"""Offices and people in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from etpp.base.encoding import Json
from etpp.base.errors import Conflict, NotFound
from etpp.db import Facts, Transaction, pay_tables
from etpp.db.tables import DLIB_RESNET_V1, Utc, gallery_versions, offices, people, templates
from etpp.roster.assignments import Acting, Assignment, Career, Deputy
from etpp.roster.model import TOLD_FORM, Employee, Identity, Office, OfficePlace, Person

EMPLOYEES = Facts(Employee, pay_tables.employees, "person_id")
PLACES = Facts(OfficePlace, pay_tables.office_places, "office_id")
ASSIGNMENTS = Facts(Assignment, pay_tables.assignments, "assignment_id")
ACTINGS = Facts(Acting, pay_tables.actings, "acting_id")
DEPUTIES = Facts(Deputy, pay_tables.deputies, "deputising_id")


class Offices:
    """Offices and the versions of their galleries."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, office: Office, now: dt.datetime) -> None:
        """Raises Conflict when the office exists."""
        if self.get(office.office_id) is not None:
            raise Conflict(f"the office {office.office_id} exists", key="office_exists", office=office.office_id)
        self._tx.execute(
            sa.insert(offices).values(
                office_id=office.office_id,
                name=office.name,
                calendar=dict(office.calendar),
                gallery_version=office.gallery_version,
                attention=0,
                created_utc=now,
                told_form=TOLD_FORM,
            )
        )
        self._issue(office.office_id, office.gallery_version, now)

    def get(self, office_id: str) -> Office | None:
        row = self._tx.execute(sa.select(offices).where(offices.c.office_id == office_id)).one_or_none()
        return None if row is None else _office(row)

    def all(self) -> list[Office]:
        """In order of their ids."""
        return [_office(row) for row in self._tx.execute(sa.select(offices).order_by(offices.c.office_id))]

    def set_calendar(self, office_id: str, name: str, calendar: Json) -> None:
        self._tx.execute(
            sa.update(offices).where(offices.c.office_id == office_id).values(name=name, calendar=dict(calendar))
        )

    def bump(self, office_id: str, now: dt.datetime, at_least: int = 0) -> int:
        """Lock the office and raise its gallery version by one (or to `at_least`); the new version."""
        raised = max(self.lock(office_id) + 1, at_least)
        self._tx.execute(sa.update(offices).where(offices.c.office_id == office_id).values(gallery_version=raised))
        self._issue(office_id, raised, now)
        return raised

    def lock(self, office_id: str) -> int:
        """Of two changes of an office's gallery one waits for the other; its version now. Raises NotFound.

        The lock leaves the row's key free (FOR NO KEY UPDATE): events, whose foreign key names the office, go on. It is
        the first that a change of the office takes, before those of enrolments: the other way round two could deadlock.
        """
        version = self._tx.execute(
            sa.select(offices.c.gallery_version).where(offices.c.office_id == office_id).with_for_update(key_share=True)
        ).scalar_one_or_none()
        if version is None:
            raise NotFound(f"there is no office {office_id}", key="office_unknown", office=office_id)
        return int(version)

    def lock_known(self, office_id: str, employee_ids: Sequence[str]) -> None:
        """As `lock`, an office and every other one that knows these people, in order of their ids."""
        for each in sorted({office_id, *People(self._tx).enrolled_as(employee_ids)}):
            self.lock(each)

    def lock_all(self) -> None:
        """As `lock`, every office of the regency, in order of their ids."""
        self._tx.execute(sa.select(offices.c.office_id).order_by(offices.c.office_id).with_for_update(key_share=True))

    def issued_utc(self, office_id: str, version: int) -> dt.datetime | None:
        """When this gallery version was made, or None when it never was."""
        return self._tx.execute(
            sa.select(gallery_versions.c.issued_utc).where(
                gallery_versions.c.office_id == office_id, gallery_versions.c.version == version
            )
        ).scalar_one_or_none()

    def told_before(self, form: int) -> list[str]:
        """The offices whose terminals were told when people work by an earlier form; by id."""
        query = sa.select(offices.c.office_id).where(offices.c.told_form < form)
        return list(self._tx.execute(query.order_by(offices.c.office_id)).scalars())

    def note_told(self, office_id: str, form: int) -> None:
        self._tx.execute(sa.update(offices).where(offices.c.office_id == office_id).values(told_form=form))

    def call_attention(self, office_id: str) -> None:
        """Raise a counter that wakes the office's waiting terminals although the gallery is the same."""
        self._tx.execute(
            sa.update(offices).where(offices.c.office_id == office_id).values(attention=offices.c.attention + 1)
        )

    def marks(self) -> Mapping[str, tuple[int, int]]:
        """office_id -> (gallery version, attention counter), for all offices in one cheap query."""
        rows = self._tx.execute(sa.select(offices.c.office_id, offices.c.gallery_version, offices.c.attention))
        return {row.office_id: (row.gallery_version, row.attention) for row in rows}

    def note_cohort(self, office_id: str, now: dt.datetime) -> None:
        """The cohort numbers of the office's templates are up to date."""
        self._tx.execute(sa.update(offices).where(offices.c.office_id == office_id).values(cohort_utc=now))

    def cohort_utc(self) -> dt.datetime | None:
        """Since when every office's numbers were last up to date: the oldest, counted from the office's making at the
        latest; None without offices."""
        # An office's first night is still to come.
        looked_at = sa.func.coalesce(offices.c.cohort_utc, offices.c.created_utc, type_=Utc)
        oldest: dt.datetime | None = self._tx.execute(sa.select(sa.func.min(looked_at, type_=Utc))).scalar_one()
        return oldest

    def _issue(self, office_id: str, version: int, now: dt.datetime) -> None:
        # Whole milliseconds: the manifest states them, and the same version must always give the same bytes.
        issued = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._tx.execute(sa.insert(gallery_versions).values(office_id=office_id, version=version, issued_utc=issued))


class People:
    """People, with or without a face."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, person: Person) -> None:
        """Raises Conflict when an enrolled person of the office has the NIP."""
        if person.nip is not None and self.by_nip(person.office_id, person.nip) is not None:
            raise Conflict("an enrolled person of this office has this NIP", key="nip_taken")
        self._tx.execute(
            sa.insert(people).values(
                office_id=person.office_id,
                person_id=person.person_id,
                employee_id=person.employee_id,
                nip=person.nip,
                name=person.name,
                changed_version=person.changed_version,
                erased_version=person.erased_version,
            )
        )

    def get(self, office_id: str, person_id: str) -> Person | None:
        return self._one(people.c.office_id == office_id, people.c.person_id == person_id)

    def by_nip(self, office_id: str, nip: str) -> Person | None:
        """The enrolled (not erased) person with this NIP."""
        return self._one(people.c.office_id == office_id, people.c.nip == nip, people.c.erased_version.is_(None))

    def with_nip(self, nip: str) -> list[Person]:
        """The enrolled people with this NIP in all offices; in order of the offices' ids."""
        query = _select_people().where(people.c.nip == nip, people.c.erased_version.is_(None))
        return [_person(row) for row in self._tx.execute(query.order_by(people.c.office_id))]

    def everyone(self, office_id: str, include_erased: bool = False) -> list[Person]:
        """In order of their names."""
        query = _select_people().where(people.c.office_id == office_id).order_by(people.c.name, people.c.person_id)
        if not include_erased:
            query = query.where(people.c.erased_version.is_(None))
        return [_person(row) for row in self._tx.execute(query)]

    def enrolled(self) -> dict[tuple[str, str], Identity]:
        """(office_id, person_id) -> who it is; the whole regency, without those who are erased."""
        columns = people.c.office_id, people.c.person_id, people.c.employee_id, people.c.nip, people.c.name
        query = sa.select(*columns).where(people.c.erased_version.is_(None))
        return {(office_id, person_id): Identity(*who) for office_id, person_id, *who in self._tx.execute(query)}

    def enrolled_as(self, employee_ids: Sequence[str]) -> dict[str, list[str]]:
        """office -> the ids under which its terminals know these employees, in order."""
        found: dict[str, list[str]] = {}
        for page in _pages(employee_ids):
            query = sa.select(people.c.office_id, people.c.person_id).where(
                people.c.employee_id.in_(page), people.c.erased_version.is_(None)
            )
            for row in self._tx.execute(query.order_by(people.c.office_id, people.c.person_id)):
                found.setdefault(row.office_id, []).append(row.person_id)
        return found

    def known(self, office_id: str, person_ids: Sequence[str]) -> set[str]:
        """Those of the ids that the office has, erased people included: their earlier presences still count."""
        rows = self._tx.execute(
            sa.select(people.c.person_id).where(people.c.office_id == office_id, people.c.person_id.in_(person_ids))
        )
        return {row.person_id for row in rows}

    def names(self, ids: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """(office, person) -> the name, of those who have one, erased people included."""
        query = sa.select(people.c.office_id, people.c.person_id, people.c.name).where(
            sa.tuple_(people.c.office_id, people.c.person_id).in_(sorted(ids)), people.c.name.is_not(None)
        )
        return {(row.office_id, row.person_id): row.name for row in self._tx.execute(query)} if ids else {}

    def employees_of(self, ids: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str | None]]:
        """(office, person) -> the employee and the name, of those who were not erased."""
        query = sa.select(people.c.office_id, people.c.person_id, people.c.employee_id, people.c.name).where(
            sa.tuple_(people.c.office_id, people.c.person_id).in_(sorted(ids)), people.c.erased_version.is_(None)
        )
        rows = self._tx.execute(query) if ids else ()
        return {(row.office_id, row.person_id): (row.employee_id, row.name) for row in rows}

    def rename(self, office_id: str, person_id: str, name: str, version: int) -> None:
        """The official name, since this gallery version."""
        self._tx.execute(
            sa.update(people)
            .where(people.c.office_id == office_id, people.c.person_id == person_id)
            .values(name=name, changed_version=version)
        )

    def note_change(self, office_id: str, person_id: str, version: int) -> None:
        """The person's templates, or the roster, are others since this gallery version."""
        self._tx.execute(
            sa.update(people)
            .where(people.c.office_id == office_id, people.c.person_id == person_id)
            .values(changed_version=version)
        )

    def erase(self, office_id: str, person_id: str, version: int, forget: bool) -> None:
        """No longer enrolled since this gallery version; with `forget`, name and NIP are deleted as well."""
        values: dict[str, object] = {"erased_version": version}
        if forget:
            values |= {"nip": None, "name": None}
        self._tx.execute(
            sa.update(people).where(people.c.office_id == office_id, people.c.person_id == person_id).values(**values)
        )

    def changed(self, office_id: str, after: int) -> tuple[list[Person], list[str]]:
        """Enrolled people changed after a version, and the ids of those erased after it; in order of their ids."""
        enrolled = (
            _select_people()
            .where(people.c.office_id == office_id, people.c.erased_version.is_(None), people.c.changed_version > after)
            .order_by(people.c.person_id)
        )
        erased = (
            sa.select(people.c.person_id)
            .where(people.c.office_id == office_id, people.c.erased_version > after)
            .order_by(people.c.person_id)
        )
        return (
            [_person(row) for row in self._tx.execute(enrolled)],
            [row.person_id for row in self._tx.execute(erased)],
        )

    def _one(self, *conditions: sa.ColumnElement[bool]) -> Person | None:
        row = self._tx.execute(_select_people().where(*conditions)).one_or_none()
        return None if row is None else _person(row)


def ever_assigned(office_id: str, only: Sequence[str] | None = None) -> sa.Select[tuple[str]]:
    """Everybody of whom it was ever recorded that they serve at an office, as a question inside of others: too many
    rather than too few, where facts of a month are read. `only`: of these."""
    assigned = pay_tables.assignments
    query = sa.select(assigned.c.person_id).where(assigned.c.office_id == office_id)
    return query if only is None else query.where(assigned.c.person_id.in_(only))


def placed_since(tx: Transaction, since_utc: dt.datetime, known_utc: dt.datetime | None = None) -> set[str]:
    """Of whom something was said after a moment (and by `known_utc`) about where they serve."""
    assigned = pay_tables.assignments
    query = sa.select(assigned.c.person_id).where(assigned.c.recorded_utc > since_utc).distinct()
    if known_utc is not None:
        query = query.where(assigned.c.recorded_utc <= known_utc)
    return set(tx.execute(query).scalars())


class Roster:
    """Employees of the whole regency, and who served where and when."""

    def __init__(self, tx: Transaction, known_utc: dt.datetime | None = None) -> None:
        self._tx = tx
        self._known_utc = known_utc

    def employee(self, person_id: str) -> Employee | None:
        found = EMPLOYEES.find(self._tx, pay_tables.employees.c.person_id == person_id, known_utc=self._known_utc)
        return found[0] if found else None

    def employees(self, person_ids: Sequence[str] | None = None) -> dict[str, Employee]:
        """By id: those asked for, or everybody."""
        conditions = [] if person_ids is None else [pay_tables.employees.c.person_id.in_(person_ids)]
        return {each.person_id: each for each in EMPLOYEES.find(self._tx, *conditions, known_utc=self._known_utc)}

    def search(self, query: str, after: str, limit: int) -> list[Employee]:
        """Those of whose name, NIP or other id this is a part, in order of their ids, from after an id on."""
        c = pay_tables.employees.c
        part = sa.or_(*(column.icontains(query, autoescape=True) for column in (c.name, c.nip, c.other_id)))
        return EMPLOYEES.find(self._tx, part, c.person_id > after, known_utc=self._known_utc, limit=limit)

    def with_number(self, number: str) -> str | None:
        """Whom a NIP or another id stands for, now or ever."""
        query = sa.select(pay_tables.numbers.c.person_id).where(pay_tables.numbers.c.number == number)
        found: str | None = self._tx.execute(query).scalar_one_or_none()
        return found

    def who(self, said: str) -> str:
        """Whom a NIP, another number or an id stands for. Raises NotFound."""
        person_id = self.with_number(said) or said
        if self.employee(person_id) is None:
            raise NotFound("nobody in the roster has this number or id", key="employee_unknown")
        return person_id

    def who_each(self, said: Collection[str]) -> dict[str, str]:
        """As `who`, of many at once: those whom the roster has, by what was said."""
        numbers, asked = pay_tables.numbers, sorted(set(said))
        held: dict[str, str] = {}
        for page in _pages(asked):
            query = sa.select(numbers.c.number, numbers.c.person_id).where(numbers.c.number.in_(page))
            held |= {row.number: row.person_id for row in self._tx.execute(query)}
        meant = {each: held.get(each, each) for each in asked}
        known: set[str] = set()
        for page in _pages(sorted(set(meant.values()))):
            known |= self.employees(page).keys()
        return {each: person for each, person in meant.items() if person in known}

    def actor(self, said: str) -> str:
        """Who acts: an employee under one id, by whichever number he is named; anybody else as he is named, in small
        letters: two people are never one and the same in capitals."""
        return self.with_number(said) or said.casefold()

    def add(self, employee: Employee, by: str, now: dt.datetime) -> None:
        """A new employee, or what is said of one anew. Raises Conflict when a number stands for somebody else."""
        self.add_all([employee], by, now)

    def add_all(self, employees: Sequence[Employee], by: str, now: dt.datetime) -> None:
        """As `add`, of many at once."""
        numbers = pay_tables.numbers
        said = [(number, e.person_id) for e in employees for number in (e.nip, e.other_id) if number is not None]
        holders: dict[str, str] = {}
        for page in _pages([number for number, _ in said]):
            rows = self._tx.execute(sa.select(numbers).where(numbers.c.number.in_(page)))
            holders |= {row.number: row.person_id for row in rows}
        new = []
        for number, person_id in said:
            if number not in holders:
                new.append({"number": number, "person_id": person_id})
            if holders.setdefault(number, person_id) != person_id:
                raise Conflict("the NIP or id stands for somebody else", key="nip_elsewhere")
        if new:
            self._tx.execute(sa.insert(numbers), new)
        EMPLOYEES.add(self._tx, employees, by, now)

    def forget(self, person_id: str) -> None:
        """Name and numbers of somebody who was never paid."""
        employees, numbers = pay_tables.employees, pay_tables.numbers
        self._tx.execute(sa.delete(employees).where(employees.c.person_id == person_id))
        self._tx.execute(sa.delete(numbers).where(numbers.c.person_id == person_id))

    def career(self, person_id: str) -> Career:
        """Raises CareerError where what was recorded contradicts itself."""
        where = pay_tables.assignments.c.person_id == person_id
        acting = pay_tables.actings.c.person_id == person_id
        return Career(
            person_id,
            ASSIGNMENTS.find(self._tx, where, known_utc=self._known_utc),
            ACTINGS.find(self._tx, acting, known_utc=self._known_utc),
        )

    def careers(self, person_ids: Sequence[str]) -> dict[str, Career]:
        """Of those people, by id. Raises CareerError."""
        posts: dict[str, list[Assignment]] = {person: [] for person in person_ids}
        for page in _pages(person_ids):
            where = pay_tables.assignments.c.person_id.in_(page)
            for post in ASSIGNMENTS.find(self._tx, where, known_utc=self._known_utc):
                posts[post.person_id].append(post)
        actings: dict[str, list[Acting]] = {}
        for acting in ACTINGS.find(self._tx, known_utc=self._known_utc):
            actings.setdefault(acting.person_id, []).append(acting)
        return {person: Career(person, held, actings.get(person, ())) for person, held in posts.items()}

    def assignments(
        self, first: dt.date, last: dt.date, office_id: str | None = None, person_ids: Sequence[str] | None = None
    ) -> list[Assignment]:
        """Those that hold on a day between two, of an office or of people."""
        table = pay_tables.assignments
        conditions = [table.c.first <= last, sa.or_(table.c.last.is_(None), table.c.last >= first)]
        if office_id is not None:
            conditions.append(table.c.office_id == office_id)
        if person_ids is not None:
            conditions.append(table.c.person_id.in_(person_ids))
        return ASSIGNMENTS.find(self._tx, *conditions, known_utc=self._known_utc)

    def leads(self, person_id: str, date: dt.date) -> bool:
        """Whether anybody has this person above them on a date, or above whom this person deputises."""
        table = pay_tables.deputies
        deputising = DEPUTIES.find(
            self._tx, table.c.deputy_id == person_id, table.c.first <= date, known_utc=self._known_utc
        )
        above = {person_id, *(each.superior_id for each in deputising if each.last is None or date <= each.last)}
        led = pay_tables.assignments.c
        return any(
            post.superior_id in above
            for post in ASSIGNMENTS.find(
                self._tx,
                led.superior_id.in_(sorted(above)),
                led.first <= date,
                sa.or_(led.last.is_(None), led.last >= date),
                known_utc=self._known_utc,
            )
        )

    def deputies(self, superior_id: str) -> list[Deputy]:
        """Of one superior, whenever."""
        where = pay_tables.deputies.c.superior_id == superior_id
        return DEPUTIES.find(self._tx, where, known_utc=self._known_utc)

    def offices_of(self, person_ids: Sequence[str]) -> set[str]:
        """Where these people belong, or ever did."""
        found: set[str] = set()
        for page in _pages(person_ids):
            of_page = ASSIGNMENTS.find(self._tx, pay_tables.assignments.c.person_id.in_(page))
            found |= {post.office_id for post in of_page}
        return found

    def offices_that_know(self, person_id: str) -> frozenset[str]:
        """Whose terminals know the person's face."""
        known = (face for face in self.faces_of(person_id) if face.templates and face.erased_version is None)
        return frozenset(face.office_id for face in known)

    def faces_of(self, person_id: str) -> list[Person]:
        """The person as the terminals of offices know or knew them."""
        query = _select_people().where(people.c.employee_id == person_id).order_by(people.c.office_id)
        return [_person(row) for row in self._tx.execute(query)]


def _pages(ids: Sequence[str], page: int = 1000) -> list[Sequence[str]]:
    return [ids[start : start + page] for start in range(0, len(ids), page)]


def _office(row: sa.Row[tuple[object, ...]]) -> Office:
    return Office(row.office_id, row.name, row.calendar, row.gallery_version)


def _select_people() -> sa.Select[tuple[object, ...]]:
    count = (
        sa.select(sa.func.count())
        .select_from(templates)
        .where(
            templates.c.office_id == people.c.office_id,
            templates.c.person_id == people.c.person_id,
            templates.c.model_id == DLIB_RESNET_V1,  # so many pictures; other models have templates of the same
        )
        .correlate(people)
        .scalar_subquery()
        .label("templates")
    )
    return sa.select(people, count)


def _person(row: sa.Row[tuple[object, ...]]) -> Person:
    return Person(
        row.office_id,
        row.person_id,
        row.employee_id,
        row.nip,
        row.name,
        row.changed_version,
        row.erased_version,
        row.templates,
    )
