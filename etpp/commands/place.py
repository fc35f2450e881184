"""What every command of `etpp` shares: where the server's things are, and how results are printed."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from etpp.base.clock import utc_now
from etpp.base.errors import StateError
from etpp.db import Database, Transaction
from etpp.ledger.model import Said
from etpp.ledger.store import Ledger
from etpp.state import State, prepare_folder

T = TypeVar("T")

DEFAULT_STATE = Path("/var/lib/etpp")


@dataclass(frozen=True)
class Place:
    """Where the server's things are."""

    db: Path | str
    state: Path

    def make(self) -> None:
        """The folder and the tables of a new server: only the commands that may begin one call this."""
        if not self.state.exists():
            prepare_folder(self.state)
            click.echo(f"etpp: a new server in {self.state}", err=True)
        Database(self.db).close()

    def secrets(self) -> State:
        """Raises StateError where there is no server."""
        self._require(self.state)
        return State(self.state)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Raises StateError where there is no server: a mistyped folder must not become an empty one."""
        if isinstance(self.db, Path):
            self._require(self.db)
        database = Database(self.db)
        try:
            database.migrate()
            yield database
        finally:
            database.close()

    def _require(self, path: Path) -> None:
        if not path.exists():
            raise StateError(f"{self.state}: there is no server. `etpp init` makes one; --state names another folder.")

    def change(self, work: Callable[[Transaction], T], subject: Mapping[str, str] | None = None) -> T:
        """What a command does is in the audit log with it, under the command's name; `subject`: to what."""
        with self.database() as database, database.begin() as tx:
            result = work(tx)
            context = click.get_current_context(silent=True)
            action = "etpp" if context is None else context.command_path
            Ledger(tx).append(Said("command", action[:200], subject or {}, after=operated_by()), utc_now())
            return result

    def read(self, work: Callable[[Transaction], T]) -> T:
        with self.database() as database, database.read() as tx:
            return work(tx)


def operated_by() -> dict[str, str]:
    """Who sits at the machine: the system's user, and whom sudo says that it acts for."""
    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    behind = os.environ.get("SUDO_USER", "")[:64]
    return {"user": user, "sudo": behind} if behind else {"user": user}


pass_place = click.make_pass_decorator(Place)
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def take_place(command: click.Command) -> click.Command:
    """Let the command, or every command of a group, take `--state` and `--db`: before its name or after it."""
    if not any(parameter.name == "state" for parameter in command.params):
        command.params += [
            click.Option(
                ["--state"],
                type=click.Path(path_type=Path, file_okay=False),
                envvar="ETPP_STATE",
                expose_value=False,
                is_eager=True,
                callback=_note_place,
                help="Folder of the server's keys and, by default, its database. Default: /var/lib/etpp.",
            ),
            click.Option(
                ["--db"],
                envvar="ETPP_DB",
                expose_value=False,
                is_eager=True,
                callback=_note_place,
                help="Database: postgresql+psycopg://etpp@/etpp. Default: etpp.db in the state folder.",
            ),
        ]
    if isinstance(command, click.Group):
        for each in command.commands.values():
            take_place(each)
    return command


def _note_place(context: click.Context, option: click.Parameter, value: Any) -> None:
    """The word nearest to the command counts, and any word before the environment."""
    said: dict[str, Any] = context.meta.setdefault("etpp.place", {})
    name = str(option.name)
    if value is not None and context.get_parameter_source(name) is ParameterSource.ENVIRONMENT:
        said.setdefault(name, value)
    elif value is not None:
        said[name] = value
    state = said.get("state") or DEFAULT_STATE
    context.obj = Place(said.get("db") or state.absolute() / "etpp.db", state)


def print_values(value: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        for key, each in value.items():
            click.echo(f"{key}: {'-' if each is None else each}")


def print_table(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    cells = [columns, *(tuple("-" if row[c] is None else str(row[c]) for c in columns) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
