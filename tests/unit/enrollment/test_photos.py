"""Pictures from files: found, turned upright, limited; and what is made of good and bad ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from enrollment import photos, quality
from enrollment.refusal import Refusal
from kiosk.errors import ModelError
from kiosk.face.looks import LOOKS
from kiosk.model import Descriptor, Face, RgbImage
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
    for name in ("b.JPG", "a.png", "notes.txt", "c.webp", "._b.JPG", ".trashed-1.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "d.png").mkdir()
    found = photos.find([tmp_path, tmp_path / "a.png", tmp_path / "x.bin"])
    assert [path.name for path in found] == ["a.png", "b.JPG", "c.webp", "x.bin"]


def test_every_name_of_a_jpeg_counts(tmp_path: Path) -> None:
    for name in ("a.jfif", "b.jpe", "c.JPEG"):
        Image.new("RGB", (30, 20), "red").save(tmp_path / name, "JPEG")
    assert [photos.read(path).shape for path in photos.find([tmp_path])] == [(20, 30, 3)] * 3


def test_a_picture_that_cannot_be_read_is_not_passed_over_in_its_folder(tmp_path: Path) -> None:
    """Unless it was converted: a telephone's picture and its copy lie side by side."""
    for name in ("1.heic", "2.HEIC", "2.jpg"):
        (tmp_path / name).touch()
    assert [path.name for path in photos.find([tmp_path])] == ["1.heic", "2.jpg"]


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


