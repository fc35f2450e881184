"""The listening socket."""

from __future__ import annotations

import asyncio
import socket

import pytest

from etpp.serving.connections import Proxies
from etpp.serving.process import bind

EVERYBODY = Proxies([])


@pytest.mark.parametrize("guarded", [False, True])
def test_an_answer_does_not_wait_for_the_peers_acknowledgement(guarded: bool) -> None:
    """asyncio sends small pieces at once on sockets that say they are TCP; on others each answer took 40 ms more."""

    async def accepted() -> int:
        listener = bind("127.0.0.1", 0)
        if guarded:
            listener.guard(EVERYBODY)
        option: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        class Peer(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                link = transport.get_extra_info("socket")
                option.set_result(link.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

        server = await asyncio.get_running_loop().create_server(Peer, sock=listener)
        async with server:
            _, writer = await asyncio.open_connection(*listener.getsockname())
            found = await option
            writer.close()
            await writer.wait_closed()
        return found

    assert asyncio.run(accepted())
