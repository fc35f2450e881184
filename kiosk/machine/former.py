"""The identity that a machine gives up: what is kept of it, and under which name, so that it vouches for its events."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path

from kiosk import wire

log = logging.getLogger(__name__)

KEPT = ("device.key", "provisioning.json")

_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


def folder_of(directory: Path, device_id: object) -> Path | None:
    """Where that identity of this machine is kept; None for what is no id, and leads elsewhere."""
    name = device_id if isinstance(device_id, str) and _ID.fullmatch(device_id) else None
    return None if name is None else directory / "former" / name


def kept_of(directory: Path, recorder: str | None) -> Mapping[Path, bytes]:
    """What is to be kept of the identity in this folder: content by the file that it goes into.

    `recorder`: the device id that the journal's events have: a damaged record may say another one, or none. Raises
    nothing: a file that cannot be read must not keep a machine from becoming a terminal again.
    """
    found = {name: content for name in KEPT if (content := _read(directory / name)) is not None}
    if "provisioning.json" not in found and not os.path.lexists(directory / "provisioning.json"):
        return {}
    told, recorded = folder_of(directory, _told(found.get("provisioning.json", b""))), folder_of(directory, recorder)
    folders = [] if told is None else [told]
    if recorded is not None and not (recorded / "device.key").exists() and recorded != told:
        folders.append(recorded)  # its key has been kept of none before, so that it is this one
    if not folders:
        # Nothing was recorded under it that is still held; the key is not thrown away all the same.
        name = hashlib.sha256(found.get("device.key", b"")).hexdigest()[:16]
        folders.append(directory / "former" / f"unknown-{name}")
    return {folder / name: content for folder in folders for name, content in found.items()}


def _told(record: bytes) -> object:
    try:
        return wire.loads(record).get("device_id")
    except wire.WireError:
        log.warning("the record of the identity that is given up cannot be read; it is kept as it is")
        return None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
