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


Span = Annotated[list[str], Field(min_length=2, max_length=2, examples=[["07:30", "16:00"]])]
Minutes = Annotated[list[int], Field(min_length=2, max_length=2)]
"""Late and early."""


class Flexible(Shape):
    hours: Span
    need_minutes: int
    break_minutes: int = 0


class CalendarPeriod(Shape):
    first: str
    last: str | None
    days: dict[str, Span]
    grace: dict[str, Minutes] = Field(default_factory=dict)
    nights: dict[str, Span] = Field(default_factory=dict)
    flexible: dict[str, Flexible] = Field(default_factory=dict)
    late_percent: float
    early_percent: float


class CalendarOccasion(Shape):
    name: str
    first: str
    last: str | None
    window: Span
    weekdays: list[str] | None = None
    on_days_off: bool
    for_shifts: bool


class Calendar(Shape):
    timezone: str
    periods: list[CalendarPeriod]
    holidays: list[str]
    occasions: list[CalendarOccasion] = Field(default_factory=list)


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


class RosterShift(Shape):
    hours: Span
    core: Span | None = None
    grace: Minutes | None = None


class PersonRoster(Shape):
    shifts: dict[str, RosterShift]
    days: dict[str, str | None]
    alone: list[Annotated[list[str | None], Field(min_length=2, max_length=2)]]


class GalleryPerson(Shape):
    person_id: str
    nip: str
    name: str
    templates: list[GalleryTemplate]
    more_templates: list[GalleryTemplate] | None = None
    renewal: Renewal | None = None
    roster: PersonRoster | None = None


class Awaiting(Shape):
    nip: str
    name: str
    state: Literal["waiting", "refused"] | None = None


class OfPerson(Shape):
    person_id: str


class BulletinOfficer(Shape):
    officer_id: str
    name: str
    pin_hash: str
    may: list[Literal["enrol", "maintain"]]
    person_id: str | None = None


class Saying(Shape):
    """`id` Indonesian, `en` English."""

    id: str
    en: str | None = None


class BulletinLetter(Shape):
    person_id: str
    label: Saying
    number: str
    from_utc: Time
    until_utc: Time
    excuses: list[Literal["late", "early", "absence", "occasion"]]


class BulletinNotice(Shape):
    notice_id: str
    text: Saying
    from_utc: Time
    until_utc: Time


class MonthSoFar(Shape):
    person_id: str
    month: str
    through: str
    present_days: int
    late_count: int
    late_minutes: int
    early_count: int
    early_minutes: int
    points_entered: float | None = None
    points_recognised: float | None = None


class ConnectedPhone(Shape):
    """`until_utc`: so long the person is told of it."""

    person_id: str
    connected_utc: Time
    until_utc: Time


class PersonPin(Shape):
    person_id: str
    pin_hash: str


class NipPin(Shape):
    policy: Literal["off", "with-officer", "alone"]
    per_month: int = 0
    pins: list[PersonPin] = Field(default_factory=list)


class LocalUse(Shape):
    """For how many days a terminal may know whom it has enrolled itself before BKPP has approved the face; `ended`: the
    enrolments, by their events' ids, that do not wait any more."""

    days: int
    ended: list[str] = Field(default_factory=list)


class Bulletin(Shape):
    """What the terminals are told besides faces and hours."""

    awaiting: list[Awaiting] = Field(default_factory=list)
    renew: list[OfPerson] = Field(default_factory=list)
    officers: list[BulletinOfficer] = Field(default_factory=list)
    letters: list[BulletinLetter] = Field(default_factory=list)
    notices: list[BulletinNotice] = Field(default_factory=list)
    months: list[MonthSoFar] = Field(default_factory=list)
    phones: list[ConnectedPhone] = Field(default_factory=list)
    nip_pin: NipPin | None = None
    local_use: LocalUse | None = None


class GalleryPayload(Shape):
    office: OfficeWhole
    people: list[GalleryPerson]
    removed: list[str] | None = None
    bulletin: Bulletin | None = None


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
    disk_free_bytes: Natural | None
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
