"""The list of accounts as BKPP looks through it: a phone of each of 8,000 employees has one too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from etpp.accounts.finding import By, Standing, Word, find, standing
from etpp.accounts.model import Account
from etpp.console.listing import Asked, Cell, Column, Listing, Rows, Tone
from etpp.console.texts import Texts
from etpp.db import Transaction
from etpp.serving.acting import ROLES

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
        return cls(account.account_id, account.name, account.login, roles, standing(account), account.has_factor)


def found(tx: Transaction, asked: Asked, offices: Mapping[str, str], texts: Texts) -> Rows[AccountLine]:
    """What is asked for. `offices`: their names, by which an account is found too."""
    words = [_word(each, offices, texts) for each in asked.words]
    orders: Mapping[str, By] = {"name": "name", "state": "state"}
    by = orders.get(asked.sort, "login")
    lines, total = find(tx, words, asked.chosen.get("state"), by, asked.descending, asked.first, asked.count)
    choices = {"state": sorted(get_args(Standing))}
    return Rows([AccountLine.of(each, offices, texts) for each in lines], total, choices)


def _word(word: str, offices: Mapping[str, str], texts: Texts) -> Word:
    roles = [role for role in ROLES if word in texts.of("role", role).casefold()]
    return Word(word, roles, [office for office, name in offices.items() if word in name.casefold()])


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
        Column(
            "roles",
            "roles_title",
            lambda line: ", ".join(line.roles),
            show=_roles,
            kind="reason",
            finds=True,
            sorts=False,
        ),
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
