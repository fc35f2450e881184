"""What the phone shows of its own person, read out of the rooms. Nothing here writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from etpp.absence import letters
from etpp.absence.documents import letter_shown
from etpp.absence.store import kinds
from etpp.activities import service as activities
from etpp.activities.catalogue import Catalogue
from etpp.activities.model import DayPoints, Entry
from etpp.activities.store import ITEMS, WEIGHTS, entries_of, people_under
from etpp.allowance.gather import entry_terms
from etpp.allowance.model import Month
from etpp.allowance.store import Closings
from etpp.base.errors import Conflict, NotFound
from etpp.base.money import ZERO, plain
from etpp.calendar.model import PlanError
from etpp.console.texts import Language
from etpp.db import Transaction
from etpp.objections.documents import objection_shown
from etpp.objections.store import of_month
from etpp.phone.documents import (
    CatalogueOnPhone,
    ClosedOnPhone,
    DayOnPhone,
    EntryOnPhone,
    Gap,
    ItemOnPhone,
    KindOnPhone,
    LineOnPhone,
    MonthOnPhone,
    PayOnPhone,
    Today,
    Why,
)
from etpp.presence import corrections
from etpp.presence.documents import correction_shown
from etpp.presence.model import Fault, JudgedDay
from etpp.reports.model import Sentence
from etpp.reports.nominative import line_name
from etpp.reports.own import OwnMonth, own_month
from etpp.reports.presence import fault_name, kind_name, mark
from etpp.reports.sentences import Sentences
from etpp.reports.texts import Words, words
from etpp.roster.assignments import CareerError
from etpp.roster.hours import REGENCY_ZONE, month_bounds
from etpp.roster.store import DEPUTIES, Offices, Roster

USED_DAYS = dt.timedelta(days=62)
EARLIER = 12
"""Closed months that stand beside the open one."""
MOST = 200
"""Of corrections and letters of one month: nobody has more."""
ONE_DAY = dt.timedelta(days=1)


def today(tx: Transaction, person_id: str, csrf: str, language: Language, now: dt.datetime, waiting: int) -> Today:
    """Raises NotFound for whom nobody knows."""
    roster = Roster(tx)
    employee = roster.employee(roster.who(person_id))
    if employee is None:
        raise NotFound("nobody in the roster has this id")
    person_id = employee.person_id
    local = now.astimezone(ZoneInfo(REGENCY_ZONE)).date()
    own, gap = _own(tx, person_id, Month(local.year, local.month), now)
    zone = ZoneInfo(REGENCY_ZONE) if own is None else own.office.zone
    date = now.astimezone(zone).date()
    points: Mapping[dt.date, DayPoints] = {}
    entries: list[EntryOnPhone] = []
    if own is not None:
        entries, points = _activities(tx, person_id, date.replace(day=1), date, now)
    yesterday = max((each.date for each in entries if each.date < date.isoformat()), default="")
    if own is not None and not yesterday:
        entries_before, _ = _activities(tx, person_id, *_month_before(date), now)
        yesterday = max((each.date for each in entries_before), default="")
        entries += [each for each in entries_before if each.date == yesterday]
    rule = None if own is None else own.office.policy.points
    judged = None if own is None else next((d for d in own.person.service.days if d.date == date), None)
    here = own.office.office_id if own is not None else _place(roster, person_id, date)
    office = None if here is None else Offices(tx).get(here)
    return Today(
        person_id=person_id,
        name=employee.name,
        office="" if office is None else office.name,
        date=date.isoformat(),
        zone=str(zone),
        csrf=csrf,
        superior=_is_superior(tx, person_id, date),
        waiting=waiting,
        target=None if rule is None else plain(rule.day),
        today=None if own is None or judged is None else _day(own, judged, points, words(language)),
        entries=[each for each in entries if each.date == date.isoformat()],
        yesterday=[each for each in entries if each.date == yesterday and each.verdict != "withdrawn"],
        month_entered=plain(sum((each.entered for each in points.values()), ZERO)),
        month_recognised=plain(sum((each.recognised for each in points.values()), ZERO)),
        month_target=None if own is None else _month_target(own),
        gap=gap,
    )


def catalogue(tx: Transaction, person_id: str, language: Language, now: dt.datetime) -> CatalogueOnPhone:
    """What the person's post may enter today, the most used first. Raises NotFound."""
    person_id = Roster(tx).who(person_id)
    date = now.astimezone(ZoneInfo(REGENCY_ZONE)).date()
    place = Roster(tx).career(person_id).on(date)
    items = ITEMS.find(tx)
    known = Catalogue(items, WEIGHTS.find(tx))
    used: dict[str, list[Entry]] = {}
    for entry in entries_of(tx, [person_id], date - USED_DAYS, date):
        used.setdefault(entry.item_id, []).append(entry)
    found = []
    for item in items:
        worth = None if place is None else known.worth(item.item_id, date, place.post_id, place.job_class)
        if worth is None or known.item(item.item_id, date) != item:
            continue
        mine = sorted(used.get(item.item_id, ()), key=lambda each: (each.date, each.entered_utc))
        found.append(
            ItemOnPhone(
                item_id=item.item_id,
                name=item.name,
                unit=item.unit,
                points=plain(worth[0]),
                most_a_day=None if worth[1] is None else plain(worth[1]),
                used=len(mine),
                quantity=plain(mine[-1].quantity) if mine else None,
                note=mine[-1].note if mine else "",
            )
        )
    held = kinds(tx)
    say = words(language)
    kinds_now = [(kind_id, kind) for kind_id in sorted(held.ids()) if (kind := held.on(kind_id, date)) is not None]
    return CatalogueOnPhone(
        items=sorted(found, key=lambda each: (-each.used, each.name.casefold(), each.item_id)),
        kinds=[
            KindOnPhone(kind_id=key, name=kind_name(say, key, kind), document_required=kind.document_required)
            for key, kind in kinds_now
        ],
        note_characters=_note_characters(tx, date),
    )


