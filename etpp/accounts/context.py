"""What the doors of the server have in common: the table, the secrets, whose things are whose."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, cast

from fastapi import Depends, Request

from etpp.accounts import session
from etpp.accounts.model import LogIn, Stage
from etpp.accounts.rules import Table, Whose
from etpp.accounts.secrets import Secrets
from etpp.accounts.store import Accounts, Sessions
from etpp.base.errors import StoreUnavailable
from etpp.console.model import Session
from etpp.db import Transaction
from etpp.serving.acting import Grant
from etpp.serving.context import Server

log = logging.getLogger(__name__)

Scopes = Mapping[str, Callable[[Transaction, str], Whose]]
"""Of which offices, and whose, the thing is that a name of a path, a query or a body stands for; of what is not known,
nobody's. The rooms of these things lie above this one."""


def _nothing_below(_tx: Transaction, _offices: frozenset[str]) -> Mapping[str, frozenset[str]]:
    return {}


@dataclass(frozen=True)
class Doorkeeper:
    server: Server
    secrets: Secrets = field(repr=False)
    table: Table
    scopes: Scopes
    below: Callable[[Transaction, frozenset[str]], Mapping[str, frozenset[str]]] = _nothing_below
    """Of each of these offices, those below it in the tree: a role there covers them."""

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
            if account.disabled_utc is not None or session.is_idle(log_in, account, self.server.now()):
                return None
            account = replace(account, grants=self._spread(tx, account.grants))
        self._note_seen(log_in)
        return session.session_of(token, log_in, account)

    def _spread(self, tx: Transaction, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
        """With the offices below those that the grants name."""
        named = frozenset(grant.office_id for grant in grants if grant.office_id is not None)
        if not named:
            return grants
        below = self.below(tx, named)
        more = (Grant(g.role, each) for g in grants for each in sorted(below.get(g.office_id or "", ())))
        return tuple(dict.fromkeys((*grants, *more)))

    def _note_seen(self, log_in: LogIn) -> None:
        """Now and then, in a transaction of its own: that somebody reads must not wait for who writes."""
        now = self.server.now()
        if now - log_in.seen_utc < session.SEEN_EVERY:
            return
        try:
            with self.server.database.begin() as tx:
                Sessions(tx).note_seen(log_in.token_hash, now)
        except StoreUnavailable as error:
            log.warning("that somebody is still there cannot be noted: %s", error)

    def half_of(self, request: Request, stage: Stage) -> LogIn | None:
        """Somebody whose second factor is still to come (`second`), or who is connecting a phone (`connect`)."""
        token = request.cookies.get(session.COOKIE, "")
        with self.server.database.read() as tx:
            log_in = Sessions(tx).get(session.hashed(token), self.server.now())
        return log_in if log_in is not None and log_in.stage == stage else None


def keeper_of(request: Request) -> Doorkeeper:
    return cast(Doorkeeper, request.app.state.keeper)


KeeperOf = Annotated[Doorkeeper, Depends(keeper_of)]
