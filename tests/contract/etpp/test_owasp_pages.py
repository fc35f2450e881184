"""What OWASP asks of pages, over every route that the table names: headers, injection, redirects, sessions, files.

A new page is looked at here by standing in the table: nothing names pages one by one. CSRF and IDOR are asked of every
route in accounts/test_routes.py.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest
import requests

from etpp.accounts import passwords
from etpp.accounts.session import COOKIE
from etpp.accounts.table import TABLE
from etpp.allowance.seal import Despite
from etpp.presence.model import Correction, ManualEntry
from etpp.presence.store import CORRECTIONS, MANUAL_ENTRIES
from etpp.roster.store import EMPLOYEES, Offices, Roster
from etpp.serving.acting import Grant
from tests.contract.etpp.allowance.scene import Scene, november
from tests.contract.etpp.allowance.test_month import check as check_list
from tests.contract.etpp.allowance.test_month import close, reckon
from tests.contract.etpp.running import OFFICE, csrf_of, running, wib

MARK = "<img src=x onerror=alert(7)>"
EVIL = f"=1+1 {MARK}\"'{{{{86243*104729}}}}<script>alert(7)</script>"
"""At once a formula, an element, the end of an attribute, a template's expression and a script."""
RECKONED = str(86243 * 104729)
"""What a template makes of it: so long that no number or token of a page has it by chance."""
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)")
STATIC = frozenset(key for key in TABLE.rules if key.startswith("GET ") and key.endswith((".css", ".js")))
"""Files of our own that are the same for everybody."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A closed month in which every text that somebody can bring is hostile."""
    folder = tmp_path_factory.mktemp("owasp")
    with running(f"sqlite:///{folder}/etpp.db", folder / "state") as etpp:
        made = november(etpp, signs=True)
        now = etpp.clock.now
        with etpp.database.begin() as tx:
            made.letter(tx, made.sri, "2026-11-10 00:00", "2026-11-11 00:00")
            for who, name in ((made.sri, EVIL), (made.budi, FORMULAS[0])):
                known = Roster(tx).employee(who)
                assert known is not None
                EMPLOYEES.add(tx, [replace(known, name=name)], EVIL[:60], now)
            office = Offices(tx).get(OFFICE)
            assert office is not None
            Offices(tx).set_calendar(OFFICE, EVIL, office.calendar)
            entry = ManualEntry("m1", made.sri, wib("2026-11-25 12:20"), OFFICE, EVIL, EVIL[:60], now, FORMULAS[1])
            MANUAL_ENTRIES.add(tx, [entry], FORMULAS[2], now)
            asked = Correction("c1", made.budi, dt.date(2026, 11, 26), "arrival", None, EVIL, EVIL[:60], now)
            CORRECTIONS.add(tx, [asked], "tu", now)
            for person in made.faces.values():
                tx.exec_driver_sql("UPDATE people SET name = ? WHERE person_id = ?", (EVIL, person))
        terminal = etpp.terminal()
        terminal.send_events([terminal.enrolment("199203152015041002", "Budi <b>", 3, 4)], at=etpp.clock.now)
        check_list(made)
        matters = reckon(made).open
        close(made, despite=Despite(matters, (EVIL[:60], "sekda")) if matters else None)
        yield made


@pytest.fixture(scope="module")
def browser(scene: Scene) -> requests.Session:
    return scene.etpp.log_in(scene.etpp.bkpp)


def pages() -> list[str]:
    return sorted(key for key in TABLE.rules if key.startswith("GET /console"))


def where(scene: Scene, key: str) -> str:
    """The page's path with things that are there, as far as the names are known; else with something."""
    etpp, path = scene.etpp, key.split(" ", 1)[1]
    with etpp.database.read() as tx:
        policy = tx.exec_driver_sql("SELECT sha256 FROM policy_texts").scalar()
        enrolment = tx.exec_driver_sql("SELECT event_id FROM enrolments").scalar()
        event = tx.exec_driver_sql("SELECT event_id FROM events WHERE kind = 'presence' AND seq = 6").scalar()
    named = {
        "office_id": OFFICE,
        "person_id": scene.faces[scene.sri] if "/offices/" in path else scene.sri,
        "device_id": scene.terminal.device_id,
        "event_id": enrolment if "/enrolments/" in path else event,
        "account_id": etpp.bkpp.account_id,
        "month": "2026-11",
        "sha256": policy,
        "kind": "correction",
        "fact_id": "c1",
        "key": "by_hand",
        "letter_id": "l1",
        "correction_id": "c1",
        "entry_id": "m1",
    }
    return re.sub(r"{(\w+)}", lambda found: str(named.get(found[1], "018f2c5e-0000-7000-8000-0000000000fe")), path)


