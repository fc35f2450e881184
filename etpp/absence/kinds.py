"""The regency's catalogue of kinds: read, and recorded as a fact when every letter's kind still holds under it."""

from __future__ import annotations

import datetime as dt

from etpp.absence import store
from etpp.absence.catalogue import Catalogue, CatalogueError, delivered_text, read_catalogue
from etpp.base.errors import Conflict
from etpp.calendar.model import PlanError
from etpp.db import Lock, Transaction, hold
from etpp.roster.hours import regency_calendar
from etpp.roster.store import Offices, Roster


def check_kinds(text: str) -> Catalogue:
    """Raises Conflict with the member that is wrong."""
    try:
        return read_catalogue(text)
    except CatalogueError as error:
        raise Conflict(f"the catalogue: {error}") from error


def set_kinds(tx: Transaction, text: str, by: str, now: dt.datetime) -> Catalogue:
    """From now on, for letters of whichever date: an open month is reckoned by it, a closed one is adjusted.

    Raises Conflict when the kind of a recorded letter would not hold on its first day any more: the letter would
    silently excuse nothing.
    """
    catalogue = check_kinds(text)
    hold(tx, Lock.KINDS)
    try:
        calendar = regency_calendar(tx)
    except PlanError as error:
        raise Conflict(f"the calendar must be put right first: {error}") from error
    zones = {calendar.zone(office.office_id) for office in Offices(tx).all()}
    for kind_id, first_utc in store.kinds_used(tx):
        if any(catalogue.on(kind_id, first_utc.astimezone(zone).date()) is None for zone in zones):
            raise Conflict(f"there are letters of the kind {kind_id} on {first_utc.date()}: keep it for that day")
    actor = Roster(tx).actor(by)
    store.KINDS.add(tx, [store.KindsText(store.CATALOGUE_ID, text)], actor, now)
    return catalogue


def kinds_in_force(tx: Transaction) -> str:
    """As TOML: what the regency has decided, or what comes with the program."""
    return store.kinds_text(tx) or delivered_text()
