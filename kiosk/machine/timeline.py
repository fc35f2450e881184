"""Where a moment lies in true time, on a machine without a battery clock. Pure.

A Raspberry Pi 4 wakes up with a wall clock that may be wrong by years, and nothing that the terminal does may depend
on it. What it can trust: the kernel's boot-time clock runs on within a boot, boots follow one another, and every
meeting with the server is an anchor (`model.Anchor`). `Timeline` turns that into an interval that must hold the true
time of any moment, however late the meeting comes.

The interval is the tightest that these facts allow: the time of a moment, as a function of the boot-time clock, has a
slope within 1 +- `DRIFT`, and of all such functions that pass through the anchors' intervals the highest and the lowest
one at a point are the bounds (McShane's extension of a Lipschitz function).
"""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kiosk.model import Anchor, ClockState, Located, Moment, TimeState

DRIFT = 600e-6
"""Largest error of the boot-time clock's rate: NTP may slew it by 500 ppm (adjtimex(2)), the crystal adds 100 ppm."""

NTP_ERROR_MS = 16_000
"""The kernel calls its clock synchronised while its error estimate is below 16 s (NTP_PHASE_LIMIT in timex.h)."""

FLOOR_UTC = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
"""No terminal recorded anything before this program existed."""

CEILING_UTC = dt.datetime(2262, 1, 1, tzinfo=dt.UTC)
"""The latest time of a moment after which this terminal has met nobody yet: Linux's clock ends in this year."""

_QUANTUM_MS = 1  # both clocks are kept in whole milliseconds, cut off


