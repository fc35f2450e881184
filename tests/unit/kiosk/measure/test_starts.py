"""A clip judged from every frame on: what a start is, and what becomes of the clip."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kiosk.errors import CameraError
from kiosk.liveness import Liveness, PassiveModels
from kiosk.liveness.models import WideScorer
from kiosk.liveness.wide import WideScores
from kiosk.measure import starts
from kiosk.measure.remembered import remembered
from kiosk.model import Box, Frame, RgbImage
from tests.unit.kiosk.liveness import presentations
from tests.unit.kiosk.liveness.presentations import Photograph, Posture
from tests.unit.kiosk.terminal.scripted import ScriptedEngine

FPS = 15.0


class ByTime:
    """A model to which the face looks alive in some frames only: the score of the frame is written into its corner."""

    asked = 0

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> float:
        self.asked += 1
        return float(frame_rgb[0, 0, 0]) - 100.0


@pytest.fixture(scope="module", name="astronaut")
def _astronaut() -> Photograph:
    return presentations.astronaut()


class Unseen:
    """Models of the surroundings, of which a near face shows nothing."""

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> WideScores:
        raise AssertionError("the face is too near")


class Clip:
    def __init__(self, astronaut: Photograph, monkeypatch: pytest.MonkeyPatch) -> None:
        self.engine, self.model = ScriptedEngine(), ByTime()
        self._rgb, face = astronaut.head(Posture())
        self.engine.faces_now = [face]
        self._patch = monkeypatch

    def come_near(self, share: float = 0.38) -> None:
        """The face is so wide a share of the frame: at 0.38 it leaves none of its surroundings in view."""
        face, width = self.engine.faces_now[0], round(share * self._rgb.shape[1])
        box = Box(face.box_px.left, face.box_px.top, face.box_px.left + width, face.box_px.top + width)
        self.engine.faces_now = [dataclasses.replace(face, box_px=box)]

    def judge(
        self, scores: list[float], every: int = 1, path: str = "phone/a.avi", wide: WideScorer | None = None
    ) -> starts.ClipResult:
        def frames(_: Path) -> Iterator[Frame]:
            for i, score in enumerate(scores):
                rgb = self._rgb.copy()
                rgb[0, 0, 0] = round(100 + score)
                yield Frame(rgb, i, i / FPS)

        self._patch.setattr(starts, "frames", frames)
        models = remembered(PassiveModels(self.model, wide))
        return starts.judge(
            Path(path), self.engine, lambda: Liveness("challenge-when-in-doubt", models, ask=False), every
        )


@pytest.fixture(name="clip")
def _clip(astronaut: Photograph, monkeypatch: pytest.MonkeyPatch) -> Clip:
    return Clip(astronaut, monkeypatch)


def test_a_clip_that_looks_alive_from_its_middle_on_is_found_out(clip: Clip) -> None:
    """From its first frame alone it would be asked, as long as anybody looks."""
    result = clip.judge([-9.0] * 15 + [9.0] * 25)
    assert (result.starts, result.starts_live, result.starts_asked, result.starts_refused) == (33, 18 + 4, 11, 0)
    assert (result.label, result.kind, result.verdict, result.reason) == ("attack", "phone", "live", "passive")


def test_the_verdict_is_that_of_most_starts(clip: Clip) -> None:
    result = clip.judge([-9.0] * 30 + [9.0] * 10)
    assert result.starts_live < result.starts_asked
    assert (result.verdict, result.reason) == ("challenge", "doubt")
    assert result.seconds_p50 == pytest.approx(7 / FPS)


def test_a_start_at_every_nth_frame_is_fewer_starts(clip: Clip) -> None:
    assert clip.judge([9.0] * 20).starts == 13
    assert clip.judge([9.0] * 20, every=5).starts == 3


def test_starts_that_saw_too_little_are_not_counted(clip: Clip) -> None:
    result = clip.judge([9.0] * 7)
    assert (result.starts, result.verdict, result.reason) == (0, "challenge", "too_few_frames")
    assert result.seconds_p50 is None


def test_who_is_told_to_step_back_until_the_clip_ends_is_neither_accepted_nor_asked(clip: Clip) -> None:
    clip.come_near()
    result = clip.judge([9.0] * 20, path="live/a.avi", wide=Unseen())
    assert (result.starts, result.starts_live, result.starts_asked, result.starts_near) == (13, 0, 0, 13)
    assert (result.verdict, result.reason, result.seconds_p50) == ("challenge", "too_near", None)


def test_who_does_not_step_back_is_asked(clip: Clip) -> None:
    clip.come_near()
    result = clip.judge([9.0] * 40, path="live/a.avi", wide=Unseen())
    assert (result.starts, result.starts_live, result.starts_asked, result.starts_near) == (33, 0, 9, 24)
    assert (result.verdict, result.reason) == ("challenge", "too_near")
    assert result.seconds_p50 == pytest.approx(31 / FPS)


class Surroundings:
    """Models of the surroundings that are sure of a living person."""

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> WideScores:
        return 8.0, 8.0, 8.0, 8.0


def test_who_had_frames_enough_in_vain_when_the_clip_ends_counts_as_asked(clip: Clip) -> None:
    clip.come_near(0.3)
    result = clip.judge([-3.0] * 20, path="live/a.avi", wide=Surroundings())
    assert (result.starts, result.starts_live, result.starts_asked, result.starts_near) == (13, 0, 13, 0)
    assert (result.verdict, result.reason, result.seconds_p50) == ("challenge", "unsure", None)


def test_who_looks_alive_after_frames_in_vain_is_accepted(clip: Clip) -> None:
    clip.come_near(0.3)
    result = clip.judge([-3.0] * 12 + [3.0] * 12, path="live/a.avi", wide=Surroundings())
    assert (result.starts, result.starts_live, result.starts_asked) == (17, 17, 0)


def test_a_frame_is_scored_once_however_many_starts_look_at_it(clip: Clip) -> None:
    clip.judge([0.5] * 30)
    assert clip.model.asked == 30


def test_with_the_surroundings_it_is_scored_once_and_once_in_a_mirror(clip: Clip) -> None:
    clip.come_near(0.3)
    clip.judge([0.5] * 30, wide=Surroundings())
    assert clip.model.asked == 30 + 29  # the first frame is no start's second one


def test_of_equals_the_first_of_live_and_attack_counts(clip: Clip) -> None:
    result = clip.judge([-9.0] * 12 + [9.0] * 11)
    assert result.starts_live == result.starts_asked == 8
    assert result.verdict == "live"


def test_another_face_ends_what_was_under_way(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starts, "_far", lambda before, now: True)
    assert clip.judge([9.0] * 20).reason == "too_few_frames"


def test_a_clip_that_cannot_be_read_has_no_verdict(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> Iterator[Frame]:
        yield Frame(np.zeros((8, 8, 3), np.uint8), 0, 0.0)
        raise CameraError("broken")

    monkeypatch.setattr(starts, "frames", broken)
    result = starts.judge(Path("live/a.avi"), clip.engine, lambda: Liveness("off"))
    assert (result.verdict, result.reason, result.label, result.kind) == (None, "unreadable", "live", None)
