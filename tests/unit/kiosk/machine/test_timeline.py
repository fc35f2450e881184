"""Trusted time against a simulated world: reboots, drifting clocks, late contacts, a wall clock that says anything."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.machine.timeline import CEILING_UTC, DRIFT, FLOOR_UTC, NTP_ERROR_MS, Boot, Timeline, locate
from kiosk.model import Anchor, ClockState, Moment

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
WORLD_START_MS = dt.datetime(2026, 3, 1, tzinfo=dt.UTC).timestamp() * 1000
HOUR_MS = 3_600_000


def utc(ms: float) -> dt.datetime:
    return EPOCH + dt.timedelta(milliseconds=math.floor(ms))


def ms_of(time: dt.datetime) -> float:
    return (time - EPOCH) / dt.timedelta(milliseconds=1)


@dataclass
class Lived:
    """One boot as it really was: events with their true times, and what the terminal wrote down."""

    boot: Boot
    events: list[tuple[float, Moment]] = field(default_factory=list)


@st.composite
def worlds(draw: st.DrawFn, ntp: bool = False) -> list[Lived]:
    """Boots in order. Within one, the boot-time clock's rate changes at every step and stays within the drift."""
    true_ms = WORLD_START_MS + draw(st.floats(0, 1000))
    lives = []
    for n in range(draw(st.integers(1, 5))):
        true_ms += draw(st.floats(0, 400 * HOUR_MS))  # switched off
        clock_ms = 0.0
        life = Lived(Boot(f"boot-{n}", 0))
        anchors: list[Anchor] = []
        in_step: list[Anchor] = []
        wall_error_ms = draw(st.sampled_from([0.0, -56 * 365 * 24 * HOUR_MS, 5e6, 20 * 365 * 24 * HOUR_MS]))
        synchronised = False
        for _ in range(draw(st.integers(1, 6))):
            passed_ms = draw(st.floats(0, 60 * HOUR_MS))
            rate = 1 + draw(st.floats(-DRIFT, DRIFT))
            true_ms += passed_ms
            clock_ms += passed_ms / rate
            m = math.floor(clock_ms)
            if ntp and draw(st.booleans()):
                synchronised = True
                wall_error_ms = draw(st.floats(-NTP_ERROR_MS + 10, NTP_ERROR_MS - 10))
            match draw(st.sampled_from(["event", "event", "anchor", "jump", "noted"])):
                case "event":
                    state = ClockState.SYNCHRONISED if synchronised else ClockState.UNSYNCHRONISED
                    life.events.append((true_ms, Moment(utc(true_ms + wall_error_ms), life.boot.boot_id, m, state)))
                case "anchor":
                    there_ms, back_ms = draw(st.floats(0, 5000)), draw(st.floats(0, 5000))
                    sent = math.floor(clock_ms - there_ms) if clock_ms > there_ms else m
                    stamped_ms = true_ms if clock_ms > there_ms else true_ms + draw(st.floats(0, back_ms))
                    received = math.floor(clock_ms + back_ms)
                    true_ms += back_ms
                    clock_ms += back_ms
                    m = received
                    anchors.append(Anchor(life.boot.boot_id, (sent + received) // 2, utc(stamped_ms), received - sent))
                case "jump" if not ntp:
                    wall_error_ms = draw(st.floats(-1e12, 1e12))
                case "noted" if synchronised:
                    wall = utc(true_ms + wall_error_ms)
                    in_step.append(Anchor(life.boot.boot_id, m, wall, 2 * NTP_ERROR_MS))
                case _:
                    pass
            seen = max(m, life.boot.last_monotonic_ms)
            life.boot = Boot(life.boot.boot_id, seen, tuple(anchors), tuple(in_step))
        lives.append(life)
    return lives


@given(worlds())
@settings(max_examples=400, deadline=None)
def test_the_true_time_lies_in_the_interval(lives: list[Lived]) -> None:
    timeline = Timeline(life.boot for life in lives)
    for life in lives:
        for true_ms, moment in life.events:
            found = timeline.locate(moment)
            assert found.earliest <= found.utc <= found.latest
            assert found.earliest <= utc(true_ms) <= found.latest
            assert (found.state == "trusted") == bool(life.boot.anchors)


@given(worlds(ntp=True))
@settings(max_examples=300, deadline=None)
def test_what_ntp_says_narrows_the_interval_and_still_holds_the_true_time(lives: list[Lived]) -> None:
    timeline = Timeline(life.boot for life in lives)
    for life in lives:
        for true_ms, moment in life.events:
            found = timeline.locate(moment)
            assert found.earliest <= utc(true_ms) <= found.latest
            if moment.clock_state is ClockState.SYNCHRONISED and not life.boot.anchors:
                assert found.state == "estimated"
                drifted = dt.timedelta(milliseconds=2 * NTP_ERROR_MS + 2 * DRIFT * moment.monotonic_ms + 10)
                assert found.latest - found.earliest <= drifted


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_the_interval_is_the_tightest_that_the_facts_allow(lives: list[Lived]) -> None:
    """Against an independent solution: the facts as difference constraints, solved by shortest paths (Bellman-Ford)."""
    timeline = Timeline(life.boot for life in lives)
    bounds = tightest(lives)
    for life in lives:
        for _, moment in life.events:
            found = timeline.locate(moment)
            low, high = bounds[moment.boot_id, moment.monotonic_ms]
            low, high = max(low, ms_of(FLOOR_UTC)), min(high, ms_of(CEILING_UTC))
            assert abs(ms_of(found.earliest) - low) <= 2
            assert abs(ms_of(found.latest) - high) <= 2


def tightest(lives: list[Lived]) -> dict[tuple[str, int], tuple[float, float]]:
    edges: list[tuple[object, object, float]] = []  # (a, b, w): T(b) <= T(a) + w
    points: list[tuple[str, int]] = []
    last: tuple[str, int] | None = None
    for life in lives:
        boot = life.boot
        instants = {0, boot.last_monotonic_ms, *(a.monotonic_ms for a in boot.anchors)}
        instants |= {moment.monotonic_ms for _, moment in life.events}
        own = [(boot.boot_id, m) for m in sorted(instants)]
        for (_, m1), (_, m2) in itertools.pairwise(own):
            a, b = (boot.boot_id, m1), (boot.boot_id, m2)
            edges += [(a, b, (m2 - m1) * (1 + DRIFT)), (b, a, -(m2 - m1) * (1 - DRIFT))]
        for anchor in boot.anchors:
            point, error = (boot.boot_id, anchor.monotonic_ms), anchor.round_trip_ms / 2 + 2
            edges += [
                ("utc", point, ms_of(anchor.server_utc) + error),
                (point, "utc", -(ms_of(anchor.server_utc) - error)),
            ]
        if last is not None:
            edges.append((own[0], last, 0.0))
        last = (boot.boot_id, boot.last_monotonic_ms)
        points += own
    highest = shortest("utc", edges)
    lowest = shortest("utc", [(b, a, w) for a, b, w in edges])
    return {p: (-lowest.get(p, math.inf), highest.get(p, math.inf)) for p in points}


def shortest(source: object, edges: list[tuple[object, object, float]]) -> dict[object, float]:
    distance: dict[object, float] = {source: 0.0}
    changed = True
    while changed:
        changed = False
        for a, b, w in edges:
            if a in distance and distance[a] + w < distance.get(b, math.inf) - 1e-6:
                distance[b] = distance[a] + w
                changed = True
    return distance


# ---------------------------------------------------------------- plain cases, for the reader


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 24, hour, minute, tzinfo=dt.UTC)


WRONG = dt.datetime(1970, 1, 1, 0, 5, tzinfo=dt.UTC)


def test_an_anchor_later_in_the_boot_dates_what_came_before_it() -> None:
    event = Moment(WRONG, "b", 60_000, ClockState.UNSYNCHRONISED)
    found = locate(event, [Boot("b", 660_000, (Anchor("b", 660_000, at(1), 100),))])
    assert found.utc == at(0, 50)
    assert found.state == "trusted"
    assert found.latest - found.earliest < dt.timedelta(seconds=1)


def test_a_boot_that_met_nobody_lies_between_its_neighbours() -> None:
    boots = [
        Boot("before", 10_000, (Anchor("before", 10_000, at(1), 0),)),
        Boot("alone", 120_000),
        Boot("after", 5_000, (Anchor("after", 5_000, at(3), 0),)),
    ]
    found = locate(Moment(WRONG, "alone", 60_000, ClockState.UNSYNCHRONISED), boots)
    assert found.state == "uncertain"
    assert abs(found.earliest - at(1, 1)) < dt.timedelta(seconds=1)
    assert abs(found.latest - at(2, 58) - dt.timedelta(seconds=55)) < dt.timedelta(seconds=1)
    assert found.earliest < found.utc < found.latest


def test_a_battery_clock_is_believed_as_far_as_nothing_contradicts_it() -> None:
    """It is an estimate and no proof: the interval stays that of the neighbours, and so does the mark."""
    before = Boot("before", 10_000, (Anchor("before", 10_000, at(1), 0),))
    alone = Boot("alone", 60_000)
    right = locate(Moment(at(2), "alone", 60_000, ClockState.UNSYNCHRONISED), [before, alone])
    assert (right.utc, right.state) == (at(2), "uncertain")
    flat = locate(Moment(WRONG, "alone", 60_000, ClockState.UNSYNCHRONISED), [before, alone])
    assert flat.utc >= at(1), "an empty battery's time is known to be wrong"
    assert (flat.earliest, flat.latest) == (right.earliest, right.latest)


def test_a_wall_clock_that_may_be_right_is_the_best_estimate_of_an_uncertain_time() -> None:
    boots = [
        Boot("before", 10_000, (Anchor("before", 10_000, at(1), 0),)),
        Boot("alone", 60_000),
        Boot("after", 5_000, (Anchor("after", 5_000, at(3), 0),)),
    ]
    found = locate(Moment(at(2), "alone", 60_000, ClockState.UNSYNCHRONISED), boots)
    assert (found.utc, found.state) == (at(2), "uncertain")


def test_a_claim_of_ntp_that_the_neighbours_rule_out_is_not_believed() -> None:
    boots = [
        Boot("alone", 60_000),
        Boot("after", 5_000, (Anchor("after", 5_000, at(3), 0),)),
    ]
    found = locate(Moment(at(5), "alone", 60_000, ClockState.SYNCHRONISED), boots)
    assert found.state == "uncertain"
    assert found.latest < at(3)


def test_a_server_whose_own_clock_was_set_leaves_the_newest_anchor_in_force() -> None:
    anchors = (Anchor("b", 0, at(1), 100), Anchor("b", 60_000, at(9), 100))
    found = locate(Moment(WRONG, "b", 60_000, ClockState.UNSYNCHRONISED), [Boot("b", 60_000, anchors)])
    assert found.utc == at(9)


def test_an_unknown_boot_gives_no_false_certainty() -> None:
    found = locate(Moment(WRONG, "elsewhere", 5, ClockState.UNSYNCHRONISED), [])
    assert (found.earliest, found.latest, found.state) == (FLOOR_UTC, CEILING_UTC, "uncertain")
    assert (FLOOR_UTC.isoformat(), CEILING_UTC.isoformat()) == (
        "2025-01-01T00:00:00+00:00",
        "2262-01-01T00:00:00+00:00",
    )


def test_times_cut_to_milliseconds_are_allowed_for() -> None:
    # The server stamped 01:00:00.0009 and wrote .000; the boot-time clock stood at 0.9 ms and was noted as 0.
    found = locate(Moment(WRONG, "b", 0, ClockState.UNSYNCHRONISED), [Boot("b", 0, (Anchor("b", 0, at(1), 0),))])
    assert found.earliest <= at(1) - dt.timedelta(milliseconds=1)
    assert found.latest >= at(1) + dt.timedelta(milliseconds=1)


# ---------------------------------------------------------------- to the millisecond, by hand from the two bounds

ONE = at(1)
CENTURY_AHEAD = dt.datetime(2126, 1, 1, tzinfo=dt.UTC)


def after_one(ms: int) -> dt.datetime:
    return ONE + dt.timedelta(milliseconds=ms)


def met(boot_id: str, m: int, ms: int, round_trip_ms: int = 0) -> Anchor:
    """A meeting at the boot's `m`, when the server said one o'clock and `ms`. Its error: half the way and 2 ms."""
    return Anchor(boot_id, m, after_one(ms), round_trip_ms)


MET_TWICE = [Boot("b", 1_000_000, (met("b", 0, 0), met("b", 1_000_000, 1_000_000)))]
ALONE = [
    Boot("before", 20_000, (met("before", 10_000, 0),)),  # last seen no earlier than -2 + 10_000 * 0.9994 = 9_992
    Boot("alone", 120_000),
    Boot("after", 5_000, (met("after", 5_000, 7_200_001),)),  # began by 7_200_003 - 5_000 * 0.9994 = 7_195_006
]
ENDS_WITHIN_A_MS = [*ALONE[:2], Boot("after", 5_001, (met("after", 5_001, 7_200_001),))]
TWO_ALONE = [ALONE[0], Boot("first", 100_000), Boot("second", 200_000), ALONE[2]]
SERVER_SET = [Boot("b", 60_000, (met("b", 0, 0), met("b", 60_000, 28_800_000)))]
IN_STEP = [Boot("b", 500_000, (), (Anchor("b", 0, ONE, 2 * 16_000),))]
TOUCHING = [Boot("b", 5_000, (met("b", 0, 0), met("b", 5_000, 5_007)))]  # 5_005 - 5_000 * 1.0006 = 2 = 0 + 2
CONTRADICTED = [Boot("before", 10_000, (met("before", 10_000, 3_600_000),)), Boot("b", 10_000, (met("b", 10_000, 0),))]


@pytest.mark.parametrize(
    ("boots", "boot_id", "m", "expected"),
    [
        # half of 100 ms and 2 ms, and 0.6 ms for each second away from the meeting
        ([Boot("b", 0, (met("b", 1_000_000, 0, 100),))], "b", 1_000_000, (0, -52, 52, "trusted")),
        ([Boot("b", 0, (met("b", 1_000_000, 0, 100),))], "b", 2_000_000, (1_000_000, 999_348, 1_000_652, "trusted")),
        ([Boot("b", 0, (met("b", 1_000_000, 0, 100),))], "b", 0, (-1_000_000, -1_000_652, -999_348, "trusted")),
        # the nearer of two meetings says more
        (MET_TWICE, "b", 250_000, (250_000, 249_848, 250_152, "trusted")),
        (MET_TWICE, "b", 750_000, (750_000, 749_848, 750_152, "trusted")),
        # two meetings whose intervals have one moment in common leave that one
        (TOUCHING, "b", 0, (2, 2, 2, "trusted")),
        # the server's clock was set in between: from the newest meeting alone
        (SERVER_SET, "b", 1_060_000, (29_800_000, 29_799_398, 29_800_602, "trusted")),
        (SERVER_SET, "b", 0, (28_740_000, 28_739_962, 28_740_038, "trusted")),
        # … or between two boots: this boot's own
        (CONTRADICTED, "b", 10_000, (0, -2, 2, "trusted")),
        # since the boot before was last seen, until this one was last seen before the next began
        (ALONE, "alone", 50_000, (3_592_505, 59_962, 7_125_048, "uncertain")),
        (ALONE, "alone", 120_000, (3_662_463, 129_920, 7_195_006, "uncertain")),
        (ALONE, "alone", 140_000, (3_672_457, 149_908, 7_195_006, "uncertain")),
        # … which began by 7_200_003 - 5_001 * 0.9994 = 7_195_005.0006: ends are rounded outwards
        (ENDS_WITHIN_A_MS, "alone", 120_000, (3_662_463, 129_920, 7_195_006, "uncertain")),
        (TWO_ALONE, "first", 0, (3_452_589, 9_992, 6_895_186, "uncertain")),
        (TWO_ALONE, "second", 0, (3_552_529, 109_932, 6_995_126, "uncertain")),
    ],
)
def test_to_the_millisecond(boots: list[Boot], boot_id: str, m: int, expected: tuple[int, int, int, str]) -> None:
    found = locate(Moment(WRONG, boot_id, m, ClockState.UNSYNCHRONISED), boots)
    estimate, earliest, latest, state = expected
    assert (found.utc, found.earliest, found.latest, found.state) == (
        after_one(estimate),
        after_one(earliest),
        after_one(latest),
        state,
    )


def test_the_first_boot_has_no_beginning_and_the_last_no_end() -> None:
    boots = [Boot("first", 10_000), *MET_TWICE, Boot("last", 10_000)]
    first = locate(Moment(WRONG, "first", 10_000, ClockState.UNSYNCHRONISED), boots)
    assert (first.earliest, first.latest) == (FLOOR_UTC, after_one(2))
    last = locate(Moment(WRONG, "last", 10_000, ClockState.UNSYNCHRONISED), boots)
    assert (last.earliest, last.latest) == (after_one(999_998 + 9_994), CEILING_UTC)


@pytest.mark.parametrize(
    ("wall_ms", "estimate_ms"),
    [
        (59_962, 59_962),  # the interval's first moment
        (59_961, 3_592_505),  # one before it: known to be wrong, so the middle
        (7_125_048, 7_125_048),  # its last
        (7_125_049, 3_592_505),
    ],
)
def test_a_wall_clock_is_believed_to_the_ends_of_the_uncertain_interval(wall_ms: int, estimate_ms: int) -> None:
    found = locate(Moment(after_one(wall_ms), "alone", 50_000, ClockState.UNSYNCHRONISED), ALONE)
    assert (found.utc, found.state) == (after_one(estimate_ms), "uncertain")


@pytest.mark.parametrize(
    ("boots", "m", "wall_ms", "state", "half_ms"),
    [
        # in step now: the kernel's 16 s, 2 ms, and what a meeting at the boot's beginning may have drifted since
        ([Boot("b", 1_000_000)], 1_000_000, 0, ClockState.SYNCHRONISED, 16_000 + 2 + 600),
        ([], 1_000_000, 0, ClockState.SYNCHRONISED, 16_000 + 2 + 600),
        # in step at the boot's beginning, no more: that, and the drift of half a million
        (IN_STEP, 500_000, 500_000, ClockState.UNSYNCHRONISED, 16_000 + 2 + 300),
    ],
)
def test_ntp_to_the_millisecond(boots: list[Boot], m: int, wall_ms: int, state: ClockState, half_ms: int) -> None:
    wall = after_one(wall_ms) if state is ClockState.SYNCHRONISED else CENTURY_AHEAD
    found = locate(Moment(wall, "b", m, state), boots)
    assert (found.utc, found.state) == (after_one(wall_ms), "estimated")
    assert (found.earliest, found.latest) == (after_one(wall_ms - half_ms), after_one(wall_ms + half_ms))
