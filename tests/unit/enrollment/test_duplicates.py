"""One face under two NIPs is found, two people are not taken for one."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from enrollment.duplicates import Known, KnownFaces, in_event, in_gallery
from kiosk.model import (
    DLIB_RESNET_V1,
    EMPTY_GALLERY,
    Event,
    ModelId,
    Nip,
    Office,
    Person,
    PersonId,
    Template,
    WorkCalendar,
)
from kiosk.model.recognisers import FP_112
from kiosk.scores.likeness import MANY, Rule, threshold
from kiosk.wire import parse_event
from tests.unit.enrollment.kit import ANI, BUDI, CITRA, SETTINGS, descriptor

GOLDEN = Path(__file__).parents[2] / "golden"
RULE = Rule(SETTINGS.duplicate_distance, SETTINGS.duplicate_ratio)
LIMIT = RULE.distance


def known(nip: str, person: int, pictures: int = 3) -> Known:
    return Known(Nip(nip), tuple(descriptor(person, n) for n in range(pictures)))


def views(person: int, pictures: int = 3) -> list[np.ndarray]:
    return [descriptor(person, n + 20) for n in range(pictures)]


def test_nobody_is_known_at_first() -> None:
    assert KnownFaces().most_alike(views(0), RULE) is None
    assert ANI not in KnownFaces()


def test_the_same_face_is_found_under_another_nip() -> None:
    faces = KnownFaces([known(ANI, 0), known(BUDI, 1)])
    likeness = faces.most_alike(views(1), RULE)
    assert likeness is not None
    assert (likeness.nip, likeness.same) == (BUDI, True)


def test_a_new_face_is_not() -> None:
    likeness = KnownFaces([known(ANI, 0), known(BUDI, 1)]).most_alike(views(2), RULE)
    assert likeness is not None
    assert not likeness.same


def crowd(size: int, apart: float) -> list[Known]:
    """People of an office who look alike to the network."""
    return [
        Known(Nip(f"19850315201001{1}{n:03}"), tuple(descriptor(n, m, apart=apart) for m in range(3)))
        for n in range(1, size + 1)
    ]


def test_where_all_look_alike_a_newcomer_is_not_taken_for_the_nearest() -> None:
    newcomer = [descriptor(40, n, apart=0.36) for n in range(3)]
    for size in (4, 20, 39):
        likeness = KnownFaces(crowd(size, 0.36)).most_alike(newcomer, RULE)
        assert likeness is not None
        assert likeness.distance < RULE.distance
        assert not likeness.same


def test_where_all_look_alike_the_same_person_is_found() -> None:
    likeness = KnownFaces(crowd(39, 0.36)).most_alike([descriptor(7, n + 20, apart=0.36) for n in range(3)], RULE)
    assert likeness is not None
    assert (likeness.nip, likeness.same) == ("198503152010011007", True)


def test_a_face_that_is_known_twice_is_found_a_third_time() -> None:
    faces = KnownFaces([*crowd(10, 0.6), Known(Nip(ANI), (descriptor(1, 5, apart=0.6),))])
    likeness = faces.most_alike([descriptor(1, 30, apart=0.6), descriptor(1, 31, apart=0.6)], RULE)
    assert likeness is not None
    assert likeness.same


def test_those_ignored_are_passed_over() -> None:
    faces = KnownFaces([known(ANI, 0)])
    assert faces.most_alike(views(0), RULE, {Nip(ANI)}) is None


def test_one_person_may_be_known_twice() -> None:
    faces = KnownFaces([known(ANI, 0)])
    faces.add(known(ANI, 2))
    assert len(faces.templates_of(Nip(ANI))) == 2
    likeness = faces.most_alike(views(2), RULE)
    assert likeness is not None
    assert likeness.nip == ANI


def test_what_bkpp_may_yet_refuse_counts_as_a_face_and_not_as_a_nip() -> None:
    faces = KnownFaces([replace(known(ANI, 0), certain=False)])
    assert ANI not in faces
    likeness = faces.most_alike(views(0), RULE)
    assert likeness is not None
    assert likeness.same


def test_a_person_without_templates_is_no_face() -> None:
    assert ANI not in KnownFaces([Known(Nip(ANI), ())])


def test_the_threshold_allows_for_the_chance_of_few_templates() -> None:
    assert threshold(LIMIT, MANY, MANY) == threshold(LIMIT, 5, 9) == LIMIT
    falling = [threshold(LIMIT, n, m) for n, m in ((1, 1), (1, 2), (1, 3), (2, 3), (3, 3))]
    assert falling == sorted(falling, reverse=True)
    assert math.isclose(threshold(LIMIT, 1, 3), threshold(LIMIT, 3, 1))


def test_the_gallery_s_people_are_those_with_templates_of_this_model() -> None:
    people = {PersonId(p): Person(PersonId(p), Nip(n), "Contoh") for p, n in (("p1", ANI), ("p2", BUDI), ("p3", CITRA))}
    templates = (
        Template("t1", PersonId("p1"), descriptor(0, 0)),
        Template("t2", PersonId("p1"), descriptor(0, 1)),
        Template("t3", PersonId("p2"), descriptor(1), model_id=ModelId("other")),
        Template("t4", PersonId("p9"), descriptor(3)),
    )
    snapshot = replace(EMPTY_GALLERY, version=3, people=people, templates=templates)
    found = in_gallery(snapshot, DLIB_RESNET_V1)
    assert [(person.nip, len(person.templates)) for person in found] == [(ANI, 2)]


def test_a_face_that_the_office_s_recogniser_does_not_know_may_be_enrolled_again() -> None:
    """It is among those to be enrolled on the officer's screen as well (`attending.everybody`)."""
    people = {PersonId(p): Person(PersonId(p), Nip(n), "Contoh") for p, n in (("p1", ANI), ("p2", BUDI))}
    both = (Template("t1", PersonId("p1"), descriptor(0)), Template("t2", PersonId("p2"), descriptor(1)))
    renewed = Template("t3", PersonId("p2"), np.ones(128, np.float32), model_id=FP_112.model_id)
    office = Office("dinas-contoh", "Dinas Contoh", WorkCalendar((), ()), recogniser=FP_112.model_id)

    def passed_over(office: Office | None, *templates: Template) -> list[str]:
        snapshot = replace(EMPTY_GALLERY, version=3, people=people, templates=templates, office=office)
        return [person.nip for person in in_gallery(snapshot, DLIB_RESNET_V1) if person.certain]

    assert passed_over(office, *both, renewed) == [BUDI]
    assert passed_over(office, *both) == [ANI, BUDI], "as long as nobody has such templates, dlib's count"
    assert passed_over(replace(office, recogniser=DLIB_RESNET_V1), *both, renewed) == [ANI, BUDI]
    assert passed_over(None, *both, renewed) == [ANI, BUDI]


def golden_event(name: str) -> Event:
    return parse_event(json.loads((GOLDEN / f"event_{name}.json").read_text(encoding="utf-8")))


def test_an_enrolment_event_is_read_back() -> None:
    person = in_event(golden_event("enrolment"), DLIB_RESNET_V1)
    assert person is not None
    assert person.nip == "198503152010011007"
    assert [template.shape for template in person.templates] == [(128,), (128,)]


def test_an_event_of_another_kind_or_model_is_nobody() -> None:
    assert in_event(golden_event("presence"), DLIB_RESNET_V1) is None
    assert in_event(golden_event("enrolment"), ModelId("other")) is None
