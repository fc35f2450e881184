"""The encounter with a real journal behind it: what is told on the screen is what is on the disk."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from argon2 import PasswordHasher

from kiosk.errors import DiskFull, DiskReadOnly, OutboxError
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.tries import Tries
from kiosk.model import (
    DLIB_RESNET_V1,
    NOTHING_TOLD,
    Bulletin,
    ClockState,
    DeviceId,
    Direction,
    Draft,
    Event,
    Fault,
    GallerySnapshot,
    Liveness,
    LivenessVerdict,
    Moment,
    NipPin,
    Notice,
    PersonId,
    Saying,
)
from kiosk.model import Office as OfficeData
from kiosk.schedule import STANDARD_HOURS
from kiosk.terminal import encounter as enc
from kiosk.terminal.claims import Claims
from kiosk.terminal.clerk import SELDOM_S, Clerk, Office
from kiosk.terminal.encounter import Button, Phase
from kiosk.terminal.faults import FaultBoard, fault_of
from kiosk.terminal.housekeeping import gallery_is_stale
from kiosk.terminal.running import Terminal
from kiosk.terminal.trace import Trace
from tests.unit.kiosk.factories import NOON, SETTINGS, match, moment, person, sighting
from tests.unit.kiosk.journal.records import newest

PEOPLE = {p.person_id: p for p in (person("p-1"), person("p-2", nip="198001012005011002"))}
HOUR = dt.timedelta(hours=1)
SNAPSHOT = GallerySnapshot(7, OfficeData("o-1", "Dinas Contoh", STANDARD_HOURS), PEOPLE, ())


class SteppedClock:
    def __init__(self) -> None:
        self.s = 0.0
        self.boot_id = "boot-1"

    def monotonic_s(self) -> float:
        return self.s

    def now(self) -> Moment:
        return moment(self.s, self.boot_id)


class Rig:
    """A terminal whose clerk works on demand: `settle` carries out all orders, then takes in the answers."""

    def __init__(self, outbox: SqliteOutbox) -> None:
        self.clock, self.faults, self.restarts = SteppedClock(), FaultBoard(), 0
        self.outbox = outbox
        self.terminal = Terminal(
            settings=SETTINGS,
            clock=self.clock,
            faults=self.faults,
            trace=Trace(None),
            restart_recognition=self._restarted,
        )
        claims = Claims(Tries(outbox.path.parent / "claims.json"))
        self.clerk = Clerk(outbox, self.clock, self.faults, DLIB_RESNET_V1, self.terminal.reply, claims=claims)
        self.clerk.office = Office(SNAPSHOT, connected=True)
        self.terminal.employ(self.clerk)

    def _restarted(self) -> None:
        self.restarts += 1

    def see(self, after_s: float = 0.1, **values: object) -> Phase:
        self.clock.s += after_s
        self.terminal.sighted(enc.Saw(sighting(self.clock.s, **values)), {})
        return self.settle()

    def settle(self) -> Phase:
        self.terminal.pump()
        worker = threading.Thread(target=self.clerk.run)
        self.clerk.stop()
        worker.start()
        worker.join()
        self.terminal.pump()
        return self.terminal.encounter.phase

    def record(self, track: int) -> Phase:
        assert self.see(track=track, match=match()) is Phase.CONFIRM
        self.terminal.press(Button.CORRECT)
        return self.settle()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[SqliteOutbox]:
    box = SqliteOutbox(tmp_path / "outbox.sqlite", DeviceId("d-1"), key=bytes(32)).open()
    yield box
    box.close()


@pytest.fixture
def rig(outbox: SqliteOutbox) -> Rig:
    return Rig(outbox)


def test_what_is_confirmed_is_on_disk(rig: Rig) -> None:
    assert rig.record(track=1) is Phase.RECORDED
    last = newest(rig.outbox, PersonId("p-1"))
    assert last is not None
    assert last.direction is Direction.ARRIVAL
    assert rig.outbox.queue_state().waiting == 1


def test_the_same_person_is_not_recorded_twice_within_the_interval_but_after_it(rig: Rig) -> None:
    rig.record(track=1)
    rig.clock.s += 60
    assert rig.see(track=2, match=match()) is Phase.ALREADY_RECORDED
    rig.clock.s += SETTINGS.repeat_interval_s
    assert rig.record(track=3) is Phase.RECORDED
    assert rig.outbox.queue_state().waiting == 2
    last = newest(rig.outbox, PersonId("p-1"))
    assert last is not None
    assert last.direction is Direction.DEPARTURE


def test_who_is_recorded_already_is_told_which_presence_that_was(rig: Rig) -> None:
    for track, direction in ((1, Direction.ARRIVAL), (3, Direction.DEPARTURE)):
        rig.record(track=track)
        rig.clock.s += 60
        assert rig.see(track=track + 1, match=match()) is Phase.ALREADY_RECORDED
        prospect = rig.terminal.encounter.prospect
        assert prospect is not None
        assert prospect.recorded is direction
        assert prospect.assessment.direction is Direction.DEPARTURE, "what another presence would be"
        rig.clock.s += SETTINGS.repeat_interval_s


def test_whoever_comes_back_before_work_is_over_is_recorded_as_said_and_shown_the_days_arrival(rig: Rig) -> None:
    rig.record(track=1)
    rig.clock.s += SETTINGS.repeat_interval_s
    assert rig.see(track=2, match=match()) is Phase.CONFIRM
    prospect = rig.terminal.encounter.prospect
    assert prospect is not None
    assert prospect.assessment.direction is Direction.DEPARTURE
    assert prospect.arrived == moment().wall_utc.replace(microsecond=100_000), "the first sighting's"
    rig.terminal.press(Button.OTHER_WAY)
    rig.terminal.press(Button.CORRECT)
    assert rig.settle() is Phase.RECORDED
    last = newest(rig.outbox, PersonId("p-1"))
    assert last is not None
    assert last.direction is Direction.ARRIVAL
    with sqlite3.connect(rig.outbox.path) as journal:
        first, second = (json.loads(body) for (body,) in journal.execute("SELECT body FROM events ORDER BY id"))
    assert "chosen" not in first["presence"], "what the schedule says is as it ever was on the wire"
    assert second["presence"]["chosen"] is True


def test_the_interval_holds_across_a_restart_of_the_machine(rig: Rig) -> None:
    rig.record(track=1)
    rig.clock.boot_id = "boot-2"
    rig.clock.s += 60
    assert rig.see(track=2, match=match()) is Phase.ALREADY_RECORDED


def test_a_wall_clock_that_jumped_back_does_not_swallow_a_presence(rig: Rig) -> None:
    rig.record(track=1)
    rig.clock.boot_id = "boot-2"
    rig.clock.s -= 3600
    assert rig.terminal.encounter.prospect is not None
    rig.terminal.encounter = replace(enc.Encounter())
    assert rig.see(track=2, match=match()) is Phase.CONFIRM


def test_somebody_who_left_the_office_is_unknown(rig: Rig) -> None:
    assert rig.see(match=match("p-9")) is Phase.UNKNOWN
    assert rig.outbox.queue_state().waiting == 0


def occurrences(rig: Rig) -> list[dict[str, object]]:
    with sqlite3.connect(rig.outbox.path) as journal:
        bodies = [json.loads(body) for (body,) in journal.execute("SELECT body FROM events ORDER BY id")]
    return [body["occurrence"] for body in bodies if body["kind"] == "occurrence"]


TOLD = replace(SNAPSHOT, bulletin=Bulletin(notices=(Notice("n-1", Saying("Apel", ""), NOON, NOON + HOUR),)))


def test_one_face_under_two_names_is_recorded_twice_and_told_and_not_where_the_server_may_not_know_the_word(
    rig: Rig,
) -> None:
    same = np.full(128, 0.1, np.float32)
    for snapshot, track, told in ((SNAPSHOT, 1, 0), (TOLD, 3, 1)):
        rig.clock.s += 3600
        rig.clerk.office = Office(snapshot, connected=True)
        for number, who in enumerate(("p-1", "p-2")):
            assert rig.see(track=track + number, match=match(who), face=same) is Phase.CONFIRM
            rig.terminal.press(Button.CORRECT)
            assert rig.settle() is Phase.RECORDED
            rig.clock.s += 30
        assert len(occurrences(rig)) == told
    assert occurrences(rig) == [{"what": "two-people", "person_ids": ["p-1", "p-2"]}]


def test_an_opened_case_is_an_event(rig: Rig) -> None:
    rig.clerk.office = Office(TOLD, connected=True)
    rig.clerk.order(enc.Happened("tamper"))
    rig.settle()
    assert occurrences(rig) == [{"what": "tamper"}]


def test_a_switch_that_bounces_fills_no_journal_and_a_case_that_is_opened_later_is_told(rig: Rig) -> None:
    rig.clerk.office = Office(TOLD, connected=True)
    for expected in (1, 2):
        for _ in range(50):
            rig.clerk.order(enc.Happened("tamper"))
        rig.settle()
        rig.clock.s += SELDOM_S
        assert len(occurrences(rig)) == expected


def test_what_is_about_people_is_told_however_often(rig: Rig) -> None:
    rig.clerk.office = Office(TOLD, connected=True)
    for _ in range(3):
        rig.clerk.order(enc.Happened("duress", (PersonId("p-1"),)))
    rig.settle()
    assert len(occurrences(rig)) == 3


def test_a_dark_screen_wakes_by_a_movement_and_by_a_face(rig: Rig) -> None:
    rig.terminal = Terminal(
        settings=SETTINGS,
        clock=rig.clock,
        faults=rig.faults,
        trace=Trace(None),
        restart_recognition=lambda: None,
        standby_s=60.0,
    )
    for wake in (rig.terminal.moved, lambda: rig.terminal.press(Button.CANCEL), lambda: rig.see(after_s=0.0)):
        rig.clock.s += 60
        rig.terminal.pump()
        assert rig.terminal.status().dark
        wake()
        rig.terminal.pump()
        assert not rig.terminal.status().dark


def test_notices_are_told_from_their_first_moment_to_their_last(rig: Rig) -> None:
    rig.clerk.office = Office(TOLD, connected=True)
    assert [text.id for text in rig.terminal.status().notices] == ["Apel"]
    rig.clock.s += 3600
    assert rig.terminal.status().notices == ()


def with_pins(per_month: int) -> GallerySnapshot:
    """p-1 has the PIN 730155, hashed as the server would."""
    pin_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("730155")
    return replace(SNAPSHOT, bulletin=Bulletin(nip_pin=NipPin("alone", per_month, {PersonId("p-1"): pin_hash})))


def test_nip_and_pin_make_an_event_that_says_so_and_end_with_the_month_s_number(rig: Rig) -> None:
    rig.clerk.office = Office(with_pins(2), connected=True)
    for number, pin in enumerate(("730155", "730156", "730155")):
        rig.clock.s += 600
        assert rig.see(track=2 * number + 1, match=match(None, SETTINGS.max_frames)) is Phase.UNKNOWN
        rig.terminal.press(Button.NIP_PIN)
        rig.terminal.type_nip("198001012005011001")
        rig.terminal.type_nip(pin)
        assert rig.settle() is (Phase.CONFIRM if number < 2 else Phase.CLAIM_NIP)
        rig.terminal.press(Button.CORRECT if number < 2 else Button.CANCEL)
        rig.settle()
        rig.see(track=0, after_s=SETTINGS.result_s + SETTINGS.refused_pause_s)
    with sqlite3.connect(rig.outbox.path) as journal:
        seen = [json.loads(body)["presence"] for (body,) in journal.execute("SELECT body FROM events ORDER BY id")]
    assert [each["method"] for each in seen] == ["nip-pin", "nip-pin"]
    assert ["duress" in each for each in seen] == [False, True]
    assert {each["person_id"] for each in seen} == {"p-1"}


def test_a_pin_is_nobodys_while_the_try_cannot_be_counted_and_the_clerk_goes_on(rig: Rig, tmp_path: Path) -> None:
    claims = Claims(Tries(tmp_path / "missing" / "claims.json"))
    rig.clerk = Clerk(rig.outbox, rig.clock, rig.faults, DLIB_RESNET_V1, rig.terminal.reply, claims=claims)
    rig.terminal.employ(rig.clerk)
    rig.clerk.office = Office(with_pins(2), connected=True)
    rig.see(match=match(None, SETTINGS.max_frames))
    rig.terminal.press(Button.NIP_PIN)
    rig.terminal.type_nip("198001012005011001")
    rig.terminal.type_nip("730155")
    assert rig.settle() is Phase.CLAIM_NIP
    rig.terminal.press(Button.CANCEL)
    rig.see(track=0, after_s=SETTINGS.result_s + SETTINGS.refused_pause_s)
    assert rig.record(track=7) is Phase.RECORDED


def test_whoever_is_forced_is_told_of_though_the_month_s_number_is_reached(rig: Rig) -> None:
    rig.clerk.office = Office(with_pins(0), connected=True)
    assert rig.see(match=match(None, SETTINGS.max_frames)) is Phase.UNKNOWN
    rig.terminal.press(Button.NIP_PIN)
    rig.terminal.type_nip("198001012005011001")
    rig.terminal.type_nip("730156")
    assert rig.settle() is Phase.CLAIM_NIP
    assert occurrences(rig) == [{"what": "duress", "person_ids": ["p-1"]}]


@pytest.mark.parametrize(("bulletin", "told"), [(NOTHING_TOLD, 0), (Bulletin(), 1)])
def test_an_opened_case_is_told_to_a_server_that_sends_bulletins_if_only_empty_ones(
    rig: Rig, bulletin: Bulletin, told: int
) -> None:
    rig.clerk.office = Office(replace(SNAPSHOT, bulletin=bulletin), connected=True)
    rig.clerk.order(enc.Happened("tamper"))
    rig.settle()
    assert occurrences(rig) == [{"what": "tamper"}] * told


def test_twins_are_told_apart_by_their_nip(rig: Rig) -> None:
    twins = (PersonId("p-1"), PersonId("p-2"))
    assert rig.see(match=match(look_alikes=twins)) is Phase.NIP_PAD
    rig.terminal.type_nip("011002")
    assert rig.settle() is Phase.CONFIRM
    assert rig.terminal.encounter.prospect is not None
    assert rig.terminal.encounter.prospect.person.person_id == "p-2"


def test_digits_that_both_share_tell_nothing(rig: Rig) -> None:
    rig.see(match=match(look_alikes=(PersonId("p-1"), PersonId("p-2"))))
    rig.terminal.type_nip("01100")
    assert rig.settle() is Phase.NIP_PAD


def test_an_attack_is_in_the_journal(rig: Rig) -> None:
    verdict = LivenessVerdict(Liveness.ATTACK, 0.01, "planar")
    assert rig.see(match=match(), liveness=verdict) is Phase.ATTACK_REFUSED
    assert rig.outbox.queue_state().waiting == 1


def test_forgetting_reaches_the_recogniser(rig: Rig) -> None:
    rig.see(match=match(None, frames=SETTINGS.max_frames))
    rig.see(after_s=SETTINGS.result_s)
    rig.see(after_s=SETTINGS.result_s)
    assert rig.restarts == 1


def test_the_screen_is_told_of_office_and_queue(rig: Rig) -> None:
    status = rig.terminal.status()
    assert (status.office_name, status.people, status.connected) == ("Dinas Contoh", 2, True)
    assert str(status.local_time.tzinfo) == "Asia/Jakarta"


class FullDisk(SqliteOutbox):
    """A real journal on a disk that takes nothing while `full`."""

    full = True

    def append(self, draft: Draft, moment: Moment) -> Event:
        if self.full:
            raise DiskFull("the disk is full")
        return super().append(draft, moment)

    def count(self, what: str) -> None:
        if self.full:
            raise DiskFull("the disk is full")
        super().count(what)


def test_a_full_disk_is_never_success_and_recording_comes_back_by_itself(tmp_path: Path) -> None:
    outbox = FullDisk(tmp_path / "outbox.sqlite", DeviceId("d-1"), key=bytes(32)).open()
    rig = Rig(outbox)
    assert rig.record(track=1) is Phase.NOT_RECORDED
    rig.clock.s += SETTINGS.result_s
    assert rig.settle() is Phase.FAULT
    assert rig.see(track=2, match=match()) is Phase.FAULT, "nobody is asked while nothing can be recorded"
    outbox.full = False
    rig.clerk.order(enc.Count("disk_probe"))
    assert rig.settle() is Phase.IDLE
    assert rig.record(track=3) is Phase.RECORDED
    outbox.close()


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (DiskFull("x"), Fault.DISK_FULL),
        (DiskReadOnly("x"), Fault.DISK_READ_ONLY),
        (OutboxError("x"), Fault.DISK_ERROR),
    ],
)
def test_each_disk_error_has_its_fault(error: OutboxError, fault: Fault) -> None:
    assert fault_of(error) is fault


def test_an_old_gallery_is_stale_only_by_a_clock_that_can_be_believed() -> None:
    old = moment().wall_utc - dt.timedelta(days=31)
    assert gallery_is_stale(old, moment(), 30)
    assert not gallery_is_stale(old, moment(), 0)
    assert not gallery_is_stale(None, moment(), 30)
    assert not gallery_is_stale(old, moment(state=ClockState.UNSYNCHRONISED), 30)
