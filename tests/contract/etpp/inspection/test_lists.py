"""Each list finds the one thing that it is for in a real office's month, and the innocent neighbour stays out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from etpp.absence.catalogue import delivered_text
from etpp.absence.model import Letter, LetterDecision
from etpp.absence.store import CATALOGUE_ID, DECISIONS, KINDS, KindsText, add_letters
from etpp.activities.model import EntryStep
from etpp.activities.store import STEPS
from etpp.db import pay_tables, tables
from etpp.inspection.hunts import hunt
from etpp.inspection.model import KEYS, Hit, Key
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry
from etpp.presence.store import CORRECTION_DECISIONS, CORRECTIONS, MANUAL_ENTRIES
from tests.contract.etpp.allowance.regency import NOVEMBER, OCTOBER, SEPTEMBER, Regency, regency
from tests.contract.etpp.running import wib

ZONE = ZoneInfo("Asia/Jakarta")


@pytest.fixture
def scene(url: str) -> Iterator[Regency]:
    """Sri and Budi at office a; Budi's face is known at b as well."""
    with regency(url, "a", "b") as made:
        for who in ("sri", "budi"):
            made.person(who, "a")
        yield made


def found(scene: Regency, key: Key, office_id: str = "a") -> list[Hit]:
    with scene.database.read() as tx:
        return hunt(tx, key, office_id, NOVEMBER, ZONE)


def whom(hits: list[Hit]) -> list[tuple[str, ...]]:
    return [each.who for each in hits]


@pytest.mark.parametrize("key", KEYS)
def test_an_ordinary_month_is_on_no_list(scene: Regency, key: Key) -> None:
    for n, day in enumerate(range(2, 7)):
        scene.seen("sri", f"2026-11-0{day} 07:1{n}:1{n}", f"2026-11-0{day} 16:4{n}:2{n}")
        scene.seen("budi", f"2026-11-0{day} 07:2{n}:3{n}", f"2026-11-0{day} 16:3{n}:4{n}")
    assert found(scene, key) == []


def test_by_hand_counts_by_who_confirmed_and_who_decided(scene: Regency) -> None:
    at = wib("2026-11-03 07:20")
    with scene.record() as (tx, now):
        made = [
            ManualEntry(
                f"m{n}", "sri", at + n * dt.timedelta(days=1), "a", "padam", "tu", wib("2026-11-20 08:00"), "kepala"
            )
            for n in range(3)
        ]
        MANUAL_ENTRIES.add(tx, [*made, replace(made[0], entry_id="m9", confirmed_by=None)], "tu", now)
        MANUAL_ENTRIES.add(tx, [replace(made[0], entry_id="other", office_id="b")], "tu", now)
        asked = [
            Correction(f"c{n}", "budi", dt.date(2026, 11, 3), "arrival", None, "antre", "tu", now) for n in range(2)
        ]
        CORRECTIONS.add(tx, asked, "tu", now)
        CORRECTION_DECISIONS.add(tx, [CorrectionDecision("d", "c0", True, "bkpp", now)], "bkpp", now)
    rows = {(hit.detail, hit.by): (hit.count, hit.who) for hit in found(scene, "by_hand")}
    assert rows == {
        ("manual", "kepala"): (3, ("sri",)),
        ("manual", ""): (1, ("sri",)),
        ("correction", "bkpp"): (1, ("budi",)),
        ("correction", ""): (1, ("budi",)),
    }


def test_two_places(scene: Regency) -> None:
    scene.seen("budi", "2026-11-03 07:20")
    scene.seen("budi", "2026-11-03 07:31", office_id="b")
    scene.seen("sri", "2026-11-03 07:20")
    scene.seen("sri", "2026-11-03 08:00", office_id="b")
    assert whom(found(scene, "two_places")) == [("budi",)]
    assert whom(found(scene, "two_places", "b")) == [("budi",)]


