"""An event was before it arrived: what the books make of a time in the server's future."""

from __future__ import annotations

import datetime as dt

import pytest

from etpp.books.intake import _causal
from etpp.books.model import EventTime, TimeState

NOW = dt.datetime(2026, 11, 24, 0, 30, tzinfo=dt.UTC)


def time(earliest_s: float, utc_s: float, latest_s: float, state: TimeState = "trusted") -> EventTime:
    return EventTime(*(NOW + dt.timedelta(seconds=s) for s in (utc_s, earliest_s, latest_s)), state)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        # wholly in the past: as it was sent
        (time(-10, -9, -8), time(-10, -9, -8)),
        # the interval reaches past now: it was before it arrived
        (time(-2, -1, 3), time(-2, -1, 0)),
        # the estimate is half a second ahead: two clocks differ by that, the estimate is kept
        (time(-0.1, 0.5, 0.6), time(-0.1, 0.5, 0.5)),
        # the whole interval is ahead by less than a second: the same
        (time(0.9, 1.0, 1.1), time(0.9, 1.0, 1.0)),
        # a millisecond more contradicts the books, and somebody has to look at it
        (time(0.9, 1.001, 1.1), time(0, 0, 0, "uncertain")),
        # an estimate an hour ahead whose interval holds now: where in it, nobody knows
        (time(-60, 3600, 7200, "estimated"), time(-60, 0, 0, "uncertain")),
        # a clock that is years ahead
        (time(1e8, 1e8, 1e8), time(0, 0, 0, "uncertain")),
        # an uncertain time stays uncertain, bounded by its arrival
        (time(-1e6, -5, 1e6, "uncertain"), time(-1e6, -5, 0, "uncertain")),
    ],
)
def test_a_time_in_the_servers_future(sent: EventTime, kept: EventTime) -> None:
    assert _causal(sent, NOW) == kept
