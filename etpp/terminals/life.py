"""The life of a terminal: a code, its provisioning, its requests' authority, heartbeats, key rotation, revocation."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from etpp.base import encoding
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.model import Office
from etpp.roster.store import Offices
from etpp.terminals import wire
from etpp.terminals.model import Code, Device, Reached
from etpp.terminals.signing import slide, verify_proof
from etpp.terminals.store import Devices

CODE_LIFETIME = dt.timedelta(hours=24)
MAX_NONCE_STEP = 10**9
"""How far a request's counter may be ahead of the highest one: a terminal skips 1,000 at each start. Who holds its key
for a moment cannot use up all numbers and lock it out for ever."""

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 characters that are not mistaken for each other when read aloud; 12 of them are 60 bits."""


def new_code(tx: Transaction, office_id: str, now: dt.datetime) -> tuple[str, dt.datetime]:
    """A one-time code for one terminal of the office, and when it expires. Only its hash is kept."""
    register.office(tx, office_id)
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    expires = now + CODE_LIFETIME
    Devices(tx).add_code(Code(office_id, _hash(letters), expires), now)
    return "-".join((letters[:4], letters[4:8], letters[8:])), expires


def open_codes(tx: Transaction, office_id: str, now: dt.datetime) -> list[Code]:
    """Those of the office that are good now. The codes themselves only their holders know."""
    register.office(tx, office_id)
    return [code for code in Devices(tx).open_codes(now) if code.office_id == office_id]


def withdraw_codes(tx: Transaction, office_id: str, now: dt.datetime) -> int:
    """End every open code of the office; how many there were."""
    register.office(tx, office_id)
    return Devices(tx).withdraw_codes(office_id, now)


def provision(tx: Transaction, request: wire.ProvisionRequest, nonce: int, now: dt.datetime) -> tuple[Device, Office]:
    """A new terminal for a code. The same code and key again give the same terminal: the first answer was lost."""
    code = Devices(tx).code(_hash(request.code))
    key = encoding.decode_key(request.public_key)
    if code is not None and code.device_id is not None and code.used_key == key and code.expires_utc > now:
        device = Devices(tx).get(code.device_id, lock=True)
        office = Offices(tx).get(code.office_id)
        if device is not None and office is not None and device.revoked_utc is None:
            accept_nonce(tx, device, nonce, now)
            return device, office
    if code is None or code.device_id is not None or code.expires_utc <= now:
        raise Problem("code-unknown", "the code was never issued, is used, or has expired; ask BKPP for a new one")
    office = Offices(tx).get(code.office_id)
    if office is None:
        raise Problem("code-unknown", "the code's office does not exist any more")
    window = slide(0, 0, nonce)
    if window is None:
        raise Problem("replayed-request", "a nonce is above 0", members={"highest_nonce": 0})
    device = Device(
        office_id=code.office_id,
        device_id=str(uuid.uuid4()),
        public_key=key,
        next_key=None,
        highest_nonce=window[0],
        nonce_window=window[1],
        provisioned_utc=now,
        software=request.software,
        hardware=request.hardware,
        last_seen_utc=now,
    )
    Devices(tx).add(device)
    Devices(tx).use_code(code, device.device_id, key, now)
    return device, office


def keys_of(tx: Transaction, device_id: str) -> list[bytes]:
    """The keys a terminal may sign with. Raises Problem `device-unknown`."""
    device = Devices(tx).get(device_id)
    if device is None:
        raise Problem("device-unknown", "no terminal has this id; provision it again")
    return [device.public_key] if device.next_key is None else [device.public_key, device.next_key]


def admit(tx: Transaction, device_id: str, key: bytes, nonce: int, now: dt.datetime) -> Device:
    """Let a verified request in, once. Raises Problem `device-revoked`, `replayed-request`, `signature-invalid`."""
    device = Devices(tx).get(device_id, lock=True)
    if device is None:
        raise Problem("device-unknown", "no terminal has this id; provision it again")
    if device.revoked_utc is not None:
        raise Problem("device-revoked", "BKPP revoked this terminal; keep its events and export them")
    if key == device.next_key:
        # The terminal knows that the rotation was taken: from now on the old key is worthless to a thief.
        Devices(tx).retire_key(device, device.public_key, now)
        device = replace(device, public_key=key, next_key=None)
        Devices(tx).set_keys(device, key, None)
    elif key != device.public_key:
        raise Problem("signature-invalid", "the key was replaced while the request came in")
    accept_nonce(tx, device, nonce, now)
    return device


