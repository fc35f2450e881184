"""What every face engine promises, whatever comes out of the camera.

The face is that of scikit-image's astronaut (NASA, public domain).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from demo.faces import astronaut
from kiosk.face import open_engine
from kiosk.face.looks import LOOKS, looks_at
from kiosk.machine.model_files import YUNET
from kiosk.model import DLIB_RESNET_V1, Box, Face, RgbImage
from kiosk.ports import FaceEngine

MODELS = Path(os.environ.get("KIOSK_MODELS") or Path(__file__).parents[4].parent / "shared" / "models")

needs_yunet = pytest.mark.skipif(
    not (MODELS / YUNET.file_name).is_file(), reason=f"{YUNET.file_name} is not there (KIOSK_MODELS)"
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", params=["fast", "reference", pytest.param("yunet", marks=needs_yunet)])
def engine(request: pytest.FixtureRequest, cache: Path) -> FaceEngine:
    """One engine for all tests: what one has shown it must not matter to the next."""
    if request.param == "reference":
        return open_engine("reference")
    return open_engine("fast", cache_dir=cache, models_dir=MODELS if request.param == "yunet" else None)


@pytest.fixture(scope="module")
def photo() -> RgbImage:
    """A face about 120 px wide, centred near (225, 120)."""
    bgr = cv2.imread(str(astronaut()))
    assert bgr is not None
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def scene(photo: RgbImage, scale: float, left: int, top: int, size: tuple[int, int] = (480, 640)) -> RgbImage:
    """The photo's head in a grey room; what lies outside of the frame is cut off."""
    head = cv2.resize(photo[20:240, 110:340], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    room = np.full((size[0] + 2000, size[1] + 2000, 3), 110, dtype=np.uint8)
    room[top + 1000 : top + 1000 + head.shape[0], left + 1000 : left + 1000 + head.shape[1]] = head
    return np.ascontiguousarray(room[1000 : 1000 + size[0], 1000 : 1000 + size[1]])


def centre(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


def test_a_face_is_found_where_it_is(engine: FaceEngine, photo: RgbImage) -> None:
    (face,) = engine.faces(scene(photo, 1.0, 200, 100))
    x, y = centre(face.box_px)
    assert abs(x - (200 + 115)) < 20
    assert abs(y - (100 + 100)) < 25
    assert 80 < face.box_px.width < 160
    assert face.landmarks_px.shape == (5, 2)
    assert face.landmarks_px.dtype == np.float32
    right_outer, right_inner, left_outer, left_inner, nose = face.landmarks_px
    assert left_outer[0] < left_inner[0] < right_inner[0] < right_outer[0]
    assert left_inner[0] < nose[0] < right_inner[0]
    assert nose[1] > max(left_inner[1], right_inner[1])
    assert face.score > 0


def test_a_descriptor_is_128_float32_and_the_same_in_every_engine(engine: FaceEngine, photo: RgbImage) -> None:
    frame = scene(photo, 1.0, 200, 100)
    (face,) = engine.faces(frame)
    descriptor = engine.describe(frame, face)
    assert descriptor.shape == (128,)
    assert descriptor.dtype == np.float32
    import face_recognition

    box = face.box_px
    (expected,) = face_recognition.face_encodings(frame, [(box.top, box.right - 1, box.bottom - 1, box.left)])
    assert np.abs(descriptor - expected).max() < 1e-3
    assert engine.model_id == DLIB_RESNET_V1


def test_many_looks_are_the_mean_of_each_alone(engine: FaceEngine, photo: RgbImage) -> None:
    frame = scene(photo, 1.0, 200, 100)
    (face,) = engine.faces(frame)
    each = [engine.describe(seen, there) for seen, there in looks_at(frame, face, range(LOOKS))]
    for count in (2, LOOKS):
        np.testing.assert_allclose(engine.describe(frame, face, count), np.mean(each[:count], axis=0), atol=1e-5)
    np.testing.assert_array_equal(engine.describe(frame, face, LOOKS + 3), engine.describe(frame, face, LOOKS))
    for after in (1, 3):
        rest = engine.describe(frame, face, LOOKS, after=after)
        np.testing.assert_allclose(rest, np.mean(each[after:], axis=0), atol=1e-5)
    for looks, after in ((0, 0), (2, 2), (LOOKS + 3, LOOKS), (1, -1)):
        with pytest.raises(ValueError, match="no look"):
            engine.describe(frame, face, looks, after=after)


def test_the_face_is_the_same_person_wherever_and_however_large(engine: FaceEngine, photo: RgbImage) -> None:
    descriptors = []
    for scale, left, top in ((1.0, 200, 100), (0.8, 30, 200), (1.6, 150, 20)):
        frame = scene(photo, scale, left, top)
        descriptors.append(engine.describe(frame, engine.faces(frame)[0]))
    for other in descriptors[1:]:
        assert np.linalg.norm(descriptors[0] - other) < 0.35


def test_the_nearest_face_comes_first(engine: FaceEngine, photo: RgbImage) -> None:
    frame = scene(photo, 0.85, 20, 100)
    large = scene(photo, 1.4, 290, 60)
    frame[:, 290:] = large[:, 290:]
    faces = engine.faces(frame)
    assert len(faces) == 2
    assert faces[0].box_px.width > faces[1].box_px.width
    assert centre(faces[0].box_px)[0] > 320


EMPTY: dict[str, Callable[[], RgbImage]] = {
    "black": lambda: np.zeros((480, 640, 3), dtype=np.uint8),
    "white": lambda: np.full((480, 640, 3), 255, dtype=np.uint8),
    "noise": lambda: np.random.default_rng(3).integers(0, 256, (480, 640, 3), dtype=np.uint8),
    "stripes": lambda: np.tile(np.array([0, 255] * 320, dtype=np.uint8)[None, :, None], (480, 1, 3)),
    "1x1": lambda: np.zeros((1, 1, 3), dtype=np.uint8),
    "3x2": lambda: np.full((3, 2, 3), 200, dtype=np.uint8),
    "very tall": lambda: np.full((2000, 3, 3), 90, dtype=np.uint8),
    "no pixels": lambda: np.zeros((0, 0, 3), dtype=np.uint8),
    "no rows": lambda: np.zeros((0, 640, 3), dtype=np.uint8),
}


@pytest.mark.parametrize("name", EMPTY)
def test_a_frame_without_a_face_is_an_empty_list(engine: FaceEngine, name: str) -> None:
    for _ in range(2):
        assert engine.faces(EMPTY[name]()) == []


NO_FRAMES: dict[str, object] = {
    "grey": np.zeros((480, 640), dtype=np.uint8),
    "rgba": np.zeros((480, 640, 4), dtype=np.uint8),
    "float": np.zeros((480, 640, 3), dtype=np.float32),
    "several": np.zeros((2, 480, 640, 3), dtype=np.uint8),
    "list": [[[0, 0, 0]]],
    "nothing": None,
}


@pytest.mark.parametrize("name", NO_FRAMES)
def test_what_is_no_rgb_frame_is_a_typed_error(engine: FaceEngine, photo: RgbImage, name: str) -> None:
    frame = cast(RgbImage, NO_FRAMES[name])
    (face,) = engine.faces(scene(photo, 1.0, 200, 100))
    with pytest.raises(ValueError, match="a frame is"):
        engine.faces(frame)
    with pytest.raises(ValueError, match="a frame is"):
        engine.describe(frame, face)


@pytest.mark.parametrize("landmarks", [np.full((5, 2), v) for v in (np.nan, np.inf)] + [np.zeros((4, 2)), np.zeros(10)])
def test_a_face_without_landmarks_is_a_typed_error(engine: FaceEngine, photo: RgbImage, landmarks: np.ndarray) -> None:
    frame = scene(photo, 1.0, 200, 100)
    (face,) = engine.faces(frame)
    with pytest.raises(ValueError, match="five landmarks"):
        engine.describe(frame, Face(face.box_px, landmarks.astype(np.float32), face.quality))


def test_frames_of_changing_size(engine: FaceEngine, photo: RgbImage) -> None:
    for size in ((480, 640), (1, 1), (240, 320), (1080, 1920), (481, 633), (480, 640)):
        frame = scene(photo, 0.9, 20, 10, size)
        faces = engine.faces(frame)
        assert len(faces) == (0 if size == (1, 1) else 1), size


def test_a_frame_that_is_not_contiguous_or_not_writable(engine: FaceEngine, photo: RgbImage) -> None:
    frame = scene(photo, 1.0, 200, 100)
    (face,) = engine.faces(frame)
    descriptor = engine.describe(frame, face)
    turned = np.asfortranarray(frame)[:, :, ::-1][:, :, ::-1]
    assert not turned.flags.c_contiguous
    frozen = frame.copy()
    frozen.flags.writeable = False
    for odd in (turned, frozen):
        assert len(engine.faces(odd)) == 1
        np.testing.assert_allclose(engine.describe(odd, face), descriptor, atol=1e-6)


@pytest.mark.parametrize(("left", "top"), [(-70, 100), (520, 100), (200, -50), (200, 330), (-60, -40), (500, 330)])
def test_a_face_at_the_border_is_found_or_not_but_never_a_crash(
    engine: FaceEngine, photo: RgbImage, left: int, top: int
) -> None:
    frame = scene(photo, 1.0, left, top)
    for _ in range(3):
        for face in engine.faces(frame):
            assert 0 <= face.quality.border <= 1
            assert np.isfinite(engine.describe(frame, face)).all()


@pytest.mark.parametrize(
    "box", [Box(-500, -500, -300, -300), Box(700, 500, 900, 700), Box(10, 10, 10, 10), Box(300, 300, 200, 200)]
)
def test_describing_what_is_not_there_is_still_a_vector(engine: FaceEngine, photo: RgbImage, box: Box) -> None:
    frame = scene(photo, 1.0, 200, 100)
    (face,) = engine.faces(frame)
    x, y = box.left, box.top
    landmarks = np.array(
        [(x + 90, y + 40), (x + 70, y + 40), (x, y + 40), (x + 20, y + 40), (x + 45, y + 80)], np.float32
    )
    elsewhere = Face(box, landmarks, face.quality)
    assert np.isfinite(engine.describe(frame, elsewhere)).all()


def test_thirty_faces_at_once(engine: FaceEngine, photo: RgbImage) -> None:
    head = cv2.resize(photo[20:240, 110:340], (230, 220))
    crowd = np.tile(head, (5, 6, 1))
    for _ in range(3):
        faces = engine.faces(crowd)
        assert len(faces) == 30
    descriptors = np.array([engine.describe(crowd, face) for face in faces])
    assert np.linalg.norm(descriptors - descriptors.mean(axis=0), axis=1).max() < 0.35


def test_pictures_that_have_nothing_to_do_with_each_other(engine: FaceEngine, photo: RgbImage) -> None:
    """The engine may follow a face; it must not see one where it was in the picture before."""
    rng = np.random.default_rng(5)
    for _ in range(10):
        left, top, scale = int(rng.integers(0, 350)), int(rng.integers(0, 200)), float(rng.uniform(0.8, 1.3))
        background = rng.integers(20, 230)
        frame = scene(photo, scale, left, top)
        frame[frame == 110] = background
        (face,) = engine.faces(frame)
        assert abs(centre(face.box_px)[0] - (left + 115 * scale)) < 30 * scale
        assert engine.faces(np.full_like(frame, 255 - background)) == []
