"""The officer's area of the real terminal in a real window: `kiosk run` on a clip, pressed by xdotool under Xvfb."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from enrollment.desk import consent_text
from kiosk.ui.officer.sitting import consent_pages
from tests.ui.officer_terminal import DIGITS, ENROL, ENTER, PIN, RAHAYU, REFUSE, Terminal, terminal, until
from tests.ui.test_pressing import pytestmark

pytestmark = [*pytestmark, pytest.mark.slow]

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
AGAIN, WITHDRAW, SURE = (141, 326), (400, 326), (141, 426)
"""On the page of somebody who is enrolled, and asked once more."""
OTHER = (400, 426)
"""On the page that tells of a face like another's."""
SITI = ("198112312005012003", "018f2c5e-0000-7000-8000-0000000000b2")


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
    with terminal(tmp_path, cache, size=UPRIGHT) as running:
        upright_terminal_to_told(running)
        running.kill()
        enrolments = [event["enrolment"] for event in running.events() if event["kind"] == "enrolment"]
        assert [each["nip"] for each in enrolments] == [RAHAYU]
        with Image.open(io.BytesIO(base64.b64decode(enrolments[0]["consent"]["signature"]))) as picture:
            assert picture.size == (480, 343), "of the paper's own shape there"
            assert picture.convert("L").getextrema() == (0, 255)


@pytest.mark.long
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


@pytest.mark.long
def test_a_consent_that_is_refused_enrols_nobody_and_is_noted(tmp_path: Path, cache: Path) -> None:
    with terminal(tmp_path, cache) as running:
        running.log_in()
        running.to_consent()
        running.tap(REFUSE)
        running.page("told")
        until("noted", lambda: ("officer-did", "consent-refused") in running.noted())
        assert [event for event in running.events() if event["kind"] == "enrolment"] == []


@pytest.mark.long
def test_who_is_enrolled_is_enrolled_anew_and_withdraws_only_when_asked_twice(tmp_path: Path, cache: Path) -> None:
    with terminal(tmp_path, cache) as running:
        running.log_in()
        running.to_person("sit")
        running.tap(AGAIN)
        running.page("consent")
        running.to_capture()
        running.page("told")
        assert [event["enrolment"]["nip"] for event in running.events() if event["kind"] == "enrolment"] == [SITI[0]]
        running.tap(ENROL)
        running.page("menu")
        running.to_person("sit")
        running.tap(WITHDRAW, page="person")
        assert "consent-withdrawn" not in [detail for _, detail in running.noted()]
        running.tap(SURE)
        running.page("told")
        withdrawn = [
            event["occurrence"]
            for event in running.events()
            if event["kind"] == "occurrence" and event["occurrence"].get("detail") == "consent-withdrawn"
        ]
        assert [each["person_ids"] for each in withdrawn] == [[SITI[1]]]


@pytest.mark.long
def test_a_twin_is_enrolled_by_the_officers_word(tmp_path: Path, cache: Path) -> None:
    with terminal(tmp_path, cache) as running:
        running.log_in()
        running.to_consent()
        running.to_capture()
        running.page("told")
        running.tap(ENROL)
        running.page("menu")
        running.to_person("sit")  # and the same face stands there
        running.tap(AGAIN)
        running.page("consent")
        running.to_capture()
        running.page("told")
        running.tap(OTHER)
        running.page("other")
        for digit in RAHAYU:
            running.tap(DIGITS[digit], page="other")
        running.tap(ENTER)
        running.page("consent")
        running.to_capture()
        running.page("told")
        enrolments = [event["enrolment"] for event in running.events() if event["kind"] == "enrolment"]
        assert [each["nip"] for each in enrolments] == [RAHAYU, SITI[0]]
        assert ("officer-did", "despite-likeness") in running.noted()
