"""The state machine, one behaviour a test, and its laws under random inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import (
    BLOCKING_FAULTS,
    NOT_DESCRIBED,
    TOO_NEAR,
    Challenge,
    Fault,
    Hint,
    Liveness,
    LivenessVerdict,
    Match,
    PersonId,
)
from kiosk.terminal import encounter as enc
from kiosk.terminal.encounter import Button, Phase
from kiosk.terminal.encounter.machine import HINTED_S
from tests.unit.kiosk.factories import SETTINGS, match, person, prospect, sighting


class Story:
    """Plays inputs on a timetable and keeps all effects."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.state = enc.Encounter()
        self.effects: list[enc.Effect] = []

    def __call__(self, *inputs: enc.Input, after_s: float = 0.1) -> Phase:
        for what in inputs:
            self.now_s += after_s
            self.state, effects = enc.step(self.state, what, self.now_s, SETTINGS)
            self.effects += effects
        return self.state.phase

    def took(self, kind: type) -> list[enc.Effect]:
        return [e for e in self.effects if isinstance(e, kind)]


def saw(**values: object) -> enc.Saw:
    return enc.Saw(sighting(**values))


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def confirming(story: Story) -> Story:
    story(saw(match=match()), enc.Answered(prospect()))
    assert story.state.phase is Phase.CONFIRM
    return story


def test_nobody_is_idle(story: Story) -> None:
    assert story(saw(track=0), enc.Tick()) is Phase.IDLE


@pytest.mark.parametrize(
    ("hint", "phase"),
    [
        (Hint.TOO_FAR, Phase.APPROACHING),
        (Hint.TOO_NEAR, Phase.POSITIONING),
        (Hint.TOO_DARK, Phase.POSITIONING),
        (Hint.NOT_FACING, Phase.POSITIONING),
        (Hint.SEVERAL_FACES, Phase.POSITIONING),
        (None, Phase.IDENTIFYING),
    ],
)
def test_a_face_is_told_what_to_do(story: Story, hint: Hint | None, phase: Phase) -> None:
    assert story(saw(hint=hint)) is phase


def test_what_is_told_is_not_what_single_frames_say(story: Story) -> None:
    frame_s = 1 / 15
    assert story(saw(hint=Hint.NOT_FACING)) is Phase.POSITIONING
    told = set()
    for said in (None, Hint.TOO_FAR, Hint.NOT_FACING) * 10:
        told.add((story(saw(hint=said), after_s=frame_s), story.state.hint))
    assert told == {(Phase.POSITIONING, Hint.NOT_FACING)}


def test_a_hint_that_no_frame_repeats_makes_way_for_the_next(story: Story) -> None:
    story(saw(hint=Hint.TOO_FAR))
    phases = [story(saw(hint=Hint.NOT_FACING), after_s=0.11) for _ in range(4)]
    assert phases == [Phase.APPROACHING] * 2 + [Phase.POSITIONING] * 2
    phases = [story(saw(hint=said), after_s=0.11) for said in (None, Hint.TOO_DARK, None)]
    assert phases[-1] is Phase.IDENTIFYING


def test_a_steady_hint_does_not_keep_a_known_person_waiting(story: Story) -> None:
    story(saw(hint=Hint.NOT_FACING))
    assert story(saw(match=match()), after_s=0.07) is Phase.ENQUIRING


def test_a_new_person_is_told_at_once(story: Story) -> None:
    story(saw(hint=Hint.TOO_FAR), saw(track=0))
    story(saw(track=0), after_s=SETTINGS.leave_s)
    assert story(saw(track=2, hint=Hint.TOO_DARK)) is Phase.POSITIONING
    assert story.state.hint is Hint.TOO_DARK


def test_too_few_frames_do_not_decide(story: Story) -> None:
    assert story(saw(match=match(frames=SETTINGS.min_frames - 1))) is Phase.IDENTIFYING
    assert not story.took(enc.Enquire)


def test_a_match_is_enquired_about_once(story: Story) -> None:
    assert story(saw(match=match())) is Phase.ENQUIRING
    story(saw(match=match(frames=4)), saw(match=match(frames=5)))
    assert story.took(enc.Enquire) == [enc.Enquire((PersonId("p-1"),))]


