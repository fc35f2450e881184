"""The page of enrolments: a page's rows are read, however many thousand there are, and no picture that is not shown."""

from __future__ import annotations

import base64
import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa

from etpp.console.listing import PER_PAGE
from etpp.db import tables
from tests.contract.etpp.client import MODEL_ID, Terminal
from tests.contract.etpp.faces.recogniser_kit import Json, dlib, strangers
from tests.contract.etpp.faces.test_renewal_places import counted
from tests.contract.etpp.running import NIP, OFFICE, Running

SIGNATURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 900).decode()
DECIDED, PENDING = 2_000, 2 * PER_PAGE + 7


@pytest.fixture
def crowded(etpp: Running) -> Running:
    """Thousands that were decided, each with the signature under its consent, and more that wait than a page shows."""
    faces = strangers(PENDING)
    consent = {"given_utc": "2026-11-20T01:00:00.000Z", "text_id": "consent-1", "officer": "Petugas"}
    rows: list[Json] = []
    for number in range(DECIDED + PENDING):
        waits = number >= DECIDED
        rows.append(
            {
                "office_id": OFFICE,
                "event_id": f"e{number:05d}",
                "device_id": "d",
                "nip": f"1985{number:014d}",
                "name": f"Pegawai {number:05d}",
                "model_id": MODEL_ID,
                "descriptors": faces[number - DECIDED].tobytes() if waits else b"",
                "qualities": [{"sharpness": 1.5}],
                "consent": consent | {"signature": SIGNATURE},
                "state": "pending" if waits else ("approved", "rejected")[number % 2],
                "received_utc": etpp.clock.now + dt.timedelta(seconds=number),
                "decided_utc": None if waits else etpp.clock.now,
                "decided_by": None if waits else "bkpp",
            }
        )
    with etpp.database.begin() as tx:
        tx.execute(sa.insert(tables.enrolments), rows)
    return etpp


def shown(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"Pegawai (\d{5})", text)]


def test_a_page_has_its_rows_and_the_others_are_pages_away(crowded: Running) -> None:
    browser = crowded.log_in(crowded.bkpp)

    def page(query: str = "") -> str:
        answer = browser.get(f"{crowded.url}/console/enrolments{query}", timeout=60)
        assert answer.status_code == 200
        return answer.text

    first = shown(page())
    waits = list(range(DECIDED, DECIDED + PENDING))  # the oldest first
    over = list(range(DECIDED - 1, -1, -1))  # the newest first
    assert first == waits[:PER_PAGE] + over[:PER_PAGE]
    assert shown(page("?page=3")) == waits[2 * PER_PAGE :] + over[:PER_PAGE]
    assert shown(page("?d-page=2")) == waits[:PER_PAGE] + over[PER_PAGE : 2 * PER_PAGE]
    assert shown(page("?d-page=999")) == waits[:PER_PAGE]
    assert f"1–{PER_PAGE} dari {PENDING}" in page()
    assert page().count(SIGNATURE) == PER_PAGE


def test_nothing_is_read_of_what_is_not_shown_but_the_faces_that_wait(crowded: Running) -> None:
    """Those are what each is compared with (decision 33): a face each, and nothing that was signed or measured."""
    browser = crowded.log_in(crowded.bkpp)
    with counted(crowded) as asked:
        browser.get(f"{crowded.url}/console/enrolments", timeout=60)
    rows, signatures, measured = 0, 0, 0
    with crowded.database.engine.connect() as connection:
        for statement, parameters in asked:
            if "FROM enrolments" in statement:
                found: list[Any] = list(connection.exec_driver_sql(statement, parameters).all())
                rows = max(rows, len(found))
                signatures += sum(SIGNATURE in str(value) for row in found for value in row)
                measured += sum("sharpness" in str(value) for row in found for value in row)
    assert rows == PENDING
    assert (signatures, measured) == (PER_PAGE, PER_PAGE)


def test_the_call_says_how_many_presences_rest_on_one(etpp: Running) -> None:
    terminal: Terminal = etpp.terminal()
    event = terminal.enrolment(NIP, "Sri Lestari", templates=dlib(1))
    presences = [terminal.waiting(event["event_id"]) for _ in range(2)]
    results = terminal.send_events([event, *presences]).json()["results"]
    assert {each["status"] for each in results} == {"accepted"}
    (found,) = etpp.admin("GET", "enrolments")["enrolments"]
    assert found["presences"] == 2
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/reject")
    (found,) = etpp.admin("GET", "enrolments")["enrolments"]
    assert found["presences"] == 0
