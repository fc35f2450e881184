"""Faces as values: what a terminal recognises somebody by, and what waits to become that. All times are aware UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from etpp.base.encoding import Json

DLIB_RESNET_V1 = "dlib-resnet-v1"

EnrolmentState = Literal["pending", "approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Template:
    """`descriptor`: 128 little-endian float32, 512 bytes."""

    template_id: str
    person_id: str
    model_id: str
    descriptor: bytes = field(repr=False)
    cohort_mean: float | None = None
    cohort_sd: float | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Templates that wait for BKPP's approval, or did. The personal members are None once the person is erased.

    `marks`: what did not fit, and whom, when this one was approved all the same (`etpp.faces.marks`).
    """

    office_id: str
    event_id: str
    device_id: str
    nip: str | None = field(repr=False)
    name: str | None = field(repr=False)
    model_id: str
    descriptors: Sequence[bytes] = field(repr=False)
    qualities: Sequence[Json] = field(repr=False)
    consent: Json = field(repr=False)
    state: EnrolmentState
    received_utc: dt.datetime
    decided_utc: dt.datetime | None = None
    decided_by: str | None = None
    person_id: str | None = None
    marks: Sequence[Json] = ()
