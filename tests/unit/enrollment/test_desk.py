"""An enrolment at the screen: all of `enroll`'s checks, a last look that must be recognised, one event at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from enrollment import station
from enrollment.desk import ScreenEnrolment, consent_text
from enrollment.refusal import Refusal
from kiosk import config
from kiosk.errors import CameraError, DiskFull, StateInUse
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.identity import Identity
from kiosk.model import Hint, Nip
from kiosk.ports import Look
from tests.unit.enrollment.kit import ANI, BUDI, Scene, SceneCamera, SceneEngine, provisioned
from tests.unit.kiosk import factories

FRONT, LEFT, RIGHT, DARK, NOBODY, OTHER = range(3), range(3, 5), range(5, 7), 7, 8, 9
SCENES = [
    *(Scene([factories.face(yaw=0.02)], variant=n) for n in FRONT),
    *(Scene([factories.face(yaw=0.25)], variant=n) for n in LEFT),
    *(Scene([factories.face(yaw=-0.25)], variant=n) for n in RIGHT),
    Scene([factories.face(brightness=20.0)]),
    Scene([]),
    Scene([factories.face(yaw=0.02)], person=5),
]
POSES = [*FRONT, *FRONT, *LEFT, *LEFT, *RIGHT, *RIGHT]
PNG = b"\x89PNG\r\n\x1a\n..."


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A provisioned terminal whose faces are numbers."""
    provisioned(tmp_path / "identity")
    monkeypatch.setattr(station, "open_engine_for", lambda _config, _state: SceneEngine(SCENES))
    return tmp_path


def enrolled(state: Path) -> list[dict[str, Any]]:
    identity = Identity.load(state / "identity")
    box = SqliteOutbox(state / "outbox.sqlite", identity.device_id, key=identity.storage_key).open()
    try:
        return [dict(event.body)["enrolment"] for event, _ in box.enrolments()]  # type: ignore[misc]
    finally:
        box.close()


class Sitting:
    def __init__(self, state: Path, nip: str = ANI, *, replacing: bool = False, despite: str | None = None) -> None:
        self.enrolment = ScreenEnrolment(config.load(), state)
        self.looks: list[Look] = []
        other = None if despite is None else Nip(despite)
        self.enrolment.admit(Nip(nip), "Ani Contohwati, S.E.", replacing=replacing, despite=other)

    def run(self, scenes: Sequence[int], end: CameraError | None = None) -> int:
        try:
            camera = SceneCamera(scenes, fps=5.0, end=end)
            return self.enrolment.enrol("Petugas Contoh", PNG, camera, self.looks.append).templates
        finally:
            self.enrolment.close()


def refused(state: Path, scenes: Sequence[int], nip: str = ANI) -> str:
    with pytest.raises(Refusal) as caught:
        Sitting(state, nip).run(scenes)
    return caught.value.reason


def test_whoever_is_recognised_by_the_new_templates_is_enrolled_with_the_signature(state: Path) -> None:
    sitting = Sitting(state)
    assert sitting.run([*POSES, *FRONT, *FRONT]) >= 3
    (event,) = enrolled(state)
    assert event["nip"] == ANI
    assert event["consent"]["officer"] == "Petugas Contoh"
    assert event["consent"]["signature"]
    assert [look.pose for look in sitting.looks if look.done == 1.0] == ["front", "left", "right", "verify"]


def test_what_is_wrong_is_told_as_a_hint_of_the_daily_screens(state: Path) -> None:
    sitting = Sitting(state)
    sitting.run([NOBODY, DARK, *POSES, *FRONT, *FRONT])
    assert sitting.looks[0].nobody
    assert sitting.looks[1].hint is Hint.TOO_DARK
    assert sitting.looks[2].hint is None
    assert sitting.looks[2].box is not None


