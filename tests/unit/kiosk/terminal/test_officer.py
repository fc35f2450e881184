"""The officer's area as a state machine: who gets in, what there is, and that what is given up leaves nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import Liveness, LivenessVerdict, Nip, PersonId, Refused
from kiosk.ports import Look, Pictured
from kiosk.terminal import officer
from kiosk.terminal.officer import (
    CLEANING_S,
    CLOSED,
    IDLE_S,
    READING_S,
    Act,
    Admit,
    Admitted,
    Area,
    Carry,
    Checked,
    CheckPin,
    Done,
    Dropped,
    Effect,
    Enrol,
    Enrollable,
    Looked,
    Note,
    Opened,
    Page,
    Progress,
    Signed,
    Stop,
    Store,
    Take,
    Tick,
    Touched,
    Withdraw,
)
from tests.unit.kiosk.factories import match, sighting

ANI = Enrollable(Nip("198503152010011004"), "Ani Contohwati")
BUDI = Enrollable(Nip("197911192005012001"), "Budi Contohadi", PersonId("p-2"), "enrolled")
ALL = frozenset({"enrol", "maintain"})
RIGHT = Checked("o-1", "Ratna Petugaswati", may=ALL)  # type: ignore[arg-type]
PNG = b"\x89PNG..."


class Hand:
    """Plays the area; `effects` are all that it has asked for."""

    def __init__(self, area: Area = CLOSED) -> None:
        self.area, self.now_s = area, 100.0
        self.effects: list[Effect] = []

    def give(self, what: officer.Input) -> tuple[Effect, ...]:
        self.area, effects = officer.step(self.area, what, self.now_s)
        self.effects += effects
        return effects

    def touch(self, *acts: Act | tuple[Act, str]) -> None:
        for act in acts:
            self.give(Touched(*act) if isinstance(act, tuple) else Touched(act))

    def type(self, digits: str) -> None:
        self.touch(*((Act.DIGIT, digit) for digit in digits))

    def wait(self, seconds: float) -> tuple[Effect, ...]:
        self.now_s += seconds
        return self.give(Tick())

    def choose(self, person: Enrollable) -> None:
        self.area = officer.choose(self.area, person, self.now_s)

    @property
    def page(self) -> Page:
        return self.area.page


def inside(checked: Checked = RIGHT) -> Hand:
    hand = Hand()
    hand.give(Opened())
    hand.type("482913")
    hand.touch(Act.ENTER)
    hand.give(checked)
    hand.effects.clear()
    return hand


def reading(person: Enrollable = ANI) -> Hand:
    hand = inside()
    hand.touch((Act.GO, "people"))
    hand.choose(person)
    hand.touch(Act.ENROL)
    return hand


def capturing() -> Hand:
    hand = reading()
    hand.give(Admitted())
    hand.touch(Act.AGREE)
    hand.give(Signed(PNG))
    return hand


# ---------------------------------------------------------------- the way in


def test_six_digits_are_checked_and_the_right_ones_open_the_menu_and_are_noted() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.type("48291")
    hand.touch(Act.ENTER)
    assert hand.effects == []
    hand.type("37")  # the seventh is nothing
    hand.touch(Act.ENTER)
    assert hand.effects == [CheckPin("482913")]
    assert hand.area.typed == ""
    assert hand.give(RIGHT) == (Note("officer-in", "o-1"),)
    assert (hand.page, hand.area.officer) == (Page.MENU, "Ratna Petugaswati")


def test_a_digit_is_erased_and_the_last_one_only() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.type("482")
    hand.touch(Act.ERASE)
    assert hand.area.typed == "48"


def test_a_pad_that_was_left_before_a_pin_was_typed_waits_for_nothing() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.touch(Act.LEAVE)
    hand.give(Opened())
    assert (hand.area.waiting, hand.area.lapsed) == (False, False)
    hand = inside()
    hand.touch(Act.SYNC, Act.LEAVE)  # an order that is carried out is no PIN that is looked at
    hand.give(Opened())
    assert (hand.area.waiting, hand.area.lapsed) == (False, False)


def test_there_is_nothing_to_wait_for_but_a_pause_and_a_cleaning() -> None:
    pad = Area(page=Page.PIN, until_s=100.0)
    assert [officer.seconds_left(pad, now_s) for now_s in (90.0, 100.0, 110.0)] == [10.0, 0.0, 0.0]
    cleaning = Area(page=Page.CLEANING, since_s=100.0)
    assert [officer.seconds_left(cleaning, now_s) for now_s in (100.0, 112.0, 131.0)] == [CLEANING_S, 18.0, 0.0]
    assert officer.seconds_left(Area(page=Page.MENU, until_s=100.0), 90.0) == 0.0


def test_a_wrong_pin_is_noted_and_a_pause_takes_no_digit() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.type("111111")
    hand.touch(Act.ENTER)
    assert hand.give(Checked(why="pin_wrong", left=2)) == (Note("officer-refused"),)
    hand.type("111111")
    hand.touch(Act.ENTER)
    assert hand.give(Checked(wait_s=30.0, why="pin_locked_now")) == (Note("officer-locked"),)
    hand.type("4")
    assert hand.area.typed == ""
    assert officer.seconds_left(hand.area, hand.now_s) == 30.0
    hand.wait(30.0)
    hand.type("4")
    assert hand.area.typed == "4"


def test_whoever_has_locked_the_pad_has_not_locked_the_officers_own_face_out() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.type("111111")
    hand.touch(Act.ENTER)
    hand.give(Checked(wait_s=3600.0, why="pin_locked_now"))
    hand.touch(Act.FACE)
    hand.give(Looked(sighting(1.0, match=match("p-9"))))
    hand.effects.clear()
    hand.type("482913")
    hand.touch(Act.ENTER)
    assert hand.effects == [CheckPin("482913", PersonId("p-9"))]
    hand.give(Checked(wait_s=30.0, why="pin_locked_now", by_face=True))
    assert officer.seconds_left(hand.area, hand.now_s) == 30.0
    hand.touch(Act.FACE)
    assert officer.seconds_left(hand.area, hand.now_s) == 3600.0


def test_a_pause_outlives_the_area() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.type("111111")
    hand.touch(Act.ENTER)
    hand.give(Checked(wait_s=30.0, why="pin_locked_now"))
    hand.touch(Act.LEAVE)
    hand.give(Opened())
    hand.type("4")
    assert hand.area.typed == ""


def test_an_answer_that_comes_after_the_area_has_closed_lets_nobody_in() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.type("482913")
    hand.touch(Act.ENTER, Act.LEAVE)
    hand.give(RIGHT)
    assert hand.page is Page.CLOSED


def test_nor_does_it_let_in_who_has_opened_the_pad_since_and_that_one_waits_for_it() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.type("482913")
    hand.touch(Act.ENTER, Act.LEAVE)
    hand.give(Opened())
    hand.type("111111")
    hand.touch(Act.ENTER)
    assert hand.effects == [CheckPin("482913")]
    hand.give(RIGHT)
    assert (hand.page, hand.area.officer_id, hand.area.waiting) == (Page.PIN, "", False)
    hand.type("482913")
    hand.touch(Act.ENTER)
    hand.give(RIGHT)
    assert (hand.page, hand.area.officer_id) == (Page.MENU, "o-1")


def test_a_wrong_pin_is_noted_whoever_has_left_before_the_answer() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.type("111111")
    hand.touch(Act.ENTER, Act.LEAVE)
    assert hand.give(Checked(why="pin_wrong", left=2)) == (Note("officer-refused"),)


def test_with_the_face_the_pin_is_that_persons() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.touch(Act.FACE)
    hand.type("482913")
    hand.touch(Act.ENTER)
    assert (hand.area.why, hand.effects) == ("face_unknown", [])
    hand.give(Looked(sighting(1.0, match=match("p-9"))))
    hand.touch(Act.ENTER)
    assert (hand.effects, hand.area.waiting) == ([CheckPin("482913", PersonId("p-9"))], True)


def test_a_picture_of_an_officer_is_no_officers_face() -> None:
    hand = Hand()
    hand.give(Opened())
    hand.touch(Act.FACE)
    attack = LivenessVerdict(Liveness.ATTACK, 0.0, "screen")
    hand.give(Looked(sighting(1.0, match=match("p-9"), liveness=attack)))
    hand.type("482913")
    hand.touch(Act.ENTER)
    assert hand.effects == []


@pytest.mark.parametrize(("page", "idle_s"), [("people", IDLE_S), ("camera", IDLE_S), ("queue", IDLE_S)])
def test_an_area_that_nobody_touches_closes_and_says_so(page: str, idle_s: float) -> None:
    hand = inside()
    hand.touch((Act.GO, page))
    assert hand.wait(idle_s - 1) == ()
    assert hand.wait(1) == (Note("officer-out", "o-1"),)
    assert hand.page is Page.CLOSED


def test_a_pad_that_nobody_touches_closes() -> None:
    hand = Hand()
    hand.give(Opened())
    assert hand.wait(IDLE_S) == ()
    assert hand.page is Page.CLOSED


def test_a_consent_may_be_read_for_longer() -> None:
    hand = reading()
    hand.wait(IDLE_S + 1)
    assert hand.page is Page.CONSENT
    assert hand.wait(READING_S) == (Stop(), Note("officer-out", "o-1"))


# ---------------------------------------------------------------- the menu


def test_what_was_refused_is_listed_from_the_queue_alone_noted_and_turned() -> None:
    hand = inside()
    hand.touch((Act.GO, "refused"))
    assert hand.page is Page.MENU
    hand.touch((Act.GO, "queue"))
    hand.effects.clear()
    hand.touch((Act.GO, "camera"), (Act.SHOW, "refused"))
    assert (hand.page, hand.effects) == (Page.QUEUE, [])
    hand.touch((Act.GO, "refused"))
    assert (hand.page, hand.area.refused, hand.area.first) == (Page.REFUSED, None, 0)
    assert hand.effects == [Note("officer-did", "o-1", "refused"), officer.Inquire()]
    one = Refused("presence", None, "person-unknown")
    hand.give(officer.Listed((one,)))
    hand.touch((Act.TURN, "5"), (Act.SHOW, "7"))
    assert hand.area.first == 5
    hand.touch((Act.TURN, "-50"))
    assert (hand.area.refused, hand.area.first) == ((one,), 0)
    hand.touch((Act.TURN, "5"), Act.BACK)
    assert (hand.page, hand.area.refused, hand.area.first) == (Page.QUEUE, None, 0)
    hand.give(officer.Listed((one,)))
    assert hand.area.refused is None, "who has gone on is shown nothing"
    hand.touch((Act.GO, "refused"))
    hand.give(officer.Listed(None))
    assert (hand.page, hand.area.done) == (Page.TOLD, Done(False, key="officer.done.failed"))
    assert not hand.area.waiting


def test_a_lamp_is_shown_and_a_language_spoken_on_their_own_pages_alone() -> None:
    hand = inside()
    hand.touch((Act.GO, "sound"))
    hand.now_s += 5.0
    hand.touch((Act.SPEAK, "en"), (Act.SHOW, "success"))
    assert (hand.area.lamp, hand.area.since_s) == ("success", hand.now_s)
    hand.touch((Act.SPEAK, "fault"))
    assert hand.area.lamp == "success"
    hand.touch(Act.BACK, (Act.GO, "language"), (Act.SHOW, "fault"))
    assert hand.area.lamp == "idle"
    assert not [effect for effect in hand.effects if isinstance(effect, officer.Speak)]
    hand.touch((Act.SPEAK, "en"))
    assert hand.effects[-1] == officer.Speak("en")
    before = hand.area, list(hand.effects)
    hand.touch((Act.TURN, "4"), (Act.SHOW, "en"))
    assert (hand.area, hand.effects) == before


@pytest.mark.parametrize("page", [Page.PEOPLE, Page.QUEUE, Page.CAMERA, Page.RECOGNISE, Page.SOUND, Page.LANGUAGE])
def test_every_page_of_the_menu_is_noted_and_leads_back(page: Page) -> None:
    hand = inside()
    hand.touch((Act.GO, page.value))
    assert (hand.page, hand.effects) == (page, [Note("officer-did", "o-1", page.value)])
    hand.touch(Act.BACK)
    assert hand.page is Page.MENU


@pytest.mark.parametrize(
    ("may", "act", "value"),
    [("maintain", Act.GO, "people"), ("enrol", Act.RESTART, ""), ("enrol", Act.EXPORT, ""), ("enrol", Act.GO, "told")],
)
def test_what_an_officers_duties_do_not_reach_to_does_nothing(may: str, act: Act, value: str) -> None:
    hand = inside(dataclasses.replace(RIGHT, may=frozenset({may})))  # type: ignore[arg-type]
    hand.touch((act, value), (act, value))
    assert (hand.page, hand.effects) == (Page.MENU, [])


def test_a_restart_is_asked_for_twice() -> None:
    hand = inside()
    hand.touch(Act.RESTART)
    assert hand.effects == []
    hand.touch(Act.RESTART)
    assert hand.effects == [Note("officer-did", "o-1", "restart"), Carry("restart")]


def test_an_order_waits_for_its_answer_and_tells_it() -> None:
    hand = inside()
    hand.touch(Act.SYNC)
    assert (hand.page, hand.area.waiting) == (Page.TOLD, True)
    hand.give(Done(True, key="officer.done.sync"))
    assert (hand.area.waiting, hand.area.done) == (False, Done(True, key="officer.done.sync"))


def test_an_order_that_fails_is_told_and_one_that_was_told_is_not_told_otherwise() -> None:
    hand = inside()
    hand.touch(Act.SYNC)
    hand.give(Done(False, key="officer.done.disk"))
    assert hand.area.done == Done(False, key="officer.done.disk")
    hand.give(Done(False, key="officer.done.camera"))  # of an enrolment that was given up before
    assert hand.area.done == Done(False, key="officer.done.disk")


def test_while_the_screen_is_cleaned_no_touch_does_anything() -> None:
    hand = inside()
    hand.touch((Act.GO, "cleaning"), Act.BACK, Act.LEAVE)
    hand.wait(CLEANING_S - 1.0)
    assert hand.page is Page.CLEANING
    hand.wait(1.0)
    assert hand.page is Page.MENU


# ---------------------------------------------------------------- the list of people


def listed() -> Hand:
    """On the third page of the list."""
    hand = inside()
    hand.touch((Act.GO, "people"), (Act.TURN, "4"), (Act.TURN, "4"))
    assert hand.area.first == 8
    return hand


def test_the_list_is_turned_and_ends_at_its_beginning() -> None:
    hand = listed()
    hand.touch((Act.TURN, "-4"))
    assert hand.area.first == 4
    hand.touch((Act.TURN, "-40"))
    assert hand.area.first == 0


@pytest.mark.parametrize("act", [(Act.LETTER, "a"), (Act.ERASE, ""), (Act.MISSING, "")])
def test_who_looks_for_somebody_else_sees_the_first_of_them(act: tuple[Act, str]) -> None:
    hand = listed()
    hand.touch(act)
    assert hand.area.first == 0


def test_a_name_is_typed_up_to_forty_letters_and_erased_from_its_end() -> None:
    hand = listed()
    hand.touch(*((Act.LETTER, letter) for letter in "ani contohwati"), Act.ERASE)
    assert hand.area.typed == "ani contohwat"
    hand.touch(*[(Act.LETTER, "x")] * 40)
    assert hand.area.typed == "ani contohwat" + "x" * 27


def test_those_without_a_face_stand_there_until_all_are_asked_for() -> None:
    hand = listed()
    assert hand.area.missing
    hand.touch(Act.MISSING)
    assert not hand.area.missing
    hand.touch(Act.MISSING)
    assert hand.area.missing


# ---------------------------------------------------------------- enrolment


def test_a_consent_is_read_from_its_first_page_and_turned() -> None:
    hand = listed()
    hand.choose(ANI)
    hand.touch(Act.ENROL)
    assert (hand.page, hand.area.first) == (Page.CONSENT, 0)
    hand.touch((Act.TURN, "1"), (Act.TURN, "1"), (Act.TURN, "-1"))
    assert hand.area.first == 1
    hand.touch((Act.TURN, "-5"))
    assert hand.area.first == 0


def test_admitted_agreed_signed_captured_told() -> None:
    hand = reading()
    assert hand.effects == [Note("officer-did", "o-1", "people"), Admit(ANI, replacing=False)]
    hand.give(Admitted())
    hand.touch(Act.AGREE)
    assert hand.page is Page.SIGN
    assert hand.give(Signed(PNG)) == (Enrol("Ratna Petugaswati", PNG),)
    assert hand.area.waiting
    hand.give(Progress(Look("left", 0.5)))
    assert (hand.page, hand.area.look) == (Page.CAPTURE, Look("left", 0.5))
    hand.give(Done(True, key="officer.done.enrolled"))
    assert (hand.page, hand.area.signature) == (Page.TOLD, b"")


def test_nothing_is_captured_before_the_person_is_admitted() -> None:
    hand = reading()
    hand.touch(Act.AGREE)
    assert hand.give(Signed(PNG)) == ()
    assert hand.page is Page.SIGN


LIKE = "2005012001"


def alike() -> Hand:
    """The face was like Budi's."""
    hand = capturing()
    hand.give(Done(False, like=LIKE))
    hand.effects.clear()
    return hand


