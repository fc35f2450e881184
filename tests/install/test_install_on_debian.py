"""systemd/install.sh on a real, booted Debian: `make test-install`. Takes minutes; needs root and the network.

A root folder is made by debootstrap once and kept in out/. Each phase boots it in a container, runs inside.sh as a
unit, and powers off; the phases build on each other.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
SUITE = os.environ.get("INSTALL_SUITE", "trixie")
MIRROR = "http://deb.debian.org/debian"
PACKAGES = "ca-certificates,systemd,systemd-sysv,dbus,udev,python3"
PHASE_S = 900
RELEASED = os.environ.get("INSTALL_RELEASED", "fac4c53")
"""The git revision that the phase "upgrade" starts from: the version in the offices."""

UNIT = """\
[Unit]
After=multi-user.target
[Service]
Type=oneshot
TimeoutStartSec=infinity
EnvironmentFile=-/result/environment
ExecStart=/srv/presensi/tests/install/inside.sh {phase}
ExecStopPost=/usr/bin/systemctl --no-block poweroff
StandardOutput=append:/result/log
StandardError=append:/result/log
[Install]
WantedBy=multi-user.target
"""

pytestmark = [
    pytest.mark.install,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(shutil.which("debootstrap") is None, reason="debootstrap is not installed"),
    pytest.mark.skipif(
        shutil.which("systemd-nspawn") is None, reason="systemd-nspawn (systemd-container) is not installed"
    ),
]


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def root() -> Path:
    """A fresh Debian with this checkout in /srv/presensi."""
    out = CHECKOUT / "out"
    out.mkdir(exist_ok=True)
    root, archive = out / f"install-{SUITE}", out / f"debian-{SUITE}.tar"
    if not archive.exists():
        shutil.rmtree(root, ignore_errors=True)
        run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, root, MIRROR)
        run("tar", "-C", root, "-cf", archive.with_suffix(".new"), ".")
        archive.with_suffix(".new").rename(archive)
    shutil.rmtree(root, ignore_errors=True)
    (root / "srv/presensi").mkdir(parents=True)
    run("tar", "-C", root, "-xf", archive)
    ls_files = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(ls_files, cwd=CHECKOUT, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0"):
        source, target = CHECKOUT / name, root / "srv/presensi" / name
        if name and source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    released = root / "srv/released"
    released.mkdir()
    archived = subprocess.run(["git", "archive", RELEASED], cwd=CHECKOUT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-C", released, "-x"], input=archived, check=True)
    (root / "result").mkdir()
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    if certificates := pip.get("PIP_CERT"):  # a network with its own authority
        shutil.copy(certificates, root / "etc/ssl/certs/ca-certificates.crt")
        pip["PIP_CERT"] = "/etc/ssl/certs/ca-certificates.crt"
    pip.pop("PIP_FIND_LINKS", None)
    lines = [f"{name}={value}" for name, value in pip.items()]
    (root / "result/environment").write_text("\n".join(lines) + "\n")
    return root


@pytest.mark.parametrize("phase", ["upgrade", "install", "reboot", "uninstall"])
def test_phase(root: Path, phase: str) -> None:
    unit = root / "etc/systemd/system/install-check.service"
    unit.write_text(UNIT.format(phase=phase))
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / unit.name).unlink(missing_ok=True)
    (wants / unit.name).symlink_to(f"/etc/systemd/system/{unit.name}")
    with (CHECKOUT / f"out/install-{phase}.console").open("wb") as console:
        subprocess.run([HERE / "boot.sh", root, str(PHASE_S)], stdout=console, stderr=console, check=False)
    log = (root / "result/log").read_text() if (root / "result/log").exists() else "nothing was run; see out/*.console"
    result = root / "result" / phase
    outcome = result.read_text().splitlines() if result.exists() else []
    print(*outcome, sep="\n")
    assert outcome, log
    assert outcome[-1] == "done", log
    failed = [line for line in outcome if line.startswith("FAILED")]
    assert not failed, f"{failed}\n{log}"
