"""What keeps the terminal from recording, and what the idle screen says of its state."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from kiosk.model.bulletin import Saying
from kiosk.model.recording import QueueState


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
    `connected` None before `kiosk sync` has said anything. `notices`: what the server tells everybody now; `dark`:
    nobody has been there for a while."""

    local_time: dt.datetime
    office_name: str
    people: int
    connected: bool | None
    queue: QueueState
    clock_trusted: bool
    notices: tuple[Saying, ...] = ()
    dark: bool = False
