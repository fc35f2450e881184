"""Memory of `kiosk run` with 1,000 employees over 20,000 frames: `python tests/bench/bench_memory.py`.

A real terminal process plays the demo's clip as fast as it can look at it; its resident set (VmRSS) is read at each
thousandth frame. Printed: the first and last reading, the peak, and the slope by least squares over the second half,
when all that is loaded once has been loaded. `--models DIR`: with all optional models of DIR installed, evidence of
life gathered, everybody's templates of dlib's and of another recogniser in the gallery, and the other one running.
`--second MODEL`: and one more in the same process, which describes every face that the first does.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from demo import faces, server
from demo.processes import Child, ChildFailed, family
from kiosk.gallery import TinyGallery
from kiosk.machine.identity import Identity
from kiosk.machine.model_files import MANIFEST
from kiosk.machine.state import StateFolder
from kiosk.model import ModelId
from kiosk.model.recognisers import DLIB, FP_112, RECOGNISERS, Recogniser
from kiosk.wire.gallery import Manifest

CALENDAR = {"timezone": "Asia/Jakarta", "periods": [], "holidays": []}
SILENCE_S = 600.0


def fill(state: StateFolder, people: int, recogniser: ModelId) -> None:
    """A gallery of made-up people with three templates each, and three of `recogniser` where that is not dlib's."""
    random = np.random.default_rng(20261124)
    payload = {
        "office": {
            "office_id": server.OFFICE_ID,
            "name": server.OFFICE_NAME,
            "calendar": CALENDAR,
            "recogniser": recogniser,
        },
        "people": [
            {
                "person_id": f"p-{n}",
                "nip": f"19800101200501{n:04d}",
                "name": f"Contoh {n}",
                "templates": [_template(random, f"t-{n}-{k}", DLIB) for k in range(3)],
                "more_templates": [
                    _template(random, f"m-{n}-{k}", RECOGNISERS[recogniser])
                    for k in range(0 if recogniser == DLIB.model_id else 3)
                ],
            }
            for n in range(people)
        ],
        "removed": [],
    }
    identity, now = Identity.load(state.identity_dir), dt.datetime.now(dt.UTC)
    manifest = Manifest(10_000, None, identity.provisioning.office_id, now)
    TinyGallery(state.gallery_path, identity.storage_key).apply(manifest, payload, now)


def _template(random: np.random.Generator, template_id: str, recogniser: Recogniser) -> dict[str, object]:
    vector = random.normal(size=recogniser.length).astype("<f4")
    return {
        "template_id": template_id,
        "model_id": recogniser.model_id,
        "descriptor": base64.b64encode((vector / np.linalg.norm(vector)).tobytes()).decode(),
        "cohort_mean": None,
        "cohort_sd": None,
    }


def rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def watch(child: Child, frames: int) -> list[tuple[int, float]]:
    """(frames looked at, resident MB) at each thousandth frame."""
    readings: list[tuple[int, float]] = []
    last_s = time.monotonic()
    while not readings or readings[-1][0] < frames:
        seen = [int(w.split()[-4]) for w in child.log.read_text().splitlines() if w.endswith("frames looked at")]
        if seen and (not readings or seen[-1] > readings[-1][0]):
            readings.append((seen[-1], rss_mb(child.process.pid)))
            last_s = time.monotonic()
        if child.ended() is not None or time.monotonic() - last_s > SILENCE_S:
            raise ChildFailed(child.tail())
        time.sleep(0.05)
    return readings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--models", type=Path)
    parser.add_argument("--recogniser", type=ModelId, default=FP_112.model_id)
    parser.add_argument("--second", type=ModelId, help="with --models only")
    options = parser.parse_args()
    if options.second is not None and options.models is None:
        parser.error("--second needs --models")
    with tempfile.TemporaryDirectory(prefix="presensi-memory-") as name:
        folder = Path(name)
        with family(folder / "logs") as children:
            etpp, _ = server.start(children, folder / "etpp")
            etpp.add_office()
            state = StateFolder(folder / "terminal")
            where = ["--state", str(state.path)]
            children.run("provision", ["kiosk", "provision", etpp.new_code(), "--server", etpp.url, *where])
            recogniser = DLIB.model_id if options.models is None else options.recogniser
            fill(state, options.people, recogniser)
            policy = "off"
            if options.models is not None:
                policy = "challenge-when-in-doubt"
                (state.path / "models").mkdir(exist_ok=True)
                for model in MANIFEST:
                    shutil.copy(options.models / model.file_name, state.path / "models" / model.file_name)
            config = folder / "memory.toml"
            config.write_text(
                f'[voice]\nenabled = false\n[recognition]\nengine = "{options.engine}"\nfps = 240\n'
                f'[liveness]\npolicy = "{policy}"\n'
            )
            clip = ["--camera", f"replay:{faces.talking_man()}", "--fps", "240", "--display", "offscreen"]
            module = "kiosk" if options.second is None else "tests.bench.two_recognisers"
            os.environ["KIOSK_SECOND"] = options.second or ""
            child, _ = children.start("kiosk", [module, "-v", "run", *clip, "--config", str(config), *where])
            readings = watch(child, options.frames)
    half = readings[len(readings) // 2 :]
    slope = float(np.polyfit([n for n, _ in half], [mb for _, mb in half], 1)[0]) if len(half) > 1 else 0.0
    figures = {
        "recogniser": recogniser,
        "second": options.second,
        "people": options.people,
        "frames": readings[-1][0],
        "first_mb": round(readings[0][1], 1),
        "last_mb": round(readings[-1][1], 1),
        "peak_mb": round(max(mb for _, mb in readings), 1),
        "slope_mb_per_1000_frames": round(1000 * slope, 4),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
