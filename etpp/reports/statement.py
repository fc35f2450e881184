"""One person's month: the amounts, why each is what it is, and the days. Pure; it shows nothing of anybody else."""

from __future__ import annotations

from dataclasses import replace

from etpp.allowance.seal import statement_hash
from etpp.reports import common
from etpp.reports.figures import components
from etpp.reports.model import Block, Cell, Column, Facts, Reasons, Section, Sentence, Table
from etpp.reports.months import OfficeMonth, PersonMonth
from etpp.reports.nominative import because, line_name
from etpp.reports.presence import LETTER, MANUAL, clock, fault_name, mark
from etpp.reports.sentences import Sentences
from etpp.reports.texts import Words


def statement(say: Words, found: OfficeMonth, person: PersonMonth) -> Section:
    mine = person.statement
    why = Sentences(say, found, person)
    blocks: list[Block] = [
        _who(say, found, person),
        amounts(say, found, person),
        replace(components(say, [person], [found]), told=True),
        Reasons(say.why, tuple(why.all())),
    ]
    by_hand = tuple(why.by_hand())
    if by_hand:
        blocks.append(Reasons(say.by_hand, by_hand))
    if mine.open:
        blocks.append(Reasons(say.still_open, tuple(why.open())))
    blocks.append(days(say, found, person))
    blocks.append(Reasons(say.wrong, (Sentence(say.wrong_what, 1),)))
    name = common.name(say, person)
    return Section(
        name,
        f"{say.title_statement} – {say.month(found.month.first)}",
        (say.say("policy_line", policy=found.policy.title, state=say.of("states", found.state)),),
        tuple(blocks),
        common.stamp(say, found),
        (say.say("foot_statement", hash=statement_hash(mine)), common.foot(say, found)),
    )


def _who(say: Words, found: OfficeMonth, person: PersonMonth) -> Facts:
    post = person.post
    return Facts(
        (
            (say.name, common.name(say, person)),
            (say.nip, common.number(person)),
            (say.rank, common.rank(post)),
            (say.post, common.title(post)),
            (say.job_class, str(post.job_class)),
            (say.office, found.name),
        )
    )


def amounts(say: Words, found: OfficeMonth, person: PersonMonth) -> Table:
    """The statement's lines, with their sums."""
    mine = person.statement
    rows: list[tuple[Cell, ...]] = []
    last = {"tax", *(each.key for each in found.policy.premiums)}
    for line in mine.lines:
        if line.key not in last:
            rows.append((line_name(say, line.key), line.rule, line.amount))
    sums = [len(rows)]
    rows.append((say.gross, "", mine.gross))
    rows += [(line_name(say, line.key), line.rule, line.amount) for line in mine.lines if line.key in last]
    sums.append(len(rows))
    rows.append((say.net, "", mine.net))
    paid = mine.net
    for each in found.adjustments:
        if each.person_id == person.employee.person_id:
            what = say.say("adjusted_line", month=say.month(each.month.first), line=line_name(say, each.key))
            why = because(say, each.because)
            rows.append((f"{what} ({why})" if why else what, each.rule, each.amount))
            paid += each.amount
    sums.append(len(rows))
    rows.append((say.paid, "", paid))
    columns = (Column(say.line, "text", 92), Column(say.rule, "text", 50), Column(say.amount, "rupiah", 40))
    return Table(columns, tuple(rows), title=say.amounts, strong=frozenset(sums))


def days(say: Words, found: OfficeMonth, person: PersonMonth) -> Table:
    """Each day that was worked or should have been, with its verdict."""
    rows: list[tuple[Cell, ...]] = []
    for day in person.service.days:
        if day.status == "outside" or (day.status == "day_off" and day.arrival is None):
            continue
        arrival, departure = (None if each is None else each.at_utc for each in (day.arrival, day.departure))
        verdict = ", ".join(fault_name(say, fault) for fault in day.faults)
        rows.append(
            (
                f"{say.weekday(day.date)}, {day.date.day}",
                clock(say, arrival, found),
                clock(say, departure, found),
                mark(say, day, person),
                verdict or say.of("day_states", "day_off" if not day.works else day.status),
            )
        )
    columns = (
        Column(say.date_title, "text", 24),
        Column(say.arrival, "text", 22),
        Column(say.departure, "text", 22),
        Column(say.mark, "mark", 16),
        Column(say.what, "text", 98),
    )
    note = say.say("days_note", manual=MANUAL, letter=LETTER)
    return Table(columns, tuple(rows), title=say.days, note=note, empty=say.days_none)
