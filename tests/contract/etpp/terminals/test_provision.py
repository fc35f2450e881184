"""Call 1 over real HTTP, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.contract.etpp.client import Terminal, problem_of
from tests.contract.etpp.running import OFFICE, Running


def test_a_code_provisions_one_terminal(etpp: Running) -> None:
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    terminal = Terminal(etpp.url)
    answer = terminal.provision(code)
    assert answer.status_code == 201
    assert answer.json()["office"] == {
        "office_id": OFFICE,
        "name": "Dinas Komunikasi dan Informatika",
        "timezone": "Asia/Jakarta",
    }
    assert answer.headers["Presensi-Protocol"] == "1"
    other = Terminal(etpp.url)
    assert problem_of(other.provision(code)) == "code-unknown"


def test_a_lost_answer_to_provisioning_can_be_asked_for_again(etpp: Running) -> None:
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    terminal = Terminal(etpp.url)
    first = terminal.provision(code).json()["device_id"]
    assert terminal.provision(code.lower().replace("-", " ")).json()["device_id"] == first
    assert len(etpp.admin("GET", "devices")["devices"]) == 1


def test_a_code_expires(etpp: Running) -> None:
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    etpp.clock.local("2026-11-25 07:01")
    assert problem_of(Terminal(etpp.url).provision(code)) == "code-unknown"


def test_guessing_codes_is_slowed_down(etpp: Running) -> None:
    stranger = Terminal(etpp.url)
    problems = {problem_of(stranger.provision(f"AAAA-AAAA-AA{number:02d}")) for number in range(20)}
    assert problems == {"code-unknown"}
    refused = stranger.provision("AAAA-AAAA-AAAA")
    assert problem_of(refused) == "too-many-requests"
    assert int(refused.headers["Retry-After"]) >= 1
