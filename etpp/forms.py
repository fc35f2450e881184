"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from etpp.approval import Alike
from etpp.encoding import format_time
from etpp.model import Device, Enrolment, Link, Office, Person


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


def enrolment_json(enrolment: Enrolment, alike: Alike | None = None) -> dict[str, Any]:
    """Without face data: it leaves the server only inside a signed gallery. `alike`: whose face it is too."""
    return {
        "office_id": enrolment.office_id,
        "event_id": enrolment.event_id,
        "device_id": enrolment.device_id,
        "nip": enrolment.nip,
        "name": enrolment.name,
        "state": enrolment.state,
        "consent": dict(enrolment.consent),
        "received_utc": format_time(enrolment.received_utc),
        "person_id": enrolment.person_id,
        "despite": enrolment.despite,
        "alike": None if alike is None else asdict(alike),
    }


def device_json(device: Device) -> dict[str, Any]:
    return {
        "office_id": device.office_id,
        "device_id": device.device_id,
        "provisioned_utc": format_time(device.provisioned_utc),
        "software": device.software,
        "hardware": dict(device.hardware),
        "last_seen_utc": _or_none(device.last_seen_utc),
        "gallery_version": device.gallery_version,
        "erased_through": device.erased_through,
        "heartbeat": None if device.heartbeat is None else dict(device.heartbeat),
        "revoked_utc": _or_none(device.revoked_utc),
        "written_off_utc": _or_none(device.written_off_utc),
    }


def link_json(link: Link) -> dict[str, Any]:
    time = link.time
    return {
        "office_id": link.office_id,
        "device_id": link.device_id,
        "chain_id": link.chain_id,
        "seq": link.seq,
        "event_id": link.event_id,
        "kind": link.kind,
        "hash": link.hash,
        "prev_hash": link.prev_hash,
        "status": link.status,
        "problem": None if link.problem is None else dict(link.problem),
        "person_id": link.person_id,
        "utc": None if time is None else format_time(time.utc),
        "earliest_utc": None if time is None else format_time(time.earliest_utc),
        "latest_utc": None if time is None else format_time(time.latest_utc),
        "time_state": None if time is None else time.state,
        "received_utc": format_time(link.received_utc),
        "event": dict(link.body),
    }


def _or_none(moment: dt.datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