def test_correct_records_and_only_the_disk_makes_it_recorded(confirming: Story) -> None:
    assert confirming(enc.Pressed(Button.CORRECT)) is Phase.SAVING
    assert len(confirming.took(enc.Record)) == 1
    assert confirming(enc.Tick(), saw()) is Phase.SAVING
    assert confirming(enc.Stored()) is Phase.RECORDED


def test_the_countdown_counts_as_correct(confirming: Story) -> None:
    assert confirming(enc.Tick(), after_s=SETTINGS.confirm_s - 0.2) is Phase.CONFIRM
    assert enc.seconds_left(confirming.state, confirming.now_s, SETTINGS) == pytest.approx(0.2)
    assert confirming(enc.Tick(), after_s=0.3) is Phase.SAVING
    assert len(confirming.took(enc.Record)) == 1


def test_walking_on_during_the_countdown_is_still_recorded(confirming: Story) -> None:
    confirming(saw(track=0), saw(track=0), after_s=1.2)
    assert confirming(enc.Tick(), after_s=1.0) is Phase.SAVING


def test_what_is_recorded_is_what_decided_not_what_is_seen_later(confirming: Story) -> None:
    confirming(saw(track=9, match=match("p-2")), enc.Pressed(Button.CORRECT))
    (record,) = confirming.took(enc.Record)
    assert isinstance(record, enc.Record)
    assert (record.match.person_id, record.prospect.person.person_id) == ("p-1", "p-1")


def test_not_me_makes_no_event_is_counted_and_leaves_the_face_alone(confirming: Story) -> None:
    assert confirming(enc.Pressed(Button.NOT_ME)) is Phase.REFUSED_BY_PERSON
    assert not confirming.took(enc.Record)
    assert enc.Count("refused_by_person") in confirming.effects
    assert confirming(enc.Tick(), after_s=SETTINGS.result_s) is Phase.IDLE
    assert confirming(saw(match=match())) is Phase.IDLE, "the same face is not asked again at once"
    confirming(saw(match=match()), after_s=SETTINGS.refused_pause_s)
    assert confirming.took(enc.Forget), "after the pause it is looked at anew"


def test_recorded_lately_is_said_and_not_recorded_again(story: Story) -> None:
    story(saw(match=match()))
    assert story(enc.Answered(prospect(recorded_ago_s=SETTINGS.repeat_interval_s - 1))) is Phase.ALREADY_RECORDED
    assert not story.took(enc.Record)


def test_recorded_long_ago_is_asked(story: Story) -> None:
    story(saw(match=match()))
    assert story(enc.Answered(prospect(recorded_ago_s=SETTINGS.repeat_interval_s))) is Phase.CONFIRM


def test_nobody_accepted_after_enough_frames_is_unknown(story: Story) -> None:
    assert story(saw(match=match(None, frames=SETTINGS.max_frames - 1))) is Phase.IDENTIFYING
    assert story(saw(match=match(None, frames=SETTINGS.max_frames))) is Phase.UNKNOWN
    assert not story.took(enc.Enquire)


def test_a_disk_that_fails_is_never_shown_as_success(confirming: Story) -> None:
    confirming(enc.Pressed(Button.CORRECT))
    assert confirming(enc.StoreFailed(Fault.DISK_FULL)) is Phase.NOT_RECORDED
    assert confirming.state.fault is Fault.DISK_FULL


def test_doubt_calls_for_a_challenge_before_anything_is_asked(story: Story) -> None:
    doubt = LivenessVerdict(Liveness.CHALLENGE, 0.4, "passive_low")
    assert story(saw(match=match(), liveness=LivenessVerdict(Liveness.PENDING, 0.4, "few_frames"))) is Phase.IDENTIFYING
    assert story(saw(match=match(), liveness=doubt)) is Phase.CHALLENGE
    assert not story.took(enc.Enquire)
    assert story(saw(match=match())) is Phase.ENQUIRING


