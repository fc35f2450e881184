"""A browser, an office with its phones, and the telephone of one employee; a server for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.chromium import chromium
from tests.browser.phone.phones import phone
from tests.contract.etpp.phone.scene import Phones, phones
from tests.contract.etpp.running import running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    folder = tmp_path_factory.mktemp("phone")
    with running(f"sqlite:///{folder}/etpp.db", folder / "state") as etpp:
        yield phones(etpp)


@pytest.fixture
def budi(browser: Browser, office: Phones) -> Iterator[BrowserContext]:
    with phone(browser, office, office.budi) as context:
        yield context
