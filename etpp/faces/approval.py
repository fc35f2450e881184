"""Enrolments: what the whole regency says about one, and the decision on it.

A terminal knows the people of its own office. That somebody has a face under another NIP in another office can be seen
here alone (decision 33): whoever approves such an enrolment must know of it.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction
from etpp.faces.cohort import Cohort, Numbers, matrix
from etpp.faces.marks import RULE, Mark, check, of_nip
from etpp.faces.model import Enrolment, Template
from etpp.faces.store import Enrolments, Templates
from etpp.roster import register
from etpp.roster.model import Person
from etpp.roster.store import Offices, People
from kiosk.scores.likeness import nearest

log = logging.getLogger(__name__)

Key = tuple[str, str]
"""(office id, event id) of an enrolment."""


@dataclass(frozen=True, slots=True)
class Review:
    """What an approval rests on. `alike`: whose face it is too; `numbers`: the cohort numbers of each template, None
    while there is no cohort."""

    alike: Mark | None
    numbers: Sequence[Numbers] | None


class Regency:
    """All faces of one model, of the people and of the enrolments that wait, as one reading transaction saw them."""

    def __init__(self, tx: Transaction, model_id: str) -> None:
        self._cohort = Cohort(Templates(tx).cohort(model_id))
        keys, means, counts = self._cohort.means()
        people = People(tx).enrolled()
        self._person_ids = {(key[0], people[key].nip): key[1] for key in keys}
        known = [(office_id, person_id, people[office_id, person_id]) for office_id, person_id in keys]
        self._known = [Mark("face_known", person, office, False, who.nip, who.name) for office, person, who in known]
        waiting = [each for each in Enrolments(tx).search("pending") if each.model_id == model_id and each.descriptors]
        self._known += [
            Mark("face_known", each.event_id, each.office_id, True, each.nip or "", each.name or "") for each in waiting
        ]
        new = [matrix(each.descriptors).mean(axis=0) for each in waiting]
        self._means = np.concatenate([means, np.stack(new)]) if new else means
        self._counts = counts + [len(each.descriptors) for each in waiting]
        self._nips = [known.nip for known in self._known]

    def review(self, enrolment: Enrolment) -> Review:
        person_id = self._person_ids.get((enrolment.office_id, enrolment.nip or ""), "")
        numbers = self._cohort.numbers((enrolment.office_id, person_id), enrolment.descriptors)
        return Review(self.alike(enrolment), numbers)

    def alike(self, enrolment: Enrolment) -> Mark | None:
        """Another NIP's face that is this one, in any office; None when there is none.

        How far "much nearer than others" is, the approved people alone say: whoever sends one face under many NIPs at
        once would else move the measure with the copies.
        """
        if enrolment.nip is None or not enrolment.descriptors:
            return None
        ours = matrix(enrolment.descriptors)
        settled = [not known.waits for known in self._known]
        found = nearest(ours, self._means, self._counts, self._nips, RULE, {enrolment.nip}, settled)
        return None if found is None or not found.same else self._known[found.row]


def marks(tx: Transaction, enrolments: Sequence[Enrolment]) -> Mapping[Key, Sequence[Mark]]:
    """What BKPP must know of each that waits; those without any are left out."""
    waiting = [each for each in enrolments if each.state == "pending"]
    regencies = {model_id: Regency(tx, model_id) for model_id in {each.model_id for each in waiting}}
    found = {
        (each.office_id, each.event_id): _marks(tx, each, regencies[each.model_id].alike(each)) for each in waiting
    }
    return {key: each for key, each in found.items() if each}


def review(tx: Transaction, office_id: str, event_id: str) -> Review:
    """For `approve`. In a reading transaction before it: nobody has to wait while the regency is compared."""
    enrolment = pending(tx, office_id, event_id)
    return Regency(tx, enrolment.model_id).review(enrolment)


def approve(
    tx: Transaction,
    office_id: str,
    event_id: str,
    reviewed: Review,
    by: str,
    now: dt.datetime,
    accepted: Collection[str] = (),
) -> Person:
    """Take an enrolment's templates into the gallery: of the enrolled person with its NIP, else of a new one.

    A person's official name stays what it is. Raises MarksOpen unless `accepted` has the key of every mark: those of
    the NIP are looked for here once more, under the office's lock.
    """
    version = Offices(tx).bump(office_id, now)
    enrolment = pending(tx, office_id, event_id, lock=True)
    if enrolment.nip is None or enrolment.name is None or not enrolment.descriptors:
        raise Conflict("the enrolment holds no face data any more", key="enrolment_empty")
    found = _marks(tx, enrolment, reviewed.alike)
    check(found, accepted)
    person = People(tx).by_nip(office_id, enrolment.nip)
    if person is None:
        person = register.admit(tx, office_id, enrolment.nip, enrolment.name, version, now, by)
    else:
        People(tx).note_change(office_id, person.person_id, version)
    numbers = reviewed.numbers
    templates = [
        Template(str(uuid.uuid4()), person.person_id, enrolment.model_id, descriptor, *(numbers[i] if numbers else ()))
        for i, descriptor in enumerate(enrolment.descriptors)
    ]
    Templates(tx).replace(office_id, person.person_id, templates)
    records = [mark.as_record() for mark in found]
    Enrolments(tx).decide(replace(enrolment, person_id=person.person_id, marks=records), "approved", now, by)
    return person


def reject(tx: Transaction, office_id: str, event_id: str, by: str, now: dt.datetime) -> None:
    """Refuse an enrolment; its face data is deleted."""
    Enrolments(tx).decide(pending(tx, office_id, event_id, lock=True), "rejected", now, by)


def review_all(tx: Transaction, office_id: str, event_ids: Sequence[str]) -> Mapping[str, Review]:
    """For `approve_all`: of those that wait. They are in the books before, so that of two which come at once with one
    face each sees the other."""
    waiting = [each for each in Enrolments(tx).search("pending", office_id) if each.event_id in set(event_ids)]
    regencies = {model_id: Regency(tx, model_id) for model_id in {each.model_id for each in waiting}}
    return {each.event_id: regencies[each.model_id].review(each) for each in waiting}


def approve_all(tx: Transaction, office_id: str, reviews: Mapping[str, Review], now: dt.datetime) -> None:
    """`--approve auto`: for the demo and for an office whose own staff may enrol without BKPP.

    What has a mark is left for BKPP.
    """
    Offices(tx).lock(office_id)
    for event_id, reviewed in reviews.items():
        enrolment = Enrolments(tx).get(office_id, event_id, lock=True)
        if enrolment is None or enrolment.state != "pending":
            continue  # the same batch came twice at once
        found = _marks(tx, enrolment, reviewed.alike)
        if found:
            kinds = ", ".join(sorted({mark.kind for mark in found}))
            log.warning("an enrolment of office %s waits for BKPP: %s", office_id, kinds)
            continue
        approve(tx, office_id, event_id, reviewed, "auto", now)


def _marks(tx: Transaction, enrolment: Enrolment, alike: Mark | None) -> list[Mark]:
    return of_nip(tx, enrolment) + ([] if alike is None else [alike])


def pending(tx: Transaction, office_id: str, event_id: str, lock: bool = False) -> Enrolment:
    """One that still waits. Raises NotFound and Conflict."""
    enrolment = Enrolments(tx).get(office_id, event_id, lock)
    if enrolment is None:
        raise NotFound("there is no such enrolment in this office", key="enrolment_unknown")
    if enrolment.state != "pending":
        raise Conflict(f"the enrolment was {enrolment.state} already", key="enrolment_decided")
    return enrolment
