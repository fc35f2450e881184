"""A form with files (RFC 7578) out of its whole body. Pure.

Strict where browsers are: each part has one name, a file has a file name, and nothing stands before the first part or
behind the last. What a file is called is not looked at.
"""

from __future__ import annotations

import re

MOST_PARTS = 50
_BOUNDARY = re.compile(r'multipart/form-data\s*;\s*boundary="?([A-Za-z0-9\'()+_,./:=? -]{1,70}?)"?\s*', re.IGNORECASE)
_NAME = re.compile(rb'[;\s]name="([A-Za-z0-9_:.-]{1,100})"')
_FILE = re.compile(rb"[;\s]filename\*?=")


def boundary_of(content_type: str) -> bytes | None:
    """None for what is no form with files."""
    found = _BOUNDARY.fullmatch(content_type)
    return None if found is None else found[1].encode("ascii")


def parts(body: bytes, boundary: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields and the files by name; a file that nobody chose is empty. Raises ValueError."""
    before, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary, MOST_PARTS + 1)
    if before or not pieces or pieces[-1].rstrip(b"\r\n") != b"--":
        raise ValueError("it does not begin or end as a form with files does")
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for piece in pieces[:-1]:
        head, separator, content = piece.partition(b"\r\n\r\n")
        disposition = next(
            (line for line in head.split(b"\r\n") if line.lower().startswith(b"content-disposition: form-data")), b""
        )
        name = _NAME.search(disposition)
        if not separator or name is None:
            raise ValueError("a part has no name")
        key = name[1].decode("ascii")
        if key in fields or key in files:
            raise ValueError("two parts have one name")
        if _FILE.search(disposition):
            files[key] = content
        else:
            fields[key] = content.decode("utf-8")
    return fields, files
