"""Does the terminal know the person by the new templates? One more look, compared as it will be at the daily screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from enrollment import quality
from enrollment.capture import GAP_S, STRAIGHT
from enrollment.quality import Verdict
from enrollment.refusal import Refusal
from enrollment.templates import Shot
from kiosk.face.looks import LOOKS
from kiosk.face.quality import Limits
from kiosk.matcher import Matcher
from kiosk.model import Descriptor, Frame, GallerySnapshot, ModelId, Nip, PersonId, Template
from kiosk.ports import FaceEngine, FrameSource

FRAMES = 3
"""As many as the terminal looks at before it names anybody (recognition.min_frames)."""

_NEW = PersonId("new")
"""The person who is being enrolled, whatever the server calls them."""


def fresh_looks(
    engine: FaceEngine,
    source: FrameSource,
    bounds: Limits,
    within_s: float,
    watch: Callable[[Frame, Verdict, float], None],
) -> list[Descriptor]:
    """FRAMES descriptors of a face that looks straight, taken now. `watch` is told of each frame: its verdict and how
    much is done, 0..1. Raises Refusal not_recognised when they do not come in time; CameraError."""
    found: list[Descriptor] = []
    deadline_s: float | None = None
    described_s = -1e9
    while len(found) < FRAMES:
        frame = source.read()
        deadline_s = frame.t_s + within_s if deadline_s is None else deadline_s
        if frame.t_s > deadline_s:
            raise Refusal("not_recognised")
        verdict = quality.assess(engine.faces(frame.rgb), bounds)
        if verdict.face is not None and verdict.reason is None and abs(verdict.face.quality.yaw) > STRAIGHT:
            verdict = Verdict(verdict.face, "face_turned")
        if verdict.face is not None and verdict.reason is None and frame.t_s - described_s >= GAP_S:
            described_s = frame.t_s
            found.append(engine.describe(frame.rgb, verdict.face, LOOKS))
        watch(frame, verdict, len(found) / FRAMES)
    return found


def verify(
    looks: Sequence[Descriptor],
    templates: Sequence[Shot],
    nip: Nip,
    gallery: GallerySnapshot,
    *,
    model_id: ModelId,
    fpir: float,
    margin: float,
) -> None:
    """Search the looks among the new templates and everybody else of the office, with the terminal's own threshold and
    margin. Raises Refusal not_recognised when it is not the new templates that are found, and these alone."""
    others = [
        template
        for template in gallery.templates
        if template.model_id == model_id and gallery.people[template.person_id].nip != nip
    ]
    new = [Template(f"new-{n}", _NEW, shot.descriptor, model_id) for n, shot in enumerate(templates)]
    match = Matcher([*others, *new], fpir, margin, model_id=model_id).identify(list(looks))
    if match.person_id != _NEW:
        raise Refusal("not_recognised")
