"""BKPP's desk in a browser's words: every form on both databases, what it refuses, and what strangers' texts become."""

from __future__ import annotations

import fcntl
import html
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from etpp.allowance.model import Month
from etpp.allowance.policy import DELIVERED, delivered_text
from etpp.allowance.store import Closings
from etpp.ledger.store import Ledger
from tests.contract.etpp.desk import ELSEWHERE, Desk, filled
from tests.contract.etpp.running import OFFICE, running_on
from tests.unit.etpp.absence.files import pdf

pytestmark = pytest.mark.long_on_postgresql

EVIL = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>"
BUDI = "199001012015031001"

MONTH = f"/offices/{OFFICE}/months/2026-11"


@pytest.fixture(scope="module")
def desk(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with running_on(database, folder) as etpp:
        yield filled(etpp)


def test_a_letter_is_submitted_looked_at_and_approved(desk: Desk) -> None:
    page = desk.post("/letters", file=pdf(b"surat"), **desk.letter(number=EVIL[:200], issuer="Sekda"))
    assert page.status_code == 200
    assert "Budi Santosa" in page.text
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    path = page.url.split("/console")[1].split("?")[0]
    paper = desk.get(f"{path}/document")
    assert paper.content == pdf(b"surat")
    assert paper.headers["Content-Type"] == "application/pdf"
    assert paper.headers["Content-Disposition"].startswith("attachment;")
    assert paper.headers["Content-Security-Policy"].startswith("sandbox")
    assert paper.headers["X-Content-Type-Options"] == "nosniff"
    assert desk.get(f"{path}/document", desk.stranger).status_code == 403
    assert desk.get(path, desk.stranger).status_code == 403
    assert "Budi" not in desk.get("/letters?month=2026-11", desk.stranger).text
    assert desk.post(f"{path}/refuse", reason="").status_code == 409
    assert desk.post(f"{path}/approve", desk.head, note="").status_code == 403
    approved = desk.post(f"{path}/approve", note="cocok")
    assert "chip good" in approved.text
    assert desk.post(f"{path}/approve").status_code == 409
    assert desk.post(f"{path}/revoke", reason="salah orang").status_code == 200
    assert "salah orang" in desk.get(path).text


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"people": "123"}, "people"),
        ({"people": ""}, "people"),
        ({"until": "2026-11-24T16:00"}, "until"),
        ({"first": "besok"}, "first"),
        ({"kind_id": "cuti-bulan"}, "kind_id"),
        ({"issuer": ""}, "issuer"),
        ({"kind_id": "cuti-sakit"}, "file"),
        ({"office_id": ELSEWHERE}, "people"),
    ],
)
def test_a_letters_fault_stands_beside_its_field_and_nothing_typed_is_lost(
    desk: Desk, more: dict[str, str], field: str
) -> None:
    sent = desk.letter(number="094/istimewa", **more)
    page = desk.post("/letters", **sent)
    assert page.status_code == 409
    assert f'id="{field}-wrong"' in page.text
    assert 'value="094/istimewa"' in page.text


def test_html_named_pdf_is_refused(desk: Desk) -> None:
    page = desk.post("/letters", file=b"<html><script>alert(1)</script>", **desk.letter())
    assert page.status_code == 409
    assert 'id="file-wrong"' in page.text


def test_a_file_that_was_good_is_kept_when_something_else_is_wrong(desk: Desk) -> None:
    page = desk.post("/letters", file=pdf(b"kept"), **desk.letter(people="123"))
    found = re.search(r'name="document_sha256" value="([0-9a-f]{64})"', page.text)
    assert found is not None
    again = desk.post("/letters", **desk.letter(document_sha256=found[1]))
    path = again.url.split("/console")[1].split("?")[0]
    assert desk.get(f"{path}/document").content == pdf(b"kept")
    desk.post(f"{path}/refuse", reason="sudah ada")


def test_a_form_with_a_file_needs_the_sessions_token_too(desk: Desk) -> None:
    url = f"{desk.etpp.url}/console/letters"
    answer = desk.bkpp.post(url, data=desk.letter(), files={"file": ("a.pdf", pdf(b"x"))}, timeout=60)
    assert answer.status_code == 400
    large = desk.bkpp.post(url, data=desk.letter(), files={"file": ("a.pdf", b"x" * 11_000_000)}, timeout=60)
    assert large.status_code == 400


