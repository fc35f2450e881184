"""Who this terminal is: its Ed25519 key, its provisioning record, its request counter, its storage key.

Everything lies in one folder of mode 0700:

    device.key          PEM, mode 0600; or the systemd credential `presensi-device-key`
    device.key.next     the key that a rotation is about to bring
    storage.key         32 bytes that encrypt the gallery and enrolments; or the credential `presensi-storage-key`
    provisioning.json   what the server said when the terminal was provisioned, and of its keys since
    nonce               the request counter's reserved bound
    revoked             present once the server has revoked the terminal
    former/ID/          key and record of each identity that was given up
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk import wire
from kiosk.errors import IdentityError, NotProvisioned, StateError
from kiosk.machine.credentials import (
    DEVICE_KEY_CREDENTIAL,
    STORAGE_KEY_CREDENTIAL,
    credential,
    parse_key,
    systemd_credentials,
)
from kiosk.machine.durable import atomic_write
from kiosk.machine.former import folder_of, kept_of
from kiosk.machine.nonce import NonceCounter
from kiosk.model import DeviceId
from kiosk.wire.keys import ServerKeys, open_statement, provisioned_keys
from kiosk.wire.phone import phone_text
from kiosk.wire.signing import SignableRequest, sign_request

log = logging.getLogger(__name__)

STORAGE_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Provisioning:
    """What the server said in call 1, and of its keys since."""

    device_id: DeviceId
    server_url: str
    ca_file: str
    office_id: str
    office_name: str
    timezone: str
    server_keys: ServerKeys
    provisioned_utc: dt.datetime

    def as_json(self) -> wire.Json:
        return {
            "device_id": self.device_id,
            "server_url": self.server_url,
            "ca_file": self.ca_file,
            "office": {"office_id": self.office_id, "name": self.office_name, "timezone": self.timezone},
            **self.server_keys.as_json(),
            "server_time": wire.format_utc(self.provisioned_utc),
        }


def parse_provisioning(data: wire.Json, server_url: str, ca_file: str) -> Provisioning:
    """The answer to call 1, or the record made of it. Raises WireError."""
    office = wire.member(data, "office", dict)
    return Provisioning(
        device_id=DeviceId(wire.member(data, "device_id", str)),
        server_url=server_url.rstrip("/"),
        ca_file=ca_file,
        office_id=wire.member(office, "office_id", str),
        office_name=wire.member(office, "name", str),
        timezone=wire.member(office, "timezone", str),
        server_keys=provisioned_keys(data),
        provisioned_utc=wire.parse_utc(data.get("server_time")),
    )


class Identity:
    """A provisioned terminal. Thread-safe. Raises IdentityError; and StateError when the disk refuses to keep
    something, which may pass and must not be taken for the end of the terminal."""

    def __init__(
        self, directory: Path, provisioning: Provisioning, key: Ed25519PrivateKey, credentials: Path | None
    ) -> None:
        self.directory = directory
        self.provisioning = provisioning
        self.nonces = NonceCounter(directory / "nonce")
        self._credentials = credentials
        self._key = key
        self._lock = threading.Lock()
        self._pending = _pending_key(directory)
        self._swapped = False
        self._revoked = False

    @classmethod
    def load(cls, directory: Path, credentials: Path | None = None, *, server_url: str = "") -> Identity:
        """`credentials`: a folder in place of systemd's `$CREDENTIALS_DIRECTORY`; `server_url` overrides the record."""
        credentials = credentials or systemd_credentials()
        record = directory / "provisioning.json"
        data = _read_record(record)
        try:
            provisioning = parse_provisioning(
                data, server_url or wire.member(data, "server_url", str), wire.member(data, "ca_file", str)
            )
        except wire.WireError as error:
            raise IdentityError(f"{record}: cannot be used ({error}). Provision the terminal again.") from error
        return cls(directory, provisioning, _read_key(directory, credentials), credentials)

    @property
    def device_id(self) -> DeviceId:
        return self.provisioning.device_id

    @property
    def server_url(self) -> str:
        return self.provisioning.server_url

    @property
    def public_key(self) -> bytes:
        return _raw(self._key.public_key())

    @property
    def revoked(self) -> bool:
        return self._revoked or (self.directory / "revoked").exists()

    def revoke(self) -> None:
        """The server has said that this terminal must stop. It stays so until it is provisioned again."""
        self._revoked = True
        try:
            _write(self.directory / "revoked", b"")
        except StateError as error:
            # It stops all the same; started again, it is told again.
            log.error("%s", error)

    # ------------------------------------------------------------ requests

    def raise_nonce_above(self, nonce: int) -> None:
        self.nonces.raise_above(nonce)

    def sign(self, request: SignableRequest) -> None:
        """Put Content-Digest, Signature-Input and Signature on a prepared request (RFC 9421, docs/protocol.md)."""
        with self._lock:
            key = self._key
        sign_request(request, key, str(self.device_id), self.nonces.take())

    def sign_head(self, chain_id: str, seq: int, hash_hex: str) -> wire.Json:
        """A link of a chain of this terminal's own, signed, as it stands in `heads` of call 2."""
        with self._lock:
            key = self._key
        signature = key.sign(wire.head_text(str(self.device_id), chain_id, seq, hash_hex))
        return {
            "chain_id": chain_id,
            "seq": seq,
            "hash": hash_hex,
            "key_id": hashlib.sha256(_raw(key.public_key())).hexdigest()[:16],
            "signature": wire.b64url(signature),
        }

    def sign_phone(self, statement: bytes) -> bytes:
        """The signature under a code for a phone."""
        with self._lock:
            return self._key.sign(phone_text(statement))

    def attest(self, device_id: str, statement: wire.Json) -> str | None:
        """The signature (base64url) over a statement's canonical form, by this identity or by a former one of this
        machine; None when that key is not here."""
        key = self._key
        if device_id != self.device_id:
            former = folder_of(self.directory, device_id)
            if former is None or not (former / "device.key").exists():
                return None
            key = _read_key(former, None)
        return wire.b64url(key.sign(wire.canonical(statement)))

    def verify_server(self, key_id: str, signature: bytes, content: bytes) -> bool:
        """Whether one of the server's keys signed the content."""
        raw = self.provisioning.server_keys.keys.get(key_id)
        if raw is None:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(raw).verify(signature, content)
        except InvalidSignature:
            return False
        return True

    @property
    def server_keys_serial(self) -> int:
        """Of the newest statement of the server's keys that was taken; on disk before it is here."""
        return self.provisioning.server_keys.serial

    def take_server_keys(self, statement: wire.Json) -> bool:
        """Trust the server's keys as it states them now, and those alone; False when it is so already.

        Raises WireError for a statement that must not be believed.
        """
        with self._lock:
            keys = open_statement(statement, self.provisioning.server_keys, self.verify_server)
            if keys is None:
                return False
            record = self.directory / "provisioning.json"
            # Into the record as it is on disk: this process may have been given another address for the server.
            _write(record, wire.dumps({**_read_record(record), **keys.as_json()}))
            self.provisioning = replace(self.provisioning, server_keys=keys)
            return True

    # ------------------------------------------------------------ keys

    @property
    def storage_key(self) -> bytes:
        """32 bytes that encrypt the gallery and enrolments. They outlive a change of the device key."""
        return _storage_key(self.directory, self._credentials)

    def begin_rotation(self) -> wire.Json:
        """The heartbeat's `rotate_key`. The new key is on disk before the server hears of it."""
        if credential(self._credentials, DEVICE_KEY_CREDENTIAL) is not None:
            raise IdentityError("the device key is a systemd credential; change it there and provision again.")
        key = self._pending or Ed25519PrivateKey.generate()
        _write(self.directory / "device.key.next", _pem(key))
        self._pending = key
        proof = key.sign(str(self.device_id).encode())
        return {"public_key": wire.b64url(_raw(key.public_key())), "proof": wire.b64url(proof)}

    @property
    def rotating(self) -> bool:
        """Whether a rotation was begun (`kiosk provision --rotate-key`) and its outcome is not known yet."""
        with self._lock:
            self._pending = self._pending or _pending_key(self.directory)
            return self._pending is not None

    def try_other_key(self) -> bool:
        """A signature was refused: if the answer to a rotation was lost, the server may know the other key only."""
        with self._lock:
            if self._pending is None:
                return False
            self._key, self._pending = self._pending, self._key
            self._swapped = not self._swapped
            return True

    def rotated(self) -> None:
        """The server has said that it took the new key."""
        if self._pending is not None and not self._swapped:
            self.try_other_key()
        self.confirm_key()

    def confirm_key(self) -> None:
        """The key that signs now was accepted. If it is the new one, it replaces the old one on disk."""
        with self._lock:
            if self._pending is None or not self._swapped:
                return
            _write(self.directory / "device.key", _pem(self._key))
            (self.directory / "device.key.next").unlink(missing_ok=True)
            self._pending, self._swapped = None, False


