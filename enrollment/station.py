"""Opens what an enrolment needs on this terminal: state, identity, gallery, outbox, clock, face engine."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from enrollment.duplicates import KnownFaces, in_event, in_gallery
from enrollment.memory import Memory
from enrollment.refusal import Refusal
from enrollment.registrar import Registrar
from enrollment.standing import note_of
from kiosk.config import Config, EnrolmentSettings
from kiosk.errors import GalleryError, OutboxError, StateError
from kiosk.face import open_engine
from kiosk.gallery import TinyGallery
from kiosk.journal.audit import JournalAudit, Row
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity
from kiosk.machine.model_files import ModelStore
from kiosk.machine.state import LockName, StateFolder
from kiosk.model import DLIB_RESNET_V1, EMPTY_GALLERY, GallerySnapshot, ModelId
from kiosk.ports import Clock, FaceEngine

log = logging.getLogger(__name__)


def open_engine_for(config: Config, state: Path | None) -> FaceEngine:
    """The terminal's face engine, set to search every picture thoroughly: there is time, and a second face must not be
    overlooked. Of a terminal (`state`) it also describes by every further recogniser that is installed there and can be
    opened. Raises ModelError."""
    name = config.recognition.engine
    if state is None:
        return open_engine(name, follow=False)
    models = state / "models"
    more = [each for each in ModelStore(models).recognisers() if each != DLIB_RESNET_V1]
    return open_engine(name, models_dir=models, cache_dir=state / "cache", follow=False, more=more)


@dataclass(frozen=True, slots=True)
class Records:
    """What the terminal holds of enrolments, without anything that sees faces."""

    identity: Identity
    outbox: SqliteOutbox
    clock: Clock
    gallery: GallerySnapshot
    memory: Memory

    def enrolments(self) -> list[Row]:
        """All that this terminal recorded, oldest first; not those that it carries for another."""
        audit = JournalAudit(self.outbox)
        own = (chain for chain in audit.chains() if chain.carried is None)
        return [row for chain in own for row in audit.rows(chain, kind="enrolment")]

    def remember(self) -> None:
        """Note what the journal holds whole, before its content is erased. One that cannot be read costs the list a
        name: the enrolment is on disk by now, and must not be told as one that failed."""
        try:
            notes = {row.hash: note_of(row, self.memory) for row in self.enrolments()}
        except OutboxError as error:
            log.warning("the list of enrolments could not be kept: %s", error)
            return
        known = {event: note for event, note in notes.items() if note is not None}
        self.memory.keep(known, self.clock.now().wall_utc)


def open_records(path: Path) -> Records:
    """Raises Refusal not_provisioned; IdentityError, StateError, OutboxError."""
    return _records(_state(path))


@contextlib.contextmanager
def opened_records(path: Path) -> Iterator[tuple[StateFolder, Records]]:
    """For a window that shows a terminal's screens: nobody else does, as long as it is open.

    Raises Refusal not_provisioned, device_revoked; IdentityError, StateError, StateInUse, OutboxError.
    """
    with _held(path, "run") as held:
        yield held


@contextlib.contextmanager
def _held(path: Path, lock: LockName) -> Iterator[tuple[StateFolder, Records]]:
    state = _state(path)
    with state.lock(lock):
        records = _records(state)
        with contextlib.closing(records.outbox):
            if records.identity.revoked:
                raise Refusal("device_revoked")
            yield state, records


def _records(state: StateFolder) -> Records:
    identity = Identity.load(state.identity_dir)
    outbox = SqliteOutbox(state.outbox_path, identity.device_id, key=identity.storage_key).open()
    try:
        gallery = TinyGallery(state.gallery_path, identity.storage_key).load()
    except GalleryError:
        gallery = EMPTY_GALLERY
    return Records(identity, outbox, SystemClock(outbox.anchors), gallery, Memory(state.path, identity.storage_key))


@dataclass(frozen=True, slots=True)
class Station:
    records: Records
    engine: FaceEngine
    registrar: Registrar


@contextlib.contextmanager
def open_station(config: Config, path: Path) -> Iterator[Station]:
    """One station at a time on a terminal: who is enrolled already is read when it opens, and must still hold when the
    enrolment is written down.

    Raises Refusal not_provisioned, device_revoked; IdentityError, StateError, StateInUse, OutboxError, ModelError.
    """
    with _held(path, "enroll") as (_, records):
        engine = open_engine_for(config, path)
        yield Station(records, engine, _registrar(records, engine.model_id, config.enrolment))


def _registrar(records: Records, model_id: ModelId, settings: EnrolmentSettings) -> Registrar:
    gallery = records.gallery
    known = KnownFaces(in_gallery(gallery, model_id))
    sent = KnownFaces()
    for event, waits in records.outbox.enrolments():
        person = in_event(event, model_id)
        if person is not None:
            sent.add(person)
            # Those that the server has are erased here within a day; until then their faces count.
            known.add(replace(person, certain=waits))
    return Registrar(
        records.outbox,
        records.clock,
        known,
        model_id,
        settings,
        office_id=records.identity.provisioning.office_id,
        sent=sent,
        names={person.nip: person.name for person in gallery.people.values()},
        gallery_loaded=gallery.version > 0,
        recogniser=gallery.office.recogniser if gallery.office else DLIB_RESNET_V1,
    )


def _state(path: Path) -> StateFolder:
    """The folder of a provisioned terminal, opened as its owner: files that root makes in it could not be written by
    the terminal's own user afterwards."""
    state = StateFolder(path)
    try:
        if path.is_dir() and path.stat().st_uid != os.geteuid():
            raise StateError(f"{path} belongs to another user. Run as the terminal's: `sudo -u presensi enroll …`.")
        if not (state.identity_dir / "provisioning.json").is_file():
            raise Refusal("not_provisioned")
    except OSError as error:
        raise StateError(f"{path}: cannot be read ({error.strerror}). Check the path and this user.") from error
    return state.open()