def test_whose_life_is_not_known_any_more_is_told_what_keeps_it_from_being_seen(story: Story) -> None:
    whose = LivenessVerdict(Liveness.PENDING, 0.0, NOT_DESCRIBED)
    assert story(saw(match=match(), liveness=whose, hint=Hint.NOT_FACING)) is Phase.POSITIONING
    assert story.state.hint is Hint.NOT_FACING


def test_who_hides_the_surroundings_by_standing_near_is_told_to_step_back_and_not_asked(story: Story) -> None:
    near = LivenessVerdict(Liveness.PENDING, 0.4, TOO_NEAR)
    assert story(saw(match=match(), liveness=near)) is Phase.POSITIONING
    assert story.state.hint is Hint.TOO_NEAR
    gathering = LivenessVerdict(Liveness.PENDING, 0.4, "gathering")
    assert story(saw(match=match(), liveness=gathering), after_s=0.4) is Phase.IDENTIFYING
    assert story(saw(match=match())) is Phase.ENQUIRING


def test_between_two_movements_the_challenge_stays_on_the_screen(story: Story) -> None:
    story(saw(match=match(), liveness=LivenessVerdict(Liveness.CHALLENGE, 0.4, "asked", Challenge.NOD)))
    rest = LivenessVerdict(Liveness.PENDING, 0.4, "look_straight")
    assert story(saw(match=match(), liveness=rest)) is Phase.CHALLENGE


def test_an_attack_is_recorded_as_one(story: Story) -> None:
    attack = LivenessVerdict(Liveness.ATTACK, 0.0, "planar")
    assert story(saw(match=match(), liveness=attack)) is Phase.ATTACK_REFUSED
    assert story.took(enc.RecordAttack) == [enc.RecordAttack(attack, 3)]
    assert not story.took(enc.Enquire)


def test_look_alikes_type_their_nip(story: Story) -> None:
    twins = (PersonId("p-1"), PersonId("p-2"))
    assert story(saw(match=match(look_alikes=twins))) is Phase.NIP_PAD
    assert story(enc.NipEntered("1001")) is Phase.ENQUIRING
    assert story.took(enc.Enquire) == [enc.Enquire(twins, "1001")]
    assert story(enc.Answered(prospect())) is Phase.CONFIRM


def test_two_who_are_both_too_near_type_their_nip_when_more_frames_did_not_tell_them_apart(story: Story) -> None:
    both = (PersonId("p-1"), PersonId("p-2"))

    def unclear(frames: int) -> Match:
        return match(None, frames, reason="margin_too_small", look_alikes=both)

    assert story(saw(match=unclear(SETTINGS.max_frames - 1))) is Phase.IDENTIFYING
    doubt = LivenessVerdict(Liveness.CHALLENGE, 0.4, "asked", Challenge.NOD)
    assert story(saw(match=unclear(SETTINGS.max_frames), liveness=doubt)) is Phase.CHALLENGE
    assert story(saw(match=unclear(SETTINGS.max_frames))) is Phase.NIP_PAD
    assert not story.took(enc.Enquire), "nobody is named before the NIP is typed"
    assert story(enc.NipEntered("1001")) is Phase.ENQUIRING
    assert story.took(enc.Enquire) == [enc.Enquire(both, "1001")]
    assert story(enc.Answered(prospect()), enc.Pressed(Button.CORRECT)) is Phase.SAVING
    (record,) = story.took(enc.Record)
    assert isinstance(record, enc.Record)
    assert (record.prospect.person.person_id, record.match.person_id) == ("p-1", None)


def test_three_wrong_nips_are_unknown(story: Story) -> None:
    story(saw(match=match(look_alikes=(PersonId("p-1"), PersonId("p-2")))))
    phases = [story(enc.NipEntered("0000"), enc.Answered(None)) for _ in range(3)]
    assert phases == [Phase.NIP_PAD, Phase.NIP_PAD, Phase.UNKNOWN]


