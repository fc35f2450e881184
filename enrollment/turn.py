"""How the camera was held: the one number of a picture's EXIF that an enrolment needs, whatever else in it is broken.

Read here rather than by Pillow, which interprets the other tags on the way and fails where one of them is of another
type than its standard says. Exif 2.32 (CIPA DC-008), 4.5.2 and 4.6.4 A; TIFF 6.0, section 2.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping

UPRIGHT = 1
TAG = 0x0112

_FORMATS: Mapping[int, str] = {
    1: "B", 3: "H", 4: "L", 5: "LL", 6: "b", 7: "B", 8: "h", 9: "l", 10: "ll", 11: "f", 12: "d", 13: "L"
}  # fmt: skip
"""What one value of each type of field is made of. The standard wants 3 (SHORT); not every writer knows."""

_ASCII = 2
_HEADER = b"Exif\0\0"
_ENTRY = 12
_XMP = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([1-8])")


def of(exif: object, xmp: object = None) -> int:
    """1 to 8 as the orientation tag has it; 1 (upright) when neither EXIF nor XMP tells. Raises nothing.

    `exif`: the block as it lies in the file, with or without the header of JPEG; `xmp`: the packet, used without EXIF.
    """
    if isinstance(exif, bytes):
        for turn in _turns(exif.removeprefix(_HEADER)):
            return turn
    packet = xmp.encode(errors="replace") if isinstance(xmp, str) else xmp
    found = _XMP.search(packet) if isinstance(packet, bytes) else None
    return UPRIGHT if found is None else int(found[1])


def _turns(tiff: bytes) -> Iterator[int]:
    """Of the entries of the first directory that are the tag, those that can be read. A sound file has one."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        if order is None:
            return
        (start,) = struct.unpack_from(f"{order}L", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(start + 2, start + 2 + entries * _ENTRY, _ENTRY):
            tag, kind, count = struct.unpack_from(f"{order}HHL", tiff, entry)
            turn = _value(tiff, order, entry + 8, kind, count) if tag == TAG else None
            if turn is not None:
                yield turn
    except struct.error:  # the directory ends before its entries do
        return


def _value(tiff: bytes, order: str, at: int, kind: int, count: int) -> int | None:
    """The first value of a field whose value, or its offset when it is longer than four bytes, lies at `at`."""
    form = _FORMATS.get(kind, "B")
    size = struct.calcsize(f"{order}{form}")
    try:
        if size * max(count, 1) > 4:
            (at,) = struct.unpack_from(f"{order}L", tiff, at)
        if kind == _ASCII:
            digit = tiff[at : at + 1]
            return int(digit) if digit in b"12345678" and digit else None
        number, *divisor = struct.unpack_from(f"{order}{form}", tiff, at)
    except struct.error:  # it lies outside the file
        return None
    quotient = number / divisor[0] if divisor and divisor[0] else number
    return int(quotient) if quotient in range(1, 9) else None
