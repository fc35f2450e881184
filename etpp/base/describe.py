"""What FastAPI cannot see: the handlers read and check the body themselves, so its shape is given to OpenAPI here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etpp.base import shapes
from etpp.base.problems import MEDIA_TYPE, document

COMMON = ("malformed", "protocol-version", "signature-invalid", "replayed-request", "device-revoked", "device-unknown")
_ANY_CALL = ("not-found", "method-not-allowed", "conflict", "too-many-requests", "unavailable", "internal")
"""Of no call in particular: an address or a method of none, what the database cannot hold, a failing server."""


def header(name: str, text: str, *, required: bool = True, **schema: Any) -> dict[str, Any]:
    """A request's header as an OpenAPI parameter."""
    shape = {"type": "string", **schema}
    return {"name": name, "in": "header", "required": required, "description": text, "schema": shape}


_SIGNED = (
    header("Presensi-Protocol", "The version that is spoken.", const="1"),
    header("Signature-Input", "RFC 9421: label sig1 with created, keyid, nonce and tag; docs/protocol.md, Signatures."),
    header("Signature", "RFC 9421: the Ed25519 signature sig1."),
)
_WITH_BODY = (
    header("Content-Digest", "RFC 9530: sha-256 over the body as it is sent."),
    header("Content-Encoding", "gzip, or nothing.", required=False, enum=["gzip"]),
)
VERSION = {"Presensi-Protocol": {"required": True, "schema": {"type": "string", "const": "1"}}}
"""Of every answer: a terminal believes none without it."""
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer"}}}


def describe(
    summary: str,
    *,
    answer: type[shapes.Shape],
    status: int = 200,
    request: type[shapes.Shape] | None = None,
    problems: Sequence[str] = COMMON,
) -> dict[str, Any]:
    """Arguments for a route: summary, request body, answer and every problem document it can give."""
    names = (*problems, *(("too-large",) if request is not None else ()), *_ANY_CALL)
    by_status: dict[int, list[str]] = {}
    for name in names:
        by_status.setdefault(document(name, "")["status"], []).append(name)
    responses: dict[int | str, dict[str, Any]] = {
        code: {
            "description": ", ".join(f"`{name}`" for name in found),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
            "headers": VERSION | (_RETRY_AFTER if code in (429, 503) else {}),
        }
        for code, found in sorted(by_status.items())
    }
    responses[status] = {
        "description": "Done",
        "content": {"application/json": {"schema": _reference(answer)}},
        "headers": VERSION,
    }
    extra: dict[str, Any] = {"parameters": [*_SIGNED, *(_WITH_BODY if request is not None else ())]}
    if request is not None:
        extra["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(request)}},
        }
    return {"summary": summary, "responses": responses, "openapi_extra": extra, "response_model": None}


def _reference(shape: type[shapes.Shape]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}
