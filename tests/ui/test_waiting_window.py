"""Enrolled at the real terminal and known there before BKPP has decided, in a real window: `kiosk run` under Xvfb, on
real faces. The server's last word permits it (`local_use` of the golden bulletin), and it is not heard of since."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import faces
from tests.ui.officer_terminal import ENROLS, LAST_OF_THREE, RAHAYU, Terminal, terminal
from tests.ui.test_interrupted_window import RETRIES, Stand, come
from tests.ui.test_pressing import pytestmark

pytestmark = [*pytestmark, pytest.mark.slow, pytest.mark.long]

FRAMES = 39
"""Of the clip's first 1.3 s: an enrolment wants looks that differ, of which a busy machine sees a few a second."""
SETTINGS = ENROLS.replace("pose_s = 2.0", "pose_s = 4.0") + RETRIES + "[encounter]\nidentify_s = 600.0\n"


def test_whoever_was_enrolled_is_known_and_recorded_before_anybody_has_approved_it(tmp_path: Path) -> None:
    try:
        stand = Stand(tmp_path / "camera", FRAMES)
    except faces.DemoMissing as missing:
        pytest.skip(str(missing))
    cache = tmp_path / "cache"
    cache.mkdir()
    with terminal(tmp_path, cache, settings=SETTINGS, camera=stand.camera) as running:
        come(running, stand, "man", "unknown")
        come(running, stand, "nobody", "idle")
        enrol(running, stand)
        (enrolment,) = [event for event in running.events() if event["kind"] == "enrolment"]
        assert enrolment["enrolment"]["nip"] == RAHAYU
        running.tap(LAST_OF_THREE)  # out of the area; whoever stands there has come for it, and is left alone
        come(running, stand, "woman", "unknown")
        come(running, stand, "man", "confirm")
        running.screen("recorded")
        (presence,) = running.presences()
        who = enrolment["event_id"]
        assert (presence["person_id"], presence["enrolment"]) == (who, who)
        running.kill()
        running.start()  # as after a power cut: it follows from the journal
        running.screen("already_recorded")
        assert len(running.presences()) == 1


def enrol(running: Terminal, stand: Stand) -> None:
    """By the officer, who stands beside the camera until it is to look."""
    running.log_in()
    running.to_consent()
    stand.show("man")
    running.to_capture()
    running.page("capture")
    running.page("told")
