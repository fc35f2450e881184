"""What every command of `etpp` shares: where the server's things are, and how results are printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from etpp.db import Database, Transaction
from etpp.state import prepare_folder

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """Where the server's things are."""

    db: str
    state: Path

    @contextmanager
    def database(self) -> Iterator[Database]:
        prepare_folder(self.state)
        database = Database(self.db)
        try:
            database.migrate()
            yield database
        finally:
            database.close()

    def change(self, work: Callable[[Transaction], T]) -> T:
        with self.database() as database, database.begin() as tx:
            return work(tx)

    def read(self, work: Callable[[Transaction], T]) -> T:
        with self.database() as database, database.read() as tx:
            return work(tx)


pass_place = click.make_pass_decorator(Place)
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--state` and `--db`: on the group, and again where an operator would look for them."""
    state = click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="ETPP_STATE",
        help="Folder of the server's keys and, by default, its database. Default: /var/lib/etpp.",
    )
    db = click.option(
        "--db",
        envvar="ETPP_DB",
        help="Database as SQLAlchemy writes it: postgresql+psycopg://etpp@/etpp. Default: etpp.db in the state folder.",
    )
    return state(db(command))


def place_of(state: Path | None, db: str | None, outer: Place | None = None) -> Place:
    folder = state or (outer.state if outer else Path("/var/lib/etpp"))
    inherited = None if outer is None or state is not None else outer.db
    return Place(db or inherited or f"sqlite:///{folder.absolute() / 'etpp.db'}", folder)


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
