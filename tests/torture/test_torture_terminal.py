"""SIGKILL of the whole terminal: `kiosk run` with its screen, `kiosk sync` and the server, at random moments.

Two people take turns before the camera. `--trace` tells what the screen confirmed: its line follows the change of the
screen's state, so a presence without a line is one that nobody was told of, or one that was told a moment before.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from demo import faces, office
from demo.processes import Child, Family, family
from kiosk.model import RgbImage
from kiosk.replay import ReplayCamera
from tests.ports import free_port

pytestmark = [pytest.mark.torture, pytest.mark.slow]

KILLS = int(os.environ.get("TORTURE_KILLS", "60"))
SEED = int(os.environ.get("TORTURE_SEED", "20261124"))
SETTLE_S = 300.0

LIFE_S = {"kiosk": (0.3, 16.0), "sync": (0.3, 14.0), "etpp": (0.3, 14.0)}
"""How long each lives, in seconds: from the middle of the start-up to several presences later."""

AIMED = 0.5
"""This share of the terminal's kills waits for the next commit, to fall between the journal and the screen."""

CONFIG = """
[voice]
enabled = false
[liveness]
policy = "off"
[encounter]
repeat_interval_min = 0.0
confirm_s = 0.3
result_s = 0.3
leave_s = 0.2
[server]
retry_s = 0.05
retry_ceiling_s = 0.5
heartbeat_s = 1.0
long_poll_s = 1
"""


