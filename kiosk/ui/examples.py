"""Realistic states of the terminal, with people who do not exist: for pictures, documents and golden files. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kiosk.model import (
    BLOCKING_FAULTS,
    NIP_DIGITS,
    Assessment,
    Challenge,
    Direction,
    Fault,
    Hint,
    Letter,
    Liveness,
    LivenessVerdict,
    Match,
    MonthSoFar,
    Nip,
    Person,
    PersonId,
    QueueState,
    Saying,
    Sighting,
    TerminalStatus,
)
from kiosk.terminal.encounter import Encounter, Phase, Prospect, Settings

SETTINGS = Settings(
    min_frames=3,
    max_frames=12,
    confirm_s=3.0,
    quick_confirm_s=1.5,
    result_s=2.5,
    leave_s=1.0,
    refused_pause_s=5.0,
    repeat_interval_s=300.0,
    phone_s=180.0,
    nip_pin="with-officer",
)
_NOW = dt.datetime(2026, 11, 24, 7, 28, 41, tzinfo=ZoneInfo("Asia/Jakarta"))
_STATUS = TerminalStatus(
    local_time=_NOW,
    office_name="Dinas Contoh Kabupaten Kulon Progo",
    people=124,
    connected=True,
    queue=QueueState(waiting=0, parked=0, oldest_waiting_utc=None),
    clock_trusted=True,
)
_SHORT = Person(PersonId("p-1"), Nip("199001012015012001"), "Sekar Contohwati, S.Kom.")
_LONG = Person(
    PersonId("p-2"), Nip("197505052010011002"), "Drs. H. Raden Bagaswara Contohadiningrat Wirayuda, S.H., M.Si."
)
_LONGEST = Person(
    PersonId("p-3"),
    Nip("198011172006042003"),
    "Dr. dr. Hj. Raden Ayu Contohningtyasih Kusumawardhani Hadiningrat Pramudyawardhani Wirayudakusuma, "
    "Sp.PD., M.Kes., M.Si.",
)
"""120 characters."""
_JAVANESE = Person(PersonId("p-4"), Nip("198505052010012004"), "\ua9b1\ua98f\ua9b8\ua982 \ua995\ua9ba\ua9b4\ua9a0")
"""A name in a script that the screen's letters do not have."""
_LINK = "https://etpp.kulonprogokab.go.id/m/#" + "AQABjyxecABwAIAAAAAAAADR" * 6 + "AAAAAA"
"""As long as a real one, and nobody's."""
_ACCEPTED = Match(_SHORT.person_id, 6.2, 2.1, 4.0, 3, "accepted")
_FACE = (0.37, 0.34, 0.63, 0.70)


def _prospect(person: Person, direction: Direction, minutes: int, percent: float, *, work: bool = True) -> Prospect:
    local = _NOW if direction is Direction.ARRIVAL else _NOW.replace(hour=15, minute=35)
    return Prospect(person, Assessment(direction, local, minutes, percent, work), None)


def _at(prospect: Prospect, occasion: str, *, again: bool = False) -> Prospect:
    return replace(prospect, assessment=replace(prospect.assessment, occasions=(occasion,), again=again))


class Example(NamedTuple):
    """`age_s` seconds since the phase began."""

    name: str
    encounter: Encounter
    status: TerminalStatus
    age_s: float


