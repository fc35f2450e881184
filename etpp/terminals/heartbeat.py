"""Call 4: how the terminal does, a new key when it wants one, and the server's keys when they have changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fastapi import APIRouter

from etpp.base import encoding, shapes
from etpp.base.describe import describe
from etpp.db import Transaction
from etpp.serving.context import ServerOf
from etpp.terminals import life, wire
from etpp.terminals.context import TerminalsOf
from etpp.terminals.model import Device
from etpp.terminals.signed import Signed

MAX_BODY_BYTES = 512 * 1024


class Head(Protocol):
    """The last link of a terminal's chain that the server holds."""

    @property
    def chain_id(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def hash(self) -> str: ...


NewestHead = Callable[[Transaction, Device], Head | None]
"""Of the chain that the terminal began last."""


def routes(newest_head: NewestHead) -> APIRouter:
    router = APIRouter()

    @router.post(
        "/v1/devices/{device_id}/heartbeat",
        **describe("Report the terminal's state", request=wire.HeartbeatRequest, answer=wire.HeartbeatAnswer),
    )
    async def heartbeat(signed: Signed, server: ServerOf, terminals: TerminalsOf) -> dict[str, object]:
        """The newest is kept. After `rotate_key` both keys are good until the new one has signed for the first time."""
        raw = encoding.canonical_json(await signed.json(MAX_BODY_BYTES))
        call = shapes.checked(wire.HeartbeatRequest, raw)
        device = signed.device
        now = server.now()

        def beat(tx: Transaction) -> tuple[bool, Head | None]:
            rotated = life.beat(tx, device, call, raw, now)
            return rotated, newest_head(tx, device)

        rotated, head = await server.write(beat)
        answer: dict[str, object] = {
            "server_time": encoding.format_time(server.now()),
            "key_rotated": rotated,
            "head": None if head is None else {"chain_id": head.chain_id, "seq": head.seq, "hash": head.hash},
        }
        statement = terminals.keys.now().after(call.server_keys_serial)
        if statement is not None:
            answer["server_keys"] = statement
        return answer

    return router
