"""An adjustment whose cause is a rule that was decided anew names the decision, with who took it and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from etpp.absence.catalogue import delivered_text
from etpp.absence.model import Letter, LetterDecision
from etpp.absence.store import DECISIONS, KINDS, KindsText, add_letters
from etpp.activities.model import Item, Weight
from etpp.activities.store import ITEMS, WEIGHTS
from etpp.allowance import month as months
from etpp.allowance.adjust import Adjustment
from etpp.base.encoding import format_time
from etpp.calendar.model import ByRoster, Hours, RosterDay, Shift, SpecialDay, WorkPeriod
from etpp.calendar.store import BY_ROSTER, PERIODS, ROSTER_DAYS, SHIFTS, SPECIAL_DAYS
from etpp.db import Transaction
from etpp.roster.store import ASSIGNMENTS, Roster
from tests.contract.etpp.allowance.regency import DECEMBER, LONG_AGO, NOVEMBER, Regency, due, regency
from tests.contract.etpp.running import fresh_database, wib

LATE = dt.date(2026, 11, 25)
EARLY_SHIFT = Hours(dt.time(7), dt.time(16))
Decide = Callable[[Transaction, dt.datetime], None]


@pytest.fixture(scope="module")
def closed(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Regency]:
    """One for all who take back what they record."""
    with _fresh(database, tmp_path_factory.mktemp("closed") / "etpp.db") as url, november(url) as made:
        yield made


@pytest.fixture
def scene(url: str) -> Iterator[Regency]:
    with november(url) as made:
        yield made


@contextmanager
def _fresh(database: str | None, file: Path) -> Iterator[str]:
    if database is None:
        yield f"sqlite:///{file}"
        return
    with fresh_database(database) as url:
        yield url


@contextmanager
def november(url: str) -> Iterator[Regency]:
    """Office `a` has closed November. Budi was late on the 25th, for which he has a letter; Sri works on the 16th by a
    roster. Office `b` has its own hours and activity."""
    with regency(url, "a", "b") as made:
        with made.record() as (tx, now):
            PERIODS.add(tx, [WorkPeriod("of-b", "b", LONG_AGO, None, {0: EARLY_SHIFT})], "bkpp", now)
            SHIFTS.add(tx, [Shift("pagi", Hours(dt.time(7, 30), dt.time(16))), Shift("lain", EARLY_SHIFT)], "bkpp", now)
            ITEMS.add(tx, [Item("lain", "Lain", "dokumen", LONG_AGO, None)], "bkpp", now)
            WEIGHTS.add(tx, [Weight("w-lain", "lain", LONG_AGO, None, Decimal(1))], "bkpp", now)
        for person in ("sri", "budi"):
            made.person(person, "a")
            made.worked(person, NOVEMBER, {25: "07:42"})
        made.score("a", NOVEMBER)
        with made.record() as (tx, now):
            ROSTER_DAYS.add(tx, [RosterDay("rd", "sri", dt.date(2026, 11, 16), "pagi", now)], "bkpp", now)
            held = wib(f"{LATE} 07:00"), wib(f"{LATE} 09:00")
            letter = Letter("l", "dinas-luar", "1", LATE, "Kepala", ("budi",), *held, "tu", now, "ab" * 32)
            add_letters(tx, [letter], "tu", now)
            DECISIONS.add(tx, [LetterDecision("d", "l", True, "kepala", now)], "kepala", now)
        made.over(NOVEMBER)
        made.close("a", NOVEMBER)
        yield made


def weight(tx: Transaction, now: dt.datetime) -> None:
    WEIGHTS.add(tx, [Weight("w1", "laporan", LONG_AGO, None, Decimal(200))], "ida", now)


def item(tx: Transaction, now: dt.datetime) -> None:
    ITEMS.add(tx, [Item("laporan", "Laporan", "dokumen", LONG_AGO, None, Decimal("0.5"))], "ida", now)


def hours(tx: Transaction, now: dt.datetime) -> None:
    period = PERIODS.one(tx, "hours")
    assert period is not None
    PERIODS.add(tx, [replace(period, days=dict.fromkeys(range(5), EARLY_SHIFT))], "ida", now)


def day_off(tx: Transaction, now: dt.datetime) -> None:
    SPECIAL_DAYS.add(tx, [SpecialDay("libur", None, LATE, None, "Libur", now)], "ida", now)


def kinds(tx: Transaction, now: dt.datetime) -> None:
    """Duty with a letter excuses nothing any more."""
    before = 'id = "dinas-luar"\nname = "Dinas luar dengan surat perintah"\nfirst = 2019-05-01\nexcuses = ["late", '
    assert before in delivered_text()
    KINDS.add(tx, [KindsText("regency", delivered_text().replace(before, before[:-8]))], "ida", now)


def shift(tx: Transaction, now: dt.datetime) -> None:
    SHIFTS.add(tx, [Shift("pagi", EARLY_SHIFT)], "ida", now)


def roster_day(tx: Transaction, now: dt.datetime) -> None:
    ROSTER_DAYS.add(tx, [RosterDay("rd", "sri", dt.date(2026, 11, 16), "lain", now)], "ida", now)


def roster_taken_back(tx: Transaction, now: dt.datetime) -> None:
    """And by roster alone she need not come on any other day."""
    BY_ROSTER.add(tx, [ByRoster("sri", dt.date(2026, 11, 16), dt.date(2026, 11, 30))], "ida", now)


def post(tx: Transaction, now: dt.datetime) -> None:
    (held,) = Roster(tx).career("sri").all
    ASSIGNMENTS.add(tx, [replace(held, job_class=8)], "ida", now)


@pytest.mark.parametrize(
    ("decide", "names", "whose"),
    [
        (weight, "weight:w1", {"sri", "budi"}),
        (item, f"item:laporan/{LONG_AGO}", {"sri", "budi"}),
        (hours, "period:hours", {"sri", "budi"}),
        (day_off, "special_day:libur", {"sri"}),
        (kinds, "kinds:regency", {"budi"}),
        (shift, "shift:pagi", {"sri"}),
        (roster_day, "roster_day:rd", {"sri"}),
        (roster_taken_back, "by_roster:sri/2026-11-16", {"sri"}),
        (post, "assignment:sri-1", {"sri"}),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_an_adjustment_names_what_was_decided_anew(
    closed: Regency, decide: Decide, names: str, whose: set[str]
) -> None:
    now = closed.now + dt.timedelta(seconds=1)
    with suppress(TakenBack), closed.database.begin() as tx:
        unlike(tx, now)
        decide(tx, now)
        found = months.reckon(tx, "a", DECEMBER, now).adjustments
        raise TakenBack
    assert {each.person_id for each in found} == whose
    said = f"decided:{names}@{format_time(now)} by ida"
    assert {tuple(fact for fact in each.because if fact.startswith("decided:")) for each in found} == {(said,)}


class TakenBack(Exception):
    """Nothing of it stays."""


def unlike(tx: Transaction, now: dt.datetime) -> None:
    """Decisions of the same moment that are nobody's in office `a`, or of another time, or say the same once more."""
    held = PERIODS.one(tx, "of-b")
    assert held is not None
    PERIODS.add(tx, [replace(held, days={1: EARLY_SHIFT})], "other", now)
    SHIFTS.add(tx, [Shift("malam", EARLY_SHIFT)], "other", now)
    WEIGHTS.add(tx, [Weight("w-lain", "lain", LONG_AGO, None, Decimal(2))], "other", now)
    day = dt.date(2026, 12, 25)
    SPECIAL_DAYS.add(tx, [SpecialDay("natal", None, day, None, "Natal", now)], "other", now)
    ROSTER_DAYS.add(tx, [RosterDay("rd-12", "sri", dt.date(2026, 12, 14), "pagi", now)], "other", now)
    ROSTER_DAYS.add(tx, [RosterDay("rd", "sri", dt.date(2026, 11, 16), "pagi", now)], "other", now)
    (sri,) = Roster(tx).career("sri").all
    ASSIGNMENTS.add(tx, [replace(sri, last=dt.date(2030, 1, 1))], "other", now)


