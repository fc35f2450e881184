"""docs/tour.md: one presence goes from a picture to the day's book, by the functions that the tour names, in its order.

Terminal and server run in this process, so that their calls can be heard: real threads, dlib, SQLite and HTTP. Only the
screen is not drawn.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import re
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from demo.faces import astronaut
from kiosk import app
from kiosk import config as configuration
from kiosk.commands import provision, sync
from kiosk.face import open_engine
from kiosk.gallery import TinyGallery
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from kiosk.terminal.encounter import Button, Phase
from kiosk.ui.ports import ScreenSource
from tests import waiting
from tests.contract.etpp.running import NIP, OFFICE, Running, running
from tests.integration.office import open_outbox
from tests.unit.kiosk.journal import records

ROOT = Path(__file__).parents[2]
STEP = re.compile(r"^(\d+)\. `([\w/]+\.py)` `([\w.]+)`: ", re.MULTILINE)
STEPS = [(path, name) for _, path, name in STEP.findall((ROOT / "docs/tour.md").read_text(encoding="utf-8"))]
WITHIN_S = 90.0
until = partial(waiting.until, within_s=WITHIN_S)


class Listener:
    """Hears, in all threads that are started while it is on, when a function of the tour is called."""

    def __init__(self) -> None:
        self._steps = {(str(ROOT / path), name): (path, name) for path, name in STEPS}
        self._known: dict[CodeType, tuple[str, str] | None] = {}
        self.heard: list[tuple[str, str]] = []
        self.on = False

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if not self.on or event != "call":
            return
        code = frame.f_code
        if code not in self._known:
            self._known[code] = self._steps.get((code.co_filename, code.co_qualname))
        if (step := self._known[code]) is not None:
            self.heard.append(step)


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    before = sys.getprofile()
    threading.setprofile(listener)
    sys.setprofile(listener)
    try:
        yield listener
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


@contextmanager
def as_before(number: int) -> Iterator[None]:
    handler = signal.getsignal(number)
    try:
        yield
    finally:
        signal.signal(number, handler)


def sync_until(folder: StateFolder, what: str, done: Callable[[], object]) -> None:
    """`kiosk sync`, in this thread, told to end as systemd would once `done`."""

    def wait() -> None:
        try:
            until(what, done)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    waiting = threading.Thread(target=wait)
    with as_before(signal.SIGTERM), as_before(signal.SIGINT):
        waiting.start()
        ended = CliRunner().invoke(sync.command, ["--state", str(folder.path)], catch_exceptions=False)
        waiting.join()
    assert ended.exit_code == 0, ended.output


def enrol(folder: StateFolder) -> None:
    """Sri, with the face of the picture, as `enroll` leaves her in the journal."""
    rgb = np.asarray(Image.open(astronaut()).convert("RGB"))
    engine = open_engine("fast", cache_dir=folder.path / "cache", follow=False)
    (face, *_) = engine.faces(rgb)
    draft = dataclasses.replace(
        records.enrolment("Sri Lestari", NIP), office_id=OFFICE, templates=(engine.describe(rgb, face),)
    )
    outbox = open_outbox(folder)
    outbox.append(draft, SystemClock(outbox.anchors).now())
    outbox.close()


def stand_before(folder: StateFolder, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> list[Phase]:
    """The terminal until it says that something is recorded; the phases that its screen went through."""
    phases: list[Phase] = []

    def show(source: ScreenSource, *_: object) -> None:
        def shown() -> Phase:
            phase = source.pump().phase
            if not phases or phases[-1] is not phase:
                phases.append(phase)
                if phase is Phase.CONFIRM:
                    source.press(Button.CORRECT)
            return phase

        until("recorded", lambda: shown() is Phase.RECORDED or source.stopping())

    monkeypatch.setattr(app.screen, "show", show)
    settings = folder.path / "kiosk.toml"
    settings.write_text(
        f'[camera]\nsource = "replay:{pictures}"\n[voice]\nenabled = false\n[liveness]\npolicy = "off"\n'
    )
    with app.opened(configuration.load(settings), app.RunOptions(folder, folder.path / "models")) as kiosk:
        kiosk.run()
    return phases


def people_of(folder: StateFolder) -> int:
    return len(TinyGallery(folder.gallery_path, Identity.load(folder.identity_dir).storage_key).load().people)


def nothing_waits(folder: StateFolder) -> bool:
    outbox = open_outbox(folder)
    try:
        return outbox.queue_state().waiting == 0
    finally:
        outbox.close()


def provisioned(etpp: Running, path: Path) -> StateFolder:
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    words = [code, "--server", etpp.url, "--state", str(path)]
    assert CliRunner().invoke(provision.command, words, catch_exceptions=False).exit_code == 0
    return StateFolder(path)


@pytest.mark.slow
def test_a_presence_takes_the_way_of_the_tour(
    listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    shutil.copy(astronaut(), pictures)
    with running(f"sqlite:///{tmp_path / 'etpp.db'}", tmp_path / "etpp", approve="auto") as etpp:
        etpp.clock.now = dt.datetime.now(dt.UTC)
        folder = provisioned(etpp, tmp_path / "terminal")
        enrol(folder)
        sync_until(folder, "Sri in the gallery", lambda: people_of(folder))

        listener.on = True
        phases = stand_before(folder, pictures, monkeypatch)
        sync_until(folder, "the presence in the books, and acknowledged", lambda: nothing_waits(folder))
        assert etpp.events("kind=presence")
        day = etpp.admin("GET", f"presence?office_id={OFFICE}")
        listener.on = False

    assert phases[-1] is Phase.RECORDED
    (sri,) = day["people"]
    assert (sri["name"], sri["status"]) == ("Sri Lestari", "present")
    assert first_astray(listener.heard) is None


def first_astray(heard: list[tuple[str, str]]) -> tuple[str, str] | None:
    """The first step of the tour that was not taken after all those before it."""
    way = iter(heard)
    return next((step for step in STEPS if step not in way), None)


def test_the_steps_are_numbered_and_each_is_read() -> None:
    text = (ROOT / "docs/tour.md").read_text(encoding="utf-8")
    assert [int(number) for number, _, _ in STEP.findall(text)] == list(range(1, len(STEPS) + 1))
    assert len(STEPS) == len(re.findall(r"^\d+\.", text, re.MULTILINE)) > 40


def test_a_step_in_another_place_is_found() -> None:
    assert first_astray(STEPS) is None
    assert first_astray([STEPS[1], STEPS[0], *STEPS[2:]]) == STEPS[1]
    assert first_astray(STEPS[:-1]) == STEPS[-1]
