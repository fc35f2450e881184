"""What eight-bit recognisers would cost and bring on this processor: docs/accuracy.md, "Eight bits".

    nice .venv/bin/python tests/accuracy/int8.py [--calibration N] [--rounds N] [--model MODEL] [--sums] [--speed]

Each recogniser's network in the form that runs here is quantised to int8 (onnxruntime.quantization, static, a scale a
channel), calibrated on photos of one half of the people and measured on the other half: FNIR at FPIR 0.3 % with one
photo shown, the distance of its descriptors from the float ones, and CPU ms of the network alone, both in turn. One
thread; about ten minutes a core. Faces: KIOSK_FACES; recognisers: KIOSK_MODELS, as engine_figures.py has them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnx
from engine_figures import FACES, MODELS
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from kiosk.face.aligned import AlignedDescriber
from kiosk.face.descriptor import RESNET_FILE, FastDescriber, Network, weights_path
from kiosk.face.dlib_model import read_layers
from kiosk.face.engine import Engine, open_engine
from kiosk.face.onnx_rewriter import rewritten
from kiosk.face.onnx_writer import to_onnx
from kiosk.machine.model_files import recogniser_file
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Presensi, attempts
from kiosk.measure.identification.label_errors import is_wrong
from kiosk.measure.identification.protocol import Condition, rounds
from kiosk.measure.identification.statistics import fnir_intervals
from kiosk.measure.identification.table import normalisations
from kiosk.model import Face, ModelId, RgbImage
from kiosk.model.recognisers import DLIB, RECOGNISERS

ENROLLED = 200
FPIR = 0.003
SEED = 1
OPSET = 13
"""The first that knows a scale a channel."""

Batch = npt.NDArray[Any]


class Heard(CalibrationDataReader):  # type: ignore[misc]
    """The batches that a network was given, one by one."""

    def __init__(self, name: str, batches: list[Batch]) -> None:
        self._next = iter([{name: batch} for batch in batches])

    def get_next(self) -> dict[str, Batch] | None:
        return next(self._next, None)


class Overheard:
    """A network that keeps what it is given."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.batches: list[Batch] = []

    def run(self, batch: Batch) -> npt.NDArray[np.float32]:
        self.batches.append(batch.copy())
        return self._network.run(batch)


def float_model(model_id: ModelId) -> bytes:
    if model_id == DLIB.model_id:
        return to_onnx(read_layers(weights_path(RESNET_FILE).read_bytes()))
    return rewritten((MODELS / recogniser_file(model_id)[1].file_name).read_bytes())


def describer(model_id: ModelId, model: bytes) -> FastDescriber | AlignedDescriber:
    if model_id == DLIB.model_id:
        return FastDescriber(model)
    return AlignedDescriber(RECOGNISERS[model_id], model)


def quantised(model: bytes, batches: list[Batch], folder: Path, *, sums: bool) -> bytes:
    """Convolutions of more than one channel at a time in int8: those that stand for a PReLU's slope stay in float, if
    not `sums`, when they and what is made of them are int8 too."""
    graph = onnx.load_model_from_string(model)
    if graph.opset_import[0].version < OPSET:
        graph = onnx.version_converter.convert_version(graph, OPSET)
    sizes = {each.name: each.dims for each in graph.graph.initializer}
    kept = []
    for number, node in enumerate(graph.graph.node):
        node.name = f"{node.op_type}_{number}"
        if not sums and node.op_type == "Conv" and list(sizes[node.input[1]][1:]) == [1, 1, 1]:
            kept.append(node.name)
    before, after = folder / "float.onnx", folder / "int8.onnx"
    onnx.save(graph, before)
    quantize_static(
        before,
        after,
        Heard(graph.graph.input[0].name, batches),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=kept,
        op_types_to_quantize=["Conv", "MaxPool", "MatMul", "Gemm", *(["Add", "Relu", "Flatten"] if sums else [])],
    )
    return after.read_bytes()


def people() -> list[list[Path]]:
    listed = [sorted(path for path in each.glob("*.jpg") if not is_wrong(path)) for each in _folders()]
    return [files for files in listed if files]


