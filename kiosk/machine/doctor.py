"""The checks of `kiosk doctor`: one part of the terminal a function, each a plain question with a plain answer.

A check takes what it needs as an argument (a path, a reader, a function that opens the camera), so each can be asked
in a test with a machine that has that fault. It holds no personal data: findings are meant to be sent by e-mail.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import enum
import os
import re
import shutil
import stat
import struct
import subprocess
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Protocol

from kiosk.errors import KioskError
from kiosk.machine.lacks import Lost
from kiosk.model import DLIB_RESNET_V1, ClockState, GallerySnapshot, ModelId, Moment, QueueState
from kiosk.model.recognisers import counting
from kiosk.ports import Indicators

MB = 1_000_000
DISK_WARNING_BYTES = 1500 * MB
"""An upgrade needs room for a second release beside the running one (docs/operations.md)."""
DISK_FAILED_BYTES = 50 * MB

TEMPERATURE_WARNING_C = 75.0
TEMPERATURE_FAILED_C = 82.0
"""The Raspberry Pi's firmware begins to slow its processor at 80 °C and throttles hard at 85 °C (its documentation,
"Frequency management and thermal control"), and recognition becomes slow before anything else is seen."""

EARLIEST_SENSIBLE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Verdict(enum.Enum):
    OK = "ok"
    WARNING = "warning"  # it works, but something is amiss or missing
    FAILED = "failed"  # presence cannot be recorded, or soon cannot
    SKIPPED = "skipped"  # it could not be looked at now; the text says why


Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `advice` says what to do next; `facts` are the numbers behind it, for programs."""

    verdict: Verdict
    text: str
    advice: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)


Check = Callable[[], Finding]


def examine(checks: Mapping[str, Check]) -> dict[str, Finding]:
    """Ask every check. One that runs into a fault of the terminal reports it; the others are asked all the same."""
    findings = {}
    for name, check in checks.items():
        try:
            findings[name] = check()
        except KioskError as error:
            findings[name] = Finding(Verdict.FAILED, str(error))
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            findings[name] = Finding(Verdict.FAILED, f"{where}{error.strerror or error}", "Check permissions and disk.")
    return findings


# ---------------------------------------------------------------- the program


def settings(load: Callable[[], object], where: str) -> Finding:
    """`load` raises ConfigError."""
    load()
    return Finding(Verdict.OK, where)


def python(version: tuple[int, int, int], pointer_bytes: int = struct.calcsize("P")) -> Finding:
    facts: dict[str, Fact] = {"version": ".".join(map(str, version)), "bits": 8 * pointer_bytes}
    text = f"Python {facts['version']}, {facts['bits']} bits"
    if version < (3, 11, 0):
        return Finding(Verdict.FAILED, text, "Python 3.11 or newer is needed: install a current system image.", facts)
    if pointer_bytes != 8:
        return Finding(Verdict.FAILED, text, "Install the 64-bit Raspberry Pi OS: dlib exists for 64 bits only.", facts)
    return Finding(Verdict.OK, text, facts=facts)