def test_whose_face_is_like_anothers_is_enrolled_anew_when_the_officer_names_that_one() -> None:
    hand = alike()
    hand.touch(Act.OTHER)
    assert hand.page is Page.OTHER
    hand.type(BUDI.nip[:17])
    hand.touch(Act.ENTER)
    assert hand.page is Page.OTHER
    hand.type("13")  # the nineteenth is nothing
    hand.touch(Act.ENTER)
    assert hand.effects == [Note("officer-did", "o-1", "despite-likeness"), Admit(ANI, False, BUDI.nip)]
    assert (hand.page, hand.area.admitted, hand.area.typed) == (Page.CONSENT, False, "")
    hand.give(Admitted())
    hand.touch(Act.AGREE)
    assert hand.give(Signed(PNG)) == (Enrol("Ratna Petugaswati", PNG),)


def test_another_nip_than_that_ones_is_typed_again() -> None:
    hand = alike()
    hand.touch(Act.OTHER)
    hand.type("197911192005012002")
    hand.touch(Act.ENTER)
    assert (hand.page, hand.area.why, hand.area.typed, hand.effects) == (Page.OTHER, "another", "", [])
    hand.type("197")
    hand.touch(Act.ERASE)
    assert (hand.area.why, hand.area.typed) == ("", "19")


