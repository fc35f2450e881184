"""The journal in memory: it keeps the port's promises, under the test's control."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterator

from kiosk import wire
from kiosk.journal import own, waiting
from kiosk.model import DeviceId, Direction, Draft, Event, Fault, LastPresence, Moment, PersonId, QueueState, Refused


class FakeOutbox:
    """`ports.Outbox` in memory. `failure`, when set, is raised by every append."""

    def __init__(self, device_id: str = "device-1") -> None:
        self.device_id = DeviceId(device_id)
        self.events: list[Event] = []
        self.counters: Counter[str] = Counter()
        self.failure: Exception | None = None
        self.refusals: list[Refused] = []

    def append(self, draft: Draft, moment: Moment) -> Event:
        if self.failure is not None:
            raise self.failure
        seq = len(self.events) + 1
        body = wire.event_body(
            draft,
            moment,
            event_id=f"event-{seq}",
            device_id=self.device_id,
            chain_id="chain-1",
            seq=seq,
            prev_hash=self.events[-1].hash if self.events else wire.NO_HASH,
        )
        event = wire.event_of(body, wire.digest(body))
        self.events.append(event)
        return event

    def presences(self, person_id: PersonId, since_utc: dt.datetime) -> list[LastPresence]:
        every = list(self._presences(person_id))
        lately = list(itertools.takewhile(lambda one: one.moment.wall_utc >= since_utc, every))
        return lately or every[:1]

    def _presences(self, person_id: PersonId) -> Iterator[LastPresence]:
        for event in reversed(self.events):
            if event.kind == "presence" and event.person_id == person_id:
                detail = wire.member(event.body, "presence", dict)
                yield LastPresence(Direction(detail["direction"]), event.moment, detail.get("method", "face"))

    def enrolments(self) -> list[tuple[Event, bool]]:
        return [(event, True) for event in self.events if event.kind == "enrolment"]

    def own_enrolments(self, since_utc: dt.datetime) -> list[Event]:
        since = [event for event in self.events if event.moment.wall_utc >= since_utc]
        withdrawn = {each for event in since for each in own.withdrawn_by(event)}
        return waiting.newest((event for event in since if event.kind == "enrolment"), withdrawn, ())

    def queue_state(self) -> QueueState:
        oldest = self.events[0].moment.wall_utc if self.events else None
        return QueueState(waiting=len(self.events), parked=0, oldest_waiting_utc=oldest)

    def refused(self, limit: int) -> list[Refused]:
        return self.refusals[:limit]

    def count(self, what: str) -> None:
        self.counters[what] += 1

    def faults(self) -> frozenset[Fault]:
        return frozenset()
