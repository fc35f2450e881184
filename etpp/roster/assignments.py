"""Who served where, in which post and class, under whom: dated facts, and one person's career made of them. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Literal

Status = Literal["pns", "pppk", "contract"]


class CareerError(ValueError):
    """Assignments contradict one another; the message names them by their ids. `person_id`: whose they are; `date`:
    from when."""

    def __init__(self, message: str, person_id: str, date: dt.date | None = None) -> None:
        self.person_id = person_id
        self.date = date
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One person's place from a date to a date (`last` None: still). `rank`: golongan such as `III/c`, "" without one.

    `entitled`: whether the allowance is paid for these days at all.
    """

    assignment_id: str
    person_id: str
    office_id: str
    post_id: str
    job_class: int
    rank: str
    status: Status
    superior_id: str | None
    first: dt.date
    last: dt.date | None = None
    entitled: bool = True


@dataclass(frozen=True, slots=True)
class Acting:
    """A second post that somebody fills besides the own one (Plt.) from a date to a date."""

    acting_id: str
    person_id: str
    post_id: str
    job_class: int
    first: dt.date
    last: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Deputy:
    """Who decides in a superior's place from a date to a date."""

    deputising_id: str
    superior_id: str
    deputy_id: str
    first: dt.date
    last: dt.date | None = None


class Career:
    """One person's assignments by date. Raises CareerError for another person's, and for two posts on one date."""

    __slots__ = ("_actings", "_assignments", "person_id")

    def __init__(self, person_id: str, assignments: Iterable[Assignment], actings: Iterable[Acting] = ()) -> None:
        self.person_id = person_id
        self._assignments = tuple(sorted(assignments, key=_begins))
        self._actings = tuple(sorted(actings, key=lambda a: (a.first, a.acting_id)))
        previous: Assignment | None = None
        for each in self._assignments:
            if each.last is not None and each.last < each.first:
                raise CareerError(f"assignment {each.assignment_id}: it ends before it begins", person_id, each.first)
            if previous is not None and (previous.last is None or each.first <= previous.last):
                overlap = f"assignments {previous.assignment_id} and {each.assignment_id} overlap"
                raise CareerError(overlap, person_id, each.first)
            previous = each
        if ({a.person_id for a in self._assignments} | {a.person_id for a in self._actings}) - {person_id}:
            raise CareerError("a career is made of one person's assignments", person_id)

    def on(self, date: dt.date) -> Assignment | None:
        for each in self._assignments:
            if each.first <= date and (each.last is None or date <= each.last):
                return each
        return None

    def office_on(self, date: dt.date) -> str | None:
        assignment = self.on(date)
        return None if assignment is None else assignment.office_id

    def office_near(self, date: dt.date) -> str:
        """Whose clock and working days hold on a date: the office of the date, else the nearest before, else the first.

        Raises CareerError for somebody who was given no office.
        """
        if not self._assignments:
            raise CareerError("the person has been given no office", self.person_id)
        before = [place for place in self._assignments if place.first <= date]
        return (before[-1] if before else self._assignments[0]).office_id

    @property
    def all(self) -> tuple[Assignment, ...]:
        return self._assignments

    @property
    def actings(self) -> tuple[Acting, ...]:
        return self._actings

    @property
    def has_actings(self) -> bool:
        return bool(self._actings)

    def acting_on(self, date: dt.date) -> tuple[Acting, ...]:
        """Each post once, by the one that began last: nobody is paid twice for one post."""
        if not self._actings:
            return ()
        held = {a.post_id: a for a in self._actings if a.first <= date and (a.last is None or date <= a.last)}
        return tuple(held.values())

    def within(self, first: dt.date, last: dt.date) -> tuple[Assignment, ...]:
        """The assignments that hold on any date between two, in their order."""
        return tuple(a for a in self._assignments if a.first <= last and (a.last is None or a.last >= first))


def may_decide(by: str, career: Career, deputies: Iterable[Deputy], date: dt.date) -> bool:
    """Whether somebody decides on a person's activities and corrections of a date: the superior or a deputy, never the
    person, whoever deputises for whom."""
    assignment = career.on(date)
    if assignment is None or assignment.superior_id is None or by == career.person_id:
        return False
    deputising = {
        d.deputy_id
        for d in deputies
        if d.superior_id == assignment.superior_id and d.first <= date and (d.last is None or date <= d.last)
    }
    return by == assignment.superior_id or by in deputising


def superiors_in_a_circle(superiors: Mapping[str, str | None]) -> tuple[str, ...]:
    """The people, by id, who are above themselves; `superiors` has everybody's on one date."""
    found, done = set[str](), set[str]()
    for each in superiors:
        person: str | None = each
        path: dict[str, int] = {}
        while person is not None and person not in done and person not in path:
            path[person] = len(path)
            person = superiors.get(person)
        if person is not None and person in path:
            found.update(list(path)[path[person] :])
        done |= path.keys()
    return tuple(sorted(found))


def circles(assignments: Iterable[Assignment]) -> list[tuple[dt.date, set[str]]]:
    """The dates on which superiors begin to go round in a circle, and the people who are then above themselves."""
    held = list(assignments)
    steps = {(each.person_id, each.superior_id) for each in held if each.superior_id is not None}
    # Nearly nobody is left when those above whom, and then those below whom, the steps end are taken away.
    steps = {(below, above) for above, below in _endless({(above, below) for below, above in _endless(steps)})}
    left = [each for each in held if (each.person_id, each.superior_id) in steps]
    found = []
    for date in sorted({each.first for each in left}):
        now = [each for each in left if each.first <= date and (each.last is None or date <= each.last)]
        round_about = superiors_in_a_circle({each.person_id: each.superior_id for each in now})
        if round_about:
            found.append((date, set(round_about)))
    return found


def _endless(steps: Set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The steps (from, to) that lead on for ever."""
    ways = Counter(start for start, _ in steps)
    into: dict[str, list[str]] = {}
    for start, end in steps:
        into.setdefault(end, []).append(start)
    ends = [end for end in into if not ways[end]]
    while ends:
        for start in into.pop(ends.pop()):
            ways[start] -= 1
            if not ways[start] and start in into:
                ends.append(start)
    return {(start, end) for end, starts in into.items() for start in starts}


def _begins(assignment: Assignment) -> tuple[dt.date, str]:
    return assignment.first, assignment.assignment_id
