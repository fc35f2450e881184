"""The lists of officers, of notices, and of where NIP and PIN may stand in for a face."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from etpp.bulletin import store
from etpp.bulletin.fading import MONTHS
from etpp.bulletin.model import REGENCY
from etpp.bulletin.store import NOTICES, Officers
from etpp.bulletin.telling import months_before
from etpp.console.listing import Cell, Column, Listing, Tone, Value, state_column
from etpp.console.texts import Texts
from etpp.db import Transaction
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.named import named
from etpp.roster.store import Offices, People

ZONE = ZoneInfo(REGENCY_ZONE)


@dataclass(frozen=True)
class OfficerLine:
    officer_id: str
    office_id: str
    office: str
    name: str
    may: str
    face: bool
    made: dt.datetime
    by: str


@dataclass(frozen=True)
class NoticeLine:
    """`state`: `coming`, `shown` or `over`."""

    notice_id: str
    office_id: str
    office: str
    text: str
    english: str
    first: dt.datetime
    until: dt.datetime
    state: str


@dataclass(frozen=True)
class PolicyLine:
    """`own`: whether the office has said so itself. `days`: for which a face that waits may be used."""

    office_id: str
    office: str
    policy: str
    per_month: int
    own: bool
    days: int


@dataclass(frozen=True)
class FadingLine:
    """`drop`: by how much the scores have fallen, in what a month usually differs."""

    employee_id: str
    name: str
    office: str
    drop: float
    first: str
    last: str


def _duties(value: Value, texts: Texts) -> str:
    return ", ".join(texts.of("duty", each) for each in str(value).split(" ") if each)


def _policy(line: PolicyLine, texts: Texts) -> Cell:
    tones: dict[str, Tone] = {"off": "", "with-officer": "warn", "alone": "warn"}
    small = "" if line.own else texts.nip_pin_of_regency
    return Cell(texts.of("nip_pin", line.policy), small=small, tone=tones[line.policy], chip=True)


def _days(value: Value, texts: Texts) -> str:
    return texts.say("local_use_so_long", n=value) if value else texts.local_use_off


OFFICERS: Listing[OfficerLine] = Listing(
    "petugas-terminal",
    (
        Column(
            "name",
            "name",
            lambda line: line.name,
            show=lambda line, texts: Cell(line.name or texts.forgotten, small=texts.officer_face if line.face else ""),
            kind="name",
            finds=True,
        ),
        Column("office", "office", lambda line: line.office, chooses=True),
        Column("may", "officer_may", lambda line: line.may, says=_duties),
        Column(
            "made",
            "officer_made",
            lambda line: line.made,
            show=lambda line, texts: Cell(texts.moment(line.made), small=line.by),
        ),
    ),
    by="office",
)
NOTICES_LIST: Listing[NoticeLine] = Listing(
    "pengumuman-terminal",
    (
        Column(
            "text",
            "notice_text",
            lambda line: line.text,
            show=lambda line, _: Cell(line.text, small=line.english),
            kind="name",
            finds=True,
        ),
        Column("office", "office", lambda line: line.office, chooses=True),
        Column("first", "notice_from", lambda line: line.first),
        Column("until", "notice_until", lambda line: line.until),
        state_column("notice_state", lambda line: line.state, {"coming": "warn", "shown": "good", "over": ""}),
        Column("english", "notice_english", lambda line: line.english, shows=False),
    ),
    by="-first",
)
POLICIES_LIST: Listing[PolicyLine] = Listing(
    "nip-pin",
    (
        Column("office", "office", lambda line: line.office, kind="name", finds=True),
        Column(
            "policy",
            "nip_pin_policy",
            lambda line: line.policy,
            show=_policy,
            says=lambda value, texts: texts.of("nip_pin", str(value)),
            chooses=True,
        ),
        Column("per_month", "nip_pin_per_month", lambda line: line.per_month, kind="number"),
        Column("days", "local_use_days", lambda line: line.days, says=_days, kind="number"),
    ),
    by="office",
)


FADING: Listing[FadingLine] = Listing(
    "wajah-yang-mulai-sulit-dikenali",
    (
        Column(
            "name",
            "name",
            lambda line: line.name,
            show=lambda line, texts: Cell(line.name or texts.forgotten, href=f"/people/{line.employee_id}"),
            kind="name",
            finds=True,
        ),
        Column("office", "office", lambda line: line.office, chooses=True),
        Column("drop", "fading_drop", lambda line: Decimal(str(line.drop)), kind="number"),
        Column("first", "fading_first", lambda line: line.first, kind="time"),
        Column("last", "fading_last", lambda line: line.last, kind="time"),
    ),
    by="-drop",
)


def officer_lines(tx: Transaction, offices: Collection[str] | None) -> list[OfficerLine]:
    names = {each.office_id: each.name for each in Offices(tx).all()}
    found = [each for each in Officers(tx).find() if offices is None or each.office_id in offices]
    known = named(tx, (), [each.made_by for each in found])
    return [
        OfficerLine(
            each.officer_id,
            each.office_id,
            names[each.office_id],
            each.name,
            " ".join(sorted(each.may)),
            each.employee_id is not None,
            each.made_utc.astimezone(ZONE),
            known.name(each.made_by),
        )
        for each in found
    ]


def notice_lines(tx: Transaction, offices: Collection[str] | None, now: dt.datetime, texts: Texts) -> list[NoticeLine]:
    """Of these offices, and those of the regency."""
    names = {each.office_id: each.name for each in Offices(tx).all()} | {REGENCY: texts.all_offices}
    return [
        NoticeLine(
            each.notice_id,
            each.office_id,
            names.get(each.office_id, each.office_id),
            each.text_id,
            each.text_en,
            each.from_utc.astimezone(ZONE),
            each.until_utc.astimezone(ZONE),
            "coming" if now < each.from_utc else "shown" if now < each.until_utc else "over",
        )
        for each in NOTICES.find(tx)
        if offices is None or each.office_id in offices or each.office_id == REGENCY
    ]


def fading_lines(tx: Transaction, offices: Collection[str] | None, now: dt.datetime) -> list[FadingLine]:
    """Whose scores fall, of these offices; of whoever is not enrolled any more nothing is said."""
    names = {each.office_id: each.name for each in Offices(tx).all()}
    fading = [
        each
        for each in store.faces_fading(tx, months_before(now, MONTHS))
        if offices is None or each.office_id in offices
    ]
    people = People(tx).employees_of({(each.office_id, each.person_id) for each in fading})
    found = []
    for each in fading:
        employee_id, name = people.get((each.office_id, each.person_id), ("", None))
        if employee_id:
            office, span = names[each.office_id], (each.months[0], each.months[-1])
            found.append(FadingLine(employee_id, name or "", office, round(each.drop, 1), *span))
    return found


def policy_lines(tx: Transaction, offices: Collection[str] | None) -> list[PolicyLine]:
    said = {each.office_id: each for each in store.POLICIES.find(tx)}
    used = {each.office_id: each for each in store.LOCAL_USES.find(tx)}
    return [
        PolicyLine(
            each.office_id,
            each.name,
            policy.policy,
            policy.per_month,
            each.office_id in said,
            store.days_in_force(used, each.office_id),
        )
        for each in Offices(tx).all()
        if offices is None or each.office_id in offices
        for policy in [store.in_force(said, each.office_id)]
    ]
