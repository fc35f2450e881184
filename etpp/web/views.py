"""What the console's pages show, as plain values: everything is computed here, so that templates only place it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from etpp import daybook
from etpp.approval import Alike
from etpp.encoding import parse_time
from etpp.model import Device, Link, Office, Person
from etpp.ports import Transaction
from etpp.tpp import Day, Mark, WorkCalendar
from etpp.web.texts import Texts

SILENT_AFTER = dt.timedelta(minutes=15)
"""A terminal sends a heartbeat every minute; after this long without one somebody should look."""
CLOCK_TOLERANCE_S = 60


@dataclass(frozen=True)
class MarkView:
    time: str
    minutes_off: int
    certainty: str
    uncertain: bool
    terminal: str


@dataclass(frozen=True)
class PersonDay:
    name: str
    nip: str
    status: str
    arrival: MarkView | None
    departure: MarkView | None
    terminals: str
    certainties: Mapping[str, bool]
    """How certain the times are -> whether that is a reason for doubt; each once."""


@dataclass(frozen=True)
class OfficeDay:
    """One office's line in the overview, and the whole of its own page."""

    office_id: str
    name: str
    date: str
    hours: str
    working: bool
    complete: bool
    reported: str
    counts: Mapping[str, int]
    late: int
    people: Sequence[PersonDay]


ATTEMPTS = ("unknown", "attack_refused", "refused_by_person")
"""The counters of a heartbeat that tell how well a terminal recognises people; totals since its journal was made."""


@dataclass(frozen=True)
class TerminalView:
    device_id: str
    short_id: str
    office_id: str
    office: str
    state: str
    seen: str
    waiting: int | None
    parked: int
    attempts: Sequence[str]
    gallery_current: bool
    gallery_have: int
    gallery_want: int
    clock: str
    clock_good: bool
    camera: str
    faults: Sequence[str]
    temperature: str
    disk: str
    software: str


def office_day(book: daybook.DayBook, texts: Texts) -> OfficeDay:
    zone = book.calendar.timezone
    shift = book.shift
    hours = ""
    if shift is not None:
        ends = [moment.astimezone(zone) for moment in (shift.start_utc, shift.end_utc)]
        hours = f"{texts.time(ends[0])}–{texts.time(ends[1])} {ends[0].tzname()}"
    return OfficeDay(
        office_id=book.office.office_id,
        name=book.office.name,
        date=texts.date(book.day),
        hours=hours,
        working=shift is not None,
        complete=book.complete,
        reported=texts.never if book.reported_utc is None else texts.moment(book.reported_utc.astimezone(zone)),
        counts=Counter(day.status for _, day in book.people),
        late=sum(1 for _, day in book.people if day.arrival is not None and day.arrival.minutes_off),
        people=[_person_day(person, day, zone, texts) for person, day in book.people],
    )


def masked(nip: str | None) -> str:
    """The birth date hidden, the rest in the groups in which a NIP is written."""
    return "" if nip is None else f"••••••••  {nip[8:14]} {nip[14]} {nip[15:]}"


def grouped(nip: str | None) -> str:
    return "" if nip is None else f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"


def alike(other: Alike, office: Office) -> Mapping[str, object]:
    """Whose face an enrolment's is too."""
    return {"name": other.name, "nip": grouped(other.nip), "office": office.name, "waits": other.waits}


def terminals(tx: Transaction, texts: Texts, now: dt.datetime) -> list[TerminalView]:
    offices = {office.office_id: office for office in tx.offices.all()}
    return [_terminal(device, offices[device.office_id], texts, now) for device in tx.devices.all()]


def erasure(person: Person, devices: Sequence[Device], texts: Texts) -> str:
    """How far the erasure of a person has come on the office's terminals."""
    waiting = [device for device in devices if device.revoked_utc is None]
    done = sum(1 for device in waiting if device.erased_through >= (person.erased_version or 0))
    if done == len(waiting):
        return texts.erased_everywhere
    return texts.say("erased_partly", done=done, all=len(waiting))


def rejected(link: Link, office: Office, names: Mapping[str, str], texts: Texts) -> dict[str, Any]:
    zone = WorkCalendar(office.calendar).timezone
    problem = link.problem or {}
    name = str(problem.get("type", "")).rpartition(":")[2]
    return {
        "office_id": link.office_id,
        "office": office.name,
        "event_id": link.event_id,
        "terminal": link.device_id[:8],
        "kind": texts.say(f"kind_{link.kind}"),
        "person": names.get(link.person_id or "", ""),
        "reason": texts.of("problem", name),
        "detail": str(problem.get("detail", "")),
        "when": "" if link.time is None else texts.moment(link.time.utc.astimezone(zone)),
        "received": texts.moment(link.received_utc.astimezone(zone)),
        "acceptable": name == "person-unknown" and link.kind == "presence",
    }


