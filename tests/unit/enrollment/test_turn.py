"""How the camera was held is read from EXIF whatever else is in it."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from enrollment import photos, turn

Entry = tuple[int, int, int, bytes]
"""Tag, type, count, and the value's bytes: of more than four, they lie behind the directory."""

SHORT = 3
ORDERS = {"<": b"II*\0", ">": b"MM\0*"}


def exif(entries: list[Entry], order: str = "<", after: bytes = b"\0\0\0\0") -> bytes:
    behind = 8 + 2 + 12 * len(entries) + len(after)
    directory, values = struct.pack(f"{order}H", len(entries)), b""
    for tag, kind, count, value in entries:
        directory += struct.pack(f"{order}HHL", tag, kind, count)
        if len(value) > 4:
            directory += struct.pack(f"{order}L", behind + len(values))
            values += value
        else:
            directory += value.ljust(4, b"\0")
    return b"Exif\0\0" + ORDERS[order] + struct.pack(f"{order}L", 8) + directory + after + values


def orientation(value: int, order: str = "<") -> Entry:
    return turn.TAG, SHORT, 1, struct.pack(f"{order}H", value)


STORED = np.zeros((24, 40, 3), np.uint8)
STORED[:12, :20] = (255, 0, 0)
STORED[:12, 20:] = (0, 255, 0)
STORED[12:, :20] = (0, 0, 255)
CORNERS = {  # top left, top right, bottom left of the picture as it was seen; "k" is the stored bottom right, black
    1: "rgb", 2: "grk", 3: "kbg", 4: "bkr", 5: "rbg", 6: "brk", 7: "kgb", 8: "gkr"
}  # fmt: skip


def corners(rgb: np.ndarray) -> str:
    height, width, _ = rgb.shape
    places = [(2, 2), (2, width - 3), (height - 3, 2)]
    return "".join("rgb"[int(rgb[at].argmax())] if rgb[at].max() > 127 else "k" for at in places)


