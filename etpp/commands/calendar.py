"""`etpp calendar`: when people work, as it is decided; and what a year could look like."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from etpp.base import asked, sheets
from etpp.base.clock import utc_now
from etpp.base.errors import Conflict
from etpp.calendar import importing, sheet
from etpp.calendar.api import named
from etpp.calendar.asked import Changes
from etpp.calendar.decide import Decided, decide
from etpp.calendar.documents import (
    calendar_shown,
    decided_shown,
    imported_shown,
    period_shown,
    plan_shown,
    proposals_shown,
)
from etpp.calendar.plan import Calendar
from etpp.calendar.proposals import propose_days_off, propose_ramadan
from etpp.calendar.rules import WEEKDAYS
from etpp.commands.activities import content_of
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.roster.plans import Around
from etpp.roster.register import OPERATOR

RAMADAN = ("mon-thu 08:00-15:00/30", "fri 08:00-15:30/60")
"""Perpres 21/2023: 32 h 30 a week from 08.00, breaks of 30 minutes and on Fridays 60."""

_HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)(?:/(\d{1,3}))?", re.ASCII)
_AROUND = Around()
_scope_option = click.option("--office", "scope", help="For it and all below it. Default: the whole regency.")


class _Refused(click.ClickException):
    exit_code = 65


@click.group("calendar")
def command() -> None:
    """Working hours, days off, occasions, shifts and rosters."""


@command.command("show")
@click.option("--office", help="What holds for it. Default: what was decided for the whole regency.")
@click.option("--year", type=click.IntRange(1990, 2076), help="Default: this one.")
@click.option("--days", nargs=2, metavar="FIRST LAST", help="The office's days between two dates instead.")
@pass_place
@as_json_option
def calendar_show(
    place: Place, office: str | None, year: int | None, days: tuple[str, str] | None, as_json: bool
) -> None:
    """What was decided, or what follows from it for an office's days."""
    if days is not None:
        if office is None:
            raise click.UsageError("--days needs an --office")
        first, last = (_day(each) for each in days)
        plans = place.read(named(lambda tx: Calendar(_AROUND.facts(tx, ())).office_days(office, first, last)[0]))
        rows = [plan_shown(plan).model_dump() for _, plan in plans]
        print_table(
            rows if as_json else [{**row, "occasions": len(row["occasions"])} for row in rows],
            ("date", "start_utc", "end_utc", "occasions", "source"),
            as_json,
        )
        return
    asked_year = year or utc_now().year

    def look(tx: Transaction) -> dict[str, Any]:
        facts = _AROUND.facts(tx, ())
        scopes = (None,) if office is None else Calendar(facts).lineage(office)
        return calendar_shown(facts, scopes, asked_year).model_dump()

    found = place.read(named(look))
    if as_json:
        print_values(found, as_json)
        return
    print_table(found["periods"], ("period_id", "scope", "first", "last", "season"), as_json)
    print_table(found["special_days"], ("special_id", "scope", "date", "name"), as_json)
    print_table(found["occasions"], ("occasion_id", "scope", "name", "first", "last"), as_json)
    print_table(found["shifts"], ("shift_id",), as_json)


@command.command("propose")
@click.argument("year", type=click.IntRange(1990, 2076))
@as_json_option
def calendar_propose(year: int, as_json: bool) -> None:
    """Public holidays, collective leave and Ramadan as they are expected. Nothing holds before `decide`."""
    found = proposals_shown(propose_days_off(year), propose_ramadan(year)).model_dump()
    if as_json:
        print_values(found, as_json)
        return
    print_table(found["days_off"], ("date", "name", "collective"), as_json)
    for first, last in found["ramadan"]:
        click.echo(f"Ramadan: {first} to {last}")


@command.command("decide")
@click.argument("year", type=click.IntRange(1990, 2076))
@click.option("--without", multiple=True, metavar="DATE", help="A proposed day that is worked.")
@click.option("--also", multiple=True, nargs=2, metavar="DATE NAME", help="A day off that was not proposed.")
@click.option("--no-collective", is_flag=True, help="Without collective leave.")
@click.option(
    "--ramadan", nargs=2, metavar="FIRST LAST", help="As the minister has decided it, with the usual hours of Ramadan."
)
@pass_place
@as_json_option
def calendar_decide(
    place: Place,
    year: int,
    without: tuple[str, ...],
    also: tuple[tuple[str, str], ...],
    no_collective: bool,
    ramadan: tuple[str, str] | None,
    as_json: bool,
) -> None:
    """Take a year's proposed days off over for the whole regency, as the joint decree has them."""
    left_out = {_day(date) for date in without}
    days = [
        {"date": day.date, "name": day.name}
        for day in propose_days_off(year)
        if day.date not in left_out and not (no_collective and day.collective)
    ]
    days += [{"date": _day(date), "name": name} for date, name in also]
    periods = []
    if ramadan is not None:
        first, last = ramadan
        periods = [{"first": first, "last": last, "season": "ramadan", "days": _week(RAMADAN, {})}]
    _decide(place, as_json, special_days=days, periods=periods)


