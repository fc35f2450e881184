"""`kiosk sync` of one terminal in a thread, against the rough server: what the tests of both share."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk import sync
from kiosk.gallery import TinyGallery
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.link.download import Download
from kiosk.link.part import SealedPart
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity, candidate, parse_provisioning
from kiosk.machine.state import StateFolder
from tests.integration import rough_server
from tests.integration.rough_server import RoughServer
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.machine.fake_clock import FakeKernel

GOLDEN = Path(__file__).parents[1] / "golden"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


SETTINGS = sync.SyncSettings(
    ca_file="",
    timeout_s=5.0,
    batch_events=10,
    batch_bytes=1_000_000,
    retry_s=0.001,
    retry_ceiling_s=0.01,
    long_poll_s=1,
    heartbeat_s=60.0,
    audit_days=400,
)


@dataclass
class Terminal:
    folder: StateFolder
    identity: Identity
    outbox: SqliteOutbox
    server: RoughServer

    def record(self, count: int = 1, person_id: str = "p-1", clock: SystemClock | None = None) -> None:
        clock = clock or SystemClock(self.outbox.anchors)
        for _ in range(count):
            self.outbox.append(records.presence(person_id), clock.now())

    @contextmanager
    def syncing(
        self, kernel: FakeKernel | None = None, network: Callable[[], bytes] = bytes, **settings: Any
    ) -> Iterator[dict[str, Any]]:
        """Runs sync in a thread; what it raised is in "error" afterwards."""
        outbox = SqliteOutbox(self.folder.outbox_path, self.identity.device_id, key=self.identity.storage_key).open()
        clock = SystemClock(outbox.anchors, kernel=kernel)
        parts = sync.SyncParts(
            folder=self.folder,
            queue=JournalQueue(outbox),
            cache=self.gallery(),
            signer=Identity.load(self.folder.identity_dir),
            clock=clock,
            in_step=clock.in_step,
            faults=outbox.faults,
            random=random.Random(1),
            download=Download(
                SealedPart(
                    self.folder.gallery_part_path,
                    self.identity.storage_key,
                    self.identity.device_id,
                    lambda: clock.now().wall_utc,
                )
            ),
            network=network,
        )
        stop = threading.Event()
        outcome: dict[str, Any] = {"stop": stop}

        def run() -> None:
            try:
                sync.run(replace(SETTINGS, **settings), parts, stop)
            except Exception as error:  # noqa: BLE001 - the test looks at it
                outcome["error"] = error

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield outcome
        finally:
            stop.set()
            thread.join(30)
            outbox.close()
            assert not thread.is_alive()

    def gallery(self) -> TinyGallery:
        return TinyGallery(self.folder.gallery_path, self.identity.storage_key)

    def delivered(self, count: int) -> Callable[[], bool]:
        return lambda: len(self.server.events()) == count

    def settled(self) -> Callable[[], bool]:
        """The terminal knows that the server holds everything."""
        return lambda: self.outbox.queue_state().waiting == 0


def until(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """For what happens in the terminal and not at the server."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not come to pass: {what}")
        time.sleep(0.005)


@contextmanager
def golden_server() -> Iterator[RoughServer]:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(golden("keys")["server_seed_hex"]))
    with rough_server.rough_server(key, golden("gallery_full")["answer"]["payload"]["office"]) as server:
        yield server


@contextmanager
def provisioned(path: Path, server: RoughServer) -> Iterator[Terminal]:
    folder = StateFolder(path).open()
    candidate(folder.identity_dir).adopt(parse_provisioning(golden("provision")["answer"], server.url, ""))
    identity = Identity.load(folder.identity_dir)
    outbox = SqliteOutbox(folder.outbox_path, identity.device_id, key=identity.storage_key).open()
    yield Terminal(folder, identity, outbox, server)
    outbox.close()
