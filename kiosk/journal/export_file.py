"""The file in which a broken terminal's events travel: JSON lines, encrypted under a code that a person can read out.

A memory stick gets lost, and enrolments hold faces. The code has 100 random bits, so the key needs no slow derivation.
The frames follow the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): each nonce holds a counter and
whether the frame is the last, so that frames can be neither reordered, dropped nor cut off at the end.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk import wire
from kiosk.errors import StateError
from kiosk.machine.durable import fsync_folder

MAGIC = b"PRSNEXP1"
SALT_BYTES = 16
PREFIX_BYTES = 7
FRAME_BYTES = 1 << 20
TAG_BYTES = 16

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter looks like a digit
CODE_LENGTH = 20


def new_code() -> str:
    """XXXXX-XXXXX-XXXXX-XXXXX."""
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    return "-".join(letters[i : i + 5] for i in range(0, CODE_LENGTH, 5))


def normalise(code: str) -> str:
    """As it was made, however it was typed."""
    return code.upper().replace("-", "").replace(" ", "").replace("O", "0").replace("I", "1").replace("L", "1")


def write(path: Path, code: str, lines: Iterable[wire.Json]) -> None:
    """Raises OSError; then there is no file. An existing file is not overwritten."""
    salt, prefix = os.urandom(SALT_BYTES), os.urandom(PREFIX_BYTES)
    cipher = _cipher(code, salt)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor, opened with its mode
            stream.write(MAGIC + salt + prefix)
            for n, (frame, last) in enumerate(_frames(lines)):
                stream.write(cipher.encrypt(_nonce(prefix, n, last), frame, MAGIC))
            stream.flush()
            os.fsync(stream.fileno())
        fsync_folder(path.absolute().parent)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def read(path: Path, code: str) -> Iterator[wire.Json]:
    """Raises StateError for another code, another file, or a damaged one; OSError from the disk."""
    with path.open("rb") as stream:
        head = stream.read(len(MAGIC) + SALT_BYTES + PREFIX_BYTES)
        if len(head) < len(MAGIC) + SALT_BYTES + PREFIX_BYTES or not head.startswith(MAGIC):
            raise StateError(f"{path}: is no export of a terminal.")
        cipher = _cipher(code, head[len(MAGIC) : -PREFIX_BYTES])
        rest, n = b"", 0
        frame = stream.read(FRAME_BYTES + TAG_BYTES)
        while True:
            following = stream.read(FRAME_BYTES + TAG_BYTES)
            try:
                rest += cipher.decrypt(_nonce(head[-PREFIX_BYTES:], n, not following), frame, MAGIC)
            except (InvalidTag, ValueError) as error:
                raise StateError(f"{path}: the code is another one, or the file is damaged.") from error
            *lines, rest = rest.split(b"\n")
            for line in lines:
                yield wire.loads(line)
            if not following:
                return
            frame, n = following, n + 1


def _frames(lines: Iterable[wire.Json]) -> Iterator[tuple[bytes, bool]]:
    pending = b""
    for line in lines:
        pending += wire.dumps(line) + b"\n"
        while len(pending) > FRAME_BYTES:
            yield pending[:FRAME_BYTES], False
            pending = pending[FRAME_BYTES:]
    yield pending, True


def _nonce(prefix: bytes, n: int, last: bool) -> bytes:
    return prefix + n.to_bytes(4, "big") + bytes([last])


def _cipher(code: str, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, salt=salt, info=b"presensi export v1").derive(normalise(code).encode()))
