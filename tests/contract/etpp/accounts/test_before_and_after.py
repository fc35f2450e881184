"""The audit log has what was before and what is after: of letters, corrections, the calendar and lists of people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from etpp.ledger.store import Ledger
from tests.contract.etpp.desk import Desk, filled
from tests.contract.etpp.running import OFFICE, running_on

pytestmark = pytest.mark.long_on_postgresql

BUDI = "199001012015031001"
NEW = "NIP;Nama;OPD;Jabatan;Kelas;TMT\n199103032016012003;Ani Wulandari;{office};{post};8;2026-01-01\n"


@pytest.fixture(scope="module")
def desk(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("log")
    with running_on(database, folder) as etpp:
        yield filled(etpp)


def newest(desk: Desk) -> tuple[str, Any, Any]:
    with desk.etpp.database.read() as tx:
        said = Ledger(tx).search(limit=1)[0].said
    return said.action, said.before, said.after


def test_a_letter_from_submitted_to_revoked(desk: Desk) -> None:
    page = desk.post("/letters", **desk.letter(kind_id="izin-terlambat"))
    path = page.url.split("/console")[1].split("?")[0]
    desk.post(f"{path}/approve", desk.other, note="sesuai")
    action, before, after = newest(desk)
    assert action == "POST /console/letters/{letter_id}/approve"
    assert (before["state"], after["state"]) == ("submitted", "approved")
    assert after["reason"] == "sesuai"
    desk.post(f"{path}/revoke", reason="batal")
    _, before, after = newest(desk)
    assert (before["state"], after["state"]) == ("approved", "revoked")
    desk.etpp.admin("POST", f"letters/{path.split('/')[-1]}/revoke", {"by": "bkpp", "reason": "lagi"}, expect=409)
    assert newest(desk)[0] == "POST /console/letters/{letter_id}/revoke"  # what was refused changed nothing


def test_a_correction_by_page_and_by_call(desk: Desk) -> None:
    proposed = {"person": BUDI, "part": "arrival", "reason": "terminal mati", "proposed_by": "tu"}
    for date, approve in (("2026-11-25", True), ("2026-11-26", False)):
        made = desk.etpp.admin("POST", "corrections", {**proposed, "date": date, "at_utc": f"{date}T00:10:00.000Z"})
        path = f"corrections/{made['correction_id']}"
        if approve:
            desk.post(f"/{path}/approve")
        else:
            desk.etpp.admin("POST", f"{path}/refuse", {"by": "kepala"})
        _, before, after = newest(desk)
        assert (before["state"], after["state"]) == ("proposed", "approved" if approve else "refused")


def test_a_day_of_the_calendar(desk: Desk) -> None:
    day = {"what": "off", "first": "2026-12-10", "name": "Libur daerah"}
    desk.post("/calendar", **day)
    assert newest(desk)[1] == {"special_days": []}
    (made,) = newest(desk)[2]["special_days"]
    assert (made["date"], made["hours"], made["called"]) == ("2026-12-10", None, "Libur daerah")
    hours = {"start": "07:30", "end": "11:30"}
    special = {"date": "2026-12-10", "name": "Setengah hari", "hours": hours}
    desk.etpp.admin("POST", "calendar", {"by": "bkpp", "special_days": [special]})
    _, before, after = newest(desk)
    assert before["special_days"][0]["called"] == "Libur daerah"
    assert after["special_days"][0]["hours"]["end"] == "11:30:00"
    back = {"what": "withdraw", "kind": "special_days", "fact": ":2026-12-10", "first": "2026-12-10"}
    desk.post("/calendar", **back)
    assert newest(desk)[1]["special_days"][0]["called"] == "Setengah hari"
    assert newest(desk)[2] == {"special_days": []}


def test_a_list_of_people_without_a_name(desk: Desk) -> None:
    page = desk.post("/imports", file=NEW.format(office=OFFICE, post="Pranata").encode(), kind="people")
    desk.post(page.url.split("/console")[1])
    action, before, after = newest(desk)
    assert action == "POST /console/imports/{import_id}"
    assert before[0]["was"] == ""
    assert after[0]["becomes"].startswith("Pranata (8)")
    headers = {"Authorization": f"Bearer {desk.etpp.state.secrets.admin_token}"}
    url = f"{desk.etpp.url}/v1/admin/roster/imports?by=bkpp"
    table = NEW.format(office=OFFICE, post="Arsiparis").encode()
    assert desk.bkpp.post(url, data=table, headers=headers, timeout=60).status_code == 200
    _, before, after = newest(desk)
    assert (before[0]["post"]["post"], after[0]["post"]["post"]) == ("Pranata", "Arsiparis")
    log = desk.get("/audit/export").text
    assert "Ani Wulandari" not in log
    assert "199103032016012003" not in log
    assert {"before", "after"} <= json.loads(log.splitlines()[-1]).keys()