def month(tx: Transaction, person_id: str, asked: Month, language: Language, now: dt.datetime) -> MonthOnPhone:
    """Raises NotFound for a month in which the person belonged to no office. Of one that cannot be reckoned what was
    filed is there all the same."""
    say, person_id = words(language), Roster(tx).who(person_id)
    own, gap = _own(tx, person_id, asked, now)
    if gap == "outside":
        raise NotFound("this person belonged to no office in that month", key="belongs_nowhere")
    entries, points = _activities(tx, person_id, asked.first, asked.last, now)
    start, end = month_bounds(str(asked))
    filed = corrections.page(
        tx, office_id=None, person=person_id, state=None, first=asked.first, last=asked.last, after="", limit=MOST
    )
    held = letters.page(
        tx,
        office_id=None,
        person=person_id,
        state=None,
        start=start,
        end=end,
        after_the_fact=False,
        after="",
        limit=MOST,
    )
    return MonthOnPhone(
        month=str(asked),
        name=say.month(asked.first),
        gap=gap,
        days=[] if own is None else [_day(own, each, points, say) for each in own.person.service.days],
        entries=entries,
        pay=_pay(own, say) if own is not None and own.reckoned else None,
        earlier=_earlier(tx, person_id, asked, say),
        corrections=[correction_shown(each) for each in filed],
        letters=[letter_shown(each) for each in held],
        objections=[objection_shown(each) for each in of_month(tx, person_id, str(asked))],
    )


def _own(tx: Transaction, person_id: str, asked: Month, now: dt.datetime) -> tuple[OwnMonth | None, Gap]:
    """Of somebody whom the roster has; without a month, why there is none."""
    try:
        own = own_month(tx, person_id, asked, now)
    except Conflict:
        return None, "contradiction"
    except NotFound as error:
        if error.key != "policy_lost":
            raise
        return None, "policy"
    return own, "" if own is not None else "outside"


def _place(roster: Roster, person_id: str, date: dt.date) -> str | None:
    """Where somebody serves whose month cannot be told, if that is known."""
    try:
        return roster.career(person_id).office_on(date)
    except CareerError:
        return None


def _note_characters(tx: Transaction, date: dt.date) -> int:
    """None are asked for here while the policy is not to be had; the server asks again when the note arrives."""
    try:
        return entry_terms(tx, date).note_characters
    except NotFound:
        return 0


def _activities(
    tx: Transaction, person_id: str, first: dt.date, last: dt.date, now: dt.datetime
) -> tuple[list[EntryOnPhone], Mapping[dt.date, DayPoints]]:
    """Entries of the days between two of one month, and their points by day."""
    try:
        found = activities.month_of(tx, person_id, first, last, entry_terms, now)
    except (Conflict, NotFound, PlanError):  # nobody can judge them now; the person is known
        return [], {}
    known = Catalogue(ITEMS.find(tx), ())
    shown = []
    for each in found.standings:
        entry = each.entry
        item = known.item(entry.item_id, entry.date)
        returned = [step for step in each.steps if step.step == "returned"]
        shown.append(
            EntryOnPhone(
                entry_id=entry.entry_id,
                date=entry.date.isoformat(),
                item_id=entry.item_id,
                name=entry.item_id if item is None else item.name,
                unit="" if item is None else item.unit,
                quantity=plain(entry.quantity),
                note=entry.note,
                verdict=each.judged.verdict,
                entered=plain(each.judged.entered),
                recognised=plain(each.judged.recognised),
                returned=returned[-1].reason if returned and each.judged.verdict == "returned" else "",
            )
        )
    return shown, {day.date: day for day in found.ledger.days}


