"""Accounts over HTTP, as people use them and as attackers try them (OWASP, by name)."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from dataclasses import replace

import pyotp
import pytest
import requests

from etpp.accounts import factor, passwords, service
from etpp.accounts.door import LATELY, MOST_FROM_ALL, MOST_FROM_ONE, SHUT_FOR, Guest, by_password
from etpp.accounts.model import LogIn
from etpp.accounts.session import COOKIE
from etpp.accounts.store import Accounts, Failures, Sessions
from etpp.base.throttle import network_of
from etpp.console.listing import PER_PAGE
from etpp.ledger.model import Entry
from etpp.ledger.reading import follow
from etpp.ledger.store import Ledger
from etpp.roster.store import People
from etpp.serving.acting import Grant
from tests.contract.etpp.running import NIP, OFFICE, Member, Running, csrf_of
from tests.integration.etpp.browser import Browser

NEW = "kata sandi yang baru"


def newest(etpp: Running) -> Entry:
    with etpp.database.read() as tx:
        return Ledger(tx).search(limit=1)[0]


def sessions(etpp: Running, member: Member) -> list[LogIn]:
    with etpp.database.read() as tx:
        return Sessions(tx).of(member.account_id, etpp.clock.now)


def cookie_of(browser: Browser) -> str:
    """The one that the server gave, beside any that was put there."""
    return [str(each.value) for each in browser.http.cookies if each.name == COOKIE and each.domain != ""][-1]


def secret_on(page: str) -> str:
    return re.findall(r"<code>([A-Z2-7 ]+)</code>", page)[0].replace(" ", "")


@pytest.fixture
def operator(etpp: Running) -> Member:
    return etpp.member("sekretaris", Grant("operator", OFFICE))


# ---------------------------------------------------------------- the way in


def test_an_account_from_the_console_to_its_first_day(etpp: Running, browser: Browser) -> None:
    browser.visit("/accounts/new")
    browser.submit("/accounts", name="Sri", login="sri", role="inspector", office_id="")
    password = re.findall(r'class="code secret">([^<]+)<', browser.page)[0]
    assert "name" not in newest(etpp).said.after
    assert newest(etpp).said.after["roles"] == [{"role": "inspector", "office_id": None}]
    sri = Browser(etpp)
    sri.visit("/login")
    sri.submit("/login", user="sri", password=password)
    assert sri.url.endswith("/account")  # the password is somebody else's yet
    assert "Kata sandi ini dibuat orang lain" in sri.text
    sri.submit("/account/password", current=password, password=NEW, repeated=NEW)
    sri.visit("/")
    assert sri.url.endswith("/account/totp")  # an inspector shows a second factor
    secret = secret_on(sri.page)
    sri.submit("/account/totp", current=NEW, code=pyotp.TOTP(secret).at(etpp.clock.now))
    assert len(re.findall(r"<code>([a-z2-7-]{19})</code>", sri.page)) == factor.RECOVERY_CODES
    assert "Dinas Komunikasi" in sri.visit("/")
    assert "Akun baru" not in sri.visit("/accounts")
    sri.visit("/accounts/new")
    assert sri.status == 403


def test_a_recovery_code_lets_in_once(etpp: Running, browser: Browser) -> None:
    code = etpp.bkpp.recovery.pop()
    for attempt, status in ((code.upper(), 200), (code, 403)):
        one = Browser(etpp)
        one.visit("/login")
        one.submit("/login", user="bkpp", password=etpp.bkpp.password)
        one.submit("/login/second", code=attempt)
        assert one.status == status
    assert "9 kode pemulihan tersisa" in browser.visit("/account")


def test_a_code_that_was_seen_over_a_shoulder_is_of_no_use(etpp: Running) -> None:
    code = etpp.bkpp.code(etpp.clock.now)
    for status in (200, 403):
        one = Browser(etpp)
        one.visit("/login")
        one.submit("/login", user="bkpp", password=etpp.bkpp.password)
        one.submit("/login/second", code=code)
        assert one.status == status


def test_between_the_steps_nothing_is_open(etpp: Running) -> None:
    half = Browser(etpp)
    half.visit("/login")
    half.submit("/login", user="bkpp", password=etpp.bkpp.password)
    csrf = csrf_of(half.page)
    for path in ("/", "/account", "/accounts", "/account/totp", "/audit/export"):
        half.visit(path)
        assert "/login" in half.url
    answer = half.http.post(f"{etpp.url}/console/accounts", data={"csrf": csrf}, allow_redirects=False, timeout=30)
    assert answer.headers["Location"].startswith("/console/login")
    assert half.http.get(f"{etpp.url}/v1/admin/offices", timeout=30).status_code == 401
    etpp.clock.now += dt.timedelta(minutes=11)
    half.visit("/login/second")
    assert half.url.endswith("/console/login")


def test_a_second_step_of_another_account_is_none(etpp: Running, operator: Member) -> None:
    one = Browser(etpp)
    one.visit("/login")
    one.submit("/login", user="sekretaris", password=operator.password)
    one.submit("/login/second", code=etpp.bkpp.code(etpp.clock.now))
    assert one.status == 403
    one.submit("/login/second", code=etpp.bkpp.recovery.pop())
    assert one.status == 403


def test_session_fixation_a_cookie_that_was_put_there_before_is_nobodys(etpp: Running, browser: Browser) -> None:
    victim = Browser(etpp)
    victim.http.cookies.set(COOKIE, "put-there-by-somebody", path="/")
    victim.visit("/login")
    victim.submit("/login", user="bkpp", password=etpp.bkpp.password)
    half = cookie_of(victim)
    victim.submit("/login/second", code=etpp.bkpp.code(etpp.clock.now))
    full = cookie_of(victim)
    assert len({"put-there-by-somebody", half, full}) == 3
    for known in ("put-there-by-somebody", half):
        thief = Browser(etpp)
        thief.http.cookies.set(COOKIE, str(known), path="/")
        thief.visit("/")
        assert "/login" in thief.url
    assert cookie_of(browser) != full


def test_enumeration_a_name_that_is_none_is_answered_like_a_wrong_password(etpp: Running, operator: Member) -> None:
    told = []
    for login in ("sekretaris", "nobody", "198503152010011007"):
        one = Browser(etpp)
        for _ in range(MOST_FROM_ONE + 1):
            etpp.server.guesses.forgive("console 127.0.0.1")
            one.visit("/login")
            one.submit("/login", user=login, password="wrong")
            told.append((login, one.status, one.text))
            etpp.server.guesses.forgive("console 127.0.0.1")
    of = {name: [(status, text) for who, status, text in told if who == name] for name, _, _ in told}
    assert of["sekretaris"] == of["nobody"] == of["198503152010011007"]
    assert [status for status, _ in of["nobody"]] == [403] * MOST_FROM_ONE + [429]
    with etpp.database.begin() as tx:
        service.set_disabled(tx, operator.account_id, True, etpp.clock.now)
        Failures(tx).forgive(service.login_hash("sekretaris"))
    one = Browser(etpp)
    assert one.log_in(operator) == of["nobody"][0][1]
    assert one.status == 403


def test_enumeration_a_name_that_is_none_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = passwords._HASHER
    kept = passwords.hashed("right")

    class Counting:
        def verify(self, password_hash: str, password: str) -> bool:
            asked.append(password_hash)
            return bool(real.verify(password_hash, password))

        def hash(self, password: str) -> str:
            return str(real.hash(password))

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    assert not passwords.matches(None, "wrong")
    assert not passwords.matches(kept, "wrong")
    assert passwords.matches(kept, "right")
    parameters = {each.rsplit("$", 2)[0] for each in asked}
    assert len(asked) == 3
    assert len(parameters) == 1
    assert parameters.pop().startswith("$argon2id$")


def test_brute_force_ten_failures_shut_the_door_for_a_name_from_one_network(etpp: Running, operator: Member) -> None:
    guesser = Browser(etpp)
    for _ in range(MOST_FROM_ONE):
        guesser.log_in(operator, password="wrong")
    assert newest(etpp).said.action == "account.shut"
    assert "Tunggu" in guesser.log_in(operator)  # even when it has guessed it
    assert guesser.status == 429
    other = Browser(etpp)
    other.log_in()  # nobody else is shut out
    assert other.status == 200
    etpp.clock.now += SHUT_FOR + dt.timedelta(seconds=1)
    assert "salah" not in guesser.log_in(operator)
    assert guesser.status == 200


def test_brute_force_of_the_second_step_is_counted_alike(etpp: Running) -> None:
    guesser = Browser(etpp)
    guesser.visit("/login")
    guesser.submit("/login", user="bkpp", password=etpp.bkpp.password)
    for _ in range(MOST_FROM_ONE):
        guesser.submit("/login/second", code="000000")
        assert guesser.status == 403
    guesser.submit("/login/second", code=etpp.bkpp.code(etpp.clock.now))
    assert guesser.status == 429


def test_brute_force_from_many_networks_is_shut_too(etpp: Running, operator: Member) -> None:
    with etpp.database.begin() as tx:
        for number in range(MOST_FROM_ALL // 2):
            for _ in range(2):
                known, now = service.login_hash("sekretaris"), etpp.clock.now
                Failures(tx).add(known, f"10.0.0.{number}", now, now - SHUT_FOR)
    assert "Tunggu" in Browser(etpp).log_in(operator)


def fail(etpp: Running, login: str, *addresses: str) -> None:
    now = etpp.clock.now
    with etpp.database.begin() as tx:
        for address in addresses:
            Failures(tx).add(service.login_hash(login), network_of(address), now, now - SHUT_FOR)


def test_brute_force_from_many_networks_leaves_open_from_where_somebody_has_come_in(etpp: Running) -> None:
    browser = Browser(etpp)
    browser.log_in()
    fail(etpp, "bkpp", *(f"10.0.{number}.1" for number in range(MOST_FROM_ALL)))
    browser.log_in()
    assert browser.status == 200
    assert "Tunggu" not in browser.text
    etpp.clock.now += LATELY + dt.timedelta(seconds=1)
    fail(etpp, "bkpp", *(f"10.0.{number}.1" for number in range(MOST_FROM_ALL)))
    assert "Tunggu" in Browser(etpp).log_in()


@pytest.mark.parametrize(
    ("failed", "answer"),
    [
        ([f"2001:db8:0:{number:x}::1" for number in range(MOST_FROM_ONE)], "wait"),  # of one /56
        ([f"2001:db8:0:{number:x}::1" for number in range(MOST_FROM_ONE - 1)], "wrong"),
        ([f"2001:db8:0:{number:x}00::1" for number in range(1, 2 * MOST_FROM_ONE + 1)], "wait"),  # of one /48
        ([f"2001:db8:0:{number:x}00::1" for number in range(1, 2 * MOST_FROM_ONE)], "wrong"),
        ([f"2001:db8:{number:x}::1" for number in range(1, 2 * MOST_FROM_ONE + 1)], "wrong"),  # of many
    ],
)
def test_brute_force_of_one_who_has_many_networks_of_ipv6_is_that_of_one(
    etpp: Running, failed: list[str], answer: str
) -> None:
    fail(etpp, "nobody", *failed)
    guest = Guest("2001:db8:0:ff::1", "")
    assert asyncio.run(by_password(etpp.server, "nobody", "wrong", guest)) == answer


def test_brute_force_of_the_present_password_at_an_open_screen_is_counted_too(etpp: Running, browser: Browser) -> None:
    browser.visit("/account")
    page = browser.page
    for _ in range(MOST_FROM_ONE):
        browser.page = page
        browser.submit("/account/recovery", current="wrong")
        assert browser.status == 403
    with etpp.database.read() as tx:
        actions = [each.said.action for each in Ledger(tx).search(limit=MOST_FROM_ONE)]
    assert actions == ["account.shut", *["account.password_failed"] * (MOST_FROM_ONE - 1)]
    browser.page = page
    assert "Terlalu banyak kata sandi" in browser.submit("/account/recovery", current=etpp.bkpp.password)
    assert browser.status == 429
    assert "Tunggu" in Browser(etpp).log_in()


@pytest.mark.parametrize(
    "wanted", ["//evil.example/", "/\\evil.example", "https://evil.example/", "/\tevil", "javascript:alert(1)", ""]
)
def test_open_redirect_after_the_log_in_leads_nowhere_else(etpp: Running, wanted: str) -> None:
    one = Browser(etpp)
    one.http.get(f"{etpp.url}/console/login", params={"next": wanted}, timeout=30)
    values = {"user": "bkpp", "password": etpp.bkpp.password, "next": wanted}
    half = one.http.post(f"{etpp.url}/console/login", data=values, allow_redirects=False, timeout=30)
    assert half.headers["Location"] == "/console/login/second"
    page = one.http.get(f"{etpp.url}/console/login/second", params={"next": wanted}, timeout=30).text
    values = {"csrf": csrf_of(page), "code": etpp.bkpp.code(etpp.clock.now), "next": wanted}
    full = one.http.post(f"{etpp.url}/console/login/second", data=values, allow_redirects=False, timeout=30)
    assert full.headers["Location"] == "/console/"


def test_the_log_in_leads_to_the_page_that_was_wanted(etpp: Running) -> None:
    one = Browser(etpp)
    one.visit(f"/offices/{OFFICE}?date=2026-11-24")
    one.submit("/login", user="bkpp", password=etpp.bkpp.password)
    one.submit("/login/second", code=etpp.bkpp.code(etpp.clock.now))
    assert one.url == f"{etpp.url}/console/offices/{OFFICE}?date=2026-11-24"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_csrf_of_the_log_in_another_site_logs_nobody_in(etpp: Running, site: str) -> None:
    """Otherwise somebody would work in the attacker's account without knowing."""
    values = {"user": "bkpp", "password": etpp.bkpp.password}
    url, headers = f"{etpp.url}/console/login", {"Sec-Fetch-Site": site}
    answer = requests.post(url, data=values, headers=headers, allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.cookies.get(COOKIE)) == (400, None)
    own = requests.post(url, data=values, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False, timeout=30)
    assert own.status_code == 303


