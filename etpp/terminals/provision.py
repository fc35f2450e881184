"""Call 1: a new terminal for a one-time code."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request

from etpp.base import encoding, shapes
from etpp.base.describe import describe
from etpp.base.errors import Problem
from etpp.calendar.rules import WorkCalendar
from etpp.serving.context import ServerOf
from etpp.terminals import life, signing, wire
from etpp.terminals.context import TerminalsOf
from etpp.terminals.signed import json_body, message_of, require_version

router = APIRouter()

MAX_BODY_BYTES = 16 * 1024
"""Anybody can sign with a key of his own: a stranger's body stays small."""


@router.post(
    "/v1/provision",
    status_code=201,
    **describe(
        "Provision a terminal",
        request=wire.ProvisionRequest,
        answer=wire.ProvisionAnswer,
        status=201,
        problems=("malformed", "protocol-version", "signature-invalid", "replayed-request", "code-unknown"),
    ),
)
async def provision(request: Request, server: ServerOf, terminals: TerminalsOf) -> dict[str, object]:
    """Signed with the new key itself, whose base64url form is the `keyid`.

    The same code and key again give the same terminal.
    """
    require_version(request)
    address = request.client.host if request.client else ""
    server.guesses.check(address)
    verified = signing.verify(message_of(request), _own_key, True, "content-encoding" in request.headers)
    call = shapes.checked(wire.ProvisionRequest, await json_body(request, MAX_BODY_BYTES))
    if call.public_key != verified.key_id:
        raise Problem("signature-invalid", "the key that signed is not public_key")
    now = server.now()
    try:
        device, office = await server.write(lambda tx: life.provision(tx, call, verified.nonce, now))
    except Problem as problem:
        if problem.name == "code-unknown":
            server.guesses.failed(address)
        raise
    ring = terminals.keys.now()
    return {
        "device_id": device.device_id,
        "office": {
            "office_id": office.office_id,
            "name": office.name,
            "timezone": WorkCalendar(office.calendar).timezone.key,
        },
        "server_keys": ring.public,
        "server_keys_serial": ring.serial,
        "server_time": encoding.format_time(server.now()),
    }


def _own_key(key_id: str) -> Sequence[bytes]:
    try:
        return [encoding.decode_key(key_id)]
    except ValueError as error:
        raise Problem("signature-invalid", f"keyid {error}") from None