@pytest.mark.parametrize("fault", sorted(BLOCKING_FAULTS, key=lambda f: f.value))
def test_a_blocking_fault_is_on_the_screen_until_it_is_over(story: Story, fault: Fault) -> None:
    story(saw())
    assert story(enc.FaultsChanged(frozenset({fault}))) is Phase.FAULT
    assert story(saw(match=match())) is Phase.FAULT
    assert story(enc.FaultsChanged(frozenset())) is Phase.IDLE


def test_a_fault_does_not_interrupt_a_confirmation(confirming: Story) -> None:
    assert confirming(enc.FaultsChanged(frozenset({Fault.CAMERA_LOST}))) is Phase.CONFIRM
    confirming(enc.Pressed(Button.CORRECT))
    assert confirming(enc.Stored()) is Phase.RECORDED
    assert confirming(enc.Tick(), after_s=SETTINGS.result_s) is Phase.FAULT


def test_a_revoked_terminal_stops_in_the_middle_of_a_confirmation(confirming: Story) -> None:
    assert confirming(enc.FaultsChanged(frozenset({Fault.DEVICE_REVOKED}))) is Phase.FAULT
    assert confirming(enc.Pressed(Button.CORRECT), after_s=0.1) is Phase.FAULT
    assert confirming(enc.Tick(), after_s=SETTINGS.confirm_s) is Phase.FAULT
    assert not confirming.took(enc.Record)


def test_what_is_being_written_is_told_as_it_ended(confirming: Story) -> None:
    confirming(enc.Pressed(Button.CORRECT))
    assert confirming(enc.FaultsChanged(frozenset({Fault.DEVICE_REVOKED}))) is Phase.SAVING
    assert confirming(enc.Stored()) is Phase.RECORDED


def test_a_warning_does_not_block(story: Story) -> None:
    story(enc.FaultsChanged(frozenset({Fault.CLOCK_UNTRUSTED})))
    assert story(saw()) is Phase.IDENTIFYING


def test_the_next_in_the_queue_does_not_wait_for_the_result_to_end(confirming: Story) -> None:
    confirming(enc.Pressed(Button.CORRECT), enc.Stored())
    assert confirming(saw(track=2), after_s=0.2) is Phase.RECORDED
    assert confirming(saw(track=2), after_s=1.0) is Phase.IDENTIFYING


def test_who_steps_in_during_the_countdown_is_not_passed_over(confirming: Story) -> None:
    confirming(saw(track=2), enc.Tick(), after_s=SETTINGS.confirm_s)
    assert confirming(enc.Stored()) is Phase.RECORDED
    confirming(saw(track=2), after_s=SETTINGS.result_s)
    assert confirming(saw(track=2, match=match("p-2")), after_s=0.1) is Phase.ENQUIRING
    assert confirming.took(enc.Enquire)[-1] == enc.Enquire((PersonId("p-2"),))


def test_who_was_out_of_sight_for_a_moment_is_not_asked_again(confirming: Story) -> None:
    """The recogniser has given another number, and the same name."""
    confirming(saw(track=2, match=match()), enc.Pressed(Button.CORRECT), enc.Stored())
    assert confirming(saw(track=2, match=match()), after_s=1.1) is Phase.RECORDED
    assert confirming(enc.Tick(), after_s=SETTINGS.result_s) is Phase.IDLE
    assert confirming(saw(track=2, match=match()), after_s=0.1) is Phase.IDLE
    assert len(confirming.took(enc.Enquire)) == 1


def test_bukan_saya_leaves_the_one_who_said_it_alone_and_asks_the_next(confirming: Story) -> None:
    confirming(saw(track=2), enc.Pressed(Button.NOT_ME))
    confirming(enc.Tick(), after_s=SETTINGS.result_s)
    assert confirming(saw(track=1, match=match())) is Phase.IDLE
    assert confirming(saw(track=2, match=match("p-2"))) is Phase.ENQUIRING


def test_who_leaves_is_forgotten(story: Story) -> None:
    story(saw(match=match(None, frames=2)))
    assert story(saw(track=0), after_s=SETTINGS.leave_s / 2) is Phase.IDENTIFYING
    assert story(saw(track=0), after_s=SETTINGS.leave_s) is Phase.IDLE
    assert story.state.match is None


