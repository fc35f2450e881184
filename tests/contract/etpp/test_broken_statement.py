"""The database fails at every statement of every call in turn: each time it is "later", and later it works."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg.errors
import pytest
import requests
import sqlalchemy as sa

from tests.contract.etpp.client import Terminal, problem_of
from tests.contract.etpp.running import NIP, OFFICE, Running, running

FAILURES: dict[str, dict[str, Exception]] = {
    "sqlite": {
        "locked": sqlite3.OperationalError("database is locked"),
        "read-only": sqlite3.OperationalError("attempt to write a readonly database"),
        "full": sqlite3.OperationalError("database or disk is full"),
        "damaged": sqlite3.DatabaseError("database disk image is malformed"),
        "raced": sqlite3.IntegrityError("UNIQUE constraint failed: events.office_id, events.event_id"),
    },
    "postgresql": {
        "locked": psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
        "read-only": psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction"),
        "full": psycopg.errors.DiskFull("could not extend file"),
        "raced": psycopg.errors.UniqueViolation("duplicate key value violates unique constraint"),
        "deadlock": psycopg.errors.DeadlockDetected("deadlock detected"),
        "gone": psycopg.errors.AdminShutdown("terminating connection due to administrator command"),
    },
}


@dataclass
class Breaker:
    """Fails the statement whose turn it is, as the driver would."""

    engine: sa.Engine
    left: int = 0
    error: Exception | None = None
    hit: bool = field(default=False)

    def install(self) -> None:
        sa.event.listen(self.engine, "do_execute", self._execute)
        sa.event.listen(self.engine, "do_executemany", self._execute)

    def _execute(self, cursor: Any, statement: str, parameters: Any, context: Any) -> None:
        if self.error is None:
            return
        self.left -= 1
        if self.left == 0:
            self.hit = True
            raise self.error

    @contextmanager
    def at(self, number: int, error: Exception) -> Iterator[None]:
        self.left, self.error, self.hit = number, error, False
        try:
            yield
        finally:
            self.error = None


@pytest.fixture
def etpp(url: str, tmp_path: Path) -> Iterator[Running]:
    # The watch for new galleries asks the database by itself: not during a test that counts statements.
    with running(url, tmp_path / "state", poll_s=3600.0) as server:
        yield server


@dataclass
class Request:
    """What is sent again and again until it works: the same event, the same code."""

    etpp: Running
    terminal: Terminal
    newcomer: Terminal
    code: str
    presence: dict[str, Any]
    enrolment: dict[str, Any]

    def admin(self, method: str, path: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.etpp.state.secrets.admin_token}"}
        return requests.request(method, f"{self.etpp.url}/v1/admin/{path}", headers=headers, timeout=60)


CALLS: dict[str, Callable[[Request], requests.Response]] = {
    "events": lambda it: it.terminal.send_events([it.presence, it.enrolment]),
    "gallery": lambda it: it.terminal.gallery(),
    "heartbeat": lambda it: it.terminal.heartbeat(),
    "provision": lambda it: it.newcomer.provision(it.code),
    "offices": lambda it: it.admin("GET", "offices"),
    "people": lambda it: it.admin("GET", f"offices/{OFFICE}/people"),
    "code": lambda it: it.admin("POST", f"offices/{OFFICE}/codes"),
    "enrolments": lambda it: it.admin("GET", "enrolments"),
    "devices": lambda it: it.admin("GET", "devices"),
    "day": lambda it: it.admin("GET", f"presence?office_id={OFFICE}"),
    "books": lambda it: it.admin("GET", "events"),
}


@pytest.mark.parametrize("call", CALLS)
def test_each_statement_in_turn(etpp: Running, call: str) -> None:
    terminal, person = etpp.terminal(), etpp.person("198503152010011009", "Budi")
    terminal.signs = True
    breaker = Breaker(etpp.database.engine)
    breaker.install()
    failures = FAILURES[etpp.database.engine.dialect.name]
    for name, error in failures.items():
        code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
        presence, enrolment = terminal.presence(person), terminal.enrolment(NIP, "Sri Lestari")
        it = Request(etpp, terminal, Terminal(etpp.url), code, presence, enrolment)
        number = 1
        while True:
            with breaker.at(number, error):
                answer = CALLS[call](it)
            if not breaker.hit:
                assert answer.status_code in (200, 201), (name, number, answer.text)
                break
            told = (answer.status_code, problem_of(answer), answer.headers.get("Retry-After"))
            assert told == (503, "unavailable", "5"), (name, number, answer.text)
            number += 1
        assert number > 1, name  # the failure was met
        if call == "events":
            assert [result["status"] for result in answer.json()["results"]] == ["accepted", "accepted"]
        else:
            terminal.send_events([presence, enrolment])  # the chain goes on
