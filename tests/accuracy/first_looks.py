"""When is the first look at a face enough? Told on two halves of the people; nothing is chosen here.

    OMP_NUM_THREADS=1 nice .venv/bin/python -m tests.accuracy.first_looks [--faces DIR] [--cache FILE] [DESCRIPTORS ...]

The people of a half of LFW, 420 at the most, are enrolled with up to three photos and all looks, and show one; the
others are cohort and strangers. Told are: for how many of the enrolled one look at each frame is enough (`is_sure`); in
how many of those attempts it is somebody else's name, and in how many all looks say anything else; and who is refused
and accepted by the terminal's rule (one look while that is sure, else all) and by all looks. For dlib's, by what
`tests.accuracy.identification` keeps in FILE, the same of three frames in a row of NUAA's sessions, each person
enrolled from another session beside the half's people, and once not enrolled. DESCRIPTORS: what `kiosk evaluate DIR
--model … --descriptors FILE` keeps of LFW for another recogniser. All these files are biometric data: delete them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kiosk.matcher import Matcher
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.report import PRODUCT_FPIR, PRODUCT_MARGIN
from kiosk.model import DLIB_RESNET_V1, Match, PersonId, Template
from kiosk.model.recognisers import is_sure
from tests.accuracy.countdown import Descriptors, shown
from tests.accuracy.identification import Looks, load

FRAMES = 3


@dataclass(frozen=True)
class Attempt:
    """`who` stands there, None: a stranger. What the terminal says, whether one look at each frame was enough for it,
    and what all looks at all frames say."""

    who: PersonId | None
    told: Match
    glanced: bool
    whole: Match


def attempt(matcher: Matcher, firsts: Descriptors, wholes: Descriptors, who: PersonId | None) -> Attempt:
    """Frame by frame as `Recogniser` does it; both (frames, length): by the first look, and by all."""
    glanced = all(is_sure(matcher.identify(list(firsts[: number + 1]))) for number in range(len(firsts)))
    whole = matcher.identify(list(wholes))
    return Attempt(who, matcher.identify(list(firsts)) if glanced else whole, glanced, whole)


def of_photos(half: Collection) -> Iterator[Attempt]:
    for matcher, rows, who in shown(half):
        if len(rows):
            yield attempt(matcher, half.plain[rows], half.described[rows], who)


def of_sessions(half: Collection, nuaa: Looks) -> Iterator[Attempt]:
    """Each FRAMES in a row of each session; NUAA's folders are <person>_<session>."""
    others = [
        Template(f"l{row}", PersonId(f"l{half.owners[row]}"), half.described[row])
        for row in np.flatnonzero(half.acquired)
    ]
    sessions = {str(name): _found(nuaa.looks[nuaa.names == name]) for name in np.unique(nuaa.names)}
    for name, looks in sessions.items():
        person = PersonId(name.split("_")[0])
        elsewhere = [seen for other, seen in sessions.items() if other.startswith(person) and other != name][:1]
        own = [
            Template(f"n{number}", person, each.mean(axis=0))
            for seen in elsewhere
            for number, each in enumerate(seen[:FRAMES])
        ]
        for who, templates in ((person, [*others, *own]), (None, others)):
            if who is not None and not own:
                continue  # one session only
            matcher = Matcher(templates, PRODUCT_FPIR, PRODUCT_MARGIN)
            for start in range(len(looks) - FRAMES + 1):
                frames = looks[start : start + FRAMES]
                yield attempt(matcher, frames[:, 0], frames.mean(axis=1), who)


def _found(looks: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return looks[np.isfinite(looks[:, 0, 0])]


def tell(title: str, attempts: Sequence[Attempt]) -> None:
    own, strangers = ([each for each in attempts if (each.who is None) is alone] for alone in (False, True))
    glanced = [each for each in attempts if each.glanced]
    wrong = sum(each.told.person_id != each.who for each in glanced)
    otherwise = sum(each.told.person_id != each.whole.person_id for each in glanced)
    enough = sum(each.glanced for each in own) / len(own)
    print(f"{title}: {len(own)} attempts of the enrolled, {len(strangers)} of strangers")
    print(f"  one look at each frame is enough for {enough:.1%} of the enrolled")
    print(
        f"  in these {len(glanced)} attempts: {wrong} under another's name, {otherwise} decided otherwise by all looks"
    )
    for what, named in (
        ("the terminal's rule", [each.told.person_id for each in attempts]),
        ("all looks", [each.whole.person_id for each in attempts]),
    ):
        both = list(zip(attempts, named, strict=True))
        right = [person_id == each.who for each, person_id in both if each.who is not None]
        taken = [person_id is not None for each, person_id in both if each.who is None]
        print(f"  {what:20} FNIR {1 - np.mean(right):7.2%}  FPIR {np.mean(taken):7.2%}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    faces = Path(os.environ.get("KIOSK_FACES") or Path(__file__).parents[3] / "shared" / "faces")
    parser.add_argument("--faces", type=Path, default=faces)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("descriptors", type=Path, nargs="*")
    options = parser.parse_args()
    lfw, nuaa = load(options.faces, options.cache)
    for whole in (lfw.collection(), *(Collection.load(file) for file in options.descriptors)):
        for which in (1, 2):
            half = whole.part(which, 2)
            tell(f"{whole.model_id}, half {which}, photos", list(of_photos(half)))
            if whole.model_id == DLIB_RESNET_V1:
                tell(f"{whole.model_id}, half {which}, {FRAMES} frames", list(of_sessions(half, nuaa)))


if __name__ == "__main__":
    main()
