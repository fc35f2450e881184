"""The recognisers whose templates this server keeps: of each what the server has to know (docs/protocol.md, "Call 3").

Terminals may know further ones; templates of those are passed over. A new one is a line here and in
`kiosk/model/recognisers.py`, and a measured rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from etpp.base.encoding import check_descriptor
from etpp.db.tables import DLIB_RESNET_V1
from kiosk.scores.likeness import Rule

__all__ = ["DLIB", "DLIB_RESNET_V1", "RECOGNISERS", "Recogniser", "check_face", "is_usable"]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """`length` of a descriptor, in float32; `numbered`: its scores need cohort numbers, otherwise angles are compared;
    `rule`: when two faces are one person's to BKPP (docs/etpp.md, "The same face under two NIPs")."""

    model_id: str
    length: int
    numbered: bool
    rule: Rule


# Every terminal's own: an enrolment always has its templates, and what a terminal cannot do otherwise it does by them.
DLIB = Recogniser(
    DLIB_RESNET_V1,
    length=128,
    numbered=True,
    # A little wider than the terminals' own (0.40 and 0.77): among more people the next nearest are nearer, and a false
    # alarm costs BKPP a look at two names, not an employee the way.
    rule=Rule(distance=0.42, ratio=0.80),
)
FP_112 = Recogniser("fp-112", length=512, numbered=False, rule=Rule(1.00, 0.85, noise=0.0, by_angle=True))
W600K_112 = Recogniser("w600k-112", length=512, numbered=False, rule=Rule(1.10, 0.85, noise=0.0, by_angle=True))

RECOGNISERS: Mapping[str, Recogniser] = MappingProxyType({each.model_id: each for each in (DLIB, FP_112, W600K_112)})


def check_face(model_id: str, descriptors: Sequence[bytes]) -> None:
    """Raises ValueError for descriptors that no terminal could use, one by one or as one face: those that point away
    from each other have a mean without a direction, which lies near to everybody."""
    length = RECOGNISERS[model_id].length
    for each in descriptors:
        check_descriptor(each, length)
    if descriptors:
        mean = np.frombuffer(b"".join(descriptors), "<f4").reshape(-1, length).mean(axis=0, dtype=np.float32)
        check_descriptor(mean.astype("<f4").tobytes(), length)


def is_usable(model_id: str, descriptor: bytes) -> bool:
    """Whether a terminal can use a template. Earlier releases took others, which stay in the books and are left out."""
    try:
        check_descriptor(descriptor, RECOGNISERS[model_id].length)
    except (ValueError, KeyError):
        return False
    return True
