"""The shapes of the JSON of calls 1, 3 and 4, as docs/protocol.md states them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from etpp.base.encoding import MAX_INTEGER, canonical
from etpp.base.shapes import Id, Key, Natural, Number, Shape, ShortText, Time

# ---------------------------------------------------------------- call 1


class ProvisionRequest(Shape):
    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    public_key: Key
    hardware: dict[str, Any]
    software: ShortText


class OfficeShort(Shape):
    office_id: str
    name: str
    timezone: str


class ServerKey(Shape):
    key_id: str
    public_key: str


class ProvisionAnswer(Shape):
    device_id: str
    office: OfficeShort
    server_keys: list[ServerKey]
    server_keys_serial: int = 0
    server_time: Time


# ---------------------------------------------------------------- call 3


class Calendar(Shape):
    timezone: str
    periods: list[dict[str, Any]]
    holidays: list[str]


class OfficeWhole(Shape):
    office_id: str
    name: str
    calendar: Calendar
    recogniser: str | None = None


class GalleryTemplate(Shape):
    template_id: str
    model_id: str
    descriptor: str
    cohort_mean: float | None
    cohort_sd: float | None


class GalleryConsent(Shape):
    given_utc: Time
    text_id: str
    officer: str


class Renewal(Shape):
    """That the person may be asked for templates of a further model, by which consent."""

    model_id: str
    consent: GalleryConsent


class GalleryPerson(Shape):
    person_id: str
    nip: str
    name: str
    templates: list[GalleryTemplate]
    more_templates: list[GalleryTemplate] | None = None
    renewal: Renewal | None = None


class GalleryPayload(Shape):
    office: OfficeWhole
    people: list[GalleryPerson]
    removed: list[str] | None = None


class Manifest(Shape):
    version: int
    base_version: int | None
    device_id: str
    office_id: str
    issued_utc: Time
    payload_sha256: str
    key_id: str
    signature: str


class GalleryAnswer(Shape):
    manifest: Manifest
    payload: GalleryPayload


# ---------------------------------------------------------------- call 4


class Queue(Shape):
    waiting: Natural
    parked: Natural


MAX_PROBLEM_BYTES = 4096
"""A problem document of a parked event, in canonical form: it is shown in the console, a thousand times."""


def _short(problem: dict[str, Any]) -> dict[str, Any]:
    if len(canonical(problem)) > MAX_PROBLEM_BYTES:
        raise ValueError(f"must have at most {MAX_PROBLEM_BYTES} bytes in canonical form")
    return problem


class Parked(Shape):
    event_id: Id
    problem: Annotated[dict[str, Any], AfterValidator(_short)]


class RotateKey(Shape):
    public_key: Key
    proof: Annotated[str, StringConstraints(max_length=100)]


class HeartbeatRequest(Shape):
    software: ShortText
    wall_utc: Time
    boot_id: Id
    monotonic_ms: Natural
    clock_state: Literal["synchronised", "unsynchronised"]
    queue: Queue
    gallery_version: Natural
    erased_through: Natural
    camera: Literal["ok", "lost", "absent", "unknown"]
    temperature_c: Number | None
    disk_free_bytes: Natural
    faults: Annotated[list[ShortText], Field(max_length=100)]
    counters: Annotated[dict[ShortText, Annotated[int, Field(ge=0, le=MAX_INTEGER)]], Field(max_length=200)]
    parked: Annotated[list[Parked], Field(max_length=1000)]
    server_keys_serial: Natural | None = None
    rotate_key: RotateKey | None = None


class KeyStatement(Shape):
    serial: int
    keys: list[ServerKey]
    key_id: str
    signature: str


class Head(Shape):
    chain_id: str
    seq: int
    hash: str


class HeartbeatAnswer(Shape):
    server_time: Time
    key_rotated: bool
    head: Head | None
    server_keys: KeyStatement | None = None


CALLS: tuple[type[Shape], ...] = (ProvisionRequest, ProvisionAnswer, GalleryAnswer, HeartbeatRequest, HeartbeatAnswer)
"""What a request or an answer is; all other shapes are parts of these."""
