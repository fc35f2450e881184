"""A second camera that sees infrared: a face that it does not see is not alive. Real faces, and the real detector."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from demo import faces
from kiosk import config
from kiosk.errors import ModelError
from kiosk.face import open_engine
from kiosk.face.detector import HogDetector
from kiosk.liveness import InfraredWitness, Liveness
from kiosk.liveness.infrared import LOOKS_NEEDED, RECENT_S, UNSEEN
from kiosk.machine.lacks import Lacks
from kiosk.matcher import Matcher
from kiosk.model import Box, Face, LivenessVerdict, PersonId, RgbImage, Template
from kiosk.model import Liveness as State
from kiosk.parts import recogniser_opener
from kiosk.replay import ReplayCamera
from tests.unit.kiosk.liveness.presentations import QUALITY

HOG = HogDetector()
FRAME_S = 0.25
"""Longer than the witness waits between two looks."""
SIZE = (640, 480)


class Evidence:
    """The other evidence, which says what it is told to say."""

    def __init__(self) -> None:
        self.verdict = LivenessVerdict(State.LIVE, 0.9, "passive")
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def update(
        self,
        frame_rgb: RgbImage,
        face: Face,
        t_s: float,
        *,
        ask: bool = True,
        good: bool = True,
        infrared: RgbImage | None = None,
    ) -> LivenessVerdict:
        return self.verdict


def drawn(picture: RgbImage, width_px: int, middle: tuple[int, int]) -> RgbImage:
    """A frame with the face, so many pixels wide, in the middle of `middle`; grey around it."""
    face = cv2.resize(picture, (2 * width_px, 2 * width_px), interpolation=cv2.INTER_AREA)
    canvas = np.full((SIZE[1] + 800, SIZE[0] + 800, 3), 90, np.uint8)
    left, top = middle[0] - width_px + 400, middle[1] - width_px + 400
    canvas[top : top + 2 * width_px, left : left + 2 * width_px] = face
    return np.ascontiguousarray(canvas[400 : 400 + SIZE[1], 400 : 400 + SIZE[0]])


@pytest.fixture(scope="module", name="head")
def _head() -> RgbImage:
    """The astronaut's face with as much around it again."""
    whole = cv2.cvtColor(cv2.imread(str(faces.astronaut())), cv2.COLOR_BGR2RGB)
    found = max(HOG.search(whole, 640), key=lambda face: face.score).box
    reach = found.width
    x, y = (found.left + found.right) // 2, (found.top + found.bottom) // 2
    return np.asarray(whole[y - reach : y + reach, x - reach : x + reach], dtype=np.uint8)


def infrared_of(rgb: RgbImage) -> RgbImage:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), dtype=np.uint8)


FACE = Face(Box(235, 155, 405, 325), np.zeros((5, 2), np.float32), QUALITY)
"""170 px wide in the middle of the colour frame."""
MIDDLE = (320, 240)
COLOUR = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)


def stay(witness: InfraredWitness, seen: list[RgbImage | None], from_s: float = 0.0) -> list[State]:
    return [
        witness.update(COLOUR, FACE, from_s + i * FRAME_S, infrared=infrared).state for i, infrared in enumerate(seen)
    ]


def test_a_face_in_both_pictures_is_alive_after_a_few_looks_and_stays_so(head: RgbImage) -> None:
    infrared = infrared_of(drawn(head, 170, MIDDLE))
    witness = InfraredWitness(Evidence(), HOG)
    states = stay(witness, [infrared] * LOOKS_NEEDED + [None, None])
    assert states == [State.PENDING] * (LOOKS_NEEDED - 1) + [State.LIVE] * 3


# What stands in the infrared picture; whether it is the face of the other one.
CASES = {
    "the lenses are centimetres apart": (170, (400, 260), 1.0, True),
    "a camera of half the size": (170, MIDDLE, 0.5, True),
    "somebody two faces beside": (170, (320 + 340, 240), 1.0, False),
    "an accomplice far behind": (85, MIDDLE, 1.0, False),
    "somebody much nearer": (320, MIDDLE, 1.0, False),
}


@pytest.mark.parametrize("case", CASES)
def test_only_a_face_at_its_place_and_of_its_size_is_the_same(head: RgbImage, case: str) -> None:
    width_px, middle, scale, same = CASES[case]
    infrared = cv2.resize(infrared_of(drawn(head, width_px, middle)), None, fx=scale, fy=scale)
    states = stay(InfraredWitness(Evidence(), HOG), [infrared] * 6)
    assert (states[-1] is State.LIVE) is same


@pytest.mark.parametrize("level", [0, 255], ids=["a screen is dark", "sunlight blinds it"])
def test_a_picture_without_a_face_lets_nobody_pass_and_accuses_nobody(level: int) -> None:
    blank = np.full((480, 640, 3), level, np.uint8)
    witness = InfraredWitness(Evidence(), HOG)
    verdicts = [witness.update(COLOUR, FACE, i * FRAME_S, infrared=blank) for i in range(20)]
    assert {(each.state, each.reason) for each in verdicts} == {(State.PENDING, UNSEEN)}


