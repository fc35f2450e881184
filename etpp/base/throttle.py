"""A limit on guesses: so many failures a minute from one address, then a pause. In memory, one for each worker."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable

from etpp.base.errors import Problem

ADDRESSES = 10_000
"""How many addresses are remembered; the one that failed longest ago is forgotten first."""


class Throttle:
    """Thread-safe. `failures` are forgiven at an even pace over `per_s` seconds."""

    def __init__(self, failures: int, per_s: float, monotonic_s: Callable[[], float]) -> None:
        self._limit = failures
        self._refill_per_s = failures / per_s
        self._monotonic_s = monotonic_s
        self._debts: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str) -> None:
        """Raises Problem `too-many-requests` when the address has failed too often."""
        with self._lock:
            debt = self._debt(address)
        if debt > self._limit - 1:
            wait_s = math.ceil((debt - self._limit + 1) / self._refill_per_s)
            raise Problem("too-many-requests", "wait as Retry-After says", retry_after_s=max(1, wait_s))

    def failed(self, address: str) -> None:
        with self._lock:
            self._debts[address] = (self._debt(address) + 1, self._monotonic_s())
            self._debts.move_to_end(address)
            while len(self._debts) > ADDRESSES:
                self._debts.popitem(last=False)

    def _debt(self, address: str) -> float:
        debt, since_s = self._debts.get(address, (0.0, 0.0))
        return max(0.0, debt - (self._monotonic_s() - since_s) * self._refill_per_s)
