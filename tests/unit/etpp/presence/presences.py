"""Presences for the tests of every room that judges days."""

from __future__ import annotations

import datetime as dt

from etpp.presence.model import Correction, CorrectionDecision, Part, Punch
from tests.unit.etpp.calendar.calendars import local

TUESDAY = dt.date(2026, 11, 24)


def punch(at: str, event_id: str = "", office_id: str | None = "kominfo", plus_minus: int = 0) -> Punch:
    """`08:00` on the Tuesday, or a whole local time; `plus_minus` minutes make it uncertain."""
    text = at if "-" in at else f"{TUESDAY} {at}"
    utc, spread = local(text), dt.timedelta(minutes=plus_minus)
    return Punch(event_id or text, utc, utc - spread, utc + spread, bool(plus_minus), office_id)


def correction(part: Part = "arrival", at: str | None = None, correction_id: str = "c", **more: object) -> Correction:
    return Correction(
        **{
            "correction_id": correction_id,
            "person_id": "ani",
            "date": TUESDAY,
            "part": part,
            "at_utc": None if at is None else local(f"{TUESDAY} {at}"),
            "reason": "listrik padam",
            "proposed_by": "ani",
            "proposed_utc": local("2026-11-25 08:00"),
            **more,
        }
    )


def decided(
    correction_id: str = "c", approved: bool = True, by: str = "boss", at: str = "2026-11-25 09:00"
) -> CorrectionDecision:
    return CorrectionDecision(f"{correction_id}-{by}-{at}", correction_id, approved, by, local(at))