# ---------------------------------------------------------------- a time limit


CHALLENGED = LivenessVerdict(Liveness.CHALLENGE, 0.5, "doubt", Challenge.NOD)


def _undecided(story: Story, for_s: float, track: int = 1, hint: Hint | None = None) -> Phase:
    """A face that more frames would tell of, for so long; the screen ticks before each."""
    for _ in range(round(for_s / 0.25)):
        story(enc.Tick(), after_s=0.25)
        story(saw(track=track, match=match(None, frames=1), hint=hint), after_s=0.0)
    return story.state.phase


def test_waiting_has_an_end_that_is_told_and_counted_once(story: Story) -> None:
    story(saw())
    assert _undecided(story, SETTINGS.identify_s - 0.25) is Phase.IDENTIFYING
    assert story(enc.Tick(), after_s=0.25) is Phase.NOT_IN_TIME
    assert story(enc.Tick(), saw(), after_s=SETTINGS.result_s / 4) is Phase.NOT_IN_TIME
    assert story.took(enc.Count) == [enc.Count("not_in_time")]
    assert story(enc.Tick(), after_s=SETTINGS.result_s) is Phase.IDLE
    assert story(saw()) is Phase.IDLE
    assert story.took(enc.Forget), "then it is looked at anew"
    assert story(saw(track=2)) is Phase.IDENTIFYING
    assert _undecided(story, SETTINGS.identify_s / 2, track=2) is Phase.IDENTIFYING, "and the time as well"


def test_the_time_in_which_a_person_is_told_what_to_do_does_not_count(story: Story) -> None:
    story(saw())
    _undecided(story, SETTINGS.identify_s - 2.0)
    assert _undecided(story, SETTINGS.identify_s, hint=Hint.TOO_DARK) is Phase.POSITIONING
    story(saw(), after_s=0.4)
    assert story(saw(), enc.Tick(), after_s=0.3) is Phase.IDENTIFYING
    assert story(saw(), enc.Tick(), after_s=0.8) is Phase.NOT_IN_TIME


def test_frames_that_take_longer_than_leaving_come_to_an_end_too(story: Story) -> None:
    """Between two of them nothing says that the person has gone, and nothing that she stands there still."""
    frames = 0
    while story.state.phase is not Phase.NOT_IN_TIME and frames < 100:
        frames += 1
        story(saw(track=frames, match=match(None, frames=1)), after_s=0.1)
        for _ in range(16):
            story(enc.Tick(), after_s=0.1)
            if story.state.phase is Phase.NOT_IN_TIME:
                break
    assert frames == round(SETTINGS.identify_s / SETTINGS.leave_s)


def test_the_next_person_waits_from_the_beginning(story: Story) -> None:
    story(saw())
    _undecided(story, SETTINGS.identify_s - 0.5)
    story(saw(track=0), saw(track=0), after_s=SETTINGS.leave_s)
    assert story(saw(track=2)) is Phase.IDENTIFYING
    assert _undecided(story, SETTINGS.identify_s / 2, track=2) is Phase.IDENTIFYING


def test_a_challenge_has_its_own_time(story: Story) -> None:
    asked = CHALLENGED
    story(saw())
    _undecided(story, SETTINGS.identify_s - 0.5)
    assert story(saw(match=match(), liveness=asked)) is Phase.CHALLENGE
    for _ in range(2 * round(SETTINGS.identify_s)):
        assert story(enc.Tick(), saw(match=match(), liveness=asked), after_s=0.5) is Phase.CHALLENGE


# ---------------------------------------------------------------- a face of which something is always wrong

FAILS = [hint for hint in Hint if hint is not Hint.TOO_FAR]
RESTING = LivenessVerdict(Liveness.PENDING, 0.5, "challenge_look_straight")


def _hinted(story: Story, for_s: float, hint: Hint | None, **values: object) -> Phase:
    for _ in range(round(for_s / 0.5)):
        story(saw(hint=hint, **values), after_s=0.5)
    return story.state.phase


