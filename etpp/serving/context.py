"""What every room's handlers need, made once by `create_app` and reached through the request.

What one room alone needs it takes from the app's state itself (`etpp/terminals/context.py`).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, TypeVar, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from etpp.base.clock import utc_now
from etpp.base.throttle import Throttle
from etpp.db import Database, Transaction
from etpp.ledger.store import Ledger
from etpp.serving.acting import Act, Actor

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """`approve`: "auto" takes enrolments into the gallery at once. `poll_s`: how often it looks for others' changes.
    `tell_s`: how often it looks what terminals are to be told besides faces and hours; None: never by itself."""

    approve: Literal["auto", "manual"] = "manual"
    now: Callable[[], dt.datetime] = utc_now
    monotonic_s: Callable[[], float] = time.monotonic
    poll_s: float = 1.0
    tell_s: float | None = 60.0


@dataclass(frozen=True)
class Server:
    """One running server. With an `act` it is one request's view of it: what that writes is recorded with it."""

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
    act: Act | None = None

    @property
    def actor(self) -> Actor:
        """Who changes something, behind a gate: every such request has an act."""
        if self.act is None:
            raise RuntimeError("nobody has looked at who asks")
        return self.act.actor

    async def write(self, work: Callable[[Transaction], T], look: Callable[[Transaction], Any] | None = None) -> T:
        """Run `work` in a writing transaction, in a thread. Durable when this returns. `look`: what it changes, as JSON
        values; what that was before and is after stands in the audit log."""

        def run() -> T:
            with self.begin() as tx:
                if look is None or self.act is None:
                    return work(tx)
                before = look(tx)
                result = work(tx)
                self.act.note(before, look(tx))
                return result

        return await run_in_threadpool(run)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that writes. What the request does is in the audit log in the same moment, or neither is; once,
        however many transactions it takes."""
        with self.database.begin() as tx:
            yield tx
            if self.act is not None and not self.act.recorded:
                Ledger(tx).append(self.act.said(), self.now())
                self.act.recorded = True

    async def read(self, work: Callable[[Transaction], T]) -> T:
        def run() -> T:
            with self.database.read() as tx:
                return work(tx)

        return await run_in_threadpool(run)

    async def change(self, work: Callable[[Transaction], T], look: Callable[[Transaction], Any] | None = None) -> T:
        """As `write`, for what waiting terminals want to know."""
        result = await self.write(work, look)
        self.wake()
        return result

    def now(self) -> dt.datetime:
        return self.settings.now()


def act_of(request: Request) -> Act | None:
    """What the gate says that this request does; None for what changes nothing, and for terminals."""
    return cast("Act | None", request.scope.get("etpp.act"))


def server_of(request: Request) -> Server:
    return replace(cast(Server, request.app.state.server), act=act_of(request))


ServerOf = Annotated[Server, Depends(server_of)]
