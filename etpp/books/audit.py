"""Whether presences are what their terminals made: each hash over its content, each chain whole and signed. Reads only.

A chain is read once, from the newest number down. A link that its terminal has signed is believed, and by its hash the
one before it, and so on, as long as each is an event whose content is here: the content says which hash is before it. A
gap says nothing of that which anybody has signed, nor does an enrolment, whose faces are erased: what is below them
needs a signature of its own.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from etpp.base.encoding import canonical, parse_time
from etpp.books.chain import event_hash
from etpp.books.model import GAP, ZERO_HASH, Link
from etpp.books.proof import clock_of
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.terminals.model import SignedLink, VouchedKey
from etpp.terminals.signing import head_text, verify_text
from etpp.terminals.store import Devices, SignedLinks
from etpp.terminals.vouching import trusted

_PAGE = 1000

What = Literal["event", "terminal", "time"]

NO_HEAD = "its terminal has signed nothing at or after it"


@dataclass(frozen=True, slots=True)
class Broken:
    """Numbers of a chain of which something does not hold, and what. `what`: `event`, `terminal` (its signature), or
    `time`: the books' is not the one that the terminal's clock showed."""

    what: What
    device_id: str
    chain_id: str
    first_seq: int
    last_seq: int
    why: str


@dataclass(slots=True)
class Verified:
    """Of the presences that were asked for: how many are under a signature of their terminal, and how many of each
    terminal are not, and need not be, because it signed no chain yet. `missing`: events that are not in the books.
    `otherwise`: signed ones whose time is another than their terminal showed. That is no proof of anything: a clock
    that NTP had set wrong is put right by the server's time before the event is sent.
    """

    signed: int = 0
    unsigned: Counter[str] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    otherwise: list[Broken] = field(default_factory=list)


def verify_events(
    tx: Transaction, office_id: str, event_ids: Sequence[str], server_keys: Mapping[str, bytes]
) -> Verified:
    """Presences wherever they were recorded, and whether an office's chains have lost their ends.

    `server_keys`: the server's public keys by id, former ones too.
    """
    found = Verified()
    asked = set(event_ids)
    chains: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for start in range(0, len(event_ids), _PAGE):
        for place in Books(tx).places(event_ids[start : start + _PAGE]):
            chains[place.office_id, place.device_id, place.chain_id].add(place.seq)
            asked.discard(place.event_id)
    found.missing = sorted(asked)
    for head, signed in Books(tx).cut_off(office_id):
        why = f"its terminal has signed up to number {signed}, and the books end before"
        found.broken.append(Broken("terminal", head.device_id, head.chain_id, head.seq + 1, signed, why))
    for (office, device, chain), seqs in sorted(chains.items()):
        keys = trusted(Devices(tx).vouched(office, device), server_keys)
        _Chain(tx, office, device, chain, keys, found).walk(seqs)
    return found


class _Chain:
    """One chain on the way down. `_proven`: whether a signature reaches to the link that is looked at; `_altered`:
    whether it does not because somebody has changed something."""

    def __init__(
        self, tx: Transaction, office_id: str, device_id: str, chain_id: str, keys: Sequence[VouchedKey], to: Verified
    ) -> None:
        self._tx = tx
        self._of = (office_id, device_id, chain_id)
        self._links = SignedLinks(tx, *self._of)
        self._keys = {(each.key_id, each.signs): each.public_key for each in keys}
        self._since = min((each.since_utc for each in keys if each.signs == "head"), default=None)
        self._to = to
        self._proven, self._altered, self._why = False, False, NO_HEAD
        self._above: Link | None = None
        self._follows: str | None = None
        """The hash that the link above says is before it."""

    def walk(self, seqs: set[int]) -> None:
        """Judge the presences with these numbers."""
        first, last = min(seqs), max(seqs)
        top = self._links.first_from(last) or last
        ends = self._carried_ends(first)
        for page in Books(self._tx).backwards(*self._of, first, top, _PAGE):
            signed = {each.seq: each for each in self._links.within(page[-1].seq, page[0].seq)}
            for link in page:
                self._compare(link)
                if link.seq >= first:
                    self._believe(link, signed.get(link.seq))
                    self._believe(link, ends.get(link.seq))
                    self._look(link, asked=link.seq in seqs)
        if self._above is not None and self._above.seq >= first > 1:
            self._break("event", first, "the event before it is not in the books")

    def _compare(self, link: Link) -> None:
        """With the link above it."""
        above, self._above = self._above, link
        if above is None:
            return
        expected = _first(above) - 1
        if link.seq != expected:
            self._lose(f"number {expected} is not in the books")
            self._break("event", expected, "is not in the books, though a later number is")
        elif self._follows not in (link.hash, None):
            self._lose(f"number {above.seq} does not follow number {link.seq}")
            self._break("event", above.seq, "does not follow the event before it")

    def _believe(self, link: Link, signed: SignedLink | None) -> None:
        """What the terminal has signed of this number."""
        if signed is None:
            return
        if signed.hash != link.hash:
            self._lose(f"another event was signed as number {link.seq}", altered=True)
            self._break("terminal", link.seq, "its terminal has signed another event with this number")
        elif not self._proven:
            if self._signature_holds(link.seq, signed):
                self._proven, self._altered = True, False
            else:
                self._lose(f"the signature over number {link.seq} is not its terminal's", altered=True)
                self._break("terminal", link.seq, "the signature is not this terminal's over this link")

    def _look(self, link: Link, *, asked: bool) -> None:
        """Judge an event that is asked for, and see whether it leads to the one before it."""
        if link.kind == GAP:
            self._lose(f"its terminal no longer held what is before number {link.seq + 1}", altered=False)
            self._follows = link.prev_hash or None
        elif _has_its_hash(link):
            if link.status == "accepted" and not _is_told_truly(link):
                self._break("event", link.seq, "the books say something else of it than its content")
            elif asked:
                self._judge(link)
            self._follows = str(link.body.get("prev_hash"))
            if link.seq == 1 and self._follows != ZERO_HASH:
                self._break("event", 1, "does not follow the event before it")
        elif link.kind == "enrolment" or link.status == "rejected":
            # Not kept as it was hashed: nobody has changed it, and it proves nothing of what is before it.
            self._lose(f"the content of number {link.seq} is not kept, and nothing before it is signed", altered=False)
            self._follows = link.prev_hash
        else:
            self._lose(f"number {link.seq} was changed")
            self._break("event", link.seq, "its content has another hash")
            self._follows = link.prev_hash

    def _judge(self, link: Link) -> None:
        if self._proven:
            self._to.signed += 1
            if not _fits_its_clock(link):
                self._name(self._to.otherwise, "time", link.seq, "its time is not the one that its terminal showed")
        elif self._altered:
            self._break("terminal", link.seq, f"no signature of its terminal reaches it: {self._why}")
        elif self._since is not None and _known_utc(link) > self._since:
            self._break("terminal", link.seq, f"its terminal signs its chains, and not this: {self._why}")
        else:
            self._to.unsigned[link.device_id] += 1

    def _lose(self, why: str, altered: bool | None = None) -> None:
        """No signature reaches further down. `altered`: whether one would, had nobody changed anything; None: when one
        has reached this far."""
        self._altered = (self._altered or self._proven) if altered is None else altered
        self._proven, self._why = False, why

    def _break(self, what: What, seq: int, why: str) -> None:
        self._name(self._to.broken, what, seq, why)

    def _name(self, to: list[Broken], what: What, seq: int, why: str) -> None:
        """What is asked for one after the other and has the same fault is one finding."""
        _, device_id, chain_id = self._of
        made = Broken(what, device_id, chain_id, seq, seq, why)
        known = to[-1] if to else None
        if known is not None and known == replace(made, first_seq=known.first_seq, last_seq=known.last_seq):
            to[-1] = replace(known, first_seq=seq)
        else:
            to.append(made)

    def _carried_ends(self, first: int) -> dict[int, SignedLink]:
        """The ends of runs that statements speak of, each as if it were signed by itself."""
        found: dict[int, SignedLink] = {}
        for each in self._links.statements(first):
            found[each.seq] = each
            runs = (each.statement or {}).get("runs")
            for run in runs if isinstance(runs, list) else ():
                if first <= run["last_seq"] < each.seq:
                    found[run["last_seq"]] = SignedLink(
                        run["last_seq"], run["hash"], each.key_id, each.signature, each.statement
                    )
        return found

    def _signature_holds(self, seq: int, signed: SignedLink) -> bool:
        _, device_id, chain_id = self._of
        said = signed.statement
        key = self._keys.get((signed.key_id, "head" if said is None else "carried"))
        if key is None:
            return False
        if said is None:
            return verify_text(key, signed.signature, head_text(device_id, chain_id, seq, signed.hash))
        ends = [(said.get("last_seq"), said.get("hash"))]
        ends += [(run["last_seq"], run["hash"]) for run in said.get("runs") or ()]
        of_it = (said.get("device_id"), said.get("chain_id")) == (device_id, chain_id)
        return of_it and (seq, signed.hash) in ends and verify_text(key, signed.signature, canonical(dict(said)))


def _first(link: Link) -> int:
    """The first number that a row stands for."""
    return int(str(link.body["first_seq"])) if link.kind == GAP else link.seq


def _known_utc(link: Link) -> dt.datetime:
    """When it happened or came, whichever is later: nothing comes before it happens."""
    return link.received_utc if link.time is None else max(link.received_utc, link.time.utc)


def _fits_its_clock(link: Link) -> bool:
    """Whether the books' time can be the one that stands in the event; of a clock that was not in step anything can."""
    body, time = link.body, link.time
    try:
        said = clock_of(str(body["clock_state"]), parse_time(body["wall_utc"]), int(str(body["monotonic_ms"])))
    except (KeyError, ValueError, OverflowError):
        return False
    if time is None or said is None:
        return True
    wall_utc, error = said
    return time.earliest_utc <= wall_utc + error and time.latest_utc >= wall_utc - error


def _has_its_hash(link: Link) -> bool:
    try:
        return event_hash(link.body) == link.hash
    except ValueError:
        return False


def _is_told_truly(link: Link) -> bool:
    """Whether the columns by which the books find an event say what its content says."""
    body = link.body
    said = {
        "event_id": link.event_id,
        "device_id": link.device_id,
        "chain_id": link.chain_id,
        "seq": link.seq,
        "kind": link.kind,
        "prev_hash": link.prev_hash,
    }
    presence = body.get("presence")
    seen = presence if isinstance(presence, dict) else {}
    rests = seen.get("enrolment")
    whose = seen.get("person_id") if rests is None else None
    true = (whose, rests) == (link.person_id, link.enrolment_id)
    return true and all(body.get(name) == value for name, value in said.items())