# ---------------------------------------------------------------- my account


def test_sessions_are_seen_and_ended_and_nobody_ends_anothers(etpp: Running, browser: Browser) -> None:
    other = Browser(etpp)
    other.http.headers["User-Agent"] = "Firefox on the counter"
    other.log_in()
    assert "Firefox on the counter" in browser.visit("/account")
    (theirs,) = [each for each in sessions(etpp, etpp.bkpp) if each.agent.startswith("Firefox")]
    operator = Browser(etpp)
    operator.log_in(etpp.member("sekretaris", Grant("operator", OFFICE)))
    csrf = csrf_of(operator.page) if "csrf" in operator.page else ""
    path = f"{etpp.url}/console/account/sessions/{theirs.session_id}/end"
    assert operator.http.post(path, data={"csrf": csrf}, timeout=30).status_code == 404
    browser.submit(f"{theirs.session_id}/end")
    other.visit("/")
    assert other.url.endswith("/login")
    assert browser.visit("/account")
    assert browser.url.endswith("/account")


def test_a_new_password_ends_the_other_log_ins_and_needs_the_old_one(etpp: Running, browser: Browser) -> None:
    other = Browser(etpp)
    other.log_in()
    browser.visit("/account")
    browser.submit("/account/password", current="wrong", password=NEW, repeated=NEW)
    assert "Kata sandi sekarang tidak benar" in browser.text
    for wrong, text in (("short", "memerlukan 10"), ("bkpp-bkpp-bkpp", "mudah ditebak"), ("x" * 201, "paling banyak")):
        browser.visit("/account")
        browser.submit("/account/password", current=etpp.bkpp.password, password=wrong, repeated=wrong)
        assert text in browser.text
    browser.visit("/account")
    browser.submit("/account/password", current=etpp.bkpp.password, password=NEW, repeated=NEW)
    assert browser.url.endswith("/account")
    other.visit("/")
    assert other.url.endswith("/login")
    assert "salah" in other.log_in()
    assert "salah" not in other.log_in(replace(etpp.bkpp, password=NEW))


