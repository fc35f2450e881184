"""Photographs made harder in known ways: smaller, turned, dim, back-lit, blurred, covered.

An LFW photo (250x250, its face about 100 px wide in the middle) is put into a 640x480 picture, whose rest is the
photo itself, blurred beyond recognition. What is drawn over a face (mask, glasses, scarf) is a crude likeness: it shows
what a detector does without that part of a face, not how it does on real cloth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.model import Face, RgbImage

WIDTH, HEIGHT = 640, 480
PHOTO_MIDDLE = 125
PHOTO_FACE = 100
USUAL_PX = 130
"""Width of a face 0.7 m in front of a camera that sees 60 degrees."""


class Scene(NamedTuple):
    rgb: RgbImage
    centre: tuple[float, float]
    face_px: float


def load(path: Path) -> RgbImage:
    bgr = cv2.imread(str(path))
    if bgr is None:
        raise FileNotFoundError(path)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def place(
    photo: RgbImage, face_px: float, rng: np.random.Generator, *, left_px: float | None = None, roll_deg: float = 0.0
) -> Scene:
    """The photo in a scene, its face `face_px` wide, near the middle or with its centre at `left_px`."""
    scale = face_px / PHOTO_FACE
    x = WIDTH / 2 + rng.uniform(-60, 60) if left_px is None else left_px
    y = HEIGHT / 2 + rng.uniform(-40, 40)
    matrix = cv2.getRotationMatrix2D((PHOTO_MIDDLE, PHOTO_MIDDLE), roll_deg, scale)
    matrix[:, 2] += (x - PHOTO_MIDDLE, y - PHOTO_MIDDLE)
    smooth = cv2.GaussianBlur(photo, (0, 0), 0.4 / scale) if scale < 1 else photo  # what a small picture cannot hold
    inside = cv2.warpAffine(np.full(photo.shape[:2], 255, np.uint8), matrix, (WIDTH, HEIGHT))[..., None] / 255.0
    front = cv2.warpAffine(smooth, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
    back = cv2.resize(cv2.GaussianBlur(photo, (0, 0), 30), (WIDTH, HEIGHT))
    return Scene(_bytes(front * inside + back * (1 - inside)), (x, y), face_px)


def found(faces: list[Face], scene: Scene) -> Face | None:
    """The face that stands where the scene's face is, of about its size."""
    for face in faces:
        box = face.box_px
        off = np.hypot((box.left + box.right) / 2 - scene.centre[0], (box.top + box.bottom) / 2 - scene.centre[1])
        if off < 0.4 * scene.face_px and 0.5 < box.width / scene.face_px < 2.2:
            return face
    return None


def noisy(scene: Scene, rng: np.random.Generator, sd: float) -> Scene:
    return scene._replace(rgb=_bytes(scene.rgb + rng.normal(0, sd, scene.rgb.shape)))


def dim(scene: Scene, rng: np.random.Generator, factor: float) -> Scene:
    """Less light on the same sensor: its noise stays."""
    return scene._replace(rgb=_bytes(scene.rgb * factor + rng.normal(0, 3, scene.rgb.shape)))


def overexposed(scene: Scene, factor: float) -> Scene:
    return scene._replace(rgb=_bytes(scene.rgb.astype(np.float32) * factor))


def flat(scene: Scene, rng: np.random.Generator, factor: float) -> Scene:
    """Fog: less contrast around middle grey."""
    return noisy(scene._replace(rgb=_bytes((scene.rgb.astype(np.float32) - 128) * factor + 128)), rng, 3)


def defocused(scene: Scene, sigma_px: float) -> Scene:
    return scene._replace(rgb=_bytes(cv2.GaussianBlur(scene.rgb, (0, 0), sigma_px)))