@command.command("hours")
@click.argument("days", nargs=-1, required=True)
@_scope_option
@click.option("--first", required=True, help="From which day on.")
@click.option("--last", help="Until which day. Default: until further notice.")
@click.option("--ramadan", is_flag=True, help="Hours of Ramadan, which go before the usual ones.")
@click.option("--grace-late", type=int, default=0, help="Minutes late that are on time.")
@click.option("--grace-early", type=int, default=0, help="Minutes early that are on time.")
@click.option("--core", nargs=2, metavar="START END", help="Flexible hours with this core; needs --need.")
@click.option("--need", type=int, help="Minutes a day, without breaks, of flexible hours.")
@click.option("--end-previous", is_flag=True, help="End what holds until further notice on the day before.")
@pass_place
@as_json_option
def calendar_hours(
    place: Place,
    days: tuple[str, ...],
    scope: str | None,
    first: str,
    last: str | None,
    ramadan: bool,
    grace_late: int,
    grace_early: int,
    core: tuple[str, str] | None,
    need: int | None,
    end_previous: bool,
    as_json: bool,
) -> None:
    """Decide working hours: DAYS such as "mon-thu 07:30-16:00/60" "fri 07:30-16:30/90" (the break in minutes)."""
    more: dict[str, Any] = {"grace_late_minutes": grace_late, "grace_early_minutes": grace_early}
    if core is not None:
        more["core"] = list(core)
    if need is not None:
        more["need_minutes"] = need
    season = "ramadan" if ramadan else "usual"
    new = {"scope": scope, "first": first, "last": last, "season": season, "days": _week(days, more)}
    begins = _day(first)

    def ended(tx: Transaction) -> list[dict[str, Any]]:
        held = _AROUND.facts(tx, ()).periods
        open_ = [p for p in held if (p.scope, p.season, p.last) == (scope, season, None) and p.first < begins]
        return [
            period_shown(replace(each, last=begins - dt.timedelta(days=1))).model_dump(mode="json") for each in open_
        ]

    def work(tx: Transaction) -> Decided:
        periods = [*(ended(tx) if end_previous else ()), new]
        return decide(tx, asked.asked(Changes, by=OPERATOR, periods=periods), _AROUND, utc_now())

    _show(place.change(work), as_json)


@command.command("off")
@click.argument("date")
@click.argument("name")
@_scope_option
@click.option("--hours", help="Half a day, or work on a holiday: hours such as 07:30-11:30.")
@pass_place
@as_json_option
def calendar_off(place: Place, date: str, name: str, scope: str | None, hours: str | None, as_json: bool) -> None:
    """Decide one date by itself: off, or with hours of its own."""
    own = None if hours is None else _hours(hours)
    _decide(place, as_json, special_days=[{"scope": scope, "date": date, "name": name, "hours": own}])


@command.command("occasion")
@click.argument("occasion_id")
@click.argument("name")
@click.argument("window", nargs=2, metavar="FROM UNTIL")
@_scope_option
@click.option("--first", required=True)
@click.option("--last")
@click.option("--on", "weekdays", multiple=True, type=click.Choice(WEEKDAYS), help="Default: each working day.")
@click.option("--on-days-off", is_flag=True, help="Also when nobody works (17 August).")
@click.option("--for-shifts", is_flag=True, help="Also for people who work by roster.")
@click.option("--without", multiple=True, metavar="OFFICE")
@pass_place
@as_json_option
def calendar_occasion(
    place: Place,
    occasion_id: str,
    name: str,
    window: tuple[str, str],
    scope: str | None,
    first: str,
    last: str | None,
    weekdays: tuple[str, ...],
    on_days_off: bool,
    for_shifts: bool,
    without: tuple[str, ...],
    as_json: bool,
) -> None:
    """Decide an occasion at which everybody is to be seen: apel, upacara, a punch at noon."""
    new = {
        "occasion_id": occasion_id,
        "scope": scope,
        "name": name,
        "first": first,
        "last": last,
        "window": list(window),
        "weekdays": list(weekdays) or None,
        "on_days_off": on_days_off,
        "for_shifts": for_shifts,
        "without_offices": list(without),
    }
    _decide(place, as_json, occasions=[new])


