"""How far apart the frames of one person's track are, and those of two: `python tests/accuracy/one_track.py FACES`.

Behind `Recogniser.same_person` of dlib's. FACES is the evaluation folder: its clips give tracks of one person (each
good frame against the mean of those before it, as the recogniser compares them: by one look while it is sure who it is,
else by all), its `lfw` pairs of different people (one photo against the mean of another person's up to three).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

import cv2

from demo import faces as demo_faces
from kiosk.config import load
from kiosk.face import open_engine
from kiosk.model import Descriptor, Frame, Sighting
from kiosk.parts import judge_of
from kiosk.ports import FaceEngine
from kiosk.terminal.recognise import Recogniser
from tests.unit.kiosk.terminal.scripted import ScriptedLiveness, ScriptedMatcher, no_time

STRANGERS = 4000


class Noting:
    """The engine, which notes each descriptor under the track that is on now."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine
        self.notes: list[Descriptor] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def describe(self, frame_rgb: np.ndarray, face: object, looks: int = 1, after: int = 0) -> Descriptor:
        described = self._engine.describe(frame_rgb, face, looks, after)
        if not after:
            self.notes.append(described)
        return described


def of_clip(path: Path, who: str | None) -> list[float]:
    """Distances within the tracks of one clip, of somebody who is sure, or of a stranger (None); never decided."""
    noting, never = Noting(open_engine("fast")), 10**6
    matcher, judge = ScriptedMatcher(who), judge_of(load())
    recogniser = Recogniser(noting, matcher, ScriptedLiveness(), judge, never, min_frames=never)
    clip, tracks, seq = cv2.VideoCapture(str(path)), {}, 0
    while (read := clip.read())[0]:
        rgb = cv2.cvtColor(
            cv2.resize(read[1], None, fx=3, fy=3) if read[1].shape[1] < 200 else read[1], cv2.COLOR_BGR2RGB
        )
        before = len(noting.notes)
        seen: Sighting = recogniser.see(Frame(rgb, seq, seq / 15), no_time)
        if len(noting.notes) > before:
            tracks.setdefault(seen.track, []).append(noting.notes[-1])
        seq += 1
    return [
        float(np.linalg.norm(track[n] - np.mean(track[:n], axis=0)))
        for track in tracks.values()
        for n in range(1, len(track))
    ]


def of_strangers(lfw: Path) -> list[float]:
    """Distances of photos to the means of other people."""
    engine = open_engine("fast", follow=False)
    people = []
    for folder in sorted(lfw.iterdir())[:600]:
        found = []
        for photo in sorted(folder.glob("*.jpg"))[:3]:
            rgb = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
            seen = engine.faces(rgb)
            found += [engine.describe(rgb, seen[0])] if seen else []
        people += [found] if found else []
    random = np.random.default_rng(1)
    pairs = (random.choice(len(people), 2, replace=False) for _ in range(STRANGERS))
    return [float(np.linalg.norm(people[a][0] - np.mean(people[b], axis=0))) for a, b in pairs]


def main() -> None:
    folder = Path(sys.argv[1])
    clips = [
        *sorted((folder / "clips").glob("*.gif")),
        *sorted((folder / "clips").glob("*.avi")),
        demo_faces.talking_man(),
    ]
    same = {
        looks: np.array([d for clip in clips for d in of_clip(clip, who)])
        for looks, who in (("one_look", "p-1"), ("all_looks", None))
    }
    other = np.array(of_strangers(folder / "lfw"))
    print(
        json.dumps(
            {
                "frames_of_one_track": {looks: len(each) for looks, each in same.items()},
                "same_p50_p99_p999_max": {
                    looks: [round(float(np.quantile(each, q)), 3) for q in (0.5, 0.99, 0.999, 1.0)]
                    for looks, each in same.items()
                },
                "pairs_of_two_people": len(other),
                "two_people_below": {str(t): round(float((other < t).mean()), 4) for t in (0.4, 0.45, 0.5, 0.55, 0.6)},
            }
        )
    )


if __name__ == "__main__":
    main()
