"""People, their templates and enrolments in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from etpp.errors import Conflict
from etpp.model import Enrolment, EnrolmentState, Identity, Person, Template
from etpp.sql.tables import enrolments, people, templates

DESCRIPTOR_BYTES = 512


class SqlPeople:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, person: Person) -> None:
        if person.nip is not None and self.by_nip(person.office_id, person.nip) is not None:
            raise Conflict("an enrolled person of this office has this NIP")
        self._connection.execute(
            sa.insert(people).values(
                office_id=person.office_id,
                person_id=person.person_id,
                nip=person.nip,
                name=person.name,
                changed_version=person.changed_version,
                erased_version=person.erased_version,
            )
        )

    def get(self, office_id: str, person_id: str) -> Person | None:
        return self._one(people.c.office_id == office_id, people.c.person_id == person_id)

    def by_nip(self, office_id: str, nip: str) -> Person | None:
        return self._one(people.c.office_id == office_id, people.c.nip == nip, people.c.erased_version.is_(None))

    def everyone(self, office_id: str, include_erased: bool = False) -> list[Person]:
        query = _select_people().where(people.c.office_id == office_id).order_by(people.c.name, people.c.person_id)
        if not include_erased:
            query = query.where(people.c.erased_version.is_(None))
        return [_person(row) for row in self._connection.execute(query)]

    def enrolled(self) -> dict[tuple[str, str], Identity]:
        query = sa.select(people.c.office_id, people.c.person_id, people.c.nip, people.c.name).where(
            people.c.erased_version.is_(None)
        )
        return {(row.office_id, row.person_id): Identity(row.nip, row.name) for row in self._connection.execute(query)}

    def known(self, office_id: str, person_ids: Sequence[str]) -> set[str]:
        rows = self._connection.execute(
            sa.select(people.c.person_id).where(people.c.office_id == office_id, people.c.person_id.in_(person_ids))
        )
        return {row.person_id for row in rows}

    def update(self, office_id: str, person_id: str, name: str, version: int) -> None:
        self._connection.execute(
            sa.update(people)
            .where(people.c.office_id == office_id, people.c.person_id == person_id)
            .values(name=name, changed_version=version)
        )

    def erase(self, office_id: str, person_id: str, version: int, forget: bool) -> None:
        person = self.get(office_id, person_id)
        self._delete_templates(office_id, person_id)
        values: dict[str, object] = {"erased_version": version}
        if forget:
            values |= {"nip": None, "name": None}
        self._connection.execute(
            sa.update(people).where(people.c.office_id == office_id, people.c.person_id == person_id).values(**values)
        )
        # A pending enrolment knows the person by the NIP only.
        same = enrolments.c.person_id == person_id
        if person is not None and person.nip is not None:
            same = sa.or_(same, enrolments.c.nip == person.nip)
        self._connection.execute(
            sa.update(enrolments)
            .where(enrolments.c.office_id == office_id, same)
            .values(descriptors=b"", qualities=[], nip=None, name=None)
        )
        self._connection.execute(
            sa.update(enrolments)
            .where(enrolments.c.office_id == office_id, enrolments.c.state == "pending", enrolments.c.nip.is_(None))
            .values(state="rejected", decided_by="erasure")
        )

    def replace_templates(self, office_id: str, person_id: str, templates_: Sequence[Template]) -> None:
        self._delete_templates(office_id, person_id)
        if templates_:
            self._connection.execute(
                sa.insert(templates),
                [
                    {
                        "office_id": office_id,
                        "template_id": t.template_id,
                        "person_id": person_id,
                        "model_id": t.model_id,
                        "descriptor": t.descriptor,
                        "cohort_mean": t.cohort_mean,
                        "cohort_sd": t.cohort_sd,
                    }
                    for t in templates_
                ],
            )

    def templates(self, office_id: str, changed_after: int = 0) -> list[Template]:
        query = (
            sa.select(templates)
            .join(people, _same_person())
            .where(
                templates.c.office_id == office_id,
                people.c.erased_version.is_(None),
                people.c.changed_version > changed_after,
            )
            .order_by(templates.c.template_id)
        )
        return [_template(row) for row in self._connection.execute(query)]

    def with_templates(self) -> int:
        # A person's id is a random UUID: no two offices share one.
        return self._connection.execute(sa.select(sa.func.count(templates.c.person_id.distinct()))).scalar_one()

    def changed(self, office_id: str, after: int) -> tuple[list[Person], list[str]]:
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
            [_person(row) for row in self._connection.execute(enrolled)],
            [row.person_id for row in self._connection.execute(erased)],
        )

    def cohort(self, model_id: str) -> list[tuple[str, str, Template]]:
        t = templates.c
        columns = t.office_id, t.template_id, t.person_id, t.descriptor, t.cohort_mean, t.cohort_sd
        query = sa.select(*columns).where(t.model_id == model_id).order_by(t.office_id, t.template_id)
        # Unpacked, not by name: half the time, and there are tens of thousands.
        return [
            (office_id, person_id, Template(template_id, person_id, model_id, bytes(descriptor), mean, sd))
            for office_id, template_id, person_id, descriptor, mean, sd in self._connection.execute(query)
        ]

    def set_cohort(
        self, office_id: str, person_id: str, version: int, numbers: Mapping[str, tuple[float, float]]
    ) -> None:
        for template_id, (mean, sd) in numbers.items():
            self._connection.execute(
                sa.update(templates)
                .where(templates.c.office_id == office_id, templates.c.template_id == template_id)
                .values(cohort_mean=mean, cohort_sd=sd)
            )
        self._connection.execute(
            sa.update(people)
            .where(people.c.office_id == office_id, people.c.person_id == person_id)
            .values(changed_version=version)
        )

    def _one(self, *conditions: sa.ColumnElement[bool]) -> Person | None:
        row = self._connection.execute(_select_people().where(*conditions)).one_or_none()
        return None if row is None else _person(row)

    def _delete_templates(self, office_id: str, person_id: str) -> None:
        self._connection.execute(
            sa.delete(templates).where(templates.c.office_id == office_id, templates.c.person_id == person_id)
        )


class SqlEnrolments:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, enrolment: Enrolment) -> None:
        self._connection.execute(
            sa.insert(enrolments).values(
                office_id=enrolment.office_id,
                event_id=enrolment.event_id,
                device_id=enrolment.device_id,
                nip=enrolment.nip,
                name=enrolment.name,
                model_id=enrolment.model_id,
                descriptors=b"".join(enrolment.descriptors),
                qualities=[dict(q) for q in enrolment.qualities],
                consent=dict(enrolment.consent),
                state=enrolment.state,
                received_utc=enrolment.received_utc,
            )
        )

    def get(self, office_id: str, event_id: str, lock: bool = False) -> Enrolment | None:
        query = sa.select(enrolments).where(enrolments.c.office_id == office_id, enrolments.c.event_id == event_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else _enrolment(row)

    def search(self, state: EnrolmentState | None = None, office_id: str | None = None) -> list[Enrolment]:
        query = sa.select(enrolments).order_by(enrolments.c.received_utc, enrolments.c.event_id)
        if state is not None:
            query = query.where(enrolments.c.state == state)
        if office_id is not None:
            query = query.where(enrolments.c.office_id == office_id)
        return [_enrolment(row) for row in self._connection.execute(query)]

    def decide(self, enrolment: Enrolment, state: EnrolmentState, now: dt.datetime, by: str) -> None:
        self._connection.execute(
            sa.update(enrolments)
            .where(enrolments.c.office_id == enrolment.office_id, enrolments.c.event_id == enrolment.event_id)
            .values(
                state=state,
                decided_utc=now,
                decided_by=by,
                person_id=enrolment.person_id,
                despite=enrolment.despite,
                descriptors=b"",
                qualities=[],
            )
        )


def _select_people() -> sa.Select[tuple[object, ...]]:
    count = (
        sa.select(sa.func.count())
        .select_from(templates)
        .where(_same_person())
        .correlate(people)
        .scalar_subquery()
        .label("templates")
    )
    return sa.select(people, count)


def _same_person() -> sa.ColumnElement[bool]:
    return sa.and_(templates.c.office_id == people.c.office_id, templates.c.person_id == people.c.person_id)


def _person(row: sa.Row[tuple[object, ...]]) -> Person:
    return Person(
        row.office_id, row.person_id, row.nip, row.name, row.changed_version, row.erased_version, row.templates
    )


def _template(row: sa.Row[tuple[object, ...]]) -> Template:
    return Template(row.template_id, row.person_id, row.model_id, bytes(row.descriptor), row.cohort_mean, row.cohort_sd)


def _enrolment(row: sa.Row[tuple[object, ...]]) -> Enrolment:
    data = bytes(row.descriptors)
    return Enrolment(
        row.office_id,
        row.event_id,
        row.device_id,
        row.nip,
        row.name,
        row.model_id,
        [data[i : i + DESCRIPTOR_BYTES] for i in range(0, len(data), DESCRIPTOR_BYTES)],
        row.qualities,
        row.consent,
        row.state,
        row.received_utc,
        row.decided_utc,
        row.decided_by,
        row.person_id,
        row.despite,
    )
