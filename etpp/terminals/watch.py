"""What wakes the terminals that wait for a gallery: one look at the offices' marks for all of them, every second, or at
once when this process changed something. A waiting terminal holds no thread and no connection of the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from etpp.base.errors import StoreUnavailable
from etpp.db import Database
from etpp.roster.store import Offices

log = logging.getLogger(__name__)

Mark = tuple[int, int]
"""(gallery version, attention counter) of an office."""


@dataclass(eq=False)
class _Waiter:
    office_id: str
    seen: Mark
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class GalleryWatch:
    """Lives on the app's event loop; `look_now` and `end` may be called from any thread.

    Changes by another worker or by the command line are seen at the next look, within `every_s` seconds.
    """

    def __init__(self, database: Database, every_s: float = 1.0) -> None:
        self._database = database
        self._every_s = every_s
        self._waiters: set[_Waiter] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._kick = asyncio.Event()
        self._ended = False

    @property
    def ended(self) -> bool:
        return self._ended

    @property
    def waiting(self) -> int:
        return len(self._waiters)

    async def run(self) -> None:
        """The one task that looks; ends by cancellation."""
        self._loop = asyncio.get_running_loop()
        while True:
            # Without waiters there is nothing to look for: sleep until one comes.
            pause = asyncio.timeout(self._every_s if self._waiters else None)
            try:
                async with pause:
                    await self._kick.wait()
            except TimeoutError:
                pass
            self._kick.clear()
            if self._waiters:
                self._wake(await self._look())

    async def wait(self, office_id: str, seen: Mark, timeout_s: float) -> None:
        """Return when the office's mark is another than `seen`, when the time is over, or when the server stops."""
        if self._ended:
            return
        waiter = _Waiter(office_id, seen)
        self._waiters.add(waiter)
        self._kick.set()
        try:
            async with asyncio.timeout(timeout_s):
                await waiter.woken.wait()
        except TimeoutError:
            pass
        finally:
            self._waiters.discard(waiter)

    def look_now(self) -> None:
        self._soon(self._kick.set)

    def end(self) -> None:
        """Send every waiting terminal away at once: the server stops."""
        self._soon(self._end)

    def _soon(self, callback: object) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback)  # type: ignore[arg-type]

    def _end(self) -> None:
        self._ended = True
        for waiter in self._waiters:
            waiter.woken.set()

    async def _look(self) -> Mapping[str, Mark]:
        try:
            return await run_in_threadpool(self._marks)
        except StoreUnavailable as error:
            log.warning("cannot look for new galleries: %s", error)
            return {}

    def _marks(self) -> Mapping[str, Mark]:
        with self._database.read() as tx:
            return Offices(tx).marks()

    def _wake(self, marks: Mapping[str, Mark]) -> None:
        for waiter in self._waiters:
            if waiter.office_id in marks and marks[waiter.office_id] != waiter.seen:
                waiter.woken.set()