@pytest.mark.parametrize("hint", FAILS)
def test_who_cannot_mend_what_is_wrong_is_told_so_in_the_end_and_types_nip_and_pin(story: Story, hint: Hint) -> None:
    assert _hinted(story, HINTED_S, hint) is Phase.POSITIONING
    assert story(saw(hint=hint), after_s=0.5) is Phase.NOT_IN_TIME
    assert story.state.hint is hint
    assert story.effects == [enc.Count("not_in_time")], "and nothing of an attack"
    permitted = replace(SETTINGS, nip_pin="alone")
    typing, _ = enc.step(story.state, enc.Pressed(Button.NIP_PIN), story.now_s + 0.1, permitted)
    assert typing.phase is Phase.CLAIM_NIP


def test_whoever_stands_far_away_has_not_come_for_it(story: Story) -> None:
    assert _hinted(story, 3 * HINTED_S, Hint.TOO_FAR) is Phase.APPROACHING


def test_one_good_frame_is_progress(story: Story) -> None:
    _hinted(story, HINTED_S, Hint.TOO_DARK)
    story(saw(match=match(None, frames=1)), after_s=0.5)
    assert _hinted(story, HINTED_S, Hint.TOO_DARK, match=match(None, frames=1)) is Phase.POSITIONING
    assert story(saw(hint=Hint.TOO_DARK), after_s=0.5) is Phase.NOT_IN_TIME


def test_of_whom_no_movement_can_be_asked_the_challenge_ends_too(story: Story) -> None:
    assert story(saw(match=match(), liveness=CHALLENGED)) is Phase.CHALLENGE
    values = {"match": match(), "liveness": RESTING}
    assert _hinted(story, HINTED_S, Hint.EYES_HIDDEN, **values) is Phase.CHALLENGE
    assert story(saw(hint=Hint.EYES_HIDDEN, **values), after_s=0.5) is Phase.NOT_IN_TIME


def test_whoever_turns_the_head_as_asked_is_not_hurried(story: Story) -> None:
    values = {"match": match(), "liveness": CHALLENGED}
    assert _hinted(story, 3 * HINTED_S, Hint.NOT_FACING, **values) is Phase.CHALLENGE


@pytest.mark.parametrize("fault", sorted(BLOCKING_FAULTS, key=str))
def test_after_a_fault_it_is_looked_at_anew(story: Story, fault: Fault) -> None:
    _hinted(story, HINTED_S, Hint.TOO_DARK)
    story(enc.FaultsChanged(frozenset({fault})), enc.FaultsChanged(frozenset()))
    assert story(saw(track=2, hint=Hint.TOO_DARK)) is Phase.POSITIONING


def test_the_next_one_begins_anew(story: Story) -> None:
    _hinted(story, HINTED_S, Hint.TOO_DARK)
    story(saw(track=0), saw(track=0), after_s=SETTINGS.leave_s)
    assert _hinted(story, HINTED_S, Hint.TOO_DARK, track=2) is Phase.POSITIONING
    story(saw(track=2, hint=Hint.TOO_DARK), after_s=0.5)
    story(enc.Tick(), after_s=SETTINGS.result_s)
    story(saw(track=2, hint=Hint.TOO_DARK))
    assert _hinted(story, HINTED_S, Hint.TOO_DARK, track=3) is Phase.POSITIONING


def test_frames_that_take_longer_than_leaving_do_not_keep_it_from_ending(story: Story) -> None:
    frames = 0
    while story.state.phase is not Phase.NOT_IN_TIME and frames < 100:
        frames += 1
        story(saw(track=frames, hint=Hint.EYES_HIDDEN), after_s=0.1)
        for _ in range(16):
            story(enc.Tick(), after_s=0.1)
    assert frames == math.ceil(HINTED_S / 1.7) + 1


# ---------------------------------------------------------------- a new start


def _unknown(story: Story) -> None:
    assert story(saw(match=match(None, frames=SETTINGS.max_frames))) is Phase.UNKNOWN
    story(enc.Tick(), after_s=SETTINGS.result_s)