@pytest.mark.parametrize("kind", ["png", "tiff"])
@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_grey_of_16_bits_is_scaled(tmp_path: Path, kind: str, order: str) -> None:
    levels = np.arange(0, 65536, 257, dtype=np.uint16).repeat(4).reshape(32, 32)
    mode = "I;16" if order == "<u2" else "I;16B"
    path = tmp_path / f"a.{kind}"
    Image.frombytes(mode, (32, 32), levels.astype(order).tobytes()).save(path)
    assert photos.read(path)[..., 1].tolist() == (levels // 257).tolist()


def test_the_first_of_several_pictures_counts(tmp_path: Path) -> None:
    red, blue = Image.new("RGB", (30, 20), "red"), Image.new("RGB", (30, 20), "blue")
    for name in ("a.webp", "a.gif", "a.png", "a.tiff", "a.mpo"):
        red.save(tmp_path / name, save_all=True, append_images=[blue])
        assert photos.read(tmp_path / name)[5, 5].argmax() == 0, name
        assert photos.read(tmp_path / name)[5, 5].max() > 250, name


def test_colours_of_every_kind_stay_what_they_are(tmp_path: Path) -> None:
    for mode, name in [("CMYK", "a.jpg"), ("P", "a.png"), ("RGBA", "b.png"), ("RGB", "a.bmp"), ("RGB", "a.webp")]:
        Image.new("RGB", (40, 40), (200, 100, 50)).convert(mode).save(tmp_path / name)
        assert np.abs(photos.read(tmp_path / name)[20, 20].astype(int) - (200, 100, 50)).max() <= 4, name


MEMORY = """
import resource, sys
from pathlib import Path
from enrollment import photos
photos.read(Path(sys.argv[1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(*photos.read(Path(sys.argv[2])).shape, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("size", [(8192, 6144), (12000, 9000), (16320, 12240)])
def test_a_telephone_s_largest_picture_is_read_without_unpacking_it(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("L", (16, 16)).save(tmp_path / "small.jpg")
    Image.new("L", size, 100).save(tmp_path / "large.jpg")
    words = [sys.executable, "-c", MEMORY, str(tmp_path / "small.jpg"), str(tmp_path / "large.jpg")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    height, width, colours, kib = map(int, done.stdout.split())
    assert (height, width, colours) == (960, 1280, 3)
    assert kib < 60 * 1024  # unpacked it would be 144 to 570 MiB


def test_what_must_be_unpacked_whole_has_a_lower_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MAX_PIXELS", 4_000_000)
    monkeypatch.setattr(photos, "MAX_JPEG_PIXELS", 60_000_000)
    Image.new("L", (8192, 6144)).save(tmp_path / "baseline.jpg")
    assert photos.read(tmp_path / "baseline.jpg").shape == (960, 1280, 3)
    Image.new("L", (3000, 2000)).save(tmp_path / "progressive.jpg", progressive=True)
    Image.new("L", (3000, 2000)).save(tmp_path / "a.png")
    Image.new("L", (8192, 8192)).save(tmp_path / "baseline.jpg")
    for name in ("progressive.jpg", "a.png", "baseline.jpg"):
        assert reason_of(tmp_path / name) == "picture_unreadable", name


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "video"),
        (b"%PDF-1.7\n", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "PostScript"),
        (b"PK\x03\x04\x14\0", "ZIP"),
        (bytes.fromhex("00051607000200004d6163204f53205820"), "AppleDouble"),
        (b"<!DOCTYPE html>", "HTML"),
    ],
)
def test_another_kind_of_file_is_said_by_its_name(tmp_path: Path, engine: SceneEngine, head: bytes, kind: str) -> None:
    (tmp_path / "a.jpg").write_bytes(head + bytes(200))
    with pytest.raises(Refusal) as refused:
        photos.gather(engine, [tmp_path / "a.jpg"], LIMITS)
    assert (refused.value.reason, refused.value.details["picture"]) == ("picture_unsupported", 1)
    assert kind in refused.value.say("id")
    (report,) = photos.report(engine, [tmp_path / "a.jpg"], LIMITS)
    assert report.refusal is not None
    assert kind in report.refusal.say("id")


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


def test_a_picture_that_is_set_apart_is_none_of_the_others(tmp_path: Path, engine: SceneEngine) -> None:
    one, other, copy = save(tmp_path, GOOD, OTHER_VIEW, GOOD)
    gathered = photos.gather(engine, [one, other, copy], LIMITS, apart=one)
    assert ([shot.number for shot in gathered.shots], gathered.pictures) == ([2], 1)
    with pytest.raises(Refusal) as caught:
        photos.gather(engine, [copy], LIMITS, apart=one)
    assert caught.value.reason == "no_pictures"


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


class FailingEngine(SceneEngine):
    """Fails on the picture of one scene, as a network does on numbers that it cannot take."""

    def __init__(self, scenes: list[Scene], failing: int, error: Exception) -> None:
        super().__init__(scenes)
        self._failing, self._error = failing, error

    def describe(self, frame_rgb: RgbImage, face: Face, looks: int = 1, after: int = 0) -> Descriptor:
        if int(frame_rgb[0, 0, 0]) == self._failing:
            raise self._error
        return super().describe(frame_rgb, face, looks, after)


@pytest.mark.parametrize("error", [ModelError("the network failed."), ValueError("landmarks")])
def test_a_picture_on_which_the_recogniser_fails_is_named(tmp_path: Path, error: Exception) -> None:
    paths = save(tmp_path, GOOD, OTHER_VIEW)
    with pytest.raises(Refusal) as refused:
        photos.gather(FailingEngine(ENGINE_SCENES, OTHER_VIEW, error), paths, LIMITS)
    assert (refused.value.reason, refused.value.details) == ("engine_failed", {"picture": 2})


def test_a_report_describes_nobody(tmp_path: Path, engine: SceneEngine) -> None:
    paths = [*save(tmp_path, GOOD, DARK, NOBODY, TWO), tmp_path / "absent.png"]
    reports = photos.report(engine, paths, LIMITS)
    assert [report.reason for report in reports] == [None, "too_dark", "no_face", "several_faces", "picture_unreadable"]
    assert [report.faces for report in reports] == [1, 1, 0, 2, 0]
    assert engine.described == 0
