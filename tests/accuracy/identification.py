"""The experiments behind the score of `kiosk.matcher`: prints the tables of docs/accuracy.md.

    OMP_NUM_THREADS=1 nice .venv/bin/python -m tests.accuracy.identification [--faces DIR] [--cache FILE] [TABLE ...]

DIR (default: KIOSK_FACES, else ../shared/faces) holds lfw/<person>/*.jpg and pad/nuaa/live/<person>_<session>/*.jpg.
Describing all looks at all photos takes some minutes on one core, the tables three. FILE keeps the descriptors
(biometric data: delete it). Everything is drawn by kiosk.measure.identification.protocol; rates are over 20 rounds,
420 people enrolled with up to three photos, one photo shown, unless a table says otherwise.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.face import open_engine
from kiosk.face.looks import LOOKS, look
from kiosk.matcher import FRAME_SPREAD_WEIGHT, Matcher
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Method, Presensi, attempts, face_recognition_method
from kiosk.measure.identification.label_errors import is_wrong
from kiosk.measure.identification.protocol import Condition, Round, rounds
from kiosk.model import Face, PersonId, RgbImage, Template
from kiosk.ports import FaceEngine
from kiosk.scores.cohort import cohort_numbers_many, pair_scores
from kiosk.scores.threshold import packaged_table
from tests.accuracy.identification_scores import crowd, joined, mean_template, method, nearest_template, plda, z_norm

FPIRS = (0.001, 0.003, 0.01, 0.03)
MAIN = Condition(420)
SEED, ROUNDS = 11, 20


# ---------------------------------------------------------------- descriptors of every look


@dataclass(frozen=True)
class Looks:
    """`looks` (pictures, LOOKS, 128), NaN without a face; `names` (pictures,) the folder of each."""

    names: npt.NDArray[np.str_]
    looks: npt.NDArray[np.float32]

    def collection(self, first: int = LOOKS) -> Collection:
        """As `kiosk evaluate` has it, with the mean of the first so many looks."""
        owners = np.unique(self.names, return_inverse=True)[1].astype(np.intp)
        return Collection(owners, self.looks[:, 0], self.looks[:, :first].mean(axis=1))


def describe(folder: Path, engine: FaceEngine, border: float) -> Looks:
    """All pictures below `folder` but those with wrong names; `border` widens each by a share of its size (for crops
    without surroundings)."""
    names, looks = [], []
    for path in (each for each in sorted(folder.glob("*/*.jpg")) if not is_wrong(each)):
        picture = np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), dtype=np.uint8)
        down, across = (round(border * size) for size in picture.shape[:2])
        picture = np.asarray(cv2.copyMakeBorder(picture, down, down, across, across, cv2.BORDER_REPLICATE))
        face = _central(engine, picture)
        names.append(path.parent.name)
        looks.append(
            np.full((LOOKS, 128), np.nan)
            if face is None
            else [engine.describe(*look(picture, face, number)) for number in range(LOOKS)]
        )
    return Looks(np.array(names), np.array(looks, dtype=np.float32))


def _central(engine: FaceEngine, picture: RgbImage) -> Face | None:
    middle = np.array(picture.shape[1::-1])
    return min(
        engine.faces(picture),
        key=lambda face: float(np.hypot(*(np.array(face.box_px[:2]) + face.box_px[2:] - middle))),
        default=None,
    )


def load(faces: Path, cache: Path | None) -> tuple[Looks, Looks]:
    if cache is not None and cache.exists():
        with np.load(cache) as kept:
            return Looks(kept["lfw"], kept["lfw_looks"]), Looks(kept["nuaa"], kept["nuaa_looks"])
    engine = open_engine("auto", follow=False)
    lfw = describe(faces / "lfw", engine, 0.0)
    nuaa = describe(faces / "pad" / "nuaa" / "live", engine, 1 / 3)
    if cache is not None:
        np.savez(cache, lfw=lfw.names, lfw_looks=lfw.looks, nuaa=nuaa.names, nuaa_looks=nuaa.looks)
    return lfw, nuaa


# ---------------------------------------------------------------- tables


def _line(label: str, collection: Collection, how: Method, condition: Condition = MAIN, smaller: int = 0) -> None:
    drawn: Iterator[Round] = rounds(collection, condition, ROUNDS, SEED)
    if smaller:
        drawn = (_with_cohort(one, collection, smaller) for one in drawn)
    found = attempts(collection, drawn, how)
    misses = "  ".join(f"{found.fnir(found.threshold(fpir)):7.2%}" for fpir in FPIRS)
    print(f"{label:52}  {misses}  {found.rank1_error:7.2%}  {found.threshold(0.003):8.3f}", flush=True)


def _with_cohort(one: Round, collection: Collection, people: int) -> Round:
    everybody = np.unique(collection.owners[one.cohort])
    kept = np.random.default_rng([SEED, *one.people[:2]]).permutation(everybody)[:people]
    cohort = one.cohort[np.isin(collection.owners[one.cohort], kept)]
    return Round(one.people, one.gallery, one.probes, one.stranger_people, one.strangers, cohort)


def _head(title: str) -> None:
    print(f"\n{title}\n{'':52}  " + "  ".join(f"{fpir:7.1%}" for fpir in FPIRS) + "   rank 1  at 0.3 %")


def table_scores(lfw: Looks, _nuaa: Looks) -> None:
    _head("Scores (FNIR at FPIR)")
    collection = lfw.collection()
    _line("face_recognition: nearest template, plain descriptor", collection, face_recognition_method)
    for label, score in {
        "nearest template": nearest_template,
        "mean template": mean_template,
        "z-norm, 100 nearest, best template": z_norm(100, centre=False),
        "z-norm, 100 nearest, mean template": z_norm(100, centre=True),
        "z-norm, 300 nearest, mean template": z_norm(300, centre=True),
        "s-norm (z and t), 300 nearest, mean template": z_norm(300, centre=True, both_sides=True),
        "crowd, mean template": crowd(),
        "crowd, within-person whitening, half": crowd(whiten=0.5),
        "crowd, within-person whitening, full": crowd(whiten=1.0),
        "crowd, and the probe's own crowd at 0.15": crowd(probe_side=0.15),
        "crowd, and the probe's own crowd at 0.3": crowd(probe_side=0.3),
        "PLDA": plda,
    }.items():
        _line(label, collection, method(score))
    _line("kiosk.matcher (crowd, from each template's numbers)", collection, Presensi())
    _line("kiosk.matcher, the gallery as its own cohort", collection, Presensi("gallery"))


def table_constants(lfw: Looks, _nuaa: Looks) -> None:
    _head("Constants of the crowd: weight, deviations, share of the cohort")
    collection = lfw.collection()
    for weight, deviations, share in (
        (0.0, 2.5, 0.1), (0.3, 2.5, 0.1), (0.45, 2.5, 0.1), (0.6, 2.5, 0.1), (0.75, 2.5, 0.1), (1.0, 2.5, 0.1),
        (0.6, 0.0, 0.1), (0.6, 1.0, 0.1), (0.6, 2.0, 0.1), (0.6, 3.0, 0.1),
        (0.6, 2.0, 0.02), (0.6, 2.5, 0.05), (0.6, 2.5, 0.2), (0.6, 3.0, 0.4), (0.6, 3.0, 1.0),
    ):  # fmt: skip
        _line(f"{weight:4.2f}  {deviations:3.1f}  {share:4.2f}", collection, method(crowd(weight, deviations, share)))


def table_cohorts(lfw: Looks, _nuaa: Looks) -> None:
    _head("Size of the cohort (people)")
    collection = lfw.collection()
    for people in (30, 60, 130, 260, 520):
        _line(str(people), collection, Presensi(), smaller=people)


def table_looks(lfw: Looks, _nuaa: Looks) -> None:
    _head("Looks at each photo, enrolled and shown alike")
    for looks in (1, 2, 3, 4):
        _line(str(looks), lfw.collection(looks), Presensi())


def table_photos(lfw: Looks, _nuaa: Looks) -> None:
    _head("Two photos of different days, 156 people: how they are joined (number: share of the spread put back)")
    collection = lfw.collection()
    one, two = Condition(156, 3, 1, 4), Condition(156, 3, 2, 4)
    _line("one photo", collection, method(crowd()), one)
    for how in ("0", "0.35", "0.5", "0.65", "0.8", "1", "mean of scores", "best score"):
        _line(how, collection, method(joined(how)), two)


def table_frames(lfw: Looks, nuaa: Looks) -> None:
    """Real sequences: 8 people, 16 sessions of 20 frames, enrolled from one session and shown in another."""
    print(
        "\nFrames of one encounter (NUAA live): misses at the packaged threshold for 0.3 %, 400 of LFW enrolled beside"
    )
    print("looks enrolled, shown    1 frame   3 frames   5 frames  10 frames")
    collection = lfw.collection()
    one = next(rounds(collection, Condition(400), 1, SEED))
    for enrolled, shown in ((1, 1), (2, 2), (4, 1), (4, 2), (4, 4)):
        missed: dict[int, list[bool]] = {1: [], 3: [], 5: [], 10: []}
        for matcher, who, frames in _sequences(nuaa, collection, one, enrolled, shown):
            for count, outcomes in missed.items():
                for start in range(len(frames) - count + 1):
                    outcomes.append(matcher.identify(frames[start : start + count]).person_id != who)
        cells = "  ".join(f"{np.mean(outcomes):9.2%}" for outcomes in missed.values())
        print(f"{enrolled:14}, {shown:5}  {cells}   ({len(missed[1])} … {len(missed[10])} attempts)")
    stricter = _stricter_for_three(collection)
    missed_three = []
    for matcher, who, frames in _sequences(nuaa, collection, one, 4, 4):
        for start in range(len(frames) - 2):
            scores = matcher.scores([np.mean(frames[start : start + 3], axis=0)])  # one vector: nothing is put back
            best = int(scores.argmax())
            missed_three.append(matcher.people[best] != who or scores[best] < matcher.threshold + stricter)
    print(f"4, 4, nothing put back, threshold {stricter:+.3f} as for three photos of different days: ", end="")
    print(f"{np.mean(missed_three):.2%} at 3 frames")


def _stricter_for_three(collection: Collection) -> float:
    """How much higher the threshold for the mean of three photos of different days is than that for one."""
    thresholds = []
    for shown in (1, 3):
        drawn = rounds(collection, Condition(105, 3, shown, 5), ROUNDS, SEED)
        thresholds.append(attempts(collection, drawn, method(joined("0"))).threshold(0.003))
    return thresholds[1] - thresholds[0]


def _sequences(
    nuaa: Looks, collection: Collection, one: Round, enrolled: int, shown: int
) -> Iterator[tuple[Matcher, str, list[npt.NDArray[np.float32]]]]:
    cohort = collection.described[one.cohort[collection.acquired[one.cohort]]]
    others = [row[collection.acquired[row]] for row in one.gallery]
    beside = [(f"lfw-{place:04d}", collection.described[row]) for place, row in enumerate(others) if len(row)]
    seen = np.isfinite(nuaa.looks[:, 0, 0])
    sessions = {name: nuaa.looks[(nuaa.names == name) & seen] for name in np.unique(nuaa.names)}
    for name, pictures in sessions.items():
        mine = pictures[[0, len(pictures) // 2, -1], :enrolled].mean(axis=1)
        matcher = Matcher([t for who, vectors in [*beside, (name[:4], mine)] for t in _templates(who, vectors, cohort)])
        for other, frames in sessions.items():
            if other[:4] == name[:4] and other != name:
                yield matcher, name[:4], list(frames[:, :shown].mean(axis=1))


def _templates(who: str, vectors: npt.NDArray[np.float32], cohort: npt.NDArray[np.float32]) -> Iterator[Template]:
    for vector, mean, sd in zip(vectors, *cohort_numbers_many(vectors, cohort), strict=True):
        yield Template("t", PersonId(who), vector, cohort_mean=float(mean), cohort_sd=float(sd))


def table_encounters(lfw: Looks, nuaa: Looks) -> None:
    """The same people as strangers: does the FPIR stay as asked while frames are added and the decision is repeated?"""
    print("\nStrangers' encounters (NUAA live, 8 people): identified as one of 400 of LFW; 15 galleries")
    print("asked    put back   1 frame   3 frames   12 frames   any of 3 to 12")
    collection, table = lfw.collection(), packaged_table()
    seen = np.isfinite(nuaa.looks[:, 0, 0])
    names, means = nuaa.names[seen], nuaa.looks[seen].mean(axis=1)
    for put_back in (0.0, FRAME_SPREAD_WEIGHT, 1.0):
        best = []
        for one in rounds(collection, Condition(400), 15, SEED):
            matcher = Presensi().matcher(collection, one)
            places = np.array([int(person) for person in matcher.people])
            centres = np.stack(
                [
                    collection.described[rows[collection.acquired[rows]]].mean(axis=0)
                    for rows in np.array(one.gallery, dtype=object)[places]
                ]
            )
            bias = matcher.scores([centres[0]]) - pair_scores(centres[:1], centres)[0]
            for session in np.unique(names):
                frames = means[names == session]
                best += [
                    _best(frames[start : start + 12], centres, bias, put_back)
                    for start in range(0, len(frames) - 11, 4)
                ]
        scores = np.array(best)
        for fpir in (0.003, 0.01, 0.03, 0.1):
            over = scores >= table.score(fpir, 400, "cohort")
            cells = f"{over[:, 0].mean():8.2%}   {over[:, 2].mean():8.2%}    {over[:, 11].mean():8.2%}"
            print(f"{fpir:5.1%}    {put_back:8.2f}  {cells}        {over[:, 2:].any(axis=1).mean():8.2%}")


def _best(
    frames: npt.NDArray[np.float32], centres: npt.NDArray[np.float32], bias: npt.NDArray[np.float32], put_back: float
) -> list[float]:
    """The best score after each frame."""
    best = []
    for count in range(1, len(frames) + 1):
        mean = frames[:count].mean(axis=0)
        further = put_back * np.square(frames[:count] - mean).sum(axis=1).mean()
        best.append(float((bias - np.sqrt(np.square(centres - mean).sum(axis=1) + further)).max()))
    return best


TABLES = {
    "scores": table_scores,
    "constants": table_constants,
    "cohorts": table_cohorts,
    "looks": table_looks,
    "photos": table_photos,
    "frames": table_frames,
    "encounters": table_encounters,
}


def main() -> None:
    default = os.environ.get("KIOSK_FACES") or Path(__file__).parents[2].parent / "shared" / "faces"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, default=Path(default))
    parser.add_argument("--cache", type=Path)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}; all when none is named")
    options = parser.parse_args()
    lfw, nuaa = load(options.faces, options.cache)
    for name in options.tables or TABLES:
        TABLES[name](lfw, nuaa)


if __name__ == "__main__":
    main()
