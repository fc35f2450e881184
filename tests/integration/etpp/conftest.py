"""A server with one office, and somebody who is logged in to its console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.etpp.running import Running, running
from tests.integration.etpp.browser import Browser


@pytest.fixture
def etpp(tmp_path: Path) -> Iterator[Running]:
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as server:
        yield server


@pytest.fixture
def browser(etpp: Running) -> Browser:
    member = Browser(etpp)
    member.log_in()
    return member
