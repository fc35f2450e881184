"""Log-ins without a table: a cookie that the server signed, and a CSRF token bound to it."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
import secrets

from etpp.console.model import Session

LIFETIME = dt.timedelta(hours=8)
COOKIE = "etpp_session"


def issue(key: bytes, user: str, now: dt.datetime) -> str:
    """A cookie's value. `key` should change with the password, so that a new password ends old log-ins."""
    expires = int((now + LIFETIME).timestamp())
    claims = json.dumps({"user": user, "expires": expires, "id": secrets.token_hex(16)}).encode()
    return f"{_text(claims)}.{_text(_mac(key, b'session', claims))}"


def read(key: bytes, cookie: str, now: dt.datetime) -> Session | None:
    """The session of a cookie that is genuine and has not expired."""
    claims_text, _, mac_text = cookie.partition(".")
    try:
        claims, mac = _bytes(claims_text), _bytes(mac_text)
        if not hmac.compare_digest(mac, _mac(key, b"session", claims)):
            return None
        values = json.loads(claims)
    except (binascii.Error, ValueError):
        return None
    if values["expires"] < now.timestamp():
        return None
    expires = dt.datetime.fromtimestamp(values["expires"], dt.UTC)
    return Session(values["user"], _text(_mac(key, b"csrf", claims)), values["id"], expires)


def _mac(key: bytes, purpose: bytes, data: bytes) -> bytes:
    return hmac.new(key, purpose + b"\0" + data, hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
