"""The gallery's bulletin (docs/protocol.md, "Bulletin"): whom to enrol, officers, letters, notices, months,
phones. Pure.

Nobody's presence depends on it. So an entry that is no use is left out and named, and the rest is taken; what bounds
its cost is asked of each.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Literal, TypeVar, cast, get_args

from kiosk.model import (
    Awaiting,
    Bulletin,
    ConnectedPhone,
    Duty,
    Excusable,
    Letter,
    LocalUse,
    MonthSoFar,
    Nip,
    NipPin,
    NipPinPolicy,
    Notice,
    Officer,
    PersonId,
    Saying,
)
from kiosk.wire.codec import Json, WireError, member, parse_utc

MOST = {
    "awaiting": 5000,
    "renew": 5000,
    "officers": 50,
    "letters": 5000,
    "notices": 20,
    "months": 5000,
    "phones": 5000,
    "pins": 5000,
}
"""Entries of each list; what comes after them is left out."""

SHORT, LONG = 100, 200
"""Characters of a label or number; of a name or notice."""

STATES: Mapping[str, Literal["waiting", "refused", "other"]] = {
    "waiting": "waiting",
    "refused": "refused",
    "other-recogniser": "other",
}
"""Of somebody awaited; any other is as if nothing were said."""

OF_PEOPLE = ("renew", "letters", "months", "phones")
"""Lists whose entries are of people whom the gallery has, each with a `person_id`."""

PHONE_TOLD = dt.timedelta(days=31)
"""For so long at most somebody is told of a phone: a sentence that stands there for ever is read by nobody."""

LOCAL_DAYS = 31
MOST_ENDED = 5000
"""Enrolments that are not to be used any more: with a longer list, or one that cannot be read, none is used."""

MEMORY_KIB = (8 * 1024, 64 * 1024)
PASSES = (1, 4)
LANES = (1, 4)
"""What a check of a PIN may cost: at most four passes over 64 MiB, about a second on a Raspberry Pi."""

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""General categories (Unicode, 4.5) of what is not seen, or makes the text around it look other than it is."""

_ARGON2ID = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$[A-Za-z0-9+/]{11,43}\$[A-Za-z0-9+/]{22,86}", re.ASCII
)
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""What stands in an event in its turn: the server refuses a presence with another kind of id in it."""
_NIP = re.compile(r"[0-9]{18}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)

T = TypeVar("T")


def parse_bulletin(data: object, known: Collection[PersonId]) -> tuple[Bulletin, tuple[str, ...]]:
    """The bulletin, and what was left out of it, by member and number, never by value. `known`: whom the gallery has;
    what is said of others is passed over without a word, for they may have been removed since."""
    left_out: list[str] = []
    if not isinstance(data, dict):
        return Bulletin(), ("the bulletin is no object",)

    def read(where: Json, name: str, parse: Callable[[Json], T]) -> list[T]:
        entries = where.get(name, [])
        if not isinstance(entries, list):
            left_out.append(f"{name}: is no list")
            return []
        found = []
        for number, entry in enumerate(entries):
            if number >= MOST[name]:
                left_out.append(f"{name}.{number}: more than {MOST[name]}")
                break
            try:
                if not isinstance(entry, dict):
                    raise WireError("is no object")
                found.append(parse(entry))
            except WireError as error:
                left_out.append(f"{name}.{number}: {error}")
        return found

    def of_people(where: Json, name: str, parse: Callable[[Json], T]) -> list[tuple[PersonId, T]]:
        read_all = read(where, name, lambda entry: (PersonId(member(entry, "person_id", str)), parse(entry)))
        return [(person_id, said) for person_id, said in read_all if person_id in known]

    letters: dict[PersonId, list[Letter]] = {}
    for person_id, letter in of_people(data, "letters", _letter):
        letters.setdefault(person_id, []).append(letter)
    asked = data.get("nip_pin", {})
    try:
        policy, per_month = _policy(asked)
    except WireError as error:
        left_out.append(f"nip_pin: {error}")
        policy, per_month, asked = "off", 0, {}
    pins = dict(of_people(asked, "pins", _pin_hash))
    try:
        local_use = _local_use(data.get("local_use"))
    except WireError as error:
        left_out.append(f"local_use: {error}")
        local_use = None
    bulletin = Bulletin(
        awaiting=tuple(read(data, "awaiting", _awaiting)),
        renew=frozenset(person_id for person_id, _ in of_people(data, "renew", lambda _: None)),
        officers=tuple(_once(read(data, "officers", lambda entry: _officer(entry, known)))),
        letters={who: tuple(sorted(held, key=lambda each: each.from_utc)) for who, held in letters.items()},
        notices=tuple(read(data, "notices", _notice)),
        months=dict(of_people(data, "months", _month)),
        nip_pin=NipPin(policy, per_month, pins),
        phones=dict(of_people(data, "phones", _phone)),
        local_use=local_use,
    )
    return bulletin, tuple(left_out)


def without(data: object, known: Collection[str]) -> object:
    """The bulletin's document without what it says of people whom the gallery does not have (any more)."""
    if not isinstance(data, dict):
        return data
    kept: Json = {name: _of(known, value) if name in OF_PEOPLE else value for name, value in data.items()}
    nip_pin = kept.get("nip_pin")
    if isinstance(nip_pin, dict) and "pins" in nip_pin:
        kept["nip_pin"] = nip_pin | {"pins": _of(known, nip_pin["pins"])}
    return kept


