"""Trusted time against a simulated world: reboots, drifting clocks, late contacts, a wall clock that says anything."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import dataclass, field

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
        life = Lived(Boot(f"boot-{n}"))
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


def test_times_cut_to_milliseconds_are_allowed_for() -> None:
    # The server stamped 01:00:00.0009 and wrote .000; the boot-time clock stood at 0.9 ms and was noted as 0.
    found = locate(Moment(WRONG, "b", 0, ClockState.UNSYNCHRONISED), [Boot("b", 0, (Anchor("b", 0, at(1), 0),))])
    assert found.earliest <= at(1) - dt.timedelta(milliseconds=1)
    assert found.latest >= at(1) + dt.timedelta(milliseconds=1)
