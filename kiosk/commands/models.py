"""`kiosk models`: which optional model files are known, whether they are here, and how one gets in."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from kiosk.commands.options import DEFAULT_STATE
from kiosk.machine.model_files import ModelStore


@click.group("models", invoke_without_command=True)
@click.option(
    "--model-dir",
    type=click.Path(path_type=Path),
    default=DEFAULT_STATE / "models",
    show_default=True,
    help="Folder of optional models.",
)
@click.pass_context
def command(context: click.Context, model_dir: Path) -> None:
    """List and install optional model files. None comes with the program: each has its own licence and origin."""
    context.obj = ModelStore(model_dir)
    if context.invoked_subcommand is None:
        context.invoke(list_models)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
@click.pass_obj
def list_models(store: ModelStore, as_json: bool = False) -> None:
    """Every known model: whether it is installed, what it is for, its licence, where it comes from, its SHA-256."""
    if as_json:
        rows = [asdict(model) | {"status": store.status(model)} for model in store.manifest]
        click.echo(json.dumps(rows, indent=2))
        return
    click.echo(f"models in {store.folder}")
    for model in store.manifest:
        click.echo(f"\n{model.name}: {store.status(model)}")
        for what, text in (
            ("file", model.file_name),
            ("use", model.use),
            ("licence", model.licence),
            ("origin", model.origin),
            ("sha256", model.sha256),
        ):
            click.echo(f"  {what:8} {text}")


@command.command("install")
@click.argument("source", metavar="PATH|URL")
@click.pass_obj
def install(store: ModelStore, source: str) -> None:
    """Copy or download a model file into the folder, if its SHA-256 is that of a known one.

    Which model it is follows from the SHA-256, whatever the file is called.
    """
    model = store.install(source)
    click.echo(f"installed {model.name} as {store.path(model)}")
    click.echo(f"  use      {model.use}")
    click.echo(f"  licence  {model.licence}")
    click.echo(f"  origin   {model.origin}")
