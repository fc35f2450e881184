"""What a file is by its content alone."""

from __future__ import annotations

import struct
import zlib

import pytest

from etpp.absence.content import MAX_BYTES, MAX_PIXELS, media_type
from etpp.base.errors import Conflict
from tests.unit.etpp.absence.files import archive, pdf, pdf_of_streams, picture

HTML = b"<!doctype html><script>alert(1)</script>"
PNG = picture("PNG")
JPEG = picture("JPEG")
WEBP = picture("WEBP")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf(), "application/pdf"),
        (pdf(version=b"2.0"), "application/pdf"),
        (pdf_of_streams(), "application/pdf"),  # its table is an object
        (pdf() + b"\r\n\0\0", "application/pdf"),  # a scanner that fills up its last block
        (pdf(b"PK\x03\x04"), "application/pdf"),  # another format's first bytes within it are nothing but bytes
        (JPEG, "image/jpeg"),
        (picture("JPEG", progressive=True), "image/jpeg"),
        (picture("JPEG", mode="L"), "image/jpeg"),
        (JPEG + b"SEFT of a telephone", "image/jpeg"),  # cameras write their own things behind it
        (b"\xff\xd8\xff" + JPEG[2:], "image/jpeg"),  # a fill byte before a marker
        (PNG, "image/png"),
        (picture("PNG", mode="1"), "image/png"),
        (WEBP, "image/webp"),
        (picture("WEBP", lossless=True), "image/webp"),
        (picture("WEBP", mode="RGBA", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"), "image/webp"),  # VP8X
        (png_of(10_000, MAX_PIXELS // 10_000), "image/png"),  # the largest that is taken
    ],
)
def test_a_whole_file_is_known_by_its_content(content: bytes, kind: str) -> None:
    assert media_type(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HTML,  # whatever it was named
        b"%PDF-1.7\n" + HTML,  # a header alone
        b"%PDF-1.7\n" + HTML + b"\n%%EOF\n",  # a header and an end, and nothing that leads anywhere
        HTML + pdf(),  # a PDF within a page: readers that search for the header would open it
        pdf() + archive(),  # a PDF and an archive in one
        pdf() + HTML,
        pdf(table=10**9),  # the table would stand outside of the file
        pdf(table=0),  # or where there is none
        pdf()[:-8],  # cut off
        pdf()[:60],
        pdf(version=b"9.9"),
        pdf().replace(b"/Root", b"/Rott"),  # a table without a document
        archive(),  # named letter.pdf by somebody
        b"%PDF-1.4" + archive(),
        b"GIF89a" + b"\0" * 40,
        b"MZ" + b"\0" * 400,
        picture("BMP"),
        picture("TIFF"),
        JPEG[:20],  # cut off in its head
        JPEG[: len(JPEG) // 2],  # in its tables
        JPEG[:-2],  # without its end
        b"\xff\xd8\xff\xe0" + HTML,
        b"\xff\xd8\xff\xd9",  # begins and ends
        b"\xff\xd8\xff\xda\x00\x02\xff\xd9",  # a scan of no frame
        JPEG.replace(struct.pack(">HH", 30, 40), struct.pack(">HH", 0, 40)),  # no height
        PNG[:-1],
        PNG[:-12],  # without its end
        PNG + archive(),
        PNG.replace(b"IDAT", b"IDAx"),  # a checksum that does not hold
        b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") + chunk(b"IEND", b""),  # no head
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0" * 13) + chunk(b"IDAT", b"") + chunk(b"IEND", b""),  # no size
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1" * 2) + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
        png_of(10_001, MAX_PIXELS // 10_000),  # a bomb of pixels
        png_of(40, 30).replace(chunk(b"IDAT", b""), b""),  # nothing in it
        WEBP[:-1],
        WEBP + b"\0\0",
        b"RIFF" + struct.pack("<I", 4) + b"WAVE",
        b"RIFF" + struct.pack("<I", 36) + b"WEBPVP8 " + b"\0" * 28,  # no start of a frame
        b"RIFF",
    ],
)
def test_whatever_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(Conflict, match="no PDF, JPEG, PNG or WebP"):
        media_type(content)


def test_a_file_may_have_ten_megabytes_and_no_byte_more() -> None:
    filled = pdf(b"x" * (MAX_BYTES - 1000))
    filled += b"\n" * (MAX_BYTES - len(filled))
    assert len(filled) == MAX_BYTES
    assert media_type(filled) == "application/pdf"
    with pytest.raises(Conflict, match="more than"):
        media_type(filled + b"\n")
