"""The figures behind the face engine: docs/accuracy.md names for each table the part that prints it.

    nice .venv/bin/python tests/accuracy/engine_figures.py PART [--photos N]

PART: descriptor, runtimes, detection, boxes, following, refining, changes, memory, pose, covered or quality.

Faces: KIOSK_FACES, else ../shared/faces (lfw/<person>/*.jpg, clips/*); YuNet: KIOSK_MODELS, else ../shared/models.
One core; minutes, `quality` an hour.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import dlib
import numpy as np
import numpy.typing as npt
import scenes

from demo.faces import talking_man
from kiosk import config
from kiosk.errors import CameraError
from kiosk.face import open_engine, tracking
from kiosk.face.descriptor import (
    RESNET_FILE,
    FastDescriber,
    dlib_shape,
    open_fast_describer,
    self_test_chips,
    weights_path,
)
from kiosk.face.detector import Detector, HogDetector, YunetDetector
from kiosk.face.dlib_model import read_layers
from kiosk.face.engine import Engine, Finder
from kiosk.face.onnx_writer import to_onnx
from kiosk.face.tracking import Follower
from kiosk.machine.model_files import YUNET
from kiosk.model import Descriptor, Face, Quality, RgbImage
from kiosk.replay import ReplayCamera

ROOT = Path(__file__).parents[2]
FACES = Path(os.environ.get("KIOSK_FACES") or ROOT.parent / "shared" / "faces")
MODELS = Path(os.environ.get("KIOSK_MODELS") or ROOT.parent / "shared" / "models")
CACHE = ROOT / "out" / "cache"
SEED = 2027

Print = Callable[[str], None]


def photos(count: int | None = None) -> list[Path]:
    """LFW photos in a fixed random order."""
    paths = sorted((FACES / "lfw").glob("*/*.jpg"))
    order = np.random.default_rng(SEED).permutation(len(paths))
    return [paths[index] for index in order[:count]]


def interval(hits: int, count: int) -> str:
    """A share in percent with its 95 % interval (Wilson)."""
    z, share = 1.96, hits / count
    middle, half = share + z * z / (2 * count), z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    low, high = (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)
    return f"{100 * share:.1f} ({100 * low:.0f}-{100 * high:.0f})"


# ---------------------------------------------------------------- descriptor


def descriptor(count: int, write: Print) -> None:
    """The fast descriptor against dlib's, one thread each, in turn on the same faces."""
    reference = dlib.face_recognition_model_v1(str(weights_path(RESNET_FILE)))
    fast, engine = open_fast_describer(CACHE), open_engine("fast", cache_dir=CACHE, follow=False)
    worst, times = [], defaultdict(list)
    for path in photos():
        picture = scenes.load(path)
        for face in engine.faces(picture)[:1]:
            shape = dlib_shape(face)
            start = time.process_time()
            theirs = np.array(reference.compute_face_descriptor(picture, shape, 0))
            between = time.process_time()
            ours = fast.describe(picture, face, range(1))
            times["dlib"].append(between - start)
            times["fast"].append(time.process_time() - between)
            worst.append(np.abs(theirs - ours).max())
        if len(worst) == count:
            break
    dlib_ms, fast_ms = (float(np.median(times[side])) * 1e3 for side in ("dlib", "fast"))
    write(f"| faces | dlib, CPU ms | fast, CPU ms | times faster | largest difference | its median |\n{'|---' * 6}|")
    write(
        f"| {len(worst)} | {dlib_ms:.1f} | {fast_ms:.2f} | {dlib_ms / fast_ms:.1f} | {max(worst):.1e} "
        f"| {np.median(worst):.1e} |"
    )


