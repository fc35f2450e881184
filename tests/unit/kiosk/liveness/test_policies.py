"""Each liveness policy, with and without a model, through recogniser and encounter: where a person ends up."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from kiosk.liveness import Liveness
from kiosk.model import Box, Face, Frame, Hint, LivenessVerdict, RgbImage
from kiosk.model import Liveness as State
from kiosk.terminal import encounter as enc
from kiosk.terminal.encounter import Phase
from kiosk.terminal.recognise import Recogniser
from tests.unit.kiosk.factories import SETTINGS
from tests.unit.kiosk.liveness import presentations
from tests.unit.kiosk.liveness.presentations import Person, Photograph, Posture
from tests.unit.kiosk.terminal.scripted import ScriptedEngine, ScriptedMatcher, no_time

FPS = 15
LIVING, DOUBTFUL, PRINTED = 4.0, 0.2, -9.0
"""Passive scores."""

Show = Callable[[Posture], tuple[RgbImage, Face]]
Moves = Callable[[LivenessVerdict | None, float], Posture]


class Scores:
    def __init__(self, score: float) -> None:
        self._score = score

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> float:
        return self._score


@pytest.fixture(scope="module", name="astronaut")
def _astronaut() -> Photograph:
    return presentations.astronaut()


class Terminal:
    """Engine and gallery are scripted; tracks, evidence of life and the encounter are the real ones."""

    def __init__(self, policy: str, score: float | None, seed: int = 0) -> None:
        self.hint: Hint | None = None
        self.engine = ScriptedEngine()
        detector = Liveness(policy, None if score is None else Scores(score), random.Random(seed))
        self.recogniser = Recogniser(
            self.engine, ScriptedMatcher(), detector, lambda _: self.hint, SETTINGS.max_frames, min_frames=3, looks=1
        )
        self.state = enc.Encounter()
        self.phases: list[Phase] = []
        self.effects: list[enc.Effect] = []

    def watch(self, show: Show, moves: Moves, seconds: float) -> Phase:
        """Until somebody is named or refused, or for so long."""
        for i in range(round(seconds * FPS)):
            rgb, face = show(moves(self.state.liveness if i else None, i / FPS))
            self.engine.faces_now = [face]
            seen = self.recogniser.see(Frame(rgb, i, i / FPS), no_time)
            self.state, effects = enc.step(self.state, enc.Saw(seen), i / FPS, SETTINGS)
            self.effects += effects
            self.phases.append(self.state.phase)
            if self.state.phase in {Phase.ENQUIRING, Phase.ATTACK_REFUSED, Phase.UNKNOWN}:
                break
        return self.state.phase


def still(verdict: LivenessVerdict | None, t_s: float) -> Posture:
    return Posture()


KEEPS_STILL = {
    ("off", None): Phase.ENQUIRING,
    ("off", PRINTED): Phase.ENQUIRING,
    ("passive", LIVING): Phase.ENQUIRING,
    ("passive", DOUBTFUL): Phase.ATTACK_REFUSED,
    ("passive", PRINTED): Phase.ATTACK_REFUSED,
    ("passive", None): Phase.CHALLENGE,
    ("challenge-when-in-doubt", LIVING): Phase.ENQUIRING,
    ("challenge-when-in-doubt", DOUBTFUL): Phase.CHALLENGE,
    ("challenge-when-in-doubt", PRINTED): Phase.CHALLENGE,
    ("challenge-when-in-doubt", None): Phase.CHALLENGE,
    ("always-challenge", LIVING): Phase.CHALLENGE,
    ("always-challenge", PRINTED): Phase.CHALLENGE,
    ("always-challenge", None): Phase.CHALLENGE,
}
"""By policy and passive score (None: no model)."""


@pytest.mark.parametrize(("policy", "score"), KEEPS_STILL)
def test_what_becomes_of_a_face_that_keeps_still(astronaut: Photograph, policy: str, score: float | None) -> None:
    terminal = Terminal(policy, score)
    phase = terminal.watch(astronaut.head, still, 4.0)
    assert phase is KEEPS_STILL[policy, score]
    attacks = [effect for effect in terminal.effects if isinstance(effect, enc.RecordAttack)]
    assert len(attacks) == (phase is Phase.ATTACK_REFUSED), "an event of its own kind"
    assert all(attack.liveness.state is State.ATTACK and attack.liveness.score < 0.6 for attack in attacks)
    assert bool([e for e in terminal.effects if isinstance(e, enc.Enquire)]) == (phase is Phase.ENQUIRING)


@pytest.mark.parametrize(("policy", "score"), [key for key, phase in KEEPS_STILL.items() if phase is Phase.CHALLENGE])
def test_who_does_what_the_screen_asks_is_let_in(astronaut: Photograph, policy: str, score: float | None) -> None:
    terminal = Terminal(policy, score)
    assert terminal.watch(astronaut.head, Person().posture, 20.0) is Phase.ENQUIRING
    assert Phase.CHALLENGE in terminal.phases
    assert terminal.state.liveness.reason == "challenge_passed"


@pytest.mark.parametrize("policy", ["passive", "challenge-when-in-doubt", "always-challenge"])
@pytest.mark.parametrize("seed", range(2))
def test_a_photograph_turned_as_the_screen_asks_is_refused_without_any_model(
    astronaut: Photograph, policy: str, seed: int
) -> None:
    terminal = Terminal(policy, None, seed)
    assert terminal.watch(astronaut.sheet, Person(degrees=36.0).posture, 30.0) is Phase.ATTACK_REFUSED
    (attack,) = [effect for effect in terminal.effects if isinstance(effect, enc.RecordAttack)]
    assert attack.liveness.reason == "flat_motion"
    assert not [effect for effect in terminal.effects if isinstance(effect, enc.Enquire)]


@pytest.mark.parametrize("hint", [Hint.MOUTH_HIDDEN, Hint.EYES_HIDDEN])
@pytest.mark.parametrize("before_s", [0.0, 1 / FPS, 0.1])
def test_a_mask_or_dark_glasses_are_told_within_a_second(astronaut: Photograph, hint: Hint, before_s: float) -> None:
    """Whether the first frames show them or not."""
    terminal = Terminal("challenge-when-in-doubt", PRINTED)
    if before_s:
        terminal.watch(astronaut.head, still, before_s)
    terminal.hint = hint
    for i in range(2, FPS):
        terminal.engine.faces_now = [astronaut.head(Posture())[1]]
        seen = terminal.recogniser.see(Frame(astronaut.head(Posture())[0], i, i / FPS), no_time)
        terminal.state, _ = enc.step(terminal.state, enc.Saw(seen), i / FPS, SETTINGS)
    assert (terminal.state.phase, terminal.state.hint) == (Phase.POSITIONING, hint)


@pytest.mark.parametrize(("hint", "ends"), [(Hint.TOO_NEAR, Phase.ENQUIRING), (Hint.MOUTH_HIDDEN, Phase.NIP_PAD)])
def test_who_stays_too_near_or_keeps_the_mask_on_gets_a_verdict(astronaut: Photograph, hint: Hint, ends: Phase) -> None:
    terminal = Terminal("challenge-when-in-doubt", LIVING)
    terminal.hint = hint
    terminal.watch(astronaut.head, still, 4.0)
    assert terminal.phases[0] is Phase.POSITIONING
    assert terminal.phases[-1] is ends
