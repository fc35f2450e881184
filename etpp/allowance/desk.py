"""What BKPP decides of pay besides the months: scores of offices, sanctions of people, and by which policy is paid."""

from __future__ import annotations

import datetime as dt
import uuid

from etpp.allowance import month as months
from etpp.allowance.asked import NewPolicyUse, NewSanction, NewScore
from etpp.allowance.model import Month, OfficeScore, Policy, PolicyUse, Sanction
from etpp.allowance.policy import PolicyError, read_policy
from etpp.allowance.store import SANCTIONS, SCORES
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.store import Roster


def score(tx: Transaction, new: NewScore, now: dt.datetime) -> OfficeScore:
    """Of several decisions on a month the latest counts. Raises NotFound."""
    register.office(tx, new.office_id)
    made = OfficeScore(str(uuid.uuid4()), new.office_id, Month.of(new.month), new.percent, now)
    SCORES.add(tx, [made], Roster(tx).actor(new.by), now)
    return made


def sanction(tx: Transaction, new: NewSanction, now: dt.datetime) -> Sanction:
    """Raises Conflict, and NotFound for whom nobody knows."""
    if new.last < new.first:
        raise Conflict("the last day lies before the first", key="period_backwards")
    if Roster(tx).employee(new.person_id) is None:
        raise NotFound("nobody in the roster has this id", key="employee_unknown")
    made = Sanction(str(uuid.uuid4()), new.person_id, new.percent, new.first, new.last, new.document)
    SANCTIONS.add(tx, [made], _another(tx, new.by, new.person_id), now)
    return made


def withdraw_sanction(tx: Transaction, sanction_id: str, by: str, now: dt.datetime) -> Sanction:
    """Raises NotFound."""
    found = SANCTIONS.one(tx, sanction_id)
    if found is None:
        raise NotFound("there is no such sanction", key="sanction_unknown")
    SANCTIONS.withdraw(tx, [found], _another(tx, by, found.person_id), now)
    return found


def policy_of(text: str) -> Policy:
    """Raises Conflict, which says what is wrong with the text."""
    try:
        return read_policy(text)
    except PolicyError as error:
        raise Conflict(str(error), key="policy_wrong", reason=str(error)) from error


def use_policy(tx: Transaction, new: NewPolicyUse, now: dt.datetime) -> tuple[Policy, PolicyUse]:
    """Raises Conflict."""
    policy = policy_of(new.text)
    use = PolicyUse(str(uuid.uuid4()), policy.sha256, new.first, new.last)
    months.use_policy(tx, policy, new.text, use, new.by, now)
    return policy, use


def _another(tx: Transaction, said: str, person_id: str) -> str:
    """Who acts. Raises Conflict where that is the person concerned."""
    by = Roster(tx).actor(said)
    if by == person_id:
        raise Conflict("a sanction is entered and taken back by somebody else than whom it is for", key="sanction_own")
    return by
