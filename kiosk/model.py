"""The values that pass between the terminal's parts: frozen, typed, with their units in the names.

One way through:

    Frame -> Face -> Match -> Sighting -> (encounter) -> PresenceDraft -> PresenceEvent -> outbox -> e-TPP

Nothing here does I/O, and nothing here imports anything of the kiosk.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, NewType

import numpy as np
import numpy.typing as npt

PersonId = NewType("PersonId", str)
"""The server's opaque id of a person (a UUID). The only personal reference that events and logs carry."""

Nip = NewType("Nip", str)
"""Nomor Induk Pegawai, 18 digits. Shown masked, never logged."""

DeviceId = NewType("DeviceId", str)
ModelId = NewType("ModelId", str)

RgbImage = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, colour order RGB."""

Descriptor = npt.NDArray[np.float32]
"""(128,) float32, the ResNet's face descriptor, near unit length."""

DLIB_RESNET_V1 = ModelId("dlib-resnet-v1")
"""The descriptor's model: both engines run these weights, so their galleries are interchangeable."""


# ---------------------------------------------------------------- seeing


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a camera. `t_s` is monotonic seconds at capture; `rgb` must not be written to."""

    rgb: RgbImage
    seq: int
    t_s: float


class Box(NamedTuple):
    """A rectangle in pixels of the full frame; right and bottom are exclusive; it may reach over the border."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Quality:
    """What a face in a frame measures, in the sense of ISO/IEC 29794-5. Numbers only: thresholds are config.

    `eye_distance_px` between the eye centres; `sharpness` variance of the Laplacian of the face scaled to 100 px;
    `brightness` mean luma 0..255 of the face; `contrast` its standard deviation; `yaw` and `pitch` -1..1,
    0 is facing, from the five landmarks (yaw > 0: the nose points to the picture's right; pitch > 0: downwards);
    `roll_deg` the tilt of the eye line; `border` the share of the box that lies outside the frame, 0..1;
    `width` of the box as a share of the frame's; `eyes` 0..1, how the light differs along the line of an eye's corners,
    white beside iris, for the less visible eye (near 0: closed, or behind dark glasses); `mouth` >= 0, how the rows
    below the nose differ in light (near 0: no line of lips, as on a mask).
    """

    eye_distance_px: float
    sharpness: float
    brightness: float
    contrast: float
    yaw: float
    pitch: float
    roll_deg: float
    border: float
    width: float
    eyes: float
    mouth: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one frame.

    `landmarks_px` (5, 2) float32 in dlib's order: outer and inner corner of the eye at the picture's right,
    outer and inner corner of the eye at the picture's left, base of the nose. `score` is the detector's.
    """

    box_px: Box
    landmarks_px: npt.NDArray[np.float32]
    quality: Quality
    score: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One enrolled descriptor of a person.

    `cohort_mean`, `cohort_sd`: this template's scores against a large cohort of other people, computed by
    the server; None when the gallery came without them.
    """

    template_id: str
    person_id: PersonId
    descriptor: Descriptor
    model_id: ModelId = DLIB_RESNET_V1
    cohort_mean: float | None = None
    cohort_sd: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    person_id: PersonId
    nip: Nip
    name: str


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome of a one-to-many search, joined over all frames of an encounter.

    `person_id` is None when nobody was accepted and `reason` says why. `score` is higher for more alike, `margin` its
    distance to the best score of another person, `threshold` what the score had to reach. `look_alikes` names the
    people who must be told apart by the NIP pad; it is empty in the ordinary case.
    """

    person_id: PersonId | None
    score: float
    margin: float
    threshold: float
    frames: int
    reason: Literal["accepted", "below_threshold", "margin_too_small", "gallery_empty"]
    look_alikes: tuple[PersonId, ...] = ()


class Liveness(enum.Enum):
    """What the evidence so far says about a living person at the camera."""

    PENDING = "pending"
    LIVE = "live"
    CHALLENGE = "challenge"
    ATTACK = "attack"


class Challenge(enum.Enum):
    """What the person is asked to do when the evidence leaves doubt."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    NOD = "nod"
    COME_CLOSER = "come_closer"
    WAIT = "wait"
    """Nothing for now: too many challenges came to nothing in short order."""


