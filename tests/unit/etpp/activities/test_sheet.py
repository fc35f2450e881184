"""The catalogue as a table: what each row changes, what is refused where, and that a table twice changes nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.activities import sheet
from etpp.activities.catalogue import Catalogue
from etpp.activities.model import Item, Weight
from etpp.base import sheets

HEAD = "kode;uraian kegiatan;satuan;bobot;berlaku mulai;sampai;batas harian;jabatan;kelas\n"
LETTER = "letter;Membuat surat;surat;12,5;2026-01-01;;;;\n"


def planned(text: str, before: sheet.Plan | None = None) -> sheet.Plan:
    rows = sheets.read((HEAD + text).encode(), sheet.COLUMNS)
    items, weights = counting(before) if before else ((), ())
    return sheet.plan(rows, items, weights)


def counting(*plans: sheet.Plan) -> tuple[list[Item], list[Weight]]:
    """What counts when plans were recorded, as the store has it: of one id the last."""
    items = {(item.item_id, item.first): item for plan in plans for item in plan.items}
    weights = {weight.weight_id: weight for plan in plans for weight in plan.weights}
    return list(items.values()), list(weights.values())


def test_a_row_is_an_item_and_its_weight() -> None:
    plan = planned("letter;Membuat surat;surat;12,5;01/02/2026;31/12/2026;3;;9\n")
    assert plan.items == [Item("letter", "Membuat surat", "surat", dt.date(2026, 2, 1), None, Decimal(3))]
    (weight,) = plan.weights
    assert (weight.points, weight.job_class, weight.post_id) == (Decimal("12.5"), 9, None)
    assert (weight.first, weight.last) == (dt.date(2026, 2, 1), dt.date(2026, 12, 31))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (";Surat;surat;1;2026-01-01;;;;", "item: must have 1 to 64"),
        ("a b;Surat;surat;1;2026-01-01;;;;", "item: must be of letters"),
        ("a;;surat;1;2026-01-01;;;;", "name: must have"),
        ("a;Surat;;1;2026-01-01;;;;", "unit: must have"),
        ("a;Surat;surat;;2026-01-01;;;;", "points: must be a number"),
        ("a;Surat;surat;-1;2026-01-01;;;;", "points: must lie between"),
        ("a;Surat;surat;1e12;2026-01-01;;;;", "points: must be a number"),
        ("a;Surat;surat;1000000;2026-01-01;;;;", "points: must lie between"),
        ("a;Surat;surat;0,00001;2026-01-01;;;;", "points: has at most 4 decimals"),
        ("a;Surat;surat;NaN;2026-01-01;;;;", "points: must be a number"),
        ("a;Surat;surat;1;tomorrow;;;;", "first: must be a day"),
        ("a;Surat;surat;1;2026-01-02;2026-01-01;;;", "last: must not come before"),
        ("a;Surat;surat;1;2026-01-01;;0;;", "most a day: must be more than 0"),
        ("a;Surat;surat;1;2026-01-01;;;head;9", "for a post or for a class"),
        ("a;Surat;surat;1;2026-01-01;;;;9,5", "class: must be a whole number"),
        ("a;Surat;surat;1;2026-01-01;;;;100", "class: must be a whole number"),
        # more digits than a Decimal divides
        (f"a;Surat;surat;1;2026-01-01;;;;{'9' * 30}", "class: must be a whole number"),
        ('a;"Sur\n\nat";surat;1;2026-01-01;;;;9;x', "more cells"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line_and_changes_nothing(row: str, says: str) -> None:
    plan = planned(f"{row}\n{LETTER}")
    assert [fault.line for fault in plan.faults] == [2]
    assert says in plan.faults[0].says
    assert [item.item_id for item in plan.items] == ["letter"]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        # one item with three weights: for everybody, for a class, for a post
        (
            LETTER
            + "letter;Membuat surat;surat;20;2026-01-01;;;;9\nletter;Membuat surat;surat;30;2026-01-01;;;head;\n",
            ["new", "new", "same", "new", "same", "new"],
        ),
        (LETTER + LETTER, ["new", "new", "same", "same"]),  # the same row twice counts once
        # a new weight from a day on ends the old one on the day before, and so the item's row
        (LETTER + "letter;Membuat surat;surat;15;2027-01-01;;;;\n", ["new", "new", "ended", "new", "ended", "new"]),
        # so does a new name
        (
            LETTER + "letter;Menyusun surat;surat;12,5;2027-01-01;;;;\n",
            ["new", "new", "ended", "new", "ended", "new"],
        ),
        # a last day that lies behind the next one's beginning is that one's eve
        (LETTER + "letter;Membuat surat;surat;13;2025-01-01;2026-06-30;;;\n", ["new", "new", "new", "new"]),
        # the newer row first: the older one ends before it
        ("letter;Membuat surat;surat;15;2027-01-01;;;;\n" + LETTER, ["new", "new", "new", "new"]),
    ],
)
def test_what_rows_change_and_that_the_same_table_again_changes_nothing(text: str, changes: list[str]) -> None:
    plan = planned(text)
    assert plan.faults == ()
    assert [change.what for change in plan.changes] == changes
    assert {change.what for change in planned(text, plan).changes} == {"same"}
    Catalogue(*counting(plan))


@pytest.mark.parametrize(
    ("second", "says"),
    [
        ("letter;Membuat surat;surat;13;2026-01-01;;;;\n", "line 2 says otherwise"),  # two weights for one case
        ("letter;Surat lain;surat;12,5;2026-01-01;;;;9\n", "line 2 says otherwise"),  # two names for one item
    ],
)
def test_a_row_that_contradicts_another_is_refused_and_leaves_no_half(second: str, says: str) -> None:
    plan = planned(LETTER + second)
    assert [fault.line for fault in plan.faults] == [3]
    assert says in plan.faults[0].says
    assert plan.changes == planned(LETTER).changes


def test_a_table_may_correct_what_is_recorded() -> None:
    before = planned(LETTER)
    plan = planned(LETTER.replace("12,5", "13"), before)
    assert [change.what for change in plan.changes] == ["same", "changed"]
    assert plan.weights[0].weight_id == before.weights[0].weight_id


dates = st.sampled_from([dt.date(2025, 1, 1), dt.date(2026, 1, 1), dt.date(2026, 7, 1), dt.date(2027, 1, 1)])
rows_ = st.tuples(
    st.sampled_from(["letter", "visit"]),
    st.sampled_from(["Surat", "Kunjungan"]),
    st.sampled_from(["1", "2,5"]),
    dates,
    st.none() | dates,
    st.sampled_from(["", "5"]),
    st.sampled_from([";", ";9", "head;"]),
)


def text_of(rows: list[tuple[str, str, str, dt.date, dt.date | None, str, str]]) -> str:
    return "".join(f"{i};{n};kali;{p};{a};{b or ''};{m};{whom}\n" for i, n, p, a, b, m, whom in rows)


@given(st.lists(rows_, max_size=8), st.lists(rows_, max_size=8))
def test_any_tables_leave_a_catalogue_that_holds_and_again_change_nothing(first: list, second: list) -> None:  # type: ignore[type-arg]
    one = planned(text_of(first))
    two = sheet.plan(sheets.read((HEAD + text_of(second)).encode(), sheet.COLUMNS), *counting(one))
    items, weights = counting(one, two)
    Catalogue(items, weights)
    good = [line for line in range(2, len(second) + 2) if line not in {fault.line for fault in two.faults}]
    kept = [row for line, row in enumerate(second, start=2) if line in good]
    again = sheet.plan(sheets.read((HEAD + text_of(kept)).encode(), sheet.COLUMNS), items, weights)
    assert {change.what for change in again.changes} <= {"same"}
    assert again.faults == ()


def test_what_is_exported_is_imported_without_a_change() -> None:
    items, weights = counting(planned(LETTER + "letter;Membuat surat;surat;20;2026-03-01;;2;;9\n"))
    written = sheets.write_xlsx(sheet.headings(), sheet.table(items, weights))
    plan = sheet.plan(sheets.read(written, sheet.COLUMNS), items, weights)
    assert {change.what for change in plan.changes} == {"same"}
