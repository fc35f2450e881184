"""The guard that keeps the tests on this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from tests.loopback import Elsewhere, guard, stays_here

FAR = "192.0.2.1"  # RFC 5737: nobody's


@pytest.mark.parametrize(
    ("host", "stays"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),  # how a socket for both families writes it
        ("localhost", True),
        (b"localhost", True),
        (None, True),  # getaddrinfo's own word for loopback
        ("", False),
        ("0.0.0.0", False),
        ("::", False),
        (FAR, False),
        ("::ffff:192.0.2.1", False),
        ("2001:db8::1", False),
        ("localhost.example", False),
        ("etpp.example", False),
    ],
)
def test_only_loopback_is_here(host: str | bytes | None, stays: bool) -> None:
    assert stays_here(host) is stays


@pytest.mark.parametrize(
    "reach",
    [
        lambda udp, tcp: tcp.connect((FAR, 80)),
        lambda udp, tcp: tcp.connect_ex((FAR, 80)),
        lambda udp, tcp: socket.create_connection((FAR, 80), timeout=1),
        lambda udp, tcp: udp.sendto(b"", (FAR, 53)),
        lambda udp, tcp: udp.sendmsg([b""], [], 0, (FAR, 53)),
        lambda udp, tcp: tcp.bind(("", 0)),
        lambda udp, tcp: socket.getaddrinfo("etpp.example", 443),
        lambda udp, tcp: socket.gethostbyname("etpp.example"),
        lambda udp, tcp: socket.gethostbyname_ex("etpp.example"),
        lambda udp, tcp: socket.gethostbyaddr(FAR),
        lambda udp, tcp: requests.get("https://etpp.example", timeout=1),
    ],
)
def test_whatever_leaves_is_refused_and_remembered(reach: object) -> None:
    assert callable(reach)
    with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp, pytest.raises(Elsewhere):
        reach(udp, tcp)
    assert len(guard.taken()) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_of_it_is_remembered() -> None:
    def lookup() -> None:
        socket.gethostbyname("etpp.example")

    thread = threading.Thread(target=lookup)
    thread.start()
    thread.join()
    assert guard.taken() == ["socket.gethostbyname 'etpp.example'"]


def test_loopback_and_unix_sockets_work(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)


def test_a_swallowed_refusal_still_fails_the_test(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1]
    shutil.copy(tests / "conftest.py", tmp_path)
    (tmp_path / "test_reaching.py").write_text(
        """
import socket

def test_swallows():
    try:
        socket.gethostbyname("etpp.example")
    except BaseException:
        pass
"""
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, cwd=tests.parent, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1, done.stdout
    assert "reached for another machine: socket.gethostbyname 'etpp.example'" in done.stdout