def test_somebody_else_at_the_last_look_is_not_recognised_and_nothing_is_stored(state: Path) -> None:
    assert refused(state, [*POSES, *[OTHER] * 20]) == "not_recognised"
    assert enrolled(state) == []


def test_nobody_at_the_last_look_is_not_waited_for_without_end(state: Path) -> None:
    assert refused(state, [*POSES, *[NOBODY] * 200]) == "not_recognised"
    assert enrolled(state) == []


@pytest.mark.parametrize("frames", [0, 4, len(POSES), len(POSES) + 1])
def test_a_camera_that_is_pulled_out_leaves_nothing(state: Path, frames: int) -> None:
    lost = CameraError("gone")
    with pytest.raises(CameraError):
        Sitting(state).run([*POSES, *FRONT][:frames], lost)
    assert enrolled(state) == []
    assert Sitting(state).run([*POSES, *FRONT, *FRONT])  # and the lock is free again


def test_the_same_face_under_another_nip_is_refused(state: Path) -> None:
    Sitting(state).run([*POSES, *FRONT, *FRONT])
    assert refused(state, [*POSES, *FRONT, *FRONT], BUDI) == "face_known"


def test_a_twin_is_enrolled_by_the_officers_word_that_names_the_other(state: Path) -> None:
    Sitting(state).run([*POSES, *FRONT, *FRONT])
    with pytest.raises(Refusal) as caught:
        Sitting(state, BUDI).run([*POSES, *FRONT, *FRONT])
    assert caught.value.like == ANI[8:]  # never the birth date
    with pytest.raises(Refusal) as caught:
        Sitting(state, BUDI, despite="197001011995031001").run([*POSES, *FRONT, *FRONT])
    assert caught.value.reason == "face_known"
    assert Sitting(state, BUDI, despite=ANI).run([*POSES, *FRONT, *FRONT])
    assert [event["nip"] for event in enrolled(state)] == [ANI, BUDI]
    again = ScreenEnrolment(config.load(), state)
    again.admit(Nip(BUDI), "Budi Contohadi", replacing=True, despite=Nip(ANI))
    again.admit(Nip(BUDI), "Budi Contohadi", replacing=True)  # the word was for one enrolment
    with pytest.raises(Refusal, match="another NIP"):
        again.enrol("Petugas Contoh", PNG, SceneCamera([*POSES, *FRONT, *FRONT], fps=5.0), [].append)
    again.close()


def test_who_is_enrolled_is_enrolled_anew_only_when_that_is_meant(state: Path) -> None:
    Sitting(state).run([*POSES, *FRONT, *FRONT])
    with pytest.raises(Refusal) as caught:
        Sitting(state)
    assert caught.value.reason == "nip_enrolled"
    Sitting(state, replacing=True).run([*POSES, *FRONT, *FRONT])
    assert len(enrolled(state)) == 2


def test_one_enrols_at_a_time(state: Path) -> None:
    one = Sitting(state)
    with pytest.raises(StateInUse):
        Sitting(state, BUDI)
    one.enrolment.close()
    one.enrolment.close()  # at any time
    Sitting(state, BUDI).enrolment.close()


def test_an_enrolment_that_is_on_disk_is_not_told_as_one_that_failed(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_records: object) -> None:
        raise DiskFull("a part of the journal cannot be read")

    sitting = Sitting(state)
    monkeypatch.setattr(station.Records, "enrolments", unreadable)
    assert sitting.run([*POSES, *FRONT, *FRONT]) >= 3
    assert len(enrolled(state)) == 1


def test_a_refusal_is_said_in_the_languages_of_the_screen(state: Path) -> None:
    with pytest.raises(Refusal) as caught:
        Sitting(state, "123")
    assert set(caught.value.told()) == {"id", "en", "jv"}


def test_the_consent_is_there_in_both_languages() -> None:
    assert set(consent_text()) == {"id", "en"}
    assert "PDP" in consent_text()["id"] or "Pelindungan Data Pribadi" in consent_text()["id"]
