"""From frames to sightings: who stands there, joined over the frames of one person's stay.

One object, one thread. It follows the nearest face, tells what is wrong with its picture, describes the frames that
are worth it, and asks the matcher with all descriptors so far. It never decides about a presence: `encounter` does.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import numpy as np

from kiosk.face.looks import LOOKS, joined
from kiosk.model import (
    NOT_DESCRIBED,
    Box,
    Descriptor,
    Face,
    Frame,
    Hint,
    Liveness,
    LivenessVerdict,
    Match,
    PersonId,
    Quality,
    RgbImage,
    Sample,
    Sighting,
)
from kiosk.model.recognisers import RECOGNISERS, is_sure
from kiosk.ports import FaceEngine, FaceMatcher, LivenessDetector
from kiosk.terminal.renewal import SAMPLE_TRIES, SAMPLES

T = TypeVar("T")

Judge = Callable[[Quality], Hint | None]
"""What the person should change, None when the face is good."""

RIVAL_SHARE = 0.8
"""Another face whose eyes are at least so far apart, as a share of the first one's, leaves open who is meant:
SEVERAL_FACES. By the boxes it was left to chance: HOG's come in steps of a sixth (docs/accuracy.md, "Two before the
camera")."""

RIVAL_KEPT_S = 0.5
"""For so long after it was last seen: a face that is turned away for a frame has not gone."""

CREDIBLE_SHARE = 0.3
"""A find with less than this share of the best score in the frame is taken for a pattern on a wall or a shirt. On
scikit-image's astronaut HOG gives the face 1.5 and two patches of her suit, as wide as the face, 0.01 and 0.07."""

SAME_TRACK_S = 0.6
"""A face that was out of sight for longer is another encounter."""

UNKNOWN_WHOSE = LivenessVerdict(Liveness.PENDING, 0.0, NOT_DESCRIBED)
"""Evidence of life counts only from the first described frame on, only of frames that could be described, and once the
one that completes it has been. Else a living accomplice could gather it in frames too poor to be described, before or
after another person's photograph in his place: nobody would see that the face changed."""

WATCH_S = 0.5
"""After the decision, one frame is described this often, so that a person who steps in close behind is noticed; and the
first good one after the face was out of sight, be it for one frame: the next one in the queue stands where the last one
stood, sooner than SAME_TRACK_S."""

TOLD_S = 2.0
"""So long a person is told to step back or to take the mask off. Who stays as he is gets a verdict all the same: he is
described as he stands there. Too near, the evidence of life lacks the surroundings, and he is asked to move; with the
mouth hidden half of the face speaks for him, and he types his NIP."""

INSISTING = frozenset({Hint.TOO_NEAR, Hint.MOUTH_HIDDEN})


@dataclass
class _Described:
    """One face in one frame. `rest`: the frame and the face, as long as only the first look at it was taken."""

    descriptor: Descriptor
    rest: tuple[RgbImage, Face] | None


@dataclass
class _Track:
    number: int
    box: Box
    seen_s: float
    described: list[_Described] = field(default_factory=list)
    match: Match | None = None
    sure: bool = True
    """Whether one look at each frame was enough so far."""
    described_s: float = -1e9
    told: Hint | None = None
    told_s: float = 0.0
    covered: bool = False
    away: bool = False
    """Whether it was out of sight since it was last described."""
    vouched: bool = False
    """Whether the face that has completed the evidence of life is the described one."""
    samples: list[Sample] = field(default_factory=list)
    sample_tries: int = 0

    @property
    def descriptors(self) -> list[Descriptor]:
        return [each.descriptor for each in self.described]


