"""`kiosk evaluate DIR`: how well are strangers refused and employees found, on a folder of faces."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from kiosk.errors import ConfigError
from kiosk.face import ENGINES, open_engine
from kiosk.measure.identification import det, report
from kiosk.measure.identification.check import as_lines, check, outside
from kiosk.measure.identification.collection import Collection, collect
from kiosk.measure.identification.report import PRODUCT_FPIR
from kiosk.measure.identification.table import make_table, write
from kiosk.model import DLIB_RESNET_V1, ModelId
from kiosk.model.recognisers import RECOGNISERS
from kiosk.scores.threshold import ThresholdTable, load_table, packaged_table


def _part(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[int, int]:
    which, _, parts = text.partition("/")
    if not (which.isdigit() and parts.isdigit() and 1 <= int(which) <= int(parts)):
        raise click.BadParameter("give K/N, for instance 1/2")
    return int(which), int(parts)


@click.command("evaluate")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--det", "det_file", type=click.Path(path_type=Path), help="Draw the DET curve to this PNG.")
@click.option("--rounds", "count", type=click.IntRange(1), default=20, show_default=True, help="Draws of people.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Fixes all draws.")
@click.option("--part", callback=_part, default="1/1", show_default=True, help="K/N: only the Kth of every N people.")
@click.option(
    "--model",
    "model_id",
    type=click.Choice(list(RECOGNISERS)),
    default=DLIB_RESNET_V1,
    show_default=True,
    help="The recogniser; others than dlib's must be installed in --models.",
)
@click.option("--engine", type=click.Choice(ENGINES), default="auto", show_default=True)
@click.option("--models", type=click.Path(path_type=Path), help="Folder of optional models (finds faces with YuNet).")
@click.option(
    "--descriptors",
    type=click.Path(path_type=Path),
    help="Keep the descriptors in this file, or take them from it when it exists. Biometric data: delete it.",
)
@click.option("--table", "table_file", type=click.Path(path_type=Path), help="Decide by this threshold table.")
@click.option("--write-table", "new_table", type=click.Path(path_type=Path), help="Only make a threshold table.")
@click.option("--check-table", is_flag=True, help="Only tell what FPIR the table reaches on people who are not in it.")
@click.option(
    "--fpir",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=PRODUCT_FPIR,
    show_default=True,
    help="With --check-table: the FPIR to ask for.",
)
def command(
    folder: Path,
    as_json: bool,
    det_file: Path | None,
    count: int,
    seed: int,
    part: tuple[int, int],
    model_id: str,
    engine: str,
    models: Path | None,
    descriptors: Path | None,
    table_file: Path | None,
    new_table: Path | None,
    check_table: bool,
    fpir: float,
) -> None:
    """Measure identification on DIR/<person>/<photo or clip>.

    In every round some of the people are enrolled, others are the cohort, others come as strangers. Printed are the
    misses among the enrolled (FNIR) where a given share of the strangers is accepted (FPIR). A figure holds for these
    people and pictures: photographs from the press say little about employees at a lit terminal.
    """
    for written in (det_file, descriptors, new_table):
        if (
            written is not None and not written.exists() and not os.access(written.parent, os.W_OK)
        ):  # before the measurement, not after it
            raise ConfigError(f"{written}: its folder does not exist or cannot be written.")
    table = None if table_file is None else load_table(table_file)
    if table is not None:
        table.check_model(ModelId(model_id))
    if det_file is not None:
        det.check()
    whole = _collection(folder, engine, models, descriptors, ModelId(model_id))
    collection = whole.part(*part)
    if new_table is not None:
        made_from = f"{collection.people} people, {len(collection.owners)} photos"
        made = make_table(collection, made_from, seed, _tell, "/".join(map(str, part)))
        write(made, new_table)
        return
    if check_table:
        rows = _checked(whole, part, table or packaged_table(whole.model_id), count, seed, fpir)
        click.echo(json.dumps({"check": rows}, indent=1) if as_json else "\n".join(as_lines(rows)))
        return
    try:
        found = report.measure(collection, count, seed, _tell, table)
    except ValueError as error:
        raise ConfigError(f"{folder}: {error}. The least is 10 people with two photos each.") from error
    click.echo(json.dumps(found.as_json(), indent=1) if as_json else report.as_text(found))
    if det_file is not None:
        det.draw(found.curves, report.FPIRS, det_file)


def _checked(
    whole: Collection, part: tuple[int, int], table: ThresholdTable, count: int, seed: int, fpir: float
) -> list[dict[str, object]]:
    others = outside(whole, table)
    if others is whole:
        _tell("this folder is not the one that the table was made from: all its people are checked")
    else:
        _tell(f"{others.people} people of the folder are not in the table")
    return check(others.part(*part), table, count, seed, _tell, fpir)


def _collection(folder: Path, engine: str, models: Path | None, kept: Path | None, model_id: ModelId) -> Collection:
    if kept is not None and kept.exists():
        collection = Collection.load(kept)
        if collection.model_id != model_id:
            raise ConfigError(f"{kept}: holds descriptors of {collection.model_id}. Give --model, or another file.")
        return collection
    opened = open_engine(engine, models_dir=models, follow=False, model_id=model_id)
    collection = collect(folder, opened, _progress)
    if kept is not None:
        collection.save(kept)
    return collection


def _progress(done: int, total: int) -> None:
    if done % 200 == 0 or done == total:
        _tell(f"described {done} of {total} photos")


def _tell(what: str) -> None:
    click.echo(what, err=True)
