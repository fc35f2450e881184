"""The experiments behind the score of `kiosk.matcher`: prints the tables of docs/accuracy-identification.md.

    OMP_NUM_THREADS=1 nice .venv/bin/python tests/accuracy/identification.py [--faces DIR] [--cache FILE] [TABLE ...]

DIR (default: KIOSK_FACES, else ../shared/faces) holds lfw/<person>/*.jpg and pad/nuaa/live/<person>_<session>/*.jpg.
Describing all looks at all photos takes some minutes on one core, the tables three. FILE keeps the descriptors
(biometric data: delete it). Everything is drawn by kiosk.evaluation.protocol; rates are over 20 rounds, 420 people
enrolled with up to three photos, one photo shown, unless a table says otherwise.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.cohort import cohort_numbers_many, pair_scores
from kiosk.evaluation.collection import Collection
from kiosk.evaluation.experiment import Method, Presensi, Search, attempts, face_recognition_method
from kiosk.evaluation.protocol import Condition, Round, Rows, rounds
from kiosk.face import open_engine
from kiosk.matcher import CROWD_TYPICAL, FRAME_SPREAD_WEIGHT, Matcher
from kiosk.model import Face, PersonId, RgbImage, Template
from kiosk.ports import FaceEngine
from kiosk.threshold import packaged_table
from kiosk.views import LOOKS, look

Vectors = npt.NDArray[np.float64]
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
    """All pictures below `folder`; `border` widens each by a share of its size (for crops without surroundings)."""
    names, looks = [], []
    for path in sorted(folder.glob("*/*.jpg")):
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


# ---------------------------------------------------------------- scores to compare


@dataclass(frozen=True)
class Drawn:
    """A round as arrays: `templates` and whose they are, the `cohort` and whose they are."""

    templates: Vectors
    owners: Rows
    cohort: Vectors
    cohort_owners: Rows
    people: int

    @classmethod
    def of(cls, collection: Collection, one: Round) -> Drawn:
        rows = [row[collection.acquired[row]] for row in one.gallery]
        flat, cohort = np.concatenate(rows), one.cohort[collection.acquired[one.cohort]]
        owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        vectors = collection.described.astype(np.float64)
        return cls(vectors[flat], owners, vectors[cohort], collection.owners[cohort], len(rows))

    def centres(self, vectors: Vectors) -> Vectors:
        """The mean of each person's rows; people without a face lie far from everybody."""
        sums = np.zeros((self.people, vectors.shape[1]))
        np.add.at(sums, self.owners, vectors)
        counts = np.bincount(self.owners, minlength=self.people)
        return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], 1e3)

    def best(self, scores: Vectors) -> Vectors:
        """The best of each person's templates."""
        best = np.full(self.people, -np.inf)
        np.maximum.at(best, self.owners, scores)
        return best


Score = Callable[[Drawn], Callable[[Vectors], Vectors]]
"""A round -> (photos of an attempt (n, 128) -> (people,) scores)."""


def method(score: Score) -> Method:
    def prepared(collection: Collection, one: Round) -> Search:
        search = score(Drawn.of(collection, one))
        return lambda rows: search(collection.described[rows].astype(np.float64))

    return prepared


def _distance(a: Vectors, b: Vectors) -> Vectors:
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))


def _top(scores: Vectors, count: int) -> Vectors:
    return -np.partition(-scores, count - 1, axis=-1)[..., :count]


def nearest_template(drawn: Drawn) -> Callable[[Vectors], Vectors]:
    return lambda probe: drawn.best(-_distance(probe.mean(axis=0, keepdims=True), drawn.templates)[0])


def mean_template(drawn: Drawn) -> Callable[[Vectors], Vectors]:
    centres = drawn.centres(drawn.templates)
    return lambda probe: -_distance(probe.mean(axis=0, keepdims=True), centres)[0]


def z_norm(nearest: int, centre: bool, both_sides: bool = False) -> Score:
    """(score - mean) / deviation over the template's `nearest` of the cohort; `both_sides`: also over the gallery."""

    def score(drawn: Drawn) -> Callable[[Vectors], Vectors]:
        enrolled = drawn.centres(drawn.templates) if centre else drawn.templates
        top = _top(-_distance(enrolled, drawn.cohort), nearest)
        mean, sd = top.mean(axis=1), top.std(axis=1)

        def search(probe: Vectors) -> Vectors:
            raw = -_distance(probe.mean(axis=0, keepdims=True), enrolled)[0]
            scores = (raw - mean) / sd
            if both_sides:
                others = _top(raw, 200)
                scores = (scores + (raw - others.mean()) / others.std()) / 2
            return scores if centre else drawn.best(scores)

        return search

    return score


