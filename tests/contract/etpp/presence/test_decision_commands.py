"""`etpp letter`, `kinds`, `correction`, `review`, `manual`, `discipline` and `check`, as an operator calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import etpp.commands.correction
import etpp.commands.discipline
import etpp.commands.letter
import etpp.commands.manual
import etpp.commands.review
from etpp.__main__ import EXIT_CODES, cli
from etpp.absence.catalogue import delivered_text
from etpp.absence.content import MAX_BYTES
from etpp.base.errors import EtppError
from tests.contract.etpp.allowance.scene import Scene, november
from tests.contract.etpp.presence.test_decisions import BUDI, uncertain
from tests.contract.etpp.running import OFFICE
from tests.unit.etpp.absence.files import archive, pdf

pytestmark = pytest.mark.long_on_postgresql

COMMANDS = (
    etpp.commands.correction,
    etpp.commands.discipline,
    etpp.commands.letter,
    etpp.commands.manual,
    etpp.commands.review,
)


@pytest.fixture
def scene(etpp: Any, monkeypatch: pytest.MonkeyPatch) -> Scene:
    made = november(etpp)
    for module in COMMANDS:
        monkeypatch.setattr(module, "utc_now", etpp.clock)
    return made


def run(scene: Scene, *words: str | Path) -> tuple[int, Any]:
    """The exit code, and the JSON or the text that was printed."""
    where = ["--state", str(scene.etpp.state.folder), "--db", database_of(scene)]
    done = CliRunner().invoke(cli, [*where, *map(str, words)])
    if isinstance(done.exception, EtppError):
        return next(code for kind, code in EXIT_CODES.items() if isinstance(done.exception, kind)), str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.output) if "--json" in words and done.exit_code in (0, 65) else done.output


def database_of(scene: Scene) -> str:
    return scene.etpp.database.engine.url.render_as_string(hide_password=False)


LETTER = ("--kind", "dinas-luar", "--number", "094/1", "--date", "2026-11-20", "--issuer", "Kepala", "--by", "tu")
PERIOD = ("--from", "2026-11-25T07:30", "--until", "2026-11-25 08:00")


def test_a_letter_by_the_command_line(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "surat perintah.pdf"
    file.write_bytes(pdf())
    add = ("letter", "add", *LETTER, *PERIOD, "--person", BUDI, "--office", OFFICE, "--json")
    assert run(scene, *add)[0] == 65  # the kind needs its document
    for content in (archive(), b"<html>", b"\0" * (MAX_BYTES + 1)):
        (tmp_path / "no.pdf").write_bytes(content)
        assert run(scene, *add, "--file", tmp_path / "no.pdf")[0] == 65
    code, made = run(scene, *add, "--file", file)
    assert (code, made["state"], made["marks"]) == (0, "submitted", ["after_the_fact"])
    assert made["first_utc"] == "2026-11-25T00:30:00.000Z"
    letter = made["letter_id"]
    assert run(scene, "letter", "approve", letter, "--by", BUDI)[0] == 65  # his own
    assert run(scene, "letter", "approve", letter, "--by", "kepala", "--json")[1]["state"] == "approved"
    assert run(scene, "letter", "list", "--month", "2026-11", "--late", "--json")[1][0]["letter_id"] == letter
    assert run(scene, "letter", "list", "--month", "2026")[0] == 2
    assert run(scene, "letter", "list", "--state", "refused", "--json")[1] == []
    assert run(scene, "letter", "show", letter)[0] == 0
    back = run(scene, "letter", "revoke", letter, "--by", "bkpp", "--reason", "batal", "--json")[1]
    assert back["state"] == "revoked"
    assert run(scene, "letter", "show", "x")[0] == 66

    permit = ("letter", "add", "--kind", "izin-terlambat", *LETTER[2:], *PERIOD, "--person", BUDI, "--json")
    bare = run(scene, *permit)[1]["letter_id"]
    attached = run(scene, "letter", "attach", bare, file, "--by", "tu", "--json")[1]
    assert attached["document_sha256"] == made["document_sha256"]
    assert run(scene, "letter", "refuse", bare, "--by", "kepala", "--json")[1]["state"] == "refused"
    assert run(scene, "letter", "attach", bare, file, "--by", "tu")[0] == 65


def test_check_names_a_file_that_is_missing_or_altered(scene: Scene, tmp_path: Path) -> None:
    hashes = [scene.etpp.send_file(pdf(said)).json()["sha256"] for said in (b"a", b"b", b"c")]
    assert run(scene, "check")[0] == 0
    paths = [scene.etpp.state.folder / "documents" / sha256[:2] / sha256 for sha256 in hashes]
    paths[0].unlink()
    paths[1].write_bytes(pdf(b"altered"))
    code, found = run(scene, "check", "--json")
    assert code == 65
    assert {each["remedy"].split()[1] for each in found} == {f"documents/{h[:2]}/{h}" for h in hashes[:2]}
    assert {each["member"] for each in found} == {"document"}


def test_the_catalogue_of_kinds_by_the_command_line(scene: Scene, tmp_path: Path) -> None:
    code, shown = run(scene, "kinds", "show")
    assert (code, shown) == (0, delivered_text())
    file = tmp_path / "kinds.toml"
    file.write_text("\ufeff" + delivered_text().replace("cuti-besar", "cuti-agung"), encoding="utf-8")
    assert "cuti-agung" in run(scene, "kinds", "check", file, "--json")[1]["kinds"]
    assert "cuti-agung" in run(scene, "kinds", "set", file, "--by", "bkpp", "--json")[1]["kinds"]
    assert "cuti-agung" in run(scene, "kinds", "show", "--json")[1]["text"]
    for wrong in (b"\xff\xfe", b"[[kind]]\nid = 'x'\n", b"x" * 100_001):
        file.write_bytes(wrong)
        assert run(scene, "kinds", "check", file)[0] == 65
        assert run(scene, "kinds", "set", file, "--by", "bkpp")[0] == 65


def test_corrections_by_the_command_line(scene: Scene) -> None:
    said = ("--reason", "antre", "--by", "tu", "--json")
    code, made = run(scene, "correction", "propose", BUDI, "2026-11-25", "arrival", "--at", "2026-11-25T07:25", *said)
    assert (code, made["at_utc"], made["state"]) == (0, "2026-11-25T00:25:00.000Z", "proposed")
    assert run(scene, "correction", "approve", made["correction_id"], "--by", "tu")[0] == 65
    decided = run(scene, "correction", "approve", made["correction_id"], "--by", "kepala", "--json")[1]
    assert decided["state"] == "approved"
    assert len(run(scene, "correction", "list", "--month", "2026-11", "--json")[1]) == 1
    assert run(scene, "correction", "list", "--month", "11-2026")[0] == 2
    refused = run(scene, "correction", "refuse", made["correction_id"], "--by", "bkpp", "--json")[1]
    assert refused["state"] == "refused"
    assert run(scene, "correction", "propose", BUDI, "2026-11-29", "day", *said)[0] == 65  # a Sunday
    assert run(scene, "correction", "propose", "nobody", "2026-11-25", "day", *said)[0] == 66


def test_reviews_by_the_command_line(scene: Scene) -> None:
    scene.etpp.clock.local("2026-12-01 09:00")
    event = uncertain(scene, scene.budi, "2026-11-25 07:20")
    (row,) = run(scene, "review", "list", "--month", "2026-11", "--json")[1]
    assert row["event_id"] == event
    decide = ("review", "decide", OFFICE, event, "--by", "kepala", "--json", "--at")
    assert run(scene, *decide, "2026-11-25T09:00")[0] == 65  # outside of what the terminal knew
    assert run(scene, *decide, "2026-11-25T07:28:30")[1]["decided_as_utc"] == "2026-11-25T00:28:30.000Z"
    assert run(scene, "review", "list", "--month", "2026-11", "--json")[1] == []
    assert run(scene, "review", "list")[0] == 2


def test_manual_entries_by_the_command_line(scene: Scene) -> None:
    said = ("--reason", "terminal mati", "--by", "tu", "--json")
    code, made = run(scene, "manual", "add", BUDI, OFFICE, "2026-11-25T07:29", *said)
    assert (code, made["at_utc"], made["confirmed_by"]) == (0, "2026-11-25T00:29:00.000Z", None)
    entry = made["entry_id"]
    assert run(scene, "manual", "confirm", entry, "--by", "tu")[0] == 65
    assert run(scene, "manual", "confirm", entry, "--by", "kepala", "--json")[1]["confirmed_by"] == "kepala"
    counted = run(scene, "manual", "list", "--count", "--month", "2026-11", "--json")[1]
    assert counted == [{"office_id": OFFICE, "decided_by": "kepala", "manual": 1, "corrections": 0}]
    (row,) = [line for line in run(scene, "presence", "list", "--date", "2026-11-25")[1].splitlines() if BUDI in line]
    assert row.split()[-1] == "True"
    assert run(scene, "manual", "withdraw", entry, "--by", "bkpp")[0] == 0
    assert run(scene, "manual", "list", "--json")[1] == []


def test_discipline_by_the_command_line(scene: Scene) -> None:
    scene.etpp.clock.local("2026-12-04 09:00")
    scene.reported("2026-12-04 09:00")
    code, rows = run(scene, "discipline", "list", "--office", OFFICE, "--json")
    assert code == 0
    assert {(each["person_id"], each["unexcused"]) for each in rows} == {(scene.budi, 3), (scene.sri, 3)}
    code, text = run(scene, "discipline", "list")
    assert (code, text.count("oral (2026-12-03, superior)")) == (0, 2)
    assert run(scene, "discipline", "list", "--office", "none")[0] == 66
