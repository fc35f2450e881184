"""The JSON of docs/protocol.md, value by value: canonical form, digest, times, numbers, bytes, descriptors. Pure.

What comes from outside is checked member by member and raises WireError.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar, cast

import numpy as np
import rfc8785

from kiosk.errors import ServerError
from kiosk.model import Descriptor

NUMBER_LIMIT = 9999.0
DESCRIPTOR_SIZE = 128

Json = dict[str, Any]
T = TypeVar("T")


class WireError(ServerError):
    """What came from outside is not what docs/protocol.md says. The message names the member, never its value."""


def canonical(value: object) -> bytes:
    """RFC 8785. Raises WireError for what it cannot express (NaN, a lone surrogate, an integer past 2**53)."""
    try:
        return rfc8785.dumps(cast(Any, value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise WireError("the value has no canonical JSON form") from error


def digest(value: object) -> str:
    """SHA-256 over the canonical form, in hex."""
    return digest_of(canonical(value))


def digest_of(canonical_form: bytes) -> str:
    return hashlib.sha256(canonical_form).hexdigest()


def dumps(value: object) -> bytes:
    """Raises WireError for what JSON cannot express (NaN, a lone surrogate)."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except ValueError as error:  # UnicodeEncodeError is one
        raise WireError("the value has no JSON form") from error


def loads(content: bytes | str) -> Json:
    """A JSON object from outside, in UTF-8. Raises WireError for all that is none, however deep or broken."""
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise WireError("the body is not JSON") from error
    if not isinstance(value, dict):
        raise WireError("the body is not a JSON object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def member(data: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """`data[name]`, which must be of exactly that JSON type (a bool is no integer)."""
    value = data.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise WireError(f"member `{name}` is missing or not of type {kind.__name__}")
    return value


def items(data: Mapping[str, Any], name: str) -> list[Json]:
    """`data[name]`, a list of objects."""
    values = member(data, name, list)
    if not all(isinstance(value, dict) for value in values):
        raise WireError(f"member `{name}` is not a list of objects")
    return values


def format_utc(utc: dt.datetime) -> str:
    """RFC 3339 with milliseconds and `Z`; microseconds are cut off."""
    utc = utc.astimezone(dt.UTC)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def parse_utc(text: object) -> dt.datetime:
    try:
        if isinstance(text, str) and text.endswith("Z"):
            return dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise WireError("a time is not RFC 3339 in UTC with `Z`") from error
    raise WireError("a time is not RFC 3339 in UTC with `Z`")


def number(value: float) -> float:
    """Rounded to 4 decimals and kept in the protocol's range: JSON knows neither infinity nor NaN.

    A whole number is an int, as which it comes back from its canonical form.
    """
    known = -NUMBER_LIMIT if math.isnan(value) else float(value)
    rounded = round(min(max(known, -NUMBER_LIMIT), NUMBER_LIMIT), 4)
    return int(rounded) if rounded.is_integer() else rounded


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    """The bytes of their one spelling; raises WireError for padding, loose last bits and what else is none."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise WireError("a key or signature is not base64url") from error
    if b64url(data) != text:
        raise WireError("a key or signature is not base64url without padding")
    return data


def encode_descriptor(descriptor: Descriptor) -> str:
    """Base64 of little-endian float32."""
    return base64.b64encode(np.ascontiguousarray(descriptor, dtype="<f4").tobytes()).decode()


def decode_descriptor(text: object, length: int = DESCRIPTOR_SIZE) -> Descriptor:
    """(length,) float32, read-only. Raises WireError for another length, NaN and infinity."""
    try:
        raw = base64.b64decode(cast(str, text), validate=True)
    except (ValueError, TypeError) as error:
        raise WireError("a descriptor is not base64") from error
    if len(raw) != 4 * length:
        raise WireError(f"a descriptor has {len(raw)} bytes instead of {4 * length}")
    descriptor = np.frombuffer(raw, dtype="<f4").astype(np.float32, copy=False)
    if not np.isfinite(descriptor).all():
        raise WireError("a descriptor holds a number that is not finite")
    return descriptor
