"""A network that is slow and breaks off: a real server behind a link of 128 kbit/s that is taken down again and again.

What a server or proxy can answer wrongly is in tests/integration/test_sync_rough.py.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.gallery import TinyGallery
from kiosk.journal.audit import JournalAudit
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity
from tests.contract.etpp.client import descriptor
from tests.integration import rough_server
from tests.integration.office import OFFICE, office, open_outbox, sync_process
from tests.integration.syncing import golden, golden_server, provisioned
from tests.unit.kiosk.journal import records

RATE = "128kbit"
TIMEOUT_S = 5.0
SERVER, TERMINAL = "10.213.77.1", "10.213.77.2"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def may_make_networks() -> bool:
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("tc") is None:
        return False
    name = f"presensi-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        ip("netns", "delete", name)
    return made


class Link:
    """A cable between this machine and a namespace, which can be pulled out."""

    def __init__(self) -> None:
        self.namespace = f"presensi-{os.getpid()}"
        self.near, self.far = f"pr{os.getpid()}a"[:15], f"pr{os.getpid()}b"[:15]

    def up(self) -> None:
        ip("link", "set", self.near, "up")

    def down(self) -> None:
        ip("link", "set", self.near, "down")

    @contextmanager
    def laid(self) -> Iterator[Link]:
        ip("netns", "add", self.namespace)
        try:
            ip("link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns", self.namespace)
            ip("address", "add", f"{SERVER}/30", "dev", self.near)
            inside = ("-n", self.namespace)
            ip(*inside, "address", "add", f"{TERMINAL}/30", "dev", self.far)
            ip(*inside, "link", "set", self.far, "up")
            self.up()
            shape = ("root", "tbf", "rate", RATE, "burst", "4kb", "latency", "400ms")
            subprocess.run(["tc", "qdisc", "add", "dev", self.near, *shape], check=True)
            in_namespace = ["ip", "netns", "exec", self.namespace]
            subprocess.run([*in_namespace, "tc", "qdisc", "add", "dev", self.far, *shape], check=True)
            yield self
        finally:
            ip("netns", "delete", self.namespace)


@pytest.mark.torture
@pytest.mark.skipif(not may_make_networks(), reason="needs root, ip and tc, and network namespaces")
def test_a_slow_link_that_breaks_off_delivers_everything(tmp_path: Path) -> None:
    chance = random.Random(3)
    with Link().laid() as link, office(tmp_path / "etpp", bind="0.0.0.0") as place:
        folder = place.terminal(tmp_path / "terminal")
        person_id = place.person("198503152010011007")
        outbox = open_outbox(folder)
        clock = SystemClock(outbox.anchors)
        # The gallery of a school: what the terminal sends as enrolments comes back as templates.
        for n in range(120):
            draft = records.enrolment(nip=f"198503152010021{n + 1:03d}", seed=n)
            fields = {name: getattr(draft, name) for name in draft.__slots__}
            outbox.append(type(draft)(**{**fields, "office_id": OFFICE}), clock.now())
        sent = [outbox.append(records.presence(person_id), clock.now()).event_id for _ in range(400)]

        settings = (
            f'[server]\nurl = "http://{SERVER}:{place.port}"\ntimeout_s = {TIMEOUT_S}\n'
            "retry_s = 0.2\nretry_ceiling_s = 2.0\nheartbeat_s = 5.0\nbatch_events = 50\n"
        )
        cuts = long_cuts = 0
        began = time.monotonic()
        gallery = TinyGallery(folder.gallery_path, Identity.load(folder.identity_dir).storage_key)
        with sync_process(folder, settings, inside=("ip", "netns", "exec", link.namespace)):
            while outbox.queue_state().waiting or len(gallery.load().people) < 121:
                assert time.monotonic() - began < 900
                time.sleep(chance.uniform(1.0, 4.0))
                link.down()
                # A connection outlives a short one: the kernel sends the lost segments again.
                too_long = cuts % 3 == 2
                time.sleep(chance.uniform(0.2, 2.0) + 1.5 * TIMEOUT_S * too_long)
                link.up()
                cuts, long_cuts = cuts + 1, long_cuts + too_long
        seconds = time.monotonic() - began
        rows = place.rows()
    accepted = [row["event_id"] for row in rows if row["status"] == "accepted"]
    log = (folder.path / "sync.log").read_text()
    print(
        f"\n520 events and a gallery of 121 people over {RATE} with {cuts} cuts, {long_cuts} of them past the "
        f"timeout: {seconds:.0f} s, {log.count('cannot be reached')} attempts that found no server"
    )
    assert len(accepted) == len(set(accepted)) == 520
    assert set(sent) <= set(accepted)
    assert list(JournalAudit(outbox).verify()) == []
    assert long_cuts > 0
    assert "cannot be reached" in log, "the cuts were met"
    outbox.close()


@pytest.mark.torture
def test_a_gallery_over_a_slow_line_reaches_a_terminal_that_is_killed_every_20_s(tmp_path: Path) -> None:
    """500 people with five templates each at 128 kbit/s: over two minutes, in which no process lives for long."""
    one = golden("gallery_full")["answer"]["payload"]["people"][0]
    people = [
        {
            **one,
            "person_id": f"018f2c5e-0000-7000-8000-{n:012d}",
            "templates": [
                {**one["templates"][0], "template_id": f"018f2c5e-0000-7000-8001-{n:06d}{t:06d}", "descriptor": vector}
                for t, vector in enumerate(descriptor(5 * n + t) for t in range(5))
            ],
        }
        for n in range(500)
    ]
    with golden_server() as server, provisioned(tmp_path, server) as terminal:
        server.push(*people)
        server.script["gallery"].extend([rough_server.paced(16_000)] * 1000)
        kills = 0
        began = time.monotonic()
        while not terminal.gallery().load().people:
            assert time.monotonic() - began < 900
            with sync_process(terminal.folder) as process:
                ended = time.monotonic() + 20
                while time.monotonic() < ended and not terminal.gallery().load().people:
                    time.sleep(0.2)
                process.kill()
                process.wait()
                kills += 1
        seconds = time.monotonic() - began
        whole = next(request for request in server.requests if request.path.endswith("/gallery"))
        size = len(server.answer(whole)[2])
        print(
            f"\n{size / 1e6:.2f} MB at 128 kbit/s: {seconds:.0f} s with {kills - 1} kills in between "
            f"({size / 16_000:.0f} s without); {server.carried / size:.2f} times its bytes were sent"
        )
        assert len(terminal.gallery().load().people) == 500
        assert kills > 4
        assert not terminal.folder.gallery_part_path.exists()
