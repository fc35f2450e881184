"""The beginning of a download: what is asked for next, what lies on the card meanwhile, and what of it is believed."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.link import part as part_module
from kiosk.link.download import KEEP_EVERY_S, Download, Part
from kiosk.link.part import SealedPart
from kiosk.model import DeviceId

KEY = bytes(range(32))
NOW = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)
ETAG = '"version-7"'  # so long that no sealed file has it by chance
HEAD = {"ETag": ETAG}
PEOPLE = b'{"people": [{"name": "Budi Santoso", "nip": "197001011995031002"}]}'


class Wall:
    """A clock of both kinds that stands still until it is moved."""

    def __init__(self) -> None:
        self.s = 0.0
        self.utc = NOW

    def monotonic_s(self) -> float:
        return self.s

    def utc_now(self) -> dt.datetime:
        return self.utc


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gallery.part"


def store(path: Path, wall: Wall, key: bytes = KEY, device_id: str = "device-1") -> SealedPart:
    return SealedPart(path, key, DeviceId(device_id), wall.utc_now)


def begun(path: Path, wall: Wall, *pieces: bytes, since: int = 3) -> Download:
    """A download of which these pieces have come, each long after the one before it."""
    download = Download(store(path, wall), wall.monotonic_s)
    download.aim(since)
    content = download.receive(200, HEAD)
    for piece in pieces:
        content += piece
        wall.s += KEEP_EVERY_S
        download.save()
    return download


def resumed(path: Path, wall: Wall) -> Download:
    return Download(store(path, wall), wall.monotonic_s)


# ---------------------------------------------------------------- within a process


def test_nothing_begun_asks_for_the_whole() -> None:
    assert Download().headers() == {}
    assert not Download().begun


def test_the_rest_is_asked_for_and_joined() -> None:
    download = Download()
    content = download.receive(200, HEAD)
    content += b"first "
    assert download.headers() == {"Range": "bytes=6-", "If-Range": ETAG}
    content = download.receive(206, {"Content-Range": "bytes 6-9/10", **HEAD})
    content += b"rest"
    assert content == b"first rest"


@pytest.mark.parametrize(
    ("status", "headers"),
    [(200, {"ETag": '"v8"'}), (206, {"Content-Range": "bytes 5-9/10"}), (206, {}), (416, {})],
    ids=["another", "another place", "no place", "nothing behind it"],
)
def test_other_bytes_are_not_joined(path: Path, wall: Wall, status: int, headers: dict[str, str]) -> None:
    download = begun(path, wall, b"first ")
    content = download.receive(status, headers)
    assert content == b""
    assert not download.begun
    assert not path.exists(), "somebody in it may have been removed since"


@pytest.mark.parametrize("status", [204, 401, 429, 500, 503])
def test_an_answer_that_is_no_gallery_leaves_it_alone(path: Path, wall: Wall, status: int) -> None:
    download = begun(path, wall, b"first ")
    content = download.receive(status, {"ETag": '"page"'})
    content += b"<html>"
    assert download.headers()["Range"] == "bytes=6-"
    assert resumed(path, wall).headers()["Range"] == "bytes=6-"


@pytest.mark.parametrize("etag", ["", "W/" + ETAG, '"' + "x" * 300 + '"'])
def test_without_a_strong_tag_nothing_is_resumed(path: Path, wall: Wall, etag: str) -> None:
    download = Download(store(path, wall), wall.monotonic_s)
    content = download.receive(200, {"ETag": etag})
    content += b"first "
    download.save(cut=True)
    assert download.headers() == {}
    assert not path.exists()


# ---------------------------------------------------------------- over a restart


def test_it_goes_on_after_a_restart(path: Path, wall: Wall) -> None:
    begun(path, wall, b"one ", b"two ", b"three")
    download = resumed(path, wall)
    assert (download.since, download.headers()) == (3, {"Range": "bytes=13-", "If-Range": ETAG})
    content = download.receive(206, {"Content-Range": "bytes 13-16/17", **HEAD})
    content += b"four"
    assert content == b"one two threefour"
    download.save(cut=True)
    assert resumed(path, wall).headers()["Range"] == "bytes=17-"


def test_a_short_download_never_touches_the_card_and_a_cut_one_does(path: Path, wall: Wall) -> None:
    download = Download(store(path, wall), wall.monotonic_s)
    content = download.receive(200, HEAD)
    content += b"first "
    wall.s += KEEP_EVERY_S - 0.1
    download.save()
    assert not path.exists()
    download.save(cut=True)
    assert resumed(path, wall).begun


def test_only_what_is_new_is_written(path: Path, wall: Wall) -> None:
    download = begun(path, wall, b"x" * 100_000)
    inode = path.stat().st_ino
    content = download.receive(206, {"Content-Range": "bytes 100000-100009/100010", **HEAD})
    content += b"y" * 10
    download.save(cut=True)
    assert path.stat().st_ino == inode
    assert path.stat().st_size < 100_000 + 500


def test_the_answer_to_another_request_is_of_no_use(path: Path, wall: Wall) -> None:
    begun(path, wall, b"first ")
    download = resumed(path, wall)
    download.aim(4)
    assert not download.begun
    assert not path.exists()


def test_when_it_is_done_nothing_is_left(path: Path, wall: Wall) -> None:
    begun(path, wall, b"first ").forget()
    assert list(path.parent.iterdir()) == []


# ---------------------------------------------------------------- at rest


def test_nothing_readable_is_on_the_card(path: Path, wall: Wall) -> None:
    begun(path, wall, PEOPLE, PEOPLE)
    stored = path.read_bytes()
    for secret in (b"Budi", b"1970", b"name", ETAG.encode(), b"since", b"device-1"):
        assert secret not in stored
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("other", [{"key": bytes(32)}, {"device_id": "device-2"}])
def test_another_key_or_terminal_gets_nothing(path: Path, wall: Wall, other: dict[str, object]) -> None:
    begun(path, wall, PEOPLE)
    assert store(path, wall, **other).load() is None  # type: ignore[arg-type]
    assert not path.exists()


def test_what_nobody_finished_for_a_week_is_removed(path: Path, wall: Wall) -> None:
    begun(path, wall, PEOPLE)
    wall.utc = NOW + dt.timedelta(days=7)
    assert resumed(path, wall).begun
    wall.utc += dt.timedelta(seconds=1)
    assert not resumed(path, wall).begun
    assert not path.exists()


def test_a_clock_that_fell_back_does_not_throw_it_away(path: Path, wall: Wall) -> None:
    """A machine without a battery clock, after the very power cut that the part is for."""
    begun(path, wall, PEOPLE)
    wall.utc = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert resumed(path, wall).begun


def test_it_stays_below_its_bound(path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_module, "MAX_BYTES", 1000)
    begun(path, wall, b"a" * 600, b"b" * 600, b"c" * 600)
    assert path.stat().st_size < 1300
    part = store(path, wall).load()
    assert part is not None
    assert part.content == b"a" * 600 + b"b" * 400


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("content", [b"", b"x", b"PRSNPRT1", b"PRSNPRT1" + bytes(400), b"PRSNPRT1" + b"\xff" * 400])
def test_any_content_is_survived(path: Path, wall: Wall, content: bytes) -> None:
    path.write_bytes(content)
    assert not resumed(path, wall).begun
    assert not path.exists()


def test_a_file_that_is_far_too_large_is_not_read(path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_module, "MAX_BYTES", 1000)
    begun(path, wall, PEOPLE)
    with path.open("ab") as stream:
        stream.write(bytes(3000))
    assert not resumed(path, wall).begun


def test_torn_anywhere_what_is_whole_before_the_tear_counts(path: Path, wall: Wall) -> None:
    begun(path, wall, b"one ", b"two ", b"three")
    whole = path.read_bytes()
    seen = set()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        part = store(path, wall).load()
        assert part is None or b"one two three".startswith(part.content)
        seen.add(None if part is None else part.content)
    assert seen == {None, b"", b"one ", b"one two "}


def test_after_a_tear_it_goes_on_behind_what_is_whole(path: Path, wall: Wall) -> None:
    begun(path, wall, b"one ", b"two ")
    path.write_bytes(path.read_bytes()[:-3])
    download = resumed(path, wall)
    assert download.headers()["Range"] == "bytes=4-"
    content = download.receive(206, {"Content-Range": "bytes 4-12/13", **HEAD})
    content += b"two three"
    download.save(cut=True)
    part = store(path, wall).load()
    assert part is not None
    assert part.content == b"one two three"


def test_every_changed_bit_is_noticed(path: Path, wall: Wall) -> None:
    begun(path, wall, b"one ", b"two ")
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        part = store(path, wall).load()
        assert part is None or part.content in {b"", b"one "}


def test_records_cannot_be_exchanged_dropped_or_brought_from_another_file(path: Path, wall: Wall) -> None:
    begun(path, wall, b"one ", b"two ")
    first = path.read_bytes()
    sizes = [4 + 12 + 16 + len(text) for text in (b"one ", b"two ")]
    head = first[: -sum(sizes)]
    one, two = first[len(head) : -sizes[1]], first[-sizes[1] :]
    path.unlink()
    begun(path, wall, b"six ", b"ten ")
    foreign = path.read_bytes()[-sizes[1] :]
    for forged, expected in ((head + two + one, b""), (head + two, b""), (head + one + foreign, b"one ")):
        path.write_bytes(forged)
        part = store(path, wall).load()
        assert part is not None
        assert part.content == expected


@pytest.mark.parametrize("step", ["os.open", "os.fsync"])
def test_a_disk_that_refuses_costs_the_part_and_nothing_else(
    path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(28, "No space left on device")

    begun(path, wall, b"one ")
    download = resumed(path, wall)
    content = download.receive(206, {"Content-Range": "bytes 4-7/8", **HEAD})
    content += b"two "
    monkeypatch.setattr(step, refuses)
    store(path.with_name("other"), wall).keep(Part(0, '"x"', b"y"))
    download.save(cut=True)
    monkeypatch.undo()
    assert content == b"one two "
    kept = store(path, wall).load()
    assert kept is None or b"one two ".startswith(kept.content)
    assert not path.with_name("other").exists()


KILLED = """
import datetime as dt, os, sys
from pathlib import Path
from kiosk.model import DeviceId
from kiosk.link.download import Part
from kiosk.link.part import SealedPart
from tests.killing import KilledAt

counted = KilledAt(int(sys.argv[2]))

now = lambda: dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
store = SealedPart(Path(sys.argv[1]), bytes(range(32)), DeviceId("device-1"), now)
os.open, os.fsync = counted(os.open), counted(os.fsync)
Path.replace, Path.open, Path.unlink = counted(Path.replace), counted(Path.open), counted(Path.unlink)
store.keep(Part(3, '"v7"', b"one "))
store.keep(Part(3, '"v7"', b"one two "))
store.forget()
"""


def test_killed_at_any_step_what_is_there_is_a_beginning(path: Path, wall: Wall) -> None:
    found: list[bytes | None] = []
    for step in range(1, 40):
        words = [sys.executable, "-c", KILLED, str(path), str(step)]
        ended = subprocess.run(words, cwd=Path(__file__).parents[4], check=False)
        part = store(path, wall).load()
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
        found.append(None if part is None else part.content)
        store(path, wall).forget()
    assert [*dict.fromkeys(found)] == [None, b"", b"one ", b"one two "]
    assert not path.exists()