def _not_me(story: Story) -> None:
    story(saw(match=match()), enc.Answered(prospect()), enc.Pressed(Button.NOT_ME))
    story(enc.Tick(), after_s=SETTINGS.result_s)
    story(enc.Tick(), after_s=SETTINGS.refused_pause_s)


def _attack(story: Story) -> None:
    assert story(saw(liveness=LivenessVerdict(Liveness.ATTACK, 0.0, "flat"))) is Phase.ATTACK_REFUSED
    story(enc.Tick(), after_s=SETTINGS.result_s)
    story(enc.Tick(), after_s=SETTINGS.refused_pause_s)


@pytest.mark.parametrize(
    ("ends", "sighted"),
    [
        (_unknown, saw(match=match(None, frames=SETTINGS.max_frames))),
        (_not_me, saw(match=match())),
        (_attack, saw(liveness=LivenessVerdict(Liveness.ATTACK, 0.0, "flat"))),
    ],
)
def test_a_sighting_on_its_way_when_the_pause_ends_decides_nothing(
    story: Story, ends: Callable[[Story], None], sighted: enc.Saw
) -> None:
    """However many are: until the recogniser has heard of the new start they carry what was decided before."""
    ends(story)
    before = len([effect for effect in story.effects if not isinstance(effect, enc.Forget)])
    assert {story(sighted, enc.Tick(), after_s=0.05) for _ in range(20)} == {Phase.IDLE}
    assert [effect for effect in story.effects if not isinstance(effect, enc.Forget)][before:] == []
    assert len(story.took(enc.Forget)) == 1
    assert story(saw(track=2)) is Phase.IDENTIFYING, "the new start has another number"


def test_nobody_who_types_on_the_pad_is_a_new_start(story: Story) -> None:
    alike = saw(match=match(look_alikes=(PersonId("p-1"), PersonId("p-2"))))
    assert story(alike) is Phase.NIP_PAD
    assert story(enc.Tick(), after_s=SETTINGS.nip_pad_s) is Phase.IDLE
    assert story.took(enc.Forget) == [enc.Forget()]
    assert story(alike) is Phase.IDLE


@pytest.mark.parametrize("fault", [Fault.CAMERA_LOST, Fault.DISK_FULL])
def test_the_end_of_a_fault_is_a_new_start(story: Story, fault: Fault) -> None:
    story(saw(), enc.FaultsChanged(frozenset({fault})), saw(match=match()))
    assert story(enc.FaultsChanged(frozenset())) is Phase.IDLE
    assert story.took(enc.Forget) == [enc.Forget()]
    assert story(saw(match=match())) is Phase.IDLE
    assert story(saw(track=2, match=match())) is Phase.ENQUIRING


def test_an_answer_about_somebody_else_is_no_answer(story: Story) -> None:
    """A revocation cut the first question off and was lifted; its answer comes after the second question."""
    story(saw(match=match("p-1")), enc.FaultsChanged(frozenset({Fault.DEVICE_REVOKED})), enc.FaultsChanged(frozenset()))
    assert story(saw(track=2, match=match("p-2"))) is Phase.ENQUIRING
    assert story(enc.Answered(prospect(person=person("p-1")))) is Phase.ENQUIRING
    assert story(enc.Answered(prospect(person=person("p-2")))) is Phase.CONFIRM


# ---------------------------------------------------------------- laws

verdicts = st.sampled_from([LivenessVerdict(state, 0.5, "any") for state in Liveness])
matches = st.none() | st.builds(
    match,
    st.sampled_from(["p-1", "p-2", None]),
    st.integers(1, 12),
    look_alikes=st.sampled_from([(), (PersonId("p-1"), PersonId("p-2"))]),
)
sightings = st.builds(
    sighting,
    track=st.integers(0, 3),
    hint=st.none() | st.sampled_from(list(Hint)),
    match=matches,
    liveness=verdicts,
)
inputs: st.SearchStrategy[enc.Input] = st.one_of(
    st.builds(enc.Saw, sightings),
    st.just(enc.Tick()),
    st.builds(enc.Pressed, st.sampled_from(list(Button))),
    st.builds(enc.NipEntered, st.text("0123456789", max_size=4)),
    st.builds(enc.Answered, st.none() | st.builds(prospect, st.none() | st.floats(0, 1000))),
    st.just(enc.Stored()),
    st.builds(enc.StoreFailed, st.sampled_from(list(Fault))),
    st.builds(enc.FaultsChanged, st.frozensets(st.sampled_from(list(Fault)), max_size=2)),
)
timetables = st.lists(st.tuples(inputs, st.floats(0, 4)), max_size=60)


