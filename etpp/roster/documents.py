"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

from typing import Any

from etpp.roster.assignments import Assignment
from etpp.roster.model import Office, Person


def office_json(office: Office) -> dict[str, Any]:
    return {
        "office_id": office.office_id,
        "name": office.name,
        "calendar": dict(office.calendar),
        "gallery_version": office.gallery_version,
    }


def person_json(person: Person) -> dict[str, Any]:
    return {
        "office_id": person.office_id,
        "person_id": person.person_id,
        "nip": person.nip,
        "name": person.name,
        "templates": person.templates,
        "erased": person.erased_version is not None,
        "employee_id": person.employee_id,
    }


def assignment_json(stay: Assignment) -> dict[str, Any]:
    return {
        "assignment_id": stay.assignment_id,
        "person_id": stay.person_id,
        "office_id": stay.office_id,
        "post": stay.post_id,
        "job_class": stay.job_class,
        "rank": stay.rank,
        "status": stay.status,
        "superior_id": stay.superior_id,
        "first": stay.first.isoformat(),
        "last": None if stay.last is None else stay.last.isoformat(),
        "entitled": stay.entitled,
    }