def asked(scene: Scene, browser: requests.Session, key: str, **query: str) -> requests.Response:
    said = {"office_id": OFFICE, "to": "id", "month": "2026-11"} | query
    path = scene.etpp.url + where(scene, key)
    return browser.get(path, params=said, timeout=60, allow_redirects=False)


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize("who", ["bkpp", "nobody"])
def test_every_page_says_what_a_browser_may_do_with_it(scene: Scene, browser: requests.Session, who: str) -> None:
    """Clickjacking, sniffing, caching, inline code: also of refusals, redirections and pages that are not there."""
    wrong = []
    visitor = browser if who == "bkpp" else requests.Session()
    for key in [*pages(), "GET /console/nothing-here"]:
        answer = asked(scene, visitor, key)
        headers = answer.headers
        if headers.get("X-Content-Type-Options") != "nosniff":
            wrong.append(f"{key}: sniffing")
        if key in STATIC:
            continue
        policy = headers.get("Content-Security-Policy", "")
        for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
            if part not in policy:
                wrong.append(f"{key}: {answer.status_code} without {part}")
        if "unsafe" in policy or "http:" in policy or "*" in policy:
            wrong.append(f"{key}: {policy}")
        if "no-store" not in headers.get("Cache-Control", ""):
            wrong.append(f"{key}: {answer.status_code} may be kept")
        if answer.status_code >= 500:
            wrong.append(f"{key}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_no_page_has_code_within_it(scene: Scene, browser: requests.Session) -> None:
    wrong = []
    for key in pages():
        answer = asked(scene, browser, key)
        if "text/html" in answer.headers.get("Content-Type", ""):
            inline = r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=\"|<[^>]*\son\w+=\"|javascript:"
            wrong += [f"{key}: {found}" for found in re.findall(inline, answer.text)]
    assert not wrong, "\n".join(wrong)


def test_no_answer_of_the_administrations_is_kept_by_a_browser(scene: Scene) -> None:
    """Files too; and what is refused, which tells of people as well."""
    token = {"Authorization": f"Bearer {scene.etpp.state.secrets.admin_token}"}
    wrong = []
    for key in (each for each in TABLE.rules if each.startswith("GET /v1/admin")):
        for headers in (token, {}):
            query = {"office_id": OFFICE, "year": "2026", "person": scene.sri, "by": scene.sri}
            answer = requests.get(scene.etpp.url + where(scene, key), headers=headers, params=query, timeout=60)
            said = answer.headers
            if said.get("Cache-Control") != "no-store" or said.get("X-Content-Type-Options") != "nosniff":
                wrong.append(f"{key}: {answer.status_code} {said.get('Cache-Control')}")
    assert not wrong, "\n".join(wrong)


# ---------------------------------------------------------------- injection


def test_what_people_wrote_is_text_on_every_page(scene: Scene, browser: requests.Session) -> None:
    shown = 0
    wrong = []
    for key in pages():
        answer = asked(scene, browser, key)
        if "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        shown += "&lt;img src=x" in answer.text
        if MARK in answer.text or "<script>alert" in answer.text or RECKONED in answer.text:
            wrong.append(f"{key}: {answer.text[max(0, answer.text.find(MARK) - 80) :][:160]}")
    assert not wrong, "\n".join(wrong)
    assert shown >= 5, "the hostile texts are shown at all"


NAMES = ("q", "query", "actor", "before", "date", "sort", "page", "rule", "by", "next", "back", "export", "month")


def test_what_stands_in_an_address_is_text_on_every_page(scene: Scene, browser: requests.Session) -> None:
    wrong = []
    for key in pages():
        for value in (EVIL, f'">{MARK}'):
            answer = asked(scene, browser, key, **dict.fromkeys(NAMES, value))
            is_page = "text/html" in answer.headers.get("Content-Type", "")
            if is_page and (MARK in answer.text or RECKONED in answer.text):
                wrong.append(f"{key} with {value}")
            if answer.status_code >= 500:
                wrong.append(f"{key}: {answer.status_code}")
            if any("\n" in each or "<" in each for each in answer.headers.values()):
                wrong.append(f"{key}: in a header")
    assert not wrong, "\n".join(wrong)


def exported(scene: Scene, browser: requests.Session) -> Iterator[tuple[str, str, bytes]]:
    """Every file that a list's page gives, and those of the administration."""
    for key in pages():
        for kind in ("csv", "xlsx"):
            answer = asked(scene, browser, key, export=kind)
            if answer.headers.get("Content-Disposition", "").endswith(f'.{kind}"'):
                yield key, kind, answer.content
    token = {"Authorization": f"Bearer {scene.etpp.state.secrets.admin_token}"}
    for key in (each for each in TABLE.rules if each.endswith(".xlsx")):
        path = scene.etpp.url + key.split(" ")[1]
        yield key, "xlsx", requests.get(path, headers=token, timeout=60).content


def test_no_cell_of_a_file_is_a_formula(scene: Scene, browser: requests.Session) -> None:
    files = list(exported(scene, browser))
    assert {kind for _, kind, _ in files} == {"csv", "xlsx"}
    wrong = []
    for key, kind, content in files:
        if kind == "csv":
            for row in csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"):
                wrong += [f"{key}: {cell}" for cell in row if cell[:1] in tuple("=+@\t\r") or re.match(r"-\D", cell)]
            continue
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            for name in (each for each in book.namelist() if each.startswith("xl/worksheets/")):
                sheet = book.read(name).decode()
                if "<f>" in sheet or "<f " in sheet or "hyperlink" in sheet:
                    wrong.append(f"{key}: a formula or a link in {name}")
    assert not wrong, "\n".join(wrong)


# ---------------------------------------------------------------- redirections and sessions

ELSEWHERE = (
    "//evil.example/",
    "https://evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/console//evil.example",
    "javascript:alert(7)",
    "/%0d%0aSet-Cookie:x=1",
    "/\r\nSet-Cookie: x=1",
    "evil.example",
)


@pytest.mark.parametrize("to", ELSEWHERE)
def test_no_address_leads_to_another_server(scene: Scene, browser: requests.Session, to: str) -> None:
    base = scene.etpp.url + "/console"
    seen = [browser.get(f"{base}/language", params={"to": "id", "back": to}, timeout=60, allow_redirects=False)]
    member = scene.etpp.bkpp
    fresh = requests.Session()
    form = {"user": member.login, "password": member.password, "next": to}
    half = fresh.post(f"{base}/login", params={"next": to}, data=form, timeout=60)
    second = {"csrf": csrf_of(half.text), "code": member.code(scene.etpp.clock.now), "next": to}
    address = half.url
    seen.append(fresh.post(address, data=second, timeout=60, allow_redirects=False))
    for answer in seen:
        assert answer.status_code == 303
        location = urllib.parse.urljoin(base + "/", answer.headers["Location"])
        assert location.startswith(base), location
        assert urllib.parse.urlsplit(location).netloc == urllib.parse.urlsplit(base).netloc
        assert "x" not in answer.cookies


def test_nobody_can_choose_somebody_elses_session(scene: Scene) -> None:
    """Fixation: what the browser brings before the log-in is worth nothing after it, and each step has its own."""
    etpp, member = scene.etpp, scene.etpp.bkpp
    base = f"{etpp.url}/console"
    chosen = "chosen-by-somebody-else-0000000000000000000"
    browser = requests.Session()
    browser.cookies.set(COOKIE, chosen, path="/")
    half = browser.post(f"{base}/login", data={"user": member.login, "password": member.password}, timeout=60)
    tokens = {each.value for each in browser.cookies if each.name == COOKIE} - {chosen}
    assert len(tokens) == 1
    form = {"csrf": csrf_of(half.text), "code": member.code(etpp.clock.now)}
    browser.post(f"{base}/login/second", data=form, timeout=60)
    after = {each.value for each in browser.cookies if each.name == COOKIE} - {chosen}
    assert len(after) == 1
    assert after.isdisjoint(tokens), "who knew the first step's cookie is not let in by it"
    for stale in (chosen, *tokens):
        answer = requests.get(f"{base}/account", cookies={COOKIE: str(stale)}, timeout=60, allow_redirects=False)
        assert answer.status_code == 303
        assert "/login" in answer.headers["Location"]


def test_the_cookie_is_the_servers_alone(scene: Scene) -> None:
    browser = scene.etpp.log_in(scene.etpp.member("kuki", Grant("inspector")))
    (cookie,) = [each for each in browser.cookies if each.name == COOKIE]
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert str(cookie.get_nonstandard_attr("SameSite")).lower() in ("strict", "lax")
    assert cookie.path == "/" or str(cookie.path).startswith("/")


def test_the_log_in_does_not_tell_who_has_an_account(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answer and the same work for a NIP that is nobody's, one of an employee, and a log-in that there is."""
    work: list[bool] = []
    matches = passwords.matches

    def counted(password_hash: str | None, password: str) -> bool:
        work.append(password_hash is not None)
        return matches(password_hash, password)

    monkeypatch.setattr(passwords, "matches", counted)
    answers = set()
    names = (scene.etpp.bkpp.login, "198503152010012007", "199901012020011999", "x" * 5000, EVIL)
    for name in names:
        answer = requests.post(
            f"{scene.etpp.url}/console/login", data={"user": name, "password": "not this one"}, timeout=60
        )
        plain = answer.text.replace(name, "NAME").replace(_escaped(name), "NAME")
        answers.add((answer.status_code, re.sub(r'value="[^"]*"', "", plain), tuple(sorted(answer.headers.keys()))))
    assert len(answers) == 1
    assert work == [True, False, False, False, False], "one password is hashed each time"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;")


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(7)</script>",
        b"<html>%PDF-1.7",
        b"  \n<svg xmlns='http://www.w3.org/2000/svg' onload='alert(7)'/>",
        b"GIF89a/*<script>alert(7)</script>*/",
        b"PK\3\4<html>",
    ],
)
def test_html_is_not_taken_for_a_pdf(scene: Scene, content: bytes) -> None:
    for kind in ("application/pdf", "image/jpeg", "text/html"):
        answer = scene.etpp.send_file(content, **{"Content-Type": kind})
        assert answer.status_code in (400, 409, 415, 422), answer.text


