"""What is owed: an office's statements by what is known, and what later facts change of months that were paid.

Adjustments follow the person and not the office that had paid: one list settles all of somebody's earlier months, that
of the office where the person served last by its month. So whoever is moved after the fact is neither lost nor paid
twice, whichever of the offices has closed which month (decision 81).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from etpp.allowance import gather
from etpp.allowance.adjust import Adjustment, adjustments, decided, in_order
from etpp.allowance.closing import Closed, Earlier
from etpp.allowance.decisions import Decisions
from etpp.allowance.facts import MonthFacts, Regency
from etpp.allowance.model import Month, Policy, Statement
from etpp.allowance.statement import statement
from etpp.allowance.store import Closings, Policies, Touched, touched
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction
from etpp.presence.model import OfficeReports
from etpp.roster.assignments import Career, CareerError
from etpp.roster.store import Roster, placed_since

Reports = Callable[[Month], tuple[OfficeReports, ...]]
"""What the books can say of all offices for a month: now, or when a month was closed."""

SHOWN = 20
"""People whom an error names."""


@dataclass(frozen=True, slots=True)
class Later:
    """What a list pays besides its own statements. `open`: (person, month) of what was made anew and is undecided."""

    adjustments: tuple[Adjustment, ...] = ()
    open: frozenset[tuple[str, Month]] = frozenset()


class ListGaps(Conflict):
    """Of these people (by id, with what is missing) the policy or the calendar has nothing to reckon by."""

    def __init__(self, gaps: Sequence[tuple[str, str]]) -> None:
        self.gaps = tuple(gaps)
        more = f" (and {len(gaps) - SHOWN} more)" if len(gaps) > SHOWN else ""
        said = "; ".join(f"{person}: {reason}" for person, reason in gaps[:SHOWN])
        super().__init__(f"the list cannot be reckoned: {said}{more}", key="list_gaps")


class Due(NamedTuple):
    """People's month that is made anew: of those who by today's facts served last at `home`; None: at no office."""

    month: Month
    home: str | None
    people: tuple[str, ...]


def statements(
    tx: Transaction,
    office_id: str,
    month: Month,
    shared: Regency,
    policy: Policy,
    known_utc: dt.datetime | None = None,
    only: Sequence[str] | None = None,
) -> tuple[Statement, ...]:
    """Of everybody whose month is the office's, or `only` of these, by person. Raises Conflict, which names whom the
    policy or the calendar has nothing for, and who is in two places at once."""
    return statements_of(gathered(tx, office_id, month, shared, known_utc, only), policy)


def gathered(
    tx: Transaction,
    office_id: str,
    month: Month,
    shared: Regency,
    known_utc: dt.datetime | None = None,
    only: Sequence[str] | None = None,
) -> list[MonthFacts]:
    """What those statements are made of. Raises Conflict, which names who is in two places at once."""
    try:
        return gather.office_month(tx, office_id, month, shared, known_utc, only)
    except CareerError as error:
        raise Conflict(f"the list cannot be reckoned: {error}", key="list_contradicts") from error


def statements_of(people: Iterable[MonthFacts], policy: Policy) -> tuple[Statement, ...]:
    """By person. Raises Conflict, which names whom the policy or the calendar has nothing for."""
    made, gaps = [], []
    for facts in people:
        try:
            made.append(statement(facts, policy))
        except ValueError as error:  # PolicyGap, PlanError: each names what is missing
            gaps.append((facts.career.person_id, str(error)))
    if gaps:
        raise ListGaps(gaps)
    return tuple(sorted((each for each in made if each is not None), key=lambda s: s.person_id))


def later(
    tx: Transaction,
    office_id: str,
    month: Month,
    here: Iterable[Statement],
    shared: Regency,
    reports: Reports,
    known_utc: dt.datetime | None = None,
    *,
    decisions: bool = True,
) -> Later:
    """What the office's list of a month, whose own statements are `here`, pays or takes back of what was paid before,
    by whichever office. `decisions`: whether adjustments name what was decided anew of their rules. Raises Conflict,
    and NotFound without a policy."""
    settling = _settling(tx, office_id, month, shared, reports, known_utc, decisions=decisions)
    return Later() if settling is None else settling.found(here)


def due(
    tx: Transaction, office_id: str, month: Month, shared: Regency, reports: Reports, known_utc: dt.datetime
) -> list[Due]:
    """Whose earlier months the list of a closed month has made anew, whether it then paid anything or not."""
    settling = _settling(tx, office_id, month, shared, reports, known_utc, decisions=False)
    return [] if settling is None else list(settling.due())


def _settling(
    tx: Transaction,
    office_id: str,
    month: Month,
    shared: Regency,
    reports: Reports,
    known_utc: dt.datetime | None,
    *,
    decisions: bool,
) -> _Settling | None:
    closed = [
        each
        for each in Closings(tx).made(known_utc)
        if each.office_id != office_id or each.month < month  # a closed month can be reckoned once more
    ]
    if not closed:
        return None
    try:
        return _Settling(tx, office_id, month, shared, reports, known_utc, closed, decisions)
    except CareerError as error:
        raise Conflict(f"the list cannot be reckoned: {error}", key="list_contradicts") from error


class _Settling:
    """One list while it is asked what it owes of earlier months."""

    def __init__(
        self,
        tx: Transaction,
        office_id: str,
        month: Month,
        shared: Regency,
        reports: Reports,
        known_utc: dt.datetime | None,
        closed: Sequence[Closed],
        decisions: bool,
    ) -> None:
        self._tx, self._office_id, self._month = tx, office_id, month
        self._shared, self._reports, self._known_utc = shared, reports, known_utc
        self._closed = {(each.office_id, each.month): each for each in closed}
        self._ended = {each.office_id: each.month for each in sorted(closed, key=_month)}
        self._paid: dict[tuple[str, Month], list[Closed]] = defaultdict(list)
        self._adjusted: dict[tuple[str, Month], list[Adjustment]] = defaultdict(list)
        self._lists: dict[str, list[Closed]] = defaultdict(list)
        lists = [(person, self._closed.get((office, of))) for person, office, of in Closings(tx).listed(office_id)]
        for person, where in sorted(((who, each) for who, each in lists if each is not None), key=_closed_at):
            self._paid[person, where.month].append(where)
            self._lists[person].append(where)
        with_list = [(at, each) for at, each in Closings(tx).adjusted(office_id) if at in self._closed]
        for _, each in sorted(with_list, key=lambda found: self._closed[found[0]].as_of_utc):
            self._adjusted[each.person_id, each.month].append(each)
        careers = Roster(tx, known_utc).careers(Closings(tx).around(office_id))
        self._people = {p: career for p, career in careers.items() if self._settled_by(career) == office_id}
        self._bounds = self._settled_until()
        paid = [(who, on[0]) for (who, of), on in self._paid.items() if of < month and who in self._people]
        earliest = min((self._since(who, of) for who, of in paid), default=None)
        self._touched: dict[str | None, list[Touched]] = defaultdict(list)
        for touch in () if earliest is None else touched(tx, earliest, known_utc):
            self._touched[touch.person_id].append(touch)
        self._left_open = {at for each in closed if each.earlier is not None for at in each.earlier.open}
        self._open_lists: dict[tuple[str, Month], Collection[str]] = {}
        self._decisions = Decisions(tx, known_utc) if decisions else None

    def found(self, here: Iterable[Statement]) -> Later:
        made: list[Adjustment] = []
        left_open: set[tuple[str, Month]] = set()
        elsewhere = [each for each in here if self._has_paid(each.person_id, self._month)]
        made += self._differences(self._month, [each.person_id for each in elsewhere], elsewhere, own=True)
        for month, home, people in self.due():
            anew = () if home is None else self._anew(home, month, people)
            left_open |= {(each.person_id, month) for each in anew if each.open}
            made += self._differences(month, people, anew)
        return Later(in_order(made), frozenset(left_open))

    def due(self) -> Iterator[Due]:
        """Whose earlier months are to be made anew."""
        for month in sorted({each for _, each in self._closed if each < self._month}):
            asked: dict[str | None, list[str]] = defaultdict(list)
            for person, career in self._people.items():
                served = career.within(month.first, month.last)
                home = served[-1].office_id if served else None
                if self._is_due(person, month, home) and self._may_differ(person, month, home):
                    asked[home].append(person)
            for home, people in asked.items():
                yield Due(month, home, tuple(people))

    def _settled_by(self, career: Career, by: Month | None = None) -> str | None:
        """The office whose list of a month settles what came before it: of the post held last, or of the last list."""
        last = (by or self._month).last
        held = [each for each in career.all if each.first <= last]
        if held:
            return held[-1].office_id
        lists = self._lists.get(career.person_id)
        return lists[-1].office_id if lists else None

    def _settled_until(self) -> dict[str, list[Closed]]:
        """Of each person the closings that settled all months before theirs: those whose lists the person is on, and
        the office's last one for who was to be settled there."""
        found = {
            person: [each for each in self._lists.get(person, ()) if each.earlier is not None]
            for person in self._people
        }
        last = self._closed.get((self._office_id, self._ended.get(self._office_id, self._month)))
        if last is not None and last.earlier is not None:
            moved = placed_since(self._tx, last.as_of_utc, self._known_utc)
            for person, career in self._people.items():
                if person not in moved and self._settled_by(career, last.month) == self._office_id:
                    found[person].append(last)
        return found

    def _since(self, person: str, of: Closed) -> dt.datetime:
        """Up to when facts were taken into account for a statement that was closed."""
        later = (each.as_of_utc for each in self._bounds[person] if each.month >= of.month)
        return max((of.as_of_utc, *later))

    def _has_paid(self, person: str, month: Month) -> bool:
        return bool(self._paid.get((person, month)) or self._adjusted.get((person, month)))

    def _is_due(self, person: str, month: Month, home: str | None) -> bool:
        """Whether a month of somebody's is to be settled, which by today's facts was served last at `home`."""
        if home is None:
            return self._has_paid(person, month)
        if (home, month) in self._closed:
            return True
        begins_here = home == self._office_id and home not in self._ended
        if not begins_here and (home not in self._ended or self._ended[home] < month):
            return False  # the office's own list will have it
        # The office began with a later month, and will never close this one: it counts for whom another has paid.
        return self._has_paid(person, month) or any(each.month < month for each in self._lists.get(person, ()))

    def _may_differ(self, person: str, month: Month, home: str | None) -> bool:
        lists = self._paid.get((person, month), [])
        of = None if home is None else self._closed.get((home, month))
        if of is None or lists != [of] or (person, month) in self._left_open or self._was_open(person, of):
            return True
        since = self._since(person, of)
        first, last = month.first - gather.BEFORE, month.last + gather.AFTER
        return any(
            each.recorded_utc > since and each.first <= last and (each.last is None or each.last >= first)
            for who in (person, None)
            for each in self._touched.get(who, ())
        )

    def _was_open(self, person: str, of: Closed) -> bool:
        """Whether the statement was closed with something open: a terminal's report and a deadline that passes settle
        it without a fact of theirs."""
        if not of.despite:
            return False
        at = of.office_id, of.month
        if at not in self._open_lists:
            documents = Closings(self._tx).documents(*at)
            self._open_lists[at] = {who for who, document in documents.items() if document["open"]}
        return person in self._open_lists[at]

    def _anew(self, home: str, month: Month, people: Sequence[str]) -> tuple[Statement, ...]:
        of = self._closed.get((home, month))
        paid = [each for person in people for each in self._paid.get((person, month), ())]
        source = of or next(iter(paid), None)
        if source is None:
            policy, _ = gather.policy_of(self._tx, month, self._known_utc)
        else:
            kept = Policies(self._tx).get(source.policy_sha256)
            if kept is None:
                raise NotFound(f"the policy of {month} is not kept here", key="policy_lost")
            policy = kept
        reports = {each.office_id: each for each in self._reports(month)}
        for known in () if of is None else Closings(self._tx).reports(home, month):
            reports[known.office_id] = _at_least(known, reports.get(known.office_id, known))
        shared = replace(self._shared, reports=reports)
        return statements(self._tx, home, month, shared, policy, self._known_utc, sorted(people))

    def _differences(
        self, month: Month, people: Sequence[str], anew: Iterable[Statement], *, own: bool = False
    ) -> list[Adjustment]:
        """`own`: `anew` is paid by this list itself."""
        if not people:
            return []
        closed = Closings(self._tx).statements(month, people)
        owed = {each.person_id: each for each in anew}
        found: list[Adjustment] = []
        for person in people:
            paid = [closed[each.office_id, person] for each in self._paid.get((person, month), ())]
            if own:
                paid.append(owed[person])
            mine = adjustments(paid, owed.get(person), self._adjusted.get((person, month), ()))
            found += decided(mine, self._decided(person, month)) if mine else ()
        return found

    def _decided(self, person: str, month: Month) -> tuple[str, ...]:
        """What was decided anew of somebody's month since a list took it into account."""
        lists, career = self._paid.get((person, month)), self._people.get(person)
        if self._decisions is None or not lists or career is None:
            return ()
        served = career.within(month.first, month.last)
        offices = {each.office_id for each in served} | {each.office_id for each in lists}
        scopes = frozenset(scope for office in offices for scope in self._shared.calendar.lineage(office))
        since = min(self._since(person, of) for of in lists)
        return self._decisions.since(since, person, month, scopes)


def _at_least(known: OfficeReports, now: OfficeReports) -> OfficeReports:
    """What was known of an office when a month was closed stays known, whatever terminal came later."""
    moments = [each for each in (known.reported_utc, now.reported_utc) if each is not None]
    return OfficeReports(now.office_id, known.first_day or now.first_day, max(moments, default=None))


def _month(closed: Closed) -> Month:
    return closed.month


def _closed_at(found: tuple[str, Closed]) -> dt.datetime:
    return found[1].as_of_utc


def earlier(found: Later, month: Month, asked: dict[Month, tuple[OfficeReports, ...]]) -> Earlier:
    """What a closing keeps of the months before it, of all that was `asked` of the books."""
    own = set(asked[month])
    reports = {of: tuple(each for each in said if each not in own) for of, said in sorted(asked.items()) if of != month}
    return Earlier({of: said for of, said in reports.items() if said}, found.open, decisions=True)
