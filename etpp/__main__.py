"""The `etpp` command: the server, and what its operator does without the console.

Each subcommand is a module of `etpp.commands`, imported only when it is called.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from etpp.base import process
from etpp.base.errors import Conflict, EtppError, NotFound, StateError, StoreUnavailable
from etpp.commands.place import take_place

EXIT_CODES: dict[type[EtppError], int] = {NotFound: 66, Conflict: 65, StateError: 73, StoreUnavailable: 75}
"""As sysexits.h: no such input, data refused, cannot create, try again later."""

COMMANDS = (
    "account",
    "activities",
    "audit",
    "calendar",
    "check",
    "code",
    "cohort",
    "correction",
    "device",
    "discipline",
    "employee",
    "init",
    "keys",
    "kinds",
    "letter",
    "local-use",
    "manual",
    "month",
    "notice",
    "office",
    "officer",
    "openapi",
    "password",
    "person",
    "pin",
    "policy",
    "presence",
    "recognisers",
    "report",
    "review",
    "roster",
    "sanction",
    "score",
    "serve",
    "statement",
)


class _Commands(click.Group):
    """Subcommands by name, so that `etpp office` does not wait for the web application to load."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"etpp.commands.{cmd_name.replace('-', '_')}").command
        return take_place(command) if isinstance(command, click.Command) else None


@click.command(cls=_Commands, name="etpp", context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The reference e-TPP server of the attendance terminals."""


take_place(cli)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; expected failures end with a message and the exit code that EXIT_CODES gives."""
    process.begin()
    try:
        cli(arguments, prog_name="etpp")
    except EtppError as error:
        click.echo(f"etpp: {error}", err=True)
        sys.exit(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 70))


if __name__ == "__main__":
    main()
