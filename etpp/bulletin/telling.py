"""When an office's terminals are told anew: at once of what is done on purpose, within a minute of letters, people,
phones and enrolments, of months at night and once an hour after activities were verified. Never twice of the same."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool

from etpp.allowance.model import Month
from etpp.base.clock import days_utc, month_of
from etpp.base.encoding import canonical
from etpp.base.errors import EtppError, NotFound, StoreUnavailable
from etpp.bulletin import content, store
from etpp.bulletin.fading import MONTHS
from etpp.bulletin.model import REGENCY, Told
from etpp.bulletin.store import Bulletins
from etpp.db import Database, Transaction
from etpp.pairing.store import Phones
from etpp.roster.hours import REGENCY_ZONE, zone
from etpp.roster.model import Office
from etpp.roster.store import Offices, People

log = logging.getLogger(__name__)

NIGHT_H = 2
"""Months are reckoned anew from this hour of an office's day on: by then the day before has reported."""
VERIFIED_S = 3600.0
"""How long what was verified may wait: a superior verifies many, one after the other."""

Json = dict[str, Any]
Nightly = Mapping[str, Sequence[Json]]
"""Members of a bulletin that are reckoned for all at once: NIGHTLY."""
NIGHTLY = ("months", "renew")
SCORED_FROM = 3
"""The day of a month on which the scores of the month before are taken: by then its last days have been reported."""


def tell(tx: Transaction, office_id: str, now: dt.datetime, nightly: Nightly | None = None) -> bool:
    """Give an office's terminals what the facts say now, and (None: as before) what is reckoned at night; whether that
    is something else than they have. Raises NotFound."""
    Offices(tx).lock(office_id)
    office = Offices(tx).get(office_id)
    if office is None:
        raise NotFound(f"there is no office {office_id}", key="office_unknown", office=office_id)
    if nightly is not None:
        store.tidy(tx, office_id, months_before(now, MONTHS))
    held = Bulletins(tx).get(office_id)
    made = content.standing(tx, office, now)
    before: Json = {} if held is None else dict(held.content)
    known = {each.person_id for each in People(tx).everyone(office_id)}
    for name in NIGHTLY:
        said = before.get(name, []) if nightly is None or name not in nightly else nightly[name]
        made[name] = [each for each in said if each["person_id"] in known]
    if canonical(made) == canonical(before) or (held is None and _is_empty(made)):
        return False
    Bulletins(tx).set(office_id, Told(Offices(tx).bump(office_id, now), made))
    return True


def tell_all(tx: Transaction, office_id: str, now: dt.datetime) -> None:
    """As `tell`; of the REGENCY, every office, in order of their ids."""
    offices = [each.office_id for each in Offices(tx).all()] if office_id == REGENCY else [office_id]
    for each in offices:
        tell(tx, each, now)


def told(tx: Transaction, office_id: str) -> tuple[int, Json] | None:
    """For the gallery: what the terminals were told last, and with which version."""
    held = Bulletins(tx).get(office_id)
    return None if held is None else (held.version, dict(held.content))


