"""The score that a false-positive identification rate asks for, read from the packaged table.

`kiosk evaluate DIR --write-table FILE` makes the table: for each way of normalising the scores and each gallery size,
the score above which the stated share of strangers is identified as somebody. More people are more chances to be taken
for one of them, so the score rises with the gallery.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pydantic

from kiosk.errors import ModelError
from kiosk.model import DLIB_RESNET_V1, ModelId
from kiosk.model.recognisers import RECOGNISERS

Normalisation = Literal["cohort", "gallery", "none"]
"""How scores are corrected for crowded kinds of faces: with the server's cohort numbers, with numbers made from the
gallery's own people, or not at all."""


class Curve(pydantic.BaseModel):
    """One table: `scores[i][j]` for `people[i]` enrolled and `fpirs[j]`; both ascending."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    normalisation: Normalisation
    people: list[int] = pydantic.Field(min_length=2)
    fpirs: list[float] = pydantic.Field(min_length=2)
    scores: list[list[float]]

    @pydantic.model_validator(mode="after")
    def _shape(self) -> Curve:
        if len(self.scores) != len(self.people) or any(len(row) != len(self.fpirs) for row in self.scores):
            raise ValueError("scores must have a row for each of people and a column for each of fpirs")
        if sorted(set(self.people)) != self.people or sorted(set(self.fpirs)) != self.fpirs:
            raise ValueError("people and fpirs must ascend")
        return self

    def score(self, fpir: float, people: int) -> float:
        """Linear in the logarithms of both.

        A gallery beyond the largest measured, by a factor k, has k times the chances: it needs the score of an FPIR k
        times smaller there. One below the smallest measured counts as that.
        """
        fpir *= min(1.0, self.people[-1] / people)
        people = min(max(people, self.people[0]), self.people[-1])
        across = [_line(np.log(self.fpirs), row, np.log(fpir)) for row in self.scores]
        return _line(np.log(self.people), across, np.log(people))


class ThresholdTable(pydantic.BaseModel):
    """All curves, and of which model they speak. `folder` and `part`: of which people it was made (a digest, and K/N of
    them), so that nobody checks it on the same."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    model_id: str
    made_by: str
    made_from: str
    folder: str = ""
    part: str = "1/1"
    curves: list[Curve]

    def score(self, fpir: float, people: int, normalisation: Normalisation) -> float:
        """The score that a match must reach. Raises ModelError when there is no curve for `normalisation`."""
        for curve in self.curves:
            if curve.normalisation == normalisation:
                return curve.score(fpir, max(people, 1))
        raise ModelError(f"the threshold table has no curve for scores normalised by {normalisation!r}. Make it anew.")

    def check_model(self, model_id: ModelId) -> None:
        """Raise ModelError when the table was made with another model's descriptors."""
        if self.model_id != model_id:
            raise ModelError(
                f"the threshold table is for {self.model_id}, not for {model_id}. "
                "Make one with `kiosk evaluate DIR --write-table FILE`."
            )


def packaged_table(model_id: ModelId = DLIB_RESNET_V1) -> ThresholdTable:
    """The table that comes with the program for this recogniser. Raises ModelError for one it does not know."""
    known = RECOGNISERS.get(model_id)
    if known is None:
        raise ModelError(f"there is no threshold table for {model_id}. This program is older than the templates.")
    name = known.table
    return _parse(resources.files("kiosk.scores").joinpath(name).read_text(encoding="utf-8"), name)


def load_table(path: Path) -> ThresholdTable:
    """An office's own table. Raises ModelError."""
    try:
        return _parse(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: the threshold table cannot be read. Check the path and its permissions.") from error


def _parse(text: str, where: str) -> ThresholdTable:
    try:
        return ThresholdTable.model_validate(json.loads(text))
    except (json.JSONDecodeError, pydantic.ValidationError) as error:
        raise ModelError(
            f"{where}: is not a threshold table. Make one with `kiosk evaluate DIR --write-table FILE`."
        ) from error


def _line(xs: npt.NDArray[np.float64], ys: list[float], x: float) -> float:
    """Piecewise linear through the points, the end pieces prolonged."""
    i = int(np.clip(np.searchsorted(xs, x) - 1, 0, len(xs) - 2))
    share = (x - xs[i]) / (xs[i + 1] - xs[i])
    return float(ys[i] + share * (ys[i + 1] - ys[i]))
