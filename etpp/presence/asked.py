"""What is asked for of corrections, uncertain times and manual entries: the models of the calls and of the commands."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from etpp.base.asked import Asked, Date, Reason, Who
from etpp.base.shapes import EventId, Id, Time
from etpp.presence.model import Part

OptionalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{0,64}$")]


class NewCorrection(Asked):
    """`at_utc`: of an arrival or a departure (None: in time). `occasion_id`: of an occasion. `letter_id`: a letter for
    the person that says so, or empty."""

    person: Who
    date: Date
    part: Part
    reason: Reason
    proposed_by: Who
    at_utc: Time | None = None
    occasion_id: OptionalId = ""
    letter_id: OptionalId = ""


class NewTimeDecision(Asked):
    office_id: Id
    event_id: EventId
    utc: Time
    by: Who


class NewManualEntry(Asked):
    """`office_id`: where the person was present."""

    person: Who
    office_id: Id
    at_utc: Time
    reason: Reason
    entered_by: Who


class By(Asked):
    by: Who
