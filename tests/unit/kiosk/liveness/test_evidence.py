"""When the scores of an encounter decide."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from kiosk.liveness import evidence as le
from kiosk.liveness.evidence import Opinion, PassiveEvidence
from kiosk.liveness.models import PassiveModels
from kiosk.liveness.wide import WideScores
from kiosk.model import Box, RgbImage

BOX = Box(100, 80, 200, 180)
FRAME: RgbImage = np.random.default_rng(0).integers(0, 256, size=(300, 400, 3), dtype=np.uint8)


class Scores:
    """A model that gives these scores in turn, and the last one for ever."""

    def __init__(self, *scores: float) -> None:
        self._scores = list(scores)
        self.asked = 0

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> float:
        self.asked += 1
        return self._scores.pop(0) if len(self._scores) > 1 else self._scores[0]


def opinions(evidence: PassiveEvidence, frames: int, step_s: float = 0.1, box: Box = BOX) -> Iterator[Opinion]:
    for i in range(frames):
        yield evidence.add(FRAME, box, i * step_s)


def evidence_of(model: Scores) -> PassiveEvidence:
    return PassiveEvidence(PassiveModels(model))


def test_good_scores_accept_and_not_before_there_are_enough() -> None:
    seen = list(opinions(evidence_of(Scores(3.0)), le.MIN_FRAMES))
    assert seen == [Opinion.GATHERING] * (le.MIN_FRAMES - 1) + [Opinion.LIVE]


def test_a_lucky_frame_does_not_accept() -> None:
    evidence = evidence_of(Scores(15.0, -2.0))
    assert list(opinions(evidence, le.MIN_FRAMES))[-1] is Opinion.DOUBT
    assert evidence.median == -2.0


def test_a_good_median_with_many_bad_frames_does_not_accept() -> None:
    evidence = evidence_of(Scores(*([5.0] * 5 + [-5.0] * 3) * 3))
    assert Opinion.LIVE not in list(opinions(evidence, le.MIN_FRAMES))


def test_hopeless_scores_do_not_keep_people_waiting() -> None:
    seen = list(opinions(evidence_of(Scores(-4.0)), le.MIN_FRAMES))
    assert seen[-1] is Opinion.DOUBT


def test_middling_scores_get_more_frames_and_then_doubt() -> None:
    seen = list(opinions(evidence_of(Scores(0.3)), le.MAX_FRAMES))
    assert seen == [Opinion.GATHERING] * (le.MAX_FRAMES - 1) + [Opinion.DOUBT]


def test_frames_in_quick_succession_are_scored_once() -> None:
    model = Scores(3.0)
    list(opinions(evidence_of(model), 20, step_s=0.01))
    assert model.asked == 4


@pytest.mark.parametrize("box", [Box(100, 80, 150, 130), Box(500, 400, 700, 600)])
def test_frames_too_small_or_without_detail_do_not_count_and_end_in_doubt(box: Box) -> None:
    model = Scores(9.0)
    evidence = evidence_of(model)
    assert list(opinions(evidence, 30, box=box))[-1] is Opinion.DOUBT
    assert (model.asked, evidence.median) == (0, None)


def test_a_blurred_face_is_not_scored() -> None:
    model = Scores(9.0)
    evidence = evidence_of(model)
    evidence.add(cv2.GaussianBlur(FRAME, (0, 0), 12), BOX, 0.0)
    assert model.asked == 0


class Wide:
    """Models of the surroundings that always give these scores."""

    def __init__(self, *scores: float) -> None:
        a, b, c, d = scores * 4 if len(scores) == 1 else scores
        self._scores: WideScores = (a, b, c, d)
        self.asked = 0

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> WideScores:
        self.asked += 1
        return self._scores


class Mirror:
    """Models to which a face looks otherwise in a mirror. The scores: as it is, and flipped; `looks` what was asked."""

    def __init__(self, *scores: float) -> None:
        self._scores = scores
        self.looks: list[bool] = []

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> float:
        self.looks.append(flipped)
        return self._scores[flipped]


class WideMirror:
    """The same of the surroundings."""

    def __init__(self, *scores: float) -> None:
        self._scores = scores
        self.looks: list[bool] = []

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> WideScores:
        self.looks.append(flipped)
        return 8.0, 8.0, 8.0, self._scores[flipped]


def test_all_models_see_every_second_frame_that_they_look_at_in_a_mirror() -> None:
    """Those that are passed over, blurred or too close in time, do not count."""
    near, wide = Mirror(0.0, 0.0), WideMirror(0.0, 0.0)
    evidence = PassiveEvidence(PassiveModels(near, wide))
    blurred = cv2.GaussianBlur(FRAME, (0, 0), 12)
    for i in range(6):
        evidence.add(FRAME, BOX, i * 0.1)
        evidence.add(FRAME, BOX, i * 0.1 + 0.01)
        evidence.add(blurred, BOX, i * 0.1 + 0.08)
    assert near.looks == wide.looks == [False, True] * 3


def test_who_stood_too_near_is_seen_in_a_mirror_as_often_as_not_by_each_model() -> None:
    near, wide = Mirror(0.0, 0.0), WideMirror(0.0, 0.0)
    evidence = PassiveEvidence(PassiveModels(near, wide))
    for i in range(9):
        evidence.add(FRAME, Box(100, 80, 260, 240) if i < 3 else BOX, i * 0.1)
    assert near.looks == [False, True] * 4 + [False]
    assert wide.looks == [True, False] * 3


def test_the_model_of_the_face_alone_sees_nothing_in_a_mirror() -> None:
    model = Mirror(3.0, -9.0)
    seen = list(opinions(PassiveEvidence(PassiveModels(model)), le.MIN_FRAMES))
    assert (seen[-1], set(model.looks)) == (Opinion.LIVE, {False})


@pytest.mark.parametrize("scores", [(5.0, -7.1), (-7.1, 5.0)], ids=["as it is", "in a mirror"])
def test_who_looks_alive_in_one_of_the_two_only_is_not_accepted_however_long_he_holds_still(
    scores: tuple[float, float],
) -> None:
    """Both looks count alike: in nine or eleven frames one of them would have the majority."""
    for models in (PassiveModels(Mirror(*scores), Wide(8.0)), PassiveModels(Mirror(8.0, 8.0), WideMirror(*scores))):
        seen = list(opinions(PassiveEvidence(models), 27))
        assert (Opinion.LIVE in seen, seen[-1]) == (False, Opinion.DOUBT)


@pytest.mark.parametrize("scores", [(5.0, -6.9), (-6.9, 5.0)], ids=["as it is", "in a mirror"])
def test_the_two_looks_are_joined(scores: tuple[float, float]) -> None:
    for models in (PassiveModels(Mirror(*scores), Wide(8.0)), PassiveModels(Mirror(8.0, 8.0), WideMirror(*scores))):
        assert list(opinions(PassiveEvidence(models), le.MIN_FRAMES))[-1] is Opinion.LIVE


def joined(near: float, *wide: float, box: Box = BOX) -> list[Opinion]:
    """What is said until the patience of 2.5 s is over."""
    return list(opinions(PassiveEvidence(PassiveModels(Scores(near), Wide(*wide))), 27, box=box))


def test_all_three_accept_as_soon_as_there_are_enough_frames() -> None:
    seen = joined(2.0, 2.0)
    assert seen[: le.MIN_FRAMES] == [Opinion.GATHERING] * (le.MIN_FRAMES - 1) + [Opinion.LIVE]


@pytest.mark.parametrize(
    ("near", "wide", "opinion"),
    [
        (2.0, (2.0, 2.0, 2.0, 2.0), Opinion.LIVE),  # exactly the least mean
        (1.9, (2.0, 2.0, 2.0, 2.0), Opinion.DOUBT),
        (8.0, (-1.0, -1.0, -1.0, -1.0), Opinion.LIVE),  # exactly the least of each
        (8.0, (-1.1, 8.0, 8.0, 8.0), Opinion.DOUBT),  # shrunk crop of 2.7: a telephone's edge
        (8.0, (8.0, -1.1, 8.0, 8.0), Opinion.DOUBT),
        (8.0, (8.0, 8.0, -1.1, 8.0), Opinion.DOUBT),  # seen only in the mirrored surroundings
        (8.0, (8.0, 8.0, 8.0, -1.1), Opinion.DOUBT),
        (-1.1, (8.0, 8.0, 8.0, 8.0), Opinion.DOUBT),
        (-1.0, (8.0, 8.0, 8.0, 8.0), Opinion.LIVE),
        (3.0, (1.0, 1.0, 8.0, 8.0), Opinion.DOUBT),  # the mean is that of the crops shrunk to the frame
        (3.0, (1.5, 1.5, -1.0, -1.0), Opinion.LIVE),
        (60.0, (-0.9, -0.9, -0.9, -0.9), Opinion.LIVE),  # 8 at the most: a mean of 2.07
        (60.0, (-0.9, -1.0, -1.0, -1.0), Opinion.LIVE),
        (60.0, (-1.0, -1.2, 8.0, 8.0), Opinion.DOUBT),
    ],
)
def test_what_all_three_have_to_say(near: float, wide: tuple[float, ...], opinion: Opinion) -> None:
    assert joined(near, *wide)[-1] is opinion


def test_one_model_that_is_sure_of_an_attack_ends_the_waiting() -> None:
    assert joined(8.0, 8.0, 8.0, 8.0, -4.1)[le.MIN_FRAMES - 1] is Opinion.DOUBT
    assert joined(8.0, 8.0, 8.0, 8.0, -4.0)[le.MIN_FRAMES - 1] is Opinion.UNSURE


def test_who_is_not_accepted_is_unsure_until_the_patience_is_over() -> None:
    assert joined(1.9, 2.0) == [Opinion.GATHERING] * 7 + [Opinion.UNSURE] * 19 + [Opinion.DOUBT]


def alive_at(near: Scores, frames: int = 25) -> list[int]:
    """The frames, counted from one, at which all three accept; `near`: scores of the face, the others are sure."""
    seen = list(opinions(PassiveEvidence(PassiveModels(near, Wide(8.0))), frames))
    return [number for number, opinion in enumerate(seen, 1) if opinion is Opinion.LIVE]


def test_who_looked_away_at_first_is_accepted_by_the_newest_eight_frames() -> None:
    """The median of eight is the mean of the middle two: with four of eight frames at 2, and four at -3, it is -0.5."""
    assert alive_at(Scores(*[-3.0] * 15, 2.0)) == list(range(19, 26))
    assert alive_at(Scores(*[-3.0] * 25)) == []


def test_a_longer_window_accepts_too_but_none_of_more_than_fourteen() -> None:
    low, high = -3.9, 1.0  # of any eight in a row at most four are high, of fourteen eight are, once
    fourteen = [high] * 4 + [low] * 6 + [high] * 4
    assert alive_at(Scores(*[low] * 6, *fourteen, *[low] * 4)) == [20]
    fifteen = [high] * 4 + [low] * 7 + [high] * 4
    assert alive_at(Scores(*[low] * 6, *fifteen, *[low] * 4)) == []
    sixteen = [high] * 4 + [low] * 8 + [high] * 4
    assert alive_at(Scores(*[low] * 5, *sixteen, *[low] * 4)) == []


def test_how_alive_it_looks_is_said_of_the_newest_fifteen_frames() -> None:
    evidence = PassiveEvidence(PassiveModels(Scores(*[-3.5] * 10, *[-2.0] * 15), Wide(-2.0)))
    list(opinions(evidence, 25))
    assert evidence.median == -2.0
    evidence = PassiveEvidence(PassiveModels(Scores(*[4.0] * 9, *[-2.0] * 7, *[-3.5] * 8), Wide(-2.0)))
    list(opinions(evidence, 24))
    assert evidence.median == pytest.approx((-3.5 - 2.0 - 2.0) / 3)


def test_newest_frames_that_one_model_is_sure_of_end_the_waiting() -> None:
    seen = list(opinions(PassiveEvidence(PassiveModels(Scores(*[-2.0] * 9, -4.1), Wide(8.0))), 24))
    assert seen[15:] == [Opinion.UNSURE] + [Opinion.DOUBT] * 8  # eight of the newest fifteen are at -4.1


def test_a_face_whose_surroundings_are_not_seen_is_told_so_then_doubted_without_asking_the_wide_models() -> None:
    wide = Wide(8.0)
    evidence = PassiveEvidence(PassiveModels(Scores(8.0), wide))
    near = Box(100, 80, 100 + 149, 80 + 149)  # 0.3725 of 400
    assert list(opinions(evidence, 22, box=near)) == [Opinion.NEAR] * 21 + [Opinion.DOUBT]
    assert wide.asked == 0
    assert joined(8.0, 8.0, box=Box(100, 80, 248, 228))[-1] is Opinion.LIVE  # 0.37


def test_who_steps_back_is_judged_by_the_frames_that_show_the_surroundings() -> None:
    evidence = PassiveEvidence(PassiveModels(Scores(8.0), Wide(8.0)))
    near, seen = Box(100, 80, 260, 240), []
    for i in range(le.MIN_FRAMES + 3):
        seen.append(evidence.add(FRAME, near if i < 3 else BOX, i * 0.1))
    assert seen == [Opinion.NEAR] * 3 + [Opinion.GATHERING] * (le.MIN_FRAMES - 1) + [Opinion.LIVE]


def test_who_steps_back_after_long_still_has_all_the_time_that_a_verdict_takes() -> None:
    evidence = PassiveEvidence(PassiveModels(Scores(0.0), Wide(0.0)))  # neither accepted nor hopeless
    near = Box(100, 80, 260, 240)
    assert [evidence.add(FRAME, near, t_s) for t_s in (10.0, 11.9)] == [Opinion.NEAR] * 2
    seen = [evidence.add(FRAME, BOX, t_s) for t_s in (12.1, 14.6, 14.7)]
    assert seen == [Opinion.GATHERING] * 2 + [Opinion.DOUBT]


def test_coming_near_now_and_then_does_not_put_the_verdict_off() -> None:
    evidence = PassiveEvidence(PassiveModels(Scores(0.0), Wide(0.0)))
    near = Box(100, 80, 260, 240)
    assert evidence.add(FRAME, BOX, 0.0) is Opinion.GATHERING
    assert evidence.add(FRAME, near, 1.0) is Opinion.NEAR
    assert evidence.add(FRAME, near, 2.6) is Opinion.DOUBT


def test_near_frames_are_scored_only_as_far_as_the_length_of_a_challenge_needs_them() -> None:
    model = Scores(-9.0)
    evidence = PassiveEvidence(PassiveModels(model, Wide(8.0)))
    assert list(opinions(evidence, 20, box=Box(100, 80, 260, 240)))[-1] is Opinion.NEAR
    assert (model.asked, evidence.lowest) == (le.MIN_FRAMES, -9.0)


def test_the_median_is_of_the_mean_and_the_lowest_of_any_model() -> None:
    evidence = PassiveEvidence(PassiveModels(Scores(5.0), Wide(2.0, 2.0, -3.5, 1.0)))
    assert (evidence.median, evidence.lowest) == (None, None)
    evidence.add(FRAME, BOX, 0.0)
    assert evidence.median == pytest.approx((5.0 + 2.0 + 2.0) / 3)
    assert evidence.lowest == -3.5


def test_only_frames_in_good_light_speak_against_anybody() -> None:
    evidence = PassiveEvidence(PassiveModels(Scores(*[-9.0] * 5, *[-1.0] * 8)))
    for i in range(13):
        assert evidence.lit is None
        evidence.add(FRAME, BOX, i * 0.1, lit=i >= 5)
    assert evidence.lit == -1.0


def test_whom_one_model_takes_for_alive_nothing_speaks_against() -> None:
    evidence = PassiveEvidence(PassiveModels(Scores(-9.0), Wide(-9.0, -9.0, -9.0, 0.5)))
    list(opinions(evidence, le.MIN_FRAMES))
    assert evidence.lit == 0.5


@pytest.mark.parametrize(("score", "opinion"), [(1.0, Opinion.LIVE), (0.99, Opinion.GATHERING)])
def test_the_model_of_the_face_alone_accepts_from_one_on(score: float, opinion: Opinion) -> None:
    assert list(opinions(evidence_of(Scores(score)), 8))[-1] is opinion


@pytest.mark.parametrize(("low", "opinion"), [(0.0, Opinion.LIVE), (-0.1, Opinion.GATHERING)])
def test_and_three_frames_in_four_are_on_the_living_side(low: float, opinion: Opinion) -> None:
    assert list(opinions(evidence_of(Scores(*[low] * 3, *[5.0] * 5)), 8))[-1] is opinion


@pytest.mark.parametrize(("score", "opinion"), [(-1.0, Opinion.GATHERING), (-1.01, Opinion.DOUBT)])
def test_alone_it_gives_up_below_minus_one(score: float, opinion: Opinion) -> None:
    assert list(opinions(evidence_of(Scores(score)), 8))[-1] is opinion


def test_fifteen_frames_are_enough_to_doubt() -> None:
    seen = list(opinions(evidence_of(Scores(0.3)), 15))
    assert seen == [Opinion.GATHERING] * 14 + [Opinion.DOUBT]


def test_doubt_comes_two_and_a_half_seconds_after_the_first_frame() -> None:
    evidence = evidence_of(Scores(9.0))
    small = Box(100, 80, 150, 130)
    seen = [evidence.add(FRAME, small, t_s) for t_s in (10.0, 11.6, 12.5, 12.6)]
    assert seen == [Opinion.GATHERING] * 3 + [Opinion.DOUBT]


@pytest.mark.parametrize(
    ("box", "asked"), [(Box(100, 80, 160, 130), 1), (Box(100, 80, 150, 140), 1), (Box(100, 80, 159, 139), 0)]
)
def test_faces_of_sixty_pixels_are_scored(box: Box, asked: int) -> None:
    model = Scores(9.0)
    evidence_of(model).add(FRAME, box, 0.0)
    assert model.asked == asked


@pytest.mark.parametrize(("sharp", "asked"), [(0.02, 1), (0.0199, 0)])
def test_faces_of_a_sharpness_of_two_hundredths_are_scored(
    monkeypatch: pytest.MonkeyPatch, sharp: float, asked: int
) -> None:
    monkeypatch.setattr(le, "sharpness", lambda frame_rgb, box: sharp)
    model = Scores(9.0)
    evidence_of(model).add(FRAME, BOX, 0.0)
    assert model.asked == asked


def test_the_lowest_is_not_cut_off_at_the_limit_of_the_wide_models() -> None:
    evidence = PassiveEvidence(PassiveModels(Scores(-12.0), Wide(8.0)))
    evidence.add(FRAME, BOX, 0.0)
    assert evidence.lowest == -12.0
