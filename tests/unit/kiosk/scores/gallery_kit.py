"""People made of numbers: descriptors that behave as faces do, for tests of the search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kiosk.model import Descriptor, PersonId, Template

Vectors = npt.NDArray[np.float32]

NOISE = 0.02
"""Deviation of one picture's components: two pictures of one person lie 0.32 apart, as dlib's do."""


class People:
    """`count` people; strangers are the same kind of people with other numbers."""

    def __init__(self, count: int, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self.centres: Vectors = self._rng.normal(scale=0.055, size=(count, 128)).astype(np.float32)

    def picture(self, number: int) -> Descriptor:
        """A new picture of one of them."""
        noise = self._rng.normal(scale=NOISE, size=128)
        return np.asarray(self.centres[number] + noise, dtype=np.float32)

    def templates(self, each: int = 3, **numbers: Any) -> list[Template]:
        return [
            template(person_id(number), self.picture(number), **numbers)
            for number in range(len(self.centres))
            for _ in range(each)
        ]


def person_id(number: int) -> PersonId:
    return PersonId(f"p-{number:05d}")


def template(who: str, descriptor: Descriptor | Sequence[float], **other: Any) -> Template:
    return Template("t", PersonId(who), np.asarray(descriptor, dtype=np.float32), **other)
