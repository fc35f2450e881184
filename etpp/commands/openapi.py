"""`etpp openapi`: the protocol for machines."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from etpp.app import create_app
from etpp.db import Database
from etpp.state import State


@click.command("openapi")
def command() -> None:
    """Print the OpenAPI document of the four calls."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database("sqlite://")
        document = create_app(database, State(Path(folder))).openapi()
        database.close()
    click.echo(json.dumps(document, indent=1, ensure_ascii=False))
