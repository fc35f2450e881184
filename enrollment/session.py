"""What each command does, step by step, between the officer, the camera and the registrar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from enrollment import consent as consents
from enrollment import listing, photos, quality
from enrollment.bulk import Order, enrol_all
from enrollment.capture import GuidedCapture, Pose
from enrollment.consent import Consent
from enrollment.nip import masked
from enrollment.refusal import Refusal
from enrollment.registrar import Sitting, Warn
from enrollment.reporter import Reporter
from enrollment.standing import standings
from enrollment.station import Station, open_engine_for, open_records, open_station
from kiosk.camera import configured_camera
from kiosk.config import Config
from kiosk.model import Nip
from kiosk.ports import Clock


@dataclass(frozen=True, slots=True)
class Asking:
    """How consent is asked for in one run. `given`: the officer says that it was, so nobody is asked."""

    officer: str
    text_id: str
    given: bool

    def ask(self, question: str, clock: Clock, reporter: Reporter) -> Consent:
        """Show the text and take the answer. No answer (end of input, Ctrl-C) is none. Raises Refusal no_consent."""
        if not self.given:
            reporter.say(consents.text(self.text_id, "id").text)  # what is agreed to is the Indonesian text
            if reporter.language != "id":
                reporter.say(consents.text(self.text_id, reporter.language).text)
            try:
                answer = click.prompt(question, default="", show_default=False, err=True)
            except click.Abort as error:
                raise Refusal("no_consent") from error
            if str(answer).strip().lower() not in reporter.prompt_text("yes_words").split():
                raise Refusal("no_consent")
        return consents.given(self.officer, self.text_id, clock.now().wall_utc)


@dataclass(frozen=True, slots=True)
class PersonOrder:
    """What the command line says of one person. `pictures` empty: from the camera."""

    nip: str = field(repr=False)
    name: str = field(repr=False)
    office_id: str
    asking: Asking
    camera: str
    pictures: tuple[Path, ...]
    replace: bool
    despite: Nip | None


@dataclass(frozen=True, slots=True)
class MassOrder:
    """What the command line says of a list of people."""

    folder: Path
    office_id: str
    asking: Asking
    replace: bool
    dry_run: bool


def enrol_person(order: PersonOrder, config: Config, state: Path, reporter: Reporter) -> None:
    """Admission, consent, capture, registration: in this order, so that no face is looked at without consent."""
    with open_station(config, state) as station:
        applicant = station.registrar.admit(order.nip, order.name, order.office_id, replace=order.replace)
        question = reporter.prompt_text("ask_consent", name=applicant.name, nip=masked(applicant.parts.nip))
        consent = order.asking.ask(question, station.records.clock, reporter)
        sitting = _look(order, config, station, reporter)
        enrolled = station.registrar.enrol(applicant, sitting, consent, despite=order.despite)
        station.records.remember()
        reporter.enrolled(enrolled, sitting, station.records.outbox.queue_state())


def enrol_many(order: MassOrder, config: Config, state: Path, reporter: Reporter) -> bool:
    """Whether nobody was refused."""
    rows = listing.read(order.folder)
    with open_station(config, state) as station:
        station.registrar.check_office(order.office_id)
        question = reporter.prompt_text("ask_consent_all", count=len(rows), officer=order.asking.officer)
        consent = order.asking.ask(question, station.records.clock, reporter)
        mass = Order(
            order.folder, order.office_id, consent, config.enrolment.min_templates, order.replace, order.dry_run
        )
        outcomes = []
        for outcome in enrol_all(mass, rows, station.registrar, station.engine, quality.limits(config.enrolment)):
            outcomes.append(outcome)
            reporter.person(outcome)
        station.records.remember()
    reporter.mass(outcomes, order.dry_run)
    return all(outcome.status != "refused" for outcome in outcomes)


def list_enrolments(limit: int, state: Path, reporter: Reporter) -> None:
    """The newest `limit` enrolments of this terminal and what became of them; all when it is 0."""
    records = open_records(state)
    records.remember()
    found = standings(records.enrolments(), records.memory, records.gallery)
    reporter.standings(found[-limit:], records.identity.provisioning.timezone)


def check_pictures(paths: Sequence[Path], config: Config, reporter: Reporter) -> bool:
    """Whether all pictures are good enough to enrol from."""
    reports = photos.report(open_engine_for(config, None), paths, quality.limits(config.enrolment))
    reporter.pictures(reports, [path.name for path in paths])
    return all(report.reason is None for report in reports)


def _look(order: PersonOrder, config: Config, station: Station, reporter: Reporter) -> Sitting:
    settings = config.enrolment
    bounds = quality.limits(settings)
    if order.pictures:
        gathered = photos.gather(station.engine, order.pictures, bounds)
        needed = min(settings.min_templates, gathered.pictures)
        return Sitting(gathered.shots, needed, one_sitting=False, skipped=gathered.skipped)
    source = configured_camera(config.camera, source=order.camera, once=True)
    try:
        captured = GuidedCapture(
            station.engine, bounds, pose_s=settings.pose_s, tell=lambda pose, fault: _tell(reporter, pose, fault)
        ).run(source)
    finally:
        source.close()
    reporter.say(reporter.prompt_text("done"))
    warnings = (Warn("no_turned_view"),) if {Pose.LEFT, Pose.RIGHT} <= set(captured.missing) else ()
    return Sitting(captured.shots, settings.min_templates, one_sitting=True, warnings=warnings)


def _tell(reporter: Reporter, pose: Pose, fault: str | None) -> None:
    reporter.say(reporter.prompt_text(pose.value) if fault is None else f"  {reporter.refusal_text(fault)}")
