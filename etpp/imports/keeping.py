"""Tables that somebody has brought and not decided on yet: kept in the state folder, for whoever brought them alone.

Files and not rows: what nobody confirms is never part of the records. Every server process on the folder finds them.
All of mode 0600; a bounded number, each gone after an hour, when it was taken, or when its bringer brings another.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import logging
import os
import uuid
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from etpp.base.encoding import format_time, parse_time
from etpp.base.errors import NotFound, Problem, StateError
from etpp.base.shown import Moment

log = logging.getLogger(__name__)

KEPT = dt.timedelta(hours=1)
TIDY_S = 300.0
MOST = 20
"""Tables of ten megabytes at most (`sheets.MAX_BYTES`)."""


class Brought(BaseModel):
    """`owner`: the account that brought it; `month`: of a roster whose headings are days, else ""."""

    import_id: str
    kind: str
    month: str
    owner: str
    at: Moment
    sha256: str


class Kept:
    """Thread-safe: each file is written once, beside its place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, kind: str, month: str, owner: str, content: bytes, now: dt.datetime) -> Brought:
        """Raises Problem `too-many-requests` while others have brought as many as may be, and StateError."""
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self.tidy(now)
            for each in self._every():
                if each.owner == owner:
                    self.forget(each.import_id)
            if len(self._every()) >= MOST:
                raise Problem("too-many-requests", "other tables wait for a decision", key="imports_busy")
            digest = hashlib.sha256(content).hexdigest()
            made = Brought(
                import_id=str(uuid.uuid4()), kind=kind, month=month, owner=owner, at=format_time(now), sha256=digest
            )
            self._write(made.import_id, "table", content)
            self._write(made.import_id, "json", made.model_dump_json().encode())
        except OSError as error:
            raise StateError(f"{self._folder}: {error.strerror}. Check that the server's user owns it.") from error
        return made

    def get(self, import_id: str, owner: str, now: dt.datetime) -> tuple[Brought, bytes]:
        """Raises NotFound for what is gone, and for what somebody else has brought."""
        try:
            known = Brought.model_validate_json(self._path(str(uuid.UUID(import_id)), "json").read_bytes())
            content = self._path(known.import_id, "table").read_bytes()
        except (OSError, ValueError) as error:  # ValidationError is a ValueError
            raise _gone() from error
        whole = hashlib.sha256(content).hexdigest() == known.sha256
        if known.owner != owner or now - parse_time(known.at) > KEPT or not whole:
            raise _gone()
        return known, content

    async def keep_tidy(self, now: Callable[[], dt.datetime]) -> None:
        """Until cancelled: they are lists of people, and go without anybody bringing another."""
        while True:
            try:
                await run_in_threadpool(self.tidy, now())
            except OSError as error:
                log.warning("cannot remove tables that nobody decided on: %s", error.strerror)
            await asyncio.sleep(TIDY_S)

    def tidy(self, now: dt.datetime) -> None:
        """What is an hour old goes, and what a server that was cut off has left of one. Raises OSError."""
        known = {each.import_id: now - parse_time(each.at) for each in self._every()}
        for path in self._folder.glob("*"):  # hidden ones, too
            with contextlib.suppress(FileNotFoundError):  # it may go meanwhile
                written = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
                if known.get(path.name.removeprefix(".").partition(".")[0], now - written) > KEPT:
                    path.unlink()

    def forget(self, import_id: str) -> None:
        for ending in ("json", "table"):
            self._path(import_id, ending).unlink(missing_ok=True)

    def _every(self) -> list[Brought]:
        found = []
        for path in self._folder.glob("*.json"):
            with contextlib.suppress(OSError, ValidationError):
                found.append(Brought.model_validate_json(path.read_bytes()))
        return found

    def _write(self, import_id: str, ending: str, content: bytes) -> None:
        aside = self._folder / f".{import_id}.{ending}"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        aside.replace(self._path(import_id, ending))

    def _path(self, import_id: str, ending: str) -> Path:
        return self._folder / f"{import_id}.{ending}"


def _gone() -> NotFound:
    return NotFound("the table is not kept any more: bring it again", key="import_gone")
