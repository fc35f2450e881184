"""Where offices stand in the regency: a service (OPD), its technical units (UPTD), schools, units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import get_args

from etpp.base.errors import Conflict
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.model import OfficeKind, OfficePlace
from etpp.roster.store import PLACES, Offices

KINDS: Sequence[OfficeKind] = get_args(OfficeKind)


def place(
    tx: Transaction, office_id: str, parent_id: str | None, kind: OfficeKind, by: str, now: dt.datetime
) -> OfficePlace:
    """The office stands below `parent_id` (None: at the top). Raises NotFound, and Conflict for a circle."""
    Offices(tx).lock_all()  # two placements at once could close a circle
    timezone = str(register.office(tx, office_id).calendar["timezone"])
    if parent_id is not None:
        register.office(tx, parent_id)
    places = {each.office_id: each for each in PLACES.find(tx)}
    above = parent_id
    while above is not None:
        if above == office_id:
            raise Conflict("an office cannot stand below itself")
        above = places[above].parent_id if above in places else None
    old = places.get(office_id, OfficePlace(office_id, None, "office", timezone))
    new = replace(old, parent_id=parent_id, kind=kind)
    if places.get(office_id) != new:
        PLACES.add(tx, [new], by, now)
    return new


def depth_first(places: Mapping[str, OfficePlace], office_ids: Sequence[str]) -> list[tuple[str, int]]:
    """(office, how many stand above it): each office after the one above it."""
    below: dict[str | None, list[str]] = {}
    for office_id in sorted(office_ids):
        below.setdefault(places[office_id].parent_id if office_id in places else None, []).append(office_id)
    found: list[tuple[str, int]] = []
    open_ = [(each, 0) for each in reversed(below.get(None, []))]
    while open_:
        office_id, depth = open_.pop()
        found.append((office_id, depth))
        open_ += [(each, depth + 1) for each in reversed(below.get(office_id, []))]
    return found
