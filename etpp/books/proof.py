"""What the word of a recording terminal proves of the events that another one brought. Pure.

The word signs where an unbroken run of events ends; each event names the hash of the one before it; so from a signed
end backwards nothing can be added, left out or changed. A link proves nothing: its hash is the bearer's own claim.
"""

from __future__ import annotations

import bisect
import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from etpp.base import encoding
from etpp.base.errors import Problem
from etpp.base.problems import document
from etpp.books import chain, wire
from etpp.books.arrivals import Arrival
from etpp.books.model import EventTime
from etpp.terminals.model import Device

NTP_ERROR = dt.timedelta(seconds=16)
"""The kernel calls its clock synchronised while its error estimate is below 16 s (NTP_PHASE_LIMIT in timex.h)."""

DRIFT = 600e-6
"""Largest error of a terminal's clock between two settings: 500 ppm of slewing (adjtimex(2)), 100 of the crystal."""


@dataclass(frozen=True)
class Word:
    """A statement whose signature holds. `key`: the one that signed; `until`: when it was replaced."""

    recorder: Device
    carried: wire.Carried
    key: bytes
    until: dt.datetime | None = None


@dataclass(frozen=True)
class Piece:
    """What the proof needs of one item. `time`: in canonical form. `clock`: the event's, with its error, if in step."""

    place: chain.Place
    time: bytes = b""
    clock: tuple[dt.datetime, dt.timedelta] | None = None


@dataclass(frozen=True)
class Proof:
    """`proven`: seqs of events that the recorder made. `timed`: those whose sent times it made too. `spans`: for the
    other proven ones, between which moments their neighbours in the chain lie. `whole`: all of the stretch is proven.
    """

    word: Word
    proven: frozenset[int]
    timed: frozenset[int]
    spans: Mapping[int, tuple[dt.datetime, dt.datetime]]
    whole: bool

    def judge(self, arrival: Arrival) -> Arrival:
        """The event with a time that somebody has signed, or with the reason why it does not count."""
        seq = arrival.link.seq
        if seq not in self.proven:
            why = "no signed end of an unbroken run of its terminal's events stands behind it"
            return replace(arrival, problem=arrival.problem or document("event-unproven", why))
        if arrival.event is None or arrival.time is None:
            return arrival
        time = arrival.time if seq in self.timed else _own_time(arrival.event, *self.spans[seq])
        arrival = replace(arrival, time=time)
        if self.word.until is not None and time.earliest_utc > self.word.until:
            why = "time: lies after the key that vouches for it was replaced"
            return replace(arrival, problem=arrival.problem or document("event-unproven", why))
        return arrival


def piece(item: Mapping[str, Any]) -> Piece:
    """Of an item that was examined when it came."""
    if "link" in item:
        gap = wire.Gap.model_validate(item["link"])
        return Piece(chain.Place(gap.first_seq, gap.last_seq, gap.hash, gap.prev_hash, is_event=False))
    event = item["event"]
    place = chain.Place(event["seq"], event["seq"], event["hash"], event["prev_hash"])
    try:
        time = encoding.canonical(item["time"])
    except ValueError:
        time = b""  # what nobody can have signed
    try:
        clock = clock_of(event["clock_state"], encoding.parse_time(event["wall_utc"]), int(event["monotonic_ms"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        clock = None  # the event's shape rejects it
    return Piece(place, time, clock)


def prove(word: Word, pieces: Sequence[Piece], head_seq: int, now: dt.datetime) -> Proof:
    """`pieces`: the whole stretch as it was brought, each following the one before it; the books hold up to `head_seq`.

    Raises Problem `carried-refused` for a stretch that is not the one which the word speaks of.
    """
    proven = _proven(word.carried, pieces)
    lasts = [each.place.last for each in pieces]
    timed: set[int] = set()
    for run in word.carried.runs or ():
        needed = run.last_seq - max(run.first_seq - 1, head_seq)
        if needed > 0 and _count(proven, run.first_seq, run.last_seq) < needed:
            raise refusal("an event of a run that is signed as whole is missing")
        if run.times_hash is not None and _count(proven, run.first_seq, run.last_seq) > run.last_seq - run.first_seq:
            # All of them are events, so that they stand one by one.
            inside = pieces[bisect.bisect_left(lasts, run.first_seq) : bisect.bisect_right(lasts, run.last_seq)]
            if _times_hash(each.time for each in inside) != run.times_hash:
                raise refusal("the events' times are not those that were signed")
            timed.update(each.place.last for each in inside)
    known = frozenset(proven)
    events = [each for each in pieces if each.place.last in known]
    return Proof(word, known, frozenset(timed), _spans(word.recorder, events, now), len(known) == len(pieces))


def refusal(detail: str) -> Problem:
    """Of a whole stretch: nothing of it counts."""
    return Problem("carried-refused", f"{detail}; import the export of the terminal that recorded them again")


def _proven(carried: wire.Carried, pieces: Sequence[Piece]) -> list[int]:
    """In order."""
    ends = {run.last_seq: run.hash for run in carried.runs or ()} | {carried.last_seq: carried.hash}
    last = pieces[-1].place
    if (last.last, last.is_event) != (carried.last_seq, True):
        raise refusal("the last event is not the one that was signed")
    proven: list[int] = []
    good = False
    for each in reversed(pieces):
        place = each.place
        if place.is_event and ends.get(place.last, place.hash) != place.hash:
            raise refusal("the events are not those that were signed")
        good = place.is_event and (good or place.last in ends)
        if good:
            proven.append(place.last)
    return proven[::-1]


def _count(ordered: Sequence[int], first: int, last: int) -> int:
    return bisect.bisect_right(ordered, last) - bisect.bisect_left(ordered, first)


def _times_hash(times: Iterable[bytes]) -> str:
    """Over the canonical form of the list of the times."""
    return hashlib.sha256(b"[" + b",".join(times) + b"]").hexdigest()


def _spans(recorder: Device, events: Sequence[Piece], now: dt.datetime) -> dict[int, tuple[dt.datetime, dt.datetime]]:
    """Each proven event happened after those before it and before those after it, whose clocks were in step."""
    earliest, latest = recorder.provisioned_utc, now
    lows, highs = [], []
    for each in events:
        if each.clock is not None:
            earliest = max(earliest, each.clock[0] - each.clock[1])
        lows.append(earliest)
    for each in reversed(events):
        if each.clock is not None:
            latest = min(latest, each.clock[0] + each.clock[1])
        highs.append(latest)
    spans = zip(lows, reversed(highs), strict=True)
    return {each.place.last: (min(span), max(span)) for each, span in zip(events, spans, strict=True)}


def _own_time(event: wire.Event, earliest: dt.datetime, latest: dt.datetime) -> EventTime:
    """The time that the event itself tells, nobody having signed the one that was sent with it."""
    clock = clock_of(event.clock_state, event.wall_utc, event.monotonic_ms)
    if clock is None:
        return EventTime(min(max(event.wall_utc, earliest), latest), earliest, latest, "uncertain")
    utc, error = clock
    return EventTime(utc, utc - error, utc + error, "estimated")


def clock_of(state: str, wall_utc: dt.datetime, monotonic_ms: int) -> tuple[dt.datetime, dt.timedelta] | None:
    """What an event's clock showed, and how far that may be from the truth; None when it was not in step. Its newest
    setting is no older than the boot."""
    if state != "synchronised":
        return None
    return wall_utc, NTP_ERROR + dt.timedelta(milliseconds=monotonic_ms) * DRIFT
