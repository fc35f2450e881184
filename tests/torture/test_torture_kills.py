"""SIGKILL at random moments of the recording process, of `kiosk sync` and of the server, all under load."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from kiosk.journal.audit import JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.model import DeviceId
from tests.integration.office import Office, office, open_outbox
from tests.torture import workers
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.machine.fake_clock import FakeClock

CONFIG = "[server]\nretry_s = 0.02\nretry_ceiling_s = 0.2\nheartbeat_s = 0.5\nlong_poll_s = 1\nbatch_events = 50\n"
PAUSE_S = 0.01


class Screen:
    """Collects what the recording processes showed as recorded, over a FIFO that outlives them."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        # Open for writing too, so that the end of one process is not the end of the stream.
        self._descriptor = os.open(path, os.O_RDWR)
        self.shown: list[str] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        rest = b""
        while not rest.endswith(b"end\n"):
            rest += os.read(self._descriptor, 65536)
        self.shown = rest.decode().split("\n")[:-2]

    def close(self) -> None:
        os.write(self._descriptor, b"end\n")
        self._thread.join()
        os.close(self._descriptor)


class Cast:
    """The three processes; each can be killed and started again."""

    def __init__(self, place: Office, folder: Path, person_id: str, screen: Path) -> None:
        config = folder / "torture.toml"
        config.write_text(CONFIG)
        self.starts = {
            "run": lambda: workers.start(workers.record, folder, person_id, screen, PAUSE_S),
            "sync": lambda: workers.start(workers.sync, folder, config),
            "server": lambda: workers.start(workers.serve, place.folder, place.port),
        }
        self.alive: dict[str, BaseProcess] = {}
        self.kills: Counter[str] = Counter()

    def start(self, *names: str) -> None:
        for name in names:
            self.alive[name] = self.starts[name]()

    def kill(self, name: str) -> None:
        workers.kill(self.alive.pop(name))

    @contextmanager
    def playing(self) -> Iterator[None]:
        self.start("server", "sync", "run")
        try:
            yield
        finally:
            for name in list(self.alive):
                self.kill(name)


@pytest.mark.parametrize(
    ("kills", "server_kills"),
    [(30, 5), pytest.param(1000, 1000, marks=pytest.mark.torture)],
    ids=["short", "long"],
)
def test_what_was_shown_as_recorded_is_in_the_books_once(tmp_path: Path, kills: int, server_kills: int) -> None:
    chance = random.Random(20261124)
    with office(tmp_path / "etpp") as place:
        folder = place.terminal(tmp_path / "terminal")
        person_id = place.person("198503152010011007")
        place.kill()

        workers.prepare()
        screen = Screen(tmp_path / "screen")
        cast = Cast(place, folder.path, person_id, tmp_path / "screen")
        began = time.monotonic()
        victims = ["run", "sync"] * (kills // 2) + ["server"] * server_kills
        chance.shuffle(victims)
        with cast.playing():
            for victim in victims:
                # From the middle of the start-up to a while into the work: fork and imports take some 50 ms.
                time.sleep(chance.uniform(0.0, 0.35))
                cast.kill(victim)
                cast.kills[victim] += 1
                cast.start(victim)
            time.sleep(1)
            cast.kill("run")
            outbox = open_outbox(folder)
            deadline = time.monotonic() + 300
            while outbox.queue_state().waiting and time.monotonic() < deadline:
                time.sleep(0.1)
            state = outbox.queue_state()
            rows = place.rows()
        seconds = time.monotonic() - began
        screen.close()

    accepted = [row["event_id"] for row in rows if row["status"] == "accepted"]
    audit = JournalAudit(outbox)
    held = [row.body["event_id"] for chain in audit.chains() for row in audit.rows(chain) if row.body]
    in_doubt = len(accepted) - len(screen.shown)
    print(
        f"\nkills: {dict(cast.kills)} in {seconds:.0f} s; shown as recorded: {len(screen.shown)}; in the books: "
        f"{len(accepted)}; recorded but killed before the screen said so: {in_doubt}; chains: {len(audit.chains())}"
    )
    assert (state.waiting, state.parked) == (0, 0)
    assert len(screen.shown) > kills / 4
    assert len(set(accepted)) == len(accepted), "none double"
    assert not set(screen.shown) - set(accepted), "none missing"
    assert sorted(held) == sorted(accepted), "the journal and the books are the same"
    assert 0 <= in_doubt <= cast.kills["run"] + 1
    assert list(audit.verify()) == [], "the chain is whole"
    assert len(audit.chains()) == 1
    assert all(row["status"] == "accepted" for row in rows)
    outbox.close()


@pytest.mark.parametrize("kills", [12, pytest.param(300, marks=pytest.mark.torture)], ids=["short", "long"])
def test_a_kill_in_the_middle_of_a_salvage_loses_nothing(tmp_path: Path, kills: int) -> None:
    """Two processes on a damaged journal, both killed while either sets it aside; again and again on what is left."""
    chance = random.Random(11)
    folder = tmp_path / "state"
    folder.mkdir()
    path = folder / "outbox.sqlite"
    outbox = SqliteOutbox(path, DeviceId("device-1"), key=bytes(32)).open()
    before = {outbox.append(records.presence(), FakeClock().now()).event_id for _ in range(200)}
    outbox.close()

    workers.prepare()
    screen = Screen(tmp_path / "screen")
    damages = 0
    for _ in range(kills):
        if path.exists() and path.stat().st_size > 8192 and not Path(f"{path}-wal").exists():
            # The first page of a database that was closed in good order: all events are in what follows.
            path.write_bytes(bytes(100) + path.read_bytes()[100:])
            damages += 1
        pair = [workers.start(workers.append_and_show, folder, tmp_path / "screen") for _ in range(2)]
        time.sleep(chance.uniform(0.0, 0.25))
        for process in pair:
            workers.kill(process)
        if chance.random() < 0.5:
            SqliteOutbox(path, DeviceId("device-1"), key=bytes(32)).open().close()
    screen.close()

    audit = JournalAudit(outbox)
    held = [row.body["event_id"] for chain in audit.chains() for row in audit.rows(chain) if row.body]
    print(f"\n{2 * kills} kills, {damages} journals damaged; {len(screen.shown)} events shown, {len(held)} held")
    assert damages > kills / 6
    assert before | set(screen.shown) <= set(held)
    assert len(held) == len(set(held))
    assert list(audit.verify()) == []
    outbox.close()
