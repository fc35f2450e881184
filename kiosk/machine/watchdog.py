"""What systemd is told of this process: ready, still working, stopping (sd_notify(3), sd_watchdog_enabled(3)).

A process that merely runs is no proof that a terminal works. So the watchdog is patted only while every part that must
live has reported progress within its own limit; when one hangs, the pats stop, and systemd kills and restarts all.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

SEND_TIMEOUT_S = 1.0
"""systemd reads its socket at once; when it does not, a terminal must not hang along with it."""


class Notifier:
    """Sends messages to the service manager; does nothing when there is none. Thread-safe."""

    def __init__(self, address: str | None) -> None:
        """`address` as in NOTIFY_SOCKET: a path, or "@name" in Linux's abstract namespace. None: nobody listens."""
        self._address = "\0" + address[1:] if address and address.startswith("@") else address or ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Notifier:
        return cls(environ.get("NOTIFY_SOCKET"))

    @property
    def listened_to(self) -> bool:
        """Whether a service manager started this process with Type=notify."""
        return bool(self._address)

    def ready(self, status: str = "") -> None:
        """Start-up is over."""
        self.send(READY=1, **_status(status))

    def status(self, text: str) -> None:
        """One line for `systemctl status`. No personal data: it is on view to every user of the machine."""
        self.send(**_status(text))

    def watchdog(self) -> None:
        self.send(WATCHDOG=1)

    def extend_timeout(self, seconds: float) -> None:
        """Start-up or shut-down is known to take this long from now (a model to convert, a backlog to save)."""
        self.send(EXTEND_TIMEOUT_USEC=round(seconds * 1e6))

    def stopping(self, status: str = "") -> None:
        """Shut-down has begun."""
        self.send(STOPPING=1, **_status(status))

    def send(self, **fields: str | int) -> None:
        """One datagram of NAME=value lines. A manager that cannot be reached is logged and borne."""
        if not self._address:
            return
        message = "\n".join(f"{name}={value}" for name, value in fields.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.settimeout(SEND_TIMEOUT_S)
                channel.sendto(message.encode(), self._address)
        except OSError as error:
            log.warning("the service manager did not take %s: %s", ", ".join(fields), error)


class Watchdog:
    """Pats while all parts are alive. Thread-safe.

    `limits_s`: for each part that must live, the longest time it may take from one report of progress to the next.
    `period_s`: how often to pat; None when systemd asks for none, and then progress is still watched and logged.
    """

    def __init__(
        self,
        notifier: Notifier,
        limits_s: Mapping[str, float],
        period_s: float | None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notifier = notifier
        self._limits_s = dict(limits_s)
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._last_s = dict.fromkeys(self._limits_s, monotonic_s())
        self._stuck: tuple[str, ...] = ()
        self.period_s = period_s

    @classmethod
    def from_environment(cls, limits_s: Mapping[str, float], environ: Mapping[str, str] = os.environ) -> Watchdog:
        return cls(Notifier.from_environment(environ), limits_s, watchdog_period_s(environ))

    @property
    def notifier(self) -> Notifier:
        return self._notifier

    def progress(self, part: str) -> None:
        """`part` has done something useful just now. Raises KeyError for a part that was not named at the start."""
        now_s = self._monotonic_s()
        with self._lock:
            if part not in self._limits_s:
                raise KeyError(part)
            self._last_s[part] = now_s

    def stuck(self) -> tuple[str, ...]:
        """The parts that have been silent for longer than their limit."""
        now_s = self._monotonic_s()
        with self._lock:
            return tuple(part for part, limit_s in self._limits_s.items() if now_s - self._last_s[part] > limit_s)

    def pat(self) -> tuple[str, ...]:
        """Pat, unless a part is stuck. Returns the stuck ones; each change is logged and told to systemd once."""
        stuck = self.stuck()
        if stuck != self._stuck:
            if stuck:
                log.error("no progress from %s: the watchdog is not patted any more", ", ".join(stuck))
                self._notifier.status(f"no progress from {', '.join(stuck)}")
            else:
                log.info("all parts make progress again")
                self._notifier.status("running")
            self._stuck = stuck
        if not stuck:
            self._notifier.watchdog()
        return stuck

    def run(self, stop: threading.Event) -> None:
        """Pat until `stop`; for a thread of its own. Without a watchdog at systemd it looks every 10 s, for the log.

        The limits count from here: how long start-up takes is the unit's TimeoutStartSec.
        """
        now_s = self._monotonic_s()
        with self._lock:
            self._last_s = dict.fromkeys(self._limits_s, now_s)
        while not stop.wait(self.period_s if self.period_s is not None else 10.0):
            self.pat()


def watchdog_period_s(environ: Mapping[str, str] = os.environ, pid: int | None = None) -> float | None:
    """How often to pat: a third of WATCHDOG_USEC, so that two pats may be late. None when none waits for this process.

    Half is what sd_watchdog_enabled(3) recommends; on a busy Pi a thread can be late by more than that leaves.
    """
    wanted_pid = environ.get("WATCHDOG_PID", "")
    if wanted_pid and wanted_pid != str(os.getpid() if pid is None else pid):
        return None
    try:
        usec = int(environ.get("WATCHDOG_USEC", "0"))
    except ValueError:
        log.warning("WATCHDOG_USEC is not a number; the watchdog is off")
        return None
    return usec / 3e6 if usec > 0 else None


def _status(text: str) -> dict[str, str]:
    # A line break would begin the next field.
    return {"STATUS": " ".join(text.split())} if text else {}
