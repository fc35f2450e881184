"""Opens what an enrolment needs on this terminal: state, identity, gallery, outbox, clock, face engine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from enrollment.duplicates import KnownFaces, in_events, in_gallery
from enrollment.refusal import Refusal
from enrollment.registrar import Registrar
from kiosk.clock import SystemClock
from kiosk.config import Config
from kiosk.errors import GalleryError, IdentityError, StateError
from kiosk.face import open_engine
from kiosk.gallery import TinyGallery
from kiosk.identity import Identity
from kiosk.model import EMPTY_GALLERY
from kiosk.outbox import SqliteOutbox
from kiosk.ports import Clock, FaceEngine, Outbox
from kiosk.state import StateFolder


@dataclass(frozen=True, slots=True)
class Station:
    outbox: Outbox
    clock: Clock
    engine: FaceEngine
    registrar: Registrar


def open_engine_for(config: Config, state: Path | None) -> FaceEngine:
    """The face engine of the terminal's recognition. Raises ModelError."""
    return open_engine(config.recognition.engine, cache_dir=None if state is None else state / "cache")


def open_station(config: Config, path: Path) -> Station:
    """Raises Refusal not_provisioned, StateError, OutboxError, ModelError."""
    state = StateFolder(path)
    if not state.identity_dir.is_dir():
        raise Refusal("not_provisioned")
    _check_owner(path)
    state.open()
    try:
        identity = Identity.load(state.identity_dir)
    except IdentityError as error:
        raise Refusal("not_provisioned") from error
    clock = SystemClock(state.outbox_path)
    outbox = SqliteOutbox(state.outbox_path, identity)
    engine = open_engine_for(config, path)
    try:
        snapshot = TinyGallery(state.gallery_path, identity.gallery_key()).load()
    except GalleryError:
        snapshot = EMPTY_GALLERY
    known = KnownFaces(in_gallery(snapshot, engine.model_id))
    for person in in_events(outbox.enrolments(), engine.model_id):
        known.add(person)
    registrar = Registrar(
        outbox,
        clock,
        known,
        engine.model_id,
        config.enrolment,
        office_id=snapshot.office.office_id if snapshot.office else None,
        gallery_loaded=snapshot.version > 0,
    )
    return Station(outbox, clock, engine, registrar)


def _check_owner(path: Path) -> None:
    """Files that root makes in the folder could not be written by the terminal's own user afterwards."""
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise StateError(f"{path} belongs to another user. Run as the terminal's user: `sudo -u presensi enroll …`.")
