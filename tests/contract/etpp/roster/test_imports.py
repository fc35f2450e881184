"""A list of employees into the roster and out again, on both databases."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etpp.base import sheets
from etpp.db import Transaction
from etpp.roster import export, imports, listing
from etpp.roster.assignments import Career
from etpp.roster.imports import Plan
from etpp.roster.listing import Listed
from etpp.roster.store import Roster
from tests.contract.etpp.running import OFFICE, Running, wib

NOW = wib("2026-11-24 07:00")
HEAD = "NIP;ID lain;Nama;OPD;Jabatan;Kelas;Gol;Status;Atasan;TMT;Sampai;Plt"
SRI, BUDI, ANI = "198503152010011007", "199002022015011002", "199103032016012003"
GOOD = f"{SRI};;Sri Lestari;{OFFICE};Pranata;8;III/c;PNS;;2025-01-01;;"


def plan(tx: Transaction, *lines: str, skip_bad: bool = False, head: str = HEAD) -> Plan:
    rows = sheets.read("\n".join((head, *lines)).encode(), listing.COLUMNS)
    return imports.plan(tx, rows, NOW, skip_bad)


def take(etpp: Running, *lines: str) -> list[str]:
    """Import them; what each line did."""
    with etpp.database.begin() as tx:
        made = plan(tx, *lines)
        assert made.faults == []
        imports.apply(tx, made, "operator", NOW)
        return [change.kind for change in made.changes]


def career(etpp: Running, number: str) -> Career:
    with etpp.database.read() as tx:
        return Roster(tx).career(Roster(tx).who(number))


class Wrong(NamedTuple):
    says: str
    lines: tuple[str, ...]
    at: tuple[int, ...] = (2,)


WRONG = (
    # A spreadsheet took the NIP for a number and lost its last digits.
    Wrong("rounded", (f"1.98503E+17;;Sri;{OFFICE};Pranata;8;;;;2025-01-01;;",)),
    # Nobody can be told apart by a name alone.
    Wrong("no other id", (f";;Sri;{OFFICE};Pranata;8;;;;2025-01-01;;",)),
    Wrong("18 digits", (f"12345;;Sri;{OFFICE};Pranata;8;;;;2025-01-01;;",)),
    Wrong("Nama: is empty", (f"{SRI};;;{OFFICE};Pranata;8;;;;2025-01-01;;",)),
    Wrong("no such office", (f"{SRI};;Sri;dinas-lain;Pranata;8;;;;2025-01-01;;",)),
    # Without a class nothing can be paid for the post.
    Wrong("Kelas jabatan: is empty", (f"{SRI};;Sri;{OFFICE};Pranata;;;;;2025-01-01;;",)),
    Wrong("from 1 to 17", (f"{SRI};;Sri;{OFFICE};Pranata;18;;;;2025-01-01;;",)),
    Wrong("from 1 to 17", (f"{SRI};;Sri;{OFFICE};Pranata;0;;;;2025-01-01;;",)),
    Wrong("from 1 to 17", (f"{SRI};;Sri;{OFFICE};Pranata;8,5;;;;2025-01-01;;",)),
    Wrong("golongan", (f"{SRI};;Sri;{OFFICE};Pranata;8;tinggi;;;2025-01-01;;",)),
    Wrong("PNS, PPPK or Kontrak", (f"{SRI};;Sri;{OFFICE};Pranata;8;;lain;;2025-01-01;;",)),
    Wrong("no such day", (f"{SRI};;Sri;{OFFICE};Pranata;8;;;;31/02/2025;;",)),
    Wrong("must be a day", (f"{SRI};;Sri;{OFFICE};Pranata;8;;;;kemarin;;",)),
    Wrong("before the beginning", (f"{SRI};;Sri;{OFFICE};Pranata;8;;;;2025-01-01;2024-12-31;",)),
    Wrong("ya or tidak", (f"{SRI};;Sri;{OFFICE};Pranata;8;;;;2025-01-01;;mungkin",)),
    # The superior's own row is missing, or the NIP has a slip.
    Wrong("stands for nobody", (f"{SRI};;Sri;{OFFICE};Pranata;8;;;{BUDI};2025-01-01;;",)),
    Wrong("own superior", (f"{SRI};;Sri;{OFFICE};Pranata;8;;;{SRI};2025-01-01;;",)),
    Wrong("circle", (
        f"{SRI};;Sri;{OFFICE};Pranata;8;;;{BUDI};2025-01-01;;",
        f"{BUDI};;Budi;{OFFICE};Analis;9;;;{SRI};2025-01-01;;",
    ), (2, 3)),
    Wrong("two posts at once", (GOOD, GOOD.replace("Pranata", "Analis")), (3,)),
    Wrong("overlaps with that of line 2", (
        GOOD.replace("2025-01-01;;", "2025-01-01;2025-06-30;"),
        GOOD.replace("2025-01-01", "2025-06-30"),
    ), (3,)),
    Wrong("another name", (GOOD, GOOD.replace("Sri Lestari", "Ani").replace("2025-01-01", "2025-02-01")), (2,)),
    # An acting post is held beside one's own.
    Wrong("no post of the person's own", (GOOD.replace("2025-01-01;;", "2025-01-01;;ya"),)),
)  # fmt: skip


def test_each_fault_is_named_with_its_line_and_quotes_nothing(etpp: Running) -> None:
    with etpp.database.read() as tx:
        for case in WRONG:
            faults = [(each.line, each.says) for each in plan(tx, *case.lines).faults]
            assert [line for line, _ in faults] == list(case.at), (case, faults)
            assert all(case.says in says for _, says in faults), (case, faults)
            assert not any(text in says for _, says in faults for text in (SRI, BUDI, "Sri", "12345"))


def test_all_faults_of_a_row_come_at_once(etpp: Running) -> None:
    with etpp.database.read() as tx:
        faults = plan(tx, f"123;;Sri;{OFFICE};;99;;;;;;").faults
    assert [each.says.split(":")[0] for each in faults] == ["NIP", "Jabatan", "Kelas jabatan", "Mulai"]


def test_the_same_list_twice_changes_nothing_and_a_new_post_ends_the_old_one(etpp: Running) -> None:
    assert take(etpp, GOOD) == ["new_person"]
    assert take(etpp, GOOD) == ["unchanged"]
    promoted = GOOD.replace("2025-01-01", "16 Maret 2025").replace(";8;", ";9;")
    assert take(etpp, GOOD, promoted) == ["ended", "class_changed"]
    assert take(etpp, GOOD, promoted) == ["unchanged", "unchanged"]
    assert [(each.first, each.last, each.job_class) for each in career(etpp, SRI).all] == [
        (dt.date(2025, 1, 1), dt.date(2025, 3, 15), 8),
        (dt.date(2025, 3, 16), None, 9),
    ]


def test_a_circle_that_a_recorded_post_closes_later_is_refused(etpp: Running) -> None:
    ani = f"{ANI};;Ani;{OFFICE};Analis;9;;;;2020-01-01;;"
    boss = f"{BUDI};;Budi;{OFFICE};Kepala;12;;;{ANI};2026-06-01;;"
    take(etpp, ani, boss)
    with etpp.database.read() as tx:
        made = plan(tx, ani.replace(";;;;2020", f";;;{BUDI};2020"))
    assert [(each.line, each.says) for each in made.faults] == [
        (2, "NIP atasan: the superiors stand in a circle on 2026-06-01")
    ]


def test_bad_lines_are_skipped_when_asked_with_those_that_rest_on_them(etpp: Running) -> None:
    boss = f"{BUDI};;Budi;dinas-lain;Kepala;12;;;;2025-01-01;;"
    under = f"{ANI};;Ani;{OFFICE};Analis;9;;;{BUDI};2025-01-01;;"
    with etpp.database.read() as tx:
        made = plan(tx, GOOD, boss, under, skip_bad=True)
    assert [change.line for change in made.changes] == [2]
    assert [fault.line for fault in made.faults] == [3, 4]


def test_a_stay_that_only_a_face_has_made_gives_way_to_the_post(etpp: Running) -> None:
    etpp.person()
    assert take(etpp, GOOD) == ["new_post"]
    assert [(each.post_id, each.first) for each in career(etpp, SRI).all] == [("Pranata", dt.date(2025, 1, 1))]


def test_staff_without_nip_and_an_acting_post(etpp: Running) -> None:
    contract = f";THL-7;Joko;Dinas Komunikasi dan Informatika;Sopir;3;;Kontrak;{SRI};2025-01-01;;"
    acting = f"{SRI};;Sri Lestari;{OFFICE};Kepala Bidang;11;;;;2025-02-01;2025-02-28;ya"
    assert take(etpp, GOOD, contract, acting) == ["new_person", "new_person", "acting"]
    assert take(etpp, GOOD, contract, acting) == ["unchanged"] * 3
    (held,) = career(etpp, "THL-7").all
    assert (held.status, held.office_id) == ("contract", OFFICE)
    assert [each.job_class for each in career(etpp, SRI).acting_on(dt.date(2025, 2, 28))] == [11]
    with etpp.database.read() as tx:
        rows = [listing.cells(each) for each in export.posts(tx)]
        headings = [column.name for column in listing.COLUMNS]
        for content in (sheets.write_csv(headings, rows), sheets.write_xlsx(headings, rows)):
            again = imports.plan(tx, sheets.read(content, listing.COLUMNS), NOW)
            assert (again.faults, [each.kind for each in again.changes]) == ([], ["unchanged"] * 3)


def test_an_acting_post_is_never_held_twice_and_can_be_taken_back(etpp: Running) -> None:
    """Each would be paid: a start that is put right must not become a second post."""

    def acting(first: str, last: str = "") -> str:
        return f"{SRI};;Sri Lestari;{OFFICE};Kepala Bidang;11;;;;{first};{last};ya"

    def held() -> list[tuple[str, str]]:
        return [(str(each.first), str(each.last)) for each in career(etpp, SRI).actings]

    assert take(etpp, GOOD, acting("2025-02-01")) == ["new_person", "acting"]
    for again in ((acting("2025-02-02"),), (acting("2025-01-15"),), (acting("2025-02-01"), acting("2025-02-02"))):
        with etpp.database.read() as tx:
            (fault,) = plan(tx, *again).faults
        assert "this post from 2025-02-01 on" in fault.says
    # Taken back by an end on the day before it begins; the same list again changes nothing.
    put_right = (acting("2025-02-01", "2025-01-31"), acting("2025-02-02"))
    assert take(etpp, *put_right) == ["acting", "acting"]
    assert held() == [("2025-02-02", "None")]
    assert take(etpp, *put_right) == ["unchanged", "unchanged"]
    # Ended, and held once more later.
    assert take(etpp, acting("2025-03-01"), acting("2025-02-02", "2025-02-28")) == ["acting", "acting"]
    assert held() == [("2025-02-02", "2025-02-28"), ("2025-03-01", "None")]


def test_contract_staff_who_are_given_a_nip_stay_who_they_are(etpp: Running) -> None:
    contract, pppk = "THL-7", "199103032025211003"
    assert take(etpp, f";{contract};Joko;{OFFICE};Sopir;3;;Kontrak;;2025-01-01;;") == ["new_person"]
    both = f"{pppk};{contract};Joko;{OFFICE};Sopir;5;V;PPPK;;2025-06-01;;"
    later = f"{pppk};;Joko;{OFFICE};Operator;6;V;PPPK;;2025-09-01;;"  # by the NIP alone: the same one
    assert take(etpp, later, both) == ["new_post", "class_changed"]
    assert take(etpp, both, later) == ["unchanged"] * 2
    assert [each.status for each in career(etpp, pppk).all] == ["contract", "pppk", "pppk"]
    assert career(etpp, contract).all == career(etpp, pppk).all
    with etpp.database.read() as tx:
        cells = [listing.cells(each)[:2] for each in export.posts(tx)]
    assert cells == [(pppk, contract)] * 3


def test_two_numbers_that_stand_for_two_people_are_refused(etpp: Running) -> None:
    take(etpp, GOOD, f"{BUDI};B-1;Budi;{OFFICE};Analis;9;;;;2025-01-01;;")
    cases = {
        # Both are known, as two people.
        f"{SRI};B-1;Sri Lestari;{OFFICE};Pranata;8;;;;2025-01-01;;": ["stand for two people"],
        # The id is Budi's, who has a NIP of his own.
        f"{ANI};B-1;Budi;{OFFICE};Analis;9;;;;2025-01-01;;": ["has another one"],
        # The NIP is Budi's, who has an id of his own.
        f"{BUDI};B-2;Budi;{OFFICE};Analis;9;;;;2025-01-01;;": ["has another one"],
    }
    with etpp.database.read() as tx:
        for line, says in cases.items():
            found = [fault.says for fault in plan(tx, line).faults]
            assert len(found) == len(says), (line, found)
            assert all(part in whole for part, whole in zip(says, found, strict=True)), (line, found)
        # And two new people in one list who share an id.
        two = (
            f"{ANI};C-1;Ani;{OFFICE};Analis;9;;;;2025-01-01;;",
            f"199204042017011004;C-1;Ani;{OFFICE};A;9;;;;2025-02-01;;",
        )
        assert ["has another one" in each.says for each in plan(tx, *two).faults] == [True]


def test_what_a_list_has_no_column_for_stays_as_it_was(etpp: Running) -> None:
    boss = f"{BUDI};;Budi;{OFFICE};Kepala;12;IV/a;PNS;;2020-01-01;;"
    full = "NIP;Nama;Kantor;Jabatan;Kelas;Golongan;Status;NIP atasan;Mulai;Berhak TPP"
    take(etpp, boss)
    with etpp.database.begin() as tx:
        line = f"{SRI};Sri Lestari;{OFFICE};Pranata;8;III/c;PPPK;{BUDI};2025-01-01;tidak"
        imports.apply(tx, plan(tx, line, head=full), "operator", NOW)
        short = "NIP;Nama;Kantor;Jabatan;Kelas;Mulai"
        again = plan(tx, f"{SRI};Sri Lestari;{OFFICE};Pranata;8;2025-01-01", head=short)
        assert [each.kind for each in again.changes] == ["unchanged"]
        imports.apply(tx, plan(tx, f"{SRI};Sri Lestari;{OFFICE};Analis;9;2025-07-01", head=short), "operator", NOW)
        _, post = Roster(tx).career(Roster(tx).who(SRI)).all
        superior = Roster(tx).who(BUDI)
        assert (post.rank, post.status, post.superior_id, post.entitled) == ("III/c", "pppk", superior, False)
        # An empty cell of a column that is there says that there is none.
        emptied = f"{SRI};Sri Lestari;{OFFICE};Analis;9;;;;2025-07-01;"
        imports.apply(tx, plan(tx, emptied, head=full), "operator", NOW)
        _, post = Roster(tx).career(Roster(tx).who(SRI)).all
        assert (post.rank, post.status, post.superior_id, post.entitled) == ("", "pns", None, True)


LISTED = st.builds(
    Listed,
    line=st.just(2),
    nip=st.sampled_from((SRI, BUDI)),
    other_id=st.sampled_from((None, "THL-7")),
    name=st.sampled_from(("Sri Lestari", "'Aisyah", "O'Neil", "-Ani")),
    office=st.just(OFFICE),
    post=st.text("abc =+-@'\"", min_size=1, max_size=20)
    .map(lambda text: f"P{text}".strip())
    .map(lambda text: " ".join(text.split())),
    job_class=st.integers(1, 17),
    rank=st.sampled_from(("", "III/c", "IX")),
    status=st.sampled_from(("pns", "pppk", "contract")),
    superior=st.sampled_from((None, BUDI, "THL-7")),
    first=st.dates(dt.date(1990, 1, 1), dt.date(2020, 1, 1)),
    last=st.one_of(st.none(), st.dates(dt.date(2020, 1, 2), dt.date(2099, 1, 1))),
    acting=st.booleans(),
    entitled=st.booleans(),
)


@given(LISTED)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_is_read_back_as_it_was(listed: Listed) -> None:
    content = sheets.write_csv([column.name for column in listing.COLUMNS], [listing.cells(listed)])
    (row,) = sheets.read(content, listing.COLUMNS)
    assert listing.understood(row, NOW) == listed


@given(st.lists(st.text(max_size=30), min_size=13, max_size=13))
@settings(max_examples=200)
def test_any_row_is_understood_or_has_its_faults(cells: list[str]) -> None:
    content = sheets.write_csv([column.name for column in listing.COLUMNS], [cells])
    try:
        rows = sheets.read(content, listing.COLUMNS)
    except sheets.SheetError:
        return
    for row in rows:
        found = listing.understood(row, NOW)
        assert isinstance(found, Listed) or found


@pytest.mark.parametrize("says", ["31/12/2025", "2025-12-31", "31 Desember 2025", "31 Dec 2025", "46022"])
def test_a_day_in_each_of_its_forms(says: str) -> None:
    assert sheets.date(says) == dt.date(2025, 12, 31)


@pytest.mark.parametrize("says", ["31 Foo 2025", "32 Desember 2025", "00 Mei 2025"])
def test_no_day_in_words(says: str) -> None:
    with pytest.raises(ValueError, match="no such day"):
        sheets.date(says)
