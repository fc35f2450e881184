"""A running server for the contract, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.etpp.running import Running, fresh_database, postgresql, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that say `long_on_postgresql` are tried on SQLite by `make test`, and on PostgreSQL by `make test-long`."""
    for item in items:
        if item.get_closest_marker("long_on_postgresql") and "postgresql" in item.name:
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL for all files; its URL without a database."""
    with postgresql() as base:
        yield base


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("postgres") if request.param == "postgresql" else None


@pytest.fixture
def url(database: str | None, tmp_path: Path) -> Iterator[str]:
    if database is None:
        yield f"sqlite:///{tmp_path}/etpp.db"
        return
    with fresh_database(database) as fresh:
        yield fresh


@pytest.fixture
def etpp(url: str, tmp_path: Path) -> Iterator[Running]:
    with running(url, tmp_path / "state") as server:
        yield server