def december(scene: Regency) -> tuple[Adjustment, ...]:
    for person in ("sri", "budi"):
        scene.worked(person, DECEMBER)
    scene.score("a", DECEMBER)
    scene.over(DECEMBER)
    return scene.close("a", DECEMBER).sealed.adjustments


def test_what_was_named_once_is_not_the_cause_of_what_comes_later(scene: Regency) -> None:
    with scene.record() as (tx, now):
        weight(tx, now)
    assert {each.person_id for each in december(scene)} == {"sri", "budi"}
    assert scene.paid() == due(scene)
    with scene.record() as (tx, now):
        post(tx, now)
        moment = now
    for person in ("sri", "budi"):
        scene.worked(person, DECEMBER.following)
    scene.score("a", DECEMBER.following)
    scene.over(DECEMBER.following)
    later = [each for each in scene.close("a", DECEMBER.following).sealed.adjustments if each.month == NOVEMBER]
    assert {each.because for each in later} == {(f"decided:assignment:sri-1@{format_time(moment)} by ida",)}
    assert scene.findings() == []


def test_a_month_closed_by_an_earlier_release_comes_out_as_it_was_sealed(
    scene: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its adjustments name no decisions, and are reckoned again without them."""
    with scene.record() as (tx, now):
        weight(tx, now)
    with monkeypatch.context() as earlier_release:
        made, kept = months.later, months.earlier
        earlier_release.setattr(months, "later", partial(made, decisions=False))
        earlier_release.setattr(months, "earlier", lambda *a: replace(kept(*a), decisions=False))
        found = december(scene)
    assert {each.because for each in found} == {()}
    assert scene.findings() == []
