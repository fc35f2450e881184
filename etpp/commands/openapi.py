"""`etpp openapi`: the protocol for machines."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from etpp.app import administration_document, create_app
from etpp.db import Database
from etpp.state import State


@click.command("openapi")
@click.option("--administration", is_flag=True, help="Of the administrator's calls instead of the terminals'.")
def command(administration: bool) -> None:
    """Print the OpenAPI document of the terminals' calls."""
    if administration:
        click.echo(json.dumps(administration_document(), indent=1, ensure_ascii=False))
        return
    with tempfile.TemporaryDirectory() as folder:
        database = Database("sqlite://")
        document = create_app(database, State(Path(folder))).openapi()
        database.close()
    click.echo(json.dumps(document, indent=1, ensure_ascii=False))
