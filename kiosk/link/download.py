"""A body that comes in several answers, and goes on after a cut, a kill or a power cut where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

KEEP_EVERY_S = 5.0
"""How much of a download a power cut may cost. One that is shorter never touches the disk."""

MAX_ETAG_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Part:
    """The beginning of the answer to a request with this `since`, whose entity tag is `etag`."""

    since: int
    etag: str
    content: bytes


class PartStore(Protocol):
    """Where the beginning of a download outlives the process. MUST raise nothing: a disk that refuses costs time."""

    def load(self) -> Part | None:
        """What was kept and is whole; None when there is nothing that can be used."""

    def keep(self, part: Part) -> None:
        """Keep this; whatever lies there already of the same part need not be written again."""

    def forget(self) -> None: ...


class Download:
    """What was received before a cut is kept, and asked for no more. One thread.

    RFC 9110, 13.1.5 and 14: `If-Range` with the entity tag makes the server send the rest of the same bytes (206), or
    all of other ones (200).
    """

    def __init__(self, store: PartStore | None = None, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic_s = monotonic_s
        part = store.load() if store is not None else None
        self.since = part.since if part else 0
        self._etag = part.etag if part else ""
        self._content = bytearray(part.content if part else b"")
        self._kept_s = monotonic_s()
        self._stored = part is not None

    @property
    def begun(self) -> bool:
        return bool(self._content and self._etag)

    def aim(self, since: int) -> None:
        """What comes next is the answer to this `since`; the beginning of another one is of no use."""
        if since != self.since:
            self.forget()
            self.since = since

    def headers(self) -> dict[str, str]:
        return {"Range": f"bytes={len(self._content)}-", "If-Range": self._etag} if self.begun else {}

    def receive(self, status: int, headers: Mapping[str, str]) -> bytearray:
        """Where the body of an answer with this head belongs."""
        if status == 206 and headers.get("Content-Range", "").startswith(f"bytes {len(self._content)}-"):
            return self._content
        if status in {200, 206, 416}:
            self.forget()  # other bytes, or none behind those that are here: they are not what the server has
        if status == 200:
            self._etag = _strong(headers.get("ETag", ""))
            self._kept_s = self._monotonic_s()
            return self._content
        return bytearray()

    def save(self, cut: bool = False) -> None:
        """Call it after every piece, and with `cut` when there will be no more of them for now."""
        now_s = self._monotonic_s()
        if self._store is None or not self.begun or (now_s - self._kept_s < KEEP_EVERY_S and not cut):
            return
        self._store.keep(Part(self.since, self._etag, bytes(self._content)))
        self._stored, self._kept_s = True, now_s

    def forget(self) -> None:
        # A new object: an answer under way may still be writing into the old one.
        self._content, self._etag = bytearray(), ""
        if self._stored and self._store is not None:
            self._store.forget()
        self._stored = False


def _strong(etag: str) -> str:
    """RFC 9110, 13.1.5: a weak tag promises no equal bytes."""
    return "" if etag.startswith("W/") or len(etag) > MAX_ETAG_CHARACTERS else etag
