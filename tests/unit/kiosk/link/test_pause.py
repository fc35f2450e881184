"""How long is waited after which failure, and what ends a wait early."""

from __future__ import annotations

import logging
import threading

import pytest

from kiosk.errors import GalleryError, OutboxError, Refused, ServerError, Unreachable
from kiosk.link import pause
from kiosk.link.pause import Backoff, Pause


class Fixed:
    def random(self) -> float:
        return 1.0

    def randrange(self, stop: int, /) -> int:
        return 0


@pytest.fixture
def backoff() -> Backoff:
    return Backoff(Fixed(), base_s=2, ceiling_s=300)


def refused(status: int, retry_after_s: float | None = None) -> Refused:
    return Refused(status, "unknown", "", retry_after_s)


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("gone"),
        ServerError("odd"),
        refused(500),
        refused(503),
        refused(429),
        OutboxError("full"),
        GalleryError("x"),
    ],
    ids=lambda error: f"{type(error).__name__}-{getattr(error, 'status', '')}",
)
def test_what_may_pass_by_itself_is_tried_soon_and_then_more_and_more_rarely(
    backoff: Backoff, error: Exception
) -> None:
    assert [backoff.failure(error) for _ in range(9)] == [2, 4, 8, 16, 32, 64, 128, 256, 300]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422])
def test_what_somebody_must_change_first_is_tried_at_the_ceiling_at_once(backoff: Backoff, status: int) -> None:
    assert backoff.failure(refused(status)) == 300


@pytest.mark.parametrize(("status", "after", "waits"), [(503, 40, 40), (503, 1, 2), (429, 4000, 3600), (400, 20, 300)])
def test_the_servers_word_is_a_minimum(backoff: Backoff, status: int, after: float, waits: float) -> None:
    assert backoff.failure(refused(status, after)) == waits


def test_a_success_begins_anew(backoff: Backoff) -> None:
    for _ in range(5):
        backoff.failure(Unreachable("gone"))
    backoff.success()
    assert backoff.failure(Unreachable("gone")) == 2


def test_the_log_is_not_filled(backoff: Backoff, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(1000):
            backoff.failure(Unreachable("gone"))
    assert len(caplog.records) == 10


# ---------------------------------------------------------------- waiting


class Stop(threading.Event):
    """Time passes only in its wait(); each calls `then`, and counts."""

    def __init__(self, then: object = None) -> None:
        super().__init__()
        self.waited_s = 0.0
        self._then = then

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_s += timeout or 0
        if callable(self._then):
            self._then()
        return self.is_set()


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Stop:
    stop = Stop()
    monkeypatch.setattr(pause.time, "monotonic", lambda: stop.waited_s)
    return stop


def test_it_waits_as_long_as_it_is_told_and_says_that_it_lives(stop: Stop) -> None:
    alive: list[str] = []
    assert not Pause(stop, bytes, alive.append).wait("events", 300.0, Unreachable("gone"))
    assert stop.waited_s == pytest.approx(300)
    assert len(alive) == 300


def test_the_end_of_the_program_ends_it(stop: Stop) -> None:
    stop.set()
    assert not Pause(stop, bytes, lambda _part: None).wait("events", 300.0, Unreachable("gone"))
    assert stop.waited_s <= 1


@pytest.mark.parametrize(
    ("error", "early"),
    [(Unreachable("gone"), True), (ServerError("odd"), True), (refused(503, 300), False), (refused(400), False)],
    ids=["unreachable", "odd", "503", "400"],
)
@pytest.mark.parametrize("news", ["network", "contact"])
def test_only_a_wait_for_a_way_to_the_server_ends_when_there_may_be_one(
    stop: Stop, error: Exception, early: bool, news: str
) -> None:
    state = [b"cable out"]
    pause = Pause(stop, lambda: state[0], lambda _part: None)

    def happens() -> None:
        if stop.waited_s >= 10:
            if news == "network":
                state[0] = b"cable in"
            else:
                pause.contact()

    stop._then = happens
    assert pause.wait("events", 300.0, error) is early
    assert stop.waited_s == pytest.approx(10 if early else 300)
