"""Writes the golden files of the protocol: `python tests/golden/generate.py`.

It uses neither `kiosk` nor `etpp`, only docs/protocol.md and the libraries for RFC 8785, Ed25519 and RFC 9421, so that
a fault shared by both sides would still show. Everything is fixed: running it again gives the same bytes. The keys are
for tests only.
"""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import rfc8785
from argon2.low_level import Type, hash_secret
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519

HERE = Path(__file__).resolve().parent

DEVICE_SEED = bytes(range(32))
NEXT_DEVICE_SEED = bytes(range(1, 33))
SERVER_SEED = bytes(range(32, 64))
NEXT_SERVER_SEED = bytes(range(33, 65))
DEVICE_ID = "018f2c5e-0000-7000-8000-0000000000d1"
CHAIN_ID = "7f0c1f1e-5f5c-4a58-9a3a-0f6f0b1c2d3e"
BOOT_ID = "0b7f3a52-8f6e-4c1d-9f0e-2a1b3c4d5e6f"
PERSON_A = "018f2c5e-0000-7000-8000-0000000000a1"
PERSON_B = "018f2c5e-0000-7000-8000-0000000000b2"
MODEL_ID = "dlib-resnet-v1"
SERVER_KEY_ID = "gallery-2026-1"
NEXT_SERVER_KEY_ID = "gallery-2026-2"
ORIGIN = "http://127.0.0.1:8765"
CREATED = dt.datetime(2026, 11, 24, 0, 30, 6, tzinfo=dt.UTC)

Json = dict[str, Any]

ROSTER: Json = {
    "shifts": {
        "afternoon": {"hours": ["14:00", "21:00"], "grace": [5, 0]},
        "night": {"hours": ["21:00", "07:00"]},
        "office": {"hours": ["07:00", "18:00"], "core": ["10:00", "14:00"]},
    },
    "days": {"2026-11-24": "afternoon", "2026-11-25": "night", "2026-11-26": None, "2026-11-27": "office"},
    "alone": [["2026-11-23", "2026-12-31"]],
}


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public_key(seed: bytes) -> str:
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return b64url(key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))


def sign(seed: bytes, data: bytes) -> str:
    return b64url(Ed25519PrivateKey.from_private_bytes(seed).sign(data))


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def descriptor(start: int, size: int = 128) -> str:
    """`size` little-endian float32, unit length, of no real face."""
    numbers = [((start + i * 37) % 101) / 101 - 0.5 for i in range(size)]
    length = sum(x * x for x in numbers) ** 0.5
    return base64.b64encode(struct.pack(f"<{size}f", *(x / length for x in numbers))).decode()


def drawn() -> str:
    """A PNG of eight pixels by one, half of them black, without a library that may compress it otherwise tomorrow."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    stored = b"\x78\x01\x01\x02\x00\xfd\xff\x00\x0f" + struct.pack(">I", zlib.adler32(b"\x00\x0f"))
    header = struct.pack(">IIBBBBB", 8, 1, 1, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", stored) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def event(seq: int, prev_hash: str, kind: str, payload: Json, wall_utc: str, **extra: Any) -> Json:
    body: Json = {
        "schema": 1,
        "event_id": f"0193{seq:04x}-0000-7000-8000-00000000e{seq:03d}",
        "device_id": DEVICE_ID,
        "chain_id": CHAIN_ID,
        "seq": seq,
        "prev_hash": prev_hash,
        "kind": kind,
        "wall_utc": wall_utc,
        "boot_id": BOOT_ID,
        "monotonic_ms": 60_000 + 1_000 * seq,
        "clock_state": "unsynchronised" if seq == 1 else "synchronised",
        kind: payload,
        **extra,
    }
    return {**body, "hash": sha256_hex(rfc8785.dumps(body))}


def presence(person_id: str, direction: str) -> Json:
    return {
        "person_id": person_id,
        "direction": direction,
        "model_id": MODEL_ID,
        "gallery_version": 3,
        "match": {"score": 4.8125, "margin": 2.25, "threshold": 3.1, "frames": 3},
        "liveness": {"state": "live", "score": 0.9871, "reason": "motion"},
    }


ENROLMENT: Json = {
    "nip": "198503152010011007",
    "name": "Sri Lestari, S.Sos.",
    "office_id": "dinas-kominfo",
    "model_id": MODEL_ID,
    "templates": [descriptor(5), descriptor(6)],
    "qualities": [
        {"eye_distance_px": 61.5, "sharpness": 120.25, "brightness": 131.0},
        {"eye_distance_px": 60.0, "sharpness": 98.5, "brightness": 128.75},
    ],
    "consent": {"given_utc": "2026-11-24T00:29:00.000Z", "text_id": "consent-id-1", "officer": "petugas-1"},
}
RENEWAL: Json = {
    "model_id": "fp-112",
    "consent": {"given_utc": "2026-11-20T01:00:00.000Z", "text_id": "consent-renewal-1", "officer": "petugas-1"},
}
ATTACK: Json = {
    "model_id": MODEL_ID,
    "frames": 5,
    "liveness": {"state": "attack", "score": 0.0312, "reason": "passive"},
}


def pin_hash(pin: str, salt: bytes) -> str:
    """Cheaper to check than a server's should be, so that tests need not wait."""
    hashed = hash_secret(pin.encode(), salt, time_cost=1, memory_cost=8192, parallelism=1, hash_len=32, type=Type.ID)
    return hashed.decode()


