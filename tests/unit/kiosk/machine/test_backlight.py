"""The panel's light, on files as the kernel has them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kiosk.machine.backlight import Backlight, Panel

WITHIN_S = 10.0


def panel(folder: Path, now: int = 200, most: int = 255, name: str = "10-0045") -> Path:
    made = folder / name
    made.mkdir(parents=True)
    for file, value in (("brightness", now), ("max_brightness", most), ("bl_power", 0)):
        (made / file).write_text(f"{value}\n")
    return made


def says(made: Path, file: str = "brightness") -> int:
    return int((made / file).read_text())


def play(folder: Path, *orders: bool, lost: list[str] | None = None) -> None:
    """All orders, and then the end."""
    light = Backlight(folder, ([] if lost is None else lost).append)
    thread = threading.Thread(target=light.run)
    thread.start()
    for dark in orders:
        light.dim(dark)
    light.stop()
    thread.join(WITHIN_S)
    assert not thread.is_alive()


def test_it_is_low_while_it_is_dark_and_as_before_when_somebody_comes(tmp_path: Path) -> None:
    made = panel(tmp_path)
    light = Panel(made)
    light.dim(True)
    assert says(made) == 26
    light.dim(False)
    assert says(made) == 200


def test_who_has_turned_it_down_meanwhile_finds_it_so(tmp_path: Path) -> None:
    made = panel(tmp_path)
    light = Panel(made)
    (made / "brightness").write_text("120\n")
    light.dim(True)
    light.dim(False)
    assert says(made) == 120


def test_a_light_that_is_only_on_or_off_is_switched(tmp_path: Path) -> None:
    made = panel(tmp_path, now=1, most=1)
    light = Panel(made)
    light.dim(True)
    assert (says(made), says(made, "bl_power")) == (1, 4)
    light.dim(False)
    assert says(made, "bl_power") == 0


@pytest.mark.parametrize("now", [0, 26])
def test_after_a_run_that_was_killed_in_the_dark_it_is_bright_again(tmp_path: Path, now: int) -> None:
    made = panel(tmp_path, now=now)
    Backlight(tmp_path).light_up()
    assert says(made) == 255


def test_the_thread_leaves_all_of_them_lit(tmp_path: Path) -> None:
    one, other = panel(tmp_path), panel(tmp_path, now=7, most=10, name="rpi_backlight")
    play(tmp_path, True)
    assert (says(one), says(other)) == (200, 7)


def test_the_same_again_is_written_once(tmp_path: Path) -> None:
    made = panel(tmp_path)
    play(tmp_path, False, True, True, False, False)
    assert says(made) == 200


def test_without_any_it_waits_for_its_end_and_says_nothing(tmp_path: Path) -> None:
    lost: list[str] = []
    play(tmp_path / "missing", True, False, lost=lost)
    (tmp_path / "empty").mkdir()
    play(tmp_path / "empty", True, lost=lost)
    assert lost == []


@pytest.mark.parametrize("broken", ["brightness", "max_brightness"])
def test_one_that_cannot_be_used_is_told_of_and_the_others_go_on(tmp_path: Path, broken: str) -> None:
    bad, good = panel(tmp_path, name="a"), panel(tmp_path, name="b", now=1, most=1)
    (bad / broken).unlink()
    (bad / broken).mkdir()
    lost: list[str] = []
    play(tmp_path, True, lost=lost)
    assert len(lost) == 1
    assert "drawn black" in lost[0]
    assert says(good, "bl_power") == 0


def test_one_that_vanishes_while_it_is_dark_ends_nothing(tmp_path: Path) -> None:
    made = panel(tmp_path)
    light = Panel(made)
    (made / "brightness").unlink()
    made.joinpath("brightness").mkdir()
    with pytest.raises(OSError, match="brightness"):
        light.dim(True)


@pytest.mark.parametrize("nonsense", ["", "bright", "0", "-3"])
def test_nonsense_in_its_files_is_an_error_of_that_panel_alone(tmp_path: Path, nonsense: str) -> None:
    made = panel(tmp_path)
    (made / "max_brightness").write_text(nonsense)
    lost: list[str] = []
    play(tmp_path, True, lost=lost)
    assert len(lost) == 1
