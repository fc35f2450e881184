"""`enroll` as the office uses it: the real recogniser, real faces, a real journal."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageFilter

from demo import faces
from enrollment.cli import cli
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from kiosk.model import RgbImage
from tests.unit.enrollment.kit import ANI, BUDI, CITRA, OFFICE, provisioned

OFFICER = ["--office", OFFICE, "--consent-by", "Petugas Contoh"]
DONE, REFUSED, NO_CAMERA = 0, 65, 69


@pytest.fixture(scope="module")
def clip() -> Path:
    try:
        return faces.talking_man()
    except faces.DemoMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def portrait() -> Path:
    try:
        return faces.astronaut()
    except faces.DemoMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the converted descriptor is kept: one for all tests, as on a terminal one for all enrolments."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def state(tmp_path: Path, converted: Path) -> Path:
    """A terminal that was provisioned and has not yet met its server again."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    (folder / "cache").symlink_to(converted)
    provisioned(folder / "identity")
    return folder


Enroll = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def enroll(state: Path) -> Enroll:
    """Run `enroll person` without questions; (exit code, its JSON)."""

    def run(nip: str, *source: str, name: str = "Contoh Pegawai", more: tuple[str, ...] = ()) -> tuple[int, Any]:
        who = ["person", "--nip", nip, "--name", name, *OFFICER, "--yes", "--state", str(state), "--json"]
        result = CliRunner().invoke(cli, [*who, *source, *more])
        return result.exit_code, json.loads(result.stdout)

    return run


def events(state: Path) -> list[dict[str, Any]]:
    identity = Identity.load(state / "identity")
    box = SqliteOutbox(state / "outbox.sqlite", identity.device_id, key=identity.storage_key).open()
    try:
        return [dict(event.body) for event, _ in box.enrolments()]
    finally:
        box.close()


def part(clip: Path, start_s: float, end_s: float) -> str:
    return f"replay:{clip}#t={start_s},{end_s}"


