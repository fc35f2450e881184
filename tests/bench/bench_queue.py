"""A queue before the terminal: `python -m tests.bench.bench_queue [--people N] [--faces DIR] [--json]`.

The terminal of `kiosk run` itself, from camera to journal on disk, its window on software GL at 800x480 under Xvfb. In
place of the camera stands a queue: each person (a photograph of LFW that is not among those enrolled, moved a little
from frame to frame, 640x480 at 30 frames a second) stays until the screen shows a result, is gone AWAY_S later, and
GAP_S after that the next one stands there. Nobody touches the screen. `[liveness] policy` is off: a photograph is one.
Told are people a minute, whose event each one is, what became of those who were not recorded, and what `watched` tells
of the screen's thread. *Readiness* is from the moment at which the screen shows a result until it shows the next
one's live picture: by no touch, and with nobody before the camera for GAP_S of it. Where the time of the slowest goes
is printed: until the one is gone, the next one stands there, is first seen, is seen as another, and has the screen.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import datetime as dt
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kiosk import app, config, parts
from kiosk.face import open_engine
from kiosk.gallery import TinyGallery
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.liveness import Liveness
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity, Provisioning, candidate
from kiosk.machine.state import StateFolder
from kiosk.matcher import Matcher
from kiosk.model import Anchor, DeviceId, Frame, Hint, Quality, RgbImage
from kiosk.ports import FaceEngine
from kiosk.terminal.encounter import RESULTS, Encounter, Phase, confirm_s
from kiosk.terminal.recognise import Recogniser
from kiosk.wire.gallery import Manifest
from kiosk.wire.keys import ServerKeys
from tests.bench.must_reach import at_least, at_most
from tests.bench.watched import LIVE, Screen, asked

FPS = 30
VARIANTS = 4
"""Pictures of one person that take turns."""
AWAY_S, GAP_S = 0.2, 0.4
ENROLLED, LEAST = 2, 3
"""Photographs that a person is enrolled from, and has at the least."""
WITHIN_S = 20.0
"""Whoever is shown no result by then goes away."""
READY_S, A_MINUTE = 1.0, 15.0
"""What is asked: from the presence of one to readiness for the next, and people a minute."""


@dataclass(frozen=True)
class Queued:
    """`enrolled`, `shown`: photographs, RGB."""

    person_id: str
    enrolled: list[RgbImage]
    shown: RgbImage


def queued(faces: Path, people: int) -> list[Queued]:
    """People with photographs enough, in the order of their folders."""
    folders = [sorted(each.glob("*.jpg")) for each in sorted((faces / "lfw").iterdir())]
    chosen = [photos for photos in folders if len(photos) >= LEAST][: 3 * people]
    return [
        Queued(f"p-{n}", [_read(path) for path in photos[:ENROLLED]], _read(photos[ENROLLED]))
        for n, photos in enumerate(chosen)
    ]


def _read(path: Path) -> RgbImage:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"{path} cannot be read")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def enrol(state: StateFolder, everybody: list[Queued]) -> list[Queued]:
    """A provisioned terminal with these people in its gallery; those of whom each photograph shows a face."""
    now = dt.datetime.now(dt.UTC)
    record = Provisioning(
        DeviceId("d-queue"),
        "http://127.0.0.1:9",
        "",
        "o-1",
        "Dinas Contoh",
        "Asia/Jakarta",
        ServerKeys(0, {"k": bytes(32)}),
        now,
    )
    state.open()
    candidate(state.identity_dir).adopt(record)
    engine, judge = open_engine("auto", follow=False), parts.judge_of(config.load())
    people, usable = [], []
    for one in everybody:
        faces = [engine.faces(picture) for picture in (*one.enrolled, one.shown)]
        if not all(faces) or not _faces_the_camera(one.shown, engine, judge):
            continue
        described = [engine.describe(picture, found[0], 4) for picture, found in zip(one.enrolled, faces, strict=False)]
        templates = [
            {
                "template_id": f"{one.person_id}-{n}",
                "model_id": engine.model_id,
                "descriptor": base64.b64encode(vector.astype("<f4").tobytes()).decode(),
                "cohort_mean": None,
                "cohort_sd": None,
            }
            for n, vector in enumerate(described)
        ]
        nip = f"19800101200501{len(people):04d}"
        people.append({"person_id": one.person_id, "nip": nip, "name": f"Contoh {len(people)}", "templates": templates})
        usable.append(one)
    office = {
        "office_id": "o-1",
        "name": "Dinas Contoh",
        "calendar": {"timezone": "Asia/Jakarta", "periods": [], "holidays": []},
    }
    payload = {"office": office, "people": people, "removed": []}
    storage_key = Identity.load(state.identity_dir).storage_key
    TinyGallery(state.gallery_path, storage_key).apply(Manifest(1, None, "o-1", now), payload, now)
    return usable


def _faces_the_camera(shown: RgbImage, engine: FaceEngine, judge: Callable[[Quality], Hint | None]) -> bool:
    """Whether a queue's person would be told nothing but to wait: photographs of the press look aside, or show two."""
    matcher = Matcher([], model_id=engine.model_id)
    recogniser = Recogniser(engine, matcher, Liveness("off"), judge, 1)
    seen = recogniser.see(Frame(_frame(shown, np.random.default_rng(1)), 0, 0.0), time.monotonic)
    return bool(seen.track) and seen.hint is None


