"""The answer of call 3: its manifest, checked before anything else is looked at, and its payload. Pure."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
import zoneinfo
from dataclasses import dataclass
from functools import cache
from typing import cast

from kiosk import wire
from kiosk.model import (
    DLIB_RESNET_V1,
    DeviceId,
    ModelId,
    Nip,
    Office,
    Person,
    PersonId,
    Renewal,
    Template,
    WorkCalendar,
    WorkDay,
    WorkPeriod,
)
from kiosk.model.recognisers import RECOGNISERS, Recogniser
from kiosk.wire import Json, WireError, items, member
from kiosk.wire.keys import VerifyServer

MINUTES_A_DAY = 24 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


_NIP = re.compile(r"[0-9]{18}")
_TIME = re.compile(r"\d\d:?\d\d(:?\d\d)?", re.ASCII)
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""General categories (Unicode, 4.5) of what is not seen, or makes the text around it look other than it is."""

_OF_THE_MACHINE = {"localtime", "Factory"}
"""Zone files that say something else on every machine, or nothing."""


class NotNewer(WireError):
    """In good order, and no newer than what the terminal has: replayed, or fetched whole without need."""


@dataclass(frozen=True, slots=True)
class Manifest:
    version: int
    base_version: int | None
    office_id: str
    issued_utc: dt.datetime


def open_gallery(
    answer: Json, *, device_id: DeviceId, current_version: int, verify: VerifyServer
) -> tuple[Manifest, Json]:
    """The manifest and payload of an answer, once all that protects them holds. Raises WireError.

    Checked: the server's signature, the payload's hash, that it is for this terminal, that it is newer than what the
    terminal has, and that a delta's base is what the terminal has.
    """
    manifest, payload = member(answer, "manifest", dict), member(answer, "payload", dict)
    signature = wire.from_b64url(member(manifest, "signature", str))
    signed = wire.canonical({name: value for name, value in manifest.items() if name != "signature"})
    if not verify(member(manifest, "key_id", str), signature, signed):
        raise WireError("the gallery's manifest is not signed by a key of this terminal's server")
    if wire.digest(payload) != member(manifest, "payload_sha256", str):
        raise WireError("the gallery's content is not what its manifest says")
    if member(manifest, "device_id", str) != device_id:
        raise WireError("the gallery was made for another terminal")
    version, base = member(manifest, "version", int), manifest.get("base_version")
    if version <= current_version:
        raise NotNewer("the gallery is not newer than the one in use")
    if base is not None and base != current_version:
        raise WireError("the gallery's delta does not build on the one in use")
    return (
        Manifest(version, base, member(manifest, "office_id", str), wire.parse_utc(manifest.get("issued_utc"))),
        payload,
    )


def check_shown(payload: Json) -> None:
    """That every name and NIP of an answer is one that a screen shows as it is. Raises WireError.

    Asked of what is fetched, not of a cache: people whom an earlier release let in go on being known.
    """
    names = [member(member(payload, "office", dict), "name", str)]
    for person in items(payload, "people"):
        names.append(member(person, "name", str))
        if not _NIP.fullmatch(member(person, "nip", str)):
            raise WireError(f"person {member(person, 'person_id', str)}: a NIP has 18 digits")
    if any(unicodedata.category(character) in _HIDDEN for name in names for character in name):
        raise WireError("a name holds characters that cannot be shown")


def parse_person(data: Json) -> tuple[Person, tuple[Template, ...]]:
    """A person of the payload. Raises WireError, which names the person by id only."""
    person_id = PersonId(member(data, "person_id", str))
    try:
        person = Person(person_id, Nip(member(data, "nip", str)), member(data, "name", str))
        return person, (*_templates(person_id, data), *_more_templates(person_id, data))
    except WireError as error:
        raise WireError(f"person {person_id}: {error}") from error


def parse_renewal(data: Json) -> Renewal | None:
    """What the payload asks of a person; None where it asks nothing, or for what this program does not know."""
    if "renewal" not in data:
        return None
    asked = member(data, "renewal", dict)
    consent = member(asked, "consent", dict)
    model_id = ModelId(member(asked, "model_id", str))
    given = wire.parse_utc(consent.get("given_utc"))
    said = Renewal(model_id, given, member(consent, "text_id", str), member(consent, "officer", str))
    return said if model_id in RECOGNISERS and model_id != DLIB_RESNET_V1 else None