def test_without_infrared_pictures_nobody_is_alive() -> None:
    assert set(stay(InfraredWitness(Evidence(), HOG), [None] * 6)) == {State.PENDING}


def test_a_look_in_a_frame_by_which_nobody_is_known_is_none(head: RgbImage) -> None:
    """A living accomplice who cannot be described, and a print that fades in infrared."""
    infrared = infrared_of(drawn(head, 170, MIDDLE))
    witness = InfraredWitness(Evidence(), HOG)
    for i in range(2 * LOOKS_NEEDED):
        witness.update(COLOUR, FACE, i * FRAME_S, good=False, infrared=infrared)
    at_s = 2 * LOOKS_NEEDED * FRAME_S
    states = stay(witness, [infrared] * LOOKS_NEEDED, at_s)
    assert states == [State.PENDING] * (LOOKS_NEEDED - 1) + [State.LIVE]


def test_who_was_seen_earlier_must_be_seen_still_when_it_is_decided(head: RgbImage) -> None:
    """A living accomplice shows his face, steps aside, and holds a telephone there."""
    infrared, dark = infrared_of(drawn(head, 170, MIDDLE)), np.zeros((480, 640, 3), np.uint8)
    evidence = Evidence()
    evidence.verdict = LivenessVerdict(State.PENDING, 0.5, "gathering")
    witness = InfraredWitness(evidence, HOG)
    stay(witness, [infrared] * 6)
    late = stay(witness, [dark] * 6, 6 * FRAME_S)
    evidence.verdict = LivenessVerdict(State.LIVE, 0.9, "passive")
    assert set(late) == {State.PENDING}
    assert set(stay(witness, [dark] * 3, 12 * FRAME_S + RECENT_S)) == {State.PENDING}
    assert stay(witness, [infrared], 30.0) == [State.LIVE]


def test_another_face_begins_anew(head: RgbImage) -> None:
    infrared = infrared_of(drawn(head, 170, MIDDLE))
    evidence = Evidence()
    witness = InfraredWitness(evidence, HOG)
    assert stay(witness, [infrared] * LOOKS_NEEDED)[-1] is State.LIVE
    witness.reset()
    assert evidence.resets == 2
    assert stay(witness, [infrared], 10.0) == [State.PENDING]


@pytest.mark.parametrize("state", [State.PENDING, State.CHALLENGE, State.ATTACK])
def test_what_is_not_live_passes_as_it_is(head: RgbImage, state: State) -> None:
    evidence = Evidence()
    evidence.verdict = LivenessVerdict(state, 0.4, "as it is")
    witness = InfraredWitness(evidence, HOG)
    infrared = infrared_of(drawn(head, 170, MIDDLE))
    for i in range(6):
        assert witness.update(COLOUR, FACE, i * FRAME_S, infrared=infrared) is evidence.verdict


def test_it_holds_whatever_the_policy_of_liveness_is(head: RgbImage) -> None:
    witness = InfraredWitness(Liveness("off"), HOG)
    assert set(stay(witness, [np.zeros((480, 640, 3), np.uint8)] * 6)) == {State.PENDING}
    assert stay(witness, [infrared_of(drawn(head, 170, MIDDLE))] * LOOKS_NEEDED, 10.0)[-1] is State.LIVE


def test_a_detector_that_fails_is_said_to_have_failed() -> None:
    class Broken(HogDetector):
        def search(self, frame_rgb: RgbImage, longest_px: int) -> list:  # type: ignore[type-arg]
            raise RuntimeError("out of memory")

    with pytest.raises(ModelError, match="detector failed"):
        InfraredWitness(Evidence(), Broken()).update(COLOUR, FACE, 0.0, infrared=np.zeros((480, 640, 3), np.uint8))


def test_the_terminal_hands_the_infrared_pictures_on(tmp_path: Path) -> None:
    """The parts as `kiosk run` makes them, with a real clip: he is named either way, and alive in both pictures."""
    settings = {"camera": {"infrared": "v4l:1"}, "liveness": {"policy": "off"}, "recognition": {"looks": 1}}
    open_recogniser = recogniser_opener(config.load(None, settings), tmp_path, tmp_path, Lacks())
    clip = ReplayCamera(faces.talking_man(), 640, 480, 15, paced=False, loop=False)
    clip.open()
    frames = [clip.read() for _ in range(24)]
    engine = open_engine("fast", cache_dir=tmp_path)
    known = [engine.describe(frames[0].rgb, face) for face in engine.faces(frames[0].rgb)[:1]]
    matcher = Matcher(Template(f"t{i}", PersonId("p"), each) for i, each in enumerate(known))
    for infrared, last in ((infrared_of, State.LIVE), (np.zeros_like, State.PENDING)):
        recogniser = open_recogniser(matcher, (), 0)
        seen = [recogniser.see(replace(each, infrared=infrared(each.rgb)), time.monotonic) for each in frames]
        assert seen[-1].match is not None
        assert seen[-1].match.person_id == "p"
        assert seen[-1].liveness.state is last
