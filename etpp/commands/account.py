"""`etpp account`: people who log in, made and helped where the console cannot be reached."""

from __future__ import annotations

import click

from etpp.accounts import passwords, service
from etpp.accounts.model import Account
from etpp.accounts.service import account_json
from etpp.accounts.store import Accounts
from etpp.base.clock import utc_now
from etpp.base.errors import NotFound
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.store import Roster
from etpp.serving.acting import ROLES, Grant, Role

_KNOWN: dict[str, Role] = {each: each for each in ROLES}


def _grant(context: click.Context, option: click.Parameter, said: tuple[str, ...]) -> list[Grant]:  # noqa: ARG001
    grants = []
    for each in said:
        role, _, office_id = each.partition("@")
        if role not in _KNOWN:
            raise click.BadParameter(f"{role}: a role is one of {', '.join(ROLES)}")
        grants.append(Grant(_KNOWN[role], office_id or None))
    return grants


@click.group("account")
def command() -> None:
    """People who log in."""


@command.command("add")
@click.argument("login")
@click.option("--name", required=True, help="Of the person, as others see it.")
@click.option(
    "--role",
    "grants",
    multiple=True,
    required=True,
    callback=_grant,
    help="bkpp, or ROLE@OFFICE; several may be given.",
)
@click.option("--employee", "person", help="NIP, other number or id of who it is in the roster.")
@pass_place
@as_json_option
def add(place: Place, login: str, name: str, grants: list[Grant], person: str | None, as_json: bool) -> None:
    """Make an account. Prints the password for its first log-in, once."""
    password, now = passwords.generated(), utc_now()
    hashed = passwords.hashed(password)

    def work(tx: Transaction) -> Account:
        person_id = None if person is None else Roster(tx).who(person)
        made = service.made(login, name, grants, hashed, now, person_id, must_change=True)
        service.add(tx, made, register.office)
        return made

    made = place.change(work, {"login": login})
    print_values({"login": made.login, "account_id": made.account_id, "password": password}, as_json)


@command.command("list")
@pass_place
@as_json_option
def list_accounts(place: Place, as_json: bool) -> None:
    """List the accounts with their roles."""
    rows = [account_json(each) for each in place.read(lambda tx: Accounts(tx).all())]
    if not as_json:
        for row in rows:
            row["roles"] = " ".join(
                each["role"] + (f"@{each['office_id']}" if each["office_id"] else "") for each in row["roles"]
            )
    print_table(rows, ("login", "roles", "person_id", "disabled", "totp", "passkeys", "account_id"), as_json)


@command.command("disable")
@click.argument("login")
@pass_place
def disable(place: Place, login: str) -> None:
    """Nobody logs in with it any more; its log-ins end at once."""
    place.change(lambda tx: service.set_disabled(tx, _of(tx, login), True, utc_now()), {"login": login})


@command.command("enable")
@click.argument("login")
@pass_place
def enable(place: Place, login: str) -> None:
    """It may log in again."""
    place.change(lambda tx: service.set_disabled(tx, _of(tx, login), False, utc_now()), {"login": login})


@command.command("reset")
@click.argument("login")
@pass_place
@as_json_option
def reset(place: Place, login: str, as_json: bool) -> None:
    """For who has lost password and second factor: prints a password for one log-in, removes the second factor."""
    password = passwords.generated()
    hashed = passwords.hashed(password)
    place.change(lambda tx: service.reset(tx, _of(tx, login), hashed), {"login": login})
    print_values({"login": login, "password": password}, as_json)


def _of(tx: Transaction, login: str) -> str:
    account = Accounts(tx).by_login(login)
    if account is None:
        raise NotFound("there is no such account: `etpp account list` shows them")
    return account.account_id
