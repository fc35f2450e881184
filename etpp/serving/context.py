"""What every room's handlers need, made once by `create_app` and reached through the request.

What one room alone needs it takes from the app's state itself (`etpp/terminals/context.py`).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeVar, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from etpp.base.clock import utc_now
from etpp.base.throttle import Throttle
from etpp.db import Database, Transaction

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """`approve`: "auto" takes enrolments into the gallery at once. `poll_s`: how often it looks for others' changes."""

    approve: Literal["auto", "manual"] = "manual"
    now: Callable[[], dt.datetime] = utc_now
    monotonic_s: Callable[[], float] = time.monotonic
    poll_s: float = 1.0


@dataclass(frozen=True)
class Server:
    """One running server."""

    database: Database
    settings: Settings
    wake: Callable[[], None]
    """To be called after a change that waiting terminals want to know."""
    send_away: Callable[[], None]
    """To be called when the server stops: no request waits any longer."""
    guesses: Throttle = field(repr=False)
    """Of one address: provisioning codes and passwords."""
    account_guesses: Throttle = field(repr=False)
    """For one account, from wherever they come."""

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a writing transaction, in a thread. Durable when this returns."""

        def run() -> T:
            with self.database.begin() as tx:
                return work(tx)

        return await run_in_threadpool(run)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        def run() -> T:
            with self.database.read() as tx:
                return work(tx)

        return await run_in_threadpool(run)

    async def change(self, work: Callable[[Transaction], T]) -> T:
        """As `write`, for what waiting terminals want to know."""
        result = await self.write(work)
        self.wake()
        return result

    def now(self) -> dt.datetime:
        return self.settings.now()


def _server(request: Request) -> Server:
    return cast(Server, request.app.state.server)


ServerOf = Annotated[Server, Depends(_server)]
