"""What a batch of entries is judged by, read once: careers, catalogue, letters, calendar and the policy's terms."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from zoneinfo import ZoneInfo

from etpp.absence import store as absence
from etpp.absence.catalogue import Catalogue as Kinds
from etpp.absence.rules import Cover, in_force
from etpp.activities.catalogue import Catalogue, WeightError
from etpp.activities.model import Entry, EntryFault, EntryStep, EntryTerms, Ledger, Verdict
from etpp.activities.rules import check_entry, entry_verdict, recognise
from etpp.activities.store import ITEMS, WEIGHTS
from etpp.base.clock import days_utc
from etpp.base.errors import Conflict
from etpp.calendar.model import PlanError
from etpp.calendar.plan import Calendar
from etpp.db import Transaction
from etpp.roster.assignments import CareerError, Deputy, may_decide
from etpp.roster.plans import calendar_for
from etpp.roster.store import DEPUTIES, Roster

Terms = Callable[[Transaction, dt.date], EntryTerms]
"""What the policy of a date says of entries; policies lie above this room."""

_ONE_DAY = dt.timedelta(days=1)


class Desk:
    """For some people's entries, in one transaction, as known at `now`."""

    def __init__(self, tx: Transaction, people: Iterable[str], terms: Terms, now: dt.datetime) -> None:
        self._tx = tx
        self._people = sorted(set(people))
        self._terms_of = terms
        self._terms: dict[tuple[int, int], EntryTerms] = {}
        self._open: dict[tuple[str, dt.date], bool] = {}
        self._covers: dict[tuple[str, str], Cover] = {}
        self._now = now
        self._careers = Roster(tx).careers(self._people)

    def terms(self, date: dt.date) -> EntryTerms:
        """Policies hold for whole months."""
        month = date.year, date.month
        if month not in self._terms:
            self._terms[month] = self._terms_of(self._tx, date)
        return self._terms[month]

    def zone(self, person_id: str, date: dt.date) -> ZoneInfo:
        return self._calendar.zone(self._office(person_id, date))

    def held(self, person_id: str, date: dt.date) -> tuple[str, int] | None:
        place = self._careers[person_id].on(date)
        return None if place is None else (place.post_id, place.job_class)

    def placed(self, person_id: str) -> bool:
        """Whether the person has ever been given a post, and so a clock."""
        return bool(self._careers[person_id].all)

    def decides(self, by: str, entry: Entry) -> bool:
        return may_decide(by, self._careers[entry.person_id], self._deputies, entry.date)

    def faults(self, entry: Entry, others: Iterable[Entry]) -> tuple[EntryFault, ...]:
        """What speaks against an entry; `others`: the author's that take up time."""
        person, career = entry.person_id, self._careers[entry.person_id]
        if not career.all:
            return ("no_weight",)  # nobody has ever been given a post, or an office whose clock could be asked
        zone = self.zone(person, entry.date)
        return check_entry(
            entry,
            others,
            self._catalogue,
            self.terms(entry.date),
            partial(self.held, person),
            zone,
            self._now.astimezone(zone).date(),
            may_enter=self._may_enter(person, entry.date, zone),
        )

    def verdict(self, entry: Entry, steps: Sequence[EntryStep]) -> Verdict:
        person = entry.person_id
        deadline = partial(self._calendar.due, self._careers[person])
        zone = self.zone(person, entry.date)
        return entry_verdict(entry, steps, self.terms(entry.date), deadline, zone, self._now)

    def ledger(self, person_id: str, first: dt.date, entries: Sequence[Entry], steps: Sequence[EntryStep]) -> Ledger:
        """One person's month, which begins on `first`."""
        office = self._office(person_id, first)
        return recognise(
            entries,
            steps,
            self._catalogue,
            self.terms(first),
            partial(self.held, person_id),
            partial(self._calendar.due, self._careers[person_id]),
            self._calendar.zone(office),
            self._now,
        )

    def _office(self, person_id: str, date: dt.date) -> str:
        """Whose clock and working days hold: the office of the date, else the nearest before, else the first one.

        Raises Conflict for somebody who belongs to none any more, because it was taken back.
        """
        try:
            return self._careers[person_id].office_near(date)
        except CareerError as error:
            raise Conflict("the person has been given no office", key="person_no_office") from error

    def _may_enter(self, person_id: str, date: dt.date, zone: ZoneInfo) -> bool:
        """Whether no letters cover the whole of the day's work (or, of a day off, the whole day) that forbid it."""
        key = person_id, date
        if key not in self._open:
            start, end = days_utc(date, date, zone)
            with contextlib.suppress(PlanError):  # nobody has decided hours for that date
                plan = self._calendar.person_plan(self._careers[person_id], date)
                if plan is not None and plan.work is not None:
                    start, end = plan.work.start_utc, plan.work.end_utc
            covered = self._cover(person_id, zone).whole_day(start, end)
            self._open[key] = covered is None or covered[0].may_enter
        return self._open[key]

    def _cover(self, person_id: str, zone: ZoneInfo) -> Cover:
        """Of one person's letters in force; read once a person, however many days are asked about."""
        key = person_id, zone.key
        if key not in self._covers:
            letters = absence.letters_of(self._tx, person_id)
            said = absence.said_of(self._tx, [each.letter_id for each in letters])
            self._covers[key] = Cover(in_force(person_id, letters, *said, self._kinds, zone))
        return self._covers[key]

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue(ITEMS.find(self._tx), WEIGHTS.find(self._tx))

    @cached_property
    def _calendar(self) -> Calendar:
        return calendar_for(self._tx, self._people)

    @cached_property
    def _kinds(self) -> Kinds:
        return absence.kinds(self._tx)

    @cached_property
    def _deputies(self) -> Sequence[Deputy]:
        return DEPUTIES.find(self._tx)


@contextlib.contextmanager
def in_order() -> Iterator[None]:
    """What others recorded may contradict itself: whoever enters is told that it must be put right."""
    try:
        yield
    except (PlanError, WeightError, CareerError) as error:
        raise Conflict(f"it must be put right first: {error}", key="list_contradicts") from error
