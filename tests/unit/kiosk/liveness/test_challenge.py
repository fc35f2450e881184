"""The challenge's rules, on poses and reliefs made of numbers."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.liveness import challenge as lc
from kiosk.liveness.challenge import ChallengeRun, Patience, Pose, Progress, pose_of
from kiosk.liveness.motion import Relief
from kiosk.model import Challenge
from tests.unit.kiosk.liveness.presentations import face_at

FPS = 15
KINDS = list(lc.PROVING)
ANGLES = {
    Challenge.TURN_LEFT: (25.0, 0.0),
    Challenge.TURN_RIGHT: (-25.0, 0.0),
    Challenge.NOD: (0.0, 20.0),
    Challenge.COME_CLOSER: (0.0, 0.0),
}


class Drawn:
    """Randomness that draws the given movements, and a step towards the camera only when told to."""

    def __init__(self, *kinds: Challenge, closer: bool = False) -> None:
        self._kinds = [KINDS.index(kind) for kind in kinds]
        self._closer = closer
        self._drawn = 0

    def randrange(self, stop: int, /) -> int:
        if stop != len(KINDS):
            return 0  # where COME_CLOSER goes: to the front
        self._drawn += 1
        return self._kinds[(self._drawn - 1) % len(self._kinds)]

    def random(self) -> float:
        return 0.0 if self._closer else 1.0


class Subject:
    """A head in front of the run: moves smoothly, is measured without error, follows `asked_s` as the caller must."""

    def __init__(self, run: ChallengeRun, *, flat: bool = False) -> None:
        self.run = run
        self.t_s = 0.0
        self.scale_px = 80.0
        self.flat = flat
        self._reference: tuple[float, float, float] | None = None
        self.seen: list[Progress] = []

    def show(self, yaw: float = 0.0, pitch: float = 0.0, *, x_px: float = 320.0) -> Progress:
        u, v = math.sin(math.radians(yaw)), math.sin(math.radians(pitch))
        pose = Pose(self.t_s, 0.45 * u, 0.5 + 0.3 * v, self.scale_px, x_px, 240.0)
        relief = None
        if self._reference is not None and self._reference[0] == self.run.asked_s:
            turn, nod = (0.0, 0.0) if self.flat else (u - self._reference[1], v - self._reference[2])
            relief = Relief(turn, nod, 0.01, 1.0, 0.01, 80, 1.0)
        progress = self.run.update(pose, relief)
        if progress is Progress.ASKED and self.run.asked_s == self.t_s:
            self._reference = (self.t_s, u, v)
        self.t_s += 1 / FPS
        self.seen.append(progress)
        return progress

    def rest(self, seconds: float = 0.5) -> Progress:
        return self.play([(0.0, 0.0)] * round(seconds * FPS))

    def make(self, kind: Challenge) -> Progress:
        """Out, hold, and back."""
        yaw, pitch = ANGLES[kind]
        shares = [0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 0.8, 0.5, 0.2]
        grown = self.scale_px
        for share in shares:
            self.scale_px = grown * (1 + (0.3 * share if kind is Challenge.COME_CLOSER else 0.0))
            progress = self.show(yaw * share, pitch * share)
            if progress not in {Progress.ASKED, Progress.SETTLING}:
                break
        self.scale_px = grown
        return progress

    def play(self, angles: Iterable[tuple[float, float]]) -> Progress:
        for yaw, pitch in angles:
            progress = self.show(yaw, pitch)
        return progress

    def obey(self, seconds: float = 30.0) -> Progress:
        end = self.t_s + seconds
        progress = Progress.SETTLING
        while self.t_s < end and progress is not Progress.PASSED:
            while self.run.asked is None and self.t_s < end:
                self.rest(0.1)
            self.rest(0.3)  # to read what is asked
            progress = self.make(self.run.asked) if self.run.asked else Progress.SETTLING
        return progress


def run_of(*kinds: Challenge, closer: bool = False) -> ChallengeRun:
    return ChallengeRun(Drawn(*kinds, closer=closer), 5.0, len(kinds))


@pytest.mark.parametrize("kind", KINDS)
def test_the_asked_movement_passes(kind: Challenge) -> None:
    subject = Subject(run_of(kind))
    subject.rest()
    assert subject.run.asked is kind
    assert subject.make(kind) is Progress.PASSED


def test_a_sequence_passes_only_at_its_end() -> None:
    subject = Subject(run_of(Challenge.TURN_LEFT, Challenge.NOD, Challenge.TURN_LEFT))
    assert subject.obey() is Progress.PASSED
    assert subject.seen.count(Progress.PASSED) == 1
    assert Progress.WRONG not in subject.seen


def test_a_step_closer_comes_in_addition() -> None:
    subject = Subject(run_of(Challenge.NOD, closer=True))
    subject.rest()
    assert subject.run.asked is Challenge.COME_CLOSER
    subject.make(Challenge.COME_CLOSER)
    assert subject.run.asked is Challenge.NOD
    assert subject.obey() is Progress.PASSED


@pytest.mark.parametrize(("asked", "made"), list(itertools.permutations(KINDS, 2)))
def test_another_movement_is_wrong_and_makes_the_next_sequence_longer(asked: Challenge, made: Challenge) -> None:
    run = run_of(asked, asked)
    subject = Subject(run)
    subject.rest()
    assert subject.make(made) is Progress.WRONG
    subject.rest()
    assert run.asked is asked
    assert (run.wrong, run.length) == (1, 3)


def test_a_flat_thing_passes_nothing_however_its_landmarks_move() -> None:
    subject = Subject(run_of(Challenge.TURN_LEFT), flat=True)
    assert subject.obey(60.0) is not Progress.PASSED
    assert Progress.PASSED not in subject.seen


def test_too_late_is_no_offence() -> None:
    subject = Subject(run_of(Challenge.TURN_LEFT))
    subject.rest(5.6)
    assert Progress.TIMED_OUT in subject.seen
    assert subject.run.wrong == 0
    assert subject.obey() is Progress.PASSED


def test_a_movement_under_way_when_it_is_asked_does_not_count() -> None:
    run = run_of(Challenge.TURN_LEFT)
    subject = Subject(run)
    while run.asked is None:
        subject.show()
    assert subject.play([(25.0, 0.0)]) is Progress.BROKEN
    assert run.asked is None


def test_a_head_that_is_still_turned_is_not_asked_the_next() -> None:
    run = run_of(Challenge.TURN_LEFT, Challenge.TURN_RIGHT)
    subject = Subject(run)
    subject.rest()
    subject.play([(10.0, 0.0), (20.0, 0.0), (25.0, 0.0), (25.0, 0.0), (15.0, 0.0)])
    subject.play([(15.0, 0.0)] * FPS)
    assert run.asked is None
    subject.rest()
    assert run.asked is Challenge.TURN_RIGHT


def test_points_that_drifted_do_not_keep_a_head_from_being_home_for_ever() -> None:
    run = run_of(Challenge.TURN_LEFT, Challenge.TURN_RIGHT)
    subject = Subject(run)
    subject.rest()
    subject.make(Challenge.TURN_LEFT)
    drifted = Relief(0.2, 0.0, 0.01, 1.0, 0.01, 80, 1.0)
    for _ in range(2 * FPS):
        run.update(Pose(subject.t_s, 0.0, 0.5, 80.0, 320.0, 240.0), drifted)
        subject.t_s += 1 / FPS
        if run.asked:
            break
    assert run.asked is Challenge.TURN_RIGHT


@pytest.mark.parametrize("yaw", [-35.0, 35.0])
def test_who_looks_aside_is_not_asked(yaw: float) -> None:
    subject = Subject(run_of(Challenge.NOD))
    assert subject.play([(yaw, 0.0)] * 2 * FPS) is Progress.SETTLING


def test_a_face_that_jumps_is_another_face() -> None:
    subject = Subject(run_of(Challenge.TURN_LEFT))
    subject.rest()
    assert subject.show(25.0, x_px=320 + 2 * 80) is Progress.BROKEN


@pytest.mark.parametrize("gap_s", [1.5, -0.5])
def test_a_gap_in_time_breaks_the_movement(gap_s: float) -> None:
    subject = Subject(run_of(Challenge.TURN_LEFT))
    subject.rest()
    subject.t_s += gap_s
    assert subject.show(25.0) is Progress.BROKEN


def test_a_face_that_cannot_be_followed_is_asked_anew() -> None:
    run = run_of(Challenge.TURN_LEFT)
    subject = Subject(run)
    subject.rest()
    asked_s = run.asked_s
    for _ in range(round(1.3 * FPS)):
        run.update(Pose(subject.t_s, 0.0, 0.5, 80.0, 320.0, 240.0), None)
        subject.t_s += 1 / FPS
    assert run.asked_s != asked_s or run.asked is None


def wait(subject: Subject) -> float:
    """Stand still until something is asked; returns how long the pause was."""
    paused = [subject.show() is Progress.PAUSED]
    while subject.run.asked is None:
        paused.append(subject.show() is Progress.PAUSED)
    return sum(paused) / FPS


def fail_by(how: str, subject: Subject, patience: Patience) -> Subject:
    """Let the sequence that has just been asked come to nothing."""
    match how:
        case "wrong":
            subject.rest(0.3)  # to read what is asked
            assert subject.make(Challenge.TURN_RIGHT) is Progress.WRONG
        case "time":
            while subject.show() is not Progress.TIMED_OUT:
                pass
        case "jump":
            assert subject.show(x_px=600.0) is Progress.BROKEN
            subject.show()
        case _:
            subject.run.leave()
            begun_anew = Subject(ChallengeRun(Drawn(Challenge.TURN_LEFT), 5.0, 1, patience))
            begun_anew.t_s = subject.t_s + 1.0
            return begun_anew
    return subject


@pytest.mark.parametrize("how", ["wrong", "time", "jump", "leave"])
def test_however_sequences_come_to_nothing_the_third_brings_a_pause_and_then_there_is_another_chance(how: str) -> None:
    patience = Patience()
    subject = Subject(ChallengeRun(Drawn(Challenge.TURN_LEFT), 5.0, 1, patience))
    for _ in range(3):
        assert wait(subject) == 0
        subject = fail_by(how, subject, patience)
    assert wait(subject) == pytest.approx(lc.PAUSE_S, abs=1.5)
    assert subject.run.length == lc.MAX_MOVEMENTS
    assert subject.obey() is Progress.PASSED


def test_pauses_grow_and_are_forgiven_with_time() -> None:
    patience = Patience()
    pauses = []
    subject = Subject(ChallengeRun(Drawn(Challenge.TURN_LEFT), 5.0, 1, patience))
    for _ in range(12):
        pauses.append(wait(subject))
        subject = fail_by("wrong", subject, patience)
    assert pauses[:3] == [0, 0, 0]
    assert pauses[3:] == sorted(pauses[3:])
    assert pauses[-1] == pytest.approx(lc.LONGEST_PAUSE_S, abs=1.5)
    subject.t_s += 10 * lc.FORGIVE_S
    subject.run.leave()
    rested = Subject(ChallengeRun(Drawn(Challenge.TURN_LEFT), 5.0, 1, patience))
    rested.t_s = subject.t_s
    assert wait(rested) == 0
    assert rested.run.length == 1


@pytest.mark.parametrize("leave", [True, False])
def test_an_hour_of_trying_gives_a_forger_about_one_sequence_a_minute(leave: bool) -> None:
    """He has a recording of one sequence, and looks at what is asked first: another, and he steps out or waits."""
    patience, lengths, t_s = Patience(), [], 0.0
    while t_s < 3600.0:
        subject = Subject(ChallengeRun(Drawn(Challenge.TURN_LEFT), 5.0, 3, patience))
        subject.t_s = t_s
        wait(subject)
        lengths.append(subject.run.length)
        t_s = fail_by("leave" if leave else "time", subject, patience).t_s
    assert len(lengths) < 75
    assert set(lengths[3:]) == {lc.MAX_MOVEMENTS}


def test_a_queue_of_people_who_mostly_manage_meets_no_pause() -> None:
    patience, t_s = Patience(), 0.0
    for number in range(60):
        subject = Subject(ChallengeRun(Drawn(Challenge.TURN_LEFT), 5.0, 2, patience))
        subject.t_s = t_s
        assert wait(subject) == 0
        if number % 3 == 0:
            subject = fail_by("wrong", subject, patience)
        assert subject.obey() is Progress.PASSED
        t_s = subject.t_s + 2.0


def test_a_challenge_that_was_passed_is_not_one_that_came_to_nothing() -> None:
    patience = Patience()
    subject = Subject(ChallengeRun(Drawn(Challenge.TURN_LEFT), 5.0, 1, patience))
    assert subject.obey() is Progress.PASSED
    subject.run.leave()
    assert not patience.lost(subject.t_s)
    patience.count(subject.t_s, passed=False)
    patience.count(subject.t_s, passed=False)
    assert not patience.lost(subject.t_s)


def test_sequences_are_drawn_evenly_and_with_repetition() -> None:
    firsts: dict[tuple[Challenge, ...], int] = {}
    chance = random.Random(4)
    for _ in range(1800):
        run = ChallengeRun(chance, 5.0, 2)
        proving = tuple(kind for kind in run._draw(0.0) if kind is not Challenge.COME_CLOSER)
        firsts[proving] = firsts.get(proving, 0) + 1
    assert len(firsts) == 9
    assert all(130 < count < 275 for count in firsts.values())


@given(
    st.integers(0, 2**32),
    st.lists(st.tuples(st.floats(-40, 40), st.floats(-30, 30), st.floats(40, 160), st.floats(0, 400)), max_size=120),
)
def test_without_relief_nothing_passes_and_nothing_fails(
    seed: int, frames: list[tuple[float, float, float, float]]
) -> None:
    run = ChallengeRun(random.Random(seed), 5.0, 2)
    for i, (yaw, pitch, scale, x) in enumerate(frames):
        pose = Pose(i / FPS, 0.45 * math.sin(math.radians(yaw)), 0.5 + pitch / 100, scale, x, 200.0)
        assert run.update(pose, None) not in {Progress.PASSED, Progress.WRONG}


def test_the_pose_does_not_depend_on_place_size_or_tilt() -> None:
    marks = np.array([[400.0, 200.0], [372.0, 202.0], [300.0, 200.0], [328.0, 202.0], [360.0, 255.0]])
    angle = math.radians(20)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    plain, moved = pose_of(face_at(marks), 0.0), pose_of(face_at(0.7 * marks @ turn.T + 31.0), 0.0)
    assert plain is not None
    assert moved is not None
    assert plain.yaw > 0  # the nose lies to the picture's right
    assert moved.yaw == pytest.approx(plain.yaw, abs=1e-4)
    assert moved.pitch == pytest.approx(plain.pitch, abs=1e-4)
    assert moved.scale_px == pytest.approx(0.7 * plain.scale_px, rel=1e-4)


@pytest.mark.parametrize("bad", [np.full((5, 2), np.nan), np.zeros((5, 2))])
def test_landmarks_that_say_nothing_have_no_pose(bad: np.ndarray) -> None:
    face = face_at(np.array([[400.0, 200.0], [372.0, 202.0], [300.0, 200.0], [328.0, 202.0], [360.0, 255.0]]))
    assert pose_of(type(face)(face.box_px, bad.astype(np.float32), face.quality), 0.0) is None
