"""Lists of people as offices write them."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    ("name", "content", "line"),
    [
        ("people.csv", b"", 1),
        ("people.csv", b"nip,name\n1,2\n", 1),
        ("people.csv", b"nip,name,folder\n1,Ani,a\n1,Budi\n", 3),
        ("people.csv", b"nip,name,folder\n1,Ani,a,b\n", 2),
        ("people.csv", b'nip,name,folder\n1,"Ani"x,a\n', 2),
        ("people.csv", b"nip,name,folder\n1,\xff\xfe,a\n", 1),
        ("people.toml", b"person = 3", 1),
        ("people.toml", b"[[person]]\nnip = 198503152010011004\nname = 'A'\nfolder = 'a'\n", 1),
        ("people.toml", b"[[person]]\nnip = '1'\nname = 'A'\n", 1),
        ("people.toml", b"[[person", 1),
    ],
)
def test_what_is_no_list_is_refused_with_its_line(tmp_path: Path, name: str, content: bytes, line: int) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refusal) as refused:
        read(tmp_path)
    assert (refused.value.reason, refused.value.details["line"]) == ("listing_unreadable", line)


def test_no_list(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(Refusal) as refused:
            read(folder)
        assert refused.value.reason == "listing_missing"
