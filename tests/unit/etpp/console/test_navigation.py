"""The console's menu: nobody is shown a way that they may not go, and one page at most is the current one."""

from __future__ import annotations

import pytest

from etpp.accounts.rules import could
from etpp.accounts.table import TABLE
from etpp.console.navigation import MENU, menu
from etpp.console.texts import texts
from etpp.serving.acting import ROLES, Actor, Grant

PAGES = [path for _, ways in MENU for path, _ in ways]


def test_every_way_is_a_page_of_the_table_and_has_its_words() -> None:
    for path in PAGES:
        assert TABLE.find("GET", f"/console{path}") is not None, path
    for label, ways in MENU:
        for key in (label, *(text for _, text in ways)):
            assert getattr(texts("id"), key), key
            assert getattr(texts("en"), key), key
    assert len(set(PAGES)) == len(PAGES)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_what_it_may_and_nothing_else(role: str) -> None:
    actor = Actor("x", (Grant(role, None),), person_id="p")  # type: ignore[arg-type]

    def may(method: str, path: str) -> bool:
        found = TABLE.find(method, f"/console{path}")
        return found is not None and could(actor, found[1])

    shown = [way.path for group in menu(may, "/") for way in group.ways]
    assert shown == [path for path in PAGES if role in TABLE.find("GET", f"/console{path}")[1].roles]  # type: ignore[index]
    assert all(group.ways for group in menu(may, "/"))


@pytest.mark.parametrize(
    ("here", "current"),
    [
        ("/", "/"),
        ("/offices/dinas-kominfo", "/"),
        ("/terminals/x/revoke", "/terminals"),
        ("/terminalsx", ""),
        ("/account", ""),
        ("/accounts/x", "/accounts"),
    ],
)
def test_the_page_that_is_shown_is_current(here: str, current: str) -> None:
    found = [way.path for group in menu(lambda method, path: True, here) for way in group.ways if way.current]
    assert found == ([current] if current else [])