def accept_nonce(tx: Transaction, device: Device, nonce: int, now: dt.datetime) -> None:
    ahead = nonce > device.highest_nonce + MAX_NONCE_STEP
    slid = None if ahead else slide(device.highest_nonce, device.nonce_window, nonce)
    if slid is None:
        raise Problem("replayed-request", "go on above highest_nonce", members={"highest_nonce": device.highest_nonce})
    Devices(tx).set_nonce(device, *slid, now)


def beat(
    tx: Transaction, device: Device, request: wire.HeartbeatRequest, raw: dict[str, Any], now: dt.datetime
) -> bool:
    """Keep the newest heartbeat; whether a key rotation was taken. Raises Problem `malformed` for a false proof."""
    rotated = False
    if request.rotate_key is not None:
        key = encoding.decode_key(request.rotate_key.public_key)
        if not verify_proof(key, request.rotate_key.proof, device.device_id):
            raise Problem("malformed", "rotate_key.proof: is not the new key's signature over the device id")
        Devices(tx).set_keys(device, device.public_key, None if key == device.public_key else key)
        rotated = True
    kept = {name: value for name, value in raw.items() if name != "rotate_key"}
    kept["received_utc"] = encoding.format_time(now)
    said = request.gallery_version, request.erased_through
    if said != (device.gallery_version, device.erased_through):
        Devices(tx).acknowledge(device, *said, now)
    Devices(tx).set_heartbeat(device, kept, request.software, request.gallery_version, request.erased_through)
    return rotated


def devices(tx: Transaction, office_id: str | None = None) -> list[Device]:
    """All terminals, or an office's. Raises NotFound for an office that does not exist."""
    if office_id is not None:
        register.office(tx, office_id)
    return Devices(tx).all(office_id)


def reached(tx: Transaction, office_id: str, version: int) -> Reached:
    """How far a change of an office's gallery has come on its terminals in use."""
    since = Devices(tx).has_gallery_since(office_id, version)
    return _reached(tx, office_id, since, lambda device: device.gallery_version >= version)


def erased(tx: Transaction, office_id: str, version: int) -> Reached:
    """How far an erasure has come on an office's terminals in use."""
    since = Devices(tx).erased_since(office_id, version)
    return _reached(tx, office_id, since, lambda device: device.erased_through >= version)


def _reached(
    tx: Transaction, office_id: str, since: Mapping[str, dt.datetime], is_there: Callable[[Device], bool]
) -> Reached:
    using = [each for each in Devices(tx).all(office_id) if each.revoked_utc is None]
    moments = [since.get(each.device_id) for each in using if is_there(each)]
    known = [moment for moment in moments if moment is not None]
    return Reached(len(moments), len(using), max(known) if known and len(known) == len(moments) else None)


def revoke(tx: Transaction, device_id: str, now: dt.datetime) -> Device:
    """From now on the terminal's requests are refused; one that waits for a gallery is told at once."""
    device = _device(tx, device_id)
    if device.revoked_utc is not None:
        raise Conflict("the terminal was revoked already", key="terminal_revoked")
    Devices(tx).revoke(device, now)
    Offices(tx).call_attention(device.office_id)
    return device


def write_off(tx: Transaction, device_id: str, now: dt.datetime) -> Device:
    """Nothing more will come from a revoked terminal: its silence no longer keeps anybody from being absent."""
    device = _device(tx, device_id)
    if device.revoked_utc is None:
        raise Conflict("revoke the terminal first", key="terminal_in_use")
    Devices(tx).write_off(device, now)
    return device


def _device(tx: Transaction, device_id: str) -> Device:
    device = Devices(tx).get(device_id, lock=True)
    if device is None:
        raise NotFound("there is no terminal with this id", key="terminal_unknown")
    return device


def _hash(code: str) -> str:
    letters = "".join(c for c in code.upper() if c.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()
