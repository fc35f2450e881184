"""The limit on guesses."""

from __future__ import annotations

import pytest

from etpp.base.errors import Problem
from etpp.base.throttle import ADDRESSES, Throttle


def test_failures_are_forgiven_with_time() -> None:
    now = [0.0]
    throttle = Throttle(3, 60.0, lambda: now[0])
    for _ in range(3):
        throttle.check("a")
        throttle.failed("a")
    with pytest.raises(Problem) as caught:
        throttle.check("a")
    assert caught.value.retry_after_s == 20
    throttle.check("b")
    now[0] = 20.0
    throttle.check("a")


def test_many_addresses_do_not_fill_the_memory() -> None:
    throttle = Throttle(3, 60.0, lambda: 0.0)
    for number in range(ADDRESSES + 100):
        throttle.failed(str(number))
    assert len(throttle._debts) == ADDRESSES
