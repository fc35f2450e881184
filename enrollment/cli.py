"""The `enroll` command: people's faces in, with consent, onto the way to e-TPP.

Exit codes: 0 done, 2 a word on the command line is wrong, 65 somebody was refused, else the error's own
(kiosk/errors.py).
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from enrollment import consent as consents
from enrollment import name as names
from enrollment import nip as nips
from enrollment import photos, session
from enrollment.catalogue import LANGUAGES, Language
from enrollment.reporter import Reporter
from kiosk import __version__
from kiosk import config as configuration
from kiosk.config import Config
from kiosk.errors import EnrolmentRefused

Command = TypeVar("Command", bound=Callable[..., Any])

STATE = "/var/lib/presensi"
CONFIG = Path("/etc/presensi/kiosk.toml")


def _common(command: Command) -> Command:
    """--config, --language, --json of every command."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Report as one JSON object on standard output."),
        click.option("--language", type=click.Choice(LANGUAGES), help="Default: the terminal's (id)."),
        click.option(
            "--config",
            "config_path",
            type=click.Path(path_type=Path),
            help=f"Settings over the defaults. Default: {CONFIG}, if there.",
        ),
    ):
        command = option(command)
    return command


def _state(command: Command) -> Command:
    """--state."""
    return click.option(
        "--state", type=click.Path(path_type=Path), default=STATE, show_default=True, help="The state folder."
    )(command)


def _terminal(command: Command) -> Command:
    """--state, the office, and the consent's options."""
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask: consent was given in the officer's presence."),
        click.option("--consent-text", "text_id", default=consents.DEFAULT_TEXT_ID, show_default=True),
        click.option("--consent-by", "officer", default="", help="The officer before whom consent is given."),
        click.option("--office", "office_id", required=True, help="The office's id at e-TPP."),
        _state,
    ):
        command = option(command)
    return command


