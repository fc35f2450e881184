"""Events as rows of the journal: how a body is kept on disk, and sealed when it holds a face.

An enrolment carries a name, an NIP and descriptors. Its `enrolment` member is therefore encrypted at rest (AES-256-GCM)
and the rest of the body stays readable, so that the chain can be listed and its order checked without the key.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
from dataclasses import dataclass
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk import wire
from kiosk.errors import OutboxError
from kiosk.journal.schema import CHAIN_SHIFT, JournalDamaged
from kiosk.model import Event
from kiosk.wire import Json

T = TypeVar("T", bound=tuple[Any, ...])

NONCE_BYTES = 12  # NIST SP 800-38D, 8.2: 96 random bits


def row_id(chain_no: int, seq: int) -> int:
    return chain_no << CHAIN_SHIFT | seq


def chain_no_of(event_row: int) -> int:
    return event_row >> CHAIN_SHIFT


def seq_of(event_row: int) -> int:
    return event_row & ((1 << CHAIN_SHIFT) - 1)


def in_order(rows: list[T]) -> list[T]:
    """The rows, which begin with their ids and were asked for in order. Raises JournalDamaged when they are not."""
    if any(before[0] >= after[0] for before, after in itertools.pairwise(rows)):
        raise JournalDamaged("the journal's events are out of order")
    return rows


def legible(text: str | bytes | None) -> Json | None:
    """A JSON object of a column; empty when it was damaged."""
    if text is None:
        return None
    with contextlib.suppress(wire.WireError, TypeError):
        return wire.loads(text)
    return {}


class ContentDamaged(OutboxError):
    """One event's content cannot be read, or was sealed with a key that is gone; its place in the chain is known."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Encrypts the personal part of an enrolment. `key`: 32 bytes, or None on a machine that never enrols."""

    key: bytes | None

    def seal(self, body: Json, canonical: bytes | None = None) -> bytes:
        """The body as it is written to disk. `canonical`: its canonical form, when the caller has it already."""
        if body["kind"] != "enrolment":
            return wire.canonical(body) if canonical is None else canonical
        if self.key is None:
            raise OutboxError("there is no storage key, so no enrolment can be kept. Provision this machine first.")
        nonce = os.urandom(NONCE_BYTES)
        secret = AESGCM(self.key).encrypt(nonce, wire.canonical(body["enrolment"]), str(body["event_id"]).encode())
        return wire.canonical({**body, "enrolment": base64.b64encode(nonce + secret).decode()})

    def open(self, stored: bytes) -> Json:
        """The body as it was made. Raises ContentDamaged, or OutboxError when this machine has no key."""
        if not isinstance(stored, bytes):
            raise ContentDamaged("an event's content is of another type. Run `kiosk events verify`.")
        try:
            body = wire.loads(stored)
            if isinstance(body.get("enrolment"), str):
                body["enrolment"] = self._unseal(body)
        except (wire.WireError, InvalidTag, ValueError) as error:
            raise ContentDamaged("an event's content is damaged. Run `kiosk events verify`.") from error
        return body

    def event(self, stored: bytes, hash_hex: str) -> Event:
        """The event that was recorded with this hash. Raises as `open` does, also when it is another one."""
        body = self.open(stored)
        try:
            if self.digest(stored, body) == hash_hex:
                return wire.event_of(body, hash_hex)
        except wire.WireError as error:
            raise ContentDamaged("an event's content is damaged. Run `kiosk events verify`.") from error
        raise ContentDamaged("an event's content is not what was recorded. Run `kiosk events verify`.")

    def digest(self, stored: bytes, body: Json) -> str:
        """The hash of what `open` gave for `stored`: a body that is not sealed is on disk in its canonical form."""
        return wire.digest(body) if body.get("kind") == "enrolment" else wire.digest_of(stored)

    def _unseal(self, body: Json) -> Json:
        if self.key is None:
            raise OutboxError("an enrolment cannot be read without the storage key.")
        sealed = base64.b64decode(body["enrolment"], validate=True)
        nonce, secret = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return wire.loads(AESGCM(self.key).decrypt(nonce, secret, str(body["event_id"]).encode()))