def packages(
    requirements: Iterable[str], version_of: Callable[[str], str] = metadata.version, also: Iterable[str] = ()
) -> Finding:
    """`requirements` as in the distribution's metadata; those of extras are left out."""
    wanted = [re.split(r"[^A-Za-z0-9._-]", r, maxsplit=1)[0] for r in requirements if "extra ==" not in r]
    missing = []
    for name in (*wanted, *also):
        try:
            version_of(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    facts: dict[str, Fact] = {"missing": ", ".join(missing) or None}
    if missing:
        advice = "Run systemd/install.sh again (in a checkout: make setup)."
        return Finding(Verdict.FAILED, f"missing: {', '.join(missing)}", advice, facts)
    return Finding(Verdict.OK, f"all {len(wanted)} required packages", facts=facts)


def models(verify_weights: Callable[[], object], optional: Mapping[str, str]) -> Finding:
    """`verify_weights` raises ModelError unless all weights are right. `optional`: name -> its store's status."""
    verify_weights()
    damaged = [name for name, status in optional.items() if status == "damaged"]
    absent = [name for name, status in optional.items() if status == "absent"]
    facts: dict[str, Fact] = dict(optional)
    if damaged:
        advice = "Remove it, or install it again: kiosk models install PATH|URL"
        return Finding(Verdict.FAILED, f"not the pinned file: {', '.join(damaged)}", advice, facts)
    if absent:
        advice = "`kiosk models list` says what each is for and where it comes from."
        return Finding(Verdict.WARNING, f"face models; without the optional {', '.join(absent)}", advice, facts)
    return Finding(Verdict.OK, "face models and optional models", facts=facts)


def speech(which: Callable[[str], str | None] = shutil.which) -> Finding:
    if which("espeak-ng") is None:
        return Finding(Verdict.WARNING, "espeak-ng is missing: no voice", "sudo apt-get install espeak-ng")
    return Finding(Verdict.OK, "espeak-ng")


def optional(lacks: Mapping[str, str] | None) -> Finding:
    """What the running terminal goes without, and why. None: no terminal runs."""
    if lacks is None:
        return Finding(Verdict.SKIPPED, "the terminal does not run: only then is it known what it goes without")
    if not lacks:
        return Finding(Verdict.OK, "the running terminal has all of its parts")
    text = "; ".join(f"no {part}: {why}" for part, why in sorted(lacks.items()))
    advice = "It records without. What has been mended is used after: sudo systemctl restart kiosk"
    return Finding(Verdict.WARNING, text, advice, dict(lacks))


# ---------------------------------------------------------------- the machine


def lamps(enabled: bool, open_lamps: Callable[[Lost], Indicators] | None) -> Finding:
    """Take the pins of lamps and buzzer, and free them. None: the running terminal holds them."""
    if not enabled:
        return Finding(Verdict.SKIPPED, "switched off ([indicators] enabled)")
    if open_lamps is None:
        return Finding(Verdict.SKIPPED, "in use by the running terminal, if it could take them: see `optional`")
    why: list[str] = []
    open_lamps(why.append).close()
    if why:
        return Finding(Verdict.WARNING, f"no lamps: {why[0]}", "The terminal records without them.")
    return Finding(Verdict.OK, "the pins can be taken")


def display(
    environ: Mapping[str, str], drm: Path = Path("/sys/class/drm"), loads: Callable[[str], object] = ctypes.CDLL
) -> Finding:
    """Whether there is a screen, and the OpenGL libraries that Kivy draws with."""
    missing = []
    for library in ("libGL.so.1", "libEGL.so.1", "libGLESv2.so.2"):
        try:
            loads(library)
        except OSError:
            missing.append(library)
    connected = sorted(p.parent.name for p in drm.glob("card*-*/status") if p.read_text().strip() == "connected")
    session = environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY") or None
    facts: dict[str, Fact] = {"session": session, "connected": ", ".join(connected) or None}
    if missing:
        advice = "sudo apt-get install libgl1 libegl1 libgles2 libgl1-mesa-dri"
        return Finding(Verdict.FAILED, f"missing: {', '.join(missing)}", advice, facts)
    if session is None and not connected:
        advice = "Is the screen plugged in and on? Without one the terminal draws off-screen."
        return Finding(Verdict.WARNING, "OpenGL, but no screen is connected", advice, facts)
    return Finding(Verdict.OK, f"OpenGL; screen {', '.join(connected) or session}", facts=facts)


def temperature(zones: Path = Path("/sys/class/thermal"), throttled: Path | None = None) -> Finding:
    """The hottest sensor, and what a Raspberry Pi remembers of under-voltage since it was switched on."""
    degrees = []
    for path in zones.glob("thermal_zone*/temp"):
        try:
            degrees.append(int(path.read_text()) / 1000)
        except (OSError, ValueError):  # a sensor that is asleep answers with an error
            continue
    throttled = throttled or Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
    # Bit 16: under-voltage has occurred (Raspberry Pi documentation, vcgencmd get_throttled).
    starved = throttled.is_file() and bool(int(throttled.read_text().strip(), 16) & 1 << 16)
    if not degrees:
        return Finding(Verdict.SKIPPED, "this machine has no temperature sensor")
    hottest = max(degrees)
    facts: dict[str, Fact] = {"celsius": round(hottest, 1), "under_voltage": starved}
    text = f"{hottest:.0f} °C"
    if hottest >= TEMPERATURE_FAILED_C:
        return Finding(Verdict.FAILED, text, "Too hot: the processor slows down. Give it air, shade or a fan.", facts)
    if starved:
        return Finding(
            Verdict.WARNING, f"{text}, under-voltage", "Use the official power supply and a short cable.", facts
        )
    if hottest >= TEMPERATURE_WARNING_C:
        return Finding(Verdict.WARNING, text, "Warm: does air reach the case?", facts)
    return Finding(Verdict.OK, text, facts=facts)


def state_folder(path: Path, uid: int | None = None) -> Finding:
    """Whether this user can write there and others cannot read."""
    uid = os.geteuid() if uid is None else uid
    if not path.is_dir():
        return Finding(
            Verdict.FAILED, f"{path} is missing", "`kiosk provision` makes it; or give another with --state."
        )
    info = path.stat()
    mode = stat.S_IMODE(info.st_mode)
    facts: dict[str, Fact] = {"path": str(path), "mode": f"{mode:04o}", "owner_uid": info.st_uid}
    if not os.access(path, os.W_OK | os.X_OK):
        advice = "Run this as the terminal's user, and see that the card is not mounted read-only (dmesg)."
        return Finding(Verdict.FAILED, f"{path} cannot be written", advice, facts)
    foreign = sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.lstat().st_uid != info.st_uid)
    if foreign:
        advice = f"sudo chown --recursive --reference={path} {path}"
        return Finding(Verdict.FAILED, f"{path}: {', '.join(foreign)} belong to another user", advice, facts)
    if mode & 0o077:
        return Finding(Verdict.WARNING, f"{path} is open to other users ({mode:04o})", f"chmod 0700 {path}", facts)
    return Finding(Verdict.OK, str(path), facts=facts)


