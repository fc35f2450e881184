"""`kiosk` whose terminal describes faces by a second recogniser too: `python -m tests.bench.two_recognisers run …`.

A terminal does so only for people of whom another recogniser's templates are asked for, and only with good frames; here
it is done with every described face, whomever the gallery asks for. KIOSK_SECOND names the second one;
`tests/bench/bench_memory.py --second` starts this.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kiosk import parts
from kiosk.__main__ import main
from kiosk.face import open_engine
from kiosk.model import Descriptor, Face, ModelId, RgbImage
from kiosk.ports import FaceEngine


class Both:
    """An engine whose second recogniser describes whatever the first does, and is not asked further."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine

    @property
    def model_id(self) -> ModelId:
        return self._engine.model_id

    def faces(self, frame_rgb: RgbImage) -> list[Face]:
        return self._engine.faces(frame_rgb)

    def describe_more(self, frame_rgb: RgbImage, face: Face) -> Mapping[ModelId, Descriptor]:
        return self._engine.describe_more(frame_rgb, face)

    def describe(self, frame_rgb: RgbImage, face: Face, looks: int = 1, after: int = 0) -> Descriptor:
        self._engine.describe_more(frame_rgb, face)
        return self._engine.describe(frame_rgb, face, looks, after)


def open_both(second: ModelId, name: str, *, models_dir: Path, more: Sequence[ModelId], **rest: Any) -> Both:
    return Both(open_engine(name, models_dir=models_dir, more=sorted({second, *more}), **rest))


if __name__ == "__main__":
    parts.open_engine = partial(open_both, ModelId(os.environ["KIOSK_SECOND"]))  # type: ignore[assignment]
    main()
