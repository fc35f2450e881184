"""An office's day and the overview as pages: letters, corrections, who has not come yet, and hostile texts."""

from __future__ import annotations

import re

from tests.contract.etpp.client import text_of
from tests.contract.etpp.running import OFFICE, Running

DAY = "2026-11-24"


def rows(page: str) -> dict[str, str]:
    """Name -> the whole row, without tags."""
    found = {}
    for row in re.findall(r"<tr>\s*<td class=\"name\">(.*?)</tr>", page, re.DOTALL):
        name = re.search(r"<a href=\"[^\"]*\">(.*?)</a>", row, re.DOTALL)
        if name is not None:
            found[name[1].strip()] = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", row))
    return found


def test_the_day_tells_letters_corrections_and_who_has_not_come_yet(etpp: Running) -> None:
    terminal = etpp.terminal()
    faces = {
        name: etpp.person(nip, name)
        for name, nip in (
            ("Ani", "198503152010012007"),
            ("Budi", "199001012015031001"),
            ("Cici", "199002022015032001"),
            ("Dodi", "199003032015031001"),
        )
    }
    people = {
        each["person_id"]: each["employee_id"] for each in etpp.admin("GET", f"offices/{OFFICE}/people")["people"]
    }
    member = etpp.log_in(etpp.bkpp)

    def page(path: str) -> str:
        answer = member.get(f"{etpp.url}/console{path}", timeout=60)
        assert answer.status_code == 200
        return answer.text

    etpp.clock.local(f"{DAY} 07:10")
    before = rows(page(f"/offices/{OFFICE}"))
    assert "Belum dilaporkan" in before["Budi"]
    at = etpp.clock.local(f"{DAY} 07:20")
    terminal.send_events([terminal.presence(faces["Ani"], wall_utc=text_of(at))], at=at)
    letter = etpp.admin(
        "POST",
        "letters",
        {
            "kind_id": "izin-terlambat",
            "number": "094/1",
            "date": "2026-11-20",
            "issuer": "Kepala",
            "people": [people[faces["Cici"]]],
            "first_utc": "2026-11-24T00:30:00.000Z",
            "until_utc": "2026-11-24T09:00:00.000Z",
            "submitted_by": "tu",
            "office_id": OFFICE,
        },
    )
    overview = page("/")
    assert "Surat" not in rows(page(f"/offices/{OFFICE}"))["Cici"]
    etpp.admin("POST", f"letters/{letter['letter_id']}/approve", {"by": "kepala"})
    assert page("/") != overview  # kept in memory, and counted anew
    correction = etpp.admin(
        "POST",
        "corrections",
        {
            "person": people[faces["Dodi"]],
            "date": DAY,
            "part": "arrival",
            "at_utc": "2026-11-23T23:59:00.000Z",
            "reason": "terminal mati",
            "proposed_by": "tu",
        },
    )
    etpp.admin("POST", f"corrections/{correction['correction_id']}/approve", {"by": "kepala"})
    etpp.clock.local(f"{DAY} 08:00")
    terminal.send_events([], at=etpp.clock.now)
    found = rows(page(f"/offices/{OFFICE}"))
    assert "Hadir" in found["Ani"]
    assert "Belum datang" in found["Budi"]
    assert "Surat" in found["Cici"]
    assert "koreksi yang disetujui" in found["Dodi"]
    assert list(rows(page(f"/offices/{OFFICE}?state=letter"))) == ["Cici"]
    assert list(rows(page(f"/offices/{OFFICE}?sort=-name"))) == ["Dodi", "Cici", "Budi", "Ani"]
    etpp.admin("POST", f"letters/{letter['letter_id']}/revoke", {"by": "kepala", "reason": "batal"})
    assert "Belum datang" in rows(page(f"/offices/{OFFICE}"))["Cici"]
    file = member.get(f"{etpp.url}/console/offices/{OFFICE}?export=csv", timeout=60).content.decode("utf-8-sig")
    assert file.splitlines()[1].startswith("Ani;Hadir;07.20;0;–;")
    assert "koreksi yang disetujui" in file