def _trust_the_clock(state: StateFolder) -> None:
    """As after a meeting with the server: by an uncertain clock nobody has the short countdown."""
    identity, now = Identity.load(state.identity_dir), SystemClock().now()
    journal = SqliteOutbox(state.outbox_path, identity.device_id, key=identity.storage_key).open()
    JournalQueue(journal).add_anchor(Anchor(now.boot_id, now.monotonic_ms, now.wall_utc, 20))
    journal.close()


@dataclass
class Told:
    """What happened, by the monotonic clock: filled by the screen's thread, read when it has ended."""

    recorded: list[tuple[float, str]] = field(default_factory=list)
    results: list[float] = field(default_factory=list)
    live: list[float] = field(default_factory=list)
    gone: list[float] = field(default_factory=list)
    seen: list[tuple[float, int]] = field(default_factory=list)
    """Frames with a face in which another number stands than in the one before, or after one without; the numbers."""
    otherwise: Counter[str] = field(default_factory=Counter)
    short: int = 0


class Queue:
    """A camera before which people come and go; `ports.FrameSource`."""

    name = "queue"

    def __init__(self, people: list[Queued], told: Told, over: threading.Event) -> None:
        self._people, self._told, self._over = people, told, over
        random = np.random.default_rng(1)
        self._empty = [_frame(None, random) for _ in range(VARIANTS)]
        self._faces = [[_frame(one.shown, random) for _ in range(VARIANTS)] for one in people]
        self._next = 0
        self._since_s = time.monotonic() + 2.0
        self._seq = 0
        self._due_s = time.monotonic()

    def open(self) -> None:
        """It is."""

    def close(self) -> None:
        """Nothing to free."""

    def read(self) -> Frame:
        self._due_s = max(self._due_s + 1 / FPS, time.monotonic() - 1 / FPS)
        time.sleep(max(0.0, self._due_s - time.monotonic()))  # the pace of a camera
        self._seq += 1
        return Frame(self._picture(time.monotonic()), self._seq, time.monotonic())

    def _picture(self, now_s: float) -> RgbImage:
        variant = self._seq % VARIANTS
        if self._next == len(self._people) or now_s < self._since_s:
            return self._empty[variant]
        shown = self._faces[self._next][variant]
        self._leave(now_s)
        return shown

    def _leave(self, now_s: float) -> None:
        results = self._told.results
        if results and results[-1] >= self._since_s:
            if now_s - results[-1] >= AWAY_S:
                self._forward(now_s)
        elif now_s - self._since_s > WITHIN_S:
            self._forward(now_s)

    def _forward(self, now_s: float) -> None:
        self._told.gone.append(now_s)
        self._next += 1
        self._since_s = now_s + GAP_S
        if self._next == len(self._people):
            self._over.set()


def _frame(face: RgbImage | None, random: np.random.Generator) -> RgbImage:
    """640x480 with the noise of a sensor, and a face somewhere near its middle. Made before the queue begins: a camera
    costs the terminal nothing."""
    picture = np.full((480, 640, 3), 96, np.int16)
    if face is not None:
        left, top = 120 + random.integers(-3, 4), 40 + random.integers(-3, 4)
        picture[top : top + 400, left : left + 400] = cv2.resize(face, (400, 400))
    noisy = np.asarray(np.clip(picture + random.integers(-3, 4, picture.shape), 0, 255), np.uint8)
    noisy.setflags(write=False)
    return noisy