def test_the_log_has_what_happened_and_nothing_of_what_was_refused(desk: Desk) -> None:
    def said() -> list[tuple[str, Any, Any]]:
        with desk.etpp.database.read() as tx:
            return [
                (each.said.action, each.said.before, each.said.after)
                for page in Ledger(tx).everything()
                for each in page
            ]

    def done(path: str, status: int, **more: Any) -> list[tuple[str, Any, Any]]:
        known = len(said())
        answer = desk.post(path, **more)
        assert answer.status_code == status
        found.append(answer.url)
        return said()[known:]

    found: list[str] = []
    backwards = desk.letter(first="2026-11-26T07:30", until="2026-11-26T07:00")
    assert done("/letters", 409, file=pdf(b"satu"), **backwards) == []
    when = {"first": "2026-11-26T07:30", "until": "2026-11-26T08:00"}
    (submitted,) = done("/letters", 200, file=pdf(b"dua"), **desk.letter(**when))
    assert submitted[2]["first"] == when["first"]
    desk.post(found[-1].split("/console")[1].split("?")[0] + "/refuse", reason="sudah ada")
    done("/letters", 200, **desk.letter(**when))
    letter = found[-1].split("/console")[1].split("?")[0]
    ((_, before, after),) = done(f"{letter}/document", 200, file=pdf(b"tiga"))
    assert (before["document_sha256"], bool(after["document_sha256"])) == (None, True)
    desk.post(f"{letter}/refuse", reason="sudah ada")
    assert done(f"{letter}/document", 409, file=pdf(b"empat")) == []
    policy = {"text": delivered_text(DELIVERED[0]), "month": "2026-11", "office_id": OFFICE}
    assert done("/policies", 409, first="2026-12-02", **policy) == []
    assert len(done("/policies/trial", 200, **policy)) == 1, "whoever tries one is told of"


def test_a_correction_is_decided_by_another_person(desk: Desk) -> None:
    wrong = desk.post("/corrections", person=BUDI, date="2026-11-25", part="day", at="07:10", reason="x")
    assert 'id="at-wrong"' in wrong.text
    values = {"person": BUDI, "date": "2026-11-25", "part": "arrival", "at": "07:10", "reason": EVIL}
    page = desk.post("/corrections", **values)
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "corrections/" not in page.text.split("<tbody>")[1]  # whoever proposed it has no button
    listed = desk.get("/corrections?month=2026-11", desk.other).text
    path = re.findall(r'action="/console(/corrections/[^"]+/approve)"', listed)[0]
    assert desk.post(path).status_code == 409
    assert desk.post(path, desk.stranger).status_code == 403
    assert "chip good" in desk.post(path, desk.other).text
    assert desk.post("/corrections", desk.stranger, **values).status_code == 403


def test_a_manual_entry_counts_when_another_has_confirmed_it(desk: Desk) -> None:
    values = {"person": BUDI, "office_id": OFFICE, "at": "2026-11-26T07:20", "reason": EVIL}
    ahead = desk.post("/manual-entries", **values | {"at": "2027-01-01T07:00"})
    assert 'id="at-wrong"' in ahead.text
    page = desk.post("/manual-entries", **values)
    assert "<script>" not in page.text
    listed = desk.get("/manual-entries?month=2026-11", desk.other).text
    path = re.findall(r'action="/console(/manual-entries/[^"]+)/confirm"', listed)[0]
    assert desk.post(f"{path}/confirm").status_code == 409
    assert desk.post(f"{path}/confirm", desk.stranger).status_code == 403
    assert "chip good" in desk.post(f"{path}/confirm", desk.other).text
    assert desk.post(f"{path}/withdraw", desk.other).status_code == 200
    assert "Budi" not in desk.get("/manual-entries?month=2026-11").text.split("<tbody>")[1]
    assert desk.post("/manual-entries", desk.stranger, **values).status_code == 403


def test_scores_and_sanctions_are_entered_with_a_comma_and_refused_without_sense(desk: Desk) -> None:
    assert 'id="percent-wrong"' in desk.post("/scores", office_id=OFFICE, month="2026-10", percent="seratus").text
    assert 'id="percent-wrong"' in desk.post("/scores", office_id=OFFICE, month="2026-10", percent="101").text
    page = desk.post("/scores", office_id=OFFICE, month="2026-10", percent="96,5")
    assert "96,5" in page.text
    values = {"person": BUDI, "percent": "25", "first": "2027-01-01", "last": "2027-06-30", "document": EVIL}
    assert 'id="last-wrong"' in desk.post("/sanctions", **values | {"last": "2026-01-01"}).text
    assert 'id="person-wrong"' in desk.post("/sanctions", **values | {"person": "1"}).text
    page = desk.post("/sanctions", **values)
    assert "<script>" not in page.text
    path = re.findall(r'href="/console(/sanctions/[^"]+/withdraw)"', page.text)[0]
    assert path not in desk.post(path).text
    assert desk.get("/sanctions", desk.head).status_code == 403


