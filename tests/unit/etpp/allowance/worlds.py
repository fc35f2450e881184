"""Generated months: raw facts of one person in a small regency, of every kind that pay depends on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from etpp.absence.catalogue import delivered as delivered_kinds
from etpp.absence.model import Letter, LetterDecision, LetterRevocation
from etpp.activities.catalogue import Catalogue
from etpp.activities.model import Entry, EntryStep, Item, Weight
from etpp.allowance.facts import MonthFacts, Regency
from etpp.allowance.model import Month, OfficeScore, Sanction
from etpp.calendar.model import (
    ByRoster,
    CalendarFacts,
    Hours,
    Occasion,
    RosterDay,
    Shift,
    SpecialDay,
    WorkPeriod,
)
from etpp.calendar.plan import Calendar
from etpp.presence.model import (
    Correction,
    CorrectionDecision,
    ManualEntry,
    OfficeReports,
    Punch,
    TimeDecision,
)
from etpp.roster.assignments import Acting, Assignment, Career
from tests.unit.etpp.allowance.slow_days import World
from tests.unit.etpp.calendar.calendars import (
    DECIDED,
    FIVE_DAYS,
    FLEXIBLE,
    NIGHT,
    PARENTS,
    RAMADAN_HOURS,
    REGENCY_HOURS,
    USUAL,
    local,
)

ONE = dt.timedelta(days=1)
LONG_AGO = dt.date(2020, 1, 1)
MONTHS = [Month(2026, 2), Month(2026, 3), Month(2026, 10), Month(2026, 11)]
ITEMS = Catalogue(
    [Item("point", "Poin", "poin", LONG_AGO, None), Item("visit", "Kunjungan", "kali", LONG_AGO, None, Decimal(2))],
    [Weight("w1", "point", LONG_AGO, None, Decimal(1)), Weight("w2", "visit", LONG_AGO, None, Decimal(40))],
)
KINDS = delivered_kinds()
SHIFTS = (
    Shift("night", NIGHT),
    Shift("late", Hours(dt.time(16), dt.time(0))),
    Shift("dawn", Hours(dt.time(0), dt.time(8), grace_late_minutes=5)),
)
GRACE = replace(USUAL, grace_late_minutes=15, grace_early_minutes=5)
STYLES = {"usual": FIVE_DAYS, "grace": dict.fromkeys(range(5), GRACE), "flexible": dict.fromkeys(range(5), FLEXIBLE)}
APEL = Occasion("apel", None, "Apel", LONG_AGO, None, (dt.time(7, 15), dt.time(7, 45)), frozenset({0}), for_shifts=True)
NOON = Occasion("noon", None, "Siang", LONG_AGO, None, (dt.time(12), dt.time(13)), frozenset({2, 5}), on_days_off=True)

GOOD = ["07:20", "16:40"]
PATTERNS: list[list[str]] = [
    GOOD,
    [],
    ["07:31", "15:59"],
    ["08:10:30", "16:40"],
    ["09:01", "16:40"],
    ["07:20"],
    ["16:45"],
    ["06:00", "12:30", "17:00"],
    ["20:50", "+07:10"],
    ["21:20", "+06:40"],
    ["15:50", "+00:10"],
    ["23:45"],
    ["07:46", "14:00"],
]
TIMES = "00:00 07:15 07:29 07:30 07:31 08:00 09:00 09:01 12:00 15:00 15:59 16:00 16:30 21:00".split()  # noqa: SIM905
LETTER_KINDS = [
    "dinas-luar",
    "cuti-sakit",
    "cuti-tahunan",
    "cuti-besar",
    "izin-terlambat",
    "izin-pulang",
    "tempat-lain",
    "tanpa-alasan",
]
RANKS = [("III/c", "pns"), ("IV/a", "pns"), ("II/d", "pns"), ("IX", "pppk"), ("V", "pppk"), ("", "contract")]
LIVES = [
    ["submitted", "verified"],
    ["submitted"],
    [],
    ["submitted", "returned"],
    ["submitted", "returned", "submitted", "verified"],
    ["verified", "submitted"],
    ["submitted", "withdrawn"],
    ["submitted", "own"],
]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    month = draw(st.sampled_from(MONTHS))
    monday = month.first - month.first.weekday() * ONE
    dates = [monday + n * ONE for n in range((month.last - monday).days + 1)]
    days = st.sampled_from(dates)
    in_month = st.sampled_from(list(month.dates()))
    calendar = draw(_calendars(days))
    places, actings = draw(_careers(month, in_month))
    patterns = draw(st.lists(st.integers(0, 3 * len(PATTERNS)), min_size=len(dates), max_size=len(dates)))
    punches = []
    for date, choice in zip(dates, patterns, strict=True):
        for time in PATTERNS[choice] if choice < len(PATTERNS) else GOOD:
            at = f"{date + ONE} {time[1:]}" if time[0] == "+" else f"{date} {time}"
            utc = local(at)
            punches.append(Punch(at, utc, utc, utc, office_id="kominfo"))
    for n, (date, minute, spread) in enumerate(
        draw(st.lists(st.tuples(days, st.integers(0, 1439), st.sampled_from([0, 0, 5, 90, 400])), max_size=3))
    ):
        utc = local(f"{date} 00:00") + minute * dt.timedelta(minutes=1)
        about = spread * dt.timedelta(minutes=1)
        punches.append(Punch(f"x{n}", utc, utc - about, utc + about, bool(spread), "dinkes"))
    held = []
    for n, (date, minute, spread) in enumerate(
        draw(st.lists(st.tuples(days, st.integers(0, 2 * 1440), st.sampled_from([0, 0, 90, 400])), max_size=2))
    ):
        utc = local(f"{date} 00:00") + minute * dt.timedelta(minutes=1)
        about = spread * dt.timedelta(minutes=1)
        held.append(Punch(f"h{n}", utc, utc - about, utc + about, bool(spread), "kominfo"))
    as_of = local(f"{month.last + 10 * ONE} 00:00")
    reported = draw(st.sampled_from([as_of, as_of, as_of, local(f"{month.first + 14 * ONE} 16:10"), None]))
    since = draw(st.sampled_from([LONG_AGO, LONG_AGO, month.first + 4 * ONE]))
    scores = draw(st.dictionaries(st.sampled_from(["kominfo", "puskesmas"]), st.sampled_from(["0", "87.5", "100"])))
    shared = Regency(
        Calendar(calendar),
        KINDS,
        ITEMS,
        {office: OfficeReports(office, since, reported) for office in PARENTS},
        {(o, month): OfficeScore(o, o, month, Decimal(p), as_of) for o, p in scores.items()},
        as_of,
    )
    facts = MonthFacts(
        month,
        Career("ani", places, actings),
        shared,
        punches=tuple(punches),
        held=tuple(held),
        **draw(_letters(days)),
        **draw(_decisions(days, punches)),
        **draw(_activities(month, in_month)),
        sanctions=tuple(
            Sanction(f"s{n}", "ani", Decimal(percent), first, first + 20 * ONE, "SK")
            for n, (percent, first) in enumerate(draw(st.lists(st.tuples(st.sampled_from([25, 60]), days), max_size=2)))
        ),
    )
    return World(facts, calendar, places, actings)


@st.composite
def _calendars(draw: st.DrawFn, days: st.SearchStrategy[dt.date]) -> CalendarFacts:
    usual = replace(REGENCY_HOURS, days=STYLES[draw(st.sampled_from(["usual", "usual", "grace", "flexible"]))])
    six = WorkPeriod(
        "six", "dinkes", dt.date(2026, 1, 15), None, dict.fromkeys(range(6), Hours(dt.time(7), dt.time(13)))
    )
    special = draw(
        st.lists(
            st.tuples(
                days,
                st.sampled_from([None, None, "dinkes", "kominfo"]),
                st.sampled_from([None, None, Hours(dt.time(7, 30), dt.time(12))]),
            ),
            max_size=4,
        )
    )
    roster = draw(
        st.one_of(st.just([]), st.lists(st.tuples(days, st.sampled_from(["night", "late", "dawn", None])), max_size=9))
    )
    by_roster = draw(st.sampled_from([False, False, False, True]))
    return CalendarFacts(
        "Asia/Jakarta",
        PARENTS,
        (usual, RAMADAN_HOURS, *([six] if draw(st.booleans()) else [])),
        tuple(
            SpecialDay(f"sp{n}", scope, date, hours, "libur", DECIDED + n * ONE)
            for n, (date, scope, hours) in enumerate(special)
        ),
        tuple(draw(st.sampled_from([[], [APEL], [APEL, NOON]]))),
        SHIFTS,
        tuple(RosterDay(f"r{n}", "ani", date, shift, DECIDED + n * ONE) for n, (date, shift) in enumerate(roster)),
        (ByRoster("ani", dt.date(2026, 2, 10), dt.date(2026, 11, 12)),) if roster and by_roster else (),
    )


@st.composite
def _careers(
    draw: st.DrawFn, month: Month, in_month: st.SearchStrategy[dt.date]
) -> tuple[list[Assignment], list[Acting]]:
    rank, status = draw(st.sampled_from(RANKS))
    first = Assignment("a1", "ani", "kominfo", "clerk", draw(st.integers(1, 17)), rank, status, "boss", LONG_AGO)
    places = [first]
    kind = draw(st.sampled_from(["stays", "stays", "joins", "leaves", "moves", "moves", "unentitled", "gap"]))
    day = draw(in_month)
    if kind == "joins":
        places = [replace(first, first=day)]
    elif kind == "leaves":
        places = [replace(first, last=day)]
    elif kind != "stays" and day > month.first:
        then = replace(first, assignment_id="a2", first=day, job_class=draw(st.integers(1, 17)))
        if kind == "moves":
            then = replace(then, office_id="puskesmas")
        elif kind == "unentitled":
            then = replace(then, entitled=False)
        elif day + 3 * ONE <= month.last:
            then = replace(then, first=day + 3 * ONE)
        places = [replace(first, last=day - ONE), then]
    actings = []
    if draw(st.sampled_from([False, False, True])):
        begins = draw(in_month)
        actings = [Acting("act", "ani", "head", draw(st.integers(8, 17)), begins, begins + 9 * ONE)]
    return places, actings


@st.composite
def _letters(draw: st.DrawFn, days: st.SearchStrategy[dt.date]) -> dict[str, Any]:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(LETTER_KINDS),
                days,
                st.sampled_from(TIMES),
                st.sampled_from([0, 0, 0, 1, 5, 20]),
                st.sampled_from(TIMES),
                st.sampled_from(["boss", "boss", "boss", "boss", "ani", "refused", "nobody", "revoked"]),
                st.sampled_from([False, False, True]),
            ),
            max_size=4,
        )
    )
    letters: list[Letter] = []
    decisions, revocations = [], []
    for n, (own_kind, date, start, more, end, how, goes_on) in enumerate(rows):
        kind = own_kind
        first, until = local(f"{date} {start}"), local(f"{date + more * ONE} {end}")
        if goes_on and letters:  # where the one before it ends, with a minute in both
            kind, first = letters[-1].kind_id, letters[-1].until_utc - dt.timedelta(minutes=1)
            until = first + dt.timedelta(hours=2, days=more)
        if until <= first:
            until = first + dt.timedelta(minutes=1)
        letter_id = f"l{n}"
        late = first + 40 * ONE  # a letter may well come after the month
        letters.append(
            Letter(letter_id, kind, "094", date, "Kepala", ("ani", "budi"), first, until, "tu", late, "ab" * 32)
        )
        if how != "nobody":
            by = "ani" if how == "ani" else "boss"
            decisions.append(LetterDecision(f"d{n}", letter_id, how != "refused", by, late))
        if how == "revoked":
            revocations.append(LetterRevocation(f"v{n}", letter_id, "boss", late, "batal"))
    return {
        "letters": tuple(letters),
        "letter_decisions": tuple(decisions),
        "letter_revocations": tuple(revocations),
    }


@st.composite
def _decisions(draw: st.DrawFn, days: st.SearchStrategy[dt.date], punches: list[Punch]) -> dict[str, Any]:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["arrival", "departure", "day", "occasion"]),
                days,
                st.sampled_from([None, "07:30", "08:15", "15:30"]),
                st.sampled_from([0, 3, 12]),
                st.sampled_from(["boss", "boss", "ani", "tu", "refused", "nobody"]),
            ),
            max_size=3,
        )
    )
    corrections, decided = [], []
    for n, (part, date, at, after, how) in enumerate(rows):
        proposed = local(f"{date + after * ONE} 18:00")
        time = None if at is None or part in ("day", "occasion") else local(f"{date} {at}")
        occasion = "apel" if part == "occasion" else ""
        corrections.append(Correction(f"c{n}", "ani", date, part, time, "lupa", "tu", proposed, occasion))
        if how != "nobody":
            by = "boss" if how == "refused" else how
            decided.append(CorrectionDecision(f"cd{n}", f"c{n}", how != "refused", by, proposed + n * ONE))
    by_hand = st.tuples(days, st.sampled_from(["07:25", "16:30", "19:00"]), st.sampled_from(["boss", "tu", None]))
    manual = [
        ManualEntry(f"m{n}", "ani", local(f"{date} {at}"), "kominfo", "rusak", "tu", local(f"{date} 18:00"), by)
        for n, (date, at, by) in enumerate(draw(st.lists(by_hand, max_size=2)))
    ]
    uncertain = [punch for punch in punches if punch.uncertain]
    times = []
    if uncertain and draw(st.booleans()):
        punch = uncertain[0]
        by = draw(st.sampled_from(["boss", "ani"]))
        times = [TimeDecision("t", punch.event_id, punch.latest_utc, by, punch.utc + ONE)]
    return {
        "corrections": tuple(corrections),
        "correction_decisions": tuple(decided),
        "manual_entries": tuple(manual),
        "time_decisions": tuple(times),
    }


@st.composite
def _activities(draw: st.DrawFn, month: Month, in_month: st.SearchStrategy[dt.date]) -> dict[str, Any]:
    entries, steps = [], []
    usual = draw(st.sampled_from([300, 290, 270, 150, 0]))
    for date in month.dates():
        if usual:
            entered = local(f"{date} 15:00")
            entry_id = f"e{date}"
            entries.append(Entry(entry_id, "ani", date, "point", Decimal(usual), "laporan", entered))
            steps.append(EntryStep(f"{entry_id}s", entry_id, "submitted", "ani", entered))
            steps.append(EntryStep(f"{entry_id}v", entry_id, "verified", "boss", entered + ONE))
    rows = draw(
        st.lists(
            st.tuples(
                in_month,
                st.sampled_from([("visit", "1"), ("visit", "2.5"), ("point", "17.25")]),
                st.sampled_from([None, ("08:00", "09:00"), ("08:59", "10:00"), ("09:00", "09:30")]),
                st.sampled_from(LIVES),
                st.sampled_from([0, 1, 9]),
            ),
            max_size=5,
        )
    )
    for n, (date, (item, quantity), span, life, after) in enumerate(rows):
        entered = local(f"{date} 15:30") + n * dt.timedelta(minutes=1)
        times = [None, None] if span is None else [local(f"{date} {at}") for at in span]
        entries.append(Entry(f"x{n}", "ani", date, item, Decimal(quantity), "x", entered, *times))
        for i, each in enumerate(life):
            by = "ani" if each in ("submitted", "withdrawn", "own") else "boss"
            step: Any = "verified" if each == "own" else each
            at = entered + after * ONE + i * (after + 1) * dt.timedelta(hours=20)
            steps.append(EntryStep(f"x{n}-{i}", f"x{n}", step, by, at))
    doubled = draw(st.booleans())
    return {"entries": tuple(entries * (1 + doubled)), "entry_steps": tuple(steps * (1 + doubled))}


def shuffled(facts: MonthFacts, order: Callable[[Any], Any]) -> MonthFacts:
    """The same facts in another order."""
    names = (
        "punches",
        "time_decisions",
        "manual_entries",
        "letters",
        "letter_decisions",
        "letter_revocations",
        "corrections",
        "correction_decisions",
        "entries",
        "entry_steps",
        "sanctions",
        "held",
    )
    return replace(facts, **{name: tuple(order(getattr(facts, name))) for name in names})
