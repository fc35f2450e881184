"""The terminal's threads live and end together."""

from __future__ import annotations

import threading

import pytest

from kiosk.terminal.threads import Threads


def test_all_run_until_the_block_is_left() -> None:
    threads, woken, ended = Threads(), threading.Event(), list[str]()

    def waits_for_stop() -> None:
        threads.stop.wait()
        ended.append("stop")

    def waits_for_wake() -> None:
        woken.wait()
        ended.append("wake")

    with threads.running({"one": waits_for_stop, "two": waits_for_wake}, woken.set):
        assert not threads.stop.is_set()
    assert sorted(ended) == ["stop", "wake"]
    threads.raise_failure()


def test_one_that_fails_stops_all_and_says_why() -> None:
    threads = Threads()

    def fails() -> None:
        raise RuntimeError("the camera's thread")

    with threads.running({"fails": fails, "other": threads.stop.wait}, lambda: None):
        threads.stop.wait()  # the screen, which ends when it is set
    with pytest.raises(RuntimeError, match="the camera's thread"):
        threads.raise_failure()


def test_what_stops_after_the_first_failure_does_not_hide_it() -> None:
    threads = Threads()

    def first() -> None:
        raise RuntimeError("first")

    def second() -> None:
        threads.stop.wait()
        raise RuntimeError("second, because the first had gone")

    with threads.running({"first": first, "second": second}, lambda: None):
        threads.stop.wait()
    with pytest.raises(RuntimeError, match=r"^first$"):
        threads.raise_failure()


def test_an_exception_of_the_screen_ends_the_threads_too() -> None:
    threads, ended = Threads(), threading.Event()

    def works() -> None:
        threads.stop.wait()
        ended.set()

    def show() -> None:
        with threads.running({"works": works}, lambda: None):
            raise ValueError("the window broke")

    with pytest.raises(ValueError, match="the window broke"):
        show()
    assert ended.is_set()
