"""Call 4: how the terminal does, a new key when it wants one, and the server's keys when they have changed."""

from __future__ import annotations

from fastapi import APIRouter

from etpp import encoding, terminals, wire
from etpp.api.describe import describe
from etpp.api.signed import Signed
from etpp.context import ServerOf
from etpp.model import ChainHead
from etpp.ports import Transaction

router = APIRouter()

MAX_BODY_BYTES = 512 * 1024


@router.post(
    "/v1/devices/{device_id}/heartbeat",
    **describe("Report the terminal's state", request=wire.HeartbeatRequest, answer=wire.HeartbeatAnswer),
)
async def heartbeat(signed: Signed, server: ServerOf) -> dict[str, object]:
    """The newest is kept. After `rotate_key` both keys are good until the new one has signed for the first time."""
    raw = await signed.json(MAX_BODY_BYTES)
    call = wire.checked(wire.HeartbeatRequest, raw)
    device = signed.device
    now = server.now()

    def beat(tx: Transaction) -> tuple[bool, ChainHead | None]:
        rotated = terminals.beat(tx, device, call, raw, now)
        return rotated, tx.books.newest_head(device.office_id, device.device_id)

    rotated, head = await server.write(beat)
    answer: dict[str, object] = {
        "server_time": encoding.format_time(server.now()),
        "key_rotated": rotated,
        "head": None if head is None else {"chain_id": head.chain_id, "seq": head.seq, "hash": head.hash},
    }
    statement = server.state.keys.now().after(call.server_keys_serial)
    if statement is not None:
        answer["server_keys"] = statement
    return answer
