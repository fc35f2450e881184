"""The two numbers by which a terminal normalises a template's scores, computed over the whole regency.

The arithmetic belongs to the matcher and stands in `kiosk.scores.cohort`, which server and terminal share:
numbers made by another formula than the terminal's would be wrong without anybody noticing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from etpp.db import Database, Transaction
from etpp.faces.model import Template
from etpp.faces.recognisers import DLIB, RECOGNISERS, Recogniser
from etpp.faces.store import Templates
from etpp.roster.store import Offices, People
from kiosk.scores.cohort import cohort_numbers_many
from kiosk.scores.likeness import LEAST

MIN_PEOPLE = 400
"""Fewer other people than this make no cohort (docs/accuracy.md, "Size of the cohort"). A terminal holds people whose
templates have no numbers to a stricter threshold."""

TOLERANCE = 0.05
"""New numbers that move no score by more than this part of a deviation are not worth a download."""

OVERDUE = dt.timedelta(days=3)
"""They are looked at every night; after so long without, BKPP is told."""

Numbers = tuple[float, float]
Key = tuple[str, str]
"""(office id, person id)."""

Matrix = npt.NDArray[np.float32]
"""(n, length) float32."""


class Cohort:
    """Everybody's templates of one model, as (office id, employee id, template). Immutable; 4 bytes for each number."""

    def __init__(self, everyone: Sequence[tuple[str, str, Template]], recogniser: Recogniser = DLIB) -> None:
        self._recogniser = recogniser
        self.templates: dict[Key, list[Template]] = {}
        self.employees: dict[Key, str] = {}
        rows: dict[Key, list[int]] = {}
        own: dict[str, list[int]] = {}
        for row, (office_id, employee_id, template) in enumerate(everyone):
            key = office_id, template.person_id
            self.templates.setdefault(key, []).append(template)
            self.employees[key] = employee_id
            rows.setdefault(key, []).append(row)
            own.setdefault(employee_id, []).append(row)
        self._rows = rows
        self._own = own
        self._matrix = matrix([template.descriptor for _, _, template in everyone])

    def means(self) -> tuple[list[Key], Matrix, list[int]]:
        """(n, length) the mean of each person's templates, and of how many it is."""
        if not self._rows:
            return [], np.zeros((0, self._recogniser.length), np.float32), []
        counts = [len(rows) for rows in self._rows.values()]
        starts = np.cumsum([0, *counts[:-1]])
        sums = np.add.reduceat(self._matrix[np.concatenate(list(self._rows.values()))], starts, axis=0)
        means: Matrix = np.divide(sums, np.array(counts)[:, None], dtype=np.float32)
        if self._recogniser.rule.by_angle:
            means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), LEAST)
        return list(self._rows), means, counts

    def numbers(self, employee_id: str, descriptors: Sequence[bytes]) -> list[Numbers] | None:
        """(mean, deviation) of each of somebody's templates against all other people's; None when there are too few
        others, and for a recogniser that needs none.

        Whoever is known in two offices (a guest, somebody who moves) is nobody else in the other one: the copies there
        lie at no distance at all, and would push whoever they belong to below every threshold.
        """
        others = len(self._own) - (employee_id in self._own)
        if not self._recogniser.numbered or others < MIN_PEOPLE or not descriptors:
            return None
        mean, sd = cohort_numbers_many(
            matrix(descriptors), np.delete(self._matrix, self._own.get(employee_id, []), axis=0)
        )
        return [(round(float(m), 6), round(float(s), 6)) for m, s in zip(mean, sd, strict=True)]


def refresh(database: Database, model_id: str, now: dt.datetime) -> int:
    """Bring all numbers of one model's templates up to date; how many people got other ones. Offices with a change get
    a new gallery version.

    They move a little with each newcomer: once a night is enough. Only the writing holds a transaction, one an office:
    what an interrupted run has done stays. Raises StoreUnavailable.
    """
    with database.read() as tx:
        offices = [office.office_id for office in Offices(tx).all()]
        cohort = Cohort(Templates(tx).cohort(model_id), RECOGNISERS[model_id])
    changes: dict[str, dict[str, list[tuple[str, Numbers]]]] = {}
    for (office_id, person_id), templates in sorted(cohort.templates.items()):
        employee_id = cohort.employees[office_id, person_id]
        numbers = cohort.numbers(employee_id, [template.descriptor for template in templates])
        if numbers is None or all(_near(t, n) for t, n in zip(templates, numbers, strict=True)):
            continue
        ids = [template.template_id for template in templates]
        changes.setdefault(office_id, {})[person_id] = list(zip(ids, numbers, strict=True))
    for office_id in offices:
        with database.begin() as tx:
            people = changes.get(office_id, {})
            version = Offices(tx).bump(office_id, now) if people else 0
            for person_id, pairs in people.items():
                # A template that was replaced meanwhile has another id and is left alone.
                Templates(tx).set_cohort(office_id, dict(pairs))
                People(tx).note_change(office_id, person_id, version)
            Offices(tx).note_cohort(office_id, now)
    return sum(len(people) for people in changes.values())


def overdue_since(tx: Transaction, now: dt.datetime) -> dt.datetime | None:
    """Since when no nightly run has ended well, when that is too long ago and there are people enough for numbers."""
    since = Offices(tx).cohort_utc()
    if since is None or now - since < OVERDUE or Templates(tx).count_people() <= MIN_PEOPLE:
        return None
    return since


def _near(template: Template, numbers: Numbers) -> bool:
    if template.cohort_mean is None or template.cohort_sd is None:
        return False
    mean, sd = numbers
    return abs(mean - template.cohort_mean) < TOLERANCE * sd and abs(sd - template.cohort_sd) < TOLERANCE * sd


def matrix(descriptors: Sequence[bytes]) -> Matrix:
    """Of descriptors of one model."""
    length = len(descriptors[0]) // 4 if descriptors else 0
    return np.frombuffer(b"".join(descriptors), dtype="<f4").reshape(len(descriptors), length).astype(np.float32)
