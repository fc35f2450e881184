"""Which clips there are at a path and what their paths say they show."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.errors import CameraError
from kiosk.measure import clips
from kiosk.measure.clips import find_clips, kind_of, label_of


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


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("pad/nuaa/print/0001_00_01", "print"),
        ("attack/telephone/a.mp4", "phone"),
        ("stills/attack_screen.jpg", "screen"),
        ("phone/replay_3.avi", "screen"),
        ("mask/session/a.mp4", "mask"),
        ("attack/a.mp4", "attack"),
        ("printers/attack/a.mp4", "attack"),
    ],
)
def test_what_an_attack_was_made_with_is_the_deepest_word_too(path: str, kind: str) -> None:
    assert kind_of(Path(path)) == kind


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