def test_nobody_is_named_where_the_face_was_like_nobodys() -> None:
    hand = capturing()
    hand.give(Done(False))
    hand.touch(Act.OTHER)
    assert hand.page is Page.TOLD
    hand = inside()
    hand.touch(Act.OTHER)
    assert hand.page is Page.MENU


def test_who_does_not_know_the_nip_goes_back_and_the_pad_closes_like_any_page() -> None:
    hand = alike()
    hand.touch(Act.OTHER, (Act.DIGIT, "1"), Act.BACK)
    assert (hand.page, hand.area.typed) == (Page.TOLD, "")
    hand.touch(Act.OTHER)
    hand.wait(IDLE_S)
    assert hand.area == CLOSED


def test_a_word_for_one_is_none_for_the_next() -> None:
    hand = alike()
    hand.touch(Act.OTHER)
    hand.type(BUDI.nip)
    hand.touch(Act.ENTER, Act.BACK, Act.ENROL)
    assert hand.effects[-1] == Admit(ANI, replacing=False)


def test_whoever_is_enrolled_is_enrolled_anew() -> None:
    assert reading(BUDI).effects[-1] == Admit(BUDI, replacing=True)


def test_without_consent_nothing_is_captured_and_the_refusal_is_noted() -> None:
    hand = reading(BUDI)
    hand.touch(Act.REFUSE)
    assert hand.effects[-2:] == [Stop(), Note("officer-did", "o-1", "consent-refused", PersonId("p-2"))]
    assert hand.page is Page.TOLD
    assert hand.area.done == Done(True, key="officer.done.consent_refused"), "to refuse is nobody's failure"
    assert not hand.area.admitted
    assert hand.give(Signed(PNG)) == ()