def test_another_telephone_takes_the_password_and_its_own_first_code(etpp: Running, browser: Browser) -> None:
    browser.visit("/account/totp")
    secret = secret_on(browser.page)
    browser.submit("/account/totp", current=etpp.bkpp.password, code="000000")
    assert browser.status == 403
    assert secret_on(browser.page) != secret
    secret = secret_on(browser.page)
    code = pyotp.TOTP(secret).at(etpp.clock.now)
    browser.submit("/account/totp", current="wrong", code=code)
    assert browser.status == 403
    browser.visit("/account/totp")
    secret = secret_on(browser.page)
    browser.submit("/account/totp", current=etpp.bkpp.password, code=pyotp.TOTP(secret).at(etpp.clock.now))
    assert "Kode pemulihan" in browser.text
    with etpp.database.read() as tx:
        sealed = Accounts(tx).get(etpp.bkpp.account_id).totp_sealed
    assert sealed is not None
    assert secret.encode() not in sealed


def test_of_two_pages_open_at_once_the_older_one_is_too_old(etpp: Running, browser: Browser) -> None:
    for older, newer, values in (
        ("/account/totp", "/account/passkey", {"code": "000000"}),
        ("/account/passkey", "/account/totp", {"answer": "{}", "label": "kunci"}),
    ):
        browser.visit(older)
        page = browser.page
        browser.visit(newer)
        browser.page = page
        browser.submit(older, current=etpp.bkpp.password, **values)
        assert browser.status == 404
        assert "terlalu lama terbuka" in browser.text


