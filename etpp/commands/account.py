"""`etpp account`: people who log in, made and helped where the console cannot be reached."""

from __future__ import annotations

import datetime as dt

import click

from etpp.accounts import passwords, service
from etpp.accounts.model import Account
from etpp.accounts.service import account_json
from etpp.accounts.store import Accounts
from etpp.base.clock import utc_now
from etpp.base.errors import NotFound
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.pairing import service as pairing
from etpp.pairing.model import Phone
from etpp.pairing.rules import CODE_LASTS
from etpp.pairing.store import Phones
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
@click.option("--no-employee", "unlisted", is_flag=True, help="It is nobody of the roster.")
@pass_place
@as_json_option
def add(
    place: Place, login: str, name: str, grants: list[Grant], person: str | None, unlisted: bool, as_json: bool
) -> None:
    """Make an account. Prints the password for its first log-in, once."""
    password, now = passwords.generated(), utc_now()
    hashed = passwords.hashed(password)

    def work(tx: Transaction) -> Account:
        person_id = None if person is None else Roster(tx).who(person)
        made = service.made(login, name, grants, hashed, now, person_id, must_change=True, unlisted=unlisted)
        service.add(tx, made, register.office)
        return made

    made = place.change(work, {"login": login})
    print_values({"login": made.login, "account_id": made.account_id, "password": password}, as_json)


@command.command("list")
@click.option("--unlinked", is_flag=True, help="Those alone of whom nobody has said whose they are.")
@pass_place
@as_json_option
def list_accounts(place: Place, unlinked: bool, as_json: bool) -> None:
    """List the accounts with their roles."""
    everybody = place.read(lambda tx: Accounts(tx).all())
    rows = [account_json(each) for each in everybody if each.unlinked or not unlinked]
    if not as_json:
        for row in rows:
            row["roles"] = " ".join(
                each["role"] + (f"@{each['office_id']}" if each["office_id"] else "") for each in row["roles"]
            )
    print_table(rows, ("login", "roles", "person_id", "disabled", "totp", "passkeys", "account_id"), as_json)


@command.command("bind")
@click.argument("login")
@click.option("--employee", "person", help="NIP, other number or id of who it is in the roster.")
@click.option("--no-employee", "unlisted", is_flag=True, help="It is nobody of the roster.")
@pass_place
def bind(place: Place, login: str, person: str | None, unlisted: bool) -> None:
    """Say whose an account is. Until then it reads, and begins and decides nothing that takes two people."""
    if (person is None) != unlisted:
        raise click.UsageError("give --employee, or --no-employee")

    def work(tx: Transaction) -> None:
        account_id, person_id = _of(tx, login), None if person is None else Roster(tx).who(person)
        service.bind(tx, account_id, person_id)

    place.change(work, {"login": login})


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


# ---------------------------------------------------------------- phones


@command.command("code")
@click.argument("person")
@pass_place
@as_json_option
def code(place: Place, person: str, as_json: bool) -> None:
    """Make a code that connects an employee's phone: good once, for a day. The one before it is good no more.

    PERSON: NIP, other number or id. Make sure first that it is the person who asks.
    """
    now = utc_now()
    subject: dict[str, str] = {}

    def work(tx: Transaction) -> tuple[str, str]:
        person_id = subject["person_id"] = Roster(tx).who(person)
        return pairing.give_code(tx, person_id, now), person_id

    text, person_id = place.change(work, subject)
    print_values({"code": text, "person_id": person_id, "expires": (now + CODE_LASTS).isoformat()}, as_json)


@command.command("phones")
@click.argument("person")
@pass_place
@as_json_option
def phones(place: Place, person: str, as_json: bool) -> None:
    """List an employee's phones, those too that are let in no more."""
    found = place.read(lambda tx: Phones(tx).of_person(Roster(tx).who(person)))
    print_table([_phone(each) for each in found], _PHONE, as_json)


@command.command("end-phone")
@click.argument("phone_id")
@pass_place
def end_phone(place: Place, phone_id: str) -> None:
    """Let a phone in no more; the log-ins of its account end."""

    def work(tx: Transaction) -> None:
        phone = Phones(tx).get(phone_id)
        if phone is None or phone.ended_utc is not None:
            raise NotFound("there is no such phone: `etpp account phones NIP` lists them")
        pairing.end(tx, [phone], "bkpp", utc_now())

    place.change(work, {"phone_id": phone_id})


@command.command("end-phones")
@click.option("--terminal", required=True, help="Id of the terminal whose codes connected them.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="From this moment on (UTC).")
@pass_place
@as_json_option
def end_phones(place: Place, terminal: str, since: dt.datetime | None, as_json: bool) -> None:
    """After a terminal was stolen: let in no more what its codes have connected. Revoke the terminal first."""
    moment = dt.datetime.min.replace(tzinfo=dt.UTC) if since is None else since.replace(tzinfo=dt.UTC)

    def work(tx: Transaction) -> list[Phone]:
        found = Phones(tx).by_terminal(terminal, moment)
        pairing.end(tx, found, "bkpp", utc_now())
        return found

    print_table([_phone(each) for each in place.change(work, {"device_id": terminal})], _PHONE[:3], as_json)


_PHONE = ("phone_id", "person_id", "connected", "used", "terminal", "way", "ended", "agent")


def _phone(phone: Phone) -> dict[str, str | None]:
    return {
        "phone_id": phone.phone_id,
        "person_id": phone.person_id,
        "connected": phone.created_utc.isoformat(),
        "used": phone.used_utc.isoformat(),
        "terminal": phone.device_id,
        "way": "pin" if phone.credential_id is None else "passkey",
        "ended": phone.ended_by,
        "agent": phone.agent,
    }
