"""RFC 8785 with nothing but the standard library: the one form of a JSON value that hashes and signatures are over."""

from __future__ import annotations

import base64
import hashlib
import json
from decimal import Decimal
from typing import Any


def canonical(value: Any) -> bytes:
    return _text(value).encode("utf-8")


def sha256(value: Any) -> str:
    """64 hex digits over the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_b64url(text: str) -> bytes:
    """Raises ValueError for any spelling but the one that `b64url` gives."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64url(data) != text:
        raise ValueError("not the canonical spelling")
    return data


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) >= 2**53:
            raise ValueError("an integer beyond 2^53 has no canonical form")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))  # 3.2.3: by UTF-16 units
        return "{" + ",".join(f"{_text(name)}:{_text(value[name])}" for name in names) + "}"
    raise TypeError(f"{type(value).__name__} is no JSON")


def _number(value: float) -> str:
    """ECMAScript's Number::toString, which 3.2.2.3 asks for. Python's repr finds the same shortest digits."""
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("not a finite number")
    text = "".join(map(str, digits))
    point = len(text) + exponent
    if len(text) <= point <= 21:
        shown = text + "0" * (point - len(text))
    elif 0 < point <= 21:
        shown = f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        shown = f"0.{'0' * -point}{text}"
    else:
        mantissa = text[0] + (f".{text[1:]}" if text[1:] else "")
        shown = f"{mantissa}e{point - 1:+d}"
    return "-" * sign + shown
