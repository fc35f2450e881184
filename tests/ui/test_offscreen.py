"""The screen without a display: what it writes, how it ends, and what it leaves alone."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest
from PIL import Image

from kiosk.terminal.encounter import Phase
from kiosk.ui.main import display_available
from kiosk.ui.pictures import Pictures
from kiosk.ui.theme import HEIGHT_DP, WIDTH_DP
from tests.ui.screen_process import started


def test_each_new_screen_is_written_in_order(tmp_path: Path) -> None:
    with started("offscreen", "confirm", "--confirm-s", "3", "--screens", str(tmp_path)) as screen:
        assert screen.end() == 0
    names = sorted(path.name for path in tmp_path.glob("[0-9]*.png"))
    assert names[:2] == ["010-confirm.png", "020-recorded.png"]
    with Image.open(tmp_path / "recorded.png") as picture:
        assert picture.size == (WIDTH_DP, HEIGHT_DP)
        colours = picture.convert("RGB").getcolors(maxcolors=WIDTH_DP * HEIGHT_DP) or []
    assert len(colours) > 50, "a screen with text and icon has many shades at their edges"
    assert (tmp_path / "020-recorded.png").read_bytes() == (tmp_path / "recorded.png").read_bytes()


@pytest.mark.parametrize(
    ("screen_name", "at"),
    [("idle", (544, 24, 224, 276)), ("confirm", (24, 156, 200, 184)), ("identifying", (0, 50, 800, 314))],
)
def test_the_picture_is_upright_and_a_mirror(screen_name: str, at: tuple[int, int, int, int], tmp_path: Path) -> None:
    with started("offscreen", screen_name, "--stop-after-pumps", "12", "--screens", str(tmp_path)) as screen:
        assert screen.end() == 0
    left, top, width, height = at
    with Image.open(tmp_path / f"{screen_name}.png") as picture:
        at_left, at_right = (strongest(picture, left + width * across // 10, top + height // 10) for across in (2, 8))
        below = strongest(picture, left + width // 2, top + height * 9 // 10)
    assert (at_left, at_right, below) == ("blue", "red", "green")


@pytest.mark.parametrize("screen_name", ["idle", "unknown", "month"])
def test_what_is_rehearsed_is_not_seen_and_leaves_nothing_behind(screen_name: str, tmp_path: Path) -> None:
    written = []
    for rehearse in ([], ["--rehearse", "1"]):
        folder = tmp_path / str(len(rehearse))
        with started(
            "offscreen", screen_name, "--stop-after-pumps", "12", "--screens", str(folder), *rehearse
        ) as screen:
            assert screen.end() == 0
        written.append((folder / f"010-{screen_name}.png").read_bytes())  # the first that was seen
    assert written[0] == written[1]


def test_a_rehearsal_takes_no_more_memory_the_longer_it_is() -> None:
    """Once all screens were drawn, drawing them again costs nothing: with what each scene needed kept until the last
    one, every further round took 30 MB."""
    peaks = []
    for times in ("1", "3"):
        with started("offscreen", "idle", "--stop-after-pumps", "2", "--rehearse", times) as screen:
            assert screen.end() == 0
        peaks += [told["peak_mb"] for told in screen.heard if "peak_mb" in told]
    assert peaks[1] - peaks[0] < 12, peaks


def strongest(picture: Image.Image, x: int, y: int) -> str:
    """The colour that a point has most of: the live picture is dimmed outside the oval."""
    pixel = picture.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return max(zip(pixel, ("red", "green", "blue"), strict=True))[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    with started("offscreen", "idle") as screen:
        screen.until(ready="idle")
        screen.process.send_signal(number)
        assert screen.end() == 0
    assert screen.heard[-1] == {"ended": True}


def test_an_error_in_the_terminal_ends_the_process_with_a_code(capfd: pytest.CaptureFixture[str]) -> None:
    with started("offscreen", "idle", "--fail-at-pump", "3") as screen:
        assert screen.end() == 1
    assert "the pump failed" in capfd.readouterr().err


def test_kivy_writes_nothing_to_the_home_folder_nor_to_the_terminals_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    home.mkdir()
    scratch.mkdir()
    # Mesa 25's software renderer keeps its shaders in the home folder; that is neither Kivy's doing nor ours.
    quiet = {"HOME": str(home), "TMPDIR": str(scratch), "MESA_SHADER_CACHE_DISABLE": "true"}
    with started("offscreen", "idle", "--stop-after-pumps", "5", **quiet) as screen:
        assert screen.end() == 0
    # On a slow machine five pumps take so long that the script says that it is ready.
    assert [told for told in screen.heard if told != {"ready": "idle"}] == [{"ended": True}]
    assert not list(home.rglob("*"))
    assert not list(scratch.rglob("*"))
    assert capfd.readouterr().err == ""


def test_a_window_without_a_display_says_what_to_do() -> None:
    with started("window", "idle") as screen:
        assert screen.end() == 70
    assert "--display offscreen" in screen.heard[-1]["error"]


def test_a_display_that_does_not_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":31999")
    assert not display_available()


def test_a_wayland_compositor_that_answers_is_a_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-9")
    monkeypatch.setenv("DISPLAY", ":31999")
    assert not display_available()
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "wayland-9"))
        compositor.listen()
        assert display_available()


# ---------------------------------------------------------------- the files themselves

RED_BELOW_BLUE = bytes([255, 0, 0, 255]) + bytes([0, 0, 255, 255])
"""One pixel wide, two high, as OpenGL gives it: the lowest row first."""


def test_pictures_are_upright_and_for_the_terminals_user_only(tmp_path: Path) -> None:
    Pictures(tmp_path / "new", pytest.fail).write("idle", RED_BELOW_BLUE, (1, 2))
    path = tmp_path / "new" / "idle.png"
    with Image.open(path) as picture:
        assert [picture.getpixel((0, y)) for y in range(2)] == [(0, 0, 255), (255, 0, 0)]
    assert path.stat().st_mode & 0o077 == 0
    assert not list(path.parent.glob("*.part"))


def test_a_new_run_removes_the_screens_of_the_last_and_nothing_else(tmp_path: Path) -> None:
    mine = tmp_path / "holiday.png"
    mine.touch()
    for phase in Phase:
        Pictures(tmp_path, pytest.fail).write(phase.value, RED_BELOW_BLUE, (1, 2))
    Pictures(tmp_path, pytest.fail)
    assert list(tmp_path.iterdir()) == [mine]


def test_numbered_pictures_come_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.ui.pictures._MOST", 3)
    pictures = Pictures(tmp_path, pytest.fail)
    for _ in range(5):
        pictures.write("idle", RED_BELOW_BLUE, (1, 2))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "010-idle.png",
        "020-idle.png",
        "030-idle.png",
        "idle.png",
    ]


def test_a_folder_that_cannot_be_made_is_said_once_and_ends_the_pictures_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    why: list[str] = []
    pictures = Pictures(tmp_path / "file" / "screens", why.append)
    pictures.write("idle", RED_BELOW_BLUE, (1, 2))
    (told,) = why
    assert "cannot be written" in told


def test_a_folder_that_vanishes_is_said_once_and_ends_the_pictures_only(tmp_path: Path) -> None:
    why: list[str] = []
    pictures = Pictures(tmp_path / "screens", why.append)
    (tmp_path / "screens").rmdir()
    for _ in range(2):
        pictures.write("idle", RED_BELOW_BLUE, (1, 2))
    (told,) = why
    assert "cannot be written" in told
