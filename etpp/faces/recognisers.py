"""The recognisers whose templates this server keeps: of each what the server has to know (docs/protocol.md, "Call 3").

Terminals may know further ones; templates of those are passed over. A new one is a line here and in
`kiosk/model/recognisers.py`, and a measured rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from etpp.db.tables import DLIB_RESNET_V1
from kiosk.scores.likeness import Rule

__all__ = ["DLIB", "DLIB_RESNET_V1", "RECOGNISERS", "Recogniser"]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """`length` of a descriptor, in float32; `numbered`: its scores need cohort numbers, otherwise angles are compared;
    `rule`: when two faces are one person's to BKPP (docs/etpp.md, "The same face under two NIPs")."""

    model_id: str
    length: int
    numbered: bool
    rule: Rule

    @property
    def shortest(self) -> float:
        """The least norm of a descriptor: what has no length has no direction."""
        return 0.0 if self.numbered else 0.01


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
