"""What the audit log has of a change of the calendar: the facts that it is about, as they stand before and after it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from etpp.calendar.asked import Changes
from etpp.calendar.decide import Around, preview
from etpp.calendar.store import hold
from etpp.db import Facts, Transaction


def recorded(
    changes: Callable[[Transaction], Changes], around: Around, now: dt.datetime
) -> Callable[[Transaction], Any]:
    """For `Server.write`: kind of fact -> those with the ids that are added or taken back, as they stand when it is
    called. Raises as `decide`."""
    about: dict[str, tuple[Facts[Any], list[tuple[Any, ...]]]] = {}

    def look(tx: Transaction) -> dict[str, Any]:
        if not about:
            hold(tx)
            for kind, _ in preview(tx, changes(tx), around, now).new:
                keys = dict.fromkeys(kind.store.key_of(fact) for fact in (*kind.add, *kind.withdraw))
                if keys:
                    about[kind.name] = kind.store, list(keys)
        found: dict[str, Any] = {}
        for name, (store, keys_of) in about.items():
            held = (store.one(tx, *key) for key in keys_of)
            found[name] = [_plain(asdict(fact)) for fact in held if fact is not None]
        return found

    return look


def _plain(value: Any) -> Any:
    """JSON of it; days and times as they are written, sets in order."""
    if isinstance(value, dict):
        # `name` is what an occasion is called here, and a person's elsewhere: the log writes none.
        return {("called" if key == "name" else str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(each) for each in value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)
