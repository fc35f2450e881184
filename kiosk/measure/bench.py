"""The measurement behind `kiosk bench`: each step alone, and the whole pipeline, against `face_recognition`."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import dlib
import numpy as np
import numpy.typing as npt

from kiosk.errors import CameraError
from kiosk.face import open_engine, quality
from kiosk.face.descriptor import (
    RESNET_FILE,
    FastDescriber,
    dlib_shape,
    face_chip,
    open_fast_describer,
    weights_path,
)
from kiosk.face.detector import PlainHog
from kiosk.face.looks import LOOKS
from kiosk.liveness import Liveness
from kiosk.matcher import Matcher
from kiosk.measure.loops import (
    KNOWN,
    Loop,
    PlainLoop,
    PresensiLoop,
    QuarterLoop,
    Side,
    median_ms,
    run_loops,
    times_faster,
    times_faster_by_rounds,
)
from kiosk.model import DLIB_RESNET_V1, Descriptor, Match, ModelId, PersonId, RgbImage, Template
from kiosk.model.recognisers import RECOGNISERS
from kiosk.ports import FaceEngine, FaceMatcher
from kiosk.terminal.recognise import Recogniser

ENROLLED_FRAMES = 3
"""The clip's person is enrolled from so many frames of its first third."""

STEP_INPUTS = 60
"""A step alone is timed on so many frames, spread over the clip."""


@dataclass(frozen=True)
class Pair:
    """One step done in two ways, in milliseconds (medians of CPU time), and by how much their results differ."""

    what: str
    theirs_ms: float
    ours_ms: float
    max_abs_diff: float | None = None

    @property
    def speedup(self) -> float:
        return self.theirs_ms / self.ours_ms

    def row(self) -> dict[str, object]:
        return {"step": self.what, "theirs_ms": self.theirs_ms, "ours_ms": self.ours_ms, "speedup": self.speedup}


@dataclass(frozen=True)
class Results:
    """Everything that was measured; `as_json` has the keys of docs/accuracy.md."""

    sides: Sequence[Side]  # presensi, plain, quarter, presensi with all looks
    steps: Sequence[Pair]  # descriptor, detection, matching
    frames: int
    employees: int
    templates: int
    model_id: ModelId = DLIB_RESNET_V1

    def as_json(self) -> dict[str, object]:
        presensi, plain, quarter, unsure = self.sides
        steps = {step.what: step for step in self.steps}
        return {
            "model": str(self.model_id),
            "descriptor_speedup": steps["descriptor"].speedup,
            "descriptor_max_abs_diff": steps["descriptor"].max_abs_diff,
            "detection_speedup": steps["detection"].speedup,
            "matcher_speedup": steps["matching"].speedup,
            "pipeline_speedup_plain": plain.wall_s / presensi.wall_s,
            "pipeline_speedup_quarter": quarter.wall_s / presensi.wall_s,
            "pipeline_cpu_speedup_plain": plain.cpu_s / presensi.cpu_s,
            "pipeline_cpu_speedup_quarter": quarter.cpu_s / presensi.cpu_s,
            "pipeline_cpu_speedup_plain_undisturbed": times_faster(presensi, plain),
            "pipeline_cpu_speedup_quarter_undisturbed": times_faster(presensi, quarter),
            "pipeline_cpu_speedup_plain_rounds": times_faster_by_rounds(presensi, plain),
            "pipeline_cpu_speedup_quarter_rounds": times_faster_by_rounds(presensi, quarter),
            "decision_ms_p50": median_ms(presensi.decision_wall_s),
            "decision_cpu_ms_p50": median_ms(presensi.decision_cpu_s),
            "decision_cpu_ms_least": 1e3 * min(presensi.decision_cpu_s) if presensi.decision_cpu_s else None,
            "decision_all_looks_cpu_ms_p50": median_ms(unsure.decision_cpu_s),
            "frames": self.frames,
            "employees": self.employees,
            "templates": self.templates,
            "sides": [side.row() for side in self.sides],
            "steps": [step.row() for step in self.steps],
        }

    def as_table(self) -> str:
        what = f"whole pipeline, {self.frames} frames, {self.model_id}"
        lines = [f"{what:50}   fps  ms/frame  CPU ms  recognised  decision ms"]
        for side in self.sides:
            lines.append(
                f"  {side.name:48} {side.fps:5.1f} {1e3 / side.fps:9.1f} {side.cpu_s / side.frames * 1e3:7.1f}"
                f" {side.recognised / side.frames:10.0%} {_whole(median_ms(side.decision_wall_s)):>12}"
            )
        lines.append(f"{'one step, CPU ms':50} dlib/f_r  presensi  times faster")
        for step in self.steps:
            lines.append(f"  {step.what:48} {step.theirs_ms:8.2f} {step.ours_ms:9.3f} {step.speedup:13.1f}")
        presensi, plain, quarter, unsure = self.sides
        lines.append(
            f"pipeline: {plain.wall_s / presensi.wall_s:.1f} times the frames of the plain loop, "
            f"{quarter.wall_s / presensi.wall_s:.1f} times those of the quarter-size loop"
        )
        for other in (plain, quarter):
            ratios = times_faster_by_rounds(presensi, other)
            lines.append(
                f"by CPU time, undisturbed: {times_faster(presensi, other) or math.nan:.1f} times {other.name}; "
                f"round by round {np.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
            )
        if presensi.decision_cpu_s:
            lines.append(
                f"decision, CPU: p50 {_whole(median_ms(presensi.decision_cpu_s))} ms, "
                f"least {min(presensi.decision_cpu_s) * 1e3:.0f} ms; where it takes all looks: "
                f"p50 {_whole(median_ms(unsure.decision_cpu_s))} ms"
            )
        lines.append(f"descriptor: largest difference from dlib's {self.steps[0].max_abs_diff:.1e}")
        return "\n".join(lines)


