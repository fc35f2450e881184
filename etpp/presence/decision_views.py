"""What the pages of corrections, uncertain times, manual entries and discipline show, as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from etpp.base.asked import month as month_days
from etpp.console.listing import Cell, Column, Listing, Tone, state_column
from etpp.console.texts import Texts
from etpp.db import Transaction
from etpp.presence import corrections, manual, reviews
from etpp.presence.corrections import CorrectionDays
from etpp.presence.year import disciplined
from etpp.roster.hours import REGENCY_ZONE, month_bounds, zone
from etpp.roster.named import named
from etpp.roster.store import Offices

MOST = 5_000
ZONE = ZoneInfo(REGENCY_ZONE)
TONES: Mapping[str, Tone] = {
    "proposed": "warn",
    "approved": "good",
    "refused": "bad",
    "entered": "warn",
    "confirmed": "good",
    "open": "warn",
    "decided": "good",
}


@dataclass(frozen=True)
class Line:
    """One matter that people decide: a correction, an uncertain time or a manual entry. `at`: local, where it has one.
    `own`: the acting person may not decide on it, as it concerns them or they began it."""

    key: str
    office_id: str
    name: str
    number: str
    office: str
    date: dt.date
    what: str
    at: dt.datetime | None
    reason: str
    by: str
    decided_by: str
    state: str
    own: bool = False


@dataclass(frozen=True)
class CountLine:
    office: str
    decided_by: str
    manual: int
    corrections: int


@dataclass(frozen=True)
class DisciplineLine:
    name: str
    number: str
    office: str
    unexcused: int
    longest: int
    step: str
    since: dt.date | None
    who: str


def _name(line: Line, texts: Texts) -> Cell:
    return Cell(line.name or texts.forgotten, small=line.number)


def _decider(line: Line, texts: Texts) -> str:
    return texts.say("by_short", by=line.decided_by) if line.decided_by else ""


def _what(line: Line, texts: Texts) -> Cell:
    words = texts.of("part", line.what)
    return Cell(words if line.at is None else f"{words} {texts.time(line.at)}")


def _why(line: Line, texts: Texts) -> Cell:
    return Cell(line.reason, small=texts.say("by_short", by=line.by) if line.by else "")


def _list(name: str, *columns: Column[Line]) -> Listing[Line]:
    return Listing(
        name,
        (
            Column("person", "name", lambda line: line.name, show=_name, kind="name", finds=True),
            state_column("decision_state", lambda line: line.state, TONES, small=_decider),
            Column("date", "date_label", lambda line: line.date),
            *columns,
            Column("office", "office", lambda line: line.office, chooses=True),
            Column("nip", "nip", lambda line: line.number, finds=True, shows=False),
        ),
    )


_AT: Column[Line] = Column("at", "time", lambda line: line.at, kind="time")
_REASON: Column[Line] = Column("reason", "reason", lambda line: line.reason, show=_why, finds=True, kind="reason")
CORRECTIONS = _list(
    "koreksi",
    Column(
        "what",
        "correction_part",
        lambda line: line.what,
        show=_what,
        says=lambda value, texts: texts.of("part", str(value)),
    ),
    _REASON,
)
REVIEWS = _list("waktu-diragukan", Column("between", "review_between", lambda line: line.reason), _AT)
MANUAL = _list("catatan-manual", _AT, _REASON)
COUNTS: Listing[CountLine] = Listing(
    "jumlah-manual",
    (
        Column("office", "office", lambda line: line.office, kind="name"),
        Column("by", "count_by", lambda line: line.decided_by, says=lambda value, texts: str(value or texts.waiting)),
        Column("manual", "nav_manual", lambda line: line.manual, kind="number"),
        Column("corrections", "nav_corrections", lambda line: line.corrections, kind="number"),
    ),
    by="-manual",
    prefix="n_",
)
DISCIPLINE: Listing[DisciplineLine] = Listing(
    "disiplin",
    (
        Column(
            "person",
            "name",
            lambda line: line.name,
            show=lambda line, _: Cell(line.name, small=line.number),
            kind="name",
            finds=True,
        ),
        Column("unexcused", "unexcused_days", lambda line: line.unexcused, kind="number"),
        Column("longest", "longest_run", lambda line: line.longest, kind="number"),
        Column("step", "discipline_step", lambda line: line.step, says=lambda v, texts: texts.of("step", str(v or ""))),
        Column("since", "since", lambda line: line.since),
        Column("who", "who_acts", lambda line: line.who, says=lambda v, texts: texts.of("acts", str(v or ""))),
        Column("office", "office", lambda line: line.office, chooses=True),
        Column("nip", "nip", lambda line: line.number, finds=True, shows=False),
    ),
    by="-unexcused",
)
_WAITS_FIRST = {"proposed": 0, "open": 0, "entered": 0}


def correction_lines(tx: Transaction, offices: Collection[str] | None, month: str, me: str) -> list[Line]:
    """Of days of a month, those that wait first. Raises Problem `malformed`."""
    first, last = month_days(month) or (None, None)
    found: dict[str, corrections.Standing] = {}
    for office_id in _each(offices):
        page = corrections.page(
            tx, office_id=office_id, person=None, state=None, first=first, last=last, after="", limit=MOST
        )
        found |= {each.correction.correction_id: each for each in page}
    made = [each.correction for each in found.values()]
    acted = [each.proposed_by for each in made] + [each.decision.by for each in found.values() if each.decision]
    known = named(tx, [each.person_id for each in made], acted, careers=True)
    return _waiting_first(
        Line(
            each.correction.correction_id,
            "",
            known.name(each.correction.person_id),
            known.number(each.correction.person_id),
            known.office_on(each.correction.person_id, each.correction.date),
            each.correction.date,
            each.correction.part,
            each.correction.at_utc and each.correction.at_utc.astimezone(ZONE),
            each.correction.reason,
            known.who(each.correction.proposed_by),
            known.who(each.decision.by) if each.decision else "",
            each.state,
            me in (each.correction.person_id, each.correction.proposed_by),
        )
        for each in found.values()
    )


def review_lines(tx: Transaction, offices: Collection[str] | None, month: str, texts: Texts, me: str) -> list[Line]:
    """Presences of uncertain time of a month, those that wait first. Raises Problem `malformed`."""
    start, end = month_bounds(month)
    found: dict[str, reviews.Review] = {}
    for office_id in _each(offices):
        if start is not None and end is not None:
            page = reviews.reviews(tx, office_id, start, end, decided=True, after="", limit=MOST)
            found |= {each.presence.event_id: each for each in page}
    known = named(
        tx, [each.person_id for each in found.values()], [each.decision.by for each in found.values() if each.decision]
    )
    zones = _zones(tx)
    lines = []
    for each in found.values():
        time, local = each.presence.time, zones.get(each.presence.office_id, ZONE)
        earliest, latest = time.earliest_utc.astimezone(local), time.latest_utc.astimezone(local)
        lines.append(
            Line(
                each.presence.event_id,
                each.presence.office_id,
                known.name(each.person_id),
                known.number(each.person_id),
                known.offices.get(each.presence.office_id, each.presence.office_id),
                time.utc.astimezone(local).date(),
                "",
                each.decision.utc.astimezone(local) if each.decision else None,
                f"{texts.moment(earliest)} – {texts.moment(latest)}",
                "",
                known.who(each.decision.by) if each.decision else "",
                "decided" if each.decision else "open",
                me == each.person_id,
            )
        )
    return _waiting_first(lines)


def manual_lines(tx: Transaction, offices: Collection[str] | None, month: str, me: str) -> list[Line]:
    """Manual entries of a month, those that wait first. Raises Problem `malformed`."""
    start, end = month_bounds(month)
    pages = (
        manual.page(tx, office_id=office_id, state=None, start=start, end=end, after="", limit=MOST)
        for office_id in _each(offices)
    )
    found = list({each.entry_id: each for page in pages for each in page}.values())  # one may concern two offices
    acted = [each.entered_by for each in found] + [each.confirmed_by or "" for each in found]
    known, zones = named(tx, [each.person_id for each in found], acted), _zones(tx)
    lines = []
    for each in found:
        at = each.at_utc.astimezone(zones.get(each.office_id, ZONE))
        lines.append(
            Line(
                each.entry_id,
                each.office_id,
                known.name(each.person_id),
                known.number(each.person_id),
                known.offices.get(each.office_id, each.office_id),
                at.date(),
                "",
                at,
                each.reason,
                known.who(each.entered_by),
                known.who(each.confirmed_by) if each.confirmed_by else "",
                "confirmed" if each.confirmed_by else "entered",
                me in (each.person_id, each.entered_by),
            )
        )
    return _waiting_first(lines)


def counts(tx: Transaction, offices: Collection[str] | None, month: str) -> list[CountLine]:
    """How much rests on people's word, by office and by who decided."""
    found = [each for office_id in _each(offices) for each in manual.by_hand(tx, office_id, month)]
    known = named(tx, (), [each.decided_by for each in found])
    return [
        CountLine(
            known.offices.get(each.office_id, each.office_id), known.who(each.decided_by), each.manual, each.corrections
        )
        for each in found
    ]


