"""The officer's area of the real terminal in a real window: `kiosk run` on a clip, pressed by xdotool under Xvfb."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo import faces
from enrollment.desk import consent_text
from kiosk.gallery import TinyGallery
from kiosk.journal.audit import JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.identity import Identity
from kiosk.ui import theme
from kiosk.ui.officer.sitting import consent_pages
from kiosk.ui.touch import GUARD_S
from kiosk.wire.gallery import Manifest
from tests import waiting
from tests.ui.test_pressing import DIGITS, ENTER, pytestmark, x_server
from tests.unit.enrollment.kit import OFFICE, provisioned

pytestmark = [*pytestmark, pytest.mark.slow]

WITHIN_S = 120.0
until = partial(waiting.until, within_s=WITHIN_S)
PRESSED_S = 15.0
"""Three times as long as it takes: the machine is busy with other tests."""

PIN = "482913"
CORNER = (40, 40)
MENU_FIRST, LAST_OF_THREE = (141, 133), (659, 426)
FIRST_ROW, ENROL = (340, 94), (141, 426)
READ_ON, AGREE, REFUSE = (198, 430), (386, 430), (564, 430)
SIGNED, BACK_OF_LIVE = (166, 432), (718, 34)
KEYS = {
    letter: (int(16 + column * 76.8 + 35), 284 + row * 48 + 21)
    for row, letters in enumerate(("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"))
    for column, letter in enumerate(letters)
}
STARTED_IN = """
import functools, sys
from kiosk import __main__
from kiosk.ui import main
width, height = int(sys.argv.pop(1)), int(sys.argv.pop(1))
main.run = functools.partial(main.run, size_px=(width, height))
sys.exit(__main__.main())
"""
"""`kiosk` with a window of this size: without a window manager there is none that fills its screen."""
UPRIGHT = (480, 800)
"""A screen that is higher than wide, and where its keys are, by page."""
UPRIGHT_DIGITS = {
    digit: (90 + 150 * column, 277 + 98 * row)
    for row, digits in enumerate(("123", "456", "789", " 0"))
    for column, digit in enumerate(digits)
}
UPRIGHT_KEYS = {
    letter: (int(48 * column + 24), 556 + 60 * row + 30)
    for row, letters in enumerate(("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"))
    for column, letter in enumerate(letters)
}
GOLDEN = Path(__file__).parents[1] / "golden" / "gallery_bulletin.json"
RAHAYU = "199003032015031004"


class Terminal:
    """`kiosk run` with a window, and what is on its disk."""

    def __init__(self, folder: Path, display: str, cache: Path, size: tuple[int, int]) -> None:
        self.folder, self.display, self.size = folder, display, size
        self.state, self.screens = folder / "state", folder / "screens"
        self.state.mkdir(mode=0o700)
        (self.state / "cache").symlink_to(cache)
        identity = provisioned(self.state / "identity")
        payload = json.loads(GOLDEN.read_text(encoding="utf-8"))["answer"]["payload"]
        now = dt.datetime.now(dt.UTC)
        gallery = TinyGallery(self.state / "gallery.tinydb", identity.storage_key)
        gallery.apply(Manifest(1, None, OFFICE, now), payload, now)
        self.config = folder / "kiosk.toml"
        self.config.write_text(
            '[voice]\nenabled = false\n[liveness]\npolicy = "off"\n[enrolment]\npose_s = 2.0\nmin_templates = 2\n'
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            sys.executable,
            "-c",
            STARTED_IN,
            *map(str, self.size),
            "run",
            "--config",
            str(self.config),
            "--state",
            str(self.state),
        ]
        command += ["--camera", f"replay:{faces.talking_man()}#t=0,1.3", "--display", "window"]
        env = {**os.environ, "DISPLAY": self.display, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen([*command, "--screens", str(self.screens)], env=env)
        until("a screen", lambda: list(self.screens.glob("*.png")))

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
        for old in self.screens.glob("*.png"):
            old.unlink()  # what the next run shows is new

    def tap(self, point: tuple[int, int], *, page: str = "") -> None:
        """A finger, later than the guard after a new screen; then wait until `page` has changed by it."""
        shown = self.screens / f"officer-{page}.png"
        shown.unlink(missing_ok=True)
        x, y = point
        self._do("xdotool", "sleep", str(GUARD_S + 0.2), "mousemove", str(x), str(y), "click", "1")
        if page:
            until(page, shown.is_file)

    def type_pin(self, digits: str) -> None:
        for digit in digits:
            self.tap(DIGITS[digit], page="pin")
        self.tap(ENTER)

    def open_area(self) -> None:
        """A finger lies in the corner until the pad comes, however slow the machine is. It comes anew now and then: SDL
        takes a press that meets the window's focus for the focus's (SDL_x11events.c, SUPPRESS_FOCUS_CLICK_TIME)."""
        x, y = CORNER
        pad = self.screens / "officer-pin.png"
        for _ in range(int(WITHIN_S / PRESSED_S)):
            self._do("xdotool", "mousemove", str(x), str(y), "mousedown", "1")
            end_s = time.monotonic() + PRESSED_S
            while not pad.is_file() and time.monotonic() < end_s:
                time.sleep(0.05)
            self._do("xdotool", "mouseup", "1")
            if pad.is_file():
                break
        self.page("pin")

    def write(self) -> None:
        """A signature."""
        command = ["xdotool", "sleep", str(GUARD_S + 0.2), "mousemove", "100", "200", "mousedown", "1"]
        for x, y in ((180, 300), (240, 180), (320, 300), (420, 200)):
            command += ["sleep", "0.05", "mousemove", str(x), str(y)]
        self._do(*command, "mouseup", "1")

    def _do(self, *command: str) -> None:
        subprocess.run(command, env={**os.environ, "DISPLAY": self.display}, check=True)

    def page(self, name: str) -> None:
        """Wait until the page has come up since the last `page`."""
        until(name, (self.screens / f"officer-{name}.png").is_file)
        (self.screens / f"officer-{name}.png").unlink()

    def says_to_wait(self) -> bool:
        """Whether the pad is red: its only words in that colour are those of a pause."""
        try:
            with Image.open(self.screens / "officer-pin.png") as picture:
                colours = picture.convert("RGB").getcolors(maxcolors=800 * 480) or []
        except OSError:
            return False  # it is just being replaced
        return tuple(round(part * 255) for part in theme.RED[:3]) in {colour for _, colour in colours}

    def log_in(self) -> None:
        self.open_area()
        self.type_pin(PIN)
        self.page("menu")

    def to_consent(self) -> None:
        self.tap(MENU_FIRST)
        self.page("people")
        for letter in "rah":
            self.tap(KEYS[letter], page="people")
        self.tap(FIRST_ROW)
        self.page("person")
        self.tap(ENROL)
        self.page("consent")

    def to_signature(self) -> None:
        for _ in range(len(consent_pages(consent_text(), "id")) - 1):
            self.tap(READ_ON, page="consent")
        self.tap(AGREE)
        self.page("sign")
        self.write()

    def to_capture(self) -> None:
        self.to_signature()
        until("the camera is ready", lambda: self.captures(SIGNED))

    def captures(self, signed: tuple[int, int]) -> bool:
        self.tap(signed)
        return (self.screens / "officer-capture.png").is_file()

    def events(self) -> list[dict[str, Any]]:
        """All bodies of the journal, unsealed; the chain is proven on the way."""
        identity = Identity.load(self.state / "identity")
        outbox = SqliteOutbox(self.state / "outbox.sqlite", identity.device_id, key=identity.storage_key).open()
        try:
            audit = JournalAudit(outbox)
            assert list(audit.verify()) == []
            rows = [row for chain in audit.chains() for row in audit.rows(chain)]
            return [dict(row.body) for row in rows if row.body is not None]
        finally:
            outbox.close()

    def noted(self) -> list[tuple[str, str]]:
        found = (event["occurrence"] for event in self.events() if event["kind"] == "occurrence")
        return [(str(each["what"]), str(each.get("detail", ""))) for each in found]


def upright_terminal_to_told(running: Terminal) -> None:
    """From the long press to the end of an enrolment, where the screen is higher than wide."""
    running.open_area()
    for digit in PIN:
        running.tap(UPRIGHT_DIGITS[digit], page="pin")
    running.tap((390, 571))
    running.page("menu")
    running.tap((120, 178))
    running.page("people")
    for letter in "rah":
        running.tap(UPRIGHT_KEYS[letter], page="people")
    running.tap((240, 187))
    running.page("person")
    running.tap((240, 558))
    running.page("consent")
    for _ in range(len(consent_pages(consent_text(), "id")) - 1):
        running.tap((206, 661), page="consent")
    running.tap((126, 751))
    running.page("sign")
    running.write()
    until("the camera is ready", lambda: running.captures((240, 658)))
    running.page("capture")
    running.page("told")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@contextmanager
def terminal(folder: Path, cache: Path, size: tuple[int, int] = (800, 480)) -> Iterator[Terminal]:
    with x_server(*size) as display:
        running = Terminal(folder, display, cache, size)
        try:
            running.start()
            yield running
        finally:
            running.kill()


def test_an_officer_enrols_somebody_from_the_long_press_to_the_journal(tmp_path: Path, cache: Path) -> None:
    with terminal(tmp_path, cache) as running:
        running.log_in()
        running.to_consent()
        running.to_capture()
        running.page("capture")
        running.page("told")
        running.kill()
        enrolments = [event["enrolment"] for event in running.events() if event["kind"] == "enrolment"]
        assert [each["nip"] for each in enrolments] == [RAHAYU]
        consent = enrolments[0]["consent"]
        assert (consent["officer"], consent["text_id"]) == ("Budi Santoso", "consent-id-1")
        with Image.open(io.BytesIO(base64.b64decode(consent["signature"]))) as picture:
            assert picture.convert("L").getextrema() == (0, 255), "something is written on it"
        assert running.noted()[:2] == [("officer-in", ""), ("officer-did", "people")]
        raw = (running.state / "outbox.sqlite").read_bytes()
        assert RAHAYU.encode() not in raw


@pytest.mark.long
def test_an_officer_enrols_somebody_on_a_screen_that_is_higher_than_wide(tmp_path: Path, cache: Path) -> None:
    with terminal(tmp_path, cache, UPRIGHT) as running:
        upright_terminal_to_told(running)
        running.kill()
        enrolments = [event["enrolment"] for event in running.events() if event["kind"] == "enrolment"]
        assert [each["nip"] for each in enrolments] == [RAHAYU]
        with Image.open(io.BytesIO(base64.b64decode(enrolments[0]["consent"]["signature"]))) as picture:
            assert picture.size == (480, 343), "of the paper's own shape there"
            assert picture.convert("L").getextrema() == (0, 255)


def test_a_wrong_pin_locks_and_a_restart_does_not_unlock(tmp_path: Path, cache: Path) -> None:
    with terminal(tmp_path, cache) as running:
        running.open_area()
        for tried in range(1, 4):
            running.type_pin("111111")
            until("noted", lambda wanted=tried: len(running.noted()) == wanted)
        assert [what for what, _ in running.noted()] == ["officer-refused", "officer-refused", "officer-locked"]
        running.kill()
        tries = running.state / "tries.json"
        kept = json.loads(tries.read_bytes())
        assert kept["pin"]["count"] == 3
        kept["pin"]["count"] = 12  # as after more of them: an hour, which no slow machine outlasts
        tries.write_text(json.dumps(kept))
        running.start()
        running.open_area()
        running.type_pin(PIN)
        until("it says to wait", running.says_to_wait)
        assert "officer-in" not in [what for what, _ in running.noted()]


@pytest.mark.long
@pytest.mark.parametrize("step", ["consent", "sign", "capture"])
def test_a_power_cut_on_the_way_leaves_nothing_half_written(step: str, tmp_path: Path, cache: Path) -> None:
    with terminal(tmp_path, cache) as running:
        running.log_in()
        running.to_consent()
        if step == "sign":
            running.to_signature()
        elif step == "capture":
            running.to_capture()
        running.kill()
        assert [event for event in running.events() if event["kind"] == "enrolment"] == []
        assert ("officer-in", "") in running.noted()
        running.start()  # and the next officer can begin anew
        running.log_in()


def test_a_consent_that_is_refused_enrols_nobody_and_is_noted(tmp_path: Path, cache: Path) -> None:
    with terminal(tmp_path, cache) as running:
        running.log_in()
        running.to_consent()
        running.tap(REFUSE)
        running.page("told")
        until("noted", lambda: ("officer-did", "consent-refused") in running.noted())
        assert [event for event in running.events() if event["kind"] == "enrolment"] == []
