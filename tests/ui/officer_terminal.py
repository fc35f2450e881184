"""`kiosk run` on a clip in a real window, pressed by xdotool under Xvfb: its screens, and what is on its disk."""

from __future__ import annotations

import base64
import datetime as dt
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

import numpy as np
from PIL import Image

from demo import faces
from enrollment.desk import consent_text
from kiosk.gallery import TinyGallery
from kiosk.journal.audit import JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from kiosk.model import DLIB_RESNET_V1, Descriptor
from kiosk.ui import theme
from kiosk.ui.officer.sitting import consent_pages
from kiosk.ui.touch import GUARD_S
from kiosk.wire.gallery import Manifest
from tests import waiting
from tests.ui.test_pressing import DIGITS, ENTER, x_server
from tests.unit.enrollment.kit import OFFICE, provisioned

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
GOLDEN = Path(__file__).parents[1] / "golden" / "gallery_bulletin.json"
RAHAYU = "199003032015031004"


SIZE = (800, 480)
STARTED_IN = """
import functools, sys
from kiosk import __main__
from kiosk.ui import main
width, height = int(sys.argv.pop(1)), int(sys.argv.pop(1))
main.run = functools.partial(main.run, size_px=(width, height))
sys.exit(__main__.main())
"""
"""`kiosk` with a window of this size: without a window manager there is none that fills its screen."""
ENROLS = '[voice]\nenabled = false\n[liveness]\npolicy = "off"\n[enrolment]\npose_s = 2.0\nmin_templates = 2\n'


class Terminal:
    """`kiosk run` with a window, and what is on its disk. `known`: the descriptor of somebody whom it recognises,
    `twins`: and of a second person. `fps`: of the camera, half of what it would be, since the machine has more to do;
    None: as it would be."""

    def __init__(
        self,
        folder: Path,
        display: str,
        cache: Path,
        *,
        settings: str = ENROLS,
        camera: str = "",
        known: Descriptor | None = None,
        twins: bool = False,
        size: tuple[int, int] = SIZE,
        fps: int | None = 15,
    ) -> None:
        self.folder, self.display = folder, display
        self.pace = () if fps is None else ("--fps", str(fps))
        self.state, self.screens = folder / "state", folder / "screens"
        self.state.mkdir(mode=0o700)
        (self.state / "cache").symlink_to(cache)
        identity = provisioned(self.state / "identity")
        payload = json.loads(GOLDEN.read_text(encoding="utf-8"))["answer"]["payload"]
        for one in payload["people"][: 0 if known is None else 1 + twins]:
            template = one["templates"][0]
            template["descriptor"] = base64.b64encode(np.asarray(known, "<f4").tobytes()).decode()
            template |= {"model_id": DLIB_RESNET_V1, "cohort_mean": None, "cohort_sd": None}
        now = dt.datetime.now(dt.UTC)
        gallery = TinyGallery(self.state / "gallery.tinydb", identity.storage_key)
        gallery.apply(Manifest(1, None, OFFICE, now), payload, now)
        self.config = folder / "kiosk.toml"
        self.config.write_text(settings)
        self.camera = camera or f"replay:{faces.talking_man()}#t=0,1.3"
        self.program = [sys.executable, "-c", STARTED_IN, *map(str, size), "run"]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*self.program, "--config", str(self.config), "--state", str(self.state)]
        command += ["--camera", self.camera, *self.pace, "--display", "window"]
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

    def type_digits(self, digits: str) -> None:
        """On a pad of the daily screens, and enter them."""
        command = ["xdotool", "sleep", str(GUARD_S + 0.2)]
        for x, y in (*(DIGITS[digit] for digit in digits), ENTER):
            command += ["mousemove", str(x), str(y), "click", "1", "sleep", "0.2"]
        self._do(*command)

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

    def screen(self, name: str, *, anew: bool = True) -> None:
        """Wait until the daily screen has come up since it was last waited for; `anew` False: it may be there still."""
        shown = self.screens / f"{name}.png"
        until(name, shown.is_file)
        if anew:
            shown.unlink()

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

    def to_person(self, typed: str = "rah") -> None:
        self.tap(MENU_FIRST)
        self.page("people")
        for letter in typed:
            self.tap(KEYS[letter], page="people")
        self.tap(FIRST_ROW)
        self.page("person")

    def to_consent(self) -> None:
        self.to_person()
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

    def misses_the_camera(self) -> bool:
        return StateFolder(self.state).read_terminal()[0] in {"lost", "absent"}

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

    def presences(self) -> list[dict[str, Any]]:
        return [event["presence"] for event in self.events() if event["kind"] == "presence"]

    def noted(self) -> list[tuple[str, str]]:
        found = (event["occurrence"] for event in self.events() if event["kind"] == "occurrence")
        return [(str(each["what"]), str(each.get("detail", ""))) for each in found]


@contextmanager
def terminal(folder: Path, cache: Path, **given: Any) -> Iterator[Terminal]:
    """Running; `given` to Terminal."""
    with x_server(*given.get("size", SIZE)) as display:
        running = Terminal(folder, display, cache, **given)
        try:
            running.start()
            yield running
        finally:
            running.kill()
