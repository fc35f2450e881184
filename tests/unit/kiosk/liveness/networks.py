"""Networks that a test can do by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx


def linear(path: Path, px: int, weights: npt.NDArray[np.float32]) -> Path:
    """`weights` (3 * px * px, n): n logits of a picture (3, px, px), colour by colour, row by row."""
    helper, value = onnx.helper, onnx.helper.make_tensor_value_info
    nodes = [helper.make_node("Flatten", ["i"], ["flat"]), helper.make_node("MatMul", ["flat", "weights"], ["o"])]
    graph = helper.make_graph(
        nodes,
        "linear",
        [value("i", onnx.TensorProto.FLOAT, [1, 3, px, px])],
        [value("o", onnx.TensorProto.FLOAT, [1, weights.shape[1]])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def left_half(px: int) -> npt.NDArray[np.bool_]:
    """(3 * px * px,) which numbers of such a picture are of its left half."""
    return np.tile(np.arange(px) < px // 2, (3, px, 1)).reshape(-1)
