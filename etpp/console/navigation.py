"""The way to every page, grouped by what people come for; whoever may not see a page sees no way to it.

A room's page is one row here. A path that changes nothing and needs no id, allowed by etpp/accounts/table.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

MENU: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("nav_group_day", (("/", "nav_day"),)),
    (
        "nav_group_decide",
        (
            ("/letters", "nav_letters"),
            ("/corrections", "nav_corrections"),
            ("/reviews", "nav_reviews"),
            ("/manual-entries", "nav_manual"),
        ),
    ),
    (
        "nav_group_pay",
        (
            ("/months", "nav_months"),
            ("/reports", "nav_reports"),
            ("/scores", "nav_scores"),
            ("/sanctions", "nav_sanctions"),
            ("/discipline", "nav_discipline"),
            ("/policies", "nav_policies"),
        ),
    ),
    (
        "nav_group_people",
        (
            ("/people", "nav_people"),
            ("/enrolments", "nav_enrolments"),
            ("/fading", "nav_fading"),
            ("/objections", "nav_objections"),
            ("/consents", "nav_consents"),
            ("/erasures", "nav_erasures"),
            ("/calendar", "nav_calendar"),
            ("/imports", "nav_imports"),
        ),
    ),
    (
        "nav_group_terminals",
        (
            ("/terminals", "nav_terminals"),
            ("/officers", "nav_officers"),
            ("/notices", "nav_notices"),
            ("/nip-pin", "nav_nip_pin"),
            ("/events", "nav_events"),
            ("/events/resting", "nav_resting"),
            ("/signals", "nav_signals"),
        ),
    ),
    ("nav_group_inspection", (("/inspection", "nav_inspection"),)),
    ("nav_phone", (("/phone", "nav_phone"),)),
    ("nav_group_system", (("/accounts", "nav_accounts"), ("/audit", "nav_audit"))),
)
"""Group -> its pages as (path, text)."""
_BELONGS = {"/offices": "/"}
"""Pages that are reached from another one, by the beginning of their path."""


@dataclass(frozen=True)
class Way:
    path: str
    label: str
    current: bool


@dataclass(frozen=True)
class Group:
    """Of one page it is that page itself."""

    label: str
    ways: Sequence[Way]

    @property
    def current(self) -> bool:
        return any(way.current for way in self.ways)


def menu(may: Callable[[str, str], bool], here: str) -> list[Group]:
    """`here`: the console's path that is shown. Of several pages whose path it begins with the longest is current."""
    at = next((home for start, home in _BELONGS.items() if _within(here, start)), here)
    allowed = [(label, [way for way in ways if may("GET", way[0])]) for label, ways in MENU]
    fits = [path for _, ways in allowed for path, _ in ways if _within(at, path)]
    current = max(fits, key=len, default="")
    return [Group(label, [Way(path, text, path == current) for path, text in ways]) for label, ways in allowed if ways]


def _within(path: str, start: str) -> bool:
    return path == start or (start != "/" and path.startswith(f"{start}/"))
