"""Reports of a real November, on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import stat
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from etpp.absence.model import LetterRevocation
from etpp.absence.store import REVOCATIONS
from etpp.allowance import month as months
from etpp.allowance.store import Closing
from etpp.base.errors import NotFound
from etpp.db import pay_tables
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry
from etpp.presence.store import CORRECTION_DECISIONS, CORRECTIONS, MANUAL_ENTRIES
from etpp.reports.make import ALL, Asked, compose, make
from etpp.reports.model import KINDS, Chart, Mark, Reasons, Report, Section, Table
from tests.contract.etpp.allowance.scene import DECEMBER, NOVEMBER, Scene, november, work
from tests.contract.etpp.reports.crowd import crowd
from tests.contract.etpp.running import OFFICE, Running, wib

pytestmark = pytest.mark.long_on_postgresql


def silent(stage: str, done: int, of: int) -> None:
    """Nobody listens."""


@pytest.fixture
def scene(etpp: Running) -> Scene:
    return november(etpp)


def composed(scene: Scene, kind: str, **asked: object) -> Report:
    with scene.etpp.database.read() as tx:
        about = {"office_id": OFFICE, "month": NOVEMBER, "format": "pdf", **asked}
        return compose(tx, Asked(kind, **about), scene.etpp.clock.now, silent)  # type: ignore[arg-type]


def close(scene: Scene, month: object = NOVEMBER) -> Closing:
    with scene.etpp.database.begin() as tx:
        months.check(tx, OFFICE, month, "kepala", scene.etpp.clock.now)  # type: ignore[arg-type]
        signer = scene.etpp.state.keys.now().signer
        return months.close(tx, signer, OFFICE, month, "bkpp", scene.etpp.clock.now)  # type: ignore[arg-type]


def table(section: Section, n: int = 0) -> Table:
    return [block for block in section.blocks if isinstance(block, Table)][n]


def column(shown: Table, title: str) -> list[object]:
    at = [each.title for each in shown.columns].index(title)
    return [row[at] for row in shown.rows]


def test_the_list_adds_up_to_the_sealed_total(scene: Scene) -> None:
    crowd(scene, 30)
    closed = close(scene)
    (section,) = composed(scene, "nominative").sections
    shown = table(section)
    assert len(shown.rows) == 32
    assert sum(column(shown, "Dibayarkan"), Decimal(0)) == closed.sealed.total > 0  # type: ignore[arg-type]
    titles = [each.title for each in shown.columns]
    first, last = titles.index("Bruto"), titles.index("Bersih")
    for row in shown.rows:
        parts = [cell for cell in row[titles.index("Dasar") + 1 : first] if isinstance(cell, Decimal)]
        taken = [cell for cell in row[first + 1 : last] if isinstance(cell, Decimal)]
        assert sum(parts, Decimal(0)) == row[first]
        assert sum(taken, row[first]) == row[last]  # type: ignore[arg-type]


def test_a_closed_list_names_its_hash_and_key_and_an_open_one_says_that_it_is_not(scene: Scene) -> None:
    (section,) = composed(scene, "nominative").sections
    assert section.stamp == "BELUM DITUTUP"
    closed = close(scene)
    (section,) = composed(scene, "nominative").sections
    assert section.stamp == ""
    assert closed.sealed.hash in section.foot[0]
    assert closed.key_id in section.foot[0]


def test_what_a_later_fact_takes_back_is_in_the_next_list(scene: Scene) -> None:
    """Budi was late with a letter that is revoked in December: 1 % of 6,000 points, which is Rp 12.000 of his
    individual part, less 5 % tax and 1 % BPJS."""
    with scene.etpp.database.begin() as tx:
        scene.letter(tx, scene.budi, "2026-11-25 07:30", "2026-11-25 08:00")
        for kept in (pay_tables.entry_steps, pay_tables.entries):  # no more points than are asked for
            tx.execute(sa.delete(kept).where(kept.c.entry_id == f"{scene.budi}-2026-11-02"))
    before = close(scene)
    now = scene.etpp.clock.now = wib("2026-12-05 09:00")
    with scene.etpp.database.begin() as tx:
        REVOCATIONS.add(tx, [LetterRevocation("r1", "l1", "kepala", now, "keliru")], "kepala", now)
    (section,) = composed(scene, "nominative", month=DECEMBER).sections
    shown, adjustments = table(section), table(section, 1)
    assert column(shown, "Penyesuaian bulan lalu") == [Decimal(-11280), Decimal(0)]
    assert column(adjustments, "Jumlah") == [Decimal(120), Decimal(-12000), Decimal(600)]
    assert set(column(adjustments, "Bulan")) == {"November 2026"}
    with scene.etpp.database.read() as tx:
        total = months.reckon(tx, OFFICE, DECEMBER, now).total
    assert sum(column(shown, "Dibayarkan"), Decimal(0)) == total  # type: ignore[arg-type]
    (again,) = composed(scene, "nominative").sections
    assert sum(column(table(again), "Dibayarkan"), Decimal(0)) == before.sealed.total  # type: ignore[arg-type]


def test_recap_by_office_and_by_grade_have_the_same_sums(scene: Scene) -> None:
    crowd(scene, 12)
    (section,) = composed(scene, "recap", office_id=ALL).sections
    by_office, by_grade = table(section), table(section, 1)
    for title in ("Pegawai", "Bruto", "Bersih"):
        one, two = (each.totals[[c.title for c in each.columns].index(title)] for each in (by_office, by_grade))
        assert one == two
    assert column(by_grade, "Golongan") == ["IV", "III", "II"]
    with scene.etpp.database.read() as tx:
        assert column(by_office, "Dibayarkan") == [months.reckon(tx, OFFICE, NOVEMBER, scene.etpp.clock.now).total]


def test_the_days_of_a_month_in_letters(scene: Scene) -> None:
    """Budi was late by twelve minutes on the 25th; the 28th and 29th are a weekend; before the 24th no terminal was
    there."""
    (section,) = composed(scene, "presence").sections
    shown = table(section)
    (budi, sri) = shown.rows
    days = [cell.text for cell in budi if isinstance(cell, Mark)]
    assert days == ["–"] * 23 + ["H", "T", "H", "H", "L", "L", "H"]
    assert [cell.text for cell in sri if isinstance(cell, Mark)][24] == "H"
    assert budi[2] == "199001012015031001"
    totals = [cell for cell in budi[3:] if not isinstance(cell, Mark)]
    assert totals == [5, 1, 12, 0, 0, 0, 0, 0]
    arrivals, weeks = (block for block in section.blocks if isinstance(block, Chart))
    assert [sum(each.values) for each in arrivals.series] == [9, 1]
    assert weeks.figures.rows[4] == ("23–29 November", Decimal(1), Decimal(0))


def by_hand(scene: Scene) -> None:
    """A correction of Budi's late arrival by the office's clerk, and a presence of Sri's that two people wrote down."""
    now = scene.etpp.clock.now
    with scene.etpp.database.begin() as tx:
        at = wib("2026-11-25 07:29")
        asked = Correction("c1", scene.budi, dt.date(2026, 11, 25), "arrival", at, "Antre di terminal", "tu-rini", now)
        CORRECTIONS.add(tx, [asked], "tu-rini", now)
        CORRECTION_DECISIONS.add(tx, [CorrectionDecision("d1", "c1", True, "kepala", now)], "kepala", now)
        at = wib("2026-11-26 16:40")
        entry = ManualEntry("m1", scene.sri, at, OFFICE, "Listrik padam", "tu-rini", now, "kepala")
        MANUAL_ENTRIES.add(tx, [entry], "tu-rini", now)


