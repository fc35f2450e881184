"""Which letters hold for a person, what they excuse at which moment, and what is paid on which day of them. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from etpp.absence.catalogue import Catalogue
from etpp.absence.model import Excusable, Excuse, Kind, Letter, LetterDecision, LetterRevocation, LetterState
from etpp.base.money import HUNDRED

ONE_DAY = dt.timedelta(days=1)
ONE_MINUTE = dt.timedelta(minutes=1)
NONE = dt.timedelta()

LetterFault = Literal[
    "nobody",
    "person_twice",
    "person_elsewhere",
    "period",
    "whole_minutes",
    "kind_unknown",
    "document_missing",
    "maximum",
]
"""What speaks against a letter."""

LetterMark = Literal["document_missing", "maximum", "overlap", "after_the_fact"]
"""What whoever decides on a letter should know: its file, which came by no table and without which it cannot be
approved; more days than the kind has in a year; another letter of one of its people for the same time; and a letter
that was submitted when it had begun."""

MARKED: frozenset[LetterFault] = frozenset({"maximum"})
"""Faults that a letter is submitted with all the same, and marked: whether to grant more is decided by people."""


def check_letter(
    letter: Letter,
    catalogue: Catalogue,
    zone: ZoneInfo,
    belongs: Callable[[str], bool],
    held: Mapping[str, Sequence[Excuse]] = MappingProxyType({}),
) -> tuple[LetterFault, ...]:
    """What speaks against a letter; nothing when it can be submitted without a mark.

    `belongs`: whether the submitter may write letters for a person. `held`: what each of its people has in force
    already, for the kind's yearly maximum.
    """
    faults: list[LetterFault] = []
    if not letter.person_ids:
        faults.append("nobody")
    if len(set(letter.person_ids)) < len(letter.person_ids):
        faults.append("person_twice")
    if not all(map(belongs, letter.person_ids)):
        faults.append("person_elsewhere")
    if any(moment.second or moment.microsecond for moment in (letter.first_utc, letter.until_utc)):
        faults.append("whole_minutes")
    if letter.until_utc <= letter.first_utc:
        return (*faults, "period")
    kind = catalogue.on(letter.kind_id, _local_date(letter.first_utc, zone))
    if kind is None:
        return (*faults, "kind_unknown")
    if kind.document_required and letter.document_sha256 is None:
        faults.append("document_missing")
    asked = Excuse(letter.letter_id, kind, letter.first_utc, letter.until_utc)
    if kind.maximum_days is not None:
        years = {_local_date(letter.first_utc, zone).year, _last_date(asked, zone).year}
        mine = [(*held.get(person_id, ()), asked) for person_id in letter.person_ids]
        if any(days_of_kind(each, kind.kind_id, year, zone) > kind.maximum_days for each in mine for year in years):
            faults.append("maximum")
    return tuple(faults)


def letter_state(
    letter: Letter, decisions: Iterable[LetterDecision], revocations: Iterable[LetterRevocation]
) -> LetterState:
    """Folded from all facts about the letter, in whatever order they arrived."""
    if any(each.letter_id == letter.letter_id for each in revocations):
        return "revoked"
    last = last_decision(letter, decisions)
    if last is None:
        return "submitted"
    return "approved" if last.approved else "refused"


def last_decision(letter: Letter, decisions: Iterable[LetterDecision]) -> LetterDecision | None:
    """The one that counts: the latest by somebody whom the letter is not for."""
    valid = [d for d in decisions if d.letter_id == letter.letter_id and d.by not in letter.person_ids]
    return max(valid, key=lambda d: (d.decided_utc, d.decision_id), default=None)


def overlapping(
    letter: Letter,
    others: Iterable[Letter],
    decisions: Sequence[LetterDecision],
    revocations: Sequence[LetterRevocation],
) -> tuple[str, ...]:
    """The ids of other letters that are submitted or approved, for one of its people and a moment of its time."""
    return tuple(
        sorted(
            each.letter_id
            for each in others
            if each.letter_id != letter.letter_id
            and set(each.person_ids) & set(letter.person_ids)
            and each.first_utc < letter.until_utc
            and each.until_utc > letter.first_utc
            and letter_state(each, decisions, revocations) in ("submitted", "approved")
        )
    )


def in_force(
    person_id: str,
    letters: Iterable[Letter],
    decisions: Sequence[LetterDecision],
    revocations: Sequence[LetterRevocation],
    catalogue: Catalogue,
    zone: ZoneInfo,
) -> tuple[Excuse, ...]:
    """The approved letters of one person, by their beginning. A letter that was sent twice counts once."""
    found: dict[str, Excuse] = {}
    for letter in letters:
        if person_id not in letter.person_ids or letter_state(letter, decisions, revocations) != "approved":
            continue
        kind = catalogue.on(letter.kind_id, _local_date(letter.first_utc, zone))
        if kind is not None:
            found[letter.letter_id] = Excuse(letter.letter_id, kind, letter.first_utc, letter.until_utc)
    return tuple(sorted(found.values(), key=lambda e: (e.first_utc, e.letter_id)))


class Cover:
    """What one person's letters cover. `excuses`: by their beginning."""

    def __init__(self, excuses: Sequence[Excuse]) -> None:
        self._excuses = excuses

    def __bool__(self) -> bool:
        return bool(self._excuses)

    def uncovered(
        self, deduction: Excusable, start: dt.datetime, end: dt.datetime
    ) -> tuple[dt.timedelta, tuple[str, ...]]:
        """How much of [start, end) no letter excuses, and the letters that excuse the rest of it."""
        if not self._excuses or end <= start:
            return max(end - start, NONE), ()
        left, reached, used = NONE, start, []
        for excuse in self._excuses:
            if deduction not in excuse.kind.excuses or excuse.until_utc <= start or excuse.first_utc >= end:
                continue
            left += max(excuse.first_utc - reached, NONE)
            reached = max(reached, excuse.until_utc)
            used.append(excuse.letter_id)
        return left + max(end - reached, NONE), tuple(used)

    def covering(self, deduction: Excusable, start: dt.datetime, end: dt.datetime) -> tuple[str, ...]:
        """The letters that together excuse all of [start, end), or nothing where a moment is left."""
        if not self._excuses:
            return ()
        left, used = self.uncovered(deduction, start, end)
        return () if left else used

    def whole_day(self, start: dt.datetime, end: dt.datetime) -> tuple[Kind, tuple[str, ...]] | None:
        """The kind whose letters alone cover all of a day's work, and these letters.

        Of several kinds the one that gives most points, then the one that takes least off the ceiling.
        """
        best: tuple[Kind, tuple[str, ...]] | None = None
        for kind in {
            e.kind.kind_id: e.kind for e in self._excuses if e.first_utc < end and e.until_utc > start
        }.values():
            alone = Cover([e for e in self._excuses if e.kind.kind_id == kind.kind_id and "absence" in kind.excuses])
            letters = alone.covering("absence", start, end)
            if letters and (best is None or _worth(kind) > _worth(best[0])):
                best = kind, letters
        return best


