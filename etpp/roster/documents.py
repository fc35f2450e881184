"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

from typing import Any

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
    }
