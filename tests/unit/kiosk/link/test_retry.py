from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.link.retry import MAX_RETRY_AFTER_S, delay_s, with_retry_after


class Fixed:
    def __init__(self, value: float) -> None:
        self.value = value

    def random(self) -> float:
        return self.value

    def randrange(self, stop: int, /) -> int:
        return 0


def test_the_delay_doubles_up_to_the_ceiling() -> None:
    delays = [delay_s(n, Fixed(1.0), base_s=1, ceiling_s=60) for n in range(1, 9)]
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True))
def test_the_jitter_keeps_between_half_and_all_however_many_attempts(attempt: int, chance: float) -> None:
    delay = delay_s(attempt, Fixed(chance), base_s=1, ceiling_s=300)
    whole = min(2.0 ** min(attempt - 1, 32), 300)
    assert whole / 2 <= delay <= whole


def test_two_terminals_do_not_stay_in_step() -> None:
    source = random.Random(1)
    assert len({delay_s(5, source, base_s=1, ceiling_s=300) for _ in range(40)}) == 40


def test_attempts_count_from_one() -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        delay_s(0, Fixed(0), base_s=1, ceiling_s=1)


@pytest.mark.parametrize(
    ("delay", "retry_after", "expected"),
    [(5, None, 5), (5, 30, 30), (60, 30, 60), (5, -3, 5), (5, 10**9, MAX_RETRY_AFTER_S)],
)
def test_retry_after_is_a_minimum_with_an_upper_limit(delay: float, retry_after: float | None, expected: float) -> None:
    assert with_retry_after(delay, retry_after) == expected
