"""The tables of an earlier release, for tests of what an upgrade makes of their rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from etpp.db import Database


@contextmanager
def tables_of(store: Database, revision: str) -> Iterator[tuple[Config, sa.Connection]]:
    """A transaction in which there is nothing but the empty tables of that revision; committed at the end."""
    config = Config()
    config.set_main_option("script_location", "etpp.db:migrations")
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        if sa.inspect(connection).has_table("offices"):
            command.downgrade(config, "base")
        command.upgrade(config, revision)
        yield config, connection
