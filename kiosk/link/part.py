"""The beginning of a gallery on the card while the rest of it is on its way: encrypted as the gallery itself is.

    PRSNPRT1, 16 random bytes, then records: length (4 bytes, big-endian), nonce (12), AES-256-GCM

The first record says what the others are the beginning of. A record is bound to its file and its place by what it is
authenticated with, so that records cannot be exchanged. A power cut may tear the last one: what is whole before it
counts.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk import wire
from kiosk.link.download import Part
from kiosk.machine.durable import atomic_write, fsync_folder
from kiosk.model import DeviceId
from kiosk.ports import UtcNow

log = logging.getLogger(__name__)

MAX_BYTES = 16 * 1024 * 1024
"""Of a larger gallery the rest is fetched again after a restart. 500 people with five templates each make 2.1 MB."""

MAX_AGE = dt.timedelta(days=7)
"""Faces that nobody could finish fetching for so long do not stay on the card."""

_MAGIC = b"PRSNPRT1"
_ID_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16


class SealedPart:
    """The PartStore of a terminal. One thread. `key`: 32 bytes.

    A part of another terminal, one that is too old or too large, and one that cannot be opened are removed.
    """

    def __init__(self, path: Path, key: bytes, device_id: DeviceId, utc_now: UtcNow) -> None:
        self._path = path
        self._cipher = AESGCM(key)
        self._device_id = str(device_id)
        self._utc_now = utc_now
        self._head: tuple[int, str] | None = None
        self._file_id = b""
        self._records = 0
        self._length = 0
        """Of the content that lies in the file."""

    def load(self) -> Part | None:
        try:
            stored = self._path.read_bytes() if self._path.stat().st_size <= 2 * MAX_BYTES else b""
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("%s: cannot be read (%s)", self._path.name, error.strerror)
            return None
        part = self._open(stored)
        if part is None:
            self.forget()
        return part

    def keep(self, part: Part) -> None:
        try:
            if self._head != (part.since, part.etag) or self._length > len(part.content):
                self._begin(part)
            fresh = part.content[self._length : MAX_BYTES]
            if fresh:
                with self._path.open("ab") as stream:
                    stream.write(self._record(fresh))
                    stream.flush()
                    os.fsync(stream.fileno())
                self._length += len(fresh)
        except OSError as error:
            log.warning("%s: cannot be written (%s); a restart fetches the gallery anew", self._path, error.strerror)
            self.forget()

    def forget(self) -> None:
        self._head = None
        with contextlib.suppress(OSError):  # a read-only disk: it will be overwritten, or found to be of no use
            self._path.unlink()
            fsync_folder(self._path.parent)

    # ------------------------------------------------------------ inside

    def _begin(self, part: Part) -> None:
        self._file_id, self._records, self._length = os.urandom(_ID_BYTES), 0, 0
        head = {
            "device_id": self._device_id,
            "since": part.since,
            "etag": part.etag,
            "begun_utc": wire.format_utc(self._utc_now()),
        }
        atomic_write(self._path, _MAGIC + self._file_id + self._record(wire.dumps(head)))
        self._head = (part.since, part.etag)

    def _record(self, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, plain, self._place())
        self._records += 1
        return len(sealed).to_bytes(4) + sealed

    def _place(self) -> bytes:
        return _MAGIC + self._file_id + self._records.to_bytes(8)

    def _open(self, stored: bytes) -> Part | None:
        if not stored.startswith(_MAGIC):
            return None
        self._file_id, self._records = stored[len(_MAGIC) :][:_ID_BYTES], 0
        whole = len(_MAGIC) + _ID_BYTES
        plain: list[bytes] = []
        for record in _records(stored, whole):
            try:
                plain.append(self._cipher.decrypt(record[:_NONCE_BYTES], record[_NONCE_BYTES:], self._place()))
            except InvalidTag:
                break
            self._records += 1
            whole += 4 + len(record)
        try:
            head = wire.loads(plain[0])
            since, etag = wire.member(head, "since", int), wire.member(head, "etag", str)
            too_old = self._utc_now() - wire.parse_utc(head.get("begun_utc")) > MAX_AGE
            if too_old or wire.member(head, "device_id", str) != self._device_id:
                return None
            if whole < len(stored):
                with self._path.open("r+b") as stream:
                    stream.truncate(whole)
        except (IndexError, wire.WireError, OSError):
            return None
        content = b"".join(plain[1:])
        self._head, self._length = (since, etag), len(content)
        return Part(since, etag, content)


def _records(stored: bytes, at: int) -> Iterator[bytes]:
    while at + 4 <= len(stored):
        length = int.from_bytes(stored[at : at + 4])
        at += 4
        if length < _NONCE_BYTES + _TAG_BYTES or at + length > len(stored):
            return
        yield stored[at : at + length]
        at += length