@dataclass(frozen=True, slots=True)
class Boot:
    """What is known of one boot. `ntp` are moments at which the kernel said that its wall clock was in step.

    `last_monotonic_ms` is the latest moment at which the boot was seen alive: it ended no earlier.
    """

    boot_id: str
    last_monotonic_ms: int
    anchors: tuple[Anchor, ...] = ()
    ntp: tuple[Anchor, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """True time in ms since the epoch; infinite where nothing is known."""

    low: float = -math.inf
    high: float = math.inf

    def meet(self, other: Bounds) -> Bounds:
        return Bounds(max(self.low, other.low), min(self.high, other.high))

    @property
    def empty(self) -> bool:
        return self.low > self.high

    @property
    def middle(self) -> float:
        """The estimate whose largest possible error is least; the finite end when the other is infinite."""
        if math.isinf(self.low):
            return self.high
        return self.low if math.isinf(self.high) else (self.low + self.high) / 2


class Timeline:
    """All boots in the order in which they happened, joined. Immutable."""

    def __init__(self, boots: Iterable[Boot]) -> None:
        self.boots = tuple(boots)
        self._index = {boot.boot_id: i for i, boot in enumerate(self.boots)}
        self._tracks = [Track(boot.anchors) for boot in self.boots]
        # A boot started no earlier than its predecessor was last seen,
        # and was last seen no later than its successor started.
        self._start_low = [-math.inf] * len(self.boots)
        self._end_high = [math.inf] * len(self.boots)
        for i in range(1, len(self.boots)):
            before = self.boots[i - 1]
            self._start_low[i] = self._low(i - 1, before.last_monotonic_ms)
        for i in range(len(self.boots) - 2, -1, -1):
            self._end_high[i] = self._high(i + 1, 0)

    def locate(self, moment: Moment) -> Located:
        """The interval that holds the true time of `moment`, and the best estimate in it."""
        i = self._index.get(moment.boot_id)
        m = moment.monotonic_ms
        hard = Bounds() if i is None else Bounds(self._low(i, m), self._high(i, m))
        if hard.empty and i is not None:
            # The neighbours contradict this boot's own anchors (the server's clock was set): believe the anchors.
            hard = self._tracks[i].at(m)
        if i is not None and self.boots[i].anchors:
            return _located(self._tracks[i].at(m).middle, hard, "trusted")
        ntp = list(self.boots[i].ntp) if i is not None else []
        if moment.clock_state is ClockState.SYNCHRONISED:
            # The clock may owe that to an anchor that was lost since; it was no older than the boot.
            drifted_ms = round(2 * m * DRIFT)
            ntp.append(Anchor(moment.boot_id, m, moment.wall_utc, 2 * NTP_ERROR_MS + drifted_ms))
        soft = through(ntp, m).meet(hard)
        if ntp and not soft.empty:
            if moment.clock_state is ClockState.SYNCHRONISED:
                return _located(to_ms(moment.wall_utc), soft, "estimated")
            return _located(soft.middle, soft, "estimated")
        wall = to_ms(moment.wall_utc)
        known_wrong = not hard.low <= wall <= hard.high
        return _located(hard.middle if known_wrong else wall, hard, "uncertain")

    def _low(self, i: int, m: int) -> float:
        since_start = self._start_low[i] + m * (1 - DRIFT)
        return max(self._tracks[i].at(m).low, since_start)

    def _high(self, i: int, m: int) -> float:
        until_end = self._end_high[i] - max(0, self.boots[i].last_monotonic_ms - m) * (1 - DRIFT)
        return min(self._tracks[i].at(m).high, until_end)


def locate(moment: Moment, boots: Iterable[Boot]) -> Located:
    """`Timeline(boots).locate(moment)`, for one moment."""
    return Timeline(boots).locate(moment)


class Track:
    """All clocks that pass through one boot's anchors: their bounds at any moment, in logarithmic time.

    A terminal that runs for months has thousands of anchors. Seen from a moment after it, an anchor bounds the time
    from below by a line of slope 1 - DRIFT, seen from before by one of slope 1 + DRIFT, and from above the other way
    round. Of parallel lines only the outermost counts, so running extremes over the sorted anchors hold all.
    """

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        ordered = sorted(anchors, key=lambda anchor: anchor.monotonic_ms)
        self._newest = ordered[-1] if ordered else None
        self._at_ms = [anchor.monotonic_ms for anchor in ordered]
        lows = [to_ms(anchor.server_utc) - _error(anchor) for anchor in ordered]
        highs = [to_ms(anchor.server_utc) + _error(anchor) for anchor in ordered]
        slow, fast = ([m * (1 + sign * DRIFT) for m in self._at_ms] for sign in (-1, 1))
        # The n-th is over the n first anchors.
        self._low_after = _running(max, -math.inf, map(operator.sub, lows, slow))
        self._high_after = _running(min, math.inf, map(operator.sub, highs, fast))
        # The n-th is over all but the n first.
        self._low_before = _running(max, -math.inf, map(operator.sub, reversed(lows), reversed(fast)))[::-1]
        self._high_before = _running(min, math.inf, map(operator.sub, reversed(highs), reversed(slow)))[::-1]

    def at(self, m: int) -> Bounds:
        n = bisect.bisect_right(self._at_ms, m)
        slow, fast = m * (1 - DRIFT), m * (1 + DRIFT)
        bounds = Bounds(
            max(self._low_after[n] + slow, self._low_before[n] + fast),
            min(self._high_after[n] + fast, self._high_before[n] + slow),
        )
        if bounds.empty and self._newest is not None:
            # The server's own clock was set in between: the newest meeting is the one its operator has corrected.
            return _around(self._newest, m)
        return bounds


def through(anchors: Iterable[Anchor], m: int) -> Bounds:
    """`Track(anchors).at(m)`, for one moment."""
    return Track(anchors).at(m)


def _running(pick: Callable[[float, float], float], start: float, values: Iterable[float]) -> list[float]:
    return list(itertools.accumulate(values, pick, initial=start))


def _error(anchor: Anchor) -> float:
    return anchor.round_trip_ms / 2 + 2 * _QUANTUM_MS


def _around(anchor: Anchor, m: int) -> Bounds:
    distance_ms = m - anchor.monotonic_ms
    middle = to_ms(anchor.server_utc) + distance_ms
    error = _error(anchor) + abs(distance_ms) * DRIFT
    return Bounds(middle - error, middle + error)


def _located(estimate_ms: float, bounds: Bounds, state: TimeState) -> Located:
    low = max(bounds.low, to_ms(FLOOR_UTC))
    high = max(min(bounds.high, to_ms(CEILING_UTC)), low)
    # Rounded outwards, so that the interval sent never excludes what the interval computed held.
    earliest, latest = from_ms(math.floor(low)), from_ms(math.ceil(high))
    return Located(from_ms(round(min(max(estimate_ms, low), high))), earliest, latest, state)


def to_ms(utc: dt.datetime) -> float:
    return utc.timestamp() * 1000


def from_ms(ms: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=ms)
