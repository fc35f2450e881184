"""Enrolments: what the whole regency says about one, and the decision on it.

A terminal knows the people of its own office. That somebody has a face under another NIP in another office can be seen
here alone (decision 33): whoever approves such an enrolment must know of it.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from etpp.base.encoding import Json
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction
from etpp.faces import words
from etpp.faces.cohort import Cohort, Numbers, matrix
from etpp.faces.doubt import beyond_doubt
from etpp.faces.marks import Mark, agreement, check, missing, of_nip
from etpp.faces.model import Enrolment, Template
from etpp.faces.recognisers import DLIB, RECOGNISERS, Recogniser
from etpp.faces.store import Enrolments, Templates
from etpp.roster import register
from etpp.roster.model import Identity, Person
from etpp.roster.store import Offices, People, Roster
from kiosk.scores.likeness import nearest

log = logging.getLogger(__name__)

Key = tuple[str, str]
"""(office id, event id) of an enrolment."""


Hanging = Callable[[Transaction, Sequence[str]], Mapping[Key, Sequence[dt.datetime]]]
"""When the presences were that rest on enrolments, by time; handed in, for events lie above faces (decision 40)."""


@dataclass(frozen=True, slots=True)
class Review:
    """What an approval rests on. `alike`: whose face it is too, by any model, and that an offer is in doubt; `numbers`:
    the cohort numbers of each template, by model, None while there is no cohort."""

    alike: Sequence[Mark]
    numbers: Mapping[str, Sequence[Numbers] | None]


class Regency:
    """All faces of the people and of the enrolments that wait, as one reading transaction saw them: of every model that
    `enrolments` have, for only those are compared."""

    def __init__(self, tx: Transaction, enrolments: Iterable[Enrolment]) -> None:
        models = sorted({model_id for each in enrolments for model_id in each.faces})
        people = People(tx).enrolled() if models else {}
        waiting = Enrolments(tx).faces_waiting() if models else []
        self._models = {model_id: _Faces(tx, RECOGNISERS[model_id], people, waiting) for model_id in models}

    def review(self, enrolment: Enrolment) -> Review:
        numbers = {model_id: self._models[model_id].numbers(enrolment) for model_id in enrolment.faces}
        return Review(self.alike(enrolment), numbers)

    def alike(self, enrolment: Enrolment) -> list[Mark]:
        """Other NIPs' faces that are this one, in any office: at most one by each model. And that an offer is not of
        the person beyond doubt."""
        found = [self._models[model_id].alike(enrolment) for model_id in enrolment.faces]
        if enrolment.renewal is not None and DLIB.model_id in enrolment.faces:
            found.append(self._models[DLIB.model_id].doubtful(enrolment, enrolment.renewal))
        return list({mark.key: mark for mark in found if mark is not None}.values())


class _Faces:
    """Those of one model."""

    def __init__(
        self, tx: Transaction, recogniser: Recogniser, people: Mapping[Key, Identity], waiting: Sequence[Enrolment]
    ) -> None:
        self._recogniser = recogniser
        self._cohort = Cohort(Templates(tx).cohort(recogniser.model_id), recogniser)
        keys, means, counts = self._cohort.means()
        self._employees = {people[key].nip: people[key].employee_id for key in keys}
        self._keys = keys
        known = [(office_id, person_id, people[office_id, person_id]) for office_id, person_id in keys]
        self._known = [Mark("face_known", person, office, False, who.nip, who.name) for office, person, who in known]
        faces = [
            (each, matrix(each.faces[recogniser.model_id])) for each in waiting if recogniser.model_id in each.faces
        ]
        self._known += [
            Mark("face_known", each.event_id, each.office_id, True, each.nip or "", each.name or "")
            for each, _ in faces
        ]
        new = [recogniser.rule.mean(face) for _, face in faces]
        self._means = np.concatenate([means, np.stack(new)]) if new else means
        self._counts = counts + [len(face) for _, face in faces]
        self._nips = [known.nip for known in self._known]

    def numbers(self, enrolment: Enrolment) -> Sequence[Numbers] | None:
        employee_id = self._employees.get(enrolment.nip or "", "")
        return self._cohort.numbers(employee_id, enrolment.faces[self._recogniser.model_id])

    def alike(self, enrolment: Enrolment) -> Mark | None:
        """Another NIP's face that is this one, in any office; None when there is none.

        How far "much nearer than others" is, the approved people alone say: whoever sends one face under many NIPs at
        once would else move the measure with the copies.
        """
        if enrolment.nip is None:
            return None
        ours = matrix(enrolment.faces[self._recogniser.model_id])
        settled = [not known.waits for known in self._known]
        rule = self._recogniser.rule
        found = nearest(ours, self._means, self._counts, self._nips, rule, {enrolment.nip}, settled)
        return None if found is None or not found.same else self._known[found.row]

    def doubtful(self, enrolment: Enrolment, claim: Json) -> Mark | None:
        """That what a terminal offers is not of whom it says, by the office's templates."""
        office_id, person_id = enrolment.office_id, str(enrolment.person_id)
        rows = [row for row, (each, _) in enumerate(self._keys) if each == office_id]
        people = [self._keys[row][1] for row in rows]
        own = people.index(person_id) if person_id in people else None
        counts = [self._counts[row] for row in rows]
        if beyond_doubt(matrix(enrolment.faces[self._recogniser.model_id]), self._means[rows], counts, own, claim):
            return None
        return Mark("renewal_doubtful", person_id, office_id, False, enrolment.nip or "", enrolment.name or "")


