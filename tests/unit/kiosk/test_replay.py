"""The replayed clip behaves as a camera does."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.camera import open_camera
from kiosk.errors import CameraError
from kiosk.replay import ReplayCamera, ReplayEnded, scale_to_fit

CLIP_FPS = 20
CLIP_FRAMES = 40


class Time:
    """A clock that only sleeping and the test move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frame n is grey of value 6 n, so that a decoded frame tells its number."""
    path = tmp_path_factory.mktemp("clip") / "numbered.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), CLIP_FPS, (64, 48))
    for n in range(CLIP_FRAMES):
        writer.write(np.full((48, 64, 3), 6 * n, dtype=np.uint8))
    writer.release()
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for n in range(5):
        picture = np.zeros((50, 40, 3), dtype=np.uint8)
        picture[:] = (0, 0, 40 * n + 20)  # BGR: shades of red
        cv2.imwrite(str(tmp_path / f"{n:02}.png"), picture)
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def numbers(camera: ReplayCamera, count: int) -> list[int]:
    return [round(float(camera.read().rgb.mean()) / 6) for _ in range(count)]


def opened(path: Path, fps: float, time: Time | None = None, **options: object) -> ReplayCamera:
    time = time or Time()
    camera = ReplayCamera(path, 64, 48, fps, monotonic=time.monotonic, sleep=time.sleep, **options)  # type: ignore[arg-type]
    camera.open()
    return camera


def test_plays_in_the_clips_own_time(clip: Path) -> None:
    time = Time()
    camera = opened(clip, 20, time)
    assert numbers(camera, 10) == list(range(10))
    assert time.now == pytest.approx(1000 + 9 / CLIP_FPS)


def test_a_slower_camera_rate_leaves_frames_out_but_keeps_the_tempo(clip: Path) -> None:
    time = Time()
    camera = opened(clip, 5, time)
    assert numbers(camera, 5) == [0, 4, 8, 12, 16]
    assert time.now == pytest.approx(1000 + 4 / 5)


def test_a_faster_camera_rate_does_not_repeat_frames(clip: Path) -> None:
    camera = opened(clip, 100)
    assert camera.rate == CLIP_FPS
    assert numbers(camera, 3) == [0, 1, 2]


def test_a_slow_reader_misses_frames_and_gets_the_newest(clip: Path) -> None:
    time = Time()
    camera = opened(clip, 20, time)
    assert numbers(camera, 2) == [0, 1]
    time.now += 0.5  # ten frames go by
    frame = camera.read()
    assert frame.seq == 11
    assert round(float(frame.rgb.mean()) / 6) == 11
    assert frame.t_s <= time.now


def test_a_reader_that_paused_goes_on_where_it_was(clip: Path) -> None:
    time = Time()
    camera = opened(clip, 20, time)
    numbers(camera, 3)
    time.now += 3600
    assert numbers(camera, 2) == [3, 4]


def test_times_never_go_back(clip: Path) -> None:
    time = Time()
    camera = opened(clip, 20, time)
    seen = []
    for pause in (0, 0.01, 0.3, 0, 2.0, 0, 0.7, 0):
        time.now += pause
        seen.append(camera.read().t_s)
    assert seen == sorted(seen)
    assert len(set(seen)) == len(seen)


def test_begins_again_at_the_end(clip: Path) -> None:
    camera = opened(clip, 20)
    assert numbers(camera, CLIP_FRAMES + 2)[-3:] == [CLIP_FRAMES - 1, 0, 1]


def test_a_single_play_ends(clip: Path) -> None:
    camera = opened(clip, 20, loop=False)
    numbers(camera, CLIP_FRAMES)
    with pytest.raises(ReplayEnded):
        camera.read()


def test_unpaced_gives_every_frame_with_the_times_of_the_clip(clip: Path) -> None:
    time = Time()
    camera = opened(clip, 20, time, paced=False)
    first, second = camera.read(), camera.read()
    assert time.now == 1000.0
    assert second.t_s - first.t_s == pytest.approx(1 / CLIP_FPS)


def test_plays_a_part(clip: Path) -> None:
    camera = opened(clip, 20, start_s=0.5, end_s=0.75)
    assert numbers(camera, 7) == [10, 11, 12, 13, 14, 10, 11]


def test_opens_again_after_close(clip: Path) -> None:
    camera = opened(clip, 20)
    numbers(camera, 3)
    camera.close()
    camera.close()
    with pytest.raises(CameraError):
        camera.read()
    camera.open()
    assert numbers(camera, 1) == [0]


def test_a_clip_that_vanishes_is_a_lost_camera(clip: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.avi"
    copy.write_bytes(clip.read_bytes())
    camera = opened(copy, 20)
    numbers(camera, CLIP_FRAMES)
    copy.unlink()
    with pytest.raises(CameraError, match="does not exist"):
        camera.read()
    with pytest.raises(CameraError):
        camera.open()


def test_pictures_of_a_folder_in_order_at_the_given_pace(folder: Path) -> None:
    time = Time()
    camera = opened(folder, 10, time)
    frames = [camera.read().rgb for _ in range(6)]
    assert [int(rgb[0, 0, 0]) for rgb in frames] == [20, 60, 100, 140, 180, 20]
    assert not frames[0][..., 1:].any(), "red comes first: RGB"
    assert time.now == pytest.approx(1000.5)


def test_a_damaged_picture_is_passed_over(folder: Path) -> None:
    (folder / "02.png").write_bytes(b"not a picture")
    (folder / "03.png").write_bytes(b"")
    camera = opened(folder, 10)
    assert [int(camera.read().rgb[0, 0, 0]) for _ in range(4)] == [20, 60, 180, 20]


@pytest.mark.parametrize(
    ("have", "want"),
    [((48, 64), (480, 640)), ((144, 176), (480, 587)), ((1080, 1920), (360, 640)), ((480, 640), (480, 640))],
)
def test_frames_fit_the_configured_size_and_keep_their_shape(have: tuple[int, int], want: tuple[int, int]) -> None:
    assert scale_to_fit(np.zeros((*have, 3), dtype=np.uint8), 640, 480).shape == (*want, 3)


def test_a_camera_picture_is_never_enlarged() -> None:
    assert scale_to_fit(np.zeros((48, 64, 3), dtype=np.uint8), 640, 480, enlarge=False).shape == (48, 64, 3)


@pytest.fixture
def unreadable(tmp_path: Path, clip: Path) -> dict[str, Path]:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("this is not a video\n" * 100)
    (tmp_path / "cut.avi").write_bytes(clip.read_bytes()[:300])
    (tmp_path / "no-pictures").mkdir()
    return {path.name: path for path in tmp_path.iterdir()} | {"absent": tmp_path / "absent"}


@pytest.mark.parametrize("name", ["empty.mp4", "text.mp4", "cut.avi", "no-pictures", "absent"])
def test_an_unreadable_clip_is_said_at_once(unreadable: dict[str, Path], name: str) -> None:
    with pytest.raises(CameraError, match=name):
        open_camera(f"replay:{unreadable[name]}", 640, 480, 15, 1.0)


def test_a_part_beyond_the_end_is_said_at_once(clip: Path) -> None:
    with pytest.raises(CameraError, match="no picture between"):
        open_camera(f"replay:{clip}#t=50,60", 640, 480, 15, 1.0)


@pytest.mark.parametrize(
    ("fragment", "first"), [("#t=0.5", 10), ("#t=0.5,1", 10), ("#t=npt:0.5,1", 10), ("#t=,1", 0), ("", 0)]
)
def test_the_media_fragment_chooses_the_part(clip: Path, fragment: str, first: int) -> None:
    camera = open_camera(f"replay:{clip}{fragment}", 64, 48, 20, 1.0)
    assert round(float(camera.read().rgb.mean()) / 6) == first


@pytest.mark.parametrize("source", ["", "webcam", "v4l:", "v4l:x", "replay:"])
def test_an_unknown_source_names_the_known_ones(source: str) -> None:
    with pytest.raises(CameraError, match="replay:PATH"):
        open_camera(source, 640, 480, 15, 1.0)
