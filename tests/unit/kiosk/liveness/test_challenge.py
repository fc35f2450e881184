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

    def show(self, yaw: float = 0.0, pitch: float = 0.0, *, x_px: float = 320.0, good: bool = True) -> Progress:
        u, v = math.sin(math.radians(yaw)), math.sin(math.radians(pitch))
        pose = Pose(self.t_s, 0.45 * u, 0.5 + 0.3 * v, self.scale_px, x_px, 240.0)
        relief = None
        if self._reference is not None and self._reference[0] == self.run.asked_s:
            turn, nod = (0.0, 0.0) if self.flat else (u - self._reference[1], v - self._reference[2])
            relief = Relief(turn, nod, 0.01, 1.0, 0.01, 80, 1.0)
        progress = self.run.update(pose, relief, good=good)
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


def test_no_movement_is_asked_of_a_face_that_is_not_known_by_the_frame() -> None:
    subject = Subject(run_of(Challenge.TURN_LEFT))
    assert {subject.show(good=False) for _ in range(FPS)} == {Progress.SETTLING}
    assert subject.show() is Progress.ASKED, "it has come to rest long ago"


def test_a_movement_may_be_made_where_nobody_is_known_by_the_frames() -> None:
    subject = Subject(run_of(Challenge.TURN_LEFT))
    subject.rest()
    yaw, _ = ANGLES[Challenge.TURN_LEFT]
    seen = [subject.show(yaw * share, good=False) for share in (0.2, 0.4, 0.6, 0.8, 1.0, 1.0)]
    assert Progress.PASSED in seen


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


# ---------------------------------------------------------------- the thresholds, each from both sides


def at(
    t_s: float, yaw: float = 0.0, pitch: float = 0.5, scale_px: float = 80.0, x: float = 320.0, y: float = 240.0
) -> Pose:
    return Pose(t_s, yaw, pitch, scale_px, x, y)


def moved(turn: float = 0.0, nod: float = 0.0, error: float = 0.01) -> Relief:
    return Relief(turn, nod, error, 1.0, 0.01, 80, 1.0)


STILL = moved()


def asked_now(*kinds: Challenge, closer: bool = False, patience: Patience | None = None) -> ChallengeRun:
    """A run whose first movement is asked at 0 s, of a face that rests at `at(0.0)`."""
    run = ChallengeRun(Drawn(*kinds, closer=closer), 5.0, len(kinds), patience)
    assert [run.update(at(t_s), None) for t_s in (-0.3, -0.15, 0.0)] == [
        Progress.SETTLING,
        Progress.SETTLING,
        Progress.ASKED,
    ]
    assert run.asked_s == 0.0
    return run


