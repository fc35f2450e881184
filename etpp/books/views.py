"""What the pages of rejected events, and of what is for BKPP alone, show, as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from etpp.books.model import Link
from etpp.books.resting import Resting, RestingState
from etpp.console.listing import Cell, Column, Listing, Tone, Value
from etpp.console.texts import Texts
from etpp.faces.model import Enrolment
from etpp.roster.hours import zone
from etpp.roster.model import Office
from etpp.terminals.model import Device

SIGNALS_SHOWN = 1000
"""The newest; there are few."""
RESTING_SHOWN = 2000
"""The newest presences that rest on an enrolment."""


@dataclass(frozen=True)
class Signal:
    """`people`: whom it is about, by name; `at`: local, None where nobody knows when."""

    what: str
    at: dt.datetime | None
    office: str
    terminal: str
    people: str
    detail: str
    received: dt.datetime


def _what(line: Signal, texts: Texts) -> Cell:
    tones: dict[str, Tone] = {"duress": "bad", "tamper": "warn", "two-people": "warn", "own-officer": "warn"}
    return Cell(texts.of("signal", line.what), tone=tones.get(line.what, ""), chip=True)


def _signal(value: Value, texts: Texts) -> str:
    return texts.of("signal", str(value))


SIGNALS: Listing[Signal] = Listing(
    "isyarat",
    (
        Column(
            "people",
            "name",
            lambda line: line.people,
            show=lambda line, texts: Cell(line.people or texts.signal_nobody),
            kind="name",
            finds=True,
        ),
        Column("what", "signal_what", lambda line: line.what, show=_what, says=_signal, kind="state", chooses=True),
        Column("at", "when", lambda line: line.at),
        Column("office", "office", lambda line: line.office, chooses=True),
        Column("terminal", "terminal", lambda line: line.terminal, finds=True),
        Column("detail", "signal_detail", lambda line: line.detail, kind="reason"),
        Column("received", "received", lambda line: line.received),
    ),
    by="-received",
)


@dataclass(frozen=True)
class RestingLine:
    """`at`, `enrolled` and `received`: local. `officer`: who stood by at the enrolment."""

    event_id: str
    person: str
    state: RestingState
    at: dt.datetime
    office: str
    terminal: str
    officer: str
    enrolled: dt.datetime | None
    received: dt.datetime


def _resting_state(line: RestingLine, texts: Texts) -> Cell:
    tones: dict[str, Tone] = {"approved": "good", "waiting": "warn"}
    return Cell(texts.of("resting", line.state), tone=tones.get(line.state, "bad"), chip=True)


RESTING: Listing[RestingLine] = Listing(
    "kehadiran-wajah-menunggu",
    (
        Column(
            "person",
            "name",
            lambda line: line.person,
            show=lambda line, texts: Cell(line.person or texts.resting_nobody),
            kind="name",
            finds=True,
        ),
        Column(
            "state",
            "status",
            lambda line: line.state,
            show=_resting_state,
            says=lambda value, texts: texts.of("resting", str(value)),
            kind="state",
            chooses=True,
        ),
        Column("at", "when", lambda line: line.at),
        Column("office", "office", lambda line: line.office, chooses=True),
        Column("terminal", "terminal", lambda line: line.terminal, finds=True),
        Column("officer", "officer", lambda line: line.officer, finds=True),
        Column("enrolled", "resting_enrolled", lambda line: line.enrolled),
        Column("received", "received", lambda line: line.received),
    ),
    by="-received",
)


def resting_line(each: Resting, office: Office, enrolment: Enrolment | None, person: str) -> RestingLine:
    """`enrolment`: that which it rests on, where it may; `person`: the roster's name, else the enrolment's."""
    local = zone(office)
    return RestingLine(
        each.event_id,
        person,
        each.state,
        each.time.utc.astimezone(local),
        office.name,
        each.device_id[:8],
        "" if enrolment is None else str(enrolment.consent["officer"]),
        None if enrolment is None else enrolment.received_utc.astimezone(local),
        each.received_utc.astimezone(local),
    )


def whom(link: Link) -> list[str]:
    """The people, by the office's ids, whom what a terminal signals is about."""
    return [str(each) for each in (link.person_id, *_told(link).get("person_ids", [])) if each]


def _told(link: Link) -> Mapping[str, Any]:
    said = link.body.get("occurrence")
    return said if isinstance(said, dict) else {}


def signal(link: Link, office: Office, names: Mapping[tuple[str, str], str]) -> Signal:
    """`names`: by office and person."""
    local = zone(office)
    return Signal(
        link.flag or "",
        None if link.time is None else link.time.utc.astimezone(local),
        office.name,
        link.device_id[:8],
        ", ".join(names.get((link.office_id, each), each) for each in whom(link)),
        str(_told(link).get("detail") or ""),
        link.received_utc.astimezone(local),
    )


def rejected(link: Link, office: Office, names: Mapping[tuple[str, str], str], texts: Texts) -> dict[str, Any]:
    """`names`: by office and person."""
    local = zone(office)
    problem = link.problem or {}
    name = _name(problem)
    return {
        "office_id": link.office_id,
        "office": office.name,
        "event_id": link.event_id,
        "terminal": link.device_id[:8],
        "kind": texts.say(f"kind_{link.kind}"),
        "direction": _direction(link, texts),
        "chosen": _seen(link).get("chosen") is True,
        "person": names.get((link.office_id, link.person_id or ""), ""),
        "reason": texts.of("problem", name),
        "detail": _detail(name, problem),
        "when": "" if link.time is None else texts.moment(link.time.utc.astimezone(local)),
        "received": texts.moment(link.received_utc.astimezone(local)),
        "acceptable": name == "person-unknown" and link.kind == "presence",
    }


def _seen(link: Link) -> Mapping[str, Any]:
    """What a terminal says of a presence, whatever was sent in its place."""
    said = link.body.get("presence")
    return said if isinstance(said, dict) else {}


def _direction(link: Link, texts: Texts) -> str:
    """As the terminal has it, by the schedule or by the person's own word."""
    said = _seen(link).get("direction")
    return texts.of("inspect_value", said) if said in ("arrival", "departure") else ""


def parked(device: Device, office: Office, texts: Texts) -> list[dict[str, Any]]:
    """What a terminal says it holds back."""
    found = (device.heartbeat or {}).get("parked")
    rows = found if isinstance(found, list) else []
    return [
        {
            "office": office.name,
            "terminal": device.device_id[:8],
            "event_id": str(row.get("event_id", "")),
            "reason": texts.of("problem", _name(row.get("problem", {}))),
            "detail": _detail(_name(row.get("problem", {})), row.get("problem", {})),
        }
        for row in rows
    ]


def _name(problem: Mapping[str, Any]) -> str:
    return str(problem.get("type", "")).rpartition(":")[2]


def _detail(name: str, problem: Mapping[str, Any]) -> str:
    """The member of an event that breaks the protocol, in the protocol's words; of others the reason says it all."""
    return str(problem.get("detail", ""))[:200] if name == "event-invalid" else ""