def _of(known: Collection[str], entries: object) -> list[object]:
    listed = entries if isinstance(entries, list) else []
    return [each for each in listed if isinstance(each, dict) and str(each.get("person_id")) in known]


def _awaiting(data: Json) -> Awaiting:
    nip = member(data, "nip", str)
    if not _NIP.fullmatch(nip):
        raise WireError("a NIP has 18 digits")
    state = data.get("state")
    said = STATES.get(state) if isinstance(state, str) else None
    return Awaiting(Nip(nip), _text(data, "name", LONG), said or "none")


def _officer(data: Json, known: Collection[PersonId]) -> Officer:
    person_id = PersonId(member(data, "person_id", str)) if data.get("person_id") is not None else None
    officer_id = member(data, "officer_id", str)
    if not _ID.fullmatch(officer_id):
        raise WireError("member `officer_id` is no id")
    may = frozenset(cast(Duty, each) for each in member(data, "may", list) if each in get_args(Duty))
    return Officer(
        officer_id,
        _text(data, "name", LONG),
        _pin_hash(data),
        may,
        person_id if person_id in known else None,
    )


def _once(officers: list[Officer]) -> list[Officer]:
    return list({officer.officer_id: officer for officer in officers}.values())


def _pin_hash(data: Json) -> str:
    pin_hash = member(data, "pin_hash", str)
    found = _ARGON2ID.fullmatch(pin_hash)
    if found is None:
        raise WireError("member `pin_hash` is no argon2id hash in PHC form")
    for value, (least, most) in zip(map(int, found.groups()), (MEMORY_KIB, PASSES, LANES), strict=True):
        if not least <= value <= most:
            raise WireError("member `pin_hash` would cost too little or too much to check")
    return pin_hash


def _letter(data: Json) -> Letter:
    excuses = frozenset(cast(Excusable, each) for each in member(data, "excuses", list) if each in get_args(Excusable))
    return Letter(_saying(data, "label", SHORT), _text(data, "number"), *_span(data), excuses)


def _notice(data: Json) -> Notice:
    return Notice(_text(data, "notice_id"), _saying(data, "text", LONG), *_span(data))


def _month(data: Json) -> MonthSoFar:
    first, through = member(data, "month", str), member(data, "through", str)
    if not _MONTH.fullmatch(first) or not _DATE.fullmatch(through):
        raise WireError("a month is not YYYY-MM, or its last day not YYYY-MM-DD")
    try:
        days = dt.date.fromisoformat(f"{first}-01"), dt.date.fromisoformat(through)
    except ValueError as error:
        raise WireError("a month has a day that there is not") from error
    names = ("present_days", "late_count", "late_minutes", "early_count", "early_minutes")
    present, *late_and_early = (_count(data, name) for name in names)
    late, late_minutes, early, early_minutes = late_and_early
    points = _points(data, "points_entered"), _points(data, "points_recognised")
    return MonthSoFar(*days, present, late, late_minutes, early, early_minutes, *points)


def _phone(data: Json) -> ConnectedPhone:
    connected, until = parse_utc(data.get("connected_utc")), parse_utc(data.get("until_utc"))
    if not dt.timedelta() < until - connected <= PHONE_TOLD:
        raise WireError("it is told for no time, or for too long")
    return ConnectedPhone(connected, until)


def _policy(data: object) -> tuple[NipPinPolicy, int]:
    """One that this program does not know permits nothing."""
    if not isinstance(data, dict):
        raise WireError("is no object")
    policy = data.get("policy", "off")
    per_month = _count(data, "per_month") if "per_month" in data else 0
    return (cast(NipPinPolicy, policy) if policy in get_args(NipPinPolicy) else "off"), per_month


def _local_use(data: object) -> LocalUse | None:
    if data is None:
        return None
    if not isinstance(data, dict):
        raise WireError("is no object")
    days, ended = member(data, "days", int), member(data, "ended", list)
    if not 0 < days <= LOCAL_DAYS:
        raise WireError("member `days` is out of its range")
    if len(ended) > MOST_ENDED or not all(isinstance(each, str) for each in ended):
        raise WireError("member `ended` is no list of ids, or too long")
    return LocalUse(days, frozenset(ended))


def _count(data: Json, name: str) -> int:
    value = member(data, name, int)
    if not 0 <= value <= 1_000_000:
        raise WireError(f"member `{name}` is out of its range")
    return value


def _points(data: Json, name: str) -> Decimal | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(f"member `{name}` is not a number")
    if not 0 <= value <= 1_000_000:
        raise WireError(f"member `{name}` is out of its range")
    return Decimal(str(value))


def _span(data: Json) -> tuple[dt.datetime, dt.datetime]:
    start, end = parse_utc(data.get("from_utc")), parse_utc(data.get("until_utc"))
    if end <= start:
        raise WireError("it ends before it begins")
    return start, end


def _saying(data: Json, name: str, longest: int) -> Saying:
    said = member(data, name, dict)
    indonesian = _text(said, "id", longest)
    return Saying(indonesian, _text(said, "en", longest) if said.get("en") is not None else indonesian)


def _text(data: Json, name: str, longest: int = SHORT) -> str:
    text = member(data, name, str)
    if not text.strip() or len(text) > longest:
        raise WireError(f"member `{name}` is empty or too long")
    if any(unicodedata.category(character) in HIDDEN for character in text):
        raise WireError(f"member `{name}` holds characters that cannot be shown")
    return text
