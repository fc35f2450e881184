"""`python -m demo.latency` (`make latency`): from the first frame with a face to "tercatat", over ten runs of the demo.

Each run is a fresh `kiosk run` that plays the clip; its --trace line says when each phase was reached and what the
stages took. The countdown is part of the figure: nobody touches "Benar".
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from demo import faces, office
from demo.processes import ChildFailed, Family, family

WITHIN_S = 60.0


@click.command()
@click.option("--runs", type=click.IntRange(min=1), default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(runs: int, as_json: bool) -> None:
    """Time the way of one presence."""
    with tempfile.TemporaryDirectory(prefix="presensi-latency-") as name:
        folder = Path(name)
        with family(folder / "logs") as children:
            office.build(children, folder, 0, lambda text: click.echo(text, err=True), past=False)
            lines = [_one_run(folder, run) for run in range(runs)]
    figures = _summary(lines)
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(f"first face to 'tercatat', ms: p50 {figures['first_face_to_recorded_ms_p50']}", nl=False)
    click.echo(f" (min {figures['min']}, max {figures['max']}; {runs} runs)")
    click.echo("  phase reached, ms after the first face, p50: " + _pairs(figures["phase_reached_ms_p50"]))
    click.echo("  time in stages, ms an encounter, p50: " + _pairs(figures["stage_ms_p50"]))


def _one_run(folder: Path, run: int) -> dict[str, Any]:
    """A fresh terminal for one presence; its trace line."""
    trace, config = folder / f"trace-{run}.jsonl", folder / "latency.toml"
    config.write_text(
        '[voice]\nenabled = false\n[liveness]\npolicy = "off"\n[encounter]\nrepeat_interval_min = 0.0\n',
        encoding="utf-8",
    )
    camera = f"replay:{faces.talking_man()}{office.REST}"
    files = ["--config", str(config), "--state", str(folder / "terminal"), "--trace", str(trace)]
    with family(folder / "logs") as children:
        children.start("kiosk", ["kiosk", "run", "--camera", camera, "--display", "offscreen", *files])
        return _recorded(children, trace)


def _recorded(children: Family, trace: Path) -> dict[str, Any]:
    until_s = time.monotonic() + WITHIN_S
    while time.monotonic() < until_s:
        for text in trace.read_text(encoding="utf-8").splitlines() if trace.exists() else []:
            line: dict[str, Any] = json.loads(text)
            if line["outcome"] == "recorded":
                return line
        ended = children.first_ended()
        if ended is not None:
            raise ChildFailed(f"{ended.name} ended with {ended.ended()}:\n{ended.tail()}")
        time.sleep(0.1)
    raise ChildFailed(f"no presence within {WITHIN_S:.0f} s")


def _summary(lines: list[dict[str, Any]]) -> dict[str, Any]:
    totals = [line["first_face_to_outcome_ms"] for line in lines]
    return {
        "runs": len(lines),
        "first_face_to_recorded_ms_p50": statistics.median(totals),
        "min": min(totals),
        "max": max(totals),
        "phase_reached_ms_p50": _medians([line["phase_reached_ms"] for line in lines]),
        "stage_ms_p50": _medians([line["stage_ms"] for line in lines]),
        "frames_p50": statistics.median(line["frames"] for line in lines),
    }


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: round(statistics.median(row[name] for row in rows if name in row), 1) for name in names}


def _pairs(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


if __name__ == "__main__":
    main()
