"""`kiosk models`: which optional model files are known, whether they are here, and how one gets in."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from kiosk.commands.options import DEFAULT_STATE
from kiosk.errors import ModelError
from kiosk.machine.model_files import ModelFile, ModelStore


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
        rows = [asdict(model) | {"status": _status(store, model)} for model in store.manifest]
        click.echo(json.dumps(rows, indent=2))
        return
    click.echo(f"models in {store.folder}")
    for model in store.manifest:
        click.echo(f"\n{model.name}: {_status(store, model)}")
        for what, text in (
            ("file", model.file_name),
            ("use", model.use),
            ("licence", model.licence),
            ("restrictions", model.restrictions),
            ("origin", model.origin),
            ("sha256", model.sha256),
        ):
            if text:
                click.echo(f"  {what:12} {text}")


def _status(store: ModelStore, model: ModelFile) -> str:
    try:
        return store.status(model)
    except ModelError:
        return "unreadable"


@command.command("install")
@click.argument("source", metavar="PATH|URL")
@click.option("--yes", is_flag=True, help="Accept what the licence leaves open without being asked.")
@click.pass_obj
def install(store: ModelStore, source: str, yes: bool) -> None:
    """Copy or download a model file into the folder, if its SHA-256 is that of a known one.

    Which model it is follows from the SHA-256, whatever the file is called. A model whose licence leaves something open
    is installed once you have accepted that. A recogniser is then rewritten into a faster form, which is kept in the
    folder `cache` beside the models and proven equal by a self-test.
    """

    def accept(model: ModelFile) -> bool:
        for what in ("name", "use", "licence", "restrictions", "origin"):
            if text := getattr(model, what):
                click.echo(f"  {what:12} {text}")
        return not model.restrictions or yes or click.confirm("Install it all the same?", default=False)

    model = store.install(source, accept=accept)
    click.echo(f"installed {model.name} as {store.path(model)}")
    if model.model_id is not None:
        from kiosk.face.engine import open_describer  # takes a second to load

        open_describer(models_dir=store.folder, cache_dir=store.folder.parent / "cache", model_id=model.model_id)
        click.echo(f"{model.name} passed its self-test")
