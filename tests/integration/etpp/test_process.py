"""`etpp` as its operator and systemd run it: a process of its own, on loopback."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import ipaddress
import json
import os
import re
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from etpp.__main__ import main
from etpp.calendar.model import Occasion
from etpp.calendar.store import OCCASIONS
from etpp.db import Database
from etpp.roster.store import Offices
from tests.contract.etpp.client import Terminal, check_gallery, problem_of
from tests.contract.etpp.running import NIP, OFFICE

ROOT = Path(__file__).parents[3]
MIB = 1024 * 1024


def etpp(state: Path, *arguments: str, expect: int = 0) -> str:
    """Run the command; its standard output, or its standard error when it should fail."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors), pytest.raises(SystemExit) as ended:
        main(["--state", str(state), *arguments])
    if ended.value.code != expect:
        pytest.fail(f"etpp {arguments} ended with {ended.value.code}: {errors.getvalue()}")
    return errors.getvalue() if expect else output.getvalue()


@dataclass
class Served:
    process: subprocess.Popen[str]
    url: str
    state: Path
    log: str = ""
    """What it wrote to standard error, once it has ended."""

    def admin(self, method: str, path: str, document: Any = None) -> Any:
        token = (self.state / "admin-token").read_text(encoding="ascii").strip()
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, f"{self.url}/v1/admin/{path}", json=document, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def terminal(self) -> Terminal:
        terminal = Terminal(self.url)
        terminal.provision(self.admin("POST", f"offices/{OFFICE}/codes")["code"])
        return terminal

    def memory(self, what: str = "VmRSS") -> int:
        """MiB, from /proc."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(rf"{what}:\s+(\d+) kB", status)[0]) // 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")


@contextlib.contextmanager
def served(state: Path, *options: str, **environment: str) -> Iterator[Served]:
    process = subprocess.Popen(
        [sys.executable, "-m", "etpp", "serve", "--state", str(state), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            _, errors = process.communicate()
            pytest.fail(f"etpp serve did not start: {errors}")
        server = Served(process, json.loads(line)["url"], state)
        try:
            yield server
        finally:
            process.terminate()
            server.log = process.communicate(timeout=60)[1]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_after_an_upgrade_the_first_start_tells_the_terminals_when_people_work(tmp_path: Path) -> None:
    etpp(tmp_path, "init")
    etpp(tmp_path, "office", "add", "dinas", "Dinas")
    database = Database(f"sqlite:///{tmp_path / 'etpp.db'}")
    try:
        with database.begin() as tx:  # as the last release had it: occasions were decided and not told
            apel = Occasion("apel", None, "Apel", dt.date(2026, 1, 1), None, (dt.time(7), dt.time(8)))
            OCCASIONS.add(tx, [apel], "bkpp", dt.datetime.now(dt.UTC))
            Offices(tx).note_told("dinas", 0)
        for _ in range(2):
            with served(tmp_path):
                pass
            with database.read() as tx:
                office = Offices(tx).get("dinas")
            assert office is not None
            assert (office.gallery_version, office.calendar["occasions"][0]["name"]) == (2, "Apel")
    finally:
        database.close()


@pytest.mark.slow
def test_the_operators_day_on_the_command_line(tmp_path: Path) -> None:
    state = tmp_path / "state"
    made = json.loads(etpp(state, "init", "--json"))
    assert Path(made["admin_token_file"]).stat().st_mode & 0o777 == 0o600
    etpp(state, "office", "add", OFFICE, "Dinas Kominfo")
    assert json.loads(etpp(state, "office", "list", "--json"))[0]["office_id"] == OFFICE
    person = json.loads(etpp(state, "person", "add", OFFICE, NIP, "Sri Lestari", "--json"))
    code = etpp(state, "code", OFFICE).strip()
    with served(state, "--approve", "auto") as server:
        terminal = Terminal(server.url)
        assert terminal.provision(code).status_code == 201
        event = terminal.enrolment(NIP, "Sri Lestari", 1)
        assert terminal.send_events([event]).json()["results"][0]["status"] == "accepted"
        gallery = terminal.gallery().json()
        check_gallery(gallery, terminal)
        assert gallery["payload"]["people"][0]["person_id"] == person["person_id"]
        terminal.send_events([terminal.presence(person["person_id"])])
        (office,) = json.loads(etpp(state, "presence", "list", "--json"))["offices"]
        assert office["people"][0]["status"] == "present"
        table = etpp(state, "presence", "list", "--office", OFFICE)
        assert re.search(rf"{OFFICE} .*{NIP} +Sri Lestari +present", table)
        # What the command line changes reaches a terminal that waits at the running server.
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(terminal.gallery, gallery["manifest"]["version"], 50)
            etpp(state, "person", "remove", OFFICE, person["person_id"])
            assert waiting.result(30).json()["payload"]["removed"] == [person["person_id"]]
            waiting = pool.submit(terminal.gallery, gallery["manifest"]["version"] + 1, 50)
            etpp(state, "device", "revoke", terminal.device_id)
            assert problem_of(waiting.result(30)) == "device-revoked"
        assert json.loads(etpp(state, "device", "list", "--json"))[0]["revoked_utc"]
    assert "Started server process" in server.log
    for secret in (NIP, "Sri Lestari", code, event["enrolment"]["templates"][0]):
        assert secret not in server.log
    assert etpp(state, "person", "list", OFFICE).count("\n") == 1
    assert "Sri Lestari" in etpp(state, "person", "list", OFFICE, "--erased")
    assert json.loads(etpp(state, "cohort", "--json")) == {"people_changed": 0, "faces_settled": 0}


def test_failures_have_a_message_and_an_exit_code(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert "there is no server" in etpp(state, "office", "list", expect=73)
    assert "there is no server" in etpp(state, "keys", "list", expect=73)
    assert not state.exists()
    etpp(state, "init")
    assert "there is no office nowhere" in etpp(state, "code", "nowhere", expect=66)
    for words in (
        ("code", "nowhere", "--list"),
        ("code", "nowhere", "--withdraw"),
        ("person", "list", "nowhere"),
        ("device", "list", "--office", "nowhere"),
        ("presence", "list", "--office", "nowhere"),
    ):
        assert "there is no office nowhere" in etpp(state, *words, expect=66)
    etpp(state, "office", "add", OFFICE, "Dinas Kominfo")
    assert "exists" in etpp(state, "office", "add", OFFICE, "Dinas Kominfo", expect=65)
    assert "18 digits" in etpp(state, "person", "add", OFFICE, "12", "Budi", expect=65)
    (tmp_path / "file").write_text("")
    assert "Check that" in etpp(tmp_path / "file" / "below", "init", expect=73)
    assert "cannot be used" in etpp(state, "--db", "sqlite:////nowhere/x.db", "office", "list", expect=75)
    assert "ten characters" in etpp(state, "password", "--password", "short", expect=65)
    etpp(state, "password", "--password", "long enough")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "Is another server running?" in etpp(state, "serve", "--port", port, expect=1)


def test_the_place_is_taken_before_and_after_a_commands_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("one", "two", "odd %20?#name"):
        etpp(tmp_path / folder, "init")
        etpp(tmp_path / folder, "office", "add", f"dinas-{len(folder)}", folder)
    monkeypatch.setenv("ETPP_STATE", str(tmp_path / "two"))
    assert "dinas-13" in etpp(tmp_path / "odd %20?#name", "office", "list")  # a word before the environment
    assert "odd" in etpp(tmp_path / "one", "office", "list", "--state", str(tmp_path / "odd %20?#name"))  # the nearest
    assert sorted(each.name for each in tmp_path.iterdir()) == ["odd %20?#name", "one", "two"]
    books = tmp_path / "one" / "etpp.db"
    assert books.stat().st_mode & 0o777 == 0o600
    books.chmod(0o644)  # as the released version made it
    etpp(tmp_path / "one", "office", "list")
    assert books.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "expect", "told"),
    [
        (("--db", "mysql://x/y", "office", "list"), 73, "cannot be understood"),
        (("--db", "::", "office", "list"), 73, "cannot be understood"),
        (("presence", "list", "--date", "0001-01-01"), 2, "such as 2026-11-24"),
        (("presence", "list", "--date", "gestern"), 2, "such as 2026-11-24"),
        (("serve", "--tls-key", __file__), 2, "--tls-key needs its --tls-certificate"),
        (("serve", "--proxy", "*"), 2, "Give an address"),
        (("code", "nowhere", "--list"), 66, "there is no office nowhere"),
        (("code", "nowhere", "--list", "--withdraw"), 2, "--withdraw or --list"),
    ],
)
def test_ordinary_mistakes_end_with_one_line(
    tmp_path: Path, arguments: tuple[str, ...], expect: int, told: str
) -> None:
    etpp(tmp_path / "state", "init")
    assert told in etpp(tmp_path / "state", *arguments, expect=expect)


def test_open_codes_are_listed_and_withdrawn(tmp_path: Path) -> None:
    state = tmp_path / "state"
    etpp(state, "init")
    for office in (OFFICE, "other"):
        etpp(state, "office", "add", office, "Dinas")
    code = etpp(state, "code", OFFICE).strip()
    etpp(state, "code", "other")
    listed = etpp(state, "code", OFFICE, "--list", "--json")
    assert [each["office_id"] for each in json.loads(listed)] == [OFFICE]
    assert code not in listed
    assert json.loads(etpp(state, "code", OFFICE, "--withdraw", "--json")) == {"withdrawn": 1}
    assert json.loads(etpp(state, "code", OFFICE, "--list", "--json")) == []


def test_a_damaged_database_is_said_to_be_one(tmp_path: Path) -> None:
    state = tmp_path / "state"
    etpp(state, "init")
    (state / "etpp.db").write_bytes(b"no database at all" * 1000)
    assert "put it back from the backup" in etpp(state, "office", "list", expect=75)


def seen(server: Served) -> dict[str, str]:
    """When each terminal's last request was let in."""
    return {each["device_id"]: each["last_seen_utc"] for each in server.admin("GET", "devices")["devices"]}


