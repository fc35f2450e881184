"""A camera that is mounted turned or gives mirrored pictures: whoever opens it sees people upright."""

from __future__ import annotations

import ast
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk import config
from kiosk.camera import configured_camera, open_camera, turned
from kiosk.errors import CameraError
from kiosk.model import Frame, RgbImage

ROOT = Path(__file__).parents[3]
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
CORNERS = {"top left": (0, 0), "top right": (0, -1), "bottom left": (-1, 0), "bottom right": (-1, -1)}


def corners(rgb: RgbImage) -> list[tuple[int, ...]]:
    """Top left, top right, bottom left, bottom right."""
    return [tuple(int(v) for v in rgb[place]) for place in CORNERS.values()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a camera sees, 40 x 30: red at its top left, green at its top right, blue and white below."""
    seen = np.zeros((30, 40, 3), np.uint8)
    seen[:15, :20], seen[:15, 20:], seen[15:, :20], seen[15:, 20:] = RED, GREEN, BLUE, WHITE
    cv2.imwrite(str(tmp_path / "seen.png"), cv2.cvtColor(seen, cv2.COLOR_RGB2BGR))
    return tmp_path


@pytest.mark.parametrize(
    ("rotation", "mirror", "size", "upright"),
    [
        (0, False, (40, 30), [RED, GREEN, BLUE, WHITE]),
        (90, False, (30, 40), [BLUE, RED, WHITE, GREEN]),  # clockwise: what was at the left comes to the top
        (180, False, (40, 30), [WHITE, BLUE, GREEN, RED]),
        (270, False, (30, 40), [GREEN, WHITE, RED, BLUE]),
        (0, True, (40, 30), [GREEN, RED, WHITE, BLUE]),
        (90, True, (30, 40), [RED, BLUE, GREEN, WHITE]),  # turned first: right and left are those of who looks at it
        (180, True, (40, 30), [BLUE, WHITE, RED, GREEN]),
        (270, True, (30, 40), [WHITE, GREEN, BLUE, RED]),
    ],
)
def test_the_settings_set_every_picture_upright(
    folder: Path, rotation: int, mirror: bool, size: tuple[int, int], upright: list[tuple[int, ...]]
) -> None:
    table = {"source": f"replay:{folder}", "width": 160, "height": 120, "rotation": rotation, "mirror": mirror}
    settings = config.load(None, {"camera": table}).camera
    camera = configured_camera(settings)
    frame = camera.read()
    height, width = frame.rgb.shape[:2]
    assert (width, height) == (4 * size[0], 4 * size[1])
    assert corners(frame.rgb) == upright
    assert frame.rgb.flags.c_contiguous
    camera.close()


def test_another_source_is_taken_as_mounted_like_the_terminals(folder: Path) -> None:
    settings = config.load(None, {"camera": {"source": "replay:/nowhere", "rotation": 90}}).camera
    camera = configured_camera(settings, source=f"replay:{folder}", once=True)
    assert corners(camera.read().rgb) == [BLUE, RED, WHITE, GREEN]
    camera.close()


def test_a_turned_camera_is_opened_again_read_and_closed_as_any(folder: Path) -> None:
    camera = open_camera(f"replay:{folder}", 40, 30, 240, 1.0, rotation=180)
    assert camera.name == "replay"
    first = camera.read()
    assert isinstance(first, Frame)
    camera.close()
    with pytest.raises(CameraError, match="not open"):
        camera.read()
    camera.open()
    assert corners(camera.read().rgb) == corners(first.rgb)
    camera.close()


def test_four_quarters_are_a_whole_turn_and_two_mirrors_none() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    quarters = picture
    for _ in range(4):
        quarters = turned(quarters, 90)
    assert np.array_equal(quarters, picture)
    assert np.array_equal(turned(turned(picture, 0, mirror=True), 0, mirror=True), picture)


def test_every_part_opens_its_camera_by_all_of_the_settings() -> None:
    """Whoever called `open_camera` would have to remember how the camera is mounted."""
    callers = set()
    for path in [*(ROOT / "kiosk").rglob("*.py"), *(ROOT / "enrollment").rglob("*.py")]:
        names = {node.id for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Name)}
        if "open_camera" in names:
            callers.add(str(path.relative_to(ROOT)))
    assert callers == {"kiosk/camera.py"}