def jpeg(block: bytes) -> bytes:
    """With the EXIF as its first segment and no JFIF, so that a reader looks for the resolution in EXIF too."""
    buffer = io.BytesIO()
    Image.fromarray(STORED).save(buffer, "JPEG", quality=95, subsampling=0)
    raw = buffer.getvalue()
    (length,) = struct.unpack(">H", raw[4:6])
    return raw[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + raw[4 + length :]


def read(folder: Path, content: bytes, name: str = "a.jpg") -> str:
    (folder / name).write_bytes(content)
    return corners(photos.read(folder / name))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("value", CORNERS)
def test_every_turn(tmp_path: Path, value: int, order: str) -> None:
    assert read(tmp_path, jpeg(exif([orientation(value, order)], order))) == CORNERS[value]


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_in_other_formats_too(tmp_path: Path, kind: str) -> None:
    Image.fromarray(STORED).save(tmp_path / f"a.{kind}", exif=exif([orientation(6)]), lossless=True)
    assert corners(photos.read(tmp_path / f"a.{kind}")) == CORNERS[6]


def test_a_png_that_keeps_it_as_text(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    block, info = exif([orientation(6)]), PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n")
    Image.fromarray(STORED).save(tmp_path / "a.png", pnginfo=info)
    assert corners(photos.read(tmp_path / "a.png")) == CORNERS[6]


def test_without_exif_the_packet_of_xmp_tells() -> None:
    packet = b'<rdf:Description tiff:Orientation="8"/>'
    assert turn.of(None, packet) == turn.of(None, packet.decode()) == 8
    assert turn.of(None, b"<tiff:Orientation>3</tiff:Orientation>") == 3
    assert turn.of(exif([orientation(6)]), packet) == 6
    assert turn.of(None, None) == turn.of(b"", b"") == turn.of("6") == turn.UPRIGHT


@pytest.mark.parametrize(
    ("kind", "count", "value", "expected"),
    [
        (1, 1, b"\x06", 6),  # BYTE
        (2, 2, b"6\0", 6),  # ASCII
        (2, 4, b"six\0", 1),
        (3, 0, b"\x06\0", 6),
        (3, 2, b"\x06\0\x01\0", 6),
        (3, 3, b"\x06\0\x01\0\x01\0", 6),  # behind the directory
        (3, 1000, b"\xff\xff\xff\xff", 1),  # outside the file
        (3, 2**32 - 1, b"\x06\0", 1),
        (4, 1, b"\x06\0\0\0", 6),  # LONG
        (5, 1, struct.pack("<LL", 6, 1), 6),  # RATIONAL
        (5, 1, struct.pack("<LL", 12, 2), 6),
        (5, 1, struct.pack("<LL", 6, 0), 6),
        (10, 1, struct.pack("<ll", -6, -1), 6),
        (11, 1, struct.pack("<f", 6.0), 6),
        (11, 1, struct.pack("<f", float("nan")), 1),
        (12, 1, struct.pack("<d", float("inf")), 1),
        (99, 1, b"\x06\0\0\0", 6),  # no type of TIFF's
        (3, 1, b"\x00\0", 1),
        (3, 1, b"\x09\0", 1),
        (8, 1, b"\xff\xff", 1),
    ],
)
def test_a_turn_that_is_written_in_another_way(kind: int, count: int, value: bytes, expected: int) -> None:
    assert turn.of(exif([(turn.TAG, kind, count, value)])) == expected


def test_of_two_the_one_that_can_be_read() -> None:
    assert turn.of(exif([(turn.TAG, 2, 4, b"six\0"), orientation(6)])) == 6


TAGS = [0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x0128, 0x0132, 0x014A, 0x0201, 0x02BC, 0x8769, 0x8773, 0x8825]
TAGS += [0x829A, 0x83BB, 0x8649, 0x9286, 0x927C, 0xA005, 0xC4A5]

odd_entries = st.lists(
    st.tuples(
        st.sampled_from(TAGS) | st.integers(0, 0xFFFF).filter(lambda tag: tag != turn.TAG),
        st.integers(0, 18) | st.integers(0, 0xFFFF),
        st.integers(0, 4) | st.sampled_from([30, 1000, 2**31, 2**32 - 1]),
        st.binary(max_size=24),
    ),
    max_size=4,
)


@given(
    before=odd_entries,
    behind=odd_entries,
    value=st.sampled_from(list(CORNERS)),
    order=st.sampled_from(list(ORDERS)),
    after=st.sampled_from([b"\0\0\0\0", b"\x08\0\0\0", b"\xff\xff\xff\xff", b""]),
)
def test_whatever_else_is_in_it_the_picture_is_turned_right(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[Entry],
    behind: list[Entry],
    value: int,
    order: str,
    after: bytes,
) -> None:
    block = exif([*before, orientation(value, order), *behind], order, after)
    assert read(tmp_path_factory.getbasetemp(), jpeg(block), "odd.jpg") == CORNERS[value]


@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda rest: b"Exif\0\0II*\0\x08\0\0\0" + rest))
def test_any_bytes_are_a_turn_or_none(block: bytes) -> None:
    assert turn.of(block) in range(1, 9)


@given(cut=st.integers(0, 200))
def test_a_block_that_is_cut_off_leaves_the_picture(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    whole = exif([orientation(6), (0x010F, 2, 30, b"Kamera".ljust(30, b"\0")), (0x8769, 4, 1, b"\xff\xff\xff\0")])
    found = read(tmp_path_factory.getbasetemp(), jpeg(whole[:cut]), "cut.jpg")
    # The directory begins after 14 bytes with the number of its entries; the first one's value ends 12 further on.
    assert found == CORNERS[6 if cut >= 14 + 12 else 1]


@given(st.binary(max_size=60), st.booleans())
def test_a_broken_table_of_further_pictures_leaves_the_first(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, sound: bool
) -> None:
    """MPO (CIPA DC-007), as telephones write it that take several pictures at once."""
    table = b"MPF\0" + (b"II*\0\x08\0\0\0" if sound else b"") + content
    raw = jpeg(exif([orientation(6)]))
    odd = raw[:2] + b"\xff\xe2" + struct.pack(">H", len(table) + 2) + table + raw[2:]
    assert read(tmp_path_factory.getbasetemp(), odd, "mpf.jpg") == CORNERS[6]
