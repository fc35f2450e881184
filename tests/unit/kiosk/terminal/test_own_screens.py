"""What is for one person alone: the month, and the way by NIP and PIN from a face that fails to a record."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from kiosk.model import Fault, Hint, MonthSoFar, PersonId
from kiosk.terminal import encounter as enc
from kiosk.terminal.encounter import Button, Phase, own
from tests.unit.kiosk.factories import SETTINGS, match, prospect, sighting

MONTH = MonthSoFar(dt.date(2026, 11, 1), dt.date(2026, 11, 23), 16, 2, 19, 0, 0)
ALONE = replace(SETTINGS, nip_pin="alone")
NIP, PIN = "198001012005011001", "730155"
KNOWN = replace(prospect(), claimed=enc.Claimed("nip-pin"))


class Story:
    def __init__(self, settings: enc.Settings = SETTINGS) -> None:
        self.settings = settings
        self.state = enc.Encounter()
        self.effects: list[enc.Effect] = []

    def __call__(self, at_s: float, *inputs: enc.Input) -> Phase:
        for what in inputs:
            self.state, effects = enc.step(self.state, what, at_s, self.settings)
            self.effects += effects
        return self.state.phase


def saw(track: int = 1, **values: object) -> enc.Saw:
    return enc.Saw(sighting(track=track, **values))


@pytest.fixture
def recorded() -> Story:
    story = Story()
    story(0.0, saw(match=match()), enc.Answered(replace(prospect(), month=MONTH)))
    story(0.0, enc.Pressed(Button.CORRECT), enc.Stored())
    assert enc.offers_month(story.state)
    return story


def test_the_month_is_shown_for_ten_seconds(recorded: Story) -> None:
    assert recorded(1.0, enc.Pressed(Button.MONTH)) is Phase.MONTH
    for at_s in (4.0, 8.0, 10.9):
        assert recorded(at_s, saw(), enc.Tick()) is Phase.MONTH
    assert recorded(11.0, saw(), enc.Tick()) is Phase.IDLE


@pytest.mark.parametrize("who", [None, match("p-2"), match("p-1")])
def test_any_other_face_ends_it_at_once(recorded: Story, who: object) -> None:
    recorded(1.0, enc.Pressed(Button.MONTH))
    assert recorded(1.1, saw(track=2, match=who)) is Phase.IDLE


def test_a_face_beside_the_persons_ends_it_too(recorded: Story) -> None:
    recorded(1.0, enc.Pressed(Button.MONTH))
    assert recorded(1.1, saw(faces=2)) is Phase.MONTH, "somebody far behind cannot read it"
    assert recorded(1.2, saw(faces=2, hint=Hint.SEVERAL_FACES)) is Phase.IDLE


def test_it_goes_with_the_face_a_touch_and_a_fault(recorded: Story) -> None:
    recorded(1.0, saw(), enc.Pressed(Button.MONTH))
    shown = recorded.state
    assert recorded(1.9, saw(track=0), enc.Tick()) is Phase.MONTH
    assert recorded(2.0, enc.Tick()) is Phase.IDLE
    recorded.state = shown
    assert recorded(2.0, enc.Pressed(Button.CANCEL)) is Phase.IDLE
    recorded.state = shown
    assert recorded(2.0, enc.FaultsChanged(frozenset({Fault.CAMERA_LOST}))) is Phase.FAULT


def test_without_a_month_or_a_face_or_of_somebody_known_by_a_pin_there_is_none(recorded: Story) -> None:
    known = recorded.state.prospect
    assert known is not None
    for state in (
        replace(recorded.state, prospect=replace(known, month=None)),
        replace(recorded.state, prospect=replace(known, claimed=enc.Claimed("nip-pin"))),
        replace(recorded.state, sighting=sighting(track=0)),
        replace(recorded.state, sighting=sighting(track=2)),
    ):
        assert not enc.offers_month(state)
        recorded.state = state
        recorded(1.0, enc.Pressed(Button.MONTH))
        assert recorded.state.phase is not Phase.MONTH


# ---------------------------------------------------------------- NIP and PIN


def test_whoever_was_known_by_a_pin_is_offered_no_code_for_a_phone(recorded: Story) -> None:
    with_phones = replace(SETTINGS, phone_s=60.0)
    known = recorded.state.prospect
    assert known is not None
    assert enc.offers_phone(recorded.state, with_phones)
    recorded.state = replace(recorded.state, prospect=replace(known, claimed=enc.Claimed("nip-pin")))
    assert not enc.offers_phone(recorded.state, with_phones)
    recorded.settings = with_phones
    recorded(1.0, enc.Pressed(Button.PHONE))
    assert recorded.state.phase is not Phase.PHONE
    assert not any(isinstance(effect, enc.Invite) for effect in recorded.effects)


def test_what_was_typed_before_an_officer_came_is_not_the_next_persons() -> None:
    story = unknown()
    story(1.0, enc.Pressed(Button.NIP_PIN), enc.NipEntered(NIP), enc.Pressed(Button.CANCEL))
    assert story.state.phase is Phase.REFUSED_BY_PERSON
    story.state = enc.interrupted(story.state, sighting(track=1), 1.5)
    assert story.state.claim is None
    assert story(60.0, saw(track=2, match=match())) is Phase.ENQUIRING
    assert story(60.1, enc.Answered(prospect())) is Phase.CONFIRM, "a face that is known, as ever"


def unknown(settings: enc.Settings = ALONE) -> Story:
    story = Story(settings)
    assert story(0.0, saw(match=match(None, SETTINGS.max_frames))) is Phase.UNKNOWN
    return story


def test_whose_face_fails_is_recorded_by_nip_and_pin_and_the_record_says_so() -> None:
    story = unknown()
    assert story(1.0, enc.Pressed(Button.NIP_PIN)) is Phase.CLAIM_NIP
    assert story(9.0, enc.NipEntered(NIP)) is Phase.CLAIM_PIN
    assert story(15.0, enc.NipEntered(PIN)) is Phase.ENQUIRING
    assert story.effects[-1] == enc.Claim(NIP, PIN)
    assert story(15.1, enc.Answered(KNOWN)) is Phase.CONFIRM
    assert story(18.1, enc.Tick()) is Phase.SAVING
    record = story.effects[-1]
    assert isinstance(record, enc.Record)
    assert record.prospect.claimed == enc.Claimed("nip-pin")
    assert record.match.person_id is None, "what the face gave"
    assert story.state.claim is None, "what was typed is kept no longer"


def test_with_an_officer_the_officers_pin_is_asked_in_place_of_the_own() -> None:
    story = unknown(replace(SETTINGS, nip_pin="with-officer"))
    story(1.0, enc.Pressed(Button.NIP_PIN))
    assert story(1.0, enc.NipEntered(NIP)) is Phase.CLAIM_OFFICER
    assert story(1.0, enc.NipEntered("482913")) is Phase.ENQUIRING
    assert story.effects[-1] == enc.Claim(NIP, "", "482913")


def test_what_is_typed_is_never_printed() -> None:
    story = unknown()
    typed = (enc.NipEntered(NIP), enc.NipEntered(PIN))
    story(1.0, enc.Pressed(Button.NIP_PIN), *typed)
    for each in (*typed, story.state, *story.effects):
        assert NIP not in repr(each)
        assert PIN not in repr(each)


def test_after_three_wrong_answers_it_is_over_and_counted() -> None:
    story = unknown()
    story(1.0, enc.Pressed(Button.NIP_PIN))
    for phase in (Phase.CLAIM_NIP, Phase.CLAIM_NIP, Phase.UNKNOWN):
        story(1.0, enc.NipEntered(NIP), enc.NipEntered(PIN))
        assert story(1.0, enc.Answered(None)) is phase
    assert story.effects[-1] == enc.Count("nip_pin_refused")


def test_a_pause_is_told_with_its_end_and_is_over_for_the_next_person() -> None:
    story = unknown()
    story(1.0, enc.Pressed(Button.NIP_PIN), enc.NipEntered(NIP), enc.NipEntered(PIN))
    assert story(2.0, enc.Answered(None, wait_s=240.0)) is Phase.CLAIM_NIP
    assert story.state.paused_until_s == 242.0
    story(3.0, enc.NipEntered(NIP), enc.NipEntered(PIN))
    story(3.0, enc.Answered(None))
    assert story.state.paused_until_s == 0.0, "of another NIP there is none"
    story(4.0, enc.NipEntered(NIP), enc.NipEntered(PIN))
    assert story(4.0, enc.Answered(None, wait_s=30.0)) is Phase.UNKNOWN
    assert story.state.paused_until_s == 34.0, "the result says it too"
    story(5.0, enc.Pressed(Button.CANCEL))
    assert (story.state.phase, story.state.paused_until_s) == (Phase.IDLE, 0.0)


def test_where_the_policy_is_off_there_is_no_button() -> None:
    story = unknown(SETTINGS)
    assert not enc.offers_pin(story.state, SETTINGS)
    assert story(1.0, enc.Pressed(Button.NIP_PIN)) is Phase.IDLE


def test_whoever_held_a_picture_up_is_offered_none() -> None:
    assert not enc.offers_pin(enc.Encounter(phase=Phase.ATTACK_REFUSED), ALONE)


@pytest.mark.parametrize("digits", ["", "12345", NIP[:17], NIP + "1", "１" * 18, "a" * 18])
def test_another_number_of_digits_is_nothing(digits: str) -> None:
    story = unknown()
    story(1.0, enc.Pressed(Button.NIP_PIN))
    assert story(2.0, enc.NipEntered(digits)) is Phase.CLAIM_NIP
    assert story.effects == [enc.Count("unknown")]


def test_who_walks_away_while_typing_leaves_nothing_for_the_next() -> None:
    story = unknown()
    story(1.0, enc.Pressed(Button.NIP_PIN), enc.NipEntered(NIP))
    assert story(45.9, enc.Tick()) is Phase.CLAIM_PIN
    assert story(46.0, enc.Tick()) is Phase.IDLE
    assert story.state.claim is None
    assert isinstance(story.effects[-1], enc.Forget)


def test_an_answer_to_a_face_is_no_answer_to_a_pin() -> None:
    story = unknown()
    story(1.0, enc.Pressed(Button.NIP_PIN), enc.NipEntered(NIP), enc.NipEntered(PIN))
    for _ in range(2):
        story(1.0, enc.Answered(prospect()))
    assert story.state.phase is not Phase.CONFIRM


@pytest.mark.parametrize("lately", [True, False])
def test_whoever_is_forced_is_told_of_also_where_no_presence_comes_of_it(lately: bool) -> None:
    forced = replace(KNOWN, claimed=enc.Claimed("nip-pin", duress=True), recorded_ago_s=10.0 if lately else None)
    told = enc.Happened("duress", (PersonId("p-1"),))
    for asked, effects in ((forced, [told]), (replace(forced, claimed=enc.Claimed("nip-pin")), [])):
        story = unknown()
        story(1.0, enc.Pressed(Button.NIP_PIN), enc.NipEntered(NIP), enc.NipEntered(PIN), enc.Answered(asked))
        story(1.5, *(() if lately else (enc.Pressed(Button.NOT_ME),)))
        assert story.state.phase is (Phase.ALREADY_RECORDED if lately else Phase.REFUSED_BY_PERSON)
        assert [each for each in story.effects if isinstance(each, enc.Happened)] == effects


def test_a_presence_says_itself_that_somebody_is_forced() -> None:
    story = unknown()
    forced = replace(KNOWN, claimed=enc.Claimed("nip-pin", duress=True))
    story(1.0, enc.Pressed(Button.NIP_PIN), enc.NipEntered(NIP), enc.NipEntered(PIN), enc.Answered(forced))
    story(1.5, enc.Pressed(Button.CORRECT), enc.Stored())
    assert story.state.phase is Phase.RECORDED
    assert not any(isinstance(each, enc.Happened) for each in story.effects)


def test_a_pin_renews_no_templates() -> None:
    story = unknown()
    story(1.0, enc.Pressed(Button.NIP_PIN), enc.NipEntered(NIP), enc.NipEntered(PIN), enc.Answered(KNOWN))
    story.state = replace(story.state, samples=("a picture",))  # type: ignore[arg-type]
    story(1.5, enc.Pressed(Button.CORRECT))
    record = story.effects[-1]
    assert isinstance(record, enc.Record)
    assert record.samples == ()
    assert record.prospect.person.person_id == PersonId("p-1")


# ---------------------------------------------------------------- at the edges

PHONE = replace(SETTINGS, phone_s=60.0)


def showing(**values: object) -> enc.Encounter:
    """The code, since 100.0, with its person before it."""
    begun = enc.Encounter(phase=Phase.PHONE, since_s=100.0, seen_s=100.0, link="https://e", prospect=prospect())
    return replace(begun, **values)


def test_what_stands_in_for_a_touch_lasts_as_long_as_is_written() -> None:
    assert (own.OFFER_S, own.PIN_OFFER_S, own.MONTH_S) == (8.0, 5.0, 10.0)
    unknown = enc.Encounter(phase=Phase.UNKNOWN)
    assert own.offered_s(unknown, ALONE) == 5.0
    assert own.offered_s(unknown, SETTINGS) == 0.0


def test_the_code_is_offered_wherever_it_lasts_at_all() -> None:
    done = enc.Encounter(phase=Phase.RECORDED, sighting=sighting(track=3), track=3, done_track=3, prospect=prospect())
    assert own.offers_phone(done, replace(SETTINGS, phone_s=0.5))
    assert not own.offers_phone(done, replace(SETTINGS, phone_s=0.0))
    gone = replace(done, sighting=sighting(track=0), done_track=0)
    assert not own.offers_phone(gone, PHONE), "nobody is there"


@pytest.mark.parametrize(
    ("values", "lasts_s"),
    [
        ({"seen_s": 160.0}, 60.0),
        ({"seen_s": 160.0, "link": ""}, own.OFFER_S),
        ({}, 12.0),  # the phone that is held up hides the face for as long
        ({"seen_s": 160.0, "apart_s": 101.0}, 5.0),  # another face has four seconds to turn out to be the same person's
    ],
    ids=["the code's own time", "no code could be made", "the person has gone", "another face"],
)
def test_the_code_is_hidden_at_that_moment_and_not_before(values: dict[str, object], lasts_s: float) -> None:
    assert own.over(showing(**values), 100.0 + lasts_s, PHONE)
    assert not own.over(showing(**values), 100.0 + lasts_s - 0.01, PHONE)


# ---------------------------------------------------------------- a phone that was connected

CONNECTED = dt.datetime(2026, 11, 23, 7, 31, tzinfo=dt.UTC)


@pytest.mark.parametrize("settings", [SETTINGS, replace(SETTINGS, phone_s=0.0)], ids=["with-codes", "without"])
def test_whoever_is_told_of_a_phone_has_the_time_to_read_it(settings: enc.Settings) -> None:
    story = Story(settings)
    story(0.0, saw(match=match()), enc.Answered(replace(prospect(), phone=CONNECTED)))
    story(0.0, enc.Pressed(Button.CORRECT), enc.Stored())
    assert enc.tells_phone(story.state)
    assert story(7.9, saw(), enc.Tick()) is Phase.RECORDED
    assert story(8.0, saw(), enc.Tick()) is Phase.IDLE


def test_only_the_recorded_face_is_told_of_a_phone() -> None:
    told = replace(prospect(), phone=CONNECTED)
    base = enc.Encounter(phase=Phase.RECORDED, prospect=told, sighting=sighting(track=1), done_track=1)
    assert enc.tells_phone(base)
    assert not enc.tells_phone(replace(base, sighting=sighting(track=2)))
    assert not enc.tells_phone(replace(base, sighting=sighting(track=0)))
    assert not enc.tells_phone(replace(base, prospect=prospect()))
    assert not enc.tells_phone(replace(base, prospect=replace(told, claimed=enc.Claimed("nip-pin"))))
    assert not enc.tells_phone(replace(base, phase=Phase.ALREADY_RECORDED))
    assert CONNECTED.isoformat() not in repr(told)
