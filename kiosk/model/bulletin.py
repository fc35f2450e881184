"""What the server tells an office's terminals besides faces and hours: whom to enrol, officers, letters, notices,
months, phones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from kiosk.model.people import Nip, PersonId

Duty = Literal["enrol", "maintain"]
"""What an officer may do at a terminal."""

Excusable = Literal["late", "early", "absence", "occasion"]
"""What a letter excuses, as the server's kinds of absence have it."""

NipPinPolicy = Literal["off", "with-officer", "alone"]


@dataclass(frozen=True, slots=True)
class Saying:
    """A text in Indonesian and in English; without an English one the Indonesian stands for both."""

    id: str
    en: str


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Somebody of the office whom its terminals do not know by face. `state`: whether an enrolment of theirs waits for
    BKPP, or the last one was refused; `other`: the face is known to another recogniser than the one that counts."""

    nip: Nip = field(repr=False)
    name: str = field(repr=False)
    state: Literal["none", "waiting", "refused", "other"] = "none"


@dataclass(frozen=True, slots=True)
class Officer:
    """Who may open the officer's area here. `pin_hash`: argon2id in PHC form, bounded in what it costs to check.
    `person_id`: the officer's own face, where the office's terminals know it."""

    officer_id: str
    name: str = field(repr=False)
    pin_hash: str = field(repr=False)
    may: frozenset[Duty]
    person_id: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of assignment or leave in force for one person over [from_utc, until_utc), whole minutes."""

    label: Saying
    number: str = field(repr=False)
    from_utc: dt.datetime
    until_utc: dt.datetime
    excuses: frozenset[Excusable]


@dataclass(frozen=True, slots=True)
class Notice:
    """A text for everybody who passes, from a moment until another."""

    notice_id: str
    text: Saying
    from_utc: dt.datetime
    until_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class MonthSoFar:
    """One person's month up to and with the day `through`. To be shown to that person alone, after a presence.

    `points_…`: of activities, entered and recognised; None where the server says nothing of them.
    """

    first: dt.date
    through: dt.date
    present_days: int
    late_count: int
    late_minutes: int
    early_count: int
    early_minutes: int
    points_entered: Decimal | None = None
    points_recognised: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ConnectedPhone:
    """That a phone was connected to the person's e-TPP, which the person is told until a moment."""

    connected_utc: dt.datetime
    until_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class NipPin:
    """Whether somebody whose face fails may be recorded by NIP and PIN, and how often in a month. `pins`: the PINs'
    hashes, as an officer's, of those who have one."""

    policy: NipPinPolicy = "off"
    per_month: int = 0
    pins: Mapping[PersonId, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class LocalUse:
    """That this terminal may know whom it has enrolled itself before BKPP has approved the face: for `days` from the
    enrolment on, and none of those that have `ended`, by their events' ids."""

    days: int
    ended: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Bulletin:
    """All of it, replaced in one piece. Letters are in order of their beginnings."""

    awaiting: tuple[Awaiting, ...] = field(default=(), repr=False)
    renew: frozenset[PersonId] = frozenset()
    officers: tuple[Officer, ...] = ()
    letters: Mapping[PersonId, tuple[Letter, ...]] = field(default_factory=dict, repr=False)
    notices: tuple[Notice, ...] = ()
    months: Mapping[PersonId, MonthSoFar] = field(default_factory=dict, repr=False)
    nip_pin: NipPin = field(default_factory=NipPin)
    phones: Mapping[PersonId, ConnectedPhone] = field(default_factory=dict, repr=False)
    local_use: LocalUse | None = None


NOTHING_TOLD = Bulletin()
"""Of a server that sends none."""