@pytest.mark.parametrize(
    ("asked", "yaw", "relief", "outcome"),
    [
        (Challenge.TURN_LEFT, 0.02, moved(0.25), Progress.PASSED),  # just far enough
        (Challenge.TURN_LEFT, 0.02, moved(0.249), Progress.ASKED),
        (Challenge.TURN_LEFT, 0.019, moved(0.25), Progress.ASKED),  # the landmarks do not agree
        (Challenge.TURN_LEFT, -0.1, moved(0.5), Progress.ASKED),  # … or say the opposite
        (Challenge.TURN_LEFT, 0.1, moved(0.375, error=0.125), Progress.PASSED),  # three times its error
        (Challenge.TURN_LEFT, 0.1, moved(0.375, error=0.126), Progress.ASKED),
        (Challenge.TURN_LEFT, 0.1, moved(0.25, nod=0.18), Progress.PASSED),  # as much a nod as a turn is a turn
        (Challenge.TURN_LEFT, 0.1, moved(0.25, nod=0.181), Progress.ASKED),
        (Challenge.TURN_LEFT, -0.1, moved(-0.35), Progress.WRONG),  # the other way, clearly
        (Challenge.TURN_LEFT, -0.1, moved(-0.349), Progress.ASKED),  # not clearly
        (Challenge.TURN_LEFT, 0.1, None, Progress.ASKED),
        (Challenge.TURN_RIGHT, -0.02, moved(-0.25), Progress.PASSED),
        (Challenge.TURN_RIGHT, -0.019, moved(-0.25), Progress.ASKED),
        (Challenge.NOD, 0.0, moved(nod=0.18), Progress.PASSED),
        (Challenge.NOD, 0.0, moved(nod=-0.18), Progress.PASSED),  # up or down
        (Challenge.NOD, 0.0, moved(nod=0.179), Progress.ASKED),
        (Challenge.NOD, 0.0, moved(nod=0.375, error=0.125), Progress.PASSED),
        (Challenge.NOD, 0.0, moved(nod=0.375, error=0.126), Progress.ASKED),
        (Challenge.NOD, 0.1, moved(0.35, nod=0.1), Progress.WRONG),
        (Challenge.NOD, 0.1, moved(0.349, nod=0.1), Progress.ASKED),
        (Challenge.TURN_LEFT, 0.0, moved(nod=0.252), Progress.WRONG),
        (Challenge.TURN_LEFT, 0.0, moved(nod=0.251), Progress.ASKED),
    ],
)
def test_how_far_a_movement_must_go(asked: Challenge, yaw: float, relief: Relief | None, outcome: Progress) -> None:
    run = asked_now(asked)
    assert run.update(at(0.5, yaw), relief) is Progress.ASKED, "one frame decides nothing"
    assert run.update(at(0.6, yaw), relief) is outcome


@pytest.mark.parametrize(("scale_px", "outcome"), [(96.0, Progress.SETTLING), (95.9, Progress.ASKED)])
def test_how_near_a_step_closer_must_come(scale_px: float, outcome: Progress) -> None:
    run = asked_now(Challenge.NOD, closer=True)
    assert run.asked is Challenge.COME_CLOSER
    run.update(at(0.5, scale_px=scale_px), None)
    assert run.update(at(0.6, scale_px=scale_px), None) is outcome


@pytest.mark.parametrize("relief", [moved(0.3), moved(-0.4)])
def test_a_movement_is_seen_in_two_frames_in_a_row(relief: Relief) -> None:
    run = asked_now(Challenge.TURN_LEFT)
    yaw = math.copysign(0.1, relief.turn)
    for t_s, seen in ((0.5, relief), (0.6, STILL), (0.7, relief), (0.8, STILL)):
        assert run.update(at(t_s, yaw), seen) is Progress.ASKED


def test_two_frames_in_a_row_are_enough_after_one_alone() -> None:
    run = asked_now(Challenge.TURN_LEFT)
    seen = [run.update(at(t_s, 0.1), relief) for t_s, relief in ((0.5, moved(0.3)), (0.6, STILL), (0.7, moved(0.3)))]
    assert seen == [Progress.ASKED] * 3
    assert run.update(at(0.8, 0.1), moved(0.3)) is Progress.PASSED


@pytest.mark.parametrize(
    ("yaw", "pitch", "outcome"),
    [
        (0.1, 0.0, Progress.ASKED),
        (-0.1, 0.0, Progress.SETTLING),
        (0.1, 0.07, Progress.ASKED),
        (0.1, -0.07, Progress.ASKED),
    ],
)
def test_a_head_that_rests_aside_turns_and_comes_back_from_there(yaw: float, pitch: float, outcome: Progress) -> None:
    run = ChallengeRun(Drawn(Challenge.TURN_LEFT, Challenge.NOD), 5.0, 2)
    for t_s in (-0.3, -0.15, 0.0):
        run.update(at(t_s, 0.1, 0.0), None)
    assert [run.update(at(t_s, 0.119, 0.0), moved(0.3)) for t_s in (0.5, 0.6)] == [Progress.ASKED] * 2
    run.update(at(0.7, 0.121, 0.0), moved(0.3))
    assert run.update(at(0.8, 0.121, 0.0), moved(0.3)) is Progress.SETTLING
    assert [run.update(at(t_s, yaw, pitch), STILL) for t_s in (1.3, 1.45, 1.6)][-1] is outcome


