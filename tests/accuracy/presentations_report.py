"""What drawn presentations of many people end in, with a real face detector and no passive model: for docs/accuracy.md.

    python -m tests.accuracy.presentations_report FACES [--people N]

Each person of FACES/lfw is a head that does what is asked, and a photograph that is moved as asked: flat, flat and
tilted about its diagonal, bent about its vertical axis to a radius of 3.3, 2 and 1.25 eye distances (30 to 11 cm).
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2

from kiosk.face import open_engine
from kiosk.liveness import Liveness
from kiosk.model import Face, LivenessVerdict, RgbImage
from kiosk.model import Liveness as State
from kiosk.ports import FaceEngine
from tests.unit.kiosk.liveness.presentations import Person, Photograph, Posture

FPS = 12
SECONDS = 20.0

Show = Callable[[Posture], tuple[RgbImage, Face]]


def diagonal(posture: Posture) -> Posture:
    return Posture(posture.yaw, abs(posture.yaw) or posture.pitch, scale=posture.scale)


def presentations(photo: Photograph) -> dict[str, tuple[Show, float]]:
    """How it is drawn, and to how many degrees it is turned."""
    return {
        "living head": (photo.head, 25.0),
        "flat print": (photo.sheet, 38.0),
        "flat, diagonal": (lambda posture: photo.sheet(diagonal(posture)), 34.0),
        "bent, radius 3.3": (lambda posture: photo.sheet(posture, 0.3), 38.0),
        "bent, radius 2": (lambda posture: photo.sheet(posture, 0.5), 38.0),
        "bent, radius 1.25": (lambda posture: photo.sheet(posture, 0.8), 38.0),
    }


def present(show: Show, degrees: float, engine: FaceEngine, seed: int) -> tuple[LivenessVerdict | None, float]:
    """The last verdict and when it came."""
    detector = Liveness("challenge-when-in-doubt", None, random.Random(seed))
    subject = Person(degrees)
    verdict: LivenessVerdict | None = None
    for i in range(round(SECONDS * FPS)):
        rgb, _ = show(subject.posture(verdict, i / FPS))
        faces = engine.faces(rgb)
        if faces:
            verdict = detector.update(rgb, faces[0], i / FPS)
            if verdict.state in {State.LIVE, State.ATTACK}:
                return verdict, i / FPS
    return verdict, SECONDS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("--people", type=int, default=20)
    options = parser.parse_args()
    engine = open_engine("auto", follow=False)
    results: dict[str, Counter[str]] = defaultdict(Counter)
    times: dict[str, list[float]] = defaultdict(list)
    people = sorted((options.faces / "lfw").iterdir())
    done = 0
    for number, folder in enumerate(people[:: max(1, len(people) // (2 * options.people))]):
        rgb = cv2.cvtColor(cv2.imread(str(sorted(folder.iterdir())[0])), cv2.COLOR_BGR2RGB)
        found = engine.faces(rgb)
        if done == options.people or not found or abs(found[0].quality.yaw) > 0.2:
            continue
        done += 1
        photo = Photograph(rgb, found[0].landmarks_px)
        for name, (show, degrees) in presentations(photo).items():
            verdict, seconds = present(show, degrees, engine, number)
            results[name][f"{verdict.state.value}: {verdict.reason}" if verdict else "no face"] += 1
            if verdict and verdict.state is State.LIVE:
                times[name].append(seconds)
    for name, counts in results.items():
        when = f", median {sorted(times[name])[len(times[name]) // 2]:.1f} s" if times[name] else ""
        print(f"{name:18} {dict(counts)}{when}")


if __name__ == "__main__":
    main()
