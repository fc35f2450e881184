"""The limit on guesses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from etpp.base.errors import Problem
from etpp.base.throttle import ADDRESSES, Throttle, around, network_of


def test_failures_are_forgiven_with_time() -> None:
    now = [0.0]
    throttle = Throttle(3, 60.0, lambda: now[0])
    for _ in range(3):
        throttle.reserve("a")
    with pytest.raises(Problem) as caught:
        throttle.reserve("a")
    assert caught.value.retry_after_s == 20
    throttle.reserve("b")
    now[0] = 20.0
    throttle.reserve("a")


def test_many_addresses_do_not_fill_the_memory() -> None:
    throttle = Throttle(3, 60.0, lambda: 0.0)
    for number in range(ADDRESSES + 100):
        throttle.reserve(str(number))
    assert len(throttle._debts) == ADDRESSES


def test_of_many_at_once_only_so_many_are_looked_at() -> None:
    """Each is counted before it is known to be wrong."""
    throttle, tried = Throttle(20, 60.0, lambda: 0.0), 0
    with ThreadPoolExecutor(32) as pool:
        for refused in pool.map(lambda _: _refused(throttle), range(200)):
            tried += not refused
    assert tried == 20


def _refused(throttle: Throttle) -> bool:
    try:
        throttle.reserve("console 192.0.2.1")
    except Problem:
        return True
    return False


def test_a_good_attempt_is_not_held_against_anybody() -> None:
    throttle = Throttle(2, 60.0, lambda: 0.0)
    for _ in range(50):
        throttle.reserve("a")
        throttle.forgive("a")
    throttle.reserve("a")
    throttle.reserve("a")
    with pytest.raises(Problem):
        throttle.reserve("a")
    throttle.forgive("never seen")


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),  # as a socket of both families shows it
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),  # one guesser has all of a /64
        ("testclient", "testclient"),
    ],
)
def test_what_one_guesser_has(host: str, network: str) -> None:
    assert network_of(host) == network


@pytest.mark.parametrize(
    ("network", "wider"),
    [
        ("192.0.2.1", ()),
        ("testclient", ()),
        ("2001:db8:1:23ab::/64", ("2001:db8:1:2300::/56", "2001:db8:1::/48")),
    ],
)
def test_what_one_guesser_may_have_to_spend(network: str, wider: tuple[str, ...]) -> None:
    assert around(network) == (network, *wider)
