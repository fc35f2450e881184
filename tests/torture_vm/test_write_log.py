"""The replay of a log of writes: what was flushed is always there, what was not may be."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.torture_vm import write_log
from tests.torture_vm.write_log import DISCARD, ENTRY, FLUSH, FUA, MAGIC, SUPER, Write

SECTOR = 512


def sectors(letters: str) -> bytes:
    return b"".join(letter.encode() * SECTOR for letter in letters)


def logged(path: Path, writes: list[Write]) -> Path:
    parts = [SUPER.pack(MAGIC, 1, len(writes), SECTOR).ljust(SECTOR, b"\0")]
    for write in writes:
        head = ENTRY.pack(write.offset // SECTOR, len(write.data) // SECTOR, write.flags, 0)
        parts += [head.ljust(SECTOR, b"\0"), write.data]
    path.write_bytes(b"".join(parts))
    return path


WRITES = [
    Write(0, sectors("ab"), 0),
    Write(0, b"", FLUSH),
    Write(4 * SECTOR, sectors("cd"), 0),
    Write(6 * SECTOR, sectors("e"), FUA),
    Write(0, b"", DISCARD),
]


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = logged(tmp_path / "log", WRITES)
    assert write_log.read(log) == (WRITES, SECTOR)
    assert write_log.length(log) == len(WRITES)


def test_another_file_is_no_log(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(bytes(SECTOR))
    assert write_log.length(other) == 0
    with pytest.raises(ValueError, match="not a log"):
        write_log.read(other)


def test_only_what_was_not_flushed_depends_on_luck() -> None:
    base = sectors("-------")
    disks = [write_log.cut(base, WRITES, len(WRITES), SECTOR, random.Random(seed)) for seed in range(100)]
    assert {bytes(cut.disk[: 2 * SECTOR]) for cut in disks} == {sectors("ab")}
    assert {bytes(cut.disk[6 * SECTOR :]) for cut in disks} == {sectors("e")}, "forced unit access is durable by itself"
    assert {bytes(cut.disk[4 * SECTOR : 6 * SECTOR]) for cut in disks} == {
        sectors(kept) for kept in ("cd", "--", "c-", "-d")
    }
    assert {cut.unflushed for cut in disks} == {1}


def test_before_the_flush_everything_depends_on_luck() -> None:
    base = sectors("-------")
    disks = {bytes(write_log.cut(base, WRITES, 1, SECTOR, random.Random(seed)).disk) for seed in range(100)}
    assert disks == {sectors(kept + "-----") for kept in ("ab", "--", "a-", "-b")}


def test_the_superblock_is_never_torn() -> None:
    base, writes = sectors("--------"), [Write(0, sectors("abcdefgh"), 0)]
    disks = [write_log.cut(base, writes, 1, SECTOR, random.Random(seed)).disk for seed in range(100)]
    assert {bytes(disk[2 * SECTOR : 4 * SECTOR]) for disk in disks} == {sectors("cd"), sectors("--")}
    assert len({bytes(disk) for disk in disks}) > 20
