"""The process that tries one policy: `python -m etpp.trial.worker`, with its order as JSON on standard input."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from etpp.allowance.model import Month
from etpp.db import Database
from etpp.reports.worker import work
from etpp.trial.making import Asked, make


def _trial(database: Database, order: Mapping[str, Any], path: Path, tell: Callable[[Any, int, int], None]) -> None:
    asked = Asked(**{**order["asked"], "month": Month.of(order["asked"]["month"])})
    make(database, asked, path, dt.datetime.fromisoformat(order["now"]), tell)


if __name__ == "__main__":
    work(_trial)
