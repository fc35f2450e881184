"""Call 1: a machine with a one-time code becomes a terminal of an office."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk import wire
from kiosk.errors import IdentityError, Refused
from kiosk.link.client import HEADERS, check
from kiosk.link.heartbeat import SOFTWARE
from kiosk.link.http import Transport
from kiosk.ports import Clock
from kiosk.wire import Json

DEVICE_TREE = Path("/proc/device-tree")


def provision(
    code: str,
    server_url: str,
    *,
    public_key: str,
    sign: Callable[[Any], None],
    ca_file: str,
    timeout_s: float,
    clock: Clock,
) -> Json:
    """The server's answer. Raises IdentityError for a code that it does not know, and what the transport raises."""
    transport = Transport(ca_file=ca_file, timeout_s=timeout_s, clock=clock, sign=sign)
    request = {"code": code, "public_key": public_key, "hardware": hardware(), "software": SOFTWARE}
    try:
        answer = transport.post(f"{server_url.rstrip('/')}/v1/provision", wire.dumps(request), HEADERS)
        check(answer)
    except Refused as refusal:
        if refusal.problem == "code-unknown":
            raise IdentityError(
                "the server does not know this code: it was used, has expired, or was mistyped. Ask BKPP for a new one."
            ) from refusal
        raise
    finally:
        transport.close()
    return wire.loads(answer.body)


def hardware(device_tree: Path = DEVICE_TREE) -> Json:
    """What the machine says that it is; empty on one without a device tree."""
    return {"model": _text(device_tree / "model"), "serial": _text(device_tree / "serial-number")}


def _text(path: Path) -> str:
    try:
        return path.read_bytes().rstrip(b"\0").decode(errors="replace")[:100]
    except OSError:
        return ""
