"""The `kiosk` command. Each subcommand is a module of `kiosk.commands`, imported only when it is called.

Exit codes: 0 done, 2 a word on the command line is wrong, else the `exit_code` of the error (kiosk/errors.py).
"""

from __future__ import annotations

import importlib
import logging
import os
import sys

import click

from kiosk import __version__
from kiosk.errors import KioskError

COMMANDS = {
    "run": "the terminal: camera, faces, screen",
    "sync": "the network side: events out, gallery in",
    "provision": "make this machine a terminal of an office",
    "events": "list, verify and export the journal",
    "doctor": "check this terminal, one line a part",
    "config": "print every setting with its meaning",
    "models": "list and install optional model files",
    "evaluate": "measure identification on a folder of faces",
    "pad": "judge clips: live or an attack",
    "bench": "measure speed against face_recognition's own loop",
}


class _Commands(click.Group):
    """Subcommands by name, so that `kiosk events` does not wait for Kivy and dlib to load."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"kiosk.commands.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=_Commands, name="kiosk")
@click.version_option(__version__, prog_name="kiosk")
@click.option("-v", "--verbose", is_flag=True, help="Log more.")
def cli(verbose: bool) -> None:
    """The face attendance terminal."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    for chatty in ("urllib3", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def main() -> None:
    # NumPy's matrix products wait for their helper threads, and on a busy terminal those wait for a core: one search of
    # 100,000 templates took 47 ms instead of 1.4. NumPy reads this when it is first imported, which is later.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        cli()
    except KioskError as error:
        click.echo(f"kiosk: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