def frame(clip: Path, number: int) -> RgbImage:
    video = cv2.VideoCapture(str(clip))
    video.set(cv2.CAP_PROP_POS_FRAMES, number)
    good, bgr = video.read()
    video.release()
    assert good
    return cv2.cvtColor(cv2.resize(bgr, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="module")
def man(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Three pictures of the man of the clip."""
    return stills(clip, tmp_path_factory.mktemp("man"), 0, 27, 36)


@pytest.fixture(scope="module")
def man_later(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Another picture of him."""
    return stills(clip, tmp_path_factory.mktemp("later"), 57)


def stills(clip: Path, folder: Path, *numbers: int) -> tuple[str, ...]:
    paths = tuple(str(folder / f"{number:03}.png") for number in numbers)
    for path, number in zip(paths, numbers, strict=True):
        Image.fromarray(frame(clip, number)).save(path)
    return paths


# ---------------------------------------------------------------- accepted


def test_from_a_clip(clip: Path, state: Path, enroll: Enroll) -> None:
    code, report = enroll(ANI, "--camera", part(clip, 0, 1.3))
    assert (code, report["status"]) == (DONE, "accepted")
    assert 3 <= report["templates"] <= 5
    assert report["waiting"] == 1
    (body,) = events(state)
    assert body["event_id"] == report["event_id"]
    assert len(body["enrolment"]["templates"]) == report["templates"]
    assert body["enrolment"]["consent"]["officer"] == "Petugas Contoh"
    raw = b"".join(each.read_bytes() for each in state.glob("outbox.sqlite*"))
    assert ANI.encode() not in raw  # at rest the person is sealed


def test_of_four_pictures_the_last_is_only_compared(
    man: tuple[str, ...], man_later: tuple[str, ...], portrait: Path, state: Path, enroll: Enroll
) -> None:
    code, report = enroll(ANI, "--photos", *man, more=(str(portrait),))
    assert (code, report["reason"]) == (REFUSED, "not_recognised")
    assert events(state) == []
    code, report = enroll(ANI, "--photos", *man, more=man_later)
    assert (code, sorted(report["pictures"])) == (DONE, [1, 2, 3])
    assert "not_verified" not in [warning["code"] for warning in report["warnings"]]


def test_three_pictures_are_stored_and_said_to_be_unverified_unless_a_fourth_is_named_for_it(
    man: tuple[str, ...], man_later: tuple[str, ...], portrait: Path, state: Path, enroll: Enroll
) -> None:
    code, report = enroll(ANI, "--photos", *man, more=("--verify", str(portrait)))
    assert (code, report["reason"]) == (REFUSED, "not_recognised")
    code, report = enroll(ANI, "--photos", *man, *man_later, more=("--verify", *man_later))
    assert (code, sorted(report["pictures"])) == (DONE, [1, 2, 3]), "a picture is no proof of itself"
    code, report = enroll(ANI, "--photos", *man, more=("--replace", "--verify", *man_later))
    assert (code, report["templates"]) == (DONE, 3)
    assert "not_verified" not in [warning["code"] for warning in report["warnings"]]
    code, report = enroll(ANI, "--photos", *man, more=("--replace",))
    assert (code, report["templates"]) == (DONE, 3)
    assert "not_verified" in [warning["code"] for warning in report["warnings"]]


def test_one_picture_gives_one_template_and_a_warning(portrait: Path, enroll: Enroll) -> None:
    code, report = enroll(BUDI, "--photos", str(portrait))
    assert (code, report["templates"]) == (DONE, 1)
    assert "few_templates" in [warning["code"] for warning in report["warnings"]]


def test_pictures_may_follow_the_option(man: tuple[str, ...], enroll: Enroll) -> None:
    code, report = enroll(ANI, "--photos", *man)
    assert (code, report["templates"]) == (DONE, 3)


def test_replace(man: tuple[str, ...], man_later: tuple[str, ...], state: Path, enroll: Enroll) -> None:
    enroll(ANI, "--photos", *man)
    code, report = enroll(ANI, "--photos", *man_later)
    assert (code, report["reason"]) == (REFUSED, "nip_enrolled")
    code, report = enroll(ANI, "--photos", *man_later, more=("--replace",))
    assert code == DONE
    assert "replaced_differs" not in [warning["code"] for warning in report["warnings"]]
    assert len(events(state)) == 2


# ---------------------------------------------------------------- refused


def test_the_same_face_under_another_nip(
    man: tuple[str, ...], man_later: tuple[str, ...], portrait: Path, state: Path, enroll: Enroll
) -> None:
    enroll(ANI, "--photos", *man)
    assert enroll(BUDI, "--photos", str(portrait))[0] == DONE
    code, report = enroll(CITRA, "--photos", *man_later)
    assert (code, report["reason"]) == (REFUSED, "face_known")
    assert ANI[8:] in report["message"]
    assert ANI not in report["message"]
    assert len(events(state)) == 2


def answered(state: Path, parked: dict[int, str] | None = None) -> None:
    """The server took, or refused, all that waited."""
    identity = Identity.load(state / "identity")
    box = SqliteOutbox(state / "outbox.sqlite", identity.device_id, key=identity.storage_key).open()
    queue = JournalQueue(box)
    claim = queue.claim(limit=100, max_bytes=1_000_000)
    assert claim is not None
    queue.acknowledge(claim.chain_id, claim.entries[-1].last_seq, dt.datetime.now(dt.UTC), parked or {})
    box.close()


def test_until_bkpp_has_decided_the_face_counts_and_the_nip_does_not(
    man: tuple[str, ...], man_later: tuple[str, ...], state: Path, enroll: Enroll
) -> None:
    enroll(ANI, "--photos", *man)
    answered(state)
    assert enroll(BUDI, "--photos", *man_later)[1]["reason"] == "face_known"
    assert enroll(ANI, "--photos", *man_later)[0] == DONE


def test_what_the_server_refused_does_not_count(
    man: tuple[str, ...], man_later: tuple[str, ...], state: Path, enroll: Enroll
) -> None:
    enroll(ANI, "--photos", *man)
    answered(state, {1: "event-invalid"})
    assert enroll(BUDI, "--photos", *man_later)[0] == DONE


def test_a_mistyped_nip_can_be_put_right(
    man: tuple[str, ...], man_later: tuple[str, ...], state: Path, enroll: Enroll
) -> None:
    enroll(ANI, "--photos", *man)
    code, report = enroll(BUDI, "--photos", *man_later, more=("--despite", ANI))
    assert code == DONE
    assert "despite_likeness" in [warning["code"] for warning in report["warnings"]]


def test_another_person_in_the_middle_of_it(clip: Path, portrait: Path, tmp_path: Path, enroll: Enroll) -> None:
    folder = tmp_path / "swap"
    folder.mkdir()
    stills(clip, folder, 0, 3, 6, 9, 12, 15)
    for number in (1, 4, 7, 10, 13):
        Image.open(portrait).save(folder / f"{number:03}.png")
    code, report = enroll(ANI, "--camera", f"replay:{folder}")
    assert (code, report["reason"]) == (REFUSED, "inconsistent_faces")


def test_two_faces(clip: Path, portrait: Path, tmp_path: Path, enroll: Enroll) -> None:
    man = frame(clip, 0)
    both = Image.new("RGB", (512 + man.shape[1], 512))
    both.paste(Image.open(portrait).convert("RGB"), (0, 0))
    both.paste(Image.fromarray(man), (512, 0))
    both.save(tmp_path / "both.png")
    code, report = enroll(ANI, "--photos", str(tmp_path / "both.png"))
    assert (code, report["reason"]) == (REFUSED, "several_faces")


def blank(_: Image.Image) -> Image.Image:
    return Image.new("RGB", (640, 480), (120, 130, 140))


def small(portrait: Image.Image) -> Image.Image:
    return portrait.resize((300, 300), Image.Resampling.LANCZOS)


def dark(portrait: Image.Image) -> Image.Image:
    return portrait.point(lambda level: level * 0.2)


def blurred(portrait: Image.Image) -> Image.Image:
    return portrait.filter(ImageFilter.GaussianBlur(3))


def tilted(portrait: Image.Image) -> Image.Image:
    return portrait.rotate(28, Image.Resampling.BICUBIC)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (blank, "no_face"),
        (small, "face_too_small"),
        (dark, "too_dark"),
        (blurred, "blurred"),
        (tilted, "face_turned"),
    ],
)
def test_a_bad_picture(
    portrait: Path,
    tmp_path: Path,
    enroll: Enroll,
    spoil: Callable[[Image.Image], Image.Image],
    reason: str,
) -> None:
    spoil(Image.open(portrait).convert("RGB")).save(tmp_path / "bad.png")
    code, report = enroll(ANI, "--photos", str(tmp_path / "bad.png"))
    assert (code, report["reason"]) == (REFUSED, reason)
    assert report["message"]