def runtimes(count: int, write: Print) -> None:
    """The same network in dlib, onnxruntime and OpenCV, one thread each, in turn on the built-in patterns."""
    import cv2
    import onnx

    model = to_onnx(read_layers(weights_path(RESNET_FILE).read_bytes()))
    planes = onnx.load_from_string(model)  # OpenCV takes no uint8 input: give it what stands behind Cast and Transpose
    del planes.graph.node[:2]
    planes.graph.node[0].input[0] = "chips"
    planes.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    for dimension, size in zip(planes.graph.input[0].type.tensor_type.shape.dim, (1, 3, 150, 150), strict=True):
        dimension.dim_value = size
    cv2.setNumThreads(1)
    opencv = cv2.dnn.readNetFromONNX(np.frombuffer(planes.SerializeToString(), np.uint8))
    fast, reference = FastDescriber(model), dlib.face_recognition_model_v1(str(weights_path(RESNET_FILE)))

    def in_opencv(chip: npt.NDArray[np.uint8]) -> object:
        opencv.setInput(np.ascontiguousarray(chip.transpose(2, 0, 1)[None], dtype=np.float32))
        return opencv.forward()

    ways: dict[str, Callable[[npt.NDArray[np.uint8]], object]] = {
        "dlib": reference.compute_face_descriptor,
        "onnxruntime": lambda chip: fast.describe_chips(chip[None]),
        "OpenCV": in_opencv,
    }
    taken: dict[str, list[float]] = defaultdict(list)
    for chip in self_test_chips(count):
        for way, run in ways.items():
            start = time.process_time()
            run(chip)
            taken[way].append(time.process_time() - start)
    write(f"| CPU ms, median of {count} | {' | '.join(ways)} |\n{'|---' * 4}|")
    write(f"| | {' | '.join(f'{np.median(taken[way]) * 1e3:.2f}' for way in ways)} |")


# ---------------------------------------------------------------- detection


def detectors() -> dict[str, Callable[[RgbImage], list[Face]]]:
    """Each way of searching a picture that nothing is known about."""
    hog, yunet = HogDetector(), YunetDetector(MODELS / YUNET.file_name)
    describer = open_fast_describer(CACHE)

    def searching(detector: Detector, longest_px: int) -> Callable[[RgbImage], list[Face]]:
        class Search:
            def find(self, frame_rgb: RgbImage) -> list:
                return detector.search(frame_rgb, longest_px)

        return Engine(Search(), describer).faces

    return {
        "face_recognition": open_engine("reference").faces,
        "HOG 640": searching(hog, 640),
        "HOG 320": searching(hog, 320),
        "YuNet 640": searching(yunet, 640),
        "YuNet 320": searching(yunet, 320),
    }


def detection(count: int, write: Print) -> None:
    ways, rng = detectors(), np.random.default_rng(SEED)
    hits: dict[str, Counter[str]] = defaultdict(Counter)
    elsewhere: Counter[str] = Counter()
    taken: dict[str, list[float]] = defaultdict(list)
    names = [name for name, _ in scenes.conditions()]
    for path in photos(count):
        picture = scenes.load(path)
        for name, condition in scenes.conditions():
            scene = condition(picture, rng)
            for way, faces in ways.items():
                start = time.process_time()
                seen = faces(scene.rgb)
                taken[way].append(time.process_time() - start)
                hits[name][way] += scenes.found(seen, scene) is not None
                elsewhere[way] += len(seen) - (scenes.found(seen, scene) is not None)
    write(f"| condition, {count} faces each | {' | '.join(ways)} |\n{'|---' * (len(ways) + 1)}|")
    for name in names:
        write(f"| {name} | {' | '.join(interval(hits[name][way], count) for way in ways)} |")
    write(f"| other boxes a picture | {' | '.join(f'{elsewhere[way] / count / len(names):.3f}' for way in ways)} |")
    write(f"| CPU ms | {' | '.join(f'{np.median(taken[way]) * 1e3:.1f}' for way in ways)} |")


# ---------------------------------------------------------------- boxes


