"""Offices and their gallery versions in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from etpp.errors import Conflict, NotFound
from etpp.model import Json, Office
from etpp.sql.tables import Utc, gallery_versions, offices


class SqlOffices:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, office: Office, now: dt.datetime) -> None:
        if self.get(office.office_id) is not None:
            raise Conflict(f"the office {office.office_id} exists")
        self._connection.execute(
            sa.insert(offices).values(
                office_id=office.office_id,
                name=office.name,
                calendar=dict(office.calendar),
                gallery_version=office.gallery_version,
                attention=0,
                created_utc=now,
            )
        )
        self._issue(office.office_id, office.gallery_version, now)

    def get(self, office_id: str) -> Office | None:
        row = self._connection.execute(sa.select(offices).where(offices.c.office_id == office_id)).one_or_none()
        return None if row is None else _office(row)

    def all(self) -> list[Office]:
        return [_office(row) for row in self._connection.execute(sa.select(offices).order_by(offices.c.office_id))]

    def set_calendar(self, office_id: str, name: str, calendar: Json) -> None:
        self._connection.execute(
            sa.update(offices).where(offices.c.office_id == office_id).values(name=name, calendar=dict(calendar))
        )

    def bump(self, office_id: str, now: dt.datetime, at_least: int = 0) -> int:
        version = self._connection.execute(
            sa.select(offices.c.gallery_version).where(offices.c.office_id == office_id).with_for_update()
        ).scalar_one_or_none()
        if version is None:
            raise NotFound(f"there is no office {office_id}")
        raised = max(int(version) + 1, at_least)
        self._connection.execute(
            sa.update(offices).where(offices.c.office_id == office_id).values(gallery_version=raised)
        )
        self._issue(office_id, raised, now)
        return raised

    def issued_utc(self, office_id: str, version: int) -> dt.datetime | None:
        return self._connection.execute(
            sa.select(gallery_versions.c.issued_utc).where(
                gallery_versions.c.office_id == office_id, gallery_versions.c.version == version
            )
        ).scalar_one_or_none()

    def call_attention(self, office_id: str) -> None:
        self._connection.execute(
            sa.update(offices).where(offices.c.office_id == office_id).values(attention=offices.c.attention + 1)
        )

    def marks(self) -> Mapping[str, tuple[int, int]]:
        rows = self._connection.execute(sa.select(offices.c.office_id, offices.c.gallery_version, offices.c.attention))
        return {row.office_id: (row.gallery_version, row.attention) for row in rows}

    def note_cohort(self, office_id: str, now: dt.datetime) -> None:
        self._connection.execute(sa.update(offices).where(offices.c.office_id == office_id).values(cohort_utc=now))

    def cohort_utc(self) -> dt.datetime | None:
        # An office's first night is still to come.
        looked_at = sa.func.coalesce(offices.c.cohort_utc, offices.c.created_utc, type_=Utc)
        oldest: dt.datetime | None = self._connection.execute(sa.select(sa.func.min(looked_at, type_=Utc))).scalar_one()
        return oldest

    def _issue(self, office_id: str, version: int, now: dt.datetime) -> None:
        # Whole milliseconds: the manifest states them, and the same version must always give the same bytes.
        issued = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._connection.execute(
            sa.insert(gallery_versions).values(office_id=office_id, version=version, issued_utc=issued)
        )


def _office(row: sa.Row[tuple[object, ...]]) -> Office:
    return Office(row.office_id, row.name, row.calendar, row.gallery_version)
