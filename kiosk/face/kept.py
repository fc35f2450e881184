"""Networks that were made on this machine, kept as files that carry their own digest in their names."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from kiosk.machine.durable import atomic_write

_log = logging.getLogger(__name__)


def find(folder: Path, prefix: str) -> Path | None:
    """The file whose name begins with `prefix`; None when there is none, or it is not as it was written.

    A self-test would not see every damage: one changed weight may move other faces than those it looks at.
    """
    try:
        for path in sorted(folder.glob(f"{prefix}*.onnx")):
            if path.name == _name(prefix, path.read_bytes()):
                return path
            _log.warning("a network kept on this machine is damaged and made anew")
    except OSError as error:
        _log.warning("a network kept on this machine cannot be read: %s", error.strerror)
    return None


def keep(folder: Path, prefix: str, model: bytes, replaces: str) -> Path | None:
    """Write all or nothing: a terminal may lose power at any moment. Files that match `replaces` go.

    None when it cannot be written, which the log says: the next start makes the network again; and while another
    process is writing it.
    """
    path = folder / _name(prefix, model)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(path, model)
        if path.read_bytes() != model:
            return None  # another process is just writing the same
        for old in folder.glob(replaces):
            if old != path:
                old.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("a network is not kept (%s): the next start converts again", error.strerror)
        return None
    return path


def _name(prefix: str, model: bytes) -> str:
    return f"{prefix}{hashlib.sha256(model).hexdigest()[:16]}.onnx"
