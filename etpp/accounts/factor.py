"""The second factor: time-based codes (RFC 6238), the codes for when the telephone is gone, and how both are kept."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from etpp.base.errors import StateError

STEP_S = 30
RECOVERY_CODES = 10
_NONCE = 12


def new_secret() -> str:
    """160 bits in base32, as authenticator apps take them."""
    return pyotp.random_base32()


def uri_of(secret: str, login: str) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="e-TPP")


def step_of(secret: str, code: str, now: dt.datetime, after: int) -> int | None:
    """The 30 seconds that a code is of: these, the ones before or the next, for clocks that differ; none that was taken
    already (`after`), so that a code that was seen over a shoulder is of no use."""
    typed = code.replace(" ", "")
    current = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret)
    found = None
    for step in (current - 1, current, current + 1):
        # Each is compared, in constant time: the answer's time must not tell which one was nearly right.
        if hmac.compare_digest(totp.at(step * STEP_S).encode(), typed.encode()) and step > after:
            found = step
    return found


def new_codes() -> list[str]:
    """Of 80 bits each, in groups: shown once, and good once."""
    return [_grouped(base64.b32encode(secrets.token_bytes(10)).decode().lower()) for _ in range(RECOVERY_CODES)]


def code_hash(account_id: str, code: str) -> str:
    """80 random bits need no slow hash."""
    plain = "".join(each for each in code.lower() if each.isalnum())
    return hashlib.sha256(f"recovery\0{account_id}\0{plain}".encode()).hexdigest()


def seal(key: bytes, account_id: str, secret: str) -> bytes:
    """AES-256-GCM, bound to the account: a row copied to another account opens nothing."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), account_id.encode())


def unseal(key: bytes, account_id: str, sealed: bytes) -> str:
    """Raises StateError when the key is another one than it was sealed with."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], account_id.encode()).decode()
    except InvalidTag as error:
        raise StateError("the file account-key is not the one of this database; put it back from the backup") from error


def _grouped(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
