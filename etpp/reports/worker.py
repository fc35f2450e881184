"""The process that makes one report: `python -m etpp.reports.worker`, with its order as JSON on standard input."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from etpp.allowance.model import Month
from etpp.base.errors import EtppError
from etpp.db import Database
from etpp.reports.jobs import Job, write_job
from etpp.reports.make import Asked, make

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Somebody wants it to end."""


Make = Callable[[Database, Mapping[str, Any], Path, Callable[[Any, int, int], None]], None]
"""Makes what an order asks for at a path, and tells how far it is."""


def main() -> None:
    work(_report)


def work(make_asked: Make) -> None:
    """Do the one order that comes on standard input."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _stop)
    order = json.load(sys.stdin)
    folder, job = Path(order["folder"]), Job(**order["job"])
    cancel = folder / f"{job.job_id}.cancel"

    def tell(stage: str, done: int, of: int) -> None:
        nonlocal job
        if cancel.exists():
            raise Cancelled
        job = job.model_copy(update={"stage": stage, "done": done, "of": of})
        write_job(folder, job)

    try:
        with contextlib.closing(Database(order["database"])) as database:
            make_asked(database, order, folder / f"{job.job_id}.{job.format}", tell)
        end = {"state": "done"}
    except Cancelled:
        end = {"state": "cancelled"}
    except EtppError as error:  # its message says what to do next, and names nobody
        end = {"state": "failed", "detail": str(error)}
    except Exception:
        log.exception("a report could not be made")
        end = {"state": "failed", "detail": "this is a fault of the server's; its log says more"}
    write_job(folder, job.model_copy(update=end))


def _report(database: Database, order: Mapping[str, Any], path: Path, tell: Callable[[Any, int, int], None]) -> None:
    asked = Asked(**{**order["asked"], "month": Month.of(order["asked"]["month"])})
    make(database, asked, path, dt.datetime.fromisoformat(order["now"]), tell)


def _stop(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    raise Cancelled


if __name__ == "__main__":
    main()