# ---------------------------------------------------------------- BKPP looks after the others


def test_roles_are_given_and_taken_and_hold_at_once(etpp: Running, browser: Browser, operator: Member) -> None:
    etpp.admin("POST", "offices", {"office_id": "dinas-lain", "name": "Dinas Lain"})
    theirs = Browser(etpp)
    theirs.log_in(operator)
    page = f"/accounts/{operator.account_id}"
    browser.visit(page)
    browser.submit("/roles", role="operator", office_id="dinas-lain")
    assert browser.status == 409
    assert "Siapa pemegang akun ini" in browser.text
    browser.visit(page)
    browser.submit(
        "/roles", role="operator", office_id="dinas-lain", unlisted="yes"
    )  # the other one is no longer ticked
    theirs.visit("/")
    assert "/login" in theirs.url
    entry = newest(etpp)
    assert entry.said.before["roles"] == [{"role": "operator", "office_id": OFFICE}]
    assert entry.said.after["roles"] == [{"role": "operator", "office_id": "dinas-lain"}]
    theirs.log_in(operator)
    assert theirs.visit("/offices/dinas-lain")
    assert theirs.status == 200
    theirs.visit(f"/offices/{OFFICE}")
    assert theirs.status == 403
    for role, office_id, text in (("bkpp", OFFICE, "seluruh kabupaten"), ("head", "", "di satu kantor"), ("x", "", "")):
        browser.visit(page)
        browser.submit("/roles", role=role, office_id=office_id)
        assert browser.status == 409
        assert text in browser.text


