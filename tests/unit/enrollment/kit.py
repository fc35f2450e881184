"""Faces that are numbers, for tests of the enrolment: people far apart, pictures of one person near each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from enrollment.consent import Consent
from enrollment.templates import Shot
from kiosk import config
from kiosk.errors import CameraError
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.identity import Identity, Provisioning, candidate
from kiosk.model import DLIB_RESNET_V1, Descriptor, DeviceId, Face, Frame, ModelId, RgbImage
from kiosk.replay import ReplayEnded
from kiosk.wire.keys import ServerKeys
from tests.unit.kiosk import factories

SETTINGS = config.load().enrolment
OFFICE = "dinas-kominfo"
ANI, BUDI, CITRA = "198503152010011004", "197911192005012001", "199001012015032002"
CONSENT = Consent(dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC), "consent-id-1", "Petugas Contoh")


def descriptor(person: int, picture: int = 0, *, apart: float = 0.75, within: float = 0.2) -> Descriptor:
    """A face of person number `person`: two people are `apart`, two pictures of one `within`, as of dlib's ResNet."""
    vector = np.zeros(128, np.float32)
    vector[person] = apart / np.sqrt(2)
    vector[64 + picture] = within / np.sqrt(2)
    return vector


def shots(person: int, pictures: int = 4, **kind: float) -> tuple[Shot, ...]:
    quality = factories.face().quality
    return tuple(Shot(descriptor(person, n, **kind), quality, n + 1) for n in range(pictures))


@dataclass(frozen=True)
class Scene:
    """What one picture shows: faces and the person whose they are."""

    faces: Sequence[Face]
    person: int = 0
    variant: int = 0


class SceneEngine:
    """A face engine that knows its pictures: the first pixel is the scene's number."""

    model_id: ModelId = DLIB_RESNET_V1

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self.scenes = scenes
        self.described = 0

    def _scene(self, frame_rgb: RgbImage) -> Scene:
        return self.scenes[int(frame_rgb[0, 0, 0]) + 256 * int(frame_rgb[0, 0, 1])]

    def faces(self, frame_rgb: RgbImage) -> list[Face]:
        return list(self._scene(frame_rgb).faces)

    def describe(self, frame_rgb: RgbImage, face: Face, looks: int = 1, after: int = 0) -> Descriptor:
        self.described += looks - after
        scene = self._scene(frame_rgb)
        return descriptor(scene.person, scene.variant)

    def describe_more(self, frame_rgb: RgbImage, face: Face) -> dict[ModelId, Descriptor]:
        return {}


def picture(scene: int) -> RgbImage:
    rgb = np.zeros((48, 64, 3), np.uint8)
    rgb[:, :, 0], rgb[:, :, 1] = scene % 256, scene // 256
    return rgb


class SceneCamera:
    """Shows scene after scene, `fps` a second, and then ends like a clip, or breaks like a camera."""

    name = "scenes"

    def __init__(self, scenes: Iterable[int], fps: float = 10.0, end: CameraError | None = None) -> None:
        self._frames = [Frame(picture(scene), seq, 100.0 + seq / fps) for seq, scene in enumerate(scenes)]
        self._end = end or ReplayEnded("the clip has been played to its end.")
        self.read_frames = 0

    def open(self) -> None:
        self.read_frames = 0

    def read(self) -> Frame:
        if self.read_frames == len(self._frames):
            raise self._end
        self.read_frames += 1
        return self._frames[self.read_frames - 1]

    def close(self) -> None:
        pass


class NoonClock:
    """It is always noon."""

    def monotonic_s(self) -> float:
        return 1000.0

    def now(self) -> factories.Moment:
        return factories.moment()


def outbox(folder: Path) -> SqliteOutbox:
    return SqliteOutbox(folder / "outbox.sqlite", DeviceId("device-1"), key=bytes(32)).open()


def provisioned(identity_dir: Path) -> Identity:
    """The identity of a terminal of OFFICE that has not yet met its server again."""
    terminal = Provisioning(
        DeviceId("018f2c5e-0000-7000-8000-0000000000d1"),
        "https://etpp.invalid",
        "",
        OFFICE,
        "Dinas Contoh",
        "Asia/Jakarta",
        ServerKeys(0, {"contoh": bytes(32)}),
        dt.datetime(2026, 11, 24, tzinfo=dt.UTC),
    )
    candidate(identity_dir).adopt(terminal)
    return Identity.load(identity_dir)
