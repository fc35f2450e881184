"""What each encounter looks like: `render`, checked by example and, for every encounter there can be, by property."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import (
    BLOCKING_FAULTS,
    Assessment,
    Challenge,
    Direction,
    Fault,
    Hint,
    Letter,
    Liveness,
    LivenessVerdict,
    Match,
    Nip,
    NipPinPolicy,
    Person,
    PersonId,
    QueueState,
    Saying,
    Sighting,
    TerminalStatus,
)
from kiosk.terminal.encounter import Button, Claimed, Encounter, Phase, Prospect
from kiosk.ui import catalogue, examples, letters
from kiosk.ui.view import render
from kiosk.ui.viewstate import Icon, Lamp, Layout, Ring, Tone, ViewState
from kiosk.ui.wording import FAULT_NUMBERS

INDONESIAN, ENGLISH = catalogue.load("id"), catalogue.load("en")
SETTINGS = replace(examples.SETTINGS, nip_pin="off")
JAKARTA = ZoneInfo("Asia/Jakarta")
STATUS = TerminalStatus(
    local_time=dt.datetime(2026, 11, 24, 7, 5, 9, tzinfo=JAKARTA),
    office_name="Dinas Contoh",
    people=124,
    connected=True,
    queue=QueueState(0, 0, None),
    clock_trusted=True,
)
WIDI = Person(PersonId("p-1"), Nip("199001012010011002"), "Drs. H. Widi Contoh, M.Si.")


def view(encounter: Encounter, now_s: float = 0.0, status: TerminalStatus = STATUS, english: bool = False) -> ViewState:
    return render(encounter, status, now_s, SETTINGS, ENGLISH if english else INDONESIAN)


def known(phase: Phase, direction: Direction = Direction.ARRIVAL, minutes: int = 0, **other: object) -> Encounter:
    percent = float(other.pop("percent", 1.0 if minutes else 0.0))  # type: ignore[arg-type]
    working_day = bool(other.pop("working_day", True))
    ago_s = other.pop("ago_s", None)
    local = dt.datetime(2026, 11, 24, 7, 42, tzinfo=JAKARTA)
    recorded, person = other.pop("recorded", None), other.pop("person", WIDI)
    assessment = Assessment(direction, local, minutes, percent, working_day)
    prospect = Prospect(person, assessment, ago_s, recorded)  # type: ignore[arg-type]
    return replace(Encounter(phase=phase, prospect=prospect), **other)  # type: ignore[arg-type]


def seen(phase: Phase, **sighting: object) -> Encounter:
    values: dict[str, object] = {"t_s": 0.0, "track": 1, "faces": 1, "box": (0.1, 0.2, 0.4, 0.7), **sighting}
    sighted = Sighting(**values)  # type: ignore[arg-type]
    return Encounter(phase=phase, hint=sighted.hint, sighting=sighted)


# ---------------------------------------------------------------- idle


def test_idle_shows_the_indonesian_clock_and_date_the_office_and_the_queue() -> None:
    idle = view(Encounter())
    assert (idle.clock, idle.clock_seconds, idle.zone) == ("07.05", ".09", "WIB")
    assert idle.date == "Selasa, 24 November 2026"
    assert idle.office == "Dinas Contoh"
    assert idle.connection == "Terhubung"
    assert idle.people == "124 pegawai"
    assert idle.title == "Silakan berdiri di depan kamera"
    assert (idle.layout, idle.lamp, idle.speech) == (Layout.IDLE, Lamp.IDLE, None)


@pytest.mark.parametrize(
    ("connected", "said"),
    [
        (True, "Terhubung · mengirim 12 catatan"),
        (False, "Tidak terhubung · 12 catatan tersimpan di sini"),
        (None, "Menghubungi server · 12 catatan tersimpan di sini"),
    ],
)
def test_the_connection_is_told_with_what_waits(connected: bool | None, said: str) -> None:
    status = replace(STATUS, connected=connected, queue=QueueState(12, 0, None))
    idle = view(Encounter(), status=status)
    assert (idle.connection, idle.waiting, idle.connected) == (said, 12, connected)
    assert idle.people == "", "the line has no room for both"


@pytest.mark.parametrize(
    ("connected", "said"), [(True, "Terhubung"), (False, "Tidak terhubung"), (None, "Menghubungi server")]
)
def test_that_nothing_waits_is_not_told(connected: bool | None, said: str) -> None:
    assert view(Encounter(), status=replace(STATUS, connected=connected)).connection == said


def test_what_the_server_refused_is_not_told_in_public() -> None:
    refused = view(Encounter(), status=replace(STATUS, queue=QueueState(0, 3, None)))
    assert refused == view(Encounter())


def test_faults_that_do_not_block_take_turns_as_notices() -> None:
    encounter = Encounter(faults=frozenset({Fault.JOURNAL_DAMAGED, Fault.GALLERY_DAMAGED}))
    status = replace(STATUS, clock_trusted=False)
    shown = view(encounter, status=status)
    assert len(shown.notices) == 3
    assert {view(encounter, now_s, status).notice for now_s in (0.0, 4.0, 8.0)} == set(shown.notices)
    assert shown.layout is Layout.IDLE


def test_an_untrusted_clock_is_one_notice_however_it_is_known() -> None:
    both = view(Encounter(faults=frozenset({Fault.CLOCK_UNTRUSTED})), status=replace(STATUS, clock_trusted=False))
    assert both.notices == (INDONESIAN.text("fault.clock_untrusted.notice"),)


@pytest.mark.parametrize("phase", [Phase.CONFIRM, Phase.RECORDED])
def test_a_clock_that_is_not_trusted_tells_nobody_of_a_deduction(phase: Phase) -> None:
    late = next(example.encounter for example in examples.states() if example.name == "confirm-late")
    encounter = replace(late, phase=phase)
    assert "12" in view(encounter).consequence
    shown = view(encounter, status=replace(STATUS, clock_trusted=False))
    assert "12" not in shown.consequence + shown.footnote
    assert INDONESIAN.text("consequence.letter") not in shown.footnote
    assert "Jam belum pasti" in shown.consequence + shown.notice


# ---------------------------------------------------------------- the live picture


@pytest.mark.parametrize("hint", Hint)
def test_each_hint_is_told_alone(hint: Hint) -> None:
    shown = view(seen(Phase.POSITIONING, hint=hint))
    assert shown.hint == INDONESIAN.text(f"hint.{hint.value}")
    assert shown.icon is not Icon.NONE
    assert shown.guide is not None
    assert shown.guide.ring is Ring.ADJUST


@pytest.mark.parametrize(
    ("box", "arrow"),
    [
        ((0.05, 0.3, 0.25, 0.6), Icon.LEFT),  # at the picture's left is at the mirror's right: move left
        ((0.75, 0.3, 0.95, 0.6), Icon.RIGHT),
        ((0.4, 0.0, 0.6, 0.2), Icon.DOWN),
        ((0.4, 0.8, 0.6, 1.0), Icon.UP),
    ],
)
def test_the_arrow_points_where_the_face_belongs(box: tuple[float, float, float, float], arrow: Icon) -> None:
    assert view(seen(Phase.POSITIONING, hint=Hint.NOT_CENTRED, box=box)).icon is arrow


def test_the_face_is_given_as_in_the_mirror() -> None:
    guide = view(seen(Phase.IDENTIFYING, box=(0.1, 0.2, 0.4, 0.7))).guide
    assert guide is not None
    assert guide.face == pytest.approx((0.6, 0.2, 0.9, 0.7))


def test_the_ring_fills_with_the_frames_that_decide() -> None:
    def progress(frames: int) -> float:
        match = Match(None, 1.0, 0.0, 2.0, frames, "below_threshold")
        guide = view(replace(seen(Phase.IDENTIFYING), match=match)).guide
        assert guide is not None
        return guide.progress

    assert progress(1) == pytest.approx(1 / 3)
    assert progress(3) == progress(12) == 1.0


@pytest.mark.parametrize("phase", [Phase.APPROACHING, Phase.POSITIONING, Phase.IDENTIFYING, Phase.CHALLENGE])
def test_a_second_person_is_told_to_wait(phase: Phase) -> None:
    assert view(seen(phase, faces=2)).aside == "Yang lain mohon menunggu"
    assert view(seen(phase, faces=1)).aside == ""


def test_a_second_person_is_told_to_wait_while_the_first_confirms() -> None:
    two = known(Phase.CONFIRM, sighting=Sighting(0.0, track=1, faces=2))
    assert view(two).aside == "Yang lain mohon menunggu"


def test_what_is_told_is_the_encounters_word_not_that_of_the_latest_frame() -> None:
    steady = replace(seen(Phase.POSITIONING, hint=Hint.TOO_FAR), hint=Hint.NOT_FACING)
    assert view(steady).hint == INDONESIAN.text("hint.not_facing")


def test_a_hint_is_spoken_only_to_who_does_not_manage_alone() -> None:
    lost = seen(Phase.POSITIONING, hint=Hint.TOO_FAR)
    assert view(lost, now_s=1.0).speech is None
    spoken = view(lost, now_s=2.5).speech
    assert spoken is not None
    assert spoken.key == "hint.too_far"


@pytest.mark.parametrize("challenge", Challenge)
def test_each_challenge_is_shown_and_spoken(challenge: Challenge) -> None:
    asked = LivenessVerdict(Liveness.CHALLENGE, 0.5, "doubt", challenge)
    shown = view(replace(seen(Phase.CHALLENGE), liveness=asked))
    assert shown.hint == INDONESIAN.text(f"challenge.{challenge.value}")
    assert shown.speech is not None
    assert shown.hint in shown.speech.text


def test_a_challenge_shows_how_much_time_is_left() -> None:
    asked = LivenessVerdict(Liveness.CHALLENGE, 0.5, "asked", Challenge.NOD, asked_s=100.0, answer_by_s=105.0)
    state = replace(seen(Phase.CHALLENGE), liveness=asked)
    shown = [view(state, now_s=now_s) for now_s in (100.0, 102.5, 105.0, 109.0)]
    assert [each.countdown.fraction for each in shown if each.countdown] == [1.0, 0.5, 0.0, 0.0]
    assert len({each.meaning for each in shown}) == 1, "the time alone makes no other screen"


def test_between_two_movements_nothing_counts_down() -> None:
    rest = LivenessVerdict(Liveness.PENDING, 0.5, "look_straight")
    assert view(replace(seen(Phase.CHALLENGE), liveness=rest)).countdown is None


# ---------------------------------------------------------------- confirmation


def test_the_confirmation_says_who_which_way_when_and_what_it_means() -> None:
    shown = view(known(Phase.CONFIRM, since_s=10.0), now_s=11.2)
    assert shown.name == WIDI.name
    assert shown.nip == "•••••••• 201001 1 002"
    assert (shown.direction, shown.direction_icon, shown.presence_time) == ("Datang", Icon.ARRIVAL, "07.42")
    assert (shown.consequence, shown.consequence_tone) == ("Tepat waktu", Tone.OK)
    assert (shown.button(Button.CORRECT), shown.button(Button.NOT_ME)) == ("Benar", "Bukan saya")
    assert shown.countdown is not None
    assert shown.countdown.fraction == pytest.approx(0.6)
    assert shown.countdown.seconds == 2


def test_the_countdown_ends_at_nothing() -> None:
    countdown = view(known(Phase.CONFIRM), now_s=99.0).countdown
    assert countdown is not None
    assert (countdown.fraction, countdown.seconds) == (0.0, 0)


@pytest.mark.parametrize(
    ("encounter", "said", "tone"),
    [
        (known(Phase.CONFIRM, minutes=12), "Terlambat 12 menit\u00a0— potongan 1\u00a0%", Tone.WARN),
        (known(Phase.CONFIRM, minutes=12, percent=0.5), "Terlambat 12 menit\u00a0— potongan 0,5\u00a0%", Tone.WARN),
        (known(Phase.CONFIRM, minutes=3, percent=0.0), "Terlambat 3 menit", Tone.WARN),
        (
            known(Phase.CONFIRM, Direction.DEPARTURE, 25),
            "Pulang 25 menit lebih\u00a0awal\u00a0— potongan 1\u00a0%",
            Tone.WARN,
        ),
        (known(Phase.CONFIRM, Direction.DEPARTURE), "Sesuai jam kerja", Tone.OK),
        (known(Phase.CONFIRM, working_day=False), "Di luar hari kerja", Tone.NEUTRAL),
    ],
)
def test_the_consequence_is_told_before_it_happens(encounter: Encounter, said: str, tone: Tone) -> None:
    shown = view(encounter)
    assert (shown.consequence, shown.consequence_tone) == (said, tone)


def test_the_english_consequence_has_english_decimals() -> None:
    shown = view(known(Phase.CONFIRM, minutes=12, percent=1.25), english=True)
    assert shown.consequence == "12 min late\u00a0— deduction 1.25\u00a0%"


def test_the_letter_of_assignment_is_mentioned_only_where_points_are_at_stake() -> None:
    assert view(known(Phase.CONFIRM, minutes=12)).footnote != ""
    assert view(known(Phase.CONFIRM)).footnote == ""
    assert view(known(Phase.CONFIRM, minutes=12, percent=0.0)).footnote == ""


def test_that_it_is_recorded_by_itself_is_told_also_while_others_wait() -> None:
    alone = known(Phase.CONFIRM, sighting=Sighting(0.0, track=1, faces=1))
    two = known(Phase.CONFIRM, sighting=Sighting(0.0, track=1, faces=2))
    assert view(two).aside
    assert view(two).line == view(alone).line == "Tercatat otomatis bila waktu habis"


def test_while_the_journal_is_asked_no_hand_is_raised() -> None:
    """It reads as "stop" to somebody who has been recognised."""
    assert view(seen(Phase.ENQUIRING)).icon is Icon.WAIT
    assert view(known(Phase.SAVING)).icon is Icon.WAIT


JAVANESE = Person(PersonId("p-1"), Nip("199001012010011002"), "\ua9b1\ua98f\ua9b8\ua982")


@pytest.mark.parametrize("phase", [Phase.CONFIRM, Phase.RECORDED, Phase.NOT_RECORDED, Phase.ALREADY_RECORDED])
def test_a_name_in_another_script_gives_way_to_the_nip(phase: Phase) -> None:
    shown = view(known(phase, person=JAVANESE))
    assert (shown.name, shown.nip) == ("•••••••• 201001 1 002", "")


def test_a_name_in_another_script_is_not_spelled_by_the_voice() -> None:
    spoken = view(known(Phase.CONFIRM, person=JAVANESE)).speech
    assert spoken is not None
    assert spoken.text == "Datang. Apakah benar?"


def test_the_voice_says_the_name_without_titles_and_never_the_consequence() -> None:
    spoken = view(known(Phase.CONFIRM, minutes=12)).speech
    assert spoken is not None
    assert spoken.text == "Bapak Widi Contoh. Datang. Apakah benar?"


def test_saving_takes_no_more_answers() -> None:
    shown = view(known(Phase.SAVING))
    assert (shown.buttons, shown.countdown, shown.name) == ((), None, WIDI.name)


# ---------------------------------------------------------------- the NIP pad


def test_the_pad_asks_for_the_last_digits_and_counts_down() -> None:
    shown = view(Encounter(phase=Phase.NIP_PAD), now_s=5.0)
    assert shown.digits_wanted == 6
    assert "6" in shown.title
    assert shown.button(Button.CANCEL) == "Batal"
    assert shown.countdown is not None
    assert shown.countdown.fraction == pytest.approx(0.75)


def test_the_pad_says_that_the_digits_did_not_fit() -> None:
    assert view(Encounter(phase=Phase.NIP_PAD, nip_tries=1)).line == "Tidak cocok. Periksa lagi angkanya."


def test_the_pad_asks_for_the_whole_nip_where_its_end_is_the_same() -> None:
    shown = view(Encounter(phase=Phase.NIP_PAD, digits=18), now_s=5.0)
    assert (shown.title, shown.digits_wanted, shown.typed_as) == ("Ketik 18\u00a0angka NIP Anda", 18, "nip")
    assert shown.countdown is not None
    assert shown.countdown.seconds == 40


@pytest.mark.parametrize("phase", [Phase.NIP_PAD, Phase.CLAIM_NIP])
def test_each_try_at_a_pad_is_another_question_and_the_next_instant_is_not(phase: Phase) -> None:
    """The wrong digits stayed, and the second tap on the tick spent the next try."""
    first, again = Encounter(phase=phase), Encounter(phase=phase, nip_tries=1)
    assert view(first).asks != view(again).asks
    assert view(first, now_s=1.0).asks == view(first, now_s=2.0).asks


# ---------------------------------------------------------------- results


def test_recorded_is_the_only_success() -> None:
    good = {phase for phase in Phase if view(known(phase)).lamp is Lamp.SUCCESS}
    assert good == {Phase.RECORDED}
    assert {phase for phase in Phase if view(known(phase)).icon is Icon.CHECK} == {Phase.RECORDED}


def test_recorded_repeats_what_was_recorded() -> None:
    shown = view(known(Phase.RECORDED, Direction.DEPARTURE, 25))
    assert (shown.title, shown.name, shown.direction) == ("Presensi tercatat", WIDI.name, "Pulang")
    assert shown.speech is not None
    assert shown.speech.text == "Pulang, tercatat. Terima kasih."
    assert shown.footnote == "Potongan tidak berlaku bila ada surat perintah"
    assert view(known(Phase.RECORDED)).footnote == "Terima kasih"


@pytest.mark.parametrize("fault", Fault)
def test_not_recorded_says_so_and_why(fault: Fault) -> None:
    shown = view(known(Phase.NOT_RECORDED, fault=fault))
    assert shown.title == "Presensi tidak dapat dicatat"
    assert shown.reason == INDONESIAN.text(f"fault.{fault.value}.title")
    assert (shown.tone, shown.lamp) == (Tone.STOP, Lamp.FAULT)


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        (Direction.ARRIVAL, "Datang pukul 07.38 sudah tersimpan"),
        (Direction.DEPARTURE, "Pulang pukul 07.38 sudah tersimpan"),
    ],
)
def test_already_recorded_says_which_and_when(recorded: Direction, said: str) -> None:
    """Of what is on disk, not of what another presence would be now."""
    for now in Direction:
        assert view(known(Phase.ALREADY_RECORDED, now, ago_s=190.0, recorded=recorded)).line == said


@pytest.mark.parametrize(
    "phase", [Phase.UNKNOWN, Phase.ATTACK_REFUSED, Phase.REFUSED_BY_PERSON], ids=lambda phase: phase.value
)
@pytest.mark.parametrize("clock_trusted", [True, False])
def test_whoever_is_not_recorded_is_told_what_to_do_and_what_if_that_fails(phase: Phase, clock_trusted: bool) -> None:
    shown = view(Encounter(phase=phase), status=replace(STATUS, clock_trusted=clock_trusted))
    assert shown.line
    assert shown.reason == "Tetap gagal? Minta presensi manual ke petugas"


@pytest.mark.parametrize("direction", Direction)
def test_what_costs_points_is_recorded_in_another_colour_and_shape_than_what_does_not(direction: Direction) -> None:
    good, bad = view(known(Phase.RECORDED, direction)), view(known(Phase.RECORDED, direction, 12))
    assert (good.tone, good.icon, good.lamp) == (Tone.OK, Icon.CHECK, Lamp.SUCCESS)
    assert (bad.tone, bad.icon, bad.lamp) == (Tone.WARN, Icon.LATE, Lamp.SUCCESS)


def test_a_clock_that_is_not_trusted_makes_nobody_late() -> None:
    shown = view(known(Phase.RECORDED, minutes=12), status=replace(STATUS, clock_trusted=False))
    assert (shown.tone, shown.icon) == (Tone.OK, Icon.CHECK)


def test_unknown_names_nobody() -> None:
    shown = view(known(Phase.UNKNOWN))
    assert (shown.name, shown.nip, shown.tone) == ("", "", Tone.WARN)


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize("fault", sorted(BLOCKING_FAULTS, key=list(Fault).index))
def test_a_blocking_fault_fills_the_screen_with_what_to_do(fault: Fault) -> None:
    shown = view(Encounter(phase=Phase.FAULT, faults=frozenset({fault})))
    assert shown.layout is Layout.FAULT
    assert shown.title == "Presensi tidak dapat dicatat"
    assert shown.hint == INDONESIAN.text(f"fault.{fault.value}.title")
    assert shown.line == INDONESIAN.text(f"fault.{fault.value}.advice")
    assert (shown.tone, shown.lamp) == (Tone.STOP, Lamp.FAULT)
    assert shown.code == f"Kode T-{FAULT_NUMBERS[fault]:02d}"


def test_a_lost_camera_is_called_so() -> None:
    shown = view(Encounter(phase=Phase.FAULT, faults=frozenset({Fault.CAMERA_LOST, Fault.DISK_FULL})))
    assert (shown.hint, shown.icon) == ("Kamera terputus", Icon.CAMERA_OFF)


# ---------------------------------------------------------------- meaning


def test_the_clock_and_the_countdown_do_not_make_another_screen() -> None:
    encounter = known(Phase.CONFIRM)
    later = replace(STATUS, local_time=STATUS.local_time + dt.timedelta(seconds=2))
    assert view(encounter, 0.0).meaning == view(encounter, 2.0, later).meaning


def test_another_hint_makes_another_screen() -> None:
    hints = [view(seen(Phase.POSITIONING, hint=hint)).meaning for hint in Hint]
    assert len(set(hints)) == len(hints)


# ---------------------------------------------------------------- every encounter there can be

fractions = st.floats(-0.5, 1.5)
boxes = st.none() | st.tuples(fractions, fractions, fractions, fractions)
seconds = st.floats(0, 1e7)
verdicts = st.builds(
    LivenessVerdict,
    st.sampled_from(Liveness),
    st.floats(0, 1),
    st.sampled_from(["off", "doubt", "model"]),
    st.none() | st.sampled_from(Challenge),
)
matches = st.builds(
    Match,
    st.none() | st.just(PersonId("p-1")),
    st.floats(-9, 9),
    st.floats(0, 9),
    st.floats(0, 9),
    st.integers(0, 500),
    st.sampled_from(["accepted", "below_threshold", "margin_too_small", "gallery_empty"]),
    st.lists(st.sampled_from([PersonId("p-1"), PersonId("p-2")]), max_size=2).map(tuple),
)
moments = st.dates(dt.date(1980, 1, 2), dt.date(2100, 1, 1)).flatmap(
    lambda day: st.times().map(lambda time: dt.datetime.combine(day, time, JAKARTA))
)
nips = st.text("0123456789", max_size=20).map(Nip)
prospects = st.builds(
    Prospect,
    st.builds(Person, st.just(PersonId("p-1")), nips, st.text(max_size=80)),
    st.builds(
        Assessment,
        st.sampled_from(Direction),
        moments,
        st.integers(0, 2000),
        st.floats(0, 100),
        st.booleans(),
        st.lists(st.text(max_size=80), max_size=2).map(tuple),
        st.booleans(),
        st.booleans(),
    ),
    st.none() | st.floats(allow_nan=True),
)
encounters = st.builds(
    Encounter,
    phase=st.sampled_from(Phase),
    since_s=seconds,
    seen_s=seconds,
    sighting=st.builds(
        Sighting,
        seconds,
        st.integers(0, 9),
        st.integers(0, 30),
        boxes,
        st.none() | st.sampled_from(Hint),
        st.none() | matches,
        verdicts,
    ),
    match=st.none() | matches,
    liveness=verdicts,
    prospect=st.none() | prospects,
    fault=st.none() | st.sampled_from(Fault),
    faults=st.frozensets(st.sampled_from(Fault)),
    nip_tries=st.integers(0, 9),
)
statuses = st.builds(
    TerminalStatus,
    moments,
    st.text(max_size=60),
    st.integers(0, 1000),
    st.none() | st.booleans(),
    st.builds(QueueState, st.integers(0, 10**6), st.integers(0, 10**4), st.none()),
    st.booleans(),
)


@given(encounters, statuses, seconds, st.sampled_from([INDONESIAN, ENGLISH]))
def test_every_encounter_has_a_view(
    encounter: Encounter, status: TerminalStatus, now_s: float, texts: catalogue.Catalogue
) -> None:
    shown = render(encounter, status, now_s, SETTINGS, texts)
    assert shown.phase is encounter.phase
    assert shown.title
    assert shown.icon is not Icon.NONE
    if shown.countdown is not None:
        assert 0.0 <= shown.countdown.fraction <= 1.0
        assert shown.countdown.seconds >= 0
    if shown.guide is not None:
        assert 0.0 <= shown.guide.progress <= 1.0
    assert render(encounter, status, now_s, SETTINGS, texts) == shown


@given(encounters, statuses, st.dates(dt.date(1950, 1, 1), dt.date(2008, 12, 31)))
def test_no_view_holds_the_birth_date(encounter: Encounter, status: TerminalStatus, born: dt.date) -> None:
    hidden = f"{born:%Y%m%d}"
    person = Person(PersonId("p-1"), Nip(f"{hidden}2010011002"), "Widi Contoh")
    local = dt.datetime(2026, 11, 24, 7, 42, tzinfo=JAKARTA)
    assessment = Assessment(Direction.ARRIVAL, local, 0, 0.0, True)
    shown = render(replace(encounter, prospect=Prospect(person, assessment, 1.0)), status, 0.0, SETTINGS, INDONESIAN)
    texts = [str(getattr(shown, field.name)) for field in fields(shown) if field.name not in ("office", "guide")]
    assert not any(hidden in text for text in texts)


# ---------------------------------------------------------------- what the server tells besides


NOTICE = Saying("Apel hari Kesadaran Nasional pindah ke halaman Pemkab, Selasa 07.00", "The ceremony moves")


def test_notices_take_turns_with_the_terminals_own_and_come_in_pieces_that_fit() -> None:
    status = replace(STATUS, clock_trusted=False, notices=(NOTICE,))
    shown = [view(Encounter(), 4.0 * turn, status) for turn in range(6)]
    assert [each.notice for each in shown[:3]] == [INDONESIAN.text("fault.clock_untrusted.notice"), "", ""]
    assert " ".join(each.bulletin.removesuffix(" …") for each in shown[1:3]) == NOTICE.id
    assert [each.bulletin.endswith(" …") for each in shown[1:3]] == [True, False], "what goes on says so"
    assert all(len(each.bulletin) <= 50 for each in shown)
    assert [(each.notice, each.bulletin) for each in shown[3:]] == [(each.notice, each.bulletin) for each in shown[:3]]


def test_a_notice_is_in_english_where_the_screen_is_and_else_in_indonesian() -> None:
    status = replace(STATUS, notices=(NOTICE,))
    assert view(Encounter(), status=status, english=True).bulletin == NOTICE.en
    javanese = render(Encounter(), status, 0.0, SETTINGS, catalogue.load("jv"))
    assert NOTICE.id.startswith(javanese.bulletin.removesuffix(" …"))
    without = replace(STATUS, notices=(Saying("Hanya ini", ""),))
    assert view(Encounter(), status=without, english=True).bulletin == "Hanya ini"


def test_who_has_corrected_the_direction_hears_the_one_that_is_recorded() -> None:
    plain = known(Phase.RECORDED, Direction.DEPARTURE, 120)
    assert plain.prospect is not None
    came = replace(plain.prospect, arrived=plain.prospect.assessment.local_time)
    for corrected, said in ((False, "recorded_departure"), (True, "recorded_arrival")):
        shown = view(replace(plain, prospect=came, corrected=corrected))
        assert shown.speech is not None
        assert (shown.speech.key, shown.speech.text) == (said, INDONESIAN.text(f"speech.{said}"))


def test_many_notices_are_cut_once_and_not_with_each_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[str] = []
    legible = letters.legible

    def counted(text: str) -> str:
        cut.append(text)
        return legible(text)

    told = [f"Pengumuman nomor {number} untuk semua pegawai" for number in range(20)]
    monkeypatch.setattr(letters, "legible", counted)
    for frame in range(30):
        view(Encounter(), frame / 30, replace(STATUS, notices=tuple(Saying(text, "") for text in told)))
    assert sorted(text for text in cut if text in told) == sorted(told)


def test_nobody_is_told_a_notice_while_being_attended_to() -> None:
    status = replace(STATUS, notices=(NOTICE,))
    assert view(known(Phase.CONFIRM), status=status).bulletin == ""


LETTER = Letter(Saying("Dinas luar", "Duty trip"), "090/123", STATUS.local_time, STATUS.local_time, frozenset({"late"}))


@pytest.mark.parametrize("phase", [Phase.CONFIRM, Phase.RECORDED])
def test_a_letter_that_covers_the_minutes_stands_in_their_place(phase: Phase) -> None:
    late = known(phase, minutes=12)
    assert late.prospect is not None
    shown = view(replace(late, prospect=replace(late.prospect, letter=LETTER)))
    assert shown.consequence == "Dinas luar — surat 090/123, tanpa potongan"
    assert shown.consequence_tone is Tone.OK


def test_by_an_uncertain_clock_a_letter_says_nothing_either() -> None:
    late = known(Phase.CONFIRM, minutes=12)
    assert late.prospect is not None
    untrusted = replace(STATUS, clock_trusted=False)
    shown = view(replace(late, prospect=replace(late.prospect, letter=LETTER)), status=untrusted)
    assert "090/123" not in shown.consequence


def test_whose_face_fails_is_offered_nip_and_pin_where_the_server_permits_it() -> None:
    alone = replace(SETTINGS, nip_pin="alone")
    offered = render(Encounter(phase=Phase.UNKNOWN), STATUS, 0.0, alone, INDONESIAN)
    assert offered.button(Button.NIP_PIN) == "Pakai NIP dan PIN"
    assert view(Encounter(phase=Phase.UNKNOWN)).button(Button.NIP_PIN) == ""


@pytest.mark.parametrize("nip_pin", ["off", "alone"])
def test_whose_face_fails_for_what_cannot_be_mended_is_told_what_and_offered_the_same(nip_pin: NipPinPolicy) -> None:
    in_vain = Encounter(phase=Phase.NOT_IN_TIME, hint=Hint.EYES_HIDDEN)
    shown = render(in_vain, STATUS, 0.0, replace(SETTINGS, nip_pin=nip_pin), INDONESIAN)
    assert (shown.title, shown.line) == ("Wajah belum dikenali", "Buka mata, lepas kacamata hitam")
    assert (shown.button(Button.NIP_PIN), shown.reason) == (
        ("Pakai NIP dan PIN", "") if nip_pin == "alone" else ("", "Tetap gagal? Minta presensi manual ke petugas")
    )
    assert shown.speech is not None
    assert shown.speech.text == "Wajah belum dikenali. Buka mata, lepas kacamata hitam, atau hubungi petugas."


@pytest.mark.parametrize(
    ("since_s", "told"),
    [(None, "Lihat lurus ke kamera"), (0.1, "Lihat lurus ke kamera"), (0.0, "Terlalu gelap, cari tempat terang")],
)
def test_between_two_movements_what_keeps_the_next_one_from_being_asked_is_told(
    since_s: float | None, told: str
) -> None:
    at_rest = LivenessVerdict(Liveness.PENDING, 0.5, "challenge_look_straight")
    dark = Sighting(0.0, track=1, faces=1, box=(0.3, 0.2, 0.6, 0.8), hint=Hint.TOO_DARK)
    challenged = Encounter(phase=Phase.CHALLENGE, liveness=at_rest, sighting=dark, amiss_s=since_s)
    assert render(challenged, STATUS, 1.0, SETTINGS, INDONESIAN).hint == told


def test_whoever_is_forced_sees_what_everybody_sees() -> None:
    plain, forced = (
        replace(known(Phase.CONFIRM), prospect=replace(known(Phase.CONFIRM).prospect, claimed=claimed))  # type: ignore[type-var]
        for claimed in (Claimed("nip-pin"), Claimed("nip-pin", duress=True))
    )
    for phase in (Phase.CONFIRM, Phase.SAVING, Phase.RECORDED):
        assert view(replace(plain, phase=phase)) == view(replace(forced, phase=phase))
    assert "duress" not in repr(forced)


def test_a_new_phone_is_said_to_the_recorded_face_and_on_no_other_screen() -> None:
    connected = dt.datetime(2026, 11, 28, 7, 31, tzinfo=JAKARTA)

    def shown(phase: Phase, track: int = 1) -> ViewState:
        base = known(phase, sighting=Sighting(0.0, track=track, faces=1), done_track=1)
        assert base.prospect is not None
        return view(replace(base, prospect=replace(base.prospect, phone=connected)))

    said = shown(Phase.RECORDED).alert.replace("\u00a0", " ")
    assert said == "Ponsel baru masuk e-TPP Anda 28 November 07.31. Bukan Anda? Lapor petugas"
    assert shown(Phase.RECORDED).meaning != shown(Phase.RECORDED, track=2).meaning
    assert shown(Phase.RECORDED, track=2).alert == ""
    for phase in Phase:
        if phase is not Phase.RECORDED:
            assert shown(phase).alert == "", phase
    assert view(known(Phase.RECORDED, sighting=Sighting(0.0, track=1, faces=1), done_track=1)).alert == ""
