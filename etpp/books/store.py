"""Events and chains in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from etpp.books import resting
from etpp.books.model import (
    FLAGS,
    ZERO_HASH,
    ChainHead,
    ChainPlace,
    EventTime,
    Link,
    LinkStatus,
    PresenceOf,
    PresenceRow,
)
from etpp.db import Transaction, tables
from etpp.db.bulletin_tables import officers
from etpp.db.tables import chains, events, signed_heads
from etpp.roster.store import ever_assigned


class Books:
    """Events and chains."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def lock_chain(self, office_id: str, device_id: str, chain_id: str, now: dt.datetime) -> ChainHead:
        """The head, locked so that two batches of one chain follow each other; seq 0 and ZERO_HASH when new."""
        insert = sqlite.insert if self._tx.dialect.name == "sqlite" else postgresql.insert
        # Two first batches of one chain at once: the second waits here until the first is in the books.
        self._tx.execute(
            insert(chains)
            .values(office_id=office_id, device_id=device_id, chain_id=chain_id, seq=0, hash=ZERO_HASH, begun_utc=now)
            .on_conflict_do_nothing()
        )
        row = self._tx.execute(
            sa.select(chains).where(*_chain(office_id, device_id, chain_id)).with_for_update(key_share=True)
        ).one()
        return _head(row)

    def head(self, office_id: str, device_id: str, chain_id: str) -> ChainHead:
        """The head as it is now; seq 0 and ZERO_HASH when there is no such chain."""
        row = self._tx.execute(sa.select(chains).where(*_chain(office_id, device_id, chain_id))).one_or_none()
        return ChainHead(device_id, chain_id, 0, ZERO_HASH) if row is None else _head(row)

    def set_head(self, office_id: str, head: ChainHead) -> None:
        self._tx.execute(
            sa.update(chains)
            .where(*_chain(office_id, head.device_id, head.chain_id))
            .values(seq=head.seq, hash=head.hash, reported_utc=head.reported_utc)
        )

    def note_broken(self, office_id: str, device_id: str, chain_id: str, now: dt.datetime) -> None:
        """Somebody must look at this chain: what the terminal sent contradicts the books, or begins in the middle."""
        self.lock_chain(
            office_id, device_id, chain_id, now
        )  # of one that was broken from its first link there is no row
        self._tx.execute(sa.update(chains).where(*_chain(office_id, device_id, chain_id)).values(broken_utc=now))

    def newest_head(self, office_id: str, device_id: str) -> ChainHead | None:
        """Of the chain that was begun last."""
        row = self._tx.execute(
            sa.select(chains)
            .where(chains.c.office_id == office_id, chains.c.device_id == device_id)
            .order_by(chains.c.begun_utc.desc(), chains.c.chain_id)
            .limit(1)
        ).one_or_none()
        return None if row is None else _head(row)

    def heads(self, office_id: str) -> list[ChainHead]:
        query = sa.select(chains).where(chains.c.office_id == office_id).order_by(chains.c.begun_utc, chains.c.chain_id)
        return [_head(row) for row in self._tx.execute(query)]

    def every_head(self) -> dict[str, list[ChainHead]]:
        """Office -> its heads, as `heads` has them; of the whole regency in one statement."""
        found: dict[str, list[ChainHead]] = {}
        for row in self._tx.execute(sa.select(chains).order_by(chains.c.begun_utc, chains.c.chain_id)):
            found.setdefault(row.office_id, []).append(_head(row))
        return found

    def marks(self) -> Mapping[str, frozenset[tuple[object, ...]]]:
        """office_id -> how far each of its chains has come and has reported, for all offices in one query."""
        return {
            office_id: frozenset((head.device_id, head.chain_id, head.seq, head.reported_utc) for head in heads)
            for office_id, heads in self.every_head().items()
        }

    def cut_off(self, office_id: str) -> list[tuple[ChainHead, int]]:
        """An office's chains whose terminal has signed more links than the books have: with the number it signed last.

        By the last event there is, and not by what the chain's own row says.
        """

        def last(table: sa.Table) -> sa.ScalarSelect[int]:
            of = [table.c[name] == chains.c[name] for name in ("office_id", "device_id", "chain_id")]
            return sa.select(sa.func.coalesce(sa.func.max(table.c.seq), 0)).where(*of).scalar_subquery()

        held, signed = last(events).label("held"), last(signed_heads).label("signed")
        rows = self._tx.execute(sa.select(chains, held, signed).where(chains.c.office_id == office_id, signed > held))
        return [(replace(_head(row), seq=row.held), row.signed) for row in rows]

    def links(self, office_id: str, device_id: str, chain_id: str, first: int, last: int) -> dict[int, Link]:
        """seq -> link, for those between and including."""
        rows = self._tx.execute(
            sa.select(events).where(
                events.c.office_id == office_id,
                events.c.device_id == device_id,
                events.c.chain_id == chain_id,
                events.c.seq.between(first, last),
            )
        )
        return {row.seq: _link(row) for row in rows}

    def accepted_ids(self, office_id: str, event_ids: Sequence[str]) -> set[str]:
        rows = self._tx.execute(
            sa.select(events.c.event_id).where(
                events.c.office_id == office_id, events.c.event_id.in_(event_ids), events.c.status == "accepted"
            )
        )
        return {row.event_id for row in rows}

    def places(self, event_ids: Sequence[str]) -> list[ChainPlace]:
        """Where the accepted events with these ids stand, in whichever office."""
        here = sa.select(tables.offices.c.office_id)  # every index of events begins with the office
        columns = [events.c[name] for name in ChainPlace.__slots__]
        asked = (events.c.office_id.in_(here), events.c.event_id.in_(event_ids), events.c.status == "accepted")
        return [ChainPlace(*row) for row in self._tx.execute(sa.select(*columns).where(*asked))]

    def backwards(
        self, office_id: str, device_id: str, chain_id: str, first: int, last: int, page: int
    ) -> Iterator[list[Link]]:
        """The links from `last` down to `first` and the one before it, so many at a time."""
        before: int | None = None
        while True:
            bound = events.c.seq <= last if before is None else events.c.seq < before
            here = (events.c.office_id == office_id, events.c.device_id == device_id, events.c.chain_id == chain_id)
            query = sa.select(events).where(*here, events.c.seq >= first - 1, bound)
            rows = [_link(row) for row in self._tx.execute(query.order_by(events.c.seq.desc()).limit(page))]
            if not rows:
                return
            yield rows
            before = rows[-1].seq

    def hashes(self, office_id: str, device_id: str, chain_id: str, seqs: Sequence[int]) -> dict[int, str]:
        """seq -> hash, of those events and gaps that the books have."""
        found: dict[int, str] = {}
        for start in range(0, len(seqs), 1000):
            query = sa.select(events.c.seq, events.c.hash).where(
                events.c.office_id == office_id,
                events.c.device_id == device_id,
                events.c.chain_id == chain_id,
                events.c.seq.in_(seqs[start : start + 1000]),
            )
            found |= {row.seq: row.hash for row in self._tx.execute(query)}
        return found

    def add_links(self, links: Sequence[Link]) -> None:
        if links:
            self._tx.execute(sa.insert(events), [_values(link) for link in links])

    def accept(self, link: Link, accepted_utc: dt.datetime) -> None:
        """A rejected event that BKPP accepts after all: from that moment on it counts."""
        self._tx.execute(
            sa.update(events)
            .where(
                events.c.office_id == link.office_id,
                events.c.device_id == link.device_id,
                events.c.chain_id == link.chain_id,
                events.c.seq == link.seq,
            )
            .values(status="accepted", problem=None, accepted_utc=accepted_utc)
        )

    def link(self, office_id: str, event_id: str) -> Link | None:
        """The event with this id; the accepted one if there are several."""
        row = self._tx.execute(
            sa.select(events)
            .where(events.c.office_id == office_id, events.c.event_id == event_id)
            .order_by(events.c.status, events.c.received_utc)  # "accepted" sorts before "rejected"
            .limit(1)
        ).one_or_none()
        return None if row is None else _link(row)

    def presences(self, office_id: str, start: dt.datetime, end: dt.datetime) -> list[PresenceRow]:
        """Accepted presences that happened in [start, end), and those of uncertain time that may have; by time."""
        presence = (events.c.office_id == office_id, events.c.status == "accepted", events.c.kind == "presence")
        # Not the bodies: a year of days is read by these few columns.
        columns = sa.select(
            events.c.person_id,
            events.c.device_id,
            events.c.event_id,
            events.c.utc,
            events.c.earliest_utc,
            events.c.latest_utc,
            events.c.time_state,
            events.c.method,
        )
        on_day = columns.where(*presence, events.c.utc >= start, events.c.utc < end)
        perhaps = columns.where(
            *presence,
            events.c.time_state == "uncertain",
            events.c.earliest_utc < end,
            events.c.latest_utc >= start,
        )
        found = {}
        for query in (on_day, perhaps):
            for row in self._tx.execute(query):
                time = _time(row)
                if row.person_id is not None and time is not None:
                    found[row.event_id] = PresenceRow(
                        row.person_id, row.device_id, row.event_id, time, method=row.method
                    )
        return sorted(found.values(), key=lambda p: (p.time.utc, p.event_id))

    def flagged(self, limit: int) -> list[Link]:
        """What is for BKPP alone, the newest first."""
        order = events.c.received_utc.desc(), events.c.event_id
        query = sa.select(events).where(events.c.flag.in_(sorted(FLAGS))).order_by(*order).limit(limit)
        return [_link(row) for row in self._tx.execute(query)]

    def vouched_for_self(self, office_id: str, officer_id: str, person_id: str) -> bool:
        """Whether the officer is the person, who is known by the office's id."""
        people = tables.people
        same = sa.and_(people.c.employee_id == officers.c.employee_id, people.c.office_id == office_id)
        query = sa.select(officers.c.officer_id).join(people, same)
        query = query.where(officers.c.officer_id == officer_id, people.c.person_id == person_id)
        return self._tx.execute(query.limit(1)).first() is not None

    def without_face(self, employee_id: str, start: dt.datetime, end: dt.datetime) -> list[Link]:
        """One employee's accepted presences in [start, end) that were not known by the face, by time."""
        people = tables.people
        faces = sa.and_(people.c.office_id == events.c.office_id, people.c.person_id == events.c.person_id)
        query = (
            sa.select(events)
            .select_from(people.join(events, faces))
            .where(people.c.employee_id == employee_id, events.c.method.is_not(None), events.c.status == "accepted")
            .where(events.c.utc >= start, events.c.utc < end)
        )
        return [_link(row) for row in self._tx.execute(query.order_by(events.c.utc, events.c.event_id))]

    def punches(
        self,
        office_id: str,
        start: dt.datetime,
        end: dt.datetime,
        known_utc: dt.datetime | None = None,
        only: Sequence[str] | None = None,
    ) -> dict[str, list[PresenceOf]]:
        """employee -> presences in [start, end), and uncertain ones that may lie there, at any office, of everybody
        who was ever assigned to this one (or `only` of these); by time. Of those that counted at `known_utc` (None:
        all)."""
        people = tables.people
        faces = sa.and_(people.c.office_id == events.c.office_id, people.c.person_id == events.c.person_id)
        columns = sa.select(
            people.c.employee_id,
            events.c.event_id,
            events.c.office_id,
            events.c.utc,
            events.c.earliest_utc,
            events.c.latest_utc,
            events.c.time_state,
        ).select_from(people.join(events, faces))
        counts = [
            people.c.employee_id.in_(ever_assigned(office_id, only)),
            events.c.status == "accepted",
            events.c.kind == "presence",
        ]
        if known_utc is not None:
            counts.append(events.c.received_utc <= known_utc)
            counts.append(sa.or_(events.c.accepted_utc.is_(None), events.c.accepted_utc <= known_utc))
        within = columns.where(*counts, events.c.utc >= start, events.c.utc < end)
        perhaps = columns.where(
            *counts, events.c.time_state == "uncertain", events.c.earliest_utc < end, events.c.latest_utc >= start
        )
        found: dict[str, dict[str, PresenceOf]] = {}
        for query in (within, perhaps):
            for row in self._tx.execute(query).all():
                time = EventTime(row.utc, row.earliest_utc, row.latest_utc, row.time_state)
                found.setdefault(row.employee_id, {})[row.event_id] = PresenceOf(row.event_id, row.office_id, time)
        for who, mine in resting.of_people(self._tx, office_id, start, end, known_utc, only).items():
            approved = {each.event_id: each.presence for each in mine if each.state == "approved"}
            if approved:
                found[who] = found.get(who, {}) | approved
        return {who: sorted(each.values(), key=lambda p: (p.time.utc, p.event_id)) for who, each in found.items()}

    def presence_of(self, office_id: str, event_id: str, lock: bool = False) -> tuple[str, PresenceOf] | None:
        """The employee and an accepted presence of somebody whom the office knows. `lock`: of two who decide on it at
        once one waits for the other."""
        people = tables.people
        faces = sa.and_(people.c.office_id == events.c.office_id, people.c.person_id == events.c.person_id)
        query = (
            sa.select(people.c.employee_id, events)
            .select_from(events.join(people, faces))
            .where(events.c.office_id == office_id, events.c.event_id == event_id)
            .where(events.c.status == "accepted", events.c.kind == "presence")
        )
        row = self._tx.execute(query.with_for_update(of=events, key_share=True) if lock else query).one_or_none()
        if row is None:
            rests = resting.one(self._tx, office_id, event_id)
            approved = rests is not None and rests.state == "approved"
            return (rests.person_id, rests.presence) if rests is not None and approved else None
        time = EventTime(row.utc, row.earliest_utc, row.latest_utc, row.time_state)
        return row.employee_id, PresenceOf(event_id, office_id, time)

    def search(
        self, office_id: str | None, status: LinkStatus | None, kind: str | None, limit: int, offset: int
    ) -> list[Link]:
        """Newest received first."""
        query = (
            sa.select(events)
            .where(*_filter(office_id, status, kind))
            .order_by(events.c.received_utc.desc(), events.c.device_id, events.c.chain_id, events.c.seq.desc())
            .limit(limit)
            .offset(offset)
        )
        return [_link(row) for row in self._tx.execute(query)]

    def count(self, office_id: str | None, status: LinkStatus | None, kind: str | None) -> int:
        query = sa.select(sa.func.count()).select_from(events).where(*_filter(office_id, status, kind))
        return int(self._tx.execute(query).scalar_one())