OFFICER_PIN, PERSON_PIN = "482913", "730155"


def bulletin() -> Json:
    """All that a bulletin can say."""
    return {
        "awaiting": [
            {"nip": "199003032015031004", "name": "Rahayu Wulandari, S.E."},
            {"nip": "199105052016051005", "name": "Joko Prasetyo", "state": "waiting"},
            {"nip": "199206062017062006", "name": "Dewi Kartika", "state": "refused"},
        ],
        "renew": [{"person_id": PERSON_B}],
        "officers": [
            {
                "officer_id": "018f2c5e-0000-7000-8000-0000000000f1",
                "name": "Budi Santoso",
                "pin_hash": pin_hash(OFFICER_PIN, bytes(range(16))),
                "may": ["enrol", "maintain"],
                "person_id": PERSON_A,
            },
            {
                "officer_id": "018f2c5e-0000-7000-8000-0000000000f2",
                "name": "Teknisi BKPP",
                "pin_hash": pin_hash("105528", bytes(range(16, 32))),
                "may": ["maintain"],
            },
        ],
        "letters": [
            {
                "person_id": PERSON_A,
                "label": {"id": "Dinas luar", "en": "Official travel"},
                "number": "090/123",
                "from_utc": "2026-11-23T17:00:00.000Z",
                "until_utc": "2026-11-25T17:00:00.000Z",
                "excuses": ["late", "early", "absence", "occasion"],
            },
            {
                "person_id": PERSON_B,
                "label": {"id": "Izin datang terlambat"},
                "number": "800/45",
                "from_utc": "2026-11-24T00:30:00.000Z",
                "until_utc": "2026-11-24T02:00:00.000Z",
                "excuses": ["late"],
            },
        ],
        "notices": [
            {
                "notice_id": "018f2c5e-0000-7000-8000-0000000000c1",
                "text": {"id": "Upacara Hari Guru besok pukul 07.30.", "en": "Teachers' Day ceremony tomorrow, 07:30."},
                "from_utc": "2026-11-24T00:00:00.000Z",
                "until_utc": "2026-11-25T01:00:00.000Z",
            }
        ],
        "months": [
            {
                "person_id": PERSON_A,
                "month": "2026-11",
                "through": "2026-11-23",
                "present_days": 15,
                "late_count": 2,
                "late_minutes": 17,
                "early_count": 0,
                "early_minutes": 0,
                "points_entered": 84.5,
                "points_recognised": 71,
            },
            {
                "person_id": PERSON_B,
                "month": "2026-11",
                "through": "2026-11-23",
                "present_days": 16,
                "late_count": 0,
                "late_minutes": 0,
                "early_count": 1,
                "early_minutes": 30,
            },
        ],
        "phones": [
            {
                "person_id": PERSON_A,
                "connected_utc": "2026-11-23T00:31:00.000Z",
                "until_utc": "2026-11-30T00:31:00.000Z",
            }
        ],
        "nip_pin": {
            "policy": "alone",
            "per_month": 5,
            "pins": [{"person_id": PERSON_B, "pin_hash": pin_hash(PERSON_PIN, bytes(range(32, 48)))}],
        },
        "local_use": {"days": 7, "ended": ["018f2c5e-0000-7000-8000-0000000000e9"]},
    }


