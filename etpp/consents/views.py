"""What the pages of consents show, as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from etpp.consents import rules
from etpp.consents.model import Standing
from etpp.console.listing import Cell, Column, Listing, Tone, state_column
from etpp.console.texts import Texts
from etpp.roster.hours import zone
from etpp.roster.model import Office

SHOWN = 500
"""Answered ones, the newest; what waits is shown whole."""

_STATES: Mapping[str, Tone] = {"open": "warn", "erased": "good", "otherwise": "", "gone": "good", "anew": ""}


@dataclass(frozen=True)
class ConsentLine:
    """`at` and `received`: local; `at` None where nobody knows when."""

    office_id: str
    event_id: str
    kind: str
    state: str
    name: str = field(repr=False)
    office: str
    terminal: str
    officer: str = field(repr=False)
    at: dt.datetime | None
    received: dt.datetime
    answer: str = field(repr=False)


def _name(line: ConsentLine, texts: Texts) -> Cell:
    name = line.name or texts.consents_nobody
    return Cell(name, small=line.office, href=f"/consents/{line.office_id}/{line.event_id}")


def _officer(line: ConsentLine, texts: Texts) -> Cell:
    return Cell(line.officer or texts.consents_no_officer, small=line.terminal)


CONSENTS: Listing[ConsentLine] = Listing(
    "persetujuan-wajah",
    (
        Column("name", "name", lambda line: line.name, show=_name, kind="name", finds=True),
        Column("office", "office", lambda line: line.office, chooses=True, shows=False),
        Column(
            "kind",
            "consents_kind",
            lambda line: line.kind,
            says=lambda value, texts: texts.of("consent_kind", str(value)),
            chooses=True,
        ),
        Column("at", "when", lambda line: line.at),
        Column("officer", "officer", lambda line: line.officer, show=_officer, finds=True),
        Column("received", "received", lambda line: line.received),
        state_column("consent_state", lambda line: line.state, _STATES, lambda line, _: line.answer),
    ),
)


def line(each: Standing, office: Office, officers: Mapping[str, str]) -> ConsentLine:
    """`officers`: names by id."""
    wish, local = each.wish, zone(office)
    return ConsentLine(
        wish.office_id,
        wish.event_id,
        wish.kind,
        rules.state(each),
        each.name,
        office.name,
        wish.device_id[:8],
        wish.officer or officers.get(wish.officer_id, wish.officer_id),
        None if wish.at_utc is None else wish.at_utc.astimezone(local),
        wish.received_utc.astimezone(local),
        "" if each.answer is None or each.answer.erased else each.answer.reason,
    )


def one(each: Standing, shown: ConsentLine, names: Mapping[str, str], texts: Texts) -> dict[str, Any]:
    """`names`: of offices."""
    answer = each.answer
    return {
        "path": f"/consents/{shown.office_id}/{shown.event_id}",
        "name": shown.name or texts.consents_nobody,
        "employee_id": each.employee_id,
        "kind": shown.kind,
        "state": shown.state,
        "tone": _STATES[shown.state],
        "office": shown.office,
        "terminal": shown.terminal,
        "officer": shown.officer or texts.consents_no_officer,
        "at": texts.moment(shown.at or shown.received),
        "faces": [
            {
                "office": names.get(face.office_id, face.office_id),
                "held": texts.say("face_count", n=face.templates) if face.templates else texts.consents_waits,
            }
            for face in each.faces
        ],
        "answer": None
        if answer is None
        else {
            "reason": answer.reason,
            "by": answer.by,
            "at": texts.moment(answer.answered_utc.astimezone(shown.received.tzinfo)),
        },
    }


def asked_by(shown: ConsentLine, texts: Texts) -> str:
    """At whose wish, for the proof of the erasure. A name stands there for ever: it has none (decision 106)."""
    return texts.say("consents_asked_by", at=texts.moment(shown.at or shown.received), terminal=shown.terminal)