def test_manual_entries_and_corrections_by_office_and_by_who_decided(scene: Scene) -> None:
    by_hand(scene)
    (section,) = composed(scene, "manual").sections
    entries, corrections, deciders = (table(section, n) for n in range(3))
    assert [row[1] for row in entries.rows] == ["Sri Lestari"]
    assert entries.rows[0][5:] == ("Listrik padam", "tu-rini", "1 Desember 2026 08.00 WIB", "kepala", "ya")
    assert corrections.rows[0][4:7] == ("Kedatangan", "07.29", "Antre di terminal")
    assert corrections.rows[0][-1] == "disetujui"
    assert deciders.rows == (("kepala", 0, 1, 0, 1, 0), ("tu-rini", 1, 0, 1, 0, 0))


def test_the_mark_of_a_day_says_that_somebody_wrote_it_down_or_corrected_it(scene: Scene) -> None:
    by_hand(scene)
    (section,) = composed(scene, "presence").sections
    budi, sri = ([cell.text for cell in row if isinstance(cell, Mark)] for row in table(section).rows)
    assert (budi[24], sri[25]) == ("H^", "H*")


def test_the_discipline_list_counts_the_year(scene: Scene) -> None:
    """Nobody of the crowd has been seen since the terminal came: from 24 to 30 November they were
    absent on five working days, and the fourth asks for a written warning."""
    crowd(scene, 1)
    (section,) = composed(scene, "discipline").sections
    (row,) = table(section).rows
    assert row[1] == "Pegawai 000, S.Kom."
    assert row[5:8] == (5, 5, 5)
    assert row[9:] == ("teguran tertulis", "atasan langsung", dt.date(2026, 11, 27))