def marks(tx: Transaction, enrolments: Sequence[Enrolment]) -> Mapping[Key, Sequence[Mark]]:
    """What BKPP must know of each that waits; those without any are left out."""
    waiting = [each for each in enrolments if each.state == "pending"]
    regency = Regency(tx, waiting)
    found = {(each.office_id, each.event_id): _Decision(tx, each, regency.alike(each)).marks for each in waiting}
    return {key: each for key, each in found.items() if each}


def review(tx: Transaction, office_id: str, event_id: str) -> Review:
    """For `approve`. In a reading transaction before it: nobody has to wait while the regency is compared."""
    enrolment = pending(tx, office_id, event_id)
    return Regency(tx, [enrolment]).review(enrolment)


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
    _lock(tx, office_id, event_id)
    enrolment = pending(tx, office_id, event_id, lock=True)
    if enrolment.nip is None or enrolment.name is None or not enrolment.descriptors:
        raise Conflict("the enrolment holds no face data any more", key="enrolment_empty")
    decision = _Decision(tx, enrolment, reviewed.alike)
    if enrolment.renewal is not None and (decision.person is None or decision.person.person_id != enrolment.person_id):
        raise Conflict("whose face was offered is not enrolled any more", key="renewal_nobody")
    check(decision.marks, accepted)
    version = Offices(tx).bump(office_id, now)  # not for what is refused: each is a gallery that terminals fetch
    person = decision.person
    if person is None:
        person = register.admit(tx, office_id, enrolment.nip, enrolment.name, version, now, by)
    else:
        People(tx).note_change(office_id, person.person_id, version)
    new = [
        Template(str(uuid.uuid4()), person.person_id, model_id, descriptor, *(numbers[i] if numbers else ()))
        for model_id, descriptors in enrolment.faces.items()
        for numbers in (reviewed.numbers.get(model_id),)
        for i, descriptor in enumerate(descriptors)
    ]
    records = [mark.as_record() for mark in decision.marks]
    if enrolment.renewal is not None:
        new = [template for template in new if template.model_id == enrolment.renewal["model_id"]]
        evidence = {**enrolment.renewal, "agreement": agreement(tx, enrolment, person)}
        enrolment = replace(enrolment, renewal=evidence)
        _spread(tx, enrolment, person, new, now)
    Templates(tx).replace(office_id, person.person_id, [*new, *decision.kept])
    Enrolments(tx).decide(replace(enrolment, person_id=person.person_id, marks=records), "approved", now, by)
    words.decided(tx, enrolment, "approved", by, now, person.employee_id)
    return person


def _lock(tx: Transaction, office_id: str, event_id: str) -> None:
    """The office; of an offer every one that knows the person, in order of their ids."""
    enrolment = Enrolments(tx).get(office_id, event_id)
    person = None
    if enrolment is not None and enrolment.renewal is not None and enrolment.person_id is not None:
        person = People(tx).get(office_id, enrolment.person_id)
    Offices(tx).lock_known(office_id, [] if person is None else [person.employee_id])


