"""An enrolment at the terminal's screen: the steps of `enroll person`, taken by the running program and its camera."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from enrollment import consent as consents
from enrollment import quality
from enrollment.capture import Seen
from enrollment.catalogue import LANGUAGES, SPOKEN, catalogue
from enrollment.looking import Anew, Taken, Watch, by_camera, proven
from enrollment.quality import Verdict
from enrollment.refusal import Refusal
from enrollment.registrar import Applicant, Warn
from enrollment.station import Station, open_station
from kiosk.config import Config, EnrolmentSettings
from kiosk.model import Frame, Hint, Nip
from kiosk.ports import FrameSource, Look, Told, Written

VERIFY = "verify"
"""The last thing that is asked for: to be recognised."""

_HINTS: Mapping[str, Hint] = {reason: hint for hint, reason in quality.REASONS.items()}


def consent_text() -> Told:
    """What is agreed to, by language; the Indonesian one is signed."""
    return {language: consents.text(consents.DEFAULT_TEXT_ID, language).text for language in LANGUAGES}


Take = Callable[[Station, EnrolmentSettings, FrameSource, Callable[[Look], None]], Taken]


def at_camera(
    station: Station, settings: EnrolmentSettings, frames: FrameSource, watch: Callable[[Look], None]
) -> Taken:
    """The guided capture, followed by the screen; then a fresh look."""
    return by_camera(
        station,
        settings,
        frames,
        Watch(
            seen=lambda seen: watch(_look(seen)),
            verifying=partial(_verifying, watch),
            tell=lambda _pose, _fault: None,  # the screen follows each frame
        ),
    )


class ScreenEnrolment:
    """`kiosk.ports.Enrolment`. Holds the terminal's lock of enrolments, and a face engine of its own, from `admit` to
    `close`: nobody else enrols meanwhile."""

    def __init__(self, config: Config, state: Path, take: Take = at_camera) -> None:
        """`take` says where the looks come from."""
        self._config = config
        self._state = state
        self._take = take
        self._held = contextlib.ExitStack()
        self._station: Station | None = None
        self._applicant: Applicant | None = None
        self._despite: Nip | None = None

    def admit(self, nip: Nip, name: str, *, replacing: bool, despite: Nip | None = None) -> None:
        """Raises Refusal; IdentityError, StateError, StateInUse, OutboxError, ModelError."""
        self.close()
        with contextlib.ExitStack() as held:
            station = held.enter_context(open_station(self._config, self._state))
            office_id = station.records.identity.provisioning.office_id
            self._applicant = station.registrar.admit(nip, name, office_id, replace=replacing)
            self._station, self._held, self._despite = station, held.pop_all(), despite

    def enrol(self, officer: str, signature: bytes, frames: FrameSource, watch: Callable[[Look], None]) -> Written:
        """Raises Refusal, CameraError, OutboxError, and what `frames` raises."""
        station, applicant = self._station, self._applicant
        if station is None or applicant is None:
            raise Refusal("no_consent")  # nobody was admitted, so nobody has agreed
        consent = consents.given(officer, consents.DEFAULT_TEXT_ID, station.records.clock.now().wall_utc, signature)
        while True:
            taken = self._take(station, self._config.enrolment, frames, watch)
            verify = proven(station, applicant, taken, self._config.recognition, self._despite)
            try:
                enrolled = station.registrar.enrol(
                    applicant, taken.sitting, consent, despite=self._despite, verify=verify
                )
                break
            except Anew:
                continue  # at the last look, before anything was written
        station.records.remember()
        notes = (*taken.sitting.warnings, *enrolled.warnings)
        return Written(len(enrolled.templates), tuple(_told(note) for note in notes))

    def close(self) -> None:
        self._station = self._applicant = None
        self._held.close()


def _told(warn: Warn) -> Told:
    return {language: catalogue(language).screen("warning", warn.code, **warn.details) for language in SPOKEN}


def _look(seen: Seen) -> Look:
    return _of(seen.wanted.value, min(1.0, seen.done), seen.verdict, seen.frame)


def _verifying(watch: Callable[[Look], None], frame: Frame, verdict: Verdict, done: float) -> None:
    watch(_of(VERIFY, done, verdict, frame))


def _of(pose: str, done: float, verdict: Verdict, frame: Frame) -> Look:
    face = verdict.face
    if face is None:
        return Look(pose, done, nobody=True)
    height, width = frame.rgb.shape[:2]
    box = face.box_px
    return Look(
        pose,
        done,
        None if verdict.reason is None else _HINTS.get(verdict.reason),
        box=(box.left / width, box.top / height, box.right / width, box.bottom / height),
    )
