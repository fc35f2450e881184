"""Rewrites a recogniser's ONNX file into a form that onnxruntime runs faster and that computes the same.

- Weights below DUST become zero. Trained networks are full of them, many too small for a normal float ("denormal"), on
  which a processor takes a hundred times as long: recogniser-fp-112 takes 69 ms a look with them, 6 ms without.
- Channels that say nothing are left out (`onnx_pruner`): a third of those of recogniser-fp-112.
- A PReLU becomes relu(y) + slope / (1 - slope) y, where y = (1 - slope) x is what the convolution before it gives when
  its weights are scaled: onnxruntime has no fast kernel for PReLU itself. Where there is no such convolution, or a
  slope is too near to one, it becomes relu(x) - slope relu(-x). The form relu(x) (1 - slope) + slope x, in which some
  files have it, is a PReLU too.
- A batch of one becomes a batch of any size.

What comes out is proven by the self-test against the file as it was (`kiosk.face.aligned`).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from kiosk.errors import ModelError
from kiosk.face.onnx_pruner import leave_out_silent

FORM = 2
"""Of what comes out: a form that an earlier release kept is made anew."""

DUST = 1e-12
"""Largest weight that is taken for zero: a sum of 512 of them is below float32's last digit of any sum that matters."""

STEEPEST = 0.9
"""Largest slope that is scaled into the convolution before: nearer to one too little of the weights would be left."""


def rewritten(content: bytes) -> bytes:
    """The same network, faster. Raises ModelError when it is no ONNX model with one picture in and one vector out."""
    import onnx

    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's exceptions share no base but Exception
        raise ModelError(f"the recogniser is not an ONNX model ({type(error).__name__}).") from error
    if len(model.graph.input) != 1 or len(model.graph.output) != 1:
        raise ModelError("the recogniser does not take one picture and give one vector.")
    return _Rewriter(model.graph).run(model)


class _Rewriter:
    def __init__(self, graph: Any) -> None:
        from onnx import helper, numpy_helper

        self._helper: Any = helper
        self._from_array: Any = numpy_helper.from_array
        self._graph = graph
        self._constants: dict[str, npt.NDArray[Any]] = {
            each.name: numpy_helper.to_array(each) for each in graph.initializer
        }
        self._producer = {name: node for node in graph.node for name in node.output}
        self._readers: Counter[str] = Counter()

    def run(self, model: Any) -> bytes:
        self._dust()
        nodes = self._read([self._recognised(node) for node in self._graph.node])
        leave_out_silent(nodes, self._constants, self._graph.output[0].name)
        self._producer = {name: node for node in nodes for name in node.output}
        self._readers = Counter(name for node in nodes for name in node.input)
        nodes = self._read([new for node in nodes for new in self._replaced(node)])
        needed = {name for node in nodes for name in node.input}
        del self._graph.node[:]
        self._graph.node.extend(nodes)
        del self._graph.initializer[:]
        self._graph.initializer.extend(
            self._from_array(values, name) for name, values in self._constants.items() if name in needed
        )
        del self._graph.value_info[:]
        for value in (self._graph.input[0], self._graph.output[0]):
            value.type.tensor_type.shape.dim[0].dim_param = "n"
        return bytes(model.SerializeToString())

    def _dust(self) -> None:
        for name, values in self._constants.items():
            if values.dtype == np.float32:
                self._constants[name] = np.where(np.abs(values) < DUST, np.float32(0), values)

    def _read(self, nodes: list[Any]) -> list[Any]:
        """Without those whose result nobody reads: what only a replaced node read."""
        needed = {name for node in nodes for name in node.input} | {self._graph.output[0].name}
        kept = [node for node in nodes if needed.intersection(node.output)]
        return nodes if len(kept) == len(nodes) else self._read(kept)

    def _recognised(self, node: Any) -> Any:
        """The node, or what it is in other words."""
        if node.op_type == "Add" and (found := self._spelled_out(node)) is not None:
            x, slope = found
            bent = self._constant(slope, f"{node.output[0]}_bend")
            return self._helper.make_node("PRelu", [x, bent], list(node.output))
        if node.op_type == "Reshape" and node.input[1] in self._constants:
            shape = self._constants[node.input[1]]
            if len(shape) == 2 and shape[0] == 1:
                return self._helper.make_node("Flatten", [node.input[0]], list(node.output), axis=1)
        return node

    def _replaced(self, node: Any) -> list[Any]:
        if node.op_type == "PRelu" and node.input[1] in self._constants:
            x, slope, output = node.input[0], self._constants[node.input[1]].reshape(-1), node.output[0]
            return self._scaled(x, slope, output) or self._prelu(x, slope, output)
        return [node]

    def _scaled(self, x: str, slope: npt.NDArray[np.float32], output: str) -> list[Any]:
        """relu(y) + slope / (1 - slope) y, with y in the place of x; nothing where x cannot be scaled."""
        producer = self._producer.get(x)
        if producer is None or producer.op_type != "Conv" or slope.max() > STEEPEST or self._readers[x] > 1:
            return []
        held = list(producer.input[1:])
        if any(name not in self._constants or self._readers[name] > 1 for name in held):
            return []
        if any(len(self._constants[name]) != slope.size for name in held):
            return []
        for name in held:
            values = self._constants[name]
            self._constants[name] = values * (1 - slope).reshape(-1, *[1] * (values.ndim - 1))
        positive = self._helper.make_node("Relu", [x], [f"{output}_positive"])
        return [positive, *self._each_channel(x, slope / (1 - slope), f"{output}_bent"), self._sum(output)]

    def _spelled_out(self, add: Any) -> tuple[str, npt.NDArray[np.float32]] | None:
        """(x, slope) where `add` is relu(x) (1 - slope) + slope x, else None."""
        products = [self._product(name) for name in add.input]
        for (x, slope), (relu, rest) in ((products[0], products[1]), (products[1], products[0])):
            producer = self._producer.get(relu)
            same = producer is not None and producer.op_type == "Relu" and producer.input[0] == x
            if same and slope.shape == rest.shape and np.allclose(slope + rest, 1.0, atol=1e-6):
                return x, slope
        return None

    def _product(self, name: str) -> tuple[str, npt.NDArray[np.float32]]:
        """(x, factor) where `name` is x times a constant; ("", nothing) where it is not."""
        node = self._producer.get(name)
        if node is not None and node.op_type == "Mul":
            for x, factor in (node.input, reversed(node.input)):
                if factor in self._constants and x not in self._constants:
                    return x, self._constants[factor]
        return "", np.empty(0, dtype=np.float32)

    def _prelu(self, x: str, slope: npt.NDArray[np.float32], output: str) -> list[Any]:
        mirrored, negative = f"{output}_mirrored", f"{output}_negative"
        node = self._helper.make_node
        return [
            node("Relu", [x], [f"{output}_positive"]),
            *self._each_channel(x, np.full(slope.size, -1.0), mirrored),
            node("Relu", [mirrored], [negative]),
            *self._each_channel(negative, -slope, f"{output}_bent"),
            self._sum(output),
        ]

    def _each_channel(self, x: str, factors: npt.NDArray[Any], output: str) -> list[Any]:
        weights = self._constant(factors.reshape(-1, 1, 1, 1).astype(np.float32), f"{output}_factors")
        return [self._helper.make_node("Conv", [x, weights], [output], group=factors.size, kernel_shape=[1, 1])]

    def _sum(self, output: str) -> Any:
        return self._helper.make_node("Add", [f"{output}_bent", f"{output}_positive"], [output])

    def _constant(self, values: npt.NDArray[Any], name: str) -> str:
        self._constants[name] = values
        return name
