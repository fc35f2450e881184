"""Letters for the tests of every room that asks who was excused."""

from __future__ import annotations

import datetime as dt

from etpp.absence.catalogue import delivered
from etpp.absence.model import Excuse, Letter, LetterDecision
from tests.unit.etpp.calendar.calendars import local

CATALOGUE = delivered()
DAY = dt.date(2026, 11, 24)


def letter(first: str, until: str, kind: str = "dinas-luar", letter_id: str = "", **more: object) -> Letter:
    """From and until by Jakarta's clock: `2026-11-24 07:30`."""
    return Letter(
        **{
            "letter_id": letter_id or f"letter-{kind}-{first}-{until}",
            "kind_id": kind,
            "number": "094/1",
            "date": DAY,
            "issuer": "Kepala Dinas",
            "person_ids": ("ani",),
            "first_utc": local(first),
            "until_utc": local(until),
            "submitted_by": "tu",
            "submitted_utc": local("2026-11-20 08:00"),
            "document_sha256": "ab" * 32,
            **more,
        }
    )


def decision(letter_id: str, approved: bool = True, by: str = "boss", at: str = "2026-11-21 08:00") -> LetterDecision:
    return LetterDecision(f"{letter_id}-{by}-{at}", letter_id, approved, by, local(at))


def excuse(first: str, until: str, kind: str = "dinas-luar", letter_id: str = "") -> Excuse:
    found = CATALOGUE.on(kind, DAY)
    assert found is not None
    return Excuse(letter_id or f"letter-{kind}-{first}-{until}", found, local(first), local(until))
