"""Values for tests: every argument has a plain default, so that a test names only what it is about."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from kiosk.model import (
    LIVENESS_OFF,
    Assessment,
    Box,
    ClockState,
    Direction,
    Face,
    Frame,
    LivenessVerdict,
    Match,
    Moment,
    Nip,
    Person,
    PersonId,
    Quality,
    Sighting,
    Template,
)
from kiosk.terminal import encounter as enc

NOON = dt.datetime(2026, 11, 24, 5, 0, tzinfo=dt.UTC)

SETTINGS = enc.Settings(
    min_frames=3,
    max_frames=12,
    confirm_s=3.0,
    result_s=2.5,
    leave_s=1.0,
    refused_pause_s=5.0,
    repeat_interval_s=300.0,
)


def person(person_id: str = "p-1", nip: str = "198001012005011001", name: str = "Contoh Pegawai") -> Person:
    return Person(PersonId(person_id), Nip(nip), name)


def template(person_id: str = "p-1", template_id: str = "t-1") -> Template:
    return Template(template_id, PersonId(person_id), np.zeros(128, np.float32))


def match(person_id: str | None = "p-1", frames: int = 3, **other: Any) -> Match:
    reason = "accepted" if person_id else "below_threshold"
    values: dict[str, Any] = {"score": 5.0, "margin": 2.0, "threshold": 4.0, "reason": reason, **other}
    return Match(PersonId(person_id) if person_id else None, frames=frames, **values)


def sighting(t_s: float = 0.0, track: int = 1, **other: Any) -> Sighting:
    values: dict[str, Any] = {"faces": 1 if track else 0, "box": (0.3, 0.2, 0.6, 0.7) if track else None, **other}
    return Sighting(t_s, track, **values)


def assessment(direction: Direction = Direction.ARRIVAL, minutes_off: int = 0, **other: Any) -> Assessment:
    values: dict[str, Any] = {"points_percent": 1.0 if minutes_off else 0.0, "working_day": True, **other}
    return Assessment(direction, NOON, minutes_off, **values)


def prospect(recorded_ago_s: float | None = None, **other: Any) -> enc.Prospect:
    return enc.Prospect(other.pop("person", person()), other.pop("assessment", assessment()), recorded_ago_s)


def moment(after_s: float = 0.0, boot_id: str = "boot-1", state: ClockState = ClockState.SYNCHRONISED) -> Moment:
    return Moment(NOON + dt.timedelta(seconds=after_s), boot_id, round(1_000_000 + after_s * 1e3), state)


def face(left: int = 200, top: int = 120, size: int = 150, **quality: float) -> Face:
    values = {
        "eye_distance_px": 60.0,
        "sharpness": 200.0,
        "brightness": 120.0,
        "contrast": 50.0,
        "yaw": 0.0,
        "pitch": 0.0,
        "roll_deg": 0.0,
        "border": 0.0,
        "width": 0.25,
        "eyes": 0.4,
        "mouth": 0.2,
        **quality,
    }
    box = Box(left, top, left + size, top + size)
    return Face(box, np.zeros((5, 2), np.float32), Quality(**values))


def frame(t_s: float = 0.0, seq: int = 0, shade: int = 128) -> Frame:
    return Frame(np.full((480, 640, 3), shade, np.uint8), seq, t_s)


LIVE: LivenessVerdict = LIVENESS_OFF
