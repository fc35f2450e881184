"""`etpp report`: lists, recapitulations and statements of a month, as a workbook or as pages."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from etpp.allowance.model import Month
from etpp.base.clock import utc_now
from etpp.base.errors import NotFound
from etpp.commands.local import MONTH
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.console.texts import LANGUAGES, Language
from etpp.reports.make import ALL, Asked, make
from etpp.reports.model import FORMATS, KINDS, PAPERS, Format, Kind, Paper
from etpp.reports.texts import words
from etpp.roster.store import Roster


@click.group("report")
def command() -> None:
    """Reports of an office's month, or of all offices' (`all`)."""


@command.command("list")
@click.option("--lang", type=click.Choice(LANGUAGES), default="id", show_default=True)
@pass_place
@as_json_option
def report_list(place: Place, lang: Language, as_json: bool) -> None:  # noqa: ARG001
    """Which reports there are."""
    rows = [{"report": kind, "title": words(lang).say(f"title_{kind}")} for kind in KINDS]
    print_table(rows, ("report", "title"), as_json)


def _add(kind: Kind) -> None:
    @command.command(kind, help=f"{words('en').say(f'title_{kind}')}. OFFICE is an office or `{ALL}`.")
    @click.argument("office")
    @click.argument("month", type=MONTH)
    @click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the file's ending.")
    @click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
    @click.option("--lang", type=click.Choice(LANGUAGES), default="id", show_default=True)
    @click.option("--paper", type=click.Choice(PAPERS), default="F4", show_default=True)
    @click.option("--person", help="Of a statement: a NIP, another number or an id; nobody else's is in the file.")
    @pass_place
    @as_json_option
    def report(
        place: Place,
        *,
        office: str,
        month: Month,
        form: Format | None,
        out: Path,
        lang: Language,
        paper: Paper,
        person: str | None,
        as_json: bool,
    ) -> None:
        if person is not None and kind != "statement":
            raise click.UsageError("--person goes with a statement")
        ending = out.suffix.removeprefix(".").lower()
        made_as: Format | None = form or next((each for each in FORMATS if each == ending), None)
        if made_as is None:
            raise click.UsageError("give --format, or a file that ends with .pdf or .xlsx")
        with place.database() as database, _told(lang) as tell:
            person_id = None
            if person is not None:
                with database.read() as tx:
                    person_id = Roster(tx).with_number(person) or person
                    if Roster(tx).employee(person_id) is None:
                        raise NotFound("nobody in the roster has this number or id")
            make(database, Asked(kind, office, month, made_as, lang, paper, person_id), out, utc_now(), tell)
        print_values({"report": kind, "file": str(out), "bytes": out.stat().st_size}, as_json)


for _kind in KINDS:
    _add(_kind)


class _Progress:
    """One line on standard error, written over on a screen."""

    def __init__(self, language: Language) -> None:
        self._say = words(language)
        self._screen = sys.stderr.isatty()

    def __call__(self, stage: str, done: int, of: int) -> None:
        said = self._say.say(f"progress_{stage}", done=done, of=of)
        click.echo(f"\r\x1b[K{said}" if self._screen else said, err=True, nl=not self._screen)

    def end(self) -> None:
        if self._screen:
            click.echo("\r\x1b[K", err=True, nl=False)


@contextmanager
def _told(language: Language) -> Iterator[_Progress]:
    """SIGTERM ends the work as Ctrl-C does: with nothing half written, exit code 128 and the signal's number."""
    progress = _Progress(language)

    def stop(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield progress
    finally:
        progress.end()
        for number, handler in before.items():
            signal.signal(number, handler)