def chain() -> list[Json]:
    """One event of each kind, and a last one with a member that version 1 does not know."""
    first = event(1, "0" * 64, "presence", presence(PERSON_A, "arrival"), "1970-01-01T00:01:01.000Z")
    second = event(2, first["hash"], "attack", ATTACK, "2026-11-24T00:30:02.000Z")
    third = event(3, second["hash"], "enrolment", ENROLMENT, "2026-11-24T00:30:03.000Z")
    fourth = event(
        4,
        third["hash"],
        "presence",
        presence(PERSON_B, "departure"),
        "2026-11-24T09:05:04.250Z",
        remark={"note": "ü € \u2028 \U0001f600", "ratio": 1e-7, "big": 1e21},
    )
    return [first, second, third, fourth]


def times() -> list[Json]:
    return [
        {
            "utc": "2026-11-24T00:30:01.000Z",
            "earliest_utc": "2026-11-24T00:00:00.000Z",
            "latest_utc": "2026-11-24T00:31:00.000Z",
            "state": "uncertain",
        },
        {
            "utc": "2026-11-24T00:30:02.000Z",
            "earliest_utc": "2026-11-24T00:30:01.000Z",
            "latest_utc": "2026-11-24T00:30:03.000Z",
            "state": "estimated",
        },
        {
            "utc": "2026-11-24T00:30:03.000Z",
            "earliest_utc": "2026-11-24T00:30:02.980Z",
            "latest_utc": "2026-11-24T00:30:03.020Z",
            "state": "trusted",
        },
        {
            "utc": "2026-11-24T09:05:04.250Z",
            "earliest_utc": "2026-11-24T09:05:04.230Z",
            "latest_utc": "2026-11-24T09:05:04.270Z",
            "state": "trusted",
        },
    ]


def problem(name: str, status: int, title: str, detail: str, **members: Any) -> Json:
    return {"type": f"urn:presensi:problem:{name}", "title": title, "status": status, "detail": detail, **members}


def problems() -> list[Json]:
    return [
        problem("malformed", 400, "The request cannot be read", "events.0.event.seq: Field required"),
        problem("protocol-version", 400, "The protocol version is not spoken here", "use one of: 1", supported=[1]),
        problem("signature-invalid", 401, "The signature does not hold", "the signature does not match the request"),
        problem(
            "replayed-request", 401, "The request was seen before", "go on above highest_nonce", highest_nonce=1041
        ),
        problem("code-unknown", 403, "The provisioning code is not valid", "ask BKPP for a new code"),
        problem("device-revoked", 403, "The terminal was revoked", "keep the events and export them"),
        problem("device-unknown", 404, "The terminal is not known", "provision it again"),
        problem("carried-refused", 403, "The carried events are not vouched for", "import the export again"),
        problem("sequence-gap", 409, "Events are missing", "send the chain from expected_seq", expected_seq=2),
        problem("chain-broken", 409, "The chain does not follow its head", "keep the chain for export", expected_seq=4),
        problem("too-large", 413, "The request is too large", "at most 500 events and 8388608 bytes"),
        problem("too-many-requests", 429, "Too many requests", "wait as Retry-After says"),
        problem("unavailable", 503, "The server cannot store anything now", "wait as Retry-After says"),
    ]


def event_problems() -> list[Json]:
    """What a rejected event can carry; the status is what a request of its own would have got."""
    return [
        problem("event-invalid", 422, "The event breaks the protocol", "presence.person_id: Field required"),
        problem("hash-wrong", 422, "The hash is not that of the event", "the event was changed after it was made"),
        problem("person-unknown", 422, "The person is not known", "no such person in the terminal's office"),
        problem("event-id-reused", 422, "The event id belongs to another event", "event ids are made once"),
        problem("event-unproven", 422, "Nobody vouches for the event", "no signed end stands behind it"),
    ]


