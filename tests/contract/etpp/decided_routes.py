"""What the calls of letters and of decisions on presences are asked with, new for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from etpp.absence.catalogue import delivered_text
from tests.contract.etpp.client import time_of
from tests.contract.etpp.running import OFFICE, wib
from tests.unit.etpp.absence.files import pdf

if TYPE_CHECKING:
    from tests.contract.etpp.test_broken_routes import World


def new_letter(it: World) -> dict[str, Any]:
    return {
        "kind_id": "izin-terlambat",
        "number": "094/1",
        "date": "2026-11-20",
        "issuer": "Kepala Dinas",
        "people": [it.employee()],
        "first_utc": "2026-11-24T00:30:00.000Z",
        "until_utc": "2026-11-24T09:00:00.000Z",
        "submitted_by": "tu",
        "office_id": OFFICE,
    }


def new_correction(it: World) -> dict[str, Any]:
    return {
        "person": it.employee(),
        "date": "2026-11-24",
        "part": "arrival",
        "at_utc": "2026-11-23T23:59:00.000Z",
        "reason": "terminal mati",
        "proposed_by": "tu",
    }


def new_entry(it: World) -> dict[str, Any]:
    return {
        "person": it.employee(),
        "office_id": OFFICE,
        "at_utc": "2026-11-23T23:59:00.000Z",
        "reason": "terminal mati",
        "entered_by": "tu",
    }


def new_decision(it: World) -> dict[str, Any]:
    now = wib("2026-11-24 07:00")
    batch = it.terminal.batch([it.terminal.presence(it.etpp.person(it.nip()))], now)
    batch["events"][0]["time"] = time_of(wib("2026-11-24 05:00"), 3600, "uncertain")
    it.terminal.post("events", batch)
    event_id = batch["events"][0]["event"]["event_id"]
    return {"office_id": OFFICE, "event_id": event_id, "utc": "2026-11-23T22:10:00.000Z", "by": "kepala"}


def made(kind: str, new: Callable[[World], dict[str, Any]], name: str) -> Callable[[World], str]:
    return lambda it: str(it.etpp.admin("POST", kind, new(it))[name])


def sha256(it: World) -> str:
    return str(it.etpp.send_file(pdf(str(it.next()).encode())).json()["sha256"])


MAKERS: dict[str, Callable[[World], str]] = {
    "letter_id": made("letters", new_letter, "letter_id"),
    "correction_id": made("corrections", new_correction, "correction_id"),
    "entry_id": made("manual-entries", new_entry, "entry_id"),
    "sha256": sha256,
}
MODELS: dict[str, Callable[[World], dict[str, Any] | bytes]] = {
    "POST /v1/admin/documents": lambda it: pdf(str(it.next()).encode()),
    "POST /v1/admin/letters": new_letter,
    "POST /v1/admin/letters/{letter_id}/approve": lambda it: {"by": "kepala"},
    "POST /v1/admin/letters/{letter_id}/refuse": lambda it: {"by": "kepala"},
    "POST /v1/admin/letters/{letter_id}/revoke": lambda it: {"by": "kepala", "reason": "batal"},
    "POST /v1/admin/letters/{letter_id}/document": lambda it: {"by": "tu", "document_sha256": sha256(it)},
    "PUT /v1/admin/kinds": lambda it: {"by": "bkpp", "text": delivered_text()},
    "POST /v1/admin/corrections": new_correction,
    "POST /v1/admin/corrections/{correction_id}/approve": lambda it: {"by": "kepala"},
    "POST /v1/admin/corrections/{correction_id}/refuse": lambda it: {"by": "kepala"},
    "POST /v1/admin/reviews": new_decision,
    "POST /v1/admin/manual-entries": new_entry,
    "POST /v1/admin/manual-entries/{entry_id}/confirm": lambda it: {"by": "kepala"},
    "POST /v1/admin/manual-entries/{entry_id}/withdraw": lambda it: {"by": "kepala"},
}
QUERIES: dict[str, dict[str, str]] = {
    "POST /v1/admin/documents": {"by": "tu"},
    "GET /v1/admin/reviews": {"month": "2026-11"},
    "GET /v1/admin/discipline": {"year": "2026"},
    "GET /console/calendar/preview": {"what": "off", "first": "2027-04-01", "name": "Libur"},
}
