"""The officer's list, from the terminal to the real server and back: nobody has to ask BKPP what became of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from enrollment.cli import cli
from kiosk.journal.queue import JournalQueue
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from tests.integration.office import OFFICE, office, open_outbox, sync_process
from tests.integration.syncing import until
from tests.unit.kiosk.journal import records

APPROVED, ALIKE, FOREIGN, LATER = (f"19850315201001100{number}" for number in range(1, 5))


def listed(folder: StateFolder, *more: str) -> Any:
    result = CliRunner().invoke(cli, ["list", "--state", str(folder.path), *more], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.stdout)["enrolments"] if "--json" in more else result.stdout


def test_from_the_desk_to_the_gallery_and_back_to_the_officer(tmp_path: Path) -> None:
    with office(tmp_path / "etpp") as etpp:
        folder = etpp.terminal(tmp_path / "terminal")
        assert listed(folder) == "Belum ada pendaftaran di terminal ini.\n"
        outbox = open_outbox(folder)
        clock = SystemClock(outbox.anchors)

        def enrol(nip: str, name: str, seed: int, office_id: str = OFFICE) -> None:
            draft = records.enrolment(nip=nip, seed=seed)
            outbox.append(replace(draft, name=name, office_id=office_id), clock.now())

        def states() -> list[str]:
            return [each["state"] for each in listed(folder, "--json")]

        enrol(APPROVED, "Ani Contohwati", 5)
        assert states() == ["waiting"]
        with sync_process(folder):
            until(lambda: states() == ["enrolled"], "the person in the gallery")
            enrol(ALIKE, "Budi Contohadi", 5)  # her face: the server leaves it for BKPP
            enrol(FOREIGN, "Citra Contohsari", 7, "smpn-1-wates")
            until(lambda: outbox.queue_state().waiting == 0, "the server's answer")
        enrol(LATER, "Dewi Contohwati", 8)
        expected = ["enrolled", "received", "refused", "waiting"]
        assert states() == expected
        lines = listed(folder).splitlines()
        assert [line.split()[0] for line in lines] == ["1", "2", "3", "4"]
        assert "••••••••2010011003 Citra Contohsari: DITOLAK e-TPP: kantornya bukan kantor terminal ini." in lines[2]
        assert not any(nip[:8] in line for line in lines for nip in (APPROVED, FOREIGN))
        assert listed(folder, "--limit", "1").splitlines() == lines[3:]
        assert "REFUSED by e-TPP: its office is not this terminal's." in listed(folder, "--language", "en")

        # The next day the journal has erased what the server holds; the list goes on.
        JournalQueue(outbox).erase_enrolments()
        assert states() == expected
        assert [each["name"] for each in listed(folder, "--json")] == ["Ani Contohwati", None, None, "Dewi Contohwati"]
        Identity.load(folder.identity_dir).revoke()
        assert states() == expected  # a revoked terminal enrols nobody, and still tells
        outbox.close()


def test_a_folder_that_was_never_provisioned(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["list", "--state", str(tmp_path), "--json"])
    assert (result.exit_code, json.loads(result.stdout)["reason"]) == (65, "not_provisioned")