@pytest.mark.parametrize(("t_s", "outcome"), [(0.2, Progress.ASKED), (0.199, Progress.BROKEN)])
def test_how_fast_a_person_may_answer(t_s: float, outcome: Progress) -> None:
    assert asked_now(Challenge.TURN_LEFT).update(at(t_s, 0.1), moved(0.3)) is outcome


def test_a_face_may_be_lost_for_a_second_after_it_was_last_followed() -> None:
    run = asked_now(Challenge.TURN_LEFT)
    assert run.update(at(0.5), None) is Progress.ASKED
    assert run.update(at(1.0), None) is Progress.ASKED
    assert run.update(at(1.0), STILL) is Progress.ASKED  # followed again: the second counts from here
    assert run.update(at(1.9), None) is Progress.ASKED
    assert run.update(at(2.0), None) is Progress.ASKED
    assert run.update(at(2.01), None) is Progress.BROKEN
    assert asked_lost_from_the_start() is Progress.BROKEN


def asked_lost_from_the_start() -> Progress:
    run = asked_now(Challenge.TURN_LEFT)
    run.update(at(0.9), None)
    return run.update(at(1.01), None)


def test_the_time_for_a_movement_is_up_after_and_not_at_its_end() -> None:
    run = asked_now(Challenge.TURN_LEFT)
    for half_seconds in range(1, 11):
        assert run.update(at(half_seconds / 2), STILL) is Progress.ASKED
    assert run.update(at(5.01), STILL) is Progress.TIMED_OUT


@pytest.mark.parametrize(
    ("pose", "outcome"),
    [
        (at(0.5, x=320 + 96), Progress.ASKED),  # 1.2 eye distances
        (at(0.5, x=320 - 96), Progress.ASKED),
        (at(0.5, x=320 + 96.1), Progress.BROKEN),
        (at(0.5, y=240 + 96), Progress.ASKED),
        (at(0.5, y=240 - 96.1), Progress.BROKEN),
        (at(0.5, x=320 + 60, y=240 + 80), Progress.BROKEN),
        (at(0.5, scale_px=120.0), Progress.ASKED),  # half as large again
        (at(0.5, scale_px=120.1), Progress.BROKEN),
        (at(0.5, scale_px=53.4), Progress.ASKED),
        (at(0.5, scale_px=53.3), Progress.BROKEN),
        (at(0.5, x=320 + 90, scale_px=60.0), Progress.ASKED),  # in distances of the eyes as they were
        (at(1.0), Progress.ASKED),  # out of sight for a second
        (at(1.01), Progress.BROKEN),
        (at(0.0), Progress.ASKED),
        (at(-0.01), Progress.BROKEN),
    ],
)
def test_how_far_a_face_may_jump_between_two_frames(pose: Pose, outcome: Progress) -> None:
    run = asked_now(Challenge.TURN_LEFT)
    assert run.update(pose, STILL) is outcome
    assert (run.asked is None) is (outcome is Progress.BROKEN)


