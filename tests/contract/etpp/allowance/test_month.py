"""A month from the terminal's events to the closed and signed list, on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from etpp.absence.model import LetterRevocation
from etpp.absence.store import REVOCATIONS
from etpp.activities.model import Entry, EntryStep
from etpp.activities.store import ENTRIES, STEPS
from etpp.allowance import month as months
from etpp.allowance import seal
from etpp.allowance.audit import Audited, verify
from etpp.allowance.closing import Closing
from etpp.allowance.model import Month, Statement
from etpp.allowance.month import MonthOpen, Reckoned
from etpp.allowance.seal import Despite, statement_document
from etpp.allowance.store import Closings
from etpp.base.errors import Conflict
from etpp.db import Transaction, pay_tables
from tests.contract.etpp.allowance.scene import DECEMBER, NOVEMBER, Scene, november, work
from tests.contract.etpp.running import OFFICE, Running, wib


@pytest.fixture
def scene(etpp: Running) -> Scene:
    return november(etpp)


def reckon(scene: Scene, month: Month = NOVEMBER) -> Reckoned:
    with scene.etpp.database.read() as tx:
        return months.reckon(tx, OFFICE, month, scene.etpp.clock.now)


def check(scene: Scene, month: Month = NOVEMBER) -> None:
    with scene.etpp.database.begin() as tx:
        months.check(tx, OFFICE, month, "kepala", scene.etpp.clock.now)


def close(scene: Scene, month: Month = NOVEMBER, despite: Despite | None = None) -> Closing:
    with scene.etpp.database.begin() as tx:
        signer = scene.etpp.state.keys.now().signer
        return months.close(tx, signer, OFFICE, month, "bkpp", scene.etpp.clock.now, despite)


def audit(scene: Scene) -> list[Audited]:
    signer = scene.etpp.state.keys.now().signer
    with scene.etpp.database.read() as tx:
        return list(verify(tx, OFFICE, {signer.key_id: signer.public_key}))


def forget(tx: Transaction, entry_id: str) -> None:
    """As if it had never been entered."""
    for table in (pay_tables.entry_steps, pay_tables.entries):
        tx.execute(sa.delete(table).where(table.c.entry_id == entry_id))


def test_the_month_from_events_to_the_rupiah(scene: Scene) -> None:
    """21 working days, 300 points each. Class 7 has a base; 60 % by points, 20 % by the office, 20 % by the class. Budi
    was late once: 1 % of 6,300 points = 63 less, which leaves 6,237 of the 6,000 that can be reached: nothing is lost
    where more was done than asked. So both get the same."""
    found = reckon(scene)
    assert found.open == ()
    by = {s.person_id: s for s in found.statements}
    assert by.keys() == {scene.sri, scene.budi}
    assert by[scene.sri].working_days == 21
    assert by[scene.sri].net == by[scene.budi].net > 0
    assert found.total == 2 * by[scene.sri].net
    assert "late" in str(by[scene.budi].lines)
    assert "late" not in str(by[scene.sri].lines)


def test_a_late_arrival_costs_one_percent_of_the_points(scene: Scene) -> None:
    with scene.etpp.database.begin() as tx:  # one report less: 6,000 points, of which 1 % is 60
        for who in (scene.sri, scene.budi):
            tx.execute(
                sa.delete(pay_tables.entry_steps).where(pay_tables.entry_steps.c.entry_id == f"{who}-2026-11-02")
            )
            tx.execute(sa.delete(pay_tables.entries).where(pay_tables.entries.c.entry_id == f"{who}-2026-11-02"))
    by = {s.person_id: s for s in reckon(scene).statements}
    individual = {who: next(line.amount for line in s.lines if line.key == "individual") for who, s in by.items()}
    assert individual[scene.budi] == individual[scene.sri] * Decimal("0.99")


def test_open_reckoned_checked_closed_paid(scene: Scene) -> None:
    states = []

    def look() -> None:
        with scene.etpp.database.read() as tx:
            states.append(months.standing(tx, OFFICE, NOVEMBER, scene.etpp.clock.now).state)

    now, scene.etpp.clock.now = scene.etpp.clock.now, wib("2026-11-30 23:59")
    look()
    scene.etpp.clock.now = now
    look()
    check(scene)
    look()
    close(scene)
    look()
    with scene.etpp.database.begin() as tx:
        months.pay(tx, OFFICE, NOVEMBER, "bendahara", scene.etpp.clock.now)
    look()
    assert states == ["open", "reckoned", "checked", "closed", "paid"]


def test_each_statement_is_written_and_hashed_once_for_list_seal_and_table(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(scene)
    made: list[str] = []

    def noting(statement: Statement) -> dict[str, Any]:
        made.append(statement.person_id)
        return statement_document(statement)

    monkeypatch.setattr(seal, "statement_document", noting)
    closed = close(scene)
    assert sorted(made) == sorted([scene.sri, scene.budi])
    with scene.etpp.database.read() as tx:
        kept = Closings(tx).documents(OFFICE, NOVEMBER)
    assert {each.person_id: each.hash for each in closed.sealed.statements} == {
        person: seal.document_hash(document) for person, document in kept.items()
    }


SRI_NIP, BUDI_NIP = "198503152010012007", "199001012015031001"


def test_one_person_under_two_names_is_not_two_people(scene: Scene) -> None:
    """Who checked by NIP does not close by id; who is "bkpp" is "BKPP" too."""
    scene.etpp.clock.now = wib("2026-12-01 08:00")
    with scene.etpp.database.begin() as tx:
        forget(tx, f"{scene.budi}-2026-11-02")
        again = Entry("open", scene.budi, dt.date(2026, 11, 2), "laporan", Decimal(1), "x", scene.etpp.clock.now)
        ENTRIES.add(tx, [again], scene.budi, scene.etpp.clock.now)
        step = EntryStep("open-s", "open", "submitted", scene.budi, scene.etpp.clock.now)
        STEPS.add(tx, [step], scene.budi, scene.etpp.clock.now)
    with scene.etpp.database.begin() as tx:
        matters = months.check(tx, OFFICE, NOVEMBER, SRI_NIP, scene.etpp.clock.now).open
    assert matters == ("entry:open",)
    for by, second, says in (
        (scene.budi, BUDI_NIP, "two people"),
        ("bkpp", "BKPP", "two people"),
        (scene.sri, "sekda", "whoever checked"),
    ):
        with pytest.raises(Conflict, match=says):
            _close_by(scene, by, Despite(matters, (by, second)))
    _close_by(scene, BUDI_NIP, Despite(matters, (BUDI_NIP, SRI_NIP)))
    with scene.etpp.database.read() as tx:
        closed = Closings(tx).get(OFFICE, NOVEMBER)
    assert closed is not None
    assert closed.sealed.despite is not None
    assert (closed.closed_by, closed.sealed.despite.decided_by) == (scene.budi, (scene.budi, scene.sri))


def test_nothing_is_paid_by_closed_statements_that_somebody_has_swapped(scene: Scene) -> None:
    check(scene)
    close(scene)
    table = pay_tables.closed_statements
    with scene.etpp.database.begin() as tx:
        for now, then in ((scene.sri, "held"), (scene.budi, scene.sri), ("held", scene.budi)):
            tx.execute(sa.update(table).where(table.c.person_id == now).values(person_id=then))
    with scene.etpp.database.begin() as tx:
        scene.letter(tx, scene.budi, "2026-11-25 07:00", "2026-11-25 10:00")
    with pytest.raises(Conflict, match="not what was sealed: run `etpp audit verify`"):
        reckon(scene, DECEMBER)
    (audited,) = audit(scene)
    assert {each.what for each in audited.findings} >= {"chain"}


def test_a_sanction_is_neither_entered_nor_taken_back_by_the_person_concerned(scene: Scene) -> None:
    said = {"person_id": scene.sri, "percent": "25", "first": "2026-11-01", "last": "2026-11-30", "document": "SK 1"}
    admin = scene.etpp.admin
    for who in (scene.sri, SRI_NIP):
        admin("POST", "sanctions", said | {"by": who}, expect=409)
    made = admin("POST", "sanctions", said | {"by": "bkpp"})["sanction_id"]
    for who in (scene.sri, SRI_NIP):
        admin("POST", f"sanctions/{made}/withdraw", {"by": who}, expect=409)
    assert [each["sanction_id"] for each in admin("GET", "sanctions")["sanctions"]] == [made]
    admin("POST", f"sanctions/{made}/withdraw", {"by": BUDI_NIP})


def test_a_sanction_is_taken_off_once_however_often_it_is_entered(scene: Scene) -> None:
    said = {"person_id": scene.sri, "percent": "25", "first": "2026-11-01", "last": "2027-04-30", "by": "bkpp"}
    admin = scene.etpp.admin
    made = admin("POST", "sanctions", said | {"document": "SK 800/1/2026"})["sanction_id"]
    for again in ("SK 800/1/2026", "sk 800 / 1 / 2026"):
        admin("POST", "sanctions", said | {"document": again, "first": "2027-04-30"}, expect=409)
    admin("POST", "sanctions", said | {"document": "SK 800/2/2026"})  # another one holds beside it
    admin("POST", "sanctions", said | {"document": "SK 800/1/2026", "first": "2027-05-01", "last": "2027-06-30"})
    admin("POST", f"sanctions/{made}/withdraw", {"by": "bkpp"})
    admin("POST", "sanctions", said | {"document": "SK 800/1/2026", "percent": "10"})  # put right


def _close_by(scene: Scene, by: str, despite: Despite | None = None) -> None:
    with scene.etpp.database.begin() as tx:
        months.close(tx, scene.etpp.state.keys.now().signer, OFFICE, NOVEMBER, by, scene.etpp.clock.now, despite)


def _pay(scene: Scene) -> None:
    with scene.etpp.database.begin() as tx:
        months.pay(tx, OFFICE, NOVEMBER, "bendahara", scene.etpp.clock.now)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (close, "nobody of the office has checked"),
        (lambda s: close(s, DECEMBER), "is not over"),
        (lambda s: (check(s), close(s), close(s)), "is closed already"),
        (lambda s: (check(s), close(s), check(s)), "is closed"),
        (lambda s: (check(s), s.score(NOVEMBER, "90"), close(s)), "checked the list as it stands now"),
        (lambda s: (check(s), _close_by(s, "kepala")), "does not close"),
        (_pay, "paid once, after it was closed"),
        (lambda s: (check(s), close(s), _pay(s), _pay(s)), "paid once"),
    ],
)
def test_what_a_month_refuses(scene: Scene, act: Callable[[Scene], object], why: str) -> None:
    with pytest.raises(Conflict, match=why):
        act(scene)


def test_a_month_with_open_matters_is_closed_by_two_people_who_name_them_or_not_at_all(etpp: Running) -> None:
    scene = november(etpp)
    second = etpp.terminal()  # has never reported
    check(scene)
    with pytest.raises(MonthOpen) as refused:
        close(scene)
    matters = refused.value.matters
    assert matters == ("waiting:2026-11-25",)  # Budi may have been earlier at the terminal that has not reported
    with pytest.raises(Conflict, match="two people"):
        close(scene, despite=Despite(matters, ("bkpp", "bkpp")))
    closed = close(scene, despite=Despite(matters, ("bkpp", "sekda")))
    assert closed.sealed.despite is not None
    assert second.device_id
    (audited,) = audit(scene)
    assert (audited.findings, audited.despite) == ((), matters)


def test_a_closed_month_comes_out_again_whatever_is_recorded_later(scene: Scene) -> None:
    check(scene)
    closed = close(scene)
    scene.etpp.clock.now += dt.timedelta(days=3)
    with scene.etpp.database.begin() as tx:
        scene.letter(tx, scene.budi, "2026-11-25 07:00", "2026-11-25 10:00")
    scene.seen(scene.sri, "2026-12-04 07:00")
    (audited,) = audit(scene)
    assert audited.findings == ()
    assert (audited.statements, audited.events) == (2, 20)
    with scene.etpp.database.read() as tx:
        assert Closings(tx).get(OFFICE, NOVEMBER) == closed


def test_a_later_fact_is_an_adjustment_of_the_next_month_and_only_once(scene: Scene) -> None:
    with scene.etpp.database.begin() as tx:
        for day in ("2026-11-02", "2026-11-03"):  # so that one per cent of the points counts
            forget(tx, f"{scene.budi}-{day}")
    check(scene)
    close(scene)
    lost = next(s for s in reckon(scene).statements if s.person_id == scene.budi).net
    scene.etpp.clock.now += dt.timedelta(days=1)
    with scene.etpp.database.begin() as tx:
        scene.letter(tx, scene.budi, "2026-11-25 07:00", "2026-11-25 10:00")
    gained = next(s for s in reckon(scene).statements if s.person_id == scene.budi).net - lost
    assert gained > 0
    later(scene)
    found = reckon(scene, DECEMBER)
    assert {(a.person_id, a.month) for a in found.adjustments} == {(scene.budi, NOVEMBER)}
    assert sum(a.amount for a in found.adjustments) == gained
    assert any("letter:l1" in a.because for a in found.adjustments)
    check(scene, DECEMBER)
    closed = close(scene, DECEMBER)
    assert closed.sealed.total == sum(s.net for s in closed.sealed.statements) + gained
    scene.etpp.clock.now = wib("2027-02-01 09:00")
    scene.reported("2027-02-01 09:00")
    assert reckon(scene, Month(2027, 1)).adjustments == ()
    assert [each.findings for each in audit(scene)] == [(), ()]


def test_what_was_adjusted_and_is_taken_back_is_adjusted_back(scene: Scene) -> None:
    with scene.etpp.database.begin() as tx:
        for day in ("2026-11-02", "2026-11-03"):
            forget(tx, f"{scene.budi}-{day}")
    check(scene)
    close(scene)
    scene.etpp.clock.now += dt.timedelta(days=1)
    with scene.etpp.database.begin() as tx:
        scene.letter(tx, scene.budi, "2026-11-25 07:00", "2026-11-25 10:00")
    later(scene)
    check(scene, DECEMBER)
    paid = close(scene, DECEMBER).sealed.adjustments
    scene.etpp.clock.now += dt.timedelta(days=1)
    with scene.etpp.database.begin() as tx:
        now = scene.etpp.clock.now
        REVOCATIONS.add(tx, [LetterRevocation("r1", "l1", "bkpp", now, "salah orang")], "bkpp", now)
    back = reckon(scene, Month(2027, 1)).adjustments
    assert sum(a.amount for a in back) == -sum(a.amount for a in paid) < 0
    assert [(a.key, a.rule, a.because) for a in back] == [(a.key, a.rule, a.because) for a in paid]
    assert any("letter:l1" in a.because for a in back)


def test_what_a_terminal_reports_after_the_closing_is_adjusted_without_a_fact(etpp: Running) -> None:
    """Budi was late on the 25th, unless the second terminal saw him before: when it says that it did not, one per cent
    of his points is taken back. Everything else of both months is known before November is closed."""
    scene = november(etpp)
    second = etpp.terminal()
    with etpp.database.begin() as tx:
        for day in ("2026-11-02", "2026-11-03"):
            forget(tx, f"{scene.budi}-{day}")
    now = scene.etpp.clock.now
    later(scene)
    scene.etpp.clock.now = now + dt.timedelta(days=40)
    check(scene)
    matters = reckon(scene).open
    assert matters == ("waiting:2026-11-25",)
    close(scene, despite=Despite(matters, ("bkpp", "sekda")))
    before = {s.person_id: s.net for s in reckon(scene).statements}
    assert reckon(scene, DECEMBER).adjustments == ()
    second.send_events([], at=scene.etpp.clock.now)
    lost = before[scene.budi] - next(s.net for s in reckon(scene).statements if s.person_id == scene.budi)
    assert lost > 0
    found = reckon(scene, DECEMBER).adjustments
    assert {a.person_id for a in found} == {scene.budi}
    assert sum(a.amount for a in found) == -lost
    check(scene, DECEMBER)
    assert close(scene, DECEMBER).sealed.adjustments == found
    assert [each.findings for each in audit(scene)] == [(), ()]


def test_a_month_closed_twice_at_once_is_closed_once(scene: Scene) -> None:
    check(scene)
    together, results = threading.Barrier(2), []

    def attempt() -> None:
        together.wait()
        try:
            close(scene)
            results.append("closed")
        except Conflict:
            results.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sorted(results) == ["closed", "refused"]


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        # a statement's net is raised, in the row and in the document
        ("UPDATE closed_statements SET net = '99999999'", {"chain"}),
        ("UPDATE closings SET total = '1'", {"chain"}),
        # a hash of the month's own
        (f"UPDATE closings SET hash = '{'1' * 64}'", {"chain", "signature"}),
        ("UPDATE closings SET closed_by = 'x', signature = :junk", {"signature"}),
        # facts changed in place afterwards
        ("UPDATE assignments SET job_class = 8", {"again"}),
        ("DELETE FROM entry_steps", {"again"}),
        ("UPDATE events SET utc = earliest_utc, person_id = :other WHERE person_id IS NOT NULL", {"again", "event"}),
        (f"UPDATE events SET hash = '{'2' * 64}' WHERE kind = 'presence'", {"event"}),
        (f"UPDATE events SET prev_hash = '{'3' * 64}' WHERE kind = 'presence'", {"event"}),
        ("DELETE FROM events WHERE kind = 'presence'", {"again"}),
    ],
)
def test_an_audit_names_what_somebody_changed(scene: Scene, sql: str, what: set[str]) -> None:
    check(scene)
    close(scene)
    assert [each.findings for each in audit(scene)] == [()]
    with scene.etpp.database.begin() as tx:
        values = {"junk": b"\0" * 64, "other": scene.faces[scene.sri]}
        assert tx.execute(sa.text(sql), {name: each for name, each in values.items() if f":{name}" in sql}).rowcount
    (audited,) = audit(scene)
    assert {each.what for each in audited.findings} == what


def test_a_statement_that_was_changed_is_named_with_its_person(scene: Scene) -> None:
    check(scene)
    close(scene)
    with scene.etpp.database.begin() as tx:
        document = Closings(tx).documents(OFFICE, NOVEMBER)[scene.budi]
        table = pay_tables.closed_statements
        tx.execute(sa.update(table).where(table.c.person_id == scene.budi).values(document={**document, "net": "1"}))
    (audited,) = audit(scene)
    assert [(each.what, each.person_id) for each in audited.findings] == [("statement", scene.budi)]


def test_a_key_that_the_server_never_had_signs_nothing(scene: Scene) -> None:
    check(scene)
    close(scene)
    with scene.etpp.database.read() as tx:
        (audited,) = verify(tx, OFFICE, {})
    assert [each.what for each in audited.findings] == ["signature"]


def later(scene: Scene) -> None:
    """Nobody comes in December, but all that is asked for is there."""
    scene.etpp.clock.now = wib("2027-01-01 09:00")
    work(scene, DECEMBER)
    scene.score(DECEMBER)
    scene.reported("2027-01-01 09:00")


def test_the_sum_of_the_list_is_the_sum_of_its_statements(scene: Scene) -> None:
    check(scene)
    closed = close(scene)
    with scene.etpp.database.read() as tx:
        documents = Closings(tx).documents(OFFICE, NOVEMBER)
    assert closed.sealed.total == sum(Decimal(each["net"]) for each in documents.values())
    assert replace(closed.sealed, total=Decimal(0)) != closed.sealed