def discipline_lines(
    tx: Transaction, office_id: str, year: int, days: CorrectionDays, now: dt.datetime
) -> list[DisciplineLine]:
    """Who of an office was unexcused in a year, and the last step that each has reached."""
    found = disciplined(tx, office_id, year, days, now)
    known = named(tx, [each.person_id for each in found])
    lines = []
    for each in found:
        reached = each.counters.reached[-1] if each.counters.reached else None
        lines.append(
            DisciplineLine(
                known.name(each.person_id),
                known.number(each.person_id),
                known.offices.get(each.office_id, each.office_id),
                each.counters.unexcused,
                each.counters.longest_run,
                "" if reached is None else reached[1].key,
                None if reached is None else reached[0],
                "" if reached is None else reached[1].who,
            )
        )
    return lines


def review(tx: Transaction, office_id: str, event_id: str, texts: Texts) -> dict[str, object]:
    """One uncertain presence, to be decided on. Raises NotFound."""
    found = reviews.look(tx, office_id, event_id)
    local, time = _zones(tx).get(office_id, ZONE), found.presence.time
    known = named(tx, [found.person_id])
    return {
        "office_id": office_id,
        "event_id": event_id,
        "name": known.name(found.person_id) or texts.forgotten,
        "number": known.number(found.person_id),
        "office": known.offices.get(office_id, office_id),
        "earliest": texts.moment(time.earliest_utc.astimezone(local)),
        "latest": texts.moment(time.latest_utc.astimezone(local)),
        "shown": texts.moment(time.utc.astimezone(local)),
        "decided": found.decision is not None,
    }


def _zones(tx: Transaction) -> Mapping[str, ZoneInfo]:
    return {each.office_id: zone(each) for each in Offices(tx).all()}


def _each(offices: Collection[str] | None) -> Iterable[str | None]:
    return [None] if offices is None else sorted(offices)


def _waiting_first(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (_WAITS_FIRST.get(line.state, 1), -line.date.toordinal(), line.name))
