"""The keys that sign galleries, and the statements by which terminals learn of a change (docs/protocol.md, "The
server's keys").

A change is one step: keys in use and every statement lie in one file that is replaced in one piece, and nothing else
has to be remembered. Which keys a terminal holds follows from the serial number that its heartbeat names.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etpp.base import files
from etpp.base.encoding import decode_key, encode_key
from etpp.base.errors import Conflict, NotFound, StateError
from etpp.terminals.signing import GallerySigner

log = logging.getLogger(__name__)

MAX_IN_USE = 8
"""Half of what a terminal takes in one statement; two are in use while one replaces the other."""

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Ring:
    """`signers`: the keys in use, the oldest first. `statements`: all that were ever made, by their serials."""

    signers: tuple[GallerySigner, ...]
    statements: tuple[Statement, ...] = ()

    @property
    def signer(self) -> GallerySigner:
        """The oldest signs until it is retired: every terminal holds it, however long ago it was heard of."""
        return self.signers[0]

    @property
    def root(self) -> str:
        """The id of the first key there was, from which all others follow by the statements."""
        return str(self.statements[0]["key_id"]) if self.statements else self.signer.key_id

    @property
    def serial(self) -> int:
        return int(self.statements[-1]["serial"]) if self.statements else 0

    @property
    def public(self) -> list[dict[str, str]]:
        """As the protocol writes them."""
        return [{"key_id": each.key_id, "public_key": encode_key(each.public_key)} for each in self.signers]

    @property
    def known(self) -> dict[str, bytes]:
        """Id -> public key, of all that ever signed: what they signed stays valid when they are retired."""
        stated = (key for each in self.statements for key in each["keys"])
        return {str(key["key_id"]): decode_key(str(key["public_key"])) for key in (*stated, *self.public)}

    def after(self, serial: int | None) -> Statement | None:
        """What a terminal has to be told next. None: nothing; it is up to date, or does not say what it holds.

        The next statement and not the last one: each is signed by a key of the one before it, so that a terminal which
        missed several follows them one by one.
        """
        if serial is None:
            return None
        return next((each for each in self.statements if each["serial"] > serial), None)

    def held(self, serial: int | None) -> frozenset[str]:
        """Ids of the keys that a terminal with this serial holds; none for a serial that this server never gave."""
        if serial == 0:
            first = self.statements[0]["key_id"] if self.statements else self.signer.key_id
            return frozenset({str(first)})
        stated = (each for each in self.statements if each["serial"] == serial)
        return frozenset(str(key["key_id"]) for each in stated for key in each["keys"])

    def with_new_key(self, now: dt.datetime) -> Ring:
        """One key more, and the statement that says so. Raises Conflict."""
        if len(self.signers) >= MAX_IN_USE:
            raise Conflict(f"{MAX_IN_USE} keys are in use already: retire one first", key="keys_full")
        return self._changed((*self.signers, _signer(secrets.token_hex(32))), now)

    def without(self, key_id: str, now: dt.datetime) -> Ring:
        """One key less, and the statement that says so. Raises Conflict, NotFound."""
        left = tuple(each for each in self.signers if each.key_id != key_id)
        if len(left) == len(self.signers):
            raise NotFound("no key in use has this id: see `etpp keys list`", key="key_unknown")
        if not left:
            raise Conflict("it is the only key: make another one first with `etpp keys rotate`", key="key_only")
        return self._changed(left, now)

    def _changed(self, signers: tuple[GallerySigner, ...], now: dt.datetime) -> Ring:
        ring = replace(self, signers=signers)
        # The time, so that a state folder played back from a backup never gives a number a second time.
        serial = max(self.serial + 1, int(now.timestamp()))
        # Signed by a key that stays and that the statement before this one (or call 1) has named.
        signer = next(each for each in signers if each in self.signers)
        statement: dict[str, Any] = {"serial": serial, "keys": ring.public, "key_id": signer.key_id}
        statement["signature"] = signer.sign(statement)
        return replace(ring, statements=(*self.statements, statement))


class KeyRing:
    """The file with the ring, read anew when another process has changed it: the command line rotates, `serve` signs.

    Thread-safe. Raises StateError. The file is hexadecimal (one seed, as it was before there were statements) or JSON.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            files.replace(path, secrets.token_hex(32))
        self._seen = self._signature()
        self._ring = self._read()

    def now(self) -> Ring:
        seen = self._signature()
        if seen is not None and seen != self._seen:
            try:
                self._ring, self._seen = self._read(), seen
            except StateError as error:
                log.error("%s; going on with the keys as they were", error)
                self._seen = seen
        return self._ring

    @contextlib.contextmanager
    def changing(self) -> Iterator[Ring]:
        """The ring as it is on disk, and no other process changes it meanwhile; `keep` one made of it inside."""
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield self._read()
        finally:
            os.close(folder)

    def keep(self, ring: Ring) -> None:
        """Durable when it returns. What was retired is in no file any more."""
        document = {"seeds": [each.seed.hex() for each in ring.signers], "statements": list(ring.statements)}
        try:
            files.sweep(self._path)  # a change that was cut off may have left a key beside it
            files.replace(self._path, json.dumps(document, indent=1))
        except OSError as error:
            raise StateError(f"{self._path}: cannot be written ({error.strerror})") from error
        self._ring, self._seen = ring, self._signature()

    def _read(self) -> Ring:
        try:
            text = self._path.read_text(encoding="ascii").strip()
            document: Any = json.loads(text) if text.startswith("{") else {"seeds": [text], "statements": []}
            ring = Ring(tuple(map(_signer, document["seeds"])), tuple(document["statements"]))
            _ = (ring.signer, ring.serial)
        except OSError as error:
            raise StateError(f"{self._path}: cannot be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise StateError(f"{self._path}: is damaged; put it back from the backup") from error
        return ring

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size


def _signer(seed: str) -> GallerySigner:
    return GallerySigner(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)))
