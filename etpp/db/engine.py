"""Transactions on SQL: SQLite (WAL, synchronous=FULL) by default, PostgreSQL for real use.

A transaction is all or nothing, and what it wrote is durable when the `with` block has been left. A room makes its own
store on it (`Books(tx)`, `Offices(tx)`): one transaction may reach over several rooms, and no room sees more than it
asks for. What the database library raises for a database that is locked, full or gone becomes StoreUnavailable.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from etpp.base import texts
from etpp.base.errors import Conflict, EtppError, StateError, StoreUnavailable
from etpp.db.tables import metadata

LOCK_WAIT_S = 10
"""How long a transaction waits for another one before the terminal is told to come again."""


Transaction = sa.Connection
"""One connection inside one transaction. Only a room's `store.py` does more with it than to hand it on."""


class Database:
    """Thread-safe. `place`: a file of SQLite's, or a URL as SQLAlchemy writes it: "postgresql+psycopg://etpp@/etpp".

    Raises StateError for what is neither.
    """

    def __init__(self, place: Path | str, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self._engine = _engine(_url(place), lock_wait_s)
        self._sqlite = self._engine.dialect.name == "sqlite"
        self._lock_wait_s = lock_wait_s
        # SQLite has one writer. Waiting here is fair and wakes at once; its own waiting is neither.
        self._writer = threading.Lock()

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that writes. Durable when left; leaves no trace when an exception ends it."""
        if not self._sqlite:
            with self._transaction(write=True) as transaction:
                yield transaction
            return
        if not self._writer.acquire(timeout=self._lock_wait_s):
            raise StoreUnavailable("the database is busy")
        try:
            with self._transaction(write=True) as transaction:
                yield transaction
        finally:
            self._writer.release()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view; writing in it is an error of the caller's."""
        with self._transaction(write=False) as transaction:
            yield transaction

    def migrate(self) -> None:
        """Bring the tables to this version of the software.

        Raises StoreUnavailable when the database cannot be reached or changed, or a newer release has changed it.
        """
        config = Config()
        config.set_main_option("script_location", "etpp.db:migrations")
        with _translated(), self._engine.begin() as connection:
            if not self._sqlite:
                # Several servers started at once: one migrates, the others wait. The number is `Lock.MIGRATING`.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7307771)"))
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:  # it has a revision that this release does not know
                raise StoreUnavailable("a newer release of etpp has changed the tables; use that one again") from error

    def make_tables(self) -> None:
        """All tables at once, as `migrate` leaves them: of an empty database that nobody will keep."""
        with _translated(), self._engine.begin() as connection:
            metadata.create_all(connection)

    def close(self) -> None:
        self._engine.dispose()

    @property
    def url(self) -> str:
        """By which another process opens the same. It may hold a password: never in a log, never an argument."""
        return self._engine.url.render_as_string(hide_password=False)

    @property
    def engine(self) -> sa.Engine:
        """For the migrations' own tests."""
        return self._engine

    @contextmanager
    def _transaction(self, write: bool) -> Iterator[Transaction]:
        options: dict[str, Any] = {"etpp_write": write}
        if not write and not self._sqlite:
            # PostgreSQL's ordinary level shows each statement what was committed meanwhile: no consistent view.
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            _translated(),
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except EtppError:
        raise
    except DataError as error:
        raise Conflict("the database cannot hold such a value", key="value_impossible") from error
    except IntegrityError as error:
        # Whoever writes has looked before: somebody else has written the same since. Asked again, the look finds it;
        # a 409 would be the last word to a terminal (docs/decisions/0079).
        raise StoreUnavailable("somebody else wrote the same at this moment") from error
    except (OperationalError, InterfaceError, InternalError, PoolTimeout) as error:
        raise StoreUnavailable(f"the database cannot be used now ({_kind(error)})") from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:  # ours: a statement that is none, what a driver cannot do
            raise
        # SQLite's for a file that is none of its own, or was changed behind its back.
        raise StoreUnavailable(f"the database is damaged ({_kind(error)}); put it back from the backup") from error
    except UnicodeEncodeError as error:  # a lone surrogate: no database has a form for it
        raise Conflict("the database cannot hold such a text", key="value_impossible") from error
    except StatementError as error:
        if isinstance(error.orig, Conflict):  # of `_dumps`, which SQLite's driver is given by SQLAlchemy itself
            raise error.orig from error
        raise


def _kind(error: Exception) -> str:
    """The database's own first words. Errors of this kind name files, hosts and locks, never what was stored."""
    words = str(error.orig) if isinstance(error, DBAPIError) and error.orig is not None else "no free connection"
    return words.strip().partition("\n")[0][:200]


def _url(place: Path | str) -> sa.URL:
    if isinstance(place, Path):
        return sa.URL.create("sqlite", database=str(place))  # not as text: a folder's name may hold "?" and "%"
    try:
        url = sa.make_url(place)
        known = url.get_dialect().name in ("sqlite", "postgresql") and url.get_dialect().import_dbapi() is not None
    except (sa.exc.ArgumentError, ImportError):
        known = False
    if not known:
        raise StateError(
            "the database cannot be understood. Give it as postgresql+psycopg://USER@HOST/NAME or sqlite:////FILE."
        )
    return url


def _owned_file(url: sa.URL) -> None:
    """The books are their owner's alone; SQLite gives the log beside them the same mode."""
    path = Path(str(url.database))
    with contextlib.suppress(OSError):  # SQLite says it better, when it is asked for something
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        for each in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            if each.exists() and each.stat().st_mode & 0o077:
                each.chmod(0o600)


def _engine(url: sa.URL, lock_wait_s: float) -> sa.Engine:
    # hide_parameters: an exception's text must not carry names, NIPs or templates into a log.
    common: dict[str, Any] = {"hide_parameters": True, "json_serializer": _dumps, "json_deserializer": _loads}
    if url.get_backend_name() == "sqlite":
        if url.database not in (None, "", ":memory:"):
            _owned_file(url)
        engine = sa.create_engine(url, **common, connect_args={"timeout": lock_wait_s})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    wait_ms = int(lock_wait_s * 1000)
    return sa.create_engine(
        url,
        **common,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=30,
        pool_timeout=lock_wait_s,
        connect_args={"options": f"-c lock_timeout={wait_ms} -c timezone=UTC", "connect_timeout": 10},
    )


def _dumps(value: object) -> str:
    """For every JSON column: what another program could not read is not written. Raises Conflict."""
    try:
        text = json.dumps(value, allow_nan=False)
        if "\\ud" in text:
            json.dumps(value, ensure_ascii=False).encode()  # fails when a surrogate stands alone
    except ValueError as error:
        raise Conflict("the database cannot hold such a value", key="value_impossible") from error
    return text


def _loads(content: str | bytes) -> Any:
    """What an earlier release wrote may hold a lone surrogate, with which no page could be sent."""
    text = content if isinstance(content, str) else content.decode()
    value = json.loads(text)
    return _encodable(value) if "\\ud" in text else value


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return texts.encodable(value)
    if isinstance(value, list):
        return [_encodable(each) for each in value]
    if isinstance(value, dict):
        return {texts.encodable(name): _encodable(each) for name, each in value.items()}
    return value


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ARG001
    # The driver's own BEGIN comes too late for reads and is never IMMEDIATE; `_begin_sqlite` does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: an answered batch must survive a power cut, not only a crash of the process.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("etpp_write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
