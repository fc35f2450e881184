"""A whole office for tests: the real server as a process that can be killed and started again, and its terminals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner

from etpp.books.audit import Verified, verify_events
from etpp.db import Database
from etpp.state import State
from kiosk.commands import provision
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
OFFICE = "dinas-uji"


@dataclass
class Office:
    """`etpp serve` on SQLite, always on the same port, so that terminals find it again after a restart."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    bind: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command("serve", "--host", self.bind, "--port", str(self.port), "--approve", "auto"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError("etpp serve did not start")

    def kill(self, number: int = signal.SIGKILL) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(60)
            if self.process.stdout:
                self.process.stdout.close()
            self.process = None

    def memory_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text() if self.process else "VmRSS: 0 kB"
        return int(status.split("VmRSS:")[1].split()[0])

    def admin(self, method: str, path: str, document: Any = None, **query: Any) -> Any:
        token = (self.folder / "admin-token").read_text(encoding="ascii").strip()
        answer = requests.request(
            method,
            f"{self.url}/v1/admin/{path}",
            json=document,
            params=query,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json()

    def person(self, nip: str, name: str = "Contoh Pegawai") -> str:
        return str(self.admin("POST", f"offices/{OFFICE}/people", {"nip": nip, "name": name})["person_id"])

    def rows(self) -> list[Any]:
        """Every event in the books, whatever became of it."""
        rows: list[Any] = []
        while True:
            page = self.admin("GET", "events", limit=10_000, offset=len(rows))["events"]
            rows += page
            if len(page) < 10_000:
                return rows

    def presences(self) -> list[Any]:
        """Those that count."""
        return [row for row in self.rows() if (row["kind"], row["status"]) == ("presence", "accepted")]

    def audited(self) -> Verified:
        """Every presence that counts, by the server's own audit, in the database beside the server."""
        ids = [row["event_id"] for row in self.presences()]
        database = Database(self.folder / "etpp.db")
        try:
            with database.read() as tx:
                return verify_events(tx, OFFICE, ids, State(self.folder).keys.now().known)
        finally:
            database.close()

    def terminal(self, path: Path, office_id: str = OFFICE) -> StateFolder:
        """A folder that has been provisioned by `kiosk provision`."""
        code = self.admin("POST", f"offices/{office_id}/codes")["code"]
        words = [code, "--server", self.url, "--state", str(path)]
        result = CliRunner().invoke(provision.command, words, catch_exceptions=False)
        if result.exit_code != 0:
            raise RuntimeError(result.output)
        return StateFolder(path)

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "etpp", "--state", str(self.folder), *words]


@contextmanager
def office(folder: Path, bind: str = "127.0.0.1") -> Iterator[Office]:
    place = Office(folder, bind=bind)
    place.start()
    try:
        place.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas Uji"})
        yield place
    finally:
        place.kill()


def open_outbox(folder: StateFolder) -> SqliteOutbox:
    identity = Identity.load(folder.identity_dir)
    return SqliteOutbox(folder.outbox_path, identity.device_id, key=identity.storage_key).open()


@contextmanager
def sync_process(
    folder: StateFolder, config: str = "", inside: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """`kiosk sync` as systemd would start it; ended by SIGTERM. `inside`: words to put before the command."""
    settings = folder.path / "test.toml"
    settings.write_text(config or "[server]\nretry_s = 0.05\nretry_ceiling_s = 0.5\nheartbeat_s = 1.0\n")
    log = (folder.path / "sync.log").open("ab")
    process = subprocess.Popen(
        [*inside, sys.executable, "-m", "kiosk", "sync", "--state", str(folder.path), "--config", str(settings)],
        stderr=log,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        log.close()