def test_idor_an_operator_reaches_no_account_and_no_other_office(etpp: Running, operator: Member) -> None:
    theirs = Browser(etpp)
    theirs.log_in(operator)
    etpp.admin("POST", "offices", {"office_id": "dinas-lain", "name": "Dinas Lain"})
    for path in ("/accounts", f"/accounts/{etpp.bkpp.account_id}", "/audit", "/offices/dinas-lain", "/offices/none"):
        text = theirs.visit(path)
        assert (path, theirs.status) == (path, 403)
        assert "tidak berhak" in text


def test_disabling_and_a_reset_end_every_log_in_at_once(etpp: Running, browser: Browser, operator: Member) -> None:
    theirs = Browser(etpp)
    theirs.log_in(operator)
    browser.visit(f"/accounts/{operator.account_id}")
    browser.submit("/disable")
    theirs.visit("/")
    assert "/login" in theirs.url
    assert "salah" in theirs.log_in(operator)
    browser.visit(f"/accounts/{operator.account_id}")
    browser.submit("/enable")
    browser.submit("/reset")
    password = re.findall(r'class="code secret">([^<]+)<', browser.page)[0]
    theirs.visit("/login")
    theirs.submit("/login", user="sekretaris", password=password)
    assert theirs.url.endswith("/account")  # no second step any more, and a password to choose


