"""Templates of a further recogniser without calling anybody in: a terminal offers those of somebody whom it knows well.

Off unless BKPP switches it on for an office, and then only for people who have consented. An offer waits as every
enrolment does; what speaks for it is the presence that was confirmed, and that the templates on file and the new ones
are of one face by the model on file (decision 72).

What a gallery says of it changes only together with a version of the office: the same version is the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from etpp.base.encoding import format_time
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction
from etpp.faces import approval
from etpp.faces.marks import Mark, MarksOpen
from etpp.faces.model import Enrolment, RenewalConsent, RenewalOffer, Renewing
from etpp.faces.recognisers import DLIB_RESNET_V1, RECOGNISERS
from etpp.faces.store import CONSENTS, OFFERS, RENEWALS, Enrolments, Templates, count_consented, of_employees
from etpp.roster import register
from etpp.roster.model import Person
from etpp.roster.store import Offices, People, Roster

TERMINAL = "terminal"
NOT_ASKED = "not-asked"
"""Who refuses an offer that nobody asked for, or not any more: nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """What became of all offers of an office that waited: event ids, and the marks of those that still do."""

    approved: Sequence[str]
    left: Mapping[str, Sequence[Mark]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an office is. `model_id`: what it renews for, None where it does not; `consented`: of the people who have
    a face; `waiting`: offers."""

    model_id: str | None
    consented: int
    waiting: int


def progress(tx: Transaction, office_id: str) -> Progress:
    return progress_of_all(tx)[office_id]


def progress_of_all(tx: Transaction) -> dict[str, Progress]:
    """Of every office, by three statements, however many there are."""
    renewing = {each.office_id: each.model_id for each in RENEWALS.find(tx)}
    held, agreed = Enrolments(tx).count_offers(), count_consented(tx) if renewing else {}
    offices = (each.office_id for each in Offices(tx).all())
    return {at: Progress(renewing.get(at), agreed.get(at, 0), held.get(at, 0)) for at in offices}


def switch(tx: Transaction, office_id: str, model_id: str | None, by: str, now: dt.datetime) -> None:
    """Let an office's terminals offer templates of a model, or (None) of none any more. Raises NotFound, Conflict."""
    if model_id is not None and (model_id == DLIB_RESNET_V1 or model_id not in RECOGNISERS):
        others = ", ".join(each for each in RECOGNISERS if each != DLIB_RESNET_V1)
        raise Conflict(f"faces can be renewed for {others}", key="recogniser_unknown")
    Offices(tx).lock(office_id)
    held = RENEWALS.one(tx, office_id)
    if (None if held is None else held.model_id) == model_id:
        return
    before = due(tx, office_id)
    if model_id is None and held is not None:
        RENEWALS.withdraw(tx, [held], by, now)
    elif model_id is not None:
        RENEWALS.add(tx, [Renewing(office_id, model_id)], by, now)
    _tell(tx, office_id, {*before, *due(tx, office_id)}, now)


def consent(
    tx: Transaction, office_id: str, people: Sequence[str], given: RenewalConsent, by: str, now: dt.datetime
) -> int:
    """Record that people of an office, by NIP or person id, have consented; `given.employee_id` is filled in here.
    Every office that knows them and renews for the model may ask.

    How many. Raises NotFound for an office or somebody who is not there: then nothing is recorded.
    """
    _require_further(given.model_id)
    Offices(tx).lock_all()
    found = _found(tx, office_id, people)
    CONSENTS.add(tx, [replace(given, employee_id=person.employee_id) for person in found], by, now)
    _tell_all(tx, [person.employee_id for person in found], given.model_id, now)
    return len(found)


def _require_further(model_id: str) -> None:
    if model_id == DLIB_RESNET_V1 or model_id not in RECOGNISERS:
        raise Conflict(f"this server knows no further recogniser {model_id}", key="recogniser_unknown")


def take_back(tx: Transaction, office_id: str, people: Sequence[str], model_id: str, by: str, now: dt.datetime) -> int:
    """People do not consent any more: what they offered and what was approved of the model goes, in every office that
    knows them. How many. Raises Conflict for the one that everybody is enrolled with: that is the face itself, whose
    erasure has its own way and its proof."""
    _require_further(model_id)
    Offices(tx).lock_all()
    found = _found(tx, office_id, people)
    told: dict[str, set[str]] = {}
    for person in found:
        held = CONSENTS.one(tx, person.employee_id, model_id)
        if held is not None:
            CONSENTS.withdraw(tx, [held], by, now)
        for each in _waiting(tx, person.nip, model_id):
            Enrolments(tx).decide(each, "rejected", now, by)
        for face in Roster(tx).faces_of(person.employee_id):
            mine = Templates(tx).of_person(face.office_id, face.person_id)
            Templates(tx).replace(face.office_id, face.person_id, [each for each in mine if each.model_id != model_id])
            told.setdefault(face.office_id, set()).add(face.person_id)
    for each_office, person_ids in sorted(told.items()):
        _tell(tx, each_office, person_ids, now)
    return len(found)


def due(tx: Transaction, office_id: str, only: Collection[str] | None = None) -> dict[str, RenewalConsent]:
    """By person id: of whom the office's terminals may offer templates, by which consent; `only` of these."""
    office = RENEWALS.one(tx, office_id)
    if office is None:
        return {}
    model_id = office.model_id
    if only is None:
        known = People(tx).everyone(office_id)
    else:
        asked = (People(tx).get(office_id, each) for each in sorted(only))
        known = [each for each in asked if each is not None and each.erased_version is None]
    people = {person.employee_id: person.person_id for person in known if person.templates}
    have = Templates(tx).owners(office_id, model_id)
    offered = {each.employee_id: each.offered_utc for each in of_employees(tx, OFFERS, people, model_id)}
    return {
        people[each.employee_id]: each
        for each in of_employees(tx, CONSENTS, people, model_id)
        if people[each.employee_id] not in have
        and (each.employee_id not in offered or offered[each.employee_id] < each.given_utc)
    }


def received(tx: Transaction, enrolment: Enrolment, now: dt.datetime) -> Enrolment:
    """An offer as it enters the books: waiting if it was asked for, else refused and empty."""
    offer = enrolment.renewal or {}
    person_id, model_id = str(offer.get("person_id")), str(offer.get("model_id"))
    asked = due(tx, enrolment.office_id, [person_id]).get(person_id)
    wanted = asked is not None and asked.model_id == model_id
    if wanted and not _waiting(tx, enrolment.nip, model_id):
        return replace(enrolment, person_id=person_id)
    nothing = replace(enrolment, person_id=person_id, descriptors=(), qualities=(), more={})
    return replace(nothing, state="rejected", decided_utc=now, decided_by=NOT_ASKED)


def offers(tx: Transaction, office_id: str, event_ids: Sequence[str]) -> list[str]:
    """Those of the enrolments that are offers which were asked for."""
    found = (Enrolments(tx).get(office_id, event_id) for event_id in event_ids)
    return [each.event_id for each in found if each is not None and each.renewal and each.decided_by != NOT_ASKED]


def note(tx: Transaction, office_id: str, event_ids: Sequence[str], now: dt.datetime) -> None:
    """Whoever's offer has come is not asked any more, in no office. In a change of its own: events wait for no office's
    lock."""
    found = (Enrolments(tx).get(office_id, event_id) for event_id in event_ids)
    offered = {each.person_id for each in found if each is not None and each.person_id is not None}
    people = [each for each in (People(tx).get(office_id, each) for each in sorted(offered)) if each is not None]
    Offices(tx).lock_known(office_id, [each.employee_id for each in people])
    asked = due(tx, office_id, offered)
    new = [RenewalOffer(given.employee_id, given.model_id, now) for given in asked.values()]
    if new:
        OFFERS.add(tx, new, TERMINAL, now)
        _tell_all(tx, [each.employee_id for each in new], new[0].model_id, now)


def ask_again(tx: Transaction, employee_id: str, models: Collection[str], now: dt.datetime) -> None:
    """Their offers of these models are gone before anybody has looked at them: of that, no office knows an answer."""
    for model_id in sorted(models):
        lost = of_employees(tx, OFFERS, [employee_id], model_id)
        if lost:
            OFFERS.withdraw(tx, lost, TERMINAL, now)
            _tell_all(tx, [employee_id], model_id, now)


def waiting(tx: Transaction, office_id: str) -> list[Enrolment]:
    """The office's offers that wait, oldest first."""
    return [each for each in Enrolments(tx).search("pending", office_id) if each.renewal is not None]


def reviews(tx: Transaction, office_id: str) -> Mapping[str, approval.Review]:
    """For `approve_all`. In a reading transaction before it: nobody has to wait while the regency is compared."""
    register.office(tx, office_id)
    return approval.review_all(tx, office_id, [each.event_id for each in waiting(tx, office_id)])


def approve_all(
    tx: Transaction, office_id: str, reviews: Mapping[str, approval.Review], by: str, now: dt.datetime
) -> Bulk:
    """Approve every offer of an office that waits and was reviewed, but for those with marks: they are looked at one by
    one."""
    Offices(tx).lock_all()  # what is approved goes to every office that knows the person
    approved: list[str] = []
    left: dict[str, Sequence[Mark]] = {}
    for each in waiting(tx, office_id):
        if each.event_id not in reviews:
            continue
        try:
            approval.approve(tx, office_id, each.event_id, reviews[each.event_id], by, now)
        except MarksOpen as open_:
            left[each.event_id] = open_.marks
        else:
            approved.append(each.event_id)
    return Bulk(approved, left)


def asked_json(given: RenewalConsent) -> dict[str, object]:
    """What a gallery says of somebody who may be asked: the terminal's offer repeats the consent."""
    return {
        "model_id": given.model_id,
        "consent": {
            "given_utc": format_time(given.given_utc),
            "text_id": given.text_id,
            "officer": given.officer,
        },
    }


def _waiting(tx: Transaction, nip: str | None, model_id: str) -> list[Enrolment]:
    """Somebody's offers of a model that wait, in whichever office."""
    found = () if nip is None else Enrolments(tx).pending_with_nip(nip)
    return [each for each in found if each.renewal is not None and each.renewal["model_id"] == model_id]


def _found(tx: Transaction, office_id: str, said: Sequence[str]) -> list[Person]:
    everyone = People(tx).everyone(office_id)
    by_name = {person.nip: person for person in everyone} | {person.person_id: person for person in everyone}
    missing = sum(1 for each in said if each not in by_name)
    if missing:
        raise NotFound(f"{missing} of {len(said)} people are not in this office", key="person_unknown")
    return list({by_name[each].person_id: by_name[each] for each in said}.values())


def _tell_all(tx: Transaction, employee_ids: Sequence[str], model_id: str, now: dt.datetime) -> None:
    """The terminals of every office that knows them and renews for the model get these people anew."""
    renewing = {each.office_id for each in RENEWALS.find(tx) if each.model_id == model_id}
    for office_id, person_ids in sorted(People(tx).enrolled_as(employee_ids).items()):
        if office_id in renewing:
            _tell(tx, office_id, set(person_ids), now)


def _tell(tx: Transaction, office_id: str, person_ids: set[str], now: dt.datetime) -> None:
    """Their terminals get these people anew."""
    version = Offices(tx).bump(office_id, now)
    for person_id in sorted(person_ids):
        People(tx).note_change(office_id, person_id, version)