# ---------------------------------------------------------------- becoming one


@dataclass(frozen=True, slots=True)
class Candidate:
    """A terminal that asks to be provisioned. Its key stays the same until an answer arrives: the code is used once."""

    directory: Path
    key: Ed25519PrivateKey
    former: Mapping[Path, bytes]
    """What is kept of the identity that it gives up."""

    @property
    def public_key(self) -> str:
        return wire.b64url(_raw(self.key.public_key()))

    def sign(self, request: SignableRequest) -> None:
        sign_request(request, self.key, self.public_key, NonceCounter(self.directory / "nonce").take())

    def adopt(self, provisioning: Provisioning) -> None:
        """Become that terminal. An earlier identity is kept under `former/`: it vouches for its own events.

        Repeatable: a power cut at any step leaves the former identity's key, and doing it again ends it.
        """
        for path, content in self.former.items():
            if content != _pem(self.key):  # or an earlier attempt got as far as that
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _write(path, content)
        for name in ("revoked", "device.key.next"):  # of the former one: the new one must not find them
            (self.directory / name).unlink(missing_ok=True)
        _write(self.directory / "device.key", _pem(self.key))
        _write(self.directory / "provisioning.json", wire.dumps(provisioning.as_json()))
        (self.directory / "device.key.new").unlink(missing_ok=True)


