"""Why somebody's month is what it is, in sentences: each line of the statement and what it follows from. Pure.

A sentence names local times, numbers of letters and decisions, and nobody but the person: other people of a letter, or
whoever decided, are in the reports of the office.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from etpp.absence.model import Letter
from etpp.allowance.model import Line
from etpp.presence.model import Correction, JudgedDay
from etpp.reports.manual import last_decision
from etpp.reports.model import Sentence
from etpp.reports.months import OfficeMonth, PersonMonth
from etpp.reports.nominative import line_name
from etpp.reports.presence import fault_name, kind_name
from etpp.reports.texts import Words


class Sentences:
    """Of one person's month."""

    def __init__(self, say: Words, found: OfficeMonth, person: PersonMonth) -> None:
        self._say = say
        self._found = found
        self._person = person
        facts = person.facts
        self._events = {each.event_id: each.utc for each in facts.punches}
        self._events |= {each.event_id: each.utc for each in facts.time_decisions}
        self._held = {each.event_id: each.utc for each in facts.held}
        self._manual = {each.entry_id: each for each in facts.manual_entries}
        self._letters = {each.letter_id: each for each in facts.letters}
        self._corrections = {each.correction_id: each for each in facts.corrections}
        self._entries = {each.entry_id: each for each in facts.entries}
        self._sanctions = {each.sanction_id: each for each in facts.sanctions}
        self._scores = {each.score_id: each for each in facts.regency.scores.values()}

    def all(self) -> Iterator[Sentence]:
        """In the order in which the month was reckoned."""
        say, statement = self._say, self._person.statement
        entitled, working = statement.entitled_days, statement.working_days
        yield Sentence(say.say("why_days", entitled=entitled, working=working))
        for line in statement.lines:
            yield Sentence(self._headline(line))
            yield from self._parts(line, self._component_key(line))
        yield Sentence(say.say("why_net", gross=say.rupiah(statement.gross), net=say.rupiah(statement.net)))

    def open(self) -> Iterator[Sentence]:
        """What somebody must still decide, or a terminal report."""
        for each in self._person.statement.open:
            what, _, key = each.partition(":")
            yield Sentence(self._say.say(f"open_{what}", what=self._open(what, key)), 1)

    def by_hand(self) -> Iterator[Sentence]:
        """Manual entries and corrections that the month rests on."""
        say = self._say
        for entry_id in self._person.statement.manual:
            entry = self._manual.get(entry_id)
            if entry is not None:
                at = entry.at_utc.astimezone(self._found.zone)
                yield Sentence(say.say("by_hand_manual", moment=self._at(at), reason=entry.reason), 1)
        for correction in sorted(self._corrections.values(), key=lambda c: (c.date, c.correction_id)):
            if not self._found.month.first <= correction.date <= self._found.month.last:
                continue
            decision = last_decision(correction, self._person.facts.correction_decisions)
            state = "undecided" if decision is None else "approved" if decision.approved else "refused"
            decided = "" if decision is None else say.plain_date(self._local(decision.decided_utc).date())
            yield Sentence(
                say.say(
                    f"by_hand_{state}",
                    part=say.of("parts", correction.part),
                    date=say.date(correction.date),
                    to=self._corrected_to(correction),
                    reason=correction.reason,
                    proposed=say.plain_date(self._local(correction.proposed_utc).date()),
                    decided=decided,
                ),
                1,
            )

    def day(self, day: JudgedDay) -> Iterator[str]:
        """Why a day was judged as it was: faults, what letters excused, what was written by hand, what does not count
        yet."""
        say = self._say
        for fault in day.faults:
            yield f"{fault_name(say, fault)}{self._why(fault.because, fault.kind, day.date)}."
        if day.whole_day is not None:
            yield from (each for fact in day.whole_day[1] if (each := self._fact(f"letter:{fact}")))
        for excused in day.excused:
            why = self._why(excused.because)
            yield say.say("why_excused", what=say.of("faults", excused.kind), date=say.date(day.date), why=why)
        for entry_id in day.manual:
            if entry_id in self._manual:
                entry = self._manual[entry_id]
                at = self._at(self._local(entry.at_utc))
                yield say.say("by_hand_manual", moment=at, reason=entry.reason)
        for at_utc in sorted(self._held.values()):
            if self._local(at_utc).date() == day.date:
                yield say.say("why_held", moment=self._at(self._local(at_utc)))

    # ---------------------------------------------------------------- lines

    def _headline(self, line: Line) -> str:
        say = self._say
        rule = line.rule.partition("#")[2]
        return say.say("why_line", name=line_name(say, line.key), amount=say.rupiah(line.amount), rule=rule)

    def _component_key(self, line: Line) -> str | None:
        return line.key if line.key in {each.key for each in self._found.policy.components} else None

    def _parts(self, line: Line, component: str | None) -> Iterator[Sentence]:
        say = self._say
        if component is not None:
            share = next(each.share for each in self._found.policy.components if each.key == component)
            yield Sentence(say.say("why_share", share=say.number(share)), 1)
        for part in line.parts:
            yield from self._part(part)
        for each in line.because:
            sentence = self._fact(each)
            if sentence:
                yield Sentence(sentence, 1)

    def _part(self, part: Line) -> Iterator[Sentence]:
        say, (head, _, rest) = self._say, part.key.partition(":")
        match head:
            case "base":
                days = part.parts[0].amount if part.parts else Decimal(0)
                acting = any(each.startswith("acting:") for each in part.because)
                key = "why_acting" if acting else "why_base"
                yield Sentence(say.say(key, job_class=rest, amount=say.rupiah(part.amount), days=days), 1)
            case "score":
                key = "why_score" if part.because else "why_no_score"
                yield Sentence(say.say(key, percent=say.number(part.amount)), 1)
            case "points":
                yield from self._points(part)
            case "ceiling":
                yield Sentence(say.say("why_ceiling", points=say.number(part.amount)), 1)
                for each in part.parts:
                    yield from self._fault(each)
            case "target":
                yield Sentence(say.say("why_target", points=say.number(part.amount)), 1)
            case "percent":
                yield Sentence(say.say("why_percent", percent=say.number(part.amount)), 1)
            case "day":  # a share of a long absence that is not paid
                yield Sentence(
                    say.say(
                        "why_unpaid",
                        date=say.date(dt.date.fromisoformat(rest)),
                        percent=say.number(part.amount),
                        why=self._why(part.because),
                    ),
                    1,
                )
            case _ if any(each.startswith("sanction:") for each in part.because):
                sanction = self._sanctions.get(part.because[0].partition(":")[2])
                period = "" if sanction is None else self._period(sanction.first, sanction.last)
                percent = say.number(part.amount)
                yield Sentence(say.say("why_sanction", document=part.key, percent=percent, period=period), 1)
            case _:
                yield from self._fault(part)

    def _points(self, points: Line) -> Iterator[Sentence]:
        say = self._say
        days = [each for each in points.parts if each.key.startswith("day:")]
        whole = sum((each.amount for each in days), Decimal(0))
        given = [each for each in days if any(fact.startswith("letter:") for fact in each.because)]
        cut = [each for each in days if each.parts]
        yield Sentence(
            say.say(
                "why_points",
                points=say.number(whole),
                days=len(days),
                entries=sum(len([f for f in each.because if f.startswith("entry:")]) for each in days),
            ),
            1,
        )
        for day in given:
            date = say.date(dt.date.fromisoformat(day.key.partition(":")[2]))
            why = self._why(day.because)
            yield Sentence(say.say("why_given", date=date, points=say.number(day.amount), why=why), 2)
        for day in cut:
            date = say.date(dt.date.fromisoformat(day.key.partition(":")[2]))
            entered = say.number(day.parts[0].amount)
            yield Sentence(say.say("why_cut", date=date, entered=entered, points=say.number(day.amount)), 2)
        faults = [each for each in points.parts if not each.key.startswith("day:")]
        for each in faults:
            yield from self._fault(each)
        if points.amount != whole:
            left, off = say.number(points.amount), say.number(whole - points.amount)
            yield Sentence(say.say("why_after", points=left, off=off), 1)

    def _fault(self, line: Line) -> Iterator[Sentence]:
        """A fault with its price, or what a letter excused."""
        say = self._say
        head, _, rest = line.key.rpartition(":")
        date, kind = dt.date.fromisoformat(rest), head.removeprefix("excused:")
        if kind != head:
            what, why = say.of("faults", kind), self._why(line.because)
            yield Sentence(say.say("why_excused", what=what, date=say.date(date), why=why), 2)
            return
        minutes = line.parts[0].amount if line.parts else None
        what = say.of("faults", kind)
        if minutes is not None:
            what = say.say("by_minutes", what=what, minutes=say.number(minutes))
        unit = "%" if line.unit == "percent" else say.of("units", line.unit)
        cost = say.say("costs", amount=say.number(line.amount), unit=unit) if line.amount else say.costs_nothing
        why, rule = self._why(line.because, kind, date), line.rule.partition("#")[2]
        yield Sentence(say.say("why_fault", what=what, date=say.date(date), why=why, cost=cost, rule=rule), 2)

    # ---------------------------------------------------------------- facts

    def _why(self, because: tuple[str, ...], kind: str = "", date: dt.date | None = None) -> str:
        """What it follows from, in brackets; "" when that says nothing more."""
        found = [words for each in because if (words := self._fact(each, kind, date))]
        due = self._due(kind, date)
        if due:
            found.append(due)
        return f" ({'; '.join(found)})" if found else ""

    def _fact(self, fact: str, kind: str = "", date: dt.date | None = None) -> str:
        say, (what, _, key) = self._say, fact.partition(":")
        match what:
            case "event" if key in self._manual:
                return say.say("fact_manual", time=self._clock(self._manual[key].at_utc, date))
            case "event" if key in self._events:
                return say.say("fact_event", time=self._clock(self._events[key], date))
            case "correction" if key in self._corrections:
                correction = self._corrections[key]
                return say.say("fact_correction", to=self._corrected_to(correction), reason=correction.reason)
            case "letter" if key in self._letters:
                return self._letter(self._letters[key])
            case "score" if key in self._scores:
                return ""
            case "calendar" if kind == "occasion" and date is not None:
                return self._occasion(key, date)
        return ""

    def _letter(self, letter: Letter) -> str:
        say, zone = self._say, self._found.zone
        first, until = letter.first_utc.astimezone(zone), letter.until_utc.astimezone(zone)
        last = until - dt.timedelta(minutes=1)
        whole = first.time() == until.time() == dt.time()
        if whole:
            period = self._period(first.date(), last.date())
        elif first.date() == last.date():
            period = f"{say.plain_date(first.date())} {say.time(first)}–{say.time(until)}"
        else:
            until_day = say.plain_date(until.date())
            period = f"{say.plain_date(first.date())} {say.time(first)} – {until_day} {say.time(until)}"
        return say.say(
            "fact_letter",
            kind=kind_name(say, letter.kind_id, self._person.facts.regency.kinds.on(letter.kind_id, first.date())),
            number=letter.number,
            date=say.plain_date(letter.date),
            issuer=letter.issuer,
            period=period,
        )

    def _due(self, kind: str, date: dt.date | None) -> str:
        """When work began, or ended, on a day that somebody was late or early."""
        if kind not in ("late", "early") or date is None:
            return ""
        plan = self._person.facts.regency.calendar.person_plan(self._person.facts.career, date)
        if plan is None or plan.work is None:
            return ""
        at = plan.work.arrive_by_utc if kind == "late" else plan.work.leave_from_utc
        return self._say.say(f"due_{kind}", time=self._clock(at, date))

    def _occasion(self, occasion_id: str, date: dt.date) -> str:
        plan = self._person.facts.regency.calendar.person_plan(self._person.facts.career, date)
        if plan is None:
            return ""
        for each in plan.occasions:
            if each.occasion_id == occasion_id:
                first, until = self._clock(each.first_utc, date), self._clock(each.until_utc, date)
                return f"{each.name}, {first}–{until}"
        return ""

    def _corrected_to(self, correction: Correction) -> str:
        if correction.at_utc is None:
            return self._say.corrected_in_time
        return self._say.say("corrected_to", time=self._clock(correction.at_utc, correction.date))

    def _open(self, what: str, key: str) -> str:
        say = self._say
        if what == "waiting":
            return say.date(dt.date.fromisoformat(key))
        if what == "review" and key in self._events:
            return self._at(self._local(self._events[key]))
        if what == "correction" and key in self._corrections:
            return say.date(self._corrections[key].date)
        if what == "letter" and key in self._letters:
            return self._letters[key].number
        if what == "entry" and key in self._entries:
            return say.date(self._entries[key].date)
        if what == "face" and key in self._held:
            return self._at(self._local(self._held[key]))
        if what == "manual" and key in self._manual:
            return self._at(self._local(self._manual[key].at_utc))
        return say.month(self._found.month.first)

    def _local(self, moment: dt.datetime) -> dt.datetime:
        return moment.astimezone(self._found.zone)

    def _clock(self, moment: dt.datetime, date: dt.date | None) -> str:
        """The local time, with its day when that is not the one that is spoken of."""
        local = self._local(moment)
        time = f"{self._say.time(local)} {local.tzname()}"
        return time if date is None or local.date() == date else f"{self._say.plain_date(local.date())} {time}"

    def _at(self, local: dt.datetime) -> str:
        return f"{self._say.date(local.date())} {self._say.time(local)} {local.tzname()}"

    def _period(self, first: dt.date, last: dt.date) -> str:
        say = self._say
        return say.plain_date(first) if first == last else f"{say.plain_date(first)} – {say.plain_date(last)}"
