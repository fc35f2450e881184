"""`kiosk pad`: judge clips as the terminal would, and count the errors where the paths carry labels."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.commands.options import DEFAULT_STATE
from kiosk.errors import CameraError
from kiosk.machine.model_files import PAD_MINIFAS, PAD_WIDE, ModelStore

if TYPE_CHECKING:
    from kiosk.measure.rates import Rate
    from kiosk.measure.starts import ClipResult


@click.command("pad")
@click.argument("clips", nargs=-1, required=True, metavar="CLIP...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all clips and the error rates.")
@click.option(
    "--model-dir",
    type=click.Path(path_type=Path),
    default=DEFAULT_STATE / "models",
    show_default=True,
    help="Folder of optional models; without the passive model every clip gets a challenge.",
)
@click.option(
    "--policy",
    type=click.Choice(["passive", "challenge-when-in-doubt", "always-challenge"]),
    default="challenge-when-in-doubt",
    show_default=True,
    help="The terminal's policy [liveness].",
)
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Begin at every n-th frame with a face: 1 is all of them, more is quicker.",
)
def command(clips: tuple[Path, ...], as_json: bool, model_dir: Path, policy: str, every: int) -> None:
    """Judge each CLIP: a video, a GIF, a picture, or a folder (of pictures: one sequence; else all that is in it).

    An encounter begins at every frame with a face (--every), because a forger chooses when he steps in. Each ends as
    live (accepted, nothing asked), challenge (would be asked for a movement of the head, or the clip ends while frames
    enough were in vain: unsure) or attack (refused); a clip's verdict is that of most of its starts.
    Who stands so near that the models of the surroundings see none of them is
    told to step back first, and nobody in a clip does: a start that the clip ends before anything is asked is near,
    neither live nor asked, and counts as challenge in the clip's verdict. Whom the terminal asks at random all the same
    is not counted here.

    Labels come from the path: a folder named live, real, genuine, … or attack, print, screen, phone, …; else such a
    word in the file's name. apcer: share of the attacks that are accepted, for each kind; bpcer: share of the living
    that are refused; bpcer_challenge: share of the living that are asked; bpcer_near: that are only told to step back.
    Each of clips and, as *_starts, of starts, whose intervals count a clip as one trial. A clip that cannot be read
    makes the exit code 69.
    """
    from functools import partial

    from kiosk.face import open_engine
    from kiosk.liveness import Liveness, open_models
    from kiosk.measure import rates  # dlib takes seconds to load: not before the options are good
    from kiosk.measure.clips import find_clips
    from kiosk.measure.remembered import remembered
    from kiosk.measure.starts import judge

    paths = [clip for path in clips for clip in find_clips(path)]
    store = ModelStore(model_dir)
    models = open_models(store)
    open_liveness = partial(Liveness, policy, models and remembered(models), ask=False)
    engine = open_engine("auto", models_dir=model_dir, follow=False)  # clips have nothing to do with each other
    if store.find(PAD_MINIFAS) is None:
        click.echo(f"{PAD_MINIFAS.name} is not installed in {model_dir}: everybody gets a challenge.", err=True)
    elif models is not None and models.wide is None:
        names = " and ".join(model.name for model in PAD_WIDE)
        click.echo(f"{names} are not installed in {model_dir}: only the face itself is looked at.", err=True)
    results = []
    for path in paths:
        results.append(judge(path, engine, open_liveness, every))
        if not as_json:
            click.echo(_clip(results[-1]))
    counted = {
        "apcer": rates.of_clips(results, "attack", "live"),
        "apcer_starts": rates.of_starts(results, "attack", "live"),
        "bpcer": rates.of_clips(results, "live", "attack"),
        "bpcer_starts": rates.of_starts(results, "live", "attack"),
        "bpcer_challenge": rates.of_clips(results, "live", "challenge"),
        "bpcer_challenge_starts": rates.of_starts(results, "live", "challenge"),
    }
    counted["bpcer_near"], counted["bpcer_near_starts"] = rates.near(results, "live")
    kinds = {
        kind: (rates.of_clips(of, "attack", "live"), rates.of_starts(of, "attack", "live"))
        for kind, of in rates.kinds(results).items()
    }
    taken = rates.seconds(results, "live")
    if as_json:
        report: dict[str, object] = {"every": every, "clips": [_row(result) for result in results]}
        for name, rate in counted.items():
            report |= _figures(name, rate)
        report["kinds"] = {
            kind: _figures("apcer", of_clips) | _figures("apcer_starts", of_starts)
            for kind, (of_clips, of_starts) in kinds.items()
        }
        report["seconds_p50"], report["seconds_p95"] = taken or (None, None)
        click.echo(json.dumps(report, indent=2))
    else:
        for kind, (of_clips, of_starts) in kinds.items():
            click.echo(_line(f"apcer of {kind}", of_clips))
            click.echo(_line(f"apcer_starts of {kind}", of_starts))
        for name, rate in counted.items():
            click.echo(_line(name, rate))
        if taken is not None:
            click.echo(f"seconds to a verdict, the living: p50 {taken[0]:.2f}, p95 {taken[1]:.2f}")
    unreadable = sum(result.verdict is None for result in results)
    if unreadable:
        raise CameraError(f"{unreadable} of {len(results)} clips cannot be read; they are not counted.")


def _row(result: ClipResult) -> dict[str, object]:
    row = asdict(result)
    del row["seconds"]
    return row


def _figures(name: str, rate: Rate) -> dict[str, object]:
    figures: dict[str, object] = {name: rate.share, f"{name}_ci95": rate.ci95, f"{name}_clips": rate.clips}
    return figures if rate.total == rate.clips else figures | {f"{name}_total": rate.total}


def _clip(result: ClipResult) -> str:
    score = "    -" if result.score is None else f"{result.score:.3f}"
    after = "     -" if result.seconds_p50 is None else f"{result.seconds_p50:.2f} s"
    starts = f"{result.starts_live}/{result.starts_asked}/{result.starts_refused}/{result.starts_near}"
    what = result.kind or result.label or "-"
    return (
        f"{result.verdict or 'unreadable':10} {score}  {starts:14} {after}  {result.reason:16} {what:6} {result.path}"
    )


def _line(name: str, rate: Rate) -> str:
    if rate.share is None or rate.ci95 is None:
        return f"{name}: no clip with such a label"
    low, high = rate.ci95
    return f"{name}: {rate.share:.3f} ({rate.hits} of {rate.total}; 95 % interval {low:.3f} to {high:.3f})"
