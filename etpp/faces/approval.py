"""Enrolments: what the whole regency says about one, and the decision on it.

A terminal knows the people of its own office. That somebody has a face under another NIP in another office can be seen
here alone (decision 33): whoever approves such an enrolment must know of it.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from etpp.base.errors import Conflict, FaceKnown, NotFound
from etpp.db import Transaction
from etpp.faces.cohort import Cohort, Numbers, matrix
from etpp.faces.model import Enrolment, Template
from etpp.faces.store import Enrolments, Templates
from etpp.roster.model import Person
from etpp.roster.store import Offices, People
from kiosk.scores.likeness import Rule, nearest

log = logging.getLogger(__name__)

RULE = Rule(distance=0.42, ratio=0.80)
"""A little wider than the terminals' own (0.40 and 0.77): among more people the next nearest are nearer, and a false
alarm costs BKPP a look at two names, not an employee the way (docs/etpp.md, "The same face under two NIPs")."""

Key = tuple[str, str]
"""(office id, event id) of an enrolment."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Whose face an enrolment's is too, by RULE. `reference`: the id of that person, or of the enrolment when it
    `waits` as well; who approves all the same must name it."""

    office_id: str
    reference: str
    waits: bool
    nip: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Review:
    """What an approval rests on. `numbers`: the cohort numbers of each template; None while there is no cohort."""

    alike: Alike | None
    numbers: Sequence[Numbers] | None


class Regency:
    """All faces of one model, of the people and of the enrolments that wait, as one reading transaction saw them."""

    def __init__(self, tx: Transaction, model_id: str) -> None:
        self._cohort = Cohort(Templates(tx).cohort(model_id))
        keys, means, counts = self._cohort.means()
        people = People(tx).enrolled()
        self._person_ids = {(key[0], people[key].nip): key[1] for key in keys}
        self._known = [Alike(key[0], key[1], False, people[key].nip, people[key].name) for key in keys]
        waiting = [each for each in Enrolments(tx).search("pending") if each.model_id == model_id and each.descriptors]
        self._known += [Alike(each.office_id, each.event_id, True, each.nip or "", each.name or "") for each in waiting]
        new = [matrix(each.descriptors).mean(axis=0) for each in waiting]
        self._means = np.concatenate([means, np.stack(new)]) if new else means
        self._counts = counts + [len(each.descriptors) for each in waiting]
        self._nips = [known.nip for known in self._known]

    def review(self, enrolment: Enrolment) -> Review:
        person_id = self._person_ids.get((enrolment.office_id, enrolment.nip or ""), "")
        numbers = self._cohort.numbers((enrolment.office_id, person_id), enrolment.descriptors)
        return Review(self.alike(enrolment), numbers)

    def alike(self, enrolment: Enrolment) -> Alike | None:
        """Another NIP's face that is this one, in any office; None when there is none."""
        if enrolment.nip is None or not enrolment.descriptors:
            return None
        ours = matrix(enrolment.descriptors)
        found = nearest(ours, self._means, self._counts, self._nips, RULE, {enrolment.nip})
        return None if found is None or not found.same else self._known[found.row]


def alike(tx: Transaction, enrolments: Sequence[Enrolment]) -> Mapping[Key, Alike]:
    """Whom those that wait resemble; the others are left out."""
    pending = [each for each in enrolments if each.state == "pending"]
    regencies = {model_id: Regency(tx, model_id) for model_id in {each.model_id for each in pending}}
    found = {(each.office_id, each.event_id): regencies[each.model_id].alike(each) for each in pending}
    return {key: other for key, other in found.items() if other is not None}


def review(tx: Transaction, office_id: str, event_id: str) -> Review:
    """For `approve`. In a reading transaction before it: nobody has to wait while the regency is compared."""
    enrolment = _pending(tx, office_id, event_id)
    return Regency(tx, enrolment.model_id).review(enrolment)


def approve(
    tx: Transaction,
    office_id: str,
    event_id: str,
    reviewed: Review,
    by: str,
    now: dt.datetime,
    despite: str | None = None,
) -> Person:
    """Take an enrolment's templates into the gallery: of the enrolled person with its NIP, else of a new one.

    Raises FaceKnown when the face is another's too, unless `despite` is that one's reference.
    """
    enrolment = _pending(tx, office_id, event_id, lock=True)
    if enrolment.nip is None or enrolment.name is None or not enrolment.descriptors:
        raise Conflict("the enrolment holds no face data any more")
    known = None if reviewed.alike is None else reviewed.alike.reference
    if known not in (None, despite):
        raise FaceKnown(known)
    version = Offices(tx).bump(office_id, now)
    person = People(tx).by_nip(office_id, enrolment.nip)
    if person is None:
        person = Person(office_id, str(uuid.uuid4()), enrolment.nip, enrolment.name, version)
        People(tx).add(person)
    else:
        People(tx).update(office_id, person.person_id, enrolment.name, version)
    numbers = reviewed.numbers
    templates = [
        Template(str(uuid.uuid4()), person.person_id, enrolment.model_id, descriptor, *(numbers[i] if numbers else ()))
        for i, descriptor in enumerate(enrolment.descriptors)
    ]
    Templates(tx).replace(office_id, person.person_id, templates)
    Enrolments(tx).decide(replace(enrolment, person_id=person.person_id, despite=known), "approved", now, by)
    return person


def reject(tx: Transaction, office_id: str, event_id: str, by: str, now: dt.datetime) -> None:
    """Refuse an enrolment; its face data is deleted."""
    Enrolments(tx).decide(_pending(tx, office_id, event_id, lock=True), "rejected", now, by)


def review_all(tx: Transaction, office_id: str, event_ids: Sequence[str]) -> Mapping[str, Review]:
    """For `approve_all`: of those that wait. They are in the books before, so that of two which come at once with one
    face each sees the other."""
    waiting = [each for each in Enrolments(tx).search("pending", office_id) if each.event_id in set(event_ids)]
    regencies = {model_id: Regency(tx, model_id) for model_id in {each.model_id for each in waiting}}
    return {each.event_id: regencies[each.model_id].review(each) for each in waiting}


def approve_all(tx: Transaction, office_id: str, reviews: Mapping[str, Review], now: dt.datetime) -> None:
    """`--approve auto`: for the demo and for an office whose own staff may enrol without BKPP.

    What resembles another NIP's face is left for BKPP.
    """
    for event_id, reviewed in reviews.items():
        enrolment = Enrolments(tx).get(office_id, event_id, lock=True)
        if enrolment is None or enrolment.state != "pending":
            continue  # the same batch came twice at once
        if reviewed.alike is not None:
            log.warning("an enrolment of office %s waits for BKPP: the face is another NIP's too", office_id)
            continue
        approve(tx, office_id, event_id, reviewed, "auto", now)


def _pending(tx: Transaction, office_id: str, event_id: str, lock: bool = False) -> Enrolment:
    enrolment = Enrolments(tx).get(office_id, event_id, lock)
    if enrolment is None:
        raise NotFound("there is no such enrolment in this office")
    if enrolment.state != "pending":
        raise Conflict(f"the enrolment was {enrolment.state} already")
    return enrolment
