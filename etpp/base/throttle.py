"""A limit on guesses: so many failures a minute by one address or for one account, then a pause. In memory, one for
each worker."""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import OrderedDict
from collections.abc import Callable

from etpp.base.errors import Problem

ADDRESSES = 10_000
"""How many addresses and accounts are remembered; the one that failed longest ago is forgotten first."""


class Throttle:
    """Thread-safe. `failures` are forgiven at an even pace over `per_s` seconds."""

    def __init__(self, failures: int, per_s: float, monotonic_s: Callable[[], float]) -> None:
        self._limit = failures
        self._refill_per_s = failures / per_s
        self._monotonic_s = monotonic_s
        self._debts: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def reserve(self, key: str) -> None:
        """Count an attempt as failed before it is looked at: of many at once, none gets past the limit while the others
        are being looked at. Raises Problem `too-many-requests` when there were too many."""
        with self._lock:
            debt = self._debt(key)
            if debt > self._limit - 1:
                wait_s = math.ceil((debt - self._limit + 1) / self._refill_per_s)
                raise Problem("too-many-requests", "wait as Retry-After says", retry_after_s=max(1, wait_s))
            self._debts[key] = (debt + 1, self._monotonic_s())
            self._debts.move_to_end(key)
            while len(self._debts) > ADDRESSES:
                self._debts.popitem(last=False)

    def forgive(self, key: str) -> None:
        """The attempt was a good one."""
        with self._lock:
            if key in self._debts:
                self._debts[key] = (max(0.0, self._debt(key) - 1), self._monotonic_s())

    def _debt(self, address: str) -> float:
        debt, since_s = self._debts.get(address, (0.0, 0.0))
        return max(0.0, debt - (self._monotonic_s() - since_s) * self._refill_per_s)


def network_of(host: str) -> str:
    """What one guesser has: an IPv4 address, however it is written, or the /64 of an IPv6 one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))


def around(network: str) -> tuple[str, ...]:
    """A guesser's network as `network_of` has it, then the wider ones that a single guesser may have to spend: of IPv6
    a household is given a /56, a company a /48."""
    if "/" not in network:
        return (network,)
    inner = ipaddress.IPv6Network(network)
    return (network, *(str(inner.supernet(new_prefix=prefix)) for prefix in (56, 48)))
