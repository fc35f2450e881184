"""What the phone asks for: corrections, letters and objections of whoever is logged in."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from etpp.base.asked import Asked, Date, Reason, Text, Who
from etpp.base.shapes import Hash, Time
from etpp.objections.asked import NewObjection
from etpp.presence.asked import OptionalId
from etpp.presence.model import Part

FilingId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
"""Made by the phone: what arrives twice under one is filed once. A program that sends none has one made here."""


class OwnCorrection(Asked):
    """What a part of one's own day should have been, as `presence.asked.NewCorrection` says it."""

    by: Who
    filing_id: FilingId | None = None
    date: Date
    part: Part
    reason: Reason
    at_utc: Time | None = None
    occasion_id: OptionalId = ""
    letter_id: OptionalId = ""


class OwnLetter(Asked):
    """A letter for oneself, over [first_utc, until_utc). `document_sha256`: the photograph of the paper."""

    by: Who
    filing_id: FilingId | None = None
    kind_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    number: Text
    date: Date
    issuer: Text
    first_utc: Time
    until_utc: Time
    document_sha256: Hash | None = None


class OwnObjection(NewObjection):
    filing_id: FilingId | None = None
