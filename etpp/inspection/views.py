"""What an inspector's pages show, as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from etpp.allowance import model
from etpp.base.encoding import encode_key
from etpp.base.money import plain
from etpp.console.listing import Cell, Column, Listing
from etpp.console.texts import Texts
from etpp.inspection.facts import Proof, Told
from etpp.inspection.model import Hit
from etpp.inspection.store import KINDS
from etpp.reports.nominative import line_name
from etpp.reports.texts import Words, words
from etpp.roster.nip import grouped
from etpp.terminals.signing import key_id_of


def tree(
    lines: tuple[model.Line, ...], statement: model.Statement, texts: Texts, top: bool = True
) -> list[dict[str, Any]]:
    """A statement's lines with their parts, each with its rule and the facts that it follows from."""
    say = words(texts.code)
    return [
        {
            "label": line_name(say, line.key) if top else label(line.key, say, texts),
            "amount": amount(line.amount, line.unit, say),
            "off": line.amount < 0,
            "rule": line.rule.partition("#")[2],
            "policy": statement.policy_sha256,
            "because": [ref(each, texts, statement.person_id) for each in line.because],
            "parts": tree(line.parts, statement, texts, top=False),
            "open": top or len(line.parts) <= 3,
        }
        for line in lines
    ]


def label(key: str, say: Words, texts: Texts) -> str:
    """What a part of a line is called: "late:2026-11-25" is a late arrival, and its day."""
    head, _, rest = key.rpartition(":") if ":" in key else (key, "", "")
    try:
        day = dt.date.fromisoformat(rest)
    except ValueError:
        return texts.of("inspect_part", key.partition(":")[0]) + (f" {rest}" if rest else "")
    excused = head.startswith("excused:")
    kind = head.removeprefix("excused:")
    name = texts.of("inspect_part", "day") if kind == "day" else say.of("faults", kind)
    text = f"{name}, {say.date(day)}"
    return texts.say("inspect_excused", what=text) if excused else text


def amount(value: Decimal, unit: str, say: Words) -> str:
    if unit == "rupiah":
        return say.rupiah(value)
    return f"{say.number(value)} %" if unit == "percent" else f"{say.number(value)} {say.of('units', unit)}"


def ref(named: str, texts: Texts, person_id: str = "") -> dict[str, str]:
    """A link to a fact as lines and lists name it, such as `letter:…`; without one where there is nothing below."""
    kind, _, rest = named.partition(":")
    path = ""
    if kind == "event":
        path = f"/inspection/events/{rest}"
    elif kind == "statement":
        person, _, month = rest.rpartition(":")
        path = f"/inspection/statements/{person}/{month}"
    elif kind == "month":
        office, _, month = rest.rpartition(":")
        path = f"/inspection/months/{office}/{month}"
    elif kind in KINDS or kind == "calendar":
        path = f"/inspection/facts/{kind}/{rest}"
    return {"text": texts.of("inspect_kind", kind), "path": path, "id": rest[:8], "person_id": person_id}


def matter(named: str, texts: Texts) -> dict[str, str]:
    """What keeps a statement open, in words, with a link to it where it can be looked at."""
    kind, _, key = named.partition(":")
    text = texts.of("obstacle", kind)
    if kind == "waiting":
        return {"text": f"{text}: {texts.date(dt.date.fromisoformat(key))}", "path": ""}
    if kind == "score":
        return {"text": text, "path": ""}  # there is none yet: the office is named
    return {"text": text, "path": ref(f"event:{key}" if kind in ("review", "face") else named, texts)["path"]}


@dataclass(frozen=True)
class Line:
    """One row of a list, in words. `refs`: links to what it rests on."""

    who: str
    at: dt.datetime | None
    count: int | None
    of: int | None
    span: dt.timedelta | None
    why: str
    by: str
    refs: tuple[Mapping[str, str], ...]


def hit(found: Hit, names: Mapping[str, str], zone: ZoneInfo, texts: Texts) -> Line:
    why = [texts.of("inspect_detail", found.detail)] if found.detail else []
    why += dict.fromkeys(_more(each, names, texts) for each in found.more)
    return Line(
        ", ".join(names.get(each, texts.forgotten) for each in found.who),
        None if found.at_utc is None else found.at_utc.astimezone(zone),
        found.count or None,
        found.of or None,
        found.span,
        ", ".join(why),
        ", ".join(names.get(each, each) for each in found.by.split(", ") if each),
        tuple(ref(each, texts) for each in found.refs),
    )