def test_who_goes_back_stands_where_the_enrolment_began() -> None:
    for hand in (reading(), capturing()):
        hand.touch((Act.TURN, "1"), Act.BACK)
        assert (hand.page, hand.area.person) == (Page.PERSON, ANI)
        assert (hand.area.admitted, hand.area.waiting, hand.area.first) == (False, False, 0)


@pytest.mark.parametrize("act", [Act.BACK, Act.LEAVE])
def test_who_goes_back_gives_the_enrolment_up(act: Act) -> None:
    for hand in (reading(), capturing()):
        hand.touch(act)
        assert Stop() in hand.effects
        assert hand.area.signature == b""


def test_a_refusal_of_what_was_given_up_is_no_news_but_that_somebody_is_enrolled_is() -> None:
    hand = capturing()
    hand.touch(Act.BACK)
    hand.give(Done(False))
    assert hand.page is Page.PERSON
    hand.give(Done(True, key="officer.done.enrolled"))
    assert hand.page is Page.TOLD


def test_a_face_for_another_recogniser_is_enrolled_in_its_place() -> None:
    for state, replacing in (("other", True), ("enrolled", True), ("none", False)):
        hand = reading(Enrollable(ANI.nip, ANI.name, PersonId("p-9"), state))
        assert [each.replacing for each in hand.effects if isinstance(each, Admit)] == [replacing]


