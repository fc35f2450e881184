"""A table is checked on people who are not in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kiosk.errors import ConfigError
from kiosk.measure.identification.check import as_lines, check, outside
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.label_errors import is_wrong
from kiosk.measure.identification.statistics import share_interval
from kiosk.scores.threshold import ThresholdTable, packaged_table
from tests.unit.kiosk.scores.gallery_kit import People

SIZES = [1] * 300 + [2] * 200 + [4] * 60 + [5] * 40


@pytest.fixture(scope="module")
def folder() -> Collection:
    people = People(len(SIZES), 3)
    owners = np.repeat(np.arange(len(SIZES)), SIZES).astype(np.intp)
    described = np.stack([people.picture(int(owner)) for owner in owners])
    return Collection(owners, described, described, "this folder")


def _table(folder: str, part: str) -> ThresholdTable:
    return packaged_table().model_copy(update={"folder": folder, "part": part})


def test_only_the_other_half_of_its_own_folder_is_outside_a_table(folder: Collection) -> None:
    half = outside(folder, _table("this folder", "1/2"))
    assert half.people == 300
    assert np.array_equal(half.described, folder.part(2, 2).described)
    assert outside(folder, _table("another folder", "1/2")) is folder
    with pytest.raises(ConfigError, match="--part 1/2"):
        outside(folder, _table("this folder", "1/1"))


def test_rows_say_what_was_asked_and_what_was_reached(folder: Collection) -> None:
    rows = check(folder, packaged_table(), 2, 1, lambda _: None)
    assert {(row["enrolled"], row["probe_photos"]) for row in rows} == {(100, 1), (200, 1), (50, 2), (20, 3)}
    for row in rows:
        assert row["model"] == "dlib-resnet-v1"
        assert row["mated"] == 2 * row["enrolled"]
        assert row["fpir_ci95"][0] <= row["fpir_reached"] <= row["fpir_ci95"][1]
        assert row["fpir_asked"] == 0.003
    assert [row["nonmated"] for row in rows[:2]] == [500, 400]
    assert len(as_lines(rows)) == 1 + len(rows)


def test_too_few_people_are_no_check(folder: Collection) -> None:
    with pytest.raises(ConfigError, match="500 at the least"):
        check(folder.part(1, 4), packaged_table(), 2, 1, lambda _: None)


def test_attempts_of_one_person_are_not_independent() -> None:
    happened = np.repeat([True] * 2 + [False] * 38, 25)
    of_forty, of_thousand = (
        share_interval(happened, whose, 1) for whose in (np.repeat(np.arange(40), 25), np.arange(1000))
    )
    assert of_forty.high > 0.12 > 0.07 > of_thousand.high


def test_wrong_names_are_known_by_person_and_by_photo() -> None:
    assert is_wrong(Path("lfw/Andrew_Gilligan/Andrew_Gilligan_0001.jpg"))
    assert is_wrong(Path("lfw/Flor_Montulo/Flor_Montulo_0002.jpg"))
    assert not is_wrong(Path("lfw/Andrew_Caldecott/Andrew_Caldecott_0001.jpg"))
    assert not is_wrong(Path("lfw/Michael_Schumacher/Michael_Schumacher_0001.jpg"))
