"""How often `enroll` takes two people for one, and one for two. Prints the tables of docs/enrolment.md.

    nice .venv/bin/python tests/accuracy/duplicates.py [--faces DIR] [--cache FILE] [--json]

DIR (default: KIOSK_FACES, else ../shared/faces) holds lfw/<person>/*.jpg and pad/nuaa/live/<person>_<…>/*.jpg. Takes
a few minutes on one core; FILE keeps the descriptors for the next time.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from enrollment import quality
from enrollment.duplicates import Known, KnownFaces, Rule
from enrollment.refusal import Refusal
from enrollment.station import open_engine_for
from enrollment.templates import Shot, check_agreement, choose
from kiosk import config
from kiosk.face.looks import LOOKS
from kiosk.face.quality import judge
from kiosk.model import Descriptor, Nip, Quality
from kiosk.ports import FaceEngine

OFFICE = 420
"""People in the gallery: the regency's largest office, and the size in docs/accuracy.md."""

SEED = 20_260_101

EAST_ASIAN = """
Alan_Tang_Kwong-wing Andy_Lau Annette_Lu Bak_Chang-Ryun Bernice_Wong Candie_Kung Carina_Lau_Ka-ling Chea_Sophara
Chen_Tsai-chin Chin-Feng_Chen Cho_Myung-kyun Choi_Sung-hong Choi_Yun-yong Chuanyun_Li Chung_Mong-hun David_Ho
Edward_Lu Fujio_Cho Gloria_Macapagal_Arroyo Goh_Kun Hee-Won_Han Heizo_Takenaka Hideki_Matsui Jeong_Se-hyun
Jong_Wook_Lee Joseph_Estrada Junichiro_Koizumi Ken_Watanabe Kim_Dae-jung Kim_Jong-Il Kim_Ryong-sung Lee_Hoi-chang
Lee_Soo-hyuck Lee_Tae-sik Li_Peng Lim_Dong-won Liu_Mingkang Lucy_Liu Mahathir_Mohamad Michael_Chang Michelle_Kwan
Nan_Wang Sachiko_Yamada Susilo_Bambang_Yudhoyono Tang_Jiaxuan Vicki_Zhao_Wei Wang_Yi Wen_Jiabao Yao_Ming
"""
"""People of LFW with Chinese, Japanese, Korean, Khmer, Indonesian, Malay or Filipino names."""

People = dict[str, list[Shot]]


@dataclass(frozen=True)
class Rate:
    """`errors` of `trials`, with the 95 % interval of Wilson (1927)."""

    errors: int
    trials: int

    @property
    def value(self) -> float:
        return self.errors / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        z, n, p = 1.959964, self.trials, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.2%} [{low:.2%}, {high:.2%}] of {self.trials:,}"


@dataclass(frozen=True)
class Row:
    table: str
    case: str
    missed: Rate
    false_alarms: Rate


# ---------------------------------------------------------------- faces


@dataclass(frozen=True)
class Material:
    """Photographs by person, frames by sitting, and the detector's scores of the faces in the photographs."""

    people: People
    sittings: People
    scores: list[float]


def describe(engine: FaceEngine, folder: Path, border: int, scores: list[float]) -> list[Shot]:
    """The face nearest to the middle of each picture; `border` px of grey around pictures that are cropped tightly."""
    shots = []
    for number, path in enumerate(sorted(folder.glob("*.jpg")), start=1):
        with Image.open(path) as picture:
            rgb = np.asarray(ImageOps.expand(picture.convert("RGB"), border=border, fill=(128, 128, 128)))
        height, width = rgb.shape[:2]
        middle = np.array([width / 2, height / 2])
        faces = sorted(engine.faces(rgb), key=lambda face: _off(face.box_px, middle))
        if faces:
            shots.append(Shot(engine.describe(rgb, faces[0], LOOKS), faces[0].quality, number))
            scores.append(faces[0].score)
    return shots


def _off(box: tuple[int, int, int, int], middle: npt.NDArray[np.float64]) -> float:
    left, top, right, bottom = box
    return float(np.abs(np.array([(left + right) / 2, (top + bottom) / 2]) - middle).sum())


