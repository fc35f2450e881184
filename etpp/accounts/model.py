"""People who log in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from etpp.console.model import Duty
from etpp.serving.acting import Actor, Grant, Role

FACTOR_ROLES: frozenset[Role] = frozenset({"bkpp", "inspector"})
"""Whoever may see or change everything shows more than a password."""
DECIDING_ROLES: frozenset[Role] = frozenset({"bkpp", "operator", "head"})
"""Who begins or decides what concerns people, whom it may be themselves: a second account must not hide that."""
Stage = Literal["second", "connect", "full"]


@dataclass(frozen=True, slots=True)
class Account:
    """`person_id`: who it is in the roster. `must_change`: the password was made by somebody else. `totp_step`: the
    last 30 seconds whose code was taken. `passkeys`: how many.
    `unlisted`: BKPP has said that it is of nobody in the roster."""

    account_id: str
    login: str
    name: str
    person_id: str | None
    password_hash: str
    must_change: bool
    totp_sealed: bytes | None
    totp_step: int
    created_utc: dt.datetime
    disabled_utc: dt.datetime | None = None
    grants: tuple[Grant, ...] = ()
    passkeys: int = 0
    unlisted: bool = False

    @property
    def actor(self) -> Actor:
        return Actor(self.login, self.grants, self.account_id, self.person_id, self.unlinked)

    @property
    def has_factor(self) -> bool:
        return self.totp_sealed is not None or self.passkeys > 0

    @property
    def unlinked(self) -> bool:
        """Whether nobody has said for whom it decides: it begins and decides nothing until somebody has."""
        said = self.person_id is not None or self.unlisted
        return not said and any(grant.role in DECIDING_ROLES for grant in self.grants)

    @property
    def needs_factor(self) -> bool:
        return any(grant.role in FACTOR_ROLES for grant in self.grants)

    @property
    def duty(self) -> Duty:
        if self.must_change:
            return "password"
        return "factor" if self.needs_factor and not self.has_factor else ""


@dataclass(frozen=True, slots=True)
class LogIn:
    """A session as it is kept: of its token the hash alone. `pending`: what was asked and is waited for."""

    token_hash: str
    session_id: str
    account_id: str
    stage: Stage
    created_utc: dt.datetime
    expires_utc: dt.datetime
    address: str
    agent: str
    seen_utc: dt.datetime
    """When it last asked for something, to within some minutes."""
    pending: bytes | None = None


@dataclass(frozen=True, slots=True)
class Passkey:
    credential_id: str
    account_id: str
    public_key: bytes
    sign_count: int
    name: str
    created_utc: dt.datetime