def _more(said: str, names: Mapping[str, str], texts: Texts) -> str:
    kind, _, key = said.partition(":")
    if said in names or not key:
        return texts.of("inspect_more", names.get(said, said))
    return texts.of("obstacle", kind)  # a matter that was open


def _count(line: Line, texts: Texts) -> Cell:
    said = "" if line.count is None else str(line.count)
    return Cell(texts.say("inspect_of", n=line.count, of=line.of) if line.of else said)


def _seconds(line: Line) -> int | None:
    return None if line.span is None else int(line.span.total_seconds())


def _span(line: Line, texts: Texts) -> Cell:
    return Cell("" if line.span is None else texts.span(line.span))


LINES: Listing[Line] = Listing(
    "pemeriksaan",
    (
        Column("who", "inspect_who", lambda line: line.who, kind="name", finds=True),
        Column("at", "when", lambda line: line.at, kind="time"),
        Column("count", "inspect_count", lambda line: line.count, show=_count, kind="number"),
        Column("of", "inspect_out_of", lambda line: line.of, kind="number", shows=False),
        Column("span", "inspect_span", _seconds, show=_span, kind="number"),
        Column("why", "inspect_detail_of", lambda line: line.why, finds=True),
        Column("by", "inspect_decided_by", lambda line: line.by, chooses=True),
    ),
)
"""A list of what deserves a second look: in its own order, until somebody sorts it otherwise. `span` in seconds in a
file."""


@dataclass(frozen=True)
class Paid:
    person_id: str
    name: str
    nip: str
    net: Decimal
    hash: str
    month: str


def _name(line: Paid, texts: Texts) -> Cell:  # noqa: ARG001
    return Cell(line.name, small=line.nip, href=f"/inspection/statements/{line.person_id}/{line.month}")


PAID: Listing[Paid] = Listing(
    "daftar-bulan",
    (
        Column("name", "name", lambda line: line.name, show=_name, kind="name", finds=True),
        Column("nip", "inspect_nip", lambda line: line.nip, finds=True, shows=False),
        Column(
            "net",
            "inspect_net",
            lambda line: line.net,
            show=lambda line, texts: Cell(words(texts.code).rupiah(line.net)),
            kind="number",
        ),
        Column("hash", "inspect_hash", lambda line: line.hash, show=lambda line, texts: Cell(line.hash[:12])),  # noqa: ARG005
    ),
    by="name",
)


def told(found: Told, zone: ZoneInfo, texts: Texts) -> list[dict[str, Any]]:
    """Each row of a fact's history."""
    return [
        {
            "what": texts.of("inspect_table", row.table),
            "withdrawn": row.withdrawn,
            "recorded": texts.moment(row.recorded_utc.astimezone(zone)),
            "recorded_by": found.names.get(row.recorded_by, row.recorded_by),
            "values": [
                (texts.of("inspect_field", name), value(each, found.names, zone, texts))
                for name, each in row.values.items()
                if each not in (None, "", [])
            ],
        }
        for row in found.rows
    ]


def value(found: Any, names: Mapping[str, str], zone: ZoneInfo, texts: Texts) -> str:
    match found:
        case bool():
            return texts.yes if found else texts.no
        case dt.datetime():
            return texts.moment(found.astimezone(zone))
        case dt.date():
            return texts.date(found)
        case Decimal():
            return plain(found)
        case list():
            return ", ".join(value(each, names, zone, texts) for each in found)
        case dict():
            return "; ".join(f"{name} {value(each, names, zone, texts)}" for name, each in found.items())
        case str():
            return names.get(found) or texts.of("inspect_value", found)
    return str(found)


def proof(found: Proof, zone: ZoneInfo, texts: Texts) -> dict[str, Any]:
    """A presence: what happened, who it was for, by which terminal, and what proves it."""
    link, time = found.link, found.link.time
    body: Mapping[str, Any] = link.body
    part = body.get("presence")
    seen: Mapping[str, Any] = part if isinstance(part, dict) else {}
    return {
        "event_id": link.event_id,
        "who": "" if found.person_id is None else found.names.get(found.person_id, texts.forgotten),
        "person_id": found.person_id,
        "direction": texts.of("inspect_value", str(seen.get("direction", ""))),
        "chosen": seen.get("chosen") is True,
        "at": "" if time is None else texts.moment(time.utc.astimezone(zone)),
        "groups": [
            (texts.inspect_time, list(_time(found, body, zone, texts))),
            (texts.inspect_match, list(_match(seen, texts))),
            (texts.inspect_terminal, list(_terminal(found, zone, texts))),
            (texts.inspect_chain, list(_chain(found, zone, texts))),
        ],
        "verdict": _verdict(found, texts),
        "decisions": [
            {
                "by": found.names.get(each.by, each.by),
                "at": texts.moment(each.utc.astimezone(zone)),
                "decided": texts.moment(each.decided_utc.astimezone(zone)),
            }
            for each in found.decisions
        ],
        "corrections": [ref(f"correction:{each}", texts) for each in found.corrections],
    }