def test_same_minute_and_pairs(scene: Regency) -> None:
    for day in range(10, 20):
        scene.seen("sri", f"2026-11-{day} 07:15:0{day % 5}")
        scene.seen("budi", f"2026-11-{day} 07:15:0{5 + day % 4}")
    assert {(hit.who, hit.detail) for hit in found(scene, "same_minute")} == {
        (("sri",), "minute"),
        (("budi",), "minute"),
    }
    (hit,) = found(scene, "pairs")
    assert set(hit.who) == {"sri", "budi"}
    assert hit.count >= 8


def test_with_nip(scene: Regency) -> None:
    (narrow,) = scene.seen("sri", "2026-11-03 07:20")
    (wide,) = scene.seen("budi", "2026-11-03 07:21")
    (untold,) = scene.seen("budi", "2026-11-04 07:21")
    (just,) = scene.seen("sri", "2026-11-05 07:21")
    (not_quite,) = scene.seen("budi", "2026-11-05 07:21")
    (below,) = scene.seen("sri", "2026-11-06 07:21")
    (in_place,) = scene.seen("budi", "2026-11-06 07:22")
    told = (narrow, 0.01), (wide, 1.5), (untold, None), (just, 0.039), (not_quite, 0.04), (below, -1.0)
    events = tables.events
    with scene.record() as (tx, _):
        for event, margin in told:
            body = {"presence": {"match": {"margin": margin}}}
            tx.execute(sa.update(events).where(events.c.event_id == event).values(body=body))
        tx.execute(sa.update(events).where(events.c.event_id == in_place).values(method="nip-pin"))
    (sri, budi) = found(scene, "with_nip")
    assert (sri.who, sri.refs) == (("sri",), (f"event:{narrow}", f"event:{just}", f"event:{below}"))
    assert (budi.who, budi.refs) == (("budi",), (f"event:{in_place}",)), "by NIP and PIN, the face told nothing"


def sealed(scene: Regency, *months: object) -> None:
    for month in months:
        for who in ("sri", "budi"):
            scene.worked(who, month, {9: "08:10"} if who == "budi" else None)  # type: ignore[arg-type]
        scene.score("a", month)  # type: ignore[arg-type]
        scene.over(month)  # type: ignore[arg-type]
        scene.close("a", month)  # type: ignore[arg-type]


def test_never_late_looks_at_closed_months_and_at_what_was_returned(scene: Regency) -> None:
    sealed(scene, SEPTEMBER, OCTOBER)
    assert found(scene, "never_late") == [], "two months say little"
    sealed(scene, NOVEMBER)
    assert whom(found(scene, "never_late")) == [("sri",)]
    with scene.record() as (tx, now):
        STEPS.add(tx, [EntryStep("back", "sri-2026-10-05", "returned", "kepala", now, "kurang")], "kepala", now)
    assert found(scene, "never_late") == []


def letter(scene: Regency, kind: str, first: str, until: str, submitted: str, letter_id: str = "l1") -> None:
    with scene.record() as (tx, now):
        made = Letter(
            letter_id,
            kind,
            "094/1",
            wib(first).date(),
            "Kepala",
            ("sri",),
            wib(first),
            wib(until),
            "tu",
            wib(submitted),
            "ab" * 32,
        )
        add_letters(tx, [made], "tu", now)
        DECISIONS.add(tx, [LetterDecision(f"d-{letter_id}", letter_id, True, "kepala", now)], "kepala", now)


def test_letters_that_came_afterwards(scene: Regency) -> None:
    letter(scene, "dinas-luar", "2026-11-10 00:00", "2026-11-11 00:00", "2026-11-12 09:00")
    letter(scene, "dinas-luar", "2026-11-17 00:00", "2026-11-18 00:00", "2026-11-12 09:00", "l2")
    (hit,) = found(scene, "afterwards")
    assert (hit.refs, hit.by, hit.span) == (("letter:l1",), "tu", dt.timedelta(days=2, hours=9))