def boxes(count: int, write: Print) -> None:
    """How far the descriptor moves when another detector draws the box, against how far apart people are."""
    ways = detectors()
    describe = open_engine("fast", cache_dir=CACHE).describe
    vectors: dict[str, dict[Path, Descriptor]] = defaultdict(dict)
    for path in photos(count):
        picture = scenes.load(path)
        whole = scenes.Scene(picture, (scenes.PHOTO_MIDDLE, scenes.PHOTO_MIDDLE), scenes.PHOTO_FACE)
        for way in ("face_recognition", "HOG 640", "YuNet 640"):
            face = scenes.found(ways[way](picture), whole)
            if face is not None:
                vectors[way][path] = describe(picture, face)
    gallery = vectors["face_recognition"]
    write(f"| probe's detector | same photo: median, 95 %, 99 % | pairs | FNMR at FMR 0.01 % |\n{'|---' * 4}|")
    for way, probes in vectors.items():
        same = [float(np.linalg.norm(gallery[path] - probes[path])) for path in probes if path in gallery]
        genuine, impostor = _pairs(gallery, probes)
        limit = np.quantile(impostor, 1e-4)
        missed = int((genuine > limit).sum())
        spread = ", ".join(f"{value:.3f}" for value in np.percentile(same, [50, 95, 99]))
        write(f"| {way} | {spread} | {len(genuine)} / {len(impostor)} | {interval(missed, len(genuine))} |")


