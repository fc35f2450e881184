"""A real server on loopback for tests: the app under uvicorn, on SQLite or PostgreSQL, with a clock that tests move."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import datetime as dt
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import psycopg
import pyotp
import pytest
import requests
import sqlalchemy as sa
import uvicorn
from argon2 import PasswordHasher

from etpp.accounts import factor, service
from etpp.accounts.passwords import generated
from etpp.accounts.store import Accounts, Factors
from etpp.app import create_app
from etpp.db import Database
from etpp.serving.acting import Grant
from etpp.serving.context import Server, Settings
from etpp.serving.process import bind, url_of
from etpp.state import State
from etpp.terminals.watch import GalleryWatch
from tests.contract.etpp import described
from tests.contract.etpp.client import Terminal, problem_of
from tests.ports import free_port

OFFICE = "dinas-kominfo"
NIP = "198503152010011007"


class MovingClock:
    """Stands still until it is set."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    def local(self, text: str) -> dt.datetime:
        """Set it to a time in Western Indonesia, such as "2026-11-24 07:31"; also returns it."""
        self.now = wib(text)
        return self.now


def wib(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone(dt.timedelta(hours=7))).astimezone(dt.UTC)


@cache
def _password() -> tuple[str, str]:
    """One, and a hash of it that is checked in no time: one of the product's strength takes longer than most tests.
    The product's own are in tests/integration/etpp/test_accounts.py."""
    password = generated()
    return password, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


@dataclass
class Member:
    """Somebody who can log in: an authenticator app, and the codes for when a code of this half minute is used up."""

    login: str
    password: str
    account_id: str
    secret: str
    recovery: list[str]
    step: int = 0

    def code(self, now: dt.datetime) -> str:
        """One that the server takes: of a half minute whose code was not used, or a recovery code."""
        current = int(now.timestamp()) // factor.STEP_S
        step = max(self.step + 1, current - 1)
        if step > current + 1:
            return self.recovery.pop()
        self.step = step
        return str(pyotp.TOTP(self.secret).at(step * factor.STEP_S))


@dataclass
class Running:
    url: str
    database: Database
    state: State
    clock: MovingClock
    server: Server
    watch: GalleryWatch

    @cached_property
    def bkpp(self) -> Member:
        """The first administrator, with a second factor."""
        return self.member("bkpp", Grant("bkpp"))

    def member(self, login: str, *grants: Grant, person_id: str | None = None) -> Member:
        """An account that can log in, made without the console."""
        password, password_hash = _password()
        account = service.made(login, f"Akun {login}", grants, password_hash, self.clock.now, person_id, unlisted=True)
        secret, codes = factor.new_secret(), factor.new_codes()
        key = self.state.secrets.account_key
        with self.database.begin() as tx:
            Accounts(tx).add(replace(account, totp_sealed=factor.seal(key, account.account_id, secret)))
            Factors(tx).set_codes(account.account_id, [factor.code_hash(account.account_id, code) for code in codes])
        return Member(login, password, account.account_id, secret, codes)

    def log_in(self, member: Member) -> requests.Session:
        """A browser's cookies after the log-in in two steps. Fails the test when it is refused."""
        browser = requests.Session()
        values = {"user": member.login, "password": member.password}
        half = browser.post(f"{self.url}/console/login", data=values, timeout=60)
        form = {"csrf": csrf_of(half.text), "code": member.code(self.clock.now)}
        answer = browser.post(f"{self.url}/console/login/second", data=form, timeout=60)
        if answer.status_code != 200 or "/login" in answer.url:
            pytest.fail(f"{member.login} got {answer.status_code} at {answer.url}")
        return browser

    def admin(self, method: str, path: str, document: Any = None, expect: int | tuple[int, ...] | None = None) -> Any:
        """The administrator's API; the JSON of the answer. Fails the test on another status, and on an answer that
        docs/openapi-admin.json does not describe."""
        answer = requests.request(
            method,
            f"{self.url}/v1/admin/{path}",
            json=document,
            headers={"Authorization": f"Bearer {self.state.secrets.admin_token}"},
            timeout=60,
        )
        wanted = expect or {"POST": (200, 201)}.get(method, (200,))
        if answer.status_code not in (wanted if isinstance(wanted, tuple) else (wanted,)):
            pytest.fail(f"{method} {path} gave {answer.status_code}: {answer.text}")
        if wrong := described.fault(answer):
            pytest.fail(wrong)
        return answer.json()

    def send_file(self, content: Any, **headers: str) -> requests.Response:
        """A file for a letter, brought by the secretary."""
        answer = requests.post(
            f"{self.url}/v1/admin/documents?by=tu",
            data=content,
            headers={"Authorization": f"Bearer {self.state.secrets.admin_token}", **headers},
            timeout=60,
        )
        if wrong := described.fault(answer):
            pytest.fail(wrong)
        return answer

    def terminal(self, office_id: str = OFFICE) -> Terminal:
        """A provisioned one."""
        terminal = Terminal(self.url)
        answer = terminal.provision(self.admin("POST", f"offices/{office_id}/codes")["code"])
        if answer.status_code != 201:
            pytest.fail(f"provisioning gave {answer.status_code} {problem_of(answer)}")
        return terminal

    def person(self, nip: str = NIP, name: str = "Sri Lestari", office_id: str = OFFICE) -> str:
        return str(self.admin("POST", f"offices/{office_id}/people", {"nip": nip, "name": name})["person_id"])

    def presence(self, date: str, office_id: str = OFFICE) -> Any:
        return self.admin("GET", f"presence?office_id={office_id}&date={date}")

    def events(self, query: str = "") -> list[Any]:
        return list(self.admin("GET", f"events?{query}")["events"])