@dataclass(frozen=True, slots=True)
class LivenessVerdict:
    """`score` higher is more alive, 0..1; `reason` is a short code.

    In CHALLENGE only: `challenge` what is asked, since `asked_s` and until `answer_by_s` (monotonic seconds); all None
    where nobody can be asked.
    """

    state: Liveness
    score: float
    reason: str
    challenge: Challenge | None = None
    asked_s: float | None = None
    answer_by_s: float | None = None


LIVENESS_OFF = LivenessVerdict(Liveness.LIVE, 1.0, "off")


class Hint(enum.Enum):
    """The one thing to tell the person now. The order is the order of importance."""

    SEVERAL_FACES = "several_faces"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TOO_FAR = "too_far"
    TOO_NEAR = "too_near"
    NOT_CENTRED = "not_centred"
    NOT_FACING = "not_facing"
    HOLD_STILL = "hold_still"
    EYES_HIDDEN = "eyes_hidden"
    MOUTH_HIDDEN = "mouth_hidden"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the recogniser made of one frame: the input of the encounter.

    `t_s` monotonic seconds at capture. `track` grows by one whenever the nearest face is another one than before;
    0 means that there is no face. `faces` counts faces large enough to matter. `box` is the nearest face as
    fractions of the frame (left, top, right, bottom). `match` is None until a descriptor was worth computing.
    `frames_used` counts the frames whose descriptors are in `match`.
    """

    t_s: float
    track: int = 0
    faces: int = 0
    box: tuple[float, float, float, float] | None = None
    hint: Hint | None = None
    match: Match | None = None
    liveness: LivenessVerdict = LIVENESS_OFF


NOBODY = Sighting(t_s=0.0)


# ---------------------------------------------------------------- time


class ClockState(enum.Enum):
    """How far the wall clock may be believed."""

    SYNCHRONISED = "synchronised"  # this boot has met the server (an anchor) or the kernel says NTP is in step
    UNSYNCHRONISED = "unsynchronised"  # not yet; the monotonic clock and later anchors will tell


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant as the terminal knows it. `wall_utc` is aware UTC; `monotonic_ms` counts since the boot `boot_id`."""

    wall_utc: dt.datetime
    boot_id: str
    monotonic_ms: int
    clock_state: ClockState


@dataclass(frozen=True, slots=True)
class Anchor:
    """One meeting with the server's clock: `server_utc` was true at `monotonic_ms` within `round_trip_ms` / 2."""

    boot_id: str
    monotonic_ms: int
    server_utc: dt.datetime
    round_trip_ms: int


# ---------------------------------------------------------------- recording


class Direction(enum.Enum):
    ARRIVAL = "arrival"
    DEPARTURE = "departure"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a presence now would mean: computed by `schedule` from the office's dated calendar.

    `minutes_off`: whole minutes late (arrival) or early (departure), 0 when on time.
    `points_percent`: what it takes off the month's points. `working_day` False on weekends and holidays.
    """

    direction: Direction
    local_time: dt.datetime
    minutes_off: int
    points_percent: float
    working_day: bool


@dataclass(frozen=True, slots=True)
class PresenceDraft:
    """A confirmed presence that has no place in the chain yet: what the encounter asks the outbox to append."""

    person_id: PersonId
    direction: Direction
    match: Match
    liveness: LivenessVerdict
    model_id: ModelId
    gallery_version: int


@dataclass(frozen=True, slots=True)
class AttackDraft:
    """A refused presentation attack: its scores and no picture."""

    liveness: LivenessVerdict
    frames: int
    model_id: ModelId


@dataclass(frozen=True, slots=True, eq=False)
class EnrolmentDraft:
    """A person's new templates, with the consent that permits them."""

    nip: Nip
    name: str
    office_id: str
    templates: tuple[Descriptor, ...]
    qualities: tuple[Quality, ...]
    model_id: ModelId
    consent_utc: dt.datetime
    consent_text_id: str
    officer: str


Draft = PresenceDraft | AttackDraft | EnrolmentDraft

EventKind = Literal["presence", "attack", "enrolment"]


