"""`kiosk doctor`: every part of this terminal is asked how it is. Exit code 1 when one has failed, else 0."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import cached_property, partial
from importlib import metadata
from pathlib import Path

import click

from kiosk import config as configuration
from kiosk.commands.options import config_option, state_option
from kiosk.config import Config
from kiosk.errors import ConfigError, ModelError, StateError
from kiosk.machine import camera_check, doctor
from kiosk.machine.doctor import Check, Finding, Verdict
from kiosk.machine.identity import Identity
from kiosk.machine.model_files import ModelStore
from kiosk.machine.state import StateFolder
from kiosk.model import Moment, RgbImage

UNITS = ("kiosk.service", "kiosk-sync.service")
SIGNS = {Verdict.OK: "ok", Verdict.WARNING: "warning", Verdict.FAILED: "FAILED", Verdict.SKIPPED: "-"}
COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAILED: "red", Verdict.SKIPPED: "bright_black"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.option("--only", multiple=True, metavar="CHECK", help="Ask only this one; may be given several times.")
@config_option
@state_option
def command(as_json: bool, only: tuple[str, ...], config: Path | None, state: Path) -> None:
    """Check this terminal, one line a part, with what to do about what is wrong."""
    checks = Patient(config, StateFolder(state)).checks()
    if unknown := set(only) - set(checks):
        raise click.UsageError(f"there is no check {', '.join(sorted(unknown))}. There are: {', '.join(checks)}.")
    findings = doctor.examine({name: check for name, check in checks.items() if not only or name in only})
    if as_json:
        click.echo(json.dumps(report(findings), indent=2, ensure_ascii=False))
    else:
        for name, finding in findings.items():
            print_finding(name, finding)
    if any(finding.verdict is Verdict.FAILED for finding in findings.values()):
        raise click.exceptions.Exit(1)


def report(findings: dict[str, Finding]) -> dict[str, object]:
    return {
        "ok": all(finding.verdict is not Verdict.FAILED for finding in findings.values()),
        "checks": [
            {
                "name": name,
                "verdict": finding.verdict.value,
                "text": finding.text,
                "advice": finding.advice,
                "facts": dict(finding.facts),
            }
            for name, finding in findings.items()
        ],
    }


def print_finding(name: str, finding: Finding) -> None:
    sign = click.style(f"{SIGNS[finding.verdict]:8}", fg=COLOURS[finding.verdict])
    click.echo(f"{sign} {name:12} {finding.text}")
    if finding.advice:
        click.echo(f"{'':21} -> {finding.advice}")


class Patient:
    """The terminal as the checks see it. Parts are opened when a check first needs them."""

    def __init__(self, config_file: Path | None, state: StateFolder) -> None:
        self._config_file = config_file
        self._state = state

    def checks(self) -> dict[str, Check]:
        """Name -> check, in the order in which a technician would look."""
        return {
            "python": lambda: doctor.python(sys.version_info[:3]),
            "packages": self._packages,
            "settings": lambda: doctor.settings(
                lambda: configuration.load(self._config_file), str(self._config_file or "the defaults")
            ),
            "state": lambda: doctor.state_folder(self._state.path),
            "disk": lambda: doctor.disk(self._state.path),
            "models": self._models,
            "camera": self._camera,
            "display": lambda: doctor.display(os.environ),
            "voice": doctor.speech,
            "lamps": self._lamps,
            "optional": lambda: doctor.optional(self._state.read_lacks() if self._terminal_runs() else None),
            "clock": self._clock,
            "identity": self._identity,
            "gallery": self._gallery,
            "outbox": self._outbox,
            "chain": self._chain,
            "server": self._server,
            "units": lambda: doctor.units(UNITS),
            "temperature": doctor.temperature,
        }

    @cached_property
    def _config(self) -> Config:
        """The settings, or the defaults when those are wrong: that is the check "settings"'s finding."""
        try:
            return configuration.load(self._config_file)
        except ConfigError:
            return configuration.load()

    @cached_property
    def _who(self) -> Identity | None:
        if not (self._state.identity_dir / "provisioning.json").exists():
            return None
        return Identity.load(self._state.identity_dir, server_url=self._config.server.url)

    @cached_property
    def _now(self) -> Moment:
        from kiosk.journal.outbox import SqliteOutbox
        from kiosk.machine.clock import SystemClock

        if self._who is None or not self._state.outbox_path.exists():
            return SystemClock().now()
        outbox = SqliteOutbox(self._state.outbox_path, self._who.device_id)
        try:
            return SystemClock(outbox.anchors).now()
        finally:
            outbox.close()

    def _packages(self) -> Finding:
        requirements = metadata.requires("presensi-kiosk") or []
        return doctor.packages(requirements, also=("face_recognition", "face_recognition_models"))

    def _models(self) -> Finding:
        from kiosk.face.descriptor import LANDMARKS_FILE, RESNET_FILE, weights_path

        store = ModelStore(self._state.path / "models")
        optional = {model.name: store.status(model) for model in store.manifest}
        return doctor.models(lambda: [weights_path(name) for name in (LANDMARKS_FILE, RESNET_FILE)], optional)

    def _camera(self) -> Finding:
        from kiosk.paired import terminal_camera

        if self._terminal_runs():
            return camera_check.camera(None)
        settings = self._config.camera
        return camera_check.camera(partial(terminal_camera, settings), self._face_score(), rotation=settings.rotation)

    def _face_score(self) -> Callable[[RgbImage], float] | None:
        """None when the models cannot be used: that is the check "models"'s finding."""
        from kiosk.face import open_engine

        try:
            engine = open_engine(self._config.recognition.engine, models_dir=self._state.path / "models", follow=False)
        except ModelError:
            return None
        return lambda rgb: max((face.score for face in engine.faces(rgb)), default=0.0)

    def _lamps(self) -> Finding:
        from kiosk.machine.indicators import open_indicators

        indicators = self._config.indicators
        take = partial(open_indicators, True, indicators.green_pin, indicators.red_pin, indicators.buzzer_pin)
        return doctor.lamps(indicators.enabled, None if self._terminal_runs() else take)

    def _terminal_runs(self) -> bool:
        if not self._state.path.is_dir():
            return False
        try:
            with self._state.lock("run"):
                return False
        except StateError:
            return True

    def _clock(self) -> Finding:
        from kiosk.machine.clock import LinuxKernel

        return doctor.clock(self._now, LinuxKernel().in_step())

    def _identity(self) -> Finding:
        if self._who is None:
            advice = "Take a code from the e-TPP console, then: kiosk provision CODE --server URL"
            return Finding(Verdict.FAILED, doctor.NOT_PROVISIONED.text, advice)
        office = self._who.provisioning.office_name
        return doctor.identity(str(self._who.device_id), office, self._who.revoked, self._state.identity_dir)

    def _gallery(self) -> Finding:
        from kiosk.gallery import TinyGallery

        if self._who is None:
            return doctor.NOT_PROVISIONED
        snapshot = TinyGallery(self._state.gallery_path, self._who.storage_key).load()
        installed = ModelStore(self._state.path / "models").recognisers()
        return doctor.gallery(snapshot, self._now, self._config.terminal.gallery_max_age_days, installed)

    def _outbox(self) -> Finding:
        from kiosk.journal.outbox import SqliteOutbox

        if not self._state.outbox_path.exists():
            return doctor.NO_JOURNAL
        if self._who is None:
            return doctor.NOT_PROVISIONED
        outbox = SqliteOutbox(self._state.outbox_path, self._who.device_id, key=self._who.storage_key)
        try:
            return doctor.outbox(outbox.queue_state(), sorted(f.value for f in outbox.faults()), self._now)
        finally:
            outbox.close()

    def _chain(self) -> Finding:
        from kiosk.journal.audit import JournalAudit, Tally
        from kiosk.journal.outbox import SqliteOutbox

        if not self._state.outbox_path.exists():
            return doctor.NO_JOURNAL
        if self._who is None:
            return doctor.NOT_PROVISIONED
        outbox = SqliteOutbox(self._state.outbox_path, self._who.device_id, key=self._who.storage_key)
        try:
            tally = Tally()
            broken = [f"{finding.seq}: {finding.what}" for finding in JournalAudit(outbox).verify(tally)]
            return doctor.chain(tally.events, tally.linked + tally.unlinked, broken)
        finally:
            outbox.close()

    def _server(self) -> Finding:
        if self._who is None:
            return doctor.NOT_PROVISIONED
        return doctor.server(self._who.server_url, self._protocol_of)

    def _protocol_of(self, url: str) -> str | None:
        """Without a signature: the refusal carries the protocol's header as well, and no counter is used up."""
        from kiosk import wire
        from kiosk.link.download import Download
        from kiosk.link.http import Transport
        from kiosk.machine.clock import SystemClock

        settings = self._config.server
        ca_file = settings.ca_file or (self._who.provisioning.ca_file if self._who else "")
        transport = Transport(
            ca_file=ca_file, timeout_s=settings.timeout_s, clock=SystemClock(), sign=lambda _request: None
        )
        try:
            headers = {wire.PROTOCOL_HEADER: str(wire.PROTOCOL)}
            gallery = f"{url}/v1/devices/doctor/gallery?since=0&wait_s=0"
            answer = transport.get(gallery, headers, wait_s=0, download=Download())
        finally:
            transport.close()
        return answer.headers.get(wire.PROTOCOL_HEADER)