class Recogniser:
    """`see` and `restart` may be called by different threads, `see` by one only.

    One look is taken at a frame while it is sure (`is_sure`) whom the frames so far show. Once it is not, all looks are
    taken at all of its frames, those before included (docs/decisions/0129).
    """

    def __init__(
        self,
        engine: FaceEngine,
        matcher: FaceMatcher,
        liveness: LivenessDetector,
        judge: Judge,
        max_frames: int,
        *,
        min_frames: int = 1,
        looks: int = LOOKS,
        tracks: int = 0,
    ) -> None:
        """Frames are described until somebody is accepted over at least `min_frames`, or `max_frames` were in vain.
        `looks`: at most so many looks are taken at each of them (kiosk.face.looks). `tracks`: so many were numbered
        before."""
        self._engine = engine
        recogniser = RECOGNISERS[engine.model_id]
        # A frame this far from the mean of its track's shows somebody who stepped in. With dlib, of 255 frames of the
        # clips, by one look or by all, none was further than 0.42 from its own track's mean, of 4,000 pairs of
        # different LFW people none was nearer than 0.5 (`tests/accuracy/one_track.py`; at 0.6 it would be 1 %).
        self._stranger_distance = recogniser.same_person
        self._matcher = matcher
        self._liveness = liveness
        self._judge = judge
        self._max_frames = max_frames
        self._min_frames = min_frames
        self._looks, self._score = min(looks, recogniser.looks), recogniser.score
        self.tracks = tracks
        self._sampled: Collection[PersonId] = ()
        self._track: _Track | None = None
        self._restart = threading.Event()
        self._rival_s = -math.inf
        self.stage_ms: dict[str, float] = {}
        """Milliseconds that the stages of the latest frame took: detect, describe, match, liveness."""

    def use(self, matcher: FaceMatcher, sampled: Collection[PersonId] = ()) -> None:
        """Search another gallery from the next frame on, and gather pictures of the people `sampled`."""
        self._matcher = matcher
        self._sampled = sampled
        self._restart.set()

    def restart(self) -> None:
        """Treat the face in sight as a new person from the next frame on. Any thread."""
        self._restart.set()

    def see(self, frame: Frame, timer: Callable[[], float]) -> Sighting:
        """The sighting of one frame; `timer` gives seconds for `stage_ms`."""
        self.stage_ms = {}
        if self._restart.is_set():
            self._restart.clear()
            self._track = None
        faces = _credible(self._timed("detect", timer, lambda: self._engine.faces(frame.rgb)))
        if not faces:
            self._lose(frame.t_s)
            return Sighting(frame.t_s)
        nearest = faces[0]
        track = self._follow(nearest, frame.t_s)
        rival, amiss = self._rival(faces, frame.t_s), self._judge(nearest.quality)
        hint = _told_enough(track, rival or amiss, frame.t_s)
        counts = hint is None
        watched = counts or (amiss is None and self._decided(track))  # a newcomer may have brought the rival
        if watched and self._worth_describing(track, frame.t_s):
            track = self._describe(track, frame, nearest, timer, counts=counts)
        track, verdict = self._life(track, frame, nearest, timer, good=counts)
        box = _fractions(nearest.box_px, frame.rgb.shape[:2])
        samples = tuple(track.samples)
        face = np.mean(track.descriptors, axis=0) if track.described else None
        return Sighting(
            frame.t_s,
            track.number,
            len(faces),
            box,
            hint,
            track.match,
            verdict,
            samples=samples,
            quality=nearest.quality,
            face=face,
        )

    def _timed(self, stage: str, timer: Callable[[], float], work: Callable[[], T]) -> T:
        start = timer()
        result = work()
        self.stage_ms[stage] = self.stage_ms.get(stage, 0.0) + (timer() - start) * 1e3
        return result

    def _follow(self, face: Face, t_s: float) -> _Track:
        track = self._track
        if track is None or t_s - track.seen_s > SAME_TRACK_S or not _near(track.box, face.box_px):
            return self._begin(face.box_px, t_s)
        track.box, track.seen_s = face.box_px, t_s
        return track

    def _rival(self, faces: Sequence[Face], t_s: float) -> Hint | None:
        """What is told while it is open who of them is meant, and for a moment after."""
        first, *others = (face.quality.eye_distance_px for face in faces)
        if any(other >= RIVAL_SHARE * first for other in others):
            self._rival_s = t_s
        return Hint.SEVERAL_FACES if t_s - self._rival_s < RIVAL_KEPT_S else None

    def _lose(self, t_s: float) -> None:
        """Nobody is in sight."""
        if self._track is None:
            return
        self._track.away = True
        if t_s - self._track.seen_s > SAME_TRACK_S:
            self._track = None

    def _begin(self, box: Box, t_s: float) -> _Track:
        self.tracks += 1
        self._liveness.reset()
        self._track = _Track(self.tracks, box, t_s)
        return self._track

    def _worth_describing(self, track: _Track, t_s: float) -> bool:
        watched = track.away or t_s - track.described_s >= WATCH_S
        return watched or not self._decided(track) or self._samples(track)

    def _samples(self, track: _Track) -> bool:
        """Whether pictures of this person are still to be gathered."""
        match = track.match
        sampled = match is not None and match.person_id in self._sampled and not match.look_alikes
        return sampled and len(track.samples) < SAMPLES and track.sample_tries < SAMPLE_TRIES

    def _decided(self, track: _Track) -> bool:
        frames = len(track.described)
        accepted = track.match is not None and track.match.person_id is not None
        return frames >= self._max_frames or (accepted and frames >= self._min_frames)

    def _named(self, track: _Track) -> bool:
        """Whether the screen would show a challenge now: who it is, or who it may be, has been decided."""
        match = track.match
        return self._decided(track) and match is not None and (match.person_id is not None or bool(match.look_alikes))

    def _life(
        self, track: _Track, frame: Frame, face: Face, timer: Callable[[], float], *, good: bool
    ) -> tuple[_Track, LivenessVerdict]:
        """Whose the frame's evidence of life is, and what it says. `good`: nothing is wrong with the frame.

        Life counts once the face that has completed the evidence has been described, and a movement is asked of one
        that is described as it comes to rest. Else a photograph could be held up for the name, and taken away for the
        evidence, within WATCH_S; or for longer, where an eye patch keeps the own face from being described.
        """
        if not track.described:
            return track, UNKNOWN_WHOSE
        ask = self._named(track)
        verdict = self._timed(
            "liveness",
            timer,
            lambda: self._liveness.update(frame.rgb, face, frame.t_s, ask=ask, good=good, infrared=frame.infrared),
        )
        lives = verdict.state is Liveness.LIVE and not track.vouched
        asked = verdict.challenge is not None and verdict.asked_s == frame.t_s
        if not (lives or asked):
            return track, verdict
        if not good:
            return track, UNKNOWN_WHOSE
        seen = track if track.described_s == frame.t_s else self._describe(track, frame, face, timer)
        if seen is not track:
            return seen, UNKNOWN_WHOSE
        track.vouched = lives
        return track, verdict

    def _describe(
        self, track: _Track, frame: Frame, face: Face, timer: Callable[[], float], *, counts: bool = True
    ) -> _Track:
        """The track whose face it is; `counts` False: to notice another person only, nothing of the frame is kept."""
        decided = self._decided(track)
        all_looks = self._samples(track) or not (decided or track.sure)
        looks = self._looks if all_looks else 1  # to notice another person one is enough
        descriptor = self._timed("describe", timer, lambda: self._engine.describe(frame.rgb, face, looks))
        if track.described and _distance(descriptor, track.descriptors) > self._stranger_distance:
            track, decided = self._begin(face.box_px, frame.t_s), False
        track.described_s, track.away = frame.t_s, False
        if not counts:
            return track
        described = _Described(descriptor, (frame.rgb, face) if looks < self._looks else None)
        if not decided:
            track.described.append(described)
            self._identify(track, timer)
        if self._samples(track):
            self._sample(track, described, frame, face, timer)
        if self._decided(track):
            for each in track.described:
                each.rest = None  # no look is taken at these frames any more
        return track

    def _sample(
        self, track: _Track, described: _Described, frame: Frame, face: Face, timer: Callable[[], float]
    ) -> None:
        track.sample_tries += 1
        if self._judge(face.quality) is not None:
            return  # described although something is wrong with the picture: no template for years
        self._look_again([described], timer)
        more = self._timed("describe", timer, lambda: self._engine.describe_more(frame.rgb, face))
        track.samples.append(Sample({self._engine.model_id: described.descriptor, **more}, face.quality))

    def _identify(self, track: _Track, timer: Callable[[], float]) -> None:
        """Whom the track shows: by one look at each frame while that is sure, else by all of them."""
        match = self._timed("match", timer, lambda: self._matcher.identify(track.descriptors))
        track.sure = track.sure and is_sure(match) and not track.covered
        if not track.sure and self._look_again(track.described, timer):
            match = self._timed("match", timer, lambda: self._matcher.identify(track.descriptors))
        track.match = _with_nip(match) if track.covered else match

    def _look_again(self, described: Sequence[_Described], timer: Callable[[], float]) -> bool:
        """Takes the looks that are left; whether there were any."""
        halves = [(each, *each.rest) for each in described if each.rest is not None]
        for each, frame_rgb, face in halves:
            others = self._timed(
                "describe", timer, partial(self._engine.describe, frame_rgb, face, self._looks, after=1)
            )
            each.descriptor = joined(each.descriptor, others, self._looks, self._score)
            each.rest = None
        return bool(halves)


