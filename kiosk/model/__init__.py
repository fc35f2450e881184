"""The values that pass between the terminal's parts: frozen, typed, with their units in the names.

One way through:

    Frame -> Face -> Match -> Sighting -> (encounter) -> PresenceDraft -> PresenceEvent -> outbox -> e-TPP

Nothing here does I/O, and nothing here imports anything of the kiosk.
"""

from kiosk.model.faults import BLOCKING_FAULTS, Fault, TerminalStatus
from kiosk.model.office import (
    EMPTY_GALLERY,
    GallerySnapshot,
    Office,
    Renewal,
    Template,
    WorkCalendar,
    WorkDay,
    WorkPeriod,
)
from kiosk.model.people import Nip, Person, PersonId
from kiosk.model.recording import (
    Assessment,
    AttackDraft,
    DeviceId,
    Direction,
    Draft,
    EnrolmentDraft,
    Event,
    EventKind,
    LastPresence,
    PresenceDraft,
    QueueState,
    RenewalClaim,
)
from kiosk.model.seeing import (
    DLIB_RESNET_V1,
    LIVENESS_OFF,
    NOBODY,
    TOO_NEAR,
    Box,
    Challenge,
    Descriptor,
    Face,
    Frame,
    Hint,
    Liveness,
    LivenessVerdict,
    Match,
    ModelId,
    Quality,
    RgbImage,
    Sample,
    Sighting,
)
from kiosk.model.time import Anchor, ClockState, Located, Moment, TimeState

__all__ = [
    "BLOCKING_FAULTS",
    "DLIB_RESNET_V1",
    "EMPTY_GALLERY",
    "LIVENESS_OFF",
    "NOBODY",
    "TOO_NEAR",
    "Anchor",
    "Assessment",
    "AttackDraft",
    "Box",
    "Challenge",
    "ClockState",
    "Descriptor",
    "DeviceId",
    "Direction",
    "Draft",
    "EnrolmentDraft",
    "Event",
    "EventKind",
    "Face",
    "Fault",
    "Frame",
    "GallerySnapshot",
    "Hint",
    "LastPresence",
    "Liveness",
    "LivenessVerdict",
    "Located",
    "Match",
    "ModelId",
    "Moment",
    "Nip",
    "Office",
    "Person",
    "PersonId",
    "PresenceDraft",
    "Quality",
    "QueueState",
    "Renewal",
    "RenewalClaim",
    "RgbImage",
    "Sample",
    "Sighting",
    "Template",
    "TerminalStatus",
    "TimeState",
    "WorkCalendar",
    "WorkDay",
    "WorkPeriod",
]
