"""The terminal's exceptions. A message says what is wrong and what to do next, and never holds personal data.

    KioskError
    ├── ConfigError            exit 64   a key, a value or the file itself
    ├── StateError             exit 73   the state folder: not writable, a file in it that is another user's
    │   └── StateInUse                   another process has it
    ├── CameraError            exit 69   no camera, camera lost, clip unreadable
    ├── ModelError             exit 65   a model file is missing, damaged or another one than expected
    ├── GalleryError           exit 65   the template cache cannot be used
    ├── OutboxError            exit 74   the journal cannot be written or read
    │   ├── DiskFull
    │   ├── DiskReadOnly
    │   ├── DiskForbidden                the journal is another user's
    │   └── DiskFault
    ├── ServerError            exit 75   the server cannot be reached, or answered something unusable
    │   ├── Unreachable
    │   ├── Refused                      a problem document with a 4xx status
    │   └── ProtocolMismatch   exit 76   it speaks another protocol version
    ├── IdentityError          exit 77   key unreadable, record damaged, revoked
    │   └── NotProvisioned
    └── EnrolmentRefused       exit 65   the face, the pictures or the person cannot be enrolled

Exit codes follow sysexits.h, so that a technician and a unit file can tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class KioskError(Exception):
    """Base of all expected failures."""

    exit_code: ClassVar[int] = 70


class ConfigError(KioskError):
    exit_code = 64


class StateError(KioskError):
    exit_code = 73


class StateInUse(StateError):
    pass


class CameraError(KioskError):
    exit_code = 69


class ModelError(KioskError):
    exit_code = 65


class GalleryError(KioskError):
    exit_code = 65


class OutboxError(KioskError):
    exit_code = 74


class DiskFull(OutboxError):
    pass


class DiskReadOnly(OutboxError):
    pass


class DiskForbidden(OutboxError):
    pass


class DiskFault(OutboxError):
    pass


class ServerError(KioskError):
    exit_code = 75


class Unreachable(ServerError):
    pass


class Refused(ServerError):
    """The server's answer is a problem document (RFC 9457): `problem` is its type's last part, `members` all of it."""

    def __init__(
        self,
        status: int,
        problem: str,
        detail: str,
        retry_after_s: float | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"the server refused ({status}, {problem}): {detail}")
        self.status = status
        self.problem = problem
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.members = members or {}


class ProtocolMismatch(ServerError):
    exit_code = 76


class IdentityError(KioskError):
    exit_code = 77


class NotProvisioned(IdentityError):
    pass


class EnrolmentRefused(KioskError):
    """`reason` is a catalogue key of `enrollment`; the message is its English text."""

    exit_code = 65

    like = ""
    """Of a face that is like somebody else's: the end of that one's NIP, from the ninth digit on. Whoever knows that it
    is another person all the same may say so, with the whole NIP."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def told(self) -> Mapping[str, str]:
        """What to say to people, by language; the tool's own know more of them."""
        return {"en": str(self)}
