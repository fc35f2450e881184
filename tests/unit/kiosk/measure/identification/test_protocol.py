"""Who is who in a round: never one person in two parts, never one photo on both sides."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Presensi, attempts, decisions, face_recognition_method
from kiosk.measure.identification.protocol import Condition, Round, eligible, rounds
from kiosk.measure.identification.report import conditions, measure
from kiosk.measure.identification.table import Point, smoothed
from tests.unit.kiosk.scores.gallery_kit import People

SIZES = [1] * 30 + [2] * 30 + [3] * 20 + [4] * 10 + [6] * 20


def collection(seed: int = 0, faceless: float = 0.0) -> Collection:
    people = People(len(SIZES), seed)
    owners = np.repeat(np.arange(len(SIZES)), SIZES)
    described = np.stack([people.picture(int(owner)) for owner in owners])
    described[np.random.default_rng(seed).random(len(owners)) < faceless] = np.nan
    return Collection(owners.astype(np.intp), described.copy(), described)


FOLDER = collection()
CONDITIONS = [Condition(40), Condition(10), Condition(40, 1), Condition(15, 3, 2, 4), Condition(10, 3, 3, 5)]


def _drawn(condition: Condition, seed: int = 1) -> list[Round]:
    return list(rounds(FOLDER, condition, 5, seed))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_parts_of_a_round_are_different_people(condition: Condition) -> None:
    for one in _drawn(condition):
        cohort = set(FOLDER.owners[one.cohort])
        enrolled, strangers = set(one.people), set(one.stranger_people)
        assert len(enrolled) == condition.enrolled
        assert not (enrolled & strangers)
        assert not (enrolled & cohort)
        assert not (strangers & cohort)
        assert strangers
        assert cohort


@pytest.mark.parametrize("condition", CONDITIONS)
def test_photos_are_their_owners_and_on_one_side_only(condition: Condition) -> None:
    for one in _drawn(condition):
        for person, enrolled, shown in zip(one.people, one.gallery, one.probes, strict=True):
            assert {*FOLDER.owners[enrolled], *FOLDER.owners[shown]} == {person}
            assert not set(enrolled) & set(shown)
            assert 1 <= len(enrolled) <= condition.enrol_photos
            assert len(shown) == condition.probe_photos
            assert len(FOLDER.photos()[person]) >= condition.min_photos
        for person, shown in zip(one.stranger_people, one.strangers, strict=True):
            assert set(FOLDER.owners[shown]) == {person}
            assert len(shown) == condition.probe_photos


def test_a_seed_gives_the_same_rounds_and_another_gives_others() -> None:
    first, again, other = (_drawn(Condition(40), seed)[3].people for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_more_people_than_there_are() -> None:
    with pytest.raises(ValueError, match="80 people have enough photos"):
        next(rounds(FOLDER, Condition(81), 1, 1))
    assert eligible(FOLDER, 4) == 30


def test_conditions_reach_as_far_as_the_folder() -> None:
    wanted = conditions(FOLDER)
    assert wanted[0].enrolled == 55
    assert Condition(15, 3, 2, 4) in wanted
    assert Condition(10, 3, 3, 5) in wanted
    assert not conditions(Collection(np.arange(30), np.zeros((30, 128), np.float32), np.zeros((30, 128), np.float32)))


@pytest.mark.parametrize("method", [Presensi(), Presensi("gallery"), Presensi("none"), face_recognition_method])
def test_every_method_tells_these_people_apart(method: Presensi) -> None:
    found = attempts(FOLDER, rounds(FOLDER, Condition(40), 3, 1), method)
    assert (len(found.mated), len(found.nonmated)) == (120, 105)
    assert found.rank1_error == 0.0
    assert found.fnir(found.threshold(0.01)) == 0.0


def test_photos_without_a_face_are_missed_attempts() -> None:
    blind = collection(faceless=0.3)
    for method in (Presensi(), face_recognition_method):
        found = attempts(blind, rounds(blind, Condition(40), 5, 1), method)
        assert 0.25 < found.rank1_error < 0.55
        assert np.isneginf(found.nonmated).mean() == pytest.approx(0.3, abs=0.12)
    decided = decisions(blind, rounds(blind, Condition(40), 5, 1), Presensi(), fpir=0.003, margin=0.04)
    assert decided.fnir == pytest.approx(found.rank1_error, abs=0.02)
    assert decided.fpir == decided.misidentified == 0.0


def test_all_photos_without_a_face() -> None:
    nothing = collection(faceless=1.1)
    for method in (Presensi(), face_recognition_method):
        found = attempts(nothing, rounds(nothing, Condition(40), 1, 1), method)
        assert found.rank1_error == 1.0
        assert found.fnir(found.threshold(0.003)) == 1.0
    with pytest.raises(ValueError, match="no face"):
        measure(nothing, 1, 1, lambda what: None)


def test_the_report_has_the_agreed_keys() -> None:
    report = measure(collection(faceless=0.02), 2, 1, lambda what: None).as_json()
    assert report["failure_to_acquire"] > 0
    for row in report["rows"]:
        wanted = [
            "enrolled",
            "enrol_photos",
            "probe_photos",
            "fpir",
            "fnir",
            "fnir_ci95",
            "rank1_error",
            "mated",
            "nonmated",
        ]
        assert set(wanted) <= set(row)
        assert row["fnir_ci95"][0] <= row["fnir"] <= row["fnir_ci95"][1]
        assert row["fnir"] >= row["rank1_error"]
    main = [row for row in report["rows"] if (row["enrolled"], row["enrol_photos"], row["probe_photos"]) == (55, 3, 1)]
    assert [row["fpir"] for row in main] == [0.001, 0.003, 0.01, 0.03]
    assert {row["normalisation"] for row in report["fallback"]} == {"gallery", "none"}
    assert report["baseline"]
    assert {row["margin"] for row in report["product"]} == {0.0, 0.02, 0.04, 0.06}


def test_smoothing_finds_the_surface_that_points_scatter_around() -> None:
    rng = np.random.default_rng(0)

    def score(people: int, fpir: float) -> float:
        return -0.5 + 0.018 * np.log(people) - 0.016 * np.log(fpir / 0.003)

    points = [
        Point(people, fpir, score(people, fpir) + rng.normal(0, 0.01) / (1 + 100 * fpir), 1e4 * fpir)
        for people in (10, 50, 100, 400)
        for fpir in (0.001, 0.003, 0.01, 0.03, 0.1)
    ]
    curve = smoothed(points, "cohort")
    for people, fpir in ((10, 0.1), (100, 0.003), (400, 0.01)):
        assert curve.score(fpir, people) == pytest.approx(score(people, fpir), abs=0.006)