def crowd(weight: float = 0.6, deviations: float = 2.5, share: float = 0.1, whiten: float = 0.0) -> Score:
    """The matcher's score with other constants; `whiten`: in a space whose within-person deviations are evened out by
    this power, learned from the cohort's people."""

    def score(drawn: Drawn) -> Callable[[Vectors], Vectors]:
        turn = _whitening(drawn, whiten)
        centres, cohort = drawn.centres(drawn.templates @ turn), drawn.cohort @ turn
        top = _top(-_distance(centres, cohort), max(5, round(share * len(cohort))))
        edge = -top.mean(axis=1) - deviations * top.std(axis=1)
        return lambda probe: (
            weight * (edge - CROWD_TYPICAL) - _distance((probe @ turn).mean(axis=0, keepdims=True), centres)[0]
        )

    return score


def _within(drawn: Drawn) -> tuple[Vectors, Vectors, Vectors]:
    """Mean, within-person and between-person covariance of the cohort; the former shrunk by a fifth to a sphere."""
    owners = np.unique(drawn.cohort_owners, return_inverse=True)[1]
    counts = np.bincount(owners)
    means = np.zeros((len(counts), drawn.cohort.shape[1]))
    np.add.at(means, owners, drawn.cohort)
    means /= counts[:, None]
    rest = drawn.cohort - means[owners]
    within = rest.T @ rest / (len(rest) - len(counts))
    between = np.cov(means.T) - within * np.mean(1 / counts)
    sphere = np.trace(within) / len(within) * np.eye(len(within))
    return drawn.cohort.mean(axis=0), 0.8 * within + 0.2 * sphere, between


def _whitening(drawn: Drawn, power: float) -> Vectors:
    if not power:
        return np.eye(drawn.cohort.shape[1])
    values, vectors = np.linalg.eigh(_within(drawn)[1])
    return np.asarray(vectors * (values / values.mean()) ** (-power / 2))


def plda(drawn: Drawn) -> Callable[[Vectors], Vectors]:
    """Log-likelihood ratio of the two-covariance model, learned from the cohort's people."""
    mean, within, between = _within(drawn)
    values, vectors = np.linalg.eigh(within)
    turn = vectors / np.sqrt(values)
    spread, axes = np.linalg.eigh(turn.T @ between @ turn)
    turn, spread = turn @ axes, np.maximum(spread, 1e-6)
    centres = drawn.centres((drawn.templates - mean) @ turn)
    counts = np.maximum(np.bincount(drawn.owners, minlength=drawn.people), 1)[:, None]
    expected = counts * spread / (counts * spread + 1) * centres

    def search(probe: Vectors) -> Vectors:
        seen = ((probe - mean) @ turn).mean(axis=0)
        known = spread / (counts * spread + 1) + 1 / len(probe)
        unknown = spread + 1 / len(probe)
        return np.asarray(
            0.5
            * (
                (seen**2 / unknown + np.log(unknown)).sum()
                - ((seen - expected) ** 2 / known + np.log(known)).sum(axis=1)
            )
        )

    return search


def joined(how: str) -> Score:
    """The matcher's score over several photos, joined in other ways."""

    def score(drawn: Drawn) -> Callable[[Vectors], Vectors]:
        one = crowd()(drawn)
        centres = drawn.centres(drawn.templates)
        bias = one(np.zeros((1, 128))) + _distance(np.zeros((1, 128)), centres)[0]

        def search(probe: Vectors) -> Vectors:
            if how == "mean of scores":
                return np.mean([one(photo[None]) for photo in probe], axis=0)
            if how == "best score":
                return np.max([one(photo[None]) for photo in probe], axis=0)
            mean = probe.mean(axis=0, keepdims=True)
            put_back = float(how) * ((probe - mean) ** 2).sum(axis=1).mean()
            return np.asarray(bias - np.sqrt(_distance(mean, centres)[0] ** 2 + put_back))

        return search

    return score


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
