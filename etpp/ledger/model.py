"""An entry of the audit log and its hash. Pure.

A hash is SHA-256 over RFC 8785 JSON of everything else in the entry, as those of events and of closed months: whoever
holds an export can check it without the server.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

FIRST = "0" * 64
"""`prev_hash` of the first entry."""
LONGEST_TEXT = 500
MOST_ITEMS = 50
DEEPEST = 8
_SECRET = frozenset({"csrf", "password", "repeated", "code", "secret", "name", "asked_by", "credential"})
"""What is not written into a log that forgets nothing: secrets, and the names of people, whom ids stand for."""
_NIP = re.compile(r"\d{18}")


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be recorded. `actor`: an account's name, `token`, or `command`. `subject`: what it was done to, by the
    names of the route: ids, never a person's name. `before`, `after`: JSON values."""

    actor: str
    action: str
    subject: Mapping[str, str]
    person_id: str | None = None
    office_id: str | None = None
    address: str = ""
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int
    at_utc: dt.datetime
    said: Said
    prev_hash: str
    hash: str


def document(seq: int, at_utc: dt.datetime, said: Said, prev_hash: str) -> dict[str, Any]:
    """The entry as JSON values, without its hash."""
    return {
        "seq": seq,
        "at_utc": at_utc.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "actor": said.actor,
        "person_id": said.person_id,
        "action": said.action,
        "subject": dict(said.subject),
        "office_id": said.office_id,
        "address": said.address,
        "before": said.before,
        "after": said.after,
        "prev_hash": prev_hash,
    }


def hash_of(found: Mapping[str, Any]) -> str:
    return hashlib.sha256(rfc8785.dumps(dict(found))).hexdigest()


def chained(seq: int, at_utc: dt.datetime, said: Said, prev_hash: str) -> Entry:
    return Entry(seq, at_utc, said, prev_hash, hash_of(document(seq, at_utc, said, prev_hash)))


class Follower:
    """Walks a log from its first entry on. `head`: sequence and hash of the last one that follows from all before.
    `sought`: one that was noted earlier and has not come by; None when it has."""

    def __init__(self, noted: tuple[int, str] | None = None) -> None:
        self.head: tuple[int, str] = (0, FIRST)
        self.sought = noted
        self.broken_at: int | None = None

    def follow(self, entries: Iterable[Entry]) -> None:
        """Stops at the first entry that does not follow."""
        for each in entries:
            if self.broken_at is not None:
                return
            seq, prev_hash = self.head
            whole = hash_of(document(each.seq, each.at_utc, each.said, each.prev_hash))
            if (each.seq, each.prev_hash, each.hash) != (seq + 1, prev_hash, whole):
                self.broken_at = seq + 1
                return
            self.head = each.seq, each.hash
            if self.head == self.sought:
                self.sought = None


def quiet(value: Any, depth: int = 0) -> Any:
    """What was asked for, as it may stand in the log: without names and secrets, NIPs masked, long things counted."""
    if depth > DEEPEST:
        return {"deeper": True}
    if isinstance(value, Mapping):
        named = {_NIP.sub(_masked, _encodable(str(key))): each for key, each in value.items() if key not in _SECRET}
        return {key: quiet(each, depth + 1) for key, each in named.items()}
    if isinstance(value, list | tuple):
        kept = [quiet(each, depth + 1) for each in value[:MOST_ITEMS]]
        return kept if len(value) <= MOST_ITEMS else [*kept, {"more": len(value) - MOST_ITEMS}]
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            return {"sha256": hashlib.sha256(_encodable(value).encode()).hexdigest(), "characters": len(value)}
        return _NIP.sub(_masked, _encodable(value))
    if value is None or isinstance(value, bool):
        return value
    # Numbers as texts: RFC 8785 has no exact decimals and no integer beyond 2**53.
    return str(value) if not isinstance(value, int) or abs(value) > 2**53 else value


def _masked(found: re.Match[str]) -> str:
    return "•" * 8 + found[0][8:]


def _encodable(text: str) -> str:
    """A lone surrogate, which JSON can bring, has no bytes to hash."""
    return text.encode("utf-8", "replace").decode()
