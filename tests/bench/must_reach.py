"""Every figure of speed and memory that was asked for, measured in one go: `python -m tests.bench.must_reach`.

`kiosk bench` with dlib's recogniser and nothing installed; with fp-112 alone and with everything installed; and the
resident memory of a running terminal with two recognisers and all passive models (`bench_memory.py`). Speed is CPU time
on one core, this terminal's and face_recognition's in turn. Of the pipeline each piece of a round counts at the least
that it took in any round, and the rounds' extremes stand beside it (docs/decisions/0130); of a decision the median
counts. One row a figure, as soon as it is there: asked, measured, reached; `--json` all of them as one object. Exit
code 1 where a figure is missed. Optional models: KIOSK_MODELS, else ../shared/models; without them only dlib's rows. A
quarter of an hour: dlib's rows were there after five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kiosk.machine.model_files import recogniser_file
from kiosk.model.recognisers import DLIB, FP_112

ROOT = Path(__file__).parents[2]
MODELS = Path(os.environ.get("KIOSK_MODELS") or ROOT.parent / "shared" / "models")

Json = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """`most`: whether `asked` is a ceiling. `asked` None: told for comparison, nothing hangs on it."""

    what: str
    measured: float
    asked: float | None
    most: bool
    least: float
    largest: float

    @property
    def reached(self) -> bool | None:
        if self.asked is None:
            return None
        return self.measured <= self.asked if self.most else self.measured >= self.asked

    def line(self) -> str:
        asked = "-" if self.asked is None else f"{'<=' if self.most else '>='} {self.asked:g}"
        verdict = {None: "", True: "reached", False: "MISSED"}[self.reached]
        return f"{self.what:74} {asked:>10} {self.measured:10.4g}  ({self.least:.4g}-{self.largest:.4g})  {verdict}"


def at_least(what: str, asked: float | None, *values: float) -> Figure:
    return Figure(what, float(np.median(values)), asked, False, min(values), max(values))


def at_most(what: str, asked: float | None, *values: float) -> Figure:
    return Figure(what, float(np.median(values)), asked, True, min(values), max(values))


def bench(rounds: int, *more: str) -> Json:
    one_core = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return _run("kiosk bench", "-m", "kiosk", "bench", "--json", f"--rounds={rounds}", *more, **one_core)


def _run(what: str, *arguments: str, **environment: str) -> Json:
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(f"{what} failed:\n{run.stderr[-2000:]}")
    return dict(json.loads(run.stdout))


def speed(rounds: int) -> Iterator[Figure]:
    """dlib's recogniser, nothing installed: what everybody has."""
    found = bench(rounds)
    yield at_least("fast descriptor against dlib's, times", 8, found["descriptor_speedup"])
    yield at_most("largest difference of a component from dlib's", 1e-3, found["descriptor_max_abs_diff"])
    for key, loop, asked in (("plain", "plain", 30), ("quarter", "quarter-size", 7)):
        times, by_rounds = (found[f"pipeline_cpu_speedup_{key}_{what}"] for what in ("undisturbed", "rounds"))
        yield Figure(f"pipeline against the {loop} loop, times", times, asked, False, min(by_rounds), max(by_rounds))
        yield at_least("  the same, median of the rounds", None, *by_rounds)
    yield at_least("search of 100,000 templates against face_distance, times", 10, found["matcher_speedup"])
    yield _decision(f"decision, {DLIB.model_id}, of somebody beyond doubt, CPU ms p50", 90, found)
    yield _decision(f"decision, {DLIB.model_id}, where it takes all looks, CPU ms", None, found, "presensi, all looks")


def speed_with_models(rounds: int) -> Iterator[Figure]:
    what = f"decision, {FP_112.model_id}"
    model = f"--model={FP_112.model_id}"
    with tempfile.TemporaryDirectory(prefix="presensi-bench-") as name:
        shutil.copy(MODELS / recogniser_file(FP_112.model_id)[1].file_name, name)
        alone = bench(rounds, model, f"--models={name}")
        yield _decision(f"{what} installed alone, of somebody beyond doubt, CPU ms p50", 60, alone)
        yield _decision(f"{what} installed alone, where it takes all looks, CPU ms", None, alone, "presensi, all looks")
    everything = bench(rounds, model, f"--models={MODELS}")
    yield _decision(f"{what}, evidence of life by three passive models with it, CPU ms", None, everything)


def _decision(what: str, asked: float | None, found: Json, name: str = "presensi") -> Figure:
    side = next(row for row in found["sides"] if row["side"] == name)
    return at_most(what, asked, *side["decisions_cpu_ms"])


def memory(frames: int) -> Figure:
    script = str(ROOT / "tests" / "bench" / "bench_memory.py")
    models = (f"--models={MODELS}", f"--second={DLIB.model_id}")
    found = _run("bench_memory.py", script, f"--frames={frames}", *models)
    what = "memory, two recognisers and three passive models, MB"
    return at_most(what, 400, found["peak_mb"])


def figures(rounds: int, frames: int) -> Iterator[Figure]:
    """Each as soon as it is measured; `frames` 0: no memory."""
    yield from speed(rounds)
    if MODELS.is_dir():
        yield from speed_with_models(rounds)
        if frames:
            yield memory(frames)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--frames", type=int, default=4000, help="of the terminal whose memory is read; 0: not measured"
    )
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    load_before = os.getloadavg()
    found = []
    for figure in figures(options.rounds, options.frames):
        found.append(figure)
        if not options.json:
            print(figure.line(), flush=True)
    if options.json:
        load = {"load_before": load_before, "load_after": os.getloadavg()}
        print(json.dumps({**load, "figures": [{**asdict(each), "reached": each.reached} for each in found]}, indent=1))
    else:
        print(f"load of the machine: {load_before[0]:.1f} before, {os.getloadavg()[0]:.1f} after; one core")
    sys.exit(any(each.reached is False for each in found))


if __name__ == "__main__":
    main()
