"""Reports that the server makes beside its work: each in a process of its own, a bounded number at a time.

What a job is stands in the state folder, not in memory, so that every server process on the folder answers for it:
`ID.json` what was asked and how far it is, `ID.lock` held while its process lives, `ID.cancel` when somebody wants it
to end, and the finished file. All of mode 0600, all gone after a day.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import fcntl
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from etpp.allowance.model import Month
from etpp.base.encoding import format_time, parse_time
from etpp.base.errors import Conflict, NotFound, Problem, StateError
from etpp.base.shown import Moment, MonthText
from etpp.reports.model import Format, Kind

MOST_AT_ONCE = 2
"""A machine's other core keeps serving terminals."""
KEPT = dt.timedelta(days=1)
_TIDY_S = 600.0
RETRY_S = 10

State = Literal["running", "done", "failed", "cancelled"]


class Order(Protocol):
    """What a job is asked to make: a frozen dataclass."""

    @property
    def kind(self) -> Kind | Literal["bundle", "trial"]: ...
    @property
    def office_id(self) -> str: ...
    @property
    def month(self) -> Month: ...
    @property
    def format(self) -> Format | Literal["zip", "trial"]: ...


class Job(BaseModel):
    """A report, a bundle of an auditor's or a policy's trial, on its way. `done` of `of` (0: not known) of a `stage`;
    `detail` says why it failed."""

    job_id: str
    kind: Kind | Literal["bundle", "trial"]
    office_id: str
    month: MonthText
    format: Format | Literal["zip", "trial"]
    state: State
    stage: Literal["read", "write"] = "read"
    done: int = 0
    of: int = 0
    asked: Moment
    detail: str = ""


class Jobs:
    """Thread-safe. `database`: its URL, for the processes that read it."""

    def __init__(
        self,
        folder: Path,
        database: str,
        worker: str = "etpp.reports.worker",
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`worker`: the module that makes them; `more`: what else its order names."""
        self._folder = folder
        self._database = database
        self._worker, self._more = worker, dict(more)
        self._mine: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def start(self, asked: Order, now: dt.datetime) -> Job:
        """Raises Problem `too-many-requests` while as many are being made as may be, and StateError."""
        with self._lock:
            try:
                self._folder.mkdir(mode=0o700, exist_ok=True)
            except OSError as error:
                raise StateError(f"{self._folder}: {error.strerror}. Check that the server's user owns it.") from error
            self._tidy(now)
            if sum(self._lives(path.stem) for path in self._folder.glob("*.lock")) >= MOST_AT_ONCE:
                raise Problem(
                    "too-many-requests",
                    "other reports are being made; ask again",
                    retry_after_s=RETRY_S,
                    key="reports_busy",
                )
            job_id = str(uuid.uuid4())
            job = Job(
                job_id=job_id,
                kind=asked.kind,
                office_id=asked.office_id,
                month=str(asked.month),
                format=asked.format,
                state="running",
                asked=format_time(now),
            )
            write_job(self._folder, job)
            order = {
                "database": self._database,
                "folder": str(self._folder),
                "job": job.model_dump(),
                "now": now.isoformat(),
                "asked": {**asdict(asked), "month": str(asked.month)},  # type: ignore[call-overload]
                **self._more,
            }
            self._mine[job_id] = self._spawn(job_id, order)
            return job

    def get(self, job_id: str) -> Job:
        """Raises NotFound."""
        job = self._written(job_id)
        if job.state == "running" and not self._lives(job_id):
            # It may have ended between the two looks.
            job = self._written(job_id)
            if job.state == "running":
                ended: State = "cancelled" if self._path(job_id, "cancel").exists() else "failed"
                job = job.model_copy(update={"state": ended, "detail": "its process ended early"})
        return job

    def every(self) -> list[Job]:
        """All that are kept, the latest first."""
        found = []
        for path in self._folder.glob("*.json"):
            with contextlib.suppress(NotFound):  # it may go meanwhile
                found.append(self.get(path.stem))
        return sorted(found, key=lambda job: job.asked, reverse=True)

    def file(self, job_id: str) -> Path:
        """The finished report. Raises NotFound, and Conflict while it is not done."""
        job = self.get(job_id)
        if job.state != "done":
            raise Conflict(f"the report is {job.state}", key="file_not_ready")
        path = self._path(job_id, job.format)
        if not path.exists():  # somebody forgets it at this moment
            raise _gone()
        return path

    def content(self, job_id: str) -> bytes:
        """What was made, whole. Raises as `file`, also where it goes while it is opened."""
        try:
            return self.file(job_id).read_bytes()
        except FileNotFoundError as error:
            raise _gone() from error

    def cancel(self, job_id: str) -> Job:
        """End it, or forget it when it is done. Raises NotFound."""
        job = self.get(job_id)
        if job.state != "running":
            self._remove(job_id)
            return job.model_copy(update={"state": "cancelled"})
        os.close(os.open(self._path(job_id, "cancel"), os.O_WRONLY | os.O_CREAT, 0o600))
        with self._lock:
            mine = self._mine.get(job_id)
            if mine is not None:
                mine.terminate()
        return job.model_copy(update={"state": "cancelled"})

    def stop(self) -> None:
        """End those of this server process, and wait for them."""
        with self._lock:
            for each in self._mine.values():
                each.terminate()
            for each in self._mine.values():
                each.wait()
            self._mine.clear()

    async def keep_tidy(self, now: Callable[[], dt.datetime]) -> None:
        """Until cancelled: what is a day old goes."""
        while True:
            with self._lock:
                self._tidy(now())
            await asyncio.sleep(_TIDY_S)

    def _tidy(self, now: dt.datetime) -> None:
        self._mine = {job_id: each for job_id, each in self._mine.items() if each.poll() is None}
        for path in self._folder.glob("*.json"):
            try:
                job = Job.model_validate_json(path.read_text(encoding="utf-8"))
                old = now - parse_time(job.asked) >= KEPT
                working = job.state == "running" and self._lives(path.stem)
            except (OSError, ValueError):
                old, working = True, False
            if old and not working:
                self._remove(path.stem)

    def _spawn(self, job_id: str, order: dict[str, Any]) -> subprocess.Popen[bytes]:
        # The lock is taken here and goes with the process: there is no moment in which it seems dead.
        held = os.open(self._path(job_id, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            command = [sys.executable, "-m", self._worker]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[held], start_new_session=True
            )
        finally:
            os.close(held)
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(json.dumps(order).encode())  # not as an argument: the URL may hold a password
        return process

    def _written(self, job_id: str) -> Job:
        """Raises NotFound, for what was forgotten meanwhile too."""
        try:
            return Job.model_validate_json(self._path(job_id, "json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _gone() from error

    def _lives(self, job_id: str) -> bool:
        try:
            descriptor = os.open(self._path(job_id, "lock"), os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _remove(self, job_id: str) -> None:
        for path in (*self._folder.glob(f"{job_id}.*"), *self._folder.glob(f".{job_id}.*")):
            path.unlink(missing_ok=True)

    def _path(self, job_id: str, ending: str) -> Path:
        return self._folder / f"{job_id}.{ending}"


def _gone() -> NotFound:
    return NotFound("there is no such report; one is kept for a day", key="file_gone")


def write_job(folder: Path, job: Job) -> None:
    """In whole: whoever reads meanwhile finds the one before or this."""
    aside = folder / f".{job.job_id}.json.{os.getpid()}"
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(job.model_dump_json())
    aside.replace(folder / f"{job.job_id}.json")
