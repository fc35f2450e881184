"""Each check of the doctor, asked about a machine that is well and one that has the fault."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from kiosk.errors import CameraError, ConfigError, ModelError, Unreachable
from kiosk.machine import camera_check, doctor
from kiosk.machine.doctor import Finding, Verdict
from kiosk.machine.indicators import NoIndicators
from kiosk.machine.lacks import Lost
from kiosk.model import (
    DLIB_RESNET_V1,
    EMPTY_GALLERY,
    ClockState,
    Frame,
    GallerySnapshot,
    ModelId,
    Moment,
    Nip,
    Office,
    Person,
    PersonId,
    QueueState,
    RgbImage,
    Template,
    WorkCalendar,
)

NOW = dt.datetime(2026, 11, 24, 0, 30, tzinfo=dt.UTC)


def moment(state: ClockState = ClockState.SYNCHRONISED, wall_utc: dt.datetime = NOW) -> Moment:
    return Moment(wall_utc, "boot", 1000, state)


class Camera:
    """Delivers one picture again and again, or is lost."""

    name = "v4l:0"

    def __init__(self, level: int = 120, lost: bool = False) -> None:
        self.closed = False
        self._frame = Frame(np.full((480, 640, 3), level, np.uint8), 1, 0.0)
        self._lost = lost

    def shows(self, rgb: RgbImage) -> None:
        self._frame = Frame(rgb, 1, 0.0)

    def open(self) -> None: ...

    def read(self) -> Frame:
        if self._lost:
            raise CameraError("the camera is lost")
        return self._frame

    def close(self) -> None:
        self.closed = True


# ---------------------------------------------------------------- all of them


def test_a_fault_in_one_check_does_not_silence_the_others() -> None:
    def broken() -> Finding:
        raise CameraError("no camera was found. Connect one.")

    def forbidden() -> Finding:
        raise PermissionError(13, "Permission denied", "/var/lib/presensi")

    findings = doctor.examine({"camera": broken, "state": forbidden, "voice": lambda: Finding(Verdict.OK, "espeak-ng")})
    assert findings["camera"] == Finding(Verdict.FAILED, "no camera was found. Connect one.")
    assert findings["state"].verdict is Verdict.FAILED
    assert "/var/lib/presensi" in findings["state"].text
    assert findings["voice"].verdict is Verdict.OK


# ---------------------------------------------------------------- the program


@pytest.mark.parametrize(
    ("version", "pointer_bytes", "verdict"),
    [
        ((3, 11, 2), 8, Verdict.OK),
        ((3, 13, 5), 8, Verdict.OK),
        ((3, 10, 9), 8, Verdict.FAILED),
        ((3, 13, 5), 4, Verdict.FAILED),
    ],
)
def test_python(version: tuple[int, int, int], pointer_bytes: int, verdict: Verdict) -> None:
    assert doctor.python(version, pointer_bytes).verdict is verdict


def installed(*names: str) -> Callable[[str], str]:
    def version_of(name: str) -> str:
        if name not in names:
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    return version_of


def test_packages_of_extras_are_not_missed() -> None:
    requirements = ["numpy>=1.26", "dlib-bin>=20.0", 'fastapi>=0.115; extra == "server"']
    assert doctor.packages(requirements, installed("numpy", "dlib-bin")).verdict is Verdict.OK


def test_missing_packages_are_named() -> None:
    finding = doctor.packages(["numpy>=1.26", "kivy"], installed("numpy"), also=("face_recognition_models",))
    assert finding.verdict is Verdict.FAILED
    assert "kivy, face_recognition_models" in finding.text


def test_settings_pass_on_what_is_wrong() -> None:
    def load() -> None:
        raise ConfigError("kiosk.toml: camera.fps: there is no such setting")

    finding = doctor.examine({"settings": lambda: doctor.settings(load, "kiosk.toml")})["settings"]
    assert (finding.verdict, finding.text) == (Verdict.FAILED, "kiosk.toml: camera.fps: there is no such setting")


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ({"pad": "installed", "yunet": "installed"}, Verdict.OK),
        ({"pad": "absent", "yunet": "installed"}, Verdict.WARNING),
        ({"pad": "damaged", "yunet": "absent"}, Verdict.FAILED),
    ],
)
def test_optional_models(statuses: dict[str, str], verdict: Verdict) -> None:
    assert doctor.models(lambda: None, statuses).verdict is verdict


def test_damaged_weights() -> None:
    def verify() -> None:
        raise ModelError("the weights are damaged")

    findings = doctor.examine({"models": lambda: doctor.models(verify, {})})
    assert findings["models"].verdict is Verdict.FAILED


def test_voice() -> None:
    assert doctor.speech(lambda _: "/usr/bin/espeak-ng").verdict is Verdict.OK
    assert doctor.speech(lambda _: None).verdict is Verdict.WARNING


def test_what_the_running_terminal_goes_without() -> None:
    assert doctor.optional(None).verdict is Verdict.SKIPPED
    assert doctor.optional({}).verdict is Verdict.OK
    lacking = doctor.optional({"trace": "No space left on device (OSError)", "lamps": "GPIO busy (error)"})
    assert lacking.verdict is Verdict.WARNING
    assert lacking.text == "no lamps: GPIO busy (error); no trace: No space left on device (OSError)"


class Lamps(NoIndicators):
    closed = False

    def close(self) -> None:
        self.closed = True


def test_lamps_are_taken_and_freed() -> None:
    lamps = Lamps()
    assert doctor.lamps(True, lambda _lost: lamps).verdict is Verdict.OK
    assert lamps.closed


def test_lamps_that_cannot_be_taken_are_no_failure() -> None:
    def busy(lost: Lost) -> NoIndicators:
        lost("GPIO busy (error)")
        return NoIndicators()

    finding = doctor.lamps(True, busy)
    assert (finding.verdict, finding.text) == (Verdict.WARNING, "no lamps: GPIO busy (error)")


def test_lamps_that_are_switched_off_or_in_use_are_left_alone() -> None:
    assert doctor.lamps(False, lambda _lost: pytest.fail("it took them")).verdict is Verdict.SKIPPED
    assert doctor.lamps(True, None).verdict is Verdict.SKIPPED


# ---------------------------------------------------------------- the machine


def test_a_camera_that_delivers() -> None:
    camera = Camera()
    finding = camera_check.camera(lambda: camera)
    assert finding.verdict is Verdict.OK
    assert (finding.facts["width"], finding.facts["height"], finding.facts["brightness"]) == (640, 480, 120.0)
    assert camera.closed


def test_a_covered_camera() -> None:
    assert camera_check.camera(lambda: Camera(level=2)).verdict is Verdict.WARNING


def test_a_camera_that_is_lost_is_still_closed() -> None:
    camera = Camera(lost=True)
    assert doctor.examine({"camera": lambda: camera_check.camera(lambda: camera)})["camera"].verdict is Verdict.FAILED
    assert camera.closed


UPRIGHT = np.full((480, 640, 3), 60, np.uint8)
UPRIGHT[:100] = 200  # the light comes from above


def lit_from(edge: str, least: float) -> Callable[[RgbImage], float]:
    """A detector that is sure of a face lit from above, and of one lit from `edge` as far as `least`."""
    parts = {"above": (slice(0, 50), slice(None)), "below": (slice(-50, None), slice(None))}

    def score(rgb: RgbImage) -> float:
        if rgb[parts["above"]].mean() > 150:
            return 0.9
        return least if rgb[parts[edge]].mean() > 150 else 0.0

    return score


@pytest.mark.parametrize("least", [0.0, 0.7])
@pytest.mark.parametrize(("mounted", "turn"), [(0, 0), (90, 270), (180, 180), (270, 90)])
def test_faces_that_stand_upright_only_when_the_picture_is_turned(mounted: int, turn: int, least: float) -> None:
    """`mounted` clockwise; the detector may find what hangs upside down as well, but is less sure of it."""
    camera = Camera()
    camera.shows(np.ascontiguousarray(np.rot90(UPRIGHT, -mounted // 90)))
    finding = camera_check.camera(lambda: camera, lit_from("below", least))
    assert finding.facts["faces_turned_deg"] == turn
    assert (finding.verdict is Verdict.WARNING) == (turn != 0)
    assert finding.advice == (f"Set rotation = {turn} in the table [camera], and look again." if turn else "")


def test_the_rotation_to_set_adds_to_the_one_that_is_set() -> None:
    camera = Camera()
    camera.shows(np.ascontiguousarray(np.rot90(UPRIGHT, 1)))
    finding = camera_check.camera(lambda: camera, lit_from("below", 0.0), rotation=270)
    assert "rotation = 0 " in finding.advice


def test_without_a_face_it_is_said_that_nobody_can_tell() -> None:
    finding = camera_check.camera(Camera, lambda _: 0.0)
    assert (finding.verdict, finding.facts["faces_turned_deg"]) == (Verdict.OK, None)
    assert "nobody stands before it" in finding.text


def test_a_camera_in_use_is_left_alone() -> None:
    assert camera_check.camera(None).verdict is Verdict.SKIPPED


def connector(drm: Path, status: str) -> Path:
    (drm / "card1-HDMI-A-1").mkdir(parents=True)
    (drm / "card1-HDMI-A-1/status").write_text(f"{status}\n")
    return drm


def nothing_missing(library: str) -> str:
    return library


def test_a_connected_screen(tmp_path: Path) -> None:
    finding = doctor.display({}, connector(tmp_path, "connected"), nothing_missing)
    assert (finding.verdict, finding.facts["connected"]) == (Verdict.OK, "card1-HDMI-A-1")


def test_no_screen(tmp_path: Path) -> None:
    assert doctor.display({}, connector(tmp_path, "disconnected"), nothing_missing).verdict is Verdict.WARNING
    assert doctor.display({"DISPLAY": ":0"}, tmp_path, nothing_missing).verdict is Verdict.OK


def test_missing_opengl(tmp_path: Path) -> None:
    def loads(library: str) -> None:
        if library == "libEGL.so.1":
            raise OSError(library)

    finding = doctor.display({"DISPLAY": ":0"}, tmp_path, loads)
    assert (finding.verdict, finding.text) == (Verdict.FAILED, "missing: libEGL.so.1")


@pytest.mark.parametrize(
    ("celsius", "throttled", "verdict"),
    [
        (48.3, 0x0, Verdict.OK),
        (48.3, 0x50000, Verdict.WARNING),
        (78.0, 0x0, Verdict.WARNING),
        (84.0, 0x50000, Verdict.FAILED),
    ],
)
def test_temperature(tmp_path: Path, celsius: float, throttled: int, verdict: Verdict) -> None:
    for zone, degrees in (("thermal_zone0", 20.0), ("thermal_zone1", celsius)):
        (tmp_path / zone).mkdir()
        (tmp_path / zone / "temp").write_text(f"{int(degrees * 1000)}\n")
    (tmp_path / "get_throttled").write_text(f"{throttled:x}\n")
    finding = doctor.temperature(tmp_path, tmp_path / "get_throttled")
    assert (finding.verdict, finding.facts["celsius"]) == (verdict, celsius)


def test_a_machine_without_sensors(tmp_path: Path) -> None:
    assert doctor.temperature(tmp_path, tmp_path / "none").verdict is Verdict.SKIPPED


def test_a_sound_state_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert doctor.state_folder(tmp_path).verdict is Verdict.OK


def test_a_state_folder_that_others_can_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert doctor.state_folder(tmp_path).verdict is Verdict.WARNING


def test_a_missing_state_folder(tmp_path: Path) -> None:
    assert doctor.state_folder(tmp_path / "none").verdict is Verdict.FAILED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_that_belongs_to_another_user(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "outbox.sqlite").touch()
    os.chown(tmp_path / "outbox.sqlite", 12345, 12345)
    finding = doctor.state_folder(tmp_path)
    assert finding.verdict is Verdict.FAILED
    assert "outbox.sqlite" in finding.text


@pytest.mark.parametrize(
    ("free_mb", "flags", "verdict"),
    [
        (20_000, 0, Verdict.OK),
        (800, 0, Verdict.WARNING),
        (20, 0, Verdict.FAILED),
        (20_000, os.ST_RDONLY, Verdict.FAILED),
    ],
)
def test_disk(tmp_path: Path, free_mb: int, flags: int, verdict: Verdict) -> None:
    blocks = free_mb * doctor.MB // 4096
    info = os.statvfs_result((4096, 4096, blocks, blocks, blocks, 1000, 900, 900, flags, 255))
    assert doctor.disk(tmp_path / "not/yet/there", lambda _: info).verdict is verdict


def test_the_clock(tmp_path: Path) -> None:
    unsure = ClockState.UNSYNCHRONISED
    assert doctor.clock(moment(), True, tmp_path / "rtc0").verdict is Verdict.OK
    assert doctor.clock(moment(unsure), False, tmp_path / "rtc0").verdict is Verdict.WARNING
    reset = doctor.clock(moment(unsure, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)), False, tmp_path / "rtc0")
    assert "battery clock" in reset.advice


def systemd(**shown: str) -> doctor.Runs:
    def run(command: list[str]) -> str:
        return shown[command[2].removesuffix(".service").replace("-", "_")]

    return run


ACTIVE = "LoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=0\n"
FAILED = "LoadState=loaded\nActiveState=failed\nSubState=failed\nNRestarts=3\n"
ABSENT = "LoadState=not-found\nActiveState=inactive\nSubState=dead\nNRestarts=0\n"


@pytest.mark.parametrize(
    ("terminal", "link", "verdict"),
    [(ACTIVE, ACTIVE, Verdict.OK), (ACTIVE, FAILED, Verdict.FAILED), (ABSENT, ABSENT, Verdict.SKIPPED)],
)
def test_units(terminal: str, link: str, verdict: Verdict) -> None:
    run = systemd(kiosk=terminal, kiosk_sync=link)
    assert doctor.units(["kiosk.service", "kiosk-sync.service"], run, booted=True).verdict is verdict


def test_units_without_systemd() -> None:
    assert doctor.units(["kiosk.service"], systemd(), booted=False).verdict is Verdict.SKIPPED


# ---------------------------------------------------------------- the record and the office


def test_identity(tmp_path: Path) -> None:
    key = tmp_path / "device.key"
    key.touch(0o600)
    assert doctor.identity("dev-1", "Dinas Uji", False, tmp_path).verdict is Verdict.OK
    assert doctor.identity("dev-1", "Dinas Uji", True, tmp_path).verdict is Verdict.FAILED
    key.chmod(0o644)
    assert "chmod 0600" in doctor.identity("dev-1", "Dinas Uji", False, tmp_path).advice


def snapshot(age: dt.timedelta | None, templates: int = 1) -> GallerySnapshot:
    person = Person(PersonId("p"), Nip("198001012005011001"), "Nama Pegawai")
    template = Template("t", PersonId("p"), np.zeros(128, np.float32))
    return GallerySnapshot(
        version=7,
        office=None,
        people={PersonId("p"): person},
        templates=(template,) * templates,
        fetched_utc=None if age is None else NOW - age,
    )


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (snapshot(dt.timedelta(minutes=5)), Verdict.OK),
        (snapshot(dt.timedelta(days=5)), Verdict.WARNING),
        (snapshot(dt.timedelta(days=40)), Verdict.FAILED),
        (snapshot(None), Verdict.OK),
        (snapshot(dt.timedelta(0), templates=0), Verdict.FAILED),
        (EMPTY_GALLERY, Verdict.FAILED),
    ],
)
def test_gallery(found: GallerySnapshot, verdict: Verdict) -> None:
    assert doctor.gallery(found, moment(), 30).verdict is verdict


def test_a_gallery_says_who_has_templates_of_which_recogniser() -> None:
    fp = ModelId("fp-112")
    found = snapshot(dt.timedelta(hours=1))
    office = Office("o-1", "Dinas", WorkCalendar("Asia/Jakarta", ()), fp)
    more = dataclasses.replace(found.templates[0], model_id=fp, descriptor=np.ones(512, dtype=np.float32))
    both = dataclasses.replace(found, office=office, templates=(*found.templates, more))
    counted = doctor.gallery(both, moment(), 30, (DLIB_RESNET_V1, fp))
    assert counted.verdict is Verdict.OK
    assert (counted.facts["recogniser"], counted.facts["people_fp-112"]) == (fp, 1)
    missing = doctor.gallery(both, moment(), 30, (DLIB_RESNET_V1,))
    assert missing.verdict is Verdict.WARNING
    assert "fp-112 cannot be used" in missing.text
    assert missing.facts["recogniser"] == DLIB_RESNET_V1


def test_a_gallery_is_not_called_old_by_a_clock_that_may_be_wrong() -> None:
    unsure = moment(ClockState.UNSYNCHRONISED, NOW + dt.timedelta(days=4000))
    assert doctor.gallery(snapshot(dt.timedelta(days=1)), unsure, 30).verdict is Verdict.OK


def test_no_check_of_the_office_names_a_person() -> None:
    said = str(doctor.gallery(snapshot(dt.timedelta(days=5)), moment(), 30))
    assert "Nama Pegawai" not in said
    assert "198001012005011001" not in said


@pytest.mark.parametrize(
    ("state", "faults", "verdict"),
    [
        (QueueState(0, 0, None), [], Verdict.OK),
        (QueueState(3, 0, NOW - dt.timedelta(hours=2)), [], Verdict.OK),
        (QueueState(300, 0, NOW - dt.timedelta(days=3)), [], Verdict.WARNING),
        (QueueState(0, 2, None), [], Verdict.WARNING),
        (QueueState(0, 0, None), ["journal_damaged"], Verdict.FAILED),
    ],
)
def test_outbox(state: QueueState, faults: list[str], verdict: Verdict) -> None:
    finding = doctor.outbox(state, faults, moment())
    assert finding.verdict is verdict
    assert finding.facts["waiting"] == state.waiting


def test_the_chain() -> None:
    assert doctor.chain(1200, 0, []) == Finding(
        Verdict.OK, "1200 events, unbroken", facts={"events": 1200, "thinned": 0, "faults": 0}
    )
    assert "1100 of them thinned" in doctor.chain(1200, 1100, []).text
    assert doctor.chain(1200, 0, ["17: it does not follow the event before it"]).verdict is Verdict.FAILED


@pytest.mark.parametrize(("spoken", "verdict"), [("1", Verdict.OK), ("2", Verdict.FAILED), (None, Verdict.FAILED)])
def test_server(spoken: str | None, verdict: Verdict) -> None:
    assert doctor.server("https://etpp.example", lambda _: spoken).verdict is verdict


def test_a_server_out_of_reach() -> None:
    def ask(url: str) -> str:
        raise Unreachable("the server cannot be reached. Check the network and the address.")

    findings = doctor.examine({"server": lambda: doctor.server("https://etpp.example", ask)})
    assert findings["server"].verdict is Verdict.FAILED
