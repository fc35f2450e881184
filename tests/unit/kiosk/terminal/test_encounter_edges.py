"""The state machine's limits, each at its moment and just before it, and the buttons in every phase.

Times begin at 0 and are sums of halves, so that nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk.model import Fault, Hint, Liveness, LivenessVerdict, PersonId
from kiosk.terminal import encounter as enc
from kiosk.terminal.encounter import Button, Phase
from tests.unit.kiosk.factories import SETTINGS, match, prospect, sighting

ATTACK = LivenessVerdict(Liveness.ATTACK, 0.0, "flat")
ALIKE = match(look_alikes=(PersonId("p-1"), PersonId("p-2")))
BEFORE_S = 0.001


class Story:
    """Inputs at the moments that are named, and what came of them."""

    def __init__(self) -> None:
        self.state = enc.Encounter()
        self.effects: list[enc.Effect] = []

    def __call__(self, at_s: float, *inputs: enc.Input) -> Phase:
        for what in inputs:
            self.state, effects = enc.step(self.state, what, at_s, SETTINGS)
            self.effects += effects
        return self.state.phase

    def new(self) -> list[enc.Effect]:
        """The effects since this was asked last."""
        effects, self.effects = self.effects, []
        return effects


def saw(track: int = 1, **values: object) -> enc.Saw:
    return enc.Saw(sighting(track=track, **values))


def identifying(track: int = 1) -> Story:
    story = Story()
    assert story(0.0, saw(track, match=match(None, 1))) is Phase.IDENTIFYING
    return story


def enquiring(track: int = 1) -> Story:
    story = Story()
    assert story(0.0, saw(track, match=match())) is Phase.ENQUIRING
    return story


def confirming(track: int = 1) -> Story:
    story = enquiring(track)
    assert story(0.0, enc.Answered(prospect())) is Phase.CONFIRM
    return story


def saving(track: int = 1) -> Story:
    story = confirming(track)
    assert story(0.0, enc.Pressed(Button.CORRECT)) is Phase.SAVING
    return story


def at_the_pad(track: int = 1) -> Story:
    story = Story()
    assert story(0.0, saw(track, match=ALIKE)) is Phase.NIP_PAD
    return story


def recorded(track: int = 1) -> Story:
    story = saving(track)
    assert story(0.0, enc.Stored()) is Phase.RECORDED
    return story


def not_recorded(track: int = 1) -> Story:
    story = saving(track)
    assert story(0.0, enc.StoreFailed(Fault.DISK_FULL)) is Phase.NOT_RECORDED
    return story


def already_recorded(track: int = 1) -> Story:
    story = enquiring(track)
    assert story(0.0, enc.Answered(prospect(recorded_ago_s=0.0))) is Phase.ALREADY_RECORDED
    return story


def unknown(track: int = 1) -> Story:
    story = Story()
    assert story(0.0, saw(track, match=match(None, SETTINGS.max_frames))) is Phase.UNKNOWN
    return story


def attacked(track: int = 1) -> Story:
    story = Story()
    assert story(0.0, saw(track, match=match(), liveness=ATTACK)) is Phase.ATTACK_REFUSED
    return story


def refused(track: int = 1) -> Story:
    story = confirming(track)
    assert story(0.0, enc.Pressed(Button.NOT_ME)) is Phase.REFUSED_BY_PERSON
    return story


Begun = Callable[..., Story]
RESULTS = [recorded, not_recorded, already_recorded, unknown, attacked, refused]

# ---------------------------------------------------------------- time


def test_a_confirmation_counts_as_correct_when_its_time_is_up() -> None:
    story = confirming()
    assert story(3.0 - BEFORE_S, enc.Tick()) is Phase.CONFIRM
    assert story(3.0, enc.Tick()) is Phase.SAVING


def test_the_countdown_runs_to_nothing_and_not_below() -> None:
    story = confirming()
    assert [enc.seconds_left(story.state, at_s, SETTINGS) for at_s in (0.0, 1.0, 3.0, 4.5)] == [3.0, 2.0, 0.0, 0.0]
    for other in (identifying(), at_the_pad(), recorded(), saving()):
        assert enc.seconds_left(other.state, 1.0, SETTINGS) == 0.0


@pytest.mark.parametrize("result", RESULTS)
def test_a_result_stays_for_its_time(result: Begun) -> None:
    story = result()
    phase = story.state.phase
    assert story(2.5 - BEFORE_S, enc.Tick()) is phase
    assert story(2.5, enc.Tick()) is Phase.IDLE


def test_the_pad_stays_for_twenty_seconds() -> None:
    assert SETTINGS.nip_pad_s == 20.0
    story = at_the_pad()
    assert story(20.0 - BEFORE_S, enc.Tick(), saw(match=ALIKE)) is Phase.NIP_PAD
    assert story(20.0, enc.Tick()) is Phase.IDLE


@pytest.mark.parametrize("begun", [Story, refused, unknown])
def test_waiting_ends_ten_seconds_after_it_began(begun: Begun) -> None:
    """Whatever came before: each person waits from the beginning."""
    story = begun()
    story(3.0, enc.Tick())
    for half in range(8, 28):
        assert story(half / 2, saw(2, match=match(None, 1)), enc.Tick()) is Phase.IDENTIFYING
    assert story(14.0 - BEFORE_S, enc.Tick()) is Phase.IDENTIFYING
    assert story(14.0, enc.Tick()) is Phase.NOT_IN_TIME


@pytest.mark.parametrize("begun", [enquiring, saving])
def test_an_answer_and_the_disk_are_waited_for(begun: Begun) -> None:
    story = begun()
    phase = story.state.phase
    assert story(1000.0, enc.Tick(), saw(2, match=match())) is phase


@pytest.mark.parametrize("nobody", [enc.Tick(), saw(track=0)])
def test_who_was_not_seen_for_a_second_has_left(nobody: enc.Input) -> None:
    story = identifying()
    story(0.5, saw(match=match(None, 1)))
    assert story(1.5 - BEFORE_S, nobody) is Phase.IDENTIFYING
    assert story(1.5, nobody) is Phase.IDLE
    assert story.state.match is None


@pytest.mark.parametrize(("at_s", "told"), [(0.299, Hint.TOO_DARK), (0.3, Hint.TOO_NEAR)])
def test_a_hint_that_no_frame_repeats_stays_for_three_tenths_of_a_second(at_s: float, told: Hint) -> None:
    story = Story()
    story(0.0, saw(hint=Hint.TOO_DARK))
    story(at_s, saw(hint=Hint.TOO_NEAR))
    assert story.state.hint is told


def test_a_hint_that_is_repeated_stays() -> None:
    story = Story()
    for at_s in (0.0, 0.2, 0.4, 0.6):
        story(at_s, saw(hint=Hint.TOO_DARK))
        story(at_s + 0.1, saw(hint=Hint.TOO_NEAR))
        assert story.state.hint is Hint.TOO_DARK


# ---------------------------------------------------------------- the next one, and the same one again


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_another_face_ends_a_result_that_was_seen_for_four_fifths_of_a_second(
    result: Begun, first: int, second: int
) -> None:
    story = result(first)
    phase = story.state.phase
    assert story(0.8 - BEFORE_S, saw(second)) is phase
    assert story(0.8, saw(second)) is Phase.IDENTIFYING


@pytest.mark.parametrize("result", RESULTS)
def test_who_was_seen_while_a_result_was_read_has_the_live_picture_before_the_next_frame(result: Begun) -> None:
    story = result(1)
    phase = story.state.phase
    assert story(0.1, saw(2, match=match("p-2"))) is phase
    story.new()
    assert story(0.8 - BEFORE_S, enc.Tick()) is phase
    assert story(0.8, enc.Tick()) is Phase.IDENTIFYING
    assert story.new() == [], "nothing is asked or counted by what was seen then"
    assert (story.state.match, story.state.prospect) == (None, None)
    assert story(0.9, saw(2, match=match("p-2"))) is Phase.ENQUIRING
    assert story.new() == [enc.Enquire((PersonId("p-2"),))]


@pytest.mark.parametrize("result", RESULTS)
def test_who_was_seen_while_a_result_was_read_and_went_away_gets_no_picture(result: Begun) -> None:
    story = result(1)
    phase = story.state.phase
    story(0.1, saw(2))
    story(0.3, saw(0))
    assert story(0.8, enc.Tick()) is phase


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("track", [0, 2])
def test_the_same_face_or_none_does_not_end_a_result(result: Begun, track: int) -> None:
    story = result(2)
    phase = story.state.phase
    assert story(2.0, saw(track)) is phase


@pytest.mark.parametrize(
    ("result", "alone_s"),
    [
        (unknown, 2.5),  # until the result has been seen
        (refused, 7.5),  # and the pause after it
        (attacked, 7.5),
    ],
)
def test_a_face_that_had_a_result_is_left_alone_for_so_long(result: Begun, alone_s: float) -> None:
    story = result()
    assert story(0.5, enc.Pressed(Button.CORRECT)) is Phase.IDLE, "a touch sends the result away"
    story.new()
    assert story(alone_s - BEFORE_S, saw(match=match())) is Phase.IDLE
    assert story.new() == []
    assert story(alone_s, saw(match=match())) is Phase.IDLE
    assert story.new() == [enc.Forget()]


def test_who_was_told_in_vain_for_twelve_seconds_is_left_alone_until_the_result_has_been_seen() -> None:
    story = Story()
    for half in range(24):
        assert story(half / 2, saw(hint=Hint.TOO_DARK)) is Phase.POSITIONING
    assert story(12.0 - BEFORE_S, saw(hint=Hint.TOO_DARK)) is Phase.POSITIONING
    assert story(12.0, saw(hint=Hint.TOO_DARK)) is Phase.NOT_IN_TIME
    assert story(12.5, enc.Pressed(Button.CORRECT)) is Phase.IDLE
    story.new()
    assert story(14.5 - BEFORE_S, saw(hint=Hint.TOO_DARK)) is Phase.IDLE
    assert story.new() == []
    story(14.5, saw(hint=Hint.TOO_DARK))
    assert story.new() == [enc.Forget()]
    assert story(14.5, saw(2, hint=Hint.TOO_DARK)) is Phase.POSITIONING, "from the beginning"
    assert story(26.5 - BEFORE_S, saw(2, hint=Hint.TOO_DARK)) is Phase.POSITIONING
    assert story(26.5, saw(2, hint=Hint.TOO_DARK)) is Phase.NOT_IN_TIME


def test_who_was_not_recognised_in_time_is_left_alone_until_the_result_has_been_seen() -> None:
    story = identifying()
    story(9.5, saw(match=match(None, 1)))
    assert story(10.0, enc.Tick()) is Phase.NOT_IN_TIME
    assert story(10.5, enc.Pressed(Button.CORRECT)) is Phase.IDLE
    story.new()
    assert story(12.5 - BEFORE_S, saw(match=match())) is Phase.IDLE
    assert story.new() == []
    story(12.5, saw(match=match()))
    assert story.new() == [enc.Forget()]


def test_a_result_is_not_that_of_somebody_else_who_has_stepped_in_since() -> None:
    story = confirming(1)
    story(0.5, saw(2, match=match("p-2")), enc.Pressed(Button.CORRECT), enc.Stored())
    story.new()
    assert story(1.5, saw(2, match=match("p-2"))) is Phase.ENQUIRING
    assert story.new() == [enc.Enquire((PersonId("p-2"),))]


def test_a_result_at_the_pad_is_not_that_of_another_whom_nobody_knows_yet() -> None:
    story = Story()
    one_of = (PersonId("p-1"), PersonId("p-2"))
    assert story(0.0, saw(1, match=match(None, SETTINGS.max_frames, look_alikes=one_of))) is Phase.NIP_PAD
    story(0.5, saw(2, match=match(None, 1)), enc.Pressed(Button.CANCEL))
    assert story(1.5, saw(2, match=match(None, 2))) is Phase.IDENTIFYING


@pytest.mark.parametrize("result", [recorded, already_recorded])
def test_a_face_that_is_recorded_is_left_alone_until_it_leaves(result: Begun) -> None:
    story = result()
    story(2.5, enc.Tick())
    story.new()
    assert story(1e6, saw(match=match())) is Phase.IDLE
    assert story.new() == []
    assert story(1e6, saw(2, match=match())) is Phase.ENQUIRING


def test_a_face_whose_record_failed_is_looked_at_anew_at_once() -> None:
    story = not_recorded()
    story(0.5, enc.Pressed(Button.CORRECT))
    story.new()
    story(0.5, saw(match=match()))
    assert story.new() == [enc.Forget()]


def test_the_next_one_at_the_pad_has_three_tries_too() -> None:
    story = at_the_pad()
    for track in (1, 2, 3):
        phases = [story(0.0, enc.NipEntered("0000"), enc.Answered(None)) for _ in range(3)]
        assert phases == [Phase.NIP_PAD, Phase.NIP_PAD, Phase.UNKNOWN]
        assert story(0.0, enc.Pressed(Button.CORRECT)) is Phase.IDLE
        assert story(0.0, saw(track + 1, match=ALIKE)) is Phase.NIP_PAD


# ---------------------------------------------------------------- buttons


@pytest.mark.parametrize("button", [Button.CANCEL, Button.NOT_ME])
def test_the_pads_cancel_and_not_me_record_nothing_and_leave_the_face_alone(button: Button) -> None:
    story = at_the_pad()
    assert story.new() == [enc.Distinguish(ALIKE.look_alikes)]
    assert story(1.0, enc.Pressed(button)) is Phase.REFUSED_BY_PERSON
    assert story.new() == [enc.Count("refused_by_person")]
    assert story(2.0, enc.Pressed(button)) is Phase.IDLE
    assert story(8.5 - BEFORE_S, saw(match=ALIKE)) is Phase.IDLE
    assert story.new() == []
    story(8.5, saw(match=ALIKE))
    assert story.new() == [enc.Forget()]


@pytest.mark.parametrize(
    ("begun", "button"),
    [
        (at_the_pad, Button.CORRECT),  # that is what the digits are for
        (confirming, Button.CANCEL),  # which the confirmation does not have
        *((begun, button) for begun in (Story, identifying, enquiring, saving) for button in Button),
    ],
)
def test_a_button_that_is_not_on_the_screen_does_nothing(begun: Begun, button: Button) -> None:
    story = begun()
    before = story.state
    story.new()
    story(0.5, enc.Pressed(button))
    assert story.state == before
    assert story.new() == []


def test_not_me_leaves_the_face_alone_from_the_press_on() -> None:
    story = confirming()
    story(1.0, enc.Pressed(Button.NOT_ME), enc.Pressed(Button.NOT_ME))
    story.new()
    assert story(8.5 - BEFORE_S, saw(match=match())) is Phase.IDLE
    assert story.new() == []
    story(8.5, saw(match=match()))
    assert story.new() == [enc.Forget()]


# ---------------------------------------------------------------- answers that nobody waits for


@pytest.mark.parametrize("begun", [Story, identifying, at_the_pad, confirming, saving, recorded, unknown])
def test_an_answer_that_was_not_asked_for_does_nothing(begun: Begun) -> None:
    story = begun()
    before = story.state
    story.new()
    story(0.5, enc.Answered(None), enc.Answered(prospect()))
    assert story.state == before
    assert story.new() == []


@pytest.mark.parametrize("begun", [Story, identifying, enquiring, confirming, recorded])
@pytest.mark.parametrize("word", [enc.Stored(), enc.StoreFailed(Fault.DISK_FULL), enc.NipEntered("1001")])
def test_a_word_of_the_disk_or_the_pad_counts_where_it_is_waited_for(begun: Begun, word: enc.Input) -> None:
    story = begun()
    before = story.state
    story.new()
    story(0.5, word)
    assert story.state == before
    assert story.new() == []


def test_one_candidate_who_is_not_there_any_more_is_unknown() -> None:
    story = enquiring()
    story.new()
    assert story(0.5, enc.Answered(None)) is Phase.UNKNOWN
    assert story.new() == [enc.Count("unknown")]
    assert story(3.0 - BEFORE_S, enc.Pressed(Button.CORRECT), saw(match=match())) is Phase.IDLE
    assert story.new() == []
    story(3.0, saw(match=match()))
    assert story.new() == [enc.Forget()]


@pytest.mark.parametrize(("given", "frames"), [(None, 0), (match(None, 5), 5)])
def test_an_attack_says_from_how_many_frames_it_is_known(given: object, frames: int) -> None:
    story = Story()
    assert story(0.0, saw(match=given, liveness=ATTACK)) is Phase.ATTACK_REFUSED
    assert story.new() == [enc.RecordAttack(ATTACK, frames), enc.Count("attack_refused")]
