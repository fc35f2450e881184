"""Memory of `kiosk run` with 1,000 employees over 20,000 frames: `python tests/bench/bench_memory.py`.

A real terminal process plays the demo's clip as fast as it can look at it; its resident set (VmRSS) is read at each
thousandth frame. Printed: the first and last reading, the peak, and the slope by least squares over the second half,
when all that is loaded once has been loaded.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import json
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
from kiosk.machine.state import StateFolder
from kiosk.model import DLIB_RESNET_V1
from kiosk.wire.gallery import Manifest

CALENDAR = {"timezone": "Asia/Jakarta", "periods": [], "holidays": []}
SILENCE_S = 120.0


def fill(state: StateFolder, people: int) -> None:
    """A gallery of made-up people with three templates each."""
    random = np.random.default_rng(20261124)
    payload = {
        "office": {"office_id": server.OFFICE_ID, "name": server.OFFICE_NAME, "calendar": CALENDAR},
        "people": [
            {
                "person_id": f"p-{n}",
                "nip": f"19800101200501{n:04d}",
                "name": f"Contoh {n}",
                "templates": [
                    {
                        "template_id": f"t-{n}-{k}",
                        "model_id": DLIB_RESNET_V1,
                        "descriptor": base64.b64encode(_unit(random).tobytes()).decode(),
                        "cohort_mean": None,
                        "cohort_sd": None,
                    }
                    for k in range(3)
                ],
            }
            for n in range(people)
        ],
        "removed": [],
    }
    identity, now = Identity.load(state.identity_dir), dt.datetime.now(dt.UTC)
    manifest = Manifest(10_000, None, identity.provisioning.office_id, now)
    TinyGallery(state.gallery_path, identity.storage_key).apply(manifest, payload, now)


def _unit(random: np.random.Generator) -> np.ndarray:
    vector = random.normal(size=128).astype("<f4")
    return vector / np.linalg.norm(vector)


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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="presensi-memory-") as name:
        folder = Path(name)
        with family(folder / "logs") as children:
            etpp, _ = server.start(children, folder / "etpp")
            etpp.add_office()
            state = StateFolder(folder / "terminal")
            where = ["--state", str(state.path)]
            children.run("provision", ["kiosk", "provision", etpp.new_code(), "--server", etpp.url, *where])
            fill(state, options.people)
            config = folder / "memory.toml"
            config.write_text(
                f'[voice]\nenabled = false\n[recognition]\nengine = "{options.engine}"\n[liveness]\npolicy = "off"\n'
            )
            clip = ["--camera", f"replay:{faces.talking_man()}", "--fps", "240", "--display", "offscreen"]
            child, _ = children.start("kiosk", ["kiosk", "-v", "run", *clip, "--config", str(config), *where])
            readings = watch(child, options.frames)
    half = readings[len(readings) // 2 :]
    slope = float(np.polyfit([n for n, _ in half], [mb for _, mb in half], 1)[0]) if len(half) > 1 else 0.0
    figures = {
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
