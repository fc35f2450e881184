"""Opens what an enrolment needs on this terminal: state, identity, gallery, outbox, clock, face engine."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from enrollment.duplicates import KnownFaces, in_event, in_gallery
from enrollment.refusal import Refusal
from enrollment.registrar import Registrar
from kiosk.config import Config
from kiosk.errors import GalleryError, StateError
from kiosk.face import open_engine
from kiosk.gallery import TinyGallery
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from kiosk.model import EMPTY_GALLERY
from kiosk.ports import Clock, FaceEngine, Outbox


@dataclass(frozen=True, slots=True)
class Station:
    outbox: Outbox
    clock: Clock
    engine: FaceEngine
    registrar: Registrar


def open_engine_for(config: Config, state: Path | None) -> FaceEngine:
    """The terminal's face engine, set to search every picture thoroughly: there is time, and a second face must not be
    overlooked. Raises ModelError."""
    if state is None:
        return open_engine(config.recognition.engine, follow=False)
    return open_engine(config.recognition.engine, models_dir=state / "models", cache_dir=state / "cache", follow=False)


def open_station(config: Config, path: Path) -> Station:
    """Raises Refusal not_provisioned, device_revoked; IdentityError, StateError, OutboxError, ModelError."""
    state = _state(path)
    identity = Identity.load(state.identity_dir)
    if identity.revoked:
        raise Refusal("device_revoked")
    outbox = SqliteOutbox(state.outbox_path, identity.device_id, key=identity.storage_key).open()
    clock = SystemClock(outbox.anchors)
    engine = open_engine_for(config, path)
    try:
        snapshot = TinyGallery(state.gallery_path, identity.storage_key).load()
    except GalleryError:
        snapshot = EMPTY_GALLERY
    known = KnownFaces(in_gallery(snapshot, engine.model_id))
    sent = KnownFaces()
    for event, waits in outbox.enrolments():
        person = in_event(event, engine.model_id)
        if person is not None:
            sent.add(person)
            # Those that the server has are erased here within a day; until then their faces count.
            known.add(replace(person, certain=waits))
    registrar = Registrar(
        outbox,
        clock,
        known,
        engine.model_id,
        config.enrolment,
        office_id=identity.provisioning.office_id,
        sent=sent,
        names={person.nip: person.name for person in snapshot.people.values()},
        gallery_loaded=snapshot.version > 0,
    )
    return Station(outbox, clock, engine, registrar)


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
