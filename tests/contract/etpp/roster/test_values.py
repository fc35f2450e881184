"""What an office's calendar, a name and a NIP may be: one table for every way in, on both databases; and what becomes
of an office in whose row an earlier release left something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import rfc8785
import sqlalchemy as sa
from click.testing import CliRunner

from etpp.__main__ import cli
from tests.calendars import GOOD, Case, cases
from tests.contract.etpp.client import Terminal, check_gallery, problem_of
from tests.contract.etpp.running import OFFICE, Running

pytestmark = pytest.mark.long_on_postgresql

GOLDEN = Path(__file__).parents[3] / "golden"
NAMES = json.loads((GOLDEN / "names.json").read_text(encoding="utf-8"))["cases"]
NIPS = json.loads((GOLDEN / "nips.json").read_text(encoding="utf-8"))["cases"]
HELD = [case for case in cases("refused") if case.why in ("a truth is no number", "a folder of zones", "2 to the 60th")]
"""What earlier releases stored and no terminal took, of each kind one; in forms that PostgreSQL's JSON has too."""


def post(etpp: Running, method: str, path: str, text: str) -> requests.Response:
    """A body as it stands, which may be no JSON."""
    headers = {"Authorization": f"Bearer {etpp.state.secrets.admin_token}", "Content-Type": "application/json"}
    return requests.request(method, f"{etpp.url}/v1/admin/{path}", data=text.encode(), headers=headers, timeout=60)


def put(etpp: Running, case: Case) -> int:
    return post(etpp, "PUT", f"offices/{OFFICE}", f'{{"name": "Dinas", "calendar": {case.text}}}').status_code


def leave(etpp: Running, calendar: str) -> None:
    """Write a calendar as no release does any more."""
    update = sa.text("UPDATE offices SET calendar = CAST(:calendar AS JSON), gallery_version = gallery_version")
    if etpp.database.engine.dialect.name == "sqlite":
        update = sa.text("UPDATE offices SET calendar = :calendar, gallery_version = gallery_version")
    with etpp.database.begin() as tx:
        tx.execute(update, {"calendar": calendar})


def console(etpp: Running) -> requests.Session:
    return etpp.log_in(etpp.bkpp)


# ---------------------------------------------------------------- one table, every writer


def test_a_calendar_is_stored_when_a_terminal_takes_it_and_else_is_refused(etpp: Running) -> None:
    terminal = etpp.terminal()
    for case in cases("good"):
        assert (case.why, put(etpp, case)) == (case.why, 200)
        check_gallery(terminal.gallery().json(), terminal)
    before = terminal.gallery().json()["payload"]["office"]
    for case in cases("refused", "old"):
        assert (case.why, put(etpp, case) in (400, 409)) == (case.why, True)
        new = post(etpp, "POST", "offices", f'{{"office_id": "new", "name": "New", "calendar": {case.text}}}')
        assert (case.why, new.status_code in (400, 409)) == (case.why, True)
    assert terminal.gallery().json()["payload"]["office"] == before


def test_an_empty_calendar_is_not_the_same_as_none(etpp: Running) -> None:
    assert post(etpp, "POST", "offices", '{"office_id": "new", "name": "New", "calendar": {}}').status_code == 409


def test_a_name_is_stored_in_its_canonical_form_or_refused(etpp: Running) -> None:
    person = etpp.person()
    for case in NAMES:
        answer = post(etpp, "PUT", f"offices/{OFFICE}/people/{person}", json.dumps({"name": case["given"]}))
        if case["canonical"] is None:
            assert (case["why"], answer.status_code in (400, 409)) == (case["why"], True)
        else:
            assert (case["why"], answer.json().get("name")) == (case["why"], case["canonical"])


def test_a_nip_is_stored_as_its_digits_or_refused(etpp: Running) -> None:
    for index, case in enumerate(NIPS):
        office = f"office-{index}"
        etpp.admin("POST", "offices", {"office_id": office, "name": "Dinas"})
        answer = post(etpp, "POST", f"offices/{office}/people", json.dumps({"nip": case["given"], "name": "Ani"}))
        if case["canonical"] is None:
            assert (case["why"], answer.status_code in (400, 409)) == (case["why"], True)
        else:
            assert (case["why"], answer.json().get("nip")) == (case["why"], case["canonical"])


def test_an_enrolments_name_and_nip_are_held_to_the_same_tables(etpp: Running) -> None:
    terminal = etpp.terminal()
    good = "198503152010011004"
    given = [(case["given"], "Ani", case["canonical"] == case["given"], case["why"]) for case in NIPS]
    given += [(good, case["given"], case["canonical"] is not None, case["why"]) for case in NAMES]
    for nip, name, taken, why in given:
        try:
            event = terminal.enrolment(nip, name)
        except rfc8785.CanonicalizationError:
            terminal.seq -= 1  # a lone surrogate: no terminal can make a hash over it
            continue
        (result,) = terminal.send_events([event]).json()["results"]
        assert (why, result["status"]) == (why, "accepted" if taken else "rejected")


def test_an_offices_name_is_shown_as_it_is(etpp: Running) -> None:
    for name in ("Dinas \u202esanid", "Dinas\u009b", "Dinas\x00", " ", "x" * 201):
        assert post(etpp, "PUT", f"offices/{OFFICE}", json.dumps({"name": name, "calendar": GOOD})).status_code == 409
    assert etpp.admin("PUT", f"offices/{OFFICE}", {"name": " SD  1/2 & TK ", "calendar": GOOD})["name"] == "SD 1/2 & TK"


