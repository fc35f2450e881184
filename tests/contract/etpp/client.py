"""A terminal for the server's tests: signs with `http-message-signatures`, keeps a chain, and can be told to misbehave.

It shares no code with `kiosk` or `etpp`, only docs/protocol.md.
"""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import itertools
import json
import struct
import uuid
from dataclasses import dataclass, field
from typing import Any

import requests
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519

Json = dict[str, Any]
ZEROS = "0" * 64
MODEL_ID = "dlib-resnet-v1"


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def text_of(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def uuid7() -> str:
    value = uuid.uuid4().int
    value = value & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=value & ~(0b11 << 62) | 0b10 << 62))


def descriptor(seed: int) -> str:
    numbers = [((seed * 31 + i * 37) % 211) / 211 - 0.5 for i in range(128)]
    length = sum(x * x for x in numbers) ** 0.5
    return base64.b64encode(struct.pack("<128f", *(x / length for x in numbers))).decode()


def hash_of(event: Json) -> str:
    return hashlib.sha256(rfc8785.dumps({k: v for k, v in event.items() if k != "hash"})).hexdigest()


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        return self._key


@dataclass
class Terminal:
    """One device. `send` returns the raw answer; nothing here checks it."""

    url: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    device_id: str = ""
    office_id: str = ""
    server_keys: dict[str, str] = field(default_factory=dict)
    nonces: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    chain_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    seq: int = 0
    last_hash: str = ZEROS
    signs: bool = False
    """Whether it signs the last link of each batch; the first release did not."""
    verify: bool | str = True
    """The certificate authority to trust, as `requests` takes it."""

    # -------------------------------------------------- requests

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        key: Ed25519PrivateKey | None = None,
        key_id: str | None = None,
        nonce: object = None,
        gzipped: bool = False,
        is_gzip: bool = False,
        headers: dict[str, str] | None = None,
        leave_out: tuple[str, ...] = (),
        created: dt.datetime | None = None,
        after_signing: Any = None,
        timeout_s: float = 60,
    ) -> requests.Response:
        if body is not None and gzipped:
            body, is_gzip = gzip.compress(body), True
        prepared = requests.Request(method, self.url + path, data=body).prepare()
        prepared.headers["Host"] = self.url.split("//")[1]
        prepared.headers["Presensi-Protocol"] = "1"
        covered = ["@method", "@authority", "@path", "@query", "presensi-protocol"]
        if body is not None:
            prepared.headers["Content-Type"] = "application/json"
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            prepared.headers["Content-Digest"] = f"sha-256=:{digest}:"
            covered += ["content-digest", "content-type"]
            if is_gzip:
                prepared.headers["Content-Encoding"] = "gzip"
                covered.append("content-encoding")
        prepared.headers.update(headers or {})
        HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_Keys(key or self.key)).sign(
            prepared,
            key_id=key_id or self.device_id,
            nonce=str(next(self.nonces) if nonce is None else nonce),
            created=created,
            label="sig1",
            tag="presensi",
            covered_component_ids=tuple(c for c in covered if c not in leave_out),
            use_existing_digest=body is not None,
        )
        if after_signing is not None:
            after_signing(prepared)
        with requests.Session() as session:
            session.trust_env = False
            return session.send(prepared, timeout=timeout_s, verify=self.verify)

    def post(self, what: str, document: Any, **options: Any) -> requests.Response:
        return self.send("POST", f"/v1/devices/{self.device_id}/{what}", json.dumps(document).encode(), **options)

    def provision(self, code: str, **options: Any) -> requests.Response:
        public = b64url(public_bytes(self.key))
        document = {"code": code, "public_key": public, "hardware": {"model": "test", "serial": "1"}, "software": "t"}
        answer = self.send("POST", "/v1/provision", json.dumps(document).encode(), **{"key_id": public, **options})
        if answer.status_code == 201:
            value = answer.json()
            self.device_id = value["device_id"]
            self.office_id = value["office"]["office_id"]
            self.server_keys = {key["key_id"]: key["public_key"] for key in value["server_keys"]}
        return answer

    def phone_code(
        self, person_id: str, made: dt.datetime, nonce: bytes | None = None, key: Ed25519PrivateKey | None = None
    ) -> str:
        """What stands behind the `#` of a code for a phone (docs/protocol.md); ids that are UUIDs."""
        ids = b"".join(b"\0" + uuid.UUID(each).bytes for each in (self.device_id, person_id))
        seconds = int(made.timestamp()).to_bytes(4, "big")
        statement = b"\1" + ids + seconds + (nonce if nonce is not None else uuid.uuid4().bytes[:9])
        return b64url(statement + (key or self.key).sign(b"presensi-phone-code " + statement))

    def gallery(self, since: int = 0, wait_s: int = 0, **options: Any) -> requests.Response:
        return self.send("GET", f"/v1/devices/{self.device_id}/gallery?since={since}&wait_s={wait_s}", **options)

    def heartbeat(self, **changes: Any) -> requests.Response:
        return self.post("heartbeat", heartbeat() | changes)

    def send_events(self, events: list[Json], at: dt.datetime | None = None, **options: Any) -> requests.Response:
        return self.post("events", self.batch(events, at), **options)

    def carried_for(self, other: Terminal, events: list[Json], **changes: Any) -> Json:
        """What `other` signs when its events are exported, for this terminal to send."""
        last = events[-1]
        statement = {
            "device_id": other.device_id,
            "chain_id": last["chain_id"],
            "first_seq": events[0]["seq"],
            "last_seq": last["seq"],
            "hash": last["hash"],
        } | changes
        return {**statement, "signature": b64url(other.key.sign(rfc8785.dumps(statement)))}

    # -------------------------------------------------- events

    def batch(self, events: list[Json], at: dt.datetime | None = None) -> Json:
        moment = at or dt.datetime.now(dt.UTC)
        heads = {"heads": [self.head(events[-1])]} if self.signs and events else {}
        return {
            "events": [{"event": event, "time": time_of(moment)} for event in events],
            "reported_through": {"chain_id": self.chain_id, "seq": self.seq, "utc": text_of(moment)},
            **heads,
        }

    def head(self, event: Json, key: Ed25519PrivateKey | None = None, **changes: Any) -> Json:
        """A link with this terminal's signature; `changes` are made after it."""
        key = key or self.key
        text = f"presensi-chain-head {self.device_id} {event['chain_id']} {event['seq']} {event['hash']}"
        signed = {
            "chain_id": event["chain_id"],
            "seq": event["seq"],
            "hash": event["hash"],
            "key_id": hashlib.sha256(public_bytes(key)).hexdigest()[:16],
            "signature": b64url(key.sign(text.encode())),
        }
        return signed | changes

    def event(self, kind: str, payload: Json, **changes: Any) -> Json:
        """The next link of the chain; `changes` are made before it is hashed."""
        self.seq += 1
        event: Json = {
            "schema": 1,
            "event_id": uuid7(),
            "device_id": self.device_id,
            "chain_id": self.chain_id,
            "seq": self.seq,
            "prev_hash": self.last_hash,
            "kind": kind,
            "wall_utc": "2026-11-24T00:30:00.000Z",
            "boot_id": "0b7f3a52-8f6e-4c1d-9f0e-2a1b3c4d5e6f",
            "monotonic_ms": 1000 * self.seq,
            "clock_state": "synchronised",
            kind: payload,
            **changes,
        }
        event["hash"] = self.last_hash = hash_of(event)
        return event

    def reissue(self, event: Json) -> Json:
        """An event of an earlier chain under its own id as the next link of the present one."""
        own = {"chain_id", "seq", "prev_hash", "hash", "kind", event["kind"]}
        rest = {name: value for name, value in event.items() if name not in own}
        return self.event(event["kind"], event[event["kind"]], **rest)

    def presence(self, person_id: str, *, said: Json | None = None, **changes: Any) -> Json:
        """`said`: what else the presence says."""
        payload = {
            "person_id": person_id,
            "direction": "arrival",
            "model_id": MODEL_ID,
            "gallery_version": 1,
            "match": {"score": 4.5, "margin": 1.5, "threshold": 3.0, "frames": 3},
            "liveness": {"state": "live", "score": 0.9, "reason": "off"},
        }
        return self.event("presence", payload | (said or {}), **changes)

    def waiting(self, enrolment_id: str, **changes: Any) -> Json:
        """A presence that rests on an enrolment."""
        return self.presence(enrolment_id, said={"enrolment": enrolment_id}, **changes)

    def attack(self) -> Json:
        liveness = {"state": "attack", "score": 0.1, "reason": "passive"}
        return self.event("attack", {"model_id": MODEL_ID, "frames": 4, "liveness": liveness})

    def enrolment(self, nip: str, name: str, *seeds: int, **changes: Any) -> Json:
        payload = {
            "nip": nip,
            "name": name,
            "office_id": self.office_id,
            "model_id": MODEL_ID,
            "templates": [descriptor(seed) for seed in seeds or (1,)],
            "qualities": [{"sharpness": 100.0}],
            "consent": {"given_utc": "2026-11-24T00:00:00.000Z", "text_id": "consent-id-1", "officer": "petugas"},
        }
        return self.event("enrolment", payload | changes)


