"""What `kiosk sync` and the parts that it is given promise each other: values and Protocols, no code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from kiosk.machine.timeline import Timeline
from kiosk.model import Anchor, DeviceId, Event, GallerySnapshot, Moment, QueueState
from kiosk.wire import Json, Link
from kiosk.wire.gallery import Manifest

AnchorSource = Literal["server", "ntp"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a batch: an event, or a link in the place of events that are no longer held."""

    item: Event | Link
    fixed_time: Json | None = None
    """A carried event's time, made by the terminal that recorded it."""

    @property
    def last_seq(self) -> int:
        return self.item.last_seq if isinstance(self.item, Link) else self.item.seq


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that waits. `next_moment`: of the first event after it, in this or a later chain; None: there is none."""

    chain_id: str
    entries: tuple[Entry, ...]
    carried: Json | None
    next_moment: Moment | None


@dataclass(frozen=True, slots=True)
class ChainState:
    """The chain that is written to now."""

    chain_id: str
    acked_seq: int


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that the server refused, and its problem document."""

    event_id: str
    problem: Json


class EventQueue(Protocol):
    """The journal as sync sees it. MUST raise OutboxError for a disk that fails."""

    def claim(self, *, limit: int, max_bytes: int) -> Claim | None:
        """The oldest events that the server does not hold, of one chain; None when nothing waits.

        At least one event, however large; otherwise at most `limit` and about `max_bytes`. MUST NOT mark anything: an
        answer that never comes leaves all as it was.
        """

    def acknowledge(self, chain_id: str, through_seq: int, utc: dt.datetime, parked: Mapping[int, Json]) -> None:
        """The server holds the chain up to `through_seq`; it refused those in `parked`, each with its problem."""

    def rewind(self, chain_id: str, expected_seq: int) -> None:
        """The server wants the chain again from `expected_seq` on; what it had refused of that it judges anew."""

    def break_chain(self, chain_id: str) -> bool:
        """The server will not have the chain's rest: begin a new one with what it has not acknowledged.

        The events keep their ids and their moments; the old chain is kept for an audit. False, and nothing done, for
        a chain that began so itself and of which the server has taken nothing yet: the fault is the server's.
        """

    def set_aside(self, chain_id: str, problem: Json) -> None:
        """The server will have nothing of a carried chain as it was brought: keep it, with the server's word, and do
        not send it until it is imported anew."""

    def hash_at(self, chain_id: str, seq: int) -> str | None:
        """The hash of one link; None when it is not held."""

    def chain_state(self) -> ChainState: ...

    def queue_state(self) -> QueueState: ...

    def parked(self, limit: int) -> list[Parked]:
        """The newest refused events."""

    def counters(self) -> Mapping[str, int]: ...

    def changes(self) -> int:
        """A number that is another one after another process has committed. Cheap: asked five times a second."""

    def add_anchor(self, anchor: Anchor, source: AnchorSource = "server") -> bool:
        """Keep it when it tells more than what is known of its ten minutes; whether it was kept."""

    def timeline(self, now: Moment) -> Timeline:
        """All that is known of this terminal's boots, up to now."""

    def thin(self, before: dt.date) -> int:
        """Reduce events acknowledged before that day to their place in the chain; how many."""

    def erase_enrolments(self, acknowledged_before: dt.date | None = None, spared: Collection[str] = ()) -> int:
        """Erase the faces in enrolments that the server has answered (before that day; None: all), but for those whose
        ids are `spared`; how many."""

    def checkpoint(self) -> None:
        """Tidy up while nobody waits."""


class GalleryCache(Protocol):
    """The gallery as sync sees it. MUST raise GalleryError."""

    def version(self) -> int:
        """What an update has to build on; 0 when there is none or none can be read."""

    def apply(self, manifest: Manifest, payload: Json, fetched_utc: dt.datetime) -> GallerySnapshot:
        """All or nothing."""

    def erased_through(self) -> int:
        """Up to this version, removed people are gone from the disk."""

    def mend(self) -> None:
        """Undo what a power cut in the middle of apply() left."""


class Signer(Protocol):
    """The terminal's identity as sync sees it. MUST raise IdentityError, and StateError for a disk that refuses."""

    @property
    def device_id(self) -> DeviceId: ...

    @property
    def server_url(self) -> str: ...

    @property
    def revoked(self) -> bool:
        """Whether the server has said that this terminal must stop."""

    @property
    def server_keys_serial(self) -> int:
        """Of the newest statement of the server's keys that was taken. MUST be on disk before it is told."""

    def take_server_keys(self, statement: Json) -> bool:
        """Trust the keys that it states, and those alone; False when they are trusted already.

        MUST raise WireError for one that a key which the terminal holds did not sign, or that is older.
        """

    @property
    def rotating(self) -> bool:
        """Whether a change of key was begun and its outcome is not known yet."""

    def sign(self, request: Any) -> None:
        """Put the signature's headers on a prepared request."""

    def sign_head(self, chain_id: str, seq: int, hash_hex: str) -> Json:
        """A link of a chain of this terminal's own, signed, as it stands in `heads` of call 2."""

    def verify_server(self, key_id: str, signature: bytes, content: bytes) -> bool: ...

    def raise_nonce_above(self, nonce: int) -> None: ...

    def revoke(self) -> None: ...

    def begin_rotation(self) -> Json: ...

    def rotated(self) -> None: ...

    def confirm_key(self) -> None: ...

    def try_other_key(self) -> bool: ...
