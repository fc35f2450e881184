"""How fast the server takes what terminals have saved up: `python -m tests.bench.etpp.throughput [--postgresql]`.

30,000 events (30 days offline of an office of 500) in batches of 200 and 500 through real HTTP, signed and compressed,
by one terminal; then the day's book and the gallery of 500 people. Prints one line a figure.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from etpp.faces.model import Template
from etpp.faces.store import Templates
from etpp.roster.model import Person
from etpp.roster.store import People
from tests.contract.etpp.client import MODEL_ID, Terminal, descriptor
from tests.contract.etpp.running import OFFICE, Running, fresh_database, postgresql, running


@contextlib.contextmanager
def server(folder: Path, on_postgresql: bool) -> Iterator[Running]:
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{folder}/etpp.db"
        if on_postgresql:
            url = stack.enter_context(fresh_database(stack.enter_context(postgresql(durable=True))))
        yield stack.enter_context(running(url, folder / "state"))


def people(etpp: Running, count: int, each: int = 4) -> list[str]:
    import base64

    ids = [f"p{number:05d}" for number in range(count)]
    with etpp.database.begin() as tx:
        for number, person_id in enumerate(ids):
            People(tx).add(Person(OFFICE, person_id, f"{number:018d}", f"Pegawai {number}", 1))
            templates = [
                Template(f"{person_id}-{n}", person_id, MODEL_ID, base64.b64decode(descriptor(number * each + n)))
                for n in range(each)
            ]
            Templates(tx).replace(OFFICE, person_id, templates)
    return ids


def drain(terminal: Terminal, ids: list[str], events: int, batch_size: int) -> tuple[float, list[float]]:
    """Seconds in all, and of each answer; the making of the batches is not counted."""
    batches = []
    for start in range(0, events, batch_size):
        size = min(batch_size, events - start)
        batches.append(json.dumps(terminal.batch([terminal.presence(ids[n % len(ids)]) for n in range(size)])).encode())
    path = f"/v1/devices/{terminal.device_id}/events"
    times = []
    for body in batches:
        begun = time.perf_counter()
        answer = terminal.send("POST", path, body, gzipped=True)
        times.append(time.perf_counter() - begun)
        if answer.status_code != 200:
            raise SystemExit(answer.text)
    return sum(times), sorted(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, server(Path(name), options.postgresql) as etpp:
        etpp.clock.local("2026-11-24 17:00")
        ids = people(etpp, 500)
        for batch_size in (200, 500):
            seconds, times = drain(etpp.terminal(), ids, options.events, batch_size)
            rate, p50, p99 = options.events / seconds, times[len(times) // 2], times[int(len(times) * 0.99)]
            print(
                f"batches of {batch_size}: {rate:.0f} events/s, an answer p50 {p50 * 1000:.0f} p99 {p99 * 1000:.0f} ms"
            )
        terminal = etpp.terminal()
        begun = time.perf_counter()
        body = terminal.gallery().content
        print(f"first gallery of 500 people: {len(body) / 1e6:.2f} MB in {(time.perf_counter() - begun) * 1000:.0f} ms")
        begun = time.perf_counter()
        etpp.presence("2026-11-24")
        print(f"day's book of 500 people: {(time.perf_counter() - begun) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
