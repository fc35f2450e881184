"""What is typed: how much of a NIP tells people apart, and whose face it is that looks up from the pad."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.model import Fault, Hint, PersonId
from kiosk.terminal import encounter as enc
from kiosk.terminal.encounter import Button, Phase
from tests.unit.kiosk.factories import SETTINGS, match, prospect, sighting

ALONE = replace(SETTINGS, nip_pin="alone")
KNOWN = replace(prospect(), claimed=enc.Claimed("nip-pin"))
ALIKE = match(None, SETTINGS.max_frames, look_alikes=(PersonId("p-1"), PersonId("p-2")))


class Story:
    def __init__(self) -> None:
        self.state = enc.Encounter()
        self.effects: list[enc.Effect] = []

    def __call__(self, at_s: float, *inputs: enc.Input) -> Phase:
        for what in inputs:
            self.state, effects = enc.step(self.state, what, at_s, ALONE)
            self.effects += effects
        return self.state.phase


def saw(track: int = 1, **values: object) -> enc.Saw:
    return enc.Saw(sighting(track=track, **values))


@pytest.fixture
def by_pin() -> Story:
    """Somebody whose face failed has been recorded by NIP and PIN, looking down since 1.0 s."""
    story = Story()
    story(0.0, saw(match=match(None, SETTINGS.max_frames)))
    story(0.5, enc.Pressed(Button.NIP_PIN), enc.NipEntered("198001012005011001"))
    story(1.0, saw(0), enc.NipEntered("730155"), enc.Answered(KNOWN))
    assert story(9.0, enc.Pressed(Button.CORRECT), enc.Stored()) is Phase.RECORDED
    return story


@pytest.mark.parametrize(
    ("nips", "digits"),
    [
        (["198001012005011001", "198001012005011002"], 6),  # the sequence number differs
        (["198001012005011001", "198502022005012001"], 6),  # the sex differs
        (["198001012005011001", "198203042005021001"], 6),  # the month of appointment differs
        (["198001012005011001", "198502022006011001"], 18),  # brothers of two years' appointments: 011001 both
        (["199001012025211001", "199101012025211001"], 18),  # two on a first contract
        (["198001012005011001", "198001012005021001", "198502022006011001"], 18),  # two of three
        (["198001012005011001"], 6),  # the other one has left the office
        ([], 6),
    ],
)
def test_as_many_digits_are_asked_for_as_tell_these_people_apart(nips: list[str], digits: int) -> None:
    assert enc.telling(nips) == digits


def test_look_alikes_with_the_same_end_type_the_whole_nip_and_have_the_time_for_it() -> None:
    story = Story()
    assert story(0.0, saw(match=ALIKE)) is Phase.NIP_PAD
    assert story.effects == [enc.Distinguish((PersonId("p-1"), PersonId("p-2")))]
    story(0.1, enc.Distinguished(18))
    assert enc.wanted(story.state) == 18
    assert story(44.9, enc.Tick()) is Phase.NIP_PAD
    assert story(45.0, enc.Tick()) is Phase.IDLE
    assert enc.wanted(story.state) == 6  # of the next one nothing is known


def test_an_answer_that_comes_when_nobody_types_any_more_changes_nothing() -> None:
    story = Story()
    story(0.0, saw(match=match()))
    before = story.state
    story(0.0, enc.Distinguished(18))
    assert story.state == before


def test_who_looks_up_from_the_pad_under_another_number_reads_the_result(by_pin: Story) -> None:
    """It was gone after 0.8 s, and the same person was told to be unknown."""
    for at_s in (9.2, 10.0, 11.4):
        assert by_pin(at_s, saw(2, match=match(None, SETTINGS.max_frames)), enc.Tick()) is Phase.RECORDED
    assert by_pin(11.6, saw(2, match=match(None, SETTINGS.max_frames)), enc.Tick()) is Phase.IDLE
    assert by_pin(16.0, saw(2, match=match(None, SETTINGS.max_frames)), enc.Tick()) is Phase.IDLE


def test_what_is_ones_own_is_offered_to_no_face_that_said_nothing(by_pin: Story) -> None:
    typed = replace(prospect(), claimed=None)  # by the end of the NIP, after a look-alike's face
    by_pin.state = replace(by_pin.state, prospect=typed)
    by_pin(9.2, saw(2, match=match(None, 1)))
    assert by_pin.state.done_track == 2
    assert not enc.offers_phone(by_pin.state, replace(ALONE, phone_s=30.0))


def test_the_next_one_who_is_accepted_has_the_screen(by_pin: Story) -> None:
    by_pin(9.2, saw(2, match=match(None, 1)))
    assert by_pin(9.9, saw(2, match=match("p-2"))) is Phase.ENQUIRING
    assert by_pin.effects[-1] == enc.Enquire((PersonId("p-2"),))


def test_a_face_that_was_taken_for_theirs_is_looked_at_anew_after_the_pause(by_pin: Story) -> None:
    by_pin(9.2, saw(2, match=match(None, 1)))
    by_pin(12.0, saw(2, match=match(None, 1)), enc.Tick())
    assert by_pin.effects[-1] != enc.Forget()
    by_pin(9.2 + ALONE.result_s + ALONE.refused_pause_s, saw(2, match=match(None, 1)))
    assert by_pin.effects[-1] == enc.Forget()


def test_the_next_one_does_not_get_through_a_fault_that_came_with_the_result() -> None:
    story = Story()
    story(0.0, saw(match=match()), enc.Answered(prospect()))
    story(0.0, enc.Pressed(Button.CORRECT), enc.Stored())
    story(0.1, enc.FaultsChanged(frozenset({Fault.GALLERY_STALE})))
    story(0.2, saw(2))
    assert story(1.0, enc.Tick()) is Phase.FAULT
    assert story(1.1, saw(2, match=match("p-2"))) is Phase.FAULT


def test_the_phones_code_is_hidden_while_another_face_is_as_near() -> None:
    settings = replace(ALONE, phone_s=60.0)
    state = enc.Encounter()
    for what in (saw(match=match()), enc.Answered(prospect()), enc.Pressed(Button.CORRECT), enc.Stored()):
        state, _ = enc.step(state, what, 0.0, settings)
    state, _ = enc.step(state, enc.Pressed(Button.PHONE), 1.0, settings)
    state, _ = enc.step(state, saw(hint=Hint.SEVERAL_FACES), 2.0, settings)
    assert state.apart_s == 2.0
    state, _ = enc.step(state, saw(), 3.0, settings)
    assert state.apart_s is None
    for at_s in (4.0, 6.0, 7.9):
        state, _ = enc.step(state, saw(hint=Hint.SEVERAL_FACES), at_s, settings)
        state, _ = enc.step(state, enc.Tick(), at_s, settings)
        assert state.phase is Phase.PHONE
        assert state.apart_s == 4.0
    state, _ = enc.step(state, enc.Tick(), 8.0, settings)
    assert state.phase is Phase.IDLE
