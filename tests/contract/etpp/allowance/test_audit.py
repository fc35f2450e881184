"""What an audit of closed months says of terminals' signatures, and of what people have written by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from etpp.allowance.audit import Audited
from etpp.allowance.documents import audited_shown
from etpp.allowance.seal import Despite
from etpp.commands import audit as audit_command
from etpp.commands.place import Place
from etpp.db.tables import events, signed_heads
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry
from etpp.presence.store import CORRECTION_DECISIONS, CORRECTIONS, MANUAL_ENTRIES
from tests.contract.etpp.allowance.scene import DECEMBER, NOVEMBER, Scene, november
from tests.contract.etpp.allowance.test_month import audit, check, close, forget, later
from tests.contract.etpp.books.test_heads import rewrite
from tests.contract.etpp.running import OFFICE, Running, wib

LATE_DAY = dt.date(2026, 11, 25)


@pytest.fixture
def scene(etpp: Running) -> Scene:
    return november(etpp, signs=True)


def correct(scene: Scene, correction_id: str = "c1") -> None:
    """Budi's late arrival was in time."""
    now = scene.etpp.clock.now
    asked = Correction(correction_id, scene.budi, LATE_DAY, "arrival", wib("2026-11-25 07:20"), "antre", "tu", now)
    with scene.etpp.database.begin() as tx:
        CORRECTIONS.add(tx, [asked], "tu", now)
        decision = CorrectionDecision(f"d-{correction_id}", correction_id, True, "kepala", now)
        CORRECTION_DECISIONS.add(tx, [decision], "kepala", now)


def write_down(scene: Scene, entry_id: str = "m1", confirmed_by: str | None = "kepala") -> None:
    """Budi was there at twenty past seven, and no terminal saw him."""
    now = scene.etpp.clock.now
    entry = ManualEntry(entry_id, scene.budi, wib("2026-11-25 07:20"), OFFICE, "listrik padam", "tu", now, confirmed_by)
    with scene.etpp.database.begin() as tx:
        MANUAL_ENTRIES.add(tx, [entry], "kepala", now)


def closed(scene: Scene, despite: Despite | None = None) -> Audited:
    check(scene)
    close(scene, despite=despite)
    (found,) = audit(scene)
    return found


def test_each_presence_of_a_closed_month_is_under_its_terminals_signature(scene: Scene) -> None:
    found = closed(scene)
    assert (found.events, found.signed, found.unsigned, found.findings) == (20, 20, (), ())


def test_presences_of_a_terminal_that_does_not_sign_yet_are_counted_by_terminal(etpp: Running) -> None:
    scene = november(etpp)
    found = closed(scene)
    assert (found.signed, found.unsigned, found.findings) == (0, ((scene.terminal.device_id, 20),), ())


def test_a_chain_that_was_written_anew_before_the_month_was_closed_is_named(scene: Scene) -> None:
    """Whoever writes the database makes Budi come in time and gives all that follows the hashes that fit. The month is
    closed on it, and reckoned again it is the same: only what the terminal signed says otherwise."""
    with scene.etpp.database.begin() as tx:
        late = sa.select(events).where(events.c.utc == wib("2026-11-25 07:42"))
        (row,) = tx.execute(late).all()
        rewrite(tx, row.seq, wall_utc="2026-11-25T00:20:00.000Z")
        early = wib("2026-11-25 07:20")
        tx.execute(
            sa.update(events).where(events.c.seq == row.seq).values(utc=early, earliest_utc=early, latest_utc=early)
        )
        tx.execute(sa.delete(signed_heads).where(signed_heads.c.seq >= row.seq))
    found = closed(scene)
    assert {each.what for each in found.findings} == {"terminal"}
    (finding,) = found.findings
    terminal = scene.terminal
    where = f"terminal {terminal.device_id}, chain {terminal.chain_id}, numbers {row.seq} to 20: "
    assert finding.detail.startswith(where)
    assert found.signed == row.seq - 1


def test_a_figure_that_rests_on_a_manual_entry_or_a_correction_is_named(scene: Scene) -> None:
    correct(scene)
    write_down(scene)
    write_down(scene, "m2", confirmed_by=None)
    found = closed(scene, Despite(("manual:m2",), ("bkpp", "kepala")))
    assert found.manual == ((scene.budi, "m1"),)
    assert found.corrections == ((scene.budi, "c1"),)
    document = audited_shown(found).model_dump(mode="json")
    assert document["corrections"] == [{"person_id": scene.budi, "correction_id": "c1"}]
    assert document["manual"] == [{"person_id": scene.budi, "entry_id": "m1"}]


@pytest.mark.parametrize("by_hand", [correct, write_down])
def test_an_adjustment_that_rests_on_one_is_named_with_the_month_that_pays_it(scene: Scene, by_hand: object) -> None:
    """What was late is late no more, so no line says why."""
    with scene.etpp.database.begin() as tx:
        for day in ("2026-11-02", "2026-11-03"):  # so that one per cent of the points counts
            forget(tx, f"{scene.budi}-{day}")
    check(scene)
    close(scene)
    scene.etpp.clock.now += dt.timedelta(days=1)
    by_hand(scene)  # type: ignore[operator]
    later(scene)
    check(scene, DECEMBER)
    assert close(scene, DECEMBER).sealed.adjustments
    first, second = audit(scene)
    assert (first.manual, first.corrections, first.findings) == ((), (), ())
    assert (second.manual, second.corrections) == (
        (((scene.budi, "m1"),), ()) if by_hand is write_down else ((), ((scene.budi, "c1"),))
    )
    assert second.findings == ()


def test_the_command_says_it(scene: Scene, tmp_path: Path) -> None:
    correct(scene)
    write_down(scene)
    check(scene)
    close(scene)
    database = scene.etpp.database
    place = Place(database.url, tmp_path / "state")
    result = CliRunner().invoke(audit_command.command, ["verify", "--month", str(NOVEMBER)], obj=place)
    assert result.exit_code == 0, result.output
    assert "2 statements, 20 presences, 20 of them signed" in result.output
    assert f"rests on a manual entry: m1 of {scene.budi}" in result.output
    assert f"rests on a correction: c1 of {scene.budi}" in result.output
    with database.begin() as tx:
        tx.execute(sa.update(signed_heads).where(signed_heads.c.seq == 20).values(signature=bytes(64)))
    result = CliRunner().invoke(audit_command.command, ["verify"], obj=place)
    assert result.exit_code == audit_command.BROKEN
    terminal = scene.terminal
    assert f"terminal: terminal {terminal.device_id}, chain {terminal.chain_id}, number 20: " in result.output