def head_problem() -> Json:
    """Of a signed link that is not kept; the events count all the same."""
    detail = "heads.0.hash: is not that of a link which the books hold at this number"
    return problem("head-invalid", 422, "A signed link of the chain does not hold", detail)


def calendar() -> Json:
    usual = {day: ["07:30", "16:00"] for day in ("mon", "tue", "wed", "thu")} | {"fri": ["07:30", "16:30"]}
    ramadan = {day: ["08:00", "15:00"] for day in ("mon", "tue", "wed", "thu")} | {"fri": ["08:00", "15:30"]}
    return {
        "timezone": "Asia/Jakarta",
        "periods": [
            {"first": "2026-01-01", "last": None, "days": usual, "late_percent": 1.0, "early_percent": 1.0},
            {"first": "2026-02-18", "last": "2026-03-19", "days": ramadan, "late_percent": 1.0, "early_percent": 1.0},
        ],
        "holidays": ["2026-12-25", "2027-01-01"],
    }


def person(person_id: str, nip: str, name: str, start: int, cohort: tuple[float, float] | None) -> Json:
    mean, sd = cohort if cohort else (None, None)
    return {
        "person_id": person_id,
        "nip": nip,
        "name": name,
        "templates": [
            {
                "template_id": f"{person_id[:-2]}{start:02x}",
                "model_id": MODEL_ID,
                "descriptor": descriptor(start),
                "cohort_mean": mean,
                "cohort_sd": sd,
            }
        ],
    }


def more_template(template_id: str, model_id: str, start: int, size: int) -> Json:
    return {
        "template_id": template_id,
        "model_id": model_id,
        "descriptor": descriptor(start, size),
        "cohort_mean": None,
        "cohort_sd": None,
    }


def calendar_of_shifts() -> Json:
    """Nights, flexible hours and occasions beside the usual."""
    plain = calendar()
    period: Json = {
        **plain["periods"][0],
        "days": {"mon": ["07:30", "16:00"], "fri": ["10:00", "15:00"]},
        "nights": {"sat": ["22:00", "06:00"]},
        "flexible": {"fri": {"hours": ["07:00", "18:00"], "need_minutes": 450, "break_minutes": 90}},
    }
    apel: Json = {
        "name": "Apel pagi",
        "first": "2026-01-01",
        "last": None,
        "window": ["07:00", "07:45"],
        "weekdays": ["mon"],
        "on_days_off": False,
        "for_shifts": False,
    }
    upacara: Json = {**apel, "name": "Upacara", "first": "2026-08-17", "last": "2026-08-17", "on_days_off": True}
    del upacara["weekdays"]
    return {**plain, "periods": [period], "occasions": [apel, upacara]}


def gallery(
    version: int,
    base_version: int | None,
    people: list[Json],
    removed: list[str] | None,
    told: Json | None = None,
    **office: Any,
) -> Json:
    name = "Dinas Komunikasi dan Informatika"
    payload: Json = {
        "office": {"office_id": "dinas-kominfo", "name": name, "calendar": calendar(), **office},
        "people": people,
    }
    if removed is not None:
        payload["removed"] = removed
    if told is not None:
        payload["bulletin"] = told
    manifest: Json = {
        "version": version,
        "base_version": base_version,
        "device_id": DEVICE_ID,
        "office_id": "dinas-kominfo",
        "issued_utc": "2026-11-24T00:00:00.000Z",
        "payload_sha256": sha256_hex(rfc8785.dumps(payload)),
        "key_id": SERVER_KEY_ID,
    }
    manifest["signature"] = sign(SERVER_SEED, rfc8785.dumps(manifest))
    return {"manifest": manifest, "payload": payload}


def server_key(key_id: str, seed: bytes) -> Json:
    return {"key_id": key_id, "public_key": public_key(seed)}


def statement(serial: int, keys: list[Json], key_id: str, seed: bytes) -> Json:
    """What the server says of its keys, signed by one that terminals hold from before."""
    body: Json = {"serial": serial, "keys": keys, "key_id": key_id}
    return {**body, "signature": sign(seed, rfc8785.dumps(body))}


