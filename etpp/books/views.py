"""What the page of rejected events shows, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from etpp.books.model import Link
from etpp.console.texts import Texts
from etpp.roster.hours import zone
from etpp.roster.model import Office
from etpp.terminals.model import Device


def rejected(link: Link, office: Office, names: Mapping[tuple[str, str], str], texts: Texts) -> dict[str, Any]:
    """`names`: by office and person."""
    local = zone(office)
    problem = link.problem or {}
    name = _name(problem)
    return {
        "office_id": link.office_id,
        "office": office.name,
        "event_id": link.event_id,
        "terminal": link.device_id[:8],
        "kind": texts.say(f"kind_{link.kind}"),
        "person": names.get((link.office_id, link.person_id or ""), ""),
        "reason": texts.of("problem", name),
        "detail": _detail(name, problem),
        "when": "" if link.time is None else texts.moment(link.time.utc.astimezone(local)),
        "received": texts.moment(link.received_utc.astimezone(local)),
        "acceptable": name == "person-unknown" and link.kind == "presence",
    }


def parked(device: Device, office: Office, texts: Texts) -> list[dict[str, Any]]:
    """What a terminal says it holds back."""
    found = (device.heartbeat or {}).get("parked")
    rows = found if isinstance(found, list) else []
    return [
        {
            "office": office.name,
            "terminal": device.device_id[:8],
            "event_id": str(row.get("event_id", "")),
            "reason": texts.of("problem", _name(row.get("problem", {}))),
            "detail": _detail(_name(row.get("problem", {})), row.get("problem", {})),
        }
        for row in rows
    ]


def _name(problem: Mapping[str, Any]) -> str:
    return str(problem.get("type", "")).rpartition(":")[2]


def _detail(name: str, problem: Mapping[str, Any]) -> str:
    """The member of an event that breaks the protocol, in the protocol's words; of others the reason says it all."""
    return str(problem.get("detail", ""))[:200] if name == "event-invalid" else ""
