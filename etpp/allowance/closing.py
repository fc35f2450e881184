"""A closed month as it is kept beside what was sealed: what it takes to come to the same once more. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from etpp.allowance.model import Month
from etpp.allowance.seal import SealedMonth
from etpp.presence.model import OfficeReports


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a closing knew of the months before it. `reports`: those of offices that differ from the closed month's own.
    `open`: (person, month) of whose statement something was still undecided when it was made anew. `decisions`: whether
    its adjustments name what was decided anew of their rules; those of the first releases do not."""

    reports: Mapping[Month, tuple[OfficeReports, ...]]
    open: frozenset[tuple[str, Month]]
    decisions: bool = False


class Closed(NamedTuple):
    """A closed month in brief. `despite`: whether something was open. `earlier`: None before release 0014's tables."""

    office_id: str
    month: Month
    as_of_utc: dt.datetime
    policy_sha256: str
    despite: bool
    earlier: Earlier | None


@dataclass(frozen=True, slots=True)
class Closing:
    """A closed month of an office as it is kept: what was sealed, and what it takes to come to the same once more.

    `as_of_utc`: up to when facts counted. `reports`: what the books could say of the offices then, and
    `earlier` for the months that were adjusted. `signature`: by the server's key `key_id`, over the month's hash.
    """

    sealed: SealedMonth
    as_of_utc: dt.datetime
    policy_sha256: str
    reports: tuple[OfficeReports, ...]
    earlier: Earlier | None
    key_id: str
    signature: bytes
    closed_by: str

    def reports_of(self, month: Month) -> tuple[OfficeReports, ...]:
        """What the books could say of the offices for a month, this one or an earlier one."""
        found = {each.office_id: each for each in self.reports}
        if self.earlier is not None:
            found |= {each.office_id: each for each in self.earlier.reports.get(month, ())}
        return tuple(found.values())


def report_json(report: OfficeReports) -> list[str | None]:
    first_day = None if report.first_day is None else report.first_day.isoformat()
    return [report.office_id, first_day, None if report.reported_utc is None else report.reported_utc.isoformat()]


def report_of(row: list[Any]) -> OfficeReports:
    office_id, first_day, reported = row
    return OfficeReports(
        office_id,
        None if first_day is None else dt.date.fromisoformat(first_day),
        None if reported is None else dt.datetime.fromisoformat(reported),
    )


def earlier_json(earlier: Earlier) -> dict[str, Any]:
    return {
        "reports": {str(month): [report_json(each) for each in found] for month, found in earlier.reports.items()},
        "open": [[person, str(month)] for person, month in sorted(earlier.open)],
        "decisions": earlier.decisions,
    }


def earlier_of(kept: Mapping[str, Any]) -> Earlier:
    reports = {Month.of(month): tuple(report_of(each) for each in found) for month, found in kept["reports"].items()}
    left_open = frozenset((person, Month.of(month)) for person, month in kept["open"])
    return Earlier(reports, left_open, kept.get("decisions", False))