def load(faces: Path, cache: Path | None, settings: config.Config) -> Material:
    if cache is not None and cache.exists():
        *stored, scores = json.loads(cache.read_text())
        photographs, sittings = ({k: [_shot(s) for s in v] for k, v in part.items()} for part in stored)
        return Material(photographs, sittings, scores)
    engine = open_engine_for(settings, None)
    scores = []
    photographs = _folders(engine, faces / "lfw", 0, scores)
    sittings = _folders(engine, faces / "pad/nuaa/live", 60, [])
    if cache is not None:
        plain = [{k: [_plain(s) for s in v] for k, v in part.items()} for part in (photographs, sittings)]
        cache.write_text(json.dumps([*plain, scores]))
    return Material(photographs, sittings, scores)


def _folders(engine: FaceEngine, parent: Path, border: int, scores: list[float]) -> People:
    found = {d.name: describe(engine, d, border, scores) for d in sorted(parent.iterdir()) if d.is_dir()}
    return {name: shots for name, shots in found.items() if shots}


def _plain(shot: Shot) -> dict[str, object]:
    return {"d": shot.descriptor.tolist(), "q": asdict(shot.quality), "n": shot.number}


def _shot(plain: dict[str, object]) -> Shot:
    return Shot(np.array(plain["d"], np.float32), Quality(**plain["q"]), int(str(plain["n"])))  # type: ignore[arg-type]


# ---------------------------------------------------------------- duplicates


def good(people: People, settings: config.EnrolmentSettings) -> People:
    """Only the photographs that `enroll` would accept."""
    bounds = quality.limits(settings)
    kept = {name: [s for s in shots if judge(s.quality, bounds) is None] for name, shots in people.items()}
    return {name: shots for name, shots in kept.items() if shots}


def east_asian(people: People) -> People:
    """The nearest that LFW has to an office in Yogyakarta."""
    names = set(EAST_ASIAN.split())
    return {name: shots for name, shots in people.items() if name in names}


def duplicates(table: str, people: People, rule: Rule, counts: tuple[int, int], office: int, seed: int) -> Row:
    """Each person who has the photographs comes to an office of `office` others, once as a newcomer and once as one
    of them under another NIP. `counts`: photographs of the newcomer, and of each on file; none is used twice."""
    ours, theirs = counts
    rng = np.random.default_rng(seed)
    on_file = {n: _descriptors(shots[:theirs]) for n, shots in people.items() if len(shots) >= theirs}
    missed = again = alarms = new = 0
    for name, shots in people.items():
        others = [n for n in on_file if n != name]
        colleagues = [Known(Nip(others[i]), on_file[others[i]]) for i in rng.permutation(len(others))[:office]]
        faces = KnownFaces(colleagues)
        twice = len(shots) >= ours + theirs
        mine = _descriptors(shots[theirs : theirs + ours] if twice else shots[:ours])
        if len(mine) == ours:
            found = faces.most_alike(mine, rule)
            new, alarms = new + 1, alarms + (found is not None and found.same)
        if twice:
            faces.add(Known(Nip(name), on_file[name]))
            found = faces.most_alike(mine, rule)
            again, missed = again + 1, missed + (found is None or not found.same)
    size = min(office, len(on_file) - 1)
    return Row(table, f"{ours} new, {theirs} on file, office of {size}", Rate(missed, again), Rate(alarms, new))


def _descriptors(shots: Sequence[Shot]) -> tuple[Descriptor, ...]:
    return tuple(shot.descriptor for shot in shots)


def sittings_compared(sittings: People, settings: config.EnrolmentSettings, rule: Rule) -> Row:
    """Two sittings at a webcam, days apart, with and without glasses, in other light; templates as `enroll` takes them.

    The office is the other people of the set, seven.
    """
    chosen = {k: _descriptors(choose(v, settings.spread, settings.max_templates)) for k, v in sittings.items()}
    missed = again = alarms = new = 0
    for name, mine in chosen.items():
        first = {k[:4]: v for k, v in sorted(chosen.items(), reverse=True) if k != name}
        own = first.pop(name[:4], None)
        faces = KnownFaces(Known(Nip(k), v) for k, v in first.items())
        found = faces.most_alike(mine, rule)
        new, alarms = new + 1, alarms + (found is not None and found.same)
        if own is not None:
            faces.add(Known(Nip(name[:4]), own))
            found = faces.most_alike(mine, rule)
            again, missed = again + 1, missed + (found is None or not found.same)
    return Row("sittings at a webcam", "office of 7", Rate(missed, again), Rate(alarms, new))


# ---------------------------------------------------------------- agreement


