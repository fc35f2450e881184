"""`etpp report` as its operator runs it: progress, files, and an end in the middle that leaves nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.etpp.allowance.scene import Scene, november
from tests.contract.etpp.reports.crowd import LONG, crowd
from tests.contract.etpp.running import OFFICE, running

ROOT = Path(__file__).parents[3]
CSV = "csv:Text - txt - csv (StarCalc):44,34,76"
"""LibreOffice's filter: commas, quotation marks, UTF-8."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Scene]]:
    """A state folder with a November of 202 people."""
    folder = tmp_path_factory.mktemp("etpp")
    with running(f"sqlite:///{folder}/etpp.db", folder / "state") as etpp:
        scene = november(etpp)
        crowd(scene, 200)
        yield folder, scene


def command(folder: Path, *arguments: str) -> list[str]:
    where = ["--state", str(folder / "state"), "--db", f"sqlite:///{folder}/etpp.db"]
    return [sys.executable, "-m", "etpp", *where, "report", *arguments]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    asked = command(folder, *arguments)
    return subprocess.run(asked, check=False, cwd=ROOT, capture_output=True, text=True, timeout=300)


def text_of(path: Path) -> list[str]:
    """The text of a PDF, a page each."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (apt install poppler-utils)")
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\f").split("\f")


def test_a_list_of_two_hundred_people_over_pages(place: tuple[Path, Scene], tmp_path: Path) -> None:
    out = tmp_path / "list.pdf"
    done = run(place[0], "nominative", OFFICE, "2026-11", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["bytes"] == out.stat().st_size
    assert "menulis halaman 2" in done.stderr
    pages = text_of(out)
    assert len(pages) > 5
    assert all("BELUM DITUTUP" in page for page in pages)
    lists = [page for page in pages if "Pegawai" in page]
    assert all("Dibayarkan" in page for page in lists)
    assert sum(page.count("S.Kom.") for page in pages) >= 199
    assert LONG.split()[0] in "".join(pages)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_end_in_the_middle_leaves_what_was_there(
    place: tuple[Path, Scene], tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "list.pdf"
    out.write_text("the list of yesterday")
    asked = command(place[0], "nominative", OFFICE, "2026-11", "--out", str(out))
    with subprocess.Popen(asked, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "halaman 1" in line:
                break
        process.send_signal(number)
        process.stderr.read()
        assert process.wait(60) == 128 + number
    assert out.read_text() == "the list of yesterday"
    assert [path.name for path in tmp_path.iterdir()] == ["list.pdf"]


def test_a_workbook_opens_in_an_office_program(place: tuple[Path, Scene], tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed (apt install libreoffice-calc-nogui)")
    out = tmp_path / "list.xlsx"
    assert run(place[0], "nominative", OFFICE, "2026-11", "--out", str(out)).returncode == 0
    convert = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", CSV]
    subprocess.run([*convert, "--outdir", str(tmp_path), str(out)], check=True, capture_output=True, timeout=300)
    opened = (tmp_path / "list.csv").read_text(encoding="utf-8")
    assert "Sri Lestari,198503152010012007,III/c" in opened
    assert "#" not in opened  # no #NAME?, no #VALUE!


def test_a_statement_of_one_person(place: tuple[Path, Scene], tmp_path: Path) -> None:
    out = tmp_path / "budi.pdf"
    asked = ("statement", OFFICE, "2026-11", "--person", "199001012015031001", "--out", str(out), "--lang", "en")
    assert run(place[0], *asked).returncode == 0
    shown = "".join(text_of(out))
    assert "Late by 12 minutes" in shown
    assert "Sri" not in shown
    assert "Pegawai" not in shown


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nominative", "nowhere", "2026-11", "--out", "x.pdf"), 66),
        (("statement", OFFICE, "2026-11", "--person", "123", "--out", "x.pdf"), 66),
        (("nominative", OFFICE, "2026-11", "--out", "x.doc"), 2),
        (("recap", OFFICE, "2026-11", "--person", "1", "--out", "x.pdf"), 2),
        (("recap", OFFICE, "2026-11", "--out", "/nowhere/x.xlsx"), 73),
    ],
)
def test_what_cannot_be_made(place: tuple[Path, Scene], arguments: tuple[str, ...], code: int) -> None:
    done = run(place[0], *arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_which_reports_there_are(place: tuple[Path, Scene]) -> None:
    found = json.loads(run(place[0], "list", "--json").stdout)
    assert {"report": "nominative", "title": "Daftar nominatif TPP"} in found
