"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from etpp.base.encoding import format_time
from etpp.faces.marks import Mark
from etpp.faces.model import Enrolment


def enrolment_json(enrolment: Enrolment, marks: Sequence[Mark] = ()) -> dict[str, Any]:
    """Without face data: it leaves the server only inside a signed gallery. `marks`: those of one that waits; a decided
    one has those that were known then."""
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
        "marks": [asdict(mark) | {"key": mark.key} for mark in marks]
        if enrolment.state == "pending"
        else [dict(mark) for mark in enrolment.marks],
    }
