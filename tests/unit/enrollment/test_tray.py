"""An enrolment from dropped pictures: each is judged as a captured look, the last must be recognised by the others."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from enrollment import station
from enrollment.desk import ScreenEnrolment
from enrollment.refusal import Refusal
from enrollment.tray import MOST, AtWindow, Dropped
from kiosk import config
from kiosk.errors import CameraError
from kiosk.model import Nip
from kiosk.ports import FrameSource, Look
from kiosk.terminal.desk import Abandoned
from tests.unit.enrollment.kit import ANI, Scene, SceneCamera, SceneEngine, picture, provisioned
from tests.unit.enrollment.test_desk import PNG, enrolled
from tests.unit.kiosk import factories

FRONT, LEFT, RIGHT, AGAIN, TWO, STRANGER, DARK = range(7)
SCENES = [
    Scene([factories.face(yaw=0.02)], variant=0),
    Scene([factories.face(yaw=0.25)], variant=1),
    Scene([factories.face(yaw=-0.25)], variant=2),
    Scene([factories.face(yaw=0.01)], variant=3),
    Scene([factories.face(), factories.face()], variant=4),
    Scene([factories.face(yaw=0.03)], person=5),
    Scene([factories.face(brightness=20.0)], variant=6),
]
LOOKS = [FRONT, FRONT, FRONT, LEFT, LEFT, RIGHT, RIGHT]
SETTINGS = config.load()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A provisioned terminal whose faces are numbers."""
    provisioned(tmp_path / "identity")
    monkeypatch.setattr(station, "open_engine_for", lambda _config, _state: SceneEngine(SCENES))
    return tmp_path


class Sitting:
    """One person's, in a window; pictures that are finished with when the last has been looked at."""

    def __init__(self, state: Path, *, camera: bool = False, patience_s: float = 30.0) -> None:
        self.folder = state / "foto"
        self.folder.mkdir()
        self.abandon = threading.Event()
        self.tray = Dropped(self.abandon, patience_s)
        self.looks: list[Look] = []
        self.enrolment = ScreenEnrolment(SETTINGS, state, AtWindow(self.tray, lambda: camera))
        self.enrolment.admit(Nip(ANI), "Ani Contohwati, S.E.", replacing=False)

    def file(self, scene: int, name: str = "") -> Path:
        path = self.folder / (name or f"{scene}.png")
        Image.fromarray(picture(scene)).save(path)
        return path

    def drop(self, *scenes: int) -> None:
        for scene in scenes:
            self.tray.put(self.file(scene))

    def run(self, frames: FrameSource | None = None) -> int:
        try:
            frames = frames or SceneCamera([])
            return self.enrolment.enrol("Petugas Contoh", PNG, frames, self._watch).templates
        finally:
            self.enrolment.close()

    def finish(self) -> int:
        self.tray.finish()
        return self.run()

    def _watch(self, look: Look) -> None:
        self.looks.append(look)

    def wrongs(self) -> list[str]:
        """What was wrong with each picture, in English; "" for a good one."""
        by_number = {look.pictures.number: look.pictures.wrong.get("en", "") for look in self.looks if look.pictures}
        return [by_number[number] for number in sorted(by_number) if number]


def refusal(sitting: Sitting) -> str:
    with pytest.raises(Refusal) as caught:
        sitting.finish()
    return caught.value.reason


def test_enough_good_pictures_are_enrolled_and_the_last_one_only_compared(state: Path) -> None:
    sitting = Sitting(state)
    sitting.drop(FRONT, LEFT, RIGHT, AGAIN)
    assert sitting.finish() == 3
    (event,) = enrolled(state)
    assert (event["nip"], len(event["templates"])) == (ANI, 3)
    assert event["consent"]["signature"]
    assert [look.pose for look in sitting.looks] == ["front", "left", "right", "more", "nothing"]
    stands = [look.pictures for look in sitting.looks if look.pictures]
    assert [(each.good, each.needed, each.enough) for each in stands][-1] == (4, 4, True)
    assert not any(each.camera for each in stands)


