"""Of whom the office's hours are not theirs its terminals are told, and told again when it changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
import requests

from etpp.db import Transaction
from etpp.faces.moving import move
from etpp.roster.moving import leave
from etpp.roster.plans import telling
from etpp.roster.store import ASSIGNMENTS, Roster
from tests.contract.etpp.client import Terminal, check_gallery
from tests.contract.etpp.running import NIP, Running

TODAY = "2026-11-24"
OTHER = "dinkes"


@pytest.fixture
def terminal(etpp: Running) -> Terminal:
    etpp.clock.local(f"{TODAY} 08:00")
    etpp.admin("POST", "offices", {"office_id": OTHER, "name": "Dinas Kesehatan"})
    etpp.person(NIP, "Sri")
    return etpp.terminal()


def told(terminal: Terminal, since: int = 0) -> tuple[int, dict[str, Any]]:
    """The gallery's version, and of each person in it when the hours are not theirs."""
    answer = terminal.gallery(since=since)
    if answer.status_code == 204:
        return since, {}
    check_gallery(answer.json(), terminal)
    people = answer.json()["payload"]["people"]
    return answer.json()["manifest"]["version"], {each["name"]: each.get("roster") for each in people}


def spans(**given: list[list[str | None]]) -> dict[str, Any]:
    return {"shifts": {}, "days": {}, "alone": [], **given}


def test_a_guest_and_somebody_who_will_move_are_told_apart(etpp: Running, terminal: Terminal) -> None:
    etpp.person(NIP[:-1] + "8", "Budi", OTHER)
    etpp.person(NIP[:-1] + "8", "Budi")  # his face is known here too: a guest
    version, people = told(terminal)
    assert people == {"Sri": None, "Budi": spans(elsewhere=[[TODAY, None]])}
    with etpp.database.begin() as tx:
        move(tx, _employee(tx, "Sri"), OTHER, dt.date(2026, 12, 1), "bkpp", etpp.clock.now)
    version, people = told(terminal, version)
    assert people == {"Sri": spans(elsewhere=[["2026-12-01", None]])}
    there = etpp.terminal(OTHER)
    assert told(there)[1]["Sri"] == spans(elsewhere=[[TODAY, "2026-11-30"]])
    assert told(terminal, version) == (version, {})


def test_who_leaves_is_told_nothing_afterwards(etpp: Running, terminal: Terminal) -> None:
    version, _ = told(terminal)
    with etpp.database.begin() as tx:
        leave(tx, _employee(tx, "Sri"), dt.date(2026, 11, 30), "bkpp", etpp.clock.now)
    assert told(terminal, version)[1] == {"Sri": spans(outside=[["2026-12-01", None]])}


def test_a_list_tells_of_who_moves_and_wakes_nobody_for_a_new_class(etpp: Running, terminal: Terminal) -> None:
    version, _ = told(terminal)
    with etpp.database.begin() as tx:
        (held,) = Roster(tx).career(_employee(tx, "Sri")).all
        with telling(tx, [held.person_id], etpp.clock.now):
            ended, follows = replace(held, last=dt.date(2026, 11, 30)), dt.date(2026, 12, 1)
            raised = replace(held, assignment_id="raised", first=follows, job_class=8)
            ASSIGNMENTS.add(tx, [ended, raised], "bkpp", etpp.clock.now)
    assert told(terminal, version) == (version, {})
    head = "NIP;ID lain;Nama;OPD;Jabatan;Kelas Jabatan;Golongan;Status;Atasan (NIP);Plt.;TMT;Selesai;Berhak TPP"
    table = f"{head}\n{NIP};;Sri;{OTHER};Staf;8;III/b;PNS;;;2027-01-01;;ya\n".encode()
    token = {"Authorization": f"Bearer {etpp.state.secrets.admin_token}"}
    done = requests.post(f"{etpp.url}/v1/admin/roster/imports?by=bkpp", data=table, headers=token, timeout=60).json()
    assert (done["imported"], done["faults"]) == (True, [])
    assert told(terminal, version)[1] == {"Sri": spans(elsewhere=[["2027-01-01", None]])}


def _employee(tx: Transaction, name: str) -> str:
    return next(person for person, employee in Roster(tx).employees().items() if employee.name == name)
