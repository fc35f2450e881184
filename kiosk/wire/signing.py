"""Signed requests: HTTP Message Signatures (RFC 9421) as docs/protocol.md profiles them."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import MutableMapping
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

_COMPONENTS = ("@method", "@authority", "@path", "@query", "presensi-protocol")
_BODY_COMPONENTS = ("content-digest", "content-type")


class SignableRequest(Protocol):
    """What a request must have to be signed: `requests.PreparedRequest` has it."""

    method: Any
    url: Any
    headers: MutableMapping[str, Any]
    body: Any


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
