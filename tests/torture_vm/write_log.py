"""What a disk was told, write by write, and what a power cut at any moment would have left of it.

QEMU's `blklogwrites` writes the log of Linux's dm-log-writes: a superblock (magic, version, number of entries, sector
size), then for each request (sector, number of sectors, flags, length) padded to a sector, followed by the data.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from pathlib import Path

SUPER = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4

SUPERBLOCK = range(1024, 2048)
"""ext4's superblock, two sectors under one checksum, is written in place at each mount. No ext4 survives that it is
torn (3 of 120 cuts during a mount), so it is written as one: a card's pages are larger than that."""


@dataclass(frozen=True, slots=True)
class Write:
    """One request. `offset` its bytes' place on the disk; `data` is empty for a flush alone or a discard."""

    offset: int
    data: bytes
    flags: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A disk as it may be after the power went. `unflushed`: writes after the last flush, of which `dropped` are gone
    and `torn` are there in part."""

    disk: bytearray
    unflushed: int
    dropped: int
    torn: int


def length(log: Path) -> int:
    """How many requests are in the log by now; 0 before the machine has opened it."""
    with log.open("rb") as stream:
        head = stream.read(SUPER.size)
    magic, _, entries, _ = SUPER.unpack(head) if len(head) == SUPER.size else (0, 0, 0, 0)
    return int(entries) if magic == MAGIC else 0


def read(log: Path) -> tuple[list[Write], int]:
    """All requests in their order, and the sector size in bytes. Raises ValueError when it is not such a log."""
    with log.open("rb") as stream:
        magic, version, entries, sector = SUPER.unpack(stream.read(SUPER.size))
        if magic != MAGIC or version != 1:
            raise ValueError(f"{log} is not a log of writes")
        position = sector
        writes: list[Write] = []
        for _ in range(entries):
            stream.seek(position)
            first, count, flags, _ = ENTRY.unpack(stream.read(ENTRY.size))
            stream.seek(position + sector)
            data = b"" if flags & DISCARD else stream.read(count * sector)
            position += sector + len(data)
            writes.append(Write(first * sector, data, flags))
    return writes, sector


def cut(base: bytes, writes: list[Write], at: int, sector: int, chance: random.Random) -> Cut:
    """The power goes after the first `at` requests. What came after the last flush is kept, dropped, or torn between
    sectors, each write by its own luck, as a card does that reorders what it has in its cache."""
    flushed = max((number for number in range(at) if writes[number].flags & FLUSH), default=-1)
    disk, unflushed, dropped, torn = bytearray(base), 0, 0, 0
    for number, write in enumerate(writes[:at]):
        if not write.data:
            continue
        fate = "kept"
        if number > flushed and not write.flags & FUA:
            unflushed += 1
            fate = chance.choice(("kept", "dropped", "torn"))
        if fate == "dropped":
            dropped += 1
            continue
        torn += fate == "torn"
        lucky = True
        for start in range(0, len(write.data), sector):
            if fate == "torn" and write.offset + start not in SUPERBLOCK[sector:]:
                lucky = chance.random() < 0.5
            if lucky:
                part = write.data[start : start + sector]
                disk[write.offset + start : write.offset + start + len(part)] = part
    return Cut(disk, unflushed, dropped, torn)
