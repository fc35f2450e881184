"""The payment list (daftar nominatif): a person a row, each line of the statements a column. Pure.

The sum of what is paid is the total that was sealed, or the list is not made.
"""

from __future__ import annotations

from decimal import Decimal

from etpp.allowance.model import Policy, Statement
from etpp.base.errors import Conflict
from etpp.base.money import ZERO
from etpp.reports import common
from etpp.reports.model import Block, Cell, Column, Section, Table
from etpp.reports.months import Gone, OfficeMonth, PersonMonth
from etpp.reports.spelling import in_words
from etpp.reports.texts import Words


def nominative(say: Words, found: OfficeMonth) -> Section:
    """Raises Conflict where the list does not add up to the office's total."""
    table = _table(say, found)
    paid = table.totals[-2]
    if paid != found.total:
        raise Conflict(
            f"{found.month} of {found.office_id}: the list does not add up to its total; run `etpp audit`",
            key="list_contradicts",
        )
    blocks: list[Block] = [table, *_adjustments(say, found), common.signatures(say, found)]
    total = say.say("total_line", total=say.rupiah(found.total), words=in_words(found.total, say.code))
    return common.section(say, say.title_nominative, found, blocks, say.in_rupiah, total)


def line_keys(policy: Policy, statements: list[Statement]) -> tuple[list[str], list[str], list[str]]:
    """Keys of the statements' lines: components, what is taken off the allowance, what is taken off the gross.

    Of the second only those that took something off somebody.
    """
    components = [each.key for each in policy.components]
    last = ["tax", *(each.key for each in policy.premiums)]
    lines = [line for each in statements for line in each.lines]
    between = dict.fromkeys(line.key for line in lines if line.amount and line.key not in (*components, *last))
    return components, list(between), last


def line_name(say: Words, key: str) -> str:
    """What a line is called; a policy's own keys that the catalogue does not have are shown as they are."""
    head, _, source = key.partition(":")
    if head == "deduction":
        return say.say("deduction_of", source=say.of("lines", source))
    return say.of("lines", key)


def amount(statement: Statement, key: str) -> Decimal:
    return sum((line.amount for line in statement.lines if line.key == key), ZERO)


def base(statement: Statement) -> Decimal:
    """The base that a month's components are shares of, by working days; to the rupiah, for orientation."""
    for line in statement.lines:
        bases = [part for part in line.parts if part.key.startswith("base:")]
        if bases:
            whole = sum((each.amount * each.parts[0].amount for each in bases), ZERO)
            return (whole / (statement.working_days or 1)).quantize(Decimal(1))
    return ZERO


def _table(say: Words, found: OfficeMonth) -> Table:
    components, off, last = line_keys(found.policy, [each.statement for each in found.people])
    wide = 19.0
    columns = [
        Column(say.no, "count", 7),
        Column(say.name, "text", 38),
        Column(say.nip, "id", 29),
        Column(say.rank, "text", 10),
        Column(say.post, "text", 27),
        Column(say.job_class, "count", 11),
        Column(say.base, "rupiah", wide),
        *(Column(line_name(say, key), "rupiah", wide, say.components, sums=True) for key in components),
        *(Column(line_name(say, key), "rupiah", wide, say.deductions, sums=True) for key in off),
        Column(say.gross, "rupiah", wide, sums=True),
        *(Column(line_name(say, key), "rupiah", wide, say.taken_off, sums=True) for key in last),
        Column(say.net, "rupiah", wide, sums=True),
        Column(say.adjusted, "rupiah", 22, sums=True),
        Column(say.paid, "rupiah", 20, sums=True),
        Column(say.signature, "sign", 22),
    ]
    rows = [_row(say, found, each, [*components, *off], last) for each in found.people]
    rows += [_gone(say, found, each, len(components) + len(off), len(last)) for each in found.gone]
    return Table(
        tuple(columns),
        tuple((n, *row, say.say("sign_here", n=n)) for n, row in enumerate(rows, start=1)),
        foot=say.sum,
        empty=say.nobody,
    )


def _row(say: Words, found: OfficeMonth, person: PersonMonth, keys: list[str], last: list[str]) -> tuple[Cell, ...]:
    statement = person.statement
    adjusted = found.adjusted(person.employee.person_id)
    return (
        *_who(say, person),
        base(statement),
        *(amount(statement, key) for key in keys),
        statement.gross,
        *(amount(statement, key) for key in last),
        statement.net,
        adjusted,
        statement.net + adjusted,
    )


def _gone(say: Words, found: OfficeMonth, person: Gone, keys: int, last: int) -> tuple[Cell, ...]:
    adjusted = found.adjusted(person.employee.person_id)
    return (*_who(say, person), *[ZERO] * (keys + last + 3), adjusted, adjusted)


def _who(say: Words, person: PersonMonth | Gone) -> tuple[Cell, ...]:
    post = person.post
    return (
        common.name(say, person),
        common.number(person),
        common.rank(post),
        common.title(post),
        post.job_class if post is not None else None,
    )


def _adjustments(say: Words, found: OfficeMonth) -> list[Table]:
    if not found.adjustments:
        return []
    people: dict[str, PersonMonth | Gone] = {each.employee.person_id: each for each in found.people}
    people |= {each.employee.person_id: each for each in found.gone}
    columns = (
        Column(say.name, "text", 60),
        Column(say.nip, "id", 34),
        Column(say.of_month, "text", 34),
        Column(say.line, "text", 60),
        Column(say.because, "text", 70),
        Column(say.amount, "rupiah", 34, sums=True),
    )
    rows = [
        (
            common.name(say, people[each.person_id]),
            common.number(people[each.person_id]),
            say.month(each.month.first),
            line_name(say, each.key),
            because(say, each.because),
            each.amount,
        )
        for each in found.adjustments
    ]
    return [Table(columns, tuple(rows), title=say.adjustments, foot=say.sum)]


def because(say: Words, facts: tuple[str, ...]) -> str:
    """Which kinds of facts, and how many: 1 surat, 2 kehadiran."""
    kinds: dict[str, int] = {}
    for each in facts:
        kind = each.partition(":")[0]
        kinds[kind] = kinds.get(kind, 0) + 1
    return ", ".join(f"{n} {say.of('facts', kind)}" for kind, n in kinds.items())