def _filter(office_id: str | None, status: LinkStatus | None, kind: str | None) -> list[sa.ColumnElement[bool]]:
    pairs = ((events.c.office_id, office_id), (events.c.status, status), (events.c.kind, kind))
    return [column == value for column, value in pairs if value is not None]


def _chain(office_id: str, device_id: str, chain_id: str) -> list[sa.ColumnElement[bool]]:
    return [chains.c.office_id == office_id, chains.c.device_id == device_id, chains.c.chain_id == chain_id]


def _head(row: sa.Row[tuple[object, ...]]) -> ChainHead:
    return ChainHead(row.device_id, row.chain_id, row.seq, row.hash, row.reported_utc, row.broken_utc)


def _values(link: Link) -> dict[str, Any]:
    time = link.time
    return {
        "office_id": link.office_id,
        "device_id": link.device_id,
        "chain_id": link.chain_id,
        "seq": link.seq,
        "event_id": link.event_id,
        "kind": link.kind,
        "hash": link.hash,
        "prev_hash": link.prev_hash,
        "status": link.status,
        "problem": None if link.problem is None else dict(link.problem),
        "body": dict(link.body),
        "utc": time and time.utc,
        "earliest_utc": time and time.earliest_utc,
        "latest_utc": time and time.latest_utc,
        "time_state": time and time.state,
        "person_id": link.person_id,
        "received_utc": link.received_utc,
        "method": link.method,
        "flag": link.flag,
        "enrolment_id": link.enrolment_id,
    }


def _time(row: Any) -> EventTime | None:
    return None if row.utc is None else EventTime(row.utc, row.earliest_utc, row.latest_utc, row.time_state)


def _link(row: sa.Row[tuple[object, ...]]) -> Link:
    return Link(
        row.office_id,
        row.device_id,
        row.chain_id,
        row.seq,
        row.event_id,
        row.kind,
        row.hash,
        row.prev_hash,
        row.status,
        row.problem,
        row.body,
        _time(row),
        row.person_id,
        row.received_utc,
        row.method,
        row.flag,
        row.enrolment_id,
    )
