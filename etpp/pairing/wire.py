"""A terminal's code as docs/protocol.md has it ("A code for the phone"). Pure."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
import uuid

from etpp.pairing.model import Statement

VERSION = 1
NONCE_BYTES = 9
SIGNATURE_BYTES = 64
MAX_ID_BYTES = 64
LONGEST = 400
"""Characters of a code; the longest that there can be has 280."""
_SIGNED_AS = b"presensi-phone-code "
_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


def parse(code: str) -> Statement | None:
    """None for what is no code: each has one spelling."""
    raw = _decoded(code)
    if raw is None or len(raw) < SIGNATURE_BYTES + 1 or raw[0] != VERSION:
        return None
    whole, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    try:
        device_id, rest = _id(whole[1:])
        person_id, rest = _id(rest)
    except ValueError:
        return None
    if len(rest) != 4 + NONCE_BYTES:
        return None
    made = dt.datetime.fromtimestamp(int.from_bytes(rest[:4], "big"), dt.UTC)
    return Statement(device_id, person_id, made, rest[4:], _SIGNED_AS + whole, signature)


def _decoded(code: str) -> bytes | None:
    if len(code) > LONGEST or _ALPHABET.fullmatch(code) is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    except binascii.Error:
        return None
    return raw if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == code else None


def _id(data: bytes) -> tuple[str, bytes]:
    """An id and what follows. Raises ValueError."""
    if not data:
        raise ValueError("cut")
    length = data[0]
    if length == 0:
        if len(data) < 17:
            raise ValueError("cut")
        return str(uuid.UUID(bytes=data[1:17])), data[17:]
    if length > MAX_ID_BYTES or len(data) <= length:
        raise ValueError("cut, or too long")
    text = data[1 : 1 + length].decode("utf-8")
    if text.isprintable() and not _is_uuid(text):
        return text, data[1 + length :]
    raise ValueError("spelled in a way that it has not")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