def days_of_kind(excuses: Iterable[Excuse], kind_id: str, year: int, zone: ZoneInfo) -> int:
    """Calendar days of a year that letters of a kind touch, each once."""
    days: set[dt.date] = set()
    for excuse in excuses:
        if excuse.kind.kind_id == kind_id:
            first = max(_local_date(excuse.first_utc, zone), dt.date(year, 1, 1))
            last = min(_last_date(excuse, zone), dt.date(year, 12, 31))
            days.update(first + n * ONE_DAY for n in range((last - first).days + 1))
    return len(days)


def day_number(excuses: Iterable[Excuse], kind_id: str, date: dt.date, zone: ZoneInfo) -> int:
    """The how manieth calendar day of an unbroken absence of a kind a date is; 0 when it is none of it.

    Letters of the same kind whose days touch or overlap are one absence: an extension does not begin at 1 again.
    """
    spans = sorted((_local_date(e.first_utc, zone), _last_date(e, zone)) for e in excuses if e.kind.kind_id == kind_id)
    began: dt.date | None = None
    reached = dt.date.min
    for first, last in spans:
        if first > date:
            break
        if began is None or first > reached + ONE_DAY:
            began = first
        reached = max(reached, last)
    return (date - began).days + 1 if began is not None and date <= reached else 0


def paid_percent(kind: Kind, day: int) -> Decimal:
    """What is paid of a day's allowance on the given day (1 is the first) of an absence; all of it on day 0."""
    percent = HUNDRED
    for step in kind.paid:
        if step.day <= day:
            percent = step.percent
    return percent


def _worth(kind: Kind) -> tuple[Decimal, Decimal, str]:
    return kind.points_given, -kind.points_off, kind.kind_id


def _local_date(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    return moment.astimezone(zone).date()


def _last_date(excuse: Excuse, zone: ZoneInfo) -> dt.date:
    return _local_date(excuse.until_utc - ONE_MINUTE, zone)
