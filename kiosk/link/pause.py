"""Waiting between attempts: long enough for the server, and no longer than the trouble lasts."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.errors import Refused
from kiosk.link.retry import delay_s, with_retry_after
from kiosk.ports import Randomness

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""How often a wait looks whether its reason is gone."""

AT_THE_CEILING = 64
"""An attempt number whose delay is the ceiling, whatever the base."""

_NETWORK = (Path("/proc/net/route"), Path("/proc/net/if_inet6"))


def network_state() -> bytes:
    """Changes when a cable is put in, an address comes or goes, or a route does (proc_net(5))."""
    state = b""
    for path in _NETWORK:
        with contextlib.suppress(OSError):
            state += path.read_bytes()
    return state


class Backoff:
    """When to try again after a failure; one a thread."""

    def __init__(self, random: Randomness, *, base_s: float, ceiling_s: float) -> None:
        self._random = random
        self._base_s = base_s
        self._ceiling_s = ceiling_s
        self._attempt = 0

    def success(self) -> None:
        self._attempt = 0

    def failure(self, error: Exception) -> float:
        """Seconds to wait. The log hears of the first failure, and then of fewer and fewer."""
        self._attempt += 1
        if self._attempt & (self._attempt - 1) == 0:
            log.warning("%s (attempt %d)", error, self._attempt)
        attempt, retry_after_s = self._attempt, None
        if isinstance(error, Refused):
            retry_after_s = error.retry_after_s
            if error.status != 429 and error.status < 500:
                attempt = AT_THE_CEILING  # "not this request": nobody will have changed anything in a second
        delay = delay_s(attempt, self._random, base_s=self._base_s, ceiling_s=self._ceiling_s)
        return with_retry_after(delay, retry_after_s)


class Pause:
    """Waits that end early when the program does, or when whoever could not be reached may be there again."""

    def __init__(self, stop: threading.Event, network: Callable[[], bytes], progress: Callable[[str], None]) -> None:
        self._stop = stop
        self._network = network
        self._progress = progress
        self._contacts = 0

    def contact(self) -> None:
        """The server has answered somebody: whoever waits for it may go on."""
        self._contacts += 1

    def wait(self, part: str, seconds: float, error: Exception | None = None) -> bool:
        """Wait after `error`; True when it ended early for a good reason. The server's own word is not cut short."""
        until_s = time.monotonic() + seconds
        network, contacts = self._network(), self._contacts
        while (left_s := until_s - time.monotonic()) > 0:
            if self._stop.wait(min(left_s, LOOK_S)):
                return False
            self._progress(part)
            if error is None or isinstance(error, Refused):
                continue
            if self._contacts != contacts or self._network() != network:
                log.info("the network has changed: trying again at once")
                return True
        return False
