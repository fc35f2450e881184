"""Passwords: argon2id hashes of them, and what one has to be."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from etpp.base.errors import Conflict

SHORTEST = 10
LONGEST = 200
"""Longer ones cost the server more than they can be worth."""

# RFC 9106's second choice, with less memory: 64 MiB and three passes, as the library gives it. A Raspberry Pi has it
# too.
_HASHER = PasswordHasher()

CHECKERS = ThreadPoolExecutor(2, thread_name_prefix="password")
"""A good part of a second's work and 64 MiB for each password: neither on the event loop nor in the threads of all
other requests, which forty guesses at once would fill."""


def hashed(password: str) -> str:
    return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """In the same time for an account that is there and one that is not (`password_hash` None)."""
    try:
        right = _HASHER.verify(password_hash or _nobodys(), password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


def generated() -> str:
    """For somebody who will choose another: 72 bits, to be read out and typed."""
    return secrets.token_urlsafe(12)


def good(password: str, login: str) -> str:
    """The password itself. Raises Conflict with what is wrong with it."""
    if len(password) < SHORTEST:
        raise Conflict("the password needs ten characters or more", key="password_short", n=SHORTEST)
    if len(password) > LONGEST:
        raise Conflict(f"the password has at most {LONGEST} characters", key="password_long", n=LONGEST)
    if login.lower() in password.lower() or len(set(password)) < 4:
        raise Conflict("the password is too easy to guess", key="password_easy")
    return password


@cache
def _nobodys() -> str:
    return hashed(secrets.token_hex(16))


def nobodys() -> str:
    """The hash of a password that nobody knows: of an account that is entered in another way."""
    return _nobodys()
