"""The terminal's threads: they live and end together."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping

log = logging.getLogger(__name__)


class Threads:
    """One that fails stops all, and `raise_failure` says why: systemd then starts the terminal again.

    `stop` is the event that every thread looks at.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._failure: Exception | None = None

    @contextlib.contextmanager
    def running(self, work: Mapping[str, Callable[[], None]], wake: Callable[[], None]) -> Iterator[None]:
        """All run inside, by name. `wake` ends what waits for something else than `stop`; called once `stop` is set."""
        threads = [threading.Thread(target=self._guarded, args=(name, w), name=name) for name, w in work.items()]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            wake()
            for thread in threads:
                thread.join()

    def raise_failure(self) -> None:
        """Raises what the first thread that failed raised, if any did."""
        if self._failure is not None:
            raise self._failure

    def _guarded(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            log.exception("%s failed: the terminal stops", name)
            self._failure = self._failure or error
            self.stop.set()
