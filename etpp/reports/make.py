"""A report made: read in one transaction, written beside its place, and there in whole or not at all."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from etpp.allowance import gather
from etpp.allowance.model import Month
from etpp.base.errors import NotFound, StateError
from etpp.console.texts import Language
from etpp.db import Database, Transaction
from etpp.presence.model import JudgedDay
from etpp.presence.year import judged_year
from etpp.reports import pdf, xlsx
from etpp.reports.discipline import discipline_list
from etpp.reports.manual import manual, overview
from etpp.reports.model import Format, Kind, Paper, Report, Section
from etpp.reports.months import OfficeMonth, PersonMonth, office_month
from etpp.reports.nominative import nominative
from etpp.reports.presence import presence
from etpp.reports.recap import recap
from etpp.reports.statement import statement
from etpp.reports.texts import Words, words
from etpp.roster.store import Offices

ALL = "all"

Tell = Callable[[Literal["read", "write"], int, int], None]
"""Hears how far it is: so many of so many (0: not known). May raise, and the report is not made."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`office_id`: an office, or ALL. `person_id`: of a statement, for one person alone."""

    kind: Kind
    office_id: str
    month: Month
    format: Format
    language: Language = "id"
    paper: Paper = "F4"
    person_id: str | None = None


def make(database: Database, asked: Asked, path: Path, now: dt.datetime, tell: Tell) -> None:
    """Write the report to `path`, mode 0600, in place of what is there. Whatever ends it early leaves no part of it.

    Raises NotFound, Conflict, StoreUnavailable and StateError, and what `tell` raises.
    """
    with database.read() as tx:
        report = compose(tx, asked, now, tell)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    renderer = pdf if asked.format == "pdf" else xlsx
    try:
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        renderer.write(report, aside, lambda done, of: tell("write", done, of))
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        aside.replace(path)
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}. Give a file in a folder that can be written to.") from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def compose(tx: Transaction, asked: Asked, now: dt.datetime, tell: Tell) -> Report:
    """The report as a value. Raises NotFound and Conflict."""
    say = words(asked.language)
    offices = [each.office_id for each in Offices(tx).all()] if asked.office_id == ALL else [asked.office_id]
    if not offices:
        raise NotFound("there is no office", key="office_none")
    months = []
    shared = gather.regency(tx, asked.month, now) if len(offices) > 1 else None
    for n, office_id in enumerate(offices):
        tell("read", n, len(offices))
        months.append(office_month(tx, office_id, asked.month, now, shared))
    tell("read", len(offices), len(offices))
    sections = _sections(tx, say, asked, months, now)
    local = now.astimezone(months[0].zone)
    return Report(
        sections[0].title if len(sections) == 1 else say.say(f"title_{asked.kind}"),
        asked.language,
        tuple(sections),
        say.page_of,
        say.say("made", moment=say.moment(local)),
        landscape=asked.kind != "statement",
        paper=asked.paper if asked.kind != "statement" else "A4",
    )


def _sections(
    tx: Transaction, say: Words, asked: Asked, months: Sequence[OfficeMonth], now: dt.datetime
) -> list[Section]:
    several = len(months) > 1
    match asked.kind:
        case "nominative":
            return [nominative(say, found) for found in months]
        case "presence":
            return [presence(say, found) for found in months]
        case "recap":
            return [recap(say, months)]
        case "discipline":
            return [discipline_list(say, found, _year(tx, found, now)) for found in months]
        case "manual":
            return [*([overview(say, months)] if several else []), *(manual(say, found) for found in months)]
        case "statement":
            return [statement(say, found, person) for found, person in _whose(asked, months)]


def _year(tx: Transaction, found: OfficeMonth, now: dt.datetime) -> dict[str, list[JudgedDay]]:
    """The days of everybody on the list, from the beginning of the year to the month's end."""
    people = [each.employee.person_id for each in found.people]
    year, last = found.month.year, found.month.last
    return judged_year(tx, found.office_id, year, gather.correction_days, now, last, people)


def _whose(asked: Asked, months: Sequence[OfficeMonth]) -> list[tuple[OfficeMonth, PersonMonth]]:
    found = [
        (month, person)
        for month in months
        for person in month.people
        if asked.person_id in (None, person.employee.person_id)
    ]
    if not found:
        raise NotFound("nobody asked for belongs to the office in that month", key="report_nobody")
    return found
