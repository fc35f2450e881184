"""Signatures: of requests by terminals (RFC 9421), of galleries by the server; and the window against replay (pure).

`http-message-signatures` does the RFC; this adapter gives it Starlette's request and the protocol's own rules: exactly
the label `sig1` with the tag `presensi`, what must be covered, and no judgement of `created` - a terminal without a
battery clock may be wrong by years, and the nonce protects against replay instead.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature as BadSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature
from http_message_signatures.algorithms import ED25519
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from etpp.base.encoding import MAX_INTEGER, canonical, decode_signature, encode_key
from etpp.base.errors import Problem

LABEL = "sig1"
TAG = "presensi"
COVERED = ("@method", "@authority", "@path", "@query", "presensi-protocol")
COVERED_WITH_BODY = ("content-digest", "content-type")
_NONCE = re.compile(r"[1-9][0-9]{0,15}")
WINDOW = 64
"""Counters below the highest that may still arrive, each once (RFC 4303, 3.4.3): requests overtake each other."""


class Headers(Protocol):
    def items(self) -> Iterable[tuple[str, str]]: ...


@dataclass(frozen=True)
class Message:
    """What the library reads of a request. `url` with the authority of the Host header."""

    method: str
    url: str
    headers: Headers


@dataclass(frozen=True)
class Verified:
    """A request whose signature holds: whose, with which of its keys, and its counter."""

    key_id: str
    key: bytes
    nonce: int


def verify(message: Message, keys_of: Callable[[str], Sequence[bytes]], has_body: bool, has_encoding: bool) -> Verified:
    """Check the signature with the Ed25519 keys (32 bytes each) that `keys_of(key_id)` gives; any of them will do.

    Raises Problem `signature-invalid`, also when there are no keys, and whatever `keys_of` raises of the kind. The body
    is not read: `content-digest` is covered, and whoever reads the body compares it.
    """
    required = [*COVERED]
    if has_body:
        required += COVERED_WITH_BODY
    if has_encoding:
        required.append("content-encoding")
    resolver = _Keys(keys_of)
    verifier = _Verifier(signature_algorithm=ED25519, key_resolver=resolver)
    while True:
        try:
            (result,) = verifier.verify(
                message, max_age=None, expect_tag=TAG, expect_label=LABEL, require_components=required
            )
        except (HTTPMessageSignaturesException, InvalidSignature) as error:
            if resolver.problem is not None:
                raise resolver.problem from None
            if resolver.next_key():
                continue
            raise _invalid("the request must carry a signature sig1 that its terminal's key made") from error
        return Verified(resolver.key_id, resolver.key, _counter(result.nonce))


def verify_proof(public_key: bytes, proof: str, device_id: str) -> bool:
    """Whether `proof` (base64url) shows that the terminal holds the private part of its new key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(decode_signature(proof), device_id.encode())
    except (BadSignature, ValueError):
        return False
    return True


def verify_statement(public_key: bytes, signature: str, statement: Mapping[str, Any]) -> bool:
    """Whether a terminal signed the RFC 8785 form of `statement`."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(decode_signature(signature), canonical(dict(statement)))
    except (BadSignature, ValueError):
        return False
    return True


def verify_text(public_key: bytes, signature: bytes, text: bytes) -> bool:
    """Whether a key made this signature over a text."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (BadSignature, ValueError):
        return False
    return True


def head_text(device_id: str, chain_id: str, seq: int, hash_: str) -> bytes:
    """What a terminal's key signs of its chain."""
    return f"presensi-chain-head {device_id} {chain_id} {seq} {hash_}".encode("ascii")


def key_id_of(public_key: bytes) -> str:
    """16 hexadecimal characters that name one key for ever."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def slide(highest: int, window: int, nonce: int) -> tuple[int, int] | None:
    """The window after `nonce`, or None when the counter was seen or lies below. Bit i of `window` is `highest` - i."""
    if nonce > highest:
        shift = nonce - highest
        kept = (window << shift) & (2**WINDOW - 1) if shift < WINDOW else 0
        return nonce, kept | 1
    age = highest - nonce
    if age >= WINDOW or window >> age & 1:
        return None
    return highest, window | 1 << age


class GallerySigner:
    """Signs manifests and statements. `key_id` is taken from the public key, so that it names one key for ever."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = key_id_of(self.public_key)

    @property
    def seed(self) -> bytes:
        """32 bytes that are the key."""
        return self._key.private_bytes_raw()

    def sign_bytes(self, message: bytes) -> bytes:
        """64 bytes over a message that no manifest can be: it is not JSON."""
        return self._key.sign(message)

    def sign(self, document: Mapping[str, Any]) -> str:
        """base64url over the RFC 8785 form of the manifest or statement without its signature."""
        return encode_key(self._key.sign(canonical(dict(document))))


class _Verifier(HTTPMessageVerifier):  # type: ignore[misc]
    def validate_created_and_expires(self, sig_input: Any, max_age: dt.timedelta | None = None) -> None:
        """docs/protocol.md: `created` is the terminal's wall clock and is no reason to refuse."""


class _Keys(HTTPSignatureKeyResolver):  # type: ignore[misc]
    """Hands the library one key after the other; it wraps what a resolver raises, so that is kept here: a database
    that cannot be read is no wrong signature."""

    def __init__(self, keys_of: Callable[[str], Sequence[bytes]]) -> None:
        self._keys_of = keys_of
        self._keys: Sequence[bytes] | None = None
        self._index = 0
        self.key_id = ""
        self.problem: Exception | None = None

    @property
    def key(self) -> bytes:
        return (self._keys or ())[self._index]

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        if self._keys is None:
            self.key_id = key_id
            try:
                self._keys = self._keys_of(key_id)
            except Exception as problem:  # noqa: BLE001 - raised again by `verify`, as what it is
                self.problem = problem
                return None
        return Ed25519PublicKey.from_public_bytes(self.key) if self._keys else None

    def next_key(self) -> bool:
        self._index += 1
        return self._index < len(self._keys or ())


def _counter(nonce: str | None) -> int:
    if nonce is None or _NONCE.fullmatch(nonce) is None or int(nonce) > MAX_INTEGER:
        raise _invalid("nonce must be a decimal counter from 1 to 2**53 - 1, without leading zeros")
    return int(nonce)


def _invalid(detail: str) -> Problem:
    return Problem("signature-invalid", detail)
