"""Identification: the right person, no stranger, and a typed answer to every bad input."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.errors import GalleryError, ModelError
from kiosk.matcher import CROWD_RANGE, NEIGHBOUR, Matcher, _sample, comparable
from kiosk.model import GallerySnapshot, ModelId, Template
from kiosk.ports import FaceMatcher
from tests.unit.kiosk.scores.gallery_kit import People, person_id, template

ORDINARY: dict[str, Any] = {"cohort_mean": -0.64, "cohort_sd": 0.032}
"""Cohort numbers of an ordinary face: crowd at 0.56."""


@pytest.fixture(scope="module")
def people() -> People:
    return People(60)


@pytest.fixture(scope="module")
def matcher(people: People) -> Matcher:
    return Matcher(people.templates(**ORDINARY))


@pytest.fixture(scope="module")
def large() -> People:
    """More people than are looked at one by one, in several blocks; that they differ shows on the first axes."""
    people = People(5000)
    people.centres[:, 20:] = 0.0
    people.centres[:, :20] *= 4.0
    return people


def test_it_is_the_port(matcher: Matcher) -> None:
    port: FaceMatcher = matcher
    assert port is matcher


def test_everybody_is_found_from_one_picture(people: People, matcher: Matcher) -> None:
    for number in range(60):
        match = matcher.identify([people.picture(number)])
        assert (match.person_id, match.reason, match.frames) == (person_id(number), "accepted", 1)
        assert match.score >= match.threshold
        assert match.look_alikes == ()


def test_strangers_are_refused(matcher: Matcher) -> None:
    strangers = People(200, seed=9)
    for number in range(200):
        match = matcher.identify([strangers.picture(number)] * 3)
        assert (match.person_id, match.reason, match.frames) == (None, "below_threshold", 3)
        assert match.score < match.threshold


def test_the_score_is_the_documented_formula(people: People) -> None:
    templates = people.templates(each=2, **ORDINARY)
    frames = [people.picture(3), people.picture(3), people.picture(3)]
    matcher = Matcher(templates)
    mean = np.mean(frames, axis=0)
    spread = np.mean([np.sum((frame - mean) ** 2) for frame in frames])
    for row, who in enumerate(matcher.people):
        own = np.array([t.descriptor for t in templates if t.person_id == who])
        centre = own.mean(axis=0)
        crowd = np.sqrt(0.56**2 - np.mean(np.sum((own - centre) ** 2, axis=1)))
        distance = np.sqrt(np.sum((mean - centre) ** 2) + 0.65 * spread)
        assert matcher.scores(frames)[row] == pytest.approx(0.6 * (crowd - 0.56) - distance, abs=1e-4)


def test_margin_is_the_distance_to_the_best_other_person(people: People, matcher: Matcher) -> None:
    probe = [people.picture(5)]
    scores = np.sort(matcher.scores(probe))
    assert matcher.identify(probe).margin == pytest.approx(scores[-1] - scores[-2], abs=1e-6)


def test_a_snapshot_serves_as_well_as_its_templates(people: People) -> None:
    templates = tuple(people.templates(**ORDINARY))
    snapshot = GallerySnapshot(3, None, {}, templates, dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    probe = [people.picture(1)]
    assert Matcher(snapshot).identify(probe) == Matcher(templates).identify(probe)


@given(order=st.permutations(range(12)), frames=st.permutations(range(3)))
@settings(max_examples=20, deadline=None)
def test_order_does_not_matter(order: list[int], frames: list[int]) -> None:
    people = People(4, seed=2)
    templates = people.templates(**ORDINARY)
    probe = [people.picture(2) for _ in range(3)]
    one = Matcher(templates).identify(probe)
    other = Matcher([templates[i] for i in order]).identify([probe[i] for i in frames])
    assert other.person_id == one.person_id
    assert other.score == pytest.approx(one.score, abs=1e-5)


class TestFrames:
    def test_the_same_picture_again_tells_nothing_new(self, people: People, matcher: Matcher) -> None:
        picture = people.picture(7)
        assert matcher.identify([picture] * 5).score == pytest.approx(matcher.identify([picture]).score, abs=1e-5)

    def test_more_pictures_of_the_person_score_higher(self, people: People, matcher: Matcher) -> None:
        gains = [
            matcher.identify([people.picture(number) for _ in range(6)]).score
            - np.mean([matcher.identify([people.picture(number)]).score for _ in range(6)])
            for number in range(20)
        ]
        assert np.mean(gains) > 0.02

    def test_frames_of_two_people_are_nobody(self, people: People, matcher: Matcher) -> None:
        assert matcher.identify([people.picture(1), people.picture(2)]).person_id is None


class TestThreshold:
    def test_fewer_false_positives_ask_for_a_higher_score(self, people: People) -> None:
        templates = people.templates(**ORDINARY)
        thresholds = [Matcher(templates, fpir=fpir).threshold for fpir in (0.1, 0.01, 0.003, 0.001, 0.0001)]
        assert thresholds == sorted(thresholds)
        assert len(set(thresholds)) == 5

    def test_a_larger_gallery_asks_for_a_higher_score(self) -> None:
        thresholds = [Matcher(People(count).templates(1, **ORDINARY)).threshold for count in (5, 60, 600, 6000)]
        assert thresholds == sorted(thresholds)
        assert len(set(thresholds)) == 4

    @pytest.mark.parametrize("fpir", [0.0, 1.0, -0.1, float("nan")])
    def test_a_rate_that_is_none_is_refused(self, fpir: float) -> None:
        with pytest.raises(ValueError, match="fpir"):
            Matcher([], fpir=fpir)


class TestCrowds:
    def test_a_person_in_a_crowd_must_be_met_more_closely(self, people: People) -> None:
        templates = people.templates(each=1, **ORDINARY)
        templates[0] = template(person_id(0), templates[0].descriptor, cohort_mean=-0.5, cohort_sd=0.03)
        probe = [people.picture(0)]
        ordinary = Matcher(
            [*people.templates(each=1, **ORDINARY)[1:], template(person_id(0), templates[0].descriptor, **ORDINARY)]
        )
        assert Matcher(templates).identify(probe).score == pytest.approx(
            ordinary.identify(probe).score - 0.6 * (0.56 - 0.425), abs=1e-3
        )

    @pytest.mark.parametrize(("mean", "sd"), [(-50.0, 0.01), (-1e9, 0.0), (-0.7, -3.0)])
    def test_absurd_numbers_open_no_door(self, mean: float, sd: float) -> None:
        people = People(3)
        far = np.asarray(people.centres[0] + 0.06, dtype=np.float32)  # 0.68 away
        matcher = Matcher([template("p-1", people.centres[0], cohort_mean=mean, cohort_sd=sd)])
        match = matcher.identify([far])
        assert match.person_id is None
        assert match.score <= 0.6 * (CROWD_RANGE[1] - 0.56) - 0.67

    def test_a_small_gallery_without_numbers_is_stricter(self, people: People) -> None:
        few = people.templates()[:30]
        plain = Matcher(few)
        assert plain.normalisation == "none"
        assert plain.threshold > Matcher([template(t.person_id, t.descriptor, **ORDINARY) for t in few]).threshold

    def test_a_large_gallery_is_its_own_cohort(self, people: People) -> None:
        templates = people.templates()
        crowd = np.array([t.descriptor for t in people.templates()])
        packed = np.asarray(people.centres[0] + 0.3 * (crowd[60:90] - crowd[60:90].mean(axis=0)), dtype=np.float32)
        templates += [template(f"q-{number}", vector) for number, vector in enumerate(packed)]
        matcher = Matcher(templates)
        assert matcher.normalisation == "gallery"
        in_crowd, lonely = matcher.scores([people.centres[0]])[0], matcher.scores([people.centres[40]])[40]
        assert in_crowd < lonely - 0.05

    def test_newcomers_without_numbers_meet_a_stricter_score(self, people: People) -> None:
        with_numbers = people.templates(each=1, **ORDINARY)[:30]
        newcomer = template("new", people.centres[50])
        everybody = Matcher([*with_numbers, newcomer])
        assert everybody.normalisation == "cohort"
        assert everybody.threshold == pytest.approx(
            Matcher([*with_numbers, template("new", people.centres[50], **ORDINARY)]).threshold
        )
        stricter = Matcher([newcomer, *people.templates(each=1)[:30]]).threshold - everybody.threshold
        assert stricter > 0
        score = everybody.scores([people.centres[50]])[list(everybody.people).index("new")]
        assert score == pytest.approx(-stricter, abs=1e-3)


class TestLookAlikes:
    def test_a_twin_leads_to_the_nip_pad(self) -> None:
        people = People(30)
        templates = people.templates(each=1, **ORDINARY)
        twin = np.asarray(templates[4].descriptor + 0.01, dtype=np.float32)
        matcher = Matcher([*templates, template("twin", twin, **ORDINARY)])
        between = np.asarray(templates[4].descriptor + 0.005, dtype=np.float32)
        match = matcher.identify([between])
        assert (match.person_id, match.reason) == (None, "margin_too_small")
        assert set(match.look_alikes) == {person_id(4), "twin"}

    def test_everybody_within_the_margin_is_named_the_best_first(self) -> None:
        people = People(30)
        three = [np.asarray(people.centres[4] + shift, dtype=np.float32) for shift in (0.001, 0.002, -0.0025)]
        templates = people.templates(each=1, **ORDINARY)[:4]
        templates += [template(name, vector, **ORDINARY) for name, vector in zip("abc", three, strict=True)]
        match = Matcher(templates).identify([people.centres[4]])
        assert (match.person_id, match.reason, match.look_alikes) == (None, "margin_too_small", ("a", "b", "c"))
        assert match.margin == pytest.approx(0.001 * np.sqrt(128), abs=1e-3)

    def test_being_alike_is_mutual_though_scores_are_not(self) -> None:
        people = People(2)
        near = np.asarray(people.centres[0] + 0.04, dtype=np.float32)  # 0.45 away
        crowded: dict[str, Any] = {"cohort_mean": -0.45, "cohort_sd": 0.032}
        matcher = Matcher([template("a", people.centres[0], **ORDINARY), template("b", near, **crowded)])
        assert matcher.scores([near])[0] > matcher.threshold > matcher.scores([people.centres[0]])[1]
        assert matcher.identify([people.centres[0]]).look_alikes == ("a", "b")
        assert matcher.identify([near]).look_alikes == ("b", "a")

    def test_people_who_look_alike_are_named_with_the_one_accepted(self) -> None:
        people = People(30)
        alike = [np.asarray(people.centres[4] + shift, dtype=np.float32) for shift in (0.015, -0.015)]
        templates = people.templates(**ORDINARY)
        templates += [template(name, vector, **ORDINARY) for name, vector in zip(("like", "also"), alike, strict=True)]
        matcher = Matcher(templates)
        match = matcher.identify([alike[0]])
        assert (match.person_id, match.reason) == ("like", "accepted")
        assert match.look_alikes[0] == "like"
        assert set(match.look_alikes[1:]) == {person_id(4), "also"}
        assert ("also", "like") in matcher.look_alike_pairs()
        assert len(matcher.look_alike_pairs()) == 3


class TestCloseNeighbours:
    """Two who are nearer than usual, but not so near that they need the NIP pad: each must be met more closely."""

    GAP = 0.03
    """By so much the one's template misses the other's threshold."""

    def _gallery(self, gap: float) -> tuple[Matcher, np.ndarray, np.ndarray]:
        people = People(30)
        templates = people.templates(each=1, **ORDINARY)[:4]
        centre = people.centres[9]
        along = np.zeros(128, dtype=np.float32)
        along[0] = 1.0
        away = gap - Matcher([*templates, template("a", centre), template("b", centre)]).threshold
        ones = template("a", centre, **ORDINARY)
        others = template("b", np.asarray(centre + away * along, dtype=np.float32), **ORDINARY)
        threshold = Matcher([*templates, ones, others]).threshold
        others = template("b", np.asarray(centre + (gap - threshold) * along, dtype=np.float32), **ORDINARY)
        return Matcher([*templates, ones, others]), centre, along

    def _at(self, matcher: Matcher, centre: np.ndarray, along: np.ndarray, score: float) -> Any:
        """A face that meets "a" with this score, on the side away from "b"."""
        return matcher.identify([np.asarray(centre + score * along, dtype=np.float32)])

    def test_their_own_threshold_rises(self) -> None:
        matcher, centre, along = self._gallery(self.GAP)
        raised = matcher.threshold - self.GAP + NEIGHBOUR
        refused = self._at(matcher, centre, along, raised - 0.002)
        assert (refused.person_id, refused.reason) == (None, "below_threshold")
        assert refused.score > matcher.threshold
        assert refused.threshold == pytest.approx(raised, abs=1e-4)
        met = self._at(matcher, centre, along, raised + 0.002)
        assert (met.person_id, met.look_alikes) == ("a", ())
        assert met.threshold == pytest.approx(raised, abs=1e-4)

    def test_nobody_else_is_asked_for_more(self) -> None:
        matcher, centre, along = self._gallery(NEIGHBOUR + 0.002)
        met = self._at(matcher, centre, along, matcher.threshold + 0.002)
        assert (met.person_id, met.threshold) == ("a", matcher.threshold)

    def test_nearer_than_the_threshold_they_type_their_nip(self) -> None:
        matcher, centre, along = self._gallery(-0.002)
        met = self._at(matcher, centre, along, -0.1)
        assert (met.person_id, met.look_alikes) == ("a", ("a", "b"))


class TestByAngle:
    """Recognisers of unit vectors: minus the chord, which orders as the cosine does; no crowd, no length."""

    ID = ModelId("fp-112")

    def _people(self, count: int = 30, seed: int = 0) -> np.ndarray:
        vectors = np.random.default_rng(seed).normal(size=(count, 512)).astype(np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    def _matcher(self, rows: np.ndarray, **numbers: Any) -> Matcher:
        templates = [Template("t", person_id(place), row, self.ID, **numbers) for place, row in enumerate(rows)]
        return Matcher(templates, model_id=self.ID)

    def test_the_score_is_minus_the_chord(self) -> None:
        people = self._people()
        probe = np.asarray(people[3] + 0.5 * people[4], dtype=np.float32)
        cosines = people @ probe / np.linalg.norm(probe)
        scores = self._matcher(people).scores([probe])
        np.testing.assert_allclose(scores, -np.sqrt(2 - 2 * cosines), atol=1e-4)

    def test_lengths_and_cohort_numbers_change_nothing(self) -> None:
        people, probe = self._people(), self._people(seed=1)[0]
        plain = self._matcher(people).scores([probe])
        lengths = np.linspace(0.1, 30, len(people), dtype=np.float32)[:, None]
        np.testing.assert_allclose(self._matcher(people * lengths).scores([20 * probe]), plain, atol=1e-4)
        np.testing.assert_allclose(self._matcher(people, **ORDINARY).scores([probe]), plain, atol=1e-4)
        assert self._matcher(people).normalisation == self._matcher(self._people(60)).normalisation == "none"

    def test_several_frames_count_by_their_mean_cosine(self) -> None:
        people = self._people()
        frames = [np.asarray(people[3] + 0.6 * noise, dtype=np.float32) for noise in self._people(4, seed=2)]
        cosines = [frame @ people.T / np.linalg.norm(frame) for frame in frames]
        expected = -np.sqrt(2 - 2 * np.mean(cosines, axis=0))
        np.testing.assert_allclose(self._matcher(people).scores(frames), expected, atol=1e-4)

    def test_several_templates_count_by_their_mean_direction(self) -> None:
        one, other, probe = self._people(3)
        templates = [Template("t", person_id(0), row, self.ID) for row in (one, other)]
        mean = (one + other) / np.linalg.norm(one + other)
        (score,) = Matcher(templates, model_id=self.ID).scores([probe])
        assert score == pytest.approx(-np.sqrt(2 - 2 * float(mean @ probe)), abs=1e-4)

    def test_everybody_is_found_and_strangers_are_refused(self) -> None:
        people = self._people(200)
        matcher = self._matcher(people)
        for place, noise in enumerate(self._people(200, seed=3)):
            match = matcher.identify([np.asarray(people[place] + 0.8 * noise, dtype=np.float32)])
            assert (match.person_id, match.look_alikes) == (person_id(place), ())
            assert matcher.identify([noise]).person_id is None

    @pytest.mark.parametrize("bad", [np.zeros(512), np.full(512, np.nan), np.ones(128)])
    def test_what_has_no_direction_or_another_length_is_refused(self, bad: np.ndarray) -> None:
        with pytest.raises(ModelError, match="512 finite numbers"):
            self._matcher(self._people()).identify([np.asarray(bad, dtype=np.float32)])
        with pytest.raises(GalleryError, match="512 finite numbers"):
            self._matcher(np.stack([np.resize(bad, np.shape(bad))]))

    def test_one_that_is_none_keeps_nobody_from_the_gallery(self, caplog: pytest.LogCaptureFixture) -> None:
        good, tiny = template("a", np.ones(512), model_id=self.ID), template("b", np.full(512, 1e-4), model_id=self.ID)
        held = comparable([good, tiny, template("c", np.ones(128))], self.ID)
        assert Matcher(held, model_id=self.ID).people == ["a"]
        assert "1 templates of fp-112 are left out" in caplog.text

    def test_templates_of_another_recogniser_are_not_compared(self) -> None:
        with pytest.raises(GalleryError, match="fp-112"):
            Matcher([template("a", np.ones(128))], model_id=self.ID)


class TestBadInput:
    def test_nobody_enrolled(self, people: People) -> None:
        match = Matcher([]).identify([people.picture(0)])
        assert (match.person_id, match.reason, match.look_alikes) == (None, "gallery_empty", ())

    def test_only_one_enrolled(self, people: People) -> None:
        matcher = Matcher([template("only", people.centres[0])])
        assert matcher.identify([people.picture(0)]).person_id == "only"
        assert matcher.identify([people.picture(1)]).person_id is None

    def test_no_frame(self, matcher: Matcher) -> None:
        match = matcher.identify([])
        assert (match.person_id, match.reason, match.frames) == (None, "below_threshold", 0)
        assert set(matcher.scores([]).tolist()) == {match.score}

    def test_a_template_of_zeros_is_met_by_nobody_and_harms_nobody(self, people: People) -> None:
        zeros = template("zeros", np.zeros(128, dtype=np.float32), **ORDINARY)
        matcher = Matcher([*people.templates(**ORDINARY), zeros])
        named = [matcher.identify([people.picture(number)]).person_id for number in range(60)]
        assert named == [person_id(number) for number in range(60)]

    def test_one_descriptor_instead_of_a_list_of_them(self, people: People, matcher: Matcher) -> None:
        with pytest.raises(ModelError, match="128 finite numbers"):
            matcher.identify(people.picture(0))  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "bad",
        [
            np.full(128, np.nan),
            np.full(128, np.inf),
            np.full(128, 1e30),
            np.zeros(127),
            np.zeros(0),
            np.zeros((1, 128)),
            np.zeros((128, 1)),
        ],
    )
    def test_unusable_descriptors(self, people: People, matcher: Matcher, bad: np.ndarray) -> None:
        with pytest.raises(ModelError, match="kiosk doctor"):
            matcher.identify([people.picture(0), bad.astype(np.float32)])
        with pytest.raises(GalleryError, match="128 finite numbers"):
            Matcher([*people.templates(), template("bad", bad)])

    def test_a_gallery_whose_vectors_were_left_out(self, people: People) -> None:
        whole = GallerySnapshot(1, None, {}, tuple(people.templates()))
        without = whole.without_vectors()
        who = [(each.template_id, each.person_id, each.model_id) for each in whole.templates]
        assert [(each.template_id, each.person_id, each.model_id) for each in without.templates] == who
        with pytest.raises(GalleryError, match="128 finite numbers"):
            Matcher(without)

    @pytest.mark.parametrize("numbers", [(float("nan"), 0.1), (-0.6, float("inf"))])
    def test_cohort_numbers_that_are_none(self, people: People, numbers: tuple[float, float]) -> None:
        with pytest.raises(GalleryError, match="etpp cohort"):
            Matcher([template("bad", people.centres[0], cohort_mean=numbers[0], cohort_sd=numbers[1])])

    def test_templates_of_another_model(self, people: People) -> None:
        other = template("other", people.centres[0], model_id=ModelId("arcface-r50"))
        with pytest.raises(GalleryError, match=r"arcface-r50.*dlib-resnet-v1"):
            Matcher([*people.templates(), other])

    def test_a_table_of_another_model(self) -> None:
        with pytest.raises(ModelError, match="threshold table"):
            Matcher([], model_id=ModelId("arcface-r50"))

    def test_half_of_the_numbers_count_as_none(self, people: People) -> None:
        half = Matcher([template("p", people.centres[0], cohort_mean=-0.6)])
        assert half.normalisation == "none"


class TestEdges:
    """Each limit from both sides, with numbers that float32 holds exactly or that come from the matcher itself."""

    def test_the_score_that_is_asked_for_is_enough(self, people: People) -> None:
        matcher = Matcher(people.templates(**ORDINARY))
        probe = [people.picture(5)]
        score = matcher.identify(probe).score
        matcher.threshold = score
        assert matcher.identify(probe).reason == "accepted"
        matcher.threshold = float(np.nextafter(score, 1.0))
        assert matcher.identify(probe).reason == "below_threshold"

    def test_who_comes_as_near_as_the_margin_is_not_too_near(self) -> None:
        people = People(30)
        near = np.asarray(people.centres[4] + 0.02, dtype=np.float32)
        templates = [*people.templates(each=1, **ORDINARY), template("near", near, **ORDINARY)]
        margin = Matcher(templates).identify([near]).margin
        assert Matcher(templates, margin=margin).identify([near]).reason == "accepted"
        assert Matcher(templates, margin=margin * 1.001).identify([near]).reason == "margin_too_small"

    def test_who_just_reaches_the_score_is_a_look_alike(self) -> None:
        people = People(2)
        near = np.asarray(people.centres[0] + 0.03, dtype=np.float32)
        matcher = Matcher([template("a", people.centres[0]), template("b", near)])
        centroids = matcher._centroids
        between = float(centroids.reaching(centroids.turned(0), np.zeros(2, np.float32), -9.0).scores[1])
        matcher.threshold = between
        assert matcher.identify([people.centres[0]]).look_alikes == ("a", "b")
        matcher.threshold = float(np.nextafter(np.float32(between), np.float32(1.0)))
        assert matcher.identify([people.centres[0]]).look_alikes == ()

    @pytest.mark.parametrize(("largest", "usable"), [(999.9, True), (1000.0, False)])
    def test_how_large_a_number_of_a_descriptor_may_be(self, matcher: Matcher, largest: float, usable: bool) -> None:
        probe = np.zeros(128, dtype=np.float32)
        probe[3] = -largest
        if usable:
            assert matcher.identify([probe]).reason == "below_threshold"
            return
        with pytest.raises(ModelError):
            matcher.identify([probe])

    @pytest.mark.parametrize(("count", "normalisation"), [(39, "none"), (40, "gallery"), (41, "gallery")])
    def test_from_forty_people_on_a_gallery_is_its_own_cohort(self, count: int, normalisation: str) -> None:
        assert Matcher(People(count).templates(each=1)).normalisation == normalisation

    def test_a_small_gallery_without_numbers_corrects_nothing(self) -> None:
        people = People(30)
        templates = people.templates(each=1)
        probe = people.picture(3)
        distances = [np.linalg.norm(probe - t.descriptor) for t in templates]
        assert Matcher(templates).scores([probe]) == pytest.approx(np.negative(distances), abs=1e-4)

    def test_its_own_cohort_is_everybody_else(self) -> None:
        """The crowd's edge by hand, over the nearest tenth of as many templates as the others have at the least."""
        people = People(60)
        people.centres *= 0.7  # so that crowds lie where they are believed
        templates = [template(person_id(n), people.picture(n)) for n in range(60) for _ in range(12 if n == 7 else 1)]
        vectors, owners = np.array([t.descriptor for t in templates]), [t.person_id for t in templates]
        matcher = Matcher(templates)
        for who in (person_id(7), person_id(8)):
            own = [row for row, owner in enumerate(owners) if owner == who]
            centre = vectors[own].mean(axis=0)
            squares = []
            for row in own:
                others = [other for other, owner in enumerate(owners) if owner != who]
                nearest = np.sort(np.linalg.norm(vectors[others] - vectors[row], axis=1))[:6]  # of 71 - 12
                squares.append(max(0.0, nearest.mean() - 2.5 * nearest.std()) ** 2)
            spread = np.mean(np.sum((vectors[own] - centre) ** 2, axis=1))
            crowd = np.clip(np.sqrt(max(np.mean(squares) - spread, 0.0)), 0.34, 0.68)
            assert 0.34 < crowd < 0.68, "else nothing is tried"
            probe = np.asarray(centre + 0.02, dtype=np.float32)  # not at 0, where a root makes much of a rounding
            score = matcher.scores([probe])[list(matcher.people).index(who)]
            assert score == pytest.approx(0.6 * (crowd - 0.56) - np.linalg.norm(probe - centre), abs=1e-5)

    @pytest.mark.parametrize(
        ("shift", "mean", "sd"),
        [
            (0.05, -0.4, 0.02),  # templates that lie further from their mean than the crowd does
            (0.0, 0.5, 0.04),  # numbers of no cohort there is: an edge of -0.6
            (0.0, -0.2, 0.02),  # nearer than 99.8 % of people have it
        ],
    )
    def test_the_nearest_crowd_that_is_believed(self, shift: float, mean: float, sd: float) -> None:
        centre = People(1).centres[0]
        both = [template("p", centre + sign * shift, cohort_mean=mean, cohort_sd=sd) for sign in (-1, 1)]
        assert Matcher(both).scores([centre])[0] == pytest.approx(0.6 * (0.34 - 0.56), abs=1e-3)

    def test_the_sample_of_a_cohort_is_spread_over_all_from_the_first_to_the_last(self) -> None:
        few = People(10).templates(each=1)
        rows = np.arange(10)
        vectors, owners = _sample(few, rows)
        assert owners.tolist() == list(range(10))
        assert np.array_equal(vectors, [t.descriptor for t in few])
        many = [few[0]] * 5000
        vectors, owners = _sample(many, np.arange(5000))
        assert (len(vectors), owners[0], owners[-1]) == (2048, 0, 4999)
        assert set(np.diff(owners)) == {2, 3}


