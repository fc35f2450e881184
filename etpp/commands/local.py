"""What commands on people's days take: local times, who acts, months, pages."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import click
from pydantic import TypeAdapter, ValidationError

from etpp.allowance.model import Month
from etpp.base.asked import MOST_ROWS, Who
from etpp.base.errors import Problem
from etpp.base.shapes import explain
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.hours import REGENCY_ZONE, month_bounds, zone

_WHO: TypeAdapter[str] = TypeAdapter(Who)
MINUTE = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
"""A local time, to the minute."""
SECOND = click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"])
DATE = click.DateTime(["%Y-%m-%d"])


def MONTH(text: str) -> Month:  # noqa: N802 - a type of click's, beside its INT and STRING
    """A month such as 2026-11."""
    try:
        return Month.of(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def WHO(text: str) -> str:  # noqa: N802 - as MONTH
    """Who acts, in the form that the records have of them: what is longer or otherwise fits into no column."""
    try:
        return _WHO.validate_python(text)
    except ValidationError as error:
        raise click.BadParameter(explain(error)) from error


by_option = click.option("--by", type=WHO, required=True, help="Who says so: the person's id or name in the records.")
reason_option = click.option("--reason", required=True, help="Why, in a sentence.")
office_option = click.option("--office", "office_id", help="Default: every office.")


def as_bounds(month: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    """From when until when, in UTC."""
    try:
        return month_bounds(month)
    except Problem as problem:
        raise click.BadParameter(problem.detail) from problem


month_option = click.option("--month", default="", help="A month such as 2026-11. Default: all.")
after_option = click.option("--after", default="", help="The id that the page before ended with.")
limit_option = click.option("--limit", type=click.IntRange(1, MOST_ROWS), default=100, show_default=True)


def utc_of(tx: Transaction, local: dt.datetime, office_id: str | None) -> dt.datetime:
    """By the clock of the office, or of the regency without one. Raises NotFound."""
    where = ZoneInfo(REGENCY_ZONE) if office_id is None else zone(register.office(tx, office_id))
    return local.replace(tzinfo=where).astimezone(dt.UTC)
