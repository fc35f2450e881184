"""What the terminals' page shows, as plain values: everything is computed here, so that the template only places it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etpp.base.encoding import parse_time
from etpp.console.texts import Texts
from etpp.db import Transaction
from etpp.faces.choice import standings
from etpp.faces.model import Coverage
from etpp.faces.recognisers import DLIB_RESNET_V1
from etpp.faces.renewal import progress_of_all
from etpp.faces.store import Templates
from etpp.roster.hours import zone
from etpp.roster.model import Office
from etpp.roster.store import Offices
from etpp.terminals.model import Device
from etpp.terminals.store import Devices

SILENT_AFTER = dt.timedelta(minutes=15)
"""A terminal sends a heartbeat every minute; after this long without one somebody should look."""
CLOCK_TOLERANCE_S = 60

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
    gallery_since: str
    clock: str
    clock_good: bool
    camera: str
    faults: Sequence[str]
    temperature: str
    disk: str
    software: str


def terminals(tx: Transaction, texts: Texts, now: dt.datetime) -> list[TerminalView]:
    offices = {office.office_id: office for office in Offices(tx).all()}
    since = Devices(tx).current_since()
    return [
        _terminal(device, offices[device.office_id], texts, now, since.get(device.device_id))
        for device in Devices(tx).all()
    ]


def state_of(device: Device, now: dt.datetime) -> str:
    if device.written_off_utc or device.revoked_utc:
        return "written_off" if device.written_off_utc else "revoked"
    silent = device.last_seen_utc is None or now - device.last_seen_utc > SILENT_AFTER
    return "silent" if silent else "active"


@dataclass(frozen=True)
class RecogniserView:
    """How far an office is with another recogniser. `people`: by model, how many have templates of it; `lacking`: how
    many the terminals do not recognise, for their templates are of another one."""

    office: str
    counts: str
    faces: int
    people: Sequence[str]
    lacking: int
    renewing: str
    consented: int
    waiting: int


def recognisers(tx: Transaction) -> list[RecogniserView]:
    """Of every office; nothing where dlib's is all there is."""
    names = {office.office_id: office.name for office in Offices(tx).all()}
    coverage, gone_so_far = Templates(tx).coverage(), progress_of_all(tx)
    found = []
    for each in standings(tx):
        has, gone = coverage.get(each.office_id, Coverage(0, {})), gone_so_far[each.office_id]
        people = [f"{model_id}: {count}" for model_id, count in sorted(has.people.items())]
        office = names[each.office_id]
        found.append(
            RecogniserView(
                office=office,
                counts=each.counts,
                faces=has.faces,
                people=people,
                lacking=has.unrecognised(each.counts),
                renewing=gone.model_id or "",
                consented=gone.consented,
                waiting=gone.waiting,
            )
        )
    others = {model_id for each in coverage.values() for model_id in each.people} - {DLIB_RESNET_V1}
    used = others or any(each.counts != DLIB_RESNET_V1 or each.renewing for each in found)
    return found if used else []


def _terminal(
    device: Device, office: Office, texts: Texts, now: dt.datetime, current_utc: dt.datetime | None
) -> TerminalView:
    """`current_utc`: when it first said that it has the newest gallery."""
    beat: Mapping[str, Any] = device.heartbeat or {}
    clock, clock_good = _clock(beat, texts)
    state = state_of(device, now)
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
        gallery_since=""
        if current_utc is None
        else texts.say("gallery_since", when=texts.moment(current_utc.astimezone(zone(office)))),
        clock=clock,
        clock_good=clock_good,
        camera=texts.say(f"camera_{beat['camera']}") if beat else "",
        faults=[texts.of("fault", str(fault)) for fault in beat.get("faults", [])],
        temperature="" if temperature is None else f"{temperature:.0f}\u00a0°C",
        disk="" if disk is None else f"{disk / 1e9:.1f}\u00a0GB",
        software=device.software,
    )


def _clock(beat: Mapping[str, Any], texts: Texts) -> tuple[str, bool]:
    if not beat:
        return "", True
    off = parse_time(beat["wall_utc"]) - parse_time(beat["received_utc"])
    if abs(off.total_seconds()) > CLOCK_TOLERANCE_S:
        return texts.say("clock_off", text=("+" if off > dt.timedelta() else "−") + texts.span(abs(off))), False
    return texts.say(f"clock_{beat['clock_state']}"), beat["clock_state"] == "synchronised"
