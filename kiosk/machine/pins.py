"""Checking a PIN against the argon2id hash that the server has sent."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

DIGITS = 6
"""Of a PIN."""

_CHECKER = PasswordHasher()


def matches(pin_hash: str, pin: str) -> bool:
    """Whether it is this PIN. Takes up to a second and 64 MiB (`wire.bulletin` bounds it): never on the screen's
    thread."""
    if len(pin) != DIGITS or not (pin.isascii() and pin.isdecimal()):
        return False
    try:
        return _CHECKER.verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
