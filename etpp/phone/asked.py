"""What the phone asks for: corrections and letters of whoever is logged in."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from etpp.base.asked import Asked, Date, Reason, Text, Who
from etpp.base.shapes import Hash, Time
from etpp.presence.asked import OptionalId
from etpp.presence.model import Part


class OwnCorrection(Asked):
    """What a part of one's own day should have been, as `presence.asked.NewCorrection` says it."""

    by: Who
    date: Date
    part: Part
    reason: Reason
    at_utc: Time | None = None
    occasion_id: OptionalId = ""
    letter_id: OptionalId = ""


class OwnLetter(Asked):
    """A letter for oneself, over [first_utc, until_utc). `document_sha256`: the photograph of the paper."""

    by: Who
    kind_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    number: Text
    date: Date
    issuer: Text
    first_utc: Time
    until_utc: Time
    document_sha256: Hash | None = None
