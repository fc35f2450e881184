"""What a report becomes: nothing of a name runs, nothing is fetched, and what is stopped leaves nothing."""

from __future__ import annotations

import datetime as dt
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from weasyprint.urls import FatalURLFetchingError

from etpp.reports import pdf, xlsx
from etpp.reports.model import Chart, Column, Facts, Mark, Reasons, Report, Section, Sentence, Series, Signatures, Table
from etpp.reports.spelling import in_words
from etpp.reports.svg import svg
from etpp.reports.texts import words

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src='http://127.0.0.1:9/x'>",
    "=cmd|'/c calc'!A1",
    "+1+1",
    "-2",
    "@SUM(A1)",
    "</td></table><style>*{display:none}</style>",
    "{{ 7 * 7 }}",
)


def silent(done: int, of: int) -> None:
    """Nobody listens."""


def report(*names: str, chart: str = "Grafik") -> Report:
    columns = (
        Column("No.", "count", 8),
        Column("Nama", "text", 60),
        Column("NIP", "id", 34),
        Column("Tanggal", "date", 24),
        Column("1", "mark", 6),
        Column("Bersih", "rupiah", 30, "Uang", sums=True),
    )
    rows = tuple(
        (n, name, "198503152010012007", dt.date(2026, 11, 25), Mark("H", "good"), Decimal(1234567) * n)
        for n, name in enumerate(names, start=1)
    )
    section = Section(
        names[0] if names else "kosong",
        "Daftar",
        ("Baris",),
        (
            Table(columns, rows, title="Tabel", foot="Jumlah", empty="Tidak ada."),
            Chart(
                "bars",
                chart,
                "Uraian",
                names,
                (Series(chart, tuple(Decimal(n) for n, _ in enumerate(names))),),
                "count",
            ),
            Reasons("Mengapa", tuple(Sentence(name, 1) for name in names)),
            Facts(tuple((name, name) for name in names)),
            Signatures((("Kepala", "(…)"),)),
        ),
        "BELUM DITUTUP",
        ("SHA-256",),
    )
    return Report("Daftar", "id", (section,), "Halaman {page} dari {pages}", "Dicetak hari ini.")


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_of_a_name_is_markup(name: str) -> None:
    page = pdf.html(report(name, chart=name))
    if "<" in name:
        assert name not in page
    for forbidden in ("<script", "<img", "href=", "src=http"):
        assert forbidden not in page


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_of_a_name_is_a_formula(name: str, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    xlsx.write(report(name), path, silent)
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
        assert [each for each in book.namelist() if "external" in each.lower()] == []
    assert sheet.count("<f>") == 1  # the sum
    assert "hyperlink" not in sheet.lower()
    assert ("quotePrefix" in styles) == (name[0] in "=+-@")
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert any(name in row for row in rows)


def test_a_workbook_has_numbers_texts_and_dates_as_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    xlsx.write(report("Sri Lestari", "Budi"), path, silent)
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    (sri,) = [row for row in rows if row[1] == "Sri Lestari" and row[0] == 1]
    assert sri[:6] == [1.0, "Sri Lestari", "198503152010012007", dt.date(2026, 11, 25), "H", 1234567.0]
    (total,) = [row for row in rows if row[1] == "Jumlah"]
    assert total[5] == 3 * 1234567


def test_the_heads_stay_in_sight(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    xlsx.write(report(*(f"Pegawai {n}" for n in range(40))), path, silent)
    with zipfile.ZipFile(path) as book:
        assert 'state="frozen"' in book.read("xl/worksheets/sheet1.xml").decode()
        assert "_xlnm.Print_Titles" in book.read("xl/workbook.xml").decode()


def test_sheets_of_like_names_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    (section,) = report("Dinas [A]: Pekerjaan Umum, Perumahan dan Kawasan Permukiman").sections
    both = Report("Daftar", "id", (section, section), "{page}/{pages}", "")
    xlsx.write(both, path, silent)
    names = CalamineWorkbook.from_path(str(path)).sheet_names
    assert len(set(names)) == 2
    assert all(len(each) <= 31 for each in names)


def test_a_page_that_asks_for_anything_stops_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG")
    for address in (secret.as_uri(), "http://127.0.0.1:9/x", "data:image/png;base64,AAAA"):
        monkeypatch.setattr(pdf, "html", lambda report, address=address: f"<img src='{address}'>")
        with pytest.raises(FatalURLFetchingError):
            pdf.write(report("Sri"), tmp_path / "list.pdf", silent)


def test_a_report_in_the_making_is_stopped_by_whoever_hears_of_it(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, of: int) -> None:
        raise Stopped

    for renderer in (pdf, xlsx):
        with pytest.raises(Stopped):
            renderer.write(report("Sri"), tmp_path / "list", stop)


def test_a_chart_says_its_figures_and_has_no_markup_of_a_label() -> None:
    series = (
        Series("Tepat <b>", (Decimal(3), Decimal(0)), "good"),
        Series("Terlambat", (Decimal(1), Decimal(2)), "late"),
    )
    chart = Chart("columns", 'Datang "pagi" <i>', "Pukul", ("07.00", "07.15"), series, "count")
    picture = svg(chart, words("id").number)
    assert "<b>" not in picture
    assert "<i>" not in picture
    assert ">4</text>" in picture
    assert ">2</text>" in picture
    assert chart.figures.rows == (("07.00", Decimal(3), Decimal(1)), ("07.15", Decimal(0), Decimal(2)))


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0, "Rp 0"),
        (1234567, "Rp 1.234.567"),
        (-20000, "−Rp 20.000"),
        ("1000.5", "Rp 1.000,5"),
    ],
)
def test_rupiah(amount: int | str, said: str) -> None:
    assert words("id").rupiah(Decimal(amount)).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("amount", "indonesian", "english"),
    [
        (0, "nol rupiah", "zero rupiah"),
        (11, "sebelas rupiah", "eleven rupiah"),
        (19, "sembilan belas rupiah", "nineteen rupiah"),
        (100, "seratus rupiah", "one hundred rupiah"),
        (999, "sembilan ratus sembilan puluh sembilan rupiah", "nine hundred ninety-nine rupiah"),
        (1000, "seribu rupiah", "one thousand rupiah"),
        (1100, "seribu seratus rupiah", "one thousand one hundred rupiah"),
        (2011, "dua ribu sebelas rupiah", "two thousand eleven rupiah"),
        (3760000, "tiga juta tujuh ratus enam puluh ribu rupiah", "three million seven hundred sixty thousand rupiah"),
        (10**9 + 1, "satu miliar satu rupiah", "one billion one rupiah"),
        (-5, "minus lima rupiah", "minus five rupiah"),
    ],
)
def test_amounts_in_words(amount: int, indonesian: str, english: str) -> None:
    assert in_words(Decimal(amount), "id") == indonesian
    assert in_words(Decimal(amount), "en") == english