def follow(kiosk: app.Kiosk, told: Told, over: threading.Event) -> Callable[[], None]:
    """Note what becomes of the people, look by look."""
    phase, hint, track = Phase.IDLE, "", 0

    def looked() -> None:
        nonlocal phase, hint, track
        encounter: Encounter = kiosk.terminal.encounter
        if encounter.sighting.track != track:
            track = encounter.sighting.track
            if track:
                told.seen.append((time.monotonic(), track))
        if encounter.phase is Phase.POSITIONING and encounter.hint is not None:
            hint = encounter.hint.value
        if encounter.phase is not phase:
            now_s = time.monotonic()
            if encounter.phase in RESULTS:
                told.results.append(now_s)
            if encounter.phase is Phase.RECORDED and encounter.prospect is not None:
                told.recorded.append((now_s, encounter.prospect.person.person_id))
            elif encounter.phase in RESULTS:
                told.otherwise[f"{encounter.phase.value}{hint and f', told {hint} before'}"] += 1
            elif encounter.phase in LIVE and phase not in LIVE:
                told.live.append(now_s)
            elif encounter.phase is Phase.CONFIRM:
                told.short += confirm_s(encounter, kiosk.terminal.settings) < kiosk.terminal.settings.confirm_s
            phase, hint = encounter.phase, "" if encounter.phase in RESULTS else hint
        if over.is_set():
            kiosk.stop()

    return looked


@contextlib.contextmanager
def display() -> Iterator[None]:
    """Xvfb with a screen of the panel's size, GL by software."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x480x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as answer:
        os.environ["DISPLAY"] = f":{answer.readline().strip()}"
    os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
    try:
        yield
    finally:
        server.terminate()
        server.wait()


@dataclass(frozen=True)
class Handover:
    """From one person's result to the next one's live picture: seconds since the result. `seen`: the next one, by
    whatever number; `another`: under a number of the own."""

    gone: float
    there: float
    seen: float
    another: float
    ready: float


def handovers(told: Told) -> list[Handover]:
    found = []
    for at_s in told.results:
        gone, live = _next(told.gone, at_s), _next(told.live, at_s)
        if gone is None or live is None:
            continue  # the last one
        there = gone + GAP_S
        before = max((track for seen_s, track in told.seen if seen_s <= at_s), default=0)
        seen = _next([seen_s for seen_s, _ in told.seen], there)
        another = _next([seen_s for seen_s, track in told.seen if track > before], at_s)
        parts = (gone, there, seen or live, another or live, live)
        found.append(Handover(*(round(part - at_s, 2) for part in parts)))
    return found


def _next(times: list[float], after_s: float) -> float | None:
    return next((each for each in times if each > after_s), None)


def figures(people: list[Queued], told: Told, screen: Screen) -> dict[str, Any]:
    times = told.results
    changes = handovers(told)
    ready = [each.ready for each in changes]
    stood = iter(one.person_id for one in people)
    return {
        "people": len(people),
        "recorded": len(told.recorded),
        "events_of_others": sum(seen not in stood for _, seen in told.recorded),  # each after the one before
        "short_countdowns": told.short,
        "people_a_minute": round(60 * (len(times) - 1) / (times[-1] - times[0]), 1),
        "result_to_live_s_p50": round(statistics.median(ready), 2),
        "result_to_live_s_max": round(max(ready), 2),
        "slowest_handover": asdict(max(changes, key=lambda each: each.ready)),
        "otherwise": dict(told.otherwise),
        **screen.figures(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--faces", type=Path, default=Path(os.environ.get("KIOSK_FACES") or "../shared/faces"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    told, over, screen = Told(), threading.Event(), Screen()
    with tempfile.TemporaryDirectory(prefix="presensi-queue-") as name, display():
        state = StateFolder(Path(name) / "terminal")
        people = enrol(state, queued(options.faces, options.people))[: options.people]
        _trust_the_clock(state)
        settings = config.load(
            None, {"voice": {"enabled": False}, "liveness": {"policy": "off"}, "display": {"mode": "window"}}
        )
        queue = Queue(people, told, over)
        app.camera_opener = lambda _config: lambda: queue  # the one part that is not the terminal's own
        with app.opened(settings, app.RunOptions(state, state.path / "models")) as kiosk:
            screen.watch(kiosk, follow(kiosk, told, over))
            kiosk.run()
    found = figures(people, told, screen)
    if options.json:
        print(json.dumps(found))
        return
    for what, value in found.items():
        print(f"{what:32} {value}")
    for row in (
        at_least("queue: people a minute", A_MINUTE, found["people_a_minute"]),
        at_most(
            "queue: from a result to the next one's live picture, s at most", READY_S, found["result_to_live_s_max"]
        ),
        *asked("queue", found),
    ):
        print(row.line())


if __name__ == "__main__":
    main()
