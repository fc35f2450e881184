"""The terminal's chain of events, and what is said of them when they are sent."""

from __future__ import annotations

import base64
import datetime as dt
import os
import struct
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.contract.protocol_client.canonical import sha256

Json = dict[str, Any]
ZEROS = "0" * 64
MODEL = "dlib-resnet-v1"


@dataclass
class Chain:
    """Events 1, 2, 3 … of one journal; all are kept."""

    device_id: str
    chain_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    boot_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    events: list[Json] = field(default_factory=list)
    times: list[Json] = field(default_factory=list)

    @property
    def seq(self) -> int:
        return len(self.events)

    def add(self, kind: str, payload: Json, at: dt.datetime, **changes: Any) -> Json:
        """The next link, recorded at `at` by a clock that is known to a second."""
        event = {
            "schema": 1,
            "event_id": uuid7(),
            "device_id": self.device_id,
            "chain_id": self.chain_id,
            "seq": self.seq + 1,
            "prev_hash": self.events[-1]["hash"] if self.events else ZEROS,
            "kind": kind,
            "wall_utc": time_text(at),
            "boot_id": self.boot_id,
            "monotonic_ms": 1000 * (self.seq + 1),
            "clock_state": "synchronised",
            kind: payload,
            **changes,
        }
        event["hash"] = sha256(event)
        self.events.append(event)
        self.times.append(known(at))
        return event

    def items(self, first_seq: int, last_seq: int) -> list[Json]:
        """As `events` of call 2 has them."""
        part = slice(first_seq - 1, last_seq)
        return [{"event": event, "time": time} for event, time in zip(self.events[part], self.times[part], strict=True)]

    def again(self, after_seq: int) -> Chain:
        """A new chain with the events above `after_seq`, under the same event ids."""
        new = Chain(self.device_id, boot_id=self.boot_id)
        for event, known_at in zip(self.events[after_seq:], self.times[after_seq:], strict=True):
            own = {name: value for name, value in event.items() if name not in ("hash", "chain_id", "seq", "prev_hash")}
            link = {**own, "chain_id": new.chain_id, "seq": new.seq + 1}
            link["prev_hash"] = new.events[-1]["hash"] if new.events else ZEROS
            link["hash"] = sha256(link)
            new.events.append(link)
            new.times.append(known_at)
        return new


def uuid7() -> str:
    """RFC 9562, 5.7."""
    ms = time.time_ns() // 1_000_000
    number = ms << 80 | int.from_bytes(os.urandom(10))
    return str(uuid.UUID(int=number & ~(0xF << 76) & ~(0b11 << 62) | 7 << 76 | 0b10 << 62))


def time_text(moment: dt.datetime) -> str:
    utc = moment.astimezone(dt.UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def known(at: dt.datetime, spread_s: float = 1.0) -> Json:
    spread = dt.timedelta(seconds=spread_s)
    earliest, latest = time_text(at - spread), time_text(at + spread)
    return {"utc": time_text(at), "earliest_utc": earliest, "latest_utc": latest, "state": "trusted"}


def presence(person_id: str, direction: str = "arrival", margin: float | None = 1.5, version: int = 1) -> Json:
    match = {"score": 4.5, "margin": margin, "threshold": 3.0, "frames": 3}
    liveness = {"state": "live", "score": 0.9, "reason": "motion"}
    who = {"person_id": person_id, "direction": direction, "model_id": MODEL, "gallery_version": version}
    return {**who, "match": match, "liveness": liveness}


def attack() -> Json:
    return {"model_id": MODEL, "frames": 4, "liveness": {"state": "attack", "score": 0.1, "reason": "passive"}}


def enrolment(nip: str, name: str, office_id: str, given: dt.datetime, descriptor: list[float]) -> Json:
    """One picture's; `descriptor` has 128 numbers of length near 1."""
    template = base64.b64encode(struct.pack("<128f", *descriptor)).decode("ascii")
    consent = {"given_utc": time_text(given), "text_id": "consent-id-1", "officer": "petugas"}
    who = {"nip": nip, "name": name, "office_id": office_id, "model_id": MODEL}
    return {**who, "templates": [template], "qualities": [{"sharpness": 100.0}], "consent": consent}