def test_a_policy_is_tried_before_it_takes_force(desk: Desk) -> None:
    text = re.findall(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', desk.get("/policies").text, re.DOTALL)[0]
    text = html.unescape(text)
    changed = text.replace("7  = 2000000", "7  = 1000000").replace('id = "kulon-progo-2019"', 'id = "percobaan"')
    tried = desk.post("/policies/trial", office_id=OFFICE, month="2026-11", text="", file=changed.encode())
    assert tried.status_code == 200
    assert "Sri Lestari" in tried.text  # whose amount it changes most
    assert "-940.000" in tried.text
    wrong = desk.post("/policies/trial", office_id=OFFICE, month="2026-11", text="x = <b>")
    assert wrong.status_code == 409
    assert 'id="text-wrong"' in wrong.text
    assert "<b>" not in wrong.text.split("<main")[1]
    middle = desk.post("/policies", text=text, first="2027-01-15", office_id=OFFICE, month="2026-11")
    assert 'id="first-wrong"' in middle.text
    assert desk.post("/policies", text=text, first="2027-01-01").status_code == 200


def test_a_month_is_checked_closed_and_paid_and_its_obstacles_lead_to_where_they_go(desk: Desk) -> None:
    page = desk.post("/letters", **desk.letter(first="2026-11-26T07:30", until="2026-11-26T16:00"))
    letter = page.url.split("/console")[1].split("?")[0]
    assert f'href="/console{letter}"' in desk.get(MONTH).text
    assert desk.post(f"{MONTH}/check", desk.stranger).status_code == 403
    desk.post(f"{MONTH}/check", desk.head)
    refused = desk.post(f"{MONTH}/close")
    assert refused.status_code == 409
    assert f'href="/console{letter}"' in refused.text
    desk.post(f"{letter}/refuse", reason="tidak perlu")
    desk.post(f"{MONTH}/check", desk.head)
    assert desk.post(f"{MONTH}/pay").status_code == 409
    assert desk.post(f"{MONTH}/close", desk.head).status_code == 403
    closed = desk.post(f"{MONTH}/close")
    assert closed.status_code == 200
    with desk.etpp.database.read() as tx:
        assert Closings(tx).get(OFFICE, Month(2026, 11)) is not None
    assert desk.post(f"{MONTH}/close").status_code == 409
    assert desk.post(f"{MONTH}/pay").status_code == 200
    assert "dinas-kominfo" not in desk.get("/months?month=2026-11", desk.stranger).text


def test_a_report_is_made_followed_and_fetched(desk: Desk) -> None:
    values = {"kind": "recap", "office_id": OFFICE, "month": "2026-11", "format": "xlsx", "paper": "A4"}
    assert 'id="person-wrong"' in desk.post("/reports", **values, person=BUDI).text
    assert desk.post("/reports", desk.stranger, **values).status_code == 403
    page = desk.post("/reports", **values)
    path = page.url.split("/console")[1]
    assert desk.get(path, desk.stranger).status_code == 403
    assert path not in desk.get("/reports", desk.stranger).text
    for lock in (desk.etpp.state.folder / "reports").glob("*.lock"):
        with lock.open("rb+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # its process has ended
    assert "meta http-equiv" not in desk.get(path).text
    assert desk.get(f"{path}/file").content.startswith(b"PK")
    assert path not in desk.post(f"{path}/end").text
    assert desk.get("/reports/..%2F..%2Fetc").status_code in (403, 404)


def test_what_was_done_is_one_of_our_own_sentences(desk: Desk) -> None:
    assert 'role="status"' in desk.get("/letters?done=letter_approved").text
    page = desk.get("/letters?done=" + urllib.parse.quote(EVIL)).text
    assert 'role="status"' not in page
    assert "alert(" not in page


@pytest.mark.parametrize(
    "path", ["/corrections?month=x", "/reviews?month=2026-99", "/months?month=", "/discipline?year=abc"]
)
def test_a_wrong_address_shows_this_month(desk: Desk, path: str) -> None:
    assert desk.get(path).status_code == 200


def test_uncertain_times_of_another_office_are_nobodys(desk: Desk) -> None:
    event = "018f2c5e-0000-7000-8000-0000000000ff"
    assert desk.get(f"/reviews/{OFFICE}/{event}", desk.stranger).status_code == 403
    assert desk.get(f"/reviews/{OFFICE}/{event}").status_code == 404