def states() -> Iterator[Example]:
    """At least one of each phase, hint, challenge and fault."""
    base = Encounter(match=_ACCEPTED, sighting=Sighting(0.0, track=1, faces=1, box=_FACE), track=1, done_track=1)
    offline = replace(_STATUS, connected=False, queue=QueueState(12, 0, None))
    on_time = _prospect(_SHORT, Direction.ARRIVAL, 0, 0.0)
    late = _prospect(_LONG, Direction.ARRIVAL, 12, 1.0)
    early = _prospect(_SHORT, Direction.DEPARTURE, 25, 1.0)
    yield Example("idle", Encounter(), _STATUS, 0)
    yield Example("idle-offline", Encounter(), offline, 0)
    yield Example("idle-sending", Encounter(), replace(_STATUS, queue=QueueState(1, 0, None)), 0)
    warned = replace(offline, clock_trusted=False, queue=QueueState(1240, 3, None), connected=None)
    yield Example("idle-clock_untrusted", Encounter(), warned, 0)
    for fault in (Fault.JOURNAL_DAMAGED, Fault.GALLERY_DAMAGED):
        yield Example(f"idle-{fault.value}", Encounter(faults=frozenset({fault})), _STATUS, 0)
    notice = Saying(
        "Apel hari Kesadaran Nasional pindah ke halaman Pemkab, Selasa 07.00", "The ceremony moves to the yard"
    )
    yield Example("idle-bulletin", Encounter(), replace(_STATUS, notices=(notice,)), 0)
    yield Example("idle-standby", Encounter(), replace(_STATUS, dark=True), 0)
    far = _seen(Hint.TOO_FAR, (0.5, 0.4, 0.62, 0.6))
    yield Example("approaching", replace(base, phase=Phase.APPROACHING, hint=Hint.TOO_FAR, sighting=far), _STATUS, 0)
    for hint in Hint:
        box = (0.1, 0.2, 0.4, 0.7) if hint is Hint.NOT_CENTRED else _FACE
        faces = 2 if hint is Hint.SEVERAL_FACES else 1
        told = replace(base, phase=Phase.POSITIONING, hint=hint)
        seen = replace(told, sighting=replace(_seen(hint, box), faces=faces))
        yield Example(f"positioning-{hint.value}", seen, _STATUS, 0)
    two = replace(base.sighting, faces=2)
    yield Example("identifying", replace(base, phase=Phase.IDENTIFYING, match=replace(_ACCEPTED, frames=2)), _STATUS, 0)
    yield Example("identifying-others", replace(base, phase=Phase.IDENTIFYING, sighting=two), _STATUS, 0)
    at_rest = LivenessVerdict(Liveness.PENDING, 0.5, "doubt")
    yield Example("challenge-look_straight", replace(base, phase=Phase.CHALLENGE, liveness=at_rest), _STATUS, 0)
    for challenge in Challenge:
        asked = LivenessVerdict(Liveness.CHALLENGE, 0.5, "doubt", challenge, asked_s=-1.2, answer_by_s=3.8)
        yield Example(f"challenge-{challenge.value}", replace(base, phase=Phase.CHALLENGE, liveness=asked), _STATUS, 0)
    yield Example("nip_pad", replace(base, phase=Phase.NIP_PAD), _STATUS, 4)
    yield Example("nip_pad-retry", replace(base, phase=Phase.NIP_PAD, nip_tries=1), _STATUS, 9)
    whole = replace(base, phase=Phase.NIP_PAD, digits=NIP_DIGITS)
    yield Example("nip_pad-whole", whole, _STATUS, 4)
    yield Example("nip_pad-whole-retry", replace(whole, nip_tries=1), _STATUS, 9)
    yield Example("claim_nip", replace(base, phase=Phase.CLAIM_NIP, match=None), _STATUS, 4)
    yield Example("claim_nip-retry", replace(base, phase=Phase.CLAIM_NIP, nip_tries=1), _STATUS, 9)
    paused = replace(base, phase=Phase.CLAIM_NIP, match=None, nip_tries=1, paused_until_s=240.0)
    yield Example("claim_nip-paused", paused, _STATUS, 9)
    yield Example("claim_pin", replace(base, phase=Phase.CLAIM_PIN), _STATUS, 4)
    yield Example("claim_officer", replace(base, phase=Phase.CLAIM_OFFICER), _STATUS, 4)
    yield Example("enquiring", replace(base, phase=Phase.ENQUIRING), _STATUS, 0)
    yield Example("confirm", replace(base, phase=Phase.CONFIRM, prospect=on_time), _STATUS, 0.9)
    yield Example("confirm-late", replace(base, phase=Phase.CONFIRM, prospect=late, sighting=two), _STATUS, 1.7)
    yield Example("confirm-early", replace(base, phase=Phase.CONFIRM, prospect=early), offline, 2.3)
    home = _prospect(_LONG, Direction.DEPARTURE, 0, 0.0)
    yield Example("confirm-departure", replace(base, phase=Phase.CONFIRM, prospect=home), _STATUS, 0.4)
    day_off = _prospect(_SHORT, Direction.DEPARTURE, 0, 0.0, work=False)
    yield Example("confirm-day_off", replace(base, phase=Phase.CONFIRM, prospect=day_off), _STATUS, 0)
    guest = Assessment(Direction.ARRIVAL, _NOW, 0, 0.0, working_day=False, elsewhere=True)
    visit = Prospect(on_time.person, guest, None)
    yield Example("confirm-elsewhere", replace(base, phase=Phase.CONFIRM, prospect=visit), _STATUS, 0.2)
    yield Example("confirm-clock_untrusted", replace(base, phase=Phase.CONFIRM, prospect=late), warned, 0)
    hours = _prospect(_LONG, Direction.DEPARTURE, 140, 1.0)
    yield Example("confirm-hours_early", replace(base, phase=Phase.CONFIRM, prospect=hours), _STATUS, 0.2)
    noon = _prospect(_SHORT, Direction.ARRIVAL, 120, 1.0)
    yield Example("confirm-hours_late", replace(base, phase=Phase.CONFIRM, prospect=noon), _STATUS, 0.2)
    longest = _prospect(_LONGEST, Direction.ARRIVAL, 12, 1.0)
    yield Example("confirm-longest", replace(base, phase=Phase.CONFIRM, prospect=longest, sighting=two), _STATUS, 0.2)
    javanese = _prospect(_JAVANESE, Direction.ARRIVAL, 0, 0.0)
    yield Example("confirm-javanese", replace(base, phase=Phase.CONFIRM, prospect=javanese), _STATUS, 0.2)
    apel = _at(on_time, "Apel pagi")
    yield Example("confirm-occasion", replace(base, phase=Phase.CONFIRM, prospect=apel), _STATUS, 0.2)
    upacara = _at(late, "Upacara Hari Kesadaran")
    yield Example("confirm-occasion_late", replace(base, phase=Phase.CONFIRM, prospect=upacara), _STATUS, 0.2)
    at_noon = Assessment(Direction.DEPARTURE, _NOW.replace(hour=12, minute=5), 235, 1.0, True)
    third = _at(Prospect(_SHORT, at_noon, None), "Absen siang", again=True)
    yield Example("confirm-present", replace(base, phase=Phase.CONFIRM, prospect=third, sighting=two), _STATUS, 0.2)
    midday = Assessment(Direction.DEPARTURE, _NOW.replace(hour=12, minute=35), 205, 1.0, True, again=True)
    lunch = Prospect(_SHORT, midday, 18_000.0, Direction.ARRIVAL, arrived=_NOW)
    yield Example("confirm-way", replace(base, phase=Phase.CONFIRM, prospect=lunch), _STATUS, 0.2)
    back = replace(base, phase=Phase.CONFIRM, prospect=lunch, corrected=True)
    yield Example("confirm-back", back, _STATUS, 0.2)
    yield Example("recorded-back", replace(back, phase=Phase.RECORDED), _STATUS, 0)
    done = replace(lunch, assessment=replace(home.assessment, again=True))
    yield Example("recorded-day", replace(base, phase=Phase.RECORDED, prospect=done), _STATUS, 0)
    letter = Letter(
        Saying("Dinas luar", "Duty trip"),
        "090/123",
        _NOW.astimezone(dt.UTC),
        _NOW.astimezone(dt.UTC),
        frozenset({"late"}),
    )
    sent = replace(late, letter=letter)
    yield Example("confirm-letter", replace(base, phase=Phase.CONFIRM, prospect=sent), _STATUS, 0.2)
    yield Example("recorded-letter", replace(base, phase=Phase.RECORDED, prospect=sent), _STATUS, 0)
    so_far = MonthSoFar(
        dt.date(2026, 11, 1), dt.date(2026, 11, 23), 16, 2, 19, 0, 0, Decimal("3400"), Decimal("3250.5")
    )
    monthly = replace(on_time, month=so_far)
    yield Example("recorded-month", replace(base, phase=Phase.RECORDED, prospect=monthly), _STATUS, 0)
    phoned = replace(on_time, phone=_NOW.replace(day=23, hour=7, minute=31))
    yield Example("recorded-phone", replace(base, phase=Phase.RECORDED, prospect=phoned), _STATUS, 0)
    all_told = replace(longest, phone=_NOW.replace(month=9, day=28), month=so_far)
    yield Example("recorded-phone_longest", replace(base, phase=Phase.RECORDED, prospect=all_told), _STATUS, 0)
    cut = replace(hours, month=so_far)
    yield Example("recorded-month-early", replace(base, phase=Phase.RECORDED, prospect=cut), _STATUS, 0)
    yield Example("month", replace(base, phase=Phase.MONTH, prospect=monthly), _STATUS, 2.5)
    few = replace(so_far, late_count=0, early_count=1, early_minutes=25, points_entered=None, points_recognised=None)
    yield Example("month-few", replace(base, phase=Phase.MONTH, prospect=replace(monthly, month=few)), _STATUS, 2.5)
    yield Example("saving", replace(base, phase=Phase.SAVING, prospect=on_time), _STATUS, 0)
    yield Example("recorded", replace(base, phase=Phase.RECORDED, prospect=on_time), _STATUS, 0)
    yield Example("recorded-late", replace(base, phase=Phase.RECORDED, prospect=late), _STATUS, 0)
    yield Example("recorded-early", replace(base, phase=Phase.RECORDED, prospect=early), _STATUS, 0)
    waits = replace(on_time, waiting=True)
    yield Example("confirm-face_waits", replace(base, phase=Phase.CONFIRM, prospect=waits), _STATUS, 0)
    yield Example("recorded-face_waits", replace(base, phase=Phase.RECORDED, prospect=waits), _STATUS, 0)
    yield Example("recorded-elsewhere", replace(base, phase=Phase.RECORDED, prospect=visit), _STATUS, 0)
    yield Example("recorded-clock_untrusted", replace(base, phase=Phase.RECORDED, prospect=late), warned, 0)
    yield Example("recorded-hours_early", replace(base, phase=Phase.RECORDED, prospect=hours), _STATUS, 0)
    yield Example("recorded-longest", replace(base, phase=Phase.RECORDED, prospect=longest), _STATUS, 0)
    yield Example("recorded-javanese", replace(base, phase=Phase.RECORDED, prospect=javanese), _STATUS, 0)
    yield Example("recorded-occasion", replace(base, phase=Phase.RECORDED, prospect=apel), _STATUS, 0)
    yield Example("recorded-occasion_late", replace(base, phase=Phase.RECORDED, prospect=upacara), _STATUS, 0)
    yield Example("recorded-present", replace(base, phase=Phase.RECORDED, prospect=third), _STATUS, 0)
    gone = replace(base, phase=Phase.RECORDED, prospect=on_time, sighting=Sighting(0.0))
    yield Example("recorded-gone", gone, _STATUS, 0)
    phone = replace(base, phase=Phase.PHONE, prospect=on_time, link=_LINK)
    yield Example("phone", phone, _STATUS, 21)
    yield Example("phone-hidden", replace(phone, apart_s=20.0), _STATUS, 21)
    yield Example("phone-making", replace(phone, link=None), _STATUS, 0)
    yield Example("phone-ending", replace(phone, link=_LINK + "A"), _STATUS, 179)
    yield Example("phone-failed", replace(phone, link=""), _STATUS, 0)
    yield Example("phone-refused", replace(phone, prospect=late, link=""), warned, 0)
    failed = replace(base, phase=Phase.NOT_RECORDED, prospect=late, fault=Fault.DISK_FULL)
    yield Example("not_recorded", failed, _STATUS, 0)
    leaving = Assessment(Direction.DEPARTURE, _NOW, 511, 1.0, True)  # what another presence so soon would be
    arrived = Prospect(_SHORT, leaving, recorded_ago_s=190.0, recorded=Direction.ARRIVAL)
    yield Example("already_recorded", replace(base, phase=Phase.ALREADY_RECORDED, prospect=arrived), _STATUS, 0)
    left = replace(home, recorded_ago_s=45.0, recorded=Direction.DEPARTURE)
    yield Example("already_recorded-home", replace(base, phase=Phase.ALREADY_RECORDED, prospect=left), _STATUS, 0)
    attended = replace(third, recorded_ago_s=45.0, recorded=Direction.DEPARTURE)
    yield Example(
        "already_recorded-present", replace(base, phase=Phase.ALREADY_RECORDED, prospect=attended), _STATUS, 0
    )
    for phase in (Phase.UNKNOWN, Phase.NOT_IN_TIME, Phase.ATTACK_REFUSED, Phase.REFUSED_BY_PERSON):
        yield Example(phase.value, replace(base, phase=phase), _STATUS, 0)
    in_vain = replace(base, phase=Phase.NOT_IN_TIME, hint=Hint.EYES_HIDDEN)
    yield Example("not_in_time-eyes_hidden", in_vain, _STATUS, 0)
    yield Example("unknown-paused", replace(base, phase=Phase.UNKNOWN, match=None, paused_until_s=30.0), _STATUS, 0)
    for fault in sorted(BLOCKING_FAULTS, key=list(Fault).index):
        yield Example(f"fault-{fault.value}", Encounter(phase=Phase.FAULT, faults=frozenset({fault})), offline, 0)


def _seen(hint: Hint, box: tuple[float, float, float, float]) -> Sighting:
    return Sighting(0.0, track=1, faces=1, box=box, hint=hint)
