"""The code that connects a person's phone with e-TPP: docs/protocol.md, "A code for the phone". Pure."""

from __future__ import annotations

import datetime as dt
import uuid

from kiosk.wire.codec import WireError, b64url

VERSION = 1
SHOWN_S = 180.0
"""For how long a code is good, as far as the terminal's and the server's clocks agree."""
NONCE_BYTES = 9
MAX_ID_BYTES = 64
_SIGNED_AS = b"presensi-phone-code "


def phone_statement(device_id: str, person_id: str, made_utc: dt.datetime, nonce: bytes) -> bytes:
    """Who stood before which terminal, when. Raises WireError for what has no such form."""
    seconds = int(made_utc.timestamp())
    if len(nonce) != NONCE_BYTES or not 0 <= seconds < 2**32:
        raise WireError("the moment or the nonce of a phone's code is out of range")
    return bytes([VERSION]) + _id(device_id) + _id(person_id) + seconds.to_bytes(4, "big") + nonce


def phone_text(statement: bytes) -> bytes:
    """What the terminal's key signs of it: nothing else that it signs begins so."""
    return _SIGNED_AS + statement


def phone_link(server_url: str, statement: bytes, signature: bytes) -> str:
    """What the phone opens. It stands after the `#`, which no browser sends: not into a log, not to a proxy."""
    return f"{server_url.rstrip('/')}/m/#{b64url(statement + signature)}"


def _id(value: str) -> bytes:
    """A UUID in its 16 bytes, behind a zero; any other id as text behind its length."""
    try:
        packed = uuid.UUID(value)
    except ValueError:
        packed = None
    if packed is not None and str(packed) == value:
        return b"\0" + packed.bytes
    text = value.encode()
    if not 0 < len(text) <= MAX_ID_BYTES:
        raise WireError("an id has 1 to 64 bytes")
    return bytes([len(text)]) + text
