"""Which picture of a face may become a template: stricter than recognition, because a template serves for years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kiosk.config import EnrolmentSettings, QualityLimits
from kiosk.face.quality import Limits, judge
from kiosk.model import Face, Hint, Quality

RIVAL_WIDTH = 0.4
"""A second face at least this wide, as a share of the largest, leaves open who is enrolled. At the terminal others may
stand behind; an enrolment can be repeated without them."""

MIN_SCORE = 0.3
"""A detection below this score does not count as a second face. Of the faces that dlib finds in the middle of
LFW's photos 98.3 % lie above (docs/enrolment.md); it takes folds of clothing for faces too, with lower scores."""

REASONS: Mapping[Hint, str] = {
    Hint.SEVERAL_FACES: "several_faces",
    Hint.TOO_DARK: "too_dark",
    Hint.TOO_BRIGHT: "too_bright",
    Hint.TOO_FAR: "face_too_small",
    Hint.TOO_NEAR: "face_too_near",
    Hint.NOT_CENTRED: "face_cut_off",
    Hint.NOT_FACING: "face_turned",
    Hint.HOLD_STILL: "blurred",
    Hint.EYES_HIDDEN: "eyes_hidden",
    Hint.MOUTH_HIDDEN: "mouth_hidden",
}
"""The refusal that each of the terminal's hints becomes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a picture is worth. `face` the one to enrol, None when there is none; `reason` a refusal's code, None when
    the picture is good."""

    face: Face | None
    reason: str | None


def limits(settings: EnrolmentSettings) -> Limits:
    return Limits(**settings.model_dump(include=set(QualityLimits.model_fields)))


def assess(faces: Sequence[Face], bounds: Limits) -> Verdict:
    """Judge one picture by the faces found in it."""
    certain = [face for face in faces if face.score >= MIN_SCORE] or list(faces)
    if not certain:
        return Verdict(None, "no_face")
    subject = max(certain, key=lambda face: face.box_px.width)
    if any(face is not subject and face.box_px.width >= RIVAL_WIDTH * subject.box_px.width for face in certain):
        return Verdict(subject, "several_faces")
    hint = judge(subject.quality, bounds)
    return Verdict(subject, None if hint is None else REASONS[hint])


def merit(quality: Quality) -> float:
    """How good a template it would make, 0..1: frontal, upright, sharp and large, each with diminishing returns."""
    frontal = max(0.0, 1.0 - abs(quality.yaw) - abs(quality.pitch) / 2 - abs(quality.roll_deg) / 90)
    sharp = quality.sharpness / (quality.sharpness + 50.0)
    large = quality.eye_distance_px / (quality.eye_distance_px + 40.0)
    return frontal * sharp * large
