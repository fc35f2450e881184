"""What the doors of the server have in common: the table, the secrets, whose things are whose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from etpp.accounts import session
from etpp.accounts.model import LogIn, Stage
from etpp.accounts.rules import Table, Whose
from etpp.accounts.secrets import Secrets
from etpp.accounts.store import Accounts, Sessions
from etpp.console.model import Session
from etpp.db import Transaction
from etpp.serving.context import Server

Scopes = Mapping[str, Callable[[Transaction, str], Whose]]
"""Of which offices, and whose, the thing is that a name of a path, a query or a body stands for; of what is not known,
nobody's. The rooms of these things lie above this one."""


@dataclass(frozen=True)
class Doorkeeper:
    server: Server
    secrets: Secrets = field(repr=False)
    table: Table
    scopes: Scopes

    def session_of(self, request: Request) -> Session | None:
        """Who a request is, by its cookie; None also for a log-in that ended, or is half done. Reads the database."""
        token = request.cookies.get(session.COOKIE, "")
        if not token:
            return None
        with self.server.database.read() as tx:
            log_in = Sessions(tx).get(session.hashed(token), self.server.now())
            if log_in is None or log_in.stage != "full":
                return None
            account = Accounts(tx).get(log_in.account_id)
        return None if account.disabled_utc is not None else session.session_of(token, log_in, account)

    def half_of(self, request: Request, stage: Stage) -> LogIn | None:
        """Somebody whose second factor is still to come (`second`), or who is connecting a phone (`connect`)."""
        token = request.cookies.get(session.COOKIE, "")
        with self.server.database.read() as tx:
            log_in = Sessions(tx).get(session.hashed(token), self.server.now())
        return log_in if log_in is not None and log_in.stage == stage else None


def keeper_of(request: Request) -> Doorkeeper:
    return cast(Doorkeeper, request.app.state.keeper)


KeeperOf = Annotated[Doorkeeper, Depends(keeper_of)]