def disk(path: Path, usage: Callable[[Path], os.statvfs_result] = os.statvfs) -> Finding:
    """Room for events on the file system of `path`."""
    while not path.exists():
        path = path.parent
    info = usage(path)
    free = info.f_bavail * info.f_frsize
    facts: dict[str, Fact] = {
        "free_bytes": free,
        "free_files": info.f_favail,
        "read_only": bool(info.f_flag & os.ST_RDONLY),
    }
    text = f"{free / MB:.0f} MB free"
    if facts["read_only"]:
        advice = "The card has failed or was pulled: replace it. docs/operations.md tells how to save its events."
        return Finding(Verdict.FAILED, "the file system is read-only", advice, facts)
    if free < DISK_FAILED_BYTES or (info.f_files and info.f_favail < 100):
        return Finding(Verdict.FAILED, text, "Nearly full: nothing can be recorded soon. Remove other files.", facts)
    if free < DISK_WARNING_BYTES:
        return Finding(Verdict.WARNING, text, "Getting full: see what grows with `du -xh / | sort -h | tail`.", facts)
    return Finding(Verdict.OK, text, facts=facts)


def clock(now: Moment, ntp_in_step: bool, rtc: Path = Path("/dev/rtc0")) -> Finding:
    facts: dict[str, Fact] = {
        "state": now.clock_state.value,
        "ntp": ntp_in_step,
        "battery_clock": rtc.exists(),
        "utc": now.wall_utc.isoformat(timespec="seconds"),
    }
    text = f"{facts['utc']}, {now.clock_state.value}"
    if now.clock_state is not ClockState.SYNCHRONISED:
        advice = "Events are kept and dated once the server is met. Is the network up? Is kiosk-sync running?"
        if now.wall_utc < EARLIEST_SENSIBLE:
            advice = f"The date is wrong: this machine has no battery clock or an empty one. {advice}"
        return Finding(Verdict.WARNING, text, advice, facts)
    return Finding(Verdict.OK, text, facts=facts)


