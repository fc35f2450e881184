"""Phones that are connected: wrong PINs, another phone, ended ones, and what their owner is told."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest

from etpp.accounts import service as accounts_service
from etpp.accounts.store import Accounts
from etpp.ledger.store import Ledger
from etpp.pairing import rules, service
from etpp.pairing.store import Phones
from etpp.serving.acting import Grant
from tests.contract.etpp.pairing.scene import PIN, Handset, Scene, scene_of
from tests.contract.etpp.running import Running, csrf_of, running_on

WRONG = "739164"


@pytest.fixture(scope="module")
def etpp(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("phones")
    with running_on(database, folder) as started:
        yield started


NUMBERS = iter(range(1, 900))


@pytest.fixture
def scene(etpp: Running) -> Scene:
    etpp.server.guesses._debts.clear()
    return scene_of(etpp, f"198503152010011{next(NUMBERS):03d}")


@pytest.fixture
def phone(scene: Scene) -> Handset:
    connected = scene.handset()
    assert connected.connects(scene.code()).status_code == 200
    return connected


def test_wrong_pins_wait_longer_and_longer_and_end_the_phone(scene: Scene, phone: Handset) -> None:
    told = [phone.logs_in(WRONG) for _ in range(3)]
    assert {each.status_code for each in told} == {403}
    assert "Masih 7 kali" in told[-1].text
    assert "Tunggu" in phone.logs_in(PIN).text, "the right one waits too"
    scene.etpp.clock.now += dt.timedelta(seconds=31)
    assert "Masih 6 kali" in phone.logs_in(WRONG).text
    for failures in range(5, rules.MOST_FAILURES + 1):
        scene.etpp.clock.now += rules.wait_after(failures - 1) or dt.timedelta(0)
        last = phone.logs_in(WRONG)
    assert "diputus" in last.text
    scene.etpp.clock.now += dt.timedelta(hours=2)
    page = phone.page()
    assert "sepuluh PIN yang salah" in page.text
    assert 'name="pin"' not in page.text
    assert scene.handset().connects(scene.code()).status_code == 200, "a new code from the terminal helps"


def test_the_right_pin_begins_the_count_anew(scene: Scene, phone: Handset) -> None:
    for _ in range(2):
        phone.logs_in(WRONG)
    assert phone.logs_in().status_code == 200
    phone.logs_in(WRONG)
    assert "Masih 8 kali" in phone.logs_in(WRONG).text


def test_of_many_guesses_at_once_each_counts(scene: Scene, phone: Handset) -> None:
    """Nobody gets in between the look at the count and the count."""
    phone.browser.cookies.pop("etpp_session", None)
    csrf, cookies = csrf_of(phone.page().text), phone.browser.cookies.get_dict()
    begin = threading.Barrier(6)

    def guess() -> None:
        begin.wait(30)
        import requests

        form = {"csrf": csrf, "pin": WRONG}
        requests.post(f"{scene.etpp.url}/console/m/login/pin", data=form, cookies=cookies, timeout=60)

    threads = [threading.Thread(target=guess) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    with scene.etpp.database.read() as tx:
        (found,) = Phones(tx).of_person(scene.person_id)
    assert found.failures == 3, "the third shuts the door before the fourth is looked at"


def test_a_pin_is_worth_nothing_on_another_phone(scene: Scene, phone: Handset) -> None:
    assert phone.is_in
    thief = scene.handset()
    page = thief.page().text
    assert 'name="pin"' not in page
    form = {"csrf": "x", "pin": PIN}
    answer = thief.browser.post(f"{scene.etpp.url}/console/m/login/pin", data=form, timeout=60)
    assert answer.status_code != 200
    assert not thief.is_in


def test_another_phone_ends_the_first_and_both_say_so(scene: Scene, phone: Handset) -> None:
    second = scene.handset()
    page = second.opens(scene.code())
    assert "HP lain yang terhubung" in page.text
    second.sends("/m/connect/pin", page.text, pin=PIN, repeated=PIN)
    assert second.is_in
    assert not phone.is_in, "its log-in ended at once"
    assert "HP lain dihubungkan" in phone.page().text


def test_a_second_phone_may_stay_beside_and_the_first_is_told(scene: Scene, phone: Handset) -> None:
    scene.etpp.clock.now += dt.timedelta(minutes=5)
    second = scene.handset()
    second.connects(scene.code(), keep="yes")
    assert "HP lain dihubungkan atas nama Anda" in phone.page().text
    assert phone.logs_in().status_code == 200
    scene.etpp.clock.now += dt.timedelta(minutes=5)
    for _ in range(2):
        scene.etpp.clock.now += dt.timedelta(minutes=5)
        scene.handset().connects(scene.code(), keep="yes")
    with scene.etpp.database.read() as tx:
        kept = [each for each in Phones(tx).of_person(scene.person_id) if each.ended_utc is None]
    assert len(kept) == rules.MOST_PHONES


def test_a_lost_phone_is_ended_by_its_owner_and_by_nobody_else(scene: Scene, phone: Handset) -> None:
    second = scene.handset()
    second.connects(scene.code(), keep="yes")
    with scene.etpp.database.read() as tx:
        lost = next(each for each in Phones(tx).of_person(scene.person_id)[::-1])
    other = scene_of(scene.etpp, f"198503152010011{next(NUMBERS):03d}")
    stranger = other.handset()
    stranger.connects(other.code())
    refused = stranger.sends(f"/phones/{lost.phone_id}/end", stranger.page("/phones").text)
    assert refused.status_code == 404
    assert phone.page().status_code == 200
    assert second.sends(f"/phones/{lost.phone_id}/end", second.page("/phones").text).status_code == 200
    assert second.is_in, "the phone that asked goes on"
    with scene.etpp.database.read() as tx:
        ended = {each.phone_id: each.ended_by for each in Phones(tx).of_person(scene.person_id)}
    assert ended[lost.phone_id] == "person"


def test_bkpp_ends_a_phone_and_what_was_done_is_in_the_log(scene: Scene, phone: Handset) -> None:
    bkpp = scene.etpp.log_in(scene.etpp.member(f"b-{next(NUMBERS)}", Grant("bkpp")))
    where = f"{scene.etpp.url}/console/people/{scene.person_id}/phones"
    with scene.etpp.database.read() as tx:
        (mine,) = Phones(tx).of_person(scene.person_id)
    csrf = csrf_of(bkpp.get(where, timeout=60).text)
    assert bkpp.post(f"{where}/{mine.phone_id}/end", data={"csrf": csrf}, timeout=60).status_code == 200
    assert not phone.is_in
    with scene.etpp.database.read() as tx:
        done = [each.said.action for each in Ledger(tx).search(mine.phone_id)]
    assert done[0] == "POST /console/people/{person_id}/phones/{phone_id}/end"
    assert {"phone.connected", "phone.log_in"} <= set(done)


def test_a_disabled_account_lets_no_phone_in(scene: Scene, phone: Handset) -> None:
    with scene.etpp.database.begin() as tx:
        account = Accounts(tx).by_login(service.login_of(scene.person_id))
        assert account is not None
        accounts_service.set_disabled(tx, account.account_id, True, scene.etpp.clock.now)
    assert phone.logs_in().status_code == 403
    assert "dinonaktifkan" in scene.handset().opens(scene.code()).text


def test_what_was_half_done_is_done_once_and_not_for_ever(scene: Scene) -> None:
    phone = scene.handset()
    page = phone.opens(scene.code()).text
    cookies = phone.browser.cookies.get_dict()
    assert phone.sends("/m/connect/pin", page, pin=PIN, repeated=PIN).status_code == 200
    again = scene.handset()
    again.browser.cookies.update(cookies)
    assert "/connect" not in again.page("/m/connect").url
    late = scene.handset()
    page = late.opens(scene.code()).text
    scene.etpp.clock.now += dt.timedelta(minutes=11)
    late.sends("/m/connect/pin", page, pin=PIN, repeated=PIN)
    assert not late.is_in


def test_a_pin_that_is_guessed_first_is_refused_and_another_is_taken(scene: Scene) -> None:
    phone = scene.handset()
    page = phone.opens(scene.code()).text
    for pin, repeated, told in (
        ("123456", "123456", "mudah ditebak"),
        ("12345", "12345", "enam angka"),
        (PIN, WRONG, "tidak sama"),
    ):
        answer = phone.sends("/m/connect/pin", page, pin=pin, repeated=repeated)
        assert answer.status_code == 409
        assert told in answer.text
    assert phone.sends("/m/connect/pin", page, pin=PIN, repeated=PIN).status_code == 200


def test_the_form_of_another_page_is_refused(scene: Scene, phone: Handset) -> None:
    """CSRF: another site's form comes with the cookie and without the token."""
    for path in ("/m/login/pin", "/m/login/passkey"):
        form = {"csrf": "wrong", "pin": PIN, "answer": "{}"}
        answer = phone.browser.post(f"{scene.etpp.url}/console{path}", data=form, timeout=60)
        assert answer.status_code == 400
    foreign = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/m/code", "/m/login/pin", "/m/login/passkey"):
        answer = phone.browser.post(f"{scene.etpp.url}/console{path}", data={}, headers=foreign, timeout=60)
        assert answer.status_code == 400


def test_who_leads_somebody_is_a_superior_too_from_the_next_log_in_on(scene: Scene, phone: Handset) -> None:
    from dataclasses import replace

    from etpp.roster.store import ASSIGNMENTS, Roster

    led = scene_of(scene.etpp, f"198503152010011{next(NUMBERS):03d}")
    now = scene.etpp.clock.now
    with scene.etpp.database.begin() as tx:
        (post,) = Roster(tx).career(led.person_id).all
        ASSIGNMENTS.add(tx, [replace(post, superior_id=scene.person_id)], "bkpp", now)
    phone.logs_in()
    with scene.etpp.database.read() as tx:
        account = Accounts(tx).by_login(service.login_of(scene.person_id))
    assert account is not None
    assert account.grants == (Grant("employee"), Grant("superior"))
