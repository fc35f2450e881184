"""Whom the code for the phone is shown to: the person who was just recorded, and nobody who steps in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import BLOCKING_FAULTS, Liveness, LivenessVerdict
from kiosk.terminal import encounter as enc
from kiosk.terminal.encounter import Button, Phase
from tests.unit.kiosk.factories import SETTINGS, match, person, prospect, sighting

OFFERING = replace(SETTINGS, phone_s=180.0)
LINK = "https://etpp.example/m/#code"
LIVE = LivenessVerdict(Liveness.LIVE, 0.9, "motion")
ATTACK = LivenessVerdict(Liveness.ATTACK, 0.1, "passive")


class Story:
    def __init__(self, settings: enc.Settings = OFFERING) -> None:
        self.now_s = 100.0
        self.settings = settings
        self.state = enc.Encounter()
        self.effects: list[enc.Effect] = []

    def __call__(self, *inputs: enc.Input, after_s: float = 0.1) -> Phase:
        for what in inputs:
            self.now_s += after_s
            self.state, effects = enc.step(self.state, what, self.now_s, self.settings)
            self.effects += effects
        return self.state.phase

    @property
    def shown(self) -> bool:
        return self.state.phase is Phase.PHONE and bool(self.state.link) and self.state.apart_s is None


def saw(**values: object) -> enc.Saw:
    return enc.Saw(sighting(**{"liveness": LIVE, **values}))


@pytest.fixture
def recorded() -> Story:
    story = Story()
    story(saw(match=match()), enc.Answered(prospect()), enc.Pressed(Button.CORRECT), enc.Stored())
    assert story.state.phase is Phase.RECORDED
    return story


@pytest.fixture
def showing(recorded: Story) -> Story:
    recorded(enc.Pressed(Button.PHONE), enc.Invited(LINK))
    assert recorded.shown
    return recorded


def test_the_recorded_person_gets_a_code(recorded: Story) -> None:
    assert recorded(enc.Pressed(Button.PHONE)) is Phase.PHONE
    assert recorded.effects[-1] == enc.Invite(person().person_id)
    assert not recorded.shown
    recorded(enc.Invited(LINK))
    assert recorded.shown


def test_the_offer_stays_longer_than_the_result_and_goes_with_the_face(recorded: Story) -> None:
    assert recorded(saw(), enc.Tick(), after_s=OFFERING.result_s) is Phase.RECORDED
    assert recorded(saw(track=0), enc.Tick()) is Phase.IDLE


def test_the_offer_ends(recorded: Story) -> None:
    assert recorded(saw(), enc.Tick(), after_s=5.0) is Phase.IDLE


def test_without_the_offer_a_result_stays_as_long_as_ever() -> None:
    story = Story(SETTINGS)
    story(saw(match=match()), enc.Answered(prospect()), enc.Pressed(Button.CORRECT), enc.Stored())
    assert story(saw(), enc.Tick(), after_s=SETTINGS.result_s / 2 + 0.01) is Phase.IDLE
    story = Story(SETTINGS)
    story(saw(match=match()), enc.Answered(prospect()), enc.Pressed(Button.CORRECT), enc.Stored())
    assert story(enc.Pressed(Button.PHONE)) is Phase.IDLE


@pytest.mark.parametrize("seen", [{"track": 0}, {"track": 9}, {"track": 9, "match": match("p-2")}])
def test_whoever_is_not_in_sight_gets_none(recorded: Story, seen: dict[str, object]) -> None:
    """Somebody who reaches for the button when the person has gone, or has stepped in."""
    recorded(saw(**seen))
    assert recorded(enc.Pressed(Button.PHONE)) is Phase.IDLE
    assert not [each for each in recorded.effects if isinstance(each, enc.Invite)]


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.RECORDED])
def test_no_other_screen_gives_one(recorded: Story, phase: Phase) -> None:
    recorded.state = replace(recorded.state, phase=phase)
    recorded(enc.Pressed(Button.PHONE))
    assert not [each for each in recorded.effects if isinstance(each, enc.Invite)]


def test_another_face_hides_it_at_once_and_ends_it(showing: Story) -> None:
    assert showing(saw(track=9)) is Phase.PHONE
    assert not showing.shown
    assert showing(saw(track=9), enc.Tick(), after_s=4.0) is Phase.IDLE
    assert showing.state.link is None


def test_somebody_else_who_is_recognised_ends_it_at_once(showing: Story) -> None:
    assert showing(saw(track=9, match=match("p-2"))) is Phase.IDLE


def test_the_same_person_under_another_number_gets_it_back(showing: Story) -> None:
    showing(saw(track=0), saw(track=9))
    assert not showing.shown
    showing(saw(track=9, match=match(frames=3)))
    assert showing.shown
    assert showing.state.done_track == 9, "or the person would be recorded again"


@pytest.mark.parametrize("seen", [{"liveness": ATTACK}, {"match": match(frames=2)}, {"match": match(None, 5)}])
def test_a_picture_of_the_person_does_not_bring_it_back(showing: Story, seen: dict[str, object]) -> None:
    showing(saw(**{"track": 9, "match": match(frames=3), **seen}))
    assert not showing.shown


def test_a_face_that_goes_does_not_bring_it_back_either(showing: Story) -> None:
    showing(saw(track=9), saw(track=0))
    assert not showing.shown


def test_a_phone_may_hide_the_face_for_a_while(showing: Story) -> None:
    assert showing(saw(track=0), after_s=5.0) is Phase.PHONE
    assert showing.shown
    assert showing(enc.Tick(), after_s=8.0) is Phase.IDLE


def test_it_goes_with_its_time(showing: Story) -> None:
    for _ in range(179):
        showing(saw(), after_s=1.0)
    assert showing.shown
    assert showing(saw(), enc.Tick(), after_s=1.0) is Phase.IDLE


@pytest.mark.parametrize("button", Button)
def test_it_goes_with_a_touch(showing: Story, button: Button) -> None:
    assert showing(enc.Pressed(button)) is Phase.IDLE
    assert showing.state.link is None


@pytest.mark.parametrize("fault", sorted(BLOCKING_FAULTS, key=lambda fault: fault.value))
def test_it_goes_with_a_fault(showing: Story, fault: object) -> None:
    assert showing(enc.FaultsChanged(frozenset({fault}))) is Phase.FAULT  # type: ignore[arg-type]
    assert showing.state.link is None


def test_that_there_can_be_none_is_said_and_goes(recorded: Story) -> None:
    recorded(enc.Pressed(Button.PHONE), enc.Invited(""))
    assert recorded(saw(), enc.Tick(), after_s=3.0) is Phase.PHONE
    assert recorded(saw(), enc.Tick(), after_s=3.0) is Phase.IDLE


def test_an_answer_that_comes_too_late_is_for_nobody(recorded: Story) -> None:
    recorded(enc.Pressed(Button.PHONE), enc.Pressed(Button.CANCEL))
    assert recorded(enc.Invited(LINK)) is Phase.IDLE
    assert recorded.state.link is None


FACES = st.builds(
    lambda track, who, frames, liveness: saw(
        track=track, match=match(who, frames) if track and frames else None, liveness=liveness
    ),
    st.integers(0, 3),
    st.sampled_from(["p-1", "p-2", None]),
    st.integers(0, 4),
    st.sampled_from([LIVE, ATTACK]),
)
OTHERS = st.sampled_from([enc.Tick(), *(enc.Pressed(button) for button in Button), enc.Invited(LINK), enc.Stored()])


@given(st.lists(st.tuples(FACES | OTHERS, st.floats(0.01, 3.0))))
def test_nobody_else_is_ever_before_a_code(steps: list[tuple[enc.Input, float]]) -> None:
    """Whatever comes: while a code is shown, the last face was the person's, by its number or by its match."""
    story = Story()
    story(saw(match=match()), enc.Answered(prospect()), enc.Pressed(Button.CORRECT), enc.Stored())
    story(enc.Pressed(Button.PHONE), enc.Invited(LINK))
    mine = {1}
    last = 1
    for what, after_s in steps:
        if isinstance(what, enc.Saw) and what.sighting.track:
            last, found = what.sighting.track, what.sighting.match
            if found is not None and found.person_id == "p-1" and found.frames >= 3 and what.sighting.liveness is LIVE:
                mine.add(last)
        story(what, after_s=after_s)
        if story.shown:
            assert last in mine
