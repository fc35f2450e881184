"""The virtual machine: a Debian made once and kept, a small disk for the terminal's state, QEMU without KVM."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
CACHE = CHECKOUT / "out" / "torture-vm"
HERE = Path(__file__).parent
SUITE = os.environ.get("TORTURE_VM_SUITE", "trixie")
MIRROR = "http://deb.debian.org/debian"
PACKAGES = (
    "linux-image-cloud-amd64,initramfs-tools,e2fsprogs,"
    # The last one is what python3-cryptography depends on by another name, which debootstrap does not resolve.
    "python3,python3-numpy,python3-cryptography,python3-cffi-backend"
)

STATE_BYTES = 64 << 20
PREFIX = "@ "
"""Of a console line that our recorder wrote; the kernel writes there too."""


def missing() -> str:
    """Why the machine cannot be had here; empty when it can."""
    for command in ("qemu-system-x86_64", "debootstrap", "mkfs.ext4", "e2fsck", "debugfs"):
        if shutil.which(command) is None:
            return f"{command} is not installed"
    return "" if os.geteuid() == 0 else "needs root"


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def build() -> Path:
    """The system's image, with the recording part of this checkout in it. Debian itself is fetched only once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    root = CACHE / f"debian-{SUITE}"
    if not root.exists():
        half = root.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, half, MIRROR)
        for folder in ("usr/share/doc", "usr/share/locale", "var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(half / folder, ignore_errors=True)
        half.rename(root)
    _install(root / "opt/presensi")
    # Python is slow enough under emulation without compiling each module at each boot.
    run("chroot", root, "python3", "-m", "compileall", "-q", "/opt/presensi")
    image = CACHE / "system.img"
    image.unlink(missing_ok=True)
    run("mkfs.ext4", "-q", "-d", root, image, "1500M")
    return image


def _install(target: Path) -> None:
    """The code under test, and the one pure Python package that Debian does not have."""
    shutil.rmtree(target, ignore_errors=True)
    records = Path("tests/unit/kiosk/journal/records.py")
    (target / records).parent.mkdir(parents=True)
    no_bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "kiosk", target / "kiosk", ignore=no_bytecode)
    package = find_spec("rfc8785")
    if package is None or package.origin is None:
        raise RuntimeError("rfc8785 is not installed here: run `make setup`")
    shutil.copytree(Path(package.origin).parent, target / "rfc8785", ignore=no_bytecode)
    shutil.copy2(CHECKOUT / records, target / records)
    for name in ("guest_init.sh", "guest_recorder.py"):
        shutil.copy2(HERE / name, target / name)
    (target / "guest_init.sh").chmod(0o755)


def new_state_disk(path: Path) -> None:
    """An empty ext4 with a journal, as a card has; nothing of it is left for the kernel to initialise later."""
    path.unlink(missing_ok=True)
    lazy = "lazy_itable_init=0,lazy_journal_init=0"
    run("mkfs.ext4", "-q", "-b", "4096", "-E", lazy, path, f"{STATE_BYTES >> 20}M")


@contextmanager
def booted(system: Path, state: Path, log: Path, *more_words: str) -> Iterator[subprocess.Popen[bytes]]:
    """The running machine; its console is `stdout`. Killed at the end, if that has not been done by then.

    All that is written to `state` is also written to `log`, a new one for each boot. `more_words` go on the kernel's
    command line.
    """
    log.unlink(missing_ok=True)
    log.touch()
    kernel = max(system.parent.glob(f"debian-{SUITE}/boot/vmlinuz-*"))
    initrd = max(system.parent.glob(f"debian-{SUITE}/boot/initrd.img-*"))
    words = "root=/dev/vda ro fsck.mode=skip console=ttyS0 quiet panic=-1 init=/opt/presensi/guest_init.sh"
    words = " ".join([words, *more_words])
    command = ["qemu-system-x86_64", "-accel", "tcg", "-m", "512", "-smp", "1", "-no-reboot", "-net", "none"]
    command += ["-display", "none", "-monitor", "none", "-serial", "stdio"]
    command += ["-kernel", str(kernel), "-initrd", str(initrd), "-append", words]
    for options in (
        f"driver=file,filename={system},node-name=system-file,read-only=on",
        "driver=raw,file=system-file,node-name=system,read-only=on",
        f"driver=file,filename={state},node-name=state-file",
        f"driver=file,filename={log},node-name=log-file",
        # The host's file is the truth here: what it holds of the log does not need to survive the host.
        "driver=blklogwrites,file=state-file,log=log-file,log-super-update-interval=1,node-name=state",
    ):
        command += ["-blockdev", options]
    command += ["-device", "virtio-blk-pci,drive=system", "-device", "virtio-blk-pci,drive=state"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