def test_what_begins_like_a_pdf_is_never_shown_as_a_page(scene: Scene) -> None:
    """A file that is both: it is kept, and given back as what it was taken for, to be saved and not to be shown."""
    sent = scene.etpp.send_file(b"%PDF-1.7\n<script>alert(7)</script>\n%%EOF\n")
    if sent.status_code >= 400:
        return
    token = {"Authorization": f"Bearer {scene.etpp.state.secrets.admin_token}"}
    answer = requests.get(f"{scene.etpp.url}/v1/admin/documents/{sent.json()['sha256']}", headers=token, timeout=60)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def workbook(sheet: bytes, strings: bytes = b"<sst/>") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        book.writestr(
            "xl/workbook.xml",
            '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            '<sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        book.writestr("xl/sharedStrings.xml", strings)
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return held.getvalue()


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
CELL = b'<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row></sheetData></worksheet>'
BOMBS: dict[str, Callable[[], bytes]] = {
    "a billion laughs": lambda: b'<!DOCTYPE x [<!ENTITY l0 "lol">' + LAUGHS + b"]>" + CELL % b"&l9;",
    "a file of the server's": lambda: b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + CELL % b"&f;",
    "a gigabyte of nothing": lambda: CELL % (b" " * (200 << 20)),
    "a cell at the far end": lambda: (
        b'<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    ),
}


@cache
def bomb(what: str) -> bytes:
    return workbook(BOMBS[what]())


@pytest.mark.parametrize("what", BOMBS)
@pytest.mark.parametrize("call", ["roster/imports", "activities/catalogue", "calendar/roster"])
def test_a_workbook_that_would_burst_is_refused(scene: Scene, what: str, call: str) -> None:
    """In a process with limits: the server goes on, and no word of a file of its own comes back."""
    token = {"Authorization": f"Bearer {scene.etpp.state.secrets.admin_token}"}
    answer = requests.post(
        f"{scene.etpp.url}/v1/admin/{call}", params={"by": "bkpp"}, headers=token, data=bomb(what), timeout=120
    )
    assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text[:300]}"
    assert "root:" not in answer.text
    assert requests.get(f"{scene.etpp.url}/console/login", timeout=60).status_code == 200