def test_an_order_that_ends_while_the_next_person_reads_gives_the_enrolment_up() -> None:
    hand = inside()
    hand.touch(Act.EXPORT, Act.BACK, (Act.GO, "people"))
    hand.choose(ANI)
    hand.touch(Act.ENROL)
    assert hand.give(Done(good=True, key="officer.done.export")) == (Stop(),)
    assert hand.page is Page.TOLD


def test_a_capture_does_not_end_for_want_of_a_touch() -> None:
    hand = capturing()
    hand.wait(10 * IDLE_S)
    assert hand.page is Page.CAPTURE


def test_a_withdrawal_is_asked_for_twice_and_only_of_a_face_that_is_there() -> None:
    hand = inside()
    hand.touch((Act.GO, "people"))
    hand.choose(BUDI)
    hand.touch(Act.SURE)
    assert not [effect for effect in hand.effects if isinstance(effect, Withdraw)]
    hand.touch(Act.WITHDRAW, Act.SURE)
    assert hand.effects[-1] == Withdraw("o-1", PersonId("p-2"))
    assert (hand.page, hand.area.waiting) == (Page.TOLD, True)
    other = inside()
    other.touch((Act.GO, "people"))
    other.choose(ANI)
    other.touch(Act.WITHDRAW, Act.SURE)
    assert not [effect for effect in other.effects if isinstance(effect, Withdraw)]


