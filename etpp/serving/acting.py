"""Who asks, with which rights, and what is recorded of what they did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from etpp.ledger.model import Said, quiet

Role = Literal["bkpp", "operator", "head", "superior", "employee", "inspector", "technician"]
ROLES: tuple[Role, ...] = get_args(Role)
_ACCOUNT = "account:"
LOGIN_LONGEST = 64 - len(_ACCOUNT)
"""Characters of a user name: with what stands before it in facts it is an id, which has 64."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, at one office or (None) in the whole regency."""

    role: Role
    office_id: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """`name`: of the account; a script with the administrator's token is `token`. `person_id`: who it is in the
    roster. `unlinked`: nobody has said who that is, of somebody whose roles are over other people."""

    name: str
    grants: tuple[Grant, ...]
    account_id: str | None = None
    person_id: str | None = None
    unlinked: bool = False

    @property
    def said(self) -> str:
        """What facts name as who acted: the employee, or the account of somebody who is none. A name of an earlier
        release may be too long for that: then the account's id."""
        return self.person_id or _ACCOUNT + (self.name if len(self.name) <= LOGIN_LONGEST else str(self.account_id))

    def offices(self, *roles: Role) -> frozenset[str] | None:
        """Where it has one of these roles; None: in the whole regency."""
        found = [grant.office_id for grant in self.grants if grant.role in roles]
        return None if None in found else frozenset(each for each in found if each is not None)


TOKEN = Actor("token", (Grant("bkpp"),))
"""Whoever holds the administrator's token: a script with BKPP's rights, which names who acts."""


@dataclass
class Act:
    """One request that changes something. What a handler notes of before and after stands in the log in place of what
    was asked for."""

    actor: Actor
    action: str
    subject: Mapping[str, str]
    office_id: str | None = None
    address: str = ""
    asked: Any = None
    before: Any = None
    after: Any = None
    recorded: bool = field(default=False, init=False)

    def note(self, before: Any, after: Any) -> None:
        self.before, self.after = before, after

    def said(self) -> Said:
        after = self.asked if self.after is None else self.after
        subject = {name: str(quiet(value)) for name, value in self.subject.items()}
        return Said(
            self.actor.name,
            self.action,
            subject,
            self.actor.person_id,
            self.office_id,
            self.address,
            quiet(self.before),
            quiet(after),
        )
