"""What each command does, step by step, between the officer, the camera and the registrar."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from enrollment import consent as consents
from enrollment import listing, photos, quality, views
from enrollment.bulk import Order, enrol_all
from enrollment.capture import Pose
from enrollment.consent import Consent
from enrollment.looking import Taken, Watch, by_camera, proven
from enrollment.nip import masked
from enrollment.refusal import Refusal
from enrollment.registrar import Sitting
from enrollment.reporter import Reporter
from enrollment.standing import standings
from enrollment.station import Station, open_engine_for, open_records, open_station
from kiosk.camera import configured_camera
from kiosk.config import Config, EnrolmentSettings
from kiosk.model import Frame, Nip
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
    """What the command line says of one person. `pictures` empty: from the camera. `probe`: the picture that
    the others must recognise; None: the last one."""

    nip: str = field(repr=False)
    name: str = field(repr=False)
    office_id: str
    asking: Asking
    camera: str
    pictures: tuple[Path, ...]
    probe: Path | None
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
        with _looked(order, config, station, reporter) as taken:
            verify = proven(station, applicant, taken, config.recognition, order.despite)
            enrolled = station.registrar.enrol(applicant, taken.sitting, consent, despite=order.despite, verify=verify)
        station.records.remember()
        reporter.enrolled(enrolled, taken.sitting, station.records.outbox.queue_state())


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


@contextlib.contextmanager
def _looked(order: PersonOrder, config: Config, station: Station, reporter: Reporter) -> Iterator[Taken]:
    """What is to be enrolled; the camera is open until it is."""
    if order.pictures:
        yield _pictures(order, config.enrolment, station)
        return
    said: list[str] = []

    def tell(pose: Pose, fault: str | None) -> None:
        reporter.say(reporter.prompt_text(pose.value) if fault is None else f"  {reporter.refusal_text(fault)}")

    def verifying(_frame: Frame, verdict: quality.Verdict, _done: float) -> None:
        line = reporter.prompt_text("verify") if verdict.face is None or verdict.reason is None else None
        line = line or f"  {reporter.refusal_text(str(verdict.reason))}"
        if said[-1:] != [line]:
            said.append(line)
            reporter.say(line)

    source = configured_camera(config.camera, source=order.camera, once=True)
    try:
        yield by_camera(station, config.enrolment, source, Watch(lambda _seen: None, verifying, tell))
        reporter.say(reporter.prompt_text("done"))
    finally:
        source.close()


def _pictures(order: PersonOrder, settings: EnrolmentSettings, station: Station) -> Taken:
    """Of the pictures; one that is named for it, or the last where there are enough, is what they must recognise: none
    of them, for a picture is always recognised by itself."""
    bounds = quality.limits(settings)
    gathered = photos.gather(station.engine, order.pictures, bounds, order.probe)
    needed = min(settings.min_templates, gathered.pictures)
    if order.probe is None:
        found = views.apart(gathered.shots, settings.min_templates, settings.spread)
        kept, probe = found.kept, found.probe
    else:
        kept, probe = gathered.shots, photos.gather(station.engine, [order.probe], bounds).shots[0]
    sitting = Sitting(kept, needed, one_sitting=False, skipped=gathered.skipped)
    return Taken(sitting, None if probe is None else lambda: [probe.descriptor])