@pytest.mark.parametrize(
    ("poses", "outcome"),
    [
        ([at(-0.3), at(-0.15), at(0.0)], Progress.ASKED),
        ([at(-0.299), at(-0.15), at(0.0)], Progress.SETTLING),  # not still for long enough
        ([at(-0.5), at(0.0)], Progress.SETTLING),  # one picture is no rest
        ([at(-0.6), at(-0.1), at(0.0)], Progress.ASKED),  # twice as long ago is still seen
        ([at(-0.61), at(-0.1), at(0.0)], Progress.SETTLING),
        ([at(-0.3, 0.07), at(-0.15), at(0.0)], Progress.SETTLING),  # the first moment counts
        ([at(-0.31), at(-0.15), at(0.0)], Progress.ASKED),  # what was before it is kept for its age alone
        ([at(-0.5, 0.4, 0.9), at(-0.3), at(-0.15), at(0.0)], Progress.ASKED),  # … and not for its pose
        ([at(-0.3), at(-0.15, 0.06), at(0.0)], Progress.ASKED),  # still to 0.06
        ([at(-0.3), at(-0.15, 0.061), at(0.0)], Progress.SETTLING),
        ([at(-0.3, pitch=0.0), at(-0.15, pitch=0.1), at(0.0, pitch=0.0)], Progress.ASKED),
        ([at(-0.3, pitch=0.0), at(-0.15, pitch=0.101), at(0.0, pitch=0.0)], Progress.SETTLING),
        ([at(-0.3, 0.15), at(-0.15, 0.15), at(0.0, 0.15)], Progress.ASKED),  # aside, as a camera may hang
        ([at(-0.3, -0.15), at(-0.15, -0.15), at(0.0, -0.15)], Progress.ASKED),
        ([at(-0.3, 0.151), at(-0.15, 0.151), at(0.0, 0.151)], Progress.SETTLING),
        ([at(-0.3, -0.151), at(-0.15, -0.151), at(0.0, -0.151)], Progress.SETTLING),
    ],
)
def test_what_counts_as_rest(poses: list[Pose], outcome: Progress) -> None:
    run = ChallengeRun(Drawn(Challenge.NOD), 5.0, 1)
    assert [run.update(pose, None) for pose in poses][-1] is outcome


def between_two() -> ChallengeRun:
    """The first of two movements was made just now, at 0.6 s."""
    run = asked_now(Challenge.TURN_LEFT, Challenge.NOD)
    run.update(at(0.5, 0.1), moved(0.3))
    assert run.update(at(0.6, 0.1), moved(0.3)) is Progress.SETTLING
    return run


@pytest.mark.parametrize(
    ("yaw", "pitch", "relief", "outcome"),
    [
        (0.0, 0.5, STILL, Progress.ASKED),
        (0.0, 0.5, None, Progress.ASKED),  # lost on the way back: the landmarks say it
        (0.08, 0.5, STILL, Progress.ASKED),
        (-0.08, 0.5, STILL, Progress.ASKED),
        (0.081, 0.5, STILL, Progress.SETTLING),
        (-0.081, 0.5, STILL, Progress.SETTLING),
        (0.0, 0.569, STILL, Progress.ASKED),
        (0.0, 0.431, STILL, Progress.ASKED),
        (0.0, 0.571, STILL, Progress.SETTLING),
        (0.0, 0.429, STILL, Progress.SETTLING),
        (0.0, 0.5, moved(0.1), Progress.ASKED),
        (0.0, 0.5, moved(-0.101), Progress.SETTLING),
        (0.0, 0.5, moved(nod=0.072), Progress.ASKED),
        (0.0, 0.5, moved(nod=-0.0721), Progress.SETTLING),
    ],
)
def test_where_the_head_must_be_back(yaw: float, pitch: float, relief: Relief | None, outcome: Progress) -> None:
    run = between_two()
    assert [run.update(at(t_s, yaw, pitch), relief) for t_s in (1.0, 1.15, 1.3)][-1] is outcome
    assert run.asked is (Challenge.NOD if outcome is Progress.ASKED else None)


def test_one_frame_that_is_not_home_keeps_the_head_away() -> None:
    run = between_two()
    for t_s, seen in ((1.0, STILL), (1.05, moved(0.2)), (1.15, STILL), (1.31, STILL)):
        assert run.update(at(t_s), seen) is Progress.SETTLING


EIGHTH_S = 0.125  # a time that is added up without an error


def test_after_a_second_of_rest_the_landmarks_are_enough() -> None:
    run = between_two()
    seen = [run.update(at(1.0 + n * EIGHTH_S), moved(0.2)) for n in range(12)]
    assert seen == [*[Progress.SETTLING] * 11, Progress.ASKED], "at rest from 1.375 s on, and a second"


def test_a_rest_that_was_broken_begins_again() -> None:
    run = between_two()
    for n in range(8):
        run.update(at(1.0 + n * EIGHTH_S), moved(0.2))
    run.update(at(2.0, 0.2), moved(0.2))
    seen = [run.update(at(2.0 + n * EIGHTH_S), moved(0.2)) for n in range(1, 12)]
    assert seen == [*[Progress.SETTLING] * 10, Progress.ASKED], "at rest when the frame at 2 s is 0.3 s old"


