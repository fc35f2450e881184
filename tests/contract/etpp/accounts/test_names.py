"""What facts name as who acted, of accounts with the longest names that there are."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from etpp.accounts.store import Accounts
from etpp.base.errors import Conflict
from etpp.db import pay_tables
from etpp.serving.acting import LOGIN_LONGEST, Grant
from tests.contract.etpp.running import OFFICE, Running, csrf_of


def test_what_the_longest_name_does_is_recorded_under_it(etpp: Running) -> None:
    longest, earlier = "a" * LOGIN_LONGEST, "b" * 63
    with pytest.raises(Conflict, match="2 to 56"):
        etpp.member("a" * (LOGIN_LONGEST + 1), Grant("bkpp"))
    one, other = etpp.member(longest, Grant("bkpp")), etpp.member("bb", Grant("bkpp"))
    with etpp.database.begin() as tx:  # as an earlier release let it be called
        Accounts(tx).set(other.account_id, login=earlier)
    other.login = earlier
    etpp.admin("POST", "offices", {"office_id": "dinas-lain", "name": "Dinas Lain"})
    for member, office in ((one, OFFICE), (other, "dinas-lain")):
        browser = etpp.log_in(member)
        csrf = csrf_of(browser.get(f"{etpp.url}/console/account", timeout=60).text)
        score = {"office_id": office, "month": "2026-10", "percent": "90"}
        answer = browser.post(f"{etpp.url}/v1/admin/scores", json=score, headers={"X-CSRF-Token": csrf}, timeout=60)
        assert answer.status_code in (200, 201), answer.text
    with etpp.database.read() as tx:
        said = {row.office_id: row.recorded_by for row in tx.execute(sa.select(pay_tables.office_scores))}
    assert said == {OFFICE: f"account:{longest}", "dinas-lain": f"account:{other.account_id}"}
