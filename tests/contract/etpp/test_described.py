"""docs/openapi-admin.json against real answers: a page leads to the next one, and a false answer is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.contract.etpp import described
from tests.contract.etpp.running import OFFICE, Running


def ask(etpp: Running, path: str) -> requests.Response:
    token = {"Authorization": f"Bearer {etpp.state.secrets.admin_token}"}
    return requests.get(f"{etpp.url}/v1/admin/{path}", headers=token, timeout=60)


def other(change: Callable[[Any], Any]) -> Callable[[requests.Response], None]:
    def edit(answer: requests.Response) -> None:
        value = answer.json()
        change(value)
        answer._content = json.dumps(value).encode()

    return edit


def status(code: int) -> Callable[[requests.Response], None]:
    def edit(answer: requests.Response) -> None:
        answer.status_code = code

    return edit


def media_type(answer: requests.Response) -> None:
    answer.raw.headers["Content-Type"] = "text/html"


def no_version(answer: requests.Response) -> None:
    del answer.raw.headers["Presensi-Protocol"]


@pytest.mark.parametrize(
    ("path", "edit"),
    [
        ("offices", other(lambda value: value["offices"][0].pop("kind"))),
        ("offices", other(lambda value: value["offices"][0].update(kind="palace"))),
        ("presence?office_id=dinas-kominfo&date=2026-11-24", other(lambda value: value.update(date="24-11-2026"))),
        ("presence?office_id=dinas-kominfo&date=2026-11-24", other(lambda value: value["shift"].update(start="7.30"))),
        ("offices", status(404)),
        ("offices", media_type),
        ("offices", no_version),
        ("offices/nowhere/people", other(lambda value: value.update(type="urn:presensi:problem:device-unknown"))),
        ("offices/nowhere/people", other(lambda value: value.pop("detail"))),
    ],
    ids=["missing", "enum", "date", "moment", "status", "media type", "header", "problem", "problem document"],
)
def test_an_answer_that_the_document_does_not_describe_is_noticed(
    etpp: Running, path: str, edit: Callable[[requests.Response], None]
) -> None:
    answer = ask(etpp, path)
    assert described.fault(answer) == ""
    edit(answer)
    assert described.fault(answer)


def pages(etpp: Running, path: str, name: str, limit: int) -> list[list[Any]]:
    found = [etpp.admin("GET", f"{path}?limit={limit}")]
    while found[-1]["after"] is not None:
        found.append(etpp.admin("GET", f"{path}?limit={limit}&after={found[-1]['after']}"))
    return [page[name] for page in found]


def test_enrolments_come_in_pages(etpp: Running) -> None:
    terminal = etpp.terminal()
    sent = []
    for number in range(1, 6):
        event = terminal.enrolment(f"19850315201001100{number}", "Sri Lestari", number)
        terminal.send_events([event])
        sent.append(event["event_id"])
    whole = etpp.admin("GET", "enrolments")
    assert [each["event_id"] for each in whole["enrolments"]] == sorted(sent)
    assert whole["after"] is None
    first, second, third = pages(etpp, "enrolments", "enrolments", 2)
    assert [len(first), len(second), len(third)] == [2, 2, 1]
    assert first + second + third == whole["enrolments"]
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{first[1]['event_id']}/reject")
    waiting = etpp.admin("GET", f"enrolments?state=pending&after={first[1]['event_id']}")
    assert waiting["enrolments"] == second + third, "a decision meanwhile hides nobody"


def test_sanctions_come_in_pages(etpp: Running) -> None:
    etpp.person()
    person = etpp.admin("GET", "employees")["employees"][0]["person_id"]
    days = {"first": "2026-12-01", "last": "2026-12-31"}
    for percent in (10, 20, 30):
        new = {"by": "bkpp", "person_id": person, "percent": percent, "document": f"SK {percent}/2026", **days}
        etpp.admin("POST", "sanctions", new)
    whole = etpp.admin("GET", "sanctions")["sanctions"]
    assert sorted(each["percent"] for each in whole) == ["10", "20", "30"]
    assert pages(etpp, "sanctions", "sanctions", 2) == [whole[:2], whole[2:]]