def csrf_of(page: str) -> str:
    """The token of a page's forms."""
    found = re.findall(r'name="csrf" value="([^"]+)"', page)
    return str(found[0]) if found else pytest.fail("no form on this page")


@cache
def _state_folder() -> Path:
    """A state folder to copy: hashing a password takes longer than most tests."""
    folder = tempfile.mkdtemp(prefix="presensi-etpp-")
    atexit.register(shutil.rmtree, folder)
    State(Path(folder))
    return Path(folder)


@cache
def _migrated() -> Path:
    """An empty SQLite database to copy: making the tables takes longer than most tests."""
    path = _state_folder() / "empty.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


class _Served(uvicorn.Server):
    """Says when it serves, and ends when it is told: the original looks ten times a second whether it should."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.under_way = threading.Event()

    async def main_loop(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self.under_way.set()
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._end.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        # Nobody is to be waited for, and the original would wait a tenth of a second all the same.
        for server in self.servers:
            server.close()
        await self.lifespan.shutdown()

    def end(self) -> None:
        self.should_exit = True
        if self.under_way.is_set():
            self._loop.call_soon_threadsafe(self._end.set)


def _leave_syncing_to_the_system(connection: Any, _: object) -> None:
    """As PostgreSQL below: no test cuts the power, and a killed process loses nothing by it."""
    connection.execute("PRAGMA synchronous=OFF")


_first: dict[str, sa.Dialect] = {}
_compiled: dict[Any, Any] = {}


def _compile_once(engine: sa.Engine) -> None:
    """What SQLAlchemy has compiled is kept for a dialect, and each engine has one of its own: a server of each test
    would compile all its statements again, a seventh of the tests' time."""
    with engine.connect():  # a dialect learns from its first connection what the database can do
        engine.dialect = _first.setdefault(engine.dialect.name, engine.dialect)
    engine.update_execution_options(compiled_cache=_compiled)


@contextmanager
def running(
    url: str, folder: Path, *, approve: Literal["auto", "manual"] = "manual", office: bool = True, **settings: Any
) -> Iterator[Running]:
    """The app on a fresh database (its tables are there), served by a thread of this process."""
    clock = MovingClock(wib("2026-11-24 07:00"))
    if url.startswith("sqlite:///"):
        shutil.copyfile(_migrated(), url.removeprefix("sqlite:///"))
    database = Database(url)
    if url.startswith("sqlite:///"):
        sa.event.listen(database.engine, "connect", _leave_syncing_to_the_system)
    _compile_once(database.engine)
    shutil.copytree(_state_folder(), folder, ignore=shutil.ignore_patterns("*.db*"))
    state = State(folder)
    app = create_app(database, state, Settings(approve=approve, now=clock, **{"tell_s": None, **settings}))
    listener = bind("127.0.0.1", 0)
    served = _Served(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=5))
    thread = threading.Thread(target=served.run, args=([listener],))
    thread.start()
    try:
        if not served.under_way.wait(30):
            pytest.fail("the server did not start")
        etpp = Running(url_of(listener), database, state, clock, app.state.server, app.state.terminals.watch)
        if office:
            etpp.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas Komunikasi dan Informatika"})
        yield etpp
    finally:
        app.state.server.send_away()
        served.end()
        thread.join(30)
        listener.close()
        database.close()


# ---------------------------------------------------------------- PostgreSQL


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid}
    pytest.skip("PostgreSQL needs an unprivileged user and there is none")


_with_template: set[str] = set()
"""The running servers, by their URL, that have the empty database."""


