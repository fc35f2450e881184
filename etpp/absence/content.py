"""What a file is by its content: a PDF or a picture, or refused. Pure; names and declared types are not looked at.

Whatever else the same bytes could be read as, they are given out as what was found here and as nothing else. What can
stand behind the end of a PDF, a PNG or a WebP is refused; cameras and telephones write their own things behind a JPEG.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from typing import Literal

from etpp.base.errors import Conflict

MediaType = Literal["application/pdf", "image/jpeg", "image/png", "image/webp"]

MAX_BYTES = 10 * 1024 * 1024
"""A scanned letter has less than one; a photograph of a telephone's three to eight."""
MAX_PIXELS = 100_000_000

_PDF = re.compile(rb"%PDF-[12]\.\d[\s%]")
_PDF_END = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF[\s\0]*\Z")
_PDF_TABLE = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")
_END_BYTES = 2048
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's markers of a frame, which hold the picture's size (ITU T.81, B.2.2)."""


def media_type(content: bytes) -> MediaType:
    """Raises Conflict, with what to do, for everything that is no whole PDF, JPEG, PNG or WebP of a usual size."""
    if len(content) > MAX_BYTES:
        raise Conflict(f"the file has more than {MAX_BYTES} bytes: scan it at a lower resolution", key="file_large")
    try:
        for begins, kind, is_whole in _KINDS:
            if content.startswith(begins) and is_whole(content):
                return kind
    except (struct.error, IndexError):
        pass  # it ends in the middle of its own description
    raise Conflict(
        "the file is no PDF, JPEG, PNG or WebP, or it is damaged: scan or photograph the letter anew", key="file_kind"
    )


def _pdf(content: bytes) -> bool:
    """Header, and an end that leads to a table of objects with a root (ISO 32000-1, 7.5)."""
    end = _PDF_END.search(content, max(len(content) - _END_BYTES, 0))
    if _PDF.match(content) is None or end is None:
        return False
    table = int(end[1])
    return _PDF_TABLE.match(content, table) is not None and content.find(b"/Root", table) >= 0


def _jpeg(content: bytes) -> bool:
    at, sized = 2, False
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if marker < 0xC0 or marker == 0xD9 or length < 2:
            return False
        if marker == 0xDA:
            return sized and content.find(b"\xff\xd9", at + 2 + length) >= 0
        if marker in _SIZES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            sized = _usual(width, height)
        at += 2 + length
    return False


def _png(content: bytes) -> bool:
    at, seen, sized = 8, set[bytes](), False
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        (checksum,) = struct.unpack_from(">I", content, at + 8 + length)
        if zlib.crc32(content[at + 4 : at + 8 + length]) != checksum or (name == b"IHDR") is bool(seen):
            return False
        if name == b"IHDR":
            sized = length == 13 and _usual(*struct.unpack_from(">II", content, at + 8))
        seen.add(name)
        at += 12 + length
        if name == b"IEND":
            return sized and b"IDAT" in seen and at == len(content)
    return False


def _webp(content: bytes) -> bool:
    (size,) = struct.unpack_from("<I", content, 4)
    kind, data = content[8:16], content[20:]
    if size + 8 != len(content):
        return False
    if kind == b"WEBPVP8 ":
        width, height = struct.unpack_from("<HH", data, 6)
        return data[3:6] == b"\x9d\x01\x2a" and _usual(width & 0x3FFF, height & 0x3FFF)
    if kind == b"WEBPVP8L":
        (packed,) = struct.unpack_from("<I", data, 1)
        return data[0] == 0x2F and _usual((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1)
    if kind == b"WEBPVP8X":
        sizes = struct.unpack_from("<HBHB", data, 4)
        return _usual(sizes[0] + (sizes[1] << 16) + 1, sizes[2] + (sizes[3] << 16) + 1)
    return False


def _usual(width: int, height: int) -> bool:
    return 0 < width * height <= MAX_PIXELS


_KINDS: tuple[tuple[bytes, MediaType, Callable[[bytes], bool]], ...] = (
    (b"%PDF-", "application/pdf", _pdf),
    (b"\xff\xd8\xff", "image/jpeg", _jpeg),
    (b"\x89PNG\r\n\x1a\n", "image/png", _png),
    (b"RIFF", "image/webp", _webp),
)
