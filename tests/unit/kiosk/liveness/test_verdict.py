"""The joined verdict: policies, evidence and what each kind of presentation ends in."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from kiosk.errors import ConfigError
from kiosk.liveness import POLICIES, Liveness, PassiveModels, Risk
from kiosk.liveness.evidence import MIN_FRAMES
from kiosk.liveness.risk import Plan, plan
from kiosk.machine.model_files import PAD_MINIFAS
from kiosk.model import LIVENESS_OFF, NOT_DESCRIBED, Box, Challenge, Face, LivenessVerdict, RgbImage
from kiosk.model import Liveness as State
from tests.unit.kiosk.liveness import presentations
from tests.unit.kiosk.liveness.presentations import Person, Photograph, Posture

FPS = 15
DECIDED = {State.LIVE, State.ATTACK}
Show = Callable[[Posture], tuple[RgbImage, Face]]


class Scores:
    def __init__(self, score: float) -> None:
        self._score = score

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> float:
        return self._score


@pytest.fixture(scope="module", name="astronaut")
def _astronaut() -> Photograph:
    return presentations.astronaut()


def watch(
    detector: Liveness, show: Show, posture: Callable[[LivenessVerdict | None, float], Posture], seconds: float
) -> list[LivenessVerdict]:
    """Play a presentation until it is decided, or for so long."""
    verdicts: list[LivenessVerdict] = []
    for i in range(round(seconds * FPS)):
        frame, face = show(posture(verdicts[-1] if verdicts else None, i / FPS))
        verdicts.append(detector.update(frame, face, i / FPS))
        if verdicts[-1].state in DECIDED:
            break
    return verdicts


def still(verdict: LivenessVerdict | None, t_s: float) -> Posture:
    return Posture()


@pytest.mark.parametrize("seed", range(4))
def test_a_person_who_does_what_is_asked_is_live_without_any_model(astronaut: Photograph, seed: int) -> None:
    detector = Liveness("challenge-when-in-doubt", None, random.Random(seed))
    verdicts = watch(detector, astronaut.head, Person().posture, 20.0)
    assert (verdicts[-1].state, verdicts[-1].reason) == (State.LIVE, "challenge_passed")
    assert verdicts[-1].score > 0.9
    assert len(verdicts) < 9 * FPS
    asked = {v.challenge for v in verdicts if v.state is State.CHALLENGE}
    assert None not in asked
    assert all(v.challenge is None for v in verdicts if v.state is not State.CHALLENGE)


def test_a_movement_is_seen_in_frames_by_which_nobody_is_known_but_asked_in_none_of_them(astronaut: Photograph) -> None:
    """A turned face is not described; whoever comes to rest with an eye patch never is."""
    detector, person = Liveness("always-challenge", None, random.Random(0)), Person()
    verdicts: list[LivenessVerdict] = []
    for i in range(9 * FPS):
        posture = person.posture(verdicts[-1] if verdicts else None, i / FPS)
        facing = abs(posture.yaw) < 5 and abs(posture.pitch) < 5
        verdicts.append(detector.update(*astronaut.head(posture), i / FPS, good=facing and i >= 2 * FPS))
        if verdicts[-1].state in DECIDED:
            break
    assert verdicts[-1].reason == "challenge_passed"
    asked = [v.asked_s for v in verdicts if v.asked_s is not None]
    assert asked[0] >= 2.0, "from the first good frame at rest on"


def test_no_movement_is_asked_of_whoever_is_never_known(astronaut: Photograph) -> None:
    detector = Liveness("always-challenge", None, random.Random(0))
    verdicts = [detector.update(*astronaut.head(Posture()), i / FPS, good=False) for i in range(3 * FPS)]
    assert {each.state for each in verdicts} <= {State.PENDING, State.CHALLENGE}
    assert {each.challenge for each in verdicts} == {None}


def test_frames_by_which_nobody_is_known_say_nothing_for_life(astronaut: Photograph) -> None:
    detector = Liveness("challenge-when-in-doubt", Scores(9.0))
    frame, face = astronaut.head(Posture())
    bad = [detector.update(frame, face, i / FPS, good=False) for i in range(FPS)]
    assert {(each.state, each.reason) for each in bad} == {(State.PENDING, NOT_DESCRIBED)}
    good = [detector.update(frame, face, 1 + i / FPS).state for i in range(MIN_FRAMES)]
    assert good == [State.PENDING] * (MIN_FRAMES - 1) + [State.LIVE]


def test_the_verdict_says_until_when_there_is_time_to_answer(astronaut: Photograph) -> None:
    detector = Liveness("always-challenge", None, random.Random(0), challenge_s=2.0)
    verdicts = watch(detector, astronaut.head, still, 5.0)
    asked = [v for v in verdicts if v.state is State.CHALLENGE]
    assert {v.answer_by_s - v.asked_s for v in asked if v.asked_s is not None and v.answer_by_s is not None} == {2.0}
    assert len({v.asked_s for v in asked}) == 2, "and when it is up the next is asked"
    assert {(v.asked_s, v.answer_by_s) for v in verdicts if v.state is not State.CHALLENGE} == {(None, None)}


@pytest.mark.parametrize("bend", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_a_photograph_moved_as_asked_is_never_accepted_and_a_flat_one_is_an_attack(
    astronaut: Photograph, seed: int, bend: float
) -> None:
    detector = Liveness("challenge-when-in-doubt", None, random.Random(seed))
    hand = Person(degrees=36.0)
    verdicts = watch(detector, lambda posture: astronaut.sheet(posture, bend), hand.posture, 12.0)
    assert State.LIVE not in {v.state for v in verdicts}
    assert bend or verdicts[-1].reason == "flat_motion"


def test_a_photograph_tilted_about_its_diagonal_is_not_taken_for_a_turned_head(astronaut: Photograph) -> None:
    detector = Liveness("challenge-when-in-doubt", None, random.Random(1))
    hand = Person(degrees=36.0)

    def diagonal(verdict: LivenessVerdict | None, t_s: float) -> Posture:
        posture = hand.posture(verdict, t_s)
        return Posture(posture.yaw, abs(posture.yaw) or posture.pitch)

    verdicts = watch(detector, astronaut.sheet, diagonal, 60.0)
    assert verdicts[-1].state is State.ATTACK


def test_who_does_nothing_is_asked_again_and_never_refused(astronaut: Photograph) -> None:
    detector = Liveness("challenge-when-in-doubt", Scores(-9.0), random.Random(0), challenge_s=2.0)
    verdicts = watch(detector, astronaut.head, still, 12.0)
    assert {v.state for v in verdicts} == {State.PENDING, State.CHALLENGE}
    assert sum(v.reason == "challenge_timed_out" for v in verdicts) >= 3


class Mirror:
    """Somebody, or a recording, who turns to the other side than asked."""

    def __init__(self) -> None:
        self._person = Person()

    def posture(self, verdict: LivenessVerdict | None, t_s: float) -> Posture:
        posture = self._person.posture(verdict, t_s)
        return Posture(-posture.yaw or posture.pitch, 0.0)


@pytest.mark.parametrize(
    ("score", "ends"), [(-9.0, State.ATTACK), (-1.5, None)], ids=["also looks like an attack", "looks doubtful"]
)
def test_wrong_answers_are_an_attack_only_where_the_model_is_sure_too(
    astronaut: Photograph, score: float, ends: State | None
) -> None:
    detector = Liveness("challenge-when-in-doubt", Scores(score), random.Random(0))
    verdicts = watch(detector, astronaut.head, Mirror().posture, 60.0)
    assert State.LIVE not in {v.state for v in verdicts}
    assert (verdicts[-1].state if verdicts[-1].state in DECIDED else None) is ends
    assert sum(v.reason == "challenge_wrong" for v in verdicts) >= 2


@pytest.mark.parametrize(
    ("policy", "score", "expected"),
    [
        ("challenge-when-in-doubt", 4.0, (State.LIVE, "passive")),
        ("passive", 4.0, (State.LIVE, "passive")),
        ("passive", -4.0, (State.ATTACK, "passive_low")),
        ("passive", 0.2, (State.ATTACK, "passive_low")),
        ("always-challenge", 4.0, (State.CHALLENGE, "challenge_asked")),
        ("challenge-when-in-doubt", 0.2, (State.CHALLENGE, "challenge_asked")),
        ("challenge-when-in-doubt", None, (State.CHALLENGE, "challenge_asked")),
        ("passive", None, (State.CHALLENGE, "challenge_asked")),
        ("off", None, (State.LIVE, "off")),
    ],
)
def test_what_a_face_that_keeps_still_ends_in(
    astronaut: Photograph, policy: str, score: float | None, expected: tuple[State, str]
) -> None:
    detector = Liveness(policy, None if score is None else Scores(score), random.Random(0))
    verdicts = watch(detector, astronaut.head, still, 3.0)
    assert (verdicts[-1].state, verdicts[-1].reason) == expected


def test_off_looks_at_nothing() -> None:
    face = presentations.face_at(np.zeros((5, 2)))
    assert Liveness("off").update(np.zeros((0, 0, 3), np.uint8), face, 0.0) is LIVENESS_OFF


def test_a_decision_stays_until_reset_and_then_all_is_forgotten(astronaut: Photograph) -> None:
    detector = Liveness("challenge-when-in-doubt", Scores(4.0), random.Random(0))
    live = watch(detector, astronaut.head, still, 3.0)[-1]
    black = np.zeros((320, 320, 3), np.uint8)
    assert detector.update(black, astronaut.head(Posture())[1], 99.0) is live
    detector.reset()
    assert detector.update(*astronaut.head(Posture()), 100.0).state is State.PENDING


def test_stepping_out_and_in_does_not_bring_another_challenge_for_ever(astronaut: Photograph) -> None:
    detector = Liveness("challenge-when-in-doubt", None, random.Random(0))
    rgb, face = astronaut.head(Posture())
    asked, t_s = [], 0.0
    for _ in range(5):
        detector.reset()
        for _ in range(round(1.0 * FPS)):
            t_s += 1 / FPS
            verdict = detector.update(rgb, face, t_s)
        asked.append(verdict.challenge)
        t_s += 0.7  # out of sight for longer than a track lasts
    assert Challenge.WAIT not in asked[:3]
    assert asked[3:] == [Challenge.WAIT] * 2
    assert (verdict.state, verdict.reason) == (State.CHALLENGE, "challenge_paused")
    assert verdict.asked_s is not None
    assert verdict.answer_by_s is not None
    assert verdict.asked_s < t_s < verdict.answer_by_s


def test_nothing_is_asked_while_the_screen_would_not_show_it(astronaut: Photograph) -> None:
    chance = random.Random(0)
    before = chance.getstate()
    detector = Liveness("challenge-when-in-doubt", None, chance)
    rgb, face = astronaut.head(Posture())
    verdicts = [detector.update(rgb, face, i / FPS, ask=False) for i in range(30)]
    assert {(v.state, v.challenge, v.asked_s) for v in verdicts} == {(State.CHALLENGE, None, None)}
    assert chance.getstate() == before, "not even drawn"
    detector.reset()
    verdicts = [detector.update(rgb, face, 3.0 + i / FPS) for i in range(15)]
    assert verdicts[-1].challenge is not None


def test_challenges_are_drawn_from_the_systems_randomness() -> None:
    assert isinstance(Liveness("challenge-when-in-doubt")._random, random.SystemRandom)


def test_doubt_asks_two_movements_and_certainty_or_ignorance_three(astronaut: Photograph) -> None:
    lengths = {}
    for score in (0.2, -4.0, None):
        detector = Liveness("challenge-when-in-doubt", None if score is None else Scores(score), random.Random(3))
        verdicts = watch(detector, astronaut.head, Person().posture, 20.0)
        shown = [v.challenge for v in verdicts]
        lengths[score] = sum(
            now is not None and now is not Challenge.COME_CLOSER and before is None
            for before, now in zip([None, *shown], shown, strict=False)
        )
        assert verdicts[-1].state is State.LIVE
    assert lengths == {0.2: Plan().mild, -4.0: Plan().sure, None: Plan().sure}


def test_a_recording_that_nobody_asks_ends_in_challenge(astronaut: Photograph) -> None:
    detector = Liveness("challenge-when-in-doubt", None, random.Random(0), ask=False)
    verdicts = watch(detector, astronaut.head, lambda v, t: Posture(yaw=25 * np.sin(2 * t)), 6.0)
    assert {(v.state, v.challenge) for v in verdicts} == {(State.CHALLENGE, None)}


def test_a_waved_photograph_is_an_attack_before_anything_is_asked(astronaut: Photograph) -> None:
    detector = Liveness("challenge-when-in-doubt", None, random.Random(0), ask=False)
    wave = watch(detector, astronaut.sheet, lambda v, t: Posture(yaw=36 * np.sin(3 * t), pitch=20 * np.sin(2 * t)), 8.0)
    assert (wave[-1].state, wave[-1].reason) == (State.ATTACK, "flat_motion")


@pytest.mark.parametrize("spoil", ["black", "white", "noise", "tiny", "no pixels", "nan", "outside", "sizes"])
@pytest.mark.parametrize("score", [None, 4.0])
def test_bad_frames_and_faces_end_in_a_value(astronaut: Photograph, spoil: str, score: float | None) -> None:
    detector = Liveness("challenge-when-in-doubt", None if score is None else Scores(score), random.Random(0))
    chance = np.random.default_rng(0)
    for i in range(40):
        rgb, face = astronaut.head(Posture(yaw=float(i % 7)))
        match spoil:
            case "black" | "white":
                rgb = np.full_like(rgb, 255 * (spoil == "white"))
            case "noise":
                rgb = chance.integers(0, 256, rgb.shape, dtype=np.uint8)
            case "tiny":
                rgb = rgb[:1, :1]
            case "no pixels":
                rgb = rgb[:0]
            case "nan":
                face = Face(face.box_px, np.full((5, 2), np.nan, np.float32), face.quality)
            case "outside":
                face = Face(Box(900, 900, 1000, 1000), face.landmarks_px + 800, face.quality)
            case "sizes":
                rgb = rgb[: 320 - 7 * (i % 5)]
        verdict = detector.update(rgb, face, i / FPS)
        assert 0.0 <= verdict.score <= 1.0
        assert verdict.state is not State.ATTACK
        assert spoil == "sizes" or score is not None or verdict.state is not State.LIVE


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("spoil", ["grey", "rgba", "float32", "uint16", "bool", "list"])
def test_what_is_no_rgb_frame_is_a_typed_error_from_the_first_frame_on(
    astronaut: Photograph, policy: str, spoil: str
) -> None:
    detector = Liveness(policy, Scores(4.0), random.Random(0))
    rgb, face = astronaut.head(Posture())
    odd: object = {
        "grey": rgb[..., 0],
        "rgba": np.dstack([rgb, rgb[..., :1]]),
        "float32": rgb.astype(np.float32),
        "uint16": rgb.astype(np.uint16),
        "bool": rgb > 100,
        "list": rgb[:2, :2].tolist(),
    }[spoil]
    for t_s in (0.0, 0.1):
        with pytest.raises(ValueError, match="a frame is"):
            detector.update(cast(RgbImage, odd), face, t_s)
        detector.update(np.asfortranarray(rgb), face, t_s + 0.05)  # strides do not matter


def test_an_unknown_policy_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="always-challenge"):
        Liveness("sometimes")


def test_a_model_file_that_is_not_the_pinned_one_is_not_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, astronaut: Photograph
) -> None:
    (tmp_path / PAD_MINIFAS.file_name).write_bytes(b"something else")
    detector = Liveness("challenge-when-in-doubt", tmp_path, random.Random(0))
    assert "kiosk models install" in caplog.text
    assert watch(detector, astronaut.head, still, 2.0)[-1].state is State.CHALLENGE


def test_an_empty_model_folder_asks_everybody(tmp_path: Path, astronaut: Photograph) -> None:
    detector = Liveness("passive", str(tmp_path), random.Random(0))
    assert watch(detector, astronaut.head, still, 2.0)[-1].state is State.CHALLENGE


class Drawn(random.Random):
    """Draws these numbers first."""

    def __init__(self, *numbers: float) -> None:
        super().__init__(0)
        self.numbers = list(numbers)

    def random(self) -> float:
        return self.numbers.pop(0) if self.numbers else super().random()


EVEN = Risk(0.6, 2)
"""With the model of the face alone: of ten encounters that look alive so many are asked at random as SHARE says."""
SHARE = plan(EVEN, PassiveModels(Scores(0.0))).share


@pytest.mark.parametrize(
    ("drawn", "ends"), [(SHARE - 1e-9, "challenge_passed"), (SHARE, "passive")], ids=["drawn", "not drawn"]
)
def test_a_share_of_those_who_look_alive_is_asked_all_the_same(astronaut: Photograph, drawn: float, ends: str) -> None:
    detector = Liveness("challenge-when-in-doubt", Scores(4.0), Drawn(drawn), risk=EVEN)
    verdicts = watch(detector, astronaut.head, Person().posture, 20.0)
    assert (verdicts[-1].state, verdicts[-1].reason) == (State.LIVE, ends)


def test_who_is_asked_at_random_is_drawn_once_an_encounter_and_anew_in_the_next(astronaut: Photograph) -> None:
    chance = Drawn(SHARE, 0.0)
    detector = Liveness("challenge-when-in-doubt", Scores(4.0), chance, risk=EVEN)
    rgb, face = astronaut.head(Posture())
    ends = []
    for start in (0.0, 10.0):
        detector.reset()
        ends.append([detector.update(rgb, face, start + i / FPS) for i in range(30)][-1].state)
    assert ends == [State.LIVE, State.CHALLENGE]
    assert chance.numbers == []


def test_without_a_stated_risk_nobody_is_drawn(astronaut: Photograph) -> None:
    chance = Drawn(0.0)
    verdicts = watch(Liveness("challenge-when-in-doubt", Scores(4.0), chance), astronaut.head, still, 3.0)
    assert verdicts[-1].state is State.LIVE
    assert chance.numbers == [0.0]


def test_a_risk_that_cannot_be_held_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigError, match="risk"):
        Liveness("challenge-when-in-doubt", Scores(4.0), risk=Risk(0.01, 3))


class Fickle:
    """An attack that deceives the model from a moment on."""

    def __init__(self) -> None:
        self.now = -4.0

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> float:
        return self.now


def starts(detector: Liveness, astronaut: Photograph, count: int, from_s: float) -> list[LivenessVerdict]:
    """Steps in so many times, for as long as the model needs and no longer: nothing is asked yet."""
    rgb, face = astronaut.head(Posture())
    ends = []
    for i in range(count):
        detector.reset()
        ends.append([detector.update(rgb, face, from_s + 2 * i + frame / FPS) for frame in range(9)][-1])
    return ends


def test_starts_that_are_thrown_away_cost_the_terminals_patience(astronaut: Photograph) -> None:
    """Else a telephone that is taken for live in every third start only has to step in again."""
    model = Fickle()
    detector = Liveness("challenge-when-in-doubt", model, random.Random(0))
    thrown = starts(detector, astronaut, 3, 0.0)
    assert {(verdict.state, verdict.asked_s) for verdict in thrown} == {(State.PENDING, None)}
    model.now = 9.0
    (verdict,) = starts(detector, astronaut, 1, 6.0)
    assert (verdict.state, verdict.challenge) == (State.CHALLENGE, Challenge.WAIT)


def test_two_thrown_away_starts_do_not_trouble_the_next_person(astronaut: Photograph) -> None:
    model = Fickle()
    detector = Liveness("challenge-when-in-doubt", model, random.Random(0))
    starts(detector, astronaut, 2, 0.0)
    model.now = 9.0
    (verdict,) = starts(detector, astronaut, 1, 6.0)
    assert (verdict.state, verdict.reason) == (State.LIVE, "passive")


def test_without_a_model_people_who_walk_by_cost_no_patience(astronaut: Photograph) -> None:
    detector = Liveness("challenge-when-in-doubt", None, random.Random(0))
    rgb, face = astronaut.head(Posture())
    for i in range(6):
        detector.reset()
        verdicts = [detector.update(rgb, face, i + frame / FPS) for frame in range(3)]
        assert {verdict.challenge for verdict in verdicts} == {None}


IN_LIGHT = {"dark": (59.0, 45.0), "bright": (201.0, 45.0), "washed out": (150.0, 29.9)}


@pytest.mark.parametrize("light", IN_LIGHT)
@pytest.mark.parametrize("policy", ["passive", "challenge-when-in-doubt"])
def test_nobody_is_an_attack_by_poor_light(astronaut: Photograph, policy: str, light: str) -> None:
    brightness, contrast = IN_LIGHT[light]

    def lit(posture: Posture) -> tuple[RgbImage, Face]:
        rgb, face = astronaut.head(posture)
        return rgb, replace(face, quality=replace(face.quality, brightness=brightness, contrast=contrast))

    detector = Liveness(policy, Scores(-9.0), random.Random(0))
    verdicts = watch(detector, lit, Mirror().posture, 60.0)
    assert {verdict.state for verdict in verdicts} == {State.PENDING, State.CHALLENGE}
    assert sum(verdict.reason == "challenge_wrong" for verdict in verdicts) >= 2
