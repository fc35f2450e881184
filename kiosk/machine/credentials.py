"""Secrets that systemd hands to a service (systemd.exec(5), LoadCredentialEncrypted=), and keys as they are read."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.errors import IdentityError

DEVICE_KEY_CREDENTIAL = "presensi-device-key"
STORAGE_KEY_CREDENTIAL = "presensi-storage-key"


def systemd_credentials() -> Path | None:
    """Where systemd puts them."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) if folder else None


def credential(directory: Path | None, name: str) -> bytes | None:
    """None when there is none of this name. Raises IdentityError for one that cannot be read."""
    path = None if directory is None else directory / name
    try:
        return path.read_bytes() if path is not None and path.exists() else None
    except OSError as error:
        raise IdentityError(f"the systemd credential {name} cannot be read ({error.strerror}).") from error


def parse_key(pem: bytes) -> Ed25519PrivateKey:
    """From its PEM. Raises IdentityError."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise IdentityError("the device key is damaged. Provision the terminal again.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise IdentityError("the device key is not an Ed25519 key. Provision the terminal again.")
    return key
