"""Pictures from files: found, turned upright, limited; and what is made of good and bad ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from enrollment import photos, quality
from enrollment.refusal import Refusal
from kiosk.face.looks import LOOKS
from tests.unit.enrollment.kit import SETTINGS, Scene, SceneEngine, picture
from tests.unit.kiosk import factories

LIMITS = quality.limits(SETTINGS)
NOBODY, GOOD, OTHER_VIEW, DARK, TWO = range(5)
ENGINE_SCENES = [
    Scene([]),
    Scene([factories.face()]),
    Scene([factories.face()], variant=1),
    Scene([factories.face(brightness=10.0)]),
    Scene([factories.face(), factories.face(left=400)]),
]


@pytest.fixture
def engine() -> SceneEngine:
    return SceneEngine(ENGINE_SCENES)


def save(folder: Path, *scenes: int) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(len(scenes))]
    for path, scene in zip(paths, scenes, strict=True):
        Image.fromarray(picture(scene)).save(path)
    return paths


def reason_of(path: Path) -> str:
    with pytest.raises(Refusal) as refused:
        photos.read(path)
    return refused.value.reason


def test_folders_give_their_pictures_by_name_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "notes.txt", "c.webp"):
        (tmp_path / name).touch()
    (tmp_path / "d.png").mkdir()
    found = photos.find([tmp_path, tmp_path / "a.png", tmp_path / "x.bin"])
    assert [path.name for path in found] == ["a.png", "b.JPG", "c.webp", "x.bin"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        photos.find([tmp_path])
    assert refused.value.reason == "no_pictures"


def test_a_picture_is_turned_as_the_camera_was_held(tmp_path: Path) -> None:
    stored = np.zeros((40, 80, 3), np.uint8)
    stored[:, :40] = (255, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees: the stored left is the top
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)
    rgb = photos.read(tmp_path / "a.png")
    assert rgb.shape == (80, 40, 3)
    assert rgb[0, 0].tolist() == [255, 0, 0]
    assert rgb[-1, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_every_kind_of_colour_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    Image.new(mode, (30, 20)).save(path)
    rgb = photos.read(path)
    assert (rgb.shape, rgb.dtype) == ((20, 30, 3), np.uint8)


def test_a_large_picture_is_scaled_down(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 3000)).save(tmp_path / "a.jpg")
    assert photos.read(tmp_path / "a.jpg").shape == (960, 1280, 3)


def test_what_is_no_picture_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as importing face_recognition does
    Image.new("RGB", (300, 200), "red").save(tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "empty.jpg").touch()
    for name in ("half.png", "text.jpg", "empty.jpg", "absent.jpg"):
        assert reason_of(tmp_path / name) == "picture_unreadable", name
    assert reason_of(tmp_path) == "picture_unreadable"
    monkeypatch.setattr(photos, "MAX_PIXELS", 50_000)
    assert reason_of(tmp_path / "whole.png") == "picture_unreadable"


def test_a_picture_that_unpacks_to_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(bomb)
    assert reason_of(tmp_path / "bomb.png") == "picture_unreadable"


def test_good_pictures_become_shots_and_others_are_passed_over(tmp_path: Path, engine: SceneEngine) -> None:
    gathered = photos.gather(engine, save(tmp_path, GOOD, DARK, OTHER_VIEW, NOBODY), LIMITS)
    assert [shot.number for shot in gathered.shots] == [1, 3]
    assert gathered.skipped == ((2, "too_dark"), (4, "no_face"))
    assert gathered.pictures == 4


def test_a_copy_of_a_picture_is_not_another_picture(tmp_path: Path, engine: SceneEngine) -> None:
    gathered = photos.gather(engine, save(tmp_path, GOOD, GOOD, GOOD), LIMITS)
    assert (len(gathered.shots), gathered.pictures, engine.described) == (1, 1, LOOKS)


def test_a_picture_of_two_people_refuses_them_all_and_is_named(tmp_path: Path, engine: SceneEngine) -> None:
    with pytest.raises(Refusal) as refused:
        photos.gather(engine, save(tmp_path, GOOD, TWO), LIMITS)
    assert (refused.value.reason, refused.value.details) == ("several_faces", {"picture": 2})


def test_an_unreadable_picture_refuses_them_all(tmp_path: Path, engine: SceneEngine) -> None:
    with pytest.raises(Refusal) as refused:
        photos.gather(engine, [*save(tmp_path, GOOD), tmp_path / "absent.png"], LIMITS)
    assert (refused.value.reason, refused.value.details) == ("picture_unreadable", {"picture": 2})


def test_without_a_good_picture_the_first_one_s_fault_is_the_reason(tmp_path: Path, engine: SceneEngine) -> None:
    with pytest.raises(Refusal) as refused:
        photos.gather(engine, save(tmp_path, DARK, NOBODY), LIMITS)
    assert (refused.value.reason, refused.value.details) == ("too_dark", {"picture": 1})


def test_a_report_describes_nobody(tmp_path: Path, engine: SceneEngine) -> None:
    paths = [*save(tmp_path, GOOD, DARK, NOBODY, TWO), tmp_path / "absent.png"]
    reports = photos.report(engine, paths, LIMITS)
    assert [report.reason for report in reports] == [None, "too_dark", "no_face", "several_faces", "picture_unreadable"]
    assert [report.faces for report in reports] == [1, 1, 0, 2, 0]
    assert engine.described == 0
