"""Call 3: the office's people and templates, by long poll."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Response

from etpp.base import encoding
from etpp.base.describe import VERSION, describe, header
from etpp.base.errors import Problem
from etpp.db import Transaction
from etpp.roster.store import Offices
from etpp.serving.context import ServerOf
from etpp.terminals import wire
from etpp.terminals.context import TerminalsOf
from etpp.terminals.model import Device
from etpp.terminals.signed import Signed
from etpp.terminals.store import Devices
from etpp.terminals.watch import Mark

router = APIRouter()

MAX_WAIT_S = 55
MAX_AHEAD = 10_000
"""How far a terminal's version may be ahead of the server's, which then lost some when a backup was played back."""

_SINCE = f"The version that the terminal has; `malformed` where it is more than {MAX_AHEAD} above the server's own."
_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})")
_described = describe("Fetch the gallery", answer=wire.GalleryAnswer)
_described["openapi_extra"]["parameters"] += [
    header(
        "Range",
        "bytes=FIRST- with If-Range: what a cut download still lacks. Any other Range is passed over.",
        required=False,
        pattern=f"^{_RANGE.pattern}$",
    ),
    header("If-Range", "The ETag of the download that was cut.", required=False),
    header("If-None-Match", "The ETag of what the terminal has for the same `since`.", required=False),
]
_ETAG = {"ETag": {"description": "Strong; of the very bytes.", "required": True, "schema": {"type": "string"}}}
_RANGES = {"Accept-Ranges": {"required": True, "schema": {"type": "string", "const": "bytes"}}}
_PART = {"Content-Range": {"required": True, "schema": {"type": "string"}}}
_described["responses"][200]["headers"] = VERSION | _ETAG | _RANGES
_described["responses"] |= {
    204: {"description": "Nothing newer than `since` within `wait_s`", "headers": VERSION},
    206: {
        "description": "The rest of the same bytes, for `Range` with `If-Range`",
        "content": {"application/json": {}},  # a part of a document is of no shape
        "headers": VERSION | _ETAG | _RANGES | _PART,
    },
    304: {"description": "The bytes are those that `If-None-Match` names", "headers": VERSION | _ETAG | _RANGES},
    416: {"description": "The range lies behind the end", "headers": VERSION | _ETAG | _RANGES | _PART},
}


@router.get("/v1/devices/{device_id}/gallery", **_described)
async def gallery(
    signed: Signed,
    server: ServerOf,
    terminals: TerminalsOf,
    since: Annotated[int, Query(ge=0, le=encoding.MAX_INTEGER, description=_SINCE)] = 0,
    wait_s: Annotated[int, Query(ge=0, description=f"Seconds; more than {MAX_WAIT_S} count as {MAX_WAIT_S}.")] = 0,
) -> Response:
    """`since=0` for everything. 204 when nothing newer came within `wait_s` seconds (at most 55)."""
    device = signed.device
    now_s = server.settings.monotonic_s
    deadline_s = now_s() + min(wait_s, MAX_WAIT_S)

    def look(tx: Transaction) -> tuple[tuple[bytes, str] | None, Mark]:
        _refuse_revoked(tx, device)
        mark = Offices(tx).marks()[device.office_id]
        return terminals.galleries.answer(tx, device, since), mark

    await _catch_up(server, device, since)
    while True:
        found, mark = await server.read(look)
        if found is not None:
            return _ranged(signed, *found)
        left_s = deadline_s - now_s()
        if left_s <= 0 or terminals.watch.ended:
            return Response(status_code=204)
        await terminals.watch.wait(device.office_id, mark, left_s)


async def _catch_up(server: ServerOf, device: Device, since: int) -> None:
    """Go on above the terminal's version when it is the higher one: it would refuse any lower for ever."""

    def raise_version(tx: Transaction) -> None:
        office = Offices(tx).get(device.office_id)
        if office is None or office.gallery_version >= since:
            return
        if since > office.gallery_version + MAX_AHEAD:
            raise Problem("malformed", "since: is no version that this server can have issued")
        Offices(tx).bump(device.office_id, server.now(), at_least=since + 1)

    version, _ = (await server.read(lambda tx: Offices(tx).marks()))[device.office_id]
    if since > version:
        await server.change(raise_version)


def _refuse_revoked(tx: Transaction, device: Device) -> None:
    """A terminal may be revoked while it waits."""
    current = Devices(tx).get(device.device_id)
    if current is None or current.revoked_utc is not None:
        raise Problem("device-revoked", "BKPP revoked this terminal; keep its events and export them")


def _ranged(signed: Signed, body: bytes, etag: str) -> Response:
    """The whole, the part that a cut download still lacks (RFC 9110, 14), or that the caller has it (13.1.2)."""
    headers = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "no-store"}
    asked = signed.request.headers
    if _names(asked.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    wanted = _RANGE.fullmatch(asked.get("range", "").strip())
    if wanted is None or asked.get("if-range") != etag:
        return Response(body, 200, headers, "application/json")
    first = int(wanted[1])
    last = min(int(wanted[2]), len(body) - 1) if wanted[2] else len(body) - 1
    if first >= len(body) or last < first:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    return Response(body[first : last + 1], 206, headers, "application/json")


def _names(field: str, etag: str) -> bool:
    """Whether If-None-Match names the entity tag. Its comparison is the weak one (RFC 9110, 8.8.3.2)."""
    return field.strip() == "*" or etag in {each.strip().removeprefix("W/") for each in field.split(",")}
