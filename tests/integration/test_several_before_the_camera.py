"""More than one person before the terminal: the event belongs to the right one, or there is none.

Real frames, dlib's recogniser, the encounter and a journal on disk: a living man (a clip) and a still portrait, joined
into one picture. There are no children in the demo's pictures: a small face stands for one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

import cv2
import numpy as np
import pytest
from PIL import Image

from demo import faces
from kiosk import config
from kiosk.face import open_engine
from kiosk.journal.outbox import SqliteOutbox
from kiosk.liveness import Liveness
from kiosk.matcher import Matcher
from kiosk.model import Frame, PersonId, RgbImage, Template
from kiosk.parts import judge_of
from kiosk.ports import FaceEngine
from kiosk.replay import ReplayCamera
from kiosk.terminal import encounter as enc
from kiosk.terminal.clerk import Office
from kiosk.terminal.encounter import Button, Phase
from kiosk.terminal.recognise import SAME_TRACK_S, Recogniser
from tests.integration.test_terminal import SNAPSHOT, Rig, outbox
from tests.unit.kiosk.factories import SETTINGS, person

__all__ = ["outbox"]

MAN, WOMAN = "p-1", "p-2"
STEP_S = 0.25
ENROLLED = 3
"""Frames of each that they are enrolled from."""

Frames = list[RgbImage]
Place = tuple[int, int, int]
"""Left and top edge and height of a picture in the frame, px."""


@pytest.fixture(scope="module")
def man() -> Frames:
    """He talks; as large as 640x480 would show him, and what is beside him cut off."""
    try:
        clip = ReplayCamera(faces.talking_man(), 640, 480, 30.0, end_s=1.3, paced=False)
        clip.open()
    except faces.DemoMissing as missing:
        pytest.skip(str(missing))
    try:
        return [clip.read().rgb[:, 130:450] for _ in range(39)][::3]
    finally:
        clip.close()


@pytest.fixture(scope="module")
def woman() -> RgbImage:
    """A portrait, which does not move."""
    try:
        path = faces.astronaut()
    except faces.DemoMissing as missing:
        pytest.skip(str(missing))
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))[0:260, 90:350]


def scene(*shown: tuple[RgbImage, Place]) -> RgbImage:
    """A frame with these pictures on a grey wall, the later ones before the earlier."""
    wall = np.full((480, 640, 3), 110, np.uint8)
    for picture, (left, top, height) in shown:
        width = round(height * picture.shape[1] / picture.shape[0])
        scaled = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)[: 480 - top, : 640 - left]
        wall[top : top + scaled.shape[0], left : left + scaled.shape[1]] = scaled
    return wall


ALONE, LEFT, RIGHT = (30, 0, 480), (0, 0, 480), (320, 0, 440)
SMALL_BESIDE, BEHIND = (450, 250, 190), (400, 0, 230)


class Before:
    """The terminal, and what stands before it: a picture each STEP_S. `policy`: of the evidence of life."""

    def __init__(self, engine: FaceEngine, matcher: Matcher, outbox: SqliteOutbox, policy: str) -> None:
        self.rig = Rig(outbox)
        people = {each.person_id: each for each in (person(MAN), person(WOMAN, nip="198001012005012002"))}
        self.rig.clerk.office = Office(replace(SNAPSHOT, people=people), connected=True)
        judge, liveness = judge_of(config.load()), Liveness(policy)
        most, least = SETTINGS.max_frames, SETTINGS.min_frames
        self.recogniser = Recogniser(engine, matcher, liveness, judge, most, min_frames=least)
        self.seq = 0

    @property
    def phase(self) -> Phase:
        return self.rig.terminal.encounter.phase

    def show(self, picture: RgbImage) -> Phase:
        self.seq += 1
        self.rig.clock.s += STEP_S
        sighting = self.recogniser.see(Frame(picture, self.seq, self.rig.clock.s), self.rig.clock.monotonic_s)
        self.rig.terminal.sighted(enc.Saw(sighting), {})
        return self.rig.settle()

    def until(self, wanted: Phase, pictures: Iterator[RgbImage], most: int = 40) -> None:
        for _ in range(most):
            if self.show(next(pictures)) is wanted:
                return
        pytest.fail(f"{self.phase} in place of {wanted}")

    def name(self) -> PersonId | None:
        prospect = self.rig.terminal.encounter.prospect
        return None if prospect is None else prospect.person.person_id

    def recorded(self) -> list[str]:
        with sqlite3.connect(self.rig.outbox.path) as journal:
            bodies = [json.loads(body) for (body,) in journal.execute("SELECT body FROM events ORDER BY id")]
        return [body["presence"]["person_id"] for body in bodies if body["kind"] == "presence"]


@pytest.fixture(scope="module")
def engine() -> FaceEngine:
    return open_engine("auto", follow=False)


@pytest.fixture(scope="module")
def matcher(engine: FaceEngine, man: Frames, woman: RgbImage) -> Matcher:
    enrolled = {MAN: [scene((each, ALONE)) for each in man[1 : 1 + ENROLLED]], WOMAN: [scene((woman, ALONE))]}
    templates = [
        Template(f"{who}-{number}", PersonId(who), engine.describe(picture, engine.faces(picture)[0], 4))
        for who, pictures in enrolled.items()
        for number, picture in enumerate(pictures)
    ]
    return Matcher(templates, model_id=engine.model_id)


@pytest.fixture(scope="module")
def following() -> FaceEngine:
    """As the terminal's: it looks on where a face was."""
    return open_engine("auto")


