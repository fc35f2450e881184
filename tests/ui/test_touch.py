"""Which touches count."""

from __future__ import annotations

import pytest

from kiosk.ui.touch import GAP_S, GUARD_S, TouchGuard


@pytest.fixture
def guard() -> TouchGuard:
    return TouchGuard(100.0)


def test_a_new_screen_takes_no_touch_at_first(guard: TouchGuard) -> None:
    assert not guard.accepts(100.0 + GUARD_S * 0.9)
    assert guard.accepts(100.0 + GUARD_S)


def test_another_screen_is_guarded_anew(guard: TouchGuard) -> None:
    guard.changed(200.0)
    assert not guard.accepts(200.1)
    assert guard.accepts(200.0 + GUARD_S)


def test_a_bouncing_finger_is_one_touch(guard: TouchGuard) -> None:
    assert guard.accepts(101.0)
    assert not guard.accepts(101.0 + GAP_S * 0.9)
    assert guard.accepts(101.0 + GAP_S)


def test_a_swallowed_touch_does_not_prolong_the_wait(guard: TouchGuard) -> None:
    assert guard.accepts(101.0)
    assert not guard.accepts(101.0 + GAP_S * 0.6)
    assert guard.accepts(101.0 + GAP_S * 1.2)
