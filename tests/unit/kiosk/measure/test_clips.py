"""Which clips there are at a path and what their paths say they show."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.commands.pad import interval
from kiosk.errors import CameraError
from kiosk.measure import clips
from kiosk.measure.clips import ClipResult, find_clips, label_of


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("pad/nuaa/live/0001_00_01", "live"),
        ("pad/nuaa/print/0001_00_01", "attack"),
        ("x/Real/clip.mp4", "live"),
        ("x/phone/live.mp4", "attack"),
        ("attack/session/live/a.mp4", "live"),
        ("live/attack/a.mp4", "attack"),
        ("stills/attack_print.jpg", "attack"),
        ("stills/live.jpg", "live"),
        ("clips/still-live-face.avi", "live"),
        ("clips/replay_live.avi", "attack"),
        ("clips/head-pose.gif", None),
        ("printers/alive/believe.mp4", None),
        ("print", "attack"),
        ("a.mp4", None),
    ],
)
def test_the_label_is_the_deepest_word_of_the_path(path: str, label: str | None) -> None:
    assert label_of(Path(path)) == label


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((8, 8, 3), np.uint8))


def test_a_folder_of_pictures_is_a_sequence_and_other_folders_are_walked(tmp_path: Path) -> None:
    for name in ("live/a/0.jpg", "live/a/1.jpg", "print/b/0.png", "stills/live.jpg", "stills/attack.jpg"):
        picture(tmp_path / name)
    (tmp_path / "film.mp4").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a clip")
    found = [str(path.relative_to(tmp_path)) for path in find_clips(tmp_path)]
    assert sorted(found) == ["film.mp4", "live/a", "print/b", "stills/attack.jpg", "stills/live.jpg"]
    assert list(find_clips(tmp_path / "stills/live.jpg")) == [tmp_path / "stills/live.jpg"]


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_nothing_to_judge_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CameraError, match="Give videos"):
        list(find_clips(tmp_path / name))


def test_what_is_neither_file_nor_folder_is_an_error() -> None:
    with pytest.raises(CameraError, match="Give videos"):
        list(find_clips(Path("/dev/null")))


@pytest.mark.parametrize("kind", ["dangling", "folder", "text"])
def test_a_picture_that_cannot_be_read_is_an_error_alone_and_passed_over_in_a_sequence(
    tmp_path: Path, kind: str
) -> None:
    picture(tmp_path / "0.png")
    bad = tmp_path / "1.png"
    {"dangling": lambda: bad.symlink_to("nowhere"), "folder": bad.mkdir, "text": lambda: bad.write_text("no")}[kind]()
    picture(tmp_path / "2.png")
    with pytest.raises(CameraError, match=r"cannot be read|can be read"):
        list(clips.frames(bad))
    assert len(list(clips.frames(tmp_path))) == 2


def result(label: clips.Label | None, verdict: clips.Verdict | None) -> ClipResult:
    return ClipResult("x", label, verdict, 0.5, "", 1, 1)


def test_rates_count_labelled_and_readable_clips_only() -> None:
    results = [
        result("attack", "live"),
        result("attack", "challenge"),
        result("attack", "attack"),
        result("attack", None),
        result("live", "challenge"),
        result(None, "live"),
    ]
    assert clips.share(results, "attack", "live") == (1, 3)
    assert clips.share(results, "live", "attack") == (0, 1)
    assert clips.share(results, "live", "challenge") == (1, 1)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"), [(0, 82, 0.0, 0.0448), (1, 2, 0.0945, 0.9055), (10, 10, 0.7225, 1.0)]
)
def test_the_interval_is_wilsons(hits: int, total: int, low: float, high: float) -> None:
    bounds = interval(hits, total)
    assert bounds is not None
    assert bounds == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))
    assert interval(0, 0) is None
