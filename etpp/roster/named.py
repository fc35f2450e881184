"""Who people are, for pages that name many at once: read together, asked one by one; and which office is meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from etpp.base.texts import bare
from etpp.db import Transaction
from etpp.roster.assignments import Career
from etpp.roster.model import Employee, Office
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


class OfficesSaid:
    """Which office a text means: an id or an official name, whatever its capitals and spaces."""

    def __init__(self, offices: Iterable[Office]) -> None:
        self._ids: dict[str, set[str]] = {}
        for office in offices:
            for said in (office.office_id, office.name):
                self._ids.setdefault(bare(said), set()).add(office.office_id)

    def said(self, text: str) -> str:
        """The office's id. Raises ValueError."""
        found = self._ids.get(bare(text), set())
        if len(found) > 1:
            raise ValueError("several offices have this name: write the office's id")
        if not found:
            raise ValueError("there is no such office: write its id or its official name (`etpp office list`)")
        return next(iter(found))
