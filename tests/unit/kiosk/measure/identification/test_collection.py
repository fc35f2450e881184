"""A folder of photos becomes descriptors: which face, which files, what counts as no face."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.errors import ConfigError, GalleryError
from kiosk.measure.identification.collection import Collection, collect
from kiosk.measure.identification.report import measure
from kiosk.model import DLIB_RESNET_V1, Box, Descriptor, Face, ModelId, Quality, RgbImage

QUALITY = Quality(60, 100, 120, 40, 0, 0, 0, 0, 0.25, 0.4, 0.2)


class ColourEngine:
    """Sees a face in every bright patch; describes it by the patch's colour."""

    model_id = DLIB_RESNET_V1

    def __init__(self, least_px: int = 0) -> None:
        self.least_px = least_px
        self.described = 0

    def faces(self, frame_rgb: RgbImage) -> list[Face]:
        if frame_rgb.shape[1] < self.least_px:
            return []
        bright = (frame_rgb.max(axis=2) > 100).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(bright)
        found = []
        for left, top, width, height, area in stats[1:count]:
            if area > 50:
                box = Box(int(left), int(top), int(left + width), int(top + height))
                found.append(Face(box, np.full((5, 2), (left + width / 2, top + height / 2), np.float32), QUALITY))
        return sorted(found, key=lambda face: -face.box_px.width)

    def describe(self, frame_rgb: RgbImage, face: Face, looks: int = 1, after: int = 0) -> Descriptor:
        self.described += looks - after
        x, y = np.clip(face.landmarks_px[0].astype(int), 0, None)
        return np.resize(frame_rgb[y, x].astype(np.float32), 128)

    def describe_more(self, frame_rgb: RgbImage, face: Face) -> dict[ModelId, Descriptor]:
        return {}