def time_of(moment: dt.datetime, spread_s: float = 0, state: str = "trusted") -> Json:
    spread = dt.timedelta(seconds=spread_s)
    return {
        "utc": text_of(moment),
        "earliest_utc": text_of(moment - spread),
        "latest_utc": text_of(moment + spread),
        "state": state,
    }


def heartbeat() -> Json:
    return {
        "software": "test",
        "wall_utc": "2026-11-24T00:30:00.000Z",
        "boot_id": "0b7f3a52-8f6e-4c1d-9f0e-2a1b3c4d5e6f",
        "monotonic_ms": 1000,
        "clock_state": "synchronised",
        "queue": {"waiting": 0, "parked": 0},
        "gallery_version": 1,
        "erased_through": 1,
        "camera": "ok",
        "temperature_c": 50.0,
        "disk_free_bytes": 1_000_000,
        "faults": [],
        "counters": {"unknown": 1},
        "parked": [],
    }


def check_gallery(answer: Json, terminal: Terminal) -> None:
    """Raises when signature, hash or addressee are wrong."""
    manifest = dict(answer["manifest"])
    signature = manifest.pop("signature")
    key = base64.urlsafe_b64decode(terminal.server_keys[manifest["key_id"]] + "=")
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    Ed25519PublicKey.from_public_bytes(key).verify(raw, rfc8785.dumps(manifest))
    if hashlib.sha256(rfc8785.dumps(answer["payload"])).hexdigest() != manifest["payload_sha256"]:
        raise ValueError("payload_sha256 is wrong")
    if manifest["device_id"] != terminal.device_id:
        raise ValueError("another device's gallery")


def problem_of(answer: requests.Response) -> str:
    """The name of the problem document; raises when the answer is none, or lacks the protocol's header."""
    if answer.headers["Content-Type"] != "application/problem+json" or answer.headers["Presensi-Protocol"] != "1":
        raise ValueError("not a problem document of this protocol")
    value = answer.json()
    if value["status"] != answer.status_code:
        raise ValueError("the document's status is not the answer's")
    return str(value["type"]).removeprefix("urn:presensi:problem:")
