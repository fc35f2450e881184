"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

from typing import Any

from etpp.base.encoding import format_time
from etpp.books.model import Link


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
