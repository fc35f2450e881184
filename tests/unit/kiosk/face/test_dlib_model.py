"""dlib's serialised network is read to the last byte, or refused."""

from __future__ import annotations

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.errors import ModelError
from kiosk.face.descriptor import RESNET_FILE, weights_path
from kiosk.face.dlib_model import (
    AddPrevious,
    Affine,
    Convolution,
    FullyConnected,
    Input,
    Layer,
    Pool,
    Relu,
    read_layers,
)
from kiosk.face.onnx_writer import to_onnx


class Stream:
    """Writes dlib's format, as its serialize.h does."""

    def __init__(self) -> None:
        self.data = b""

    def integer(self, *values: int) -> Stream:
        for value in values:
            body = abs(value).to_bytes(max(1, (abs(value).bit_length() + 7) // 8), "little")
            self.data += bytes([len(body) | (0x80 if value < 0 else 0)]) + body
        return self

    def text(self, text: str) -> Stream:
        self.integer(len(text))
        self.data += text.encode()
        return self

    def raw(self, data: bytes) -> Stream:
        self.data += data
        return self

    def number(self, value: float) -> Stream:
        numerator, denominator = value.as_integer_ratio()
        return self.integer(numerator, 1 - denominator.bit_length())

    def tensor(self, *values: float) -> Stream:
        return self.integer(2, len(values), 1, 1, 1).raw(struct.pack(f"<{len(values)}f", *values))

    def shape(self, *sizes: int) -> Stream:
        return self.integer(1, *sizes)

    def state(self) -> Stream:
        return self.raw(b"110").integer(*[2, 0, 0, 0, 0] * 3)

    def convolution(self, weights: list[float], shape: tuple[int, int, int, int], stride: int, padding: int) -> Stream:
        filters, channels, rows, columns = shape
        self.text("con_4").tensor(*weights, *[0.5] * filters)
        self.integer(filters, rows, columns, stride, stride, padding, padding)
        self.shape(filters, channels, rows, columns).shape(1, filters, 1, 1)
        return self.number(1.0).number(1.0).number(1.0).number(0.0).state()

    def affine(self, scale: list[float], offset: list[float]) -> Stream:
        channels = len(scale)
        self.text("affine_").tensor(*scale, *offset)
        return self.shape(1, channels, 1, 1).shape(1, channels, 1, 1).integer(0).state()

    def pool(self, name: str, window: int, stride: int) -> Stream:
        return self.text(name).integer(window, window, stride, stride, 0, 0).state()

    def plain(self, name: str) -> Stream:
        return self.text(name).state()


def small_network(matrix: list[float] | None = None) -> bytes:
    """One convolution, max pooling, one block that keeps its size, and the end, on pictures of 9x9."""
    s = Stream().integer(1).text("loss_metric_2").number(0.04).number(0.6).integer(*[2, 1] * 6, 3)
    s.text("input_rgb_image_sized").number(122.5).number(117.0).number(104.25).integer(9, 9)
    s.convolution([0.25] * 2 * 3 * 9, (2, 3, 3, 3), 2, 0).integer(1).affine([2.0, 1.0], [0.0, -1.0])
    s.plain("relu_").pool("max_pool_2", 2, 2)
    s.convolution([0.5] * 2 * 2 * 9, (2, 2, 3, 3), 1, 1).affine([1.0, 1.0], [0.0, 0.0]).plain("relu_")
    s.convolution([0.5] * 2 * 2 * 9, (2, 2, 3, 3), 1, 1).affine([1.0, 1.0], [0.0, 0.0])
    s.plain("add_prev_").plain("relu_").pool("avg_pool_2", 0, 1)
    s.text("fc_2").integer(3, 2).tensor(*(matrix or [1, 2, 3, 4, 5, 6])).shape(2, 3, 1, 1).shape(0, 0, 0, 0).integer(1)
    return s.number(1.0).number(1.0).number(1.0).number(0.0).state().data


def names(layers: list[Layer]) -> list[str]:
    return [type(layer).__name__ for layer in layers]


def test_reads_every_kind_of_layer() -> None:
    layers = read_layers(small_network())
    assert names(layers) == [
        "Input", "Convolution", "Affine", "Relu", "Pool", "Convolution", "Affine", "Relu", "Convolution", "Affine",
        "AddPrevious", "Relu", "Pool", "FullyConnected",
    ]  # fmt: skip
    source, first, affine, pool, last = layers[0], layers[1], layers[2], layers[4], layers[-1]
    assert isinstance(source, Input)
    assert source.size == 9
    assert source.mean.tolist() == [122.5, 117.0, 104.25]
    assert isinstance(first, Convolution)
    assert first.weights.shape == (2, 3, 3, 3)
    assert (first.stride, first.padding) == (2, 0)
    assert first.biases.tolist() == [0.5, 0.5]
    assert isinstance(affine, Affine)
    assert affine.scale.tolist() == [2.0, 1.0]
    assert affine.offset.tolist() == [0.0, -1.0]
    assert pool == Pool("max", 2, 2)
    assert isinstance(last, FullyConnected)
    assert last.matrix.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_every_cut_is_refused() -> None:
    data = small_network()
    last_layer = data.rindex(b"\x01\x04fc_2")
    boundaries = set()
    for cut in range(len(data)):
        try:
            layers = read_layers(data[:cut])
        except ModelError:
            continue
        # Between two layers the stream looks complete; the graph's builder then misses the end.
        boundaries.add(cut)
        with pytest.raises(ModelError):
            to_onnx(layers)
    assert last_layer in boundaries


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(small_network()) - 1), st.integers(0, 255))
def test_a_changed_byte_gives_a_network_or_a_refusal(place: int, value: int) -> None:
    data = bytearray(small_network())
    data[place] = value
    with contextlib.suppress(ModelError):  # and nothing else
        assert to_onnx(read_layers(bytes(data)))


