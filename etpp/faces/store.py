"""Templates and enrolments in SQL."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import sqlalchemy as sa

from etpp.db import Facts, Transaction, face_tables
from etpp.db.tables import enrolments, erasures, people, templates
from etpp.faces.model import (
    Coverage,
    Decided,
    Enrolment,
    EnrolmentState,
    EnrolmentWord,
    Erasure,
    RecogniserChoice,
    RenewalConsent,
    RenewalOffer,
    Renewing,
    Template,
)
from etpp.faces.recognisers import RECOGNISERS, is_usable

F = TypeVar("F")

CHOICES = Facts(RecogniserChoice, face_tables.recogniser_choices, "office_id")
RENEWALS = Facts(Renewing, face_tables.renewals, "office_id")
CONSENTS = Facts(RenewalConsent, face_tables.renewal_consents, "employee_id", "model_id")
WORDS = Facts(EnrolmentWord, face_tables.enrolment_words, "event_id", "office_id")
OFFERS = Facts(RenewalOffer, face_tables.renewal_offers, "employee_id", "model_id")

_OWNER = sa.and_(templates.c.office_id == people.c.office_id, templates.c.person_id == people.c.person_id)
"""Whose a template is."""


def choices_made(tx: Transaction) -> list[Decided]:
    """Every word on whose templates count, as it was said, with those that were taken back."""
    c = face_tables.recogniser_choices.c
    query = sa.select(c.office_id, c.model_id, c.withdrawn, c.recorded_utc, c.recorded_by).order_by(c.fact_no)
    return [
        Decided(None if office_id == face_tables.REGENCY else office_id, None if withdrawn else model_id, utc, by)
        for office_id, model_id, withdrawn, utc, by in tx.execute(query)
    ]


def of_employees(tx: Transaction, facts: Facts[F], employee_ids: Collection[str], model_id: str) -> list[F]:
    """Of CONSENTS or OFFERS those of some people and one model."""
    table = facts.table
    mine = table.c.employee_id.in_(sorted(employee_ids)), table.c.model_id == model_id
    return facts.find(tx, *mine) if employee_ids else []


def count_consented(tx: Transaction) -> dict[str, int]:
    """Office -> of how many people with a face there the consent holds to the model that the office renews for."""
    renewing, agreed = face_tables.renewals.c, face_tables.renewal_consents.c
    query = (
        sa.select(people.c.office_id, sa.func.count(people.c.person_id.distinct()))
        .join(face_tables.renewals, renewing.office_id == people.c.office_id)
        .join(
            face_tables.renewal_consents,
            sa.and_(agreed.employee_id == people.c.employee_id, agreed.model_id == renewing.model_id),
        )
        .where(people.c.erased_version.is_(None), sa.select(templates.c.template_id).where(_OWNER).exists())
        .where(*RENEWALS.counting(), *CONSENTS.counting())
        .group_by(people.c.office_id)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


class Templates:
    """The faces of enrolled people. Those that no terminal can use are passed over: they are erased with the others."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def replace(self, office_id: str, person_id: str, templates_: Sequence[Template]) -> None:
        self.delete(office_id, person_id)
        if templates_:
            self._tx.execute(
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
                        "usable": is_usable(t.model_id, t.descriptor),
                    }
                    for t in templates_
                ],
            )

    def delete(self, office_id: str, person_id: str) -> None:
        self._tx.execute(
            sa.delete(templates).where(templates.c.office_id == office_id, templates.c.person_id == person_id)
        )

    def all(self, office_id: str, changed_after: int = 0) -> list[Template]:
        """Of enrolled people whose `changed_version` is above; in order of their ids."""
        query = (
            sa.select(templates)
            .join(people, _OWNER)
            .where(
                templates.c.office_id == office_id,
                templates.c.usable,
                people.c.erased_version.is_(None),
                people.c.changed_version > changed_after,
            )
            .order_by(templates.c.template_id)
        )
        return [_template(row) for row in self._tx.execute(query)]

    def of_person(self, office_id: str, person_id: str) -> list[Template]:
        """One person's, of every model; in order of their ids."""
        t = templates.c
        query = sa.select(templates).where(t.office_id == office_id, t.person_id == person_id, t.usable)
        return [_template(row) for row in self._tx.execute(query.order_by(t.template_id))]

    def owners(self, office_id: str, model_id: str | None = None) -> set[str]:
        """The ids of an office's people who have templates of this model (None: of any)."""
        t = templates.c
        query = sa.select(t.person_id).where(t.office_id == office_id, t.usable).distinct()
        if model_id is not None:
            query = query.where(t.model_id == model_id)
        return set(self._tx.execute(query).scalars())

    def unusable(self, office_id: str | None = None) -> list[tuple[str, str]]:
        """(office, person) of who is enrolled and has templates that no terminal can use; of an office or of all."""
        query = sa.select(people.c.office_id, people.c.person_id).join(templates, _OWNER).distinct()
        query = query.where(~templates.c.usable, people.c.erased_version.is_(None))
        if office_id is not None:
            query = query.where(people.c.office_id == office_id)
        rows = self._tx.execute(query.order_by(people.c.office_id, people.c.person_id))
        return [(row.office_id, row.person_id) for row in rows]

    def coverage(self) -> dict[str, Coverage]:
        """By office: how many people have a face, and by which models; offices without one are left out."""
        t = templates.c
        count = sa.func.count(t.person_id.distinct())
        query = sa.select(t.office_id, t.model_id, count).where(t.usable).group_by(t.office_id, t.model_id)
        people: dict[str, dict[str, int]] = {}
        for office_id, model_id, count in self._tx.execute(query):
            people.setdefault(office_id, {})[model_id] = count
        return {office_id: Coverage(max(each.values()), each) for office_id, each in people.items()}

    def count_people(self) -> int:
        """How many people of the whole regency have a face; who has one in two offices is one."""
        count = sa.func.count(people.c.employee_id.distinct())
        query = sa.select(count).select_from(people.join(templates, _OWNER)).where(templates.c.usable)
        return self._tx.execute(query).scalar_one()

    def cohort(self, model_id: str) -> list[tuple[str, str, Template]]:
        """(office_id, employee_id, template) of the whole regency, for the cohort numbers."""
        t = templates.c
        held = t.template_id, t.person_id, t.descriptor, t.cohort_mean, t.cohort_sd
        columns = t.office_id, people.c.employee_id, *held
        query = sa.select(*columns).join(people, _OWNER).where(t.model_id == model_id, t.usable)
        query = query.order_by(t.office_id, t.template_id)
        # Unpacked, not by name: half the time, and there are tens of thousands.
        return [
            (office_id, employee_id, Template(template_id, person_id, model_id, bytes(descriptor), mean, sd))
            for office_id, employee_id, template_id, person_id, descriptor, mean, sd in self._tx.execute(query)
        ]

    def set_cohort(self, office_id: str, numbers: Mapping[str, tuple[float, float]]) -> None:
        """template_id -> (mean, sd)"""
        for template_id, (mean, sd) in numbers.items():
            self._tx.execute(
                sa.update(templates)
                .where(templates.c.office_id == office_id, templates.c.template_id == template_id)
                .values(cohort_mean=mean, cohort_sd=sd)
            )


