"""The kinds of tables that are brought: each room's own import, told in the same words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from etpp.absence import importing as letters
from etpp.absence import sheet as letters_sheet
from etpp.activities import bringing as entries
from etpp.activities import importing as catalogue
from etpp.activities import sheet as catalogue_sheet
from etpp.activities.model import Item, Weight
from etpp.activities.store import ITEMS, WEIGHTS
from etpp.allowance import scoring
from etpp.allowance.gather import entry_terms
from etpp.base.asked import month as month_asked
from etpp.base.money import plain
from etpp.base.sheets import Column, Row
from etpp.base.workbook import MAX_ROWS
from etpp.calendar import importing as shifts
from etpp.calendar import sheet as shifts_sheet
from etpp.calendar.model import RosterDay
from etpp.calendar.store import roster_days
from etpp.console.texts import Texts
from etpp.db import Transaction
from etpp.faces import moving
from etpp.imports.model import Line, Preview
from etpp.roster import imports, listing
from etpp.roster.assignments import Acting, Assignment
from etpp.roster.plans import Around
from etpp.roster.store import Offices, Roster

_AROUND = Around()


@dataclass(frozen=True, slots=True)
class Given:
    """What an import is asked: `partial` takes the lines without a fault although others have one; `take` records."""

    by: str
    now: dt.datetime
    month: str
    partial: bool
    take: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """`key`: in addresses and of its texts. `columns`: what a table has. `example`: where the list as it is now can be
    taken from, to be changed and brought back. `most`: rows of a table. `two`: what it brings is one half of
    what takes two people."""

    key: str
    columns: Sequence[Column]
    run: Callable[[Transaction, Sequence[Row], Given, Texts], Preview]
    example: str = ""
    by_month: bool = False
    most: int = MAX_ROWS
    two: bool = False


def _people(tx: Transaction, rows: Sequence[Row], given: Given, texts: Texts) -> Preview:
    if given.take:
        made, done = imports.take(tx, rows, Roster(tx).actor(given.by), given.now, given.partial)
        if done:
            moving.follow(tx, made.moved, given.now)
    else:
        made, done = imports.plan(tx, rows, given.now, given.partial), False
    names = {each.person_id: each.name for each in made.employees}
    missing = sorted({each.person_id for each in made.changes} - names.keys())
    names |= {person: each.name for person, each in Roster(tx).employees(missing).items()}
    offices = {each.office_id: each.name for each in Offices(tx).all()}
    lines = [
        Line(
            each.line,
            each.person_id,
            names.get(each.person_id, ""),
            each.kind,
            _post(each.was, offices, texts),
            _post(each.becomes, offices, texts),
        )
        for each in made.changes
    ]
    return Preview(tuple(lines), tuple(made.faults), done)


def _post(held: Assignment | Acting | None, offices: Mapping[str, str], texts: Texts) -> str:
    if held is None or not held.post_id:
        return ""
    rank = f", {held.rank}" if isinstance(held, Assignment) and held.rank else ""
    where = f" · {offices.get(held.office_id, held.office_id)}" if isinstance(held, Assignment) else ""
    return f"{held.post_id} ({held.job_class}{rank}){where} · {_span(held.first, held.last, texts)}"


def _catalogue(tx: Transaction, rows: Sequence[Row], given: Given, texts: Texts) -> Preview:
    held: list[Item | Weight] = [*ITEMS.find(tx), *WEIGHTS.find(tx)]
    known = {_key(each): each for each in held}
    found = catalogue.take(tx, rows, given.by, given.now, dry_run=not given.take, partial=given.partial)
    lines = []
    for each in found.plan.changes:
        kind = texts.imports_item if isinstance(each.fact, Item) else texts.imports_weight
        lines.append(
            Line(
                each.line,
                each.fact.item_id,
                f"{each.fact.item_id} · {kind}",
                "unchanged" if each.what == "same" else each.what,
                _fact(known.get(_key(each.fact)), texts),
                _fact(each.fact, texts),
            )
        )
    return Preview(tuple(lines), found.plan.faults, found.recorded)


def _key(fact: Item | Weight) -> tuple[object, ...]:
    return ("item", *ITEMS.key_of(fact)) if isinstance(fact, Item) else ("weight", *WEIGHTS.key_of(fact))


def _fact(fact: Item | Weight | None, texts: Texts) -> str:
    if fact is None:
        return ""
    span = _span(fact.first, fact.last, texts)
    if isinstance(fact, Item):
        return f"{fact.name} ({fact.unit}) · {span}"
    whom = fact.post_id or (texts.say("imports_class", number=fact.job_class) if fact.job_class is not None else "")
    return " · ".join(each for each in (texts.say("imports_points", points=plain(fact.points)), whom, span) if each)


def _shifts(tx: Transaction, rows: Sequence[Row], given: Given, texts: Texts) -> Preview:
    """What stands in the rosters is read before anything is recorded."""
    span = month_asked(given.month)
    tried = shifts.take(tx, rows, _AROUND, given.by, given.now, span, dry_run=True, partial=given.partial)
    days = tried.read.days
    people = sorted({day.person_id for day in days})
    held = {each.roster_id: each for person in people for each in _roster_of(tx, person, days)}
    names = {person: each.name for person, each in Roster(tx).employees(people).items()}
    done = tried.done
    if given.take:
        done = shifts.take(tx, rows, _AROUND, given.by, given.now, span, partial=given.partial).done
    lines = []
    for line, day in zip(tried.read.lines, days, strict=True):
        was = held.get(day.roster_id)
        change = "new" if was is None else "unchanged" if was.shift_id == day.shift_id else "changed"
        before = "" if was is None else was.shift_id or texts.calendar_off
        subject = f"{names.get(day.person_id, '')} · {texts.date(day.date)}"
        lines.append(Line(line, day.roster_id, subject, change, before, day.shift_id or texts.calendar_off))
    return Preview(tuple(lines), tried.faults, done)


def _roster_of(tx: Transaction, person_id: str, days: Sequence[RosterDay]) -> list[RosterDay]:
    dates = [day.date for day in days if day.person_id == person_id]
    first, last = min(dates), max(dates)
    return roster_days(tx, first, last, person_id, "", (last - first).days + 1)


def _letters(tx: Transaction, rows: Sequence[Row], given: Given, texts: Texts) -> Preview:
    found = letters.take(tx, rows, given.by, given.now, dry_run=not given.take, partial=given.partial)
    names = _names(tx, (each.person_id for each in found.lines))
    lines = []
    for each in found.lines:
        letter = each.letter
        first, until = (texts.moment(moment.astimezone(each.zone)) for moment in (letter.first_utc, letter.until_utc))
        says = f"{letter.number} · {texts.date(letter.date)} · {letter.issuer} · {first} – {until}"
        waits = f" · {texts.imports_file_later}" if each.needs_file else ""
        subject = f"{names.get(each.person_id, '')} · {each.kind}{waits}"
        lines.append(_line(each.line, letter.letter_id, subject, each.known, says))
    return Preview(tuple(lines), found.faults, found.recorded)


def _entries(tx: Transaction, rows: Sequence[Row], given: Given, texts: Texts) -> Preview:
    found = entries.take(tx, rows, given.by, entry_terms, given.now, dry_run=not given.take, partial=given.partial)
    names = _names(tx, (each.entry.person_id for each in found.lines))
    lines = []
    for each in found.lines:
        entry = each.entry
        # The note is the author's own: it is shown here, and not kept in the audit log.
        subject = " · ".join(
            part for part in (names.get(entry.person_id, ""), texts.date(entry.date), entry.note) if part
        )
        says = f"{each.item} · {texts.say('imports_quantity', quantity=plain(entry.quantity))}"
        lines.append(_line(each.line, entry.entry_id, subject, each.known, says))
    return Preview(tuple(lines), found.faults, found.recorded)


def _scores(tx: Transaction, rows: Sequence[Row], given: Given, texts: Texts) -> Preview:
    found = scoring.take(tx, rows, given.by, given.now, dry_run=not given.take, partial=given.partial)
    names = {each.office_id: each.name for each in Offices(tx).all()}
    lines = []
    for each in found.lines:
        score, before = each.score, each.before
        was = "" if before is None else f"{plain(before.percent)} %"
        change = "unchanged" if each.known else "new" if before is None else "changed"
        subject = f"{names[score.office_id]} · {texts.month_of(score.month.first)}"
        lines.append(
            Line(each.line, f"{score.office_id}:{score.month}", subject, change, was, f"{plain(score.percent)} %")
        )
    return Preview(tuple(lines), found.faults, found.recorded)


def _names(tx: Transaction, people: Iterable[str]) -> dict[str, str]:
    """In pages: a table has more people than a question has parameters."""
    asked, found = sorted(set(people)), dict[str, str]()
    for start in range(0, len(asked), 1000):
        found |= {person: each.name for person, each in Roster(tx).employees(asked[start : start + 1000]).items()}
    return found


def _line(line: int, about: str, subject: str, known: bool, says: str) -> Line:
    """Of what is only ever added: it is new, or it is there."""
    return Line(line, about, subject, "unchanged" if known else "new", says if known else "", says)


def _span(first: dt.date, last: dt.date | None, texts: Texts) -> str:
    return f"{first.isoformat()} – {texts.until_further if last is None else last.isoformat()}"


KINDS = {
    each.key: each
    for each in (
        Kind("people", listing.COLUMNS, _people, "/v1/admin/roster.xlsx"),
        Kind("catalogue", catalogue_sheet.COLUMNS, _catalogue, "/v1/admin/activities/catalogue.xlsx"),
        Kind("shifts", shifts_sheet.COLUMNS, _shifts, by_month=True),
        Kind("letters", letters_sheet.COLUMNS, _letters, two=True),
        Kind("entries", entries.COLUMNS, _entries, most=entries.MOST_ROWS, two=True),
        Kind("scores", scoring.COLUMNS, _scores, two=True),
    )
}
