"""Takes channels out of a network that say nothing: the same result for less work.

Training pushes whole channels to zero. A depthwise convolution whose weights for a channel are all zero gives its bias
there, whatever came in; so the channel before it need not be computed, and what the next convolution makes of the
constant belongs to its own bias. `recogniser-fp-112` has 1,348 such channels of 4,032, `recogniser-w600k-112` 10 of
3,456. Looked for where they can be: in a convolution, a depthwise one and a convolution of single pixels, each but the
last bent by a PReLU or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK = 16
"""onnxruntime computes so many channels at once on AVX-512, 8 or 4 elsewhere: fewer cost as much as all of them."""

Constants = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class _Chain:
    """Nodes of the graph. `bends`: the PReLUs, after `widening` and after `each`, as far as there are any."""

    widening: Any
    each: Any
    narrowing: Any
    bends: Sequence[Any]
    last_bend: Any | None


def leave_out_silent(nodes: Sequence[Any], constants: Constants, output: str) -> None:
    """Change `nodes` and `constants` in place. `output`: the graph's, which is left as it is."""
    readers: dict[str, list[Any]] = {output: [None]}
    for node in nodes:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for node in nodes:
        chain = _chain(node, readers, constants)
        if chain is not None:
            _shorten(chain, constants)


def _chain(widening: Any, readers: dict[str, list[Any]], constants: Constants) -> _Chain | None:
    """The three convolutions that begin with `widening`; None when it does not begin such."""
    bends = []

    def after(node: Any) -> tuple[Any | None, Any | None]:
        """What alone reads a node's result, and the PReLU between the two."""
        following = _only(readers, node)
        if following is None or following.op_type != "PRelu" or not _own(following.input[1], readers, constants):
            return following, None
        bends.append(following)
        return _only(readers, following), following

    if not _convolution(widening, readers, constants) or _attribute(widening, "group", 1) != 1:
        return None
    channels = len(constants[widening.input[1]])
    each, _ = after(widening)
    if each is None or not _convolution(each, readers, constants):
        return None
    if constants[each.input[1]].shape[:2] != (channels, 1):
        return None
    narrowing, last_bend = after(each)
    if narrowing is None or not _convolution(narrowing, readers, constants):
        return None
    if any(_attribute(narrowing, "pads", ())):
        return None
    if constants[narrowing.input[1]].shape[1:] != (channels, 1, 1):
        return None
    if any(constants[bend.input[1]].size != channels for bend in bends):
        return None
    return _Chain(widening, each, narrowing, bends, last_bend)


def _shorten(chain: _Chain, constants: Constants) -> None:
    weights, last = constants[chain.each.input[1]], constants[chain.narrowing.input[1]]
    silent = np.abs(weights).max(axis=(1, 2, 3)) == 0
    unread = np.abs(last).max(axis=(0, 2, 3)) == 0
    needed = np.flatnonzero(~(silent | unread))
    spare = np.flatnonzero(silent | unread)
    filling = -len(needed) % BLOCK or (0 if len(needed) else BLOCK)
    kept = np.sort(np.concatenate([needed, spare[:filling]]))
    left_out = np.setdiff1d(spare, kept)
    if not len(left_out):
        return
    said = _bias(chain.each, constants)[left_out]
    if chain.last_bend is not None:
        said = np.where(said < 0, said * constants[chain.last_bend.input[1]].reshape(-1)[left_out], said)
    whole = _bias(chain.narrowing, constants) + last[:, left_out, 0, 0] @ np.where(unread[left_out], 0, said)
    _set_bias(chain.narrowing, constants, whole.astype(np.float32))
    constants[chain.narrowing.input[1]] = last[:, kept]
    for node in (chain.widening, chain.each):
        for name in node.input[1:]:
            constants[name] = constants[name][kept]
    for bend in chain.bends:
        slope = constants[bend.input[1]].reshape(-1)
        constants[bend.input[1]] = slope[kept].reshape(-1, 1, 1)
    next(each for each in chain.each.attribute if each.name == "group").i = len(kept)


def _only(readers: dict[str, list[Any]], node: Any) -> Any | None:
    found = readers.get(node.output[0], [])
    return found[0] if len(found) == 1 else None


def _own(name: str, readers: dict[str, list[Any]], constants: Constants) -> bool:
    """Whether it is a constant that one node alone reads."""
    return name in constants and len(readers[name]) == 1


def _convolution(node: Any, readers: dict[str, list[Any]], constants: Constants) -> bool:
    if node.op_type != "Conv" or not all(_own(name, readers, constants) for name in node.input[1:]):
        return False
    return constants[node.input[1]].ndim == 4


def _attribute(node: Any, name: str, otherwise: Any) -> Any:
    found = next((each for each in node.attribute if each.name == name), None)
    return otherwise if found is None else found.ints or found.i


def _bias(node: Any, constants: Constants) -> npt.NDArray[np.float32]:
    if len(node.input) > 2:
        return constants[node.input[2]]
    return np.zeros(len(constants[node.input[1]]), dtype=np.float32)


def _set_bias(node: Any, constants: Constants, values: npt.NDArray[np.float32]) -> None:
    if len(node.input) > 2:
        constants[node.input[2]] = values
    elif values.any():
        node.input.append(f"{node.output[0]}_bias")
        constants[node.input[2]] = values
