"""What BKPP decides of pay besides the months: scores of offices, sanctions of people, and by which policy is paid."""

from __future__ import annotations

import datetime as dt
import uuid

from etpp.allowance import month as months
from etpp.allowance import sanctions
from etpp.allowance.asked import NewPolicyUse, NewSanction, NewScore
from etpp.allowance.model import Month, OfficeScore, Policy, PolicyUse, Sanction
from etpp.allowance.policy import PolicyError, read_policy
from etpp.allowance.store import SCORES
from etpp.base.errors import Conflict
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
    made = Sanction(str(uuid.uuid4()), new.person_id, new.percent, new.first, new.last, new.document)
    sanctions.enter(tx, made, new.by, now)
    return made


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