def _told_enough(track: _Track, hint: Hint | None, t_s: float) -> Hint | None:
    """The hint, or None when it is one of INSISTING and the person has been told so for TOLD_S."""
    if hint is not track.told:
        track.told, track.told_s = hint, t_s
    if hint not in INSISTING or t_s - track.told_s < TOLD_S:
        return hint
    track.covered = track.covered or hint is Hint.MOUTH_HIDDEN
    return None


def _with_nip(match: Match) -> Match:
    """The same person, who has to be told apart from everybody else by the NIP."""
    if match.person_id is None or match.look_alikes:
        return match
    return replace(match, look_alikes=(match.person_id,))


def _distance(descriptor: Descriptor, others: Sequence[Descriptor]) -> float:
    return float(np.linalg.norm(np.mean(others, axis=0) - descriptor))


def _credible(faces: list[Face]) -> list[Face]:
    best = max((face.score for face in faces), default=0.0)
    return [face for face in faces if face.score >= CREDIBLE_SHARE * best]


def _near(before: Box, now: Box) -> bool:
    """The same face in the next frame: moved by less than 0.7 of its size, and not half or double as large."""
    size = max(before.width, now.width)
    dx = (before.left + before.right - now.left - now.right) / 2
    dy = (before.top + before.bottom - now.top - now.bottom) / 2
    return max(abs(dx), abs(dy)) < 0.7 * size and min(before.width, now.width) > 0.5 * size


def _fractions(box: Box, shape: tuple[int, int]) -> tuple[float, float, float, float]:
    height, width = shape
    return (box.left / width, box.top / height, box.right / width, box.bottom / height)
