"""What CONFIRM asks: the direction that may be corrected, and the countdown that is as short as the risk allows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from kiosk.config import load
from kiosk.model import Direction, Match, PersonId
from kiosk.model.recognisers import DLIB, FP_112, RECOGNISERS, Recogniser
from kiosk.terminal import encounter as enc
from kiosk.terminal.encounter import Button, Phase
from tests.unit.kiosk.factories import NOON, SETTINGS, assessment, match, person, prospect, sighting

QUICK = replace(SETTINGS, quick_confirm_s=1.5)
BEFORE_S = 0.001
SURE = DLIB.sure


def sure(score_more: float = 0.0, margin_more: float = 0.0, **other: object) -> Match:
    """Exactly as far beyond what is asked as it takes, and so much more."""
    return match(score=SURE.score + score_more, threshold=0.0, margin=SURE.margin + margin_more, **other)


class Story:
    """A person at the question, since 0.0."""

    def __init__(self, found: Match, asked: enc.Prospect, settings: enc.Settings = QUICK) -> None:
        self.settings = settings
        self.state = enc.Encounter()
        self.effects: list[enc.Effect] = []
        self(0.0, enc.Saw(sighting(match=found)))
        if found.look_alikes:
            self(0.0, enc.NipEntered("011001"))
        self(0.0, enc.Answered(asked))
        assert self.state.phase is Phase.CONFIRM

    def __call__(self, at_s: float, what: enc.Input) -> Phase:
        self.state, effects = enc.step(self.state, what, at_s, self.settings)
        self.effects += effects
        return self.state.phase

    def counts_for(self) -> float:
        """Of the two countdowns the one that it was: nothing is recorded just before its end."""
        for at_s in (self.settings.quick_confirm_s, self.settings.confirm_s):
            assert self(at_s - BEFORE_S, enc.Tick()) is Phase.CONFIRM
            assert enc.seconds_left(self.state, at_s - BEFORE_S, self.settings) > 0
            if self(at_s, enc.Tick()) is Phase.SAVING:
                return at_s
        raise AssertionError("the countdown did not end")

    def records(self) -> list[enc.Record]:
        return [effect for effect in self.effects if isinstance(effect, enc.Record)]


FREE = replace(assessment(Direction.DEPARTURE, 30), working_day=False)
LATE, EARLY = assessment(minutes_off=1), assessment(Direction.DEPARTURE, 1)
ALIKE = (PersonId("p-1"), PersonId("p-2"))


@pytest.mark.parametrize("meant", [assessment(), assessment(Direction.DEPARTURE), FREE])
def test_who_is_beyond_doubt_and_loses_nothing_has_the_short_countdown(meant: object) -> None:
    assert Story(sure(), prospect(assessment=meant)).counts_for() == 1.5


@pytest.mark.parametrize(
    "found",
    [
        sure(score_more=-BEFORE_S),
        sure(margin_more=-BEFORE_S),
        sure(look_alikes=ALIKE),
        replace(sure(), model_id=FP_112.model_id),
    ],
    ids=["score", "margin", "told apart by the NIP", "a recogniser of which more is asked"],
)
def test_whoever_leaves_a_doubt_has_the_whole_countdown(found: Match) -> None:
    assert Story(found, prospect()).counts_for() == 3.0


@pytest.mark.parametrize(
    "asked",
    [
        prospect(assessment=LATE),
        prospect(assessment=EARLY),
        prospect(assessment=replace(LATE, points_percent=0.0)),
        prospect(assessment=replace(assessment(), working_day=False, elsewhere=True)),
        replace(prospect(), clock_trusted=False),
    ],
    ids=["late", "early", "late, and it costs nothing by these hours", "a guest", "an uncertain clock"],
)
def test_whoever_may_lose_by_it_has_the_whole_countdown(asked: enc.Prospect) -> None:
    assert Story(sure(), asked).counts_for() == 3.0


def test_whose_face_waits_for_bkpp_has_the_whole_countdown() -> None:
    asked = replace(prospect(assessment=assessment()), waiting=True)
    assert Story(sure(), asked).counts_for() == SETTINGS.confirm_s


def test_without_the_policy_nobody_has_the_short_countdown() -> None:
    story = Story(sure(), prospect(), SETTINGS)
    assert story(3.0 - BEFORE_S, enc.Tick()) is Phase.CONFIRM
    assert story(3.0, enc.Tick()) is Phase.SAVING


@pytest.mark.parametrize("recogniser", RECOGNISERS.values(), ids=list(RECOGNISERS))
def test_to_be_beyond_doubt_takes_more_than_to_be_recognised(recogniser: Recogniser) -> None:
    assert recogniser.sure.score > 0
    assert recogniser.sure.margin > load().recognition.margin


# ---------------------------------------------------------------- the direction

BACK = prospect(assessment=replace(assessment(Direction.DEPARTURE, 200), again=True))
BACK = replace(BACK, arrived=NOON - dt.timedelta(hours=4))


def test_whoever_comes_back_says_so_with_one_touch_and_has_the_time_to_read_it() -> None:
    story = Story(sure(), BACK)
    assert enc.direction(story.state) is Direction.DEPARTURE
    assert story(2.9, enc.Pressed(Button.OTHER_WAY)) is Phase.CONFIRM
    assert enc.direction(story.state) is Direction.ARRIVAL
    assert story(5.9 - BEFORE_S, enc.Tick()) is Phase.CONFIRM
    assert story(5.9, enc.Tick()) is Phase.SAVING
    assert [record.chosen for record in story.records()] == [Direction.ARRIVAL]


def test_a_second_touch_takes_it_back() -> None:
    story = Story(sure(), BACK)
    story(1.0, enc.Pressed(Button.OTHER_WAY))
    story(2.0, enc.Pressed(Button.OTHER_WAY))
    story(2.5, enc.Pressed(Button.CORRECT))
    assert [record.chosen for record in story.records()] == [None]


@pytest.mark.parametrize(
    "asked",
    [
        prospect(),
        prospect(assessment=LATE),
        prospect(assessment=replace(assessment(Direction.DEPARTURE), again=True)),
        prospect(assessment=EARLY),
        replace(BACK, clock_trusted=False),
        replace(BACK, assessment=replace(BACK.assessment, working_day=False)),
        replace(BACK, assessment=replace(BACK.assessment, elsewhere=True)),
        replace(BACK, assessment=replace(BACK.assessment, occasions=("Apel siang",))),
    ],
    ids=["first", "first, late", "after work", "first, before the end", "clock", "day off", "guest", "occasion"],
)
def test_where_the_books_leave_no_choice_there_is_none(asked: enc.Prospect) -> None:
    story = Story(match(), asked)
    before = story.state
    assert story(1.0, enc.Pressed(Button.OTHER_WAY)) is Phase.CONFIRM
    assert story.state == before


def test_the_next_ones_direction_is_the_schedules_again() -> None:
    story = Story(sure(), BACK)
    story(1.0, enc.Pressed(Button.OTHER_WAY))
    story(1.5, enc.Pressed(Button.NOT_ME))
    story(3.0, enc.Saw(sighting(track=2, match=sure(person_id="p-2"))))
    assert story(3.0, enc.Answered(replace(BACK, person=person("p-2")))) is Phase.CONFIRM
    assert not story.state.corrected


# ---------------------------------------------------------------- whose event it is


@pytest.mark.parametrize("left_s", [0.2, 1.0, 1.4])
def test_who_leaves_before_the_countdown_ends_is_recorded_and_nobody_else(left_s: float) -> None:
    story = Story(sure(), prospect())
    story(left_s, enc.Saw(sighting(track=0)))
    story(left_s + 0.05, enc.Saw(sighting(track=2, match=match("p-2", 2))))
    assert story(1.5, enc.Tick()) is Phase.SAVING
    assert [record.prospect.person.person_id for record in story.records()] == ["p-1"]
    assert [record.match.person_id for record in story.records()] == ["p-1"]


@pytest.mark.parametrize("pressed_s", [0.6, 1.4])
def test_whoever_steps_in_and_touches_bukan_saya_leaves_no_event_and_is_asked_next(pressed_s: float) -> None:
    story = Story(sure(), prospect())
    story(0.5, enc.Saw(sighting(track=2, match=sure(person_id="p-2"))))
    assert story(pressed_s, enc.Pressed(Button.NOT_ME)) is Phase.REFUSED_BY_PERSON
    assert story.records() == []
    assert story(pressed_s + 0.85, enc.Saw(sighting(track=2, match=sure(person_id="p-2")))) is Phase.ENQUIRING
    assert story.effects[-1] == enc.Enquire((PersonId("p-2"),))


def test_from_tercatat_to_the_question_to_the_next_it_takes_less_than_a_second_and_no_touch() -> None:
    story = Story(sure(), prospect())
    story(1.5, enc.Tick())
    assert story(1.6, enc.Stored()) is Phase.RECORDED
    story(1.7, enc.Saw(sighting(track=2, match=sure(person_id="p-2"))))
    assert story(2.45, enc.Saw(sighting(track=2, match=sure(person_id="p-2")))) is Phase.ENQUIRING
    assert story(2.5, enc.Answered(prospect(person=person("p-2")))) is Phase.CONFIRM


def test_known_by_a_pin_it_is_the_whole_countdown_whoevers_face_was_there() -> None:
    story = Story(sure(), prospect())
    story.state = replace(story.state, prospect=replace(prospect(), claimed=enc.Claimed("nip-pin")))
    assert story.counts_for() == QUICK.confirm_s


# ---------------------------------------------------------------- at the edges


def asked(**other: object) -> enc.Encounter:
    return replace(enc.Encounter(phase=Phase.CONFIRM, since_s=10.0, match=sure(), prospect=prospect()), **other)


def test_what_is_left_of_the_countdown_and_of_none() -> None:
    assert enc.seconds_left(asked(), 10.5, QUICK) == 1.0
    assert enc.seconds_left(asked(), 90.0, QUICK) == 0.0
    assert enc.seconds_left(asked(phase=Phase.SAVING), 10.5, QUICK) == 0.0


def test_a_minute_before_the_end_there_is_a_choice_and_at_the_end_there_is_none() -> None:
    for minutes, choice in ((1, True), (0, False), (-1, False)):
        meant = replace(BACK.assessment, minutes_off=minutes)
        assert enc.correctable(replace(BACK, assessment=meant)) is choice


@pytest.mark.parametrize("found", [None, replace(sure(), person_id=None)])
def test_without_a_match_there_is_a_doubt(found: Match | None) -> None:
    assert Story(sure(), prospect()).settings.quick_confirm_s == 1.5
    assert enc.confirm_s(asked(match=found), QUICK) == QUICK.confirm_s


def test_how_far_beyond_is_measured_from_what_is_asked() -> None:
    short = match(score=0.5 + SURE.score - 0.01, threshold=0.5, margin=SURE.margin)
    assert enc.confirm_s(asked(match=short), QUICK) == QUICK.confirm_s
