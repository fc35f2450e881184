"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from etpp.base.encoding import format_time
from etpp.db import Transaction
from etpp.faces import renewal
from etpp.faces.choice import Standing, standings
from etpp.faces.marks import Mark
from etpp.faces.model import Coverage, Decided, Enrolment
from etpp.faces.renewal import Bulk, Progress
from etpp.faces.store import Templates, choices_made


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
        "models": list(enrolment.faces),
        "consent": dict(enrolment.consent),
        "received_utc": format_time(enrolment.received_utc),
        "person_id": enrolment.person_id,
        "renewal": None if enrolment.renewal is None else dict(enrolment.renewal),
        "marks": [asdict(mark) | {"key": mark.key} for mark in marks]
        if enrolment.state == "pending"
        else [dict(mark) for mark in enrolment.marks],
    }


def standing_json(standing: Standing) -> dict[str, Any]:
    return {"office_id": standing.office_id, "recogniser": standing.counts, "own": standing.own}


def recognisers_json(tx: Transaction) -> dict[str, Any]:
    """How far each office is, and who decided what."""
    coverage = Templates(tx).coverage()
    return {
        "offices": [
            standing_json(each)
            | coverage_json(coverage.get(each.office_id, Coverage(0, {})))
            | renewal_json(renewal.progress(tx, each.office_id))
            for each in standings(tx)
        ],
        "decisions": [decided_json(each) for each in choices_made(tx)],
    }


def coverage_json(coverage: Coverage) -> dict[str, Any]:
    return {"faces": coverage.faces, "people": dict(coverage.people)}


def renewal_json(progress: Progress) -> dict[str, Any]:
    return {
        "renewing": progress.model_id,
        "consented": progress.consented,
        "waiting": progress.waiting,
    }


def bulk_json(bulk: Bulk) -> dict[str, Any]:
    left = [{"event_id": event, "marks": [mark.key for mark in marks]} for event, marks in bulk.left.items()]
    return {"approved": list(bulk.approved), "left": left}


def decided_json(decided: Decided) -> dict[str, Any]:
    return {
        "office_id": decided.office_id,
        "model_id": decided.model_id,
        "utc": format_time(decided.utc),
        "by": decided.by,
    }