class TestNoSecond:
    def test_without_anybody_else_the_margin_is_from_the_worst(self, people: People) -> None:
        match = Matcher([template("only", people.centres[0])]).identify([people.centres[0]])
        assert match.score == pytest.approx(0.0, abs=1e-3)
        assert match.margin == pytest.approx(match.score + 2.0, abs=1e-6)

    def test_with_nothing_to_compare_it_says_the_worst(self, people: People) -> None:
        for match in (Matcher([]).identify([people.picture(0)]), Matcher(people.templates()).identify([])):
            assert (match.score, match.margin) == (-2.0, 0.0)

    def test_between_two_people_the_margin_is_that_to_the_other(self, people: People) -> None:
        matcher = Matcher([template("a", people.centres[0]), template("b", people.centres[1])])
        match = matcher.identify([people.centres[0]])
        assert match.margin == pytest.approx(np.linalg.norm(people.centres[0] - people.centres[1]), abs=1e-3)

    @pytest.mark.parametrize(("margin", "window"), [(0.04, 0.05), (0.1, 0.1)])
    def test_in_a_large_gallery_it_is_the_least_that_it_can_be(
        self, large: People, margin: float, window: float
    ) -> None:
        matcher = Matcher(_ordinary(large), margin=margin)
        found = matcher.identify([large.centres[2500]])
        assert (found.person_id, found.look_alikes) == (person_id(2500), ())
        assert found.margin == pytest.approx(found.score - (found.threshold - window), abs=1e-6)
        stranger = matcher.identify([np.full(128, 5.0, dtype=np.float32)])
        assert (stranger.person_id, stranger.margin) == (None, 0.0)


def _ordinary(people: People) -> list[Template]:
    return [template(person_id(number), vector, **ORDINARY) for number, vector in enumerate(people.centres)]


def test_memory_is_that_of_the_vectors() -> None:
    people = People(20_000)
    templates = [Template("t", person_id(number), vector) for number, vector in enumerate(people.centres)]
    tracemalloc.start()
    matcher = Matcher(templates)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    raw = people.centres.nbytes
    assert len(matcher.people) == 20_000
    assert held <= 1.2 * raw
    assert (
        peak <= 1.2 * raw + 1024 * 2048 * 4 * 3 + 128 * 2048 * 4 * 2
    )  # and the blocks in which cohort scores are made
