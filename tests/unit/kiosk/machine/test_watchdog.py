"""The watchdog speaks to a real datagram socket, as systemd's."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.machine.watchdog import Notifier, Watchdog, watchdog_period_s


class Manager:
    """The service manager's end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.settimeout(5)

    def take(self) -> dict[str, str]:
        lines = self._socket.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def is_quiet(self) -> bool:
        self._socket.setblocking(False)
        try:
            self._socket.recv(4096)
        except BlockingIOError:
            return True
        finally:
            self._socket.settimeout(5)
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.close()


class Time:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_each_message_is_one_datagram_in_systemds_form(manager: Manager) -> None:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": manager.address})
    notifier.ready("waiting for a face")
    assert manager.take() == {"READY": "1", "STATUS": "waiting for a face"}
    notifier.watchdog()
    assert manager.take() == {"WATCHDOG": "1"}
    notifier.extend_timeout(90)
    assert manager.take() == {"EXTEND_TIMEOUT_USEC": "90000000"}
    notifier.stopping()
    assert manager.take() == {"STOPPING": "1"}


def test_an_abstract_address_is_understood(tmp_path: Path) -> None:
    manager = Manager(f"@presensi-test-{tmp_path.name}-{id(tmp_path)}")
    try:
        Notifier(manager.address).status("up")
        assert manager.take() == {"STATUS": "up"}
    finally:
        manager.close()


def test_a_line_break_in_the_status_cannot_smuggle_in_another_field(manager: Manager) -> None:
    Notifier(manager.address).status("camera lost\nMAINPID=1")
    assert manager.take() == {"STATUS": "camera lost MAINPID=1"}


def test_without_a_manager_nothing_is_sent_and_nothing_fails() -> None:
    notifier = Notifier.from_environment({})
    assert not notifier.listened_to
    notifier.ready()


def test_a_manager_that_is_gone_is_logged_and_borne(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Notifier(str(tmp_path / "nobody")).watchdog()
    assert "did not take WATCHDOG" in caplog.text


def test_a_manager_that_does_not_read_cannot_hang_the_terminal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.machine.watchdog.SEND_TIMEOUT_S", 0.01)
    deaf = Manager(str(tmp_path / "deaf"))
    try:
        notifier = Notifier(deaf.address)
        for _ in range(100_000):
            notifier.watchdog()
            if caplog.records:
                break
        assert "did not take WATCHDOG" in caplog.text
    finally:
        deaf.close()


def test_it_pats_while_all_parts_report(manager: Manager) -> None:
    now = Time()
    watchdog = Watchdog(Notifier(manager.address), {"camera": 10, "screen": 5}, 1.0, now)
    now.now_s += 4
    assert watchdog.pat() == ()
    assert manager.take() == {"WATCHDOG": "1"}


def test_one_silent_part_stops_the_pats_and_is_named_once(manager: Manager) -> None:
    now = Time()
    watchdog = Watchdog(Notifier(manager.address), {"camera": 10, "screen": 5}, 1.0, now)
    now.now_s += 6
    watchdog.progress("camera")
    assert watchdog.pat() == ("screen",)
    assert manager.take() == {"STATUS": "no progress from screen"}
    assert watchdog.pat() == ("screen",)
    assert manager.is_quiet()


def test_pats_come_back_with_progress(manager: Manager) -> None:
    now = Time()
    watchdog = Watchdog(Notifier(manager.address), {"screen": 5}, 1.0, now)
    now.now_s += 6
    watchdog.pat()
    manager.take()
    watchdog.progress("screen")
    assert watchdog.pat() == ()
    assert manager.take() == {"STATUS": "running"}
    assert manager.take() == {"WATCHDOG": "1"}


def test_an_unknown_part_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError, match="kamera"):
        Watchdog(Notifier(None), {"camera": 10}, 1.0).progress("kamera")


def test_its_thread_pats_until_it_is_stopped(manager: Manager) -> None:
    stop = threading.Event()
    watchdog = Watchdog(Notifier(manager.address), {}, 0.001)
    thread = threading.Thread(target=watchdog.run, args=(stop,))
    thread.start()
    for _ in range(3):
        assert manager.take() == {"WATCHDOG": "1"}
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("environ", "period_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "43"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_period_follows_systemds_variables(environ: dict[str, str], period_s: float | None) -> None:
    assert watchdog_period_s(environ, pid=42) == period_s
