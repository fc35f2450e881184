"""One face that is recorded for two people within minutes. Pure but for its memory; the clerk's thread only."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from kiosk.model import Descriptor, ModelId, PersonId
from kiosk.model.recognisers import RECOGNISERS

WITHIN_S = 600.0
NEARER = 0.8
"""As a share of the distance at which one frame shows somebody else (`Recogniser.same_person`): means of tracks of one
person minutes apart are nearer, and with dlib's 0.40 two people of an office seldom are (docs/enrolment.md)."""


class _Seen(NamedTuple):
    at_s: float
    person_id: PersonId
    model_id: ModelId
    face: Descriptor


class Faces:
    """The faces of the last minutes' presences. They are in memory only, and go with their time."""

    def __init__(self) -> None:
        self._seen: deque[_Seen] = deque()

    def other_name_of(self, face: Descriptor, model_id: ModelId, person_id: PersonId, now_s: float) -> PersonId | None:
        """As whom else this face was recorded lately, if so; from now on it is known as `person_id`."""
        while self._seen and now_s - self._seen[0].at_s > WITHIN_S:
            self._seen.popleft()
        limit = NEARER * RECOGNISERS[model_id].same_person
        alike = [
            (float(np.linalg.norm(one.face - face)), one.person_id)
            for one in self._seen
            if one.model_id == model_id and one.person_id != person_id
        ]
        self._seen.append(_Seen(now_s, person_id, model_id, face))
        distance, other = min(alike, default=(np.inf, None))
        return other if distance < limit else None