def parse_office(data: Json) -> Office:
    """The office of the payload. Raises WireError for a calendar that `schedule` could not read on every day."""
    calendar = member(data, "calendar", dict)
    return Office(
        office_id=member(data, "office_id", str),
        name=member(data, "name", str),
        calendar=WorkCalendar(
            timezone=_zone(member(calendar, "timezone", str)),
            periods=tuple(_period(period) for period in items(calendar, "periods")),
            holidays=frozenset(_date(day) for day in member(calendar, "holidays", list)),
        ),
        recogniser=ModelId(member(data, "recogniser", str)) if "recogniser" in data else DLIB_RESNET_V1,
    )


def _templates(person_id: PersonId, data: Json) -> list[Template]:
    """Those that every terminal knows: dlib's."""
    templates = items(data, "templates")
    if any(member(template, "model_id", str) != DLIB_RESNET_V1 for template in templates):
        raise WireError("a template's model is not the one that this terminal uses")
    return [_template(person_id, template, RECOGNISERS[DLIB_RESNET_V1]) for template in templates]


def _more_templates(person_id: PersonId, data: Json) -> list[Template]:
    """Those of further recognisers; what this program does not know is left out, a newer terminal reads it."""
    given = items(data, "more_templates") if "more_templates" in data else []
    known = [(RECOGNISERS.get(ModelId(member(template, "model_id", str))), template) for template in given]
    return [_template(person_id, template, recogniser) for recogniser, template in known if recogniser is not None]


def _template(person_id: PersonId, data: Json, recogniser: Recogniser) -> Template:
    return Template(
        template_id=member(data, "template_id", str),
        person_id=person_id,
        descriptor=wire.decode_descriptor(data.get("descriptor"), recogniser.length),
        model_id=recogniser.model_id,
        cohort_mean=_number_or_none(data, "cohort_mean"),
        cohort_sd=_number_or_none(data, "cohort_sd"),
    )


def _number_or_none(data: Json, name: str) -> float | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(f"member `{name}` is not a number")
    return float(value)


def _percent(data: Json, name: str) -> float:
    value = _number_or_none(data, name)
    if value is None or math.isnan(value) or not 0 <= value <= 100:
        raise WireError(f"member `{name}` is not a number from 0 to 100")
    return value


def _zone(name: str) -> str:
    if name not in _zones():
        raise WireError("member `timezone` is no time zone that this terminal knows")
    return name


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - _OF_THE_MACHINE)


def _period(data: Json) -> WorkPeriod:
    days = member(data, "days", dict)
    unknown = set(days) - set(WEEKDAYS)
    if unknown:
        raise WireError("a weekday in `days` is unknown")
    if "last" not in data:
        raise WireError("member `last` is missing")
    first, last = _date(data.get("first")), None if data["last"] is None else _date(data["last"])
    if last is not None and last < first:
        raise WireError("a period's `last` comes before its `first`")
    return WorkPeriod(
        first=first,
        last=last,
        days={WEEKDAYS.index(name): _work_day(hours, *_grace(data, name)) for name, hours in days.items()},
        late_percent=_percent(data, "late_percent"),
        early_percent=_percent(data, "early_percent"),
    )


def _grace(period: Json, weekday: str) -> tuple[int, int]:
    """Minutes late and early that are on time; none from a server that does not know of it."""
    of_days = period.get("grace", {})
    if not isinstance(of_days, dict) or set(of_days) - set(WEEKDAYS):
        raise WireError("member `grace` is not an object of weekdays")
    found = of_days.get(weekday, [0, 0])
    if not isinstance(found, list) or len(found) != 2:
        raise WireError("a day's `grace` is not two numbers of minutes")
    for minutes in found:
        if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes < MINUTES_A_DAY:
            raise WireError(f"a day's `grace` is not two numbers of minutes below {MINUTES_A_DAY}")
    return found[0], found[1]


def _work_day(hours: object, grace_late: int, grace_early: int) -> WorkDay:
    if not isinstance(hours, list) or not all(isinstance(time, str) and _TIME.fullmatch(time) for time in hours):
        # Python would read 07.30 as seven o'clock and a part of a second.
        raise WireError("a work day is not a pair of times HH:MM")
    try:
        start, end = (dt.time.fromisoformat(time) for time in hours)
    except (ValueError, TypeError) as error:
        raise WireError("a work day is not a pair of times HH:MM") from error
    if not start < end:
        raise WireError("a work day does not begin before it ends")
    return WorkDay(start, end, grace_late, grace_early)


def _date(text: object) -> dt.date:
    try:
        return dt.date.fromisoformat(cast(str, text))
    except (ValueError, TypeError) as error:
        raise WireError("a date is not YYYY-MM-DD") from error
