"""NIP and PIN in place of a face: who it is, and how often that may be tried. For the clerk's thread: a check of a PIN
takes up to a second."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict, deque
from collections.abc import Callable

from kiosk.machine import pins
from kiosk.model import Bulletin, GallerySnapshot, Method, Person, PersonId
from kiosk.terminal import encounter as enc

Matches = Callable[[str, str], bool]
"""PIN's hash and PIN -> whether it is this one."""

WRONG_A_NIP, WRONG_A_TERMINAL = 5, 20
WITHIN_S = 3600.0
"""So many wrong PINs for one NIP, or at the terminal in all, and no more is checked until an hour has passed since. Six
digits last: at five an hour half of them are tried in eleven years."""


class Claims:
    """Remembers the wrong tries of the last hour; a restart forgets them, which takes a technician or a power cut."""

    def __init__(self, monotonic_s: Callable[[], float], matches: Matches = pins.matches) -> None:
        self._monotonic_s = monotonic_s
        self._matches = matches
        self._wrong: dict[PersonId, deque[float]] = defaultdict(deque)
        self._all: deque[float] = deque()

    def check(self, snapshot: GallerySnapshot, claim: enc.Claim) -> tuple[Person, enc.Claimed] | None:
        """Whose NIP and PIN these are; None for a wrong one, for nobody's, without the officer that is asked for, and
        where nothing is checked any more."""
        bulletin = snapshot.bulletin
        policy = bulletin.nip_pin.policy
        person = next((one for one in snapshot.people.values() if one.nip == claim.nip), None)
        pin_hash = bulletin.nip_pin.pins.get(person.person_id) if person is not None else None
        if policy == "off" or self._locked(person):
            return None
        if person is None or pin_hash is None:
            self._all.append(self._monotonic_s())
            return None
        officer_id = self._officer(bulletin, claim.officer_pin) if policy == "with-officer" else None
        plain, forced = self._matches(pin_hash, claim.pin), self._matches(pin_hash, one_lower(claim.pin))
        if not (plain or forced) or (policy == "with-officer" and officer_id is None):
            now_s = self._monotonic_s()
            self._wrong[person.person_id].append(now_s)
            self._all.append(now_s)
            return None
        method: Method = "nip-pin-officer" if officer_id is not None else "nip-pin"
        return person, enc.Claimed(method, officer_id, duress=forced and not plain)

    def _officer(self, bulletin: Bulletin, pin: str | None) -> str | None:
        """All are tried, so that the time says nothing of who it is."""
        if pin is None:
            return None
        found = [one.officer_id for one in bulletin.officers if self._matches(one.pin_hash, pin)]
        return found[0] if found else None

    def _locked(self, person: Person | None) -> bool:
        since_s = self._monotonic_s() - WITHIN_S
        theirs = deque[float]() if person is None else self._wrong[person.person_id]
        for tries in (theirs, self._all):
            while tries and tries[0] < since_s:
                tries.popleft()
        return len(theirs) >= WRONG_A_NIP or len(self._all) >= WRONG_A_TERMINAL


def one_lower(pin: str) -> str:
    """Whoever is forced types the own PIN and one more; 999999 goes on with 000000."""
    if not (pin.isascii() and pin.isdecimal()):
        return pin
    return f"{(int(pin) - 1) % 10 ** len(pin):0{len(pin)}d}"


def month_of(local: dt.datetime) -> dt.datetime:
    """The first moment of a local month."""
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
