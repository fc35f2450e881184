"""`kiosk pad`: judge clips as the terminal would, and count the errors where the paths carry labels."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import click

from kiosk.commands.options import DEFAULT_STATE
from kiosk.errors import CameraError
from kiosk.machine.model_files import PAD_MINIFAS, ModelStore


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
def command(clips: tuple[Path, ...], as_json: bool, model_dir: Path, policy: str) -> None:
    """Judge each CLIP: a video, a GIF, a picture, or a folder (of pictures: one sequence; else all that is in it).

    Verdicts: live (accepted, nothing asked), challenge (would be asked for a movement of the head), attack (refused).
    Labels come from the path: a folder named live, real, genuine, … or attack, print, screen, phone, …; else such a
    word in the file's name. apcer: share of the attacks that are accepted; bpcer: share of the living that are refused;
    bpcer_challenge: share of the living that are asked. A clip that cannot be read makes the exit code 69.
    """
    from kiosk.face import open_engine
    from kiosk.liveness import Liveness
    from kiosk.measure import clips as clips_module  # dlib takes seconds to load: not before the options are good

    paths = [clip for path in clips for clip in clips_module.find_clips(path)]
    store = ModelStore(model_dir)
    liveness = Liveness(policy, store, ask=False)
    engine = open_engine("auto", models_dir=model_dir, follow=False)  # clips have nothing to do with each other
    if store.find(PAD_MINIFAS) is None:
        click.echo(f"{PAD_MINIFAS.name} is not installed in {model_dir}: everybody gets a challenge.", err=True)
    results = []
    for path in paths:
        result = clips_module.judge(path, engine, liveness)
        results.append(result)
        if not as_json:
            score = "    -" if result.score is None else f"{result.score:.3f}"
            click.echo(
                f"{result.verdict or 'unreadable':10} {score}  {result.reason:16} {result.label or '-':6} {path}"
            )
    counts = {
        "apcer": clips_module.share(results, "attack", "live"),
        "bpcer": clips_module.share(results, "live", "attack"),
        "bpcer_challenge": clips_module.share(results, "live", "challenge"),
    }
    if as_json:
        report: dict[str, object] = {"clips": [asdict(result) for result in results]}
        for name, (hits, total) in counts.items():
            report[name] = hits / total if total else None
            report[f"{name}_ci95"] = interval(hits, total)
            report[f"{name}_clips"] = total
        click.echo(json.dumps(report, indent=2))
    else:
        for name, (hits, total) in counts.items():
            click.echo(_line(name, hits, total))
    unreadable = sum(result.verdict is None for result in results)
    if unreadable:
        raise CameraError(f"{unreadable} of {len(results)} clips cannot be read; they are not counted.")


def interval(hits: int, total: int) -> tuple[float, float] | None:
    """95 % interval of a share (Wilson, which also says something of 0 hits); None without trials."""
    if total == 0:
        return None
    z2 = 1.96**2
    middle = (hits + z2 / 2) / (total + z2)
    half = 1.96 * math.sqrt(hits * (total - hits) / total + z2 / 4) / (total + z2)
    return max(0.0, middle - half), min(1.0, middle + half)


def _line(name: str, hits: int, total: int) -> str:
    bounds = interval(hits, total)
    if bounds is None:
        return f"{name}: no clip with such a label"
    return f"{name}: {hits / total:.3f} ({hits} of {total}; 95 % interval {bounds[0]:.3f} to {bounds[1]:.3f})"
