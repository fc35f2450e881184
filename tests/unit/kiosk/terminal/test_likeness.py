"""One face that is recorded for two people within minutes."""

from __future__ import annotations

import numpy as np

from kiosk.model import DLIB_RESNET_V1, Descriptor, PersonId
from kiosk.model.recognisers import DLIB
from kiosk.terminal.likeness import NEARER, WITHIN_S, Faces

ONE, OTHER = PersonId("p-1"), PersonId("p-2")
LIMIT = NEARER * DLIB.same_person


def at(distance: float) -> Descriptor:
    vector = np.zeros(128, np.float32)
    vector[0] = distance
    return vector


def second(distance: float, after_s: float = 60.0, person_id: PersonId = OTHER) -> PersonId | None:
    faces = Faces()
    assert faces.other_name_of(at(0.0), DLIB_RESNET_V1, ONE, 100.0) is None
    return faces.other_name_of(at(distance), DLIB_RESNET_V1, person_id, 100.0 + after_s)


def test_the_same_face_under_another_name_is_told() -> None:
    assert second(LIMIT - 0.01) == ONE


def test_another_face_is_not() -> None:
    assert second(LIMIT + 0.01) is None


def test_the_same_person_again_is_not() -> None:
    assert second(0.0, person_id=ONE) is None


def test_after_its_time_a_face_is_forgotten() -> None:
    assert second(0.0, WITHIN_S) == ONE
    assert second(0.0, WITHIN_S + 0.1) is None