class Erasures:
    """Whose face was taken away. Rows are only added."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, erasure: Erasure) -> None:
        self._tx.execute(sa.insert(erasures).values({name: getattr(erasure, name) for name in erasure.__slots__}))

    def of(self, office_id: str, person_id: str) -> list[Erasure]:
        """The oldest first; a second one took name and NIP, too."""
        return self._found(erasures.c.office_id == office_id, erasures.c.person_id == person_id)

    def all(self) -> list[Erasure]:
        """Of the whole regency, the oldest first."""
        return self._found()

    def _found(self, *conditions: sa.ColumnElement[bool]) -> list[Erasure]:
        columns = [erasures.c[name] for name in Erasure.__slots__]
        rows = self._tx.execute(sa.select(*columns).where(*conditions).order_by(erasures.c.erased_utc))
        return [Erasure(*row) for row in rows]


class Enrolments:
    """What terminals sent for BKPP's approval."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, enrolment: Enrolment) -> None:
        self._tx.execute(
            sa.insert(enrolments).values(
                office_id=enrolment.office_id,
                event_id=enrolment.event_id,
                device_id=enrolment.device_id,
                nip=enrolment.nip,
                name=enrolment.name,
                model_id=enrolment.model_id,
                descriptors=b"".join(enrolment.descriptors),
                more={name: _packed(each) for name, each in enrolment.more.items()} or None,
                qualities=[dict(q) for q in enrolment.qualities],
                consent=dict(enrolment.consent),
                state=enrolment.state,
                received_utc=enrolment.received_utc,
                decided_utc=enrolment.decided_utc,
                decided_by=enrolment.decided_by,
                person_id=enrolment.person_id,
                renewal=None if enrolment.renewal is None else dict(enrolment.renewal),
            )
        )

    def get(self, office_id: str, event_id: str, lock: bool = False) -> Enrolment | None:
        query = sa.select(enrolments).where(enrolments.c.office_id == office_id, enrolments.c.event_id == event_id)
        row = self._tx.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
        return None if row is None else _enrolment(row)

    def search(
        self,
        state: EnrolmentState | None = None,
        office_id: str | None = None,
        *,
        after: str = "",
        first: int = 0,
        limit: int | None = None,
    ) -> list[Enrolment]:
        """Oldest first, those after one and without so many at the beginning, no more than `limit`."""
        order = enrolments.c.received_utc, enrolments.c.event_id
        query = sa.select(enrolments).order_by(*order).offset(first).limit(limit)
        if after:
            came = sa.select(sa.func.max(enrolments.c.received_utc)).where(enrolments.c.event_id == after)
            query = query.where(sa.tuple_(*order) > sa.tuple_(came.scalar_subquery(), sa.literal(after)))
        if state is not None:
            query = query.where(enrolments.c.state == state)
        if office_id is not None:
            query = query.where(enrolments.c.office_id == office_id)
        return [_enrolment(row) for row in self._tx.execute(query)]

    def faces_waiting(self) -> list[Enrolment]:
        """All that wait, oldest first, to compare with: without what was measured and signed, a picture each."""
        waits = enrolments.c.state == "pending"
        order = enrolments.c.received_utc, enrolments.c.event_id
        return [
            _enrolment(row) for row in self._tx.execute(_select("consent", "qualities").where(waits).order_by(*order))
        ]

    def decided(self, first: int, limit: int) -> list[Enrolment]:
        """Those that do not wait any more, newest first, from one on: without faces and what belongs to them."""
        order = enrolments.c.received_utc.desc(), enrolments.c.event_id.desc()
        query = _select("consent", "qualities", "descriptors", "more", "renewal").where(enrolments.c.state != "pending")
        return [_enrolment(row) for row in self._tx.execute(query.order_by(*order).offset(first).limit(limit))]

    def count_decided(self) -> int:
        decided = sa.select(sa.func.count()).select_from(enrolments).where(enrolments.c.state != "pending")
        return self._tx.execute(decided).scalar_one()

    def count_pending(self, device_id: str) -> int:
        """How many of one terminal's wait."""
        mine = enrolments.c.state == "pending", enrolments.c.device_id == device_id
        return self._tx.execute(sa.select(sa.func.count()).where(*mine).select_from(enrolments)).scalar_one()

    def count_offers(self) -> dict[str, int]:
        """Office -> how many offers of a further recogniser's templates wait there."""
        offered = enrolments.c.state == "pending", enrolments.c.renewal.is_not(None)
        query = sa.select(enrolments.c.office_id, sa.func.count()).where(*offered).group_by(enrolments.c.office_id)
        return {row[0]: row[1] for row in self._tx.execute(query)}

    def count_waiting(self) -> int:
        """How many wait in the whole regency."""
        mine = enrolments.c.state == "pending"
        return self._tx.execute(sa.select(sa.func.count()).where(mine).select_from(enrolments)).scalar_one()

    def pending_with_nip(self, nip: str) -> list[Enrolment]:
        """Those of one NIP that wait, in all offices, oldest first: without what was measured and signed."""
        query = _select("consent", "qualities").where(enrolments.c.nip == nip, enrolments.c.state == "pending")
        order = enrolments.c.received_utc, enrolments.c.event_id
        return [_enrolment(row) for row in self._tx.execute(query.order_by(*order))]

    def pending_of(self, office_id: str, nip: str) -> list[Enrolment]:
        """Those of one NIP that wait in an office."""
        return [each for each in self.pending_with_nip(nip) if each.office_id == office_id]

    def decide(self, enrolment: Enrolment, state: EnrolmentState, now: dt.datetime, by: str) -> None:
        """Its face data is deleted: approved, it lives on in the templates of `enrolment.person_id`."""
        self._tx.execute(
            sa.update(enrolments)
            .where(enrolments.c.office_id == enrolment.office_id, enrolments.c.event_id == enrolment.event_id)
            .values(
                state=state,
                decided_utc=now,
                decided_by=by,
                person_id=enrolment.person_id,
                marks=[dict(mark) for mark in enrolment.marks],
                renewal=None if enrolment.renewal is None else dict(enrolment.renewal),
                descriptors=b"",
                more=None,
                qualities=[],
            )
        )

    def forget(self, office_id: str, person_id: str, nip: str | None) -> None:
        """Delete all face data and names of a person's enrolments; those that wait are rejected."""
        # A pending enrolment knows the person by the NIP only.
        same = enrolments.c.person_id == person_id
        if nip is not None:
            same = sa.or_(same, enrolments.c.nip == nip)
        self._tx.execute(
            sa.update(enrolments)
            .where(enrolments.c.office_id == office_id, same)
            .values(descriptors=b"", more=None, qualities=[], nip=None, name=None)
        )
        self._tx.execute(
            sa.update(enrolments)
            .where(enrolments.c.office_id == office_id, enrolments.c.state == "pending", enrolments.c.nip.is_(None))
            .values(state="rejected", decided_by="erasure")
        )


