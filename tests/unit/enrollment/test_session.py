"""`enroll person` at a camera: one more look at the end, which the new templates must recognise."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from enrollment import session, station
from enrollment.refusal import Refusal
from enrollment.reporter import Reporter
from enrollment.session import Asking, PersonOrder
from kiosk import config
from kiosk.config import Config
from kiosk.errors import CameraError
from kiosk.gallery import TinyGallery
from kiosk.model import DLIB_RESNET_V1, GallerySnapshot, ModelId, Nip
from kiosk.ports import FrameSource
from tests.unit.enrollment.kit import ANI, BUDI, OFFICE, SceneCamera, SceneEngine, provisioned
from tests.unit.enrollment.test_desk import DARK, FRONT, OTHER, POSES, SCENES, enrolled
from tests.unit.enrollment.test_verification import office, strict


class Shell:
    """An officer's, before a camera that shows these scenes."""

    def __init__(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state = state
        self.closed: list[FrameSource] = []
        self._monkeypatch = monkeypatch
        provisioned(state / "identity")
        monkeypatch.setattr(station, "open_engine_for", lambda _config, _state: SceneEngine(SCENES))

    def knows(self, gallery: GallerySnapshot) -> None:
        """The terminal has fetched it."""

        class Fetched(TinyGallery):
            def load(self) -> GallerySnapshot:
                return gallery

        self._monkeypatch.setattr(station, "TinyGallery", Fetched)

    def enrol(
        self,
        scenes: Sequence[int],
        end: CameraError | None = None,
        *,
        despite: str | None = None,
        settings: Config | None = None,
    ) -> None:
        camera = SceneCamera(scenes, fps=5.0, end=end)
        self._monkeypatch.setattr(camera, "close", lambda: self.closed.append(camera))
        self._monkeypatch.setattr(session, "configured_camera", lambda *_given, **_more: camera)
        asking = Asking("Petugas Contoh", "consent-id-1", given=True)
        order = PersonOrder(
            ANI,
            "Ani Contohwati, S.E.",
            OFFICE,
            asking,
            "auto",
            (),
            probe=None,
            replace=False,
            despite=None if despite is None else Nip(despite),
        )
        session.enrol_person(order, settings or config.load(), self.state, Reporter("en", as_json=False))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch)


def test_who_is_recognised_is_enrolled_and_told_what_to_do(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.enrol([*POSES, DARK, *FRONT, *FRONT])
    assert len(enrolled(shell.state)) == 1
    said = capsys.readouterr().out
    assert "Look straight once more" in said
    assert "was not tried" not in said
    assert len(shell.closed) == 1


def test_somebody_else_at_the_last_look_is_not_recognised_and_nothing_is_stored(shell: Shell) -> None:
    with pytest.raises(Refusal) as caught:
        shell.enrol([*POSES, *[OTHER] * 20])
    assert caught.value.reason == "not_recognised"
    assert enrolled(shell.state) == []
    assert len(shell.closed) == 1, "the camera is given back"


SIBLING = 0.44
"""Farther than who counts as the same face twice, nearer than whom the terminal tells apart."""


def test_a_look_alike_is_enrolled_on_the_officers_word_alone(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.knows(office(budi=(BUDI, SIBLING)))
    with pytest.raises(Refusal) as caught:
        shell.enrol([*POSES, *FRONT, *FRONT])
    assert (caught.value.reason, enrolled(shell.state)) == ("looks_alike", [])
    shell.enrol([*POSES, *FRONT, *FRONT], despite=BUDI)
    assert len(enrolled(shell.state)) == 1
    assert "accepted on the officer's word" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("model_id", "refused"),
    [(DLIB_RESNET_V1, True), (ModelId("fp-112"), False)],
    ids=["dlib's", "another recogniser's"],
)
def test_an_offices_own_threshold_table_is_that_of_the_last_look(
    shell: Shell, tmp_path: Path, model_id: ModelId, refused: bool
) -> None:
    own = tmp_path / "own.json"
    own.write_text(strict(model_id).model_dump_json(), encoding="utf-8")
    toml = tmp_path / "kiosk.toml"
    toml.write_text(f'[recognition]\nfpir_table = "{own}"\n', encoding="utf-8")
    with pytest.raises(Refusal, match="did not recognise") if refused else contextlib.nullcontext():
        shell.enrol([*POSES, *FRONT, *FRONT], settings=config.load(toml))
    assert len(enrolled(shell.state)) == (0 if refused else 1)


@pytest.mark.parametrize("left", [0, 1])
def test_a_clip_that_ends_before_the_last_look_is_enrolled_and_said_to_be_unverified(
    shell: Shell, capsys: pytest.CaptureFixture[str], left: int
) -> None:
    shell.enrol([*POSES, *FRONT][: len(POSES) + left])
    assert len(enrolled(shell.state)) == 1
    assert "was not tried on the person" in capsys.readouterr().out


def test_a_camera_that_is_pulled_out_at_the_last_look_leaves_nothing(shell: Shell) -> None:
    with pytest.raises(CameraError):
        shell.enrol([*POSES, FRONT[0]], CameraError("gone"))
    assert enrolled(shell.state) == []
    assert len(shell.closed) == 1
