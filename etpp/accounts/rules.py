"""Whether somebody may, by what the route's declaration says and whose thing it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from etpp.serving.acting import Actor, Role

Open = Literal["anybody", "second", "connect", "member", "roles"]
"""`anybody`: without a log-in. `second`: between password and second factor. `connect`: while a phone is being
connected. `member`: any account, of itself.
`roles`: as the rule says."""
OWN_ROLES: frozenset[Role] = frozenset({"superior", "employee"})
"""Whose rights are over persons and not over offices: their own things, and what the room's rules give a superior."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request names something: `part` of it ("path", "query", "body"), and the `name` there. `whose`: under
    which of the doorkeeper's scopes it is known whose that is, where its name is not the one."""

    part: Literal["path", "query", "body", "form"]
    name: str
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may take a route.

    `of`: the thing by which it is known whose office it is; None: nothing of one office alone, so that only roles of
    the whole regency may. `listed`: the handler shows each what is of their own offices. `acts`: what names the acting
    person, who is the account's own. `own`: names the person whose own it is, which whoever
    leads that person may see too.
    """

    open: Open = "roles"
    roles: frozenset[Role] = frozenset()
    of: Place | None = None
    listed: bool = False
    acts: Place | None = None
    own: Place | None = None
    forbidden: frozenset[str] = frozenset()
    """Members of the body that only the administrator's token may give: they name somebody else who acts."""
    two: bool = False
    """Whether it begins or decides what takes two people: of whoever does, it is known who that is."""


@dataclass(frozen=True, slots=True)
class Whose:
    """`offices`: of the thing that a request is about. `person_id`: the person that it names as `own`. `led_by`: who
    decides on that person's activities today, the superior and whoever deputises."""

    offices: frozenset[str] = frozenset()
    person_id: str | None = None
    led_by: frozenset[str] = frozenset()


def may(actor: Actor, rule: Rule, whose: Whose) -> bool:
    if rule.open != "roles":
        return True
    if not could(actor, rule):
        return False
    return any(_grants(actor, grant.role, grant.office_id, rule, whose) for grant in actor.grants)


def _grants(actor: Actor, role: Role, office_id: str | None, rule: Rule, whose: Whose) -> bool:
    if role not in rule.roles:
        return False
    if role in OWN_ROLES:
        if actor.person_id is None:
            return False
        if rule.listed or rule.acts is not None:
            return True
        leads = role == "superior" and actor.person_id in whose.led_by
        return rule.own is not None and (leads or whose.person_id == actor.person_id)
    return office_id is None or rule.listed or (rule.of is not None and office_id in whose.offices)


def could(actor: Actor, rule: Rule) -> bool:
    """Whether there is anything at all of which it might: what a page offers."""
    if rule.open != "roles":
        return True
    return not nameless(actor, rule) and any(grant.role in rule.roles for grant in actor.grants)


def nameless(actor: Actor, rule: Rule) -> bool:
    """Whether it is refused for this alone, that nobody has said who it is: with a second account it could be both of
    the two people."""
    return rule.two and actor.unlinked


class Table:
    """Routes by method and path. What it does not name is nobody's."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        """`rules`: by method and path as the framework writes it: "GET /v1/admin/offices/{office_id}/people"."""
        self.rules = dict(rules)
        ordered = sorted(rules, key=lambda key: key.count("{"))  # "/counts" before "/{entry_id}"
        split = (key.split(" ", 1) for key in ordered)
        self._compiled = [(method, path, _pattern(path)) for method, path in split]

    def find(self, method: str, path: str) -> tuple[str, Rule, dict[str, str]] | None:
        """The route, its rule and what its path names."""
        for known, template, pattern in self._compiled:
            if known == method and (found := pattern.fullmatch(path)) is not None:
                return template, self.rules[f"{method} {template}"], found.groupdict()
        return None

    def methods(self, path: str) -> frozenset[str]:
        """By which methods a path can be asked."""
        return frozenset(method for method, _, pattern in self._compiled if pattern.fullmatch(path) is not None)


def _pattern(path: str) -> re.Pattern[str]:
    parts: Iterable[str] = re.split(r"(\{\w+\})", path)
    return re.compile("".join(f"(?P<{p[1:-1]}>[^/]+)" if p.startswith("{") else re.escape(p) for p in parts))
