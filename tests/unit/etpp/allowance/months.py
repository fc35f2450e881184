"""Months of one person, written down briefly: every working day in time and with 300 points, but for what is said.

October 2026 is the month: 22 working days, from Thursday 1 to Friday 30, without a holiday.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from etpp.absence.catalogue import delivered as delivered_kinds
from etpp.absence.model import Letter, LetterDecision
from etpp.activities.catalogue import Catalogue
from etpp.activities.model import Entry, EntryStep, Item, Weight
from etpp.allowance.adjust import Adjustment
from etpp.allowance.facts import MonthFacts, Regency
from etpp.allowance.model import Line, Month, OfficeScore, Sanction, Statement
from etpp.allowance.policy import delivered
from etpp.allowance.seal import Despite, SealedMonth, seal, write
from etpp.allowance.statement import statement
from etpp.calendar.model import Occasion
from etpp.calendar.plan import Calendar
from etpp.presence.model import OfficeReports, Punch
from etpp.roster.assignments import Acting, Assignment, Career
from tests.unit.etpp.absence.letters import decision, letter
from tests.unit.etpp.calendar.calendars import PARENTS, calendar_facts, local

OCTOBER = Month(2026, 10)
LONG_AGO = dt.date(2020, 1, 1)
ZONE = ZoneInfo("Asia/Jakarta")
AS_OF = local("2026-11-10 00:00")
POINT = Catalogue([Item("point", "Poin", "poin", LONG_AGO, None)], [Weight("w", "point", LONG_AGO, None, Decimal(1))])
IN_TIME = ("07:20", "16:40")
KULON_PROGO, BANDS, DISCIPLINE, BY_DAY = map(
    delivered, ("kulon-progo-2019", "bands-2012", "discipline-30-70", "points-by-day")
)


def assignment(**more: Any) -> Assignment:
    values = {
        "assignment_id": "a1",
        "person_id": "ani",
        "office_id": "kominfo",
        "post_id": "clerk",
        "job_class": 7,
        "rank": "III/b",
        "status": "pns",
        "superior_id": "boss",
        "first": LONG_AGO,
    }
    return Assignment(**(values | more))


def score(office_id: str, percent: object) -> OfficeScore:
    return OfficeScore(f"s-{office_id}", office_id, OCTOBER, Decimal(str(percent)), AS_OF)


def regency(scores: Mapping[str, object] | None = None, occasions: Sequence[Occasion] = (), **calendar: Any) -> Regency:
    percents = {"kominfo": 90, "puskesmas": 100} if scores is None else scores
    return Regency(
        Calendar(calendar_facts(occasions=tuple(occasions), **calendar)),
        delivered_kinds(),
        POINT,
        {office: OfficeReports(office, LONG_AGO, AS_OF) for office in PARENTS},
        {(office, OCTOBER): score(office, percent) for office, percent in percents.items()},
        AS_OF,
    )


def punches(times: Mapping[dt.date, Sequence[str]], office_id: str = "kominfo") -> tuple[Punch, ...]:
    found = []
    for date, day in times.items():
        for time in day:
            utc = local(f"{date} {time}")
            found.append(Punch(f"{date}-{time}", utc, utc, utc, office_id=office_id))
    return tuple(found)


def activity(date: dt.date, points: object) -> tuple[Entry, EntryStep, EntryStep]:
    entered = local(f"{date} 15:00")
    entry_id = f"entry-{date}"
    return (
        Entry(entry_id, "ani", date, "point", Decimal(str(points)), "menyusun laporan bulanan", entered),
        EntryStep(f"{entry_id}-s", entry_id, "submitted", "ani", entered),
        EntryStep(f"{entry_id}-v", entry_id, "verified", "boss", entered),
    )


def october(
    times: Mapping[str, Sequence[str]] | None = None,
    points: Mapping[str, object] | None = None,
    points_a_day: object = 300,
    letters: Sequence[Letter] = (),
    assignments: Sequence[Assignment] = (),
    actings: Sequence[Acting] = (),
    shared: Regency | None = None,
    **more: Any,
) -> MonthFacts:
    """`times` and `points` by day of the month, such as "05"; other working days are in time, with `points_a_day`."""
    career = Career("ani", assignments or [assignment()], actings)
    common = shared or regency()
    days: dict[dt.date, Sequence[str]] = {}
    done: list[tuple[Entry, EntryStep, EntryStep]] = []
    for date in OCTOBER.dates():
        office = career.office_on(date)
        if office is None or common.calendar.office_plan(office, date).work is None:
            continue
        days[date] = (times or {}).get(f"{date.day:02}", IN_TIME)
        amount = (points or {}).get(f"{date.day:02}", points_a_day)
        if amount:
            done.append(activity(date, amount))
    values: dict[str, Any] = {
        "punches": punches(days),
        "letters": tuple(letters),
        "letter_decisions": tuple(approved(each) for each in letters),
        "entries": tuple(entry for entry, _, _ in done),
        "entry_steps": tuple(step for _, *steps in done for step in steps),
    }
    return MonthFacts(OCTOBER, career, common, **(values | more))


def approved(given: Letter) -> LetterDecision:
    return decision(given.letter_id)


def duty(first: str, until: str, kind: str = "dinas-luar", letter_id: str = "L") -> Letter:
    """From and until as `05 07:30`."""
    return letter(f"2026-10-{first}", f"2026-10-{until}", kind, letter_id)


def sanction(percent: object, first: str, last: str, sanction_id: str = "S") -> Sanction:
    return Sanction(
        sanction_id,
        "ani",
        Decimal(str(percent)),
        dt.date.fromisoformat(first),
        dt.date.fromisoformat(last),
        "SK 1/2026",
    )


def made(facts: MonthFacts, policy: Any = KULON_PROGO) -> Statement:
    found = statement(facts, policy)
    assert found is not None
    return found


def amounts(found: Statement) -> dict[str, Decimal]:
    return {line.key: line.amount for line in found.lines}


def line_at(found: Statement, *keys: str) -> Line:
    """The line under these keys, from the top."""
    lines, line = found.lines, None
    for key in keys:
        line = next(each for each in lines if each.key == key)
        lines = line.parts
    assert line is not None
    return line


def with_policy(policy: Any, **changes: Any) -> Any:
    return replace(policy, **changes)


def sealed_of(
    office_id: str,
    month: Month,
    statements: Iterable[Statement],
    previous: SealedMonth | None,
    despite: Despite | None = None,
    adjustments: Iterable[Adjustment] = (),
) -> SealedMonth:
    return seal(office_id, month, [write(each) for each in statements], previous, despite, adjustments)