def _pairs(
    gallery: dict[Path, Descriptor], probes: dict[Path, Descriptor]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Distances of all pairs of two photos: of one person, and of two."""
    first, second = list(gallery), list(probes)
    a, b = np.array([gallery[path] for path in first]), np.array([probes[path] for path in second])
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * a @ b.T
    distances = np.sqrt(np.maximum(squares, 0))
    people_a, people_b = np.array([path.parent.name for path in first]), np.array([path.parent.name for path in second])
    same_person = people_a[:, None] == people_b[None]
    same_photo = np.array([str(path) for path in first])[:, None] == np.array([str(path) for path in second])[None]
    return distances[same_person & ~same_photo], distances[~same_person]


# ---------------------------------------------------------------- following


def clips() -> Iterator[tuple[str, list[RgbImage]]]:
    for path in [talking_man(), *sorted((FACES / "clips").iterdir())]:
        camera = ReplayCamera(path, 640, 480, 60, paced=False, loop=False)
        camera.open()
        frames = []
        try:
            while True:
                frames.append(camera.read().rgb)
        except CameraError:
            yield path.stem, frames


def following(_: int, write: Print) -> None:
    """Every frame searched, as face_recognition does and coarser, against a face that is followed."""
    yunet = MODELS / YUNET.file_name
    ways: dict[str, Callable[[], Finder]] = {
        "face_recognition": lambda: _Searching("plain"),
        "HOG 640 every frame": lambda: _Searching("hog"),
        "HOG followed": lambda: Follower(HogDetector()),
        "YuNet 320 every frame": lambda: _Searching("yunet"),
        "YuNet followed": lambda: Follower(YunetDetector(yunet)),
    }
    write(f"| clip | frames | {' | '.join(ways)} |\n{'|---' * (len(ways) + 2)}|")
    for name, frames in clips():
        cells = []
        for make in ways.values():
            finder, taken, with_face = make(), [], 0
            for frame in frames:
                start = time.process_time()
                with_face += bool(finder.find(frame))
                taken.append(time.process_time() - start)
            cells.append(f"{with_face}, {np.mean(taken) * 1e3:.1f} ms")
        write(f"| {name} | {len(frames)} | {' | '.join(cells)} |")


class _Searching:
    def __init__(self, way: str) -> None:
        self._way = way
        self._hog, self._plain = HogDetector(), dlib.get_frontal_face_detector()
        self._yunet = YunetDetector(MODELS / YUNET.file_name)

    def find(self, frame_rgb: RgbImage) -> list:
        if self._way == "plain":
            return list(self._plain(frame_rgb, 1))
        detector: Detector = self._hog if self._way == "hog" else self._yunet
        return detector.search(frame_rgb, detector.search_px)


def refining(_: int, write: Print) -> None:
    """Frames in which a followed face is lost, by the size and the surroundings in which HOG looks for it again."""
    seen = dict(clips())
    write(f"| face, px | margin | frames with a face | CPU ms a frame |\n{'|---' * 4}|")
    for face_px, margin in itertools.product((80, 84, 88, 96, 104), (0.25, 0.3, 0.4)):

        class Variant(HogDetector):
            _FOLLOW_FACE_PX = face_px
            _FOLLOW_MARGIN = margin

        with_face, taken = 0, 0.0
        for frames in seen.values():
            finder = Follower(Variant())
            start = time.process_time()
            with_face += sum(bool(finder.find(frame)) for frame in frames)
            taken += time.process_time() - start
        count = sum(map(len, seen.values()))
        write(f"| {face_px} | {margin} | {with_face} of {count} | {taken / count * 1e3:.1f} |")


def changes(count: int, write: Print) -> None:
    """How much the tiny picture changes from frame to frame, and between photographs of different people."""

    def steps(pictures: Sequence[RgbImage]) -> npt.NDArray[np.float64]:
        small = [tracking.miniature(picture) for picture in pictures]
        return np.array([float(np.abs(a - b).mean()) for a, b in pairwise(small)])

    write(f"| pictures | steps | median | largest (of photographs: least 1 %) |\n{'|---' * 4}|")
    for name, frames in clips():
        values = steps(frames)
        write(f"| {name} | {len(values)} | {np.median(values):.1f} | {values.max():.1f} |")
    values = steps([scenes.load(path) for path in photos(count)])
    write(f"| photographs | {len(values)} | {np.median(values):.1f} | {np.quantile(values, 0.01):.1f} |")


# ---------------------------------------------------------------- memory


def memory(count: int, write: Print) -> None:
    """Resident memory over so many frames: a man who talks, cuts to an empty room, a descriptor every eighth frame."""
    frames = next(clips())[1]
    empty = np.full_like(frames[0], 90)
    stream = [*frames, *[empty] * 30]
    write(f"| engine | frames | memory, MB | slope, kB per 1,000 frames |\n{'|---' * 4}|")
    for name, models in (("HOG", None), ("YuNet", MODELS)):
        engine = open_engine("fast", cache_dir=CACHE, models_dir=models)
        resident = []
        for number in range(count):
            frame = stream[number % len(stream)]
            faces = engine.faces(frame)
            if faces and number % 8 == 0:
                engine.describe(frame, faces[0])
            if number % 500 == 0:
                resident.append(_resident_kb())
        steady = np.array(resident[4:])  # after 2,000 frames every buffer has been made
        slope = np.polyfit(np.arange(len(steady)) * 0.5, steady, 1)[0]
        write(f"| {name} | {count} | {steady[-1] / 1024:.0f} | {slope:.1f} |")


def _resident_kb() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise LookupError("VmRSS")


# ---------------------------------------------------------------- quality


@dataclass(frozen=True)
class Probe:
    """One harder picture of a person: what it measures, and how far from the person's other photo it is described."""

    kind: str
    quality: Quality
    distance: float
    clear_distance: float


def _harder(photo: RgbImage, rng: np.random.Generator) -> Iterator[tuple[str, scenes.Scene]]:
    usual = scenes.place(photo, scenes.USUAL_PX, rng)
    for px in (160, 130, 110, 90, 80, 70, 60, 50, 44, 38, 32, 26, 20):
        yield "size", scenes.place(photo, px, rng)
    for sigma in (0.8, 1.2, 1.8, 2.5, 3.5, 5, 7):
        yield "blur", scenes.defocused(usual, sigma)
    for length in (7, 13, 21, 31):
        yield "blur", scenes.moved(usual, length)
    for factor in (0.6, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05):
        yield "dim", scenes.dim(usual, rng, factor)
    for factor in (1.5, 2, 2.5, 3, 4, 6):
        yield "bright", scenes.overexposed(usual, factor)
    for factor in (0.6, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07):
        yield "flat", scenes.flat(usual, rng, factor)
    for degrees in (5, 10, 15, 20, 25, 30, 35, 40):
        yield "roll", scenes.place(photo, scenes.USUAL_PX, rng, roll_deg=degrees * rng.choice([-1, 1]))
    for px in (250, 300, 350, 400, 450, 500):
        yield "near", scenes.place(photo, px, rng)
    for left in (65, 52, 39, 26, 13, 0):
        yield "border", scenes.place(photo, scenes.USUAL_PX, rng, left_px=left)


MEASURES: dict[str, tuple[Callable[[Quality], float], str, Sequence[float]]] = {
    "eye_distance_px": (lambda q: q.eye_distance_px, "size", (8, 12, 16, 20, 24, 28, 34, 42, 80)),
    "width": (lambda q: q.width, "near", (0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.8, 1)),
    "sharpness": (lambda q: q.sharpness, "blur", (0, 5, 10, 15, 20, 30, 50, 100, 1e4)),
    "brightness, dim": (lambda q: q.brightness, "dim", (0, 10, 15, 20, 30, 40, 50, 70, 255)),
    "brightness, bright": (lambda q: q.brightness, "bright", (120, 150, 175, 190, 205, 215, 225, 235, 245, 256)),
    "contrast": (lambda q: q.contrast, "flat", (0, 4, 6, 8, 10, 14, 18, 25, 128)),
    "roll_deg": (lambda q: abs(q.roll_deg), "roll", (0, 5, 10, 15, 20, 25, 30, 35, 60)),
    "border": (lambda q: q.border, "border", (0, 0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 1)),
}
"""By measure: how to read it, in which experiment it varies, and the edges of its classes."""


def quality(count: int, write: Print) -> None:
    """Of the people who are recognised from a clear photo, how many still are from one made harder."""
    engine = open_engine("fast", cache_dir=CACHE, models_dir=MODELS, follow=False)
    rng = np.random.default_rng(SEED)
    people = defaultdict(list)
    for path in photos():
        people[path.parent.name].append(path)
    pairs = [paths[:2] for paths in people.values() if len(paths) > 1][:count]
    probes, clear = [], []
    whole = ((scenes.PHOTO_MIDDLE, scenes.PHOTO_MIDDLE), scenes.PHOTO_FACE)
    for enrolled_path, probe_path in pairs:
        enrolled, photo = scenes.load(enrolled_path), scenes.load(probe_path)
        first = scenes.found(engine.faces(enrolled), scenes.Scene(enrolled, *whole))
        second = scenes.found(engine.faces(photo), scenes.Scene(photo, *whole))
        if first is None or second is None:
            continue
        template, plain = engine.describe(enrolled, first), engine.describe(photo, second)
        clear.append(plain)
        apart = float(np.linalg.norm(template - plain))
        for kind, scene in _harder(photo, rng):
            face = scenes.found(engine.faces(scene.rgb), scene)
            if face is not None:
                vector = engine.describe(scene.rgb, face)
                probes.append(Probe(kind, face.quality, float(np.linalg.norm(template - vector)), apart))
    limit = _limit(np.array(clear))
    write(f"people {len(clear)}, distance that counts as recognised {limit:.3f} (FMR 0.01 %)\n")
    write(f"| measure | from | to | pictures | still recognised, % |\n{'|---' * 5}|")
    for name, (read, kind, edges) in MEASURES.items():
        of_kind = [probe for probe in probes if probe.kind == kind and probe.clear_distance <= limit]
        for low, high in pairwise(edges):
            inside = [probe for probe in of_kind if low <= read(probe.quality) < high]
            if len(inside) >= 20:
                kept = sum(probe.distance <= limit for probe in inside)
                write(f"| {name} | {low:g} | {high:g} | {len(inside)} | {interval(kept, len(inside))} |")


def pose(count: int, write: Print) -> None:
    """Photos as they are: recognised against the person's most facing one, by pose and by how well eyes and mouth are
    seen."""
    engine = open_engine("fast", cache_dir=CACHE, models_dir=MODELS, follow=False)
    people: dict[str, list[tuple[Quality, Descriptor]]] = defaultdict(list)
    for path in photos(count):
        picture = scenes.load(path)
        whole = scenes.Scene(picture, (scenes.PHOTO_MIDDLE, scenes.PHOTO_MIDDLE), scenes.PHOTO_FACE)
        face = scenes.found(engine.faces(picture), whole)
        if face is not None:
            people[path.parent.name].append((face.quality, engine.describe(picture, face)))
    limit = _limit(np.array([shots[0][1] for shots in people.values()]))
    probes: list[tuple[Quality, float]] = []
    for shots in people.values():
        facing, *others = sorted(shots, key=lambda shot: abs(shot[0].yaw) + abs(shot[0].pitch))
        probes += [(measured, float(np.linalg.norm(vector - facing[1]))) for measured, vector in others]
    write(f"photos {len(probes)}, distance that counts as recognised {limit:.3f} (FMR 0.01 %)\n")
    write(f"| measure | from | to | photos | recognised, % |\n{'|---' * 5}|")
    for name, read, edges in (
        ("yaw, either side", lambda q: abs(q.yaw), (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.01)),
        ("pitch", lambda q: q.pitch, (-1, -0.6, -0.45, -0.3, -0.15, 0, 0.15, 0.3, 0.45, 1.01)),
        ("eyes", lambda q: q.eyes, (0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 1.01)),
        ("mouth", lambda q: q.mouth, (0, 0.04, 0.06, 0.08, 0.12, 0.2, 0.3, 10)),
    ):
        for low, high in pairwise(edges):
            inside = [distance <= limit for measured, distance in probes if low <= read(measured) < high]
            if len(inside) >= 20:
                write(f"| {name} | {low:g} | {high:g} | {len(inside)} | {interval(sum(inside), len(inside))} |")


def covered(count: int, write: Print) -> None:
    """How many faces terminal and enrolment send away because of their eyes or mouth, by what is drawn over them."""
    engine = open_engine("fast", cache_dir=CACHE, models_dir=MODELS, follow=False)
    settings, rng = config.load(), np.random.default_rng(SEED)
    limits = {"terminal": settings.quality, "enrolment": settings.enrolment}
    hidden: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    faces: Counter[str] = Counter()
    for path in photos(count):
        picture = scenes.load(path)
        for name, condition in scenes.conditions():
            scene = condition(picture, rng)
            face = scenes.found(engine.faces(scene.rgb), scene)
            if face is None:
                continue
            faces[name] += 1
            for where, limit in limits.items():
                hidden[name][where, "eyes"] += face.quality.eyes < limit.min_eyes
                hidden[name][where, "mouth"] += face.quality.mouth < limit.min_mouth
    columns = [(where, what) for where in limits for what in ("eyes", "mouth")]
    write(f"| condition | faces | {' | '.join(f'{where}: {what}, %' for where, what in columns)} |\n{'|---' * 6}|")
    for name, found in faces.items():
        write(f"| {name} | {found} | {' | '.join(interval(hidden[name][column], found) for column in columns)} |")


def _limit(vectors: npt.NDArray[np.float32]) -> float:
    squares = (vectors**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * vectors @ vectors.T, 0))
    return float(np.quantile(distances[np.triu_indices(len(vectors), 1)], 1e-4))


PARTS: dict[str, tuple[Callable[[int, Print], None], int]] = {
    "descriptor": (descriptor, 1000),
    "runtimes": (runtimes, 20),
    "detection": (detection, 300),
    "boxes": (boxes, 3462),
    "following": (following, 0),
    "refining": (refining, 0),
    "changes": (changes, 1000),
    "memory": (memory, 20_000),
    "pose": (pose, 3462),
    "covered": (covered, 300),
    "quality": (quality, 400),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--photos", type=int, help="how many photos or people")
    options = parser.parse_args()
    part, usual = PARTS[options.part]
    part(options.photos or usual, print)


if __name__ == "__main__":
    main()
