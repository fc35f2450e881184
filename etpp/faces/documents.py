"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from etpp.base.encoding import format_time
from etpp.faces.approval import Alike
from etpp.faces.model import Enrolment


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