def test_what_is_wrong_with_a_picture_is_said_and_the_others_count(state: Path) -> None:
    sitting = Sitting(state)
    (sitting.folder / "iphone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    (sitting.folder / "surat.jpg").write_bytes(b"no picture")
    empty = sitting.folder / "kosong"
    empty.mkdir()
    sitting.drop(TWO, DARK, FRONT, FRONT)
    for path in (sitting.folder / "iphone.heic", sitting.folder / "surat.jpg", empty, sitting.folder / "gone.jpg"):
        sitting.tray.put(path)
    sitting.drop(LEFT, RIGHT, AGAIN)
    assert sitting.finish() == 3
    said = sitting.wrongs()
    beginnings = [
        "There is more than one face", "The face is too dark", "", "This picture is there already", "This file is HEIC",
        "The picture is damaged", "There are no pictures", "The picture is damaged", "", "", "",
    ]  # fmt: skip
    assert len(said) == len(beginnings)
    assert all(
        bool(each) == bool(begins) and each.startswith(begins) for each, begins in zip(said, beginnings, strict=True)
    )


def test_a_folder_is_all_its_pictures_and_not_a_whole_school_s(state: Path) -> None:
    sitting = Sitting(state)
    for scene in (FRONT, LEFT, RIGHT, AGAIN):
        sitting.file(scene)
    for copy in range(MOST):
        sitting.file(FRONT, f"x{copy:03}.png")
    sitting.tray.put(sitting.folder)
    assert sitting.finish() == 3
    assert [each.split(":")[0] for each in sitting.wrongs()[MOST:]] == [f"More than {MOST} pictures of one person"] * 4


def test_somebody_else_s_last_picture_is_not_recognised_and_nothing_is_stored(state: Path) -> None:
    sitting = Sitting(state)
    sitting.drop(FRONT, LEFT, RIGHT, STRANGER)
    assert refusal(sitting) == "not_recognised"
    assert enrolled(state) == []


def test_somebody_else_among_the_others_is_noticed(state: Path) -> None:
    sitting = Sitting(state)
    sitting.drop(FRONT, STRANGER, LEFT, RIGHT, AGAIN)
    assert refusal(sitting) == "inconsistent_faces"
    assert enrolled(state) == []


def test_who_says_that_it_is_enough_too_early_is_asked_for_more(state: Path) -> None:
    sitting = Sitting(state, patience_s=0.0)
    sitting.drop(FRONT, LEFT)
    assert refusal(sitting) == "no_pictures"
    assert enrolled(state) == []


def test_a_sitting_that_is_given_up_ends_at_once(state: Path) -> None:
    sitting = Sitting(state)
    sitting.abandon.set()
    with pytest.raises(Abandoned):
        sitting.run()
    assert enrolled(state) == []


def test_the_camera_looks_until_a_picture_comes(state: Path) -> None:
    sitting = Sitting(state, camera=True)
    assert sitting.run(SceneCamera([*LOOKS, FRONT, FRONT, FRONT], fps=5.0)) >= 3
    assert {look.pose for look in sitting.looks} >= {"front", "left", "right", "verify"}


def test_pictures_that_come_while_the_camera_looks_are_meant(state: Path) -> None:
    sitting = Sitting(state, camera=True)

    class Interrupted(SceneCamera):
        def read(self) -> Any:
            if self.read_frames == 2:
                sitting.drop(FRONT, LEFT, RIGHT, AGAIN)
                sitting.tray.finish()
            return super().read()

    assert sitting.run(Interrupted(LOOKS, fps=5.0)) == 3
    assert sitting.looks[-1].pictures is not None
    assert sitting.looks[-1].pictures.camera


def test_pictures_that_come_during_the_last_look_are_meant_too(state: Path) -> None:
    sitting = Sitting(state, camera=True)

    class Interrupted(SceneCamera):
        def read(self) -> Any:
            if self.read_frames == len(LOOKS) + 1:
                sitting.drop(FRONT, LEFT, RIGHT, AGAIN)
                sitting.tray.finish()
            return super().read()

    assert sitting.run(Interrupted([*LOOKS, FRONT, FRONT, FRONT], fps=5.0)) == 3
    poses = [look.pose for look in sitting.looks]
    assert "verify" in poses, "it was the last look"
    assert sitting.looks[-1].pictures is not None
    (event,) = enrolled(state)
    assert len(event["templates"]) == 3, "of the pictures alone"


def test_a_camera_that_is_pulled_out_leaves_nothing(state: Path) -> None:
    sitting = Sitting(state, camera=True)
    with pytest.raises(CameraError):
        sitting.run(SceneCamera(LOOKS[:2], end=CameraError("gone")))
    assert enrolled(state) == []


def test_what_lay_on_the_tray_of_one_person_is_not_the_next_one_s(state: Path) -> None:
    sitting = Sitting(state, patience_s=0.0)
    sitting.drop(FRONT, LEFT, RIGHT, AGAIN)
    sitting.tray.finish()
    sitting.tray.clear()
    assert not sitting.tray.waiting()
    with pytest.raises(Refusal):
        sitting.run()
    assert enrolled(state) == []