def compare(what: str, theirs: Callable[[int], object], ours: Callable[[int], object], count: int) -> Pair:
    """Both on the inputs 0 … count-1 in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for index in range(count):
        order = ((theirs, times[0]), (ours, times[1]))
        for step, taken in order if index % 2 else order[::-1]:
            start = time.process_time()
            step(index)
            taken.append(time.process_time() - start)
    return Pair(what, float(np.median(times[0])) * 1e3, float(np.median(times[1])) * 1e3)


def compare_descriptors(frames: Sequence[RgbImage], engine: FaceEngine, fast: FastDescriber) -> Pair:
    """dlib's descriptor of each frame's nearest face, cutting out included, against ours."""
    reference = dlib.face_recognition_model_v1(str(weights_path(RESNET_FILE)))
    pictures, shapes = [], []
    for frame in frames:
        for face in engine.faces(frame)[:1]:
            pictures.append(frame)
            shapes.append(dlib_shape(face))
    if not pictures:
        raise CameraError("no face was found in most of the clip. Give a clip of one person with --clip.")
    theirs: list[npt.NDArray[np.float64]] = []
    ours: list[npt.NDArray[np.float32]] = []
    pair = compare(
        "descriptor",
        lambda i: theirs.append(np.array(reference.compute_face_descriptor(pictures[i], shapes[i], 0))),
        lambda i: ours.append(fast.describe_chips(face_chip(pictures[i], shapes[i])[None])[0]),
        len(pictures),
    )
    difference = float(np.abs(np.array(theirs) - np.array(ours)).max())
    return dataclasses.replace(pair, max_abs_diff=difference)


def compare_detection(frames: Sequence[RgbImage], engine: FaceEngine) -> Pair:
    """`face_recognition.face_locations` against search or follow with landmarks and quality, over the clip in order."""
    plain = PlainHog()
    return compare("detection", lambda i: plain.find(frames[i]), lambda i: engine.faces(frames[i]), len(frames))


def compare_matching(templates: int, rounds: int, rng: np.random.Generator) -> Pair:
    """`face_recognition.face_distance` against the matcher over so many random templates, one a person."""
    import face_recognition

    vectors = random_descriptors(templates, rng)
    probes = vectors[rng.integers(0, templates, rounds)] + rng.normal(0, 0.02, (rounds, 128)).astype(np.float32)
    matcher = Matcher(Template(f"t{i}", PersonId(f"p{i}"), vector) for i, vector in enumerate(vectors))
    known = vectors.astype(np.float64)  # what face_recognition.face_encodings gives
    return compare(
        "matching",
        lambda i: np.argmin(face_recognition.face_distance(known, probes[i].astype(np.float64))),
        lambda i: matcher.identify([probes[i]]),
        rounds,
    )


def random_descriptors(count: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(count, 128) float32 that are spread as the descriptors of different people are.

    On LFW their mean has length 1.3, their variances sum to 0.34, and the 32 axes of most variance hold 77 % of that;
    here 80 %. So two of them lie 0.8 apart.
    """
    variances = np.exp(-np.arange(128) / 20)
    variances *= 0.34 / variances.sum()
    rotation = np.linalg.qr(rng.normal(size=(128, 128)))[0]
    mean = 1.3 * rotation[:, -1]
    return np.asarray((rng.normal(size=(count, 128)) * np.sqrt(variances)) @ rotation.T + mean, dtype=np.float32)