class Runs(Protocol):
    def __call__(self, command: list[str]) -> str: ...


def _run(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout


def units(names: Iterable[str], run: Runs = _run, booted: bool | None = None) -> Finding:
    """What systemd says of the terminal's units. `booted`: whether it runs this machine (sd_booted(3))."""
    if not (Path("/run/systemd/system").is_dir() if booted is None else booted):
        return Finding(Verdict.SKIPPED, "systemd does not run here")
    states, sick, facts = [], [], dict[str, Fact]()
    for name in names:
        shown = run(["systemctl", "show", name, "--property=LoadState,ActiveState,SubState,NRestarts"])
        values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
        if values.get("LoadState") != "loaded":
            facts[name] = "not installed"
            continue
        state, restarts = values.get("ActiveState", "unknown"), int(values.get("NRestarts", "0"))
        facts[name], facts[f"{name} restarts"] = state, restarts
        states.append(f"{name} {state}" + (f" (restarted {restarts} times)" if restarts else ""))
        if state != "active":
            sick.append(name)
    if not states:
        return Finding(Verdict.SKIPPED, "not installed as a service on this machine", facts=facts)
    if sick:
        advice = f"journalctl --unit {sick[0]} --lines 30"
        return Finding(Verdict.FAILED, ", ".join(states), advice, facts)
    return Finding(Verdict.OK, ", ".join(states), facts=facts)


# ---------------------------------------------------------------- the record and the office


NOT_PROVISIONED = Finding(Verdict.SKIPPED, "this terminal is not provisioned")
NO_JOURNAL = Finding(Verdict.OK, "no event has been recorded yet", facts={"waiting": 0, "parked": 0})


def identity(device_id: str, office: str, revoked: bool, folder: Path) -> Finding:
    """`folder` holds the keys; a key may be absent there when it comes as a systemd credential."""
    facts: dict[str, Fact] = {"device_id": device_id, "revoked": revoked}
    text = f"terminal {device_id} of {office}"
    if revoked:
        advice = "BKPP revoked it. Save its events (kiosk events export FILE), then provision it anew with --replace."
        return Finding(Verdict.FAILED, f"{text} is revoked", advice, facts)
    for key in sorted(folder.glob("*.key")):
        if stat.S_IMODE(key.stat().st_mode) & 0o077:
            return Finding(Verdict.FAILED, f"other users can read {key}", f"chmod 0600 {key}", facts)
    return Finding(Verdict.OK, text, facts=facts)


def gallery(
    snapshot: GallerySnapshot, now: Moment, max_age_days: int, installed: Collection[ModelId] = (DLIB_RESNET_V1,)
) -> Finding:
    """`installed`: the recognisers whose templates this terminal can compare."""
    facts: dict[str, Fact] = {
        "version": snapshot.version,
        "people": len(snapshot.people),
        "templates": len(snapshot.templates),
    }
    text = f"version {snapshot.version}: {len(snapshot.people)} people, {len(snapshot.templates)} templates"
    wanted, used = snapshot.office.recogniser if snapshot.office else DLIB_RESNET_V1, counting(snapshot, installed)
    having = {
        model_id: len({each.person_id for each in snapshot.templates if each.model_id == model_id})
        for model_id in sorted({each.model_id for each in snapshot.templates} | {used})
    }
    facts |= {"recogniser": used} | {f"people_{model_id}": people for model_id, people in having.items()}
    if len(having) > 1:
        text += f" ({', '.join(f'{people} people with {model_id}' for model_id, people in having.items())})"
    if not snapshot.templates:
        advice = "Nobody can be recognised. Is kiosk-sync running, and is anybody enrolled for this office?"
        return Finding(Verdict.FAILED, text, advice, facts)
    if wanted != used:
        advice = "Install it with `kiosk models install`, and enrol people with it; until then dlib's is used."
        return Finding(Verdict.WARNING, f"{text}; the office's recogniser {wanted} cannot be used", advice, facts)
    if snapshot.fetched_utc is None or now.clock_state is not ClockState.SYNCHRONISED:
        return Finding(Verdict.OK, f"{text}, of unknown age", facts=facts)
    age = now.wall_utc - snapshot.fetched_utc
    facts["age_h"] = round(age / dt.timedelta(hours=1), 1)
    if max_age_days and age > dt.timedelta(days=max_age_days):
        advice = "Too old to record with (terminal.gallery_max_age_days). Bring the server back in reach."
        return Finding(Verdict.FAILED, f"{text}, {age.days} days old", advice, facts)
    if age > dt.timedelta(days=2):
        return Finding(
            Verdict.WARNING, f"{text}, {age.days} days old", "When did kiosk-sync last reach the server?", facts
        )
    return Finding(Verdict.OK, text, facts=facts)


def outbox(state: QueueState, faults: Iterable[str], now: Moment) -> Finding:
    """The journal's queue. `faults` are codes such as "journal_damaged"."""
    facts: dict[str, Fact] = {"waiting": state.waiting, "parked": state.parked, "set_aside": state.set_aside}
    text = f"{state.waiting} events wait, {state.parked} refused by the server"
    if broken := ", ".join(faults):
        advice = "kiosk events verify; docs/operations.md tells how to save a damaged journal."
        return Finding(Verdict.FAILED, f"{text}; {broken}", advice, facts)
    if state.set_aside:
        advice = "kiosk events list says why; make the export anew on the terminal that recorded them and import it."
        return Finding(Verdict.WARNING, f"{text}; {state.set_aside} imports set aside", advice, facts)
    if state.parked:
        return Finding(Verdict.WARNING, text, "BKPP decides about refused events: kiosk events list", facts)
    oldest = state.oldest_waiting_utc
    if oldest is not None and now.clock_state is ClockState.SYNCHRONISED:
        age = now.wall_utc - oldest
        facts["oldest_h"] = round(age / dt.timedelta(hours=1), 1)
        if age > dt.timedelta(days=1):
            advice = "They are safe here, but not in the books. Is the network up? journalctl --unit kiosk-sync"
            return Finding(Verdict.WARNING, f"{text}, the oldest for {age.days} days", advice, facts)
    return Finding(Verdict.OK, text, facts=facts)


def chain(events: int, thinned: int, faults: Iterable[str]) -> Finding:
    """The outcome of verifying every link of the journal's hash chain. `thinned` of the events have no content left
    that could be checked."""
    broken = list(faults)
    facts: dict[str, Fact] = {"events": events, "thinned": thinned, "faults": len(broken)}
    if broken:
        advice = "Do not repair it. Keep the file, export what it holds (kiosk events export FILE), tell BKPP."
        return Finding(Verdict.FAILED, f"{len(broken)} faults in {events} events: {broken[0]}", advice, facts)
    unchecked = f", {thinned} of them thinned and known by their hash alone" if thinned else ""
    return Finding(Verdict.OK, f"{events} events, unbroken{unchecked}", facts=facts)


def server(url: str, ask: Callable[[str], str | None]) -> Finding:
    """`ask` returns the Presensi-Protocol header of an answer (None: there is none), or raises KioskError."""
    if not url:
        return Finding(Verdict.SKIPPED, "no server is set yet: this terminal is not provisioned")
    spoken = ask(url)
    facts: dict[str, Fact] = {"url": url, "protocol": spoken}
    if spoken is None:
        advice = "Something else answers there: a proxy's log-in page, or a wrong address."
        return Finding(Verdict.FAILED, f"{url} is not an e-TPP server", advice, facts)
    if spoken != "1":
        return Finding(
            Verdict.FAILED, f"{url} speaks protocol {spoken}, this terminal 1", "Update the terminal.", facts
        )
    return Finding(Verdict.OK, url, facts=facts)