@pytest.fixture
def before(following: FaceEngine, matcher: Matcher, outbox: SqliteOutbox) -> Before:
    started = Before(following, matcher, outbox, "off")
    for _ in range(4):
        started.show(scene())  # nobody of the test before is there any more
    return started


def beside(man: Frames, *others: tuple[RgbImage, Place], at: Place = LEFT) -> Iterator[RgbImage]:
    """The man moves on from picture to picture; nobody else does."""
    return (scene((each, at), *others) for each in cycle(man))


def test_two_who_are_as_near_are_asked_to_come_one_by_one_and_none_is_recorded(
    before: Before, man: Frames, woman: RgbImage
) -> None:
    both = beside(man, (woman, RIGHT))
    for _ in range(24):
        before.show(next(both))
        assert before.name() is None
    assert before.recorded() == []
    before.until(Phase.RECORDED, beside(man, at=ALONE))
    assert before.recorded() == [MAN], "once the other one has stepped aside"


@pytest.mark.parametrize("place", [SMALL_BESIDE, BEHIND], ids=["a child beside", "a poster behind"])
def test_a_smaller_face_takes_nothing_from_whoever_stands_before_it(
    before: Before, man: Frames, woman: RgbImage, place: Place
) -> None:
    before.until(Phase.RECORDED, beside(man, (woman, place)))
    assert before.recorded() == [MAN]


def test_whoever_is_nearest_is_meant_and_not_the_one_far_behind(before: Before, man: Frames, woman: RgbImage) -> None:
    before.until(Phase.RECORDED, beside(man, (woman, ALONE), at=(400, 0, 200)))
    assert before.recorded() == [WOMAN]


def test_whoever_leaves_during_the_countdown_having_seen_the_name_is_recorded(before: Before, man: Frames) -> None:
    before.until(Phase.CONFIRM, beside(man, at=ALONE))
    assert before.name() == MAN
    before.until(Phase.RECORDED, cycle([scene()]))
    assert before.recorded() == [MAN]


def test_whoever_leaves_before_there_is_a_name_is_not(before: Before, man: Frames) -> None:
    before.until(Phase.IDENTIFYING, beside(man, at=ALONE))
    before.until(Phase.IDLE, cycle([scene()]))
    for _ in range(20):
        before.show(scene())
    assert before.recorded() == []


@pytest.mark.parametrize("gap", [0, 2], ids=["at once", "after a moment"])
def test_who_steps_in_during_the_countdown_is_recorded_after_and_as_oneself(
    before: Before, man: Frames, woman: RgbImage, gap: int
) -> None:
    before.until(Phase.CONFIRM, beside(man, at=ALONE))
    for _ in range(gap):
        before.show(scene())
    portrait = cycle([scene((woman, ALONE))])
    before.until(Phase.RECORDED, portrait)
    assert before.recorded() == [MAN], "his name was on the screen, and it stays his"
    before.until(Phase.CONFIRM, portrait)
    assert before.name() == WOMAN
    before.until(Phase.RECORDED, portrait)
    assert before.recorded() == [MAN, WOMAN]


def test_the_next_one_is_another_at_the_first_frame_where_the_last_one_stood_a_moment_ago(
    before: Before, man: Frames, woman: RgbImage
) -> None:
    before.until(Phase.RECORDED, beside(man, at=ALONE))
    last = before.rig.terminal.sighting
    before.show(scene())
    before.show(scene((woman, ALONE)))
    now = before.rig.terminal.sighting
    assert now.t_s - last.t_s < SAME_TRACK_S, "too soon to be another one for the time alone"
    assert now.track not in (0, last.track)


def test_who_steps_in_and_says_not_me_leaves_no_event_of_either(before: Before, man: Frames, woman: RgbImage) -> None:
    before.until(Phase.CONFIRM, beside(man, at=ALONE))
    before.show(scene((woman, ALONE)))
    before.rig.terminal.press(Button.NOT_ME)
    assert before.rig.settle() is Phase.REFUSED_BY_PERSON
    assert before.recorded() == []


def test_who_steps_in_before_there_is_a_name_is_never_mixed_with_the_first(
    before: Before, man: Frames, woman: RgbImage
) -> None:
    before.until(Phase.IDENTIFYING, beside(man, at=ALONE))
    before.until(Phase.RECORDED, cycle([scene((woman, ALONE))]))
    assert before.recorded() == [WOMAN]


def test_a_large_poster_of_a_colleague_is_asked_for_life_and_is_nobodys_event(
    following: FaceEngine, matcher: Matcher, outbox: SqliteOutbox, woman: RgbImage
) -> None:
    wall = Before(following, matcher, outbox, "challenge-when-in-doubt")
    for _ in range(24):
        wall.show(scene((woman, ALONE)))
        assert wall.name() is None
    assert wall.recorded() == []