def refused(shots: list[Shot], limit: float) -> bool:
    try:
        check_agreement(shots, limit)
    except Refusal:
        return True
    return False


def agreement(case: str, alone: list[list[Shot]], mixed: list[list[Shot]], limit: float) -> Row:
    """`missed`: two people who pass as one. `false_alarms`: one person who is refused."""
    return Row(
        f"agreement, limit {limit}",
        case,
        Rate(sum(not refused(shots, limit) for shots in mixed), len(mixed)),
        Rate(sum(refused(shots, limit) for shots in alone), len(alone)),
    )


def photographs_mixed(people: People, count: int, rng: np.random.Generator) -> Iterator[list[Shot]]:
    names = [n for n, shots in people.items() if len(shots) >= count]
    for name in names:
        for strangers in {1, count // 2}:
            for _ in range(3):
                stranger = names[int(rng.integers(len(names)))]
                if stranger != name:
                    yield people[name][: count - strangers] + people[stranger][:strangers]


def sittings_mixed(sittings: People, share: tuple[int, int], rng: np.random.Generator) -> Iterator[list[Shot]]:
    for one in sittings:
        for two in sittings:
            if one[:4] != two[:4]:
                yield some(sittings[one], share[0], rng) + some(sittings[two], share[1], rng)


def some(shots: list[Shot], count: int, rng: np.random.Generator) -> list[Shot]:
    return [shots[i] for i in rng.choice(len(shots), min(count, len(shots)), replace=False)]


# ---------------------------------------------------------------- report


def measure(people: People, sittings: People, settings: config.EnrolmentSettings) -> list[Row]:
    rng = np.random.default_rng(SEED)
    rule = Rule(settings.duplicate_distance, settings.duplicate_ratio)
    alone = Rule(0.39, 1.0)
    pairs = ((1, 1), (1, 3), (2, 2), (3, 3))
    rows = [duplicates("LFW", people, rule, counts, OFFICE, SEED) for counts in pairs]
    rows += [
        duplicates("LFW, good photographs", good(people, settings), rule, counts, OFFICE, SEED) for counts in pairs
    ]
    rows += [duplicates("LFW", people, rule, (3, 3), office, SEED) for office in (100, 30, 10, 3)]
    rows += [duplicates("East Asian", east_asian(people), rule, (n, n), 100, SEED) for n in (1, 2, 3)]
    rows += [duplicates("East Asian", east_asian(people), rule, (3, 3), office, SEED) for office in (10, 3)]
    rows += [duplicates("LFW, distance <= 0.39 alone", people, alone, counts, OFFICE, SEED) for counts in pairs]
    rows.append(duplicates("East Asian, distance <= 0.39 alone", east_asian(people), alone, (3, 3), 100, SEED))
    rows.append(sittings_compared(sittings, settings, rule))
    for count in (2, 3, 4, 5):
        alone = [shots[:count] for shots in people.values() if len(shots) >= count]
        mixed = list(photographs_mixed(people, count, rng))
        rows.append(agreement(f"{count} photographs", alone, mixed, settings.same_person_distance_photos))
    alone = [some(shots, count, rng) for shots in sittings.values() for count in (5, 9, 13) for _ in range(10)]
    for share in ((8, 1), (6, 2), (4, 4)):
        mixed = list(sittings_mixed(sittings, share, rng))
        rows.append(agreement(f"{share[0]} + {share[1]} frames", alone, mixed, settings.same_person_distance))
    return rows


def show(rows: list[Row], write: Callable[[str], None]) -> None:
    write("| what | case | same person missed | other person flagged |")
    write("|---|---|---|---|")
    for row in rows:
        write(f"| {row.table} | {row.case} | {row.missed} | {row.false_alarms} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = os.environ.get("KIOSK_FACES") or str(Path(__file__).parents[2].parent / "shared" / "faces")
    parser.add_argument("--faces", type=Path, default=Path(default))
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    settings = config.load()
    material = load(arguments.faces, arguments.cache, settings)
    rows = measure(material.people, material.sittings, settings.enrolment)
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    kept = sum(map(len, good(material.people, settings.enrolment).values()))
    weak = sum(score < quality.MIN_SCORE for score in material.scores)
    print(
        f"{len(material.scores)} photographs of {len(material.people)} people, {kept} good enough to enrol, "
        f"{Rate(weak, len(material.scores))} with a detector's score below {quality.MIN_SCORE}\n"
    )
    show(rows, print)


if __name__ == "__main__":
    main()
