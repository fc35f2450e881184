"""A policy tried on a month of the whole regency: beside the server's work, and nothing recorded."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator

import pytest
import requests

from etpp.allowance.policy import DELIVERED, delivered_text
from etpp.db.pay_tables import policy_uses
from tests.contract.etpp.desk import Desk, filled
from tests.contract.etpp.running import OFFICE, running_on

pytestmark = pytest.mark.long_on_postgresql

TEXT = delivered_text(DELIVERED[0])
LOWER = TEXT.replace("7  = 2000000", "7  = 1000000").replace('id = "kulon-progo-2019"', 'id = "percobaan"')


@pytest.fixture(scope="module")
def desk(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("trial")
    with running_on(database, folder) as etpp:
        yield filled(etpp)


def result(desk: Desk, started: requests.Response) -> requests.Response:
    """The page as soon as it has what came out; each asking is a request of its own, as a browser's."""
    assert started.status_code == 200, started.text
    waiting, path = threading.Event(), started.url.split("/console")[1]
    for _ in range(1200):
        page = desk.get(path)
        if 'http-equiv="refresh"' not in page.text:
            return page
        waiting.wait(0.05)
    return pytest.fail("the trial did not come to an end")


def test_the_whole_regency_before_and_after_by_office_class_and_person(desk: Desk) -> None:
    one = desk.post("/policies/trial", office_id=OFFICE, month="2026-11", text=LOWER)
    page = result(desk, desk.post("/policies/trials", month="2026-11", text="", file=LOWER.encode()))
    assert page.status_code == 200
    text = html.unescape(page.text)
    figures = re.findall(r"<li><b>([^<]*)</b>", text)
    assert figures[:3] == re.findall(r"<li><b>([^<]*)</b>", html.unescape(one.text))[:3]  # the other office has nobody
    assert figures[2] == "-1.880.000"
    assert figures[3:] == ["2", "0", "2"]
    assert "Dinas Komunikasi dan Informatika" in text
    assert "Kelas 7" in text
    assert "Sri Lestari" in text
    assert "Dasar dalam rupiah sebulan" in text  # sentences in the reader's language
    assert "Sri Lestari" in desk.get(page.url.split("/console")[1] + "?export=csv").text
    with desk.etpp.database.read() as tx:
        assert tx.execute(policy_uses.select()).all() == []


def test_from_what_came_out_it_is_taken_into_force(desk: Desk) -> None:
    page = result(desk, desk.post("/policies/trials", month="2026-11", text=LOWER))
    text = html.unescape(re.findall(r'name="text" value="([^"]*)"', page.text)[0])
    assert text == LOWER
    assert desk.post("/policies", text=text, first="2028-01-01", month="2026-11").status_code == 200


def test_it_is_refused_without_sense_ended_and_seen_by_bkpp_alone(desk: Desk) -> None:
    assert 'id="text-wrong"' in desk.post("/policies/trials", month="2026-11", text="x = <b>").text
    assert 'id="month-wrong"' in desk.post("/policies/trials", month="2026-13", text=LOWER).text
    assert desk.post("/policies/trials", desk.head, month="2026-11", text=LOWER).status_code == 403
    page = result(desk, desk.post("/policies/trials", month="2026-11", text=LOWER))
    path = page.url.split("/console")[1]
    assert desk.get(path, desk.head).status_code == 403
    assert "Uji coba sudah diakhiri" in desk.post(f"{path}/end").text
    assert desk.get(path).status_code == 404
    assert desk.get("/policies/trials/none").status_code == 404


def test_a_trial_that_goes_while_it_is_looked_at_is_gone_and_no_failure(desk: Desk) -> None:
    page = result(desk, desk.post("/policies/trials", month="2026-11", text="", file=LOWER.encode()))
    path = page.url.split("/console")[1]
    (made,) = (desk.etpp.state.folder / "trials").glob(f"{path.rpartition('/')[2]}.trial")
    made.unlink()  # what tidying does first to one that is a day old
    assert desk.get(path).status_code == 404
