"""What an enrolment is made from, however it comes: good pictures, and a fresh look that they must recognise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from enrollment import quality, verification
from enrollment.capture import GuidedCapture, Pose, Seen, Tell
from enrollment.quality import Verdict
from enrollment.registrar import Applicant, Sitting, Warn
from enrollment.station import Station
from enrollment.templates import Shot
from kiosk.config import EnrolmentSettings, Recognition
from kiosk.model import Descriptor, Frame, Nip
from kiosk.ports import FrameSource
from kiosk.replay import ReplayEnded
from kiosk.scores.threshold import load_table


class Anew(Exception):
    """What was taken does not count any more: the looks are to be taken again, from the beginning."""


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """`fresh` gives the look that is compared with the templates, when all else has been checked, and may raise Anew;
    None where there is none, and then the officer is told that nothing was verified."""

    sitting: Sitting
    fresh: Callable[[], Sequence[Descriptor]] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who follows a capture: told of each frame, first of the guided looks, then of the one that must be recognised."""

    seen: Callable[[Seen], None]
    verifying: Callable[[Frame, Verdict, float], None]
    tell: Tell


def by_camera(station: Station, settings: EnrolmentSettings, frames: FrameSource, watch: Watch) -> Taken:
    """Raises Refusal, CameraError, and what `frames` raises."""
    bounds = quality.limits(settings)
    captured = GuidedCapture(station.engine, bounds, pose_s=settings.pose_s, tell=watch.tell, watch=watch.seen).run(
        frames
    )
    warnings = (Warn("no_turned_view"),) if {Pose.LEFT, Pose.RIGHT} <= set(captured.missing) else ()
    sitting = Sitting(captured.shots, settings.min_templates, one_sitting=True, warnings=warnings)

    def fresh() -> Sequence[Descriptor]:
        return verification.fresh_looks(station.engine, frames, bounds, settings.pose_s, watch.verifying)

    return Taken(sitting, fresh)


def proven(
    station: Station, applicant: Applicant, taken: Taken, recognition: Recognition, despite: Nip | None = None
) -> Callable[[Sequence[Shot]], Sequence[Warn]]:
    """For the registrar: whether the templates recognise the fresh look, by the terminal's threshold and margin; what
    the officer is told where there was none. `despite`: as the registrar has it. Raises ModelError for an office's own
    threshold table that cannot serve."""
    model_id = station.engine.model_id
    table = load_table(Path(recognition.fpir_table)) if recognition.fpir_table else None
    own = table if table is not None and table.model_id == model_id else None

    def recognised(templates: Sequence[Shot]) -> Sequence[Warn]:
        try:
            fresh = None if taken.fresh is None else taken.fresh()
        except ReplayEnded:
            fresh = None  # a clip shows what it shows, and nobody can be asked to look again
        if fresh is None:
            return (Warn("not_verified"),)
        verification.verify(
            fresh,
            templates,
            applicant.parts.nip,
            station.records.gallery,
            model_id=model_id,
            fpir=recognition.fpir,
            margin=recognition.margin,
            table=own,
            despite=despite,
        )
        return ()

    return recognised
