"""Reports made beside the server's work: started, asked after, fetched, cancelled, forgotten after a day."""

from __future__ import annotations

import datetime as dt
import stat
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from etpp.serving.acting import Grant
from tests.contract.etpp.allowance.scene import Scene, november
from tests.contract.etpp.reports.crowd import crowd
from tests.contract.etpp.running import OFFICE, Running, csrf_of

pytestmark = pytest.mark.long_on_postgresql

ASKED = {"kind": "nominative", "office_id": OFFICE, "month": "2026-11", "format": "pdf"}


@pytest.fixture
def scene(etpp: Running) -> Scene:
    return november(etpp)


def start(etpp: Running, **asked: Any) -> str:
    return str(etpp.admin("POST", "reports", {**ASKED, **asked}, expect=202)["job_id"])


def until(etpp: Running, job_id: str, met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The job as soon as it is so; each asking is a request of its own, as a page would."""
    waiting = threading.Event()
    for _ in range(2400):
        job: dict[str, Any] = etpp.admin("GET", f"reports/{job_id}")
        if met(job):
            return job
        if job["state"] != "running":
            pytest.fail(f"the report is {job['state']}: {job['detail']}")
        waiting.wait(0.05)
    return pytest.fail("the report did not come so far")


def fetch(etpp: Running, job_id: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {etpp.state.secrets.admin_token}"}
    return requests.get(f"{etpp.url}/v1/admin/reports/{job_id}/file", headers=headers, timeout=60)


def folder(etpp: Running) -> Path:
    return etpp.state.folder / "reports"


def test_a_report_is_made_fetched_and_gone_after_a_day(scene: Scene) -> None:
    etpp = scene.etpp
    job_id = start(etpp, format="xlsx")
    until(etpp, job_id, lambda job: job["state"] == "done")
    answer = fetch(etpp, job_id)
    assert answer.content[:4] == b"PK\x03\x04"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="nominative-{OFFICE}-2026-11.xlsx"'
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder(etpp).iterdir()} == {0o600}
    assert stat.S_IMODE(folder(etpp).stat().st_mode) == 0o700
    etpp.clock.now += dt.timedelta(days=1)
    other = start(etpp, format="xlsx")
    assert fetch(etpp, job_id).status_code == 404
    assert not list(folder(etpp).glob(f"*{job_id}*"))
    until(etpp, other, lambda job: job["state"] == "done")


def test_heartbeats_go_on_while_a_report_is_made(scene: Scene) -> None:
    etpp = scene.etpp
    crowd(scene, 200)
    job_id = start(etpp)
    until(etpp, job_id, lambda job: job["stage"] == "write" and job["done"] >= 1)
    answered = []
    while (job := etpp.admin("GET", f"reports/{job_id}"))["state"] == "running":
        answered.append(scene.terminal.heartbeat().status_code)
    assert job["state"] == "done"
    assert answered[:-1], "none was answered while it was still being made"
    assert set(answered) == {200}
    assert fetch(etpp, job_id).content[:4] == b"%PDF"


def test_a_cancelled_report_leaves_no_file(scene: Scene) -> None:
    etpp = scene.etpp
    crowd(scene, 200)
    job_id = start(etpp)
    until(etpp, job_id, lambda job: job["stage"] == "write")
    assert etpp.admin("DELETE", f"reports/{job_id}") == {"job_id": job_id, "state": "cancelled"}
    waiting = threading.Event()
    for _ in range(600):
        if etpp.admin("GET", f"reports/{job_id}")["state"] == "cancelled":
            break
        waiting.wait(0.05)
    assert etpp.admin("GET", f"reports/{job_id}")["state"] == "cancelled"
    assert [path for path in folder(etpp).iterdir() if "pdf" in path.name] == []
    assert fetch(etpp, job_id).status_code == 409
    etpp.admin("DELETE", f"reports/{job_id}")
    assert list(folder(etpp).glob(f"*{job_id}*")) == []


def test_no_more_than_two_at_once(scene: Scene) -> None:
    etpp = scene.etpp
    crowd(scene, 200)
    running = [start(etpp), start(etpp)]
    assert etpp.admin("POST", "reports", ASKED, expect=429)["type"] == "urn:presensi:problem:too-many-requests"
    for job_id in running:
        etpp.admin("DELETE", f"reports/{job_id}")


def test_what_cannot_be_made_says_why(scene: Scene) -> None:
    job_id = start(scene.etpp, kind="statement", month="2025-01")  # nobody served then
    job = scene.etpp.admin("GET", f"reports/{job_id}")
    waiting = threading.Event()
    while job["state"] == "running":
        waiting.wait(0.05)
        job = scene.etpp.admin("GET", f"reports/{job_id}")
    assert job["state"] == "failed"
    assert job["detail"]
    assert "Sri" not in job["detail"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"month": "2026-13"}, 400),
        ({"kind": "secrets"}, 400),
        ({"format": "exe"}, 400),
        ({"office_id": "../x"}, 404),
        ({"person_id": "anybody"}, 409),
        ({"kind": "statement", "person_id": "nobody"}, 404),
        ({"more": 1}, 400),
    ],
)
def test_what_is_not_asked_rightly(etpp: Running, asked: dict[str, Any], status: int) -> None:
    etpp.admin("POST", "reports", {**ASKED, **asked}, expect=status)


def test_a_statement_of_somebody_elsewhere_begins_no_job_and_says_no_more_than_of_nobody(scene: Scene) -> None:
    etpp = scene.etpp
    etpp.admin("POST", "offices", {"office_id": "dinas-lain", "name": "Dinas Lain"})
    operator = etpp.member("lain", Grant("operator", "dinas-lain"))
    browser = etpp.log_in(operator)
    token = csrf_of(browser.get(f"{etpp.url}/console/reports", timeout=60).text)
    asked = {**ASKED, "kind": "statement", "office_id": "dinas-lain"}

    def ask(**more: str) -> requests.Response:
        headers = {"X-CSRF-Token": token}
        return browser.post(f"{etpp.url}/v1/admin/reports", json={**asked, **more}, headers=headers, timeout=60)

    elsewhere, nobody = ask(person_id=scene.sri), ask(person_id="nobody")
    assert (elsewhere.status_code, nobody.status_code) == (404, 404)
    assert elsewhere.json() == nobody.json()
    assert ask(person_id=scene.sri, office_id=OFFICE).status_code == 403
    pages = []
    for person in (scene.sri, "198503152010011999"):
        form = {**asked, "person": person, "csrf": token, "paper": "F4"}
        page = browser.post(f"{etpp.url}/console/reports", data=form, timeout=60)
        assert page.status_code == 409
        pages.append(page.text.replace(person, "PERSON"))
    assert pages[0] == pages[1]
    assert list(folder(etpp).glob("*.json")) == []
    etpp.admin("POST", "reports", {**asked, "person_id": scene.sri}, expect=404)
    job_id = start(etpp, kind="statement", person_id=scene.sri)
    until(etpp, job_id, lambda job: job["state"] == "done")


def test_nothing_without_the_token_and_nothing_by_another_method(etpp: Running) -> None:
    job_id = str(uuid.uuid4())
    for method, path in (
        ("POST", "reports"),
        ("GET", f"reports/{job_id}"),
        ("GET", f"reports/{job_id}/file"),
        ("DELETE", f"reports/{job_id}"),
    ):
        assert requests.request(method, f"{etpp.url}/v1/admin/{path}", json=ASKED, timeout=60).status_code == 401
    etpp.admin("PUT", f"reports/{job_id}", {}, expect=405)
    etpp.admin("GET", f"reports/{job_id}", expect=404)
    etpp.admin("GET", "reports/..%2f..%2fadmin-token", expect=(400, 404))
