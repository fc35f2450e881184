"""The facts of one person's month, as the pure rules take them: what all share, and what is the person's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from etpp.absence.catalogue import Catalogue as Kinds
from etpp.absence.model import Letter, LetterDecision, LetterRevocation
from etpp.activities.catalogue import Catalogue as Activities
from etpp.activities.model import Entry, EntryStep
from etpp.allowance.model import Month, OfficeScore, Sanction
from etpp.calendar.plan import Calendar
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry, OfficeReports, Punch, TimeDecision
from etpp.roster.assignments import Career


@dataclass(frozen=True, slots=True)
class Regency:
    """What every statement of a run rests on. `as_of_utc`: the moment by which deadlines have passed or not."""

    calendar: Calendar
    kinds: Kinds
    activities: Activities
    reports: Mapping[str, OfficeReports]
    scores: Mapping[tuple[str, Month], OfficeScore]
    as_of_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """One person's facts, in any order. Where hours are flexible, presences go back to the month's first Monday.

    `held`: presences that count once BKPP has approved the face that they rest on, and for nothing before."""

    month: Month
    career: Career
    regency: Regency
    punches: tuple[Punch, ...] = ()
    time_decisions: tuple[TimeDecision, ...] = ()
    manual_entries: tuple[ManualEntry, ...] = ()
    letters: tuple[Letter, ...] = ()
    letter_decisions: tuple[LetterDecision, ...] = ()
    letter_revocations: tuple[LetterRevocation, ...] = ()
    corrections: tuple[Correction, ...] = ()
    correction_decisions: tuple[CorrectionDecision, ...] = ()
    entries: tuple[Entry, ...] = ()
    entry_steps: tuple[EntryStep, ...] = ()
    sanctions: tuple[Sanction, ...] = ()
    held: tuple[Punch, ...] = ()


def latest_scores(scores: Iterable[OfficeScore]) -> Mapping[tuple[str, Month], OfficeScore]:
    """Of several decisions on one office's month the latest counts."""
    ordered = sorted(scores, key=lambda s: (s.decided_utc, s.score_id))
    return {(score.office_id, score.month): score for score in ordered}