def test_after_a_frame_that_broke_it_only_what_follows_counts_as_rest() -> None:
    run = asked_now(Challenge.TURN_LEFT)
    assert run.update(at(0.1, 0.1), moved(0.3)) is Progress.BROKEN
    assert run.update(at(0.25, 0.1), None) is Progress.SETTLING
    assert run.update(at(0.4, 0.1), None) is Progress.ASKED


@pytest.mark.parametrize(("drawn", "closer"), [(0.0, True), (0.249, True), (0.25, False), (0.9, False)])
def test_a_quarter_of_the_sequences_ask_to_come_closer_at_any_place(drawn: float, closer: bool) -> None:
    stops: list[int] = []

    class Last:
        """Draws the last of everything."""

        def randrange(self, stop: int, /) -> int:
            stops.append(stop)
            return stop - 1

        def random(self) -> float:
            return drawn

    run = ChallengeRun(Last(), 5.0, 2)
    sequence = run._draw(0.0)
    assert sequence == [Challenge.NOD, Challenge.NOD, *([Challenge.COME_CLOSER] if closer else [])]
    assert stops == [3, 3, *([3] if closer else [])]


def test_each_wrong_sequence_adds_a_movement_up_to_four() -> None:
    run = asked_now(Challenge.TURN_LEFT)
    lengths = []
    for n in range(1, 6):
        assert run.reject(at(float(n))) is Progress.WRONG
        run._draw(10_000.0)  # long after, so that patience asks for no more by itself
        lengths.append(run.length)
    assert lengths == [2, 3, 4, 4, 4]
    assert run.wrong == 5


# ---------------------------------------------------------------- patience, by the clock


def after(*ends: tuple[float, bool]) -> Patience:
    patience = Patience()
    for t_s, passed in ends:
        patience.count(t_s, passed=passed)
    return patience


VAIN, PASS = False, True


@pytest.mark.parametrize(
    ("ends", "paused"),
    [
        ([(0.0, VAIN)] * 2, None),
        ([(0.0, VAIN)] * 3, (0.0, 10.0)),
        ([(0.0, VAIN)] * 4, (0.0, 20.0)),
        ([(0.0, VAIN)] * 5, (0.0, 40.0)),
        ([(0.0, VAIN)] * 6, (0.0, 60.0)),  # the longest
        ([(0.0, VAIN)] * 9, (0.0, 60.0)),
        ([(0.0, VAIN), (0.0, VAIN), (30.0, VAIN)], (30.0, 40.0)),  # half of one is forgiven in half a minute: 2.5
        ([(0.0, VAIN), (0.0, VAIN), (30.1, VAIN)], None),
        ([(0.0, VAIN), (0.0, VAIN), (0.0, VAIN), (30.0, VAIN)], (30.0, 50.0)),  # 3.5
        ([(0.0, VAIN), (0.0, VAIN), (0.0, PASS), (0.0, VAIN)], None),  # one that is passed makes good for one
        ([(0.0, PASS), (0.0, PASS), (0.0, VAIN), (0.0, VAIN), (0.0, VAIN)], (0.0, 10.0)),  # but none is saved up
        ([(0.0, VAIN), (600.0, VAIN), (600.0, VAIN), (600.0, VAIN)], (600.0, 610.0)),  # nor forgiven ahead
        ([(0.0, VAIN)] * 4 + [(0.0, PASS)], (0.0, 20.0)),  # a pass begins no pause
        ([(0.0, VAIN)] * 4 + [(0.0, PASS), (1.0, VAIN)], (1.0, 21.0)),  # and makes good for no more than one
    ],
)
def test_how_long_a_pause_is(ends: list[tuple[float, bool]], paused: tuple[float, float] | None) -> None:
    patience = after(*ends)
    found = (patience.paused_from_s, patience.paused_until_s)
    assert found == (paused or (-math.inf, -math.inf))


