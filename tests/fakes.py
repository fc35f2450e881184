"""Fakes of the ports: they keep the ports' promises, in memory, under the test's control."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from kiosk import wire
from kiosk.model import (
    ClockState,
    DeviceId,
    Direction,
    Draft,
    Event,
    LastPresence,
    Moment,
    PersonId,
    QueueState,
)

START = dt.datetime(2026, 11, 24, 0, 30, tzinfo=dt.UTC)


class FakeKernel:
    """`clock.Kernel`: time that passes only when the test says so, and a wall clock that may be wrong."""

    def __init__(self, wall: dt.datetime = START, boot: str = "boot-1", in_step: bool = False) -> None:
        self.wall, self.boot, self.step = wall, boot, in_step
        self.ms = 60_000

    def advance(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)
        self.wall += dt.timedelta(seconds=seconds)

    def boot_id(self) -> str:
        return self.boot

    def monotonic_s(self) -> float:
        return self.ms / 1000

    def boottime_ms(self) -> int:
        return self.ms

    def wall_utc(self) -> dt.datetime:
        return self.wall

    def in_step(self) -> bool:
        return self.step


class FakeClock:
    """`ports.Clock`: stands still until it is advanced."""

    def __init__(
        self, wall: dt.datetime = START, boot_id: str = "boot-1", state: ClockState = ClockState.SYNCHRONISED
    ) -> None:
        self.wall, self.boot_id, self.state = wall, boot_id, state
        self.ms = 60_000

    def advance(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)
        self.wall += dt.timedelta(seconds=seconds)

    def monotonic_s(self) -> float:
        return self.ms / 1000

    def now(self) -> Moment:
        return Moment(self.wall, self.boot_id, self.ms, self.state)


class FakeOutbox:
    """`ports.Outbox` in memory. `failure`, when set, is raised by every append."""

    def __init__(self, device_id: str = "device-1") -> None:
        self.device_id = DeviceId(device_id)
        self.events: list[Event] = []
        self.counters: Counter[str] = Counter()
        self.failure: Exception | None = None

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

    def last_presence(self, person_id: PersonId) -> LastPresence | None:
        for event in reversed(self.events):
            if event.kind == "presence" and event.person_id == person_id:
                direction = event.body["presence"]["direction"]  # type: ignore[index]
                return LastPresence(Direction(direction), event.moment)
        return None

    def queue_state(self) -> QueueState:
        oldest = self.events[0].moment.wall_utc if self.events else None
        return QueueState(waiting=len(self.events), parked=0, oldest_waiting_utc=oldest)

    def count(self, what: str) -> None:
        self.counters[what] += 1
