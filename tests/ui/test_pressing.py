"""Fingers on a real window: what arrives at the terminal when a button is touched, under Xvfb by xdotool."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.ui.screen_process import ScreenProcess, started

pytestmark = [
    pytest.mark.display,
    pytest.mark.skipif(
        shutil.which("Xvfb") is None or shutil.which("xdotool") is None, reason="Xvfb or xdotool is not installed"
    ),
]

CORRECT, NOT_ME, ANYWHERE = (260, 408), (644, 408), (100, 100)
CANCEL, ERASE, ENTER = (194, 406), (446, 406), (714, 406)
DIGITS = {"0": (580, 406)} | {
    str(3 * row + column + 1): (446 + 134 * column, 74 + 110 * row) for row in range(3) for column in range(3)
}
DOUBLE_TAP_MS = 200
"""Longer than a bounce, shorter than anybody needs to read."""


@contextmanager
def x_server(width: int, height: int) -> Iterator[str]:
    """The display of a bare X server whose screen has this size."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with x_server(800, 480) as name:
        yield name


def touch(display: str, *points: tuple[int, int], taps: int = 1) -> None:
    """One point after the other; a finger takes longer from one to the next than the terminal's bounce guard."""
    command = ["xdotool"]
    for x, y in points:
        command += ["mousemove", str(x), str(y), "click", "--repeat", str(taps), "--delay", str(DOUBLE_TAP_MS), "1"]
        command += ["sleep", "0.2"]
    subprocess.run(command, env={**os.environ, "DISPLAY": display}, check=True)


def pressed(screen: ScreenProcess) -> list[str]:
    return [told["pressed"] for told in screen.heard if "pressed" in told]


def phases(screen: ScreenProcess) -> list[str]:
    return [told["phase"] for told in screen.heard if "phase" in told]


def test_benar_records(display: str) -> None:
    with started("window", "confirm", DISPLAY=display) as screen:
        screen.until(ready="confirm")
        touch(display, CORRECT)
        screen.until(phase="recorded")
        assert screen.end() == 0
    assert pressed(screen) == ["correct"]
    assert phases(screen) == ["saving", "recorded", "idle"]


def test_a_challenge_that_is_passed_leads_to_the_question_and_benar_records(display: str) -> None:
    with started("window", "challenge-look_straight", "--proves", "live", DISPLAY=display) as screen:
        screen.until(ready="confirm")
        touch(display, CORRECT)
        screen.until(phase="recorded")
        assert screen.end() == 0
    assert phases(screen)[:2] == ["enquiring", "confirm"]
    assert "attack" not in {name for told in screen.heard for name in told}


def test_a_challenge_that_is_failed_asks_nothing_and_is_told(display: str) -> None:
    with started("window", "challenge-look_straight", "--proves", "attack", DISPLAY=display) as screen:
        screen.until(ready="attack_refused")
        touch(display, CORRECT)  # where the button would have been
        assert screen.end() == 0
    assert phases(screen) == ["attack_refused", "idle"]
    assert {"attack": "attack"} in screen.heard


def test_bukan_saya_ends_without_a_record(display: str) -> None:
    with started("window", "confirm-late", DISPLAY=display) as screen:
        screen.until(ready="confirm")
        touch(display, NOT_ME)
        assert screen.end() == 0
    assert pressed(screen) == ["not_me"]
    assert phases(screen) == ["refused_by_person", "idle"]


def test_a_touch_beside_the_buttons_is_nothing(display: str) -> None:
    with started("window", "confirm", DISPLAY=display) as screen:
        screen.until(ready="confirm")
        touch(display, ANYWHERE, (504, 408))
        touch(display, NOT_ME)
        screen.until(phase="refused_by_person")
    assert pressed(screen) == ["not_me"]


def test_a_double_tap_on_benar_does_not_send_tercatat_away(display: str) -> None:
    with started("window", "confirm", DISPLAY=display) as screen:
        screen.until(ready="confirm")
        touch(display, CORRECT, taps=2)
        screen.until(ready="recorded")  # it is still there after the guard
    assert pressed(screen) == ["correct"]


