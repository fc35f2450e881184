"""Call 1: a new terminal for a one-time code."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request

from etpp.base import encoding, shapes
from etpp.base.describe import describe
from etpp.base.errors import Problem
from etpp.base.throttle import network_of
from etpp.db import Transaction
from etpp.roster.hours import HoursBroken, hours
from etpp.roster.model import Office
from etpp.serving.context import ServerOf
from etpp.terminals import life, signing, wire
from etpp.terminals.context import TerminalsOf
from etpp.terminals.model import Device
from etpp.terminals.signed import json_body, message_of, require_version

router = APIRouter()

MAX_BODY_BYTES = 16 * 1024
"""Anybody can sign with a key of his own: a stranger's body stays small."""

RETRY_S = 60
"""When to ask again where a person must first put something right."""


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
    verified = signing.verify(message_of(request), _own_key, True, "content-encoding" in request.headers)
    call = shapes.checked(wire.ProvisionRequest, encoding.canonical_json(await json_body(request, MAX_BODY_BYTES)))
    if call.public_key != verified.key_id:
        raise Problem("signature-invalid", "the key that signed is not public_key")
    now = server.now()

    def make(tx: Transaction) -> tuple[Device, Office, str]:
        device, office = life.provision(tx, call, verified.nonce, now)
        return device, office, hours(office).timezone.key

    address = network_of(request.client.host) if request.client else ""
    server.guesses.reserve(address)
    wrong = False
    try:
        device, office, timezone = await server.write(make)
    except HoursBroken as error:
        # The code is not used up: it is good again when the calendar is.
        raise Problem("unavailable", str(error), retry_after_s=RETRY_S) from error
    except Problem as problem:
        wrong = problem.name == "code-unknown"
        raise
    finally:
        if not wrong:
            server.guesses.forgive(address)
    ring = terminals.keys.now()
    return {
        "device_id": device.device_id,
        "office": {
            "office_id": office.office_id,
            "name": office.name,
            "timezone": timezone,
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
