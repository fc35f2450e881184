"""The hash chain: what follows the head, what is a gap, what is another history."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.chain import Place, canonical, event_hash, follow
from etpp.errors import Problem
from etpp.model import ZERO_HASH


def chain(length: int, seed: str = "") -> list[Place]:
    places: list[Place] = []
    for seq in range(1, length + 1):
        prev = places[-1].hash if places else ZERO_HASH
        places.append(Place(seq, event_hash({"seq": seq, "prev": prev, "seed": seed}), prev))
    return places


START = Place(0, ZERO_HASH, "")


def follow_from(held: int, sent: list[Place], true: list[Place]) -> list[Place]:
    head = true[held - 1] if held else START
    return follow(head, sent, {place.seq: place.hash for place in true[:held]})


@given(st.integers(0, 12), st.data())
def test_any_overlap_gives_exactly_what_is_new(length: int, data: st.DataObject) -> None:
    true = chain(length)
    held = data.draw(st.integers(0, length))
    first = data.draw(st.integers(0, held))
    last = data.draw(st.integers(first, length))
    assert follow_from(held, true[first:last], true) == true[held:last]


@given(st.integers(1, 10), st.data())
def test_a_batch_that_starts_behind_the_head_is_a_gap(length: int, data: st.DataObject) -> None:
    true = chain(length + 1)
    held = data.draw(st.integers(0, length - 1))
    first = data.draw(st.integers(held + 1, length))
    with pytest.raises(Problem) as caught:
        follow_from(held, true[first:], true)
    assert (caught.value.name, caught.value.members) == ("sequence-gap", {"expected_seq": held + 1})


@given(st.lists(st.integers(0, 5), min_size=2, max_size=6).filter(lambda order: order != sorted(set(order))))
def test_a_reordered_or_repeated_batch_is_a_gap(order: list[int]) -> None:
    true = chain(6)
    if any(b != a + 1 for a, b in itertools.pairwise(order)):
        with pytest.raises(Problem) as caught:
            follow_from(0, [true[i] for i in order], true)
        assert caught.value.name == "sequence-gap"


@given(st.integers(0, 4), st.integers(0, 4))
def test_another_history_is_a_broken_chain(held: int, first: int) -> None:
    true, forged = chain(5), chain(5, "forged")
    if first > held:
        return
    with pytest.raises(Problem) as caught:
        # At the very start a forged chain is a chain like any other: only a link to what is held can contradict.
        follow_from(held, forged[first:] if held else [Place(1, forged[0].hash, "f" * 64)], true)
    assert (caught.value.name, caught.value.members) == ("chain-broken", {"expected_seq": held + 1})


def test_numbers_are_hashed_as_rfc_8785_writes_them() -> None:
    assert (
        canonical({"b": 1.0, "a": 1e21, "c": 1e-7, "é": "\u2028"}) == '{"a":1e+21,"b":1,"c":1e-7,"é":"\u2028"}'.encode()
    )
    assert event_hash({"a": 1.0, "hash": "x"}) == event_hash({"a": 1})


@pytest.mark.parametrize("value", [2**53, float("nan"), "\ud800", object()])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="RFC 8785"):
        canonical({"value": value})
