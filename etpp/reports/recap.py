"""The recapitulation of a month's allowance: by office, by grade, and as pictures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from etpp.base.money import ZERO
from etpp.reports import common
from etpp.reports.figures import arrivals, components, lateness
from etpp.reports.model import Block, Cell, Column, Section, Table
from etpp.reports.months import OfficeMonth, PersonMonth
from etpp.reports.nominative import amount, line_keys
from etpp.reports.texts import Words

_LEVELS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII")


def recap(say: Words, months: Sequence[OfficeMonth]) -> Section:
    """Of one office or of several, of one month."""
    first = months[0]
    people = [each for found in months for each in found.people]
    blocks: list[Block] = [
        _by_office(say, months),
        _by_grade(say, months),
        components(say, people, months),
        arrivals(say, months),
        lateness(say, months),
    ]
    where = first.name if len(months) == 1 else say.say("offices", n=len(months))
    closed = all(found.closed for found in months)
    open_ones = [found.name for found in months if not found.closed]
    lines = () if closed else (say.say("open_offices", names=", ".join(open_ones)),)
    foot = tuple(f"{found.name}: {common.foot(say, found)}" for found in months) if len(months) < 4 else ()
    return Section(
        say.recap,
        f"{say.title_recap} – {where} – {say.month(first.month.first)}",
        lines,
        tuple(blocks),
        "" if closed else say.not_closed,
        foot,
    )


def _by_office(say: Words, months: Sequence[OfficeMonth]) -> Table:
    rows = []
    for found in months:
        sums = _sums(found.people, [found])
        adjusted = sum((each.amount for each in found.adjustments), ZERO)
        rows.append((found.name, say.of("states", found.state), *sums, adjusted, found.total))
    return Table(
        (
            Column(say.office, "text", 62),
            Column(say.state, "text", 26),
            *_columns(say),
            Column(say.adjusted, "rupiah", 32, sums=True),
            Column(say.paid, "rupiah", 36, sums=True),
        ),
        tuple(rows),
        title=say.by_office,
        foot=say.sum,
    )


def _by_grade(say: Words, months: Sequence[OfficeMonth]) -> Table:
    grades: dict[str, list[PersonMonth]] = {}
    for found in months:
        for person in found.people:
            grades.setdefault(common.grade(say, person.post), []).append(person)
    rows: list[tuple[Cell, ...]] = [(grade, *_sums(grades[grade], months)) for grade in sorted(grades, key=_level)]
    return Table(
        (Column(say.grade, "text", 40), *_columns(say)),
        tuple(rows),
        title=say.by_grade,
        foot=say.sum,
        empty=say.nobody,
    )


def _columns(say: Words) -> tuple[Column, ...]:
    return (
        Column(say.people, "count", 18, sums=True),
        Column(say.earned, "rupiah", 36, sums=True),
        Column(say.deductions, "rupiah", 32, sums=True),
        Column(say.gross, "rupiah", 36, sums=True),
        Column(say.taken_off, "rupiah", 32, sums=True),
        Column(say.net, "rupiah", 36, sums=True),
    )


def _sums(people: Iterable[PersonMonth], months: Sequence[OfficeMonth]) -> tuple[Cell, ...]:
    people = list(people)
    statements = [each.statement for each in people]
    earned, off, taken = set[str](), set[str](), set[str]()
    for found in months:
        for keys, more in zip((earned, off, taken), line_keys(found.policy, statements), strict=True):
            keys.update(more)

    def of(keys: set[str]) -> Decimal:
        return sum((amount(each, key) for each in statements for key in keys), ZERO)

    gross = sum((each.gross for each in statements), ZERO)
    net = sum((each.net for each in statements), ZERO)
    return (len(people), of(earned), of(off - earned - taken), gross, of(taken), net)


def _level(grade: str) -> tuple[bool, int, str]:
    """PNS before PPPK, the highest first, whoever has none last."""
    level = grade.rpartition(" ")[2]
    return grade.startswith("PPPK"), -(_LEVELS.index(level) if level in _LEVELS else -1), grade
