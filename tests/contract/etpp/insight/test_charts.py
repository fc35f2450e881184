"""An office's month in pictures, over HTTP: each with the figures that it was drawn from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from etpp.allowance import gather
from etpp.allowance.facts import Regency
from etpp.allowance.model import Month
from etpp.db import Transaction
from etpp.insight import charts
from etpp.serving.acting import Grant
from tests.contract.etpp.allowance.scene import NOVEMBER, Scene, november
from tests.contract.etpp.running import OFFICE, running_on

BELOW, PATH = "uptd-bawah", f"/console/offices/{OFFICE}/charts"


@pytest.fixture(scope="module")
def scene(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("charts")
    with running_on(database, folder) as etpp:
        yield filled(november(etpp))


def filled(scene: Scene) -> Scene:
    scene.etpp.admin("POST", "offices", {"office_id": BELOW, "name": "UPTD <b>Bawah</b>"})
    scene.etpp.admin("PUT", f"offices/{BELOW}/place", {"parent_id": OFFICE, "kind": "uptd", "by": "bkpp"})
    scene.terminal.heartbeat(counters={"unknown": 7, "attack_refused": 2, "refused_by_person": 1})
    return scene


def page(scene: Scene, role: str = "bkpp", path: str = PATH) -> str:
    login = f"c-{role}"
    known = scene.etpp.__dict__.setdefault("chart_browsers", {})
    if login not in known:
        grant = Grant(role, None if role == "bkpp" else OFFICE)  # type: ignore[arg-type]
        known[login] = scene.etpp.log_in(scene.etpp.member(login, grant))
    answer = known[login].get(f"{scene.etpp.url}{path}", timeout=60)
    assert answer.status_code == 200, answer.text[-300:]
    return str(answer.text)


def tables(html: str) -> dict[str, list[list[str]]]:
    """Each chart's rows, by its title."""
    found = {}
    for section in re.findall(r'<section class="card pad chart">(.*?)</section>', html, re.DOTALL):
        title = re.search(r"<h2>(.*?)</h2>", section)
        assert title is not None
        assert section.count("<svg ") == 1
        body = section[section.index("<tbody>") :]
        found[title[1]] = [
            re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
        ]
    return found


def test_each_picture_has_the_figures_that_it_was_drawn_from(scene: Scene) -> None:
    found = tables(page(scene, path=PATH + "?month=2026-11"))
    assert list(found) == [
        "Kedatangan sepanjang pagi",
        "Keterlambatan menurut minggu",
        "Poin rata-rata per pegawai menurut unit",
        "TPP menurut komponen",
        "Wajah yang tidak dicatat, menurut terminal, sejak terminal dipasang",
    ]
    in_time, late = (sum(int(row[n]) for row in found["Kedatangan sepanjang pagi"]) for n in (1, 2))
    assert (in_time, late) == (9, 1)  # two people on five days, Budi late once
    weeks = found["Keterlambatan menurut minggu"]
    assert [row[1] for row in weeks if row[1] != "0"] == ["1"]
    (terminal,) = found["Wajah yang tidak dicatat, menurut terminal, sejak terminal dipasang"]
    assert terminal[1:] == ["7", "2", "1"]
    ((unit, points),) = found["Poin rata-rata per pegawai menurut unit"]
    # 300 points on each of 21 weekdays; Budi's are less by 1 % for one lateness: (6300 + 6237) / 2.
    assert (unit, points) == ("Dinas Komunikasi dan Informatika", "6.268")


def test_amounts_are_for_whoever_may_see_pay(scene: Scene) -> None:
    assert "TPP menurut komponen" in tables(page(scene, "head", PATH + "?month=2026-11"))
    assert "TPP menurut komponen" not in page(scene, "operator", PATH + "?month=2026-11")


def test_a_month_before_the_office_had_people_has_its_terminals_alone(scene: Scene) -> None:
    assert list(tables(page(scene, path=PATH + "?month=2025-01"))) == [
        "Wajah yang tidak dicatat, menurut terminal, sejak terminal dipasang"
    ]
    assert "Belum ada angka untuk bulan ini." in page(scene, path=f"/console/offices/{BELOW}/charts?month=2025-01")


def test_an_unreadable_month_is_refused(scene: Scene) -> None:
    login = scene.etpp.log_in(scene.etpp.member("c-wrong", Grant("bkpp")))
    assert login.get(f"{scene.etpp.url}{PATH}?month=November", timeout=60).status_code == 400


def test_what_all_units_share_is_read_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    gathered: list[Month] = []
    real = gather.regency

    def counted(tx: Transaction, month: Month, *more: Any) -> Regency:
        gathered.append(month)
        return real(tx, month, *more)

    monkeypatch.setattr(gather, "regency", counted)
    with scene.etpp.database.read() as tx:
        found = charts.figures(tx, OFFICE, NOVEMBER, scene.etpp.clock.now)
    assert found.month is not None
    assert found.month.people
    assert gathered == [NOVEMBER]  # for the office and the one below it


@contextmanager
def months_read(scene: Scene) -> Iterator[list[str]]:
    """Each time that the steps of an office's activities are read, which is once a reckoning."""
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "FROM entry_steps" in statement:
            found.append(statement)

    sa.event.listen(scene.etpp.database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(scene.etpp.database.engine, "before_cursor_execute", note)


def test_a_month_is_reckoned_once_for_all_and_anew_when_something_was_recorded(scene: Scene) -> None:
    path = PATH + "?month=2026-11"
    page(scene, path=path)  # whoever logs in is recorded as well: after this nothing is
    scene.terminal.send_events([scene.terminal.presence("of-nobody")])
    with months_read(scene) as read:
        first = page(scene, path=path)
        assert len(read) == 2  # of the office and of the one below it
        assert page(scene, path=path) == first
        assert len(read) == 2
        scene.terminal.heartbeat(counters={"unknown": 8, "attack_refused": 2, "refused_by_person": 1})
        told = tables(page(scene, path=path))
        assert told["Wajah yang tidak dicatat, menurut terminal, sejak terminal dipasang"][0][1] == "8"
    scene.etpp.admin("POST", "scores", {"by": "bkpp", "office_id": OFFICE, "month": "2026-11", "percent": "50"})
    with months_read(scene) as read:
        assert page(scene, path=path) != first  # the allowance is another one
        assert len(read) == 2


def test_viewers_who_come_at_once_wait_for_one_reckoning(scene: Scene) -> None:
    scene.terminal.send_events([scene.terminal.presence("of-nobody")])
    path = PATH + "?month=2026-11"
    with months_read(scene) as read, ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda _: page(scene, path=path), range(4)))
    assert len(read) == 2
    assert len(set(pages)) == 1
