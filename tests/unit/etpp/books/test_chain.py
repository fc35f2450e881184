"""The hash chain: what follows the head, what is a gap, what is another history."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.base.encoding import canonical
from etpp.base.errors import Problem
from etpp.books.chain import Place, event_hash, follow
from etpp.books.model import ZERO_HASH


def chain(length: int, seed: str = "") -> list[Place]:
    places: list[Place] = []
    for seq in range(1, length + 1):
        prev = places[-1].hash if places else ZERO_HASH
        places.append(Place(seq, seq, event_hash({"seq": seq, "prev": prev, "seed": seed}), prev))
    return places


def link(true: list[Place], first: int, last: int, knows_prev: bool = True) -> Place:
    """Over the events `first` to `last`."""
    prev = true[first - 1].prev_hash if knows_prev else None
    return Place(first, last, true[last - 1].hash, prev, is_event=False)


def follow_from(held: int, sent: list[Place], true: list[Place]) -> list[Place]:
    """What of `sent` is new to books that hold the first `held` events of `true`."""
    hash_ = true[held - 1].hash if held else ZERO_HASH
    new = follow(held, hash_, sent, {place.last: place.hash for place in true[:held]})
    return [place for place, is_new in zip(sent, new, strict=True) if is_new]


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


@given(st.permutations(range(5)).filter(lambda order: order != sorted(order)))
def test_a_reordered_batch_is_a_gap(order: list[int]) -> None:
    true = chain(5)
    with pytest.raises(Problem, match="sequence-gap"):
        follow_from(0, [true[i] for i in order], true)


@given(st.integers(1, 4), st.data())
def test_another_history_is_a_broken_chain(held: int, data: st.DataObject) -> None:
    true, forged = chain(5), chain(5, "forged")
    first = data.draw(st.integers(0, held))
    with pytest.raises(Problem) as caught:
        follow_from(held, forged[first:], true)
    assert (caught.value.name, caught.value.members) == ("chain-broken", {"expected_seq": held + 1})


def test_another_event_at_a_place_that_is_held_is_a_broken_chain_though_nothing_new_follows() -> None:
    true, forged = chain(3), chain(3, "forged")
    assert follow_from(3, [true[1]], true) == []
    with pytest.raises(Problem, match="chain-broken"):
        follow_from(3, [forged[1]], true)


def test_a_link_below_the_head_is_nothing_new_whatever_the_books_hold_there() -> None:
    """Its last event may itself be known to the books by a link alone, and then there is no hash to compare."""
    true = chain(6)
    assert follow(6, true[5].hash, [link(true, 2, 4)], {}) == [False]


def test_the_first_event_follows_nothing() -> None:
    with pytest.raises(Problem, match="chain-broken"):
        follow_from(0, [Place(1, 1, "a" * 64, "f" * 64)], [])


@given(st.integers(0, 8), st.booleans(), st.data())
def test_a_link_leads_over_what_is_missing(held: int, knows_prev: bool, data: st.DataObject) -> None:
    true = chain(10)
    first = data.draw(st.integers(1, held + 1))
    last = data.draw(st.integers(max(first, held + 1), 9))
    sent = [link(true, first, last, knows_prev), *true[last:]]
    assert follow_from(held, sent, true) == sent
    # Once it is in the books, the same batch holds nothing new.
    assert follow_from(10, sent, true) == []


def test_a_link_cannot_leave_anything_out_or_contradict() -> None:
    true, forged = chain(6), chain(6, "forged")
    for sent, name in (
        ([link(true, 4, 5)], "sequence-gap"),
        ([link(forged, 3, 5)], "chain-broken"),
        ([link(true, 3, 5), forged[5]], "chain-broken"),
        ([link(true, 3, 4), true[5]], "sequence-gap"),
    ):
        with pytest.raises(Problem, match=name):
            follow_from(2, sent, true)


def test_numbers_are_hashed_as_rfc_8785_writes_them() -> None:
    assert (
        canonical({"b": 1.0, "a": 1e21, "c": 1e-7, "é": "\u2028"}) == '{"a":1e+21,"b":1,"c":1e-7,"é":"\u2028"}'.encode()
    )
    assert event_hash({"a": 1.0, "hash": "x"}) == event_hash({"a": 1})


@pytest.mark.parametrize("value", [2**53, float("nan"), "\ud800", object()])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="RFC 8785"):
        canonical({"value": value})