def moved(scene: Scene, length_px: int) -> Scene:
    kernel = np.zeros((length_px, length_px), np.float32)
    kernel[length_px // 2] = 1.0 / length_px
    return scene._replace(rgb=_bytes(cv2.filter2D(scene.rgb, -1, kernel)))


def back_lit(scene: Scene, rng: np.random.Generator) -> Scene:
    """A bright window behind, the face in its own shadow."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    away = np.hypot((x - scene.centre[0]) / (0.75 * scene.face_px), (y - scene.centre[1]) / (0.95 * scene.face_px))
    window = np.clip((away - 0.9) / 0.3, 0, 1)[..., None]
    picture = scene.rgb.astype(np.float32)
    return noisy(scene._replace(rgb=_bytes(picture * 0.35 * (1 - window) + (picture * 0.5 + 150) * window)), rng, 5)


def side_lit(scene: Scene, rng: np.random.Generator) -> Scene:
    x = np.mgrid[0:HEIGHT, 0:WIDTH][1]
    light = 0.2 + 0.8 / (1 + np.exp(-(x - scene.centre[0]) / (0.12 * scene.face_px)))
    return noisy(scene._replace(rgb=_bytes(scene.rgb * light[..., None])), rng, 4)


def masked(photo: RgbImage) -> RgbImage:
    outline = np.array([[88, 128], [125, 122], [162, 128], [158, 160], [125, 178], [92, 160]], np.int32)
    return _bytes(cv2.GaussianBlur(cv2.fillPoly(photo.copy(), [outline], (170, 190, 205)), (3, 3), 0))


def with_glasses(photo: RgbImage, *, dark: bool) -> RgbImage:
    out, thickness = photo.copy(), -1 if dark else 2
    for eye in ((106, 113), (144, 113)):
        cv2.ellipse(out, eye, (16, 12), 0, 0, 360, (20, 18, 18), thickness)
    cv2.line(out, (120, 111), (130, 111), (20, 18, 18), 2)
    return out


def with_headscarf(photo: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Plain cloth around the oval from forehead to chin."""
    cloth = np.full(photo.shape[:2], 255, np.uint8)
    cv2.ellipse(cloth, (PHOTO_MIDDLE, PHOTO_MIDDLE + 1), (40, 54), 0, 0, 360, 0, -1)
    share = cv2.GaussianBlur(cloth, (5, 5), 0)[..., None] / 255.0
    colour = rng.integers(30, 220, 3) + cv2.GaussianBlur(rng.normal(0, 6, photo.shape), (0, 0), 2)
    return _bytes(photo * (1 - share) + colour * share)


Condition = Callable[[RgbImage, np.random.Generator], Scene]


def conditions() -> Iterator[tuple[str, Condition]]:
    """What a terminal meets, by name."""
    yield "clear, 130 px", lambda photo, rng: place(photo, USUAL_PX, rng)
    for px in (200, 100, 80, 64, 50, 40):
        yield f"{px} px wide", lambda photo, rng, px=px: place(photo, px, rng)  # type: ignore[misc]
    for deg in (15, 25, 35):
        yield (
            f"head tilted {deg}°",
            lambda photo, rng, deg=deg: place(photo, USUAL_PX, rng, roll_deg=deg * rng.choice([-1, 1])),  # type: ignore[misc]
        )
    for factor in (0.3, 0.15, 0.08):
        yield (
            f"light × {factor}",
            lambda photo, rng, f=factor: dim(place(photo, USUAL_PX, rng), rng, f),  # type: ignore[misc]
        )
    yield "back-lit", lambda photo, rng: back_lit(place(photo, USUAL_PX, rng), rng)
    yield "side-lit", lambda photo, rng: side_lit(place(photo, USUAL_PX, rng), rng)
    yield "moving, 15 px a frame", lambda photo, rng: moved(place(photo, USUAL_PX, rng), 15)
    yield "mask", lambda photo, rng: place(masked(photo), USUAL_PX, rng)
    yield "dark glasses", lambda photo, rng: place(with_glasses(photo, dark=True), USUAL_PX, rng)
    yield "glasses", lambda photo, rng: place(with_glasses(photo, dark=False), USUAL_PX, rng)
    yield "headscarf", lambda photo, rng: place(with_headscarf(photo, rng), USUAL_PX, rng)
    yield "headscarf and mask", lambda photo, rng: place(with_headscarf(masked(photo), rng), USUAL_PX, rng)
    yield "half out of the picture", lambda photo, rng: place(photo, USUAL_PX, rng, left_px=25)


def _bytes(values: npt.NDArray[np.generic]) -> RgbImage:
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)
