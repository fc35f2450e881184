"""Reads dlib's serialised face ResNet, layer by layer.

dlib serialises a network as its C++ templates nest: first the version numbers of all layers, from the loss inwards,
then, from the input outwards, each layer's name, parameters and state. What stands in the stream, in the order of
dlib/serialize.h and dlib/dnn/{core,layers,input,tensor}:

    integer   one byte: low four bits how many bytes follow, top bit the sign; then those bytes, little-endian
    bool      the character "0" or "1"
    text      integer (its length), then its bytes
    float     two integers: mantissa and binary exponent
    tensor    integer 2, four integers (samples, k, rows, columns), then raw little-endian float32
    shape     integer 1, four integers (an "alias tensor": how a part of a layer's parameters is shaped)

Every byte after the version numbers is accounted for; anything else than this network is a ModelError.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kiosk.errors import ModelError

FloatArray = npt.NDArray[np.float32]

_NOT_THIS = "the file is not dlib's face ResNet, or it is damaged. Install face_recognition_models 0.3.0 again."


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """Pixels minus `mean` (R, G, B), divided by 256; `size` is the picture's side."""

    mean: FloatArray
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    weights: FloatArray  # (filters, channels, rows, columns)
    biases: FloatArray  # (filters,)
    stride: int
    padding: int


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """What is left of batch normalisation: one scale and one offset a channel."""

    scale: FloatArray
    offset: FloatArray


@dataclass(frozen=True, slots=True)
class Relu:
    pass


@dataclass(frozen=True, slots=True)
class Pool:
    """`window` 0: the whole picture."""

    kind: str  # "max" or "avg"
    window: int
    stride: int


@dataclass(frozen=True, slots=True)
class AddPrevious:
    """Adds the residual block's shortcut; what is missing in channels, rows or columns of either counts as zero."""


@dataclass(frozen=True, slots=True, eq=False)
class FullyConnected:
    matrix: FloatArray  # (inputs, outputs)


Layer = Input | Convolution | Affine | Relu | Pool | AddPrevious | FullyConnected


def read_layers(data: bytes) -> list[Layer]:
    """The network's layers from input to output. Raises ModelError for anything but this network, complete."""
    return list(_Reader(data).layers())


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def layers(self) -> Iterator[Layer]:
        """All layers; the reader must stand at the start of the stream."""
        self._version(1)
        self._expect("loss_metric_2")
        self._floats(2)  # margin and distance threshold: only for training
        self._nesting()
        yield self._input()
        yield self._layer()
        self._version(1)  # the layer next to the input also says how many samples it makes of one
        while self._at < len(self._data):
            yield self._layer()

    def _layer(self) -> Layer:
        name = self._text()
        match name:
            case "con_4":
                layer: Layer = self._convolution()
            case "affine_":
                layer = self._affine()
            case "relu_":
                layer = Relu()
            case "max_pool_2" | "avg_pool_2":
                layer = self._pool(name[:3])
            case "add_prev_":
                layer = AddPrevious()
            case "fc_2":
                layer = self._fully_connected()
            case _:
                raise ModelError(_NOT_THIS)
        self._state()
        return layer

    def _input(self) -> Input:
        self._expect("input_rgb_image_sized")
        mean = np.array(self._floats(3), dtype=np.float32)
        rows, columns = self._integer(), self._integer()
        if rows != columns:
            raise ModelError(_NOT_THIS)
        return Input(mean, rows)

    def _convolution(self) -> Convolution:
        parameters = self._tensor()
        filters, rows, columns, stride_y, stride_x, padding_y, padding_x = (self._integer() for _ in range(7))
        weights_shape, biases_shape = self._shape(), self._shape()
        self._floats(4)  # learning rate and weight decay multipliers
        count = math.prod(weights_shape)
        if (
            (stride_y, padding_y) != (stride_x, padding_x)
            or weights_shape[0] != filters
            or weights_shape[2:] != (rows, columns)
            or math.prod(biases_shape) != filters
            or parameters.size != count + filters
        ):
            raise ModelError(_NOT_THIS)
        return Convolution(parameters[:count].reshape(weights_shape), parameters[count:], stride_y, padding_y)

    def _affine(self) -> Affine:
        parameters = self._tensor()
        channels = math.prod(self._shape())
        if math.prod(self._shape()) != channels or parameters.size != 2 * channels or self._integer() != 0:
            raise ModelError(_NOT_THIS)
        return Affine(parameters[:channels], parameters[channels:])

    def _pool(self, kind: str) -> Pool:
        rows, columns, stride_y, stride_x, padding_y, padding_x = (self._integer() for _ in range(6))
        if rows != columns or stride_y != stride_x or padding_y or padding_x:
            raise ModelError(_NOT_THIS)
        return Pool(kind, rows, stride_y)

    def _fully_connected(self) -> FullyConnected:
        outputs, inputs = self._integer(), self._integer()
        parameters = self._tensor()
        weights_shape, biases_shape = self._shape(), self._shape()
        self._integer()  # bias mode
        self._floats(4)
        if weights_shape[:2] != (inputs, outputs) or all(biases_shape) or parameters.size != inputs * outputs:
            raise ModelError(_NOT_THIS)
        return FullyConnected(parameters.reshape(inputs, outputs))

    def _state(self) -> None:
        """What training leaves behind each layer: three flags and three tensors, empty in a network made for use."""
        if any(flag not in b"01" for flag in self._take(3)):
            raise ModelError(_NOT_THIS)
        for _ in range(3):
            self._tensor()

    def _nesting(self) -> None:
        """The version numbers of the nested layers, 1 to 3, up to the length of the first name."""
        while 1 <= self._peek_integer() <= 3:
            self._integer()

    def _take(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        if len(piece) < count:
            raise ModelError(
                f"the file is cut off after {len(self._data)} bytes. Install face_recognition_models again."
            )
        self._at += count
        return piece

    def _integer(self) -> int:
        head = self._take(1)[0]
        count = head & 0x0F
        if not 1 <= count <= 8 or head & 0x70:
            raise ModelError(_NOT_THIS)
        value = int.from_bytes(self._take(count), "little")
        return -value if head & 0x80 else value

    def _peek_integer(self) -> int:
        at = self._at
        value = self._integer()
        self._at = at
        return value

    def _floats(self, count: int) -> list[float]:
        values = []
        for _ in range(count):
            mantissa, exponent = self._integer(), self._integer()
            if not -1000 <= exponent <= 60:  # with a mantissa of 64 bits: all that float32 can hold
                raise ModelError(_NOT_THIS)
            values.append(math.ldexp(mantissa, exponent))
        return values

    def _text(self) -> str:
        return self._take(self._count()).decode("latin-1")

    def _expect(self, name: str) -> None:
        if self._text() != name:
            raise ModelError(_NOT_THIS)

    def _version(self, version: int) -> None:
        if self._integer() != version:
            raise ModelError(_NOT_THIS)

    def _count(self) -> int:
        value = self._integer()
        if value < 0:
            raise ModelError(_NOT_THIS)
        return value

    def _tensor(self) -> FloatArray:
        self._version(2)
        count = math.prod(self._count() for _ in range(4))
        values = np.frombuffer(self._take(4 * count), dtype="<f4").astype(np.float32)
        if not np.isfinite(values).all():
            raise ModelError(_NOT_THIS)
        return values

    def _shape(self) -> tuple[int, ...]:
        self._version(1)
        return tuple(self._count() for _ in range(4))