def _time(found: Proof, body: Mapping[str, Any], zone: ZoneInfo, texts: Texts) -> Iterator[tuple[str, str]]:
    time = found.link.time
    if time is not None:
        yield texts.of("inspect_field", "time_state"), texts.of("inspect_value", time.state)
        yield texts.of("inspect_field", "earliest_utc"), _second(time.earliest_utc, zone)
        yield texts.of("inspect_field", "utc"), _second(time.utc, zone)
        yield texts.of("inspect_field", "latest_utc"), _second(time.latest_utc, zone)
    yield texts.of("inspect_field", "wall_utc"), str(body.get("wall_utc", ""))
    yield texts.of("inspect_field", "clock_state"), texts.of("inspect_value", str(body.get("clock_state", "")))
    yield texts.of("inspect_field", "received_utc"), _second(found.link.received_utc, zone)


def _match(seen: Mapping[str, Any], texts: Texts) -> Iterator[tuple[str, str]]:
    match, life = seen.get("match"), seen.get("liveness")
    for part, names in ((match, ("score", "threshold", "margin", "frames")), (life, ("state", "score", "reason"))):
        if not isinstance(part, dict):
            continue
        for name in names:
            key = f"life_{name}" if part is life else name
            yield texts.of("inspect_field", key), texts.of("inspect_value", str(part.get(name, "")))
    yield texts.of("inspect_field", "model_id"), str(seen.get("model_id", ""))
    yield texts.of("inspect_field", "gallery_version"), str(seen.get("gallery_version", ""))


def _terminal(found: Proof, zone: ZoneInfo, texts: Texts) -> Iterator[tuple[str, str]]:
    device = found.device
    yield texts.of("inspect_field", "device_id"), found.link.device_id
    if device is None:
        return
    for name in ("provisioned_utc", "revoked_utc", "written_off_utc"):
        moment = getattr(device, name)
        if moment is not None:
            yield texts.of("inspect_field", name), _second(moment, zone)
    yield texts.of("inspect_field", "key_now"), found.key_now or ""
    for key, until in sorted(found.former.items(), key=lambda each: each[1]):
        yield texts.of("inspect_field", "key_former"), f"{key_id_of(key)} – {_second(until, zone)}"
    for each in found.vouched:
        said = texts.say(
            "inspect_vouched", which=each.key_id, since=_second(each.since_utc, zone), by=each.server_key_id
        )
        yield texts.of("inspect_field", "vouched"), said


def _chain(found: Proof, zone: ZoneInfo, texts: Texts) -> Iterator[tuple[str, str]]:
    link, covering = found.link, found.covering
    yield texts.of("inspect_field", "chain_id"), link.chain_id
    yield texts.of("inspect_field", "seq"), str(link.seq)
    yield texts.of("inspect_field", "hash"), link.hash
    yield texts.of("inspect_field", "prev_hash"), link.prev_hash
    if covering is not None:
        yield texts.of("inspect_field", "head_seq"), str(covering.seq)
        yield texts.of("inspect_field", "head_hash"), covering.hash
        yield texts.of("inspect_field", "head_key"), covering.key_id
        yield texts.of("inspect_field", "head_signature"), encode_key(covering.signature)
        if found.covering_received is not None:
            yield texts.of("inspect_field", "head_received"), _second(found.covering_received, zone)


def _verdict(found: Proof, texts: Texts) -> tuple[str, str]:
    """A colour, and a sentence; what is broken is said in the audit's own words."""
    verified = found.verified
    if verified.broken or verified.missing:
        why = "; ".join(each.why for each in verified.broken[:3])
        return "bad", texts.say("inspect_broken", why=why)
    if verified.signed:
        return "good", texts.inspect_signed
    return "warn", texts.inspect_unsigned


def _second(moment: dt.datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d} {local.tzname()}"


def person(name: str, nip: str | None) -> str:
    return f"{name} ({grouped(nip)})" if nip else name