def _run(timetable: Iterable[tuple[enc.Input, float]]) -> list[tuple[enc.Encounter, enc.Input, enc.Step]]:
    state, now_s, steps = enc.Encounter(), 10.0, []
    for what, after_s in timetable:
        now_s += after_s
        result = enc.step(state, what, now_s, SETTINGS)
        steps.append((state, what, result))
        state = result[0]
    return steps


@given(timetables)
def test_recorded_is_only_reached_by_the_word_of_the_disk(timetable: list[tuple[enc.Input, float]]) -> None:
    for before, what, (after, _) in _run(timetable):
        if after.phase is Phase.RECORDED and before.phase is not Phase.RECORDED:
            assert before.phase is Phase.SAVING
            assert isinstance(what, enc.Stored)


@given(timetables)
def test_each_record_comes_from_a_confirmation(timetable: list[tuple[enc.Input, float]]) -> None:
    for before, what, (after, effects) in _run(timetable):
        for effect in effects:
            if isinstance(effect, enc.Record):
                assert before.phase is Phase.CONFIRM
                assert after.phase is Phase.SAVING
                assert isinstance(what, enc.Tick) or what == enc.Pressed(Button.CORRECT)


@given(timetables)
def test_nobody_is_enquired_about_without_being_alive_and_matched(timetable: list[tuple[enc.Input, float]]) -> None:
    for before, what, (_, effects) in _run(timetable):
        for effect in effects:
            if isinstance(effect, enc.Enquire) and effect.digits is None:
                assert isinstance(what, enc.Saw)
                assert what.sighting.liveness.state is Liveness.LIVE
                assert what.sighting.match is not None
                assert what.sighting.match.person_id == effect.candidates[0]
            elif isinstance(effect, enc.Enquire):
                assert before.phase is Phase.NIP_PAD


@given(timetables)
def test_every_result_passes_when_time_does(timetable: list[tuple[enc.Input, float]]) -> None:
    steps = _run(timetable)
    state = steps[-1][2][0] if steps else enc.Encounter()
    if state.phase in (Phase.SAVING, Phase.ENQUIRING):  # these wait for the clerk, who always answers
        return
    state = replace(state, faults=frozenset())
    for _ in range(3):
        state, effects = enc.step(state, enc.Tick(), 1e6, SETTINGS)
        if any(isinstance(e, enc.Record) for e in effects):
            state, _ = enc.step(state, enc.Stored(), 1e6, SETTINGS)
    state, _ = enc.step(state, enc.Tick(), 2e6, SETTINGS)
    assert state.phase is Phase.IDLE


hints = st.none() | st.sampled_from([Hint.TOO_FAR, Hint.TOO_DARK])


@given(st.lists(st.tuples(hints, st.booleans(), st.floats(0.01, 2.0)), min_size=20, max_size=120))
def test_nobody_is_told_to_wait_for_longer_than_the_limit(timetable: list[tuple[Hint | None, bool, float]]) -> None:
    """However the frames come and whosever faces are in them, as long as there is one."""
    state, now_s, waited_s, track = enc.Encounter(), 10.0, 0.0, 1
    for hint, another, after_s in timetable:
        now_s, track = now_s + after_s, track + another
        waited_s += after_s if state.phase is Phase.IDENTIFYING else 0.0
        state, _ = enc.step(state, enc.Tick(), now_s, SETTINGS)
        if state.phase in enc.RESULTS:
            waited_s = 0.0
        assert waited_s < SETTINGS.identify_s + 1e-6  # sums of fractions
        state, _ = enc.step(state, saw(track=track, hint=hint), now_s, SETTINGS)
