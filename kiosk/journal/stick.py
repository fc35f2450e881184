"""The unsent events onto a memory stick, from the running terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from kiosk import wire
from kiosk.errors import StateError
from kiosk.journal import carry, export_file
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.identity import Identity
from kiosk.model import Moment

MOUNTS = Path("/proc/self/mounts")
PLACES = ("/media/", "/run/media/", "/mnt/")
"""Below which a stick is mounted, whoever does it: by the file system hierarchy standard, and by udisks."""


def find_stick(mounts: Path = MOUNTS) -> Path | None:
    """A file system below PLACES that this user may write, the one that was mounted last."""
    found = None
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        fields = line.split(" ")
        place = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[1]) if len(fields) > 1 else ""
        if place.startswith(PLACES) and os.access(place, os.W_OK | os.X_OK):
            found = Path(place)
    return found


def export_to(folder: Path, outbox: SqliteOutbox, identity: Identity, now: Moment) -> tuple[int, str]:
    """Write what the server does not hold: how many events, and the code that opens the file.

    Raises StateError when the stick takes no file; OutboxError.
    """
    code, count = export_file.new_code(), 0

    def counted(lines: Iterator[wire.Json]) -> Iterator[wire.Json]:
        nonlocal count
        for line in lines:
            count += "event" in line
            yield line

    path = folder / f"presensi-{identity.device_id[:8]}-{now.wall_utc:%Y%m%d-%H%M%S}.bin"
    try:
        lines = carry.export(outbox, now, identity.attest, office_id=identity.provisioning.office_id, everything=False)
        export_file.write(path, code, counted(lines))
    except OSError as error:
        raise StateError(f"the stick cannot be written ({error.strerror}).") from error
    return count, code
