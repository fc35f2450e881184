"""Guided capture: what is asked for, what is kept, when it ends."""

from __future__ import annotations

import pytest

from enrollment import quality
from enrollment.capture import KEPT, Captured, GuidedCapture, Pose
from enrollment.refusal import Refusal
from kiosk.errors import CameraError
from kiosk.face.looks import LOOKS
from kiosk.model import Face
from tests.unit.enrollment.kit import SETTINGS, Scene, SceneCamera, SceneEngine
from tests.unit.kiosk import factories

NOBODY, FRONT, LEFT, RIGHT, DARK, TWO, PROFILE, FAR_LEFT = range(8)


def turned(yaw: float) -> Face:
    return factories.face(yaw=yaw)


SCENES = [
    Scene([]),
    Scene([turned(0.02)]),
    Scene([turned(0.25)]),
    Scene([turned(-0.25)]),
    Scene([factories.face(brightness=20.0)]),
    Scene([factories.face(), factories.face(left=400)]),
    Scene([turned(0.3)]),
    Scene([turned(0.8)]),
]


class Sitting:
    """One capture and what was said during it."""

    def __init__(self, scenes: list[int], *, pose_s: float = 2.0, end: CameraError | None = None) -> None:
        self.said: list[tuple[Pose, str | None]] = []
        self.camera = SceneCamera(scenes, end=end)
        self.engine = SceneEngine(SCENES)
        self.capture = GuidedCapture(
            self.engine, quality.limits(SETTINGS), pose_s=pose_s, tell=lambda pose, why: self.said.append((pose, why))
        )

    def run(self) -> Captured:
        return self.capture.run(self.camera)


def yaws(captured: Captured) -> list[float]:
    return [shot.quality.yaw for shot in captured.shots]


def test_the_three_poses_one_after_the_other() -> None:
    sitting = Sitting([FRONT] * 6 + [LEFT] * 4 + [RIGHT] * 40)
    captured = sitting.run()
    assert captured.missing == ()
    assert sitting.said == [(Pose.FRONT, None), (Pose.LEFT, None), (Pose.RIGHT, None)]
    assert {0.02, 0.25, -0.25} == set(yaws(captured))
    assert sitting.camera.read_frames < 20  # it does not wait when it has what it needs


def test_a_pose_that_is_taken_unasked_counts() -> None:
    captured = Sitting([FRONT, RIGHT, RIGHT, RIGHT, RIGHT, FRONT, FRONT, FRONT, FRONT] + [LEFT] * 4).run()
    assert captured.missing == ()


def test_a_person_who_cannot_turn_is_enrolled_all_the_same() -> None:
    captured = Sitting([FRONT] * 100).run()
    assert captured.missing == (Pose.LEFT, Pose.RIGHT)
    assert 3 <= len(captured.shots) <= KEPT


def test_a_clip_that_ends_early_gives_what_it_showed() -> None:
    captured = Sitting([FRONT] * 6).run()
    assert len(captured.shots) == 3
    assert captured.missing == (Pose.LEFT, Pose.RIGHT)


def test_frames_that_follow_each_other_closely_are_not_described() -> None:
    sitting = Sitting([FRONT] * 6)
    sitting.camera = SceneCamera([FRONT] * 6, fps=100.0)
    sitting.run()
    assert sitting.engine.described == LOOKS, "one frame"


@pytest.mark.parametrize(
    ("scenes", "reason"),
    [
        ([NOBODY] * 60, "no_face"),
        ([], "no_face"),
        ([DARK] * 60, "too_dark"),
        ([TWO] * 60, "several_faces"),
        ([NOBODY] * 10 + [TWO] * 50, "several_faces"),
        ([PROFILE] * 60, "face_turned"),
        ([FAR_LEFT] * 60, "face_turned"),
    ],
)
def test_without_a_good_frame_the_commonest_fault_is_the_reason(scenes: list[int], reason: str) -> None:
    sitting = Sitting(scenes)
    with pytest.raises(Refusal) as refused:
        sitting.run()
    assert refused.value.reason == reason
    assert sitting.camera.read_frames <= 22  # pose_s is 2 s of ten frames each


def test_a_fault_is_told_after_some_patience_and_again_from_time_to_time() -> None:
    sitting = Sitting([FRONT] * 6 + [DARK] * 3 + [LEFT] * 2 + [DARK] * 40, pose_s=4.0)
    sitting.run()
    dark = [said for said in sitting.said if said[1] == "too_dark"]
    assert sitting.said[0] == (Pose.FRONT, None)
    assert 2 <= len(dark) <= 3  # not for the first 0.3 s of dark, then every two seconds
    assert all(pose is not Pose.FRONT for pose, _ in dark)


def test_frames_with_two_people_are_never_used() -> None:
    captured = Sitting([TWO] * 5 + [FRONT] * 6 + [TWO] * 5).run()
    assert {shot.number for shot in captured.shots} <= set(range(6, 12))


def test_a_lost_camera_is_not_a_refusal() -> None:
    with pytest.raises(CameraError, match="unplugged"):
        Sitting([FRONT] * 6, end=CameraError("unplugged")).run()
