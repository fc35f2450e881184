"""The whole log, from its first entry on: exported, and followed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from etpp.db import Database
from etpp.ledger.model import Follower, document
from etpp.ledger.store import Ledger


def lines(database: Database) -> Iterator[str]:
    """A line of JSON for each entry, with the hash by which anybody can follow it."""
    with database.read() as tx:
        for page in Ledger(tx).everything():
            for each in page:
                found = document(each.seq, each.at_utc, each.said, each.prev_hash)
                yield json.dumps({**found, "hash": each.hash}, ensure_ascii=False) + "\n"


def follow(database: Database, noted: tuple[int, str] | None = None) -> Follower:
    """Reads all of it, and looks for an entry that was noted earlier."""
    follower = Follower(noted)
    with database.read() as tx:
        for page in Ledger(tx).everything():
            follower.follow(page)
    return follower