def test_sigterm_ends_long_polls_at_once_and_the_process_with_0(tmp_path: Path) -> None:
    with served(tmp_path / "state") as server:
        server.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas"})
        terminals = [server.terminal() for _ in range(30)]
        versions = [terminal.gallery().json()["manifest"]["version"] for terminal in terminals]
        before = seen(server)
        with ThreadPoolExecutor(30) as pool:
            waiting = [pool.submit(t.gallery, v, 50) for t, v in zip(terminals, versions, strict=True)]
            while any(seen(server)[device_id] == moment for device_id, moment in before.items()):
                if any(each.done() for each in waiting):
                    pytest.fail("a terminal did not have to wait")
            server.process.send_signal(signal.SIGTERM)
            answers = [each.result(30).status_code for each in waiting]
        assert server.process.wait(30) == 0
    assert set(answers) == {204}


def test_systemd_is_told_when_it_is_ready_and_when_it_stops(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(30)
        with served(tmp_path / "state", NOTIFY_SOCKET=str(tmp_path / "notify")) as server:
            assert channel.recv(100) == b"READY=1"
            server.process.send_signal(signal.SIGTERM)
            assert channel.recv(100) == b"STOPPING=1"
            assert server.process.wait(30) == 0


def test_it_stops_also_when_nobody_wants_to_be_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        with served(tmp_path / "state", NOTIFY_SOCKET=str(tmp_path / "notify")) as server:
            (tmp_path / "notify").unlink()
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(30) == 0
    assert "systemd cannot be told STOPPING=1" in server.log


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed one for 127.0.0.1, as an office's own authority would make."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "e-TPP test")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(made.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tls.key").write_bytes(secret)
    return folder / "tls.pem", folder / "tls.key"


def test_tls_with_an_offices_own_authority(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    state = tmp_path / "state"
    etpp(state, "init")
    etpp(state, "office", "add", OFFICE, "Dinas")
    with served(state, "--tls-certificate", str(chain), "--tls-key", str(key)) as server:
        assert server.url.startswith("https://")
        terminal = Terminal(server.url, verify=str(chain))
        assert terminal.provision(etpp(state, "code", OFFICE).strip()).status_code == 201
        with pytest.raises(requests.exceptions.SSLError):
            Terminal(server.url).provision("any")
    assert "cannot be used" in etpp(state, "serve", "--tls-certificate", str(key), "--port", "0", expect=73)


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with served(state) as server:
        server.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas"})
        terminal = server.terminal()
        events = [terminal.attack() for _ in range(50)]
        for start in range(0, 40, 10):
            terminal.send_events(events[start : start + 10])
        server.process.kill()
        server.process.wait()
    with served(state) as server:
        terminal.url = server.url
        answer = terminal.send_events(events[30:]).json()
        assert [r["status"] for r in answer["results"]] == ["duplicate"] * 10 + ["accepted"] * 10
        assert server.admin("GET", "events")["count"] == 50


def _bomb(size: int) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * MIB
    return b"".join(deflate.compress(block) for _ in range(size // MIB)) + deflate.flush()


def hostile(terminal: Terminal, bomb: bytes) -> None:
    path = f"/v1/devices/{terminal.device_id}/events"
    deep = b'{"events":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    many = b'{"events":[' + b"[]," * 2_500_000 + b"[]]}"
    long = b'{"events":"' + b"\xc3\xa9" * (3 * MIB) + b'"}'
    problems = [
        problem_of(terminal.send("POST", path, bomb, is_gzip=True)),
        problem_of(terminal.send("POST", path, deep)),
        problem_of(terminal.send("POST", path, many, gzipped=True)),
        problem_of(terminal.send("POST", path, long)),
    ]
    assert problems == ["too-large", "malformed", "too-large", "malformed"]


@pytest.mark.slow
def test_hostile_bodies_leave_the_memory_flat(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Resident memory after the first round of attacks and after twenty more, and the peak between."""
    with served(tmp_path / "state") as server:
        server.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas"})
        terminal, bomb = server.terminal(), _bomb(256 * MIB)
        start = server.memory()
        hostile(terminal, bomb)
        first = server.memory()
        server.forget_peak()
        for _ in range(20):
            hostile(terminal, bomb)
        last, peak = server.memory(), server.memory("VmHWM")
        with capsys.disabled():
            print(f"\n  server's memory, MiB: start {start}, after 4 attacks {first}, after 84 {last}, peak {peak}")
        assert last <= first + 10
        assert peak <= start + 80
