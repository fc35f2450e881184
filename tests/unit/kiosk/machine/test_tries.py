"""Wrong PINs: three are free, then pauses grow, and no restart gives a try back."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.errors import StateError
from kiosk.machine.tries import FIRST_PAUSE_S, FREE_TRIES, LONGEST_PAUSE_S, Tries, pause_s
from tests.unit.kiosk.machine.fake_clock import FakeClock


def fail(tries: Tries, clock: FakeClock, times: int, whose: str = "pin") -> None:
    for _ in range(times):
        tries.begin(whose, clock.now())


def test_pauses_grow_to_an_hour() -> None:
    assert [pause_s(n) for n in range(FREE_TRIES)] == [0.0] * FREE_TRIES
    later = [pause_s(FREE_TRIES + n) for n in range(20)]
    assert later[:3] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert later == sorted(later)
    assert later[-1] == LONGEST_PAUSE_S
    assert [pause_s(n) for n in (3, 9, 10, 20)] == [30.0, 1920.0, 3600.0, 3600.0]  # as handbook-officer.md has it


def test_the_right_pin_gives_the_free_tries_back(tmp_path: Path) -> None:
    clock, tries = FakeClock(), Tries(tmp_path / "tries.json")
    fail(tries, clock, 2)
    assert tries.left("pin") == 1
    tries.succeeded("pin")
    assert tries.left("pin") == FREE_TRIES


def test_a_pause_runs_and_ends(tmp_path: Path) -> None:
    clock, tries = FakeClock(), Tries(tmp_path / "tries.json")
    fail(tries, clock, FREE_TRIES)
    assert tries.wait_s("pin", clock.now()) == FIRST_PAUSE_S
    clock.advance(FIRST_PAUSE_S - 1)
    assert tries.wait_s("pin", clock.now()) == 1.0
    clock.advance(1)
    assert tries.wait_s("pin", clock.now()) == 0.0


def test_a_restart_of_the_program_changes_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    fail(Tries(tmp_path / "tries.json"), clock, FREE_TRIES)
    clock.advance(10)
    assert Tries(tmp_path / "tries.json").wait_s("pin", clock.now()) == FIRST_PAUSE_S - 10


def test_after_a_reboot_the_pause_begins_anew_whatever_the_wall_clock_says(tmp_path: Path) -> None:
    clock = FakeClock()
    fail(Tries(tmp_path / "tries.json"), clock, FREE_TRIES + 2)
    booted = FakeClock(wall=clock.wall.replace(year=2036), boot_id="boot-2")
    booted.ms = 20_000
    assert Tries(tmp_path / "tries.json").wait_s("pin", booted.now()) == 4 * FIRST_PAUSE_S - 20


def test_the_tries_of_one_are_not_anothers(tmp_path: Path) -> None:
    clock, tries = FakeClock(), Tries(tmp_path / "tries.json")
    fail(tries, clock, FREE_TRIES)
    assert tries.wait_s("face p-1", clock.now()) == 0.0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"pin": 3}',
        b'{"pin": {"count": "x"}}',
        b'{"pin": {"count": 1e999, "boot_id": "", "monotonic_ms": 0}}',
        b'{"pin": {"count": -5, "boot_id": "", "monotonic_ms": 0}}',
        b"[" * 100_000,
    ],
    ids=range(8),
)
def test_a_damaged_file_is_a_pause_for_everybody_and_mended_by_the_right_pin(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tries.json"
    path.write_bytes(content)
    clock = FakeClock()
    clock.ms = 5_000
    tries = Tries(path)
    assert tries.wait_s("pin", clock.now()) == FIRST_PAUSE_S - 5
    assert tries.wait_s("face p-1", clock.now()) == FIRST_PAUSE_S - 5
    tries.succeeded("pin")
    assert Tries(path).wait_s("face p-1", clock.now()) == 0.0


def test_a_try_that_cannot_be_counted_is_none(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "missing" / "tries.json")
    with pytest.raises(StateError):
        tries.begin("pin", FakeClock().now())


def test_what_is_over_is_no_wait_and_what_is_used_up_is_none_left(tmp_path: Path) -> None:
    clock, tries = FakeClock(), Tries(tmp_path / "tries.json")
    fail(tries, clock, FREE_TRIES + 2)
    assert tries.left("pin") == 0
    clock.advance(LONGEST_PAUSE_S)
    assert tries.wait_s("pin", clock.now()) == 0.0


def test_a_try_that_was_right_is_spared_and_those_before_it_are_not(tmp_path: Path) -> None:
    clock, tries = FakeClock(), Tries(tmp_path / "tries.json")
    tries.spare("pin")  # nobody has tried
    fail(tries, clock, 2)
    tries.spare("pin")
    assert tries.left("pin") == FREE_TRIES - 1
    for _ in range(3):
        tries.spare("pin")
    assert tries.left("pin") == FREE_TRIES
    fail(tries, clock, FREE_TRIES)
    assert tries.wait_s("pin", clock.now()) == FIRST_PAUSE_S, "no try is saved up"


def test_they_are_forgiven_when_it_has_been_quiet_for_long_enough_and_no_one_elses(tmp_path: Path) -> None:
    clock, tries = FakeClock(), Tries(tmp_path / "tries.json")
    tries.forgive("pin", clock.now(), 100.0)  # nobody has tried
    fail(tries, clock, 2)
    fail(tries, clock, 1, "face p-1")
    clock.advance(99.9)
    tries.forgive("pin", clock.now(), 100.0)
    assert tries.left("pin") == FREE_TRIES - 2
    clock.advance(0.1)
    tries.forgive("pin", clock.now(), 100.0)
    assert tries.left("pin") == FREE_TRIES
    assert tries.left("face p-1") == FREE_TRIES - 1
