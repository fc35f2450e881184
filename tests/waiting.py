"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def until(what: str, done: Callable[[], T], within_s: float, pause_s: float = 0.05) -> T:
    """Ask `done` until it is truthy, and hand out what it said. Fails the test when that takes too long."""
    end_s = time.monotonic() + within_s
    while not (value := done()):
        if time.monotonic() > end_s:
            pytest.fail(f"not within {within_s:.0f} s: {what}")
        time.sleep(pause_s)
    return value
