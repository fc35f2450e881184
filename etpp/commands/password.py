"""`etpp password`: an account's password, set by whoever may read the state folder."""

from __future__ import annotations

import click

from etpp.accounts import passwords, service
from etpp.accounts.store import Accounts
from etpp.base.errors import NotFound
from etpp.commands.place import Place, pass_place
from etpp.db import Transaction


@click.command("password")
@click.option("--user", default=service.FIRST_LOGIN, show_default=True, help="Whose.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given.")
@pass_place
def command(place: Place, user: str, password: str) -> None:
    """Set an account's password; every log-in of it ends, its second factor stays."""
    secrets = place.secrets().secrets
    hashed = passwords.hashed(passwords.good(password, user))

    def work(tx: Transaction) -> None:
        account = Accounts(tx).by_login(user)
        if account is None:
            raise NotFound("there is no such account: `etpp account list` shows them")
        service.choose_password(tx, account.account_id, hashed)

    place.change(work, {"user": user})
    if user == service.FIRST_LOGIN:
        secrets.forget_first_password()
