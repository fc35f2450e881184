"""A fact by the name that a statement's line gives it, with everything that anybody ever recorded about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from etpp.base.errors import NotFound
from etpp.books.audit import Verified, verify_events
from etpp.books.model import Link
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.inspection import store
from etpp.inspection.store import Recorded
from etpp.presence.model import TimeDecision
from etpp.presence.store import times_of
from etpp.roster.store import Roster
from etpp.terminals.model import Device, SignedLink, VouchedKey
from etpp.terminals.signing import key_id_of
from etpp.terminals.store import Devices, SignedLinks

CALENDAR = ("period", "special", "occasion", "roster")
"""What the source of a day's hours may be: a line says `calendar:` and an id."""


@dataclass(frozen=True, slots=True)
class Told:
    """`rows`: what was recorded of it, oldest first, decisions and withdrawals too. `names`: of the people in it."""

    kind: str
    fact_id: str
    rows: tuple[Recorded, ...]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proof:
    """A presence down to its terminal's signature. `covering`: the signed link that reaches it; `keys`: what the
    terminal signed with, ever; `verified`: what an audit says of this one presence."""

    link: Link
    person_id: str | None
    device: Device | None
    covering: SignedLink | None
    covering_received: Any
    vouched: tuple[VouchedKey, ...]
    former: Mapping[bytes, Any]
    verified: Verified
    decisions: tuple[TimeDecision, ...]
    corrections: tuple[str, ...]
    names: Mapping[str, str]

    @property
    def key_now(self) -> str | None:
        return None if self.device is None else key_id_of(self.device.public_key)


def fact(tx: Transaction, kind: str, fact_id: str) -> Told:
    """Raises NotFound."""
    kinds = CALENDAR if kind == "calendar" else (kind,)
    for each in kinds:
        rows = store.recorded(tx, each, fact_id)
        if rows:
            return Told(each, fact_id, tuple(rows), names_in(tx, rows))
    raise NotFound("there is no such fact", key="fact_unknown")


def names_in(tx: Transaction, rows: list[Recorded]) -> dict[str, str]:
    """Of whoever is named in these rows."""
    ids = {value for row in rows for value in row.values.values() if isinstance(value, str)}
    ids |= {each for row in rows for value in row.values.values() if isinstance(value, list) for each in value}
    return {person: each.name for person, each in Roster(tx).employees(sorted(map(str, ids))).items()}


def proof(tx: Transaction, event_id: str, server_keys: Mapping[str, bytes]) -> Proof | None:
    """None for what no terminal recorded: a manual entry, for one. Reads the chain from the signature down to it."""
    places = Books(tx).places([event_id])
    if not places:
        return None
    place = places[0]
    link = Books(tx).link(place.office_id, event_id)
    if link is None:
        return None
    links = SignedLinks(tx, place.office_id, place.device_id, place.chain_id)
    seq = links.first_from(place.seq)
    covering = None if seq is None else next(iter([*links.within(seq, seq), *links.statements(seq)]), None)
    device = Devices(tx).get(place.device_id)
    known = Books(tx).presence_of(place.office_id, event_id)
    person = None if known is None else known[0]
    decisions = times_of(tx, [event_id])
    corrections = () if person is None or link.time is None else store.corrections_on(tx, person, link.time.utc)
    people = [each for each in (person, *(each.by for each in decisions)) if each is not None]
    names = {who: each.name for who, each in Roster(tx).employees(people).items()}
    return Proof(
        link,
        person,
        device,
        covering,
        None if seq is None else links.received_utc(seq),
        tuple(Devices(tx).vouched(place.office_id, place.device_id)),
        {} if device is None else Devices(tx).former_keys(device),
        verify_events(tx, place.office_id, [event_id], server_keys),
        tuple(decisions),
        tuple(corrections),
        names,
    )
