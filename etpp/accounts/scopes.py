"""Whose a request's thing is, and whether somebody may for that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from etpp.accounts.context import Doorkeeper
from etpp.accounts.rules import Place, Rule, Whose, may
from etpp.db import Transaction
from etpp.serving.acting import Actor

Said = Mapping[str, Mapping[str, Any]]
"""What a request names in its path, query, body or form."""


def allowed(keeper: Doorkeeper, actor: Actor, rule: Rule, said: Said) -> bool:
    """Looks into the database only for whom it matters. What is not there is nobody's: who may not see a thing does not
    learn whether there is one."""
    if may(actor, rule, Whose()):
        return True
    if rule.of is None and rule.own is None:
        return False
    with keeper.server.database.read() as tx:
        of = _look(keeper, tx, rule.of, said)
        own = of if rule.own == rule.of else _look(keeper, tx, rule.own, said)
    return may(actor, rule, Whose(of.offices, own.person_id, own.led_by))


def _look(keeper: Doorkeeper, tx: Transaction, place: Place | None, said: Said) -> Whose:
    value = None if place is None else said.get(place.part, {}).get(place.name)
    if place is None or not isinstance(value, str):
        return Whose()
    return keeper.scopes[place.whose or place.name](tx, value)
