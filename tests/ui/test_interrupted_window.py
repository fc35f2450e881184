"""The camera is pulled out, and the power cut, in the middle of each thing that happens before the real window.

`kiosk run` under Xvfb; its camera is a folder of pictures behind a link, which points to whoever stands there, or to
nothing. Afterwards the terminal goes on by itself, or after a start: the chain is whole, the event is there once, or
not at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo import faces
from kiosk.face import open_engine
from kiosk.model import Descriptor, RgbImage
from kiosk.replay import ReplayCamera
from kiosk.terminal.encounter import LAST_DIGITS
from tests.ui.officer_terminal import ENROLS, GOLDEN, PIN, SIGNED, Terminal, terminal, until
from tests.ui.test_pressing import ANYWHERE, CORRECT, pytestmark

pytestmark = [*pytestmark, pytest.mark.slow, pytest.mark.long]

FRAMES = 12
UNHURRIED = """
[voice]
enabled = false
[recognition]
max_frames = 4
[encounter]
identify_s = 600.0
confirm_s = 600.0
quick_confirm_s = 600.0
result_s = 600.0
[liveness]
challenge_s = 600.0
policy = "{policy}"
"""
RETRIES = "[camera]\nretry_s = 0.2\nretry_ceiling_s = 0.5\n"
NIP_AND_PIN = (400, 426)
BUDI, SITI = json.loads(GOLDEN.read_text(encoding="utf-8"))["answer"]["payload"]["people"]
"""He stands before the camera; she has a PIN."""
SITIS_PIN = "730155"


class Stand:
    """Who stands before the camera: `man`, `woman` (not enrolled), she `far` away, or `nobody`. Each in as many
    `frames`: a camera that is not opened anew goes on with the names that it has."""

    def __init__(self, folder: Path, frames: int = FRAMES) -> None:
        self._folder = folder
        self._link = folder / "camera"
        clip = ReplayCamera(faces.talking_man(), 640, 480, 30.0, end_s=1.3, paced=False)
        clip.open()
        self.man: list[RgbImage] = [clip.read().rgb for _ in range(frames)]
        clip.close()
        with Image.open(faces.astronaut()) as picture:
            portrait = np.asarray(picture.convert("RGB").resize((480, 480)))
        self._write("man", self.man)
        self._write("woman", [portrait] * frames)
        self._write("far", [_far(portrait)] * frames)
        self._write("nobody", [np.full((480, 640, 3), 90, np.uint8)] * frames)
        self.show("nobody")

    def _write(self, name: str, pictures: list[RgbImage]) -> None:
        (self._folder / name).mkdir(parents=True)
        for number, pixels in enumerate(pictures):
            Image.fromarray(pixels).save(self._folder / name / f"{number:02d}.png", compress_level=1)

    @property
    def camera(self) -> str:
        return f"replay:{self._link}"

    def show(self, who: str) -> None:
        self.pull()
        self._link.symlink_to(self._folder / who)

    def pull(self) -> None:
        self._link.unlink(missing_ok=True)


def _far(portrait: RgbImage) -> RgbImage:
    """So small that she is told to come nearer for as long as she stands there."""
    wall = np.full((480, 640, 3), 110, np.uint8)
    wall[90:410, 170:490] = np.asarray(Image.fromarray(portrait).resize((320, 320)))
    return wall


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Stand:
    try:
        return Stand(tmp_path_factory.mktemp("camera"))
    except faces.DemoMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def known(stand: Stand) -> Descriptor:
    engine = open_engine("auto", follow=False)
    return engine.describe(stand.man[0], engine.faces(stand.man[0])[0], 4)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def come(running: Terminal, stand: Stand, who: str, screen: str) -> None:
    """Somebody steps before the camera, until `screen` is there."""
    for old in running.screens.glob("*.png"):
        old.unlink()
    stand.show(who)
    running.screen(screen, anew=False)


def to_approach(running: Terminal, stand: Stand) -> None:
    come(running, stand, "far", "approaching")


def to_unknown(running: Terminal, stand: Stand) -> None:
    come(running, stand, "woman", "unknown")


def to_nip(running: Terminal, stand: Stand) -> None:
    to_unknown(running, stand)
    running.tap(NIP_AND_PIN)
    running.screen("claim_nip", anew=False)


def to_pin(running: Terminal, stand: Stand) -> None:
    to_nip(running, stand)
    running.type_digits(SITI["nip"])
    running.screen("claim_pin", anew=False)


def to_look_alikes(running: Terminal, stand: Stand) -> None:
    come(running, stand, "man", "nip_pad")


def to_confirm(running: Terminal, stand: Stand) -> None:
    come(running, stand, "man", "confirm")


def types_nip_and_pin(running: Terminal) -> None:
    running.type_digits(SITI["nip"])
    running.screen("claim_pin", anew=False)
    running.type_digits(SITIS_PIN)
    running.screen("confirm", anew=False)


def types_the_last_digits(running: Terminal) -> None:
    running.type_digits(BUDI["nip"][-LAST_DIGITS:])
    running.screen("confirm", anew=False)


def reads_the_name(_running: Terminal) -> None:
    """The question is there already."""


@dataclass(frozen=True)
class Middle:
    """Something that happens before the terminal. `goes_on`: to the question, by somebody who needs no camera any more;
    None: it ends with the camera."""

    reach: Callable[[Terminal, Stand], None]
    goes_on: Callable[[Terminal], None] | None = None


ALONE = [Middle(to_approach), Middle(to_unknown), Middle(to_nip, types_nip_and_pin)]
KNOWN, LOOKS_LIKE = Middle(to_confirm, reads_the_name), Middle(to_look_alikes, types_the_last_digits)
CUT = [pytest.param(False, [*ALONE, Middle(to_pin), KNOWN], id="alone"), pytest.param(True, [LOOKS_LIKE], id="alike")]
PULLED = [pytest.param(False, [*ALONE, KNOWN], id="alone"), pytest.param(True, [LOOKS_LIKE], id="alike")]
"""Whether another one has the same face, and the middles of a presence; the last one is of a face that is known."""


@contextmanager
def before_the_stand(
    folder: Path, cache: Path, stand: Stand, known: Descriptor, *, twins: bool = False, policy: str = "off"
) -> Iterator[Terminal]:
    stand.show("nobody")
    settings = RETRIES + UNHURRIED.format(policy=policy)
    with terminal(folder, cache, settings=settings, camera=stand.camera, known=known, twins=twins) as running:
        yield running


def recorded(running: Terminal) -> list[str]:
    return [str(presence["person_id"]) for presence in running.presences()]


def says_yes(running: Terminal) -> None:
    running.tap(CORRECT)
    running.screen("recorded", anew=False)


@pytest.mark.parametrize(("twins", "middles"), CUT)
def test_a_power_cut_in_the_middle_of_a_presence_leaves_it_once_or_not_at_all(
    tmp_path: Path, cache: Path, stand: Stand, known: Descriptor, twins: bool, middles: list[Middle]
) -> None:
    with before_the_stand(tmp_path, cache, stand, known, twins=twins) as running:
        for middle in middles:
            middle.reach(running, stand)
            running.kill()
            assert recorded(running) == [], middle.reach.__name__
            stand.show("nobody")
            running.start()
        last = middles[-1]
        assert last.goes_on is not None
        last.reach(running, stand)
        last.goes_on(running)
        says_yes(running)
        running.kill()
        assert recorded(running) == [BUDI["person_id"]]
        running.start()
        if twins:
            running.screen("nip_pad")
            running.type_digits(BUDI["nip"][-LAST_DIGITS:])
        running.screen("already_recorded")
        running.kill()
        assert recorded(running) == [BUDI["person_id"]]


@pytest.mark.parametrize(("twins", "middles"), PULLED)
def test_a_camera_that_is_pulled_out_in_the_middle_of_a_presence_costs_nobody_one_and_gives_nobody_one(
    tmp_path: Path, cache: Path, stand: Stand, known: Descriptor, twins: bool, middles: list[Middle]
) -> None:
    with before_the_stand(tmp_path, cache, stand, known, twins=twins) as running:
        expected: list[str] = []
        for middle in middles:
            middle.reach(running, stand)
            stand.pull()
            until("the camera is missed", running.misses_the_camera)
            if middle.goes_on is not None:
                middle.goes_on(running)
                says_yes(running)
                expected.append((BUDI if middle is middles[-1] else SITI)["person_id"])
            if middle.reach is not to_approach:
                running.tap(ANYWHERE)  # a result stays until somebody has read it
            running.screen("fault")
            assert recorded(running) == expected, middle.reach.__name__
            come(running, stand, "nobody", "idle")


def test_a_challenge_ends_with_the_camera_and_with_the_power_and_leaves_no_event(
    tmp_path: Path, cache: Path, stand: Stand, known: Descriptor
) -> None:
    with before_the_stand(tmp_path, cache, stand, known, policy="always-challenge") as running:
        come(running, stand, "man", "challenge")
        stand.pull()
        running.screen("fault")
        come(running, stand, "man", "challenge")
        running.kill()
        assert running.presences() == []
        running.start()
        running.screen("challenge")


def test_an_enrolment_without_a_camera_ends_with_a_word_and_the_next_one_begins_anew(
    tmp_path: Path, cache: Path, stand: Stand
) -> None:
    stand.show("nobody")
    with terminal(tmp_path, cache, settings=ENROLS + RETRIES, camera=stand.camera) as running:
        running.open_area()
        stand.pull()
        running.type_pin(PIN)
        running.page("menu")  # who has the PIN gets in: the camera is what an officer comes for
        stand.show("nobody")
        running.to_consent()
        stand.pull()
        stand.show("nobody")
        running.to_signature()
        stand.pull()
        stand.show("nobody")
        running.tap(SIGNED)
        running.page("capture")
        stand.pull()
        running.page("told")
        until("noted", lambda: ("officer-in", "") in running.noted())
        assert [event for event in running.events() if event["kind"] == "enrolment"] == []
        stand.show("man")
        running.kill()
        running.start()
        running.log_in()
        assert [event for event in running.events() if event["kind"] == "enrolment"] == []