def _spread(tx: Transaction, enrolment: Enrolment, person: Person, new: Sequence[Template], now: dt.datetime) -> None:
    """What was offered, to every other office that knows the person by the same face: nobody is asked there again
    (decision 124). One that has templates of the model itself keeps them."""
    for face in Roster(tx).faces_of(person.employee_id):
        if face.office_id == person.office_id or face.erased_version is not None:
            continue
        held = Templates(tx).of_person(face.office_id, face.person_id)
        agreed = agreement(tx, enrolment, face)
        if not agreed or any(each["distance"] > each["allowed"] for each in agreed):
            continue
        if {each.model_id for each in new} & {each.model_id for each in held}:
            continue
        mine = [replace(each, template_id=str(uuid.uuid4()), person_id=face.person_id) for each in new]
        Templates(tx).replace(face.office_id, face.person_id, [*held, *mine])
        People(tx).note_change(face.office_id, face.person_id, Offices(tx).bump(face.office_id, now))


def reject(tx: Transaction, office_id: str, event_id: str, by: str, now: dt.datetime) -> None:
    """Refuse an enrolment; its face data is deleted."""
    enrolment = pending(tx, office_id, event_id, lock=True)
    Enrolments(tx).decide(enrolment, "rejected", now, by)
    words.decided(tx, enrolment, "refused", by, now)


def review_all(tx: Transaction, office_id: str, event_ids: Sequence[str]) -> Mapping[str, Review]:
    """For `approve_all`: of those that wait. They are in the books before, so that of two which come at once with one
    face each sees the other."""
    waiting = [each for each in Enrolments(tx).search("pending", office_id) if each.event_id in set(event_ids)]
    regency = Regency(tx, waiting)
    return {each.event_id: regency.review(each) for each in waiting}


def approve_all(tx: Transaction, office_id: str, reviews: Mapping[str, Review], now: dt.datetime) -> None:
    """`--approve auto`: for the demo and for an office whose own staff may enrol without BKPP.

    What has a mark is left for BKPP.
    """
    Offices(tx).lock(office_id)
    for event_id, reviewed in reviews.items():
        enrolment = Enrolments(tx).get(office_id, event_id, lock=True)
        if enrolment is None or enrolment.state != "pending" or enrolment.renewal is not None:
            continue  # the same batch came twice at once; or what nobody stood by at, which waits for BKPP
        found = _Decision(tx, enrolment, reviewed.alike).marks
        if found:
            kinds = ", ".join(sorted({mark.kind for mark in found}))
            log.warning("an enrolment of office %s waits for BKPP: %s", office_id, kinds)
            continue
        approve(tx, office_id, event_id, reviewed, "auto", now)


class _Decision:
    """What an enrolment would do. `person`: who has its NIP in the office; `kept`: that person's templates of other
    models, which stay beside the new ones unless they are of another face; `marks`: all that BKPP must know before."""

    def __init__(self, tx: Transaction, enrolment: Enrolment, alike: Sequence[Mark]) -> None:
        self.person = None if enrolment.nip is None else People(tx).by_nip(enrolment.office_id, enrolment.nip)
        marks = of_nip(tx, enrolment)
        self.kept: list[Template] = []
        if self.person is not None:
            person_id = self.person.person_id
            other = any(mark.kind == "face_differs" and mark.reference == person_id for mark in marks)
            held = Templates(tx).of_person(enrolment.office_id, person_id)
            new = set(enrolment.faces) if enrolment.renewal is None else {enrolment.renewal["model_id"]}
            self.kept = [each for each in held if each.model_id not in new] if not other or enrolment.renewal else []
        kept = {each.model_id for each in self.kept}
        if any(mark.kind == "face_differs" for mark in marks):
            alike = [mark for mark in alike if mark.kind != "renewal_doubtful"]  # which it says more plainly
        self.marks = [*marks, *alike, *missing(tx, enrolment, kept)]


def pending(tx: Transaction, office_id: str, event_id: str, lock: bool = False) -> Enrolment:
    """One that still waits. Raises NotFound and Conflict."""
    enrolment = Enrolments(tx).get(office_id, event_id, lock)
    if enrolment is None:
        raise NotFound("there is no such enrolment in this office", key="enrolment_unknown")
    if enrolment.state != "pending":
        raise Conflict(f"the enrolment was {enrolment.state} already", key="enrolment_decided")
    return enrolment