# ---------------------------------------------------------------- laws

_ACTS = st.sampled_from(Act).flatmap(
    lambda act: st.sampled_from(["", "1", "-1", "people", "camera", "closed", "menu"]).map(lambda v: Touched(act, v))
)
_INPUTS = st.one_of(
    st.just(Opened()),
    st.just(Tick()),
    _ACTS,
    st.just(Signed(PNG)),
    st.just(Looked(sighting(1.0, match=match("p-9")))),
    st.just(Checked(why="pin_wrong", left=1)),
    st.just(Admitted()),
    st.just(Progress(Look("front", 0.1))),
    st.just(Done(False)),
    st.just(Done(True, key="officer.done.enrolled")),
)


@given(st.lists(st.tuples(_INPUTS, st.floats(0, 100)), max_size=40))
def test_without_a_right_pin_nobody_comes_past_the_pad(played: list[tuple[officer.Input, float]]) -> None:
    hand = Hand()
    for what, seconds in played:
        hand.now_s += seconds
        hand.give(what)
        assert hand.page in (Page.CLOSED, Page.PIN)
    assert all(isinstance(effect, CheckPin | Note) for effect in hand.effects)


@given(st.lists(st.tuples(_INPUTS, st.floats(0, 100)), max_size=40))
def test_a_capture_begins_only_after_consent_and_signature(played: list[tuple[officer.Input, float]]) -> None:
    hand = inside()
    hand.touch((Act.GO, "people"))
    hand.choose(ANI)
    agreed = admitted = False
    for what, seconds in played:
        hand.now_s += seconds
        agreed = (agreed or (isinstance(what, Touched) and what.act is Act.AGREE)) and hand.area.open
        admitted = (admitted or isinstance(what, Admitted)) and hand.area.open
        effects = hand.give(what)
        if any(isinstance(effect, Enrol) for effect in effects):
            assert agreed
            assert admitted
            assert isinstance(what, Signed)


# ---------------------------------------------------------------- a window on a laptop

PICTURE = Path("/foto/1.jpg")


def at_window() -> Hand:
    return Hand(officer.entered("Ratna Petugaswati", 100.0))


def window_capturing() -> Hand:
    hand = at_window()
    hand.choose(ANI)
    hand.touch(Act.ENROL)
    hand.give(Admitted())
    hand.touch(Act.AGREE)
    hand.give(Signed(PNG))
    return hand


