"""A list of employees against the roster: what it would change, row by row, and the change itself.

A list says what holds from a date on. Of somebody who is known it repeats or adds; an end that it leaves out is the day
before the next post, or as it was, and what it has no column for is as it was. Nothing that stands in the roster and
not in the list is touched.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from etpp.base.sheets import Fault, Row
from etpp.db import Transaction
from etpp.roster.assignments import Acting, Assignment, Career, CareerError, circles
from etpp.roster.listing import Listed, understood
from etpp.roster.model import Employee
from etpp.roster.named import OfficesSaid
from etpp.roster.plans import telling
from etpp.roster.store import ACTINGS, ASSIGNMENTS, Offices, People, Roster

ONE_DAY = dt.timedelta(days=1)

Kind = Literal["new_person", "new_post", "moved", "class_changed", "changed", "ended", "acting", "unchanged"]


@dataclass(frozen=True, slots=True)
class Change:
    """What one line does. `office_id`: where the person serves by it; `was`: the post that it puts right or ends."""

    line: int
    kind: Kind
    person_id: str
    office_id: str
    was: Assignment | Acting | None
    becomes: Assignment | Acting


@dataclass(slots=True)
class Plan:
    """What an import would do; `faults` has everything that is wrong, in the order of the lines."""

    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    employees: list[Employee] = field(default_factory=list)
    begun: list[Assignment] = field(default_factory=list)
    withdrawn: list[Assignment] = field(default_factory=list)
    actings: list[Acting] = field(default_factory=list)
    actings_withdrawn: list[Acting] = field(default_factory=list)

    @property
    def moved(self) -> list[tuple[str, str]]:
        """(person, office) of those who go to another office by it."""
        return [(each.person_id, each.office_id) for each in self.changes if each.kind == "moved"]


def plan(tx: Transaction, rows: Sequence[Row], now: dt.datetime, skip_bad: bool = False) -> Plan:
    """`skip_bad`: as if the lines with a fault were not there; they are still named."""
    listed: list[Listed] = []
    faults: list[Fault] = []
    for row in rows:
        found = understood(row, now)
        if isinstance(found, Listed):
            listed.append(found)
        else:
            faults += found
    known = _Known(tx, listed)
    made = _Planning(known, listed).made
    while made.faults and skip_bad:
        faults += made.faults
        bad = {fault.line for fault in made.faults}
        listed = [each for each in listed if each.line not in bad]
        made = _Planning(known, listed).made
    made.faults = sorted(faults + made.faults, key=lambda fault: fault.line)
    return made


def take(tx: Transaction, rows: Sequence[Row], by: str, now: dt.datetime, skip_bad: bool = False) -> tuple[Plan, bool]:
    """What a list does, and whether it was done: with faults nothing is, but for `skip_bad`.

    Of two lists at once one waits for the other, and is planned on what that one has done.
    """
    Offices(tx).lock_all()
    made = plan(tx, rows, now, skip_bad)
    done = skip_bad or not made.faults
    if done:
        apply(tx, made, by, now)
    return made, done


def apply(tx: Transaction, planned: Plan, by: str, now: dt.datetime) -> None:
    """Faces are moved by whoever calls this (`faces.moving.follow`)."""
    Roster(tx).add_all(planned.employees, by, now)
    _rename_faces(tx, planned.employees, now)
    with telling(tx, sorted({post.person_id for post in (*planned.withdrawn, *planned.begun)}), now):
        ASSIGNMENTS.withdraw(tx, planned.withdrawn, by, now)
        ASSIGNMENTS.add(tx, planned.begun, by, now)
    ACTINGS.withdraw(tx, planned.actings_withdrawn, by, now)
    ACTINGS.add(tx, planned.actings, by, now)


class _Known:
    """What the roster says now, read once."""

    def __init__(self, tx: Transaction, listed: Sequence[Listed]) -> None:
        roster = Roster(tx)
        self.employees = roster.employees()
        self.numbers = {n: e.person_id for e in self.employees.values() for n in (e.nip, e.other_id) if n is not None}
        # A number stands for one person for ever: also the one that was corrected since.
        for number in {number for each in listed for number in each.numbers} - self.numbers.keys():
            holder = roster.with_number(number)
            if holder is not None:
                self.numbers[number] = holder
        self.careers = roster.careers(sorted(self.employees))
        self.offices = OfficesSaid(Offices(tx).all())


class _Planning:
    def __init__(self, known: _Known, listed: Sequence[Listed]) -> None:
        self._known = known
        self.made = Plan()
        self._numbers = dict(known.numbers)
        # Rows with both numbers first: by them one that has only the other is the same person's.
        for each in sorted(listed, key=lambda each: -len(each.numbers)):
            known_as = (self._numbers[number] for number in each.numbers if number in self._numbers)
            person_id = next(known_as, None) or str(uuid.uuid4())
            for number in each.numbers:
                self._numbers.setdefault(number, person_id)
        self._careers: dict[str, Career] = dict(known.careers)
        self._lines: dict[str, int] = {}
        of_person: dict[str, list[Listed]] = defaultdict(list)
        for each in listed:
            of_person[self._numbers[each.numbers[0]]].append(each)
        for person_id, lines in of_person.items():
            self._person(person_id, lines)
        self._circles()
        self.made.changes.sort(key=lambda change: change.line)

    def _fault(self, listed: Listed, says: str) -> None:
        self.made.faults.append(Fault(listed.line, says))

    def _person(self, person_id: str, lines: Sequence[Listed]) -> None:
        before = len(self.made.faults)
        newest = max(lines, key=lambda each: (each.first, each.line))
        old = self._known.employees.get(person_id)
        employee = self._employee(person_id, old, newest.name, lines)
        for each in lines:
            if each.name != newest.name:
                self._fault(each, "Nama: another line has this NIP or id with another name")
        posts = sorted((each for each in lines if not each.acting), key=lambda each: (each.first, each.line))
        for one, other in pairwise(posts):
            if one.first == other.first:
                self._fault(other, f"two posts at once: line {one.line} begins on the same day")
            elif one.last is not None and one.last >= other.first:
                self._fault(other, f"the period overlaps with that of line {one.line}")
        placed = {each.line: self._placed(each, person_id) for each in lines}
        if len(self.made.faults) > before:
            return
        career = self._career(person_id, posts, placed, with_new_nip=old is not None and old.nip != employee.nip)
        if career is None:
            return
        if employee != old:
            self.made.employees.append(employee)
        self._actings(person_id, [each for each in lines if each.acting], career, placed)

    def _employee(self, person_id: str, old: Employee | None, name: str, lines: Sequence[Listed]) -> Employee:
        """Contract staff who are given a NIP stay who they are; a number in the place of another is a fault."""
        nip, other_id = (None, None) if old is None else (old.nip, old.other_id)
        for each in lines:
            if len({self._numbers[number] for number in each.numbers}) > 1:
                self._fault(each, "NIP and ID lain: they stand for two people in the roster or in this list")
                continue
            if self._is_new(each.nip, person_id):
                if nip not in (None, each.nip):
                    self._fault(each, "NIP: whom the ID lain stands for has another one")
                nip = each.nip
            if self._is_new(each.other_id, person_id):
                if other_id not in (None, each.other_id):
                    self._fault(each, "ID lain: whom the NIP stands for has another one")
                other_id = each.other_id
        return Employee(person_id, name, nip, other_id)

    def _is_new(self, number: str | None, person_id: str) -> bool:
        """Of the person; one that was corrected since still stands for him, and changes nothing."""
        return number is not None and self._known.numbers.get(number) != person_id

    def _placed(self, each: Listed, person_id: str) -> tuple[str, str | None]:
        """(office, superior)"""
        office_id, superior = "", None
        try:
            office_id = self._known.offices.said(each.office)
        except ValueError as error:
            self._fault(each, f"Kantor: {error}")
        if each.superior is not None:
            superior = self._numbers.get(each.superior)
            if superior is None:
                self._fault(each, "NIP atasan: stands for nobody in the roster or in this list")
            elif superior == person_id:
                self._fault(each, "NIP atasan: nobody is the own superior")
        return office_id, superior

    def _career(
        self, person_id: str, posts: Sequence[Listed], placed: Mapping[int, tuple[str, str | None]], with_new_nip: bool
    ) -> Career | None:
        """The career as it would be, whose changes are noted; None when the list contradicts the roster."""
        old = self._known.careers.get(person_id, Career(person_id, ()))
        stays = {each.first: each for each in old.all}
        wanted = dict(stays)
        lines: dict[dt.date, Listed] = {}
        for each in posts:
            office_id, superior = placed[each.line]
            was = stays.get(each.first)
            said = Assignment(
                str(uuid.uuid4()) if was is None else was.assignment_id,
                person_id,
                office_id,
                each.post,
                each.job_class,
                each.rank,
                each.status,
                superior,
                each.first,
                (None if was is None else was.last) if each.last is None else each.last,
                each.entitled,
            )
            held = max((day for day in wanted if day <= each.first and wanted[day].post_id), default=None)
            wanted[each.first] = said if held is None else _kept(said, wanted[held], each.unsaid, with_new_nip)
            lines[each.first] = each
        for first, stay in stays.items():
            # Whom the roster never gave a post is in this one: a stay that only a face has made gives way.
            if first not in lines and not stay.post_id and any(_covers(wanted[begun], stay) for begun in lines):
                del wanted[first]
        ordered = sorted(wanted.values(), key=lambda each: each.first)
        for at, (one, other) in enumerate(pairwise(ordered)):
            if one.last is None:
                ordered[at] = replace(one, last=other.first - ONE_DAY)
        try:
            career = Career(person_id, ordered)
        except CareerError:
            for each in posts:
                self._fault(each, "the period overlaps with a post that the roster has: end that one first")
            return None
        self._careers[person_id] = career
        self.made.withdrawn += [stay for first, stay in stays.items() if first not in wanted]
        self.made.begun += [stay for stay in ordered if stays.get(stay.first) != stay]
        self._lines |= {stay.assignment_id: lines[stay.first].line for stay in ordered if stay.first in lines}
        known = person_id in self._known.employees
        for at, stay in enumerate(ordered):
            if stay.first in lines:
                was = stays.get(stay.first)
                compared = was or (ordered[at - 1] if at else None)
                kind = _kind(stay, was, compared, known)
                known = True
                self.made.changes.append(
                    Change(lines[stay.first].line, kind, person_id, stay.office_id, compared, stay)
                )
        return career

    def _actings(
        self,
        person_id: str,
        lines: Sequence[Listed],
        career: Career,
        placed: Mapping[int, tuple[str, str | None]],
    ) -> None:
        old = self._known.careers.get(person_id, Career(person_id, ()))
        held = {(each.post_id, each.first): each for each in old.actings}
        for each in sorted(lines, key=_ends_first):
            if career.on(each.first) is None:
                self._fault(each, "Plt: there is no post of the person's own on that day")
                continue
            was = held.pop((each.post, each.first), None)
            acting = Acting(
                str(uuid.uuid4()) if was is None else was.acting_id,
                person_id,
                each.post,
                each.job_class,
                each.first,
                was.last if was is not None and each.last is None else each.last,
            )
            kind: Kind = "acting"
            if acting.last is not None and acting.last < acting.first:
                if was is None:
                    kind = "unchanged"
                else:
                    self.made.actings_withdrawn.append(was)
            else:
                twice = next((one for one in held.values() if one.post_id == each.post and _meet(one, acting)), None)
                if twice is not None:  # it would be paid twice
                    self._fault(each, f"Plt: the roster or this list has this post from {twice.first} on: end it first")
                    continue
                held[each.post, each.first] = acting
                if acting == was:
                    kind = "unchanged"
                else:
                    self.made.actings.append(acting)
            self.made.changes.append(Change(each.line, kind, person_id, placed[each.line][0], was, acting))

    def _circles(self) -> None:
        """Whoever would be above himself by a line of the list, on whichever day that begins."""
        above_themselves = circles(stay for career in self._careers.values() for stay in career.all)
        for stay in self.made.begun:
            line = self._lines.get(stay.assignment_id)
            dates = [
                date
                for date, people in above_themselves
                if stay.person_id in people and stay.first <= date and (stay.last is None or date <= stay.last)
            ]
            if line is not None and dates:
                says = f"NIP atasan: the superiors stand in a circle on {dates[0].isoformat()}"
                self.made.faults.append(Fault(line, says))


def _ends_first(listed: Listed) -> tuple[bool, dt.date, int]:
    """An acting post that ends, or never was, makes room for the one that follows."""
    return listed.last is None, listed.first, listed.line


def _meet(one: Acting, other: Acting) -> bool:
    """Whether there is a day on which both are held."""
    return (one.last is None or other.first <= one.last) and (other.last is None or one.first <= other.last)


def _kind(stay: Assignment, was: Assignment | None, compared: Assignment | None, known: bool) -> Kind:
    """`was`: the post of that day; `compared`: that one, or else the post before."""
    if stay == was:
        return "unchanged"
    if not known:
        return "new_person"
    if compared is None or not compared.post_id:
        return "new_post"
    tests: Sequence[tuple[Kind, Callable[[Assignment], object]]] = (
        ("moved", lambda each: each.office_id),
        ("new_post", lambda each: each.post_id),
        ("class_changed", lambda each: each.job_class),
    )
    for kind, of in tests:
        if of(stay) != of(compared):
            return kind
    return "ended" if was is not None and stay.last != was.last else "changed"


def _kept(said: Assignment, held: Assignment, unsaid: Set[str], with_new_nip: bool) -> Assignment:
    """The post with what the list has no column for as it was before: a list without golongan takes nobody's away."""
    same_office = held.office_id == said.office_id  # in another one somebody else is above, once a list says who
    return replace(
        said,
        rank=held.rank if "Golongan" in unsaid and not with_new_nip else said.rank,
        status=held.status if "Status" in unsaid and not with_new_nip else said.status,
        superior_id=held.superior_id if "NIP atasan" in unsaid and same_office else said.superior_id,
        entitled=held.entitled if "Berhak TPP" in unsaid else said.entitled,
    )


def _covers(post: Assignment, stay: Assignment) -> bool:
    return post.first <= stay.first and (post.last is None or (stay.last is not None and stay.last <= post.last))


def _rename_faces(tx: Transaction, employees: Sequence[Employee], now: dt.datetime) -> None:
    """Terminals greet people by their official name: a new gallery version of each office that has one of another."""
    names = {employee.person_id: employee.name for employee in employees}
    versions: dict[str, int] = {}
    for office in Offices(tx).all() if names else ():
        for face in People(tx).everyone(office.office_id):
            if names.get(face.employee_id, face.name) == face.name:
                continue
            if office.office_id not in versions:
                versions[office.office_id] = Offices(tx).bump(office.office_id, now)
            People(tx).rename(office.office_id, face.person_id, names[face.employee_id], versions[office.office_id])
