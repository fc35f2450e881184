"""Taking somebody's face away: here at once, on the terminals with the next gallery."""

from __future__ import annotations

import datetime as dt

from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction
from etpp.db.face_tables import renewal_consents
from etpp.faces import renewal, words
from etpp.faces.model import Erasure
from etpp.faces.store import CONSENTS, Enrolments, Erasures, Templates
from etpp.roster import moving, register
from etpp.roster.hours import zone
from etpp.roster.store import Offices, People, Roster


def erase_person(
    tx: Transaction,
    office_id: str,
    person_id: str,
    now: dt.datetime,
    forget: bool = False,
    *,
    asked_by: str = "",
    done_by: str = register.OPERATOR,
) -> int:
    """Remove a person's face data here and, by the gallery version returned, on every terminal. Who asked for it and
    who did it is kept, for a proof (`etpp.erasures`).

    The books keep the presences with name and NIP, because pay rests on them; `forget` takes those away too. Raises
    Conflict for somebody who was ever entitled to an allowance: the law asks for the records of pay.
    """
    person = People(tx).get(office_id, person_id)
    if person is None:
        raise NotFound("there is no such person in this office", key="person_unknown")
    if person.erased_version is not None and not forget:
        raise Conflict("the person was erased already", key="person_erased")
    roster = Roster(tx)
    if forget and any(stay.entitled for stay in roster.career(person.employee_id).all):
        raise Conflict("name and NIP belong to the records of pay; erase the face alone", key="person_paid")
    version = person.erased_version or Offices(tx).bump(office_id, now)
    said = asked_by, done_by, person.templates, forget
    Erasures(tx).add(Erasure(office_id, person_id, now, person.employee_id, version, *said))
    Templates(tx).delete(office_id, person_id)
    lost = set()
    for waiting in () if person.nip is None else Enrolments(tx).pending_of(office_id, person.nip):
        words.decided(tx, waiting, "refused", done_by, now)
        if waiting.renewal is not None:
            lost.add(str(waiting.renewal["model_id"]))
    Enrolments(tx).forget(office_id, person_id, person.nip)
    if not any(each.templates for each in roster.faces_of(person.employee_id)):
        # To whatever the person consented, it was for a face that is not kept any more.
        held = CONSENTS.find(tx, renewal_consents.c.employee_id == person.employee_id)
        CONSENTS.withdraw(tx, held, register.OPERATOR, now)
    People(tx).erase(office_id, person_id, version, forget)
    renewal.ask_again(tx, person.employee_id, lost, now)
    today = now.astimezone(zone(register.office(tx, office_id))).date()
    moving.end_unplaced(tx, person.employee_id, office_id, today, register.OPERATOR, now)
    if forget and not any(each.nip for each in roster.faces_of(person.employee_id)):
        roster.forget(person.employee_id)
    return version
