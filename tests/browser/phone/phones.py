"""A telephone: Chromium in its size, with a log-in's cookie, and a clock that shows what the server's shows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from etpp.accounts import session
from etpp.accounts.store import Sessions
from tests.contract.etpp.phone.scene import Phones
from tests.contract.etpp.running import Member

expect.set_options(timeout=30_000)  # a slow machine is no fault of the page
SIZES = {"small": (360, 640), "large": (412, 915)}


def phone(
    browser: Browser,
    phones: Phones,
    member: Member | None,
    size: str = "small",
    clock: dt.datetime | None = None,
    language: str = "id",
    **more: Any,
) -> BrowserContext:
    """`clock`: what the telephone thinks that it is; None: as the server."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=True, is_mobile=True, locale=language, **more
    )
    context.clock.set_system_time(clock or phones.etpp.clock.now)
    if member is not None:
        log_in(context, phones, member)
    return context


def log_in(context: BrowserContext, phones: Phones, member: Member) -> None:
    """As after the log-in, whose own pages have their own tests."""
    etpp = phones.etpp
    token, kept = session.begin(member.account_id, "full", etpp.clock.now, "127.0.0.1", "phone")
    with etpp.database.begin() as tx:
        Sessions(tx).add(kept)
    context.add_cookies([{"name": session.COOKIE, "value": token, "url": etpp.url}])


def opened(context: BrowserContext, phones: Phones, path: str = "") -> Page:
    """The program, when it has heard of the server."""
    page = context.new_page()
    page.goto(f"{phones.etpp.url}/phone/#/{path}")
    ready(page)
    return page


def ready(page: Page) -> None:
    page.wait_for_selector("body[data-ready=yes]")


def shown(page: Page, path: str) -> None:
    """The view of that address, with the server's last word."""
    if page.evaluate("location.hash") != f"#/{path}":
        page.evaluate("path => { delete document.body.dataset.shown; location.hash = `#/${path}`; }", path)
    page.wait_for_function("path => document.body.dataset.shown === `#/${path}`", arg=path)
