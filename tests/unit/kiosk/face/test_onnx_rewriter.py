"""A recogniser's file is rewritten into something faster that computes the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from kiosk.errors import ModelError
from kiosk.face.descriptor import Network
from kiosk.face.onnx_rewriter import DUST, rewritten

RNG = np.random.default_rng(7)
SLOPE = np.array([0.25, -0.4, 1.3, 0.0], dtype=np.float32).reshape(4, 1, 1)
PICTURES = RNG.normal(size=(3, 3, 8, 8)).astype(np.float32)


def _model(middle: Sequence[Any], constants: dict[str, np.ndarray], ends: str = "bent") -> bytes:
    """Convolution -> `middle` (from "convolved" to `ends`) -> flattened by a Reshape that only knows one picture."""
    weights = RNG.normal(size=(4, 3, 3, 3)).astype(np.float32)
    weights[0, 0, 0] = (1e-39, -3e-30, 0.9 * DUST)
    values = {"weights": weights, "flat": np.array([1, 144], dtype=np.int64), **constants}
    nodes = [
        helper.make_node("Conv", ["picture", "weights"], ["convolved"], kernel_shape=[3, 3]),
        *middle,
        helper.make_node("Reshape", [ends, "flat"], ["vector"]),
    ]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("picture", 1, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("vector", 1, [1, 144])],
        [numpy_helper.from_array(array, name) for name, array in values.items()],
    )
    opset = helper.make_opsetid("", 13)
    return bytes(helper.make_model(graph, opset_imports=[opset], ir_version=7).SerializeToString())


def _spelled_out(rest: np.ndarray) -> bytes:
    return _model(
        [
            helper.make_node("Relu", ["convolved"], ["positive"]),
            helper.make_node("Mul", ["positive", "rest"], ["one"]),
            helper.make_node("Mul", ["convolved", "slope"], ["other"]),
            helper.make_node("Add", ["other", "one"], ["bent"]),
        ],
        {"slope": SLOPE, "rest": rest.astype(np.float32)},
    )


PRELU = _model([helper.make_node("PRelu", ["convolved", "slope"], ["bent"])], {"slope": SLOPE})
PLAIN = _model([], {}, "convolved")


@pytest.mark.parametrize("content", [PRELU, _spelled_out(1 - SLOPE), PLAIN], ids=["PRelu", "spelled out", "neither"])
def test_it_computes_the_same_for_any_number_of_pictures(content: bytes) -> None:
    before, after = Network(content), Network(rewritten(content))
    each = np.concatenate([before.run(picture[None]) for picture in PICTURES])
    np.testing.assert_allclose(after.run(PICTURES), each, atol=1e-5)


@pytest.mark.parametrize("content", [PRELU, _spelled_out(1 - SLOPE)], ids=["PRelu", "spelled out"])
def test_nothing_of_a_prelu_is_left(content: bytes) -> None:
    graph = onnx.load_model_from_string(rewritten(content)).graph
    assert not {"PRelu", "Mul"} & {node.op_type for node in graph.node}
    names = {name for node in graph.node for name in node.input}
    assert {each.name for each in graph.initializer} <= names


def test_what_only_looks_like_a_prelu_stays() -> None:
    content = _spelled_out(2 - SLOPE)
    assert "Mul" in {node.op_type for node in onnx.load_model_from_string(rewritten(content)).graph.node}
    np.testing.assert_allclose(
        Network(rewritten(content)).run(PICTURES[:1]), Network(content).run(PICTURES[:1]), atol=1e-5
    )


def test_dust_among_the_weights_is_gone_and_nothing_else() -> None:
    before, after = (
        numpy_helper.to_array(
            next(each for each in onnx.load_model_from_string(model).graph.initializer if each.name == "weights")
        )
        for model in (PLAIN, rewritten(PLAIN))
    )
    assert (after[0, 0, 0] == 0).all()
    assert (after == before).sum() == before.size - 3


@pytest.mark.parametrize("content", [b"", b"\x00 no model", PRELU[: len(PRELU) // 2]])
def test_what_is_no_model_is_a_typed_error(content: bytes) -> None:
    with pytest.raises(ModelError):
        rewritten(content)
