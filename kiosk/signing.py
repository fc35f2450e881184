"""Signed requests: HTTP Message Signatures (RFC 9421) as docs/protocol.md profiles them, and the request counter."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import threading
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from kiosk.durable import atomic_write
from kiosk.errors import StateError

NONCE_BLOCK = 1000
"""The counter's bound is written to disk once for so many requests; a restart skips what is left of the block."""

_COMPONENTS = ("@method", "@authority", "@path", "@query", "presensi-protocol")
_BODY_COMPONENTS = ("content-digest", "content-type")


class SignableRequest(Protocol):
    """What a request must have to be signed: `requests.PreparedRequest` has it."""

    method: Any
    url: Any
    headers: MutableMapping[str, Any]
    body: Any


class NonceCounter:
    """Numbers that no request uses twice, power cuts included. Thread-safe; one process at a time (the sync lock).

    What is on disk is a bound that no number given out has passed. A new bound is on disk before the first number of
    its block is given out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._next = 0
        self._bound = 0

    def take(self) -> int:
        with self._lock:
            if self._next >= self._bound:
                self._reserve(max(self._stored(), self._bound))
            self._next += 1
            return self._next

    def raise_above(self, nonce: int) -> None:
        """The server has seen `nonce` (a terminal restored from an old copy of its card)."""
        with self._lock:
            self._reserve(max(nonce, self._stored(), self._bound))

    def _reserve(self, start: int) -> None:
        try:
            atomic_write(self._path, b"%d\n" % (start + NONCE_BLOCK))
        except OSError as error:
            raise StateError(f"{self._path}: cannot be written ({error.strerror}). Check the disk.") from error
        self._next, self._bound = start, start + NONCE_BLOCK

    def _stored(self) -> int:
        try:
            return int(self._path.read_bytes())
        except FileNotFoundError:
            return 0
        except (OSError, ValueError):
            # Unreadable: start over; the server answers with its highest number, and the counter goes on above that.
            return 0


def sign_request(
    request: SignableRequest, key: Ed25519PrivateKey, key_id: str, nonce: int, created: dt.datetime | None = None
) -> None:
    """RFC 9421, label `sig1`; with a body also its digest (RFC 9530). `created`: the wall clock when None."""
    components = list(_COMPONENTS)
    if request.body is not None:
        components += _BODY_COMPONENTS
        if "Content-Encoding" in request.headers:
            components.append("content-encoding")
        body_digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
        request.headers["Content-Digest"] = f"sha-256=:{body_digest}:"
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(key))
    signer.sign(
        request,
        key_id=key_id,
        created=created,
        nonce=str(nonce),
        label="sig1",
        tag="presensi",
        covered_component_ids=components,
        use_existing_digest=request.body is not None,
    )


class _OneKey(HTTPSignatureKeyResolver):  # type: ignore[misc]
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def resolve_private_key(self, _key_id: str) -> Ed25519PrivateKey:
        return self._key
