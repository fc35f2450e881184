"""What a recorder's word proves: whatever a bearer puts together, only events that the recorder made."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.base.errors import Problem
from etpp.books import proof, wire
from etpp.books.arrivals import Arrival, examine
from etpp.books.chain import Place
from etpp.books.model import ZERO_HASH
from etpp.books.proof import Piece, Proof, Word
from etpp.terminals.model import Device

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
KEY = bytes(32)
RECORDER = Device("o", "d", KEY, None, 1, 1, NOW - dt.timedelta(days=9), "t", {})
GOLDEN = Path(__file__).parents[3] / "golden"
LENGTH = 8


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


TRUE = [ZERO_HASH, *(digest(f"honest {seq}") for seq in range(1, LENGTH + 1))]
"""Of the honest event with that number."""


def word(*runs: tuple[int, int], times: bool = False) -> Word:
    said: dict[str, Any] = {"device_id": "d", "chain_id": "c", "first_seq": 1, "last_seq": LENGTH, "signature": "s"}
    said["hash"] = TRUE[LENGTH]
    if runs:
        said["runs"] = [{"first_seq": first, "last_seq": last, "hash": TRUE[last]} for first, last in runs]
    if times:
        for (first, last), run in zip(runs, said["runs"], strict=True):
            run["times_hash"] = digest("[" + ",".join(f'"{seq}"' for seq in range(first, last + 1)) + "]")
    return Word(RECORDER, wire.Carried.model_validate(said), KEY)


def event(seq: int, hash_: str | None = None, prev: str | None = None) -> Piece:
    return Piece(Place(seq, seq, hash_ or TRUE[seq], prev or TRUE[seq - 1]), f'"{seq}"'.encode())


def gap(first: int, last: int, hash_: str | None = None) -> Piece:
    return Piece(Place(first, last, hash_ or TRUE[last], None, is_event=False))


def honest(*gaps: tuple[int, int]) -> list[Piece]:
    pieces, seq = [], 1
    for first, last in (*gaps, (LENGTH + 1, LENGTH + 1)):
        pieces += [event(each) for each in range(seq, first)]
        if last <= LENGTH:
            pieces.append(gap(first, last))
        seq = last + 1
    return pieces


@st.composite
def brought(draw: st.DrawFn) -> list[Piece]:
    """All that holds together from piece to piece: events that were made up, links with true and false hashes, and an
    honest event wherever the hash before it is the true one."""
    pieces: list[Piece] = []
    seq, before = 1, ZERO_HASH
    while seq <= LENGTH:
        kinds = ["forged", "link"] + ["honest"] * 3 * (before == TRUE[seq - 1])
        match draw(st.sampled_from(kinds)):
            case "honest":
                pieces.append(event(seq))
            case "forged":
                pieces.append(event(seq, digest(f"forged {seq} {before}"), before))
            case _:
                last = draw(st.integers(seq, LENGTH))
                pieces.append(gap(seq, last, draw(st.sampled_from([TRUE[last], digest("false")]))))
        place = pieces[-1].place
        seq, before = place.last + 1, place.hash
    return pieces


@given(brought(), st.sampled_from([(), ((1, LENGTH),), ((1, 3), (4, LENGTH)), ((2, 3), (6, LENGTH))]))
def test_nothing_is_proven_that_the_recorder_did_not_make(
    pieces: list[Piece], runs: tuple[tuple[int, int], ...]
) -> None:
    try:
        found = proof.prove(word(*runs), pieces, 0, NOW)
    except Problem:
        return
    made = {piece.place.last for piece in pieces if piece.place.is_event and piece.place.hash == TRUE[piece.place.last]}
    assert found.proven <= made
    assert LENGTH in found.proven
    for first, last in runs:
        assert set(range(first, last + 1)) <= found.proven


@pytest.mark.parametrize(
    ("gaps", "runs", "proven"),
    [
        ((), (), {1, 2, 3, 4, 5, 6, 7, 8}),
        ((), ((1, 8),), {1, 2, 3, 4, 5, 6, 7, 8}),
        (((3, 4),), (), {5, 6, 7, 8}),
        (((3, 4),), ((1, 2), (5, 8)), {1, 2, 5, 6, 7, 8}),
        (((1, 3), (6, 6)), ((4, 5), (7, 8)), {4, 5, 7, 8}),
        # An oldest run that was too many for one statement.
        (((3, 4),), ((5, 8),), {5, 6, 7, 8}),
        # More than was signed as whole is here: it stands before a signed end.
        ((), ((3, 8),), {1, 2, 3, 4, 5, 6, 7, 8}),
    ],
)
def test_an_honest_stretch(gaps: tuple[Any, ...], runs: tuple[Any, ...], proven: set[int]) -> None:
    found = proof.prove(word(*runs), honest(*gaps), 0, NOW)
    assert found.proven == proven
    assert found.whole == (not gaps and len(proven) == LENGTH)


@pytest.mark.parametrize(
    ("pieces", "runs"),
    [
        (honest((2, 2)), ((1, 8),)),
        (honest((1, 1)), ((1, 8),)),
        (honest((8, 8)), ()),
        (honest()[:7], ()),
        ([*honest()[:7], event(8, digest("another"))], ()),
        ([*honest()[:2], event(3, digest("another")), gap(4, 7), event(8)], ((1, 3), (8, 8))),
    ],
)
def test_what_is_not_all_that_was_signed_is_refused(pieces: list[Piece], runs: tuple[Any, ...]) -> None:
    with pytest.raises(Problem, match="carried-refused"):
        proof.prove(word(*runs), pieces, 0, NOW)


def test_what_the_books_hold_need_not_come_again() -> None:
    """The bearer has thinned it since it was acknowledged."""
    pieces = honest((1, 3))
    with pytest.raises(Problem, match="carried-refused"):
        proof.prove(word((1, 8)), pieces, 2, NOW)
    found = proof.prove(word((1, 8), times=True), pieces, 3, NOW)
    assert (found.proven, found.timed) == ({4, 5, 6, 7, 8}, frozenset())
    found = proof.prove(word((1, 8), times=True), honest((1, 1)), 1, NOW)
    assert (found.proven, found.timed) == ({2, 3, 4, 5, 6, 7, 8}, frozenset())


def test_times_count_run_by_run() -> None:
    pieces = honest((4, 5))
    found = proof.prove(word((1, 3), (6, 8), times=True), pieces, 0, NOW)
    assert found.timed == {1, 2, 3, 6, 7, 8}
    assert proof.prove(word((1, 3), (6, 8)), pieces, 0, NOW).timed == frozenset()
    pieces[1] = Piece(pieces[1].place, b'"9"')
    with pytest.raises(Problem, match="times"):
        proof.prove(word((1, 3), (6, 8), times=True), pieces, 0, NOW)


def test_the_golden_stretch_is_proven_with_its_times() -> None:
    request = json.loads((GOLDEN / "events_carried.json").read_text(encoding="utf-8"))["request"]
    said = wire.Carried.model_validate(request["carried"])
    found: Proof = proof.prove(Word(RECORDER, said, KEY), [proof.piece(item) for item in request["events"]], 0, NOW)
    assert found.proven == found.timed == {1, 2, 3, 4}


def test_a_former_key_is_good_for_what_may_have_been_before_it_was_replaced() -> None:
    """The first of them lies somewhere between 00:00 and 00:31, the next three after 00:30."""
    request = json.loads((GOLDEN / "events_carried.json").read_text(encoding="utf-8"))["request"]
    said = wire.Carried.model_validate(request["carried"])
    until = dt.datetime(2026, 11, 24, 0, 30, tzinfo=dt.UTC)
    found = proof.prove(Word(RECORDER, said, KEY, until), [proof.piece(item) for item in request["events"]], 0, NOW)
    judged = [found.judge(item) for item in examine(request["events"], said.device_id) if isinstance(item, Arrival)]
    assert [item.problem and str(item.problem["type"]).rsplit(":", 1)[-1] for item in judged] == [
        None,
        *["event-unproven"] * 3,
    ]