def test_leave_that_is_not_paid_and_was_paid_all_the_same(scene: Regency) -> None:
    """The delivered policy has no paid shares, so that nothing is taken off for it."""
    letter(scene, "cuti-sakit", "2026-11-10 00:00", "2026-11-11 00:00", "2026-11-09 09:00")
    letter(scene, "dinas-luar", "2026-11-12 00:00", "2026-11-13 00:00", "2026-11-09 09:00", "l2")
    assert found(scene, "unpaid_leave") == [], "the month is not closed: nothing was paid"
    sealed(scene, NOVEMBER)
    (hit,) = found(scene, "unpaid_leave")
    assert (hit.who, hit.detail) == (("sri",), "cuti-sakit")
    assert hit.refs == ("letter:l1", "statement:sri:2026-11")
    # Had the statement taken something off for the letter, it would be on no list.
    table = pay_tables.closed_statements
    with scene.record() as (tx, _):
        row = tx.execute(sa.select(table).where(table.c.person_id == "sri")).one()
        part = {"key": "day:2026-11-10", "because": ["letter:l1"], "parts": []}
        lines = [*row.document["lines"], {"key": "paid-share", "amount": "-1", "because": [], "parts": [part]}]
        tx.execute(sa.update(table).where(table.c.person_id == "sri").values(document=row.document | {"lines": lines}))
    assert found(scene, "unpaid_leave") == []


def test_leave_that_begins_with_its_kind_is_found(scene: Regency) -> None:
    kind = """
[[kind]]
id = "cuti-baru"
name = "Cuti baru"
first = 2026-11-10
excuses = ["absence"]
may_enter = false
paid = [{ day = 1, percent = 0 }]
"""
    with scene.record() as (tx, now):
        KINDS.add(tx, [KindsText(CATALOGUE_ID, delivered_text() + kind)], "bkpp", now)
    letter(scene, "cuti-baru", "2026-11-10 00:00", "2026-11-11 00:00", "2026-11-09 09:00")
    sealed(scene, NOVEMBER)
    (hit,) = found(scene, "unpaid_leave")
    assert (hit.who, hit.detail) == (("sri",), "cuti-baru")


def test_faces_approved_despite_marks(scene: Regency) -> None:
    def enrolment(event: str, marks: object, state: str = "approved") -> dict[str, object]:
        values: dict[str, object] = dict.fromkeys(("nip", "name", "more", "renewal"))
        values |= {"office_id": "a", "event_id": event, "device_id": "a-1", "model_id": "m", "descriptors": b""}
        values |= {"qualities": [], "consent": {}, "state": state, "received_utc": wib("2026-11-03 08:00")}
        return values | {
            "decided_utc": wib("2026-11-04 08:00"),
            "decided_by": "bkpp",
            "person_id": "a-sri",
            "marks": marks,
        }

    mark = [{"kind": "face_known", "reference": "x", "office_id": "b"}]
    with scene.record() as (tx, _):
        rows = [enrolment("e1", mark), enrolment("e2", []), enrolment("e3", None), enrolment("e4", mark, "rejected")]
        tx.execute(sa.insert(tables.enrolments), rows)
    (hit,) = found(scene, "despite_marks")
    assert (hit.who, hit.by, hit.more, hit.refs) == (("sri",), "bkpp", ("face_known",), ("enrolment:e1",))


def test_months_closed_despite_open_matters(scene: Regency) -> None:
    for who in ("sri", "budi"):
        scene.worked(who, OCTOBER)
    scene.over(OCTOBER)
    scene.close("a", OCTOBER)  # the office's score is open: `close` names it, by two people
    sealed(scene, NOVEMBER)
    (hit,) = found(scene, "despite")
    assert (hit.detail, hit.by) == ("2026-10", "bkpp, sekda")
    assert hit.more == ("score:a",)
    assert hit.count == 1