def _day(own: OwnMonth, day: JudgedDay, points: Mapping[dt.date, DayPoints], say: Words) -> DayOnPhone:
    zone, facts = own.office.zone, own.person.facts
    sign = mark(say, day, own.person)
    found = points.get(day.date)
    try:
        plan = facts.regency.calendar.person_plan(facts.career, day.date)
    except PlanError:
        plan = None
    due = None
    if plan is not None and plan.work is not None:
        work = plan.work
        due = say.time(work.arrive_by_utc.astimezone(zone)), say.time(work.leave_from_utc.astimezone(zone))
    return DayOnPhone(
        date=day.date.isoformat(),
        status=day.status,
        works=day.works,
        mark=sign.text,
        tone=sign.tone,
        says=_verdict(day, say),
        why=list(Sentences(say, own.office, own.person).day(day)),
        arrival=None if day.arrival is None else say.time(day.arrival.at_utc.astimezone(zone)),
        departure=None if day.departure is None else say.time(day.departure.at_utc.astimezone(zone)),
        due=due,
        entered=plain(ZERO if found is None else found.entered),
        recognised=plain(ZERO if found is None else found.recognised),
    )


def _verdict(day: JudgedDay, say: Words) -> str:
    state = "day_off" if not day.works and day.status == "present" else day.status
    return ", ".join(fault_name(say, each) for each in day.faults) or say.of("day_states", state).capitalize()


def _pay(own: OwnMonth, say: Words) -> PayOnPhone:
    statement, office = own.person.statement, own.office
    why = Sentences(say, office, own.person)
    first, *groups = _grouped(why.all())
    percent = own.percent
    lines = []
    for line, group in zip(statement.lines, groups, strict=False):
        whole = own.whole(line)
        share = None if not whole else say.number((line.amount * 100 / whole).quantize(Decimal("0.1")).normalize())
        name, amount = line_name(say, line.key), say.rupiah(line.amount)
        lines.append(LineOnPhone(key=line.key, name=name, amount=amount, percent=share, why=group.parts))
    return PayOnPhone(
        closed=office.closed,
        state=office.state,
        says=first.text,
        net=say.rupiah(statement.net),
        net_amount=plain(statement.net),
        gross=say.rupiah(statement.gross),
        percent=None if percent is None else say.number(percent),
        short=[_short(each, say) for each in own.person.service.faults],
        lines=lines,
        open=[each.text for each in why.open()],
    )


def _short(fault: Fault, say: Words) -> str:
    return f"{fault_name(say, fault)}, {fault.date.day} {say.month_name(fault.date)}"


def _grouped(sentences: Iterable[Sentence]) -> list[Why]:
    """Each under the one that it explains."""
    top: list[Why] = []
    for each in sentences:
        where = top
        for _ in range(each.level):
            if where:
                where = where[-1].parts
        where.append(Why(text=each.text, parts=[]))
    return top


def _earlier(tx: Transaction, person_id: str, asked: Month, say: Words) -> list[ClosedOnPhone]:
    found = Closings(tx).nets(person_id, EARLIER + 1)
    return [
        ClosedOnPhone(month=str(each), name=say.month(each.first), net=say.rupiah(net), net_amount=plain(net))
        for each, net in found
        if each != asked
    ][:EARLIER]


def _month_target(own: OwnMonth) -> str | None:
    rule = own.office.policy.points
    if rule is None:
        return None
    days = rule.day * len(own.person.service.entitled)
    if rule.month is None or rule.target == "days":
        return plain(days)
    return plain(rule.month if rule.target == "month" else min(days, rule.month))


def _is_superior(tx: Transaction, person_id: str, date: dt.date) -> bool:
    """Of anybody, now or in the two months that can be looked through, or a deputy of somebody who is."""
    superiors = {person_id, *(each.superior_id for each in DEPUTIES.find(tx) if each.deputy_id == person_id)}
    return bool(people_under(tx, sorted(superiors), date - USED_DAYS, date))


def _month_before(date: dt.date) -> tuple[dt.date, dt.date]:
    last = date.replace(day=1) - ONE_DAY
    return last.replace(day=1), last