def play(folder: Path, fps: int) -> str:
    """A camera before which the man, nobody, the astronaut and nobody follow each other; its name for `--camera`."""
    folder.mkdir()
    clip = ReplayCamera(faces.talking_man(), 640, 480, 30.0, start_s=1.33, paced=False)
    clip.open()
    talking: list[RgbImage] = [clip.read().rgb for _ in range(fps)]
    clip.close()
    with Image.open(faces.astronaut()) as picture:
        portrait = np.asarray(picture.convert("RGB").resize((480, 480)))
    nobody = [np.full((480, 640, 3), 90, np.uint8)] * (fps // 2)
    for number, pixels in enumerate([*talking, *nobody, *([portrait] * fps), *nobody]):
        Image.fromarray(pixels).save(folder / f"{number:03d}.png", compress_level=1)
    return f"replay:{folder}"


@dataclass
class Journal:
    """The terminal's journal, read without our code."""

    path: Path

    def presences(self) -> int:
        with sqlite3.connect(f"file:{self.path}?mode=rw", uri=True, timeout=30) as connection:
            return int(connection.execute("SELECT count(*) FROM events WHERE kind = 'presence'").fetchone()[0])


@dataclass
class Cast:
    """The three processes; each can be killed and started again."""

    children: Family
    folder: Path
    port: int
    camera: str
    kills: Counter[str] = field(default_factory=Counter)
    alive: dict[str, Child] = field(default_factory=dict)

    @property
    def trace(self) -> Path:
        return self.folder / "trace.jsonl"

    def start(self, name: str) -> None:
        files = ["--config", str(self.folder / "torture.toml"), "--state", str(self.folder / "terminal")]
        commands = {
            "kiosk": ["run", "--camera", self.camera, "--display", "offscreen", "--trace", str(self.trace), *files],
            "sync": ["sync", *files],
            "etpp": ["--state", str(self.folder / "etpp"), "serve", "--port", str(self.port), "--approve", "auto"],
        }
        module = "etpp" if name == "etpp" else "kiosk"
        self.alive[name], _ = self.children.start(name, [module, *commands[name]])

    def kill(self, name: str) -> None:
        child = self.alive.pop(name)
        assert child.ended() is None, f"{name} ended by itself: {child.tail()}"
        child.process.kill()
        child.process.wait()
        self.kills[name] += 1

    def confirmed(self) -> int:
        """How many presences the screen has said to be recorded."""
        lines = self.trace.read_text(encoding="utf-8").splitlines() if self.trace.exists() else []
        return sum(json.loads(line)["outcome"] == "recorded" for line in lines)


def until(what: str, done: Callable[[], Any], within_s: float, pause_s: float = 0.2) -> None:
    end_s = time.monotonic() + within_s
    while not done():
        if time.monotonic() > end_s:
            pytest.fail(f"not within {within_s:.0f} s: {what}")
        time.sleep(pause_s)


def test_what_the_screen_confirmed_is_in_the_books_once(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    camera = play(tmp_path / "camera", fps=15)
    (tmp_path / "torture.toml").write_text(CONFIG, encoding="utf-8")
    journal = Journal(tmp_path / "terminal" / "outbox.sqlite")
    with family(tmp_path / "logs") as children:
        port = free_port()
        etpp = office.build(children, tmp_path, port, lambda _: None, past=False)
        cast = Cast(children, tmp_path, port, camera)
        for name in ("sync", "etpp"):
            cast.alive[name] = children.child(name)
            cast.kill(name)
        cast.kills.clear()

        began = time.monotonic()
        ends: dict[str, float] = {}
        for name in ("etpp", "sync", "kiosk"):
            cast.start(name)
            ends[name] = began + chance.uniform(*LIFE_S[name])
        lives: list[int] = []
        before = 0
        while cast.kills.total() < KILLS:
            name = min(ends, key=lambda one: ends[one])
            time.sleep(max(0.0, ends[name] - time.monotonic()))
            if name == "kiosk" and chance.random() < AIMED:
                _wait_for_a_commit(journal, cast.alive[name])
            cast.kill(name)
            if name == "kiosk":
                doubt = journal.presences() - cast.confirmed()
                lives.append(doubt - before)
                before = doubt
            cast.start(name)
            ends[name] = time.monotonic() + chance.uniform(*LIFE_S[name])
        last = cast.confirmed()
        until("one more presence after the last kill", lambda: cast.confirmed() > last, SETTLE_S)
        cast.kill("kiosk")
        lives.append(journal.presences() - cast.confirmed() - before)
        confirmed, held = cast.confirmed(), journal.presences()
        until("all of them in the books", lambda: _answers(etpp.presences) >= held, SETTLE_S)
        seconds = time.monotonic() - began
        rows = etpp.presences()
        everything = etpp.call("GET", "events?limit=10000")["events"]
        verdict = children.run("verify", ["kiosk", "events", "--state", str(tmp_path / "terminal"), "verify"])

    print(
        f"\nkills: {dict(cast.kills)} in {seconds:.0f} s (seed {SEED}); confirmed on the screen: {confirmed}; in the "
        f"books: {len(rows)}; killed between the journal and the screen: {len(rows) - confirmed}; {verdict.strip()}"
    )
    assert set(lives) <= {0, 1}, "of each life of the terminal, at most the last presence was not told to the screen"
    assert confirmed > KILLS / 6, "the terminal worked between the kills"
    assert confirmed <= len(rows) <= confirmed + cast.kills["kiosk"]
    assert len(rows) == held, "the journal and the books are the same"
    ids = [event["event_id"] for event in everything]
    assert len(ids) == len(set(ids)), "none double"
    assert sorted(event["seq"] for event in everything) == list(range(1, len(everything) + 1)), "no gap"
    assert {event["status"] for event in everything} == {"accepted"}
    assert verdict.strip() == "the chain is whole"


def _wait_for_a_commit(journal: Journal, terminal: Child, within_s: float = 20.0) -> None:
    """Until the journal holds one presence more; the screen has not said so yet, or is just about to."""
    end_s, before = time.monotonic() + within_s, journal.presences()
    while time.monotonic() < end_s and terminal.ended() is None and journal.presences() == before:
        time.sleep(0.001)


def _answers(ask: Callable[[], list[Any]]) -> int:
    """How many rows the server knows of; none while it is starting."""
    try:
        return len(ask())
    except OSError:
        return 0
