"""Does the terminal know the person by the new templates? One more look, compared as it will be at the daily screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from enrollment import quality
from enrollment.capture import GAP_S, STRAIGHT
from enrollment.nip import masked
from enrollment.quality import Verdict
from enrollment.refusal import Refusal
from enrollment.templates import Shot
from kiosk.face.looks import LOOKS
from kiosk.face.quality import Limits
from kiosk.matcher import Matcher
from kiosk.model import Descriptor, Frame, GallerySnapshot, ModelId, Nip, PersonId, Template
from kiosk.ports import FaceEngine, FrameSource
from kiosk.scores.threshold import ThresholdTable

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
    table: ThresholdTable | None,
    despite: Nip | None = None,
) -> None:
    """Search the looks among the new templates and everybody else of the office, with the terminal's own threshold
    (`table`: the office's own, None: the packaged one) and margin.

    Raises Refusal not_recognised when it is not the new templates that are found; looks_alike when the terminal would
    ask for a NIP, to tell the person from somebody else than `despite`, whom the officer has named.
    """
    others = [
        template
        for template in gallery.templates
        if template.model_id == model_id and gallery.people[template.person_id].nip != nip
    ]
    new = [Template(f"new-{n}", _NEW, shot.descriptor, model_id) for n, shot in enumerate(templates)]
    match = Matcher([*others, *new], fpir, margin, table, model_id=model_id).identify(list(looks))
    found = match.look_alikes or (match.person_id,)
    if _NEW not in found:
        raise Refusal("not_recognised")
    for each in found:
        if each is not None and each != _NEW and gallery.people[each].nip != despite:
            raise Refusal("looks_alike", other=masked(gallery.people[each].nip))
