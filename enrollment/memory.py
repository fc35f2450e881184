"""What the terminal remembers of an enrolment when its name, NIP and face are erased, a day after the server has it.

Enough that the officer's list can still tell whose it was and whether it is in the gallery: the ten digits of the NIP
that are shown in public, and two keyed digests, from which nobody without this terminal's key learns anything.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kiosk import wire
from kiosk.machine.durable import atomic_write

log = logging.getLogger(__name__)

FILE = "enrolments.json"

KEPT = dt.timedelta(days=100)
"""BKPP has decided by then, and the officer has long asked."""


@dataclass(frozen=True, slots=True)
class Note:
    """`utc` when it was enrolled; `nip` masked; `person` and `faces`: digests of the NIP and of its templates."""

    utc: dt.datetime
    nip: str = field(repr=False)
    person: str
    faces: str


class Memory:
    """Notes by the event's hash, in a file of the state folder. A file that is lost or damaged is begun anew: what the
    journal still holds is noted again, and the list says less of the rest."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._path = folder / FILE
        self._key = hmac.digest(key, b"presensi enrolments v1", "sha256")
        self._notes = self._read()

    def note(self, event_hash: str) -> Note | None:
        return self._notes.get(event_hash)

    def keep(self, notes: Mapping[str, Note], now: dt.datetime) -> None:
        """Add notes and drop those that are too old. A disk that takes none costs the list a name, nothing else."""
        kept = {event: note for event, note in {**self._notes, **notes}.items() if now - note.utc <= KEPT}
        if kept == self._notes:
            return
        self._notes = kept
        content = {
            event: {"utc": wire.format_utc(note.utc), "nip": note.nip, "person": note.person, "faces": note.faces}
            for event, note in kept.items()
        }
        try:
            atomic_write(self._path, json.dumps(content).encode())
        except OSError as error:
            log.warning("the list of enrolments could not be kept (%s): check the disk", error.strerror)

    def person_tag(self, nip: str) -> str:
        return self._tag(b"person", [nip.encode()])

    def faces_tag(self, templates: Iterable[bytes]) -> str:
        """Of one person's templates in any order, each as its little-endian float32."""
        return self._tag(b"faces", sorted(templates))

    def _tag(self, of: bytes, parts: Iterable[bytes]) -> str:
        digests = b"".join(hashlib.sha256(part).digest() for part in parts)
        return hmac.new(self._key, of + b"\0" + digests, hashlib.sha256).hexdigest()

    def _read(self) -> dict[str, Note]:
        try:
            content = wire.loads(self._path.read_bytes())
            return {event: _note(wire.member(content, event, dict)) for event in content}
        except FileNotFoundError:
            return {}
        except (OSError, wire.WireError):
            log.warning("%s cannot be read and is begun anew", FILE)
            return {}


def _note(data: wire.Json) -> Note:
    nip, person, faces = (wire.member(data, name, str) for name in ("nip", "person", "faces"))
    return Note(wire.parse_utc(data.get("utc")), nip, person, faces)