@dataclass(frozen=True, slots=True)
class Event:
    """A link of the device's chain, as it is on disk and on the wire (docs/protocol.md, "Event").

    `body` is the JSON object of the event without `hash`; `hash` is SHA-256 over its RFC 8785 form, in hex.
    """

    event_id: str
    chain_id: str
    seq: int
    kind: EventKind
    person_id: PersonId | None
    moment: Moment
    body: Mapping[str, object] = field(repr=False)
    hash: str


@dataclass(frozen=True, slots=True)
class LastPresence:
    """The newest presence of one person on this terminal."""

    direction: Direction
    moment: Moment


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many events wait for the server and how many it refused."""

    waiting: int
    parked: int
    oldest_waiting_utc: dt.datetime | None


# ---------------------------------------------------------------- office


@dataclass(frozen=True, slots=True)
class WorkDay:
    """Local start and end of work."""

    start: dt.time
    end: dt.time


@dataclass(frozen=True, slots=True)
class WorkPeriod:
    """Working hours that hold from `first` to `last` (inclusive; None: until replaced). 0 = Monday."""

    first: dt.date
    last: dt.date | None
    days: Mapping[int, WorkDay]
    late_percent: float
    early_percent: float


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """An office's working hours as dated data. Of several periods that hold on a day, the last counts."""

    timezone: str
    periods: tuple[WorkPeriod, ...]
    holidays: frozenset[dt.date] = frozenset()


@dataclass(frozen=True, slots=True)
class Office:
    office_id: str
    name: str
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True, eq=False)
class GallerySnapshot:
    """All that a terminal knows of its office: read from the cache in one piece, replaced in one piece."""

    version: int
    office: Office | None
    people: Mapping[PersonId, Person] = field(repr=False)
    templates: tuple[Template, ...] = field(repr=False)
    fetched_utc: dt.datetime | None = None


EMPTY_GALLERY = GallerySnapshot(version=0, office=None, people={}, templates=())


# ---------------------------------------------------------------- faults


class Fault(enum.Enum):
    """What keeps the terminal from recording, or nearly: each has a text on the screen and a place in the docs."""

    CAMERA_LOST = "camera_lost"
    CAMERA_ABSENT = "camera_absent"
    GALLERY_EMPTY = "gallery_empty"
    GALLERY_DAMAGED = "gallery_damaged"
    GALLERY_STALE = "gallery_stale"
    DISK_FULL = "disk_full"
    DISK_READ_ONLY = "disk_read_only"
    DISK_ERROR = "disk_error"
    STATE_FOREIGN = "state_foreign"
    JOURNAL_DAMAGED = "journal_damaged"
    CLOCK_UNTRUSTED = "clock_untrusted"
    DEVICE_REVOKED = "device_revoked"
    RECOGNISER_FAILED = "recogniser_failed"
    NOT_PROVISIONED = "not_provisioned"
    IDENTITY_DAMAGED = "identity_damaged"
    SETTINGS_WRONG = "settings_wrong"
    PROGRAM_FAILED = "program_failed"


BLOCKING_FAULTS = frozenset(
    {
        Fault.CAMERA_LOST,
        Fault.CAMERA_ABSENT,
        Fault.GALLERY_EMPTY,
        Fault.GALLERY_STALE,
        Fault.DISK_FULL,
        Fault.DISK_READ_ONLY,
        Fault.DISK_ERROR,
        Fault.STATE_FOREIGN,
        Fault.DEVICE_REVOKED,
        Fault.RECOGNISER_FAILED,
        Fault.NOT_PROVISIONED,
        Fault.IDENTITY_DAMAGED,
        Fault.SETTINGS_WRONG,
        Fault.PROGRAM_FAILED,
    }
)
"""With one of these the terminal cannot record and says so; with another it records and shows a warning."""


@dataclass(frozen=True, slots=True)
class TerminalStatus:
    """What the idle screen tells about the terminal. `local_time` is aware, in the office's time zone;
    `connected` None before `kiosk sync` has said anything."""

    local_time: dt.datetime
    office_name: str
    people: int
    connected: bool | None
    queue: QueueState
    clock_trusted: bool
