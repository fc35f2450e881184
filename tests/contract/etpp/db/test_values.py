"""Values that no database holds, over real HTTP, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import math

import pytest
import sqlalchemy as sa

from etpp.base.errors import Conflict
from etpp.db.tables import offices
from tests.contract.etpp.client import Terminal, problem_of
from tests.contract.etpp.running import Running


def test_what_a_database_cannot_hold_is_a_refusal_and_no_fault(etpp: Running) -> None:
    for path in ("presence?office_id=%00", "events?office_id=%00&limit=5", f"events?offset={2**53 - 1}"):
        etpp.admin("GET", path, expect=(200, 404, 409))
    etpp.admin("GET", f"events?offset={2**70}", expect=400)
    terminal = etpp.terminal()
    assert problem_of(Terminal(etpp.url, terminal.key, "%00").gallery()) in ("signature-invalid", "device-unknown")


@pytest.mark.parametrize("value", [math.nan, math.inf, "\ud800", {"\udfff": 1}], ids=ascii)
def test_what_no_reader_of_json_can_read_is_not_written(etpp: Running, value: object) -> None:
    with pytest.raises(Conflict), etpp.database.begin() as tx:
        tx.execute(sa.update(offices).values(calendar={"value": [value]}))


def test_a_text_that_has_no_encoding_is_not_written(etpp: Running) -> None:
    with pytest.raises(Conflict), etpp.database.begin() as tx:
        tx.execute(sa.update(offices).values(name="Dinas \ud800"))


def test_every_character_that_has_an_encoding_comes_back(etpp: Running) -> None:
    value = {"value": "\U0001f600 \x00 \u202e \\ud800 \uffff"}
    with etpp.database.begin() as tx:
        tx.execute(sa.update(offices).values(calendar=value))
        assert tx.execute(sa.select(offices.c.calendar)).scalar_one() == value
