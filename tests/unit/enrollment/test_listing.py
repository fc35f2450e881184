"""Lists of people as offices write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment import nip as nips
from enrollment.listing import Row, read
from enrollment.refusal import Refusal
from tests.unit.enrollment.kit import ANI, BUDI

ROWS = [Row(1, ANI, "Ani, S.E.", "ani"), Row(2, BUDI, "Budi", "budi")]


def test_comma_separated(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(f'nip,name,folder\n{ANI},"Ani, S.E.",ani\n\n{BUDI}, Budi ,budi\n')
    assert read(tmp_path) == ROWS


def test_as_a_spreadsheet_in_indonesian_saves_it(tmp_path: Path) -> None:
    text = f"\ufeffFolder;NIP;Name\r\nani;'{ANI};Ani, S.E.\r\nbudi;'{BUDI};Budi\r\n;;\r\n"
    (tmp_path / "people.csv").write_bytes(text.encode())
    assert read(tmp_path) == ROWS


def test_toml(tmp_path: Path) -> None:
    (tmp_path / "people.toml").write_text(
        f'[[person]]\nnip = "{ANI}"\nname = "Ani, S.E."\nfolder = "ani"\n'
        f'[[person]]\nnip = "{BUDI}"\nname = "Budi"\nfolder = "budi"\n'
    )
    assert read(tmp_path) == ROWS


@pytest.mark.parametrize(("word", "agreed"), [("ya", True), ("Yes", True), ("", False), ("tidak", False), ("?", False)])
def test_a_column_of_consent_must_say_yes(tmp_path: Path, word: str, agreed: bool) -> None:
    (tmp_path / "people.csv").write_text(f"nip,name,folder,consent\n{ANI},Ani,ani,{word}\n")
    assert [row.consent for row in read(tmp_path)] == [agreed]


@pytest.mark.parametrize(
    ("name", "content", "line", "what"),
    [
        ("people.csv", b"", 1, "tidak ada isinya"),
        ("people.csv", b"nip,name\n1,2\n", 1, "tidak ada kolom folder"),
        ("people.csv", b"\n\nnip,name\n1,2\n", 3, "tidak ada kolom folder"),
        ("people.csv", b"nip,name,folder,NIP\n1,2,3,4\n", 1, "kolom nip ada dua kali"),
        ("people.csv", b"nip,name,f\xf6lder\n1,2,3\n", 1, "ada bita 0xF6 yang bukan UTF-8"),
        ("people.csv", b'nip,"name,folder\n1,2,3\n', 1, "tanda kutip"),
        ("people.csv", "nip;name;folder\n1;Ani;a\n".encode("utf-16") + b"x", 3, "yang bukan UTF-16"),
        ("people.toml", b"person = 3", 1, "tidak ada tabel [[person]]"),
        ("people.toml", b"[[person]]\nnip = '1'\nname = Ani\n", 3, "bukan TOML"),
        ("people.toml", b"[[person", 1, "bukan TOML"),
    ],
)
def test_what_is_no_list_is_refused_with_its_line(
    tmp_path: Path, name: str, content: bytes, line: int, what: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refusal) as refused:
        read(tmp_path)
    assert (refused.value.reason, refused.value.details["line"]) == ("listing_unreadable", line)
    assert what in refused.value.say("id")


GOOD = f"{BUDI},Budi,budi\n".encode()


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b"nip,name,folder\n1,Ani,a\n1,Budi\n" + GOOD, 3, "tidak ada sel untuk kolom folder"),
        (b"nip,name,folder\n1\n" + GOOD, 2, "tidak ada sel untuk kolom name"),
        (b"nip,name,folder\n1,Ani,a,b\n" + GOOD, 2, "ada 4 sel untuk 3 kolom"),
        (b"nip,name,folder\n1,Ani, S.E.,a\n" + GOOD, 2, "ada 4 sel untuk 3 kolom"),
        (b'nip,name,folder\n1,"Ani"x,a\n' + GOOD, 2, "tanda kutip"),
        (b'nip,name,folder\n1,"Ani,a\n' + GOOD, 2, "tanda kutip"),  # never closed
        (b"nip,name,folder\n\n1,\xff\xfe,a\n" + GOOD, 3, "ada bita 0xFF yang bukan UTF-8"),
        (b"nip,name,folder\r1,Ren\xe9,a\r" + GOOD, 2, "ada bita 0xE9 yang bukan UTF-8"),
        (f"nip,name,folder\n{BUDI},Andr\u00e9,budi\n1,Ma".encode() + b"\x92ruf,a\n", 3, "ada bita 0x92"),
    ],
)
def test_a_line_that_cannot_be_read_is_one_person_s(tmp_path: Path, content: bytes, line: int, what: str) -> None:
    (tmp_path / "people.csv").write_bytes(content)
    rows = read(tmp_path)
    assert [row.nip for row in rows if row.fault is None and row.nip != "1"] == [BUDI]
    ((fault, at),) = [(row.fault, row.line) for row in rows if row.fault is not None]
    assert (fault.reason, fault.details["line"], at) == ("listing_unreadable", line, line)
    assert what in fault.say("id")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"[[person]]\nnip = 198503152010011004\nname = 'A'\nfolder = 'a'\n", "nip tidak ada atau bukan teks"),
        (b"[[person]]\nnip = '1'\nname = 'A'\n", "folder tidak ada atau bukan teks"),
        (b"[[person]]\nnip = '1'\nname = 'Ren\xe9'\nfolder = 'a'\n", "ada bita 0xE9"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_person_s(tmp_path: Path, content: bytes, what: str) -> None:
    good = f"\n[[person]]\nnip = '{BUDI}'\nname = 'Budi'\nfolder = 'budi'\n".encode()
    (tmp_path / "people.toml").write_bytes(b"# people\n\n" + content + good)
    broken, whole = read(tmp_path)
    assert (whole.nip, whole.fault) == (BUDI, None)
    assert broken.fault is not None
    assert (broken.line, broken.fault.details["line"]) == (3, 3)
    assert what in broken.fault.say("id")


def test_a_quotation_mark_that_swallows_the_next_person_gives_nobody_their_folder(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(f'nip,name,folder\n{ANI},"Ani,ani\n{BUDI},Budi",budi\n')
    (row,) = read(tmp_path)
    assert row.fault is not None
    assert row.fault.details["line"] == 2


LINES = f"nip{{0}}name{{0}}folder\r\n{ANI}{{0}}Ma\u2019ruf Aji{{0}}ani\r\n{BUDI}{{0}}Budi \u2013 Aji{{0}}budi\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("before", ["", "sep={0}\r\n"])
def test_as_spreadsheets_encode_it(tmp_path: Path, encoding: str, delimiter: str, before: str) -> None:
    (tmp_path / "people.csv").write_bytes((before + LINES).format(delimiter).encode(encoding))
    rows = read(tmp_path)
    assert [(row.nip, row.name, row.folder, row.fault) for row in rows] == [
        (ANI, "Ma\u2019ruf Aji", "ani", None),
        (BUDI, "Budi \u2013 Aji", "budi", None),
    ]
    assert [row.line for row in rows] == ([2, 3] if before == "" else [3, 4])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_only_line_ends_end_a_line(tmp_path: Path, line_end: str) -> None:
    """A line break within quotation marks, and what other programs take for one, belong to the cell."""
    odd = "A\u2028n\u2029i\x0b\x0c\x85\x1c"
    text = line_end.join(["nip;name;folder", f'{ANI};"Siti{line_end}Rahayu";ani', f"{BUDI};{odd}x;budi", ""])
    (tmp_path / "people.csv").write_bytes(text.encode())
    first, second = read(tmp_path)
    assert first.name == f"Siti{line_end}Rahayu"
    assert (second.name, second.nip, second.line) == (f"{odd}x", BUDI, 4)


def test_cells_that_a_spreadsheet_leaves_away_or_adds(tmp_path: Path) -> None:
    text = f"nip;name;folder;consent;note;;\n{ANI};Ani;ani;ya\n{BUDI};Budi;budi;;;;;;\n;;;;;;\n"
    (tmp_path / "people.csv").write_text(text)
    rows = read(tmp_path)
    assert [(row.nip, row.consent, row.fault) for row in rows] == [(ANI, True, None), (BUDI, False, None)]


@pytest.mark.parametrize("cell", [f"'{ANI}", f'="{ANI}"', f'"=""{ANI}"""', f"\ufeff{ANI}", f"{ANI} "])
def test_a_number_that_was_told_to_be_text(tmp_path: Path, cell: str) -> None:
    (tmp_path / "people.csv").write_text(f"nip;name;folder\n{cell};Ani;ani\n", encoding="utf-8")
    (row,) = read(tmp_path)
    assert nips.compact(row.nip) == ANI


@given(content=st.binary(max_size=200), header=st.sampled_from([b"", b"nip,name,folder\n", b"\xff\xfe"]))
def test_any_bytes_are_a_list_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, header: bytes
) -> None:
    folder = tmp_path_factory.mktemp("list")
    (folder / "people.csv").write_bytes(header + content)
    try:
        rows = read(folder)
    except Refusal:
        return
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [row.line for row in rows] == sorted({row.line for row in rows})


def test_no_list(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(Refusal) as refused:
            read(folder)
        assert refused.value.reason == "listing_missing"