def picture(path: Path, *patches: tuple[int, int, int, tuple[int, int, int]]) -> None:
    """A dark picture with square patches: left, top, size, RGB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rgb = np.zeros((120, 160, 3), np.uint8)
    for left, top, size, colour in patches:
        rgb[top : top + size, left : left + size] = colour
    cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))


RED, GREEN, BLUE = (220, 10, 10), (10, 220, 10), (10, 10, 220)


def test_photos_belong_to_their_folders(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png", (60, 40, 30, RED))
    picture(tmp_path / "a" / "2.png", (60, 40, 30, GREEN))
    picture(tmp_path / "b" / "1.png", (60, 40, 30, BLUE))
    (tmp_path / "b" / "notes.txt").write_text("not a photo", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    found = collect(tmp_path, ColourEngine())
    assert (found.people, found.owners.tolist()) == (2, [0, 0, 1])
    assert found.plain[:, :3].round(-1).tolist() == [[220, 10, 10], [10, 220, 10], [10, 10, 220]]
    assert [rows.tolist() for rows in found.photos()] == [[0, 1], [2]]


def test_the_face_nearest_the_centre_is_meant_not_the_largest(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png", (0, 0, 50, GREEN), (70, 50, 20, RED))
    assert collect(tmp_path, ColourEngine()).plain[0, 0] > 200


def test_no_face_and_damaged_files_are_failures_to_acquire(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png")
    (tmp_path / "a" / "2.jpg").write_bytes(b"\xff\xd8 not really")
    (tmp_path / "a" / "3.jpg").touch()
    (tmp_path / "a" / "4.mp4").write_bytes(b"no clip")
    picture(tmp_path / "a" / "5.png", (60, 40, 30, RED))
    (tmp_path / "a" / "6.png").symlink_to("nowhere")
    (tmp_path / "a" / "7.png").mkdir()
    assert collect(tmp_path, ColourEngine()).acquired.tolist() == [False] * 4 + [True] + [False] * 2


def test_people_without_a_single_face_still_make_json(tmp_path: Path) -> None:
    for number in range(12):
        for photo in "12":
            picture(tmp_path / f"p{number}" / f"{photo}.png", *([] if number else [(60, 40, 30, RED)]))
    report = measure(collect(tmp_path, ColourEngine()), 1, 1, lambda _: None)
    rows = json.loads(json.dumps(report.as_json(), allow_nan=False))["rows"]
    assert {row["threshold"] for row in rows} == {None}
    assert all(row["fnir"] > 0.8 for row in rows)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_names_nobody(tmp_path: Path) -> None:
    picture(tmp_path / "Contoh Pegawai" / "1.png")
    (tmp_path / "Contoh Pegawai").chmod(0)
    with pytest.raises(GalleryError, match="cannot be read") as refused:
        collect(tmp_path, ColourEngine())
    (tmp_path / "Contoh Pegawai").chmod(0o700)
    assert "Contoh" not in str(refused.value)


def test_a_small_face_is_searched_again_in_a_larger_picture(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png", (60, 40, 30, RED))
    assert collect(tmp_path, ColourEngine(least_px=200)).acquired.all()
    assert not collect(tmp_path, ColourEngine(least_px=300)).acquired.any()


def test_a_clip_is_one_photo(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    writer = cv2.VideoWriter(str(tmp_path / "a" / "1.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (160, 120))
    for number in range(12):
        frame = np.zeros((120, 160, 3), np.uint8)
        frame[40:80, 60:100] = (10, 10, 120 + 10 * number)
        writer.write(frame)
    writer.release()
    engine = ColourEngine()
    found = collect(tmp_path, engine)
    assert found.owners.tolist() == [0]
    assert engine.described == 5 * (1 + 4)
    assert found.plain[0, 0] == pytest.approx(175, abs=12)


@pytest.mark.parametrize("content", ["nothing", "loose"])
def test_a_folder_without_people_is_refused(tmp_path: Path, content: str) -> None:
    if content == "loose":
        picture(tmp_path / "1.png", (60, 40, 30, RED))
    with pytest.raises(GalleryError, match="DIR/<person>"):
        collect(tmp_path, ColourEngine())


def test_descriptors_are_kept_and_read_back(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "a" / "1.png", (60, 40, 30, RED))
    picture(tmp_path / "in" / "b" / "1.png")
    found = collect(tmp_path / "in", ColourEngine())
    found.save(tmp_path / "kept.npz")
    again = Collection.load(tmp_path / "kept.npz")
    assert again.owners.tolist() == found.owners.tolist()
    assert np.array_equal(again.described, found.described, equal_nan=True)
    (tmp_path / "kept.npz").write_bytes(b"PK\x03\x04 damaged")
    with pytest.raises(GalleryError, match="Delete it"):
        Collection.load(tmp_path / "kept.npz")
    with pytest.raises(ConfigError, match="cannot be written"):
        found.save(tmp_path / "absent" / "kept.npz")


def test_parts_divide_the_people() -> None:
    owners = np.repeat(np.arange(7), [1, 2, 3, 1, 2, 3, 1]).astype(np.intp)
    vectors = np.arange(13, dtype=np.float32)[:, None] * np.ones(128, np.float32)
    whole = Collection(owners, vectors, vectors)
    parts = [whole.part(which, 3) for which in (1, 2, 3)]
    assert [part.people for part in parts] == [3, 2, 2]
    assert sorted(np.concatenate([part.plain[:, 0] for part in parts])) == list(range(13))
    assert parts[1].owners.tolist() == [0, 0, 1, 1]


def test_a_photo_with_a_wrong_name_is_left_out_and_counted(tmp_path: Path) -> None:
    picture(tmp_path / "Joseph_Blatter" / "Joseph_Blatter_0001.png", (60, 40, 30, RED))
    picture(tmp_path / "Sepp_Blatter" / "Sepp_Blatter_0001.png", (60, 40, 30, GREEN))
    found = collect(tmp_path, ColourEngine())
    assert (found.people, found.label_errors) == (1, 1)
    assert found.plain[0, :3].round(-1).tolist() == [10, 220, 10]


def test_a_folder_is_known_by_whose_pictures_it_has(tmp_path: Path) -> None:
    for where, who in (("one", "ab"), ("two", "ab"), ("three", "ac")):
        for person in who:
            picture(tmp_path / where / person / "1.png", (60, 40, 30, RED))
    one, two, three = (collect(tmp_path / where, ColourEngine()).folder for where in ("one", "two", "three"))
    assert one == two != three


def test_everybody_but_a_part() -> None:
    owners = np.repeat(np.arange(5), [1, 2, 1, 2, 1]).astype(np.intp)
    vectors = np.arange(7, dtype=np.float32)[:, None] * np.ones(128, np.float32)
    rest = Collection(owners, vectors, vectors, "digest", 3).without(1, 2)
    assert rest.owners.tolist() == [0, 0, 1, 1]
    assert (rest.plain[:, 0].tolist(), rest.folder, rest.label_errors) == ([1, 2, 4, 5], "digest", 3)