def test_whom_a_command_let_in_stands_by_name_under_what_is_noted() -> None:
    name = "Ratna Petugaswati"
    hand = at_window()
    hand.touch(Act.BACK, (Act.GO, "people"))
    assert hand.effects == [Note("officer-did", "", "people", officer=name)]
    hand.choose(BUDI)
    hand.touch(Act.WITHDRAW, Act.SURE)
    assert hand.effects[-1] == officer.Withdraw("", PersonId("p-2"), name)
    hand = at_window()
    hand.choose(BUDI)
    hand.touch(Act.ENROL, Act.REFUSE)
    assert hand.effects[-1] == Note("officer-did", "", "consent-refused", PersonId("p-2"), name)


def test_a_window_begins_with_the_people_and_offers_only_what_belongs_to_it() -> None:
    hand = at_window()
    assert (hand.page, hand.area.officer) == (Page.PEOPLE, "Ratna Petugaswati")
    offered = {what for what in officer.DUTIES if officer.permitted(hand.area, what)}
    assert offered == {"people", "language"}
    hand.touch(Act.BACK, Act.RESTART, (Act.GO, "camera"))
    assert (hand.page, hand.effects) == (Page.MENU, [])
    hand.touch((Act.GO, "people"))
    hand.choose(ANI)
    hand.touch(Act.LEAVE)
    assert hand.area == Area(window=True), "it stays a window"


def test_pictures_are_the_person_s_who_was_chosen_before_they_came() -> None:
    hand = at_window()
    assert hand.give(Dropped(PICTURE)) == ()
    assert (hand.page, hand.area.done) == (Page.TOLD, Done(good=False, key="officer.pictures.nobody"))
    hand.touch(Act.BACK, (Act.GO, "people"))
    hand.choose(ANI)
    hand.effects.clear()
    hand.now_s += 59.0
    assert hand.give(Dropped(PICTURE)) == (Take(PICTURE),)
    hand.wait(59.0)  # who drops pictures is there
    assert (hand.page, hand.area.held) == (Page.PERSON, 1)
    hand.touch(Act.BACK)
    assert hand.area.held == 0
    hand.choose(BUDI)
    assert hand.area.held == 0


@pytest.mark.parametrize("act", [Act.BACK, Act.LEAVE])
def test_pictures_of_a_sitting_that_is_given_up_are_nobody_s(act: Act) -> None:
    hand = window_capturing()
    hand.give(Dropped(PICTURE))
    assert hand.area.held == 1
    hand.touch(act)
    assert hand.area.held == 0
    assert Stop() in hand.effects


def test_the_end_of_a_sitting_forgets_its_pictures_and_takes_none_until_somebody_is_chosen() -> None:
    for done in (Done(good=True, key="officer.done.enrolled"), Done(good=False)):
        hand = window_capturing()
        hand.give(Dropped(PICTURE))
        hand.give(done)
        assert (hand.page, hand.area.held) == (Page.TOLD, 0)
        assert hand.give(Dropped(PICTURE)) == ()


def test_who_refuses_the_consent_leaves_no_pictures() -> None:
    hand = at_window()
    hand.choose(ANI)
    hand.give(Dropped(PICTURE))
    hand.touch(Act.ENROL, Act.REFUSE)
    assert hand.area.held == 0


def test_nothing_is_stored_before_there_are_enough_pictures() -> None:
    hand = window_capturing()
    hand.effects.clear()
    hand.touch(Act.STORE)
    few, enough = Pictured(2, 4, False, False), Pictured(4, 4, True, False)
    hand.give(Progress(Look("left", 0.5, pictures=few)))
    hand.touch(Act.STORE)
    assert hand.effects == []
    hand.give(Progress(Look("nothing", 1.0, pictures=enough)))
    hand.touch(Act.STORE)
    assert hand.effects == [Store()]


def test_nothing_is_dropped_onto_a_terminal_nor_beside_a_pin_nor_while_an_order_is_carried_out() -> None:
    hand = capturing()
    before = hand.area
    assert hand.give(Dropped(PICTURE)) == ()
    assert hand.area == before
    hand = Hand(Area(window=True))
    assert hand.give(Dropped(PICTURE)) == ()
    hand.give(Opened())
    assert hand.give(Dropped(PICTURE)) == ()
    assert hand.page is Page.PIN
    waiting = dataclasses.replace(at_window().area, page=Page.TOLD, waiting=True)
    assert officer.step(waiting, Dropped(PICTURE), 100.0) == (waiting, ())