def test_the_last_administrator_stays(etpp: Running, browser: Browser) -> None:
    browser.visit(f"/accounts/{etpp.bkpp.account_id}")
    assert "Nonaktifkan" not in browser.text.split("Akses")[1].split("Catatan audit")[0].replace("Nonaktif berlaku", "")
    csrf = csrf_of(browser.page)
    url = f"{etpp.url}/console/accounts/{etpp.bkpp.account_id}"
    assert browser.http.post(f"{url}/disable", data={"csrf": csrf}, timeout=30).status_code == 409
    assert browser.http.post(f"{url}/roles", data={"csrf": csrf}, timeout=30).status_code == 409
    assert browser.visit("/accounts")
    assert browser.status == 200


def test_the_list_of_accounts_comes_in_pages_and_shows_of_whom_nobody_says_who_it_is(
    etpp: Running, browser: Browser
) -> None:
    with etpp.database.begin() as tx:
        for number in range(PER_PAGE):
            name, grants = f"Pegawai {number}", [Grant("employee")]
            Accounts(tx).add(service.made(f"hp-{number}", name, grants, "", etpp.clock.now, f"person-{number}"))
        head = service.made("kepala", "Kepala Dinas", [Grant("head", OFFICE)], "", etpp.clock.now, unlisted=True)
        Accounts(tx).add(replace(head, unlisted=False))  # as accounts were that are older than the question
    browser.visit("/accounts")
    assert browser.page.count("<tr>") == PER_PAGE + 1
    assert "Kepala Dinas" in browser.visit("/accounts?q=kepala")
    text = browser.visit("/accounts?state=unlinked")
    assert "Kepala Dinas" in text
    assert "Pegawai 1" not in text
    etpp.person()
    browser.visit(f"/accounts/{head.account_id}")
    browser.submit("/roles", **{f"keep:head:{OFFICE}": "yes", "person": NIP})
    assert newest(etpp).said.after["unlinked"] is False
    assert "Kepala Dinas" not in browser.visit("/accounts?state=unlinked")


