"""Texts to values and back, from strangers: times, keys, descriptors, and whole JSON bodies in flat memory."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import math
import re
import struct
from collections.abc import Mapping
from typing import Any, NoReturn

import rfc8785

from etpp.base.errors import Problem

Json = Mapping[str, object]

MAX_DEPTH = 32
MAX_VALUES = 200_000
"""JSON values in one body. 500 events have about 15,000; eight megabytes of "[[],[],…" would have millions."""
MAX_INTEGER = 2**53 - 1
"""RFC 8785 (3.2.2.3) and every other reader of JSON hold integers exactly up to here."""

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z", re.ASCII)
SHORTEST_DESCRIPTOR, LONGEST_DESCRIPTOR = 0.1, 100.0
"""A face's descriptor is near unit length; 128 numbers of 3e38 would be finite and overflow every sum, and what has
next to no length has no direction. Stricter than any terminal, which does without a whole gallery for one template."""

_EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LATEST = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)


def parse_time(text: object) -> dt.datetime:
    """RFC 3339 in UTC; raises ValueError. Years in which time zones can be applied without overflow."""
    if isinstance(text, dt.datetime):
        return text
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("must be a time such as 2026-11-24T00:30:05.123Z")
    *whole, fraction = match.groups()
    year, month, day, hour, minute, second = map(int, whole)
    moment = dt.datetime(year, month, day, hour, minute, second, int((fraction or "0").ljust(6, "0")), dt.UTC)
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("must lie between the years 1970 and 9000")
    return moment


def format_time(moment: dt.datetime) -> str:
    """Milliseconds and Z, rounded down."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def decode_key(text: str) -> bytes:
    """32 bytes from base64url without padding; raises ValueError."""
    return _decoded(text, 32)


def encode_key(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode("ascii")


def decode_signature(text: str) -> bytes:
    """64 bytes from base64url without padding; raises ValueError."""
    return _decoded(text, 64)


def _decoded(text: str, size: int) -> bytes:
    """Bytes have one spelling: Python's decoder passes over other characters, padding and loose last bits."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError("must be base64url") from error
    if len(data) != size or encode_key(data) != text:
        raise ValueError(f"must be {size} bytes in base64url without padding")
    return data


def decode_descriptor(text: str, length: int = 128) -> bytes:
    """The bytes of `length` little-endian float32 from base64, of a norm that a face's has; raises ValueError."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("must be base64") from error
    check_descriptor(data, length)
    return data


def check_descriptor(data: bytes, length: int) -> None:
    """Raises ValueError for bytes that are not `length` little-endian float32 of a norm that a face's has."""
    if len(data) != 4 * length:
        raise ValueError(f"must be {length} float32")
    # An exponent of all ones is an infinity or no number at all; it would poison every comparison of the gallery.
    if any(data[i + 3] & 0x7F == 0x7F and data[i + 2] & 0x80 for i in range(0, len(data), 4)):
        raise ValueError("must be finite numbers")
    if not SHORTEST_DESCRIPTOR <= math.hypot(*struct.unpack(f"<{length}f", data)) <= LONGEST_DESCRIPTOR:
        raise ValueError("must be the descriptor of a face: near unit length")


def parse_json(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises Problem `malformed` or `too-large` for everything else, in flat memory."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES:
        raise Problem("too-large", f"at most {MAX_VALUES} values in one body")
    try:
        value = json.loads(
            body.decode("utf-8-sig"), parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_unique
        )
    except (ValueError, RecursionError) as error:
        # UnicodeDecodeError and JSONDecodeError are ValueErrors; their texts may quote the body and are not passed on.
        reason = str(error) if isinstance(error, _Refused) else "the body is not JSON, or nested too deeply"
        raise Problem("malformed", reason) from None
    if not isinstance(value, dict):
        raise Problem("malformed", "the body must be a JSON object")
    _refuse_depth(value)
    return value


def canonical_json(value: dict[str, Any]) -> dict[str, Any]:
    """The value itself, which will be kept as it came: what has no canonical form no reader of it could sign or show.

    Raises Problem `malformed`.
    """
    try:
        canonical(value)
    except ValueError as error:
        raise Problem("malformed", f"the body {error}") from None
    return value


def canonical(value: Any) -> bytes:
    """The RFC 8785 form; raises ValueError for what has none: an integer above 2**53, a lone surrogate, no JSON."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise ValueError("has no RFC 8785 form") from error


class _Refused(ValueError):
    """Our own reason to refuse a text, safe to repeat."""


def _no_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Refused("a number is too large")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        # Two readers of one text could see two values (RFC 8259, 4); a hash over it would mean nothing.
        raise _Refused("a member stands twice in an object")
    return members


def _refuse_depth(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise Problem("malformed", f"nested deeper than {MAX_DEPTH} levels")
