"""Making and revoking officers, their PINs and those of people, notices, and the policy of NIP and PIN.

A PIN is made here, shown once, and kept as a hash alone. What terminals have to know they are told in the same
transaction.
"""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
import uuid

from etpp.accounts.passwords import hashed
from etpp.base.errors import Conflict, NotFound
from etpp.bulletin import store
from etpp.bulletin.asked import NewLocalUse, NewNotice, NewOfficer, NewPolicy
from etpp.bulletin.model import MOST_NOTICES, MOST_OFFICERS, REGENCY, LocalUse, NipPinPolicy, Notice, Officer
from etpp.bulletin.store import LOCAL_USES, NOTICES, POLICIES, Officers
from etpp.bulletin.telling import tell, tell_all
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.hours import zone
from etpp.roster.model import Office
from etpp.roster.store import Roster

DIGITS = 6


def new_pin(birth_date: str | None = None) -> tuple[str, str]:
    """A PIN and its hash, which takes a good part of a second: before a transaction, not in it. `birth_date`: eight
    digits such as a NIP begins with, in whose ways of being written the PIN is not looked for first."""
    while True:
        pin = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        if not _is_guessed_first(pin, birth_date):
            return pin, hashed(pin)


def _is_guessed_first(pin: str, birth_date: str | None) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    if len(set(pin)) < 3 or len(steps) == 1:
        return True
    if birth_date is None:
        return False
    year, month, day = birth_date[:4], birth_date[4:6], birth_date[6:8]
    short = year[2:]
    return pin in {
        day + month + short,
        short + month + day,
        month + day + short,
        day + year,
        month + year,
        year + month,
        year + day,
    }


def person_of(tx: Transaction, said: str) -> tuple[str, str, str | None]:
    """(employee, name, the birth date that a NIP begins with) of a NIP or id. Raises NotFound."""
    roster = Roster(tx)
    person_id = roster.who(said)
    employee = roster.employee(person_id)
    if employee is None:
        raise NotFound("nobody in the roster has this number or id", key="employee_unknown")
    return person_id, employee.name, None if employee.nip is None else employee.nip[:8]


def add_officer(
    tx: Transaction, new: NewOfficer, pin_hash: str, now: dt.datetime, *, own_alone: bool = False
) -> Officer:
    """`own_alone`: somebody of the roster must be of the office; of others its operator learns not even the name.
    Raises NotFound, and Conflict for one without a name, or one too many."""
    office = register.office(tx, new.office_id)
    name, employee_id = new.name.strip(), None
    if new.person is not None:
        employee_id, official, _ = person_of(tx, new.person)
        if own_alone and not _is_of(tx, employee_id, office, now):
            raise NotFound("nobody of the office has this number or id", key="employee_unknown")
        name = official or name
    if not name:
        raise Conflict("say who the officer is: a name, or a NIP of the roster", key="officer_nameless")
    held = Officers(tx).find(new.office_id)
    if len(held) >= MOST_OFFICERS:
        raise Conflict(f"an office has at most {MOST_OFFICERS} officers", key="officers_many", n=MOST_OFFICERS)
    if employee_id is not None and any(each.employee_id == employee_id for each in held):
        raise Conflict("this person is an officer of the office already: revoke that one first", key="officer_known")
    by = Roster(tx).actor(new.by)
    made = Officer(str(uuid.uuid4()), new.office_id, name, new.may, pin_hash, now, by, employee_id)
    Officers(tx).add(made)
    tell(tx, new.office_id, now)
    return made


def _is_of(tx: Transaction, employee_id: str, office: Office, now: dt.datetime) -> bool:
    """Serves there today, or is known by its terminals."""
    today = now.astimezone(zone(office)).date()
    faces = (each for each in Roster(tx).faces_of(employee_id) if each.templates and each.erased_version is None)
    return any(each.office_id == office.office_id for each in faces) or bool(
        Roster(tx).assignments(today, today, office.office_id, [employee_id])
    )


def revoke_officer(
    tx: Transaction, officer_id: str, by: str, now: dt.datetime, office_id: str | None = None
) -> Officer:
    """`office_id`: of which office it must be. Raises NotFound."""
    found = Officers(tx).get(officer_id)
    if found is None or found.revoked_utc is not None or office_id not in (None, found.office_id):
        raise NotFound("there is no such officer", key="officer_unknown")
    Officers(tx).revoke(officer_id, Roster(tx).actor(by), now)
    tell(tx, found.office_id, now)
    return found


def add_notice(tx: Transaction, new: NewNotice, now: dt.datetime) -> Notice:
    """Raises NotFound, and Conflict for one that is over, or one too many."""
    if new.office_id is not None:
        register.office(tx, new.office_id)
    if new.until_utc <= max(new.from_utc, now):
        raise Conflict("the notice ends before it begins, or is over already", key="notice_over")
    office_id = new.office_id or REGENCY
    if len(store.notices_for(tx, office_id, now)) >= MOST_NOTICES:
        raise Conflict(f"at most {MOST_NOTICES} notices at once: nobody reads more", key="notices_many", n=MOST_NOTICES)
    made = Notice(str(uuid.uuid4()), office_id, new.text_id, new.text_en, new.from_utc, new.until_utc)
    NOTICES.add(tx, [made], Roster(tx).actor(new.by), now)
    tell_all(tx, office_id, now)
    return made


def withdraw_notice(tx: Transaction, notice_id: str, by: str, now: dt.datetime, office_id: str | None = None) -> Notice:
    """`office_id`: as in `revoke_officer`. Raises NotFound."""
    found = NOTICES.one(tx, notice_id)
    if found is None or office_id not in (None, found.office_id):
        raise NotFound("there is no such notice", key="notice_unknown")
    NOTICES.withdraw(tx, [found], Roster(tx).actor(by), now)
    tell_all(tx, found.office_id, now)
    return found


def set_policy(tx: Transaction, new: NewPolicy, now: dt.datetime) -> NipPinPolicy:
    """Raises NotFound, and Conflict for a policy that lets nobody in."""
    if new.office_id is not None:
        register.office(tx, new.office_id)
    if new.policy != "off" and not new.per_month:
        raise Conflict("say how often in a month a person may be recorded so", key="nip_pin_never")
    made = NipPinPolicy(new.office_id or REGENCY, new.policy, new.per_month)
    POLICIES.add(tx, [made], Roster(tx).actor(new.by), now)
    tell_all(tx, made.office_id, now)
    return made


def set_local_use(tx: Transaction, new: NewLocalUse, now: dt.datetime) -> LocalUse:
    """Raises NotFound."""
    if new.office_id is not None:
        register.office(tx, new.office_id)
    made = LocalUse(new.office_id or REGENCY, new.days)
    LOCAL_USES.add(tx, [made], Roster(tx).actor(new.by), now)
    tell_all(tx, made.office_id, now)
    return made


def set_pin(tx: Transaction, employee_id: str, pin_hash: str, by: str, now: dt.datetime) -> None:
    """A person's own PIN for terminals, in place of the last one. The phone's PIN is another."""
    store.set_pin(tx, employee_id, pin_hash, Roster(tx).actor(by), now)
    for office_id in sorted(
        {each.office_id for each in Roster(tx).faces_of(employee_id) if each.erased_version is None}
    ):
        tell(tx, office_id, now)