def signed_head(link: Json) -> Json:
    """A link of the chain under its terminal's signature, and the text that is signed."""
    text = f"presensi-chain-head {DEVICE_ID} {link['chain_id']} {link['seq']} {link['hash']}"
    key = base64.urlsafe_b64decode(public_key(DEVICE_SEED) + "=")
    signed = {
        "chain_id": link["chain_id"],
        "seq": link["seq"],
        "hash": link["hash"],
        "key_id": sha256_hex(key)[:16],
        "signature": sign(DEVICE_SEED, text.encode()),
    }
    return {"device_id": DEVICE_ID, "text": text, "signed": signed}


def phone_code(person_id: str, made: dt.datetime, nonce: bytes, server_url: str, packed: bytes | None = None) -> Json:
    """A code for a phone; `packed`: its person's id as it stands in the statement, where that is no UUID."""
    head = bytes([1, 0]) + bytes.fromhex(DEVICE_ID.replace("-", ""))
    person = b"\0" + bytes.fromhex(person_id.replace("-", "")) if packed is None else packed
    statement = head + person + int(made.timestamp()).to_bytes(4, "big") + nonce
    signature = Ed25519PrivateKey.from_private_bytes(DEVICE_SEED).sign(b"presensi-phone-code " + statement)
    return {
        "device_id": DEVICE_ID,
        "person_id": person_id,
        "made_utc": made.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "nonce_hex": nonce.hex(),
        "server_url": server_url,
        "signed_hex": (b"presensi-phone-code " + statement).hex(),
        "link": f"{server_url}/m/#{b64url(statement + signature)}",
    }


def phone_codes() -> Json:
    """Codes that hold, and what is none: cut, longer, of another version, an id spelled in two ways, not base64url."""
    first = phone_code(PERSON_A, CREATED, bytes(range(9)), "https://etpp.example.go.id")
    text = phone_code("pegawai-7", CREATED, bytes(range(1, 10)), ORIGIN, b"\x09pegawai-7")
    spelled = phone_code(PERSON_A, CREATED, bytes(9), ORIGIN, bytes([len(PERSON_A)]) + PERSON_A.encode())
    whole = base64.urlsafe_b64decode(first["link"].split("#")[1] + "==")
    unreadable = {
        "cut": b64url(whole[:-1]),
        "longer": b64url(whole + b"\0"),
        "another version": b64url(b"\2" + whole[1:]),
        "a UUID as text": spelled["link"].split("#")[1],
        "padded": base64.urlsafe_b64encode(whole).decode() + "=",
        "nothing": "",
        "an id of no length": b64url(b"\1\x41" + whole[2:]),
    }
    forged = {
        "another person": b64url(whole[:34] + bytes([whole[34] ^ 1]) + whole[35:]),
        "another moment": b64url(whole[:38] + bytes([whole[38] ^ 1]) + whole[39:]),
        "another nonce": b64url(whole[:45] + bytes([whole[45] ^ 1]) + whole[46:]),
        "another signature": b64url(whole[:-1] + bytes([whole[-1] ^ 1])),
    }
    return {"good": [first, text], "unreadable": unreadable, "forged": forged}


class _Keys(HTTPSignatureKeyResolver):  # type: ignore[misc]
    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(DEVICE_SEED)


class _Message:
    def __init__(self, method: str, url: str, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = method, url, headers


def signed(method: str, path_query: str, key_id: str, nonce: int, body: bytes | None, gzipped: bool = False) -> Json:
    """A whole signed request. `body_base64` is what goes over the wire."""
    headers = {"Host": ORIGIN.removeprefix("http://"), "Presensi-Protocol": "1"}
    covered = ["@method", "@authority", "@path", "@query", "presensi-protocol"]
    if body is not None:
        headers["Content-Type"] = "application/json"
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers["Content-Digest"] = f"sha-256=:{digest}:"
        covered += ["content-digest", "content-type"]
        if gzipped:
            headers["Content-Encoding"] = "gzip"
            covered.append("content-encoding")
    message = _Message(method, ORIGIN + path_query, headers)
    signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_Keys())
    options: Json = {
        "key_id": key_id,
        "created": CREATED,
        "nonce": str(nonce),
        "label": "sig1",
        "tag": "presensi",
        "covered_component_ids": tuple(covered),
        "use_existing_digest": body is not None,
    }
    base = signer.prepare(message, **options).signature_base.decode()
    signer.sign(message, **options)
    return {
        "method": method,
        "url": ORIGIN + path_query,
        "headers": message.headers,
        "body_base64": None if body is None else base64.b64encode(body).decode(),
        "signature_base": base,
    }


