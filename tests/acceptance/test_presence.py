"""The main job with nothing replaced: server, both terminal processes, dlib, Kivy, SQLite and HTTP are all real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo import faces, office, server
from demo.processes import Child, Family, family
from kiosk.gallery import TinyGallery
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from kiosk.schedule import assess
from kiosk.ui import theme
from kiosk.ui.viewstate import Tone
from kiosk.wire import parse_utc
from tests import waiting
from tests.ports import free_port

pytestmark = pytest.mark.slow

WITHIN_S = 90.0
until = partial(waiting.until, within_s=WITHIN_S)


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Family]:
    with family(tmp_path / "logs") as started:
        yield started


class Terminal:
    """`kiosk run` on the clip, started anew for each presence."""

    def __init__(self, children: Family, folder: Path) -> None:
        self.children, self.folder = children, folder
        self.config = folder / "kiosk.toml"
        self.config.write_text(
            '[voice]\nenabled = false\n[liveness]\npolicy = "off"\n[encounter]\nrepeat_interval_min = 0.0\n'
        )

    def record_one(self, run: int) -> Path:
        """Until the trace says recorded; the folder of its screens."""
        screens, trace = self.folder / f"screens-{run}", self.folder / f"trace-{run}.jsonl"
        camera = f"replay:{faces.talking_man()}{office.REST}"
        files = ["--config", str(self.config), "--state", str(self.folder / "terminal"), "--trace", str(trace)]
        child, _ = self.children.start(
            "kiosk", ["kiosk", "run", "--camera", camera, "--display", "offscreen", "--screens", str(screens), *files]
        )
        until("a presence on the screen", lambda: "recorded" in _outcomes(trace) or _died(child))
        until("its picture", (screens / "recorded.png").exists)
        stop(child)
        assert _outcomes(trace).count("recorded") == 1
        return screens


def _outcomes(trace: Path) -> list[str]:
    return [json.loads(line)["outcome"] for line in trace.read_text().splitlines()] if trace.exists() else []


def _died(child: Child) -> bool:
    if child.ended() is not None:
        pytest.fail(f"{child.name} ended with {child.ended()}: {child.tail()}")
    return False


def stop(child: Child) -> None:
    child.process.terminate()
    child.process.wait(30)


def _tone(folder: Path, presence: dict[str, Any]) -> Tone:
    """Of the first presence of a day: the test may run at any hour of any day."""
    state = StateFolder(folder / "terminal")
    snapshot = TinyGallery(state.gallery_path, Identity.load(state.identity_dir).storage_key).load()
    assert snapshot.office is not None
    person = snapshot.people[presence["person_id"]]
    meant = assess(snapshot.office.calendar, parse_utc(presence["utc"]), None, person.roster)
    return Tone.WARN if meant.working_day and meant.minutes_off else Tone.OK


def _waiting(folder: Path) -> int:
    state = StateFolder(folder / "terminal")
    identity = Identity.load(state.identity_dir)
    outbox = SqliteOutbox(state.outbox_path, identity.device_id, key=identity.storage_key).open()
    try:
        return outbox.queue_state().waiting
    finally:
        outbox.close()


def test_presence_reaches_the_books_with_and_without_a_server(children: Family, tmp_path: Path) -> None:
    port = free_port()
    etpp = office.build(children, tmp_path, port, lambda _: None)
    terminal = Terminal(children, tmp_path)
    before = {row["event_id"] for row in etpp.presences()}  # of the regency's past

    def presences() -> list[dict[str, Any]]:
        return [row for row in etpp.presences() if row["event_id"] not in before]

    screens = terminal.record_one(1)
    for name in ("confirm", "recorded"):
        with Image.open(screens / f"{name}.png") as picture:
            assert picture.size == (800, 480)
    (first,) = until("the first row", presences)
    with Image.open(screens / "recorded.png") as picture:
        shade = picture.convert("RGB").getpixel((5, 240))
    wanted = [255 * share for share in theme.TINT[_tone(tmp_path, first)][:3]]
    assert shade == pytest.approx(wanted, abs=1), "green, or amber for who is late"
    assert etpp.names()[first["person_id"]] == office.PEOPLE["man"][1]
    assert first["time_state"] == "trusted"
    until("its acknowledgement", lambda: _waiting(tmp_path) == 0)

    stop(children.child("etpp"))
    terminal.record_one(2)
    assert _waiting(tmp_path) == 1

    etpp, _ = server.start(children, etpp.state, port)
    until("the second row", lambda: len(presences()) > 1)
    until("its acknowledgement", lambda: _waiting(tmp_path) == 0)
    rows = presences()
    assert [row["event_id"] for row in rows] == list(dict.fromkeys(row["event_id"] for row in rows))
    assert len(rows) == 2, "exactly one more"
    assert rows[1]["prev_hash"] == rows[0]["hash"], "one chain"