def parked(device: Device, office: Office, texts: Texts) -> list[dict[str, Any]]:
    """What a terminal says it holds back."""
    found = (device.heartbeat or {}).get("parked")
    rows = found if isinstance(found, list) else []
    return [
        {
            "office": office.name,
            "terminal": device.device_id[:8],
            "event_id": str(row.get("event_id", "")),
            "reason": texts.of("problem", str(row.get("problem", {}).get("type", "")).rpartition(":")[2]),
            "detail": str(row.get("problem", {}).get("detail", ""))[:200],
        }
        for row in rows
    ]


def _person_day(person: Person, day: Day, zone: ZoneInfo, texts: Texts) -> PersonDay:
    arrival = _mark(day.arrival, zone, texts)
    departure = _mark(day.departure, zone, texts)
    marks = [mark for mark in (arrival, departure) if mark is not None]
    return PersonDay(
        name=person.name or texts.forgotten,
        nip=masked(person.nip),
        status=day.status,
        arrival=arrival,
        departure=departure,
        terminals=", ".join(dict.fromkeys(mark.terminal for mark in marks)),
        certainties={mark.certainty: mark.uncertain for mark in marks},
    )


def _mark(mark: Mark | None, zone: ZoneInfo, texts: Texts) -> MarkView | None:
    if mark is None:
        return None
    time = mark.presence.time
    certainty = texts.say(f"time_{time.state}")
    if time.state == "uncertain":
        first, last = time.earliest_utc.astimezone(zone), time.latest_utc.astimezone(zone)
        show = texts.time if first.date() == last.date() else texts.moment
        certainty += f" ({show(first)}–{show(last)})"
    return MarkView(
        time=texts.time(time.utc.astimezone(zone)),
        minutes_off=mark.minutes_off,
        certainty=certainty,
        uncertain=time.state == "uncertain",
        terminal=mark.presence.device_id[:8],
    )


def _terminal(device: Device, office: Office, texts: Texts, now: dt.datetime) -> TerminalView:
    beat: Mapping[str, Any] = device.heartbeat or {}
    clock, clock_good = _clock(beat, texts)
    silent = device.last_seen_utc is None or now - device.last_seen_utc > SILENT_AFTER
    state = "revoked" if device.revoked_utc else "silent" if silent else "active"
    if device.written_off_utc:
        state = "written_off"
    done: Mapping[str, int] = beat.get("counters", {})
    temperature, disk = beat.get("temperature_c"), beat.get("disk_free_bytes")
    return TerminalView(
        device_id=device.device_id,
        short_id=device.device_id[:8],
        office_id=office.office_id,
        office=office.name,
        state=state,
        seen=texts.never if device.last_seen_utc is None else texts.ago(now - device.last_seen_utc),
        waiting=beat["queue"]["waiting"] if beat else None,
        parked=beat["queue"]["parked"] if beat else 0,
        attempts=[texts.say(f"attempts_{what}", n=done[what]) for what in ATTEMPTS if done.get(what)],
        gallery_current=device.gallery_version == office.gallery_version,
        gallery_have=device.gallery_version,
        gallery_want=office.gallery_version,
        clock=clock,
        clock_good=clock_good,
        camera=texts.say(f"camera_{beat['camera']}") if beat else "",
        faults=[texts.of("fault", str(fault)) for fault in beat.get("faults", [])],
        temperature="" if temperature is None else f"{temperature:.0f} °C",
        disk="" if disk is None else f"{disk / 1e9:.1f} GB",
        software=device.software,
    )


def _clock(beat: Mapping[str, Any], texts: Texts) -> tuple[str, bool]:
    if not beat:
        return "", True
    off = parse_time(beat["wall_utc"]) - parse_time(beat["received_utc"])
    if abs(off.total_seconds()) > CLOCK_TOLERANCE_S:
        return texts.say("clock_off", text=("+" if off > dt.timedelta() else "−") + texts.span(abs(off))), False
    return texts.say(f"clock_{beat['clock_state']}"), beat["clock_state"] == "synchronised"