def documents() -> dict[str, Json]:
    """Every golden file by its name."""
    office = {"office_id": "dinas-kominfo", "name": "Dinas Komunikasi dan Informatika", "timezone": "Asia/Jakarta"}
    events = chain()
    server_time = "2026-11-24T09:06:00.125Z"
    head = {"chain_id": CHAIN_ID, "seq": 4, "hash": events[-1]["hash"]}
    batch: Json = {
        "events": [{"event": e, "time": t} for e, t in zip(events, times(), strict=True)],
        "reported_through": {"chain_id": CHAIN_ID, "seq": 4, "utc": "2026-11-24T09:05:58.000Z"},
    }
    statuses = ["duplicate", "accepted", "rejected", "accepted"]
    results: list[Json] = [{"event_id": e["event_id"], "status": s} for e, s in zip(events, statuses, strict=True)]
    results[2]["problem"] = event_problems()[0]
    heartbeat: Json = {
        "software": "presensi-kiosk 0.1.0",
        "wall_utc": "2026-11-24T09:05:59.000Z",
        "boot_id": BOOT_ID,
        "monotonic_ms": 31_000_000,
        "clock_state": "synchronised",
        "queue": {"waiting": 0, "parked": 1},
        "gallery_version": 3,
        "erased_through": 3,
        "camera": "ok",
        "temperature_c": 51.5,
        "disk_free_bytes": 12_000_000_000,
        "faults": ["clock_untrusted"],
        "counters": {"refused_by_person": 2, "unknown": 1},
        "parked": [{"event_id": events[2]["event_id"], "problem": event_problems()[0]}],
        "server_keys_serial": 0,
    }
    old, new = server_key(SERVER_KEY_ID, SERVER_SEED), server_key(NEXT_SERVER_KEY_ID, NEXT_SERVER_SEED)
    both = statement(1795500000, [old, new], SERVER_KEY_ID, SERVER_SEED)
    renewed = statement(1795600000, [new], NEXT_SERVER_KEY_ID, NEXT_SERVER_SEED)
    rotation = {
        "public_key": public_key(NEXT_DEVICE_SEED),
        "proof": sign(NEXT_DEVICE_SEED, DEVICE_ID.encode()),
    }
    lost = {
        "chain_id": CHAIN_ID,
        "first_seq": 2,
        "last_seq": 3,
        "prev_hash": events[0]["hash"],
        "hash": events[2]["hash"],
        "reason": "lost",
    }
    exported: Json = {
        "device_id": DEVICE_ID,
        "chain_id": CHAIN_ID,
        "first_seq": 1,
        "last_seq": 4,
        "hash": events[3]["hash"],
        "runs": [
            {
                "first_seq": 1,
                "last_seq": 4,
                "hash": events[3]["hash"],
                "times_hash": sha256_hex(rfc8785.dumps(times())),
            }
        ],
    }
    provision: Json = {
        "code": "K7QM-3TXA-9PWD",
        "public_key": public_key(DEVICE_SEED),
        "hardware": {"model": "Raspberry Pi 4 Model B Rev 1.5", "serial": "10000000abcdef01"},
        "software": "presensi-kiosk 0.1.0",
    }
    a = person(PERSON_A, "197001011995031002", "Budi Santoso", 1, (-0.75, 0.0625))
    b = person(PERSON_B, "198112312005012003", "Siti Aminah, S.Kom.", 2, None)
    several = {
        **a,
        "more_templates": [
            more_template("018f2c5e-0000-7000-8000-00000000c001", "fp-112", 5, 512),
            more_template("018f2c5e-0000-7000-8000-00000000c002", "one-of-tomorrow", 6, 64),
        ],
    }
    more = event(
        5,
        events[3]["hash"],
        "enrolment",
        {
            **ENROLMENT,
            "more_templates": [{"model_id": "fp-112", "templates": [descriptor(n, 512) for n in (7, 8)]}],
        },
        "2026-11-24T00:30:05.000Z",
    )
    return {
        "keys": {
            "about": "Keys of the golden files. For tests only; never provision a terminal with them.",
            "device_id": DEVICE_ID,
            "device_seed_hex": DEVICE_SEED.hex(),
            "device_public_key": public_key(DEVICE_SEED),
            "next_device_seed_hex": NEXT_DEVICE_SEED.hex(),
            "next_device_public_key": public_key(NEXT_DEVICE_SEED),
            "server_key_id": SERVER_KEY_ID,
            "server_seed_hex": SERVER_SEED.hex(),
            "server_public_key": public_key(SERVER_SEED),
            "next_server_key_id": NEXT_SERVER_KEY_ID,
            "next_server_seed_hex": NEXT_SERVER_SEED.hex(),
            "next_server_public_key": public_key(NEXT_SERVER_SEED),
        },
        "provision": {
            "request": provision,
            "status": 201,
            "answer": {
                "device_id": DEVICE_ID,
                "office": office,
                "server_keys": [old],
                "server_keys_serial": 0,
                "server_time": "2026-11-24T00:00:00.000Z",
            },
        },
        "events": {
            "request": batch,
            "status": 200,
            "answer": {"results": results, "head": head, "server_time": server_time},
        },
        "events_link": {
            "request": {**batch, "events": [batch["events"][0], {"link": lost}, batch["events"][3]]},
            "status": 200,
            "answer": {
                "results": [results[0], {"event_id": None, "status": "accepted"}, results[3]],
                "head": head,
                "server_time": server_time,
            },
        },
        "events_carried": {
            "request": {
                **batch,
                "carried": {**exported, "signature": sign(DEVICE_SEED, rfc8785.dumps(exported))},
            },
            "status": 200,
            "answer": {"results": results, "head": head, "server_time": server_time},
        },
        "events_heads": {
            # The last link, and the last one before an enrolment.
            "request": {**batch, "heads": [signed_head(events[1])["signed"], signed_head(events[3])["signed"]]},
            "status": 200,
            "answer": {"results": results, "head": head, "server_time": server_time},
        },
        "events_head_invalid": {
            "request": {**batch, "heads": [{**signed_head(events[3])["signed"], "hash": events[2]["hash"]}]},
            "status": 200,
            "answer": {"results": results, "head": head, "server_time": server_time, "head_problem": head_problem()},
        },
        "event_presence": events[0],
        "event_attack": events[1],
        "event_enrolment": events[2],
        "event_unknown_member": events[3],
        "event_enrolment_more": more,
        "event_enrolment_signed": event(
            9,
            "9" * 64,
            "enrolment",
            {**ENROLMENT, "consent": {**ENROLMENT["consent"], "signature": drawn()}},
            "2026-11-24T00:30:09.000Z",
        ),
        "event_enrolment_renewal": event(
            6,
            more["hash"],
            "enrolment",
            {
                **more["enrolment"],
                "nip": "197001011995031002",
                "name": "Budi Santoso",
                "consent": RENEWAL["consent"],
                "renewal": {
                    "model_id": RENEWAL["model_id"],
                    "person_id": PERSON_A,
                    "presence": events[0]["event_id"],
                    "match": events[0]["presence"]["match"],
                    "liveness": events[0]["presence"]["liveness"],
                },
            },
            "2026-11-24T00:30:06.000Z",
        ),
        "event_presence_pin": event(
            7,
            "7" * 64,
            "presence",
            {
                **presence(PERSON_B, "arrival"),
                "match": {"score": 1.5, "margin": 0.25, "threshold": 3.1, "frames": 9},
                "method": "nip-pin-officer",
                "officer_id": "018f2c5e-0000-7000-8000-0000000000f1",
                "duress": True,
            },
            "2026-11-24T00:30:07.000Z",
        ),
        "event_presence_waiting": event(
            10,
            "a" * 64,
            "presence",
            {**presence(events[2]["event_id"], "arrival"), "enrolment": events[2]["event_id"]},
            "2026-11-24T00:30:10.000Z",
        ),
        "event_occurrence": event(
            8,
            "8" * 64,
            "occurrence",
            {
                "what": "two-people",
                "officer_id": "018f2c5e-0000-7000-8000-0000000000f1",
                "person_ids": [PERSON_A, PERSON_B],
                "detail": "within 4 minutes",
            },
            "2026-11-24T00:30:08.000Z",
        ),
        "phone_codes": phone_codes(),
        "gallery_full": {"query": {"since": 0, "wait_s": 25}, "status": 200, "answer": gallery(3, None, [a, b], None)},
        "gallery_delta": {
            "query": {"since": 3, "wait_s": 25},
            "status": 200,
            "answer": gallery(4, 3, [person(PERSON_A, "197001011995031002", "Budi Santoso", 3, None)], [PERSON_B]),
        },
        "gallery_recognisers": {
            "query": {"since": 0, "wait_s": 25},
            "status": 200,
            "answer": gallery(5, None, [several], None, recogniser="fp-112"),
        },
        "gallery_rosters": {
            "query": {"since": 0, "wait_s": 25},
            "status": 200,
            "answer": gallery(6, None, [{**a, "roster": ROSTER}, b], None, calendar=calendar_of_shifts()),
        },
        "gallery_renewal": {
            "query": {"since": 0, "wait_s": 25},
            "status": 200,
            "answer": gallery(6, None, [{**a, "renewal": RENEWAL}, b], None),
        },
        "gallery_bulletin": {
            "query": {"since": 0, "wait_s": 25},
            "status": 200,
            "answer": gallery(7, None, [a, b], None, told=bulletin()),
            "pins": {"officer": OFFICER_PIN, "person": PERSON_PIN},
        },
        "heartbeat": {
            "request": heartbeat,
            "status": 200,
            "answer": {"server_time": server_time, "key_rotated": False, "head": head},
        },
        "heartbeat_rotation": {
            "request": {
                **heartbeat,
                "temperature_c": None,
                "disk_free_bytes": None,
                "faults": [],
                "parked": [],
                "rotate_key": rotation,
            },
            "status": 200,
            "answer": {"server_time": server_time, "key_rotated": True, "head": None},
        },
        "heartbeat_server_keys": {
            "request": {**heartbeat, "faults": [], "parked": []},
            "status": 200,
            "answer": {"server_time": server_time, "key_rotated": False, "head": head, "server_keys": both},
        },
        "heartbeat_server_key_retired": {
            "request": {**heartbeat, "faults": [], "parked": [], "server_keys_serial": both["serial"]},
            "status": 200,
            "answer": {"server_time": server_time, "key_rotated": False, "head": head, "server_keys": renewed},
        },
        "problems": {"problems": problems(), "event_problems": event_problems()},
        "signatures": {
            "requests": [
                signed("POST", "/v1/provision", public_key(DEVICE_SEED), 1, rfc8785.dumps(provision)),
                signed("GET", f"/v1/devices/{DEVICE_ID}/gallery?since=3&wait_s=25", DEVICE_ID, 2, None),
                signed("POST", f"/v1/devices/{DEVICE_ID}/heartbeat", DEVICE_ID, 3, rfc8785.dumps(heartbeat)),
                signed(
                    "POST",
                    f"/v1/devices/{DEVICE_ID}/events",
                    DEVICE_ID,
                    4,
                    # The header's operating-system byte differs between zlib builds; 3 (Unix) is pinned.
                    _pin(gzip.compress(rfc8785.dumps(batch), compresslevel=0, mtime=0)),
                    gzipped=True,
                ),
            ],
            "heads": [signed_head(events[3])],
        },
    }


def _pin(gzipped: bytes) -> bytes:
    return gzipped[:9] + b"\x03" + gzipped[10:]


def text(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    for name, document in documents().items():
        (HERE / f"{name}.json").write_text(text(document), encoding="utf-8")


if __name__ == "__main__":
    main()
