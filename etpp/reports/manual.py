"""Manual entries and corrections of an office's month, and how many each person wrote or decided. Pure.

Auditors begin here: what people wrote down in place of a terminal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from etpp.presence.decided import manual_counts
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry
from etpp.reports import common
from etpp.reports.model import Cell, Column, Section, Table
from etpp.reports.months import OfficeMonth, PersonMonth
from etpp.reports.texts import Words


def manual(say: Words, found: OfficeMonth) -> Section:
    blocks = [_entries(say, found), _corrections(say, found), _by_decider(say, found)]
    return common.section(say, say.title_manual, found, blocks, _counted(say, found))


def overview(say: Words, months: Sequence[OfficeMonth]) -> Section:
    """How many each office has."""
    rows: list[tuple[Cell, ...]] = []
    for found in months:
        entries = [manual_counts(entry) for _, entry in _found_entries(found)]
        states = Counter(state for _, _, _, state in _found_corrections(found))
        rows.append((found.name, len(found.people), len(entries), sum(entries), *(states[each] for each in _STATES)))
    columns = (
        Column(say.office, "text", 80),
        Column(say.people, "count", 22, sums=True),
        Column(say.written, "count", 26, say.manual_entries, sums=True),
        Column(say.counting, "count", 26, say.manual_entries, sums=True),
        *(Column(say.of("decisions", each), "count", 26, say.corrections, sums=True) for each in _STATES),
    )
    title = f"{say.title_manual} – {say.say('offices', n=len(months))} – {say.month(months[0].month.first)}"
    return Section(say.recap, title, (), (Table(columns, tuple(rows), foot=say.sum),))


_STATES = ("approved", "refused", "undecided")


def _found_entries(found: OfficeMonth) -> Iterator[tuple[PersonMonth, ManualEntry]]:
    for person in found.people:
        for entry in sorted(person.facts.manual_entries, key=lambda e: (e.at_utc, e.entry_id)):
            if found.month.first <= common.local_date(entry.at_utc, found) <= found.month.last:
                yield person, entry


def _found_corrections(
    found: OfficeMonth,
) -> Iterator[tuple[PersonMonth, Correction, CorrectionDecision | None, str]]:
    for person in found.people:
        for correction in person.facts.corrections:
            if not found.month.first <= correction.date <= found.month.last:
                continue
            decision = last_decision(correction, person.facts.correction_decisions)
            state = "undecided" if decision is None else "approved" if decision.approved else "refused"
            yield person, correction, decision, state


def last_decision(correction: Correction, decisions: Iterable[CorrectionDecision]) -> CorrectionDecision | None:
    """The one that counts: the latest of somebody who may decide."""
    barred = (correction.person_id, correction.proposed_by)
    mine = [d for d in decisions if d.correction_id == correction.correction_id and d.by not in barred]
    return max(mine, key=lambda d: (d.decided_utc, d.decision_id), default=None)


def _entries(say: Words, found: OfficeMonth) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            n,
            common.name(say, person),
            common.number(person),
            common.local_date(entry.at_utc, found),
            say.time(entry.at_utc.astimezone(found.zone)),
            entry.reason,
            found.name_of(entry.entered_by),
            say.moment(entry.entered_utc.astimezone(found.zone)),
            "–" if entry.confirmed_by is None else found.name_of(entry.confirmed_by),
            say.yes if manual_counts(entry) else say.no_word,
        )
        for n, (person, entry) in enumerate(_found_entries(found), start=1)
    ]
    columns = (
        Column(say.no, "count", 8),
        Column(say.name, "text", 46),
        Column(say.nip, "id", 33),
        Column(say.date_title, "date", 27),
        Column(say.clock_title, "text", 13),
        Column(say.reason, "text", 60),
        Column(say.entered_by, "text", 36),
        Column(say.entered_at, "text", 32),
        Column(say.confirmed_by, "text", 36),
        Column(say.counts, "text", 15),
    )
    return Table(columns, tuple(rows), title=say.manual_entries, empty=say.manual_none)


def _corrections(say: Words, found: OfficeMonth) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for person, correction, decision, state in _found_corrections(found):
        at = correction.at_utc
        rows.append(
            (
                len(rows) + 1,
                common.name(say, person),
                common.number(person),
                correction.date,
                say.of("parts", correction.part),
                "–" if at is None else say.time(at.astimezone(found.zone)),
                correction.reason,
                found.name_of(correction.proposed_by),
                "–" if decision is None else found.name_of(decision.by),
                "–" if decision is None else say.moment(decision.decided_utc.astimezone(found.zone)),
                say.of("decisions", state),
            )
        )
    columns = (
        Column(say.no, "count", 8),
        Column(say.name, "text", 44),
        Column(say.nip, "id", 33),
        Column(say.date_title, "date", 26),
        Column(say.part, "text", 24),
        Column(say.clock_title, "text", 13),
        Column(say.reason, "text", 54),
        Column(say.proposed_by, "text", 33),
        Column(say.decided_by, "text", 33),
        Column(say.decided_at, "text", 30),
        Column(say.state, "text", 20),
    )
    return Table(columns, tuple(rows), title=say.corrections, empty=say.corrections_none)


def _by_decider(say: Words, found: OfficeMonth) -> Table:
    did: dict[str, Counter[str]] = {}

    def count(who: str | None, what: str) -> None:
        if who is not None:
            did.setdefault(who, Counter())[what] += 1

    for _, entry in _found_entries(found):
        count(entry.entered_by, "entered")
        count(entry.confirmed_by, "confirmed")
    for _, correction, decision, state in _found_corrections(found):
        count(correction.proposed_by, "proposed")
        count(None if decision is None else decision.by, state)
    shown = sorted((found.name_of(who), who) for who in did)
    kinds = ("entered", "confirmed", "proposed", "approved", "refused")
    columns = (
        Column(say.who, "text", 70),
        *(Column(say.of("did", each), "count", 30, sums=True) for each in kinds),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple((name, *(did[who][each] for each in kinds)) for name, who in shown)
    return Table(columns, rows, title=say.by_decider, foot=say.sum if rows else "", empty=say.nobody_decided)


def _counted(say: Words, found: OfficeMonth) -> str:
    entries = list(_found_entries(found))
    corrections = list(_found_corrections(found))
    people = {person.employee.person_id for person, _ in entries}
    return say.say("manual_line", entries=len(entries), people=len(people), corrections=len(corrections))