def test_who_has_two_accounts_does_not_decide_by_the_one_that_says_nobody_who_it_is(
    etpp: Running, browser: Browser
) -> None:
    """The account of a head, older than the question whose it is; and the same person's own telephone."""
    person = etpp.person()
    with etpp.database.read() as tx:
        face = People(tx).get(OFFICE, person)
    assert face is not None
    new = {"person": face.employee_id, "date": "2026-11-24", "part": "arrival", "reason": "terminal mati"}
    new |= {"at_utc": "2026-11-23T23:59:00.000Z", "proposed_by": face.employee_id}
    etpp.terminal()
    etpp.clock.local("2026-11-24 18:00")
    correction = etpp.admin("POST", "corrections", new)["correction_id"]
    head = etpp.member("kepala", Grant("head", OFFICE))
    with etpp.database.begin() as tx:
        Accounts(tx).set(head.account_id, unlisted=False)
    theirs = Browser(etpp)
    theirs.log_in(head)
    assert "belum dikaitkan dengan pegawai" in theirs.visit("/corrections")
    assert "terminal mati" in theirs.text
    assert f"/corrections/{correction}/approve" not in theirs.page
    approve = f"{etpp.url}/console/corrections/{correction}/approve"
    refused = theirs.http.post(approve, data={"csrf": csrf_of(theirs.page)}, timeout=60)
    assert (refused.status_code, "Minta BKPP mengisi NIP" in refused.text) == (403, True)
    theirs.visit("/letters/new")
    assert theirs.status == 403
    csrf = csrf_of(theirs.page)
    for path in (f"corrections/{correction}/approve", "letters", "manual-entries"):
        answer = theirs.http.post(f"{etpp.url}/v1/admin/{path}", json={}, headers={"X-CSRF-Token": csrf}, timeout=60)
        assert (answer.status_code, "it may read" in answer.text) == (403, True), path
    browser.log_in(etpp.bkpp)  # half a day later
    browser.visit(f"/accounts/{head.account_id}")
    browser.submit("/roles", **{f"keep:head:{OFFICE}": "yes", "person": NIP})
    theirs = Browser(etpp)
    theirs.log_in(head)
    assert "belum dikaitkan" not in theirs.visit("/corrections")
    refused = theirs.http.post(approve, data={"csrf": csrf_of(theirs.page)}, timeout=60)
    assert refused.status_code == 409  # now it is known that it would be their own


def test_nobody_says_of_their_own_account_whose_it_is(etpp: Running, browser: Browser) -> None:
    with etpp.database.begin() as tx:
        Accounts(tx).set(etpp.bkpp.account_id, unlisted=False)
    etpp.person()
    for said in ({"person": NIP}, {"unlisted": "yes"}):
        browser.visit(f"/accounts/{etpp.bkpp.account_id}")
        assert "oleh rekan di BKPP" in browser.text
        browser.submit("/roles", **{"keep:bkpp:": "yes", **said})
        assert browser.status == 409
    with etpp.database.read() as tx:
        assert Accounts(tx).get(etpp.bkpp.account_id).unlinked


# ---------------------------------------------------------------- the audit log


def test_the_audit_log_is_searched_exported_and_followed(etpp: Running, browser: Browser) -> None:
    etpp.person()
    terminal = etpp.terminal()
    browser.visit(f"/terminals/{terminal.device_id}/revoke")
    browser.submit("")
    text = browser.visit(f"/audit?query={terminal.device_id}")
    assert "POST /console/terminals/{device_id}/revoke" in text
    assert "bkpp" in text
    assert "Akun dibuat" not in text
    assert "Masuk" in browser.visit("/audit?actor=bkpp&query=log_in")
    answer = browser.http.get(f"{etpp.url}/console/audit/export", timeout=30)
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[-1]["action"] == "audit.export"
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert follow(etpp.database, (lines[-1]["seq"], lines[-1]["hash"])).sought is None
    assert "198503152010011007" not in answer.text
    for secret in (etpp.bkpp.password, etpp.bkpp.secret, *etpp.bkpp.recovery, etpp.state.secrets.admin_token):
        assert secret not in answer.text


def test_a_cookie_is_good_for_calls_with_its_token_in_a_header(etpp: Running, browser: Browser) -> None:
    office = {"office_id": "dinas-baru", "name": "Dinas Baru"}
    url = f"{etpp.url}/v1/admin/offices"
    csrf = csrf_of(browser.visit("/account") and browser.page)
    assert browser.http.post(url, json=office, timeout=30).status_code == 403
    assert browser.http.post(url, json=office, headers={"X-CSRF-Token": csrf}, timeout=30).status_code == 201
    assert newest(etpp).said.actor == "bkpp"
    wrong = {"Authorization": "Bearer wrong", "X-CSRF-Token": csrf}
    assert browser.http.post(url, json=office, headers=wrong, timeout=30).status_code == 401
    assert requests.get(url, timeout=30).status_code == 401