@contextmanager
def postgresql(durable: bool = False, folder: Path | None = None) -> Iterator[str]:
    """A real PostgreSQL on loopback in a folder of its own; its URL without a database. Skips when not installed.
    `folder`: is kept, and what a run before left there is started again."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    identity = _unprivileged()
    with contextlib.ExitStack() as held:
        home = folder or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="presensi-pg-")))
        data = home / "data"
        new = not data.exists()
        data.mkdir(exist_ok=True)
        if identity:
            home.chmod(0o755)
            os.chown(data, identity["user"], identity["group"])
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **identity}
        initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "etpp", "-A", "trust", "--no-sync", "-E", "UTF8"]
        if new:
            subprocess.run(initdb, check=True, **quiet)
        port = free_port()
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync={'on' if durable else 'off'}"
        )
        control = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-t", "60"]
        subprocess.run([*control, "-o", options, "start"], check=True, **quiet)
        base = f"postgresql+psycopg://etpp@127.0.0.1:{port}"
        _with_template.discard(base)  # of a server that is gone, and had the same port
        _spare.pop(base, None)
        _as_new.cache_clear()
        try:
            yield base
        finally:
            how = "immediate" if folder is None else "fast"
            subprocess.run([*control, "-m", how, "stop"], check=True, **quiet)


def _pg_template(base: str) -> str:
    """The name of the empty database in the running server, made when it is asked for first."""
    if base in _with_template:
        return "etpp_empty"
    with psycopg.connect(base.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE etpp_empty")
    database = Database(f"{base}/etpp_empty")
    database.migrate()
    database.close()
    _with_template.add(base)
    return "etpp_empty"


_spare: dict[str, list[str]] = {}
"""By running server: databases that a test has left and that are as new."""

_LARGE = 2**20
"""Bytes of a table, from which on a new database is made instead."""
_SHAPE = """SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
    SELECT concat_ws(' ', attrelid::regclass, attnum, attname, atttypid, attnotnull) AS line
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT version_num FROM alembic_version) AS lines"""


@contextmanager
def fresh_database(base: str) -> Iterator[str]:
    """A database in a running PostgreSQL; its tables are there and empty. One that a test has left is emptied, which
    takes a sixth of the time of a new one, unless its tables were changed or are large, or somebody holds them."""
    plain, spare = base.replace("+psycopg", ""), _spare.setdefault(base, [])
    name = spare.pop() if spare else f"etpp_{uuid.uuid4().hex}"
    template = _pg_template(base)
    with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield f"{base}/{name}"
    finally:
        if _emptied(f"{plain}/{name}", f"{plain}/{template}"):
            spare.append(name)
        else:
            with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def _as_new(template: str) -> tuple[str, list[str]]:
    """The shape of the empty database, and its tables. No table has rows of its own but the migrations'."""
    with psycopg.connect(template) as connection:
        (shape,) = connection.execute(_SHAPE).fetchone() or ("",)
        named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        return shape, [name for (name,) in connection.execute(named)]


def _emptied(url: str, template: str) -> bool:
    """Row by row, without the triggers by which some tables refuse that: to truncate takes longer for so few rows, and
    where they are many a new database is made."""
    shape, tables = _as_new(template)
    try:
        with psycopg.connect(url, options="-c lock_timeout=1000 -c session_replication_role=replica") as connection:
            if connection.execute(_SHAPE).fetchone() != (shape,):
                return False
            looks = " UNION ALL ".join(f"SELECT '{each}' WHERE EXISTS (SELECT FROM \"{each}\")" for each in tables)
            filled = [name for (name,) in connection.execute(looks)]  # type: ignore[arg-type]
            large = "SELECT EXISTS (SELECT FROM unnest(%s::text[]) AS name WHERE pg_table_size(name::regclass) > %s)"
            if connection.execute(large, [filled, _LARGE]).fetchone() == (True,):
                return False
            for name in filled:
                connection.execute(f'DELETE FROM "{name}"')  # type: ignore[arg-type]
            used = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
            for (name,) in connection.execute(used).fetchall():
                connection.execute(f'ALTER SEQUENCE "{name}" RESTART')  # type: ignore[arg-type]
    except psycopg.OperationalError:  # it is gone, or somebody holds a table
        return False
    return True


@contextmanager
def running_on(database: str | None, folder: Path, **settings: Any) -> Iterator[Running]:
    """As `running`, with its files in `folder`: on SQLite for None, else on a new database of that PostgreSQL. For
    fixtures that serve a whole file of tests."""
    with contextlib.ExitStack() as held:
        url = f"sqlite:///{folder}/etpp.db" if database is None else held.enter_context(fresh_database(database))
        yield held.enter_context(running(url, folder / "state", **settings))
