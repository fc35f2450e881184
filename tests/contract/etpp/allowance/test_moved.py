"""Somebody moved after the fact, and what terminals had reported: whatever was closed where, everybody is paid once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from etpp.absence import catalogue
from etpp.absence.model import Letter, LetterDecision
from etpp.absence.store import DECISIONS, add_letters
from etpp.allowance.store import Closings
from etpp.roster.store import ASSIGNMENTS, Roster
from etpp.terminals.store import Devices
from tests.contract.etpp.allowance.regency import DECEMBER, NOVEMBER, OCTOBER, ONE, Regency, due, of_month, regency
from tests.contract.etpp.running import wib

pytestmark = pytest.mark.long_on_postgresql

MIDDLE = dt.date(2026, 11, 16)


@pytest.fixture
def scene(url: str) -> Iterator[Regency]:
    """Two offices whose Novembers are over: `a` with all of its score and `b` with half of it."""
    with regency(url, "a", "b") as made:
        for person, office in (("sri", "a"), ("budi", "a"), ("tuti", "b")):
            made.person(person, office)
            made.worked(person, NOVEMBER, {25: "07:42"})
        scores(made, NOVEMBER)
        made.over(NOVEMBER)
        yield made


def scores(scene: Regency, *months: object) -> None:
    for month in months:
        scene.score("a", month, 100)  # type: ignore[arg-type]
        scene.score("b", month, 50)  # type: ignore[arg-type]


def december(scene: Regency, *offices: str) -> None:
    """Over, and closed by these offices in this order."""
    for person in ("sri", "budi", "tuti"):
        scene.worked(person, DECEMBER)
    scores(scene, DECEMBER)
    scene.over(DECEMBER)
    for office in offices:
        scene.close(office, DECEMBER)


@pytest.mark.parametrize("closed", [(), ("a",), ("b",), ("a", "b")], ids=lambda each: "+".join(each) or "neither")
@pytest.mark.parametrize("after", [("a", "b"), ("b", "a")], ids="".join)
def test_who_was_moved_after_the_fact_is_paid_once(
    scene: Regency, closed: tuple[str, ...], after: tuple[str, ...]
) -> None:
    for office in closed:
        scene.close(office, NOVEMBER)
    at_a = scene.net("budi", NOVEMBER)
    scene.moved("budi", "b", MIDDLE)
    for office in after:
        if office not in closed:
            scene.close(office, NOVEMBER)
            assert scene.net("budi", NOVEMBER) in (at_a, net_due(scene, "budi"))
    if "b" not in closed:
        assert scene.net("budi", NOVEMBER) == net_due(scene, "budi")  # at once, in the list that has him
    december(scene, *after)
    assert scene.paid() == due(scene)
    assert 0 < net_due(scene, "budi") != at_a
    assert scene.findings() == []


def net_due(scene: Regency, person: str) -> object:
    return sum(amount for at, amount in due(scene).items() if at[:2] == (person, NOVEMBER))


def test_an_office_that_begins_later_settles_what_another_had_paid(scene: Regency) -> None:
    """`b` closes its first month in December: of November it settles for him alone who was on a list of it."""
    scene.close("a", NOVEMBER)
    before = scene.net("budi", NOVEMBER)
    scene.moved("budi", "b", MIDDLE)
    december(scene, "a", "b")
    assert scene.paid() == due(scene)
    assert scene.net("budi", NOVEMBER) == net_due(scene, "budi") != before
    assert scene.net("tuti", NOVEMBER) == 0
    assert scene.findings() == []


def test_who_is_moved_to_an_office_that_closes_nothing_keeps_what_was_paid(scene: Regency) -> None:
    scene.close("a", NOVEMBER)
    before = scene.net("budi", NOVEMBER)
    scene.moved("budi", "b", MIDDLE)
    december(scene, "a")
    assert scene.net("budi", NOVEMBER) == before > 0
    assert scene.findings() == []


def test_who_moves_on_is_paid_for_later_facts_by_the_new_office_alone(scene: Regency) -> None:
    for office in ("a", "b"):
        scene.close(office, NOVEMBER)
    scene.moved("budi", "b", DECEMBER.first)
    scene.score("a", NOVEMBER, 80)
    december(scene)
    assert of_month(scene.reckoned("a", DECEMBER).adjustments, NOVEMBER) < 0
    assert {each.person_id for each in scene.reckoned("a", DECEMBER).adjustments} == {"sri"}
    assert {each.person_id for each in scene.reckoned("b", DECEMBER).adjustments} == {"budi"}
    scene.close("b", DECEMBER)
    scene.close("a", DECEMBER)
    assert scene.paid() == due(scene)
    assert scene.findings() == []


def test_who_never_served_there_gives_everything_back_and_who_returns_gets_it(scene: Regency) -> None:
    """The only post is withdrawn, and two months later it is there again."""
    scene.close("a", NOVEMBER)
    paid = scene.net("budi", NOVEMBER)
    with scene.record() as (tx, now):
        (held,) = Roster(tx).career("budi").all
        ASSIGNMENTS.withdraw(tx, [held], "bkpp", now)
    december(scene, "a")
    assert (scene.net("budi", NOVEMBER), scene.net("budi", DECEMBER)) == (0, 0)
    with scene.record() as (tx, now):
        ASSIGNMENTS.add(tx, [held], "bkpp", now)
    scene.score("a", DECEMBER.following)
    scene.over(DECEMBER.following)
    scene.close("a", DECEMBER.following)
    assert scene.net("budi", NOVEMBER) == paid
    assert scene.net("budi", DECEMBER) == scene.net("sri", DECEMBER) > 0
    assert scene.findings() == []


def test_a_stay_that_is_entered_years_later_is_paid_by_the_office_of_its_months(scene: Regency) -> None:
    scene.close("a", NOVEMBER)
    scene.person("late", "a", MIDDLE)
    scene.worked("late", NOVEMBER)
    december(scene, "a")
    assert scene.paid() == {at: amount for at, amount in due(scene).items() if at[0] != "tuti"}
    assert scene.net("late", NOVEMBER) > 0
    assert scene.findings() == []


# ---------------------------------------------------------------- what the terminals had reported


def test_a_terminal_that_was_revoked_in_between_counts_for_the_months_before(scene: Regency) -> None:
    """The second one reported nothing of November before it was revoked in December: what it may still hold speaks for
    Budi in November until BKPP writes it off, whatever else is known by then; and January does not wait for it."""
    with scene.record() as (tx, _):
        scene.terminal(tx, "a", "2", wib("2026-10-01 08:00"))
    scene.silent.add("a-2")
    closed = scene.close("a", NOVEMBER)
    assert closed.sealed.despite is not None
    before = scene.net("budi", NOVEMBER)
    with scene.record() as (tx, _):
        device = Devices(tx).get("a-2")
        assert device is not None
        Devices(tx).revoke(device, wib("2026-12-10 08:00"))
    december(scene)
    january = DECEMBER.following
    scene.close("a", DECEMBER)
    for person in ("sri", "budi"):
        scene.worked(person, january)
    scene.score("a", january)
    scene.over(january)
    assert scene.reckoned("a", january).open == ()
    scene.moved("budi", "a", MIDDLE)  # a fact of his November that changes nothing
    found = scene.reckoned("a", january)
    assert of_month(found.adjustments, NOVEMBER) == 0
    scene.close("a", january)
    assert scene.net("budi", NOVEMBER) == before
    with scene.database.read() as tx:
        kept = Closings(tx).get("a", january)
    assert kept is not None
    assert kept.earlier is not None
    assert NOVEMBER in kept.earlier.reports
    assert scene.findings() == []


def test_a_terminal_that_comes_later_takes_nothing_back_of_what_was_known(scene: Regency) -> None:
    scene.close("a", NOVEMBER)
    with scene.record() as (tx, now):
        scene.terminal(tx, "a", "new", now)  # on the day of the closing, and it reports nothing for weeks
    with scene.record() as (tx, now):
        scene.terminal(tx, "a", "newer", wib("2026-12-20 08:00"))
    scene.silent |= {"a-new", "a-newer"}
    scene.moved("budi", "a", MIDDLE)
    scene.score("a", DECEMBER)
    scene.over(DECEMBER)
    assert of_month(scene.reckoned("a", DECEMBER).adjustments, NOVEMBER) == 0
    assert OCTOBER.last + ONE == NOVEMBER.first


def test_the_kinds_of_a_later_release_change_no_closed_month(scene: Regency, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody had decided a catalogue: the one that the first month was closed by holds from then on."""
    with scene.record() as (tx, now):
        first, until = wib("2026-11-25 07:00"), wib("2026-11-25 10:00")
        letter = Letter("l1", "dinas-luar", "1", first.date(), "K", ("budi",), first, until, "tu", now, "ab" * 32)
        add_letters(tx, [letter], "tu", now)
        DECISIONS.add(tx, [LetterDecision("d1", "l1", True, "kepala", now)], "kepala", now)
    scene.close("a", NOVEMBER)
    text = catalogue.delivered_text()
    monkeypatch.setattr(catalogue, "delivered_text", lambda: text.replace('"late", ', "").replace('"late"', '"early"'))
    assert scene.findings() == []
    december(scene)
    assert of_month(scene.reckoned("a", DECEMBER).adjustments, NOVEMBER) == 0
