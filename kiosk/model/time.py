"""Moments as the terminal knows them, and where they lie in true time."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Literal

TimeState = Literal["trusted", "estimated", "uncertain"]


class ClockState(enum.Enum):
    """How far the wall clock may be believed."""

    SYNCHRONISED = "synchronised"  # this boot has met the server (an anchor) or the kernel says NTP is in step
    UNSYNCHRONISED = "unsynchronised"  # not yet; the monotonic clock and later anchors will tell


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant as the terminal knows it. `wall_utc` is aware UTC; `monotonic_ms` counts since the boot `boot_id`."""

    wall_utc: dt.datetime
    boot_id: str
    monotonic_ms: int
    clock_state: ClockState


@dataclass(frozen=True, slots=True)
class Anchor:
    """One meeting with the server's clock: `server_utc` was true at `monotonic_ms` within `round_trip_ms` / 2."""

    boot_id: str
    monotonic_ms: int
    server_utc: dt.datetime
    round_trip_ms: int


@dataclass(frozen=True, slots=True)
class Located:
    """Where a moment lies in true time. `earliest <= utc <= latest`; `state` as in docs/protocol.md, "Call 2"."""

    utc: dt.datetime
    earliest: dt.datetime
    latest: dt.datetime
    state: TimeState
