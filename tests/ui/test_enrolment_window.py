"""`enroll gui` in a real window: pictures dropped as a file manager drops them, pressed by xdotool under Xvfb."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from demo import faces
from enrollment.cli import cli
from kiosk.gallery import TinyGallery
from kiosk.machine.identity import Identity
from kiosk.wire.gallery import Manifest
from tests.integration.test_enroll_command import stills
from tests.ui.dropping import drop
from tests.ui.officer_terminal import (
    ENROL,
    FIRST_ROW,
    GOLDEN,
    KEYS,
    MENU_FIRST,
    PIN,
    RAHAYU,
    Terminal,
    until,
)
from tests.ui.test_pressing import DIGITS, ENTER, pytestmark, x_server
from tests.unit.enrollment.kit import OFFICE, provisioned

pytestmark = [*pytestmark, pytest.mark.slow]

SIZE = (1000, 600)
LARGER = SIZE[0] / 800
STORE = ENROL
STATE_IN_USE = 73


class Window(Terminal):
    """`enroll gui`, a quarter larger than the terminal's screen."""

    arguments: tuple[str, ...] = ("--consent-by", "Budi Santoso", "--camera", "none")

    def __init__(self, folder: Path, display: str, cache: Path) -> None:
        self.folder, self.display = folder, display
        self.state, self.screens = folder / "state", folder / "screens"
        self.state.mkdir(mode=0o700)
        (self.state / "cache").symlink_to(cache)
        identity = provisioned(self.state / "identity")
        payload = json.loads(GOLDEN.read_text(encoding="utf-8"))["answer"]["payload"]
        now = dt.datetime.now(dt.UTC)
        gallery = TinyGallery(self.state / "gallery.tinydb", identity.storage_key)
        gallery.apply(Manifest(1, None, OFFICE, now), payload, now)
        self.process = None

    def command(self, *more: str) -> list[str]:
        return [sys.executable, "-m", "enrollment", "gui", "--state", str(self.state), *self.arguments, *more]

    def start(self, *more: str) -> None:
        env = {**os.environ, "DISPLAY": self.display, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(self.command("--screens", str(self.screens), *more), env=env)
        until("a screen", lambda: list(self.screens.glob("*.png")))

    def tap(self, point: tuple[int, int], *, page: str = "") -> None:
        super().tap((round(point[0] * LARGER), round(point[1] * LARGER)), page=page)

    def to_person(self, typed: str = "rah") -> None:
        self.page("people")
        for letter in typed:
            self.tap(KEYS[letter], page="people")
        self.tap(FIRST_ROW)
        self.page("person")

    def to_pictures(self) -> None:
        self.tap(ENROL)
        self.page("consent")
        self.to_capture()

    def drop(self, *paths: Path | str, page: str = "capture") -> None:
        """Then wait until the page says something else."""
        (self.screens / f"officer-{page}.png").unlink(missing_ok=True)
        drop(self.display, [Path(path) for path in paths])
        self.page(page)

    def enrolled(self) -> list[str]:
        return [event["enrolment"]["nip"] for event in self.events() if event["kind"] == "enrolment"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def man(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Four pictures of one man that differ enough."""
    try:
        return stills(faces.talking_man(), tmp_path_factory.mktemp("foto pegawai é"), 0, 27, 36, 57)
    except faces.DemoMissing as error:
        pytest.skip(str(error))


@contextmanager
def window(folder: Path, cache: Path, *more: str) -> Iterator[Window]:
    with x_server(*SIZE) as display:
        running = Window(folder, display, cache)
        try:
            running.start(*more)
            yield running
        finally:
            running.kill()


def test_somebody_is_enrolled_from_dropped_pictures(tmp_path: Path, cache: Path, man: tuple[str, ...]) -> None:
    no_picture = tmp_path / "surat.pdf"
    no_picture.write_bytes(b"%PDF-1.7 no picture")
    two = tmp_path / "berdua.png"
    with Image.open(man[0]) as one:
        both = Image.new("RGB", (2 * one.width, one.height))
        both.paste(one, (0, 0))
        both.paste(one, (one.width, 0))
        both.save(two)
    with window(tmp_path, cache) as running:
        beside = subprocess.run(
            [*running.command()], env={**os.environ, "DISPLAY": running.display}, capture_output=True, check=False
        )
        assert beside.returncode == STATE_IN_USE, "one window, and no terminal beside it"
        running.drop(man[0], page="told")  # nobody was chosen: whose picture would it be?
        running.tap(ENROL, page="menu")
        running.tap(MENU_FIRST, page="people")
        running.to_person()
        running.drop(man[0], page="person")
        running.to_pictures()
        running.drop(no_picture)
        running.drop(two)
        running.drop(man[1])
        running.drop(man[2])
        running.tap(STORE)  # one is missing yet, and nothing happens
        running.drop(man[3])
        running.tap(STORE)
        running.page("told")
        running.kill()
        assert running.enrolled() == [RAHAYU]
        (event,) = [event["enrolment"] for event in running.events() if event["kind"] == "enrolment"]
        assert event["consent"]["officer"] == "Budi Santoso"
        assert event["consent"]["signature"]
        assert len(event["templates"]) == 3, "the last picture was compared and not stored"


@pytest.mark.long
def test_a_power_cut_among_the_pictures_leaves_nothing_half_written(
    tmp_path: Path, cache: Path, man: tuple[str, ...]
) -> None:
    with window(tmp_path, cache, *man) as running:
        running.to_person()
        running.to_pictures()
        until("all four are looked at", (running.screens / "officer-capture.png").is_file)
        running.kill()
        assert running.enrolled() == []
        Identity.load(running.state / "identity")
        running.start(*man)  # pictures named as a start belong to who is chosen first
        running.to_person()
        running.to_pictures()
        until("enrolled", lambda: _stored(running))


def _stored(running: Window) -> bool:
    running.tap(STORE)
    return (running.screens / "officer-told.png").is_file()


@pytest.mark.long
def test_an_officer_s_pin_lets_in_and_a_camera_does_what_the_terminal_s_does(tmp_path: Path, cache: Path) -> None:
    class WithCamera(Window):
        arguments = ("--camera", f"replay:{faces.talking_man()}#t=0,1.3")

    with x_server(*SIZE) as display:
        running = WithCamera(tmp_path, display, cache)
        try:
            running.start()
            running.page("pin")
            for digit in PIN:
                running.tap(DIGITS[digit], page="pin")
            running.tap(ENTER)
            running.page("menu")
            running.tap(MENU_FIRST)
            running.to_person()
            running.to_pictures()
            running.page("told")
            running.kill()
            assert running.enrolled() == [RAHAYU]
            assert running.noted()[:2] == [("officer-in", ""), ("officer-did", "people")]
        finally:
            running.kill()


def test_without_an_officer_who_is_known_it_says_what_to_do(tmp_path: Path) -> None:
    provisioned(tmp_path / "identity")
    result = CliRunner().invoke(cli, ["gui", "--state", str(tmp_path), "--json"])
    assert (result.exit_code, json.loads(result.stdout)["reason"]) == (65, "no_officers")
    result = CliRunner().invoke(cli, ["gui", "--state", str(tmp_path), "--json", "--nip", "1", "--name", "Ani"])
    assert json.loads(result.stdout)["reason"] == "nip_format"
    assert CliRunner().invoke(cli, ["gui", "--state", str(tmp_path), "--nip", "1"]).exit_code == 2
