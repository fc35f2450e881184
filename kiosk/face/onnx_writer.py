"""Writes dlib's face ResNet, as `face.dlib_model` read it, as an ONNX model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kiosk.errors import ModelError
from kiosk.face.dlib_model import AddPrevious, Affine, Convolution, FullyConnected, Input, Layer, Pool, Relu

OPSET = 13  # the oldest that has all that is needed, so that old and new runtimes read the file


def to_onnx(layers: list[Layer]) -> bytes:
    """The network as a serialised ONNX model.

    Input `chips`: (n, size, size, 3) uint8 RGB. Output `descriptors`: (n, 128) float32. An affine layer behind a
    convolution is folded into its weights, and so are the input's mean and scale: the same sums in fewer steps.
    Raises ModelError when the layers are not a residual network of dlib's kind.
    """
    return _Graph(layers).serialised()


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of the graph: its name, channels, and side in pixels (0 for a vector)."""

    name: str
    channels: int
    side: int


class _Graph:
    def __init__(self, layers: list[Layer]) -> None:
        # Imported here because a terminal writes its model once: every later start does without.
        from onnx import helper, numpy_helper

        self._helper: Any = helper
        self._from_array: Any = numpy_helper.from_array
        self._layers = layers
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def serialised(self) -> bytes:
        helper = self._helper
        size, result = self._build()
        graph = helper.make_graph(
            self._nodes,
            "dlib_face_recognition_resnet_model_v1",
            [helper.make_tensor_value_info("chips", 2, ["n", size, size, 3])],  # 2: uint8
            [helper.make_tensor_value_info(result.name, 1, ["n", result.channels])],  # 1: float32
            self._constants,
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=7, producer_name="presensi")
        return bytes(model.SerializeToString())

    def _build(self) -> tuple[int, _Value]:
        match self._layers:
            case [Input() as source, Convolution() as first, Affine() as scale, Relu(), Pool("max") as pool, *rest]:
                x = self._pixels(source.size)
                x = self._convolve(x, _fold_affine(_fold_input(first, source), scale))
                x = self._pool(self._relu(x), pool)
            case _:
                raise ModelError("the network does not begin as dlib's face ResNet does.")
        while rest and isinstance(rest[0], Convolution):
            x, rest = self._residual_block(x, rest)
        match rest:
            case [Pool("avg", window=0), FullyConnected() as last]:
                return source.size, self._project(x, last)
            case _:
                raise ModelError("the network does not end as dlib's face ResNet does.")

    def _residual_block(self, x: _Value, layers: list[Layer]) -> tuple[_Value, list[Layer]]:
        """relu(branch + shortcut), and the layers behind it. A narrowing block pools its shortcut (`residual_down`)."""
        match layers:
            case [
                Convolution() as first, Affine() as first_scale, Relu(),
                Convolution() as second, Affine() as second_scale,
                Pool("avg") as pool, AddPrevious(), Relu(), *rest,
            ] if pool.window:  # fmt: skip
                shortcut = self._pool(x, pool)
            case [
                Convolution() as first, Affine() as first_scale, Relu(),
                Convolution() as second, Affine() as second_scale,
                AddPrevious(), Relu(), *rest,
            ]:  # fmt: skip
                shortcut = x
            case _:
                raise ModelError("the network holds a block that dlib's face ResNet has not.")
        branch = self._relu(self._convolve(x, _fold_affine(first, first_scale)))
        branch = self._convolve(branch, _fold_affine(second, second_scale))
        return self._relu(self._add_padded(branch, shortcut)), rest

    def _pixels(self, size: int) -> _Value:
        floats = self._node("Cast", ["chips"], 3, size, to=1)
        return self._node("Transpose", [floats.name], 3, size, perm=[0, 3, 1, 2])

    def _convolve(self, x: _Value, layer: Convolution) -> _Value:
        filters, channels, window, _ = layer.weights.shape
        if channels != x.channels:
            raise ModelError(f"a convolution of the network takes {channels} channels, but gets {x.channels}.")
        inputs = [x.name, self._constant(layer.weights), self._constant(layer.biases)]
        side = (x.side + 2 * layer.padding - window) // layer.stride + 1
        return self._node(
            "Conv",
            inputs,
            filters,
            side,
            kernel_shape=[window] * 2,
            strides=[layer.stride] * 2,
            pads=[layer.padding] * 4,
        )

    def _relu(self, x: _Value) -> _Value:
        return self._node("Relu", [x.name], x.channels, x.side)

    def _pool(self, x: _Value, layer: Pool) -> _Value:
        kind = {"max": "MaxPool", "avg": "AveragePool"}[layer.kind]
        side = (x.side - layer.window) // layer.stride + 1
        return self._node(kind, [x.name], x.channels, side, kernel_shape=[layer.window] * 2, strides=[layer.stride] * 2)

    def _add_padded(self, a: _Value, b: _Value) -> _Value:
        channels, side = max(a.channels, b.channels), max(a.side, b.side)
        names = [self._padded(value, channels, side).name for value in (a, b)]
        return self._node("Add", names, channels, side)

    def _padded(self, x: _Value, channels: int, side: int) -> _Value:
        """Zeros behind the last channel, row and column."""
        if (x.channels, x.side) == (channels, side):
            return x
        pads = np.array([0, 0, 0, 0, 0, channels - x.channels, side - x.side, side - x.side], dtype=np.int64)
        return self._node("Pad", [x.name, self._constant(pads)], channels, side)

    def _project(self, x: _Value, layer: FullyConnected) -> _Value:
        mean = self._node("GlobalAveragePool", [x.name], x.channels, 1)
        flat = self._node("Flatten", [mean.name], x.channels, 0)
        return self._node(
            "MatMul", [flat.name, self._constant(layer.matrix)], layer.matrix.shape[1], 0, output="descriptors"
        )

    def _node(
        self, kind: str, inputs: list[str], channels: int, side: int, *, output: str | None = None, **attributes: Any
    ) -> _Value:
        name = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(kind, inputs, [name], **attributes))
        return _Value(name, channels, side)

    def _constant(self, values: npt.NDArray[Any]) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(self._from_array(np.ascontiguousarray(values), name))
        return name


def _fold_affine(layer: Convolution, affine: Affine) -> Convolution:
    """scale * (w x + b) + offset = (scale w) x + (scale b + offset)."""
    weights = layer.weights * affine.scale[:, None, None, None]
    return Convolution(weights, layer.biases * affine.scale + affine.offset, layer.stride, layer.padding)


def _fold_input(layer: Convolution, source: Input) -> Convolution:
    """w ((x - mean) / 256) + b = (w / 256) x + (b - sum(w mean / 256)); true where nothing is padded with zeros."""
    if layer.padding:
        raise ModelError("the network's first convolution is padded, which dlib's face ResNet is not.")
    weights = layer.weights.astype(np.float64) / 256
    biases = layer.biases - (weights * source.mean[None, :, None, None]).sum(axis=(1, 2, 3))
    return Convolution(weights.astype(np.float32), biases.astype(np.float32), layer.stride, layer.padding)
