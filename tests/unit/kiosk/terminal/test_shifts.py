"""What the clerk answers about people who work by night or by roster, with a journal on disk that outlives restarts."""

from __future__ import annotations

import contextlib
import datetime as dt
import queue
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.journal.outbox import SqliteOutbox
from kiosk.model import (
    DLIB_RESNET_V1,
    LIVENESS_OFF,
    NOTHING_TOLD,
    Bulletin,
    ConnectedPhone,
    DeviceId,
    Direction,
    GallerySnapshot,
    Occasion,
    Office,
    Person,
    PersonId,
    Roster,
    WorkCalendar,
    WorkDay,
)
from kiosk.schedule import STANDARD_HOURS
from kiosk.terminal import encounter as enc
from kiosk.terminal.clerk import Clerk
from kiosk.terminal.clerk import Office as Known
from kiosk.terminal.faults import FaultBoard
from tests.unit.kiosk.factories import match, person
from tests.unit.kiosk.machine.fake_clock import FakeClock

NIGHT = WorkDay(dt.time(22), dt.time(6))
AFTERNOON = WorkDay(dt.time(14), dt.time(21))
TUESDAY = dt.date(2026, 11, 24)
NURSE = replace(person(), roster=Roster({TUESDAY: NIGHT, TUESDAY + dt.timedelta(days=1): AFTERNOON}))
NOON = Occasion("Absen siang", TUESDAY, TUESDAY, (dt.time(12), dt.time(13)))


class Terminal:
    """A clerk over a journal on disk; each call is another start of the program."""

    def __init__(self, folder: Path, calendar: WorkCalendar = STANDARD_HOURS) -> None:
        self.path, self.calendar = folder / "journal.sqlite", calendar
        self.told = NOTHING_TOLD

    def sees(self, who: Person, at: str, *, boot: str = "boot-1") -> enc.Prospect:
        """Confirmed and recorded at once; times are the office's."""
        local = dt.datetime.fromisoformat(f"{at}+07:00")
        replies: queue.SimpleQueue[enc.Input] = queue.SimpleQueue()
        with contextlib.closing(SqliteOutbox(self.path, DeviceId("d-1"), key=None).open()) as journal:
            clock = FakeClock(local.astimezone(dt.UTC), boot)
            clock.ms = round(local.timestamp()) % 10**9 * 1000
            clerk = Clerk(journal, clock, FaultBoard(), DLIB_RESNET_V1, replies.put)
            office = Office("o-1", "Kantor", self.calendar)
            clerk.office = Known(GallerySnapshot(1, office, {who.person_id: who}, (), bulletin=self.told))
            clerk.order(enc.Enquire((who.person_id,)))
            clerk.stop()
            clerk.run()
            answer = replies.get(timeout=10)
            assert isinstance(answer, enc.Answered)
            assert answer.prospect is not None
            clerk.order(enc.Record(answer.prospect, match(who.person_id), LIVENESS_OFF))
            clerk.stop()
            clerk.run()
            assert replies.get(timeout=10) == enc.Stored()
        return answer.prospect


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def told(prospects: Sequence[enc.Prospect]) -> list[tuple[Direction, int, bool]]:
    return [(p.assessment.direction, p.assessment.minutes_off, p.assessment.working_day) for p in prospects]


def test_a_night_is_one_day_also_for_a_terminal_that_started_anew_in_it(terminal: Terminal) -> None:
    seen = [
        terminal.sees(NURSE, "2026-11-24 21:50"),
        terminal.sees(NURSE, "2026-11-25 00:10", boot="boot-2"),
        terminal.sees(NURSE, "2026-11-25 06:02", boot="boot-3"),
    ]
    arrived, leaving = Direction.ARRIVAL, Direction.DEPARTURE
    assert told(seen) == [(arrived, 0, True), (leaving, 350, True), (leaving, 0, True)]


def test_two_shifts_that_end_and_begin_on_one_day_are_two_days(terminal: Terminal) -> None:
    seen = [
        terminal.sees(NURSE, at)
        for at in ("2026-11-24 21:50", "2026-11-25 06:02", "2026-11-25 13:55", "2026-11-25 21:00")
    ]
    arrived, leaving = Direction.ARRIVAL, Direction.DEPARTURE
    assert told(seen) == [(arrived, 0, True), (leaving, 0, True), (arrived, 0, True), (leaving, 0, True)]


def test_ten_past_midnight_is_late_for_the_night_that_began_yesterday(terminal: Terminal) -> None:
    assert told([terminal.sees(NURSE, "2026-11-25 00:10")]) == [(Direction.ARRIVAL, 130, True)]


def test_of_somebody_without_a_roster_the_office_s_hours_hold(terminal: Terminal) -> None:
    assert told([terminal.sees(person(), "2026-11-24 13:45")]) == [(Direction.ARRIVAL, 375, True)]


def test_whoever_was_recorded_just_before_an_occasion_is_recorded_at_it(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, replace(STANDARD_HOURS, occasions=(NOON,)))
    before = terminal.sees(person(), "2026-11-24 11:58")
    within, again = terminal.sees(person(), "2026-11-24 12:01"), terminal.sees(person(), "2026-11-24 12:03")
    assert [each.assessment.awaited for each in (before, within, again)] == [False, True, False]
    settings = enc.Settings(3, 12, 3.0, 2.5, 1.0, 5.0, repeat_interval_s=300.0)
    asking = enc.Encounter(phase=enc.Phase.ENQUIRING, match=match("p-1"))
    phases = [enc.step(asking, enc.Answered(each), 0.0, settings)[0].phase for each in (within, again)]
    assert phases == [enc.Phase.CONFIRM, enc.Phase.ALREADY_RECORDED]


def test_a_phone_is_told_by_the_offices_clock_until_its_time_is_over(tmp_path: Path) -> None:
    terminal, who = Terminal(tmp_path), person()
    connected = dt.datetime(2026, 11, 23, 0, 31, tzinfo=dt.UTC)
    told = ConnectedPhone(connected, connected + dt.timedelta(days=7))
    assert terminal.sees(who, "2026-11-23 07:20").phone is None
    terminal.told = Bulletin(phones={who.person_id: told})
    found = terminal.sees(who, "2026-11-24 07:20").phone
    assert found == connected
    assert (found.hour, found.minute) == (7, 31)
    assert terminal.sees(who, "2026-11-30 07:30").phone == connected
    assert terminal.sees(who, "2026-11-30 07:31").phone is None
    terminal.told = Bulletin(phones={PersonId("somebody"): told})
    assert terminal.sees(who, "2026-11-30 07:20").phone is None
