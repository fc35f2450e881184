"""Every page of the console in a real browser: nothing is cut, whatever the width, the language and the names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from etpp.console.texts import LANGUAGES, Language
from tests.browser import crowded, inspected
from tests.browser.chromium import HEIGHT_PX, chromium, log_in, page_of, press
from tests.browser.fitting import WIDTHS_PX, misfits
from tests.contract.etpp.running import OFFICE, Running, running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, list[crowded.Page]]]:
    folder = tmp_path_factory.mktemp("console")
    with running(f"sqlite:///{folder}/etpp.db", folder / "state") as etpp:
        yield etpp, crowded.fill(etpp)


def look(page: Page, what: str, wrong: list[str]) -> None:
    for width in WIDTHS_PX:
        page.set_viewport_size({"width": width, "height": HEIGHT_PX})
        wrong += [f"{what} at {width} px: {each}" for each in misfits(page)]


@pytest.mark.slow
@pytest.mark.parametrize("language", [LANGUAGES[0], *(pytest.param(e, marks=pytest.mark.long) for e in LANGUAGES[1:])])
def test_every_page_fits_at_every_width(
    browser: Browser, filled: tuple[Running, list[crowded.Page]], language: Language
) -> None:
    etpp, pages = filled
    with browser.new_context() as context:
        page = page_of(context, etpp, language)
        wrong: list[str] = []
        look(page, "login", wrong)
        page.fill("#user", "bkpp")
        page.fill("#password", "wrong")
        press(page, "main button")
        look(page, "login refused", wrong)
        log_in(page, etpp, lambda: look(page, "second step", wrong))
        for what, path in pages:
            page.goto(f"{etpp.url}/console{path}")
            assert page.locator("html").get_attribute("lang") == language
            look(page, what, wrong)
        page.goto(f"{etpp.url}/console/terminals")
        page.select_option("#office", "upt-puskesmas")
        press(page, "form[action$='/codes'] button")
        look(page, "code", wrong)
        page.goto(f"{etpp.url}/console/policies")
        page.select_option("#office_id", OFFICE)
        page.fill("#month", "2026-10")
        press(page, "form.fields button.main")
        page.wait_for_selector("ul.figures")
        look(page, "a policy's trial", wrong)
        page.goto(f"{etpp.url}/console/letters/new")
        page.fill("#people", "x\ny")
        page.eval_on_selector("form.fields", "form => form.noValidate = true")
        press(page, "form.fields button.main")
        page.wait_for_selector("p.wrong")
        look(page, "a letter refused", wrong)
        page.goto(f"{etpp.url}/console/reports")
        page.select_option("#office_id", OFFICE)
        press(page, "form.fields button.main")
        page.wait_for_selector("form[action$='/end']")
        look(page, "a report on its way", wrong)
        page.goto(f"{etpp.url}/console/accounts/new")
        for field, text in (("#name", crowded.LONGEST_NAME), ("#login", f"pengelola.kepegawaian.{language}")):
            page.fill(field, text)
        page.select_option("#office_id", "upt-puskesmas")
        page.select_option("#role", "operator")
        page.check("input[name=unlisted]")
        press(page, "form.fields button.main")
        page.wait_for_selector("p.secret")
        look(page, "password for the first log-in", wrong)
        page.goto(f"{etpp.url}/console/account")
        page.fill("form[action$='/recovery'] input[name=current]", etpp.bkpp.password)
        press(page, "form[action$='/recovery'] button")
        page.wait_for_selector("ol.codes")
        look(page, "recovery codes", wrong)
        etpp.bkpp.recovery[:] = page.locator("ol.codes code").all_inner_texts()
    assert wrong == []


def test_each_menu_opens_alone_and_whole_without_a_script(
    browser: Browser, filled: tuple[Running, list[crowded.Page]]
) -> None:
    etpp, _ = filled
    wrong: list[str] = []
    with browser.new_context() as context:
        page = page_of(context, etpp, "id")
        log_in(page, etpp)
        menus = page.locator("header details > summary")
        assert menus.count() >= 3
        for width in WIDTHS_PX:
            page.set_viewport_size({"width": width, "height": HEIGHT_PX})
            for n in range(menus.count()):
                menus.nth(n).focus()
                page.keyboard.press("Enter")
                assert page.locator("header details[open]").count() == 1
                assert page.locator("header details[open] a").first.is_visible()
                wrong += [
                    f"menu {n} at {width} px: {each}" for each in misfits(page) if "header" in each or " a" in each
                ]
            page.keyboard.press("Enter")
            assert page.locator("header details[open]").count() == 0
    assert wrong == []


def test_every_template_is_looked_at(filled: tuple[Running, list[crowded.Page]]) -> None:
    shown = {"accounts/login.html", "terminals/code.html", "console/base.html", "console/listing.html"}
    shown |= {f"accounts/{each}.html" for each in ("second", "recovery", "password", "state", "fields", "who")}
    shown |= {"console/form.html", "insight/grid.html", "allowance/trial.html", "reports/progress.html"}
    shown |= {"pairing/connect.html"}  # by test_from_face_to_phone.py: it needs a code
    by_page = {
        "overview": "presence/overview.html",
        "consents": "consents/consents.html",
        "consent": "consents/consent.html",
        "erasures": "erasures/erasures.html",
        "erasure": "erasures/erasure.html",
        "find": "roster/search.html",
        "person": "insight/person.html",
        "charts": "insight/charts.html",
        "objections": "objections/objections.html",
        "day": "presence/day.html",
        "officers": "bulletin/officers.html",
        "notices": "bulletin/notices.html",
        "nip-pin": "bulletin/nip_pin.html",
        "fading": "bulletin/fading.html",
        "signals": "books/signals.html",
        "phones": "pairing/phones.html",
        "phone-start": "pairing/start.html",
        "people": "roster/people.html",
        "rename": "roster/rename.html",
        "erase": "console/confirm.html",
        "terminals": "terminals/terminals.html",
        "enrolments": "faces/enrolments.html",
        "approve": "faces/approve.html",
        "events": "books/events.html",
        "resting": "books/resting.html",
        "accounts": "accounts/accounts.html",
        "account-new": "accounts/new.html",
        "account-of-many-roles": "accounts/one.html",
        "audit": "accounts/audit.html",
        "my-account": "accounts/account.html",
        "authenticator": "accounts/totp.html",
        "passkey": "accounts/passkey.html",
        "letters": "absence/letters.html",
        "letter": "absence/letter.html",
        "letter-new": "absence/new.html",
        "letter-revoke": "absence/revoke.html",
        "corrections": "presence/corrections.html",
        "correction-new": "presence/correction.html",
        "reviews": "presence/reviews.html",
        "review": "presence/review.html",
        "manual": "presence/manual.html",
        "manual-new": "presence/manual_new.html",
        "discipline": "presence/discipline.html",
        "months": "allowance/months.html",
        "month": "allowance/month.html",
        "scores": "allowance/scores.html",
        "sanctions": "allowance/sanctions.html",
        "policies": "allowance/policies.html",
        "reports": "reports/reports.html",
        "calendar": "calendar/month.html",
        "policy-trial": "trial/result.html",
        "policy-trial-ended": "trial/progress.html",
        "imports": "imports/imports.html",
        "import-preview": "imports/preview.html",
        "calendar-preview": "calendar/preview.html",
        "not-found": "console/message.html",
    }
    shown |= inspected.TEMPLATES  # by a test of its own, below
    shown |= {by_page[name] for name, _ in filled[1] if name in by_page}
    there = Path(str(resources.files("etpp"))).glob("*/templates/*.html")
    printed = {"reports/report.html"}  # on paper, not in a browser
    assert shown | printed == {f"{each.parent.parent.name}/{each.name}" for each in there}


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_every_page_of_an_inspector_fits(browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"]) -> None:
    with (
        running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as etpp,
        browser.new_context(color_scheme=scheme) as context,
    ):
        pages = inspected.fill(etpp)
        page = page_of(context, etpp, "id" if scheme == "light" else "en")
        log_in(page, etpp)
        wrong: list[str] = []
        for what, path in pages:
            answer = page.goto(f"{etpp.url}/console{path}")
            assert answer is not None
            assert answer.status == 200, what
            look(page, what, wrong)
    assert wrong == []


CUT = {
    "beyond the window": '<button style="margin-left: 380px">Setujui</button>',
    "its content is wider": '<div style="width: 50px"><b>Perekamanwajah</b></div>',
    "cut or covered": '<div style="height: 10px; overflow: hidden"><button>Tolak</button></div>',
    "broken within a word": '<button style="width: 20px; overflow-wrap: anywhere">Setujui</button>',
    "the page scrolls sideways": '<p style="width: 500px">x</p>',
}


@pytest.mark.parametrize("what", CUT)
def test_what_does_not_fit_is_found(browser: Browser, what: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": HEIGHT_PX}) as context:
        page = context.new_page()
        page.set_content('<body style="margin: 0"><button>Baik</button></body>')
        assert misfits(page) == []
        page.set_content(f'<body style="margin: 0">{CUT[what]}</body>')
        assert any(re.match(what, each) for each in misfits(page))
