"""`kiosk config`: the settings with their meaning, and whether a file of them is right."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk import config


@click.command("config")
@click.option(
    "--check", type=click.Path(path_type=Path), metavar="FILE", help="Check this file instead. Code 64: wrong."
)
def command(check: Path | None) -> None:
    """Print every setting with its default and meaning, as TOML."""
    if check is None:
        click.echo(config.default_text(), nl=False)
        return
    config.load(check)
    click.echo(f"{check}: every setting is known and valid")