class Teller:
    """What looks for changes while the server runs. Of several servers each looks; who comes first tells."""

    def __init__(self, database: Database, now: Callable[[], dt.datetime], wake: Callable[[], None]) -> None:
        self._database = database
        self._now = now
        self._wake = wake
        self._seen: object = None
        self._months: dict[str, dt.date] = {}
        self._scored: dict[str, str] = {}
        self._verified = -1
        self._verified_utc: dt.datetime | None = None

    async def run(self, every_s: float) -> None:
        """Ends by cancellation."""
        while True:
            try:
                await run_in_threadpool(self.look)
            except StoreUnavailable as error:
                log.warning("cannot look what terminals are to be told: %s", error)
            await asyncio.sleep(every_s)

    def look(self) -> int:
        """Tell whoever has to know something else; how many offices. Raises StoreUnavailable."""
        now = self._now()
        self._score(now)
        with self._database.read() as tx:
            offices = Offices(tx).all()
            offices_now = tuple(sorted(Offices(tx).marks().items()))
            seen = (store.marks(tx), Phones(tx).mark(), offices_now, _days(offices, now))
            verified = store.verified(tx)
            nights = self._nights(offices, now, anew=self._is_anew(verified, now))
            due = _reckoned(tx, offices, nights, now)
        changed = [each.office_id for each in offices] if seen != self._seen else []
        count = 0
        for each in sorted({*changed, *nights}):
            count += self._tell(each, now, due.get(each))
            if each in nights:  # once it is told: what a busy database refused is looked at again
                self._months[each] = nights[each]
        if count:
            self._wake()
        if self._is_anew(verified, now):
            self._verified, self._verified_utc = verified, now
        self._seen = seen  # not as it is by now: what came in between is looked at next time
        return count

    def _score(self, now: dt.datetime) -> None:
        """The scores of the month before, once its last days have been reported."""
        month = months_before(now, 1)
        with self._database.read() as tx:
            due = [
                office
                for office in Offices(tx).all()
                if now.astimezone(zone(office)).day >= SCORED_FROM and self._scored.get(office.office_id) != month
            ]
            there = store.months_scored(tx, month) if due else set()
        for office in due:
            if office.office_id not in there:
                start, end = days_utc(*month_of(dt.date.fromisoformat(f"{month}-01")), zone(office))
                with self._database.begin() as tx:
                    Offices(tx).lock(office.office_id)  # of two servers one waits
                    store.make_score_months(tx, office.office_id, month, start, end)
            self._scored[office.office_id] = month

    def _tell(self, office_id: str, now: dt.datetime, nightly: Nightly | None) -> bool:
        """One office's fault leaves the others theirs."""
        try:
            with self._database.begin() as tx:
                return tell(tx, office_id, now, nightly)
        except StoreUnavailable:
            raise
        except EtppError as error:
            log.warning("office %s: its terminals keep the bulletin that they have: %s", office_id, error)
            return False

    def _is_anew(self, verified: int, now: dt.datetime) -> bool:
        """Whether what was verified has waited long enough."""
        waited = self._verified_utc is None or (now - self._verified_utc).total_seconds() >= VERIFIED_S
        return verified != self._verified and waited

    def _nights(self, offices: Sequence[Office], now: dt.datetime, *, anew: bool) -> dict[str, dt.date]:
        """Office -> up to which day its months are reckoned now: where the night has come, and with `anew` of all."""
        days = {each.office_id: content.through(each, now - dt.timedelta(hours=NIGHT_H)) for each in offices}
        return {office_id: day for office_id, day in days.items() if anew or self._months.get(office_id) != day}


def _reckoned(
    tx: Transaction, offices: Sequence[Office], nights: Mapping[str, dt.date], now: dt.datetime
) -> dict[str, Nightly]:
    """The months of offices, with whose face fades there. What cannot be reckoned is left out, and said in the log."""
    by_day: dict[dt.date, list[Office]] = {}
    for office in offices:
        if office.office_id in nights:
            by_day.setdefault(nights[office.office_id], []).append(office)
    found: dict[str, Nightly] = {}
    faces = store.faces_fading(tx, months_before(now, MONTHS)) if by_day else []
    for day, of_day in by_day.items():
        try:
            month, regency = content.shared(tx, day, now)
        except EtppError as error:
            log.warning("the months of %s cannot be told: %s", day, error)
            continue
        for office in of_day:
            renew = [{"person_id": each.person_id} for each in faces if each.office_id == office.office_id]
            try:
                reckoned = content.months(tx, office, day, month, regency)
                found[office.office_id] = {"months": reckoned, "renew": sorted(renew, key=str)}
            except EtppError as error:
                log.warning("office %s: its months cannot be told: %s", office.office_id, error)
    return found


def months_before(now: dt.datetime, count: int) -> str:
    """Such as 2026-11, by the regency's clock."""
    today = now.astimezone(ZoneInfo(REGENCY_ZONE))
    return str(Month(today.year, today.month).before(count))


def _days(offices: Sequence[Office], now: dt.datetime) -> tuple[dt.date, ...]:
    """Letters are of today and tomorrow."""
    return tuple(content.through(office, now) for office in offices)


def _is_empty(made: Json) -> bool:
    """Nothing that a terminal without a bulletin does not know: an office about which nobody said anything."""
    return not any(made[name] for name in ("awaiting", "officers", "letters", "notices", "phones", *NIGHTLY)) and (
        made["nip_pin"]["policy"] == "off" and "local_use" not in made
    )