def gallery(person: Sequence[Descriptor], others: int, rng: np.random.Generator, model_id: ModelId) -> list[Template]:
    """The person of the clip among `others`; where angles are compared, those lie in random directions."""
    known = RECOGNISERS[model_id]
    own = [Template(f"known-{i}", KNOWN, descriptor, model_id) for i, descriptor in enumerate(person)]
    strangers = (
        random_descriptors(others, rng)
        if known.score == "distance"
        else rng.normal(size=(others, known.length)).astype(np.float32)
    )
    return own + [
        Template(f"other-{i}", PersonId(f"other {i}"), vector, model_id) for i, vector in enumerate(strangers)
    ]


def run(
    frames_bgr: Sequence[RgbImage],
    *,
    rounds: int,
    employees: int,
    templates: int,
    min_frames: int,
    limits: quality.Limits,
    models_dir: Path | None,
    model_id: ModelId = DLIB_RESNET_V1,
) -> Results:
    """All comparisons on one person's clip, one thread each. Raises CameraError for a clip without a face to enrol."""
    rng = np.random.default_rng(2027)
    rgb = [np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8) for bgr in frames_bgr]
    open_fast = partial(open_engine, "fast", models_dir=models_dir)
    still = open_fast(follow=False, model_id=model_id)
    third = [rgb[index] for index in _spread(len(rgb) // 3, ENROLLED_FRAMES)]
    person = [still.describe(frame, face, LOOKS) for frame in third for face in still.faces(frame)[:1]]
    if not person:
        raise CameraError("no face was found in the clip's first third. Give a clip of one person with --clip.")
    known = gallery(person, employees, rng, model_id)
    matcher = Matcher(known, model_id=model_id)
    ours, thorough = (
        PresensiLoop(_recogniser(open_fast(model_id=model_id), searched, limits, min_frames, models_dir), min_frames)
        for searched in (matcher, Unsure(matcher))
    )
    thorough.name = "presensi, all looks"
    if model_id != DLIB_RESNET_V1:  # the other loops know dlib's descriptors only
        plain = open_fast(follow=False)
        person = [plain.describe(frame, face) for frame in third for face in plain.faces(frame)[:1]]
        known = gallery(person, employees, rng, DLIB_RESNET_V1)
    loops = [ours, *_theirs(known), thorough]
    spread = [rgb[index] for index in _spread(len(rgb), STEP_INPUTS)]
    steps = [
        compare_descriptors(spread, still, open_fast_describer()),
        compare_detection(rgb, open_fast()),
        compare_matching(templates, 40, rng),
    ]
    return Results(run_loops(loops, frames_bgr, rounds), steps, rounds * len(rgb), employees, templates, model_id)


class Unsure:
    """The same answers, none of which is beyond doubt: so that all looks are taken at each frame."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    @property
    def model_id(self) -> ModelId:
        return self._matcher.model_id

    def identify(self, descriptors: Sequence[Descriptor]) -> Match:
        return dataclasses.replace(self._matcher.identify(descriptors), margin=0.0)


def _recogniser(
    engine: FaceEngine,
    matcher: FaceMatcher,
    limits: quality.Limits,
    min_frames: int,
    models_dir: Path | None,
) -> Recogniser:
    return Recogniser(
        engine,
        matcher,
        Liveness("challenge-when-in-doubt", models_dir),
        partial(quality.judge, limits=limits),
        max_frames=12,
        min_frames=min_frames,
    )


def _theirs(known: Sequence[Template]) -> list[Loop]:
    vectors = [template.descriptor.astype(np.float64) for template in known]
    names = [str(template.person_id) for template in known]
    return [PlainLoop(vectors, names), QuarterLoop(vectors, names)]


def _whole(ms: float | None) -> str:
    return "-" if ms is None else f"{ms:.0f}"


def _spread(length: int, count: int) -> list[int]:
    """At most `count` places, evenly over range(length)."""
    return sorted({int(place) for place in np.linspace(0, length - 1, min(count, length))}) if length else []