# ---------------------------------------------------------------- the command line


def command(etpp: Running, *arguments: str) -> Any:
    options = ["--state", str(etpp.state.folder), "--db", str(etpp.database.engine.url)]
    return CliRunner().invoke(cli, [*options, *arguments])


def test_a_calendars_file_is_read_as_strictly_as_a_body(etpp: Running, tmp_path: Path) -> None:
    file = tmp_path / "calendar.json"
    for case in cases("refused", "old"):
        file.write_text(case.text, encoding="utf-8")
        done = command(etpp, "office", "change", OFFICE, "--calendar", str(file))
        assert (case.why, type(done.exception).__name__) == (case.why, "Conflict")
    for broken in (json.dumps(GOOD)[:-1] + ",}", "", "[]", '{"timezone": "Asia/Jakarta", "timezone": "UTC"}'):
        file.write_text(broken, encoding="utf-8")
        assert str(file) in str(command(etpp, "office", "add", "new", "New", "--calendar", str(file)).exception)
    for encoding in ("utf-16", "latin-1"):
        file.write_text(json.dumps(GOOD | {"remark": "é"}, ensure_ascii=False), encoding=encoding)
        assert "JSON" in str(command(etpp, "office", "add", "new", "New", "--calendar", str(file)).exception)


def test_a_byte_order_mark_changes_nothing(etpp: Running, tmp_path: Path) -> None:
    file = tmp_path / "calendar.json"
    file.write_text(json.dumps(GOOD), encoding="utf-8-sig")
    done = command(etpp, "office", "change", OFFICE, "--calendar", str(file), "--json")
    assert json.loads(done.stdout)["calendar"] == GOOD


def test_a_change_of_the_name_leaves_the_calendar(etpp: Running) -> None:
    before = etpp.admin("GET", "offices")["offices"][0]["calendar"]
    assert command(etpp, "office", "change", OFFICE, "--name", "Dinas Baru").exit_code == 0
    (after,) = etpp.admin("GET", "offices")["offices"]
    assert (after["name"], after["calendar"]) == ("Dinas Baru", before)


# ---------------------------------------------------------------- what an earlier release left


@pytest.mark.parametrize("case", HELD, ids=lambda case: case.why)
def test_a_calendar_that_no_terminal_takes_is_shown_with_what_to_do(etpp: Running, case: Case) -> None:
    terminal = etpp.terminal()
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    etpp.admin("POST", "offices", {"office_id": "other", "name": "Other", "calendar": GOOD})
    etpp.person()
    terminal.send_events([terminal.presence(etpp.person(nip="198503152010011004"))])
    with etpp.database.begin() as tx:
        (good,) = tx.execute(sa.text("SELECT CAST(calendar AS TEXT) FROM offices WHERE office_id = 'other'")).scalars()
    leave(etpp, case.text)

    answer = terminal.gallery()
    assert (problem_of(answer), OFFICE in answer.json()["detail"]) == ("unavailable", True)
    assert problem_of(Terminal(etpp.url).provision(code)) == "unavailable"
    etpp.admin("GET", f"presence?office_id={OFFICE}", expect=409)
    browser = console(etpp)
    overview = browser.get(f"{etpp.url}/console/", timeout=60)
    assert (overview.status_code, f"etpp office change {OFFICE}" in overview.text) == (200, True)
    assert browser.get(f"{etpp.url}/console/offices/{OFFICE}", timeout=60).status_code == 409
    for page in ("terminals", "events", "enrolments", f"offices/{OFFICE}/people"):
        assert (page, browser.get(f"{etpp.url}/console/{page}", timeout=60).status_code) == (page, 200)
    found = command(etpp, "check", "--json")
    assert [(row["office_id"], row["member"]) for row in json.loads(found.stdout)] == [
        (OFFICE, "calendar"),
        ("other", "calendar"),
    ]
    assert found.exit_code == 65
    assert command(etpp, "presence", "list").exit_code == 0

    leave(etpp, good)
    assert command(etpp, "check").exit_code == 0
    check_gallery(terminal.gallery().json(), terminal)
    assert Terminal(etpp.url).provision(code).status_code == 201


def test_names_of_an_earlier_release_do_not_keep_the_others_from_the_terminals(etpp: Running) -> None:
    person = etpp.person()
    terminal = etpp.terminal()
    with etpp.database.begin() as tx:
        tx.execute(
            sa.text("UPDATE people SET name = :name, nip = :nip"), {"name": "Sri \u202eLestari", "nip": "1" * 18}
        )
        tx.execute(sa.text("UPDATE offices SET name = :name"), {"name": "Dinas\u009b"})
    payload = terminal.gallery().json()["payload"]
    assert payload["office"]["name"] == "Dinas\ufffd"
    assert [each["name"] for each in payload["people"]] == ["Sri \ufffdLestari"]
    rows = json.loads(command(etpp, "check", "--json").stdout)
    assert [(row["person_id"], row["member"]) for row in rows] == [(None, "name"), (person, "name"), (person, "nip")]
    assert not any("Lestari" in str(row) or "1" * 18 in str(row) for row in rows)
    page = console(etpp).get(f"{etpp.url}/console/offices/{OFFICE}/people", timeout=60).text
    assert "Sri \ufffdLestari" in page
    assert "\u202e" not in page
