"""The cache of people and templates: TinyDB documents in one encrypted file, replaced in one piece.

`kiosk sync` applies what the server sends, `kiosk run` loads it. The file and its copy (`.previous`) hold the same
version once an update is complete, so that a removed person is gone from both; the copy is there for a card that loses
a sector, not for going back.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tinydb import TinyDB, where
from tinydb.storages import Storage

from kiosk import wire
from kiosk.errors import GalleryError
from kiosk.machine.durable import atomic_write, fsync_folder
from kiosk.model import (
    EMPTY_GALLERY,
    NOTHING_TOLD,
    Bulletin,
    GallerySnapshot,
    Office,
    Person,
    PersonId,
    Renewal,
    Template,
)
from kiosk.ports import UtcNow
from kiosk.wire.bulletin import parse_bulletin, without
from kiosk.wire.gallery import Manifest, check_shown, parse_office, parse_person, parse_renewal

log = logging.getLogger(__name__)

_SEALED = b"PRSNGAL1"  # then a nonce of 12 bytes and AES-256-GCM over the JSON; this magic is authenticated too
_PLAIN = b"PRSNGAL0"  # then SHA-256 of the JSON, and the JSON: without a key there is still integrity
_NONCE_BYTES = 12
_TOLD = "bulletin"
"""Of `meta`: that a bulletin is kept beside it, by this update or one before it. A release that knows of none writes
`meta` without it; what was told before that may have been taken back since."""

Documents = dict[str, dict[str, Any]]


class SealedStorage(Storage):
    """A TinyDB storage over one sealed file. Reads once, keeps writes in memory; `commit()` makes them the file.

    TinyDB writes its whole state with every operation; an update of a gallery is several, and must be all or nothing.
    """

    def __init__(self, path: Path, key: bytes | None) -> None:
        self._path = path
        self._key = key
        self._documents: Documents | None = None
        self._read = False

    def read(self) -> Documents | None:
        if not self._read:
            self._read = True
            if self._path.exists():
                self._documents = unseal(self._path.read_bytes(), self._key)
        return self._documents

    def write(self, data: Documents) -> None:
        self._read, self._documents = True, data

    def commit(self) -> None:
        """Replace the file and its copy. Raises OSError; then the file is the old one or the new one, whole."""
        content = seal(self._documents or {}, self._key)
        for path in (self._path, previous_of(self._path)):
            atomic_write(path, content)


class TinyGallery:
    """The gallery port. `key`: 32 bytes, or None for a file that is only protected against damage."""

    def __init__(self, path: Path, key: bytes | None, *, utc_now: UtcNow = lambda: dt.datetime.now(dt.UTC)) -> None:
        self._path = path
        self._key = key
        self._utc_now = utc_now
        self._loaded: tuple[int, int, int] | None = None
        self.damaged = False
        """Whether the last load() had to set a file aside."""

    def load(self) -> GallerySnapshot:
        """The last good snapshot; EMPTY_GALLERY before the first. Raises GalleryError when none can be read."""
        self.damaged = False
        previous = previous_of(self._path)
        self._loaded = self._signature()
        if not self._path.exists() and not previous.exists():
            return EMPTY_GALLERY
        for path in (self._path, previous):
            try:
                return _snapshot(self._open(path))
            except FileNotFoundError:
                continue
            except GalleryError as error:
                log.error("%s: %s", path.name, error)
                self._set_aside(path)
            except OSError as error:
                raise GalleryError(f"{path}: cannot be read ({error.strerror}). Check the card.") from error
        raise GalleryError("no gallery can be read; a new one comes with the next contact with the server.")

    def changed(self) -> bool:
        return self._signature() != self._loaded

    def version(self) -> int:
        """The version that an update has to build on; 0 when there is none or none can be read."""
        try:
            return self.load().version
        except GalleryError:
            return 0

    def erased_through(self) -> int:
        """Up to this version, removed people are gone from every file here."""
        versions = []
        for path in (self._path, previous_of(self._path)):
            with contextlib.suppress(FileNotFoundError, GalleryError):
                versions.append(_snapshot(self._open(path)).version)
        return min(versions, default=0)

    def apply(self, manifest: Manifest, payload: wire.Json, fetched_utc: dt.datetime) -> GallerySnapshot:
        """Bring in a full snapshot or a delta whose protection was checked (`wire.gallery.open_gallery`).

        All or nothing: it is read as a terminal will read it before a byte is written. Raises GalleryError.
        """
        with self._locked():
            storage = SealedStorage(self._path, self._key)
            try:
                snapshot = self._apply(storage, manifest, payload, fetched_utc)
                storage.commit()
            except wire.WireError as error:
                raise GalleryError(f"the server's gallery cannot be used: {error}") from error
            except OSError as error:
                raise GalleryError(
                    f"{self._path}: cannot be written ({error.strerror}). Check the disk and its free space."
                ) from error
            self._forget_damaged()
            return snapshot

    def mend(self) -> None:
        """Make the file and its copy the same again, after damage or a power cut between the two."""
        with self._locked():
            good: list[tuple[int, bytes]] = []
            for path in (self._path, previous_of(self._path)):
                with contextlib.suppress(FileNotFoundError, GalleryError):
                    content = path.read_bytes()
                    good.append((_snapshot(unseal(content, self._key)).version, content))
            if not good or (len(good) == 2 and good[0][0] == good[1][0]):
                return
            _, content = max(good, key=lambda item: item[0])
            try:
                for path in (self._path, previous_of(self._path)):
                    atomic_write(path, content)
            except OSError as error:
                raise GalleryError(f"{self._path}: cannot be written ({error.strerror}). Check the disk.") from error

    # ------------------------------------------------------------ inside

    def _apply(
        self, storage: SealedStorage, manifest: Manifest, payload: wire.Json, fetched_utc: dt.datetime
    ) -> GallerySnapshot:
        check_shown(payload)
        parse_office(wire.member(payload, "office", dict))
        people = wire.items(payload, "people")
        ids = [wire.member(person, "person_id", str) for person in people]
        if manifest.base_version is None:
            storage.write({})
        elif self._version_in(storage) != manifest.base_version:
            raise GalleryError("the server's delta does not build on the gallery here. It will be fetched whole.")
        with TinyDB(storage=lambda: storage) as database:
            table = database.table("people", cache_size=0)
            removed = wire.member(payload, "removed", list) if manifest.base_version is not None else []
            table.remove(where("person_id").one_of([*ids, *removed]))
            table.insert_multiple(people)
            told = payload.get("bulletin", _told(storage.read() or {}))
            database.drop_table("bulletin")
            if told is not None:
                known = {document["person_id"] for document in table.all()}
                database.table("bulletin").insert({"said": without(told, known)})
            database.drop_table("meta")
            database.table("meta").insert(
                {
                    "version": manifest.version,
                    "office": wire.member(payload, "office", dict),
                    "fetched_utc": wire.format_utc(fetched_utc),
                    _TOLD: told is not None,
                }
            )
        return _snapshot(storage.read() or {})

    @staticmethod
    def _version_in(storage: SealedStorage) -> int:
        documents = storage.read()
        return 0 if documents is None else _snapshot(documents).version

    def _open(self, path: Path) -> Documents:
        return unseal(path.read_bytes(), self._key)

    def _signature(self) -> tuple[int, int, int] | None:
        for path in (self._path, previous_of(self._path)):
            with contextlib.suppress(OSError):
                status = path.stat()
                return status.st_ino, status.st_mtime_ns, status.st_size
        return None

    def _set_aside(self, path: Path) -> None:
        self.damaged = True
        stamp = self._utc_now().strftime("%Y%m%dT%H%M%SZ")
        with self._locked():
            try:
                # Sync may have replaced it since: only what is still damaged is moved.
                _snapshot(self._open(path))
            except GalleryError:
                with contextlib.suppress(OSError):  # a read-only disk: it stays where it is, and is not used
                    path.rename(path.with_name(f"{self._path.stem}-damaged-{stamp}{path.suffix}"))
            except OSError as error:
                log.warning("%s: cannot be read (%s)", path.name, error.strerror)

    def _forget_damaged(self) -> None:
        """A damaged file may still hold somebody who has been removed since."""
        for path in self._path.parent.glob(f"{self._path.stem}-damaged-*"):
            with contextlib.suppress(OSError):
                path.unlink()
                fsync_folder(path.parent)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            descriptor = os.open(self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise GalleryError(f"{self._path.parent}: cannot be written ({error.strerror}). Check the disk.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def previous_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.previous")


def seal(documents: Documents, key: bytes | None) -> bytes:
    content = json.dumps(documents, ensure_ascii=False, separators=(",", ":")).encode()
    if key is None:
        return _PLAIN + hashlib.sha256(content).digest() + content
    nonce = os.urandom(_NONCE_BYTES)
    return _SEALED + nonce + AESGCM(key).encrypt(nonce, content, _SEALED)


def unseal(content: bytes, key: bytes | None) -> Documents:
    """Raises GalleryError for damage, another key, or a plain file where a sealed one must be: anybody can make one."""
    magic, rest = content[: len(_SEALED)], content[len(_SEALED) :]
    if key is not None and magic == _SEALED:
        try:
            plain = AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _SEALED)
        except (InvalidTag, ValueError) as error:
            raise GalleryError("the gallery is damaged, or was encrypted with another key") from error
    elif key is None and magic == _PLAIN:
        plain = rest[32:]
        if hashlib.sha256(plain).digest() != rest[:32]:
            raise GalleryError("the gallery is damaged")
    else:
        raise GalleryError("the gallery is damaged, or is not encrypted as this terminal's must be")
    try:
        return wire.loads(plain)
    except wire.WireError as error:
        raise GalleryError("the gallery is damaged") from error


def _snapshot(documents: Documents) -> GallerySnapshot:
    """What the documents say, checked in full. Raises GalleryError."""
    try:
        (meta,) = documents["meta"].values()
        people: dict[PersonId, Person] = {}
        renewals: dict[PersonId, Renewal] = {}
        templates: list[Template] = []
        for document in documents.get("people", {}).values():
            person, own = parse_person(document)
            people[person.person_id] = person
            templates += own
            renewal = parse_renewal(document)
            if renewal is not None:
                renewals[person.person_id] = renewal
        return GallerySnapshot(
            version=wire.member(meta, "version", int),
            office=_office(wire.member(meta, "office", dict)),
            people=people,
            templates=tuple(templates),
            fetched_utc=wire.parse_utc(meta.get("fetched_utc")),
            renewals=renewals,
            bulletin=_bulletin(documents, people),
        )
    except wire.WireError as error:
        raise GalleryError(f"the gallery cannot be used: {error}") from error
    except (KeyError, ValueError, AttributeError) as error:
        raise GalleryError("the gallery is damaged") from error


def _told(documents: Documents) -> object | None:
    """The bulletin's document that is kept; None when there is none that holds."""
    if not any(meta.get(_TOLD) for meta in documents.get("meta", {}).values()):
        return None
    kept = list(documents.get("bulletin", {}).values())
    return kept[0].get("said") if kept else None


def _bulletin(documents: Documents, people: Collection[PersonId]) -> Bulletin:
    told = _told(documents)
    if told is None:
        return NOTHING_TOLD
    bulletin, left_out = parse_bulletin(told, people)
    if left_out:
        log.warning("%d entries of the server's bulletin are left out, the first: %s", len(left_out), left_out[0])
    return bulletin


def _office(document: wire.Json) -> Office | None:
    """None when an earlier release took a calendar that is no use: people are known all the same, and the standard
    hours hold until the server sends better ones."""
    try:
        return parse_office(document)
    except wire.WireError as error:
        log.warning("the office's calendar cannot be used: %s. BKPP puts it right: etpp check", error)
        return None
