"""What pages that follow the day wait for: one look a second at the database for all of them, while somebody waits.

The pulse is another whenever something came into the books, a terminal reported, or an office's people, letters or
hours changed. A page that learns of it loads itself anew; whoever waits holds no thread and no connection of the
database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool

from etpp.base.errors import StoreUnavailable
from etpp.db import Database
from etpp.presence.store import pulse_of

PATIENCE_S = 25.0
"""Under the minute after which proxies close what says nothing (nginx, proxy_read_timeout)."""


class Pulse:
    """Lives on the app's event loop. `pause`: between two looks; `ended`: whether the server stops."""

    def __init__(
        self, database: Database, pause: Callable[[], Awaitable[None]], ended: Callable[[], bool] = lambda: False
    ) -> None:
        self._database = database
        self._pause = pause
        self._ended = ended
        self._waiting = 0
        self._pulse = ""
        self._failure: StoreUnavailable | None = None
        self._looked = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        return self._waiting

    @property
    def looking(self) -> bool:
        """Whether a look is under way, or another one will come."""
        return self._looking is not None and not self._looking.done()

    async def after(self, seen: str, patience_s: float = PATIENCE_S) -> str:
        """The pulse once it is another than `seen`; the same one when the time is over or the server stops. Raises
        StoreUnavailable when the next look fails."""
        self._waiting += 1
        if not self.looking:
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(patience_s):
                while not self._ended():
                    # Of the next look, never of one from before: the page was made after that.
                    await self._looked.wait()
                    if self._failure is not None:
                        raise StoreUnavailable("the database cannot be looked at now") from self._failure
                    if self._pulse != seen:
                        break
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1
        return self._pulse

    async def _look(self) -> None:
        try:
            while self._waiting and not self._ended():
                try:
                    self._pulse, self._failure = await run_in_threadpool(self._read), None
                except StoreUnavailable as error:
                    self._failure = error
                self._tell()
                await self._pause()
        finally:
            self._tell()  # the server stops: nobody waits for another look

    def _tell(self) -> None:
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    def _read(self) -> str:
        with self._database.read() as tx:
            return pulse_of(tx)
