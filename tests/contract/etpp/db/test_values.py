"""Values that no database holds, over real HTTP, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.contract.etpp.client import Terminal, problem_of
from tests.contract.etpp.running import Running


def test_what_a_database_cannot_hold_is_a_refusal_and_no_fault(etpp: Running) -> None:
    for path in ("presence?office_id=%00", "events?office_id=%00&limit=5", f"events?offset={2**53 - 1}"):
        etpp.admin("GET", path, expect=(200, 404, 409))
    etpp.admin("GET", f"events?offset={2**70}", expect=400)
    terminal = etpp.terminal()
    assert problem_of(Terminal(etpp.url, terminal.key, "%00").gallery()) in ("signature-invalid", "device-unknown")