@command.command("shift")
@click.argument("shift_id")
@click.argument("hours")
@pass_place
@as_json_option
def calendar_shift(place: Place, shift_id: str, hours: str, as_json: bool) -> None:
    """Decide a shift: HOURS such as 22:00-06:00/30; an end before the start lies on the next day."""
    _decide(place, as_json, shifts=[{"shift_id": shift_id, "hours": _hours(hours)}])


@command.command("withdraw")
@click.argument("kind", type=click.Choice(["periods", "special_days", "occasions", "shifts", "roster"]))
@click.argument("ids", nargs=-1, required=True)
@pass_place
@as_json_option
def calendar_withdraw(place: Place, kind: str, ids: tuple[str, ...], as_json: bool) -> None:
    """Take back what was decided, by the ids that `show` names."""
    _decide(place, as_json, withdrawn={kind: list(ids)})


@command.group("roster")
def roster() -> None:
    """Who works which shift, person by person."""


@roster.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--month", default="", help="Of headings that are the days 1 to 31, such as 2026-11.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--partial", is_flag=True, help="Take the rows without a fault although others have one.")
@pass_place
@as_json_option
def roster_import(place: Place, file: Path, month: str, dry_run: bool, partial: bool, as_json: bool) -> None:
    """Take a roster out of FILE: a row a person with a column a date, or a row a person, date and shift."""
    rows, span, now = sheets.asked(content_of(file), sheet.COLUMNS), asked.month(month), utc_now()
    found = place.change(
        lambda tx: importing.take(tx, rows, _AROUND, OPERATOR, now, span, dry_run=dry_run, partial=partial)
    )
    shown = imported_shown(found.decided, found.faults, found.done).model_dump()
    print_values(_short(shown, as_json), as_json)
    if found.faults:
        raise _Refused("\n".join(f"line {each.line}: {each.says}" for each in found.faults))


@roster.command("set")
@click.argument("person")
@click.argument("date")
@click.argument("shift")
@pass_place
@as_json_option
def roster_set(place: Place, person: str, date: str, shift: str, as_json: bool) -> None:
    """Give PERSON a SHIFT on a date; `off` for none."""
    day = {"person": person, "date": date, "shift_id": None if shift == "off" else shift}
    _decide(place, as_json, roster=[day])


@roster.command("only")
@click.argument("person")
@click.argument("first")
@click.argument("last", required=False)
@pass_place
@as_json_option
def roster_only(place: Place, person: str, first: str, last: str | None, as_json: bool) -> None:
    """From a date on PERSON works by roster alone: a date without a shift is off."""
    _decide(place, as_json, by_roster=[{"person": person, "first": first, "last": last}])


def _decide(place: Place, as_json: bool, **what: Any) -> None:
    changes = asked.asked(Changes, by=OPERATOR, **what)
    _show(place.change(lambda tx: decide(tx, changes, _AROUND, utc_now())), as_json)


def _show(decided: Decided, as_json: bool) -> None:
    print_values(_short(decided_shown(decided).model_dump(), as_json), as_json)


def _short(shown: dict[str, Any], as_json: bool) -> dict[str, Any]:
    if as_json:
        return shown
    damaged = "; ".join(f"{each['office_id']}: {each['reason']}" for each in shown["damaged"])
    return {**shown, "offices": len(shown["offices"]), "damaged": damaged, "faults": len(shown["faults"])}


def _week(days: Sequence[str], more: dict[str, Any]) -> dict[str, Any]:
    """`mon-thu 07:30-16:00/60` and the like to hours by weekday. Raises Conflict."""
    week: dict[str, Any] = {}
    for each in days:
        names, _, hours = each.partition(" ")
        first, _, last = names.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise Conflict(f"days: weekdays are {', '.join(WEEKDAYS)}")
        for name in WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last or first) + 1]:
            if name in week:
                raise Conflict(f"days: {name} stands twice")
            week[name] = {**_hours(hours.strip()), **more}
    return week


def _hours(text: str) -> dict[str, Any]:
    found = _HOURS.fullmatch(text)
    if found is None:
        raise Conflict("hours are written as 07:30-16:00, or with the break's minutes as 07:30-16:00/60")
    return {"start": found[1], "end": found[2], "break_minutes": int(found[3] or 0)}


def _day(text: str) -> dt.date:
    return asked.asked(_Day, date=text).date


class _Day(asked.Asked):
    date: asked.Date