@click.group()
@click.version_option(__version__, prog_name="enroll")
@click.option("-v", "--verbose", is_flag=True, help="Log more.")
def cli(verbose: bool) -> None:
    """Enrol faces, with consent (docs/enrolment.md)."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )


@cli.command()
@click.option("--nip", required=True, help="18 digits.")
@click.option("--name", required=True, help="As on the employee's card.")
@click.option("--camera", help="Another source than the terminal's: auto, pi, v4l:N, v4l:/dev/v4l/… or replay:PATH.")
@click.option("--photos", "pictures", multiple=True, type=click.Path(path_type=Path), help="Files or a folder.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path), metavar="[PICTURE]...")
@click.option(
    "--verify",
    "probe",
    type=click.Path(path_type=Path),
    help="With --photos: the picture that the others must recognise. Default: the last one, if there are enough.",
)
@click.option("--replace", is_flag=True, help="Replace the templates of a NIP that is enrolled.")
@click.option("--despite", metavar="NIP", help="Enrol a face that is known under NIP: a twin's, or a mistyped one.")
@_terminal
@_common
def person(  # click passes them by name
    nip: str,
    name: str,
    camera: str | None,
    pictures: tuple[Path, ...],
    more: tuple[Path, ...],
    probe: Path | None,
    replace: bool,
    despite: str | None,
    state: Path,
    office_id: str,
    officer: str,
    text_id: str,
    yes: bool,
    config_path: Path | None,
    language: Language | None,
    as_json: bool,
) -> None:
    """Enrol one person, from the camera or from pictures."""
    if camera and pictures:
        raise click.UsageError("--camera and --photos exclude each other.")
    if (more or probe) and not pictures:
        raise click.UsageError("pictures are given with --photos.")
    config, reporter = _begin(config_path, language, as_json)
    with reporter.outcome():
        # What is wrong with the words is said before anything is opened.
        today = dt.datetime.now(dt.UTC).date()
        nips.parse(nip, today)
        names.parse(name)
        other = None if despite is None else nips.parse(despite, today).nip
        consents.given(officer, text_id, dt.datetime.now(dt.UTC))
        order = session.PersonOrder(
            nip=nip,
            name=name,
            office_id=office_id,
            asking=session.Asking(officer, text_id, given=yes),
            camera=camera or config.camera.source,
            pictures=tuple(photos.find([*pictures, *more])) if pictures else (),
            probe=probe,
            replace=replace,
            despite=other,
        )
        session.enrol_person(order, config, state, reporter)


@cli.command()
@click.option("--consent-by", "officer", default="", help="The officer. Default: asks for an officer's PIN.")
@click.option("--nip", default="", help="Of somebody whom the office's list does not have yet; with --name.")
@click.option("--name", default="", help="As on the employee's card.")
@click.option("--camera", default="", help="As for `enroll person`; none: pictures only.")
@click.option("--screens", type=click.Path(path_type=Path), help="Write each screen that comes up into this folder.")
@click.argument("pictures", nargs=-1, type=click.Path(path_type=Path), metavar="[PICTURE]...")
@_state
@_common
def gui(
    officer: str,
    nip: str,
    name: str,
    camera: str,
    screens: Path | None,
    pictures: tuple[Path, ...],
    state: Path,
    config_path: Path | None,
    language: Language | None,
    as_json: bool,
) -> None:
    """Enrol in a window, with the terminal's own screens; pictures can be dropped into it.

    PICTURE: of the person who is chosen first.
    """
    if bool(nip) != bool(name):
        raise click.UsageError("--nip and --name belong together.")
    config, reporter = _begin(config_path, language, as_json)
    with reporter.outcome():
        from enrollment import window  # Kivy's, which no other command needs

        order = window.WindowOrder(
            officer=officer,
            camera=camera,
            nip=nip,
            name=name,
            pictures=tuple(path.absolute() for path in pictures),
            screens=screens,
            language=language or "",
        )
        window.show(order, config, state)


@cli.command(name="import")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Replace the templates of people who are enrolled.")
@click.option("--dry-run", is_flag=True, help="Check everything, store nothing.")
@_terminal
@_common
def import_(
    folder: Path,
    replace: bool,
    dry_run: bool,
    state: Path,
    office_id: str,
    officer: str,
    text_id: str,
    yes: bool,
    config_path: Path | None,
    language: Language | None,
    as_json: bool,
) -> None:
    """Enrol the people whom FOLDER/people.csv lists, each with a folder of pictures."""
    config, reporter = _begin(config_path, language, as_json)
    with reporter.outcome():
        consents.given(officer, text_id, dt.datetime.now(dt.UTC))
        order = session.MassOrder(
            folder=folder,
            office_id=office_id,
            asking=session.Asking(officer, text_id, given=yes),
            replace=replace,
            dry_run=dry_run,
        )
        all_in = session.enrol_many(order, config, state, reporter)
    if not all_in:
        sys.exit(EnrolmentRefused.exit_code)


@cli.command(name="list")
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="The newest so many; 0: all.")
@_state
@_common
def list_(limit: int, state: Path, config_path: Path | None, language: Language | None, as_json: bool) -> None:
    """Tell what became of this terminal's enrolments: sent, refused by the server, in the gallery."""
    _, reporter = _begin(config_path, language, as_json)
    with reporter.outcome():
        session.list_enrolments(limit, state, reporter)


@cli.command()
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PHOTO...")
@_common
def check(pictures: tuple[Path, ...], config_path: Path | None, language: Language | None, as_json: bool) -> None:
    """Tell whether pictures are good enough; nothing is stored and no terminal is needed."""
    config, reporter = _begin(config_path, language, as_json)
    with reporter.outcome():
        all_good = session.check_pictures(photos.find(pictures), config, reporter)
    if not all_good:
        sys.exit(EnrolmentRefused.exit_code)


@cli.command(name="consent-text")
@click.option("--id", "text_id", default=consents.DEFAULT_TEXT_ID, show_default=True)
@_common
def consent_text(text_id: str, config_path: Path | None, language: Language | None, as_json: bool) -> None:
    """Print the consent text, to be read out or printed and signed."""
    _, reporter = _begin(config_path, language, as_json)
    with reporter.outcome():
        reporter.consent_text(text_id, consents.text(text_id, reporter.language).text)


def _begin(path: Path | None, language: Language | None, as_json: bool) -> tuple[Config, Reporter]:
    with Reporter(language or "id", as_json).outcome():
        config = configuration.load(path or (CONFIG if CONFIG.is_file() else None))
    # The officer's prompts are in Indonesian on a terminal that speaks Javanese to the employees.
    of_terminal: Language = "en" if config.terminal.language == "en" else "id"
    return config, Reporter(language or of_terminal, as_json)


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of another encoding must not end an import
    cli()
