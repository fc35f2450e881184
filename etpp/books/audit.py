"""Whether presences are what their terminals made: each hash over its content, no chain broken. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from etpp.books.chain import event_hash
from etpp.books.model import ZERO_HASH, Link
from etpp.books.store import Books
from etpp.db import Transaction

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Broken:
    event_id: str
    device_id: str
    why: str


def verify_events(tx: Transaction, event_ids: Sequence[str]) -> Iterator[Broken]:
    """Those of the presences that do not hold, or are not in the books at all."""
    chains: dict[tuple[str, str, str], list[Link]] = defaultdict(list)
    asked = set(event_ids)
    for start in range(0, len(event_ids), _PAGE):
        for link in Books(tx).accepted(event_ids[start : start + _PAGE]):
            chains[link.office_id, link.device_id, link.chain_id].append(link)
            asked.discard(link.event_id)
    yield from (Broken(each, "", "is not in the books") for each in sorted(asked))
    for (office_id, device_id, chain_id), links in chains.items():
        before = Books(tx).hashes(office_id, device_id, chain_id, [link.seq - 1 for link in links])
        for link in sorted(links, key=lambda each: each.seq):
            why = _fault(link, ZERO_HASH if link.seq == 1 else before.get(link.seq - 1))
            if why is not None:
                yield Broken(link.event_id, device_id, why)


def _fault(link: Link, before: str | None) -> str | None:
    body = link.body
    if event_hash(body) != link.hash:
        return "its content has another hash"
    said = {
        "event_id": link.event_id,
        "device_id": link.device_id,
        "chain_id": link.chain_id,
        "seq": link.seq,
        "kind": link.kind,
        "prev_hash": link.prev_hash,
    }
    presence = body.get("presence")
    whose = presence.get("person_id") if isinstance(presence, dict) else None
    if any(body.get(name) != value for name, value in said.items()) or whose != link.person_id:
        return "the books say something else of it than its content"
    if before is not None and before != link.prev_hash:
        return "it does not follow the event before it"
    return None
