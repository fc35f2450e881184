"""Reading a stranger's body: never more of it in memory than the limit, whatever it claims to be or inflates to."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import zlib
from collections.abc import AsyncIterator, Mapping

import http_sf

from etpp.base.errors import Problem

PATIENCE_S = 120
"""A body that takes longer is refused as too large, so that a terminal on a bad line tries with half of it."""


async def read(stream: AsyncIterator[bytes], headers: Mapping[str, str], limit: int) -> bytes:
    """The body, inflated, after comparing it with Content-Digest. `limit` holds for it as sent and inflated.

    Raises Problem `malformed`, `too-large`, `signature-invalid`.
    """
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Problem("malformed", "Content-Type must be application/json")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Problem("malformed", "Content-Encoding may only be gzip")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > limit:
        raise _too_large(limit)
    digest = hashlib.sha256()
    sink = _Gunzip(limit) if encoding == "gzip" else _Plain(limit)
    sent = 0
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for chunk in stream:
                sent += len(chunk)
                if sent > limit:
                    raise _too_large(limit)
                digest.update(chunk)
                sink.feed(chunk)
    except TimeoutError:
        raise Problem("too-large", f"the body did not arrive within {PATIENCE_S} seconds") from None
    if not hmac.compare_digest(digest.digest(), _promised(headers)):
        raise Problem("signature-invalid", "the body is not the one that Content-Digest names")
    return sink.finish()


class _Plain:
    def __init__(self, limit: int) -> None:  # noqa: ARG002 - the caller counts what was sent
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        self._body += chunk

    def finish(self) -> bytes:
        return bytes(self._body)


class _Gunzip:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inflate = zlib.decompressobj(wbits=31)
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        try:
            self._body += self._inflate.decompress(chunk, self._limit - len(self._body) + 1)
        except zlib.error:
            raise Problem("malformed", "the body is not gzip") from None
        if len(self._body) > self._limit:
            raise _too_large(self._limit)
        if self._inflate.unused_data:
            raise Problem("malformed", "the body must be one gzip member")

    def finish(self) -> bytes:
        if not self._inflate.eof:
            raise Problem("malformed", "the gzip body is cut short")
        return bytes(self._body)


def _promised(headers: Mapping[str, str]) -> bytes:
    try:
        digests = http_sf.parse(headers["content-digest"].encode(), tltype="dictionary")
        value = digests["sha-256"][0]
    except (KeyError, ValueError, TypeError, IndexError):
        value = None
    if not isinstance(value, bytes):
        raise Problem("signature-invalid", "Content-Digest must hold a sha-256")
    return value


def _too_large(limit: int) -> Problem:
    return Problem("too-large", f"a body has at most {limit} bytes, sent and inflated")
