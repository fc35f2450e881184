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


TAKES_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""Of a call whose body is a file, whatever its Content-Type says."""


def may(*problems: str) -> dict[int | str, dict[str, Any]]:
    """A route's answers that are these problem documents."""
    by_status: dict[int, list[str]] = {}
    for name in problems:
        by_status.setdefault(document(name, "")["status"], []).append(name)
    return {
        code: {
            "description": ", ".join(f"`{name}`" for name in found),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
            "headers": VERSION | (_RETRY_AFTER if code in (429, 503) else {}),
        }
        for code, found in sorted(by_status.items())
    }


def file_of(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """A route's answer that is a file."""
    content = {each: {"schema": {"type": "string", "format": "binary"}} for each in media_types}
    return {200: {"description": "The file", "content": content}}


def describe(
    summary: str,
    *,
    answer: type[shapes.Shape],
    status: int = 200,
    request: type[shapes.Shape] | None = None,
    problems: Sequence[str] = COMMON,
) -> dict[str, Any]:
    """Arguments for a route: summary, request body, answer and every problem document it can give."""
    responses = may(*problems, *(("too-large",) if request is not None else ()), *_ANY_CALL)
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