@pytest.mark.parametrize(
    ("ends", "t_s", "lost"),
    [
        ([(0.0, VAIN)] * 2, 0.0, False),
        ([(0.0, VAIN)] * 3, 0.0, True),
        ([(0.0, VAIN)] * 3, 30.0, True),
        ([(0.0, VAIN)] * 3, 30.1, False),
        # a clock that went back forgives nothing, and takes nothing back
        ([(0.0, VAIN), (0.0, VAIN), (30.0, VAIN)], 0.0, True),
        ([(0.0, VAIN), (0.0, VAIN), (30.6, VAIN)], 0.0, False),
    ],
)
def test_when_sequences_are_long(ends: list[tuple[float, bool]], t_s: float, lost: bool) -> None:
    assert after(*ends).lost(t_s) is lost


def test_a_pause_holds_from_its_first_moment_to_before_its_last() -> None:
    patience = after(*[(0.0, VAIN)] * 3)
    run = ChallengeRun(Drawn(Challenge.NOD), 5.0, 1, patience)
    seen = [run.update(at(t_s), None) for t_s in (-0.1, 0.0, *range(1, 10), 9.5, 9.75, 9.9, 10.0)]
    assert seen == [Progress.SETTLING, *[Progress.PAUSED] * 13, Progress.ASKED]
    assert run.length == 4


# ---------------------------------------------------------------- the pose, by hand


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        # eyes from x 300 to 400, a little below at their inner ends; the nose 10 to the right and 54 below the middle
        ([[400, 200], [372, 202], [300, 200], [328, 202], [360, 255]], (0.1, 0.54, 100.0, 350.0, 201.0)),
        # the same turned by a right angle: what was right is down, what was below is left
        ([[200, 400], [198, 372], [200, 300], [198, 328], [145, 360]], (0.1, 0.54, 100.0, 199.0, 350.0)),
        ([[102, 50], [102, 50], [100, 50], [100, 50], [101, 51]], (0.0, 0.5, 2.0, 101.0, 50.0)),  # as small as can be
    ],
)
def test_the_pose_by_hand(marks: list[list[float]], expected: tuple[float, ...]) -> None:
    pose = pose_of(face_at(np.array(marks, dtype=np.float32)), 1.5)
    assert pose is not None
    assert (pose.yaw, pose.pitch, pose.scale_px, pose.x_px, pose.y_px) == pytest.approx(expected, abs=1e-6)
    assert pose.t_s == 1.5


@pytest.mark.parametrize(
    "marks",
    [
        [[101.9, 50], [102, 50], [100, 50], [100, 50], [101, 51]],  # eyes less than two pixels apart
        [[400, 200], [372, 202], [300, 200], [328, 202]],
        [[400, 200], [372, 202], [300, 200], [328, 202], [360, math.inf]],
    ],
)
def test_marks_without_a_pose(marks: list[list[float]]) -> None:
    face = face_at(np.array([[400.0, 200.0], [372.0, 202.0], [300.0, 200.0], [328.0, 202.0], [360.0, 255.0]]))
    assert pose_of(type(face)(face.box_px, np.array(marks, dtype=np.float32), face.quality), 0.0) is None


def test_who_leaves_before_anything_was_asked_counts_only_where_a_start_is_a_try() -> None:
    for counts in (False, True):
        patience = Patience()
        for _ in range(3):
            subject = Subject(ChallengeRun(Drawn(Challenge.TURN_LEFT), 5.0, 1, patience))
            assert subject.show() is Progress.SETTLING
            subject.run.leave(unasked_counts=counts)
        assert patience.lost(subject.t_s) is counts


def test_who_leaves_when_something_was_asked_counts_once() -> None:
    patience = Patience()
    for _ in range(2):
        subject = Subject(ChallengeRun(Drawn(Challenge.TURN_LEFT), 5.0, 1, patience))
        wait(subject)
        subject.run.leave(unasked_counts=True)
    assert not patience.lost(subject.t_s)
