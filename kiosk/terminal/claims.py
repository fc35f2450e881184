"""NIP and PIN in place of a face: who it is, and how often that may be tried. For the clerk's thread: a check of a PIN
takes up to a second."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

from kiosk.machine import pins
from kiosk.machine.tries import LONGEST_PAUSE_S, Tries
from kiosk.model import Bulletin, GallerySnapshot, Moment, NipPinPolicy, Person
from kiosk.terminal import encounter as enc

Matches = Callable[[str, str], bool]
"""PIN's hash and PIN -> whether it is this one."""

OFFICERS, TERMINAL = "officers", "terminal"
"""Whose tries they are of officers' PINs, which stand for no NIP, and of all that is tried here."""

WRONG_A_TERMINAL = 20
QUIET_S = 3600.0
"""So many wrong PINs are free at one terminal, whoever's they are, until nobody has tried for an hour: who has the NIPs
of a whole office has three free tries of each."""

SHARED_PAUSE_S = 600.0
"""The longest pause of a count that all share: whoever types nonsense keeps nobody else from NIP and PIN for longer. In
eight hours it leaves 48 guesses, of a million."""


class Claims:
    """Counts the wrong tries on the disk, as the officer's area does: a restart forgets none."""

    def __init__(self, tries: Tries, matches: Matches = pins.matches) -> None:
        self._tries = tries
        self._matches = matches

    def check(self, snapshot: GallerySnapshot, claim: enc.Claim, now: Moment) -> tuple[Person, enc.Claimed] | None:
        """Whose NIP and PIN these are; None for a wrong one, for nobody's, and where nothing is compared for a while.
        Raises StateError when the try cannot be counted; then nothing has been compared."""
        bulletin, tries = snapshot.bulletin, self._tries
        policy = bulletin.nip_pin.policy
        if policy == "off":
            return None
        person = _whose_nip(snapshot, claim.nip)
        whose = _counted(policy, person, claim.nip)
        tries.forgive(TERMINAL, now, QUIET_S)
        if self.wait_s(snapshot, claim, now) > 0:
            return None
        for each in (TERMINAL, whose):
            tries.begin(each, now)
        found = (
            self._vouched(bulletin, person, claim) if policy == "with-officer" else self._own(bulletin, person, claim)
        )
        if person is None or found is None:
            return None
        tries.succeeded(whose)
        tries.spare(TERMINAL)
        return person, found

    def wait_s(self, snapshot: GallerySnapshot, claim: enc.Claim, now: Moment) -> float:
        """For how long nothing is compared with what was typed; 0: now it would be."""
        policy = snapshot.bulletin.nip_pin.policy
        if policy == "off":
            return 0.0
        whose = _counted(policy, _whose_nip(snapshot, claim.nip), claim.nip)
        longest_s = SHARED_PAUSE_S if whose == OFFICERS else LONGEST_PAUSE_S
        return max(
            self._tries.wait_s(TERMINAL, now, WRONG_A_TERMINAL, SHARED_PAUSE_S),
            self._tries.wait_s(whose, now, longest_s=longest_s),
        )

    def _own(self, bulletin: Bulletin, person: Person | None, claim: enc.Claim) -> enc.Claimed | None:
        """By the person's own PIN. It is compared with somebody's where there is none, so that the time says nothing of
        who has one; and always twice, so that it says nothing of who is forced."""
        known = bulletin.nip_pin.pins
        theirs = known.get(person.person_id) if person is not None else None
        compared = theirs if theirs is not None else next(iter(known.values()), None)
        if compared is None:
            return None
        plain, forced = self._matches(compared, claim.pin), self._matches(compared, one_lower(claim.pin))
        return enc.Claimed("nip-pin", duress=not plain) if theirs is not None and (plain or forced) else None

    def _vouched(self, bulletin: Bulletin, person: Person | None, claim: enc.Claim) -> enc.Claimed | None:
        """By the PIN of an officer who may enrol and is somebody else. All are tried, so that the time says nothing of
        who it is."""
        pin = claim.officer_pin
        if pin is None:
            return None
        asked = [one for one in bulletin.officers if "enrol" in one.may]
        found = [one for one in asked if self._matches(one.pin_hash, pin)]
        own = None if person is None else person.person_id
        others = [one.officer_id for one in found if one.person_id is None or one.person_id != own]
        return enc.Claimed("nip-pin-officer", others[0]) if others else None


def _whose_nip(snapshot: GallerySnapshot, nip: str) -> Person | None:
    return next((one for one in snapshot.people.values() if one.nip == nip), None)


def _counted(policy: NipPinPolicy, person: Person | None, nip: str) -> str:
    """Whose wrong PINs they are. Those of a NIP that is nobody's here are counted like anybody's, so that a pause says
    nothing of who is known; under sixteen bits of its digest, which are no NIP and have an end."""
    if policy == "with-officer":
        return OFFICERS
    if person is not None:
        return f"person {person.person_id}"
    return f"nobody {hashlib.sha256(nip.encode()).hexdigest()[:4]}"


def one_lower(pin: str) -> str:
    """Whoever is forced types the own PIN and one more; 999999 goes on with 000000."""
    if not (pin.isascii() and pin.isdecimal()):
        return pin
    return f"{(int(pin) - 1) % 10 ** len(pin):0{len(pin)}d}"


def month_of(local: dt.datetime) -> dt.datetime:
    """The first moment of a local month."""
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
