"""Drafts for the tests of the journal and of sync."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from kiosk.model import (
    DLIB_RESNET_V1,
    LIVENESS_OFF,
    AttackDraft,
    Direction,
    EnrolmentDraft,
    LastPresence,
    Liveness,
    LivenessVerdict,
    Match,
    Nip,
    PersonId,
    PresenceDraft,
    Quality,
)
from kiosk.ports import Outbox

QUALITY = Quality(60.0, 200.0, 120.0, 50.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.4, 0.2)


def presence(person_id: str = "p-1", direction: Direction = Direction.ARRIVAL, **match: Any) -> PresenceDraft:
    values: dict[str, Any] = {"score": 5.0, "margin": 2.0, "threshold": 4.0, "frames": 3, "reason": "accepted", **match}
    found = Match(PersonId(person_id), **values)
    return PresenceDraft(PersonId(person_id), direction, found, LIVENESS_OFF, DLIB_RESNET_V1, gallery_version=7)


def attack() -> AttackDraft:
    return AttackDraft(LivenessVerdict(Liveness.ATTACK, 0.1, "passive"), frames=4, model_id=DLIB_RESNET_V1)


def enrolment(name: str = "Contoh Pegawai", nip: str = "198001012005011001", seed: int = 1) -> EnrolmentDraft:
    vector = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return EnrolmentDraft(
        nip=Nip(nip),
        name=name,
        office_id="o-1",
        templates=(vector / np.linalg.norm(vector),),
        qualities=(QUALITY,),
        model_id=DLIB_RESNET_V1,
        consent_utc=dt.datetime(2026, 11, 24, 1, tzinfo=dt.UTC),
        consent_text_id="v1",
        officer="petugas-1",
    )


def newest(outbox: Outbox, person_id: PersonId) -> LastPresence | None:
    """What `outbox` knows of this person last."""
    return next(iter(outbox.presences(person_id, dt.datetime.max.replace(tzinfo=dt.UTC))), None)