GOLDEN = """\
Dari 21 hari kerja bulan ini, 21 hari dihitung untuk TPP.
Prestasi perorangan: Rp 1.200.000 (aturan individual)
  Bagiannya 60 % dari dasar.
  Dasar kelas 7: Rp 2.000.000 sebulan, untuk 21 hari kerja.
  6.300 poin diakui dari 21 hari (21 kegiatan).
    Terlambat 12 menit pada Rabu, 25 November 2026 (terekam pukul 07.42 WIB; jam masuk 07.30 WIB): \
1 % dipotong (aturan late).
  Setelah potongan 63 poin, tersisa 6.237 poin.
  Paling banyak 6.000 poin dihitung.
  Yang diminta bulan ini: 6.000 poin.
Kinerja perangkat daerah: Rp 400.000 (aturan office)
  Bagiannya 20 % dari dasar.
  Dasar kelas 7: Rp 2.000.000 sebulan, untuk 21 hari kerja.
  Nilai kinerja perangkat daerah: 100 %.
Kelas jabatan: Rp 400.000 (aturan class)
  Bagiannya 20 % dari dasar.
  Dasar kelas 7: Rp 2.000.000 sebulan, untuk 21 hari kerja.
PPh 21: −Rp 100.000 (aturan tax)
  Dipotong 5 %.
BPJS 1 %: −Rp 20.000 (aturan bpjs)
  Dipotong 1 %.
Bruto Rp 2.000.000 dikurangi pajak dan iuran menjadi Rp 1.880.000."""

EXCUSED = (
    "Terlambat pada Rabu, 25 November 2026 tidak dipotong (terekam pukul 07.42 WIB; surat dinas luar nomor 094/1 "
    "tanggal 25 November 2026 dari Kepala, berlaku 25 November 2026 07.30–08.00)."
)


def sentences(section: Section, title: str = "Mengapa sebesar ini") -> list[str]:
    (found,) = [block for block in section.blocks if isinstance(block, Reasons) and block.title == title]
    return ["  " * each.level + each.text.replace("\u00a0", " ") for each in found.sentences]


def test_why_somebody_gets_what_they_get(scene: Scene) -> None:
    (section,) = composed(scene, "statement", person_id=scene.budi).sections
    assert "\n".join(sentences(section)) == GOLDEN


def test_a_letter_is_named_with_its_number_and_period(scene: Scene) -> None:
    with scene.etpp.database.begin() as tx:
        scene.letter(tx, scene.budi, "2026-11-25 07:30", "2026-11-25 08:00")
    (section,) = composed(scene, "statement", person_id=scene.budi).sections
    assert EXCUSED in [each.strip() for each in sentences(section)]


def test_corrections_and_manual_entries_are_told_to_the_person(scene: Scene) -> None:
    by_hand(scene)
    (section,) = composed(scene, "statement", person_id=scene.budi).sections
    assert sentences(section, "Catatan manual dan koreksi") == [
        (
            "  Kedatangan pada Rabu, 25 November 2026 dikoreksi menjadi pukul 07.29 WIB. Alasan: Antre di terminal. "
            "Diusulkan 1 Desember 2026, disetujui 1 Desember 2026."
        )
    ]
    (section,) = composed(scene, "statement", person_id=scene.sri).sections
    assert sentences(section, "Catatan manual dan koreksi") == [
        "  Kamis, 26 November 2026 16.40 WIB: dicatat manual oleh dua orang, bukan oleh terminal. Alasan: Listrik padam"
    ]


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_statement_shows_nothing_of_others(scene: Scene, language: str) -> None:
    by_hand(scene)
    shown = str(composed(scene, "statement", person_id=scene.budi, language=language))
    for others in ("Sri", "198503152010012007", scene.sri, "tu-rini", "Listrik"):
        assert others not in shown
    assert "Budi Santosa" in shown


def test_a_statement_of_somebody_elsewhere_is_refused(scene: Scene) -> None:
    with pytest.raises(NotFound):
        composed(scene, "statement", person_id="nobody")


@pytest.mark.parametrize("form", ["pdf", "xlsx"])
def test_every_report_becomes_a_file_of_its_owner_alone(scene: Scene, tmp_path: Path, form: str) -> None:
    work(scene, DECEMBER)
    for kind in KINDS:
        path = tmp_path / f"{kind}.{form}"
        asked = Asked(kind, ALL, NOVEMBER, form, "en")  # type: ignore[arg-type]
        make(scene.etpp.database, asked, path, scene.etpp.clock.now, silent)
        assert path.read_bytes()[:4] == (b"%PDF" if form == "pdf" else b"PK\x03\x04")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.glob(f"*.{form}*")} == {f"{kind}.{form}" for kind in KINDS}
