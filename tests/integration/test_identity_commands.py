"""`kiosk provision` and `kiosk sync` as a technician meets them: what they take, refuse and say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from kiosk.commands import provision, sync
from kiosk.errors import IdentityError, ProtocolMismatch, StateError, Unreachable
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.identity import Identity
from kiosk.machine.invitation import Invitation, find_invitation, parse_invitation, watch_for_invitation
from kiosk.machine.state import StateFolder
from tests.integration.office import OFFICE, Office, office
from tests.ports import free_port
from tests.unit.kiosk import factories

INVITATION = "presensi:provision?server=https%3A%2F%2Fetpp.example%3A8443%2Fa&code=K7QM-3TXA-9PWD"


@pytest.fixture(scope="module")
def etpp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("etpp")) as place:
        yield place


def run(command: click.Command, *words: str | Path) -> Any:
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)


def new_code(etpp: Office) -> str:
    return str(etpp.admin("POST", f"offices/{OFFICE}/codes")["code"])


def test_a_code_is_good_once(etpp: Office, tmp_path: Path) -> None:
    code = new_code(etpp)
    words = (code, "--server", etpp.url, "--state")
    assert "terminal" in run(provision.command, *words, tmp_path / "one").output
    with pytest.raises(IdentityError, match="new one"):
        run(provision.command, *words, tmp_path / "two")
    with pytest.raises(IdentityError, match="not provisioned"):
        Identity.load(tmp_path / "two" / "identity")


def test_a_lost_answer_does_not_use_up_the_code(etpp: Office, tmp_path: Path) -> None:
    code = new_code(etpp)
    words = (code, "--server", etpp.url, "--state", tmp_path / "t")
    run(provision.command, *words)
    identity = tmp_path / "t" / "identity"
    first = Identity.load(identity).device_id
    # As it was before the answer came: the key was made, the record was not.
    (identity / "device.key").rename(identity / "device.key.new")
    (identity / "provisioning.json").unlink()
    run(provision.command, *words)
    assert Identity.load(identity).device_id == first


def test_a_damaged_record_is_given_up_for_one_new_terminal(etpp: Office, tmp_path: Path) -> None:
    words = ("--server", etpp.url, "--state", tmp_path / "t", "--replace")
    run(provision.command, new_code(etpp), *words)
    folder = StateFolder(tmp_path / "t")
    former = Identity.load(folder.identity_dir)
    SqliteOutbox(folder.outbox_path, former.device_id).open().close()
    (folder.identity_dir / "provisioning.json").write_bytes(b"\0" * 300)
    before = len(etpp.admin("GET", "devices")["devices"])

    run(provision.command, new_code(etpp), *words)

    assert len(etpp.admin("GET", "devices")["devices"]) == before + 1
    identity = Identity.load(folder.identity_dir)
    assert identity.device_id != former.device_id
    assert identity.attest(former.device_id, {"a": 1}) == former.attest(former.device_id, {"a": 1})


@pytest.mark.parametrize("address", ["http://etpp.example", "ftp://127.0.0.1", "etpp.example", "https://"])
def test_an_address_without_tls_is_refused(tmp_path: Path, address: str) -> None:
    result = run(provision.command, "CODE", "--server", address, "--state", tmp_path)
    assert result.exit_code == 2
    assert "https://" in result.output


def test_without_code_or_address_it_says_what_is_missing(tmp_path: Path) -> None:
    assert "--server URL" in run(provision.command, "CODE", "--state", tmp_path).output
    assert "--scan" in run(provision.command, "--server", "https://x", "--state", tmp_path).output


def test_nobody_there_and_somebody_else_there_are_told_apart(etpp: Office, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="network"):
        run(provision.command, "CODE", "--server", f"http://127.0.0.1:{free_port()}", "--state", tmp_path)
    with pytest.raises(ProtocolMismatch, match="not an e-TPP server"):
        run(provision.command, "CODE", "--server", f"{etpp.url}/console", "--state", tmp_path)


def test_a_key_change_needs_a_terminal(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="not provisioned"):
        run(provision.command, "--rotate-key", "--state", tmp_path)


def test_it_waits_for_no_running_terminal(etpp: Office, tmp_path: Path) -> None:
    folder = StateFolder(tmp_path).open()
    with folder.lock("run"), pytest.raises(StateError, match="kiosk run"):
        run(provision.command, new_code(etpp), "--server", etpp.url, "--state", tmp_path)


def test_sync_needs_a_terminal_and_a_folder_of_its_own(etpp: Office, tmp_path: Path) -> None:
    def ended(path: Path) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "kiosk", "sync", "--state", str(path)]
        return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    unprovisioned = ended(tmp_path / "a")
    assert (unprovisioned.returncode, "kiosk provision" in unprovisioned.stderr) == (77, True)
    folder = etpp.terminal(tmp_path / "b")
    with folder.lock("sync"):
        second = ended(tmp_path / "b")
    assert (second.returncode, "another `kiosk sync`" in second.stderr) == (73, True)
    (tmp_path / "c").write_text("a file")
    assert ended(tmp_path / "c").returncode == 73


def test_a_revoked_terminal_says_so_in_its_status(etpp: Office, tmp_path: Path) -> None:
    folder = etpp.terminal(tmp_path)
    Identity.load(folder.identity_dir).revoke()
    with pytest.raises(IdentityError, match="export"):
        run(sync.command, "--state", tmp_path)
    assert folder.read_status().revoked


# ---------------------------------------------------------------- the QR code


def picture(text: str, size: int = 300, angle: float = 0.0) -> Any:
    """A QR code as a camera sees it, somewhere in a 640x480 picture."""
    code = cv2.QRCodeEncoder.create().encode(text)
    code = cv2.copyMakeBorder(code, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
    code = cv2.resize(code, (size, size), interpolation=cv2.INTER_NEAREST)
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), angle, 1.0)
    turn[:, 2] += (170, 90)
    seen = cv2.warpAffine(code, turn, (640, 480), borderValue=90)
    return np.repeat(cv2.GaussianBlur(seen, (3, 3), 0)[:, :, None], 3, axis=2)


@pytest.mark.parametrize(
    ("port", "code"),
    [
        (52021, "2536-JZGC-J9PS"),
        (58164, "HKTG-HHMN-43JK"),
        (53294, "ZEAB-95U3-2TZ7"),
        (39606, "WPZD-4QLJ-GVQW"),
        (40914, "GXSH-3QKW-DZYH"),
        (36264, "QEDT-6W3Z-YGVS"),
    ],
)
def test_a_code_that_is_not_read_at_first_sight_is_read_at_the_second(port: int, code: str) -> None:
    """6 of 1,000 are such: held still before the camera, each would never have been read."""
    text = f"presensi:provision?server=http%3A%2F%2F127.0.0.1%3A{port}&code={code}"
    assert find_invitation(picture(text, size=400)) == Invitation(f"http://127.0.0.1:{port}", code)


def test_a_code_that_opencvs_first_detector_never_reads_is_read_by_the_second() -> None:
    """1 of 1,500 is such."""
    text = "presensi:provision?server=http%3A%2F%2F127.0.0.1%3A59680&code=2NK6-5CHY-GC64"
    assert find_invitation(picture(text, size=400)) == Invitation("http://127.0.0.1:59680", "2NK6-5CHY-GC64")


@pytest.mark.parametrize("angle", [0.0, 7.0, -12.0])
def test_the_consoles_code_is_read(angle: float) -> None:
    assert find_invitation(picture(INVITATION, angle=angle)) == Invitation(
        "https://etpp.example:8443/a", "K7QM-3TXA-9PWD"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org",
        "presensi:other?server=a&code=b",
        "presensi:provision?server=a",
        "WIFI:S:x;;",
        "http://[x",
        "//\u2100.example",
    ],
)
def test_other_codes_are_ignored(text: str) -> None:
    assert parse_invitation(text) is None
    if text:
        assert find_invitation(picture(text)) is None


def test_an_empty_picture_has_none() -> None:
    assert find_invitation(np.full((480, 640, 3), 128, np.uint8)) is None


def test_it_waits_for_the_code_and_not_for_ever() -> None:
    seen = picture(INVITATION)
    shown = iter([factories.frame(0.0), factories.frame(1.0), factories.Frame(seen, 2, 2.0)])
    assert watch_for_invitation(lambda: next(shown), 60) is not None
    endless = (factories.frame(float(n)) for n in range(1000))
    assert watch_for_invitation(lambda: next(endless), 60) is None


def test_a_terminal_is_provisioned_by_its_camera(etpp: Office, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    invitation = f"presensi:provision?server={etpp.url.replace(':', '%3A').replace('/', '%2F')}&code={new_code(etpp)}"
    cv2.imwrite(str(folder / "1.png"), picture(invitation, size=400))
    config = tmp_path / "kiosk.toml"
    config.write_text(f"[camera]\nsource = {json.dumps(f'replay:{folder}')}\n")
    result = run(provision.command, "--scan", "--config", config, "--state", tmp_path / "t")
    assert result.exit_code == 0
    assert Identity.load(tmp_path / "t" / "identity").server_url == etpp.url