def test_noisy_copies_of_one_picture_are_one_view(portrait: Path, tmp_path: Path, enroll: Enroll) -> None:
    rng = np.random.default_rng(7)
    pixels = np.asarray(Image.open(portrait).convert("RGB"), np.int16)
    paths = [str(tmp_path / f"{number}.png") for number in range(3)]
    for path in paths:
        noisy = np.clip(pixels + rng.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(path)
    code, report = enroll(ANI, "--photos", *paths)
    assert (code, report["reason"]) == (REFUSED, "too_few_views")


def test_a_wrong_nip_is_said_before_anything_else(tmp_path: Path) -> None:
    command = ["person", "--nip", "123", "--name", "A", *OFFICER, "--state", str(tmp_path / "none"), "--json"]
    result = CliRunner().invoke(cli, command)
    assert (result.exit_code, json.loads(result.stdout)["reason"]) == (REFUSED, "nip_format")


def test_not_provisioned(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        command = ["person", "--nip", ANI, "--name", "A", *OFFICER, "--yes", "--state", str(folder), "--json"]
        result = CliRunner().invoke(cli, command)
        assert (result.exit_code, json.loads(result.stdout)["reason"]) == (REFUSED, "not_provisioned")
    assert list(tmp_path.iterdir()) == []


def test_a_revoked_terminal_enrols_nobody(portrait: Path, state: Path, enroll: Enroll) -> None:
    Identity.load(state / "identity").revoke()
    code, report = enroll(ANI, "--photos", str(portrait))
    assert (code, report["reason"]) == (REFUSED, "device_revoked")


def test_no_camera(state: Path, enroll: Enroll) -> None:
    code, report = enroll(ANI, "--camera", "replay:/nowhere/clip.mp4")
    assert (code, report["status"], report["reason"]) == (NO_CAMERA, "failed", "CameraError")
    assert events(state) == []


# ---------------------------------------------------------------- consent


def asked(state: Path, portrait: Path, answer: str, *more: str) -> tuple[int, str]:
    command = ["person", "--nip", ANI, "--name", "Ani Contohwati", *OFFICER, "--state", str(state)]
    result = CliRunner().invoke(cli, [*command, "--photos", str(portrait), *more], input=answer)
    return result.exit_code, result.output


@pytest.mark.parametrize("answer", ["ya\n", "Y\n", "setuju\n"])
def test_the_text_is_shown_and_a_yes_enrols(portrait: Path, state: Path, answer: str) -> None:
    code, output = asked(state, portrait, answer)
    assert code == DONE
    assert "PERSETUJUAN PEMROSESAN DATA BIOMETRIK" in output
    assert "Ani Contohwati (NIP ••••••••2010011004)" in output
    assert len(events(state)) == 1


@pytest.mark.parametrize("answer", ["tidak\n", "\n", "", "mungkin\n"])
def test_anything_else_does_not(portrait: Path, state: Path, answer: str) -> None:
    code, output = asked(state, portrait, answer)
    assert code == REFUSED
    assert "Ditolak: Tanpa persetujuan" in output
    assert events(state) == []


def test_in_english_both_texts_are_shown(portrait: Path, state: Path) -> None:
    code, output = asked(state, portrait, "yes\n", "--language", "en")
    assert code == DONE
    assert "PERSETUJUAN PEMROSESAN" in output
    assert "CONSENT TO THE PROCESSING" in output
    assert "Accepted: 1 face template(s)" in output


def test_without_an_officer_there_is_no_consent(state: Path) -> None:
    command = ["person", "--nip", ANI, "--name", "A", "--office", OFFICE, "--yes", "--state", str(state), "--json"]
    result = CliRunner().invoke(cli, command)
    assert (result.exit_code, json.loads(result.stdout)["reason"]) == (REFUSED, "no_consent")


def test_an_unknown_consent_text(portrait: Path, enroll: Enroll) -> None:
    code, report = enroll(ANI, "--photos", str(portrait), more=("--consent-text", "consent-id-0"))
    assert (code, report["reason"]) == (REFUSED, "consent_text_unknown")


def test_the_text_alone() -> None:
    result = CliRunner().invoke(cli, ["consent-text"])
    assert result.exit_code == DONE
    assert result.output.startswith("PERSETUJUAN PEMROSESAN")


# ---------------------------------------------------------------- lists, checks, the command line


def test_a_list_of_people(clip: Path, portrait: Path, state: Path, tmp_path: Path) -> None:
    people = tmp_path / "people"
    for name in ("man", "woman", "thief"):
        (people / name).mkdir(parents=True)
    for number in (0, 27, 36):
        Image.fromarray(frame(clip, number)).save(people / "man" / f"{number}.png")
    Image.fromarray(frame(clip, 20)).save(people / "thief" / "a.png")
    Image.open(portrait).save(people / "woman" / "a.png")
    (people / "people.csv").write_text(
        f"nip;name;folder\n{ANI};Ani;man\n{BUDI};Budi;woman\n{CITRA};Citra;thief\n", encoding="utf-8"
    )
    command = ["import", str(people), *OFFICER, "--yes", "--state", str(state), "--json"]

    def statuses(*more: str) -> list[tuple[str, str | None]]:
        result = CliRunner().invoke(cli, [*command, *more])
        assert result.exit_code == REFUSED
        return [(person["status"], person["reason"]) for person in json.loads(result.stdout)["people"]]

    expected = [("accepted", None), ("accepted", None), ("refused", "face_known")]
    assert statuses("--dry-run") == expected
    assert events(state) == []
    assert statuses() == expected
    assert statuses() == [("already", "nip_enrolled"), ("already", "nip_enrolled"), ("refused", "face_known")]
    assert len(events(state)) == 2


def test_what_is_odd_in_a_list_is_told_with_its_line_and_the_others_are_enrolled(
    man: tuple[str, ...], portrait: Path, state: Path, tmp_path: Path
) -> None:
    people = tmp_path / "people"
    for name in ("man", "woman", "odd"):
        (people / name).mkdir(parents=True)
    for path in man:
        Image.open(path).save(people / "man" / Path(path).name)
    (people / "man" / "._000.png").write_bytes(bytes.fromhex("0005160700020000") + bytes(4000))
    Image.open(portrait).save(people / "woman" / "a.jfif", "JPEG", quality=95)
    (people / "odd" / "a.jpg").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    lines = [
        "nip;name;folder;note",
        f"{ANI[:14]}1;Satu;none;",
        f'{ANI};"Ani\n Contohwati\u200b, S.E.";man',
        f"{CITRA};Citra;odd;",
        "1,98503E+17;Bilangan;none;",
        f"{CITRA[:-1]}8;Siti\x1b[2J\u202eRahayu;none;",
        f"{CITRA[:-1]}9;Koma;none;;lebih",
        f"\u202a{BUDI}\u202c;Ma\u2019ruf Budi;woman;",
    ]
    (people / "people.csv").write_bytes("\r\n".join(lines).encode("utf-16"))
    command = ["import", str(people), *OFFICER, "--yes", "--state", str(state)]
    result = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert result.exit_code == REFUSED
    told = result.output.splitlines()
    expected = [
        ("Baris 2 ", "NIP harus 18 angka; yang diterima 15 angka"),
        ("Baris 3 ", "Ani Contohwati, S.E.: baik"),
        ("Baris 5 ", "Gambar 1: Berkas ini berjenis HEIC"),
        ("Baris 6 ", "(seperti 1,98E+17)"),
        ("Baris 7 ", "Nama memuat U+001B pada tempat ke-5"),
        ("Baris 8 ", "(baris 8): ada 5 sel untuk 4 kolom"),
        ("Baris 9 ", "Ma\u2019ruf Budi: baik"),
    ]
    for line, (begin, what) in zip(told[:-1], expected, strict=True):
        assert line.startswith(begin)
        assert what in line
    assert told[-1].startswith("2 diterima, 0 sudah terdaftar, 5 ditolak")
    assert not set("\x1b\u202e\u200b") & set(result.output)
    assert ANI[:8] not in result.output
    assert [body["enrolment"]["name"] for body in events(state)] == ["Ani Contohwati, S.E.", "Ma\u2019ruf Budi"]


def test_two_at_the_same_moment_do_not_pass_each_other_s_checks(
    man: tuple[str, ...], man_later: tuple[str, ...], state: Path
) -> None:
    """The second one begins when the first has ended, or not at all: one face is not enrolled under two NIPs."""
    command = [sys.executable, "-m", "enrollment", "person", "--name", "Contoh", *OFFICER, "--yes", "--json"]
    command += ["--state", str(state)]
    processes = [
        subprocess.Popen(
            [*command, "--nip", nip, "--photos", *pictures],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for nip, pictures in ((ANI, man), (BUDI, man_later))
    ]
    reports = [json.loads(process.communicate()[0]) for process in processes]
    assert sorted(report["status"] for report in reports) in (["accepted", "failed"], ["accepted", "refused"])
    assert {report["reason"] for report in reports if report["status"] != "accepted"} <= {"StateInUse", "face_known"}
    assert len(events(state)) == 1


def test_another_enroll_is_told_of(state: Path, portrait: Path, enroll: Enroll) -> None:
    with StateFolder(state).lock("enroll"):
        code, report = enroll(ANI, "--photos", str(portrait))
    assert (code, report["reason"]) == (73, "StateInUse")
    assert "another `enroll` is already using" in report["message"]


def test_another_office_is_refused_at_once(portrait: Path, state: Path, tmp_path: Path) -> None:
    """Before consent is asked for: the server takes no such enrolment."""
    (tmp_path / "people.csv").write_text(f"nip,name,folder\n{ANI},Ani,ani\n")
    who = ["--office", "smpn-1-wates", "--consent-by", "Petugas Contoh", "--state", str(state), "--json"]
    for words in (["person", "--nip", ANI, "--name", "Ani", "--photos", str(portrait)], ["import", str(tmp_path)]):
        result = CliRunner().invoke(cli, [*words, *who])
        assert result.exit_code == REFUSED
        assert json.loads(result.stdout)["reason"] == "other_office"
        assert f"--office {OFFICE}" in json.loads(result.stdout)["message"]
    assert events(state) == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--name", "Siti\u202e", "--consent-by", "Petugas"], "name_character"),
        (["--name", "Siti \udcff", "--consent-by", "Petugas"], "name_character"),
        (["--name", "Siti", "--consent-by", "P" * 101], "officer_name"),
        (["--name", "Siti", "--consent-by", "Petugas\x9b"], "officer_name"),
    ],
)
def test_a_name_that_no_server_takes_is_said_before_anything_else(
    tmp_path: Path, words: list[str], reason: str
) -> None:
    command = ["person", "--nip", ANI, "--office", OFFICE, *words, "--state", str(tmp_path / "none"), "--json"]
    result = CliRunner().invoke(cli, command)
    assert (result.exit_code, json.loads(result.stdout)["reason"]) == (REFUSED, reason)


def test_a_terminal_of_another_encoding_ends_no_command() -> None:
    words = ["person", "--nip", "\u2019", "--name", "A", *OFFICER]
    done = subprocess.run(
        [sys.executable, "-m", "enrollment", *words],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )
    assert done.returncode == REFUSED
    assert b"ada ? (U+2019 RIGHT SINGLE QUOTATION MARK)" in done.stderr


def test_checking_pictures_needs_no_terminal(portrait: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["check", str(portrait)])
    assert result.exit_code == DONE
    assert "Gambar 1: baik (astronaut.png)" in result.output
    blank(Image.new("RGB", (1, 1))).save(tmp_path / "blank.png")
    result = CliRunner().invoke(cli, ["check", str(portrait), str(tmp_path / "blank.png"), "--json"])
    assert result.exit_code == REFUSED
    assert [picture["reason"] for picture in json.loads(result.stdout)["pictures"]] == [None, "no_face"]


@pytest.mark.parametrize(
    "words",
    [
        ["person"],
        ["person", "--nip", ANI, "--name", "A", *OFFICER, "--camera", "auto", "--photos", "a.png"],
        ["person", "--nip", ANI, "--name", "A", *OFFICER, "a.png"],
        ["check"],
        ["import"],
    ],
)
def test_wrong_words_are_exit_code_2(words: list[str]) -> None:
    assert CliRunner().invoke(cli, words).exit_code == 2


def test_a_wrong_setting_is_told(tmp_path: Path, portrait: Path) -> None:
    (tmp_path / "kiosk.toml").write_text("[enrolment]\nspred = 1\n")
    result = CliRunner().invoke(cli, ["check", str(portrait), "--config", str(tmp_path / "kiosk.toml")])
    assert result.exit_code == 64
    assert "enrolment.spred" in result.output


def test_as_a_program(tmp_path: Path) -> None:
    words = ["person", "--nip", ANI, "--name", "A", *OFFICER, "--yes", "--state", str(tmp_path), "--language", "en"]
    done = subprocess.run(
        [sys.executable, "-m", "enrollment", *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stdout) == (REFUSED, "")
    assert done.stderr.startswith("Refused: This terminal is not yet connected to e-TPP.")
