"""A gallery over a bad link to a terminal that is restarted: `kiosk sync` killed as a process, a server that cuts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import GalleryError
from tests.integration import rough_server
from tests.integration.office import sync_process
from tests.integration.rough_server import Request, RoughServer
from tests.integration.syncing import Terminal, golden, golden_server, provisioned, until


@pytest.fixture
def server() -> Iterator[RoughServer]:
    with golden_server() as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, server: RoughServer) -> Iterator[Terminal]:
    with provisioned(tmp_path, server) as terminal:
        yield terminal


def people(count: int, name: str = "Nama") -> list[Any]:
    one = golden("gallery_full")["answer"]["payload"]["people"][0]
    return [{**one, "person_id": f"p-{n}", "nip": f"{n:018d}", "name": f"{name} {n}"} for n in range(count)]


def polls(server: RoughServer) -> list[Request]:
    return [request for request in server.requests if request.path.endswith("/gallery")]


def version(terminal: Terminal) -> int:
    return terminal.gallery().load().version


def asked_from(request: Request) -> int:
    """The first byte that a request asks for."""
    found = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
    return int(found[1]) if found else 0


def kept_records(part: Path) -> int:
    """How many whole records lie on the card (kiosk/link/part.py): the first says of what, the others are its bytes."""
    stored = part.read_bytes() if part.exists() else b""
    at, count = 24, -1
    while at <= len(stored):
        at += 4 + int.from_bytes(stored[at : at + 4])
        count += 1
    return count


def interrupted(terminal: Terminal, server: RoughServer, share: float = 0.4) -> int:
    """Fetch that share of the gallery and stop in good order; how many bytes were kept."""
    server.script["gallery"].append(rough_server.cuts(share))
    with terminal.syncing(retry_s=3600.0, retry_ceiling_s=3600.0, network=lambda: b"", heartbeat_s=3600.0):
        until(terminal.folder.gallery_part_path.exists, "the beginning kept")
        server.script["gallery"].append(rough_server.hangs_up)
    return terminal.folder.gallery_part_path.stat().st_size


# ---------------------------------------------------------------- processes


def test_a_download_goes_on_after_the_process_was_killed(terminal: Terminal, server: RoughServer) -> None:
    """SIGKILL in the middle of the body, twice: each time it goes on where it stopped."""
    server.push(*people(400))
    part = terminal.folder.gallery_part_path
    for _ in range(2):

        def grown(least: int = max(1, kept_records(part)) + 1) -> bool:
            return kept_records(part) >= least

        server.script["gallery"].append(rough_server.drips(grown))
        with sync_process(terminal.folder) as process:
            until(grown, "more of it on the card")
            process.kill()
            process.wait()
        assert version(terminal) == 0
    assert b"Nama" not in part.read_bytes()
    with sync_process(terminal.folder):
        until(lambda: version(terminal) == 1, "the gallery")
    # A process may ask twice from one place, where the first answer did not come in time.
    starts = list(dict.fromkeys(asked_from(request) for request in polls(server)))[:3]
    assert starts[0] == 0 < starts[1] < starts[2]
    until(lambda: not part.exists(), "nothing left on the card")
    assert len(terminal.gallery().load().people) == 400


# ---------------------------------------------------------------- restarts


def test_what_came_before_a_cut_is_kept_over_a_restart(terminal: Terminal, server: RoughServer) -> None:
    server.push(*people(50))
    assert interrupted(terminal, server) > 1000
    count = len(polls(server))
    server.script["gallery"].clear()
    with terminal.syncing():
        until(lambda: version(terminal) == 1, "the gallery")
    assert asked_from(polls(server)[count]) > 1000
    assert polls(server)[count].query["wait_s"] == ["0"], "the rest does not wait for something newer"
    assert not terminal.folder.gallery_part_path.exists()


def test_after_a_restart_another_gallery_starts_again(terminal: Terminal, server: RoughServer) -> None:
    server.push(*people(50))
    interrupted(terminal, server)
    server.script["gallery"].clear()
    server.push(*people(50, "Nama Baru"))
    with terminal.syncing():
        until(lambda: version(terminal) == 2, "the newer gallery")
    assert {person.name for person in terminal.gallery().load().people.values()} == {
        f"Nama Baru {n}" for n in range(50)
    }


def test_a_damaged_part_costs_only_time(terminal: Terminal, server: RoughServer) -> None:
    server.push(*people(50))
    interrupted(terminal, server)
    server.script["gallery"].clear()
    part = terminal.folder.gallery_part_path
    content = part.read_bytes()
    part.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    count = len(polls(server))
    with terminal.syncing():
        until(lambda: version(terminal) == 1, "the gallery")
    assert asked_from(polls(server)[count]) == 0


def test_a_part_that_is_the_whole_already_is_not_asked_for_for_ever(terminal: Terminal, server: RoughServer) -> None:
    """Killed between the last byte and the end of the answer: there is nothing behind it to ask for."""
    server.push(*people(50))
    server.script["gallery"].append(rough_server.cuts(1.0, missing=10))
    server.script["gallery"].extend([rough_server.hangs_up] * 2)
    with terminal.syncing():
        until(lambda: version(terminal) == 1, "the gallery")
    assert any(asked_from(request) > 1000 for request in polls(server))


def test_when_there_is_nothing_newer_any_more_the_beginning_is_forgotten(
    terminal: Terminal, server: RoughServer
) -> None:
    server.push(*people(50))
    interrupted(terminal, server)
    server.script["gallery"].clear()
    server.script["gallery"].append(rough_server.says(204, {}, b""))
    count = len(polls(server))
    with terminal.syncing():
        until(lambda: version(terminal) == 1, "the gallery")
    assert asked_from(polls(server)[count]) > 1000
    assert asked_from(polls(server)[count + 1]) == 0
    assert polls(server)[count + 1].query["wait_s"] != ["0"], "a long poll again"


def test_a_revoked_terminal_keeps_no_beginning(terminal: Terminal, server: RoughServer) -> None:
    server.push(*people(50))
    interrupted(terminal, server)
    server.script["gallery"].clear()
    server.script["gallery"].append(rough_server.hangs_up)
    server.script["heartbeat"].append(rough_server.refuses("device-revoked", 403))
    with terminal.syncing() as outcome:
        until(lambda: "error" in outcome, "the end")
    assert not terminal.folder.gallery_part_path.exists()


# ---------------------------------------------------------------- what is not newer


def test_a_replayed_gallery_is_refused_and_does_not_make_the_next_one_whole(
    terminal: Terminal, server: RoughServer
) -> None:
    """It used to: the whole gallery came, was not newer either, and so for ever, until the cache counted as too old."""
    server.push(*people(20))
    kept: list[Any] = []

    def remembered(server_: RoughServer, handler: Any, request: Request) -> None:
        kept.append(server_.answer(request))
        rough_server.send(handler, *kept[0])

    server.script["gallery"].append(remembered)
    with terminal.syncing():
        until(lambda: version(terminal) == 1, "version 1")
        server.script["gallery"].append(lambda _server, handler, _request: rough_server.send(handler, *kept[0]))
        server.push(*people(20, "Nama Baru"))
        until(lambda: version(terminal) == 2, "version 2")
        server.script["gallery"].append(lambda _server, handler, _request: rough_server.send(handler, *kept[0]))
        count = len(polls(server))
        server.expect(lambda: len(polls(server)) > count + 3, "polls after the replay")
    assert not server.script["gallery"]
    assert {request.query["since"][0] for request in polls(server)[count:]} == {"2"}


def test_a_delta_that_does_not_fit_is_followed_by_the_whole(terminal: Terminal, server: RoughServer) -> None:
    server.push(*people(20))
    with terminal.syncing(long_poll_s=30):
        until(lambda: version(terminal) == 1, "version 1")
        server.script["gallery"].append(rough_server.changes(lambda answer: answer["manifest"].update(base_version=99)))
        count = len(polls(server))
        # The poll that waits now was not scripted: the one after it is.
        server.push(*people(20, "Dua"))
        until(lambda: version(terminal) == 2, "version 2")
        server.push(*people(20, "Tiga"))
        until(lambda: version(terminal) == 3, "version 3")
    assert "0" in {request.query["since"][0] for request in polls(server)[count:]}


def test_a_full_disk_does_not_end_the_process(terminal: Terminal, server: RoughServer) -> None:
    server.push(*people(20))
    real = type(terminal.gallery()).apply
    refusals = [GalleryError("the disk is full")] * 2

    def apply(self: Any, *args: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return real(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kiosk.gallery.TinyGallery.apply", apply)
        with terminal.syncing():
            until(lambda: version(terminal) == 1, "the gallery, once there is room")