def _packed(descriptors: Sequence[bytes]) -> str:
    return base64.b64encode(b"".join(descriptors)).decode("ascii")


def _split(model_id: str, data: bytes) -> list[bytes]:
    if not data:
        return []  # decided: also of a model that an earlier release let in
    size = 4 * RECOGNISERS[model_id].length
    found = [data[start : start + size] for start in range(0, len(data), size)]
    return [each for each in found if is_usable(model_id, each)]  # an earlier release was more lenient


def _select(*names: str) -> sa.Select[tuple[object, ...]]:
    """Enrolments without the columns of these names, which are large."""
    return sa.select(*(sa.null().label(c.name) if c.name in names else c for c in enrolments.c))


def _template(row: sa.Row[tuple[object, ...]]) -> Template:
    return Template(row.template_id, row.person_id, row.model_id, bytes(row.descriptor), row.cohort_mean, row.cohort_sd)


def _enrolment(row: sa.Row[tuple[object, ...]]) -> Enrolment:
    return Enrolment(
        row.office_id,
        row.event_id,
        row.device_id,
        row.nip,
        row.name,
        row.model_id,
        _split(row.model_id, bytes(row.descriptors or b"")),
        {name: _split(name, base64.b64decode(packed)) for name, packed in (row.more or {}).items()},
        row.qualities or (),
        row.consent or {},
        row.state,
        row.received_utc,
        row.decided_utc,
        row.decided_by,
        row.person_id,
        row.marks or (),
        row.renewal,
    )
