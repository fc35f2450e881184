"""Bodies from strangers: size, digest, compression."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.base import bodies
from etpp.base.errors import Problem


async def chunks(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read(data: bytes, limit: int = 1000, size: int = 7, **changes: str) -> bytes:
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    headers = {"content-type": "application/json", "content-digest": f"sha-256=:{digest}:"} | {
        name.replace("_", "-"): value for name, value in changes.items()
    }
    return asyncio.run(bodies.read(chunks(data, size), headers, limit))


@given(st.binary(max_size=300), st.integers(1, 50))
def test_a_body_comes_back_whatever_its_pieces(data: bytes, size: int) -> None:
    assert read(data, size=size) == data
    assert read(gzip.compress(data), size=size, content_encoding="gzip") == data


@pytest.mark.parametrize(
    ("data", "changes", "name"),
    [
        (b"x" * 1001, {}, "too-large"),
        (b"x", {"content_length": "1001"}, "too-large"),
        (b"x", {"content_length": "9" * 400}, "too-large"),
        (gzip.compress(b"0" * 1001, mtime=0), {"content_encoding": "gzip"}, "too-large"),
        (gzip.compress(b"0" * 50_000_000, mtime=0), {"content_encoding": "gzip"}, "too-large"),
        (gzip.compress(b"x", mtime=0)[:-1], {"content_encoding": "gzip"}, "malformed"),
        (gzip.compress(b"x", mtime=0) * 2, {"content_encoding": "gzip"}, "malformed"),
        (b"not gzip", {"content_encoding": "gzip"}, "malformed"),
        (b"", {"content_encoding": "gzip"}, "malformed"),
        (b"x", {"content_encoding": "br"}, "malformed"),
        (b"x", {"content_type": "text/html"}, "malformed"),
        (b"x", {"content_digest": ""}, "signature-invalid"),
        (b"x", {"content_digest": "sha-256=:AAAA:"}, "signature-invalid"),
        (b"x", {"content_digest": "md5=:AAAA:"}, "signature-invalid"),
        (b"x", {"content_digest": "sha-256=5"}, "signature-invalid"),
    ],
)
def test_a_wrong_body_is_refused(data: bytes, changes: dict[str, str], name: str) -> None:
    limit = 100_000 if len(data) > 1001 else 1000
    with pytest.raises(Problem) as caught:
        read(data, limit, 4096, **changes)
    assert caught.value.name == name
