"""Channels that say nothing are left out of a network, and nothing that it computes changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from kiosk.face.descriptor import Network
from kiosk.face.onnx_pruner import BLOCK
from kiosk.face.onnx_rewriter import rewritten

CHANNELS = 40
SILENT = np.arange(0, CHANNELS, 2)
"""Their depthwise weights are zero: every second."""

PICTURES = np.random.default_rng(5).normal(size=(3, 3, 8, 8)).astype(np.float32)


def network(
    *,
    bends: bool = True,
    biases: bool = True,
    pads: int = 0,
    silent: np.ndarray = SILENT,
    unread: np.ndarray = SILENT[:0],
    read_twice: bool = False,
) -> bytes:
    """Widened to CHANNELS, looked at channel by channel with a rim of zeros, narrowed to 4. `pads`: of the last."""
    rng = np.random.default_rng(7)
    values: dict[str, np.ndarray] = {
        "w1": rng.normal(size=(CHANNELS, 3, 1, 1)),
        "w2": rng.normal(size=(CHANNELS, 1, 3, 3)),
        "w3": rng.normal(size=(4, CHANNELS, 1, 1)) / 8,
        "b1": rng.normal(size=CHANNELS),
        "b2": rng.normal(size=CHANNELS),
        "b3": rng.normal(size=4),
        "s1": rng.uniform(-0.5, 0.8, size=(CHANNELS, 1, 1)),
        "s2": rng.uniform(-0.5, 0.8, size=(CHANNELS, 1, 1)),
    }
    values["w2"][silent] = 0
    values["w3"][:, unread] = 0

    def conv(x: str, number: int, output: str, **how: Any) -> Any:
        bias = [f"b{number}"] if biases else []
        return helper.make_node("Conv", [x, f"w{number}", *bias], [output], **how)

    def bent(x: str, number: int) -> list[Any]:
        return [helper.make_node("PRelu", [x, f"s{number}"], [f"{x}_bent"])] if bends else []

    after = "_bent" if bends else ""
    nodes = [
        conv("picture", 1, "wide", kernel_shape=[1, 1]),
        *bent("wide", 1),
        conv(f"wide{after}", 2, "each", kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=CHANNELS),
        *bent("each", 2),
        conv(f"each{after}", 3, "narrow", kernel_shape=[1, 1], pads=[pads] * 4),
        helper.make_node("Flatten", ["narrow"], ["narrow_flat"], axis=1),
    ]
    if read_twice:
        nodes += [
            helper.make_node("GlobalAveragePool", [f"each{after}"], ["pool"]),
            helper.make_node("Flatten", ["pool"], ["pool_flat"], axis=1),
            helper.make_node("Concat", ["narrow_flat", "pool_flat"], ["vector"], axis=1),
        ]
    else:
        nodes[-1].output[0] = "vector"
    length = 4 * (8 + 2 * pads) ** 2 + (CHANNELS if read_twice else 0)
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("picture", 1, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("vector", 1, [1, length])],
        [numpy_helper.from_array(each.astype(np.float32), name) for name, each in values.items() if name in used],
    )
    opset = helper.make_opsetid("", 13)
    return bytes(helper.make_model(graph, opset_imports=[opset], ir_version=7).SerializeToString())


def widths(content: bytes) -> list[int]:
    """How many channels the convolutions of the network give that look at more than one pixel."""
    return [
        each.dims[0]
        for each in onnx.load_model_from_string(content).graph.initializer
        if len(each.dims) == 4 and each.dims[2] == 3
    ]


def assert_same(content: bytes) -> None:
    before, after = Network(content), Network(rewritten(content))
    expected = np.concatenate([before.run(picture[None]) for picture in PICTURES])
    np.testing.assert_allclose(after.run(PICTURES), expected, atol=1e-5)


@pytest.mark.parametrize("bends", [True, False])
@pytest.mark.parametrize("biases", [True, False])
def test_what_a_silent_channel_says_goes_into_the_next_bias(bends: bool, biases: bool) -> None:
    content = network(bends=bends, biases=biases)
    assert widths(rewritten(content)) == [2 * BLOCK]  # 20 speak; a processor takes BLOCK at once
    assert_same(content)


def test_a_channel_that_nobody_reads_goes_too() -> None:
    content = network(silent=SILENT[:0], unread=np.arange(30))
    assert widths(rewritten(content)) == [BLOCK]
    assert_same(content)


def test_where_every_channel_is_silent_some_stay() -> None:
    content = network(silent=np.arange(CHANNELS))
    assert widths(rewritten(content)) == [BLOCK]
    assert_same(content)


@pytest.mark.parametrize(
    "content",
    [
        network(silent=SILENT[:0]),  # nothing to leave out
        network(silent=SILENT[:3]),  # too few of them
        network(pads=1),  # the constant is not seen in the rim
        network(read_twice=True),  # and somebody else sees it
    ],
    ids=["none", "few", "rim", "read twice"],
)
def test_what_cannot_be_left_out_stays(content: bytes) -> None:
    assert widths(rewritten(content)) == [CHANNELS]
    assert_same(content)
