"""The list of accounts as BKPP looks through it: a phone of each of 8,000 employees has one too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from etpp.accounts.model import Account
from etpp.console.listing import Cell, Column, Listing, Tone
from etpp.console.texts import Texts

Standing = Literal["disabled", "unlinked", "no_factor", "must_change", "active"]
_TONES: Mapping[Standing, Tone] = {
    "disabled": "bad",
    "unlinked": "warn",
    "no_factor": "warn",
    "must_change": "warn",
    "active": "good",
}
_SHOWN_ROLES = 6


@dataclass(frozen=True)
class AccountLine:
    """`roles`: in words, with their offices. `standing`: what of the account calls for a look first."""

    account_id: str
    name: str
    login: str
    roles: tuple[str, ...]
    standing: Standing
    factor: bool

    @classmethod
    def of(cls, account: Account, offices: Mapping[str, str], texts: Texts) -> AccountLine:
        roles = tuple(
            texts.of("role", grant.role)
            + ("" if grant.office_id is None else f" · {offices.get(grant.office_id, grant.office_id)}")
            for grant in account.grants
        )
        return cls(account.account_id, account.name, account.login, roles, _standing(account), account.has_factor)


def _standing(account: Account) -> Standing:
    if account.disabled_utc is not None:
        return "disabled"
    if account.unlinked:
        return "unlinked"
    if account.needs_factor and not account.has_factor:
        return "no_factor"
    return "must_change" if account.must_change else "active"


def _roles(line: AccountLine, texts: Texts) -> Sequence[Cell]:
    chips = [Cell(each, chip=True) for each in line.roles[:_SHOWN_ROLES]]
    more = len(line.roles) - _SHOWN_ROLES
    return [*chips, Cell(texts.say("roles_more", n=more))] if more > 0 else chips


def _state(line: AccountLine, texts: Texts) -> Sequence[Cell]:
    chip = Cell(texts.say(f"account_{line.standing}"), tone=_TONES[line.standing], chip=True)
    return [chip, Cell(texts.account_factor, chip=True)] if line.factor else [chip]


ACCOUNTS: Listing[AccountLine] = Listing(
    "akun",
    (
        Column(
            "name",
            "account_name",
            lambda line: line.name,
            show=lambda line, _: Cell(line.name, href=f"/accounts/{line.account_id}"),
            kind="name",
            finds=True,
        ),
        Column("login", "user", lambda line: line.login, finds=True),
        Column("roles", "roles_title", lambda line: ", ".join(line.roles), show=_roles, kind="reason", finds=True),
        Column(
            "state",
            "account_state",
            lambda line: line.standing,
            show=_state,
            says=lambda value, texts: texts.say(f"account_{value}"),
            kind="state",
            chooses=True,
        ),
    ),
    by="login",
)
