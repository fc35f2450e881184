"""Presences of uncertain time: those that somebody must decide on, and the decisions."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from etpp.base import bounds
from etpp.base.errors import Conflict, NotFound
from etpp.books.model import PresenceOf
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.presence import store
from etpp.presence.asked import NewTimeDecision
from etpp.presence.corrections import after_all
from etpp.presence.model import TimeDecision
from etpp.roster import register
from etpp.roster.assignments import Assignment
from etpp.roster.hours import zone
from etpp.roster.model import Office
from etpp.roster.store import Offices, Roster


@dataclass(frozen=True, slots=True)
class Review:
    """`person_id`: the employee. `decision`: the one that counts, or None."""

    person_id: str
    presence: PresenceOf
    decision: TimeDecision | None


def reviews(
    tx: Transaction,
    office_id: str | None,
    start: dt.datetime,
    end: dt.datetime,
    *,
    decided: bool,
    after: str,
    limit: int,
) -> list[Review]:
    """Those that may have happened in [start, end), of people who serve at the office on a day that it may be (None: of
    everybody who was ever assigned to one); by the event's id, which begins with its time. `decided`: also those that
    somebody has decided on."""
    here = None if office_id is None else register.office(tx, office_id)
    found: dict[str, tuple[str, PresenceOf]] = {}
    for each in Offices(tx).all() if here is None else (here,):
        for person, presences in Books(tx).punches(each.office_id, start, end).items():
            found |= {p.event_id: (person, p) for p in presences if p.time.state == "uncertain" and p.event_id > after}
    if here is not None:
        found = _served(tx, here, found)
    decisions = _counting(tx, found)
    chosen = [
        Review(person, presence, decisions.get(event_id))
        for event_id, (person, presence) in sorted(found.items())
        if decided or event_id not in decisions
    ]
    return chosen[:limit]


def look(tx: Transaction, office_id: str, event_id: str) -> Review:
    """One of them, decided or not. Raises NotFound."""
    known = Books(tx).presence_of(office_id, event_id)
    if known is None or known[1].time.state != "uncertain":
        raise NotFound("there is no presence of uncertain time of this id in the office", key="review_unknown")
    person, presence = known
    return Review(person, presence, _counting(tx, {event_id: known}).get(event_id))


def decide(tx: Transaction, new: NewTimeDecision, now: dt.datetime) -> Review:
    """When it happened, within what the terminal knew. A later decision takes the place of an earlier one."""
    known = Books(tx).presence_of(new.office_id, new.event_id, lock=True)
    if known is None:
        raise NotFound("there is no such presence of an employee in the books of this office", key="review_unknown")
    person, presence = known
    time = presence.time
    if time.state != "uncertain":
        raise Conflict("the time of this presence is certain: propose a correction of the day", key="review_certain")
    if not time.earliest_utc <= new.utc <= time.latest_utc:
        raise Conflict(
            "the time lies outside of what the terminal knew: propose a correction of the day", key="review_outside"
        )
    actor = Roster(tx).actor(new.by)
    if actor == person:
        raise Conflict("nobody decides on the own time: let another one decide", key="review_own")
    earlier = [each.decided_utc for each in store.times_of(tx, [new.event_id])]
    if len(earlier) >= bounds.DECISIONS:
        n = bounds.DECISIONS
        raise Conflict(f"it was decided {n} times already: propose a correction of the day", key="decisions_many", n=n)
    decision = TimeDecision(str(uuid.uuid4()), new.event_id, new.utc, actor, after_all(now, earlier))
    store.TIME_DECISIONS.add(tx, [decision], actor, now)
    return Review(person, presence, decision)


def _served(
    tx: Transaction, office: Office, found: Mapping[str, tuple[str, PresenceOf]]
) -> dict[str, tuple[str, PresenceOf]]:
    """Those of whoever serves at the office on a day that it may have happened on: where somebody works now, the
    office that they have left does not learn."""
    local = zone(office)
    days = {
        event_id: (each.time.earliest_utc.astimezone(local).date(), each.time.latest_utc.astimezone(local).date())
        for event_id, (_, each) in found.items()
    }
    if not days:
        return {}
    posts: dict[str, list[Assignment]] = defaultdict(list)
    span = min(first for first, _ in days.values()), max(last for _, last in days.values())
    for post in Roster(tx).assignments(*span, office.office_id):
        posts[post.person_id].append(post)
    return {
        event_id: (person, presence)
        for event_id, (person, presence) in found.items()
        if any(
            post.first <= days[event_id][1] and (post.last is None or post.last >= days[event_id][0])
            for post in posts[person]
        )
    }


def _counting(tx: Transaction, found: dict[str, tuple[str, PresenceOf]]) -> dict[str, TimeDecision]:
    decisions = sorted(store.times_of(tx, list(found)), key=lambda d: (d.decided_utc, d.decision_id))
    return {each.event_id: each for each in decisions if each.by != found[each.event_id][0]}