def _folders() -> list[Path]:
    return sorted(each for each in (FACES / "lfw").iterdir() if each.is_dir())


def faces(engine: Engine, paths: list[Path]) -> Iterator[tuple[RgbImage, Face] | None]:
    for path in paths:
        frame = np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), dtype=np.uint8)
        found = engine.faces(frame)
        centre = frame.shape[1] / 2
        yield (
            (frame, min(found, key=lambda face: abs((face.box_px.left + face.box_px.right) / 2 - centre)))
            if found
            else None
        )


def cpu_ms(works: list[Callable[[], object]], times: int = 40) -> list[float]:
    """The median of each, in turn."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, of in zip(works, taken, strict=True):
            start = time.process_time()
            work()
            of.append(time.process_time() - start)
    return [float(np.median(of)) * 1e3 for of in taken]


def fnir(descriptors: npt.NDArray[np.float32], owners: npt.NDArray[np.intp], model_id: ModelId, count: int) -> str:
    collection = Collection(owners, descriptors, descriptors, model_id=model_id)
    drawn = rounds(collection, Condition(ENROLLED), count, SEED)
    found = attempts(collection, drawn, Presensi(normalisations(model_id)[0]))
    interval = fnir_intervals(found, [FPIR], SEED)[0]
    return f"{found.fnir(found.threshold(FPIR)):.2%} ({interval.low:.2%}-{interval.high:.2%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calibration", type=int, default=150, help="photos of the one half")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--sums", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--model", action="append", choices=list(RECOGNISERS), help="[default: all]")
    options = parser.parse_args()
    chosen = [ModelId(each) for each in options.model or RECOGNISERS]
    engine = open_engine("fast", models_dir=MODELS, follow=False)
    assert isinstance(engine, Engine)
    listed = people()
    calibration = [path for files in listed[0::2] for path in files[:1]][: options.calibration]
    measured = listed[1::2]
    owners = np.repeat(np.arange(len(measured)), [len(files) for files in measured])
    known = [each for each in faces(engine, calibration) if each is not None]
    pairs = {}
    for model_id in chosen:
        model = float_model(model_id)
        plain = describer(model_id, model)
        heard = Overheard(plain._network)
        plain._network = heard  # type: ignore[assignment]
        for frame, face in known:
            plain.describe(frame, face, range(1))
        with tempfile.TemporaryDirectory() as name:
            small = quantised(model, heard.batches, Path(name), sums=options.sums)
        pairs[model_id] = describer(model_id, model), describer(model_id, small)
        batch = np.concatenate(heard.batches[: RECOGNISERS[model_id].looks])
        plain_ms, small_ms = cpu_ms([partial(each._network.run, batch) for each in pairs[model_id]])
        facts = {"model": model_id, "bytes": len(model), "int8_bytes": len(small)}
        print(json.dumps({**facts, "ms": plain_ms, "int8_ms": small_ms}), flush=True)
    if options.speed:
        return
    found: dict[ModelId, list[list[npt.NDArray[np.float32]]]] = {each: [[], []] for each in chosen}
    for seen in faces(engine, [path for files in measured for path in files]):
        for model_id, both in pairs.items():
            for which, each in enumerate(both):
                nothing = np.full(RECOGNISERS[model_id].length, np.nan, dtype=np.float32)
                found[model_id][which].append(
                    nothing if seen is None else each.describe(*seen, range(each.recogniser.looks))
                )
    for model_id, rows in found.items():
        plain_rows, small_rows = np.stack(rows[0]), np.stack(rows[1])
        away = np.linalg.norm(plain_rows - small_rows, axis=1)
        print(
            json.dumps(
                {
                    "model": model_id,
                    "float_fnir": fnir(plain_rows, owners, model_id, options.rounds),
                    "int8_fnir": fnir(small_rows, owners, model_id, options.rounds),
                    "distance_median": float(np.nanmedian(away)),
                    "distance_largest": float(np.nanmax(away)),
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