@given(st.binary(max_size=400))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(ModelError):
        read_layers(data)


@pytest.mark.parametrize(("mantissa", "exponent"), [(2**64 - 1, 1000), (1, 2000), (1, -2000), (-(2**63), 999)])
def test_a_number_that_no_float_can_hold_is_refused(mantissa: int, exponent: int) -> None:
    begun = Stream().integer(1).text("loss_metric_2").integer(mantissa, exponent, 1, 0)
    with pytest.raises(ModelError):
        read_layers(begun.data)


def test_weights_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(ModelError):
        read_layers(small_network([1, 2, 3, float("nan"), 5, 6]))


@pytest.mark.parametrize(
    "change",
    [
        lambda layers: layers[1:],
        lambda layers: layers[:-1],
        lambda layers: [*layers, Relu()],
        lambda layers: layers[:5] + layers[6:],
        lambda layers: [*layers[:7], AddPrevious(), *layers[7:]],
        lambda layers: [layers[0], Convolution(layers[1].weights, layers[1].biases, 2, 1), *layers[2:]],
        lambda layers: [*layers[:5], Convolution(layers[1].weights, layers[1].biases, 2, 0), *layers[6:]],
    ],
)
def test_another_network_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError):
        to_onnx(change(read_layers(small_network())))


def test_the_small_network_computes_what_its_numbers_say() -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(to_onnx(read_layers(small_network())), providers=["CPUExecutionProvider"])
    grey = np.full((1, 9, 9, 3), 130, dtype=np.uint8)
    out = session.run(None, {"chips": grey})[0]
    # By hand: three channels of (130 - mean) / 256, nine weights of 1/4, bias 1/2, then the affine layers and ReLU.
    first = 0.25 * 9 * ((130 - 122.5) + (130 - 117.0) + (130 - 104.25)) / 256 + 0.5
    a, b = 2 * first, max(first - 1, 0.0)
    inner = (a + b) * 0.5 * 4 + 0.5  # all four pixels of 2x2 lie under each padded 3x3 window
    both = 2 * inner * 0.5 * 4 + 0.5
    means = (both + a, both + b)
    np.testing.assert_allclose(out, [[means[0] * w0 + means[1] * w1 for w0, w1 in ((1, 4), (2, 5), (3, 6))]], rtol=1e-5)


def test_the_real_network_is_read_whole() -> None:
    layers = read_layers(weights_path(RESNET_FILE).read_bytes())
    kinds = names(layers)
    assert kinds.count("Convolution") == kinds.count("Affine") == 29
    assert kinds.count("AddPrevious") == 14
    assert kinds.count("Pool") == 1 + 4 + 1
    assert isinstance(layers[-1], FullyConnected)
    assert layers[-1].matrix.shape == (256, 128)
    parameters = sum(layer.weights.size + layer.biases.size for layer in layers if isinstance(layer, Convolution))
    blocks = {(32, 32): 6, (32, 64): 1, (64, 64): 7, (64, 128): 1, (128, 128): 5, (128, 256): 1, (256, 256): 7}
    assert parameters == 32 * (3 * 49 + 1) + sum(n * b * (a * 9 + 1) for (a, b), n in blocks.items())


def test_the_real_file_cut_short_is_refused() -> None:
    data = weights_path(RESNET_FILE).read_bytes()
    for cut in (0, 1, 100, 5_000, len(data) // 2, len(data) - 1):
        with pytest.raises(ModelError):
            to_onnx(read_layers(data[:cut]))
