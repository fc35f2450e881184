"""Who people are, for pages that name many at once: read together, asked one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from etpp.db import Transaction
from etpp.roster.assignments import Career
from etpp.roster.model import Employee
from etpp.roster.nip import grouped
from etpp.roster.store import Offices, Roster


@dataclass(frozen=True)
class Named:
    """People and offices by their ids; whom nobody knows any more has no name."""

    employees: Mapping[str, Employee]
    careers: Mapping[str, Career]
    offices: Mapping[str, str]

    def name(self, person_id: str) -> str:
        return self.employees[person_id].name if person_id in self.employees else ""

    def number(self, person_id: str) -> str:
        known = self.employees.get(person_id)
        return "" if known is None else grouped(known.nip) or known.other_id or ""

    def office_on(self, person_id: str, date: dt.date) -> str:
        """The name of the office where somebody served on a date; "" for nowhere."""
        career = self.careers.get(person_id)
        office_id = None if career is None else career.office_on(date)
        return "" if office_id is None else self.offices.get(office_id, office_id)

    def who(self, said: str) -> str:
        """Who acted: an employee's name, or what an account is called."""
        return self.name(said) or said.removeprefix("account:")


def named(tx: Transaction, people: Iterable[str], actors: Iterable[str] = (), careers: bool = False) -> Named:
    """`people`: whose careers are read, too, where `careers` is set. `actors`: ids of people, and what is none."""
    wanted, acted = sorted(set(people)), sorted({each for each in actors if each})
    roster = Roster(tx)
    employees = roster.employees(sorted({*wanted, *acted}))
    offices = {each.office_id: each.name for each in Offices(tx).all()}
    return Named(employees, roster.careers(wanted) if careers else {}, offices)
