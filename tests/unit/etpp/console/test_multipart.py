"""Forms with files, as browsers send them and as nobody should."""

from __future__ import annotations

import pytest

from etpp.console.multipart import MOST_PARTS, boundary_of, parts

LINE = b"\r\n"


def part(name: str, content: bytes, file: bool = False) -> bytes:
    more = '; filename="surat.pdf"\r\nContent-Type: application/pdf' if file else ""
    return f'--X\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content + LINE


END = b"--X--\r\n"


def test_fields_and_files_are_told_apart() -> None:
    holds_lines = b"%PDF\r\n--Y\r\n\x00\xff"
    found = parts(part("reason", "sakit é".encode()) + part("file", holds_lines, file=True) + END, b"X")
    assert found == ({"reason": "sakit é"}, {"file": holds_lines})


def test_a_file_that_nobody_chose_is_empty() -> None:
    assert parts(part("file", b"", file=True) + END, b"X") == ({}, {"file": b""})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        END[:-4],
        part("a", b"1"),
        b"before" + LINE + part("a", b"1") + END,
        part("a", b"1") + part("a", b"2") + END,
        part("a", b"1", file=True) + part("a", b"2") + END,
        b"--X\r\nContent-Disposition: form-data\r\n\r\n1\r\n" + END,
        b'--X\r\nContent-Disposition: form-data; name="a"\r\n1\r\n' + END,
        part("a", b"\xff") + END,
        part("a", b"1") + END + b"behind",
        b"".join(part(f"a{n}", b"1") for n in range(MOST_PARTS + 1)) + END,
    ],
    ids=[
        "nothing",
        "cut",
        "no end",
        "before",
        "twice",
        "twice a file",
        "no name",
        "no content",
        "no text",
        "behind",
        "many",
    ],
)
def test_what_no_browser_sends_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        parts(body, b"X")


def test_the_boundary_stands_in_the_content_type() -> None:
    assert boundary_of("multipart/form-data; boundary=----WebKit1") == b"----WebKit1"
    assert boundary_of('multipart/form-data; boundary="a b"') == b"a b"
    assert boundary_of("application/x-www-form-urlencoded") is None
    assert boundary_of("multipart/form-data") is None
