"""The console's pages over a million events, and the overview's figures counted for each viewer and once for all.

`python -m tests.bench.etpp.pages [--rows N] [--postgresql]`. Prints the median of five in ms, over real HTTP, and how
the database reads the events; then both ways to the overview's figures in one run, and their ratio.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import requests

from etpp.console.texts import texts
from etpp.db import Transaction
from etpp.presence import daybook, views
from etpp.presence.summaries import Summaries
from etpp.roster.store import Offices
from tests.bench.etpp.throughput import server
from tests.contract.etpp.db import many_events
from tests.contract.etpp.db.plans import HISTORY, Asked, asked_of_events, plan, without_index
from tests.contract.etpp.running import Running

TIMES = 5


def median_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def page(etpp: Running, member: requests.Session, path: str) -> Callable[[], None]:
    def get() -> None:
        answer = member.get(f"{etpp.url}/console{path}", timeout=300)
        if answer.status_code != 200 or "/login" in answer.url:
            raise SystemExit(f"{path}: {answer.status_code}")

    return get


def show(etpp: Running, name: str, took_ms: float, asked: Asked) -> None:
    plans = {plan(etpp.database, *each) for each in asked}
    lines = sorted(
        {re.sub(r" +\(cost.*", "", line.strip()) for each in plans for line in each.split("\n") if "events" in line}
    )
    how = "the whole table" if without_index(etpp.database, asked) else "by an index"
    print(f"{name}: {took_ms:.1f} ms, {how}")
    for line in lines:
        print(f"    {line}")


def counted_for_each(tx: Transaction, day: dt.date, now: dt.datetime) -> list[views.OfficeDay]:
    """As the overview did it for every viewer: everybody of every office, to the last text."""
    books = [daybook.open_day(tx, office.office_id, day, now) for office in Offices(tx).all()]
    return [views.office_day(book, texts("id")) for book in books]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, server(Path(name), options.postgresql) as etpp:
        begun = time.perf_counter()
        day = many_events.fill(etpp.database, options.rows)
        kind = etpp.database.engine.dialect.name
        print(f"{kind}, {options.rows} events, made in {time.perf_counter() - begun:.0f} s")
        member = etpp.log_in(etpp.bkpp)
        for what, path in (
            ("page of events that do not count", "/events"),
            ("page of an office's day", f"/offices/kantor-7?date={day}"),
            ("overview", f"/?date={day}"),
        ):
            get = page(etpp, member, path)
            with asked_of_events(etpp.database) as asked:
                begun = time.perf_counter()
                get()
                first_ms = (time.perf_counter() - begun) * 1000
            show(etpp, f"{what}, first time", first_ms, asked)
            with asked_of_events(etpp.database) as asked:
                took_ms = median_ms(get)
            print(f"{what}, again: {took_ms:.1f} ms, {len(asked) / TIMES:.0f} queries on events")
        history = [(HISTORY[kind], ("kantor-7", "person-3"))]
        with etpp.database.read() as tx:
            took_ms = median_ms(lambda: tx.exec_driver_sql(*history[0]).all())
        show(etpp, "a person's newest 200 events (the query alone)", took_ms, history)
        summaries, now = Summaries(), etpp.clock.now
        with etpp.database.read() as tx:
            summaries.of(tx, day, now)

        def each() -> None:
            with etpp.database.read() as tx:
                counted_for_each(tx, day, now)

        def shared() -> None:
            with etpp.database.read() as tx:
                summaries.of(tx, day, now)

        before_ms, after_ms = median_ms(each), median_ms(shared)
        print(
            f"figures of {many_events.OFFICES} offices for one more viewer: counted for each {before_ms:.1f} ms, "
            f"shared {after_ms:.1f} ms, {before_ms / after_ms:.0f} times"
        )


if __name__ == "__main__":
    main()
