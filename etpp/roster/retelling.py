"""After an upgrade the terminals are told anew when people work: what was decided before could not all be said then."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from etpp.base.errors import Conflict, StoreUnavailable
from etpp.calendar.document import periods_of
from etpp.calendar.rules import CalendarError, check_new
from etpp.calendar.store import PERIODS, SPECIAL_DAYS, hold
from etpp.db import Database, Transaction, pay_tables
from etpp.roster.model import TOLD_FORM, Office
from etpp.roster.plans import above, derive, keep_occasions, own_hours
from etpp.roster.store import Offices, People

log = logging.getLogger(__name__)


def retell(database: Database, now: dt.datetime) -> None:
    """Office by office, once for each form: a new gallery version where the terminals have to know something else.

    Of servers that start at once one does it. An office of which it cannot be done keeps what its terminals have; that
    is logged, and tried at the next start.
    """
    with database.read() as tx:
        due = Offices(tx).told_before(TOLD_FORM)
    for office_id in due:
        try:
            with database.begin() as tx:
                _tell(tx, office_id, now)
        except (Conflict, StoreUnavailable) as error:
            log.warning("office %s: its terminals keep the hours that they have: %s", office_id, error)


def _tell(tx: Transaction, office_id: str, now: dt.datetime) -> None:
    hold(tx)
    Offices(tx).lock(office_id)
    office = Offices(tx).get(office_id)
    if office is None or office_id not in Offices(tx).told_before(TOLD_FORM):
        return
    faces = {each.person_id: each.employee_id for each in People(tx).everyone(office_id)}
    known = own_hours(tx, office_id, sorted(set(faces.values())), now)
    people = [face for face, employee in sorted(faces.items()) if employee in known]
    if _says_it_all(tx, office):
        keep_occasions(tx, office_id)
        if people or Offices(tx).get(office_id) != office:
            version = Offices(tx).bump(office_id, now)
            for face in people:
                People(tx).note_change(office_id, face, version)
    else:
        damaged = derive(tx, [office_id], now, {office_id: people} if people else None)
        if damaged:
            raise Conflict(damaged[office_id])
    Offices(tx).note_told(office_id, TOLD_FORM)


def _says_it_all(tx: Transaction, office: Office) -> bool:
    """Whether an office's own calendar has all the hours that were decided for it: then it stays as it is, with what
    each of its periods says that it costs to be late."""
    office_id = office.office_id
    calendar: dict[str, Any] = dict(office.calendar)
    try:
        check_new(calendar)
    except CalendarError:
        return False
    if above(tx, office_id):
        return False
    periods = PERIODS.find(tx, pay_tables.work_periods.c.scope == office_id)
    special = SPECIAL_DAYS.find(tx, pay_tables.special_days.c.scope == office_id)
    holidays = sorted({dt.date.fromisoformat(day) for day in calendar["holidays"]})
    if sorted(each.date for each in special) != holidays or any(each.hours is not None for each in special):
        return False
    own = [(each.first, each.last, each.days) for each in periods_of(office_id, calendar)]
    return own == [(each.first, each.last, each.days) for each in sorted(periods, key=lambda each: each.first)]