def test_a_later_touch_sends_the_result_away(display: str) -> None:
    with started("window", "unknown", DISPLAY=display) as screen:
        screen.until(ready="unknown")
        touch(display, ANYWHERE)
        screen.until(phase="idle")
    assert pressed(screen) == ["cancel"]


def test_the_pad_types_erases_and_enters(display: str) -> None:
    with started("window", "nip_pad", DISPLAY=display) as screen:
        screen.until(ready="nip_pad")
        touch(display, *(DIGITS[digit] for digit in "12093"), ERASE, *(DIGITS[digit] for digit in "45678"), ENTER)
        screen.until(phase="enquiring")
    typed = [told["typed"] for told in screen.heard if "typed" in told]
    assert typed == ["120945"]  # digits past the sixth are nothing


def test_the_pad_does_not_enter_too_few_digits_and_can_be_left(display: str) -> None:
    with started("window", "nip_pad", DISPLAY=display) as screen:
        screen.until(ready="nip_pad")
        touch(display, DIGITS["1"], DIGITS["2"], ENTER, CANCEL)
        screen.until(phase="refused_by_person")
    assert not [told for told in screen.heard if "typed" in told]
    assert pressed(screen) == ["cancel"]


def test_who_comes_back_touches_the_other_direction_and_is_recorded_so(display: str) -> None:
    with started("window", "confirm-way", DISPLAY=display) as screen:
        screen.until(ready="confirm")
        touch(display, (512, 208))  # what is meant already
        touch(display, (334, 208))
        screen.until(pressed="other_way")
        touch(display, CORRECT)
        screen.until(phase="recorded")
    assert pressed(screen) == ["other_way", "correct"]
    assert [told["chosen"] for told in screen.heard if "chosen" in told] == ["arrival"]


def test_the_own_month_opens_with_a_touch_and_goes_with_one(display: str) -> None:
    with started("window", "recorded-month", DISPLAY=display) as screen:
        screen.until(ready="recorded")
        touch(display, (286, 80))
        screen.until(phase="month")
        screen.until(ready="month")
        touch(display, ANYWHERE)
        screen.until(phase="idle")
    assert pressed(screen) == ["month", "cancel"]


def test_whose_face_fails_types_nip_and_pin_and_the_officer_after(display: str) -> None:
    with started("window", "unknown", DISPLAY=display) as screen:
        screen.until(ready="unknown")
        touch(display, (400, 426))
        for phase, digits in (
            ("claim_nip", "198001012005011001"),
            ("claim_officer", "482913"),
        ):
            screen.until(ready=phase)
            touch(display, *(DIGITS[digit] for digit in digits), ENTER)
        screen.until(claim=["198001012005011001", "", "482913"])
        screen.until(ready="claim_nip")  # nobody's: once more, from the beginning
        touch(display, CANCEL)
        screen.until(phase="refused_by_person")


def on_glass(rotation: int, x: int, y: int) -> tuple[int, int]:
    """Where a point of the sheet is on a screen that shows the sheet turned by `rotation` against the clock."""
    return {0: (x, y), 90: (y, 800 - x), 180: (800 - x, 480 - y), 270: (480 - y, x)}[rotation]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_screen_that_is_mounted_turned_shows_all_and_takes_touches_where_they_are_seen(
    rotation: int, tmp_path: Path
) -> None:
    size = (800, 480) if rotation == 180 else (480, 800)
    options = ("--rotation", str(rotation), "--screens", str(tmp_path))
    with x_server(*size) as display, started("window", "nip_pad", *options, DISPLAY=display) as screen:
        screen.until(ready="nip_pad")
        points = [*(DIGITS[digit] for digit in "123"), ERASE, *(DIGITS[digit] for digit in "4567"), ENTER]
        touch(display, *(on_glass(rotation, *point) for point in points))
        screen.until(phase="enquiring")
    assert [told["typed"] for told in screen.heard if "typed" in told] == ["124567"]
    with Image.open(tmp_path / "nip_pad.png") as picture:
        assert picture.size == size
        shown = np.asarray(picture.rotate(-rotation, expand=True).convert("L"))
    assert shown.shape == (480, 800)
    digits, left = shown[24:456, 384:776], shown[340:456, 0:20]
    assert digits.std() > 20, "the pad's keys"
    assert left.std() == 0, "the empty margin"
