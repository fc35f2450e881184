"""An office that does not exist is said to be none, and is not answered with an empty list."""

from __future__ import annotations

import pytest

from tests.contract.etpp.running import OFFICE, Running

pytestmark = pytest.mark.long_on_postgresql

LISTS = (
    "offices/{}/people",
    "devices?office_id={}",
    "events?office_id={}",
    "enrolments?office_id={}",
    "presence?office_id={}",
    "letters?office_id={}",
    "corrections?office_id={}",
    "reviews?month=2026-11&office_id={}",
    "manual-entries?office_id={}",
    "manual-entries/counts?office_id={}",
    "discipline?year=2026&office_id={}",
)


@pytest.mark.parametrize("path", LISTS)
def test_an_office_that_does_not_exist(etpp: Running, path: str) -> None:
    answer = etpp.admin("GET", path.format("nowhere"), expect=404)
    assert answer["type"] == "urn:presensi:problem:not-found"
    assert answer["detail"] == "there is no office nowhere"
    etpp.admin("GET", path.format(OFFICE), expect=200)