def candidate(directory: Path, credentials: Path | None = None, recorder: str | None = None) -> Candidate:
    """Make the folder, the storage key and a device key, as far as they are missing or of no use.

    `recorder`: the device id of the journal's events, in case the former record is damaged. The server is asked later.
    """
    credentials = credentials or systemd_credentials()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if credential(credentials, STORAGE_KEY_CREDENTIAL) is None:
            _make_storage_key(directory / "storage.key")
        pem = credential(credentials, DEVICE_KEY_CREDENTIAL)
        key = _new_key(directory / "device.key.new") if pem is None else parse_key(pem)
    except OSError as error:
        raise IdentityError(
            f"{directory}: cannot be written ({error.strerror}). Check the disk and the user."
        ) from error
    return Candidate(directory, key, kept_of(directory, recorder))


def _make_storage_key(path: Path) -> None:
    if path.exists() and path.stat().st_size < STORAGE_KEY_BYTES:
        path.replace(path.with_suffix(".damaged"))  # it opens nothing any more
    if not path.exists():
        _write(path, os.urandom(STORAGE_KEY_BYTES))


def _new_key(path: Path) -> Ed25519PrivateKey:
    if path.exists():
        try:
            return parse_key(path.read_bytes())
        except IdentityError:
            log.warning("the key of an attempt to provision this machine is damaged; another one is made")
    key = Ed25519PrivateKey.generate()
    _write(path, _pem(key))
    return key


def _storage_key(directory: Path, credentials: Path | None) -> bytes:
    secret = credential(credentials, STORAGE_KEY_CREDENTIAL)
    if secret is None:
        path = directory / "storage.key"
        try:
            secret = path.read_bytes()
        except OSError as error:
            raise IdentityError(f"{path}: cannot be read ({error.strerror}). Provision the terminal again.") from error
    if len(secret) < STORAGE_KEY_BYTES:
        raise IdentityError("the storage key is too short. Provision the terminal again.")
    # Whatever is in the credential (a passphrase, 64 hex digits), the ciphers get 32 even bytes.
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"presensi storage v1").derive(secret)


# ---------------------------------------------------------------- files


def _read_key(directory: Path, credentials: Path | None) -> Ed25519PrivateKey:
    pem = credential(credentials, DEVICE_KEY_CREDENTIAL)
    path = directory / "device.key"
    try:
        if pem is None and path.stat().st_mode & 0o077:
            raise IdentityError(
                f"{path}: may be read by others. Set its mode to 0600, or provision the terminal again."
            )
        return parse_key(path.read_bytes() if pem is None else pem)
    except OSError as error:
        raise IdentityError(f"{path}: cannot be read ({error.strerror}). Provision the terminal again.") from error


def _pending_key(directory: Path) -> Ed25519PrivateKey | None:
    path = directory / "device.key.next"
    try:
        return parse_key(path.read_bytes()) if path.exists() else None
    except OSError as error:
        raise IdentityError(f"{path}: cannot be read ({error.strerror}).") from error


def _read_record(path: Path) -> wire.Json:
    try:
        return wire.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise NotProvisioned("this terminal is not provisioned. Run `kiosk provision CODE --server URL`.") from error
    except (OSError, wire.WireError) as error:
        raise IdentityError(f"{path}: cannot be used ({error}). Provision the terminal again.") from error


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _write(path: Path, content: bytes) -> None:
    try:
        atomic_write(path, content)
    except OSError as error:
        raise StateError(f"{path}: cannot be written ({error.strerror}). Check the disk and the user.") from error
